// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/ring/cpus.c: lists as sysfs has them, and /proc/stat in their place. */
#include "test.h"

#include "model.h"
#include "ring.h"

#include <stdio.h>

static unsigned char set[CPUS_MAX];

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	return 0;
}

static void assert_list(const char *text, unsigned int count, const char *members)
{
	char found[64] = "";
	size_t at = 0;

	assert_int_equal(cpus_parse_list(text, set), count);
	for (unsigned int cpu = 0; cpu < 32; cpu++) {
		if (set[cpu])
			at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%u", at ? " " : "", cpu);
	}
	assert_string_equal(found, members);
}

static void test_lists(void **state)
{
	(void)state;
	assert_list("0", 1, "0");
	assert_list("0\n", 1, "0");
	assert_list("0-3\n", 4, "0 1 2 3");
	assert_list("0-1,4,6-7\n", 8, "0 1 4 6 7");
	assert_list("2", 3, "2");
	assert_list("3-3", 4, "3");
	assert_list("5,1", 6, "1 5");
	assert_int_equal(cpus_parse_list("8191", set), 8192);
	assert_int_equal(set[8191], 1);
}

static void test_malformed(void **state)
{
	static const char *const texts[] = {
		"",	"\n",	"x", "-1",   "0-",  "0-x",   "3-1",  "8192", "0-8192", "99999999999999999999",
		"0 1",	"0,,1", ",", "0--1", "1.5", "0-1-2", "0,-1", "0, 1", "0- 1",   "+1",
		"0-+1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (cpus_parse_list(texts[i], set))
			print_error("\"%s\" was taken for a list\n", texts[i]);
		assert_int_equal(cpus_parse_list(texts[i], set), 0);
	}
}

static void test_files(void **state)
{
	unsigned char online[CPUS_MAX];

	(void)state;
	model.possible = "0-3\n";
	assert_int_equal(cpus_possible(), 4);
	model.online_list = "0,2-3\n";
	assert_true(cpus_online(online));
	assert_true(online[0] && !online[1] && online[2] && online[3] && !online[4]);
}

static void test_stat(void **state)
{
	unsigned char online[CPUS_MAX];

	(void)state;
	model.possible = model.online_list = "";
	model.stat = "cpu  9 9 9\ncpu0 1 2 3\ncpu2 1 2 3\ncpu9000 1\nintr 0 1 2\nctxt 5\n";
	assert_int_equal(cpus_possible(), 3);
	assert_true(cpus_online(online));
	assert_true(online[0] && !online[1] && online[2]);
	model.stat = NULL;
	assert_int_equal(cpus_possible(), 0);
	assert_false(cpus_online(online));
	model.stat = "nothing\n";
	assert_false(cpus_online(online));
}

/* A list of one line, longer than a first read. */
static void test_long_list(void **state)
{
	static char text[4096];
	unsigned char online[CPUS_MAX];
	size_t at = 0;

	(void)state;
	for (unsigned int cpu = 0; cpu < 1600; cpu += 2)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u", at ? "," : "", cpu);
	model.online_list = text;
	assert_true(cpus_online(online));
	assert_true(online[1598] && !online[1599] && !online[1597]);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_lists), TEST(test_malformed), TEST(test_files), TEST(test_stat), TEST(test_long_list),
};

RUN(tests)
