/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * s390x: struct pt_regs of arch/s390/include/asm/ptrace.h, the same from 4.4 to 7.1 as far as it is used. connect has the
 * same number for 64-bit and 31-bit programs, and both have socketcall, which C libraries use that were built to run on
 * kernels before 4.3, too.
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 args, psw_mask, psw_addr, gprs[16], orig_gpr2;
	__u32 int_code, int_parm;
	__u64 int_parm_long;
};

#define ARG1(ctx)      ((ctx)->gprs[2])
#define ARG2(ctx)      ((ctx)->gprs[3])
#define ARG3(ctx)      ((ctx)->gprs[4])
#define RETVAL(ctx)    ((ctx)->gprs[2])
#define KERNEL_SP(ctx) ((ctx)->gprs[15])

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/* ring->head = position, after all stores before it: s390 keeps stores in order, and JIT and interpreter keep ours. */
#define PUBLISH(ring, position) asm volatile("*(u64 *)(%0 + 0) = %1" : : "r"(ring), "r"(position) : "memory")

#define NR_CONNECT	   362
#define NR_SOCKETCALL	   102
#define NR_IO_URING_ENTER  426
#define SOCKETCALL_CONNECT 3
#define ENOSYS		   38
#define PSW_MASK_PSTATE	   0x0001000000000000ULL /* user space */
#define PSW_MASK_EA	   0x0000000100000000ULL /* 64-bit addresses */

/* What one look at an attempt needs. */
struct saved_call {
	__u64 orig_gpr2;
	__u32 int_code, int_parm;
};

struct saved_args {
	__u64 gpr2, gpr3;
};

#define AT(regs, field) ((void *)((regs) + __builtin_offsetof(struct pt_regs, field)))

/* Of an array of longs, the first one's low half. */
static always_inline void *first_word(__u64 array, int compat)
{
	return (void *)(compat ? array & 0x7fffffff : array + 4);
}

/* The array that socketcall's second argument points to: descriptor, address, length; longs of the caller's. */
static always_inline int read_socketcall(struct user_call *call, __u64 array, int compat)
{
	__u32 words[3] = {};
	__u64 longs[3] = {};

	if (compat) {
		if (bpf_probe_read_user(words, sizeof(words), (void *)(array & 0x7fffffff)))
			return 0;
		longs[0] = words[0];
		longs[1] = words[1] & 0x7fffffff;
		longs[2] = words[2];
	} else if (bpf_probe_read_user(longs, sizeof(longs), (void *)array)) {
		return 0;
	}
	call->fd = (__s32)longs[0];
	call->addr = longs[1];
	call->addrlen = (__s32)longs[2];
	call->via = VIA_SOCKETCALL;
	return 1;
}

/*
 * Kernel threads and io_uring workers have a zeroed pt_regs in kernel mode (copy_thread). gprs[2] is -ENOSYS from entry
 * until the call returns (5.12), or the first argument (before): any other value means that work queued for the return to
 * user space is running, and the one kind that connects is io_uring's.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	struct saved_args args = {};
	__u64 mask = 0;
	__u32 fd = 0;

	if (bpf_probe_read_kernel(&mask, sizeof(mask), AT(regs, psw_mask)) ||
	    bpf_probe_read_kernel(&args, sizeof(args), AT(regs, gprs[2])) ||
	    bpf_probe_read_kernel(&call, sizeof(call), AT(regs, orig_gpr2)))
		return;
	if (!(mask & PSW_MASK_PSTATE)) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)call.int_code;
	if (!(mask & PSW_MASK_EA))
		ev->flags |= EVENT_COMPAT;
	if (ev->nr == NR_IO_URING_ENTER || ((__u32)args.gpr2 != (__u32)-ENOSYS && args.gpr2 != call.orig_gpr2)) {
		ev->via = VIA_IO_URING;
	} else if (ev->nr == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)call.orig_gpr2;
	} else if (ev->nr == NR_SOCKETCALL && (__u32)call.orig_gpr2 == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		/* The kernel copied the arguments to a place of its own that can't be found again. */
		if (!bpf_probe_read_user(&fd, sizeof(fd), first_word(args.gpr3, !(mask & PSW_MASK_EA))))
			ev->sockfd = (__s32)fd;
	}
}

/* What a program on the entry of every system call asks first; the tracepoint of connect does not see socketcall. */
static always_inline int is_connecting(__u32 id, int native)
{
	(void)native;
	return id == NR_CONNECT || id == NR_SOCKETCALL;
}

static always_inline int take_args(struct user_call *call, __u32 id, const __u64 args[3], int compat)
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = compat ? EVENT_COMPAT : 0;
	if (id == NR_SOCKETCALL)
		return (__u32)args[0] == SOCKETCALL_CONNECT && read_socketcall(call, args[1], compat);
	/* That one has been seen already. */
	if (!compat && !CONSTANT(NATIVE))
		return 0;
	call->fd = (__s32)args[0];
	call->addr = compat ? args[1] & 0x7fffffff : args[1];
	call->addrlen = (__s32)args[2];
	return 1;
}

static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	__u64 args[3] = {}, mask = 0;

	if (bpf_probe_read_kernel(&mask, sizeof(mask), AT(regs, psw_mask)) ||
	    bpf_probe_read_kernel(args, 8, AT(regs, orig_gpr2)) ||
	    bpf_probe_read_kernel(args + 1, 16, AT(regs, gprs[3])))
		return 0;
	return take_args(call, id, args, !(mask & PSW_MASK_EA));
}

/* Without the registers nobody knows whose: a 31-bit program's calls are read as a 64-bit one's. */
static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	return take_args(call, id, args, 0);
}

#endif
