// SPDX-License-Identifier: GPL-2.0-only
/*
 * What connsnoop is compared with: the least that a program can do on the same hook. Each is there for a kprobe and for
 * the tracepoint, since the kernel asks for the type when it attaches.
 */
#include "maps.h"

#define BPF_F_CURRENT_CPU 0xffffffffULL

/* Zeroes are as good as anything, and 4 modulo 8 is what perf pads to: 64 bytes and a length of 4 become 72. */
struct record {
	__u64 words[8];
};

static always_inline int write_constant(void *ctx)
{
	struct record record = {};

	bpf_perf_event_output(ctx, &rings, BPF_F_CURRENT_CPU, &record, sizeof(record));
	return 0;
}

SEC("kprobe/empty") int kprobe_empty(void *ctx)
{
	return 0;
}

SEC("tracepoint/empty") int tracepoint_empty(void *ctx)
{
	return 0;
}

SEC("kprobe/constant") int kprobe_constant(void *ctx)
{
	return write_constant(ctx);
}

SEC("tracepoint/constant") int tracepoint_constant(void *ctx)
{
	return write_constant(ctx);
}

SEC("license") char _license[] = "GPL";
