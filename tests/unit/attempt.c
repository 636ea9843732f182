// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/event/attempt.c: from a record's bytes to what is known. */
#include "test.h"

#include "record.h"

#include <stdlib.h>

static void test_fields(void **state)
{
	struct event event = record_inet("93.184.216.34", 443);
	struct attempt attempt;

	(void)state;
	event.place = 3;
	assert_true(record_decode(&attempt, &event));
	assert_int_equal(attempt.time, 81234567890);
	assert_int_equal(attempt.cpu, 1);
	assert_int_equal(attempt.pid, 811);
	assert_int_equal(attempt.tid, 812);
	assert_int_equal(attempt.uid, 1000);
	assert_int_equal(attempt.gid, 1001);
	assert_string_equal(attempt.comm, "curl");
	assert_int_equal(attempt.sockfd, 5);
	assert_int_equal(attempt.addrlen, 16);
	assert_true(attempt.has_type);
	assert_int_equal(attempt.type, SOCK_STREAM);
	assert_int_equal(attempt.place, 3);
	assert_int_equal(attempt.via, VIA_CONNECT);
	assert_false(attempt.compat || attempt.user_memory || attempt.disconnect || attempt.address.fault);
	assert_int_equal(attempt.address.port, 443);
	assert_memory_equal(attempt.address.addr, "\x5d\xb8\xd8\x22", 4);
}

static bool is_size(size_t size)
{
	return size == EVENT_SIZE_INET || size == EVENT_SIZE_INET6 || size == EVENT_SIZE_LONG;
}

static void test_sizes(void **state)
{
	struct record both = {.event = record_inet("1.2.3.4", 5)};
	struct attempt attempt;

	(void)state;
	for (size_t size = 0; size <= sizeof(both); size++) {
		bool with = size >= WHO_SIZE && is_size(size - WHO_SIZE), without = is_size(size);
		uint8_t *exact = malloc(size ? size : 1);

		memcpy(exact, without ? (const void *)&both.event : &both, size);
		assert_int_equal(attempt_decode(&attempt, 0, exact, size), with || without);
		assert_int_equal(attempt_event_at(size), with ? WHO_SIZE : 0);
		if (with || without)
			assert_int_equal(attempt.pid, 811);
		free(exact);
	}
}

static bool decode_both(struct attempt *attempt, const struct record *both)
{
	memset(attempt, 0x5a, sizeof(*attempt));
	return attempt_decode(attempt, 1, both, WHO_SIZE + record_size(&both->event));
}

static const struct who everything = {
	.time = 1,
	.start = 5211436346516,
	.cgroup_id = 1ULL << 40,
	.parts = IDENTITY_ALL,
	.ppid = 700,
	.ns_pid = 1,
	.ns_tid = 2,
	.ns_ppid = 0,
	.mnt_ns = 4026532201,
	.pid_ns = 4026532202,
	.net_ns = 4026532203,
	.user_ns = 4026532204,
	.uts_ns = 4026532205,
};

static void test_identity(void **state)
{
	struct record both = {.who = everything, .event = record_inet6("::1", 5, 0)};
	const struct identity *identity;
	struct attempt attempt;

	(void)state;
	identity = &attempt.identity;
	assert_true(decode_both(&attempt, &both));
	assert_int_equal(identity->proc_parts, 0);
	assert_int_equal(attempt.address.port, 5);
	assert_int_equal(attempt.time, 81234567890);
	assert_int_equal(identity->parts, IDENTITY_ALL | IDENTITY_START_EXACT);
	assert_int_equal(identity->start, 5211436346516);
	assert_int_equal(identity->cgroup_id, 1ULL << 40);
	assert_int_equal(identity->ppid, 700);
	assert_int_equal(identity->ns_pid, 1);
	assert_int_equal(identity->ns_tid, 2);
	assert_int_equal(identity->ns_ppid, 0);
	assert_int_equal(identity->mnt_ns, 4026532201);
	assert_int_equal(identity->pid_ns, 4026532202);
	assert_int_equal(identity->net_ns, 4026532203);
	assert_int_equal(identity->user_ns, 4026532204);
	assert_int_equal(identity->uts_ns, 4026532205);
	/* Without it nothing is known, whatever was there before. */
	assert_true(record_decode(&attempt, &both.event));
	assert_int_equal(identity->parts, 0);
}

