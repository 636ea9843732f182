// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/names/dns.c: what an answer says, and that nothing a stranger writes gets beyond its end. */
#include "test.h"

#include "../../loader/names/private.h"
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MANY 8192

static struct wire wire;
static char asked[NAME_MAX_LEN + 1];
static struct {
	char text[INET6_ADDRSTRLEN];
	uint32_t ttl;
} given[MANY];
static int count;

static void give(void *context, const uint8_t addr[ADDR_SIZE], uint32_t ttl)
{
	assert_ptr_equal(context, given);
	assert_true(count < MANY);
	inet_ntop(AF_INET6, addr, given[count].text, sizeof(given[0].text));
	given[count++].ttl = ttl;
}

/* In a block that ends where the message does. */
static int parse_bytes(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int result;

	count = 0;
	memset(asked, 'x', sizeof(asked));
	memcpy(copy, bytes, len);
	result = dns_addresses(copy, len, asked, give, given);
	free(copy);
	assert_int_equal(result < 0 ? 0 : result, count);
	return result;
}

static int parse(void)
{
	return parse_bytes(wire.bytes, wire.len);
}

static void begin(const char *name)
{
	wire_begin(&wire, 0x1234, 0x8180, name, TYPE_A);
}

/* Byte by byte, as servers write it: an alias, three addresses of its target, and EDNS with a cookie. */
static const uint8_t usual[] =
	"\x5e\x3a\x81\xa0\x00\x01\x00\x04\x00\x00\x00\x01\x03www\x06kernel\x03org\x00\x00\x01\x00\x01"
	"\xc0\x0c\x00\x05\x00\x01\x00\x00\x02\x58\x00\x10\x03geo\x06kernel\x03org\x00"
	"\xc0\x2c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x8b\xb2\x54\xd9"
	"\xc0\x2c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\x93\x4b\x50\xf9"
	"\xc0\x2c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x91\x28\x49\x37"
	"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x08\x01\x23\x45\x67\x89\xab\xcd\xef";

static void test_usual(void **state)
{
	(void)state;
	assert_int_equal(parse_bytes(usual, sizeof(usual) - 1), 3);
	assert_string_equal(asked, "www.kernel.org");
	assert_string_equal(given[0].text, "::ffff:139.178.84.217");
	assert_string_equal(given[2].text, "::ffff:145.40.73.55");
	assert_int_equal(given[0].ttl, 60);
	assert_int_equal(given[1].ttl, 30);
}

static void test_addresses(void **state)
{
	(void)state;
	begin("a.example");
	wire_a(&wire, "@12", 300, "192.0.2.1");
	wire_aaaa(&wire, "a.example", 20, "2001:db8::1");
	wire_aaaa(&wire, "@12", 10, "::ffff:192.0.2.7");
	wire_opt(&wire);
	assert_int_equal(parse(), 3);
	assert_string_equal(asked, "a.example");
	assert_string_equal(given[0].text, "::ffff:192.0.2.1");
	assert_string_equal(given[1].text, "2001:db8::1");
	assert_string_equal(given[2].text, "::ffff:192.0.2.7");
	assert_int_equal(given[0].ttl, 300);
	assert_int_equal(given[1].ttl, 20);
}

/* The name is the one that was asked for, as it was written; the TTL is the chain's least. */
static void test_chain(void **state)
{
	(void)state;
	begin("Www.Example.COM");
	wire_cname(&wire, "www.example.com", 60, "cdn.example.net");
	wire_cname(&wire, "CDN.example.NET", 5, "e1.edge.example");
	wire_a(&wire, "E1.EDGE.example", 100, "192.0.2.9");
	wire_a(&wire, "e1.edge.example", 2, "192.0.2.10");
	assert_int_equal(parse(), 2);
	assert_string_equal(asked, "Www.Example.COM");
	assert_int_equal(given[0].ttl, 5);
	assert_int_equal(given[1].ttl, 2);
}

static void test_chain_in_no_order(void **state)
{
	(void)state;
	begin("a.test");
	wire_a(&wire, "e.test", 9, "192.0.2.1");
	wire_cname(&wire, "d.test", 9, "e.test");
	wire_cname(&wire, "b.test", 9, "c.test");
	wire_cname(&wire, "c.test", 9, "d.test");
	wire_cname(&wire, "a.test", 9, "b.test");
	assert_int_equal(parse(), 1);
}

