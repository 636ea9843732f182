/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64: struct pt_regs of arch/arm64/include/asm/ptrace.h. Its first 288 bytes are the same from 4.4 to 7.1 (syscallno
 * was 64 bits wide before 4.14; the low half is read); what follows grew, so the start is learnt from the top.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate, orig_x0;
	__u32 syscallno, unused;
};

#define ARG1(ctx)      ((ctx)->regs[0])
#define ARG2(ctx)      ((ctx)->regs[1])
#define ARG3(ctx)      ((ctx)->regs[2])
#define RETVAL(ctx)    ((ctx)->regs[0])
#define KERNEL_SP(ctx) ((ctx)->sp)

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/*
 * ring->head = position, after all stores before it. Of version 1's instructions none is a barrier; an atomic exchange
 * is (5.12, in arm64's JIT 5.18), which the assembler takes only as a number: r2 = xchg_64(r1 + 0, r2).
 */
#define PUBLISH(ring, position) \
	asm volatile("r1 = %0\nr2 = %1\n.quad 0x000000e1000021db" : : "r"(ring), "r"(position) : "r1", "r2", "memory")

#define NR_CONNECT	  203
#define NR_COMPAT_CONNECT 283
#define NR_IO_URING_ENTER 426
#define PSTATE_MODE	  0x0f /* 0: EL0, that is, user space */
#define PSTATE_AARCH32	  0x10

struct saved_call {
	__u64 pstate, orig_x0;
	__u32 syscallno, unused;
};

/*
 * x0 keeps the first argument until the call has returned: another value than orig_x0 means that work queued for the
 * return to user space is running, and the one kind that connects is io_uring's. Kernel threads and io_uring workers
 * have a zeroed pt_regs in a kernel mode (copy_thread). There is no socketcall on 32-bit ARM's EABI.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	__u64 x0 = 0;

	if (bpf_probe_read_kernel(&call, sizeof(call), (void *)(regs + __builtin_offsetof(struct pt_regs, pstate))))
		return;
	bpf_probe_read_kernel(&x0, sizeof(x0), (void *)regs);
	if (call.pstate & PSTATE_MODE) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)call.syscallno;
	if (call.pstate & PSTATE_AARCH32)
		ev->flags |= EVENT_COMPAT;
	if (ev->nr == NR_IO_URING_ENTER || (__u32)x0 != (__u32)call.orig_x0) {
		ev->via = VIA_IO_URING;
	} else if (ev->nr == (call.pstate & PSTATE_AARCH32 ? NR_COMPAT_CONNECT : NR_CONNECT)) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)call.orig_x0;
	}
}

/* What a program on the entry of every system call asks first. */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_COMPAT_CONNECT || (native && id == NR_CONNECT);
}

static always_inline void take_args(struct user_call *call, __u32 id, const __u64 args[3])
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = id == NR_CONNECT ? 0 : EVENT_COMPAT;
	call->fd = (__s32)args[0];
	call->addr = args[1];
	call->addrlen = (__s32)args[2];
}

/* The 32-bit connect's number is the 64-bit membarrier's, and the other way round it is the 32-bit stat64's or none. */
static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u64 args[3] = {}, pstate = 0;

	if (bpf_probe_read_kernel(args, sizeof(args), (void *)regs) ||
	    bpf_probe_read_kernel(&pstate, sizeof(pstate), (void *)(regs + __builtin_offsetof(struct pt_regs, pstate))))
		return 0;
	if ((id == NR_COMPAT_CONNECT) != !!(pstate & PSTATE_AARCH32))
		return 0;
	take_args(call, id, args);
	return 1;
}

/* Without the registers: membarrier's second argument is a flag or 0, which is no address. */
static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	if (id == NR_COMPAT_CONNECT && (args[1] < 4096 || args[1] >> 32))
		return 0;
	take_args(call, id, args);
	return 1;
}

#endif
