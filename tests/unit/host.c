// SPDX-License-Identifier: GPL-2.0-or-later
/* compat/host.c: what this machine is called, and nothing where it has no name. */
#include "test.h"

#include "host.h"
#include "model.h"

#include <sys/stat.h>

static bool is_made_of(const char *id, const char *characters)
{
	return strspn(id, characters) == strlen(id);
}

static void test_real(void **state)
{
	struct host host;
	struct stat st;

	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	memset(&host, 0x5a, sizeof(host));
	host_read(&host);
	assert_string_equal(host.name, ""); /* the model's kernel has none */
	assert_int_equal(strlen(host.boot_id), 36);
	assert_true(is_made_of(host.boot_id, "0123456789abcdef-"));
	/* A container may have no machine-id. */
	assert_true(strlen(host.machine_id) == 32 || !host.machine_id[0]);
	assert_true(is_made_of(host.machine_id, "0123456789abcdef"));
	assert_int_equal(stat("/proc/self/ns/uts", &st), 0);
	assert_int_equal(host.uts_ns, st.st_ino);
}

static void test_nothing(void **state)
{
	struct host host;

	(void)state;
	model_boot(&model_5_4);
	memset(&host, 0x5a, sizeof(host));
	host_read(&host);
	assert_string_equal(host.machine_id, "");
	assert_string_equal(host.boot_id, "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_real),
	cmocka_unit_test(test_nothing),
};

RUN(tests)
