// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings in a BPF map, and the bell for all of them. */
#include "private.h"

#include "shared.h"
#include "sys.h"

#include <string.h>
#include <unistd.h>

#define ROUND_UP(number, unit) (((number) + (unit)-1) / (unit) * (unit))

size_t rings_value_size(unsigned int pages)
{
	return sizeof(struct mapped_ring) + pages * (size_t)sysconf(_SC_PAGESIZE) + MAPPED_RECORD_MAX;
}

int mapped_open(struct mapped *mapped, int map, unsigned int cpus, unsigned int pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), step = rings_value_size(pages);
	void *memory;
	int result = sys_mmap(map, 0, ROUND_UP(cpus * step, page), true, &memory);

	if (!result)
		*mapped = (struct mapped){
			.memory = memory,
			.length = ROUND_UP(cpus * step, page),
			.step = step,
			.ring_size = (uint32_t)(pages * page),
			.cpus = cpus,
		};
	return result;
}

void mapped_close(struct mapped *mapped)
{
	if (mapped->memory)
		sys_munmap(mapped->memory, mapped->length);
	mapped->memory = NULL;
}

/* Whatever the program did not know yet is cleared; the reads of its stores come behind the head's. */
static void look(struct ring *ring, const struct ring_reader *reader)
{
	struct mapped_ring *shared = ring->shared;
	uint64_t refused;

	if (shared_load(&shared->called))
		shared_store(&shared->called, 0);
	ring->head = (uint32_t)shared_load(&shared->head);
	refused = shared_load(&shared->refused);
	if (refused == ring->told || !reader || !reader->lost)
		return;
	reader->lost(reader->context, ring->cpu, refused - ring->told);
	ring->told = refused;
}

/* The room behind the ring makes every record lie in one piece. */
static bool next(struct ring *ring, const struct ring_reader *reader)
{
	(void)reader;
	while (ring->tail != ring->head) {
		const uint8_t *at = ring->data + (ring->tail & (ring->size - 8));
		uint32_t left = ring->head - ring->tail;
		uint64_t size;

		memcpy(&size, at, sizeof(size));
		if (left > ring->size || size > MAPPED_RECORD_MAX - MAPPED_RECORD_HEAD ||
		    MAPPED_RECORD_HEAD + ROUND_UP(size, 8) > left) {
			/* Never seen. Start again where the program will write next. */
			ring->tail = ring->head;
			break;
		}
		ring->sample.record = (uint32_t)(MAPPED_RECORD_HEAD + ROUND_UP(size, 8));
		if (size >= sizeof(ring->sample.time)) {
			ring->sample.data = at + MAPPED_RECORD_HEAD;
			ring->sample.size = (uint32_t)size;
			memcpy(&ring->sample.time, ring->sample.data, sizeof(ring->sample.time));
			return true;
		}
		ring->tail += ring->sample.record;
	}
	return false;
}

/* As perf's: what was read comes before this store. Only we write it, so that it can be added to. */
static void release(struct ring *ring)
{
	if (ring->released == ring->tail)
		return;
	shared_store(&ring->shared->tail, ring->shared->tail + (uint32_t)(ring->tail - ring->released));
	ring->released = ring->tail;
}

/* The memory is everybody's. */
static void close_ring(struct ring *ring)
{
	(void)ring;
}

static const struct ring_kind kind = {
	.name = "mapped", .look = look, .next = next, .release = release, .close = close_ring};

void mapped_ring_open(struct ring *ring, const struct mapped *mapped, unsigned int cpu)
{
	struct mapped_ring *shared = (struct mapped_ring *)(mapped->memory + cpu * mapped->step);
	uint32_t tail = (uint32_t)shared->tail;

	*ring = (struct ring){
		.kind = &kind,
		.cpu = cpu,
		.shared = shared,
		.told = shared->refused,
		.data = shared->data,
		.size = mapped->ring_size,
		.head = tail,
		.tail = tail,
		.released = tail,
	};
}

/*
 * BPF_MAP_TYPE_RINGBUF (5.8): the first page can be written and holds the reader's position, the second one the writers'
 * (ringbuf_map_mmap(), kernel/bpf/ringbuf.c). What is in it is nobody's business; only that there is something is.
 */
int bell_open(struct bell *bell, int map)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *read, *written;
	int result = sys_mmap(map, 0, page, true, &read);

	if (result)
		return result;
	result = sys_mmap(map, page, page, false, &written);
	if (result) {
		sys_munmap(read, page);
		return result;
	}
	*bell = (struct bell){.read = read, .written = written};
	return 0;
}

void bell_close(struct bell *bell)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (!bell->read)
		return;
	sys_munmap(bell->read, page);
	sys_munmap((void *)(uintptr_t)bell->written, page);
	*bell = (struct bell){0};
}

void bell_silence(struct bell *bell)
{
	unsigned long written = __atomic_load_n(bell->written, __ATOMIC_ACQUIRE);

	if (*bell->read != written)
		__atomic_store_n(bell->read, written, __ATOMIC_RELEASE);
}
