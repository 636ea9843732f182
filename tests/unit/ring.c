// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/ring/: the test is the kernel, and writes what a kernel writes and what it never would. */
#include "test.h"

#include "model.h"
#include "ring.h"
#include "ring/private.h"
#include "sys.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>

#define SEEN_MAX 4096

/* What the reader was given. */
static struct {
	uint32_t cpu[SEEN_MAX], size[SEEN_MAX];
	uint64_t time[SEEN_MAX];
	bool check_content;
	int count, stop_after, lost_calls;
	uint64_t lost[MODEL_CPUS];
} seen;

static struct rings *rings;
static int map_fds[2];

static void fill_words(uint64_t words[64], uint64_t time)
{
	for (size_t i = 0; i < 64; i++)
		words[i] = time * 1000 + i;
	words[0] = time;
}

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	assert_ptr_equal(context, &seen);
	assert_true(seen.count < SEEN_MAX);
	assert_int_equal((uintptr_t)data % 4, 0);
	seen.cpu[seen.count] = cpu;
	seen.size[seen.count] = size;
	memcpy(&seen.time[seen.count], data, sizeof(uint64_t));
	if (seen.check_content) {
		uint64_t words[64];

		fill_words(words, seen.time[seen.count]);
		/* The record is longer than what was put into it by its padding. */
		assert_memory_equal(data, words, size - 4);
	}
	seen.count++;
	return seen.count != seen.stop_after;
}

static void take_lost(void *context, uint32_t cpu, uint64_t count)
{
	assert_ptr_equal(context, &seen);
	seen.lost[cpu] += count;
	seen.lost_calls++;
}

static const struct ring_reader reader = {.sample = take, .lost = take_lost, .context = &seen};

static int make_map(unsigned int entries)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = entries;
	return sys_bpf(BPF_MAP_CREATE, &attr, 16);
}

static int start(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	model_boot(&model_5_4);
	model.memlock = 1 << 30;
	map_fds[0] = make_map(MODEL_CPUS);
	map_fds[1] = make_map(MODEL_CPUS);
	rings = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	rings_close(rings);
	sys_close(map_fds[0]);
	sys_close(map_fds[1]);
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static void open_rings(unsigned int pages)
{
	const struct ring_maps maps = {.rings = map_fds[0], .bells = map_fds[1]};
	struct error err;

	assert_int_equal(rings_open(&rings, model.cpus, pages, &maps, -1, 0, &err), 0);
}

static struct model_ring kernel_side(unsigned int cpu)
{
	struct model_ring ring;

	assert_true(model_ring(cpu, &ring));
	return ring;
}

/* A sample of `size` bytes: its time first, every later word a function of it, and four bytes at the end. */
static bool write_sample(struct model_ring *ring, uint64_t time, uint32_t size)
{
	uint64_t words[64];

	assert_true(size <= sizeof(words) && size >= 8);
	fill_words(words, time);
	return model_ring_sample(ring, words, size);
}

static size_t read_all(void)
{
	return rings_read(rings, UINT64_MAX, &reader);
}

static void test_nothing(void **state)
{
	(void)state;
	open_rings(1);
	assert_int_equal(read_all(), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(rings_bytes(rings), 2 * 2 * 4096);
}

static void test_one(void **state)
{
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(1);
	assert_true(write_sample(&ring, 77, 84));
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.cpu[0], 1);
	assert_int_equal(seen.time[0], 77);
	assert_int_equal(seen.size[0], 84);
	assert_int_equal(ring.page->data_tail, ring.page->data_head);
	assert_int_equal(read_all(), 0);
}

/* Sizes that do not divide the ring, so that header, size and data come to lie across its end in every way. */
static void test_wrapping(void **state)
{
	static const uint32_t sizes[] = {84, 188, 404, 12, 92};
	struct model_ring ring;
	uint64_t time = 0;

	(void)state;
	open_rings(1);
	seen.check_content = true;
	ring = kernel_side(0);
	for (int round = 0; round < 700; round++) {
		uint32_t size = sizes[round % 5];

		time++;
		assert_true(write_sample(&ring, time, size));
		seen.count = 0;
		assert_int_equal(read_all(), 1);
		assert_int_equal(seen.time[0], time);
		assert_int_equal(seen.size[0], size);
	}
	assert_true(ring.page->data_head > 10 * 4096);
}

static void test_lost(void **state)
{
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(1);
	/* Many rounds of 24 bytes and 96: the record wraps in the middle of its header, its id and its count. */
	for (uint64_t round = 1; round <= 400; round++) {
		memset(&seen, 0, sizeof(seen));
		model_ring_lost(&ring, round << 33 | 5);
		write_sample(&ring, round, 84);
		assert_int_equal(read_all(), 1);
		assert_int_equal(seen.lost_calls, 1);
		assert_int_equal(seen.lost[1], round << 33 | 5);
		assert_int_equal(seen.lost[0], 0);
		assert_int_equal(seen.time[0], round);
	}
}

/* A loss with nothing behind it is told once, and its space given back. */
static void test_lost_alone(void **state)
{
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	model_ring_lost(&ring, 9);
	assert_int_equal(read_all(), 0);
	assert_int_equal(read_all(), 0);
	assert_int_equal(seen.lost[0], 9);
	assert_int_equal(ring.page->data_tail, 24);
}

static void test_bell(void **state)
{
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	assert_true(model_ring_sample(&ring, "bell", 4));
	assert_int_equal(read_all(), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(ring.page->data_tail, ring.page->data_head);
	assert_true(model_ring_sample(&ring, "bell", 4));
	write_sample(&ring, 3, 84);
	assert_true(model_ring_sample(&ring, "bell", 4));
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.time[0], 3);
}

static void test_unknown_records_are_passed_over(void **state)
{
	const struct {
		struct perf_event_header header;
		uint64_t body[2];
	} throttle = {{PERF_RECORD_THROTTLE, 0, sizeof(throttle)}, {1, 2}};
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	model_ring_put(&ring, &throttle, sizeof(throttle));
	write_sample(&ring, 3, 84);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.time[0], 3);
}

