// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/output/json.c, escape.c: valid, complete, in order, and lossless for every byte that others may choose. */
#include "test.h"

#include "output.h"
#include "record.h"
#include "strict_json.h"

#include <stdio.h>
#include <stdlib.h>

static const char places[][80] = {"kprobe:security_socket_connect", "proto:unix_stream_connect"};
static struct style style;
static struct attempt attempt;
static char line[BUFFER_LINE_MAX];
static size_t len;

static int start(void **state)
{
	(void)state;
	style = (struct style){.format = FORMAT_JSON, .places = places, .wall = 1787393472123456789 - 81234567890};
	return 0;
}

/* Renders into a block that ends where the room ends; the line without its newline is left in `line`. */
static const char *render(struct event event)
{
	struct buffer buf = {.data = malloc(BUFFER_LINE_MAX), .size = BUFFER_LINE_MAX};

	assert_true(record_decode(&attempt, &event));
	render_attempt(&style, &buf, &attempt);
	assert_true(buf.len > 1 && buf.len <= BUFFER_LINE_MAX);
	assert_int_equal(buf.data[buf.len - 1], '\n');
	len = buf.len - 1;
	memcpy(line, buf.data, len);
	line[len] = '\0';
	free(buf.data);
	if (!json_valid(line, len))
		print_error("%s\n", line);
	assert_true(json_valid(line, len));
	return line;
}

static const char *address_of(struct event event)
{
	char *at = strstr(render(event), "\"remote_addr\":"), *end;

	if (!at)
		return "";
	end = strstr(at, "},\"via\"");
	assert_non_null(end);
	end[1] = '\0';
	return at + strlen("\"remote_addr\":");
}

static void assert_string(const char *key, const void *bytes, size_t size)
{
	char found[1024];

	assert_int_equal(json_string(line, len, key, found, sizeof(found)), (int)size);
	assert_memory_equal(found, bytes, size);
}

