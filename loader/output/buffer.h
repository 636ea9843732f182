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

/* What is taken of a path or of a process's arguments, and of a name; each byte can become six, and two in hex. */
#define BUFFER_PATH_MAX 4096
#define BUFFER_NAME_MAX 256
/* More than the longest line of any format: a test renders the worst attempt in each and holds it against this. */
#define BUFFER_LINE_MAX (128 * 1024)

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

#define DIGIT_PAIRS                                \
	"0001020304050607080910111213141516171819" \
	"2021222324252627282930313233343536373839" \
	"4041424344454647484950515253545556575859" \
	"6061626364656667686970717273747576777879" \
	"8081828384858687888990919293949596979899"

/* Below 100. */
static inline void put_pair(struct buffer *buf, unsigned int value)
{
	const char *pairs = DIGIT_PAIRS;

	put_bytes(buf, pairs + 2 * value, 2);
}

/* Exactly `width` digits, with leading zeros. */
static inline void put_digits(struct buffer *buf, uint64_t value, size_t width)
{
	const char *pairs = DIGIT_PAIRS;
	char *start = buf->data + buf->len, *at = start + width;

	for (; at - start >= 2; value /= 100)
		memcpy(at -= 2, pairs + value % 100 * 2, 2);
	if (at > start)
		*start = (char)('0' + value % 10);
	buf->len += width;
}

/* Numbers are most of a line, and most of them are short. */
static inline void put_unsigned(struct buffer *buf, uint64_t value)
{
	uint64_t rest = value;
	size_t width = 1;

	if (value < 10) {
		put_char(buf, (char)('0' + value));
	} else if (value < 100) {
		put_pair(buf, (unsigned int)value);
	} else if (value < 1000) {
		put_char(buf, (char)('0' + value / 100));
		put_pair(buf, (unsigned int)value % 100);
	} else if (value < 10000) {
		put_pair(buf, (unsigned int)value / 100);
		put_pair(buf, (unsigned int)value % 100);
	} else {
		for (; rest >= 10000; rest /= 10000)
			width += 4;
		put_digits(buf, value, width + (rest >= 10) + (rest >= 100) + (rest >= 1000));
	}
}

static inline void put_signed(struct buffer *buf, int64_t value)
{
	if (value < 0)
		put_char(buf, '-');
	put_unsigned(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
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
/*
 * A field as RFC 4180 quotes it, which whoever reads it takes off again. Within it C escapes as above, but that a quote
 * is doubled and not escaped; so no field holds a newline. What a spreadsheet would take for a formula (= + - @ in
 * front) begins with an escape, too.
 */
void put_csv(struct buffer *buf, const uint8_t *bytes, size_t len);
/* Whether the bytes can stand in a column as they are: printable, without space, quote or backslash. */
int is_plain(const uint8_t *bytes, size_t len);

#endif
