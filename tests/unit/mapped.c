// SPDX-License-Identifier: GPL-2.0-or-later
/* Rings in mapped memory: the test is the program that writes them, and writes what it never would. */
#include "test.h"

#include "mapped_ring.h"
#include "model.h"
#include "ring.h"
#include "ring/private.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>

#define PAGE	 4096u
#define SEEN_MAX 4096

static struct {
	uint32_t cpu[SEEN_MAX], size[SEEN_MAX];
	uint64_t time[SEEN_MAX];
	int count, stop_after;
	uint64_t lost[MODEL_CPUS];
} seen;

static struct rings *rings;
static struct ring_maps maps;

static int make_map(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return sys_bpf(BPF_MAP_CREATE, &attr, 20);
}

static int start(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	model_boot(&model_6_12);
	rings = NULL;
	return 0;
}

static void make_maps(unsigned int cpus, unsigned int pages)
{
	maps = (struct ring_maps){
		.rings = make_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, MODEL_CPUS, 0),
		.bells = make_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, MODEL_CPUS, 0),
		.mapped_cpus = cpus,
		.mapped = make_map(BPF_MAP_TYPE_ARRAY, 4, (uint32_t)rings_value_size(pages), cpus, BPF_F_MMAPABLE),
		.bell = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, PAGE, 0),
	};
}

static void close_maps(void)
{
	sys_close(maps.rings);
	sys_close(maps.bells);
	sys_close(maps.mapped);
	sys_close(maps.bell);
}

static void open_rings(unsigned int cpus, unsigned int pages)
{
	struct error err;

	make_maps(cpus, pages);
	assert_int_equal(rings_open(&rings, model.cpus, pages, &maps, -1, 0, &err), 0);
}

static int end(void **state)
{
	(void)state;
	rings_close(rings);
	close_maps();
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static struct mapped_ring *ring_of(unsigned int cpu)
{
	return model_mapped_ring(maps.mapped, cpu);
}

static void fill_words(uint64_t words[64], uint64_t time)
{
	for (size_t i = 0; i < 64; i++)
		words[i] = time * 1000 + i;
	words[0] = time;
}

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	uint64_t words[64];

	assert_ptr_equal(context, &seen);
	assert_true(seen.count < SEEN_MAX);
	assert_int_equal((uintptr_t)data % 4, 0);
	seen.cpu[seen.count] = cpu;
	seen.size[seen.count] = size;
	memcpy(&seen.time[seen.count], data, sizeof(uint64_t));
	fill_words(words, seen.time[seen.count]);
	assert_memory_equal(data, words, size);
	seen.count++;
	return seen.count != seen.stop_after;
}

static void take_lost(void *context, uint32_t cpu, uint64_t count)
{
	assert_ptr_equal(context, &seen);
	seen.lost[cpu] += count;
}

static const struct ring_reader reader = {.sample = take, .lost = take_lost, .context = &seen};

/* As bpf/ring.h does it; false: no room. */
static bool write_sample(struct mapped_ring *ring, uint32_t ring_size, uint64_t time, uint32_t size)
{
	uint64_t words[64], next = ring->head + MAPPED_RECORD_HEAD + ((size + 7) & ~7u);
	uint8_t *to = ring->data + (ring->head & (ring_size - 8));
	const uint64_t head = size;

	if (next - ring->tail > ring_size) {
		ring->refused++;
		return false;
	}
	fill_words(words, time);
	memcpy(to, &head, sizeof(head));
	memcpy(to + MAPPED_RECORD_HEAD, words, (size + 7) & ~7u);
	ring->head = next;
	return true;
}

static size_t read_all(void)
{
	return rings_read(rings, UINT64_MAX, &reader);
}

static void test_nothing(void **state)
{
	(void)state;
	open_rings(2, 1);
	assert_int_equal(read_all(), 0);
	assert_string_equal(rings_kind_name(rings), "mapped");
	/* Two values of 128 + 4096 + 512, in whole pages. */
	assert_int_equal(rings_value_size(1), 4736);
	assert_int_equal(rings_bytes(rings), 3 * PAGE);
	assert_false(rings_were_full(rings));
}