static void assert_hex(const char *key, const uint8_t *bytes, size_t size)
{
	char hex[512];

	for (size_t i = 0; i < size; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	assert_string(key, hex, 2 * size);
}

static bool has_key(const char *key)
{
	char found[1024];

	return json_string(line, len, key, found, sizeof(found)) >= 0;
}

static void test_whole_line(void **state)
{
	(void)state;
	assert_string_equal(render(record_inet("93.184.216.34", 443)),
			    "{\"event\":\"security_socket_connect\",\"time\":\"2026-08-22T10:11:12.123456789Z\","
			    "\"ktime_ns\":\"81234567890\",\"cpu\":1,\"pid\":811,\"tid\":812,\"uid\":1000,\"gid\":1001,"
			    "\"comm\":\"curl\",\"sockfd\":5,\"type\":\"SOCK_STREAM\",\"addrlen\":16,"
			    "\"remote_addr\":{\"family\":\"AF_INET\",\"addr\":\"93.184.216.34\",\"port\":443},"
			    "\"via\":\"connect\",\"hook\":\"kprobe:security_socket_connect\"}");
}

static void test_keys(void **state)
{
	struct event event = record_unix("/\n", 2);
	char keys[512];

	(void)state;
	event.flags = EVENT_COMPAT | EVENT_USER_MEMORY;
	event.comm[1] = '\n';
	event.place = 1;
	render(event);
	json_keys(line, len, "", keys, sizeof(keys));
	assert_string_equal(keys,
			    "event,time,ktime_ns,cpu,pid,tid,uid,gid,comm,comm_hex,sockfd,type,addrlen,remote_addr,via,"
			    "compat,addr_source,hook");
	json_keys(line, len, "remote_addr", keys, sizeof(keys));
	assert_string_equal(keys, "family,path,path_hex");
	assert_string("hook", "proto:unix_stream_connect", 25);
}

static void test_addresses(void **state)
{
	struct event event;

	(void)state;
	assert_string_equal(address_of(record_inet("0.0.0.0", 0)),
			    "{\"family\":\"AF_INET\",\"addr\":\"0.0.0.0\",\"port\":0}");
	assert_string_equal(
		address_of(record_inet6("fe80::1", 443, 2)),
		"{\"family\":\"AF_INET6\",\"addr\":\"fe80::1\",\"port\":443,\"flowinfo\":0,\"scope_id\":2}");
	assert_string_equal(
		address_of(record_inet6("::ffff:1.2.3.4", 1, 0)),
		"{\"family\":\"AF_INET6\",\"addr\":\"::ffff:1.2.3.4\",\"port\":1,\"flowinfo\":0,\"scope_id\":0}");
	event = record_inet6("2001:db8::1", 65535, 7);
	event.addrlen = 24;
	event.addr[4] = 0x01;
	assert_string_equal(address_of(event),
			    "{\"family\":\"AF_INET6\",\"addr\":\"2001:db8::1\",\"port\":65535,\"flowinfo\":16777216}");
	event = record_inet("1.2.3.4", 443);
	event.addrlen = 4;
	assert_string_equal(address_of(event), "{\"family\":\"AF_INET\",\"port\":443}");
	event.addrlen = 7;
	assert_string_equal(address_of(event), "{\"family\":\"AF_INET\",\"port\":443}");
	event.addrlen = 3;
	assert_string_equal(address_of(event), "{\"family\":\"AF_INET\"}");
	event.addrlen = 1;
	assert_string_equal(address_of(event), "{\"raw\":\"02\"}");
	event.addrlen = 0;
	assert_string_equal(address_of(event), "{}");
	assert_string_equal(address_of(record_unix("/run/dbus/system_bus_socket", 28)),
			    "{\"family\":\"AF_UNIX\",\"path\":\"/run/dbus/system_bus_socket\"}");
	assert_string_equal(address_of(record_unix("\0name", 5)),
			    "{\"family\":\"AF_UNIX\",\"path\":\"name\",\"abstract\":true}");
	assert_string_equal(address_of(record_unix("@name", 5)), "{\"family\":\"AF_UNIX\",\"path\":\"@name\"}");
	assert_string_equal(address_of(record_unix("", 0)), "{\"family\":\"AF_UNIX\"}");
	assert_string_equal(
		address_of(record_unix("\0a\0\0", 4)),
		"{\"family\":\"AF_UNIX\",\"path\":\"a\\u0000\\u0000\",\"path_hex\":\"610000\",\"abstract\":true}");
	assert_string_equal(address_of(record("\x10\0\0\0\1\2\3\4", 8)),
			    "{\"family\":\"AF_NETLINK\",\"raw\":\"1000000001020304\"}");
	assert_string_equal(address_of(record("\xc8\0\xff", 3)), "{\"family\":\"AF_200\",\"raw\":\"c800ff\"}");
	assert_string_equal(address_of(record("\0\0", 2)), "{\"family\":\"AF_UNSPEC\",\"raw\":\"0000\"}");
	assert_non_null(strstr(render(record("\0\0", 2)), ",\"disconnect\":true,"));
}

/* The first byte that is not the caller's must not show in any form, at any length of any family. */
static void test_no_stale_byte(void **state)
{
	static const uint16_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, 200};

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		for (int32_t addrlen = 0; addrlen <= ADDR_MAX; addrlen++) {
			uint8_t addr[ADDR_MAX] = {0};
			struct event event;
			char once[BUFFER_LINE_MAX];

			memset(addr + 2, 'y', sizeof(addr) - 2);
			memcpy(addr, &families[i], 2);
			event = record(addr, addrlen);
			strcpy(once, render(event));
			memset(event.addr + addrlen, 0x5c, sizeof(event.addr) - (size_t)addrlen);
			assert_string_equal(render(event), once);
		}
	}
}

static void test_what_is_not_known_is_not_there(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	event.flags = EVENT_ADDR_FAULT | EVENT_TYPE_UNKNOWN;
	render(event);
	assert_null(strstr(line, "remote_addr"));
	assert_null(strstr(line, "\"type\""));
	assert_non_null(strstr(line, "\"addrlen\":16,\"via\""));
	event.flags = 0;
	event.sockfd = -1;
	event.via = VIA_IO_URING;
	event.type = 99;
	render(event);
	assert_non_null(strstr(line, "\"sockfd\":-1,\"type\":\"SOCK_99\""));
	assert_non_null(strstr(line, "\"via\":\"io_uring\""));
	assert_null(strstr(line, "compat"));
	event.addrlen = -7;
	assert_non_null(strstr(render(event), "\"addrlen\":-7,"));
}

