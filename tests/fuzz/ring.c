// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/ring/ on any bytes in the ring, at any position. The input: where the ring begins (4 bytes), then pieces,
 * each a byte of length and the bytes; after each the ring is read.
 */
#include "model.h"
#include "ring.h"
#include "ring/private.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model_ring kernel;
	struct ring ring;
	uint32_t position;

	if (size < sizeof(position))
		return 0;
	memcpy(&position, data, sizeof(position));
	model_boot(&model_5_4);
	if (perf_ring_open(&ring, 0, 1) || !model_ring(0, &kernel))
		abort();
	kernel.page->data_head = kernel.page->data_tail = position;
	ring.tail = ring.released = position;
	for (size_t at = sizeof(position); at < size;) {
		size_t length = data[at++];

		if (length > size - at)
			length = size - at;
		model_ring_put(&kernel, data + at, (uint32_t)length);
		at += length;
		read_ring(&ring);
	}
	ring.kind->close(&ring);
	if (model_leaks())
		abort();
	return 0;
}
