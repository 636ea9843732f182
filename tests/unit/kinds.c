// SPDX-License-Identifier: GPL-2.0-or-later
/* The two kinds of rings on model kernels: which is used where, and how the programs wake the reader through each. */
#include "test.h"

#include "mapped_ring.h"
#include "model.h"
#include "tracer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define PAGE   4096
#define RECORD (MAPPED_RECORD_HEAD + ((EVENT_SIZE_INET + 7) & ~7))

static struct options options;
static struct tracer tracer;
static struct error err;
static struct sink sink;
static struct style style;

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.pages = 1;
	model_boot(&model_5_10);
	return 0;
}

static void close_tracer(void)
{
	tracer_close(&tracer);
	memset(&tracer, 0, sizeof(tracer));
	free(sink.buffer.data);
	sink = (struct sink){.fd = -1};
	assert_int_equal(model_leaks(), 0);
}

static int end(void **state)
{
	(void)state;
	close_tracer();
	return 0;
}

static int try_open(enum ring_choice choice)
{
	memset(&tracer, 0, sizeof(tracer));
	memset(&err, 0, sizeof(err));
	options.ring = choice;
	return tracer_open(&tracer, &options, -1, 0, &err);
}

static void open_tracer(enum ring_choice choice)
{
	int result = try_open(choice);

	if (result)
		print_error("%s: status %d: %s\n", model.kernel->name, err.status, err.text);
	assert_int_equal(result, 0);
	sink = (struct sink){.fd = -1};
	sink.buffer.data = calloc(1, 1 << 20);
	sink.buffer.size = 1 << 20;
	style = (struct style){.format = FORMAT_JSON, .places = tracer.hook.places};
	tracer.sink = &sink;
	tracer.style = &style;
	tracer_drain(&tracer);
	model.pid_tgid = 4242ULL << 32 | 4243;
}

static void connect_times(int times)
{
	static const uint8_t ipv4[16] = {AF_INET, 0, 1, 187, 93, 184, 216, 34};
	const struct model_call call = {
		.fd = 5, .family = AF_INET, .type = SOCK_STREAM, .addr = ipv4, .addrlen = 16, .nr = __NR_connect};

	while (times--)
		model_connect(&call);
}

static struct mapped_ring *ring_of(unsigned int cpu)
{
	return model_mapped_ring(object_map_fd(tracer.object, "mapped"), cpu);
}

static void test_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		bool mapped = model_kernels[i]->ring_buffers;

		for (enum ring_choice choice = RINGS_AUTO; choice <= RINGS_PERF; choice++) {
			model_boot(model_kernels[i]);
			if (choice == RINGS_MAPPED && !mapped) {
				assert_int_equal(try_open(choice), -1);
				assert_sentence(&err, STATUS_UNSUPPORTED, "(5.8); use --ring perf or auto");
				close_tracer();
				continue;
			}
			open_tracer(choice);
			assert_string_equal(rings_kind_name(tracer.rings),
					    mapped && choice != RINGS_PERF ? "mapped" : "perf");
			connect_times(3);
			assert_int_equal(tracer_drain(&tracer), 3);
			assert_int_equal(tracer.shown, 3);
			close_tracer();
		}
	}
}

/* A ring's value is more than the kernel has in one piece: perf's take its place, unless they are not wanted. */
static void test_too_large_for_a_map(void **state)
{
	(void)state;
	options.pages = 1024;
	open_tracer(RINGS_AUTO);
	assert_string_equal(rings_kind_name(tracer.rings), "perf");
	assert_non_null(strstr(tracer.why_perf.text, "creating map mapped"));
	assert_non_null(strstr(tracer.why_perf.text, "E2BIG"));
	connect_times(3);
	assert_int_equal(tracer_drain(&tracer), 3);
	close_tracer();
	model_boot(&model_5_10);
	assert_int_equal(try_open(RINGS_MAPPED), -1);
	assert_sentence(&err, STATUS_FAILURE, "E2BIG; free some memory or lower --buffer-pages");
	close_tracer();
	model_boot(&model_6_12);
	open_tracer(RINGS_AUTO);
	assert_string_equal(rings_kind_name(tracer.rings), "mapped");
	assert_int_equal(tracer.why_perf.status, 0);
}

