// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/watch.c, loader/health.c, loader/attach/misses.c: a watch that is proven, on kernels that see and that do not. */
#include "test.h"

#include "model.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECOND 1000000000ULL

static struct options options;
static struct tracer tracer;
static struct error err;
static struct sink sink;
static struct style style;
static char written[BUFFER_LINE_MAX + (1 << 16)];

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.pages = 8;
	options.canary = SECOND;
	model_boot(&model_6_12);
	return 0;
}

static void open_tracer(void)
{
	memset(&tracer, 0, sizeof(tracer));
	memset(&style, 0, sizeof(style));
	sink = (struct sink){.fd = -1, .stop_fd = -1, .buffer = {written, 0, sizeof(written) - 1}};
	style.format = FORMAT_JSON;
	tracer.sink = &sink;
	tracer.style = &style;
	if (keyed_open(&tracer.keyed, &options, &err) || tracer_open(&tracer, &options, -1, 0, &err))
		print_error("%s: status %d: %s\n", model.kernel->name, err.status, err.text);
	assert_int_equal(err.status, 0);
}

static void close_tracer(void)
{
	tracer_close(&tracer);
	keyed_close(&tracer.keyed);
	memset(&tracer, 0, sizeof(tracer));
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(model.strangers, 0);
}

static int end(void **state)
{
	(void)state;
	close_tracer();
	return 0;
}

/* The time has come. */
static bool check(void)
{
	tracer.health.due = 1;
	return watch_check(&tracer);
}

/* How often the output has these words. */
static unsigned int told(const char *words)
{
	const char *at = written;
	unsigned int count = 0;

	written[sink.buffer.len] = '\0';
	while ((at = strstr(at, words))) {
		at += strlen(words);
		count++;
	}
	return count;
}

static void somebody_connects(void)
{
	static const uint8_t addr[16] = {AF_INET, 0, 1, 187, 93, 184, 216, 34};
	const struct model_call call = {
		.fd = 5, .family = AF_INET, .type = SOCK_STREAM, .addr = addr, .addrlen = 16, .nr = __NR_connect};

	model.pid_tgid = 4242ULL << 32 | 4243;
	model_connect(&call);
	model.pid_tgid = 0;
}

static void test_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		struct accounts accounts;

		model_boot(model_kernels[i]);
		open_tracer();
		for (int tick = 0; tick < 3; tick++)
			assert_true(check());
		assert_int_equal(tracer.health.canaries, 3);
		assert_int_equal(tracer.health.canaries_missed, 0);
		somebody_connects();
		tracer_drain(&tracer);
		tracer_finish(&tracer);
		accounts = tracer_accounts(&tracer, true);
		assert_int_equal(accounts.attempts, 1);
		assert_int_equal(accounts.shown, 1);
		assert_int_equal(accounts.lost, 0);
		assert_true(accounts.watched);
		assert_int_equal(told("\"event\":\"health\""), 0);
		close_tracer();
	}
}

/* No filter holds it back, whoever applies it, and no sum has it. */
static void test_whatever_is_asked_for(void **state)
{
	(void)state;
	for (int variant = 0; variant < 6; variant++) {
		start(state);
		model_boot(variant % 2 ? &model_4_4 : &model_6_12);
		options.ring = variant % 3 == 0 ? RINGS_PERF : RINGS_AUTO;
		options.count = variant == 4;
		options.max_keys = 64;
		options.result = variant == 5;
		assert_int_equal(ranges_add(&options.filter.pids, "-p", "1", UINT32_MAX, &err), 0);
		assert_int_equal(ranges_add(&options.filter.ports, "-P", "80", UINT16_MAX, &err), 0);
		assert_int_equal(patterns_add(&options.filter.comms, "--comm", "nobody", &err), 0);
		open_tracer();
		assert_true(check());
		assert_int_equal(tracer.health.canaries_missed, 0);
		tracer_finish(&tracer);
		assert_int_equal(tracer_accounts(&tracer, true).attempts, 0);
		close_tracer();
		filter_free(&options.filter);
	}
	start(state);
	open_tracer();
}

/* Room is made first. */
static void test_full_rings(void **state)
{
	(void)state;
	options.pages = 1;
	open_tracer();
	for (int i = 0; i < 2000; i++)
		somebody_connects();
	assert_true(check());
	assert_int_equal(tracer.health.canaries_missed, 0);
	assert_true(tracer.shown > 10);
	assert_int_equal(tracer.shown + tracer_accounts(&tracer, false).lost, 2000);
}