/* What is 0 was not read, but for the parent, which may be outside or nobody; and what was not asked for is not told. */
static void test_unknown_identity(void **state)
{
	struct record both = {.who = {.parts = IDENTITY_ALL}, .event = record_inet("1.2.3.4", 5)};
	struct attempt attempt;

	(void)state;
	assert_true(decode_both(&attempt, &both));
	assert_int_equal(attempt.identity.parts, IDENTITY_PPID);
	both.who = everything;
	for (uint32_t part = 1; part <= IDENTITY_ALL; part *= 2) {
		both.who.parts = IDENTITY_ALL & ~part;
		assert_true(decode_both(&attempt, &both));
		assert_int_equal(attempt.identity.parts & part, 0);
	}
	both.who.parts = UINT32_MAX;
	both.who.start = both.who.ns_tid = both.who.uts_ns = 0;
	assert_true(decode_both(&attempt, &both));
	assert_int_equal(attempt.identity.parts, IDENTITY_ALL & ~(IDENTITY_START | IDENTITY_NS_PID | IDENTITY_UTS_NS));
}

static void test_flags(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);
	struct attempt attempt;

	(void)state;
	event.flags = EVENT_COMPAT;
	record_decode(&attempt, &event);
	assert_true(attempt.compat && !attempt.user_memory && attempt.has_type);
	event.flags = EVENT_USER_MEMORY;
	record_decode(&attempt, &event);
	assert_true(!attempt.compat && attempt.user_memory && attempt.has_type);
	event.flags = EVENT_TYPE_UNKNOWN;
	record_decode(&attempt, &event);
	assert_true(!attempt.compat && !attempt.user_memory && !attempt.has_type);
	event.flags = EVENT_ADDR_FAULT;
	record_decode(&attempt, &event);
	assert_true(attempt.address.fault);
	assert_false(attempt.address.has_family || attempt.address.has_addr || attempt.disconnect);
	assert_null(attempt.address.raw);
	/* Nothing was to be read, so that it could not be is no matter. */
	event.addrlen = 0;
	record_decode(&attempt, &event);
	assert_false(attempt.address.fault);
	assert_int_equal(attempt.address.raw_len, 0);
}

static void test_comm_fills_its_field(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);
	struct attempt attempt;

	(void)state;
	memset(event.comm, 'c', sizeof(event.comm));
	record_decode(&attempt, &event);
	assert_string_equal(attempt.comm, "cccccccccccccccc");
}

