// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "clock.h"

#include <sys/random.h>

/* Before the kernel's pool is ready, at boot, there is the time. */
void secret_make(struct secret *secret)
{
	if (getrandom(secret->word, sizeof(secret->word), GRND_NONBLOCK) != (ssize_t)sizeof(secret->word)) {
		secret->word[0] = clock_monotonic() * 0x9e3779b97f4a7c15;
		secret->word[1] = (uintptr_t)secret ^ secret->word[0] >> 17;
	}
}

/* Both halves of a product, which 32-bit machines make of four: no input that is chosen blindly makes many of them alike. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX), high = (a >> 32) * (b >> 32);
	uint64_t cross = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t other = (a & UINT32_MAX) * (b >> 32) + (cross & UINT32_MAX);

	return (other << 32 | (low & UINT32_MAX)) ^ (high + (cross >> 32) + (other >> 32));
}

uint64_t secret_hash(const struct secret *secret, const void *bytes, size_t len)
{
	uint64_t hash = secret->word[0] ^ len, word;
	const uint8_t *next = bytes;

	for (; len; next += sizeof(word), len -= len < sizeof(word) ? len : sizeof(word)) {
		word = 0;
		memcpy(&word, next, len < sizeof(word) ? len : sizeof(word));
		hash = fold(hash ^ word, secret->word[1] | 1) + secret->word[0];
	}
	return fold(hash, secret->word[0] | 1);
}
