/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86_64: arguments of a kernel function in the probe's registers, and the system call that the task is in from the
 * registers saved at the top of its kernel stack (struct pt_regs, arch/x86/include/asm/ptrace.h, same in 4.1 to 7.1).
 */
#ifndef CONNSNOOP_ARCH_H
#define CONNSNOOP_ARCH_H

#include "bpf_helpers.h"

struct pt_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#define ARG1(ctx)      ((ctx)->di)
#define ARG2(ctx)      ((ctx)->si)
#define ARG3(ctx)      ((ctx)->dx)
#define RETVAL(ctx)    ((ctx)->ax)
#define KERNEL_SP(ctx) ((ctx)->sp)

#define EINPROGRESS 115
#define EOPNOTSUPP  95

/* ring->head = position, after all stores before it: x86 keeps stores in order, and JIT and interpreter keep ours. */
#define PUBLISH(ring, position) asm volatile("*(u64 *)(%0 + 0) = %1" : : "r"(ring), "r"(position) : "memory")

#define NR_CONNECT	   42
#define NR_X32_CONNECT	   (0x40000000 | 42)
#define NR_IA32_SOCKETCALL 102
#define NR_IA32_CONNECT	   362
#define NR_IO_URING_ENTER  426
#define SOCKETCALL_CONNECT 3
#define ENOSYS		   38

/* pt_regs from ax on, which is what one look at an attempt needs. */
struct saved_call {
	__u64 ax, cx, dx, si, di, orig_ax, ip;
};

static always_inline void read_ia32_call(struct event *ev, const struct saved_call *call, __u64 regs)
{
	__u64 bx = 0;
	__u32 fd = 0;

	ev->flags |= EVENT_COMPAT;
	if (bpf_probe_read_kernel(&bx, sizeof(bx), (void *)(regs + __builtin_offsetof(struct pt_regs, bx))))
		return;
	if (ev->nr == NR_IA32_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)bx;
	} else if ((__u32)bx == SOCKETCALL_CONNECT) {
		ev->via = VIA_SOCKETCALL;
		/* The kernel copied the arguments to a place of its own that can't be found again. */
		if (!bpf_probe_read_user(&fd, sizeof(fd), (void *)(call->cx & 0xffffffff)))
			ev->sockfd = (__s32)fd;
	}
}

/*
 * Numbers decide, not cs: int 0x80 from a 64-bit task uses the 32-bit table with the 64-bit cs, and Xen PV has other
 * selectors. 102 and 362 can't be mistaken: as 64-bit calls they are getuid and none.
 *
 * A copied pt_regs with ip 0 is an io_uring worker's (copy_thread since 5.12), which may show its creator's connect.
 * ax is -ENOSYS from entry until the call returns (entry_64.S, since 3.x): any other value means that work queued for
 * the return to user space is running, and the one kind that connects is io_uring's.
 */
static always_inline void read_call(struct event *ev, __u64 regs)
{
	struct saved_call call = {};
	__u32 nr;

	if (bpf_probe_read_kernel(&call, sizeof(call), (void *)(regs + __builtin_offsetof(struct pt_regs, ax))))
		return;
	nr = (__u32)call.orig_ax;
	if (call.ip == 0) {
		ev->flags |= EVENT_NO_CALL;
		return;
	}
	ev->nr = (__u16)nr;
	if (nr == NR_IO_URING_ENTER || (__u32)call.ax != (__u32)-ENOSYS) {
		ev->via = VIA_IO_URING;
	} else if (nr == NR_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->sockfd = (__s32)call.di;
	} else if (nr == NR_X32_CONNECT) {
		ev->via = VIA_CONNECT;
		ev->flags |= EVENT_COMPAT;
		ev->sockfd = (__s32)call.di;
	} else if (nr == NR_IA32_CONNECT || nr == NR_IA32_SOCKETCALL) {
		read_ia32_call(ev, &call, regs);
	}
}

/* What a program on the entry of every system call asks first. */
static always_inline int is_connecting(__u32 id, int native)
{
	return id == NR_IA32_CONNECT || id == NR_IA32_SOCKETCALL || id == NR_X32_CONNECT ||
	       (native && id == NR_CONNECT);
}

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

/* pt_regs from bx on. */
struct saved_args {
	__u64 bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip;
};

/*
 * 102 is also the 64-bit getuid. The `syscall` instruction leaves the return address in rcx, so that the saved cx and ip
 * are equal; int 0x80 and sysenter leave the caller's ecx there.
 */
static always_inline int read_user_call(struct user_call *call, __u32 id, __u64 regs)
{
	struct saved_args args = {};

	if (bpf_probe_read_kernel(&args, sizeof(args), (void *)(regs + __builtin_offsetof(struct pt_regs, bx))))
		return 0;
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = id == NR_CONNECT ? 0 : EVENT_COMPAT;
	if (id == NR_IA32_SOCKETCALL)
		return (__u32)args.bx == SOCKETCALL_CONNECT && args.cx != args.ip && read_socketcall(call, args.cx);
	if (id == NR_IA32_CONNECT) {
		call->fd = (__s32)args.bx;
		call->addr = (__u32)args.cx;
	} else {
		call->fd = (__s32)args.di;
		call->addr = args.si;
	}
	call->addrlen = (__s32)args.dx;
	return 1;
}

/*
 * The same from arguments alone, in the order of whichever table the task used. 102 with a first argument of 3 and a
 * second one that fits 32 bits and points to a descriptor, an address and a length is taken for socketcall: a getuid()
 * that looks so has to be made on purpose.
 */
static always_inline int guess_user_call(struct user_call *call, __u32 id, const __u64 args[3])
{
	call->nr = id;
	call->via = VIA_CONNECT;
	call->flags = id == NR_CONNECT ? 0 : EVENT_COMPAT;
	if (id == NR_IA32_SOCKETCALL)
		return args[0] == SOCKETCALL_CONNECT && args[1] && args[1] >> 32 == 0 && read_socketcall(call, args[1]);
	call->fd = (__s32)args[0];
	call->addr = args[1];
	call->addrlen = (__s32)args[2];
	return 1;
}

#endif