/* Sizes no kernel writes. What follows in the ring can't be found, but what comes later must be. */
static void test_corrupt_sizes(void **state)
{
	static const uint16_t sizes[] = {0, 1, 7, 9999, 65535, 104};

	(void)state;
	open_rings(1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct model_ring ring = kernel_side(0);
		struct perf_event_header header = {PERF_RECORD_SAMPLE, 0, sizes[i]};
		const uint32_t inner = 84; /* all would be well but for the header's size */
		uint8_t body[88] = {0};

		memcpy(body, &inner, sizeof(inner));
		seen.count = 0;
		model_ring_put(&ring, &header, sizeof(header));
		model_ring_put(&ring, body, sizeof(body));
		assert_int_equal(read_all(), 0);
		assert_int_equal(seen.count, 0);
		assert_int_equal(ring.page->data_tail, ring.page->data_head);
		write_sample(&ring, 50 + i, 84);
		assert_int_equal(read_all(), 1);
		assert_int_equal(seen.time[0], 50 + i);
	}
}

/* The inner size of a sample beyond its record, or beyond anything of ours. */
static void test_corrupt_sample_sizes(void **state)
{
	static const uint32_t sizes[] = {0, 7, 85, 4096, 0x7fffffff, 0xffffffff};

	(void)state;
	open_rings(1);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct model_ring ring = kernel_side(0);
		struct perf_event_header header = {PERF_RECORD_SAMPLE, 0, 96};
		uint8_t body[84] = {1};

		model_ring_put(&ring, &header, sizeof(header));
		model_ring_put(&ring, &sizes[i], 4);
		model_ring_put(&ring, body, sizeof(body));
		assert_int_equal(read_all(), 0);
	}
	assert_int_equal(seen.count, 0);
}

/* A sample without room for its size, a loss without room for its count, and a head inside a header. */
static void test_corrupt_short_records(void **state)
{
	const struct perf_event_header bare = {PERF_RECORD_SAMPLE, 0, 8}, lost = {PERF_RECORD_LOST, 0, 16};
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	model_ring_put(&ring, &bare, 8);
	model_ring_put(&ring, &lost, 8);
	model_ring_put(&ring, "12345678", 8);
	write_sample(&ring, 3, 84);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.lost_calls, 0);
	assert_int_equal(seen.time[0], 3);
	model_ring_put(&ring, &bare, 4);
	assert_int_equal(read_all(), 0);
	write_sample(&ring, 4, 84);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.time[1], 4);
}