static void test_one(void **state)
{
	(void)state;
	open_rings(2, 1);
	assert_true(write_sample(ring_of(1), PAGE, 77, 84));
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.cpu[0], 1);
	assert_int_equal(seen.time[0], 77);
	assert_int_equal(seen.size[0], 84);
	assert_int_equal(ring_of(1)->tail, 96);
	assert_int_equal(ring_of(0)->tail, 0);
	assert_int_equal(read_all(), 0);
}

/* Of every size that fits, one after the other, so that every place in the ring has been the beginning of the last one. */
static void test_wrapping(void **state)
{
	struct mapped_ring *ring;
	uint64_t time = 0;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(0);
	for (int round = 0; round < 4; round++) {
		for (uint32_t size = 8; size <= MAPPED_RECORD_MAX - MAPPED_RECORD_HEAD; size++) {
			seen.count = 0;
			assert_true(write_sample(ring, PAGE, ++time, size));
			assert_int_equal(read_all(), 1);
			assert_int_equal(seen.time[0], time);
			assert_int_equal(seen.size[0], size);
			assert_int_equal(ring->tail, ring->head);
		}
	}
	assert_true(ring->head > 100 * PAGE);
}

/* Full to the last byte, at every place: what is written behind the ring's end is not over what stands at its beginning. */
static void test_full(void **state)
{
	struct mapped_ring *ring;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(0);
	/* 42 records of 96 bytes and one of 40 are 4072: each round begins 24 bytes before the last one. */
	for (int round = 0; round < 200; round++) {
		uint64_t time = 1;

		while (write_sample(ring, PAGE, time, 84))
			time++;
		seen.count = 0;
		assert_int_equal(read_all(), 42);
		for (int i = 0; i < 42; i++)
			assert_int_equal(seen.time[i], i + 1);
		assert_true(write_sample(ring, PAGE, 1, 32));
		assert_int_equal(read_all(), 1);
	}
	assert_int_equal(seen.lost[0], 200);
}

static void test_losses(void **state)
{
	const struct ring_reader deaf = {.sample = take, .context = &seen};
	struct mapped_ring *ring;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(1);
	ring->refused = 7;
	/* Who does not ask is not told, and nobody is told for him. */
	assert_int_equal(rings_read(rings, UINT64_MAX, &deaf), 0);
	assert_int_equal(read_all(), 0);
	assert_int_equal(seen.lost[1], 7);
	assert_int_equal(read_all(), 0);
	assert_int_equal(seen.lost[1], 7);
	ring->refused = UINT64_C(1) << 40;
	write_sample(ring, PAGE, 3, 84);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.lost[1], UINT64_C(1) << 40);
	assert_int_equal(seen.lost[0], 0);
}

static void test_call_is_answered_by_a_look(void **state)
{
	(void)state;
	open_rings(2, 1);
	ring_of(1)->called = 1;
	read_all();
	assert_int_equal(ring_of(1)->called, 0);
}

/* A wait ends while the bell's ring holds anything (ringbuf_map_poll()), and a full one could not ring. */
static uint64_t ring_bell(void)
{
	static const uint32_t anything = 5;

	return model_helper(130, model_map_pointer(maps.bell), (uintptr_t)&anything, sizeof(anything),
			    BPF_RB_FORCE_WAKEUP, 0);
}

static void test_bell(void **state)
{
	int count = 0;

	(void)state;
	open_rings(2, 1);
	for (int round = 0; round < 3; round++) {
		for (count = 0; !ring_bell(); count++)
			;
		assert_in_range(count, 200, 256);
		assert_int_equal((int64_t)ring_bell(), -EAGAIN);
		assert_int_equal(read_all(), 0);
		assert_int_equal(ring_bell(), 0);
		assert_int_equal(read_all(), 0);
	}
}

