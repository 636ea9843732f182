// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bpf/count.h and loader/count/sums.c: the program's sums, run in the interpreter on model kernels, are those that user
 * space makes of records of the same attempts, for every choice of columns and for every odd address.
 */
#include "test.h"

#include "control.h"
#include "kernel.h"
#include "model.h"
#include "tracer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define OUTPUT_SIZE (1 << 20)

static struct options options;
static struct tracer tracer;
static struct error err;
static struct sink sink;
static struct style style;
static struct accounts accounts;
static int turn; /* of attempts */

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.pages = 64;
	options.count = true;
	options.max_keys = 350;
	sink = (struct sink){.fd = -1, .buffer = {.data = malloc(OUTPUT_SIZE), .size = OUTPUT_SIZE}};
	style = (struct style){.format = FORMAT_TEXT, .header = true};
	return 0;
}

static void close_all(void)
{
	tracer_close(&tracer);
	keyed_close(&tracer.keyed);
	memset(&tracer, 0, sizeof(tracer));
	assert_int_equal(model_leaks(), 0);
}

static int end(void **state)
{
	(void)state;
	close_all();
	free(sink.buffer.data);
	return 0;
}

static void open_all(const struct model_kernel *kernel)
{
	turn = 0;
	model_boot(kernel);
	assert_int_equal(keyed_open(&tracer.keyed, &options, &err), 0);
	if (tracer_open(&tracer, &options, -1, 0, &err)) {
		print_error("%s: %s\n", kernel->name, err.text);
		fail();
	}
	tracer.sink = &sink;
	tracer.style = &style;
	style.places = tracer.hook.places;
}

/* Ends, and what the last table says. */
static const char *last_table(void)
{
	sink.buffer.len = 0;
	tracer_finish(&tracer);
	tracer_show_sums(&tracer, true);
	accounts = tracer_accounts(&tracer, true);
	sink.buffer.data[sink.buffer.len] = '\0';
	return sink.buffer.data;
}

/* What callers may give. The kernel's buffer holds other bytes behind each, so that a stale one shows. */
static const struct given {
	int len;
	const char *bytes;
} addresses[] = {
	{0, ""},
	{1, "\2"},
	{2, "\2\0"},
	{3, "\2\0\0"},
	{4, "\2\0\0\120"},
	{7, "\2\0\0\120\1\2\3"},
	{8, "\2\0\0\120\1\2\3\4"},
	{15, "\2\0\0\120\1\2\3\4zzzzzzz"},
	{16, "\2\0\0\120\1\2\3\4zzzzzzzz"},
	{16, "\2\0\0\120\1\2\3\4\0\0\0\0\0\0\0\0"},
	{16, "\2\0\0\121\1\2\3\4zzzzzzzz"},
	{16, "\2\0\0\120\1\2\3\5zzzzzzzz"},
	{16, "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"},
	{28, "\2\0\0\120\1\2\3\4zzzzzzzzzzzzzzzzzzzz"},
	{8, "\12\0\1\273\0\0\0\1"},
	{24, "\12\0\1\273\0\0\0\1\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\1"},
	{28, "\12\0\1\273\0\0\0\1\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0"},
	{28, "\12\0\1\273\0\0\0\2\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0"},
	{28, "\12\0\1\273\0\0\0\1\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\1\3\0\0\0"},
	{28, "\12\0\1\274\0\0\0\1\376\200\0\0\0\0\0\0\0\0\0\0\0\0\0\2\3\0\0\0"},
	{2, "\1\0"},
	{3, "\1\0\0"},
	{3, "\1\0/"},
	{9, "\1\0/dev/log"},
	{10, "\1\0/dev/log\0"},
	{16, "\1\0/dev/log\0qqqqq"},
	{12, "\1\0\0abstract\0"},
	{11, "\1\0\0abstract"},
	{24, "\1\0/1234567890123456789012"},
	{25, "\1\0/12345678901234567890123"},
	{28, "\1\0/12345678901234567890123456"},
	{31, "\1\0/12345678901234567890123456789"},
	{32, "\1\0/123456789012345678901234567890"},
	{33, "\1\0/1234567890123456789012345678901"},
	{40, "\1\0/12345678901234567890123456789012345678"},
	{60, "\1\0/12345678901234567890123456789012345678\0zzzzzzzzzzzzzzzzzzz"},
	{2, "\0\0"},
	{16, "\0\0zzzzzzzzzzzzzz"},
	{12, "\20\0\0\0\7\0\0\0\0\0\0\0"},
	{16, "\50\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0"},
};
static const char long_path[] = "\1\0/01234567890123456789012345678901234567890123456789012345678"
				"901234567890123456789012345678901234567890123456";

