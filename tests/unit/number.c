// SPDX-License-Identifier: GPL-2.0-or-later
/* compat/number.c */
#include "test.h"

#include "number.h"

static void takes(const char *text, uint32_t number, const char *rest)
{
	const char *at = text;
	uint32_t got = 1;

	assert_true(number_take(&at, &got));
	assert_int_equal(got, number);
	assert_string_equal(at, rest);
}

static void refuses(const char *text)
{
	const char *at = text;
	uint32_t got = 77;

	assert_false(number_take(&at, &got));
	assert_int_equal(got, 77);
	assert_ptr_equal(at, text);
}

static void test_numbers(void **state)
{
	(void)state;
	takes("0", 0, "");
	takes("7x", 7, "x");
	takes("00012.5", 12, ".5");
	takes("4294967295\n", UINT32_MAX, "\n");
	takes("  \t42 43", 42, " 43");
}

static void test_none(void **state)
{
	(void)state;
	refuses("");
	refuses("   ");
	refuses("x1");
	refuses("+1");
	refuses("-1");
	refuses("\n1");
	refuses("4294967296");
	refuses("99999999999999999999999999");
}

/* /proc/self/uid_map */
static void test_row(void **state)
{
	const char *at = "         0     100000      65536\n";
	uint32_t a, b, c, d;

	(void)state;
	assert_true(number_take(&at, &a) && number_take(&at, &b) && number_take(&at, &c));
	assert_false(number_take(&at, &d));
	assert_int_equal(a, 0);
	assert_int_equal(b, 100000);
	assert_int_equal(c, 65536);
	assert_string_equal(at, "\n");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_numbers),
	cmocka_unit_test(test_none),
	cmocka_unit_test(test_row),
};

RUN(tests)
