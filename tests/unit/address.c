// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/event/address.c: only the caller's bytes, and of them only whole fields. */
#include "test.h"

#include "attempt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/un.h>

#define STALE 0xa5

static uint8_t bytes[ADDR_MAX];

/* The kernel's buffer: `len` bytes of the caller's, and what was on the stack before. */
static void fill(const void *from, size_t len)
{
	memset(bytes, STALE, sizeof(bytes));
	memcpy(bytes, from, len);
}

/* In a block that ends where the read ends, so that a byte too many is found by the sanitizer. */
static struct address decode(int32_t addrlen)
{
	struct address address;

	memset(&address, 0xff, sizeof(address));
	address_decode(&address, bytes, sizeof(bytes), addrlen);
	return address;
}

static void test_lengths_without_a_family(void **state)
{
	static const int32_t lengths[] = {0, 1, -1, INT32_MIN};

	(void)state;
	fill("\2\0\0\x50", 4);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct address address = decode(lengths[i]);

		assert_false(address.has_family || address.has_port || address.has_addr || address.unnamed ||
			     address.abstract);
		assert_null(address.path);
		assert_null(address.addr);
		assert_int_equal(address.raw_len, lengths[i] == 1 ? 1 : 0);
		assert_int_equal(address.family, 0);
	}
}

static void test_ipv4_by_length(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(443), .sin_addr = {htonl(0x5db8d822)}};

	(void)state;
	for (int len = 2; len <= 128; len++) {
		struct address address;

		fill(&in, len < 16 ? (size_t)len : sizeof(in));
		address = decode(len);
		assert_true(address.has_family);
		assert_int_equal(address.family, AF_INET);
		assert_int_equal(address.has_port, len >= 4);
		assert_int_equal(address.port, len >= 4 ? 443 : 0);
		assert_int_equal(address.has_addr, len >= 8);
		assert_int_equal(address.addr != NULL, len >= 8);
		if (len >= 8)
			assert_memory_equal(address.addr, "\x5d\xb8\xd8\x22", 4);
		assert_false(address.has_scope || address.has_flowinfo);
		assert_int_equal(address.raw_len, len);
	}
}

static void test_ipv6_by_length(void **state)
{
	struct sockaddr_in6 in = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(443),
		.sin6_flowinfo = htonl(0x000abcde),
		.sin6_scope_id = 2,
	};

	(void)state;
	inet_pton(AF_INET6, "fe80::1", &in.sin6_addr);
	for (int len = 2; len <= 128; len++) {
		struct address address;

		fill(&in, len < 28 ? (size_t)len : sizeof(in));
		address = decode(len);
		assert_int_equal(address.family, AF_INET6);
		assert_int_equal(address.has_port, len >= 4);
		assert_int_equal(address.has_flowinfo, len >= 8);
		/* Network order in the address, a number in host order here; the scope id is host order always. */
		assert_int_equal(address.flowinfo, len >= 8 ? 0xabcde : 0);
		assert_int_equal(address.has_addr, len >= 24);
		if (len >= 24)
			assert_memory_equal(address.addr, &in.sin6_addr, 16);
		assert_int_equal(address.has_scope, len >= 28); /* RFC 2133's has 24 bytes and none */
		assert_int_equal(address.scope_id, len >= 28 ? 2 : 0);
	}
}

static struct address decode_unix(const char *path, size_t path_len, int32_t addrlen)
{
	uint8_t un[ADDR_MAX] = {AF_UNIX};

	memcpy(un, &(sa_family_t){AF_UNIX}, sizeof(sa_family_t));
	memcpy(un + 2, path, path_len);
	fill(un, 2 + path_len);
	return decode(addrlen);
}

static void assert_path(const struct address *address, const char *path, size_t len, bool abstract)
{
	assert_false(address->unnamed);
	assert_int_equal(address->abstract, abstract);
	assert_int_equal(address->path_len, len);
	assert_memory_equal(address->path, path, len);
}

