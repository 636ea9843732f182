// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/count/: keys, rows, and tables in each format; nothing that others chose forges a row or drives a terminal. */
#include "test.h"

#include "count/private.h"
#include "model.h"
#include "record.h"
#include "strict_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define OUTPUT_SIZE (1 << 20)

#define BY_DEFAULT (BY(BY_PID) | BY(BY_COMM) | BY(BY_ADDR) | BY(BY_PORT))
#define BY_ALL	   ((1U << BY_COLUMNS) - 1)

static struct sums *sums;
static struct sink sink;
static struct style style;
static struct attempt attempt;
static struct error err;

static int start(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	model_boot(&model_5_4);
	sink = (struct sink){.fd = -1, .buffer = {.data = malloc(OUTPUT_SIZE), .size = OUTPUT_SIZE}};
	style = (struct style){.format = FORMAT_TEXT, .header = true, .wall = 1787393472123456789 - 81234567890};
	return 0;
}

static int end(void **state)
{
	(void)state;
	sums_close(sums);
	sums = NULL;
	free(sink.buffer.data);
	return 0;
}

static void count_by(unsigned int by, uint64_t max_keys)
{
	sums_close(sums);
	assert_int_equal(sums_open(&sums, by, max_keys, &err), 0);
}

static void add(struct event event, int times)
{
	while (times-- > 0) {
		assert_true(record_decode(&attempt, &event));
		sums_add(sums, &attempt);
		event.time += 1000;
	}
}

static const char *show(struct sums_view view)
{
	sink.buffer.len = 0;
	assert_int_equal(sums_show(sums, &view, &style, &sink), 0);
	sink.buffer.data[sink.buffer.len] = '\0';
	return sink.buffer.data;
}

static const char *total(void)
{
	return show((struct sums_view){0});
}

static struct event by_comm(struct event event, const char *comm)
{
	memset(event.comm, 0, sizeof(event.comm));
	strncpy(event.comm, comm, sizeof(event.comm) - 1);
	return event;
}

static void test_text(void **state)
{
	struct event other = record_inet6("fe80::1", 443, 2);

	(void)state;
	count_by(BY_DEFAULT, 100);
	assert_string_equal(total(), "COUNT PID COMM ADDRESS\n");
	add(record_inet("93.184.216.34", 443), 12);
	other.pid_tgid = 1234567ULL << 32;
	add(by_comm(other, "a b"), 3);
	add(record_unix("/run/x", 6), 3);
	assert_string_equal(total(), "COUNT PID     COMM  ADDRESS\n"
				     "12    811     curl  93.184.216.34:443\n"
				     "3     811     curl  /run/x\n"
				     "3     1234567 \"a b\" [fe80::1%2]:443\n");
	style.header = false;
	assert_string_equal(total(), "12    811     curl  93.184.216.34:443\n"
				     "3     811     curl  /run/x\n"
				     "3     1234567 \"a b\" [fe80::1%2]:443\n");
	add(record_inet("93.184.216.34", 443), 1234567);
	assert_non_null(strstr(total(), "1234579 811 "));
}

