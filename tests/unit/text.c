// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/output/text.c, escape.c: columns for people; nothing in them drives a terminal or forges a line. */
#include "test.h"

#include "output.h"
#include "record.h"
#include "strict_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char places[][80] = {"kprobe:security_socket_connect"};
static struct style style;
static struct attempt attempt;
static char line[BUFFER_LINE_MAX];
static size_t len;

static int start(void **state)
{
	(void)state;
	style = (struct style){.format = FORMAT_TEXT,
			       .places = places,
			       .wall = 1787393472123456789 - 81234567890,
			       .start = 80000000000};
	setenv("TZ", "UTC0", 1);
	tzset();
	return 0;
}

/* Characters that change how others are shown: zero-width ones, line ends, and what turns the direction. */
static const char *const drivers[] = {
	"\xe2\x80\x8b", "\xe2\x80\x8f", "\xe2\x80\xa8",	    "\xe2\x80\xa9",	"\xe2\x80\xaa", "\xe2\x80\xae",
	"\xe2\x81\xa0", "\xe2\x81\xa6", "\xe2\x81\xa9",	    "\xef\xbb\xbf",	"\xef\xbf\xb9", "\xef\xbf\xbb",
	"\xc2\xad",	"\xd8\x9c",	"\xf3\xa0\x80\x81", "\xf3\xa0\x81\xbf",
};

/* Nothing but printable characters: no C0, no DEL, no C1 (in UTF-8 or as bytes), none of the above. */
static void assert_harmless(void)
{
	assert_true(utf8_valid(line, len));
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		assert_true(c >= 0x20 && c != 0x7f);
		assert_false(c == 0xc2 && (unsigned char)line[i + 1] < 0xa0);
	}
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		assert_null(memmem(line, len, drivers[i], strlen(drivers[i])));
}

static const char *render_decoded(void)
{
	struct buffer buf = {.data = malloc(BUFFER_LINE_MAX), .size = BUFFER_LINE_MAX};

	render_attempt(&style, &buf, &attempt);
	assert_true(buf.len > 1 && buf.len <= BUFFER_LINE_MAX);
	assert_int_equal(buf.data[buf.len - 1], '\n');
	len = buf.len - 1;
	memcpy(line, buf.data, len);
	line[len] = '\0';
	free(buf.data);
	assert_harmless();
	return line;
}

static const char *render(struct event event)
{
	assert_true(record_decode(&attempt, &event));
	return render_decoded();
}

/* What stands in the last column. */
static const char *address_of(struct event event)
{
	const char *type = strstr(render(event), "SOCK_STREAM    ");

	assert_non_null(type);
	return type + strlen("SOCK_STREAM    ");
}

static void test_line(void **state)
{
	(void)state;
	assert_string_equal(render(record_inet("93.184.216.34", 443)),
			    "811     curl             5    SOCK_STREAM    93.184.216.34:443");
}

static void test_header_fits(void **state)
{
	char head[256] = "";
	struct buffer buf = {.data = head, .size = sizeof(head)};
	const char *columns[] = {"TIME ", "TIME(s)", "PID ",   "PPID", "USER",	   "COMM",
				 "FD",	  "TYPE",    "RESULT", "LAT",  "ADDRESS\n"};
	size_t last = 0;

	(void)state;
	style.header = style.clock = style.since_start = style.user = style.identity = style.result = true;
	render_header(&style, &buf);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *at = strstr(head, columns[i]);

		assert_non_null(at);
		assert_true(i == 0 || (size_t)(at - head) > last);
		last = (size_t)(at - head);
	}
	/* The titles stand above what they title. */
	render(record_inet("1.2.3.4", 5));
	assert_ptr_equal(strstr(line, "1.2.3.4:5"), line + last);
	assert_ptr_equal(strstr(line, "curl"), line + (strstr(head, "COMM") - head));
	assert_ptr_equal(strstr(line, "811"), line + (strstr(head, "PID") - head));
	assert_ptr_equal(strstr(line, "1000"), line + (strstr(head, "USER") - head));
	style.header = false;
	buf.len = 0;
	render_header(&style, &buf);
	assert_int_equal(buf.len, 0);
}

static struct event widest(void)
{
	struct event event = record_inet("255.255.255.255", 65535);

