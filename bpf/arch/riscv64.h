/* SPDX-License-Identifier: GPL-2.0-only */
/* riscv64: struct pt_regs of arch/riscv/include/asm/ptrace.h, the same from 4.15 to 7.1. */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 epc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	__u64 a0, a1, a2, a3, a4, a5, a6, a7;
	__u64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
	__u64 status, badaddr, cause, orig_a0;
};

#define ARG1(ctx)      ((ctx)->a0)
#define ARG2(ctx)      ((ctx)->a1)
#define ARG3(ctx)      ((ctx)->a2)
#define RETVAL(ctx)    ((ctx)->a0)
#define KERNEL_SP(ctx) ((ctx)->sp)

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/*
 * ring->head = position, after all stores before it. Of version 1's instructions none is a barrier; an atomic exchange
 * is (5.12, in riscv's JIT 5.19: amoswap.d.aqrl), which the assembler takes only as a number: r2 = xchg_64(r1 + 0, r2).
 */
#define PUBLISH(ring, position) \
	asm volatile("r1 = %0\nr2 = %1\n.quad 0x000000e1000021db" : : "r"(ring), "r"(position) : "r1", "r2", "memory")

#define NR_CONNECT	  203
#define NR_IO_URING_ENTER 426
#define ENOSYS		  38
#define SR_SPP		  0x100		 /* not user space */
#define SR_UXL		  0x300000000ULL /* how long its words are */
#define SR_UXL_32	  0x100000000ULL

/* What one look at an attempt needs. */
struct saved_call {
	__u64 status, badaddr, cause, orig_a0;
};

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/*
 * Kernel threads and io_uring workers have a zeroed pt_regs in kernel mode (copy_thread). a0 is the first argument (up to
 * 6.5) or -ENOSYS until the call returns: any other value means that work queued for the return to user space is running,
 * and the one kind that connects is io_uring's.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	__u64 a0 = 0, nr = 0;

	if (bpf_probe_read_kernel(&call, sizeof(call), AT(regs, status)) ||
	    bpf_probe_read_kernel(&nr, sizeof(nr), AT(regs, a7)) ||
	    bpf_probe_read_kernel(&a0, sizeof(a0), AT(regs, a0)))
		return;
	if (call.status & SR_SPP) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)nr;
	if ((call.status & SR_UXL) == SR_UXL_32)
		ev->flags |= EVENT_COMPAT;
	if (ev->nr == NR_IO_URING_ENTER || ((__u32)a0 != (__u32)-ENOSYS && a0 != call.orig_a0)) {
		ev->via = VIA_IO_URING;
	} else if (ev->nr == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)call.orig_a0;
	}
}

/* What a program on the entry of every system call asks first. */
static always_inline int is_connecting(__u32 id, int native)
{
	(void)native;
	return id == NR_CONNECT;
}

static always_inline void take_args(struct user_call *call, __u32 id, const __u64 args[3])
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->fd = (__s32)args[0];
	call->addr = args[1];
	call->addrlen = (__s32)args[2];
}

/* 32-bit programs have the same numbers; the tracepoint of connect has shown the others' calls already. */
static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u64 args[3] = {}, status = 0;
	int compat;

	if (bpf_probe_read_kernel(&status, sizeof(status), AT(regs, status)) ||
	    bpf_probe_read_kernel(args, 8, AT(regs, orig_a0)) || bpf_probe_read_kernel(args + 1, 16, AT(regs, a1)))
		return 0;
	compat = (status & SR_UXL) == SR_UXL_32;
	if (!compat && !CONSTANT(NATIVE))
		return 0;
	take_args(call, id, args);
	call->flags = compat ? EVENT_COMPAT : 0;
	return 1;
}

/* The perf event of all calls is needed on kernels before 4.17 only, of which none ran here. */
static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	take_args(call, id, args);
	call->flags = 0;
	return (int)CONSTANT(NATIVE);
}

#endif