/* Backported in part: arrays that can be mapped, and no ring buffers. */
static void test_half_of_it(void **state)
{
	struct model_kernel kernel = model_5_10;

	(void)state;
	kernel.ring_buffers = false;
	model_boot(&kernel);
	open_tracer(RINGS_AUTO);
	assert_string_equal(rings_kind_name(tracer.rings), "perf");
	close_tracer();
	model_boot(&model_5_10);
	model.map_error_type = BPF_MAP_TYPE_RINGBUF;
	model.map_error = ENOMEM;
	open_tracer(RINGS_AUTO);
	assert_string_equal(rings_kind_name(tracer.rings), "perf");
}

/* The limit is raised for the probe's maps, too. */
static void test_memlock(void **state)
{
	(void)state;
	model.memlock_need = 128 * 1024;
	open_tracer(RINGS_AUTO);
	assert_string_equal(rings_kind_name(tracer.rings), "mapped");
}

/* As many as are online at the start have them, holes included; the others are as before. */
static void test_cpus(void **state)
{
	(void)state;
	model.cpus = 5;
	model.online[0] = false;
	model.online[2] = true;
	model.cpu = 1;
	open_tracer(RINGS_AUTO);
	assert_int_equal(tracer.mapped_cpus, 3);
	model.online[0] = model.online[4] = true;
	model.cpu = 0;
	connect_times(2);
	assert_int_equal(tracer_drain(&tracer), 2);
	model.cpu = 4;
	connect_times(2);
	assert_int_equal(tracer_drain(&tracer), 0);
	tracer_check_cpus(&tracer);
	assert_int_equal(tracer.shown, 4);
	connect_times(2);
	assert_int_equal(tracer_drain(&tracer), 2);
	tracer_finish(&tracer);
	assert_int_equal(tracer_accounts(&tracer, true).attempts, 6);
	assert_int_equal(tracer_accounts(&tracer, true).lost, 0);
}

/* Only the first attempt after "I sleep" rings. */
static void test_sleeper_is_woken(void **state)
{
	(void)state;
	open_tracer(RINGS_AUTO);
	assert_int_equal(model.wakes, 0);
	connect_times(2);
	assert_int_equal(model.wakes, 0);
	for (int round = 1; round <= 3; round++) {
		tracer_drain(&tracer);
		assert_int_equal(tracer_sleep(&tracer), 0);
		connect_times(2);
		assert_int_equal(model.wakes, round);
	}
	assert_int_equal(tracer_drain(&tracer), 2);
	assert_int_equal(tracer.shown, 8);
}

/* By perf's bell, a record of four bytes. */
static void test_sleeper_is_woken_by_perf(void **state)
{
	int records;

	(void)state;
	open_tracer(RINGS_PERF);
	records = model.records;
	connect_times(2);
	assert_int_equal(model.records, records + 2);
	tracer_drain(&tracer);
	assert_int_equal(tracer_sleep(&tracer), 0);
	connect_times(2);
	assert_int_equal(model.records, records + 2 + 3);
	assert_int_equal(model.wakes, 0);
	assert_int_equal(tracer_drain(&tracer), 2);
}

/* A quarter of the ring, and one record more. One call is enough until the reader has looked. */
static void test_full_ring_calls(void **state)
{
	const int quarter = PAGE / 4 / RECORD;

	(void)state;
	open_tracer(RINGS_AUTO);
	for (int round = 0; round < 3; round++) {
		connect_times(quarter);
		assert_int_equal(model.wakes, round);
		connect_times(1);
		assert_int_equal(model.wakes, round + 1);
		connect_times(quarter);
		assert_int_equal(model.wakes, round + 1);
		assert_int_equal(tracer_drain(&tracer), 2 * quarter + 1);
	}
	assert_int_equal(tracer_accounts(&tracer, false).lost, 0);
}

/* What is refused is told at once, to the unit, on its CPU, and to a reader that sleeps too long it is called. */
static void test_losses_are_told_at_once(void **state)
{
	char line[64];

	(void)state;
	open_tracer(RINGS_AUTO);
	model.cpu = 1;
	connect_times(100);
	assert_int_equal(model.wakes, 1);
	assert_int_equal(ring_of(1)->refused, 100 - PAGE / RECORD);
	tracer_drain(&tracer);
	assert_int_equal(tracer_accounts(&tracer, false).lost, 100 - PAGE / RECORD);
	assert_int_equal(tracer_accounts(&tracer, false).attempts, 100);
	snprintf(line, sizeof(line), "{\"event\":\"lost\",\"cpu\":1,\"count\":%d}", 100 - PAGE / RECORD);
	assert_non_null(strstr(sink.buffer.data, line));
	tracer_finish(&tracer);
	assert_int_equal(tracer_accounts(&tracer, true).lost, 100 - PAGE / RECORD);
}

