// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/names/streams.c: messages out of segments, however they are cut. */
#include "test.h"

#include "../../loader/names/private.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

static struct streams streams;
static char got[4096]; /* messages, each with a | behind it */
static size_t got_bytes;

static int start(void **state)
{
	(void)state;
	memset(&streams, 0, sizeof(streams));
	got[0] = '\0';
	got_bytes = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	streams_close(&streams);
	return 0;
}

static void take(void *context, const uint8_t *message, size_t len)
{
	size_t at = strlen(got);

	assert_ptr_equal(context, got);
	got_bytes += len;
	if (at + len + 2 < sizeof(got)) {
		memcpy(got + at, message, len);
		strcpy(got + at + len, "|");
	}
}

static struct ends ends(unsigned int client)
{
	return (struct ends){.server = {1}, .client = {2}, .port = (uint16_t)client, .transport = IPPROTO_TCP};
}

static void begin(unsigned int client, uint32_t first)
{
	struct ends both = ends(client);

	streams_open(&streams, &both, first);
}

/* In a block that ends where the data does. */
static void feed_flags(unsigned int client, uint32_t seq, const void *data, size_t len, bool syn, bool fin, bool rst)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct segment segment = {.seq = seq, .data = copy, .len = len, .syn = syn, .fin = fin, .rst = rst};
	struct ends both = ends(client);

	memcpy(copy, data, len);
	streams_feed(&streams, &both, &segment, take, got);
	free(copy);
}

static void feed(unsigned int client, uint32_t seq, const void *data, size_t len)
{
	feed_flags(client, seq, data, len, false, false, false);
}

static unsigned int open_count(void)
{
	unsigned int count = 0;

	for (int i = 0; i < STREAMS; i++)
		count += streams.stream[i].open;
	return count;
}

static void test_one_segment(void **state)
{
	(void)state;
	begin(1, 99);
	feed(1, 100, "\0\5hello", 7);
	assert_string_equal(got, "hello|");
	feed(1, 107, "\0\3you\0\0\0\1!", 10);
	assert_string_equal(got, "hello|you||!|");
	assert_int_equal(streams.broken, 0);
}

static void test_every_cut(void **state)
{
	static const char data[] = "\0\5hello\0\3you\0\0\0\1!";
	const size_t len = sizeof(data) - 1;

	(void)state;
	for (size_t first = 0; first <= len; first++) {
		for (size_t second = first; second <= len; second++) {
			got[0] = '\0';
			begin(1, (uint32_t)(first * 100 + second));
			feed(1, (uint32_t)(first * 100 + second + 1), data, first);
			feed(1, (uint32_t)(first * 100 + second + 1 + first), data + first, second - first);
			feed(1, (uint32_t)(first * 100 + second + 1 + second), data + second, len - second);
			assert_string_equal(got, "hello|you||!|");
		}
	}
	assert_int_equal(streams.broken, 0);
}

static void test_byte_by_byte_across_the_wrap(void **state)
{
	static const char data[] = "\0\5hello\0\3you";

	(void)state;
	begin(1, UINT32_MAX - 5);
	for (uint32_t i = 0; i < sizeof(data) - 1; i++)
		feed(1, UINT32_MAX - 4 + i, data + i, 1);
	assert_string_equal(got, "hello|you|");
}

/* Sent again: whole, in part, with more behind it. */
static void test_retransmissions(void **state)
{
	static const char data[] = "\0\5hello\0\3you";

	(void)state;
	begin(1, 99);
	feed(1, 100, data, 4);
	feed(1, 100, data, 4);
	feed(1, 102, data + 2, 1);
	feed(1, 101, data + 1, 8);
	feed(1, 100, data, 12);
	feed(1, 100, data, 12);
	feed(1, 112, "\0\1!", 3);
	assert_string_equal(got, "hello|you|!|");
	assert_int_equal(streams.broken, 0);
}

static void test_gap(void **state)
{
	(void)state;
	begin(1, 99);
	begin(2, 99);
	feed(1, 101, "\5hello", 6);
	feed(1, 100, "\0\5hello", 7);
	assert_string_equal(got, "");
	assert_int_equal(streams.broken, 1);
	feed(2, 100, "\0\5hello", 7);
	assert_string_equal(got, "hello|");
	assert_int_equal(open_count(), 1);
}

static void test_strangers(void **state)
{
	(void)state;
	feed(1, 100, "\0\5hello", 7);
	begin(2, 99);
	feed(1, 100, "\0\5hello", 7);
	assert_string_equal(got, "");
	assert_int_equal(streams.broken, 0);
}

static void test_ends(void **state)
{
	(void)state;
	begin(1, 99);
	feed_flags(1, 100, "\0\5hello", 7, false, true, false);
	assert_string_equal(got, "hello|");
	assert_int_equal(open_count(), 0);
	begin(1, 99);
	feed(1, 100, "\0\5he", 4);
	feed_flags(1, 500, "", 0, false, false, true);
	assert_int_equal(open_count(), 0);
	/* the next one by the same ends begins anew */
	begin(1, 199);
	feed(1, 200, "\0\3you", 5);
	assert_string_equal(got, "hello|you|");
	assert_int_equal(streams.broken, 0);
}

/* A handshake that is seen twice changes nothing; another one begins a connection. */
static void test_handshakes(void **state)
{
	(void)state;
	begin(1, 99);
	feed_flags(1, 99, "", 0, true, false, false);
	feed(1, 100, "\0\5he", 4);
	begin(1, 99);
	feed_flags(1, 99, "", 0, true, false, false);
	feed(1, 104, "llo", 3);
	assert_string_equal(got, "hello|");
	feed(1, 107, "\0\5he", 4);
	begin(1, 4999);
	feed(1, 5000, "\0\3you", 5);
	assert_string_equal(got, "hello|you|");
	assert_int_equal(open_count(), 1);
	/* TCP Fast Open: data with the SYN */
	begin(2, 299);
	feed_flags(2, 299, "\0\1!", 3, true, false, false);
	feed(2, 303, "\0\1?", 3);
	assert_string_equal(got, "hello|you|!|?|");
}

static void test_longest_message(void **state)
{
	static uint8_t data[2 + 65535];
	uint32_t seq = 100;

	(void)state;
	data[0] = data[1] = 0xff;
	begin(1, 99);
	for (size_t at = 0; at < sizeof(data); at += 1448) {
		size_t len = sizeof(data) - at < 1448 ? sizeof(data) - at : 1448;

		assert_int_equal(got_bytes, 0);
		feed(1, seq, data + at, len);
		seq += (uint32_t)len;
	}
	assert_int_equal(got_bytes, 65535);
}

/* More than there is room for: the one that was silent longest goes, and that is counted. */
static void test_too_many(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < STREAMS; i++) {
		begin(i, 99);
		feed(i, 100, "\0\5he", 4);
	}
	feed(0, 104, "l", 1);
	begin(STREAMS, 99);
	assert_int_equal(streams.broken, 1);
	assert_int_equal(open_count(), STREAMS);
	feed(1, 104, "llo", 3);
	assert_string_equal(got, "");
	feed(0, 105, "lo", 2);
	feed(2, 104, "llo", 3);
	feed(STREAMS, 100, "\0\3you", 5);
	assert_string_equal(got, "hello|hello|you|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_one_segment),
	TEST(test_every_cut),
	TEST(test_byte_by_byte_across_the_wrap),
	TEST(test_retransmissions),
	TEST(test_gap),
	TEST(test_strangers),
	TEST(test_ends),
	TEST(test_handshakes),
	TEST(test_longest_message),
	TEST(test_too_many),
};

RUN(tests)