static void test_extreme_numbers(void **state)
{
	struct event event = record_inet("1.2.3.4", 65535);

	(void)state;
	event.pid_tgid = event.uid_gid = UINT64_MAX;
	event.sockfd = INT32_MIN;
	event.time = UINT64_MAX;
	style.wall = 0;
	render(event);
	assert_non_null(strstr(line, "\"ktime_ns\":\"18446744073709551615\""));
	assert_non_null(strstr(line, "\"pid\":4294967295,\"tid\":4294967295,\"uid\":4294967295,\"gid\":4294967295"));
	assert_non_null(strstr(line, "\"sockfd\":-2147483648"));
	event.time = 0;
	render(event);
	assert_string("time", "1970-01-01T00:00:00.000000000Z", 30);
}

/* A second is looked up once, but each line has its own. */
static void test_time_of_each_line(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	for (uint64_t ns = 0; ns < 3000000000; ns += 250000001) {
		char wanted[64];
		uint64_t wall = 123456789 + ns;

		event.time = 81234567890 + ns;
		render(event);
		snprintf(wanted, sizeof(wanted), "2026-08-22T10:11:%02llu.%09lluZ",
			 12 + (unsigned long long)(wall / 1000000000), (unsigned long long)(wall % 1000000000));
		assert_string("time", wanted, strlen(wanted));
	}
}

/* What must come with a hex form: not UTF-8, NUL, C0, DEL, C1. */
static bool wants_hex(const uint8_t *bytes, size_t size)
{
	if (!utf8_valid((const char *)bytes, size))
		return true;
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] < 0x20 || bytes[i] == 0x7f || (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return true;
	}
	return false;
}

static void check_path(const uint8_t *path, size_t size, bool abstract)
{
	uint8_t name[108] = {0};

	memcpy(name + abstract, path, size);
	render(record_unix(name, size + abstract));
	assert_true(has_key("path"));
	assert_int_equal(has_key("path_hex"), wants_hex(path, size));
	if (has_key("path_hex"))
		assert_hex("path_hex", path, size);
	else
		assert_string("path", path, size);
}

static void test_every_byte_in_a_path(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		uint8_t path[] = {'/', 'a', (uint8_t)byte, 'b'}, whole[107];

		if (byte)
			check_path(path, sizeof(path), false);
		check_path(path, sizeof(path), true);
		memset(whole, (int)byte, sizeof(whole));
		check_path(whole, sizeof(whole), true);
	}
}

static void test_every_two_bytes_in_a_name(void **state)
{
	(void)state;
	for (unsigned int pair = 0; pair < 65536; pair++)
		check_path((uint8_t[]){'x', (uint8_t)(pair >> 8), (uint8_t)pair}, 3, true);
}

static void test_utf8(void **state)
{
	/* Valid and invalid: overlong forms, surrogates, beyond U+10FFFF, cut off. */
	static const char *const names[] = {
		"\xc3\xa4",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
		"\xf4\x8f\xbf\xbf",
		"\xef\xbf\xbd",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xc0\xaf",
		"\xc1\xbf",
		"\xe0\x80\xaf",
		"\xf0\x80\x80\xaf",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xc3",
		"\xe2\x82",
		"\xf0\x9f\x98",
		"\x80",
		"\xbf",
		"\xfe",
		"\xff",
		"\xe2\x82\"",
		"\xc3\\",
		"\xc2\x85",
		"\xc2\x9b",
		"\xc2\xa0",
		"\xe2\x80\xae",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_path((const uint8_t *)names[i], strlen(names[i]), true);
}

/* A sequence that the end of the name cuts off must not be completed by the bytes behind it. */
static void test_sequence_across_the_end(void **state)
{
	struct event event = record_unix("/\xe2\x82", 3);

	(void)state;
	event.addr[5] = 0xac;
	render(event);
	assert_hex("path_hex", (const uint8_t *)"/\xe2\x82", 3);
}

static void test_every_byte_in_comm(void **state)
{
	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		struct event event = record_inet("1.2.3.4", 5);

		memset(event.comm, (int)byte, sizeof(event.comm));
		render(event);
		assert_int_equal(has_key("comm_hex"), wants_hex((uint8_t *)event.comm, 16));
		if (has_key("comm_hex"))
			assert_hex("comm_hex", (uint8_t *)event.comm, 16);
		else
			assert_string("comm", event.comm, 16);
	}
}