/* A sample without room for its time: nothing to show, and stepped over. */
static void test_short_samples(void **state)
{
	struct mapped_ring *ring;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(0);
	for (uint32_t size = 0; size < 8; size++)
		write_sample(ring, PAGE, 1, size);
	assert_int_equal(read_all(), 0);
	write_sample(ring, PAGE, 1, 4);
	write_sample(ring, PAGE, 2, 84);
	write_sample(ring, PAGE, 3, 0);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.time[0], 2);
	assert_int_equal(ring->tail, ring->head);
}

/* Sizes that no program writes. What follows can't be found, but what comes later must be. */
static void test_corrupt_sizes(void **state)
{
	static const uint64_t sizes[] = {505, 4096, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX - 7, UINT64_MAX, 96};
	struct mapped_ring *ring;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *at = ring->data + (ring->head & (PAGE - 8));

		seen.count = 0;
		write_sample(ring, PAGE, 1, 84);
		memcpy(at, &sizes[i], sizeof(sizes[i]));
		assert_int_equal(read_all(), 0);
		assert_int_equal(ring->tail, ring->head);
		write_sample(ring, PAGE, 50 + i, 84);
		assert_int_equal(read_all(), 1);
		assert_int_equal(seen.time[0], 50 + i);
	}
}

/* A head that is nowhere near: nothing of what it would give is believed, and no read is outside. */
static void test_corrupt_head(void **state)
{
	static const uint64_t heads[] = {PAGE + 8, 1 << 30, UINT32_MAX, UINT64_MAX, 4, 12};
	struct mapped_ring *ring;

	(void)state;
	open_rings(2, 1);
	ring = ring_of(1);
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		ring->head += heads[i];
		read_all();
		assert_int_equal((uint32_t)ring->tail, (uint32_t)ring->head);
		assert_int_equal(read_all(), 0);
	}
	assert_int_equal(seen.count, 0);
}

/* The reader counts modulo 2^32, the ring does not. */
static void test_position_wraps(void **state)
{
	static const uint64_t starts[] = {0xffffff00, 0x7fffffc0, 0x1234fffffc00};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct mapped_ring *ring;
		struct error err;

		make_maps(2, 1);
		ring = ring_of(0);
		ring->head = ring->tail = starts[i];
		assert_int_equal(rings_open(&rings, model.cpus, 1, &maps, -1, 0, &err), 0);
		for (uint64_t time = 1; time <= 60; time++) {
			seen.count = 0;
			assert_true(write_sample(ring, PAGE, time, 84));
			assert_int_equal(read_all(), 1);
			assert_int_equal(seen.time[0], time);
			assert_int_equal(ring->tail, ring->head);
		}
		assert_int_equal(ring->tail, starts[i] + 60 * 96);
		if (i + 1 < sizeof(starts) / sizeof(starts[0])) {
			rings_close(rings);
			close_maps();
		}
	}
}

static void test_stop(void **state)
{
	(void)state;
	open_rings(2, 1);
	for (uint64_t time = 1; time <= 5; time++)
		write_sample(ring_of(0), PAGE, time, 84);
	seen.stop_after = 2;
	assert_int_equal(read_all(), 2 + 1);
	assert_int_equal(ring_of(0)->tail, 2 * 96);
	seen.stop_after = 0;
	assert_int_equal(read_all(), 3);
	assert_int_equal(seen.time[2], 3);
}

static uint64_t tail_in_the_middle;

static bool watch_tail(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	uint64_t time;

	(void)context;
	(void)cpu;
	(void)size;
	memcpy(&time, data, sizeof(time));
	if (time == 600)
		tail_in_the_middle = ring_of(0)->tail;
	return true;
}

/* Space goes back while a long read goes on. */
static void test_space_is_given_back_in_steps(void **state)
{
	const struct ring_reader watcher = {.sample = watch_tail};

	(void)state;
	open_rings(2, 16);
	for (uint64_t time = 1; time <= 650; time++)
		assert_true(write_sample(ring_of(0), 16 * PAGE, time, 84));
	rings_read(rings, UINT64_MAX, &watcher);
	assert_in_range(tail_in_the_middle, 600 * 96 - 16384 - 96, 600 * 96);
	assert_int_equal(ring_of(0)->tail, ring_of(0)->head);
}