static void test_via(void **state)
{
	static const struct {
		uint8_t via, flags;
		const char *comm;
		enum via wanted;
	} rows[] = {
		{VIA_CONNECT, 0, "curl", VIA_CONNECT},
		{VIA_SOCKETCALL, EVENT_COMPAT, "curl", VIA_SOCKETCALL},
		{VIA_IO_URING, 0, "curl", VIA_IO_URING},
		{VIA_UNKNOWN, 0, "curl", VIA_UNKNOWN},
		{77, 0, "curl", VIA_UNKNOWN},
		{255, 0, "iou-wrk-1", VIA_UNKNOWN},
		/* Workers are known by their names, when no call is under way. */
		{VIA_UNKNOWN, EVENT_NO_CALL, "iou-wrk-811", VIA_IO_URING},
		{VIA_UNKNOWN, EVENT_NO_CALL, "iou-sqp-811", VIA_IO_URING},
		{VIA_UNKNOWN, EVENT_NO_CALL, "io_wqe_worker-0", VIA_IO_URING},
		{VIA_UNKNOWN, EVENT_NO_CALL, "io_wq_manager", VIA_IO_URING},
		{VIA_UNKNOWN, EVENT_NO_CALL, "io_uring-sq", VIA_IO_URING},
		{VIA_UNKNOWN, EVENT_NO_CALL, "kworker/0:1", VIA_UNKNOWN},
		{VIA_UNKNOWN, EVENT_NO_CALL, "iou", VIA_UNKNOWN},
		{VIA_UNKNOWN, EVENT_NO_CALL, "", VIA_UNKNOWN},
		/* A program may call itself so. */
		{VIA_CONNECT, 0, "iou-wrk-811", VIA_CONNECT},
		{VIA_UNKNOWN, 0, "io_uring-sq", VIA_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event event = record_inet("1.2.3.4", 5);
		struct attempt attempt;

		event.via = rows[i].via;
		event.flags = rows[i].flags;
		memset(event.comm, 0, sizeof(event.comm));
		memcpy(event.comm, rows[i].comm, strlen(rows[i].comm));
		record_decode(&attempt, &event);
		if (attempt.via != rows[i].wanted)
			print_error("row %zu\n", i);
		assert_int_equal(attempt.via, rows[i].wanted);
		assert_non_null(via_name(attempt.via));
	}
}

/* The bytes ended with the address: they are put where they belong, and what was before them is not shown. */
static void test_address_at_the_end(void **state)
{
	struct event event;
	struct attempt attempt;

	(void)state;
	for (int32_t len = 0; len <= ADDR_MAX; len++) {
		uint8_t addr[ADDR_MAX];
		size_t read = len <= ADDR_INET ? ADDR_INET : len <= ADDR_INET6 ? ADDR_INET6 : ADDR_MAX;

		for (int i = 0; i < len; i++)
			addr[i] = (uint8_t)(i * 7 + 1);
		if (len >= 2)
			memcpy(addr, &(sa_family_t){AF_NETLINK}, 2);
		event = record("", 0);
		event.addrlen = len;
		event.flags = EVENT_ADDR_AT_END | EVENT_USER_MEMORY;
		memset(event.addr, 0xdd, sizeof(event.addr));
		memcpy(event.addr + read - len, addr, (size_t)len);
		assert_true(record_decode(&attempt, &event));
		assert_int_equal(attempt.address.raw_len, len);
		assert_memory_equal(attempt.address.raw, addr, (size_t)len);
	}
}

/* A length that no program of ours writes in a record of that size. */
static void test_hostile_lengths(void **state)
{
	static const int32_t lengths[] = {-1, INT32_MIN, INT32_MAX, 29, 129, 4096};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (int end = 0; end < 2; end++) {
			struct event event = record_inet("1.2.3.4", 5);
			struct attempt attempt;

			event.addrlen = lengths[i];
			event.flags = end ? EVENT_ADDR_AT_END : 0;
			assert_true(attempt_decode(&attempt, 0, &event, EVENT_SIZE_INET));
			assert_true(attempt.address.raw_len <= ADDR_INET);
			assert_true(attempt_decode(&attempt, 0, &event, EVENT_SIZE_INET6));
			assert_true(attempt.address.raw_len <= ADDR_INET6);
			assert_true(attempt_decode(&attempt, 0, &event, EVENT_SIZE_LONG));
			assert_true(attempt.address.raw_len <= ADDR_MAX);
			assert_int_equal(attempt.addrlen, lengths[i]);
		}
	}
}

static void test_disconnect(void **state)
{
	struct event event = record("\0\0", 2);
	struct attempt attempt;

	(void)state;
	record_decode(&attempt, &event);
	assert_true(attempt.disconnect);
	event = record("\0", 1); /* one byte is no family */
	record_decode(&attempt, &event);
	assert_false(attempt.disconnect);
	event = record_inet("0.0.0.0", 0);
	record_decode(&attempt, &event);
	assert_false(attempt.disconnect);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_fields),
	cmocka_unit_test(test_sizes),
	cmocka_unit_test(test_identity),
	cmocka_unit_test(test_unknown_identity),
	cmocka_unit_test(test_flags),
	cmocka_unit_test(test_comm_fills_its_field),
	cmocka_unit_test(test_via),
	cmocka_unit_test(test_address_at_the_end),
	cmocka_unit_test(test_hostile_lengths),
	cmocka_unit_test(test_disconnect),
};

RUN(tests)
