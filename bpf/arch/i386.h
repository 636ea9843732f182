/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * i386: struct pt_regs of arch/x86/include/asm/ptrace.h, the same from 4.4 to 7.1. The kernel's functions take their first
 * three arguments in registers (-mregparm=3). Debian's C library connects by socketcall, others by connect (4.3).
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#define KERNEL_32BIT
#include "bpf_helpers.h"

struct pt_regs {
	__u32 bx, cx, dx, si, di, bp, ax, ds, es, fs, gs, orig_ax, ip, cs, flags, sp, ss;
};

#define ARG1(ctx)   ((__u64)(ctx)->ax)
#define ARG2(ctx)   ((__u64)(ctx)->dx)
#define ARG3(ctx)   ((__u64)(ctx)->cx)
#define RETVAL(ctx) ((ctx)->ax)

/*
 * Before 5.3 the processor stores no sp when it is interrupted in the kernel, and the member is something else; but the
 * structure itself lies on the stack in question. To a 32-bit copy of the pointer all verifiers do not object.
 */
#define KERNEL_SP(ctx)                                                                   \
	({                                                                               \
		__u64 sp_;                                                               \
		asm volatile("r1 = %1\nw1 = w1\n%0 = r1" : "=r"(sp_) : "r"(ctx) : "r1"); \
		sp_;                                                                     \
	})

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/* Not used: positions of 32 bits would wrap (compat/kernel.c). */
#define PUBLISH(ring, position) ((ring)->head = (position))

#define NR_SOCKETCALL	   102
#define NR_CONNECT	   362
#define NR_IO_URING_ENTER  426
#define SOCKETCALL_CONNECT 3
#define ENOSYS		   38

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

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

/* pt_regs from ax to ip. */
struct saved_call {
	__u32 ax, ds, es, fs, gs, orig_ax, ip, cs;
};

/* Arguments of a system call; one word more, so that it is whole words of the program's. */
struct saved_args {
	__u32 bx, cx, dx, si;
};

/*
 * A copied pt_regs with ip 0 is an io_uring worker's (copy_thread since 5.12), which may show its creator's connect.
 * ax is -ENOSYS from entry until the call returns (entry_32.S, since 2.6): any other value means that work queued for the
 * return to user space is running, and the one kind that connects is io_uring's. Of socketcall the kernel copied the
 * arguments to a place of its own that can't be found again, so that the descriptor is read where the caller has it.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct user_call user = {.fd = -1};
	struct saved_call call = {};
	struct saved_args args = {};

	if (bpf_probe_read_kernel(&call, sizeof(call), AT(regs, ax)) ||
	    bpf_probe_read_kernel(&args, sizeof(args), AT(regs, bx)))
		return;
	if (call.ip == 0) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)call.orig_ax;
	if (call.orig_ax == NR_IO_URING_ENTER || call.ax != (__u32)-ENOSYS) {
		ev->via = VIA_IO_URING;
	} else if (call.orig_ax == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)args.bx;
	} else if (call.orig_ax == NR_SOCKETCALL && args.bx == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		if (read_socketcall(&user, args.cx))
			ev->sockfd = user.fd;
	}
}

/* What a program on the entry of every system call asks first. */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_SOCKETCALL || (native && id == NR_CONNECT);
}

static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	struct saved_args args = {};

	if (bpf_probe_read_kernel(&args, sizeof(args), AT(regs, bx)))
		return 0;
	return take_args(call, id, args.bx, args.cx, args.dx);
}

static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	return take_args(call, id, (__u32)args[0], (__u32)args[1], (__u32)args[2]);
}

#endif
