/* SPDX-License-Identifier: GPL-2.0-only */
/* How a record gets to the reader: through a ring in a map that it has in its memory, or through perf's. */
#ifndef CONNSNOOP_BPF_RING_H
#define CONNSNOOP_BPF_RING_H

#include "maps.h"

#define BPF_RB_FORCE_WAKEUP 2

/* Wakes the reader at once. `data` is anything on the stack. */
static always_inline void ring_bell(void *ctx, __u32 cpu, void *data)
{
	if (CONSTANT(MAPPED))
		bpf_ringbuf_output(&bell, data, sizeof(__u32), BPF_RB_FORCE_WAKEUP);
	else
		bpf_perf_event_output(ctx, &bells, cpu, data, sizeof(__u32));
}

/*
 * The record is there before the head says so; see PUBLISH. Returns how much of the ring is in use, or would be. `data`
 * is size, rounded up to 8, bytes long.
 */
static always_inline __u64 fill_mapped(struct mapped_ring *ring, const void *data, const __u64 size)
{
	const __u64 body = (size + 7) & ~7ULL;
	__u64 head = ring->head, next = head + MAPPED_RECORD_HEAD + body, used = next - ring->tail;
	__u64 *to;

	if (used > CONSTANT(RING_SIZE)) {
		ring->refused++;
		return used;
	}
	to = (__u64 *)(ring->data + (head & (CONSTANT(RING_SIZE) - 8)));
	to[0] = size;
	__builtin_memcpy(to + 1, __builtin_assume_aligned(data, 8), body);
	PUBLISH(ring, next);
	return used;
}

/* Returns 0 where this CPU has no such ring: none of the CPUs has, or it came online after the start. */
static always_inline int write_mapped(void *ctx, __u32 *cpu, void *data, const __u64 size)
{
	struct mapped_ring *ring;

	if (!CONSTANT(MAPPED))
		return 0;
	ring = bpf_map_lookup_elem(&mapped, cpu);
	if (!ring)
		return 0;
	if (ring->busy) {
		ring->refused++;
		return 1;
	}
	ring->busy = 1;
	barrier();
	/* A reader that naps would find the ring full; one call is enough until it has looked. */
	if (fill_mapped(ring, data, size) > CONSTANT(RING_WAKE) && !ring->called) {
		ring->called = 1;
		ring_bell(ctx, *cpu, data);
	}
	barrier();
	ring->busy = 0;
	return 1;
}

#endif
