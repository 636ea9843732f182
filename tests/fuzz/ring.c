// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/ring/ on any bytes in the ring, at any position, one of perf's and a mapped one. The input: where the ring begins
 * (4 bytes), then pieces, each a byte of length and the bytes; after each the ring is read.
 */
#include "model.h"
#include "ring.h"
#include "ring/private.h"
#include "sys.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#define RING_SIZE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sum;

static bool touch(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	(void)context;
	(void)cpu;
	if (size < sizeof(uint64_t) || size > RING_RECORD_MAX)
		abort();
	for (uint32_t i = 0; i < size; i++)
		sum += ((const uint8_t *)data)[i];
	return true;
}

static void note(void *context, uint32_t cpu, uint64_t count)
{
	(void)context;
	(void)cpu;
	sum += (uint8_t)count;
}

static const struct ring_reader reader = {.sample = touch, .lost = note};

static void read_ring(struct ring *ring)
{
	ring->kind->look(ring, &reader);
	while (ring->kind->next(ring, &reader)) {
		touch(NULL, 0, ring->sample.data, ring->sample.size);
		ring->tail += ring->sample.record;
	}
	/* Nothing is left that would be read for ever. */
	if (ring->tail != ring->head)
		abort();
	ring->kind->release(ring);
}

/* The pieces, each written and read. */
static void play(struct ring *ring, const uint8_t *data, size_t size, void *writer,
		 void (*write)(void *writer, const uint8_t *bytes, size_t size))
{
	for (size_t at = 0; at < size;) {
		size_t length = data[at++];

		if (length > size - at)
			length = size - at;
		write(writer, data + at, length);
		at += length;
		read_ring(ring);
	}
}

static void write_perf(void *writer, const uint8_t *bytes, size_t size)
{
	model_ring_put(writer, bytes, (uint32_t)size);
}

static void play_perf(uint32_t position, const uint8_t *data, size_t size)
{
	struct model_ring kernel;
	struct ring ring;

	if (perf_ring_open(&ring, 0, 1) || !model_ring(0, &kernel))
		abort();
	kernel.page->data_head = kernel.page->data_tail = position;
	ring.tail = ring.released = position;
	play(&ring, data, size, &kernel, write_perf);
	ring.kind->close(&ring);
}

/* As a program would, at the head and on behind the ring's end; then the head goes where the bytes say. */
static void write_mapped(void *writer, const uint8_t *bytes, size_t size)
{
	struct mapped_ring *ring = writer;

	for (size_t i = 0; i < size; i++)
		ring->data[(ring->head & (RING_SIZE - 8)) + i] = bytes[i];
	if (size && bytes[size - 1] == 0xff)
		memcpy(&ring->head, bytes, size < sizeof(ring->head) ? size : sizeof(ring->head));
	else
		ring->head += size;
	ring->refused += size;
}

static int make_map(unsigned int pages)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = (uint32_t)rings_value_size(pages);
	attr.max_entries = 1;
	attr.map_flags = BPF_F_MMAPABLE;
	return sys_bpf(BPF_MAP_CREATE, &attr, 20);
}

static void play_mapped(uint32_t position, const uint8_t *data, size_t size)
{
	int map = make_map(RING_SIZE / 4096);
	struct mapped_ring *shared = model_mapped_ring(map, 0);
	struct mapped mapped;
	struct ring ring;

	shared->head = shared->tail = position;
	if (mapped_open(&mapped, map, 1, RING_SIZE / 4096))
		abort();
	mapped_ring_open(&ring, &mapped, 0);
	play(&ring, data, size, shared, write_mapped);
	mapped_close(&mapped);
	sys_close(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t position;

	if (size < sizeof(position))
		return 0;
	memcpy(&position, data, sizeof(position));
	model_boot(&model_6_12);
	play_perf(position, data + sizeof(position), size - sizeof(position));
	play_mapped(position, data + sizeof(position), size - sizeof(position));
	if (model_leaks())
		abort();
	return 0;
}
