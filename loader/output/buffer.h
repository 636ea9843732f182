/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes on their way out, with the few appends that a million lines a second want to be short: no printf here. Callers
 * make sure of the room (sink_reserve); appends do not check, except escape.c's through BUFFER_LINE_MAX.
 */
#ifndef CONNSNOOP_BUFFER_H
#define CONNSNOOP_BUFFER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* More than the longest line of any format: an 108-byte name that is escaped as \u00xx and repeated in hex. */
#define BUFFER_LINE_MAX 4096

struct buffer {
	char *data;
	size_t len, size;
};

static inline void put_bytes(struct buffer *buf, const void *bytes, size_t len)
{
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
}

static inline void put_char(struct buffer *buf, char c)
{
	buf->data[buf->len++] = c;
}

static inline void put_text(struct buffer *buf, const char *text)
{
	put_bytes(buf, text, strlen(text));
}

static inline void put_unsigned(struct buffer *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put_bytes(buf, digits + at, sizeof(digits) - at);
}

static inline void put_signed(struct buffer *buf, int64_t value)
{
	if (value < 0)
		put_char(buf, '-');
	put_unsigned(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* Exactly `width` digits, with leading zeros. */
static inline void put_digits(struct buffer *buf, uint64_t value, size_t width)
{
	for (size_t i = width; i-- > 0; value /= 10)
		buf->data[buf->len + i] = (char)('0' + value % 10);
	buf->len += width;
}

/* Spaces up to `width` bytes since `from`. */
static inline void pad_to(struct buffer *buf, size_t from, size_t width)
{
	while (buf->len < from + width)
		put_char(buf, ' ');
}

/* escape.c: the one place where bytes that others chose become output. */

/* Lowercase hex. */
void put_hex(struct buffer *buf, const uint8_t *bytes, size_t len);
/* A quoted JSON string: invalid bytes as U+FFFD, controls as \u00xx. Returns whether reading it back would not give the
 * same bytes, or would give NUL or control characters: then a hex form belongs beside it. */
int put_json_string(struct buffer *buf, const uint8_t *bytes, size_t len);
/* For a terminal: C escapes between double quotes. */
void put_quoted(struct buffer *buf, const uint8_t *bytes, size_t len);
/* Whether the bytes can stand in a column as they are: printable, without space, quote or backslash. */
int is_plain(const uint8_t *bytes, size_t len);

#endif