static void test_order_of_time(void **state)
{
	struct model_ring one, two;

	(void)state;
	open_rings(2);
	one = kernel_side(0);
	two = kernel_side(1);
	for (uint64_t time = 1; time <= 40; time++)
		write_sample(time % 3 ? &one : &two, time, 84);
	assert_int_equal(read_all(), 40);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(seen.time[i], i + 1);
		assert_int_equal(seen.cpu[i], (i + 1) % 3 == 0);
	}
}

static void test_until(void **state)
{
	struct model_ring one, two;

	(void)state;
	open_rings(1);
	one = kernel_side(0);
	two = kernel_side(1);
	write_sample(&one, 10, 84);
	write_sample(&one, 30, 84);
	write_sample(&two, 20, 84);
	write_sample(&two, 40, 84);
	/* One given, both rings have one left: not nothing. */
	assert_int_equal(rings_read(rings, 10, &reader), 1 + 2);
	assert_int_equal(seen.count, 1);
	/* A left one is no reason to say that there is something new of it, but it is not nothing either. */
	assert_int_equal(rings_read(rings, 15, &reader), 2);
	assert_int_equal(rings_read(rings, 30, &reader), 2 + 1);
	assert_int_equal(rings_read(rings, 39, &reader), 1);
	assert_int_equal(rings_read(rings, 40, &reader), 1);
	assert_int_equal(rings_read(rings, UINT64_MAX, &reader), 0);
	assert_int_equal(seen.count, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(seen.time[i], 10 * (i + 1));
}

static void test_stop(void **state)
{
	struct model_ring ring;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	for (uint64_t time = 1; time <= 5; time++)
		write_sample(&ring, time, 84);
	seen.stop_after = 2;
	assert_int_equal(read_all(), 2 + 1);
	assert_int_equal(seen.count, 2);
	/* What was given was consumed, and only that. */
	assert_int_equal(ring.page->data_tail, 2 * 96);
	seen.stop_after = 0;
	assert_int_equal(read_all(), 3);
	assert_int_equal(seen.time[2], 3);
}

/* Space goes back while a long read goes on, or the writers would lose for its whole length. */
static uint64_t tail_in_the_middle;
static struct model_ring watched;

static bool watch_tail(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	uint64_t time;

	(void)context;
	(void)cpu;
	(void)size;
	memcpy(&time, data, sizeof(time));
	if (time == 600)
		tail_in_the_middle = watched.page->data_tail;
	return true;
}

static void test_space_is_given_back_in_steps(void **state)
{
	const struct ring_reader watcher = {.sample = watch_tail, .lost = take_lost, .context = &seen};

	(void)state;
	open_rings(16);
	watched = kernel_side(0);
	tail_in_the_middle = 0;
	for (uint64_t time = 1; time <= 650; time++)
		assert_true(write_sample(&watched, time, 84));
	rings_read(rings, UINT64_MAX, &watcher);
	assert_in_range(tail_in_the_middle, 600 * 96 - 16384 - 96, 600 * 96);
	assert_int_equal(watched.page->data_tail, watched.page->data_head);
}

static void test_were_full(void **state)
{
	struct model_ring ring;
	int written = 0;

	(void)state;
	open_rings(1);
	ring = kernel_side(0);
	assert_false(rings_were_full(rings));
	write_sample(&ring, 1, 84);
	read_all();
	assert_false(rings_were_full(rings));
	while (write_sample(&ring, 2, 188))
		written++;
	assert_true(written > 10);
	read_all();
	assert_true(rings_were_full(rings));
	assert_false(rings_were_full(rings));
	assert_true(write_sample(&ring, 3, 84));
}

/* 32-bit kernels' head wraps at 2^32; 64-bit kernels' goes on, and the reader looks at the low half only. */
static void check_position(uint64_t at, bool narrow)
{
	struct ring ring;
	struct model_ring kernel;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(perf_ring_open(&ring, 0, 1), 0);
	kernel = kernel_side(0);
	kernel.page->data_head = at;
	kernel.page->data_tail = at;
	ring.tail = ring.released = (uint32_t)at;
	for (uint64_t time = 1; time <= 60; time++) {
		assert_true(write_sample(&kernel, time, 84));
		if (narrow)
			kernel.page->data_head &= 0xffffffff;
		ring.kind->look(&ring, &reader);
		assert_true(ring.kind->next(&ring, &reader));
		assert_int_equal(ring.sample.time, time);
		assert_int_equal(ring.sample.size, 84);
		ring.tail += ring.sample.record;
		assert_false(ring.kind->next(&ring, &reader));
		ring.kind->release(&ring);
		assert_int_equal((uint32_t)kernel.page->data_tail, (uint32_t)kernel.page->data_head);
	}
	assert_int_equal((uint32_t)kernel.page->data_head, (uint32_t)(at + 60 * 96));
	ring.kind->close(&ring);
}

static void test_position_wraps(void **state)
{
	(void)state;
	check_position(0xffffff00, true);
	check_position(0xffffff00, false);
	check_position(0x7fffffc0, false);
	check_position(0x1234fffffc00, false);
}

/* Full at the wrap: the distance is what counts. */
static void test_full_at_the_wrap(void **state)
{
	struct ring ring;
	struct model_ring kernel;
	int count = 0;

	(void)state;
	assert_int_equal(perf_ring_open(&ring, 0, 1), 0);
	kernel = kernel_side(0);
	kernel.page->data_head = kernel.page->data_tail = 0xfffff800;
	ring.tail = ring.released = 0xfffff800;
	while (write_sample(&kernel, 1, 84))
		count++;
	ring.kind->look(&ring, &reader);
	assert_true(ring.was_full);
	for (int i = 0; i < count; i++) {
		assert_true(ring.kind->next(&ring, &reader));
		ring.tail += ring.sample.record;
	}
	assert_false(ring.kind->next(&ring, &reader));
	assert_int_equal(count, 4096 / 96);
	ring.kind->close(&ring);
}

static void test_cpus_with_a_hole(void **state)
{
	struct model_ring ring;

	(void)state;
	model.cpus = 3;
	model.online[1] = false;
	model.online[2] = true;
	open_rings(1);
	assert_false(model_ring(1, &ring));
	ring = kernel_side(2);
	write_sample(&ring, 5, 84);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.cpu[0], 2);
	assert_int_equal(rings_bytes(rings), 2 * 2 * 4096);
}