#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

static void attempt_on(int len, const void *bytes)
{
	struct model_call call = {
		.fd = 5 + turn % 7,
		.family = AF_INET,
		.type = turn % 3 == 1 ? SOCK_DGRAM : SOCK_STREAM,
		.addr = bytes,
		.addrlen = len,
		.nr = __NR_connect,
		.stale = (uint8_t)(0x80 + turn % 100),
	};

	turn++;
	model_connect(&call);
}

/* Each address several times, the n-th n % 4 + 1 times, by callers of several names. */
static uint64_t everybody_connects(void)
{
	static const char *const comms[] = {"one", "two", "one two", "\xff\x1b[m"};
	uint8_t path[128];
	uint64_t count = 0;

	for (size_t i = 0; i < 4 * ADDRESSES; i++) {
		model.pid_tgid = (5000ULL + i % 2) << 32 | (5000 + i % 5);
		memset(model.comm, 0, sizeof(model.comm));
		strcpy(model.comm, comms[i / 2 % 4]);
		model.cpu = i % 2;
		for (size_t k = 0; k <= i % 4; k++, count++)
			attempt_on(addresses[i % ADDRESSES].len, addresses[i % ADDRESSES].bytes);
	}
	/* Of every length that a path may have, and beyond. */
	for (int len = 2; len <= 128; len++, count++) {
		memset(path, 'p', sizeof(path));
		path[0] = AF_UNIX;
		path[1] = 0;
		attempt_on(len, path);
	}
	return count;
}

/* Counted by user space, since -n is to stop somewhere. */
static void want_user_space(void)
{
	options.max_events = UINT64_MAX / 2;
}

static char *table_of(const struct model_kernel *kernel, bool in_kernel)
{
	uint64_t count;
	char *text;

	options.max_events = 0;
	if (!in_kernel)
		want_user_space();
	open_all(kernel);
	assert_int_equal(tracer.keyed.in_kernel, in_kernel);
	assert_true(!tracer.in_reader == in_kernel);
	count = everybody_connects();
	text = strdup(last_table());
	assert_int_equal(accounts.attempts, count);
	assert_int_equal(accounts.counted, count);
	assert_int_equal(accounts.lost, 0);
	assert_int_equal(accounts.shown + accounts.filtered + accounts.suppressed, 0);
	close_all();
	return text;
}

static bool same_tables(const struct model_kernel *kernel)
{
	char *here = table_of(kernel, false), *there = table_of(kernel, true);
	bool same = !strcmp(here, there);

	if (!same)
		print_error("%s, by %03x:\n%s--- in the kernel:\n%s\n", kernel->name, options.by, here, there);
	free(here);
	free(there);
	return same;
}

/* What both know: all but cgroup and network namespace. */
static void test_every_choice_of_columns(void **state)
{
	bool same = true;

	(void)state;
	for (options.by = 1; options.by < BY(BY_CGROUP); options.by++)
		same &= same_tables(&model_5_4);
	assert_true(same);
}

static void test_every_kernel(void **state)
{
	static const unsigned int choices[] = {
		BY(BY_PID) | BY(BY_COMM) | BY(BY_ADDR) | BY(BY_PORT),
		BY(BY_UID) | BY(BY_TYPE) | BY(BY_FAMILY),
		BY(BY_TID) | BY(BY_PORT),
		BY(BY_ADDR),
	};
	bool same = true;

	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		for (size_t k = 0; k < sizeof(choices) / sizeof(choices[0]); k++) {
			options.by = choices[k];
			same &= same_tables(model_kernels[i]);
		}
	}
	assert_true(same);
}

