/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every test file needs: cmocka with its headers in the order it wants, TAP, and assertions on sentences. */
#ifndef CONNSNOOP_TEST_H
#define CONNSNOOP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "error.h"

#include <string.h>

/* A failure is one sentence that says what it is about: printable, not cut off, with the words a user needs. */
static inline void assert_sentence(const struct error *err, int status, const char *words)
{
	if (err->status != status || !strstr(err->text, words))
		print_error("status %d: %s\n  wanted status %d and \"%s\"\n", err->status, err->text, status, words);
	assert_int_equal(err->status, status);
	assert_non_null(strstr(err->text, words));
	assert_true(strlen(err->text) > 20 && strlen(err->text) < sizeof(err->text) - 1);
	for (const char *c = err->text; *c; c++)
		assert_true(*c >= ' ' && *c <= '~');
}

#define RUN(tests)                                                                       \
	int main(void)                                                                   \
	{                                                                                \
		cmocka_set_message_output(CM_OUTPUT_TAP);                                \
		return cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL) ? 1 : 0; \
	}

#endif