static void test_columns(void **state)
{
	static const struct {
		unsigned int by;
		const char *table;
	} cases[] = {
		{BY(BY_PID), "COUNT PID\n6     811\n"},
		{BY(BY_TID), "COUNT TID\n6     812\n"},
		{BY(BY_UID), "COUNT UID\n6     1000\n"},
		{BY(BY_COMM), "COUNT COMM\n6     curl\n"},
		{BY(BY_TYPE), "COUNT TYPE\n5     SOCK_STREAM\n1     -\n"},
		{BY(BY_FAMILY),
		 "COUNT FAMILY\n2     AF_INET\n1     -\n1     AF_UNIX\n1     AF_INET6\n1     AF_NETLINK\n"},
		{BY(BY_PORT), "COUNT PORT\n4     -\n1     80\n1     443\n"},
		{BY(BY_ADDR), "COUNT ADDRESS\n1     (no family)\n1     (unnamed)\n1     ?\n1     10.0.0.1\n"
			      "1     fe80::1%2\n1     AF_NETLINK\n"},
		{BY(BY_CGROUP) | BY(BY_NETNS), "COUNT NETNS      CGROUP\n5     -          -\n1     4026531840 77\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event unknown = record("\1\0", 2);

		count_by(cases[i].by, 100);
		add(record_inet("10.0.0.1", 80), 1);
		add(record("\2\0", 2), 1);
		add(record("\20\0\0\0", 4), 1);
		add(record("", 0), 1);
		unknown.flags = EVENT_TYPE_UNKNOWN;
		add(unknown, 1);
		unknown = record_inet6("fe80::1", 443, 2);
		assert_true(record_decode(&attempt, &unknown));
		attempt.identity.parts = IDENTITY_CGROUP_ID | IDENTITY_NET_NS;
		attempt.identity.cgroup_id = 77;
		attempt.identity.net_ns = 4026531840;
		sums_add(sums, &attempt);
		assert_string_equal(total(), cases[i].table);
	}
}

/* Whatever --by says, a table has all that was counted. */
static void test_sums_add_up(void **state)
{
	(void)state;
	style.header = false;
	for (unsigned int by = 1; by < BY_ALL; by += 5) {
		unsigned long long sum = 0;

		count_by(by, 3);
		for (int i = 0; i < 40; i++) {
			struct event event = i % 2 ? record_inet("10.0.0.1", (uint16_t)(i % 5))
						   : record_unix("/x12345", (size_t)(2 + i % 5));

			event.pid_tgid = (uint64_t)(i % 3) << 32 | (unsigned int)(i % 4);
			add(event, i);
		}
		show((struct sums_view){.top = by % 3});
		for (char *line = sink.buffer.data; *line; line = strchr(line, '\n') + 1)
			sum += strtoull(line, NULL, 10);
		assert_int_equal(sum, 40 * 39 / 2);
		assert_int_equal(sums_total(sums), 40 * 39 / 2);
	}
}

static void test_top(void **state)
{
	(void)state;
	count_by(BY(BY_ADDR) | BY(BY_COMM), 4);
	add(record_inet("10.0.0.1", 1), 5);
	add(record_inet("10.0.0.2", 1), 9);
	add(record_inet("10.0.0.3", 1), 7);
	add(record_inet("10.0.0.4", 1), 3);
	add(record_inet("10.0.0.5", 1), 2);
	assert_int_equal(sums_other(sums), 2);
	assert_string_equal(show((struct sums_view){.top = 2}), "COUNT COMM ADDRESS\n"
								"9     curl 10.0.0.2\n"
								"7     curl 10.0.0.3\n"
								"10    -    (other)\n");
	assert_null(strstr(show((struct sums_view){.top = 5}), "10.0.0.5"));
	assert_non_null(strstr(sink.buffer.data, "2     -    (other)\n"));
}

/* Each attempt is in one table only, also those that found no room. */
static void test_since_the_last(void **state)
{
	const struct sums_view view = {.since_last = true, .timed = true};

	(void)state;
	count_by(BY(BY_ADDR), 2);
	add(record_inet("10.0.0.1", 1), 5);
	add(record_inet("10.0.0.2", 1), 1);
	add(record_inet("10.0.0.3", 1), 4);
	assert_non_null(strstr(show(view), "\nCOUNT ADDRESS\n5     10.0.0.1\n1     10.0.0.2\n4     (other)\n\n"));
	assert_true(sink.buffer.data[2] == ':' && sink.buffer.data[5] == ':' && sink.buffer.data[8] == '\n');
	assert_string_equal(show(view), "");
	add(record_inet("10.0.0.2", 1), 2);
	add(record_inet("10.0.0.4", 1), 1);
	assert_non_null(strstr(show(view), "\nCOUNT ADDRESS\n2     10.0.0.2\n1     (other)\n\n"));
	assert_string_equal(show((struct sums_view){.total = true}), "\ntotal\nCOUNT ADDRESS\n"
								     "5     10.0.0.1\n3     10.0.0.2\n5     (other)\n");
}

/* Names that would be a row of their own, or what the table itself says. */
static void test_hostile_names_in_text(void **state)
{
	static const char *const names[] = {"a\n99 b",
					    "\033[2J",
					    "(other)",
					    "-",
					    "\xff\xfe",
					    "x\ty",
					    "\xc2\x9b"
					    "2J",
					    "",
					    "\"",
					    "a\\b",
					    "\xe2\x80\xae",
					    " "};

	(void)state;
	count_by(BY(BY_COMM) | BY(BY_ADDR), 1000);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		add(by_comm(record_unix(names[i], strlen(names[i])), names[i]), 1);
		add(by_comm(record_unix("\0\n\033", 3), names[i]), 1);
	}
	style.header = false;
	total();
	assert_true(utf8_valid(sink.buffer.data, sink.buffer.len));
	for (char *line = sink.buffer.data, *next; *line; line = next) {
		next = strchr(line, '\n') + 1;
		assert_memory_equal(line, "1     ", 6);
		for (const char *c = line; c < next - 1; c++)
			assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
		next[-1] = '\0';
		assert_null(strstr(line, "  (other)"));
		assert_true(line[6] == '"' || (line[6] > ' ' && line[6] != '(' && line[6] != '-'));
	}
	assert_null(strstr(sink.buffer.data, "\xe2\x80\xae"));
	assert_null(strstr(sink.buffer.data, "\xc2\x9b"));
}

