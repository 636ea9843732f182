/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_RING_PRIVATE_H
#define CONNSNOOP_RING_PRIVATE_H

#include "mapped_ring.h"
#include "ring.h"

/* More than any record that is written here, header included. */
#define RING_RECORD_MAX 512

struct ring;

struct ring_kind {
	const char *name;
	/* Takes note of how far the writer has come. Tells of losses, where the kind knows of them apart from records. */
	void (*look)(struct ring *ring, const struct ring_reader *reader);
	/* Finds the next sample before that point, stepping over what is none; it stays until tail moves by sample.record. */
	bool (*next)(struct ring *ring, const struct ring_reader *reader);
	/* Gives the space before tail back to the writer. */
	void (*release)(struct ring *ring);
	void (*close)(struct ring *ring);
	/* Whether nothing more can come. NULL: it always can. */
	bool (*broken)(const struct ring *ring);
};

struct ring {
	const struct ring_kind *kind; /* NULL: closed */
	uint32_t cpu;
	uint8_t *data;
	uint32_t size;
	uint32_t head, tail, released; /* positions, modulo 2^32 */
	struct {
		const void *data;
		uint32_t size;
		uint32_t record; /* bytes to step over */
		uint64_t time;
	} sample; /* the one at tail, after next() */

	/* perf's */
	bool gone;     /* its CPU went offline */
	bool was_full; /* since the last look at it */
	int fd, bell;
	struct perf_event_mmap_page *page;
	size_t map_size;
	uint8_t wrapped[RING_RECORD_MAX];

	/* mapped */
	struct mapped_ring *shared;
	uint64_t told; /* refused records that the reader was told of */
};

/* perf_ring.c. Returns 0 or a negative errno. */
int perf_ring_open(struct ring *ring, unsigned int cpu, unsigned int pages);

/* mapped_ring.c: a map's memory, with the rings of all CPUs below `cpus`. */
struct mapped {
	uint8_t *memory; /* NULL: there is none */
	size_t length, step;
	uint32_t ring_size;
	unsigned int cpus;
};

/* These return 0 or a negative errno. */
int mapped_open(struct mapped *mapped, int map, unsigned int cpus, unsigned int pages);
void mapped_close(struct mapped *mapped);
void mapped_ring_open(struct ring *ring, const struct mapped *mapped, unsigned int cpu);

struct bell {
	unsigned long *read; /* NULL: there is none */
	const unsigned long *written;
};

int bell_open(struct bell *bell, int map);
void bell_close(struct bell *bell);
/* Before a look at the rings: whoever rings after this is heard at the next wait. */
void bell_silence(struct bell *bell);

#endif
