// SPDX-License-Identifier: GPL-2.0-only
/*
 * How an attempt ended: the returns of the functions on its way, each in the thread that made it. kretprobe/verdict is on
 * security_socket_connect(), kretprobe/end on those whose return is connect's result; of several the first one that is
 * reached finds the entry in `pending` and takes it away.
 *
 * A return can be missed: a kretprobe has so many instances, one for each call that is under way, and a program does not
 * run while another one holds its CPU. Then the entry stays, and the reader sees that the thread has gone on.
 */
#include "emit.h"

SEC("kretprobe/verdict")
int kretprobe_verdict(struct pt_regs *ctx)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct pending *entry = bpf_map_lookup_elem(&pending, &key);

	if (!entry)
		return 0;
	PIN(entry);
	entry->verdict = (__s32)RETVAL(ctx);
	entry->flags = ENDING_VERDICT;
	return 0;
}

/* The beginning of struct sock, which is the same from 4.1 to 7.1 (struct sock_common, include/net/sock.h). */
struct sock_head {
	__u32 daddr, rcv_saddr, hash;
	__u16 dport, num, family;
	__u16 rest;
};

/*
 * The socket is still there: connect's caller holds its file, and lets go of it only on its way to user space. Sockets that
 * are bound to nothing have no number.
 */
static always_inline void read_local(struct ending *out, __u64 sock)
{
	struct sock_head head = {};
	__u16 protocol = 0;
	klong sk = 0;

	if (bpf_probe_read_kernel(&sk, sizeof(sk), (void *)(sock + CONSTANT(SOCK_AT))) || !sk ||
	    bpf_probe_read_kernel(&head, sizeof(head), (void *)(__u64)sk))
		return;
	out->family = head.family;
	out->local_port = head.num;
	if (head.family == AF_INET) {
		*(__u32 *)out->local_addr = head.rcv_saddr;
		out->flags |= ENDING_LOCAL;
	} else if (head.family == AF_INET6 && CONSTANT(SADDR6_AT)) {
		if (!bpf_probe_read_kernel(out->local_addr, 16, (void *)(sk + CONSTANT(SADDR6_AT))))
			out->flags |= ENDING_LOCAL;
	}
	if (CONSTANT(PROTOCOL_AT) &&
	    !bpf_probe_read_kernel(&protocol, sizeof(protocol), (void *)(sk + CONSTANT(PROTOCOL_AT)))) {
		out->protocol = (__u16)(protocol & CONSTANT(PROTOCOL_MASK));
		out->flags |= ENDING_PROTOCOL;
	}
}

/* A CPU without a ring is told of by the next attempt on it; this ending is then unknown. */
static always_inline void write_ending(void *ctx, struct ending *out)
{
	struct control *word;
	__u32 zero = 0, cpu = bpf_get_smp_processor_id();

	if (!write_mapped(ctx, &cpu, out, ENDING_SIZE))
		bpf_perf_event_output(ctx, &rings, cpu, out, ENDING_SIZE);
	word = bpf_map_lookup_elem(&control, &zero);
	if (!word)
		return;
	PIN(word);
	if (word->asleep) {
		word->asleep = 0;
		ring_bell(ctx, cpu, out);
	}
}

static always_inline int end(void *ctx, __s32 result)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct pending *entry = bpf_map_lookup_elem(&pending, &key);
	struct ending out = {};

	if (!entry)
		return 0;
	PIN(entry);
	out.time = bpf_ktime_get_ns();
	out.pid_tgid = key;
	out.began = entry->time;
	out.verdict = entry->verdict;
	out.flags = (__u16)entry->flags;
	out.result = result;
	if (CONSTANT(SOCK_AT) && (result == 0 || result == -EINPROGRESS))
		read_local(&out, entry->sock);
	/* In this order: where the entry is gone, the record is there or lost. */
	write_ending(ctx, &out);
	bpf_map_delete_elem(&pending, &key);
	return 0;
}

SEC("kretprobe/end")
int kretprobe_end(struct pt_regs *ctx)
{
	return end(ctx, (__s32)RETVAL(ctx));
}

/* A syscalls/sys_exit_* program's, as perf_call_bpf_exit() lays it out (kernel/trace/trace_syscalls.c). */
struct sys_exit_connect {
	__u64 regs;
	klong nr;
	klong ret;
};

SEC("tracepoint/end")
int tracepoint_end(struct sys_exit_connect *ctx)
{
	__s32 result = (__s32)ctx->ret;

	/* On MIPS an error is a positive number, and that it is one stands in another register. Connect returns no other. */
	return end(ctx, result > 0 ? -result : result);
}
