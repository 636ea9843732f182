/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ppc64el: struct pt_regs of arch/powerpc/include/asm/ptrace.h, the same from 4.4 to 7.1 as far as it is used. A
 * little-endian kernel runs no 32-bit programs. Beside connect there is socketcall, for everybody.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 gpr[32], nip, msr, orig_gpr3, ctr, link, xer, ccr, softe, trap, dar, dsisr, result;
};

#define ARG1(ctx)      ((ctx)->gpr[3])
#define ARG2(ctx)      ((ctx)->gpr[4])
#define ARG3(ctx)      ((ctx)->gpr[5])
#define RETVAL(ctx)    ((ctx)->gpr[3])
#define KERNEL_SP(ctx) ((ctx)->gpr[1])

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/* Not used: no instruction of version 1 is a barrier, and the JIT's exchange was none for years (compat/kernel.c). */
#define PUBLISH(ring, position) ((ring)->head = (position))

#define NR_CONNECT	   328
#define NR_SOCKETCALL	   102
#define NR_IO_URING_ENTER  426
#define SOCKETCALL_CONNECT 3
#define MSR_PR		   0x4000 /* user space */

/* gpr[0] is the number, gpr[3] to gpr[5] the arguments. */
struct saved_args {
	__u64 gpr[6];
};

struct saved_call {
	__u64 msr, orig_gpr3;
};

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/* The array that socketcall's second argument points to: descriptor, address, length. */
static always_inline int read_socketcall(struct user_call *call, __u64 array)
{
	__u64 longs[3] = {};

	if (bpf_probe_read_user(longs, sizeof(longs), (void *)array))
		return 0;
	call->fd = (__s32)longs[0];
	call->addr = longs[1];
	call->addrlen = (__s32)longs[2];
	call->via = VIA_SOCKETCALL;
	return 1;
}

/*
 * Kernel threads and io_uring workers have a zeroed pt_regs (copy_thread). gpr[3] keeps the first argument until the call
 * has returned: another value means that work queued for the return to user space is running, and the one kind that
 * connects is io_uring's.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_args args = {};
	struct saved_call call = {};
	__u32 fd = 0;

	if (bpf_probe_read_kernel(&args, sizeof(args), (void *)regs) ||
	    bpf_probe_read_kernel(&call, sizeof(call), AT(regs, msr)))
		return;
	if (!(call.msr & MSR_PR)) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)args.gpr[0];
	if (ev->nr == NR_IO_URING_ENTER || args.gpr[3] != call.orig_gpr3) {
		ev->via = VIA_IO_URING;
	} else if (ev->nr == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)args.gpr[3];
	} else if (ev->nr == NR_SOCKETCALL && (__u32)args.gpr[3] == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		/* The kernel copied the arguments to a place of its own that can't be found again. */
		if (!bpf_probe_read_user(&fd, sizeof(fd), (void *)args.gpr[4]))
			ev->sockfd = (__s32)fd;
	}
}

/* What a program on the entry of every system call asks first; the tracepoint of connect does not see socketcall. */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_SOCKETCALL || (native && id == NR_CONNECT);
}

static always_inline int take_args(struct user_call *call, __u32 id, const __u64 args[3])
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = 0;
	if (id == NR_SOCKETCALL)
		return (__u32)args[0] == SOCKETCALL_CONNECT && read_socketcall(call, args[1]);
	call->fd = (__s32)args[0];
	call->addr = args[1];
	call->addrlen = (__s32)args[2];
	return 1;
}

static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u64 args[3] = {};

	return !bpf_probe_read_kernel(args, sizeof(args), AT(regs, gpr[3])) && take_args(call, id, args);
}

static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	return take_args(call, id, args);
}

#endif