/* Two mapped and a late CPU with perf's, in one order. */
static void test_order_of_time(void **state)
{
	struct model_ring late;
	struct error err;

	(void)state;
	model.cpus = 3;
	open_rings(2, 1);
	assert_false(model_ring(2, &late));
	model.online[2] = true;
	assert_int_equal(rings_update(rings, &reader, &err), 1);
	assert_true(model_ring(2, &late));
	for (uint64_t time = 1; time <= 30; time++) {
		uint64_t words[64];

		fill_words(words, time);
		if (time % 3 == 2)
			assert_true(model_ring_sample(&late, words, 84));
		else
			assert_true(write_sample(ring_of(time % 3), PAGE, time, 84));
	}
	assert_int_equal(read_all(), 30);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(seen.time[i], i + 1);
		assert_int_equal(seen.cpu[i], (i + 1) % 3);
	}
	assert_int_equal(rings_bytes(rings), 3 * PAGE + 2 * PAGE);
}

/* A mapped ring stays its CPU's, which comes and goes; one that was not there at the start has its own from the start. */
static void test_cpus_come_and_go(void **state)
{
	struct model_ring perf;
	struct error err;

	(void)state;
	model.cpus = 3;
	model.online[0] = false;
	model.online[2] = true;
	open_rings(3, 1);
	write_sample(ring_of(1), PAGE, 1, 84);
	model.online[1] = false;
	model.online[0] = true;
	rings_cpu_gone(rings, 1);
	assert_int_equal(rings_update(rings, &reader, &err), 0);
	write_sample(ring_of(0), PAGE, 2, 84);
	model.online[1] = true;
	assert_int_equal(rings_update(rings, &reader, &err), 0);
	write_sample(ring_of(1), PAGE, 3, 84);
	assert_int_equal(read_all(), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(seen.time[i], i + 1);
	for (unsigned int cpu = 0; cpu < 3; cpu++)
		assert_false(model_ring(cpu, &perf));
}

/* Each call of the opening fails once: nothing stays open, and the sentence has the errno. */
static void test_each_step_fails(void **state)
{
	int before, steps;
	struct error err;

	(void)state;
	model.cpus = 3;
	model.online[2] = true;
	before = model.calls;
	open_rings(2, 1);
	steps = model.calls - before - 4; /* less the making of the maps */
	rings_close(rings);
	assert_true(steps > 10);
	for (int step = 1; step <= steps; step++) {
		model.fail_at = model.calls + step;
		model.fail_error = ENOMEM;
		if (rings_open(&rings, 3, 1, &maps, -1, 0, &err))
			assert_sentence(&err, STATUS_FAILURE, "ENOMEM");
		rings_close(rings);
		rings = NULL;
	}
}

/* Smaller than the rings that are asked for: the kernel maps no more than there is. */
static void test_map_is_too_small(void **state)
{
	struct error err;

	(void)state;
	make_maps(2, 1);
	assert_int_equal(rings_open(&rings, 2, 2, &maps, -1, 0, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "mapping the rings of 2 CPUs (2 pages each): the kernel says EINVAL");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_nothing),
	TEST(test_one),
	TEST(test_wrapping),
	TEST(test_full),
	TEST(test_losses),
	TEST(test_call_is_answered_by_a_look),
	TEST(test_bell),
	TEST(test_short_samples),
	TEST(test_corrupt_sizes),
	TEST(test_corrupt_head),
	TEST(test_position_wraps),
	TEST(test_stop),
	TEST(test_space_is_given_back_in_steps),
	TEST(test_order_of_time),
	TEST(test_cpus_come_and_go),
	TEST(test_each_step_fails),
	TEST(test_map_is_too_small),
};

RUN(tests)
