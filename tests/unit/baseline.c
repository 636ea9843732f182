// SPDX-License-Identifier: GPL-2.0-or-later
/* --learn and --check: files that come back as they went, whatever the names, and files that are none. */
#include "test.h"

#include "count/private.h"
#include "keyed.h"
#include "model.h"
#include "record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BY_DEFAULT (BY(BY_COMM) | BY(BY_FAMILY) | BY(BY_ADDR) | BY(BY_PORT))
#define BY_ALL	   ((1U << BY_COLUMNS) - 1)
#define HEAD	   BASELINE_HEADER " comm family addr port\n"

static char folder[64], path[80];
static struct baseline *learnt, *known;
static struct attempt attempt;
static struct error err;
static char text[1 << 20];

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	/* Memory, where that is to be had: one of the files is large. */
	snprintf(folder, sizeof(folder), "%s/connsnoop-baseline-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/base", folder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	baseline_close(learnt);
	baseline_close(known);
	learnt = known = NULL;
	unlink(path);
	/* Nothing else was left there. */
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static void learn_by(unsigned int by, uint64_t max_keys)
{
	baseline_close(learnt);
	if (baseline_open(&learnt, path, by, max_keys, &err))
		print_error("%s\n", err.text);
	assert_non_null(learnt);
}

static const struct attempt *decoded(struct event event)
{
	assert_true(record_decode(&attempt, &event));
	return &attempt;
}

static void put_file(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static const char *get_file(void)
{
	FILE *file = fopen(path, "r");
	size_t len = fread(text, 1, sizeof(text) - 1, file);

	fclose(file);
	text[len] = '\0';
	return text;
}

static int check(void)
{
	baseline_close(known);
	return baseline_read(&known, path, &err);
}

static struct event by_comm(struct event event, const char *comm)
{
	memset(event.comm, 0, sizeof(event.comm));
	strncpy(event.comm, comm, sizeof(event.comm) - 1);
	return event;
}

static void test_written(void **state)
{
	struct stat st;

	(void)state;
	learn_by(BY(BY_COMM) | BY(BY_ADDR) | BY(BY_PORT), 100);
	assert_true(baseline_add(learnt, decoded(record_inet("93.184.216.34", 443))));
	assert_true(baseline_add(learnt, decoded(by_comm(record_inet6("fe80::1", 53, 3), "a b"))));
	assert_true(baseline_add(learnt, decoded(record_unix("/run/x\n", 7))));
	assert_true(baseline_add(learnt, decoded(record_unix("\0name\0", 6))));
	assert_true(baseline_add(learnt, decoded(record_unix("@path", 5))));
	assert_true(baseline_add(learnt, decoded(record_unix("", 0))));
	assert_true(baseline_add(learnt, decoded(record("\20\0\0\0", 4))));
	assert_true(baseline_add(learnt, decoded(record("\0\0", 2))));
	assert_true(baseline_add(learnt, decoded(record("", 0))));
	assert_true(baseline_add(learnt, decoded(record("\2\0\0\120", 4))));
	assert_true(baseline_add(learnt, decoded(record_inet("93.184.216.34", 443))));
	assert_int_equal(baseline_write(learnt, &err), 0);
	assert_string_equal(get_file(), HEAD "a b\tinet6\tfe80::1%3\t53\n"
					     "curl\t-\t-\t-\n"
					     "curl\tinet\t-\t80\n"
					     "curl\tinet\t93.184.216.34\t443\n"
					     "curl\tnetlink\t-\t-\n"
					     "curl\tunix\t(unnamed)\t-\n"
					     "curl\tunix\t/run/x\\x0a\t-\n"
					     "curl\tunix\t@name\\x00\t-\n"
					     "curl\tunix\t\\x40path\t-\n"
					     "curl\tunspec\t-\t-\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
}

static void test_checked(void **state)
{
	(void)state;
	test_written(state);
	assert_int_equal(check(), 0);
	assert_int_equal(baseline_by(known), BY_DEFAULT);
	assert_true(baseline_has(known, decoded(record_inet("93.184.216.34", 443))));
	assert_true(baseline_has(known, decoded(record_unix("/run/x\n\0trash", 13))));
	assert_true(baseline_has(known, decoded(record_unix("\0name\0", 6))));
	assert_false(baseline_has(known, decoded(record_inet("93.184.216.34", 444))));
	assert_false(baseline_has(known, decoded(record_inet("93.184.216.35", 443))));
	assert_false(baseline_has(known, decoded(record_inet6("fe80::1", 53, 3))));
	assert_false(baseline_has(known, decoded(by_comm(record_inet6("fe80::1", 53, 4), "a b"))));
	assert_false(baseline_has(known, decoded(record_unix("\0name", 5))));
	assert_false(baseline_has(known, decoded(record_unix("name\0", 5))));
	assert_false(baseline_has(known, decoded(record_unix("\0path", 5))));
	assert_false(baseline_has(known, decoded(by_comm(record_unix("", 0), "Curl"))));
}

/* For each byte: as a name, and first, and last; in paths and abstract names. What was not learnt is not there. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		char name[5] = {(char)byte, 'x', (char)byte, 'y', (char)byte}, comm[4] = {(char)byte, 'c', (char)byte};

		learn_by(BY_DEFAULT, 100);
		baseline_add(learnt, decoded(by_comm(record_unix(name, 5), comm)));
		baseline_add(learnt, decoded(by_comm(record_unix(name, 1), comm)));
		baseline_add(learnt, decoded(by_comm(record_unix(name, 3), "")));
		baseline_add(learnt, decoded(by_comm(record_unix("\0a", 2), comm)));
		memmove(name + 1, name, 4);
		name[0] = 0;
		baseline_add(learnt, decoded(by_comm(record_unix(name, 5), comm)));
		assert_int_equal(baseline_write(learnt, &err), 0);
		for (const char *c = get_file(); *c; c++)
			assert_true((*c >= ' ' && *c <= '~') || *c == '\t' || *c == '\n');
		if (check())
			print_error("byte %d: %s\n%s", byte, err.text, text);
		assert_int_equal(known->rows.count, learnt->rows.count);
		assert_true(baseline_has(known, decoded(by_comm(record_unix(name, 5), comm))));
		assert_true(baseline_has(known, decoded(by_comm(record_unix(name + 1, 3), ""))));
		assert_false(baseline_has(known, decoded(by_comm(record_unix(name, 4), comm))));
	}
}

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % sides;
}

static struct event any_event(void)
{
	static const uint16_t families[] = {0, 1, 2, 10, 16, 40, 99, 1, 2, 10};
	uint8_t addr[ADDR_MAX];
	struct event event;

	for (size_t i = 0; i < sizeof(addr); i++)
		addr[i] = (uint8_t)(dice(3) ? dice(256) : 0);
	memcpy(addr, &families[dice(10)], 2);
	event = record(addr, (int32_t)dice(ADDR_MAX + 1));
	event.pid_tgid = (uint64_t)dice(1 << 22) << 32 | dice(1 << 22);
	event.uid_gid = dice(2) ? 0xffffffff : dice(65536);
	event.type = (uint16_t)dice(12);
	event.flags = (uint8_t)(dice(8) ? 0 : EVENT_ADDR_FAULT) | (dice(4) ? 0 : EVENT_TYPE_UNKNOWN);
	for (int i = 0; i < 15; i++)
		event.comm[i] = (char)dice(256);
	return event;
}

/* What is read back is what was written: key by key, for any columns. */
static void test_any_attempts(void **state)
{
	(void)state;
	for (unsigned int by = 1; by <= BY_ALL; by += 2 + by % 5) {
		learn_by(by, 1000);
		for (int i = 0; i < 100; i++) {
			const struct attempt *one = decoded(any_event());

			attempt.identity.parts = dice(2) ? IDENTITY_CGROUP_ID | IDENTITY_NET_NS : 0;
			attempt.identity.cgroup_id = (uint64_t)dice(1 << 24) << 40 | dice(100);
			attempt.identity.net_ns = 0xf0000000 + dice(10);
			assert_true(baseline_add(learnt, one));
		}
		assert_int_equal(baseline_write(learnt, &err), 0);
		if (check())
			print_error("by %03x: %s\n%s", by, err.text, get_file());
		assert_int_equal(known->rows.count, learnt->rows.count);
		for (size_t i = 0; i < learnt->rows.room; i++) {
			if (learnt->rows.slots[i])
				assert_non_null(rows_find(&known->rows, &learnt->rows.slots[i]->key));
		}
	}
}

static void test_forms_by_hand(void **state)
{
	static const char file[] = "# of mine\n" HEAD "\n# more\n"
				   "c\\x75rl\tAF_INET\t10.0.0.1\t80\n"
				   "curl\t10\t2001:DB8:0:0::1\t80\n"
				   "curl\tunix\t/run/\xc3\xa4\t-\n" HEAD "curl\t2\t10.0.0.1\t80\n";

	(void)state;
	put_file(file, sizeof(file) - 1);
	if (check())
		print_error("%s\n", err.text);
	assert_int_equal(known->rows.count, 3);
	assert_true(baseline_has(known, decoded(record_inet("10.0.0.1", 80))));
	assert_true(baseline_has(known, decoded(record_inet6("2001:db8::1", 80, 0))));
	assert_true(baseline_has(known, decoded(record_unix("/run/\xc3\xa4", 7))));
}

static void test_malformed(void **state)
{
	static const struct {
		const char *file, *words;
	} cases[] = {
		{"", "is no baseline"},
		{"# nothing\n", "is no baseline"},
		{"curl\tinet\t10.0.0.1\t80\n", "line 1 comes before"},
		{"\n\nx\n" HEAD, "line 3 comes before"},
		{BASELINE_HEADER "\n", "is no baseline"},
		{BASELINE_HEADER " \n", "line 1 names no columns"},
		{BASELINE_HEADER " addr port\n", "line 1 names no columns, or addr without family"},
		{BASELINE_HEADER " comm nonsense\n", "line 1 names a column that is none"},
		{BASELINE_HEADER " port comm\n", "out of order"},
		{BASELINE_HEADER " comm comm\n", "out of order"},
		{BASELINE_HEADER " comm  port\n", "a column that is none"},
		{"# connsnoop baseline 2: comm\nx\n", "line 2 comes before"},
		{HEAD BASELINE_HEADER " comm\n", "line 2 names other columns"},
		{HEAD "curl\tinet\t10.0.0.1\n", "line 2 has too few fields"},
		{HEAD "curl\n", "line 2 has too few fields"},
		{HEAD "curl\tinet\t10.0.0.1\t80\t\n", "line 2 has too many fields"},
		{HEAD "curl\tinet\t10.0.0.1\t80\nx\tinet\t10.0.0.1\t8o\n", "line 3 has a value"},
		{HEAD "\tinet\t10.0.0.1\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\t\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.256\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\tfe80::1\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.1%1\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet6\t10.0.0.1\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet6\tfe80::1%0\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet6\tfe80::1%\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet6\tfe80::1%4294967296\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet6\t::::::::::::::::::::::::::::::::::::::::::::::::::::::1\t80\n",
		 "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.1\t65536\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.1\t080\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.1\t-1\n", "line 2 has a value"},
		{HEAD "curl\tinet\t10.0.0.1\t\n", "line 2 has a value"},
		{HEAD "curl\tinternet\t10.0.0.1\t80\n", "line 2 has a value"},
		{HEAD "curl\t65536\t-\t80\n", "line 2 has a value"},
		{HEAD "curl\t-\t10.0.0.1\t80\n", "line 2 has a value"},
		{HEAD "curl\tinet\t(unreadable)\t-\n", "line 2 has a value"},
		{HEAD "curl\tnetlink\tx\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t-\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\\\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\\n\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\\x1\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\\x1g\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\\x00\t-\n", "line 2 has a value"},
		{HEAD "cu\\x00rl\tunix\t/a\t-\n", "line 2 has a value"},
		{HEAD "1234567890123456\tunix\t/a\t-\n", "line 2 has a value"},
		{HEAD "curl\tunix\t/a\t-", "line 2 does not end"},
		{HEAD "curl\tunix\t/a\r\t-\n", "line 2 holds a control character"},
		{HEAD "curl\tunix\t/a\x7f\t-\n", "line 2 holds a control character"},
		{HEAD "curl\tunix\t/a\x1b[m\t-\n", "line 2 holds a control character"},
	};
	char words[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_file(cases[i].file, strlen(cases[i].file));
		if (!check())
			print_error("taken: %s", cases[i].file);
		assert_sentence(&err, STATUS_USAGE, cases[i].words);
		assert_non_null(strstr(err.text, path));
	}
	put_file(HEAD "a\0b\tinet\t10.0.0.1\t80\n", sizeof(HEAD "a\0b\tinet\t10.0.0.1\t80\n") - 1);
	assert_int_equal(check(), -1);
	assert_sentence(&err, STATUS_USAGE, "line 2 holds a control character");
	/* A path of 108 bytes is one, one of 109 is none; an abstract name has one less. */
	for (int len = 107; len <= 109; len++) {
		snprintf(words, sizeof(words), HEAD "x\tunix\t%0*d\t-\n", len, 1);
		put_file(words, strlen(words));
		assert_int_equal(check(), len == 109 ? -1 : 0);
		snprintf(words, sizeof(words), HEAD "x\tunix\t@%0*d\t-\n", len, 1);
		put_file(words, strlen(words));
		assert_int_equal(check(), len >= 108 ? -1 : 0);
	}
}

static void test_too_large(void **state)
{
	FILE *file;

	(void)state;
	file = fopen(path, "w");
	fputs(HEAD "# ", file);
	for (int i = 0; i < BASELINE_LINE_MAX; i++)
		fputc('x', file);
	fclose(file);
	assert_int_equal(check(), -1);
	assert_sentence(&err, STATUS_USAGE, "line 2 is longer than any entry");
	memset(text, '#', sizeof(text));
	for (size_t i = 1023; i < sizeof(text); i += 1024)
		text[i] = '\n';
	file = fopen(path, "w");
	fputs(HEAD, file);
	for (size_t at = 0; at <= BASELINE_BYTES_MAX; at += sizeof(text))
		fwrite(text, 1, sizeof(text), file);
	fclose(file);
	assert_int_equal(check(), -1);
	assert_sentence(&err, STATUS_USAGE, "larger than");
}

static void test_not_there(void **state)
{
	(void)state;
	assert_int_equal(check(), -1);
	assert_sentence(&err, STATUS_USAGE, "ENOENT");
	baseline_close(known);
	assert_int_equal(baseline_read(&known, folder, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "EISDIR");
}

/* What is there and no file is not to be replaced by one; nor is a folder that is not there made. */
static void test_no_place(void **state)
{
	(void)state;
	assert_int_equal(baseline_open(&learnt, "/dev/null", BY_DEFAULT, 10, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no regular file");
	assert_int_equal(baseline_open(&learnt, folder, BY_DEFAULT, 10, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no regular file");
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(baseline_open(&learnt, path, BY_DEFAULT, 10, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no regular file");
	assert_int_equal(baseline_open(&learnt, "/nonexistent/x", BY_DEFAULT, 10, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "ENOENT");
	assert_null(learnt);
}

/* Whatever step of writing fails: the old file stays whole, and nothing is left beside it. */
static void test_writing_fails(void **state)
{
	int steps = 0;

	(void)state;
	put_file("old", 3);
	learn_by(BY_DEFAULT, 5000);
	for (int i = 0; i < 5000; i++)
		baseline_add(learnt, decoded(by_comm(record_inet("10.0.0.1", (uint16_t)i), "a rather long n")));
	/* open, writes of 64 KiB, fsync, rename. */
	for (;; steps++) {
		model.calls = 0;
		model.fail_at = steps + 1;
		model.fail_error = ENOSPC;
		if (!baseline_write(learnt, &err))
			break;
		assert_sentence(&err, STATUS_FAILURE, "ENOSPC");
		assert_string_equal(get_file(), "old");
	}
	model.fail_at = 0;
	assert_true(steps >= 5);
	assert_int_equal(check(), 0);
	assert_int_equal(known->rows.count, 5000);
}

/* Short writes are gone on with. */
static void test_short_writes(void **state)
{
	(void)state;
	learn_by(BY_DEFAULT, 5000);
	for (int i = 0; i < 100; i++) {
		baseline_add(learnt, decoded(record_inet("10.0.0.1", (uint16_t)i)));
		if (i % 2)
			model_write_next(i % 4 == 1 ? -EINTR : i);
	}
	assert_int_equal(baseline_write(learnt, &err), 0);
	assert_int_equal(check(), 0);
	assert_int_equal(known->rows.count, 100);
}

static void test_room(void **state)
{
	(void)state;
	learn_by(BY(BY_PORT), 3);
	for (uint16_t port = 0; port < 5; port++)
		assert_int_equal(baseline_add(learnt, decoded(record_inet("10.0.0.1", port))), port < 3);
	assert_true(baseline_add(learnt, decoded(record_inet("10.0.0.1", 1))));
}

/* As options have it: what is known passes by, what is not is shown and remembered in the status. */
static void test_keyed(void **state)
{
	struct accounts accounts = {0};
	struct options options = {.learn = path, .max_keys = 100};
	struct keyed keyed;

	(void)state;
	assert_int_equal(keyed_open(&keyed, &options, &err), 0);
	assert_int_equal(keyed_judge(&keyed, decoded(record_inet("10.0.0.1", 1))), FATE_SHOWN);
	assert_int_equal(keyed_save(&keyed), 0);
	assert_false(keyed_violated(&keyed, &accounts));
	keyed_close(&keyed);
	options = (struct options){.check = path};
	assert_int_equal(keyed_open(&keyed, &options, &err), 0);
	assert_int_equal(keyed_columns(&keyed), BY_DEFAULT);
	assert_int_equal(keyed_judge(&keyed, decoded(record_inet("10.0.0.1", 1))), FATE_KNOWN);
	assert_false(keyed_violated(&keyed, &accounts));
	accounts.lost = 1;
	assert_true(keyed_violated(&keyed, &accounts));
	accounts.lost = 0;
	assert_int_equal(keyed_judge(&keyed, decoded(record_inet("10.0.0.1", 2))), FATE_SHOWN);
	assert_true(keyed_violated(&keyed, &accounts));
	keyed_close(&keyed);
	options.by = BY(BY_PORT);
	assert_int_equal(keyed_open(&keyed, &options, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "other columns than --by");
	keyed_close(&keyed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_written),	  TEST(test_checked),	    TEST(test_every_byte),   TEST(test_any_attempts),
	TEST(test_forms_by_hand), TEST(test_malformed),	    TEST(test_too_large),    TEST(test_not_there),
	TEST(test_no_place),	  TEST(test_writing_fails), TEST(test_short_writes), TEST(test_room),
	TEST(test_keyed),
};

RUN(tests)