static void test_chain_of(int aliases, int wanted)
{
	char owner[32], target[32];

	begin("n0.test");
	for (int i = 0; i < aliases; i++) {
		snprintf(owner, sizeof(owner), "n%d.test", i);
		snprintf(target, sizeof(target), "n%d.test", i + 1);
		wire_cname(&wire, owner, 9, target);
	}
	wire_a(&wire, target, 9, "192.0.2.1");
	assert_int_equal(parse(), wanted);
}

static void test_long_chains(void **state)
{
	(void)state;
	test_chain_of(16, 1);
	test_chain_of(17, 0);
	begin("a.test");
	wire_cname(&wire, "a.test", 9, "b.test");
	wire_cname(&wire, "b.test", 9, "a.test");
	wire_a(&wire, "c.test", 9, "192.0.2.1");
	assert_int_equal(parse(), 0);
	begin("a.test");
	wire_cname(&wire, "a.test", 9, "a.test");
	wire_a(&wire, "a.test", 9, "192.0.2.1");
	assert_int_equal(parse(), 1);
}

/* What a server adds that was not asked for is nobody's name. */
static void test_of_others(void **state)
{
	(void)state;
	begin("a.test");
	wire_a(&wire, "b.test", 9, "192.0.2.1");
	wire_a(&wire, "test", 9, "192.0.2.2");
	wire_a(&wire, "x@12", 9, "192.0.2.3");
	wire_cname(&wire, "b.test", 9, "c.test");
	wire_a(&wire, "c.test", 9, "192.0.2.4");
	wire_record(&wire, "@12", TYPE_A, 9, 4);
	wire_put32(&wire, 0x01020304);
	wire_set16(&wire, wire.len - 12, 3); /* CHAOS */
	wire_record(&wire, "@12", TYPE_A, 9, 5);
	wire_put(&wire, "12345", 5);
	wire_record(&wire, "@12", TYPE_AAAA, 9, 4);
	wire_put(&wire, "1234", 4);
	wire_record(&wire, "@12", TYPE_MX, 9, 4);
	wire_put(&wire, "\0\1\xc0\x0c", 4);
	assert_int_equal(parse(), 0);
	/* and behind the count of answers: the additional section */
	begin("a.test");
	wire_a(&wire, "@12", 9, "192.0.2.1");
	wire_a(&wire, "@12", 9, "192.0.2.2");
	wire_set16(&wire, 6, 1);
	assert_int_equal(parse(), 1);
}

