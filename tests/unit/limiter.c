// SPDX-License-Identifier: GPL-2.0-or-later
/* --once and --rate: what is shown of each key, what is suppressed, and that nothing falls between. */
#include "test.h"

#include "keyed.h"
#include "model.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND 1000000000ULL

static struct limiter *limiter;
static struct attempt attempt;
static struct error err;

static int end(void **state)
{
	(void)state;
	limiter_close(limiter);
	limiter = NULL;
	return 0;
}

static void limit(uint64_t rate, uint64_t max_keys)
{
	limiter_close(limiter);
	assert_int_equal(limiter_open(&limiter, BY(BY_ADDR), max_keys, rate, &err), 0);
}

static bool passes(const char *addr, uint64_t time)
{
	struct event event = record_inet(addr, 80);

	event.time = time;
	assert_true(record_decode(&attempt, &event));
	return limiter_passes(limiter, &attempt);
}

static void test_once(void **state)
{
	(void)state;
	limit(0, 10);
	assert_true(passes("10.0.0.1", SECOND));
	assert_true(passes("10.0.0.2", SECOND));
	for (uint64_t i = 0; i < 100; i++)
		assert_false(passes("10.0.0.1", i * SECOND));
	assert_true(passes("10.0.0.3", SECOND));
	assert_int_equal(limiter_suppressed(limiter), 100);
	assert_int_equal(limiter_unlimited(limiter), 0);
}

static void test_rate(void **state)
{
	(void)state;
	limit(3, 10);
	for (uint64_t second = 5; second < 10; second++) {
		for (int i = 0; i < 8; i++) {
			assert_int_equal(passes("10.0.0.1", second * SECOND + (uint64_t)i), i < 3);
			assert_int_equal(passes("10.0.0.2", second * SECOND + (uint64_t)i), i < 3);
		}
	}
	assert_int_equal(limiter_suppressed(limiter), 2 * 5 * 5);
}

/* Records of several CPUs may come a little out of order: that opens no second again. */
static void test_rate_when_time_goes_back(void **state)
{
	(void)state;
	limit(1, 10);
	assert_true(passes("10.0.0.1", 6 * SECOND));
	assert_false(passes("10.0.0.1", 6 * SECOND - 1));
	assert_false(passes("10.0.0.1", 6 * SECOND));
	assert_true(passes("10.0.0.1", 7 * SECOND));
	assert_false(passes("10.0.0.1", 6 * SECOND));
	assert_false(passes("10.0.0.1", 7 * SECOND));
}

/* What finds no room is shown, and known to be. */
static void test_full(void **state)
{
	(void)state;
	limit(0, 2);
	assert_true(passes("10.0.0.1", 1));
	assert_true(passes("10.0.0.2", 1));
	assert_true(passes("10.0.0.3", 1));
	assert_true(passes("10.0.0.3", 1));
	assert_false(passes("10.0.0.2", 1));
	assert_int_equal(limiter_unlimited(limiter), 2);
	assert_int_equal(limiter_suppressed(limiter), 1);
}

static void test_told(void **state)
{
	struct sink sink = {.fd = -1, .buffer = {.data = malloc(1 << 20), .size = 1 << 20}};
	struct style style = {.format = FORMAT_TEXT, .header = true};

	(void)state;
	limit(0, 10);
	for (int i = 0; i < 5; i++)
		passes("10.0.0.1", 1);
	for (int i = 0; i < 9; i++)
		passes("10.0.0.2", 1);
	passes("10.0.0.3", 1);
	assert_int_equal(limiter_show(limiter, 0, &style, &sink), 0);
	sink.buffer.data[sink.buffer.len] = '\0';
	assert_string_equal(sink.buffer.data, "COUNT ADDRESS\n8     10.0.0.2\n4     10.0.0.1\n");
	sink.buffer.len = 0;
	style.format = FORMAT_JSON;
	assert_int_equal(limiter_show(limiter, 1, &style, &sink), 0);
	sink.buffer.data[sink.buffer.len] = '\0';
	assert_non_null(strstr(sink.buffer.data, "{\"event\":\"suppressed\",\"time\":\""));
	assert_non_null(strstr(sink.buffer.data, "\"remote_addr\":{\"family\":\"AF_INET\",\"addr\":\"10.0.0.2\"},"
						 "\"count\":8}\n{\"event\":\"suppressed_other\""));
	assert_non_null(strstr(sink.buffer.data, "Z\",\"count\":4}\n"));
	/* None of these lines is an attempt that was shown. */
	assert_int_equal(render_count(&style, &sink), 0);
	free(sink.buffer.data);
}

/* The fates, as the tracer counts them. */
static void test_fates(void **state)
{
	struct options options = {.once = true, .by = BY(BY_ADDR), .max_keys = 10};
	struct event event = record_inet("10.0.0.1", 80);
	struct keyed keyed;

	(void)state;
	assert_int_equal(keyed_open(&keyed, &options, &err), 0);
	assert_true(record_decode(&attempt, &event));
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SHOWN);
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SUPPRESSED);
	assert_int_equal(keyed_columns(&keyed), BY(BY_ADDR));
	keyed_close(&keyed);
	options.once = false;
	options.rate = 2;
	options.by = 0;
	assert_int_equal(keyed_open(&keyed, &options, &err), 0);
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SHOWN);
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SHOWN);
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SUPPRESSED);
	attempt.pid++;
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SHOWN);
	keyed_close(&keyed);
	options = (struct options){0};
	assert_int_equal(keyed_open(&keyed, &options, &err), 0);
	assert_int_equal(keyed_judge(&keyed, &attempt), FATE_SHOWN);
	assert_int_equal(keyed_columns(&keyed), 0);
	keyed_close(&keyed);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

static const struct CMUnitTest tests[] = {
	TEST(test_once), TEST(test_rate), TEST(test_rate_when_time_goes_back),
	TEST(test_full), TEST(test_told), TEST(test_fates),
};

RUN(tests)