static void test_blind(void **state)
{
	(void)state;
	model.kprobes_enabled = "1\n";
	open_tracer();
	model.silent = true;
	model.kprobes_enabled = "0\n";
	for (int i = 0; i < 3; i++)
		assert_true(check());
	assert_int_equal(tracer.health.canaries_missed, 3);
	assert_false(tracer.health.failed);
	assert_int_equal(told("{\"event\":\"health\",\"time\":\"20"), 1);
	assert_int_equal(told("\"check\":\"canary\",\"ok\":false,\"count\":1,"), 1);
	assert_int_equal(told("kprobes are switched off"), 1);
	model.silent = false;
	check();
	check();
	assert_int_equal(told("\"check\":\"canary\",\"ok\":true,\"count\":3,"), 1);
	assert_int_equal(told("\"event\":\"health\""), 2);
	model.silent = true;
	model.kprobes_enabled = "1\n";
	check();
	assert_int_equal(told("nobody knows what is seen"), 1);
}

static void test_blind_strictly(void **state)
{
	(void)state;
	options.strict = true;
	open_tracer();
	check();
	assert_false(tracer.health.failed);
	model.silent = true;
	check();
	assert_true(tracer.health.failed);
}

static void test_every_cpu_in_turn(void **state)
{
	static const unsigned int turns[] = {1, 3, 0, 1, 3};

	(void)state;
	model.cpus = 4;
	for (int i = 0; i < 4; i++)
		model.online[i] = i != 2;
	options.ring = RINGS_PERF;
	open_tracer();
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		check();
		assert_int_equal(tracer.health.cpu, turns[i]);
	}
	assert_int_equal(tracer.health.canaries_missed, 0);
	assert_int_equal(model.cpu, 0);
}

static void test_broken_ring(void **state)
{
	(void)state;
	options.ring = RINGS_PERF;
	options.strict = true;
	open_tracer();
	check();
	assert_int_equal(tracer.health.broken_events, 0);
	model.broken_ring[1] = true;
	check();
	assert_int_equal(tracer.health.broken_events, 1);
	assert_int_equal(
		told("\"check\":\"perf_events\",\"ok\":false,\"count\":1,\"detail\":\"0 perf events of the hook and 1 of rings"),
		1);
	assert_true(tracer.health.failed);
	/* Another one is in its place. */
	model.broken_ring[1] = false;
	check();
	assert_int_equal(tracer.health.broken_events, 1);
	assert_int_equal(tracer.health.canaries_missed, 0);
}

static void test_broken_probe(void **state)
{
	(void)state;
	open_tracer();
	model.broken_probes = true;
	check();
	check();
	assert_int_equal(told("\"check\":\"perf_events\",\"ok\":false,\"count\":1,"), 1);
	assert_int_equal(tracer.health.broken_events, 1);
}

/* A raw tracepoint can't be asked. */
static void test_tracepoints(void **state)
{
	(void)state;
	model_remove_symbol("security_socket_connect");
	model.kprobe_events = false;
	options.hook = HOOK_TRACEPOINT;
	open_tracer();
	check();
	assert_int_equal(tracer.health.canaries_missed, 0);
	assert_int_equal(tracer.health.broken_events, 0);
}

static void test_missed_runs(void **state)
{
	(void)state;
	options.strict = true;
	open_tracer();
	check();
	assert_false(tracer.health.failed);
	model.missed_runs = 3;
	check();
	assert_int_equal(tracer.health.missed_hits, 3);
	assert_int_equal(told("\"check\":\"missed_hits\",\"ok\":false,\"count\":3,"), 1);
	check();
	assert_int_equal(told("missed_hits"), 1);
	assert_true(tracer.health.failed);
}

/* Before 4.17 tracefs counts; another's probe of the same name is not ours. */
static void test_missed_hits(void **state)
{
	(void)state;
	model_boot(&model_4_4);
	model_foreign_probe("another_tool/connect", "security_socket_connect", 1);
	open_tracer();
	model_foreign_probe("yet_another/connect", "security_socket_connect", 1);
	check();
	assert_int_equal(tracer.health.missed_hits, 0);
	model.missed_hits = 2;
	check();
	assert_int_equal(tracer.health.missed_hits, 2);
}

