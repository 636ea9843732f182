// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/names/book.c: what is found is what was put last and has not expired, and there is never more of it than is said. */
#include "test.h"

#include "../../loader/names/private.h"

#include <stdio.h>
#include <stdlib.h>

static const struct secret secret = {{1, 2}};
static struct book *book;

static int start(void **state)
{
	(void)state;
	book = book_new(&secret);
	return !book;
}

static int end(void **state)
{
	(void)state;
	book_free(book);
	return 0;
}

static const uint8_t *addr(unsigned int number)
{
	static uint8_t bytes[4][ADDR_SIZE];
	static int turn;
	uint8_t *one = bytes[turn++ % 4];

	memset(one, 0, ADDR_SIZE);
	memcpy(one + 12, &number, sizeof(number));
	return one;
}

static void put(unsigned int number, const char *name, uint64_t now, uint64_t expires)
{
	book_put(book, addr(number), name, now, expires);
}

static void assert_found(unsigned int number, uint64_t now, const char *name)
{
	const char *found = book_find(book, addr(number), now);

	if (name && found)
		assert_string_equal(found, name);
	else
		assert_ptr_equal(found, name);
}

static void test_put_and_find(void **state)
{
	(void)state;
	assert_found(1, 0, NULL);
	put(1, "one", 10, 20);
	put(2, "two", 10, 30);
	assert_found(1, 10, "one");
	assert_found(2, 10, "two");
	assert_found(3, 10, NULL);
	assert_int_equal(book_count(book), 2);
}

static void test_expiry(void **state)
{
	(void)state;
	put(1, "one", 10, 20);
	assert_found(1, 19, "one");
	assert_found(1, 20, NULL);
	assert_found(1, 21, NULL);
	/* what was answered again lives longer, or shorter */
	put(1, "one", 15, 40);
	assert_found(1, 39, "one");
	put(1, "one", 15, 17);
	assert_found(1, 17, NULL);
	put(1, "one", 50, UINT64_MAX);
	assert_found(1, UINT64_MAX - 1, "one");
	assert_int_equal(book_count(book), 1);
}

static void test_newest_wins(void **state)
{
	(void)state;
	put(1, "one", 10, 20);
	put(1, "another", 11, 15);
	assert_found(1, 14, "another");
	assert_found(1, 16, NULL);
	assert_int_equal(book_count(book), 1);
	put(1, "One", 12, 30);
	assert_found(1, 13, "One");
}

static void test_remove(void **state)
{
	(void)state;
	put(1, "one", 10, 20);
	put(2, "two", 10, 20);
	book_remove(book, addr(1));
	book_remove(book, addr(3));
	assert_found(1, 10, NULL);
	assert_found(2, 10, "two");
	book_remove(book, addr(2));
	assert_int_equal(book_count(book), 0);
	assert_int_equal(book_bytes(book), 0);
	put(1, "one", 10, 20);
	assert_found(1, 10, "one");
}

static void fill(unsigned int from, unsigned int to, uint64_t expires)
{
	char name[32];

	for (unsigned int i = from; i < to; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		put(i, name, 10, expires);
	}
}

/* The oldest goes; what was answered again is not old. */
static void test_full(void **state)
{
	(void)state;
	fill(0, BOOK_ENTRIES, 100);
	put(0, "n0", 11, 100);
	put(BOOK_ENTRIES, "new", 12, 100);
	assert_int_equal(book_count(book), BOOK_ENTRIES);
	assert_found(0, 50, "n0");
	assert_found(1, 50, NULL);
	assert_found(2, 50, "n2");
	assert_found(BOOK_ENTRIES, 50, "new");
	fill(BOOK_ENTRIES + 1, 3 * BOOK_ENTRIES, 100);
	assert_int_equal(book_count(book), BOOK_ENTRIES);
	assert_found(2 * BOOK_ENTRIES - 1, 50, NULL);
	assert_found(2 * BOOK_ENTRIES, 50, "n32768");
}

static void test_expired_goes_first(void **state)
{
	(void)state;
	fill(0, 5, 100);
	put(5, "short", 10, 12);
	fill(6, BOOK_ENTRIES, 100);
	put(BOOK_ENTRIES, "new", 12, 100);
	assert_found(0, 50, "n0");
	assert_found(5, 11, NULL);
	assert_found(6, 50, "n6");
	put(BOOK_ENTRIES + 1, "new", 12, 100);
	assert_found(0, 50, NULL);
}

static void test_bytes(void **state)
{
	char name[NAME_MAX_LEN + 1];

	(void)state;
	for (unsigned int i = 0; i < 2 * BOOK_ENTRIES; i++) {
		snprintf(name, sizeof(name), "%0*u", NAME_MAX_LEN, i);
		put(i, name, 10, 100);
		assert_true(book_bytes(book) <= BOOK_BYTES);
		assert_string_equal(book_find(book, addr(i), 50), name);
	}
	assert_true(book_bytes(book) > BOOK_BYTES - 1000);
	assert_true(book_count(book) < BOOK_ENTRIES);
}

/* Against a plain table. */
static void test_at_random(void **state)
{
	static struct {
		char name[16];
		uint64_t expires;
	} plain[512];
	size_t bytes = 0, count = 0;

	(void)state;
	memset(plain, 0, sizeof(plain));
	srand(1);
	for (uint64_t now = 1; now < 200000; now++) {
		unsigned int number = (unsigned int)rand() % 512, what = (unsigned int)rand() % 8;

		if (what == 0) {
			book_remove(book, addr(number));
			plain[number].name[0] = '\0';
		} else if (what < 4) {
			snprintf(plain[number].name, sizeof(plain[0].name), "%x", (unsigned int)rand() % 8);
			plain[number].expires = now + (uint64_t)(rand() % 1000);
			put(number, plain[number].name, now, plain[number].expires);
		}
		number = (unsigned int)rand() % 512;
		assert_found(number, now,
			     plain[number].name[0] && now < plain[number].expires ? plain[number].name : NULL);
	}
	for (int i = 0; i < 512; i++) {
		count += plain[i].name[0] != '\0';
		bytes += plain[i].name[0] ? strlen(plain[i].name) + 17 : 0;
	}
	assert_int_equal(book_count(book), count);
	assert_int_equal(book_bytes(book), bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_put_and_find), TEST(test_expiry), TEST(test_newest_wins),	   TEST(test_remove),
	TEST(test_full),	 TEST(test_bytes),  TEST(test_expired_goes_first), TEST(test_at_random),
};

RUN(tests)
