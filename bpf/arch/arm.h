/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm, EABI (armhf and armel): struct pt_regs of arch/arm/include/asm/ptrace.h, the same from 4.4 to 7.1. The number of a
 * system call is in r7. Programs of the old ABI (CONFIG_OABI_COMPAT) have it in the instruction: their descriptors are not
 * told.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#define KERNEL_32BIT
#include "bpf_helpers.h"

struct pt_regs {
	__u32 r[13], sp, lr, pc, cpsr, orig_r0;
};

#define ARG1(ctx)      ((__u64)(ctx)->r[0])
#define ARG2(ctx)      ((__u64)(ctx)->r[1])
#define ARG3(ctx)      ((__u64)(ctx)->r[2])
#define RETVAL(ctx)    ((ctx)->r[0])
#define KERNEL_SP(ctx) ((ctx)->sp)

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/* Not used: positions of 32 bits would wrap (compat/kernel.c). */
#define PUBLISH(ring, position) ((ring)->head = (position))

#define NR_CONNECT	  283
#define NR_IO_URING_ENTER 426
#define MODE_MASK	  0x1f
#define MODE_USER	  0x10

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/* pt_regs from cpsr on. */
struct saved_call {
	__u32 cpsr, orig_r0;
};

static always_inline void take_args(struct user_call *call, __u32 id, __u32 arg1, __u32 arg2, __u32 arg3)
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->fd = (__s32)arg1;
	call->addr = arg2;
	call->addrlen = (__s32)arg3;
}

/*
 * r0 keeps the first argument until the call has returned: another value than orig_r0 means that work queued for the
 * return to user space is running, and the one kind that connects is io_uring's. Kernel threads and io_uring workers have
 * a zeroed pt_regs (copy_thread), which is no mode of user space.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	__u32 r0 = 0, r7 = 0;

	if (bpf_probe_read_kernel(&call, sizeof(call), AT(regs, cpsr)) ||
	    bpf_probe_read_kernel(&r7, sizeof(r7), AT(regs, r[7])) ||
	    bpf_probe_read_kernel(&r0, sizeof(r0), AT(regs, r[0])))
		return;
	if ((call.cpsr & MODE_MASK) != MODE_USER) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)r7;
	if (r7 == NR_IO_URING_ENTER || r0 != call.orig_r0) {
		ev->via = VIA_IO_URING;
	} else if (r7 == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)r0;
	}
}

/* What a program on the entry of every system call asks first. There is no second way to connect. */
static always_inline int is_connecting(__u32 id, int native)
{
	return native && id == NR_CONNECT;
}

static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u32 args[4] = {};

	if (bpf_probe_read_kernel(args, sizeof(args), AT(regs, r[0])))
		return 0;
	take_args(call, id, args[0], args[1], args[2]);
	return 1;
}

static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	take_args(call, id, (__u32)args[0], (__u32)args[1], (__u32)args[2]);
	return 1;
}

#endif