/* Each ring lies in both maps under its CPU's number: a program on that CPU reaches it, through either. */
static uint64_t put_out(int map, uint32_t cpu, const void *data, uint64_t size)
{
	return model_helper(25, 0, model_map_pointer(map), cpu, (uintptr_t)data, size);
}

static void test_maps_are_filled(void **state)
{
	uint64_t words[11] = {8};

	(void)state;
	model.cpus = 3;
	model.online[1] = false;
	model.online[2] = true;
	open_rings(1);
	model.cpu = 2;
	assert_int_equal(put_out(map_fds[0], 2, words, 84), 0);
	assert_int_equal(put_out(map_fds[1], 2, words, 4), 0);
	assert_int_equal((int64_t)put_out(map_fds[0], 0, words, 84), -EOPNOTSUPP);
	assert_int_equal((int64_t)put_out(map_fds[0], 1, words, 84), -ENOENT);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.cpu[0], 2);
	assert_int_equal(seen.time[0], 8);
}

static void test_cpu_goes_and_comes_back(void **state)
{
	struct model_ring ring;
	struct error err;
	uint64_t words[11] = {9};

	(void)state;
	open_rings(1);
	ring = kernel_side(1);
	write_sample(&ring, 5, 84);
	model.online[1] = false;
	rings_cpu_gone(rings, 1);
	assert_int_equal(rings_update(rings, &reader, &err), 0);
	/* What its ring held can still be read. */
	assert_int_equal(read_all(), 1);
	write_sample(&ring, 6, 84);
	write_sample(&ring, 7, 84);
	model_ring_lost(&ring, 4);
	model.online[1] = true;
	assert_int_equal(rings_update(rings, &reader, &err), 1);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.time[1], 6);
	assert_int_equal(seen.time[2], 7);
	assert_int_equal(seen.lost[1], 4);
	assert_int_equal(rings_update(rings, &reader, &err), 0);
	model.cpu = 1;
	assert_int_equal(put_out(map_fds[0], 1, words, 84), 0);
	assert_int_equal(read_all(), 1);
	assert_int_equal(seen.time[3], 9);
	rings_cpu_gone(rings, 5000); /* beyond all that are possible */
}