/* What a filter leaves out is in neither table, wherever it was left out. */
static void test_filtered(void **state)
{
	(void)state;
	options.by = BY(BY_COMM) | BY(BY_ADDR) | BY(BY_PORT) | BY(BY_TYPE);
	assert_int_equal(patterns_add(&options.filter.comms, "--comm", "two,one two", &err), 0);
	assert_int_equal(ranges_add(&options.filter.ports, "-P", "80-443", UINT16_MAX, &err), 0);
	for (int types = 0; types < 2; types++) {
		options.filter.any_type = types;
		for (int i = 0; model_kernels[i]; i++) {
			char *tables[2];
			struct accounts both[2];

			for (int k = 0; k < 2; k++) {
				options.filter_in_reader = k;
				open_all(model_kernels[i]);
				assert_int_equal(tracer.keyed.in_kernel, !k);
				everybody_connects();
				tables[k] = strdup(last_table());
				both[k] = accounts;
				close_all();
			}
			assert_string_equal(tables[0], tables[1]);
			assert_memory_equal(&both[0], &both[1], sizeof(accounts));
			assert_true(accounts.counted > 50 && accounts.filtered > 50);
			free(tables[0]);
			free(tables[1]);
		}
	}
	filter_free(&options.filter);
}

/* The address is read from memory that may end right behind it, or not be there. */
static void test_user_memory(void **state)
{
	char *tables[2];

	(void)state;
	options.hook = HOOK_TRACEPOINT;
	for (int ends = 0; ends < 2; ends++) {
		for (int k = 0; k < 2; k++) {
			options.max_events = 0;
			if (k)
				want_user_space();
			open_all(&model_5_4);
			model.user_page_ends = ends;
			everybody_connects();
			tables[k] = strdup(last_table());
			assert_int_equal(accounts.lost, 0);
			close_all();
		}
		assert_string_equal(tables[0], tables[1]);
		assert_non_null(strstr(tables[0], "/dev/log\n"));
		free(tables[0]);
		free(tables[1]);
	}
}

static void connect_to(uint32_t number)
{
	uint8_t addr[16] = {AF_INET, 0, 0, 80};

	model.pid_tgid = 4242ULL << 32 | 4242;
	number = htonl(number);
	memcpy(addr + 4, &number, 4);
	attempt_on(sizeof(addr), addr);
}

static void fill(uint8_t *addr, const struct given *given, int seed)
{
	memset(addr, seed, ADDR_MAX);
	memcpy(addr, given->bytes, (size_t)given->len);
}

/*
 * What differs in nothing that a column tells has one key in the kernel, whatever lies in and behind the address: there is
 * room for one. The lengths are the caller's: 16 and 28 are usual, and some give all of a sockaddr_storage.
 */