static void test_unix_paths(void **state)
{
	char longest[108];
	struct address address;

	(void)state;
	address = decode_unix("/run/x", 7, 9);
	assert_path(&address, "/run/x", 6, false);
	/* Not terminated: it ends where addrlen does, and the stale bytes behind are nobody's. */
	address = decode_unix("/run/x", 6, 8);
	assert_path(&address, "/run/x", 6, false);
	/* Garbage of the caller's behind the NUL. */
	address = decode_unix("/a\0garbage", 10, 12);
	assert_path(&address, "/a", 2, false);
	address = decode_unix("rel", 3, 5);
	assert_path(&address, "rel", 3, false);
	address = decode_unix("@x", 3, 5);
	assert_path(&address, "@x", 2, false);
	memset(longest, 'p', sizeof(longest));
	address = decode_unix(longest, 108, 110);
	assert_path(&address, longest, 108, false);
	/* The kernel's hook sees lengths up to 128; a name has 108 bytes. */
	address = decode_unix(longest, 108, 128);
	assert_path(&address, longest, 108, false);
	address = decode_unix("\xff\n\033[2J", 6, 8);
	assert_path(&address, "\xff\n\033[2J", 6, false);
}

static void test_unix_abstract(void **state)
{
	char longest[108] = {0};
	struct address address;

	(void)state;
	address = decode_unix("\0name", 5, 7);
	assert_path(&address, "name", 4, true);
	address = decode_unix("\0a\0b", 4, 6);
	assert_path(&address, "a\0b", 3, true);
	address = decode_unix("\0a\0\0", 4, 6);
	assert_path(&address, "a\0\0", 3, true);
	address = decode_unix("\0x", 2, 4);
	assert_path(&address, "x", 1, true);
	address = decode_unix("\0", 1, 3);
	assert_path(&address, "", 0, true);
	address = decode_unix(longest, 108, 110);
	assert_path(&address, longest, 107, true);
}

static void test_unix_unnamed(void **state)
{
	struct address address = decode_unix("", 0, 2);

	(void)state;
	assert_true(address.unnamed);
	assert_false(address.abstract);
	assert_null(address.path);
	assert_int_equal(address.path_len, 0);
}

static void test_other_families(void **state)
{
	static const uint16_t families[] = {AF_UNSPEC, AF_NETLINK, AF_VSOCK, AF_PACKET, AF_BLUETOOTH, 45, 200, 65535};

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		struct address address;

		fill(&families[i], 2);
		address = decode(12);
		assert_int_equal(address.family, families[i]);
		assert_int_equal(address.raw_len, 12);
		assert_ptr_equal(address.raw, bytes);
		assert_false(address.has_port || address.has_addr || address.unnamed || address.abstract);
	}
}

/* No length reads beyond what was read, whatever a record says. */
static void test_never_beyond_what_is_there(void **state)
{
	static const uint16_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t size = 0; size <= 40; size++) {
			uint8_t *block = malloc(size ? size : 1);
			struct address address;

			memset(block, 'x', size);
			memcpy(block, &families[i], size < 2 ? size : 2);
			address_decode(&address, block, size, INT32_MAX);
			assert_int_equal(address.raw_len, size);
			if (address.path)
				assert_true(address.path + address.path_len <= block + size);
			if (address.addr)
				assert_true(address.addr + (families[i] == AF_INET ? 4 : 16) <= block + size);
			free(block);
		}
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(family_name(AF_INET), "AF_INET");
	assert_string_equal(family_name(AF_UNSPEC), "AF_UNSPEC");
	assert_string_equal(family_name(AF_VSOCK), "AF_VSOCK");
	assert_null(family_name(46));
	assert_null(family_name(65535));
	assert_string_equal(type_name(SOCK_STREAM), "SOCK_STREAM");
	assert_string_equal(type_name(6), "SOCK_DCCP");
	assert_null(type_name(0));
	assert_null(type_name(7));
	assert_null(type_name(65535));
	for (unsigned int family = 0; family < 46; family++) {
		assert_int_equal(family_number(family_name(family)), (int)family);
		assert_int_equal(family_number(family_name(family) + 3), (int)family);
	}
	assert_int_equal(family_number("inet"), AF_INET);
	assert_int_equal(family_number("af_Inet6"), AF_INET6);
	assert_int_equal(family_number(""), -1);
	assert_int_equal(family_number("AF_"), -1);
	assert_int_equal(family_number("ine"), -1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_lengths_without_a_family),
	cmocka_unit_test(test_ipv4_by_length),
	cmocka_unit_test(test_ipv6_by_length),
	cmocka_unit_test(test_unix_paths),
	cmocka_unit_test(test_unix_abstract),
	cmocka_unit_test(test_unix_unnamed),
	cmocka_unit_test(test_other_families),
	cmocka_unit_test(test_never_beyond_what_is_there),
	cmocka_unit_test(test_names),
};

RUN(tests)
