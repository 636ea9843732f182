// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/event/tags.c: series of connects as resolvers make them, and as others do. */
#include "test.h"

#include "record.h"
#include "tags.h"

#include <stdio.h>

#define MS	1000000
#define UNKNOWN 99 /* as a type: the tracepoint hook does not know it */

static struct tagger tagger;
static uint64_t now;
static uint32_t thread;

static int start(void **state)
{
	(void)state;
	memset(&tagger, 0, sizeof(tagger));
	now = 1000 * MS;
	thread = 812;
	return 0;
}

static uint32_t tag(struct event event, int fd, uint16_t type)
{
	struct attempt attempt;

	event.time = now += MS / 100;
	event.pid_tgid = 811ULL << 32 | thread;
	event.sockfd = fd;
	event.type = type;
	event.flags = type == UNKNOWN ? EVENT_TYPE_UNKNOWN : 0;
	assert_true(record_decode(&attempt, &event));
	tagger_tag(&tagger, &attempt);
	return attempt.tags;
}

static uint32_t inet(const char *addr, uint16_t port, int fd, uint16_t type)
{
	return tag(record_inet(addr, port), fd, type);
}

static uint32_t inet6(const char *addr, uint16_t port, int fd, uint16_t type)
{
	return tag(record_inet6(addr, port, 0), fd, type);
}

