// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses in a hash table, and in a list from the oldest to the newest. Places are numbers, one more than the index, so
 * that 0 is none and fresh memory, of which only what is used becomes real, an empty book.
 */
#include "private.h"

#include <stdlib.h>

#define BUCKETS	     BOOK_ENTRIES
#define LOOKED_AT    8		/* the oldest ones, among which an expired one is looked for */
#define NAME_COST(n) ((n) + 17) /* its NUL and what malloc() adds */

struct entry {
	uint8_t addr[ADDR_SIZE];
	uint64_t expires;
	char *name;
	uint32_t chain; /* the next one in the bucket; of a free place: the next free one */
	uint32_t older, newer;
};

struct book {
	struct secret secret;
	uint32_t bucket[BUCKETS];
	struct entry entry[BOOK_ENTRIES];
	uint32_t touched; /* places that were ever used */
	uint32_t free, oldest, newest;
	size_t count, bytes;
};

static struct entry *at(struct book *book, uint32_t place)
{
	return &book->entry[place - 1];
}

static uint32_t *bucket_of(struct book *book, const uint8_t *addr)
{
	return &book->bucket[secret_hash(&book->secret, addr, ADDR_SIZE) % BUCKETS];
}

static uint32_t find(const struct book *book, const uint8_t *addr)
{
	uint32_t place = book->bucket[secret_hash(&book->secret, addr, ADDR_SIZE) % BUCKETS];

	while (place && memcmp(book->entry[place - 1].addr, addr, ADDR_SIZE) != 0)
		place = book->entry[place - 1].chain;
	return place;
}

static void list_remove(struct book *book, struct entry *entry)
{
	*(entry->older ? &at(book, entry->older)->newer : &book->oldest) = entry->newer;
	*(entry->newer ? &at(book, entry->newer)->older : &book->newest) = entry->older;
}

static void list_append(struct book *book, uint32_t place)
{
	struct entry *entry = at(book, place);

	entry->older = book->newest;
	entry->newer = 0;
	*(book->newest ? &at(book, book->newest)->newer : &book->oldest) = place;
	book->newest = place;
}

static void let_go(struct book *book, uint32_t place)
{
	struct entry *entry = at(book, place);
	uint32_t *link = bucket_of(book, entry->addr);

	while (*link != place)
		link = &at(book, *link)->chain;
	*link = entry->chain;
	list_remove(book, entry);
	book->bytes -= NAME_COST(strlen(entry->name));
	book->count--;
	free(entry->name);
	entry->name = NULL;
	entry->chain = book->free;
	book->free = place;
}

static void make_room(struct book *book, uint64_t now)
{
	uint32_t place = book->oldest;

	for (int i = 0; i < LOOKED_AT && place; i++) {
		if (at(book, place)->expires <= now)
			break;
		place = at(book, place)->newer;
	}
	let_go(book, place && at(book, place)->expires <= now ? place : book->oldest);
}

static uint32_t take_place(struct book *book)
{
	uint32_t place = book->free;

	if (!place)
		return ++book->touched;
	book->free = at(book, place)->chain;
	return place;
}

static void add(struct book *book, const uint8_t *addr, const char *name, uint64_t now, uint64_t expires)
{
	char *copy = strdup(name);
	uint32_t place, *bucket;
	struct entry *entry;

	if (!copy)
		return;
	while (book->count == BOOK_ENTRIES || (book->count && book->bytes + NAME_COST(strlen(name)) > BOOK_BYTES))
		make_room(book, now);
	place = take_place(book);
	entry = at(book, place);
	bucket = bucket_of(book, addr);
	memcpy(entry->addr, addr, ADDR_SIZE);
	entry->name = copy;
	entry->expires = expires;
	entry->chain = *bucket;
	*bucket = place;
	list_append(book, place);
	book->count++;
	book->bytes += NAME_COST(strlen(name));
}

void book_put(struct book *book, const uint8_t addr[ADDR_SIZE], const char *name, uint64_t now, uint64_t expires)
{
	uint32_t place = find(book, addr);

	if (place && strcmp(at(book, place)->name, name) != 0) {
		let_go(book, place);
		place = 0;
	}
	if (place) {
		at(book, place)->expires = expires;
		list_remove(book, at(book, place));
		list_append(book, place);
	} else {
		add(book, addr, name, now, expires);
	}
}

void book_remove(struct book *book, const uint8_t addr[ADDR_SIZE])
{
	uint32_t place = find(book, addr);

	if (place)
		let_go(book, place);
}

const char *book_find(const struct book *book, const uint8_t addr[ADDR_SIZE], uint64_t now)
{
	uint32_t place = find(book, addr);

	return place && now < book->entry[place - 1].expires ? book->entry[place - 1].name : NULL;
}

size_t book_count(const struct book *book)
{
	return book->count;
}

size_t book_bytes(const struct book *book)
{
	return book->bytes;
}

struct book *book_new(const struct secret *secret)
{
	struct book *book = calloc(1, sizeof(*book));

	if (book)
		book->secret = *secret;
	return book;
}

void book_free(struct book *book)
{
	for (uint32_t i = 0; book && i < book->touched; i++)
		free(book->entry[i].name);
	free(book);
}
