// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where user numbers once had 16 bits, these are the calls whose have 32. */
#ifdef __NR_setresuid32
#define NR_SETGROUPS __NR_setgroups32
#define NR_SETRESGID __NR_setresgid32
#define NR_SETRESUID __NR_setresuid32
#else
#define NR_SETGROUPS __NR_setgroups
#define NR_SETRESGID __NR_setresgid
#define NR_SETRESUID __NR_setresuid
#endif

static long checked(long result)
{
	return result < 0 ? -errno : result;
}

int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return checked(syscall(__NR_bpf, cmd, attr, size));
}

int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned long flags)
{
	return checked(syscall(__NR_perf_event_open, attr, pid, cpu, group_fd, flags));
}

int sys_ioctl(int fd, unsigned long request, unsigned long arg)
{
	return checked(ioctl(fd, request, arg));
}

int sys_mmap(int fd, size_t offset, size_t length, bool writable, void **address)
{
	void *map = mmap(NULL, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, (off_t)offset);

	*address = map == MAP_FAILED ? NULL : map;
	return *address ? 0 : -errno;
}

int sys_munmap(void *address, size_t length)
{
	return checked(munmap(address, length));
}

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return checked(openat(dir, path, flags | O_CLOEXEC, mode));
}

int sys_close(int fd)
{
	return checked(close(fd));
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	return checked(read(fd, buf, size));
}

ssize_t sys_pread(int fd, void *buf, size_t size, size_t offset)
{
	return checked(pread(fd, buf, size, (off_t)offset));
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	return checked(write(fd, buf, size));
}

int sys_fsync(int fd)
{
	return checked(fsync(fd));
}

int sys_unlink(const char *path)
{
	return checked(unlink(path));
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	return checked(readlinkat(dir, path, buf, size));
}

int sys_socket(int family, int type, int protocol)
{
	return checked(socket(family, type | SOCK_CLOEXEC, protocol));
}

/* Not by libc, which takes socketcall(2) on some architectures. All have this one, the last of them since 4.3. */
int sys_connect(int fd, const struct sockaddr *addr, unsigned int addrlen)
{
	return checked(syscall(__NR_connect, fd, addr, addrlen));
}

int sys_bind(int fd, const struct sockaddr *addr, unsigned int addrlen)
{
	return checked(bind(fd, addr, addrlen));
}

int sys_getsockname(int fd, struct sockaddr *addr, unsigned int *addrlen)
{
	return checked(getsockname(fd, addr, addrlen));
}

int sys_setsockopt(int fd, int level, int option, const void *value, unsigned int size)
{
	return checked(setsockopt(fd, level, option, value, size));
}

int sys_getsockopt(int fd, int level, int option, void *value, unsigned int *size)
{
	return checked(getsockopt(fd, level, option, value, size));
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	return checked(recvmsg(fd, message, flags));
}

int sys_stat(const char *path, struct stat *status)
{
	return checked(stat(path, status));
}

int sys_rename(const char *from, const char *to)
{
	return checked(rename(from, to));
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return checked(sendmsg(fd, message, flags));
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	return checked(syscall(__NR_sendmmsg, fd, messages, count, flags));
}

int sys_memfd_create(const char *name, unsigned int flags)
{
	return checked(syscall(__NR_memfd_create, name, flags));
}

int sys_uname(struct utsname *name)
{
	return checked(uname(name));
}

int sys_setrlimit(int resource, const struct rlimit *limit)
{
	return checked(setrlimit(resource, limit));
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	return checked(getrlimit(resource, limit));
}

/* clone(2) without a stack: a copy of this process. s390 has the first two arguments the other way round. */
static long fork_with(unsigned long flags)
{
#ifdef __s390x__
	return syscall(SYS_clone, NULL, flags, NULL, NULL, NULL);
#else
	return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
#endif
}

int sys_become(uid_t uid, gid_t gid)
{
	if (syscall(NR_SETGROUPS, 0, NULL) || syscall(NR_SETRESGID, gid, gid, gid) ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || syscall(NR_SETRESUID, uid, uid, uid))
		return -errno;
	return 0;
}

int sys_no_new_privs(void)
{
	return checked(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/*
 * With a filter kernels from 4.17 to 5.15 switch speculation off for us (spec_store_bypass_disable=seccomp), which is meant
 * for those who run others' code and costs the reader a tenth of its speed; SPEC_ALLOW came with it.
 */
int sys_seccomp(const struct sock_fprog *filter)
{
	int result = checked(
		syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, filter ? SECCOMP_FILTER_FLAG_SPEC_ALLOW : 0, filter));

	if (result == -EINVAL && filter)
		result = checked(syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter));
	return result;
}

int sys_getaffinity(void *set, size_t size)
{
	return checked(syscall(__NR_sched_getaffinity, 0, size, set));
}