static uint32_t reset(int fd, uint16_t type)
{
	return tag(record("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), fd, type);
}

/* No service was asked for: the first is told, too. */
static void test_port_0(void **state)
{
	(void)state;
	assert_int_equal(inet("1.2.3.4", 0, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet6("2001:db8::1", 0, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.4", 0, 4, UNKNOWN), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.4", 0, 3, SOCK_STREAM), 0);
	assert_int_equal(inet("1.2.3.4", 0, 3, SOCK_RAW), 0);
	assert_int_equal(tag(record_unix("/x", 2), 3, SOCK_DGRAM), 0);
}

/* A ping socket has no ports and sends all the same. */
static void test_ping(void **state)
{
	struct event event = record_inet("1.2.3.4", 0);
	struct attempt attempt;

	(void)state;
	event.type = SOCK_DGRAM;
	record_decode(&attempt, &event);
	attempt.result.has_protocol = true;
	attempt.result.protocol = IPPROTO_ICMP;
	tagger_tag(&tagger, &attempt);
	assert_int_equal(attempt.tags, 0);
	attempt.result.protocol = IPPROTO_UDP;
	tagger_tag(&tagger, &attempt);
	assert_int_equal(attempt.tags, TAG_ADDR_SELECT);
}

static void test_port_missing(void **state)
{
	struct event event = record_inet("1.2.3.4", 0);

	(void)state;
	event.addrlen = 3;
	assert_int_equal(tag(event, 3, SOCK_DGRAM), 0);
	event.addrlen = 4; /* a port and no address: not a resolver's */
	assert_int_equal(tag(event, 3, SOCK_DGRAM), 0);
	event = record_inet6("::1", 0, 0);
	event.addrlen = 12;
	assert_int_equal(tag(event, 3, SOCK_DGRAM), 0);
}

static void test_musl(void **state)
{
	(void)state;
	assert_int_equal(inet6("2001:db8::1", 65535, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.4", 65535, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.4", 65534, 3, SOCK_DGRAM), 0);
	assert_int_equal(inet("1.2.3.4", 65535, 3, SOCK_STREAM), 0);
	/* Where the type is not known one of them may be a stream's, several are not. */
	assert_int_equal(inet6("2001:db8::1", 65535, 4, UNKNOWN), 0);
	assert_int_equal(inet("1.2.3.4", 65535, 4, UNKNOWN), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.4", 65535, 4, UNKNOWN), 0); /* the same again: a stream that is tried once more */
}

static void test_glibc(void **state)
{
	static const uint16_t types[] = {SOCK_DGRAM, UNKNOWN};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = 3 + i;

		assert_int_equal(inet6("2001:db8::1", 443, fd, types[i]), 0);
		assert_int_equal(reset(fd, types[i]), TAG_ADDR_SELECT);
		assert_int_equal(inet6("2001:db8::2", 443, fd, types[i]), TAG_ADDR_SELECT);
		assert_int_equal(reset(fd, types[i]), TAG_ADDR_SELECT);
		assert_int_equal(inet("1.2.3.4", 443, fd, types[i]), TAG_ADDR_SELECT);
		/* And then the connection that it was for. */
		assert_int_equal(inet6("2001:db8::1", 443, fd, SOCK_STREAM), 0);
	}
}

/* The other order takes a new socket, which gets the number of the one that was closed. */
static void test_glibc_ipv4_first(void **state)
{
	(void)state;
	assert_int_equal(inet("1.2.3.4", 443, 3, SOCK_DGRAM), 0);
	assert_int_equal(inet6("2001:db8::1", 443, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(reset(3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet6("2001:db8::2", 443, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	/* A stream that falls back looks the same where the type is not known, and so do name servers in turn. */
	assert_int_equal(inet("1.2.3.4", 443, 4, UNKNOWN), 0);
	assert_int_equal(inet6("2001:db8::1", 443, 4, UNKNOWN), 0);
	assert_int_equal(inet("127.0.0.1", 53, 5, SOCK_DGRAM), 0);
	assert_int_equal(inet6("::1", 53, 5, SOCK_DGRAM), 0);
}

/* What others do, each right after a connect of descriptor 3 to 1.2.3.4, port 443. */
static void test_no_series(void **state)
{
	static const struct {
		const char *why;
		const char *addr;
		uint32_t thread;
		uint64_t later;
		int reset_fd, fd; /* reset_fd 0: no reset */
		uint16_t port, type;
		uint32_t wanted;
	} rows[] = {
		{"a series", "1.2.3.5", 812, 0, 3, 3, 443, SOCK_DGRAM, TAG_ADDR_SELECT},
		{"within 10 ms", "1.2.3.5", 812, 9 * MS, 3, 3, 443, SOCK_DGRAM, TAG_ADDR_SELECT},
		{"too late", "1.2.3.5", 812, 11 * MS, 3, 3, 443, SOCK_DGRAM, 0},
		{"no reset", "1.2.3.5", 812, 0, 0, 3, 443, SOCK_DGRAM, 0},
		{"the same address", "1.2.3.4", 812, 0, 3, 3, 443, SOCK_DGRAM, 0},
		{"another port", "1.2.3.5", 812, 0, 3, 3, 444, SOCK_DGRAM, 0},
		{"another descriptor", "1.2.3.5", 812, 0, 3, 4, 443, SOCK_DGRAM, 0},
		{"another one was reset", "1.2.3.5", 812, 0, 4, 3, 443, SOCK_DGRAM, 0},
		{"another thread", "1.2.3.5", 813, 0, 3, 3, 443, SOCK_DGRAM, 0},
		{"another thread in its place", "1.2.3.5", 812 + TAG_THREADS, 0, 3, 3, 443, SOCK_DGRAM, 0},
		{"a stream", "1.2.3.5", 812, 0, 3, 3, 443, SOCK_STREAM, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t tags;

		start(NULL);
		assert_int_equal(inet("1.2.3.4", 443, 3, SOCK_DGRAM), 0);
		if (rows[i].reset_fd)
			assert_int_equal(reset(rows[i].reset_fd, SOCK_DGRAM),
					 rows[i].reset_fd == 3 ? TAG_ADDR_SELECT : 0);
		now += rows[i].later;
		thread = rows[i].thread;
		tags = inet(rows[i].addr, rows[i].port, rows[i].fd, rows[i].type);
		if (tags != rows[i].wanted)
			print_error("%s\n", rows[i].why);
		assert_int_equal(tags, rows[i].wanted);
	}
}

static void test_resets_of_others(void **state)
{
	(void)state;
	assert_int_equal(reset(3, SOCK_DGRAM), 0); /* nothing went before */
	assert_int_equal(inet("1.2.3.4", 443, 3, SOCK_STREAM), 0);
	assert_int_equal(reset(3, SOCK_STREAM), 0);
	assert_int_equal(inet("1.2.3.4", 443, 3, SOCK_DGRAM), 0);
	now += 20 * MS;
	assert_int_equal(reset(3, SOCK_DGRAM), 0);
	/* The number went to another kind of socket meanwhile. */
	assert_int_equal(inet("1.2.3.4", 443, 3, SOCK_DGRAM), 0);
	assert_int_equal(tag(record_unix("/x", 2), 3, SOCK_DGRAM), 0);
	assert_int_equal(reset(3, SOCK_DGRAM), 0);
	/* Descriptors that are not known are not the same one. */
	assert_int_equal(inet("1.2.3.4", 443, -1, SOCK_DGRAM), 0);
	assert_int_equal(reset(-1, SOCK_DGRAM), 0);
	assert_int_equal(inet("1.2.3.5", 443, -1, SOCK_DGRAM), 0);
}

/* Two threads at the same time, as two calls of getaddrinfo(). */
static void test_interleaved(void **state)
{
	(void)state;
	assert_int_equal(inet("1.2.3.4", 80, 3, SOCK_DGRAM), 0);
	thread = 813;
	assert_int_equal(inet("1.2.3.4", 443, 4, SOCK_DGRAM), 0);
	assert_int_equal(reset(4, SOCK_DGRAM), TAG_ADDR_SELECT);
	thread = 812;
	assert_int_equal(reset(3, SOCK_DGRAM), TAG_ADDR_SELECT);
	assert_int_equal(inet("1.2.3.5", 80, 3, SOCK_DGRAM), TAG_ADDR_SELECT);
	thread = 813;
	assert_int_equal(inet("1.2.3.5", 443, 4, SOCK_DGRAM), TAG_ADDR_SELECT);
}

static uint32_t nscd(const char *path, size_t len, uint16_t type)
{
	return tag(record_unix(path, len), 3, type);
}

static void test_nscd(void **state)
{
	(void)state;
	assert_int_equal(nscd("/run/nscd/socket", 16, SOCK_STREAM), TAG_NSCD);
	assert_int_equal(nscd("/var/run/nscd/socket", 20, SOCK_STREAM), TAG_NSCD);
	assert_int_equal(nscd("/var/run/nscd/socket", 20, UNKNOWN), TAG_NSCD);
	assert_int_equal(nscd("/var/run/nscd/socket\0\0\0", 23, SOCK_STREAM), TAG_NSCD);
	assert_int_equal(nscd("/var/run/nscd/socket", 20, SOCK_DGRAM), 0);
	assert_int_equal(nscd("/run/nscd/socket2", 17, SOCK_STREAM), 0);
	assert_int_equal(nscd("/run/nscd/socke", 15, SOCK_STREAM), 0);
	assert_int_equal(nscd("\0/run/nscd/socket", 17, SOCK_STREAM), 0);
	assert_int_equal(nscd("", 0, SOCK_STREAM), 0);
	assert_int_equal(inet("1.2.3.4", 80, 3, SOCK_STREAM), 0);
}

static void test_unreadable(void **state)
{
	struct event event = record_inet("1.2.3.4", 0);
	struct attempt attempt;

	(void)state;
	event.flags = EVENT_ADDR_FAULT;
	event.type = SOCK_DGRAM;
	record_decode(&attempt, &event);
	tagger_tag(&tagger, &attempt);
	assert_int_equal(attempt.tags, 0);
	assert_int_equal(tag(record("", 0), 3, SOCK_DGRAM), 0);
	assert_int_equal(tag(record("\2", 1), 3, SOCK_DGRAM), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_port_0),	 TEST(test_ping),
	TEST(test_port_missing), TEST(test_musl),
	TEST(test_glibc),	 TEST(test_glibc_ipv4_first),
	TEST(test_no_series),	 TEST(test_resets_of_others),
	TEST(test_interleaved),	 TEST(test_nscd),
	TEST(test_unreadable),
};

RUN(tests)