	event.pid_tgid = 4194304ULL << 32;
	memset(event.comm, 'w', sizeof(event.comm));
	event.sockfd = 1021;
	event.type = SOCK_SEQPACKET;
	return event;
}

static void test_under_80_columns(void **state)
{
	(void)state;
	assert_true(strlen(render(widest())) < 80);
	style.clock = true;
	assert_true(strlen(render(widest())) < 80);
	style.clock = false;
	style.since_start = true;
	assert_true(strlen(render(widest())) < 80);
}

static void test_addresses(void **state)
{
	struct event event;

	(void)state;
	assert_string_equal(address_of(record_inet("1.2.3.4", 0)), "1.2.3.4:0");
	assert_string_equal(address_of(record_inet6("2001:db8::1", 443, 0)), "[2001:db8::1]:443");
	assert_string_equal(address_of(record_inet6("fe80::1", 443, 2)), "[fe80::1%2]:443");
	assert_string_equal(address_of(record_inet6("::ffff:1.2.3.4", 443, 0)), "[::ffff:1.2.3.4]:443");
	event = record_inet("1.2.3.4", 443);
	event.addrlen = 7;
	assert_string_equal(address_of(event), "?:443");
	event.addrlen = 3;
	assert_string_equal(address_of(event), "?:?");
	event.addrlen = 1;
	assert_string_equal(address_of(event), "(addrlen 1)");
	event.addrlen = 0;
	assert_string_equal(address_of(event), "(addrlen 0)");
	event = record_inet6("::1", 1, 0);
	event.addrlen = 23;
	assert_string_equal(address_of(event), "[?]:1");
	event.addrlen = 28;
	event.flags = EVENT_ADDR_FAULT;
	assert_string_equal(address_of(event), "(unreadable)");
	assert_string_equal(address_of(record("\0\0", 2)), "disconnect");
	assert_string_equal(address_of(record("\x10\0\1\2", 4)), "AF_NETLINK 10000102");
	assert_string_equal(address_of(record("\xc8\0", 2)), "AF_200 c800");
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		size_t len;
		const char *shown;
	} rows[] = {
		{"/run/x", 7, "/run/x"},
		{"./x", 3, "./x"},
		{"/a b", 4, "\"/a b\""},
		{"rel", 3, "\"rel\""},
		{"@x", 2, "\"@x\""},
		{"\0x", 2, "@\"x\""},
		{"\0", 1, "@\"\""},
		{"\0a\0\0", 4, "@\"a\\x00\\x00\""},
		{"", 0, "(unnamed)"},
		{"(unnamed)", 9, "\"(unnamed)\""},
		{"disconnect", 10, "\"disconnect\""},
		{"1.2.3.4:5", 9, "\"1.2.3.4:5\""},
		{"/a\"b", 4, "\"/a\\\"b\""},
		{"/a\\b", 4, "\"/a\\\\b\""},
		{"/a\nforged", 9, "\"/a\\x0aforged\""},
		{"/\033[2J", 5, "\"/\\x1b[2J\""},
		{"/\x7f", 2, "\"/\\x7f\""},
		{"/\xff", 2, "\"/\\xff\""},
		{"/\xc2\x9b", 3, "\"/\\xc2\\x9b\""},
		{"/\xe2\x80\xae", 4, "\"/\\xe2\\x80\\xae\""},
		{"/\xc3\xa4", 3, "\"/\xc3\xa4\""},
		{"/\xe2\x82", 3, "\"/\\xe2\\x82\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(address_of(record_unix(rows[i].path, rows[i].len)), rows[i].shown);
}

static void test_drivers_are_escaped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		char path[16];

		snprintf(path, sizeof(path), "/%sx", drivers[i]);
		assert_non_null(strstr(address_of(record_unix(path, strlen(path))), "\\x"));
	}
}

/* Reads a quoted column back; what it says must be the bytes. */
static size_t unquote(const char *from, uint8_t *bytes)
{
	size_t count = 0;

	assert_int_equal(*from++, '"');
	for (; *from != '"'; count++) {
		unsigned int byte;

		assert_int_not_equal(*from, '\0');
		if (*from == '\\' && from[1] == 'x') {
			assert_int_equal(sscanf(from + 2, "%2x", &byte), 1);
			bytes[count] = (uint8_t)byte;
			from += 4;
		} else {
			from += *from == '\\';
			bytes[count] = (uint8_t)*from++;
		}
	}
	return count;
}