static void test_one_key_each(void **state)
{
	static const struct {
		unsigned int by;
		struct given given;
		int lengths[3];
	} cases[] = {
		{BY(BY_ADDR) | BY(BY_PORT), {8, "\2\0\0\120\1\2\3\4"}, {16, 28, 128}},
		{BY(BY_ADDR), {2, "\12\0"}, {28, 32, 128}},
		{BY(BY_PORT), {4, "\2\0\0\120"}, {16, 28, 128}},
		{BY(BY_ADDR), {20, "\1\0/56789012345678\0\0\0"}, {20, 20, 20}},
		{BY(BY_ADDR), {36, "\1\0/56789012345678901234567890123456"}, {36, 36, 36}},
		{BY(BY_PORT), {4, "\12\0\0\120"}, {28, 32, 128}},
		{BY(BY_ADDR), {7, "\1\0path\0"}, {7, 7, 7}},
		{BY(BY_ADDR), {sizeof(long_path) - 1, long_path}, {110, 111, 128}},
		{BY(BY_FAMILY), {2, "\1\0"}, {2, 40, 128}},
		{BY(BY_FAMILY), {2, "\20\0"}, {12, 30, 100}},
		{BY(BY_COMM), {2, "\1\0"}, {0, 40, 128}},
		{BY(BY_UID), {0, ""}, {2, 16, 40}},
	};
	uint8_t addr[ADDR_MAX];

	(void)state;
	options.max_keys = 1;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct given given = cases[i / 2].given;

		options.by = cases[i / 2].by;
		options.hook = i % 2 ? HOOK_TRACEPOINT : HOOK_KPROBE;
		open_all(i % 2 ? &model_5_4 : &model_4_4);
		model.pid_tgid = 4242ULL << 32 | 4242;
		for (int k = 0; k < 9; k++) {
			model.uid_gid = (uint64_t)k << 32 | 1000;
			fill(addr, &given, 0x40 + k);
			/* A destination of its own would be another key. */
			if (cases[i / 2].by & BY(BY_ADDR) && given.len == 2)
				memset(addr + 8, 1, 20);
			attempt_on(cases[i / 2].lengths[k % 3], addr);
		}
		last_table();
		if (sums_other(tracer.keyed.sums))
			print_error("case %zu/2: %d had another key\n", i, (int)sums_other(tracer.keyed.sums));
		assert_int_equal(sums_other(tracer.keyed.sums), 0);
		assert_int_equal(sums_in_kernel(tracer.keyed.sums), 9);
		close_all();
	}
}

/* What has no room is counted, to the unit, wherever it is counted. */
static void test_room_ends(void **state)
{
	(void)state;
	options.by = BY(BY_ADDR);
	options.max_keys = 4;
	for (int in_kernel = 0; in_kernel < 2; in_kernel++) {
		options.max_events = 0;
		if (!in_kernel)
			want_user_space();
		open_all(&model_4_4);
		for (uint32_t i = 0; i < 70; i++)
			connect_to(i % 7);
		assert_non_null(strstr(last_table(), "30    (other)\n"));
		assert_int_equal(sums_other(tracer.keyed.sums), 30);
		assert_int_equal(accounts.attempts, 70);
		assert_int_equal(accounts.counted, 70);
		assert_int_equal(accounts.lost, 0);
		close_all();
	}
}

/* Another CPU puts the same key in between look-up and insertion. */
static void test_race_for_a_key(void **state)
{
	(void)state;
	options.by = BY(BY_ADDR) | BY(BY_PORT);
	open_all(&model_5_4);
	model.key_races = true;
	connect_to(1);
	model.key_races = false;
	connect_to(1);
	assert_string_equal(last_table(), "COUNT ADDRESS\n3     0.0.0.1:80\n");
}

/* While it is proved nothing is counted: the proof wants records, and others' attempts meanwhile are nobody's. */
static void test_nothing_before_the_start(void **state)
{
	(void)state;
	open_all(&model_5_4);
	assert_string_equal(last_table(), "COUNT PID COMM ADDRESS\n");
	assert_int_equal(accounts.attempts, 0);
}

/* Records between the proof and the moment from which the program counts are counted here. */
static void test_records_are_counted_too(void **state)
{
	struct control control;

	(void)state;
	options.by = BY(BY_ADDR);
	open_all(&model_5_4);
	control = tracer.control;
	control.own_tgid = 0;
	assert_int_equal(control_write(object_map_fd(tracer.object, "control"), &control), 0);
	connect_to(1);
	assert_int_equal(control_write(object_map_fd(tracer.object, "control"), &tracer.control), 0);
	connect_to(1);
	connect_to(2);
	assert_string_equal(last_table(), "COUNT ADDRESS\n2     0.0.0.1\n1     0.0.0.2\n");
	assert_int_equal(accounts.attempts, 3);
	assert_int_equal(accounts.lost, 0);
}

