// SPDX-License-Identifier: GPL-2.0-or-later
#include "buffer.h"

#include <stdbool.h>

static const char hex_digits[] = "0123456789abcdef";

void put_hex(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	char *at = buf->data + buf->len;

	for (size_t i = 0; i < len; i++) {
		*at++ = hex_digits[bytes[i] >> 4];
		*at++ = hex_digits[bytes[i] & 15];
	}
	buf->len += 2 * len;
}

/*
 * The length of the UTF-8 sequence at `bytes` and its code point; 0 where there is no valid one (RFC 3629: no overlong
 * form, no surrogate, nothing above U+10FFFF).
 */
static size_t decode_utf8(const uint8_t *bytes, size_t len, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need = bytes[0] < 0x80	    ? 1
		      : bytes[0] >> 5 == 6  ? 2
		      : bytes[0] >> 4 == 14 ? 3
		      : bytes[0] >> 3 == 30 ? 4
					    : 0;

	if (need == 0 || need > len)
		return 0;
	*code = need == 1 ? bytes[0] : bytes[0] & (0x7fU >> need);
	for (size_t i = 1; i < need; i++) {
		if (bytes[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	if (*code < least[need] || *code > 0x10ffff || *code >> 11 == 0xd800 >> 11)
		return 0;
	return need;
}

static int is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/* Characters that change how a terminal shows others: direction, line breaks, invisible joiners. */
static int drives_terminal(uint32_t code)
{
	return is_control(code) || code == 0xad || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
	       (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

/* Appends what stands for itself in every format, as nearly all does. Returns how many bytes that was. */
static size_t put_simple(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	char *at = buf->data + buf->len;
	size_t count = 0;

	while (count < len && bytes[count] >= ' ' && bytes[count] < 0x7f && bytes[count] != '"' && bytes[count] != '\\')
		*at++ = (char)bytes[count++];
	buf->len += count;
	return count;
}

int put_json_string(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	int lossy = 0;
	uint32_t code;

	put_char(buf, '"');
	for (size_t i = put_simple(buf, bytes, len), step; i < len; i += step) {
		step = decode_utf8(bytes + i, len - i, &code);
		if (step == 0) {
			put_bytes(buf, "\xef\xbf\xbd", 3);
			lossy = 1;
			step = 1;
		} else if (is_control(code)) {
			put_bytes(buf, "\\u00", 4);
			put_char(buf, hex_digits[code >> 4]);
			put_char(buf, hex_digits[code & 15]);
			lossy = 1;
		} else {
			if (code == '"' || code == '\\')
				put_char(buf, '\\');
			put_bytes(buf, bytes + i, step);
		}
	}
	put_char(buf, '"');
	return lossy;
}

/* `quote` is what goes before a quote. */
static void put_escaped(struct buffer *buf, const uint8_t *bytes, size_t len, char quote)
{
	uint32_t code;

	for (size_t i = put_simple(buf, bytes, len), step; i < len; i += step) {
		step = decode_utf8(bytes + i, len - i, &code);
		if (step && !drives_terminal(code)) {
			if (code == '"' || code == '\\')
				put_char(buf, code == '"' ? quote : '\\');
			put_bytes(buf, bytes + i, step);
			continue;
		}
		if (step == 0)
			step = 1;
		for (size_t k = i; k < i + step; k++) {
			put_bytes(buf, "\\x", 2);
			put_hex(buf, bytes + k, 1);
		}
	}
}

void put_quoted(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	put_char(buf, '"');
	put_escaped(buf, bytes, len, '\\');
	put_char(buf, '"');
}

void put_csv(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	bool quotes = memchr(bytes, ',', len) || memchr(bytes, '"', len);

	if (quotes)
		put_char(buf, '"');
	if (len && (*bytes == '=' || *bytes == '+' || *bytes == '-' || *bytes == '@')) {
		put_bytes(buf, "\\x", 2);
		put_hex(buf, bytes++, 1);
		len--;
	}
	put_escaped(buf, bytes, len, '"');
	if (quotes)
		put_char(buf, '"');
}

int is_plain(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] <= ' ' || bytes[i] > '~' || bytes[i] == '"' || bytes[i] == '\\')
			return 0;
	}
	return len > 0;
}
