/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_RING_PRIVATE_H
#define CONNSNOOP_RING_PRIVATE_H

#include "ring.h"

/* More than any record that is written here, header included. */
#define RING_RECORD_MAX 512

struct ring {
	bool open;
	bool gone;     /* its CPU went offline */
	bool was_full; /* since the last look at it */
	uint32_t cpu;
	int fd, bell;
	struct perf_event_mmap_page *page;
	uint8_t *data;
	uint32_t size;
	size_t map_size;
	uint32_t head, tail, released; /* positions, modulo 2^32 */
	struct {
		const void *data;
		uint32_t size;
		uint32_t record; /* bytes to step over */
		uint64_t time;
	} sample; /* the one at tail, after ring_next() */
	uint8_t wrapped[RING_RECORD_MAX];
};

/* All return 0 or a negative errno. */
int ring_open(struct ring *ring, unsigned int cpu, unsigned int pages);
void ring_close(struct ring *ring);

/* Takes note of how far the kernel has written. */
void ring_look(struct ring *ring);
/* Finds the next sample before that point, stepping over what is none; it stays until tail moves by sample.record. */
bool ring_next(struct ring *ring, const struct ring_reader *reader);
/* Gives the space before tail back to the kernel. */
void ring_release(struct ring *ring);

#endif
