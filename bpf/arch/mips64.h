/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mips64: struct pt_regs of arch/mips/include/asm/ptrace.h, the same from 4.4 to 7.1. There are three tables of system
 * calls, told apart by number: o32 from 4000, n64 from 5000, n32 from 6000.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 regs[32], cp0_status, hi, lo, cp0_badvaddr, cp0_cause, cp0_epc;
};

#define ARG1(ctx)      ((ctx)->regs[4])
#define ARG2(ctx)      ((ctx)->regs[5])
#define ARG3(ctx)      ((ctx)->regs[6])
#define RETVAL(ctx)    ((ctx)->regs[2])
#define KERNEL_SP(ctx) ((ctx)->regs[29])

#define EINPROGRESS 150
#define EOPNOTSUPP  122

/* Not used: no instruction of version 1 is a barrier, nor is the JIT's exchange (compat/kernel.c). */
#define PUBLISH(ring, position) ((ring)->head = (position))

#define NR_CONNECT	      5041
#define NR_N32_CONNECT	      6041
#define NR_O32_CONNECT	      4170
#define NR_O32_SOCKETCALL     4102
#define NR_O32_SYSCALL	      4000
#define NR_IO_URING_ENTER     5426
#define NR_N32_IO_URING_ENTER 6426
#define NR_O32_IO_URING_ENTER 4426
#define SOCKETCALL_CONNECT    3
#define KU_MASK		      0x18
#define KU_USER		      0x10

/* regs[2] is the number until the call returns, then its result; regs[4] to regs[6] are the arguments. */
struct saved_call {
	__u64 nr, v1, arg1, arg2, arg3;
};

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/* The array that socketcall's second argument points to: descriptor, address, length. */
static always_inline int read_socketcall(struct user_call *call, __u64 array)
{
	__u32 words[3] = {};

	if (bpf_probe_read_user(words, sizeof(words), (void *)(array & 0xffffffff)))
		return 0;
	call->fd = (__s32)words[0];
	call->addr = words[1];
	call->addrlen = (__s32)words[2];
	call->via = VIA_SOCKETCALL;
	return 1;
}

/*
 * Kernel threads and io_uring workers have a zeroed pt_regs in kernel mode (copy_thread). A number outside the tables is a
 * call's result: work queued for the return to user space is running, and the one kind that connects is io_uring's. A
 * result may look like a number, and o32's syscall(4000) hides which of two calls it is: so the length has to fit as well.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	__u64 status = 0;
	__u32 nr, fits, fd = 0;

	if (bpf_probe_read_kernel(&call, sizeof(call), AT(regs, regs[2])) ||
	    bpf_probe_read_kernel(&status, sizeof(status), AT(regs, cp0_status)))
		return;
	if ((status & KU_MASK) != KU_USER) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	nr = (__u32)call.nr;
	fits = (__u32)call.arg3 == (__u32)ev->addrlen;
	ev->nr = (__u16)nr;
	if (nr - 4000 < 3000 && nr - 5000 >= 1000)
		ev->flags |= EVENT_COMPAT;
	if (nr - 4000 >= 3000 || nr == NR_IO_URING_ENTER || nr == NR_N32_IO_URING_ENTER ||
	    nr == NR_O32_IO_URING_ENTER) {
		ev->via = VIA_IO_URING;
	} else if ((nr == NR_CONNECT || nr == NR_N32_CONNECT || nr == NR_O32_CONNECT || nr == NR_O32_SYSCALL) && fits) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)call.arg1;
	} else if ((nr == NR_O32_SOCKETCALL || nr == NR_O32_SYSCALL) && (__u32)call.arg1 == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		/* The kernel copied the arguments to a place of its own that can't be found again. */
		if (!bpf_probe_read_user(&fd, sizeof(fd), (void *)(call.arg2 & 0xffffffff)))
			ev->sockfd = (__s32)fd;
	}
}

/* What a program on the entry of every system call asks first. */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_O32_CONNECT || id == NR_O32_SOCKETCALL || id == NR_O32_SYSCALL || id == NR_N32_CONNECT ||
	       (native && id == NR_CONNECT);
}

static always_inline int take_args(struct user_call *call, __u32 id, const __u64 args[3])
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = id == NR_CONNECT ? 0 : EVENT_COMPAT;
	if (id == NR_O32_SOCKETCALL)
		return (__u32)args[0] == SOCKETCALL_CONNECT && read_socketcall(call, args[1]);
	call->fd = (__s32)args[0];
	call->addr = id == NR_CONNECT ? args[1] : args[1] & 0xffffffff;
	call->addrlen = (__s32)args[2];
	return 1;
}

/* o32's syscall(4000) has the number in front of the arguments. */
static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u64 args[4] = {};

	if (bpf_probe_read_kernel(args, sizeof(args), AT(regs, regs[4])))
		return 0;
	if (id == NR_O32_SYSCALL) {
		id = (__u32)args[0];
		if (id != NR_O32_CONNECT && id != NR_O32_SOCKETCALL)
			return 0;
		args[0] = args[1];
		args[1] = args[2];
		args[2] = args[3];
	}
	return take_args(call, id, args);
}

static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	return id != NR_O32_SYSCALL && take_args(call, id, args);
}

#endif
