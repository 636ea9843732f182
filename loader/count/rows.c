// SPDX-License-Identifier: GPL-2.0-or-later
/* Open addressing, at most half full; rows are blocks of their own and stay where they are. */
#include "private.h"

#include "unique.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 256

void rows_open(struct rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	rows->seed[0] = unique_number();
	rows->seed[1] = unique_number();
}

void rows_close(struct rows *rows)
{
	for (size_t i = 0; i < rows->room; i++)
		free(rows->slots[i]);
	free(rows->slots);
	rows->slots = NULL;
	rows->room = rows->count = 0;
}

static uint64_t rotate(uint64_t value, int bits)
{
	return value << bits | value >> (64 - bits);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein): what it says of two names can't be foretold without the seed. */
static uint64_t hash(const struct rows *rows, const struct key *key)
{
	uint64_t v[4] = {rows->seed[0] ^ 0x736f6d6570736575, rows->seed[1] ^ 0x646f72616e646f6d,
			 rows->seed[0] ^ 0x6c7967656e657261, rows->seed[1] ^ 0x7465646279746573};
	const uint8_t *bytes = (const uint8_t *)key;
	size_t size = key_size(key);

	for (size_t at = 0; at <= size; at += sizeof(uint64_t)) {
		size_t len = size - at < sizeof(uint64_t) ? size - at : sizeof(uint64_t);
		uint64_t word = at + sizeof(word) > size ? (uint64_t)size << 56 : 0;

		memcpy(&word, bytes + at, len);
		v[3] ^= word;
		mix(v);
		v[0] ^= word;
	}
	v[2] ^= 0xff;
	mix(v);
	mix(v);
	mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* Where it is, or where it would be. */
static struct row **place_of(const struct rows *rows, const struct key *key)
{
	size_t size = key_size(key), at = hash(rows, key) & (rows->room - 1);

	while (rows->slots[at] &&
	       (rows->slots[at]->key.addr_len != key->addr_len || memcmp(&rows->slots[at]->key, key, size) != 0))
		at = (at + 1) & (rows->room - 1);
	return &rows->slots[at];
}

static bool grow(struct rows *rows)
{
	struct rows larger = *rows;

	larger.room = rows->room ? rows->room * 2 : ROOM_FIRST;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < rows->room; i++) {
		if (rows->slots[i])
			*place_of(&larger, &rows->slots[i]->key) = rows->slots[i];
	}
	free(rows->slots);
	*rows = larger;
	return true;
}

struct row *rows_find(const struct rows *rows, const struct key *key)
{
	return rows->room ? *place_of(rows, key) : NULL;
}

struct row *rows_take(struct rows *rows, const struct key *key, uint64_t max)
{
	struct row *row = rows_find(rows, key);

	if (row || rows->count >= max)
		return row;
	if (rows->count >= rows->room / 2 && !grow(rows))
		return NULL;
	row = calloc(1, offsetof(struct row, key) + key_size(key));
	if (!row)
		return NULL;
	memcpy(&row->key, key, key_size(key));
	*place_of(rows, key) = row;
	rows->count++;
	return row;
}