static void test_headers(void **state)
{
	static const struct {
		unsigned int flags;
		int wanted;
	} headers[] = {
		{0x8180, 1},
		{0x8580, 1},
		{0x8000, 1},
		{0x8380 /* cut off */, 1},
		{0x0100 /* question */, -1},
		{0x8181, 0},
		{0x8183, 0},
		{0xa180 /* notify */, 0},
		{0xf980, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		wire_begin(&wire, 7, headers[i].flags, "a.test", TYPE_A);
		wire_a(&wire, "@12", 9, "192.0.2.1");
		assert_int_equal(parse(), headers[i].wanted);
		assert_int_equal(dns_is_answer(wire.bytes), headers[i].wanted >= 0);
		assert_int_equal(dns_id(wire.bytes), 7);
	}
	for (unsigned int questions = 0; questions < 3; questions++) {
		begin("a.test");
		wire_a(&wire, "@12", 9, "192.0.2.1");
		wire_set16(&wire, 4, questions);
		assert_int_equal(parse(), questions == 1 ? 1 : -1);
	}
	begin("a.test");
	wire_set16(&wire, wire.len - 2, 3); /* class CHAOS */
	wire_a(&wire, "@12", 9, "192.0.2.1");
	assert_int_equal(parse(), 0);
	begin("a.test");
	assert_int_equal(parse(), 0);
}

static void test_ttl_with_its_sign(void **state)
{
	(void)state;
	begin("a.test");
	wire_a(&wire, "@12", 0x80000001, "192.0.2.1");
	wire_a(&wire, "@12", 0x7fffffff, "192.0.2.2");
	wire_a(&wire, "@12", 0, "192.0.2.3");
	assert_int_equal(parse(), 3);
	assert_int_equal(given[0].ttl, 0);
	assert_int_equal(given[1].ttl, 0x7fffffff);
	assert_int_equal(given[2].ttl, 0);
}

/* An address record with the given owner bytes, at offset 24: is it the name that was asked for? */
static int parse_owner(const void *owner, size_t len)
{
	begin("a.test"); /* 12 to 19 */
	wire_set16(&wire, 6, 1);
	assert_int_equal(wire.len, 24);
	wire_put(&wire, owner, len);
	wire_put(&wire, "\0\1\0\1\0\0\0\x09\0\4\1\2\3\4", 14);
	return parse();
}

static void test_pointers(void **state)
{
	(void)state;
	assert_int_equal(parse_owner("\xc0\x0c", 2), 1);
	assert_int_equal(parse_owner("\1a\xc0\x0e", 4), 1);
	assert_int_equal(parse_owner("\1A\4teST\0", 8), 1);
	assert_int_equal(parse_owner("\xc0\x0e", 2), 0);    /* "test" */
	assert_int_equal(parse_owner("\xc0\x18", 2), 0);    /* itself */
	assert_int_equal(parse_owner("\1a\xc0\x18", 4), 0); /* a.a.a... */
	assert_int_equal(parse_owner("\xc0\x1a", 2), 0);    /* forward */
	assert_int_equal(parse_owner("\xff\xff", 2), 0);    /* beyond the end */
	assert_int_equal(parse_owner("\xc0\x00", 2), 0);    /* into the header */
	assert_int_equal(parse_owner("\xc0\x0b", 2), 0);
	assert_int_equal(parse_owner("\x41"
				     "a\4test\0",
				     8),
			 0); /* kinds of labels that there are not */
	assert_int_equal(parse_owner("\x81"
				     "a\4test\0",
				     8),
			 0);
	assert_int_equal(parse_owner("\0", 1), 0);
}

/* Pointers that lead to pointers: each goes back, so they end, and before that there are too many. */
static void test_pointer_to_pointer(int pointers, int wanted)
{
	size_t first;
	char owner[16];

	begin("a.test");
	wire_record(&wire, "test", TYPE_MX, 9, 2 * (size_t)pointers);
	first = wire.len;
	wire_put16(&wire, 0xc00c);
	for (int i = 1; i < pointers; i++)
		wire_put16(&wire, 0xc000 | (unsigned int)(wire.len - 2));
	snprintf(owner, sizeof(owner), "@%zu", first + 2 * (size_t)(pointers - 1));
	wire_a(&wire, owner, 9, "192.0.2.1");
	assert_int_equal(parse(), wanted);
}

static void test_pointers_to_pointers(void **state)
{
	(void)state;
	test_pointer_to_pointer(1, 1);
	test_pointer_to_pointer(63, 1);
	test_pointer_to_pointer(64, 0);
	test_pointer_to_pointer(5000, 0);
}

static void test_pointer_in_question(void **state)
{
	(void)state;
	wire_begin(&wire, 1, 0x8180, "@12", TYPE_A);
	assert_int_equal(parse(), -1);
	wire_begin(&wire, 1, 0x8180, "a@0", TYPE_A);
	assert_int_equal(parse(), -1);
}

/* Labels of the given length that fill `bytes` bytes of a name, the last one shorter. */
static void begin_long(size_t bytes, char letter)
{
	size_t left = bytes - 1;

	wire_begin(&wire, 1, 0x8180, "", TYPE_A);
	wire.len -= 5;
	while (left) {
		size_t label = left > 64 ? 63 : left - 1;

		if (left - label - 1 == 1) /* a label has a length and a byte at least */
			label--;
		wire_put8(&wire, (unsigned int)label);
		for (size_t i = 0; i < label; i++)
			wire_put8(&wire, (unsigned char)letter);
		left -= label + 1;
	}
	wire_put8(&wire, 0);
	wire_put32(&wire, 0x00010001);
	wire_a(&wire, "@12", 9, "192.0.2.1");
}

static void test_long_names(void **state)
{
	(void)state;
	begin_long(255, 'n');
	assert_int_equal(parse(), 1);
	assert_int_equal(strlen(asked), 253);
	begin_long(256, 'n');
	assert_int_equal(parse(), -1);
	/* Each byte takes four characters: too long to show, and not cut. 63 bytes and their dot fit. */
	begin_long(65, '\1');
	assert_int_equal(parse(), 1);
	assert_int_equal(strlen(asked), 252);
	begin_long(68, '\1');
	assert_int_equal(parse(), 1);
	assert_string_equal(asked, "");
}

static void test_root(void **state)
{
	(void)state;
	begin("");
	wire_a(&wire, "@12", 9, "192.0.2.1");
	assert_int_equal(parse(), 1);
	assert_string_equal(asked, "");
}

static void test_escapes(void **state)
{
	(void)state;
	begin("");
	wire.len = 12;
	wire_put(&wire,
		 "\x0e"
		 "a.b\\c \x1b[\x7f\xc3\xa4\"\0"
		 "z\4test\0\0\1\0\1",
		 15 + 6 + 4);
	wire_a(&wire, "@12", 9, "192.0.2.1");
	assert_int_equal(parse(), 1);
	assert_string_equal(asked, "a\\.b\\\\c\\032\\027[\\127\\195\\164\"\\000z.test");
}

static void test_every_byte(void **state)
{
	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		begin("xxx.test");
		wire.bytes[14] = (uint8_t)byte;
		wire_a(&wire, "@12", 9, "192.0.2.1");
		assert_int_equal(parse(), 1);
		for (const char *c = asked; *c; c++)
			assert_true(*c > ' ' && *c <= '~');
		assert_non_null(strstr(asked, "x.test"));
	}
}

