// SPDX-License-Identifier: GPL-2.0-only
/*
 * What connsnoop is compared with: the least that a program can do on the same hook. Each is there for a kprobe and for
 * the tracepoint, since the kernel asks for the type when it attaches.
 */
#include "maps.h"

#define BPF_F_CURRENT_CPU 0xffffffffULL
#define BPF_NOEXIST	  1

/* Zeroes are as good as anything, and 4 modulo 8 is what perf pads to: 64 bytes and a length of 4 become 72. */
struct constant_record {
	__u64 words[8];
};

static always_inline int write_constant(void *ctx)
{
	struct constant_record record = {};

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

/*
 * Counting, at the least: one look-up in a hash table and one addition. A key that is as long as those that connsnoop
 * counts by (80 bytes), and one of 8, which is what a tool would take that knows nothing but a process.
 */
struct long_key {
	__u64 words[10];
};

SEC("maps")
struct bpf_map_def long_sums = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct long_key),
	.value_size = sizeof(__u64),
	.max_entries = 1024,
};

SEC("maps")
struct bpf_map_def short_sums = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u64),
	.value_size = sizeof(__u64),
	.max_entries = 1024,
};

static always_inline int add_one(void *sums, const void *key)
{
	__u64 one = 1, *sum = bpf_map_lookup_elem(sums, key);

	if (sum)
		__sync_fetch_and_add(sum, 1);
	else
		bpf_map_update_elem(sums, key, &one, BPF_NOEXIST);
	return 0;
}

SEC("kprobe/hash") int kprobe_hash(void *ctx)
{
	struct long_key key = {};

	return add_one(&long_sums, &key);
}

SEC("tracepoint/hash") int tracepoint_hash(void *ctx)
{
	struct long_key key = {};

	return add_one(&long_sums, &key);
}

SEC("kprobe/hash8") int kprobe_hash8(void *ctx)
{
	__u64 key = 0;

	return add_one(&short_sums, &key);
}

SEC("tracepoint/hash8") int tracepoint_hash8(void *ctx)
{
	__u64 key = 0;

	return add_one(&short_sums, &key);
}

SEC("license") char _license[] = "GPL";
