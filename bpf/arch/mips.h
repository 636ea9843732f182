/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mips, o32 on a 32-bit kernel: struct pt_regs of arch/mips/include/asm/ptrace.h, the same from 4.4 to 7.1 as far as it is
 * used. It begins with room for the arguments of the C functions that are called with it.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#define KERNEL_32BIT
#include "bpf_helpers.h"

struct pt_regs {
	__u32 pad[8];
	__u32 regs[32], cp0_status, hi, lo, cp0_badvaddr, cp0_cause, cp0_epc;
};

#define ARG1(ctx)      ((__u64)(ctx)->regs[4])
#define ARG2(ctx)      ((__u64)(ctx)->regs[5])
#define ARG3(ctx)      ((__u64)(ctx)->regs[6])
#define RETVAL(ctx)    ((ctx)->regs[2])
#define KERNEL_SP(ctx) ((ctx)->regs[29])

#define EINPROGRESS 150
#define EOPNOTSUPP  122

/* Not used: positions of 32 bits would wrap (compat/kernel.c). */
#define PUBLISH(ring, position) ((ring)->head = (position))

#define NR_SYSCALL	   4000
#define NR_SOCKETCALL	   4102
#define NR_CONNECT	   4170
#define NR_IO_URING_ENTER  4426
#define NR_END		   5000
#define SOCKETCALL_CONNECT 3
#define KU_USER		   0x10
#define KU_MASK		   0x18

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/* regs[2] is the number until the call returns, then its result; regs[4] to regs[7] are the arguments. */
struct saved_call {
	__u32 nr, v1, args[4];
};

/* The array that socketcall's second argument points to: descriptor, address, length. */
static always_inline int read_socketcall(struct user_call *call, __u32 array)
{
	__u32 words[3] = {};

	if (bpf_probe_read_user(words, sizeof(words), (void *)(__u64)array))
		return 0;
	call->fd = (__s32)words[0];
	call->addr = words[1];
	call->addrlen = (__s32)words[2];
	call->via = VIA_SOCKETCALL;
	return 1;
}

static always_inline int take_args(struct user_call *call, __u32 id, __u32 arg1, __u32 arg2, __u32 arg3)
{
	call->nr = id;
	call->via = VIA_CONNECT;
	if (id == NR_SOCKETCALL)
		return arg1 == SOCKETCALL_CONNECT && read_socketcall(call, arg2);
	call->fd = (__s32)arg1;
	call->addr = arg2;
	call->addrlen = (__s32)arg3;
	return 1;
}

/* syscall(4000) has the number first, and the arguments one further on. */
static always_inline int is_connect(const struct saved_call *call)
{
	return call->nr == NR_CONNECT || (call->nr == NR_SYSCALL && call->args[0] == NR_CONNECT);
}

static always_inline int is_socketcall(const struct saved_call *call)
{
	return call->nr == NR_SOCKETCALL || (call->nr == NR_SYSCALL && call->args[0] == NR_SOCKETCALL);
}

static always_inline int is_io_uring(const struct saved_call *call)
{
	return call->nr - NR_SYSCALL >= NR_END - NR_SYSCALL || call->nr == NR_IO_URING_ENTER ||
	       (call->nr == NR_SYSCALL && call->args[0] == NR_IO_URING_ENTER);
}

/*
 * Kernel threads and io_uring workers have a zeroed pt_regs in kernel mode (copy_thread). A number outside the table is a
 * call's result: work queued for the return to user space is running, and the one kind that connects is io_uring's. A
 * result may look like connect's number, so that the length has to fit as well. Of socketcall the kernel copied the
 * arguments to a place of its own that can't be found again: the descriptor is read where the caller has it.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct user_call user = {.fd = -1};
	struct saved_call call = {};
	__u32 status = 0, first, second, third;

	if (bpf_probe_read_kernel(&call, sizeof(call), AT(regs, regs[2])) ||
	    bpf_probe_read_kernel(&status, sizeof(status), AT(regs, cp0_status)))
		return;
	if ((status & KU_MASK) != KU_USER) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)call.nr;
	first = call.nr == NR_SYSCALL ? call.args[1] : call.args[0];
	second = call.nr == NR_SYSCALL ? call.args[2] : call.args[1];
	third = call.nr == NR_SYSCALL ? call.args[3] : call.args[2];
	if (is_io_uring(&call)) {
		ev->via = VIA_IO_URING;
	} else if (is_connect(&call) && third == (__u32)ev->addrlen) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)first;
	} else if (is_socketcall(&call) && first == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		if (read_socketcall(&user, second))
			ev->sockfd = user.fd;
	}
}

/*
 * What a program on the entry of every system call asks first. It sees the number in regs[2] (syscall_trace_enter()),
 * unlike the tracepoints of single calls.
 */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_SOCKETCALL || id == NR_SYSCALL || (native && id == NR_CONNECT);
}

static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	struct saved_call saved = {};

	if (bpf_probe_read_kernel(&saved, sizeof(saved), AT(regs, regs[2])))
		return 0;
	if (id != NR_SYSCALL)
		return take_args(call, id, saved.args[0], saved.args[1], saved.args[2]);
	if (saved.args[0] != NR_SOCKETCALL && (saved.args[0] != NR_CONNECT || !CONSTANT(NATIVE)))
		return 0;
	return take_args(call, saved.args[0], saved.args[1], saved.args[2], saved.args[3]);
}

/* Without the registers it is not known which call is called by syscall(4000). */
static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	return id != NR_SYSCALL && take_args(call, id, (__u32)args[0], (__u32)args[1], (__u32)args[2]);
}

#endif
