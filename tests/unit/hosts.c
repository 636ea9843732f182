// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/names/hosts.c: lines as people write them, and a file that others change while it is read. */
#include "test.h"

#include "../../loader/names/private.h"
#include "model.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct secret secret = {{1, 2}};
static char path[] = "/tmp/connsnoop-hosts-XXXXXX";
static struct hosts hosts;
static uint64_t now;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	hosts = (struct hosts){.path = path, .secret = &secret};
	now = 5 * SECOND;
	return 0;
}

static int end(void **state)
{
	(void)state;
	hosts_close(&hosts);
	unlink(path);
	return model_leaks();
}

static void write_file(const char *name, const void *text, size_t len)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void write_hosts(const char *text)
{
	write_file(path, text, strlen(text));
}

static const char *find(const char *text)
{
	uint8_t addr[ADDR_SIZE], inet[4];

	if (inet_pton(AF_INET, text, inet) == 1)
		map_inet(addr, inet);
	else
		assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return hosts_find(&hosts, addr, now);
}

static void test_usual(void **state)
{
	(void)state;
	write_hosts("# comment\n"
		    "127.0.0.1\tlocalhost\n"
		    "127.0.1.1\tbox.example.org box\n"
		    "\n"
		    "  192.0.2.1   printer # alias: laser\n"
		    "192.0.2.2 a#b\n"
		    "::1     localhost ip6-localhost\r\n"
		    "fe80::1%lo0 linklocal\n"
		    "2001:db8::7 six.example\n"
		    "::ffff:192.0.2.9 mapped\n");
	assert_string_equal(find("127.0.0.1"), "localhost");
	assert_string_equal(find("127.0.1.1"), "box.example.org");
	assert_string_equal(find("192.0.2.1"), "printer");
	assert_string_equal(find("192.0.2.2"), "a");
	assert_string_equal(find("::1"), "localhost");
	assert_string_equal(find("fe80::1"), "linklocal");
	assert_string_equal(find("2001:db8::7"), "six.example");
	assert_string_equal(find("192.0.2.9"), "mapped");
	assert_null(find("192.0.2.3"));
}

static void test_what_is_no_line(void **state)
{
	(void)state;
	write_hosts("192.0.2.1\n"
		    "192.0.2.2 \n"
		    "192.0.2.3 #name\n"
		    "192.0.2 name\n"
		    "192.0.2.256 name\n"
		    "name 192.0.2.4\n"
		    "#192.0.2.5 name\n"
		    "192.0.2.6\r\n"
		    "192.0.2.7 last-one");
	for (int i = 1; i < 7; i++) {
		char text[32];

		snprintf(text, sizeof(text), "192.0.2.%d", i);
		assert_null(find(text));
	}
	assert_string_equal(find("192.0.2.7"), "last-one");
}

static void test_first_line_counts(void **state)
{
	(void)state;
	write_hosts("192.0.2.1 one\n192.0.2.1 two\n0.0.0.0 tracker.example\n0.0.0.0 ads.example\n");
	assert_string_equal(find("192.0.2.1"), "one");
	assert_string_equal(find("0.0.0.0"), "tracker.example");
}

static void test_hostile_bytes(void **state)
{
	static const char text[] = "192.0.2.1 a\x1b[31m\xc3\xa4\\\"\n192.0.2.2 b\0c\n192.0.2.3 d\n";
	char longest[512] = "192.0.2.4 ";

	(void)state;
	write_file(path, text, sizeof(text) - 1);
	assert_string_equal(find("192.0.2.1"), "a\\027[31m\\195\\164\\\\\"");
	assert_string_equal(find("192.0.2.2"), "b");
	assert_string_equal(find("192.0.2.3"), "d");
	memset(longest + 10, 'n', NAME_MAX_LEN);
	write_hosts(longest);
	now += SECOND;
	assert_int_equal(strlen(find("192.0.2.4")), NAME_MAX_LEN);
	longest[10 + NAME_MAX_LEN] = 'n';
	write_hosts(longest);
	now += SECOND;
	assert_null(find("192.0.2.4"));
}