static void assert_json_lines(void)
{
	for (char *line = sink.buffer.data, *next; *line; line = next) {
		next = strchr(line, '\n') + 1;
		if (!json_valid(line, (size_t)(next - line - 1)))
			print_error("%.*s\n", (int)(next - line - 1), line);
		assert_true(json_valid(line, (size_t)(next - line - 1)));
	}
}

static const char *keys(const char *object)
{
	static char text[512];

	json_keys(sink.buffer.data, strchr(sink.buffer.data, '\n') - sink.buffer.data, object, text, sizeof(text));
	return text;
}

static void test_json(void **state)
{
	(void)state;
	style.format = FORMAT_JSON;
	count_by(BY_DEFAULT, 100);
	add(record_inet("93.184.216.34", 443), 2);
	total();
	assert_json_lines();
	assert_string_equal(keys(""), "event,time,pid,comm,remote_addr,count,first,last");
	assert_string_equal(keys("remote_addr"), "family,addr,port");
	assert_non_null(strstr(sink.buffer.data,
			       "\"pid\":811,\"comm\":\"curl\",\"remote_addr\":{\"family\":\"AF_INET\","
			       "\"addr\":\"93.184.216.34\",\"port\":443},\"count\":2,"
			       "\"first\":\"2026-08-22T10:11:12.123456789Z\","
			       "\"last\":\"2026-08-22T10:11:12.123457789Z\"}\n"));
	count_by(BY_ALL, 100);
	add(record_inet6("fe80::1", 443, 2), 1);
	total();
	assert_json_lines();
	assert_string_equal(keys(""), "event,time,pid,tid,uid,comm,type,remote_addr,count,first,last");
	assert_string_equal(keys("remote_addr"), "family,addr,port,scope_id");
	count_by(BY(BY_PID), 100);
	add(record_inet("10.0.0.1", 1), 1);
	total();
	assert_string_equal(keys(""), "event,time,pid,first_comm,count,first,last");
	count_by(BY(BY_PORT), 1);
	add(record_inet("10.0.0.1", 1), 1);
	add(record_unix("/x", 2), 3);
	total();
	assert_json_lines();
	assert_non_null(strstr(sink.buffer.data, "\"remote_addr\":{\"port\":1},"));
	assert_non_null(strstr(sink.buffer.data, "{\"event\":\"count_other\",\"time\":\""));
	assert_non_null(strstr(sink.buffer.data, "Z\",\"count\":3}\n"));
}

/* Lossless, whatever the bytes. */
static void test_hostile_names_in_json(void **state)
{
	uint8_t path[108];
	char bytes[256];

	(void)state;
	style.format = FORMAT_JSON;
	for (int first = 0; first < 256; first++) {
		count_by(BY(BY_COMM) | BY(BY_ADDR), 100);
		for (size_t i = 0; i < sizeof(path); i++)
			path[i] = (uint8_t)(first + (int)i * 7);
		path[0] = 0;
		add(by_comm(record_unix(path, sizeof(path)), "\xff\"\n"), 1);
		total();
		assert_json_lines();
		assert_int_equal(json_string(sink.buffer.data, sink.buffer.len, "path_hex", bytes, sizeof(bytes)), 214);
		for (size_t i = 1; i < sizeof(path); i++) {
			unsigned int byte;

			assert_int_equal(sscanf(bytes + 2 * (i - 1), "%2x", &byte), 1);
			assert_int_equal(byte, path[i]);
		}
	}
}

static void test_csv(void **state)
{
	struct event unknown = record_inet("10.0.0.1", 80);

	(void)state;
	style.format = FORMAT_CSV;
	count_by(BY_DEFAULT, 3);
	sink.buffer.len = 0;
	sums_header(sums, &style, &sink.buffer);
	sink.buffer.data[sink.buffer.len] = '\0';
	assert_string_equal(sink.buffer.data, "time,count,pid,comm,addr,port,first,last\n");
	add(record_inet("93.184.216.34", 443), 5);
	add(by_comm(record_unix("/a,\"b\n", 6), "x,y"), 4);
	unknown.flags = EVENT_ADDR_FAULT;
	add(unknown, 3);
	add(record_inet("1.1.1.1", 1), 2);
	total();
	assert_non_null(strstr(sink.buffer.data, "Z,5,811,curl,93.184.216.34,443,2026-08-22T10:11:12.123456789Z,"));
	assert_non_null(strstr(sink.buffer.data, "Z,4,811,\"x,y\",\"/a,\"\"b\\x0a\",,2026-"));
	assert_non_null(strstr(sink.buffer.data, "Z,3,811,curl,(unreadable),,2026-"));
	assert_non_null(strstr(sink.buffer.data, "Z,2,,,,,,\n"));
	/* No formulas. */
	count_by(BY(BY_COMM) | BY(BY_ADDR), 10);
	add(by_comm(record_unix("\0name", 5), "=1+1"), 1);
	add(by_comm(record_unix("@sum", 4), "+1"), 2);
	total();
	assert_non_null(strstr(sink.buffer.data, "Z,1,\\x3d1+1,\\x00name,"));
	assert_non_null(strstr(sink.buffer.data, "Z,2,\\x2b1,\\x40sum,"));
	style.header = false;
	sink.buffer.len = 0;
	sums_header(sums, &style, &sink.buffer);
	assert_int_equal(sink.buffer.len, 0);
}