static void test_other_objects(void **state)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};
	const struct accounts accounts = {.attempts = 10, .shown = 5, .filtered = 3, .lost = 2};
	const struct finding_of_health finding = {.check = "canary", .count = 4, .detail = "a \"b\""};
	struct accounts watched;

	(void)state;
	render_lost(&style, &buf, 3, 12345678901);
	assert_memory_equal(line, "{\"event\":\"lost\",\"cpu\":3,\"count\":12345678901}\n", buf.len);
	assert_true(json_valid(line, buf.len - 1));
	buf.len = 0;
	render_summary(&style, &buf, &accounts);
	assert_memory_equal(line, "{\"event\":\"summary\",\"attempts\":10,\"shown\":5,\"filtered\":3,\"lost\":2}\n",
			    buf.len);
	assert_true(json_valid(line, buf.len - 1));
	buf.len = 0;
	style.header = true;
	render_header(&style, &buf);
	assert_int_equal(buf.len, 0);
	watched = accounts;
	watched.watched = true;
	watched.canaries = 9;
	watched.canaries_missed = 8;
	watched.gaps = 7;
	watched.missed_hits = 6;
	watched.broken_events = 5;
	buf.len = 0;
	render_summary(&style, &buf, &watched);
	line[buf.len] = '\0';
	assert_string_equal(
		line, "{\"event\":\"summary\",\"attempts\":10,\"shown\":5,\"filtered\":3,\"lost\":2,\"canaries\":9,"
		      "\"canaries_missed\":8,\"gaps\":7,\"missed_hits\":6,\"broken_events\":5}\n");
	buf.len = 0;
	render_health(&style, &buf, &finding);
	assert_true(json_valid(line, buf.len - 1));
	assert_memory_equal(line, "{\"event\":\"health\",\"time\":\"20", 28);
	line[buf.len] = '\0';
	assert_non_null(
		strstr(line, "Z\",\"check\":\"canary\",\"ok\":false,\"count\":4,\"detail\":\"a \\\"b\\\"\"}\n"));
}

/* The checks above are worth what the reader is. */
static void test_reader_is_strict(void **state)
{
	static const char *const good[] = {"{}", "[]", "{\"a\":1}", "[1,-2,\"x\",true,false,null]", "\"\\u00e4\\n\""};
	static const char *const bad[] = {
		"",	  "{",	      "{}x",	  "{\"a\":01}",	      "{\"a\":1,}",   "{\"a\":1,\"a\":2}",
		"\"\n\"", "\"\x80\"", "\"\\x\"",  "\"\\u00g0\"",      "\"\\ud800\"",  "\"a",
		"{a:1}",  "[1 ,2]",   "{\"a\":}", "\"\xed\xa0\x80\"", "\"\xc0\xaf\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(json_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(json_valid(bad[i], strlen(bad[i])));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_whole_line),
	TEST(test_keys),
	TEST(test_addresses),
	TEST(test_no_stale_byte),
	TEST(test_what_is_not_known_is_not_there),
	TEST(test_extreme_numbers),
	TEST(test_time_of_each_line),
	TEST(test_every_byte_in_a_path),
	TEST(test_every_two_bytes_in_a_name),
	TEST(test_utf8),
	TEST(test_sequence_across_the_end),
	TEST(test_every_byte_in_comm),
	TEST(test_other_objects),
	TEST(test_reader_is_strict),
};

RUN(tests)