int sys_setaffinity(const void *set, size_t size)
{
	return checked(syscall(__NR_sched_setaffinity, 0, size, set));
}

/*
 * The child shares the descriptor table and nothing else, so what it opens in its own mount namespace stays open here
 * when the namespace is gone. Its memory is a copy, hence the answer comes back as the exit status: the descriptor's
 * number can be beyond that, so the parent reserves it and the child puts the directory there.
 */
static int mount_in_child(const char *type, const char *target, int reserved)
{
	int fd;

	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(type, target, type, 0, NULL))
		return errno;
	fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	return dup3(fd, reserved, O_CLOEXEC) < 0 ? errno : (close(fd), 0);
}

int sys_mount_private(const char *type, const char *target)
{
	int reserved = open("/", O_PATH | O_CLOEXEC), status;
	pid_t child;

	if (reserved < 0)
		return -errno;
	child = fork_with(CLONE_FILES | SIGCHLD);
	if (child == 0)
		_exit(mount_in_child(type, target, reserved));
	if (child < 0) {
		status = errno;
	} else {
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
		status = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
	}
	if (status) {
		close(reserved);
		return -status;
	}
	return reserved;
}

#define THREAD_STACK (64 * 1024)
#define CLOSER_STACK (8 * 1024)

struct thread {
	void (*run)(void *context);
	void *context;
};

/* By the bare call: exit_group() would end all of the process. */
static int run_thread(void *data)
{
	const struct thread *thread = data;

	thread->run(thread->context);
	syscall(SYS_exit, 0);
	return 0;
}

/* With CLONE_VFORK we stand still until its end, so that even errno has one user at a time. */
int sys_thread(void (*run)(void *context), void *context)
{
	const int flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS;
	struct thread thread = {run, context};
	char *stack = malloc(THREAD_STACK);
	int result = 0;

	if (!stack)
		return -ENOMEM;
	if (clone(run_thread, stack + THREAD_STACK, flags, &thread) < 0)
		result = -errno;
	free(stack);
	return result;
}

/* Nothing but the one call, which leaves errno alone when it succeeds: errno is the first thread's as well. */
static int run_close(void *fd)
{
	syscall(SYS_close, (int)(intptr_t)fd);
	syscall(SYS_exit, 0);
	return 0;
}

int sys_close_aside(int fd)
{
	const int flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_FS;
	void *stack = mmap(NULL, CLOSER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (stack != MAP_FAILED && clone(run_close, (char *)stack + CLOSER_STACK, flags, (void *)(intptr_t)fd) >= 0)
		return 0;
	if (stack != MAP_FAILED)
		munmap(stack, CLOSER_STACK);
	return sys_close(fd);
}

/* Nobody is woken before the connect, and so nobody noted in the task as the last one that was. Ends with its master. */
static void be_puppet(const struct sys_puppet *puppet, int fd, const int *leave, size_t count)
{
	char word = 0;

	for (size_t i = 0; i < count; i++)
		unshare(leave[i]);
	sys_connect(puppet->sock, puppet->addr, puppet->addrlen);
	if (send(fd, &word, 1, MSG_NOSIGNAL) == 1)
		recv(fd, &word, 1, 0);
	_exit(0);
}

static int await_puppet(const struct sys_puppet *puppet)
{
	char word;
	ssize_t got = recv(puppet->fd, &word, 1, 0);

	return got < 0 ? -errno : got == 1 ? 0 : -ESRCH;
}

int sys_puppet_open(struct sys_puppet *puppet, unsigned long flags, const int *leave, size_t count)
{
	int pair[2], result;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	puppet->pid = (int)fork_with(flags);
	result = puppet->pid < 0 ? -errno : 0;
	if (puppet->pid == 0) {
		close(pair[0]);
		be_puppet(puppet, pair[1], leave, count);
	}
	close(pair[1]);
	puppet->fd = pair[0];
	if (result) {
		close(pair[0]);
		return result;
	}
	result = await_puppet(puppet);
	if (result)
		sys_puppet_close(puppet);
	return result;
}

void sys_puppet_close(struct sys_puppet *puppet)
{
	close(puppet->fd);
	while (waitpid(puppet->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

ssize_t sys_getdents(int fd, void *buf, size_t size)
{
	return checked(syscall(SYS_getdents64, fd, buf, size));
}

ssize_t sys_read_file(int dir, const char *path, char *buf, size_t size)
{
	int fd = sys_openat(dir, path, O_RDONLY, 0);
	ssize_t got = 0, used = 0;

	if (fd < 0)
		return fd;
	while ((size_t)used < size - 1) {
		got = sys_read(fd, buf + used, size - 1 - (size_t)used);
		if (got <= 0)
			break;
		used += got;
	}
	sys_close(fd);
	buf[got < 0 ? 0 : used] = '\0';
	return got < 0 ? got : used;
}