/* A CPU that was offline at the start. */
static void test_cpu_comes(void **state)
{
	struct model_ring ring;
	struct error err;

	(void)state;
	model.online[1] = false;
	open_rings(1);
	assert_int_equal(rings_update(rings, &reader, &err), 0);
	model.online[1] = true;
	assert_int_equal(rings_update(rings, &reader, &err), 1);
	ring = kernel_side(1);
	write_sample(&ring, 5, 84);
	assert_int_equal(read_all(), 1);
}

/* Online in the list, gone when it is asked for: its time will come. */
static void test_cpu_goes_in_between(void **state)
{
	(void)state;
	model.online_list = "0-1\n";
	model.online[1] = false;
	open_rings(1);
	assert_int_equal(rings_bytes(rings), 2 * 4096);
}

static void assert_not_opened(int errnum, int status, const char *words)
{
	const struct ring_maps maps = {.rings = map_fds[0], .bells = map_fds[1]};
	struct error err;

	model.perf_error = errnum;
	assert_int_equal(rings_open(&rings, 2, 1, &maps, -1, 0, &err), -1);
	assert_sentence(&err, status, words);
	assert_non_null(strstr(err.text, "CPU 0"));
	rings_close(rings);
	rings = NULL;
}

static void test_refusals(void **state)
{
	(void)state;
	assert_not_opened(EACCES, STATUS_NOT_PERMITTED, "EACCES; CAP_SYS_ADMIN");
	assert_not_opened(EPERM, STATUS_NOT_PERMITTED, "perf_event_mlock_kb");
	assert_not_opened(ENOSYS, STATUS_UNSUPPORTED, "CONFIG_PERF_EVENTS");
	assert_not_opened(ENOENT, STATUS_UNSUPPORTED, "4.4 or later");
	assert_not_opened(EMFILE, STATUS_FAILURE, "ulimit -n");
	assert_not_opened(ENOMEM, STATUS_FAILURE, "--buffer-pages");
}

/* Each call of the opening fails once: nothing stays open, and the sentence has the errno. */
static void test_each_step_fails(void **state)
{
	const struct ring_maps maps = {.rings = map_fds[0], .bells = map_fds[1]};
	int before = model.calls, steps;
	struct error err;

	(void)state;
	open_rings(1);
	steps = model.calls - before;
	rings_close(rings);
	assert_true(steps > 15);
	for (int step = 1; step <= steps; step++) {
		model.fail_at = model.calls + step;
		model.fail_error = ENOMEM;
		if (rings_open(&rings, 2, 1, &maps, -1, 0, &err))
			assert_sentence(&err, STATUS_FAILURE, "ENOMEM");
		rings_close(rings);
		rings = NULL;
	}
}

static void test_no_cpu_list(void **state)
{
	const struct ring_maps maps = {.rings = map_fds[0], .bells = map_fds[1]};
	struct error err;

	(void)state;
	model.online_list = "";
	open_rings(1); /* /proc/stat says it */
	rings_close(rings);
	model.stat = NULL;
	assert_int_equal(rings_open(&rings, 2, 1, &maps, -1, 0, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "/proc/stat");
}

/* A wrong number of pages is the kernel's to refuse: perf_mmap() takes powers of two. */
static void test_odd_number_of_pages(void **state)
{
	const struct ring_maps maps = {.rings = map_fds[0], .bells = map_fds[1]};
	struct error err;

	(void)state;
	assert_int_equal(rings_open(&rings, 2, 3, &maps, -1, 0, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "EINVAL");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_nothing),
	TEST(test_one),
	TEST(test_wrapping),
	TEST(test_lost),
	TEST(test_lost_alone),
	TEST(test_bell),
	TEST(test_unknown_records_are_passed_over),
	TEST(test_corrupt_sizes),
	TEST(test_corrupt_sample_sizes),
	TEST(test_corrupt_short_records),
	TEST(test_order_of_time),
	TEST(test_until),
	TEST(test_stop),
	TEST(test_space_is_given_back_in_steps),
	TEST(test_were_full),
	TEST(test_position_wraps),
	TEST(test_full_at_the_wrap),
	TEST(test_cpus_with_a_hole),
	TEST(test_maps_are_filled),
	TEST(test_cpu_goes_and_comes_back),
	TEST(test_cpu_comes),
	TEST(test_cpu_goes_in_between),
	TEST(test_refusals),
	TEST(test_each_step_fails),
	TEST(test_no_cpu_list),
	TEST(test_odd_number_of_pages),
};

RUN(tests)