static void test_many_records(void **state)
{
	char text[32];

	(void)state;
	begin("big.test");
	for (int i = 0; i < 4000; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 256, i % 256);
		wire_a(&wire, "@12", 9, text);
	}
	assert_true(wire.len < 65536);
	assert_int_equal(parse(), 4000);
	assert_string_equal(given[3999].text, "::ffff:10.0.15.159");
}

static void make_rich(void)
{
	begin("www.example.com");
	wire_cname(&wire, "@12", 60, "cdn@16");
	wire_cname(&wire, "cdn.example.com", 5, "e1.edge.example");
	wire_a(&wire, "e1.edge.example", 100, "192.0.2.9");
	wire_aaaa(&wire, "e1.edge.example", 100, "2001:db8::9");
	wire_a(&wire, "e1.edge.example", 100, "192.0.2.10");
	wire_opt(&wire);
}

/* Whatever was cut off: what is whole counts, nothing else, and more bytes never give less. */
static void test_every_prefix(void **state)
{
	int last = -1;

	(void)state;
	make_rich();
	for (size_t len = 0; len <= wire.len; len++) {
		int result = parse_bytes(wire.bytes, len);

		assert_true(result >= last && result <= 3);
		last = result;
		for (int i = 0; i < count; i++)
			assert_non_null(strstr(" ::ffff:192.0.2.9 2001:db8::9 ::ffff:192.0.2.10 ", given[i].text));
	}
	assert_int_equal(last, 3);
}

static void test_every_byte_changed(void **state)
{
	(void)state;
	make_rich();
	for (size_t at = 0; at < wire.len; at++) {
		uint8_t kept = wire.bytes[at];

		for (unsigned int byte = 0; byte < 256; byte++) {
			wire.bytes[at] = (uint8_t)byte;
			assert_true(parse() <= 3);
		}
		wire.bytes[at] = kept;
	}
}

/* The costliest messages that come to mind take milliseconds; a parser that can be lured takes minutes. */
static void test_time(void **state)
{
	clock_t start = clock();

	(void)state;
	/* Aliases in the wrong order, each with pointers to follow, and none of them of use. */
	begin("a.test");
	for (int i = 0; wire.len < 65000; i++)
		wire_cname(&wire, i % 2 ? "b.test" : "a@14", 9, i % 2 ? "a@12" : "b.test");
	parse();
	/* Names of 120 labels, for each record anew. */
	begin("x");
	wire.len = 12;
	for (int i = 0; i < 120; i++)
		wire_put(&wire, "\1a", 2);
	wire_put(&wire, "\0\0\1\0\1", 5);
	while (wire.len < 65000)
		wire_a(&wire, "b@14", 9, "192.0.2.1");
	parse();
	assert_true(clock() - start < CLOCKS_PER_SEC);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_usual),
	cmocka_unit_test(test_addresses),
	cmocka_unit_test(test_chain),
	cmocka_unit_test(test_chain_in_no_order),
	cmocka_unit_test(test_long_chains),
	cmocka_unit_test(test_of_others),
	cmocka_unit_test(test_headers),
	cmocka_unit_test(test_ttl_with_its_sign),
	cmocka_unit_test(test_pointers),
	cmocka_unit_test(test_pointers_to_pointers),
	cmocka_unit_test(test_pointer_in_question),
	cmocka_unit_test(test_long_names),
	cmocka_unit_test(test_root),
	cmocka_unit_test(test_escapes),
	cmocka_unit_test(test_every_byte),
	cmocka_unit_test(test_many_records),
	cmocka_unit_test(test_every_prefix),
	cmocka_unit_test(test_every_byte_changed),
	cmocka_unit_test(test_time),
};

RUN(tests)