static void test_every_two_bytes_can_be_read_back(void **state)
{
	(void)state;
	for (unsigned int pair = 0; pair < 65536; pair++) {
		uint8_t name[] = {0, 'x', (uint8_t)(pair >> 8), (uint8_t)pair}, back[16];
		const char *shown = address_of(record_unix(name, sizeof(name)));

		assert_int_equal(shown[0], '@');
		assert_int_equal(unquote(shown + 1, back), 3);
		assert_memory_equal(back, name + 1, 3);
	}
}

static void test_every_byte_in_comm(void **state)
{
	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		struct event event = record_inet("1.2.3.4", 5);
		uint8_t back[64];

		memset(event.comm, 0, sizeof(event.comm));
		event.comm[0] = 'c';
		event.comm[1] = (char)byte;
		render(event);
		if (line[8] == '"') {
			assert_int_equal(unquote(line + 8, back), 2);
			assert_memory_equal(back, event.comm, 2);
		} else {
			/* Only what can't be taken for two columns or for a quoted word stands as it is. */
			assert_true(byte > ' ' && byte < 0x7f && byte != '"' && byte != '\\');
			assert_memory_equal(line + 8, event.comm, 2);
		}
		memset(event.comm, (int)byte, sizeof(event.comm));
		render(event);
	}
}

static void test_empty_comm(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	memset(event.comm, 0, sizeof(event.comm));
	assert_non_null(strstr(render(event), "811     \"\" "));
}

static void test_time_of_day(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	style.clock = true;
	assert_memory_equal(render(event), "10:11:12.123 811 ", 17);
	event.time += 876543211; /* the next second, to the nanosecond */
	assert_memory_equal(render(event), "10:11:13.000 811 ", 17);
	event.time -= 876543211;
	assert_memory_equal(render(event), "10:11:12.123 811 ", 17);
	setenv("TZ", "XXX-5:30", 1);
	tzset();
	style.cache.text[0] = '\0';
	assert_memory_equal(render(event), "15:41:12.123 811 ", 17);
	setenv("TZ", "UTC0", 1);
	tzset();
}

static void test_since_start(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	style.since_start = true;
	assert_memory_equal(render(event), "1.234567    811 ", 16);
	event.time = style.start;
	assert_memory_equal(render(event), "0.000000    811 ", 16);
	event.time = style.start - 1; /* it was on its way when we started */
	assert_memory_equal(render(event), "0.000000    811 ", 16);
}

static void test_descriptor_and_type(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	event.sockfd = -1;
	event.flags = EVENT_TYPE_UNKNOWN;
	assert_string_equal(render(event), "811     curl             -1   -              1.2.3.4:5");
	event.flags = 0;
	event.type = 99;
	assert_string_equal(render(event), "811     curl             -1   SOCK_99        1.2.3.4:5");
}

static void test_marks(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	record_decode(&attempt, &event);
	attempt.kernel = true;
	attempt.tags = TAG_NSCD;
	render_decoded();
	assert_non_null(strstr(line, "1.2.3.4:5 kernel nscd"));
	attempt.tags |= TAG_ADDR_SELECT;
	render_decoded();
	assert_non_null(strstr(line, "1.2.3.4:5 kernel addr_select nscd"));
	event.flags = EVENT_USER_MEMORY | EVENT_TYPE_UNKNOWN;
	assert_string_equal(render(event), "811     curl             5    ~              1.2.3.4:5");
	event.flags = EVENT_USER_MEMORY;
	assert_string_equal(render(event), "811     curl             5    SOCK_STREAM~   1.2.3.4:5");
}

/* The mark of the tracepoint hook is in a column that was there before it. */
static void test_marked_under_80_columns(void **state)
{
	struct event event = widest();

	(void)state;
	event.flags = EVENT_USER_MEMORY | EVENT_TYPE_UNKNOWN;
	style.clock = true;
	assert_true(strlen(render(event)) < 80);
}

static const char *result_of(enum outcome outcome, int error, int verdict, uint64_t ns)
{
	attempt.result =
		(struct result){.outcome = outcome, .has_verdict = true, .verdict = verdict, .error = error, .ns = ns};
	render_decoded();
	return strstr(line, "SOCK_STREAM    ") + strlen("SOCK_STREAM    ");
}