/* Without --canary the end is where it shows. */
static void test_last_look(void **state)
{
	(void)state;
	options.canary = 0;
	options.strict = true;
	open_tracer();
	assert_int_equal(watch_due(&tracer), 0);
	assert_false(watch_check(&tracer));
	model.missed_runs = 1;
	watch_finish(&tracer);
	assert_int_equal(tracer.health.missed_hits, 1);
	assert_true(tracer.health.failed);
}

static void test_nothing_asked_for(void **state)
{
	(void)state;
	options.canary = 0;
	open_tracer();
	model.missed_runs = 1;
	watch_finish(&tracer);
	watch_gap(&tracer, 5 * SECOND);
	watch_losses(&tracer);
	assert_int_equal(watch_due(&tracer), 0);
	assert_int_equal(told("health"), 0);
	assert_false(tracer_accounts(&tracer, false).watched);
}

static void test_gaps(void **state)
{
	(void)state;
	open_tracer();
	watch_gap(&tracer, SECOND - 1);
	assert_int_equal(tracer.health.gaps, 0);
	watch_gap(&tracer, 2345678901);
	watch_gap(&tracer, SECOND);
	assert_int_equal(tracer.health.gaps, 2);
	assert_int_equal(
		told("\"check\":\"reader\",\"ok\":false,\"count\":1,\"detail\":\"the reader stood still for 2.345 s"),
		1);
	assert_true(tracer.health.longest_gap == 2345678901);
}

/* What lay in the rings when the reader came tells how long it was away. */
static void test_old_records(void **state)
{
	(void)state;
	open_tracer();
	model.clock = clock_monotonic() - 3 * SECOND;
	somebody_connects();
	model.clock = 0;
	tracer_drain(&tracer);
	assert_true(tracer.oldest >= 3 * SECOND && tracer.oldest < 60 * SECOND);
	tracer.oldest = 0;
	somebody_connects();
	tracer_drain(&tracer);
	assert_true(tracer.oldest < SECOND);
}

static void test_losses(void **state)
{
	(void)state;
	options.strict = true;
	open_tracer();
	watch_losses(&tracer);
	assert_false(tracer.health.failed);
	tracer.tally[1].reported = 1;
	watch_losses(&tracer);
	assert_true(tracer.health.failed);
	tracer.health.failed = false;
	tracer.tally[1].reported = 0;
	sink.dropped = 1;
	watch_losses(&tracer);
	assert_true(tracer.health.failed);
	tracer.health.failed = options.strict = false;
	watch_losses(&tracer);
	assert_false(tracer.health.failed);
}

/* After a stop one is made, and not all that were due. */
static void test_next(void **state)
{
	uint64_t now;

	(void)state;
	open_tracer();
	now = clock_monotonic();
	assert_true(watch_due(&tracer) > now && watch_due(&tracer) <= now + SECOND);
	assert_false(watch_check(&tracer));
	tracer.health.due = now - SECOND / 2;
	assert_true(watch_check(&tracer));
	assert_true(watch_due(&tracer) == now + SECOND / 2);
	tracer.health.due = now - 10 * SECOND;
	assert_true(watch_check(&tracer));
	assert_true(watch_due(&tracer) > now && watch_due(&tracer) < now + 60 * SECOND);
	assert_int_equal(tracer.health.canaries, 2);
}

/* A CPU came that nobody told of: what it kept aside counts. */
static void test_new_cpu(void **state)
{
	(void)state;
	model_boot(&model_4_4);
	model.online[1] = false;
	open_tracer();
	model.online[1] = true;
	tracer.health.cpus[0] = 3;
	check();
	assert_int_equal(tracer.health.cpu, 1);
	assert_int_equal(tracer.health.canaries_missed, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),
	TEST(test_whatever_is_asked_for),
	TEST(test_full_rings),
	TEST(test_blind),
	TEST(test_blind_strictly),
	TEST(test_every_cpu_in_turn),
	TEST(test_broken_ring),
	TEST(test_broken_probe),
	TEST(test_tracepoints),
	TEST(test_missed_runs),
	TEST(test_missed_hits),
	TEST(test_last_look),
	TEST(test_nothing_asked_for),
	TEST(test_gaps),
	TEST(test_old_records),
	TEST(test_losses),
	TEST(test_next),
	TEST(test_new_cpu),
};

RUN(tests)