static void test_intervals(void **state)
{
	(void)state;
	options.by = BY(BY_ADDR);
	options.interval = 1000000000;
	style.format = FORMAT_CSV;
	open_all(&model_5_4);
	for (int i = 0; i < 3; i++) {
		connect_to(1);
		connect_to(2);
		connect_to(2);
		sink.buffer.len = 0;
		tracer_show_sums(&tracer, false);
		sink.buffer.data[sink.buffer.len] = '\0';
		assert_non_null(strstr(sink.buffer.data, "Z,2,0.0.0.2,"));
		assert_non_null(strstr(sink.buffer.data, "Z,1,0.0.0.1,"));
	}
	connect_to(3);
	assert_null(strstr(last_table(), "0.0.0.1"));
	assert_non_null(strstr(sink.buffer.data, "Z,1,0.0.0.3,"));
	assert_int_equal(accounts.counted, 10);
}

static void test_stops_at_n(void **state)
{
	(void)state;
	options.max_events = 5;
	options.by = BY(BY_COMM);
	open_all(&model_5_4);
	strcpy(model.comm, "x");
	for (uint32_t i = 0; i < 8; i++)
		connect_to(i);
	assert_true(tracer_drain(&tracer));
	assert_true(tracer.enough);
	assert_string_equal(last_table(), "COUNT COMM\n5     x\n");
	assert_int_equal(accounts.counted, 5);
	assert_int_equal(accounts.filtered, 3);
}

/* Why user space counts: said in words. */
static void test_reasons(void **state)
{
	(void)state;
	options.filter_in_reader = true;
	open_all(&model_5_4);
	assert_non_null(strstr(tracer.in_reader, "filters"));
	close_all();
	options.filter_in_reader = false;
	options.by = BY(BY_NETNS);
	open_all(&model_5_4);
	assert_non_null(strstr(tracer.in_reader, "network namespace"));
	close_all();
	options.by = 0;
	want_user_space();
	open_all(&model_5_4);
	assert_non_null(strstr(tracer.in_reader, "-n"));
	close_all();
	options.max_events = 0;
	options.count = false;
	open_all(&model_5_4);
	assert_null(tracer.in_reader);
	assert_false(tracer.keyed.in_kernel);
}

/* A JIT without BPF_XADD: nothing is lost by it but the speed. */
static void test_no_atomics(void **state)
{
	(void)state;
	open_all(&model_5_4);
	assert_true(tracer.keyed.in_kernel);
	close_all();
	assert_null(keyed_why_not_in_kernel(&options, true, true));
	assert_non_null(strstr(keyed_why_not_in_kernel(&options, true, false), "atomically"));
	model_boot(&model_5_4);
	assert_true(kernel_has_atomics(&(struct object_kernel){0}));
	model.fail_at = model.calls + 1;
	model.fail_error = 524;
	assert_false(kernel_has_atomics(&(struct object_kernel){0}));
}

/* What can't be read is lost, and not passed over. */
static void test_sums_unreadable(void **state)
{
	(void)state;
	options.by = BY(BY_ADDR);
	open_all(&model_5_4);
	for (uint32_t i = 0; i < 4; i++)
		connect_to(i);
	options.interval = 1000000000;
	tracer_show_sums(&tracer, false);
	assert_non_null(strstr(sink.buffer.data, "1     0.0.0.3\n"));
	tracer_finish(&tracer);
	model.fail_at = model.calls + 2 + (int)tracer.cpus;
	model.fail_error = EPERM;
	tracer_read_sums(&tracer);
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.counted, 0);
	assert_int_equal(accounts.lost, 4);
	assert_int_equal(accounts.attempts, 4);
	/* Nor does a table tell of less than nothing. */
	sink.buffer.len = 0;
	keyed_show_sums(&tracer.keyed, true, &style, &sink);
	assert_int_equal(sink.buffer.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_choice_of_columns),
	TEST(test_every_kernel),
	TEST(test_one_key_each),
	TEST(test_filtered),
	TEST(test_user_memory),
	TEST(test_room_ends),
	TEST(test_race_for_a_key),
	TEST(test_nothing_before_the_start),
	TEST(test_records_are_counted_too),
	TEST(test_intervals),
	TEST(test_stops_at_n),
	TEST(test_reasons),
	TEST(test_no_atomics),
	TEST(test_sums_unreadable),
};

RUN(tests)
