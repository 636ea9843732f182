// SPDX-License-Identifier: GPL-2.0-or-later
/* compat/tracefs.c, symbols.c, kconfig.c: finding things in files that distributions place and write as they like. */
#include "test.h"

#include "kconfig.h"
#include "model.h"
#include "symbols.h"
#include "sys.h"
#include "tracefs.h"

#include <errno.h>
#include <fcntl.h>

#define SYSFS "22 1 0:20 / /sys rw,nosuid - sysfs sysfs rw\n"

static int start(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	return 0;
}

static int end(void **state)
{
	(void)state;
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static int try_open(void)
{
	int file = -1, dir = tracefs_open("kprobe_events", O_WRONLY | O_APPEND, &file);

	if (dir < 0)
		return dir;
	assert_true(file >= MODEL_FIRST_FD && dir >= MODEL_FIRST_FD && file != dir);
	sys_close(file);
	sys_close(dir);
	return 0;
}

static void test_mounted(void **state)
{
	(void)state;
	assert_int_equal(try_open(), 0);
	assert_int_equal(model.truncations, 0);
}

static void test_elsewhere(void **state)
{
	(void)state;
	model.tracing = "/mnt/trace dir";
	model.mountinfo = SYSFS "30 22 0:7 / /mnt/trace\\040dir rw,relatime shared:5 - tracefs nodev rw\n";
	assert_int_equal(try_open(), 0);
	model.tracing = "/mnt/a\\b";
	model.mountinfo = "30 22 0:7 / /mnt/a\\134b rw - tracefs tracefs rw\n";
	assert_int_equal(try_open(), 0);
}

static void test_debugfs_only(void **state)
{
	(void)state;
	model.tracing = "/sys/kernel/debug/tracing";
	model.mountinfo = SYSFS "31 22 0:8 / /sys/kernel/debug rw - debugfs debugfs rw\n";
	model.mount_error = EPERM;
	assert_int_equal(try_open(), 0);
}

/* The first is a mount of a folder within, the second hides behind a type of a similar name. */
static void test_lines_that_are_not_it(void **state)
{
	(void)state;
	model.tracing = "/good";
	model.mount_error = EPERM;
	model.mountinfo = "1 2 0:7 /events /bad rw - tracefs tracefs rw\n"
			  "1 2 0:7 / /worse rw - tracefs2 tracefs rw\n"
			  "garbage\n"
			  "1 2 - tracefs\n"
			  " - tracefs x\n"
			  "\n"
			  "1 2 0:7 / /good rw - tracefs tracefs rw\n";
	assert_int_equal(try_open(), 0);
}

static void test_last_line_without_newline(void **state)
{
	(void)state;
	model.tracing = "/good";
	model.mount_error = EPERM;
	model.mountinfo = SYSFS "1 2 0:7 / /good rw - tracefs tracefs rw";
	assert_int_equal(try_open(), 0);
}

static void test_not_mounted(void **state)
{
	(void)state;
	model.tracing = NULL;
	model.mountinfo = SYSFS;
	assert_int_equal(try_open(), 0); /* by a mount that nobody sees */
	model.mount_error = EPERM;
	assert_int_equal(try_open(), -EPERM);
	model.mount_error = ENODEV;
	assert_int_equal(try_open(), -ENODEV);
}

static void test_no_mountinfo(void **state)
{
	(void)state;
	model.mountinfo = "";
	model.mount_error = EPERM;
	assert_int_equal(try_open(), 0); /* it is where it is nearly always */
}

/* The kernel lacks the file: that, and not whether we may mount, is the answer. */
static void test_missing_file(void **state)
{
	(void)state;
	model.kprobe_events = false;
	assert_int_equal(try_open(), -ENOENT);
	model.mount_error = EPERM;
	assert_int_equal(try_open(), -ENOENT);
}

static void test_event_id(void **state)
{
	int file, dir = tracefs_open("events/syscalls/sys_enter_connect/id", O_RDONLY, &file);

	(void)state;
	assert_true(dir >= 0);
	assert_int_equal(tracefs_event_id(dir, "syscalls", "sys_enter_connect"), 21);
	assert_int_equal(tracefs_event_id(dir, "syscalls", "sys_enter_nothing"), -ENOENT);
	sys_close(file);
	sys_close(dir);
}

static void test_symbol_match(void **state)
{
	(void)state;
	assert_int_equal(symbol_match("unix_stream_connect", "unix_stream_connect"), 2);
	assert_int_equal(symbol_match("unix_stream_connect.llvm.123", "unix_stream_connect"), 1);
	assert_int_equal(symbol_match("unix_stream_connect.constprop.0", "unix_stream_connect"), 1);
	assert_int_equal(symbol_match("unix_stream_connect_x", "unix_stream_connect"), 0);
	assert_int_equal(symbol_match("unix_stream_connect.cold", "unix_stream_connect"), 0);
	assert_int_equal(symbol_match("unix_stream_connect.part.0", "unix_stream_connect"), 0);
	assert_int_equal(symbol_match("unix_stream", "unix_stream_connect"), 0);
	assert_int_equal(symbol_match("", "unix_stream_connect"), 0);
	assert_int_equal(symbol_match("__unix_stream_connect", "unix_stream_connect"), 0);
}

static void test_symbols(void **state)
{
	struct symbol symbols[] = {
		{.wanted = "netlink_connect"}, {.wanted = "unix_stream_connect"}, {.wanted = "nothing"}};

	(void)state;
	model_add_symbol("netlink_connect.llvm.77");
	model_add_symbol("unix_stream_connect.constprop.0");
	assert_int_equal(symbols_find(symbols, 3), 2);
	assert_string_equal(symbols[0].found, "netlink_connect.llvm.77");
	assert_string_equal(symbols[1].found, "unix_stream_connect"); /* the exact one, whatever comes later */
	assert_string_equal(symbols[2].found, "");
}

static void test_kconfig_lines(void **state)
{
	(void)state;
	assert_int_equal(kconfig_parse_line("CONFIG_KPROBES=y\n", "CONFIG_KPROBES"), KCONFIG_ON);
	assert_int_equal(kconfig_parse_line("CONFIG_KPROBES=m\n", "CONFIG_KPROBES"), KCONFIG_ON);
	assert_int_equal(kconfig_parse_line("CONFIG_KPROBES=n\n", "CONFIG_KPROBES"), KCONFIG_OFF);
	assert_int_equal(kconfig_parse_line("# CONFIG_KPROBES is not set\n", "CONFIG_KPROBES"), KCONFIG_OFF);
	assert_int_equal(kconfig_parse_line("CONFIG_KPROBES_ON_FTRACE=y\n", "CONFIG_KPROBES"), KCONFIG_UNKNOWN);
	assert_int_equal(kconfig_parse_line("# CONFIG_KPROBES_SANITY_TEST is not set\n", "CONFIG_KPROBES"),
			 KCONFIG_UNKNOWN);
	assert_int_equal(kconfig_parse_line("", "CONFIG_KPROBES"), KCONFIG_UNKNOWN);
	assert_int_equal(kconfig_parse_line("# CONFIG_KPROBES", "CONFIG_KPROBES"), KCONFIG_UNKNOWN);
	assert_int_equal(kconfig_parse_line("CONFIG_KPROBES", "CONFIG_KPROBES"), KCONFIG_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_mounted),
	TEST(test_elsewhere),
	TEST(test_debugfs_only),
	TEST(test_lines_that_are_not_it),
	TEST(test_last_line_without_newline),
	TEST(test_not_mounted),
	TEST(test_no_mountinfo),
	TEST(test_missing_file),
	TEST(test_event_id),
	TEST(test_symbol_match),
	TEST(test_symbols),
	TEST(test_kconfig_lines),
};

RUN(tests)
