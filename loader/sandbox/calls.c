// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The system calls that a running reader makes: those of compat/sys.h, and what glibc and musl make of stdio, malloc, time
 * and waiting. A call is compared as a whole, so that x32's, which have a bit more, are not among them; what comes
 * through another table (int $0x80) is refused by its architecture.
 */
#include "private.h"

#include "call_numbers.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Whatever the arguments. The frequent ones first: each is a comparison for all that come behind it. */
static const int plain[] = {
	__NR_epoll_wait,
	__NR_epoll_pwait,
	__NR_write,
	__NR_clock_gettime,
	__NR_clock_gettime64,
	__NR_read,
	__NR_openat,
	__NR_close,
	__NR_readlinkat,
	__NR_poll,
	__NR_ppoll,
	__NR_ppoll_time64,
	__NR_sendmmsg,
	__NR_sendmsg,
	__NR_recvmsg,
	__NR_epoll_pwait2,
	__NR_epoll_ctl,
	__NR_pread64,
	__NR_readv,
	__NR_writev,
	__NR_lseek,
	__NR__llseek,
	__NR_open,
	__NR_readlink,
	__NR_stat,
	__NR_lstat,
	__NR_fstat,
	__NR_stat64,
	__NR_lstat64,
	__NR_fstat64,
	__NR_fstatat64,
	__NR_newfstatat,
	__NR_statx,
	__NR_rename,
	__NR_renameat,
	__NR_renameat2,
	__NR_unlink,
	__NR_unlinkat,
	__NR_fsync,
	__NR_memfd_create,
	__NR_munmap,
	__NR_mremap,
	__NR_madvise,
	__NR_brk,
	__NR_perf_event_open,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_sigreturn,
	__NR_restart_syscall,
	__NR_nanosleep,
	__NR_clock_nanosleep,
	__NR_clock_nanosleep_time64,
	__NR_gettimeofday,
	__NR_time,
	__NR_futex,
	__NR_futex_time64,
	__NR_getpid,
	__NR_gettid,
	__NR_getrandom,
	__NR_getrlimit,
	__NR_ugetrlimit,
	__NR_uname,
	__NR_sysinfo, /* qsort() of glibc's */
	__NR_sched_getaffinity,
	__NR_sched_setaffinity,
	__NR_wait4,
	__NR_waitid,
	__NR_exit,
	__NR_exit_group,
#if defined(__s390__)
	__NR_mmap, /* its arguments lie in memory */
#endif
};

/* Only with these: a collector is connected to again, or attempts of our own are made. */
static const int of_peers[] = {
	__NR_connect,  __NR_getsockopt, __NR_setsockopt, __NR_getsockname, __NR_sendto,
	__NR_recvfrom, __NR_send,	__NR_recv,	 __NR_socketcall, /* x86 and s390 before 4.3 have nothing else; its arguments lie in memory */
};

/* Packet sockets and netlink ones are open by now, and are only read from and asked for their sums. */
static const int of_sockets[] = {__NR_getsockopt, __NR_socketcall};

static const uint32_t bpf_commands[] = {BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
					BPF_MAP_GET_NEXT_KEY, BPF_OBJ_GET_INFO_BY_FD};
/* What isatty() asks. PowerPC's number has the size of the kernel's struct termios in it, and the C library's is another. */
#if defined(__powerpc__)
#define ASK_TERMINAL 0x402c7413
#else
#define ASK_TERMINAL TCGETS
#endif

static const uint32_t ioctls[] = {PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_SET_OUTPUT, SIOCOUTQ, TIOCGWINSZ, ASK_TERMINAL};
static const uint32_t fcntls[] = {F_GETFD, F_SETFD, F_GETFL, F_SETPIPE_SZ, F_ADD_SEALS};
static const uint32_t families[] = {AF_UNIX, AF_INET, AF_INET6};

struct writer {
	struct sock_filter *program;
	size_t len;
};

static void put(struct writer *writer, struct sock_filter instruction)
{
	if (writer->len < CALLS_PROGRAM_MAX)
		writer->program[writer->len++] = instruction;
}

static void put_return(struct writer *writer, uint32_t what)
{
	put(writer, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, what));
}

static void put_load(struct writer *writer, size_t at)
{
	put(writer, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)at));
}

/* The half of an argument that has what an int holds. */
static size_t low_half(int argument)
{
	size_t at = offsetof(struct seccomp_data, args) + (size_t)argument * sizeof(uint64_t);

	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? at + sizeof(uint32_t) : at;
}

static void allow(struct writer *writer, int nr)
{
	if (nr < 0)
		return;
	put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1));
	put_return(writer, SECCOMP_RET_ALLOW);
}

static void allow_all(struct writer *writer, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		allow(writer, calls[i]);
}

/* Only where an argument is one of these. */
static void allow_with(struct writer *writer, int nr, int argument, const uint32_t *values, size_t count)
{
	if (nr < 0)
		return;
	put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, (uint8_t)(2 * count + 2)));
	put_load(writer, low_half(argument));
	for (size_t i = 0; i < count; i++) {
		put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1));
		put_return(writer, SECCOMP_RET_ALLOW);
	}
	put_return(writer, REFUSED);
}

/* Only where an argument has none of these bits. */
static void allow_without(struct writer *writer, int nr, int argument, uint32_t bits)
{
	if (nr < 0)
		return;
	put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 4));
	put_load(writer, low_half(argument));
	put(writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
	put_return(writer, SECCOMP_RET_ALLOW);
	put_return(writer, REFUSED);
}

/* No memory that can be run, no program or map of the kernel's, no signals but to the command and to ourselves. */
static void put_rules(struct writer *writer, const struct sandbox *sandbox)
{
	const uint32_t self = (uint32_t)getpid(), command = (uint32_t)sandbox->command;

	allow_with(writer, __NR_bpf, 0, bpf_commands, COUNT(bpf_commands));
	allow_with(writer, __NR_ioctl, 1, ioctls, COUNT(ioctls));
	allow_with(writer, __NR_fcntl, 1, fcntls, COUNT(fcntls));
	allow_with(writer, __NR_fcntl64, 1, fcntls, COUNT(fcntls));
#if !defined(__s390__) && !defined(__i386__)
	allow_without(writer, __NR_mmap, 2, PROT_EXEC);
#endif
	allow_without(writer, __NR_mmap2, 2, PROT_EXEC);
	allow_without(writer, __NR_mprotect, 2, PROT_EXEC);
	/* Reading limits of our own. */
	allow_with(writer, __NR_prlimit64, 0, (const uint32_t[]){0}, 1);
	/* abort(), of glibc and of musl. */
	allow_with(writer, __NR_tgkill, 0, &self, 1);
	allow_with(writer, __NR_tkill, 0, &self, 1);
	if (command)
		allow_with(writer, __NR_kill, 0, &command, 1);
	if (!sandbox->peers) {
		allow_all(writer, of_sockets, COUNT(of_sockets));
		return;
	}
	allow_with(writer, __NR_socket, 0, families, COUNT(families));
	allow_all(writer, of_peers, COUNT(of_peers));
}

size_t calls_program(const struct sandbox *sandbox, struct sock_filter program[CALLS_PROGRAM_MAX])
{
	struct writer writer = {program, 0};

	put_load(&writer, offsetof(struct seccomp_data, arch));
	put(&writer, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_NATIVE, 1, 0));
	put_return(&writer, REFUSED);
	put_load(&writer, offsetof(struct seccomp_data, nr));
	allow_all(&writer, plain, COUNT(plain));
	put_rules(&writer, sandbox);
	put_return(&writer, REFUSED);
	return writer.len;
}