/* Lines that are longer than what is read at once are passed over, whatever stands in them. */
static void test_long_lines(void **state)
{
	static char text[400000];
	size_t at = 0;

	(void)state;
	memset(text, ' ', sizeof(text));
	for (int i = 0; i < 4; i++) {
		at += (size_t)sprintf(text + at, "192.0.2.%d host%d", i, i);
		text[at] = i % 2 ? ' ' : '\n';
		at += i % 2 ? 65500 + 40 * (size_t)i : 1;
		if (i % 2)
			at += (size_t)sprintf(text + at, " 10.0.0.%d tail\n", i);
	}
	write_file(path, text, at);
	assert_string_equal(find("192.0.2.0"), "host0");
	assert_null(find("192.0.2.1"));
	assert_string_equal(find("192.0.2.2"), "host2");
	assert_null(find("192.0.2.3"));
	assert_null(find("10.0.0.1"));
	assert_null(find("10.0.0.3"));
	/* in every length around the limit the line behind it is whole */
	for (size_t len = 65530; len < 65545; len++) {
		memset(text, 'x', len);
		strcpy(text + len, "\n192.0.2.8 behind\n");
		write_hosts(text);
		now += SECOND;
		assert_string_equal(find("192.0.2.8"), "behind");
		write_hosts("");
		now += SECOND;
		assert_null(find("192.0.2.8"));
	}
}

static void test_many(void **state)
{
	FILE *file = fopen(path, "w");

	(void)state;
	for (int i = 0; i < 20000; i++)
		fprintf(file, "10.1.%d.%d host%d\n", i / 256, i % 256, i);
	fclose(file);
	assert_string_equal(find("10.1.0.0"), "host0");
	assert_string_equal(find("10.1.63.255"), "host16383");
	assert_null(find("10.1.64.0"));
	assert_int_equal(book_count(hosts.book), BOOK_ENTRIES);
}

static void test_changes(void **state)
{
	char other[sizeof(path) + 4];
	struct stat status;

	(void)state;
	write_hosts("192.0.2.1 one\n");
	assert_string_equal(find("192.0.2.1"), "one");
	write_hosts("192.0.2.1 another\n");
	now += SECOND - 1;
	assert_string_equal(find("192.0.2.1"), "one");
	now++;
	assert_string_equal(find("192.0.2.1"), "another");
	/* another file in its place, of the same size and time */
	snprintf(other, sizeof(other), "%s.new", path);
	write_file(other, "192.0.2.1 aNother\n", 18);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(utimensat(AT_FDCWD, other, (struct timespec[]){status.st_atim, status.st_mtim}, 0), 0);
	assert_int_equal(rename(other, path), 0);
	assert_string_equal(find("192.0.2.1"), "another");
	hosts.looked = false;
	assert_string_equal(find("192.0.2.1"), "aNother");
	unlink(path);
	now += SECOND;
	assert_null(find("192.0.2.1"));
	write_hosts("192.0.2.1 back\n");
	now += SECOND;
	assert_string_equal(find("192.0.2.1"), "back");
}

/* A file that did not change is not read again. */
static void test_reads_once(void **state)
{
	int calls;

	(void)state;
	write_hosts("192.0.2.1 one\n");
	find("192.0.2.1");
	calls = model.calls;
	for (int i = 0; i < 100; i++)
		find("192.0.2.1");
	assert_int_equal(model.calls, calls);
	now += SECOND;
	find("192.0.2.1");
	assert_int_equal(model.calls, calls + 1);
}

static void test_can_not_be_read(void **state)
{
	(void)state;
	hosts.path = "/tmp";
	assert_null(find("192.0.2.1"));
	hosts.path = "/nowhere/hosts";
	now += SECOND;
	assert_null(find("192.0.2.1"));
	hosts.path = path;
	write_hosts("192.0.2.1 one\n");
	for (int call = 1; call < 4; call++) {
		now += SECOND;
		memset(&hosts.seen, 0, sizeof(hosts.seen));
		model.fail_at = model.calls + call;
		model.fail_error = EIO;
		find("192.0.2.1");
	}
	memset(&hosts.seen, 0, sizeof(hosts.seen));
	now += SECOND;
	assert_string_equal(find("192.0.2.1"), "one");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_usual),	  TEST(test_what_is_no_line), TEST(test_first_line_counts),
	TEST(test_hostile_bytes), TEST(test_long_lines),      TEST(test_many),
	TEST(test_changes),	  TEST(test_reads_once),      TEST(test_can_not_be_read),
};

RUN(tests)
