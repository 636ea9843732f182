// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/error.c: sentences, statuses and names. */
#include "test.h"

#include <errno.h>
#include <stdio.h>

static void test_set(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, STATUS_UNSUPPORTED, "%s says %d", "it", 5), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
	assert_string_equal(err.text, "it says 5");
}

static void test_printable(void **state)
{
	struct error err;
	char all[256];

	(void)state;
	for (int i = 0; i < 255; i++)
		all[i] = (char)(i + 1);
	all[255] = '\0';
	error_set(&err, 1, "%s", all);
	assert_int_equal(strlen(err.text), 255);
	for (int i = 0; i < 255; i++)
		assert_int_equal(err.text[i], i + 1 >= ' ' && i + 1 <= '~' ? i + 1 : '?');
}

static void test_too_long(void **state)
{
	struct error err;
	char text[3000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, 1, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(error_status(EPERM, 7), STATUS_NOT_PERMITTED);
	assert_int_equal(error_status(EACCES, 7), STATUS_NOT_PERMITTED);
	assert_int_equal(error_status(ENOENT, 7), 7);
}

static void test_names(void **state)
{
	static const struct {
		int errnum;
		const char *name;
	} rows[] = {
		{EPERM, "EPERM"},	    {ENOENT, "ENOENT"},
		{E2BIG, "E2BIG"},	    {EACCES, "EACCES"},
		{EBUSY, "EBUSY"},	    {EEXIST, "EEXIST"},
		{ENODEV, "ENODEV"},	    {EINVAL, "EINVAL"},
		{ENOSPC, "ENOSPC"},	    {ENOSYS, "ENOSYS"},
		{EILSEQ, "EILSEQ"},	    {EMFILE, "EMFILE"},
		{ENOMEM, "ENOMEM"},	    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
		{EPIPE, "EPIPE"},	    {EAGAIN, "EAGAIN"},
		{EOPNOTSUPP, "EOPNOTSUPP"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(ERRNO_NAME(rows[i].errnum), rows[i].name);
	assert_string_equal(ERRNO_NAME(0), "errno 0");
	assert_string_equal(ERRNO_NAME(999), "errno 999");
	assert_string_equal(ERRNO_NAME(-2147483647), "errno -21474836");
	for (int errnum = 1; errnum < 200; errnum++)
		assert_true(ERRNO_NAME(errnum)[0] == 'E' || !strncmp(ERRNO_NAME(errnum), "errno ", 6));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_set),    cmocka_unit_test(test_printable), cmocka_unit_test(test_too_long),
	cmocka_unit_test(test_status), cmocka_unit_test(test_names),
};

RUN(tests)
