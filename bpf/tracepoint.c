// SPDX-License-Identifier: GPL-2.0-only
/*
 * syscalls/sys_enter_connect, for kernels without kprobes. It stands before the kernel's own checks: there is no socket
 * yet, and the address is still the caller's memory. What the kernel will refuse by its length is left out here, since
 * security_socket_connect would not be reached (move_addr_to_kernel, net/socket.c).
 */
#include "emit.h"

/* The context of a syscalls/sys_enter_* program, as perf_call_bpf_enter() lays it out (kernel/trace/trace_syscalls.c). */
struct sys_enter_connect {
	__u64 regs;
	__u64 nr;
	__u64 fd;
	__u64 uservaddr;
	__u64 addrlen;
};

SEC("tracepoint/connect")
int tracepoint_connect(struct sys_enter_connect *ctx)
{
	struct event ev;
	struct run run;

	if ((__u32)ctx->addrlen > ADDR_MAX || !begin_run(&run, &ev))
		return 0;
	read_identity(&ev);
	ev.sockfd = (__s32)ctx->fd;
	ev.addrlen = (__s32)ctx->addrlen;
	ev.nr = NR_CONNECT;
	ev.via = VIA_CONNECT;
	ev.flags = EVENT_USER_MEMORY | EVENT_TYPE_UNKNOWN;
	emit(ctx, &run, &ev, ctx->uservaddr, 1);
	return 0;
}