/* A full sink takes no more, and says how many rows it did not take. */
static void test_sink_is_full(void **state)
{
	(void)state;
	count_by(BY(BY_PORT), 10000);
	for (int i = 0; i < 10000; i++)
		add(record_inet("10.0.0.1", (uint16_t)i), 1);
	sink.buffer.size = BUFFER_LINE_MAX + 1000;
	sink.waits = false;
	sink.failure = 28;
	for (int format = 0; format < 3; format++) {
		static const enum format formats[] = {FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV};

		style.format = formats[format];
		sink.dropped = 0;
		total();
		assert_true(sink.buffer.len <= sink.buffer.size);
		assert_in_range(sink.dropped, 9000, 10000);
	}
}

/* --- rows --- */

static void make_key(union key_room *room, uint32_t number, size_t len)
{
	memset(room, 0, sizeof(*room));
	room->key.pid = number;
	room->key.addr_len = (uint8_t)len;
	memset(room->key.addr, (int)number, len);
}

static void test_rows(void **state)
{
	union key_room room;
	struct rows rows;
	struct row *row;

	(void)state;
	rows_open(&rows);
	make_key(&room, 1, 4);
	assert_null(rows_find(&rows, &room.key));
	for (uint32_t i = 0; i < 20000; i++) {
		make_key(&room, i, i % (KEY_ADDR_MAX + 1));
		row = rows_take(&rows, &room.key, 20000);
		assert_non_null(row);
		assert_int_equal(row->count, 0);
		row->count = i + 1;
	}
	assert_int_equal(rows.count, 20000);
	assert_true(rows.room >= 2 * rows.count);
	make_key(&room, 20000, 4);
	assert_null(rows_take(&rows, &room.key, 20000));
	for (uint32_t i = 0; i < 20000; i++) {
		make_key(&room, i, i % (KEY_ADDR_MAX + 1));
		row = rows_find(&rows, &room.key);
		assert_non_null(row);
		assert_int_equal(row->count, i + 1);
		assert_ptr_equal(rows_take(&rows, &room.key, 0), row);
	}
	rows_close(&rows);
	assert_null(rows_find(&rows, &room.key));
	rows_close(&rows);
}

/* An address that continues another is another. */
static void test_keys_of_different_lengths(void **state)
{
	union key_room room;
	struct rows rows;

	(void)state;
	rows_open(&rows);
	for (size_t len = 0; len <= KEY_ADDR_MAX; len++) {
		make_key(&room, 0, len);
		assert_non_null(rows_take(&rows, &room.key, 1000));
		assert_int_equal(rows.count, len + 1);
	}
	rows_close(&rows);
}

/* What a column does not hold makes no difference; what it does makes one. */
static void test_keys(void **state)
{
	struct event a = record_inet("10.0.0.1", 80), b = a;
	union key_room one, two;

	(void)state;
	b.pid_tgid = 5ULL << 32 | 6;
	b.uid_gid = 7;
	b.type = 2;
	strcpy(b.comm, "wget");
	b.addr[3] = 81;
	b.addr[4] = 11;
	for (int column = 0; column < BY_CGROUP; column++) {
		assert_true(record_decode(&attempt, &a));
		key_of(&one, &attempt, BY(column));
		assert_true(record_decode(&attempt, &b));
		key_of(&two, &attempt, BY(column));
		assert_int_equal(key_compare(&one.key, &two.key) == 0, column == BY_FAMILY);
		assert_int_equal(key_compare(&one.key, &two.key), -key_compare(&two.key, &one.key));
		key_of(&two, &attempt, 0);
		assert_memory_equal(&two, &(union key_room){0}, sizeof(two));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_text),
	TEST(test_columns),
	TEST(test_sums_add_up),
	TEST(test_top),
	TEST(test_since_the_last),
	TEST(test_hostile_names_in_text),
	TEST(test_json),
	TEST(test_hostile_names_in_json),
	TEST(test_csv),
	TEST(test_sink_is_full),
	TEST(test_rows),
	TEST(test_keys_of_different_lengths),
	TEST(test_keys),
};

RUN(tests)