static void test_result(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	style.result = true;
	assert_string_equal(render(event),
			    "811     curl             5    SOCK_STREAM    -            -       1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_UNKNOWN, 0, 0, 5), "?            -       1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_SUCCESS, 0, 0, 0), "ok           0us     1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_SUCCESS, 0, 0, 999999), "ok           999us   1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_SUCCESS, 0, 0, 1000000), "ok           1.0ms   1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_SUCCESS, 0, 0, 999999999), "ok           999.9ms 1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_SUCCESS, 0, 0, 31999999999), "ok           31.9s   1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_IN_PROGRESS, -EINPROGRESS, 0, 45678), "EINPROGRESS  45us    1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_FAILURE, -ECONNREFUSED, 0, 45678), "ECONNREFUSED 45us    1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_FAILURE, -EPERM, -EPERM, 45678), "lsm:EPERM    45us    1.2.3.4:5");
	assert_string_equal(result_of(OUTCOME_FAILURE, -EPROTONOSUPPORT, 0, 1), "EPROTONOSUPPORT 0us     1.2.3.4:5");
}

static void test_who(void **state)
{
	static const char args[] = "curl\0a b\0\0\033";
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	style.identity = style.names = style.args = true;
	assert_string_equal(render(event), "811     -       curl             5    SOCK_STREAM    1.2.3.4:5");
	attempt.identity = (struct identity){.parts = IDENTITY_PPID, .ppid = 700};
	attempt.domain = "example.org";
	attempt.about = (struct about){.from = FROM_PROC,
				       .exe = "/usr/bin/curl",
				       .container = "0123456789abcdef0123456789abcdef",
				       .args = args,
				       .args_len = sizeof(args),
				       .args_cut = true};
	assert_string_equal(
		render_decoded(),
		"811     700     curl             5    SOCK_STREAM    1.2.3.4:5 (example.org) exe=/usr/bin/curl "
		"container=0123456789ab -- curl \"a b\" \"\" \"\\x1b\" ...");
	attempt.domain = "a b)\n";
	attempt.about.exe = "/x y";
	attempt.about.container = attempt.about.args = NULL;
	assert_non_null(strstr(render_decoded(), "1.2.3.4:5 (\"a b)\\x0a\") exe=\"/x y\""));
}

static void test_users(void **state)
{
	char path[] = "/tmp/passwd-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	(void)state;
	fputs("root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\nbob:x:1000:1000::/:/bin/sh\n"
	      "empty::1001:1:::\n# a comment\n\nbroken:x:y:\nev\033il:x:1002:1::/:\n",
	      file);
	fclose(file);
	style.user = true;
	style.users = users_read(path);
	unlink(path);
	assert_non_null(strstr(render(record_inet("1.2.3.4", 5)), "811     alice      curl "));
	assert_string_equal(users_name(style.users, 1001), "empty");
	assert_null(users_name(style.users, 77));
	attempt.uid = 1002;
	render_decoded();
	assert_non_null(strstr(line, "\"ev\\x1bil\""));
	attempt.uid = 77;
	assert_non_null(strstr(render_decoded(), "811     77         curl "));
	users_free(style.users);
	style.users = users_read("/nonexistent/passwd");
	assert_non_null(strstr(render_decoded(), "811     77         curl "));
	users_free(style.users);
	style.users = NULL;
	assert_non_null(strstr(render_decoded(), "811     77         curl "));
}

/* In text these are said on standard error. */
static void test_other_objects(void **state)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};
	const struct accounts accounts = {.attempts = 1};

	(void)state;
	render_lost(&style, &buf, 1, 2);
	render_summary(&style, &buf, &accounts);
	assert_int_equal(buf.len, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_line),
	TEST(test_header_fits),
	TEST(test_under_80_columns),
	TEST(test_addresses),
	TEST(test_paths),
	TEST(test_drivers_are_escaped),
	TEST(test_every_two_bytes_can_be_read_back),
	TEST(test_every_byte_in_comm),
	TEST(test_empty_comm),
	TEST(test_time_of_day),
	TEST(test_since_start),
	TEST(test_descriptor_and_type),
	TEST(test_marks),
	TEST(test_marked_under_80_columns),
	TEST(test_result),
	TEST(test_who),
	TEST(test_users),
	TEST(test_other_objects),
};

RUN(tests)
