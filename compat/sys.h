/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every system call that asks something of the kernel which a kernel may refuse. Unit tests link another file in place
 * of sys.c, a kernel that says no. All return what the call returns, or a negative errno.
 */
#ifndef CONNSNOOP_SYS_H
#define CONNSNOOP_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

union bpf_attr;
struct perf_event_attr;
struct sockaddr;
struct msghdr;
struct mmsghdr;
struct utsname;
struct rlimit;
struct sock_fprog;
struct stat;

int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);
int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned long flags);
int sys_ioctl(int fd, unsigned long request, unsigned long arg);
/* Shared mapping of fd; NULL in *address on failure. */
int sys_mmap(int fd, size_t offset, size_t length, bool writable, void **address);
int sys_munmap(void *address, size_t length);
int sys_openat(int dir, const char *path, int flags, mode_t mode);
int sys_close(int fd);
ssize_t sys_read(int fd, void *buf, size_t size);
ssize_t sys_pread(int fd, void *buf, size_t size, size_t offset);
ssize_t sys_write(int fd, const void *buf, size_t size);
int sys_fsync(int fd);
int sys_unlink(const char *path);
/* What a symbolic link says; not terminated. */
ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size);
int sys_socket(int family, int type, int protocol);
int sys_connect(int fd, const struct sockaddr *addr, unsigned int addrlen);
int sys_bind(int fd, const struct sockaddr *addr, unsigned int addrlen);
int sys_getsockname(int fd, struct sockaddr *addr, unsigned int *addrlen);
int sys_setsockopt(int fd, int level, int option, const void *value, unsigned int size);
int sys_getsockopt(int fd, int level, int option, void *value, unsigned int *size);
ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags);
int sys_stat(const char *path, struct stat *status);
int sys_rename(const char *from, const char *to);
ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags);
/* So many of the messages were sent; an error is one of the first. */
int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
int sys_memfd_create(const char *name, unsigned int flags);
int sys_uname(struct utsname *name);
int sys_setrlimit(int resource, const struct rlimit *limit);
int sys_getrlimit(int resource, struct rlimit *limit);
/*
 * Becomes this user and group, and leaves all others, but keeps the permitted capabilities (the effective ones are gone):
 * setgroups(2), setresgid(2), PR_SET_KEEPCAPS, setresuid(2).
 */
int sys_become(uid_t uid, gid_t gid);
/* No program that is run from now on gives more rights than we have (PR_SET_NO_NEW_PRIVS, 3.5): what a filter asks for. */
int sys_no_new_privs(void);
/*
 * seccomp(2) with SECCOMP_SET_MODE_FILTER: for good, for this thread. Of NULL a kernel that has filters says EFAULT, one
 * without CONFIG_SECCOMP_FILTER EINVAL or ENOSYS.
 */
int sys_seccomp(const struct sock_fprog *filter);
/* On which CPUs we may run: a set of `size` bytes, as sched_getaffinity(2) has it. The former returns the bytes written. */
int sys_getaffinity(void *set, size_t size);
int sys_setaffinity(const void *set, size_t size);
/*
 * Mounts `type` on `target` in a mount namespace that nobody else sees and that ends at once; returns a descriptor of
 * the mounted root, which keeps it alive. No path of the caller's own namespace changes.
 */
int sys_mount_private(const char *type, const char *target);
/* Calls run(context) in a second thread of this process, and stands still until its end. */
int sys_thread(void (*run)(void *context), void *context);
/*
 * Closes in a second thread, without waiting: the last descriptor of a probe is closed when all CPUs are known to be out
 * of it (synchronize_rcu()), 20 to 100 ms on many machines. That thread's stack, two pages, stays. Where there can be
 * no thread it is closed at once.
 */
int sys_close_aside(int fd);

/*
 * A process that makes one connect, is there then, and does nothing else. It is made with clone(2)'s flags, and first leaves
 * (unshare(2)) `leave` one by one, as far as it may. No SIGCHLD comes of it.
 */
struct sys_puppet {
	int pid, fd;
	int sock; /* what it connects, and to where */
	const struct sockaddr *addr;
	unsigned int addrlen;
};

/* Waits until it has connected. */
int sys_puppet_open(struct sys_puppet *puppet, unsigned long flags, const int *leave, size_t count);
void sys_puppet_close(struct sys_puppet *puppet);

/* Entries of a directory, struct dirent64 (getdents64(2)); 0 at the end. */
ssize_t sys_getdents(int fd, void *buf, size_t size);

/* Reads all of a small file into buf, NUL-terminated and cut off at size - 1. Returns its length. */
ssize_t sys_read_file(int dir, const char *path, char *buf, size_t size);

#endif