static uint64_t told_losses(void)
{
	static const char key[] = "\"event\":\"lost\",\"cpu\":0,\"count\":";
	const char *at = sink.buffer.data;
	uint64_t sum = 0;

	while ((at = strstr(at, key))) {
		at += sizeof(key) - 1;
		sum += strtoull(at, NULL, 10);
	}
	return sum;
}

/* A perf ring also loses bells, and tells of them with the rest: that makes no attempt more. */
static void test_lost_bells_are_no_attempts(void **state)
{
	(void)state;
	open_tracer(RINGS_PERF);
	for (int round = 0; round < 4; round++) {
		connect_times(100);
		tracer_sleep(&tracer);
		connect_times(2);
		/* a second later */
		tracer.last_count = 0;
		tracer.last_report = 0;
		tracer_drain(&tracer);
	}
	/* the ring tells of losses when it has room again */
	connect_times(1);
	tracer.last_report = 0;
	tracer_drain(&tracer);
	assert_true(told_losses() > 0);
	tracer_finish(&tracer);
	tracer_report_losses(&tracer, true);
	assert_true(tracer.tally[0].lost > tracer_accounts(&tracer, true).lost);
	assert_int_equal(told_losses(), tracer_accounts(&tracer, true).lost);
}

/* A program that preempted another one in the middle of its record keeps away from the ring, and says so. */
static void test_ring_is_busy(void **state)
{
	uint64_t head;

	(void)state;
	open_tracer(RINGS_AUTO);
	head = ring_of(0)->head;
	assert_int_equal(ring_of(0)->busy, 0);
	ring_of(0)->busy = 1;
	connect_times(2);
	assert_int_equal(ring_of(0)->head, head);
	ring_of(0)->busy = 0;
	connect_times(1);
	assert_int_equal(ring_of(0)->busy, 0);
	assert_int_equal(tracer_drain(&tracer), 1);
	assert_int_equal(tracer_accounts(&tracer, false).lost, 2);
}

/* Once it runs, nothing is asked of the kernel: a program on our CPU would be passed over meanwhile (bpf_prog_active). */
static void test_no_system_calls(void **state)
{
	int calls;

	(void)state;
	open_tracer(RINGS_AUTO);
	calls = model.calls;
	for (int round = 0; round < 3; round++) {
		connect_times(60);
		tracer_drain(&tracer);
		tracer_sleep(&tracer);
		tracer_check_cpus(&tracer);
		tracer_report_losses(&tracer, true);
	}
	assert_int_equal(model.calls, calls);
	assert_int_equal(tracer_accounts(&tracer, true).attempts, 180);
	assert_true(tracer_accounts(&tracer, true).lost > 0);
}

/* Each call of the start fails once, with mapped rings and nothing else allowed. */
static void test_each_step_fails(void **state)
{
	int last = 1;

	(void)state;
	for (int step = 0; step <= last; step++) {
		model_boot(&model_6_12);
		model.fail_at = step;
		model.fail_error = ENOMEM;
		if (try_open(RINGS_MAPPED)) {
			assert_int_not_equal(step, 0);
			assert_in_range(err.status, STATUS_FAILURE, STATUS_NOT_PERMITTED);
		}
		if (step == 0)
			last = model.calls;
		close_tracer();
	}
	assert_true(last > 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),
	TEST(test_too_large_for_a_map),
	TEST(test_half_of_it),
	TEST(test_memlock),
	TEST(test_cpus),
	TEST(test_sleeper_is_woken),
	TEST(test_sleeper_is_woken_by_perf),
	TEST(test_full_ring_calls),
	TEST(test_losses_are_told_at_once),
	TEST(test_lost_bells_are_no_attempts),
	TEST(test_ring_is_busy),
	TEST(test_no_system_calls),
	TEST(test_each_step_fails),
};

RUN(tests)
