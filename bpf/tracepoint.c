// SPDX-License-Identifier: GPL-2.0-only
/*
 * For kernels without kprobes: the entry of system calls. It stands before the kernel's own checks: there is no socket
 * yet, and the address is still the caller's memory. What the kernel will refuse by its length is left out here, since
 * security_socket_connect would not be reached (move_addr_to_kernel, net/socket.c).
 *
 * tracepoint/connect, on syscalls/sys_enter_connect (4.14), sees native calls and costs nothing on others, and so does
 * tracepoint/socketcall on syscalls/sys_enter_socketcall.
 * raw_tracepoint/sys_enter (4.17) and tracepoint/sys_enter on raw_syscalls/sys_enter (4.7) see every call of every
 * program: they are for the 32-bit tables, whose calls do not pass the former, and where NATIVE is set for all.
 */
#include "emit.h"

static always_inline int report(void *ctx, const struct user_call *call, __u16 place)
{
	struct record record;
	struct event *ev = &record.event;
	struct run run;

	if ((__u32)call->addrlen > ADDR_MAX || !begin_run(&run))
		return 0;
	clear_event(ev);
	ev->sockfd = call->fd;
	ev->addrlen = call->addrlen;
	ev->nr = (__u16)call->nr;
	ev->place = place;
	ev->via = call->via;
	ev->flags = call->flags | EVENT_USER_MEMORY | EVENT_TYPE_UNKNOWN;
	if (!take_addr(&run, ev, call->addr, 1))
		return 0;
	if (is_counting(&run) && count(&run, ev))
		return 0;
	read_identity(ev, &run);
	run.sock = 0;
	emit(ctx, &run, &record, 0);
	return 0;
}

/* The context of a syscalls/sys_enter_* program, as perf_call_bpf_enter() lays it out (kernel/trace/trace_syscalls.c). */
struct sys_enter_connect {
	__u64 regs;
	klong nr;
	klong fd;
	klong uservaddr;
	klong addrlen;
};

SEC("tracepoint/connect")
int tracepoint_connect(struct sys_enter_connect *ctx)
{
	struct user_call call = {
		.nr = NR_CONNECT,
		.fd = (__s32)ctx->fd,
		.addr = ctx->uservaddr,
		.addrlen = (__s32)ctx->addrlen,
		.via = VIA_CONNECT,
	};

	return report(ctx, &call, 0);
}

#ifdef NR_SOCKETCALL
/* The same of socketcall(2), where an architecture's own programs have it. */
struct sys_enter_socketcall {
	__u64 regs;
	klong nr;
	klong call;
	klong args;
};

SEC("tracepoint/socketcall")
int tracepoint_socketcall(struct sys_enter_socketcall *ctx)
{
	const __u64 args[3] = {ctx->call, ctx->args};
	struct user_call call = {};

	if (!guess_user_call(&call, NR_SOCKETCALL, args))
		return 0;
	return report(ctx, &call, (__u16)CONSTANT(PLACE));
}
#endif

/* TP_PROTO(struct pt_regs *regs, long id), include/trace/events/syscalls.h. */
struct raw_sys_enter {
	__u64 regs;
	__u64 id;
};

SEC("raw_tracepoint/sys_enter")
int raw_tracepoint_sys_enter(struct raw_sys_enter *ctx)
{
	struct user_call call = {};

	if (!is_connecting((__u32)ctx->id, (int)CONSTANT(NATIVE)) || !read_user_call(&call, (__u32)ctx->id, ctx->regs))
		return 0;
	return report(ctx, &call, (__u16)CONSTANT(PLACE));
}

SEC("tracepoint/sys_enter")
int tracepoint_sys_enter(struct tp_sys_enter *ctx)
{
	struct user_call call = {};
	__u64 args[3];

	if (!is_connecting((__u32)ctx->id, (int)CONSTANT(NATIVE)))
		return 0;
	args[0] = ctx->args[0];
	args[1] = ctx->args[1];
	args[2] = ctx->args[2];
	if (!guess_user_call(&call, (__u32)ctx->id, args))
		return 0;
	return report(ctx, &call, (__u16)CONSTANT(PLACE));
}
