// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kprobe on security_socket_connect(struct socket *sock, struct sockaddr *address, int addrlen), whose signature is
 * the same from 4.1 to 7.1. `address` is the kernel's own copy, of which addrlen bytes are the caller's and the rest is
 * whatever was on the stack; the reader cuts it off. Nothing else is certain about struct socket than that `short type`
 * is at offset 4.
 *
 * It serves as well on the connect functions of protocols, int (struct socket *, struct sockaddr *, int len, int flags),
 * where security_socket_connect() is an inline stub (no CONFIG_SECURITY_NETWORK): PLACE tells one from another.
 */
#include "emit.h"

#define SOCKET_TYPE 4

static always_inline int read_type(struct event *ev, struct run *run, __u64 sock)
{
	if (bpf_probe_read_kernel(&ev->type, sizeof(ev->type), (void *)(sock + SOCKET_TYPE)))
		ev->flags |= EVENT_TYPE_UNKNOWN;
	if (!CONSTANT(TYPES) || run->proving || !type_refused(ev))
		return 1;
	refuse(run);
	return 0;
}

SEC("kprobe/connect")
int kprobe_connect(struct pt_regs *ctx)
{
	struct record record;
	struct event *ev = &record.event;
	struct run run;

	if (!begin_run(&run))
		return 0;
	clear_event(ev);
	ev->sockfd = -1;
	ev->addrlen = (__s32)ARG3(ctx);
	ev->place = (__u16)CONSTANT(PLACE);
	if (!take_addr(&run, ev, ARG2(ctx), 0))
		return 0;
	if (is_counting(&run)) {
		ev->flags |= EVENT_TYPE_UNKNOWN;
		if (CONSTANT(TYPES) || GOES_BY(BY(BY_TYPE))) {
			ev->flags &= ~EVENT_TYPE_UNKNOWN;
			if (!read_type(ev, &run, ARG1(ctx)))
				return 0;
		}
		if (count(&run, ev))
			return 0;
	} else if (!read_type(ev, &run, ARG1(ctx))) {
		return 0;
	}
	read_identity(ev, &run);
	if (CONSTANT(STACK_SIZE))
		read_call(ev, (KERNEL_SP(ctx) | (CONSTANT(STACK_SIZE) - 1)) + 1 - CONSTANT(REGS_FROM_TOP));
	run.sock = ARG1(ctx);
	emit(ctx, &run, &record, KERNEL_SP(ctx));
	return 0;
}
