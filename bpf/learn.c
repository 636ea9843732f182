// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run once at start-up, before kprobe_connect and on the same function: copies the last bytes of the kernel stack of the
 * attempt that connsnoop makes itself, once for each THREAD_SIZE a kernel may have. The attempt is known by 8 random
 * bytes in sin_zero, which the kernel copies and ignores.
 */
#include "emit.h"

struct learn_addr {
	__u64 head;
	__u64 nonce;
};

static always_inline void copy_stack_top(struct pt_regs *ctx, struct snapshot *snap, __u64 stack_size)
{
	__u64 top = (KERNEL_SP(ctx) | (stack_size - 1)) + 1;
	__u32 cpu = bpf_get_smp_processor_id();

	snap->stack_size = (__u32)stack_size;
	/* Beyond a stack that is smaller than this there may be nothing. */
	if (bpf_probe_read_kernel(snap->bytes, sizeof(snap->bytes), (void *)(top - SNAPSHOT_BYTES)))
		return;
	if (!write_mapped(ctx, &cpu, snap, SNAPSHOT_SIZE))
		bpf_perf_event_output(ctx, &rings, cpu, snap, SNAPSHOT_SIZE);
}

SEC("kprobe/learn")
int kprobe_learn(struct pt_regs *ctx)
{
	struct learn_addr addr = {};
	struct snapshot snap = {};

	if ((__u32)ARG3(ctx) != sizeof(addr))
		return 0;
	if (bpf_probe_read_kernel(&addr, sizeof(addr), (void *)ARG2(ctx)) || addr.nonce != CONSTANT(NONCE))
		return 0;
	snap.time = bpf_ktime_get_ns();
	snap.pid_tgid = bpf_get_current_pid_tgid();
	copy_stack_top(ctx, &snap, 8192);
	copy_stack_top(ctx, &snap, 16384);
	copy_stack_top(ctx, &snap, 32768);
	copy_stack_top(ctx, &snap, 65536);
	return 0;
}

/*
 * The first bytes of what a pointer in struct socket leads to: of struct sock, if it is that pointer.
 */
static always_inline void copy_sock(struct pt_regs *ctx, struct snapshot *snap, const __u32 at, const __u32 piece)
{
	__u32 cpu = bpf_get_smp_processor_id();
	__u64 sk = 0;

	snap->stack_size = SOCK_PIECE(at, piece);
	if (bpf_probe_read_kernel(&sk, sizeof(sk), (void *)(ARG1(ctx) + at)) ||
	    bpf_probe_read_kernel(snap->bytes, sizeof(snap->bytes), (void *)(sk + piece * SNAPSHOT_BYTES)))
		return;
	if (!write_mapped(ctx, &cpu, snap, SNAPSHOT_SIZE))
		bpf_perf_event_output(ctx, &rings, cpu, snap, SNAPSHOT_SIZE);
}

/* struct socket of 64-bit kernels has its sk at 24 from 5.3 on, at 32 before (include/linux/net.h). */
SEC("kprobe/learn_sock")
int kprobe_learn_sock(struct pt_regs *ctx)
{
	struct learn_addr addr = {};
	struct snapshot snap = {};

	if ((__u32)ARG3(ctx) != sizeof(addr))
		return 0;
	if (bpf_probe_read_kernel(&addr, sizeof(addr), (void *)ARG2(ctx)) || addr.nonce != CONSTANT(NONCE))
		return 0;
	snap.time = bpf_ktime_get_ns();
	snap.pid_tgid = bpf_get_current_pid_tgid();
	copy_sock(ctx, &snap, 24, 0);
	copy_sock(ctx, &snap, 24, 1);
	copy_sock(ctx, &snap, 32, 0);
	copy_sock(ctx, &snap, 32, 1);
	return 0;
}
