// SPDX-License-Identifier: GPL-2.0-or-later
#include "strict_json.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 64

struct text {
	const char *at, *end;
	/* What is looked for: keys of an object, or a string. */
	const char *object, *wanted;
	char *keys;
	size_t keys_size;
	char *bytes;
	size_t bytes_size;
	int found;
};

/* The length of the sequence at `bytes`, 0 where it is none. Written out by ranges, unlike the code under test. */
static size_t sequence(const unsigned char *bytes, size_t len)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t length;
	} rows[] = {
		{0x00, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (bytes[0] < rows[i].first_low || bytes[0] > rows[i].first_high)
			continue;
		if (rows[i].length > len)
			return 0;
		if (rows[i].length > 1 && (bytes[1] < rows[i].second_low || bytes[1] > rows[i].second_high))
			return 0;
		for (size_t k = 2; k < rows[i].length; k++) {
			if (bytes[k] < 0x80 || bytes[k] > 0xbf)
				return 0;
		}
		return rows[i].length;
	}
	return 0;
}

bool utf8_valid(const char *bytes, size_t len)
{
	for (size_t at = 0, step; at < len; at += step) {
		step = sequence((const unsigned char *)bytes + at, len - at);
		if (!step)
			return false;
	}
	return true;
}

static bool take(struct text *text, char c)
{
	if (text->at == text->end || *text->at != c)
		return false;
	text->at++;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* \uXXXX of the basic plane, which is all that a plain escape of a control needs; as UTF-8. */
static bool read_unicode(struct text *text, char *out, size_t *len)
{
	unsigned int code = 0;

	for (int i = 0; i < 4; i++) {
		int digit = text->at < text->end ? hex_digit(*text->at++) : -1;

		if (digit < 0)
			return false;
		code = code << 4 | (unsigned int)digit;
	}
	if (code >= 0xd800 && code <= 0xdfff)
		return false;
	if (code < 0x80) {
		out[(*len)++] = (char)code;
	} else if (code < 0x800) {
		out[(*len)++] = (char)(0xc0 | code >> 6);
		out[(*len)++] = (char)(0x80 | (code & 0x3f));
	} else {
		out[(*len)++] = (char)(0xe0 | code >> 12);
		out[(*len)++] = (char)(0x80 | (code >> 6 & 0x3f));
		out[(*len)++] = (char)(0x80 | (code & 0x3f));
	}
	return true;
}

static bool read_escape(struct text *text, char *out, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;

	if (text->at == text->end)
		return false;
	if (take(text, 'u'))
		return read_unicode(text, out, len);
	which = *text->at ? strchr(from, *text->at) : NULL;
	if (!which)
		return false;
	text->at++;
	out[(*len)++] = to[which - from];
	return true;
}

static bool read_string(struct text *text, char *out, size_t size, size_t *len)
{
	*len = 0;
	if (!take(text, '"'))
		return false;
	while (text->at < text->end && *text->at != '"') {
		size_t step = sequence((const unsigned char *)text->at, (size_t)(text->end - text->at));

		if (!step || (unsigned char)*text->at < 0x20 || *len + 4 > size)
			return false;
		if (take(text, '\\')) {
			if (!read_escape(text, out, len))
				return false;
			continue;
		}
		memcpy(out + *len, text->at, step);
		*len += step;
		text->at += step;
	}
	return take(text, '"');
}

static bool read_value(struct text *text, const char *key);

static void note_key(struct text *text, const char *object, const char *key)
{
	if (!text->keys || strcmp(object, text->object) != 0 || strlen(text->keys) + strlen(key) + 2 > text->keys_size)
		return;
	if (text->keys[0])
		strcat(text->keys, ",");
	strcat(text->keys, key);
}

static bool read_object(struct text *text, const char *name)
{
	char keys[KEYS_MAX][64];
	int count = 0;
	size_t len;

	if (!take(text, '{'))
		return false;
	if (take(text, '}'))
		return true;
	do {
		char *key = keys[count];

		if (count == KEYS_MAX - 1 || !read_string(text, key, sizeof(keys[0]) - 1, &len) || strlen(key) < len)
			return false;
		key[len] = '\0';
		for (int i = 0; i < count; i++) {
			if (!strcmp(keys[i], key))
				return false;
		}
		count++;
		note_key(text, name, key);
		if (!take(text, ':') || !read_value(text, key))
			return false;
	} while (take(text, ','));
	return take(text, '}');
}

static bool read_array(struct text *text)
{
	if (!take(text, '['))
		return false;
	if (take(text, ']'))
		return true;
	do {
		if (!read_value(text, "[]"))
			return false;
	} while (take(text, ','));
	return take(text, ']');
}

static bool read_digits(struct text *text)
{
	const char *from = text->at;

	while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
		text->at++;
	return text->at > from;
}

/* Integers, which is all we write; no leading zeros. */
static bool read_number(struct text *text)
{
	const char *from;

	take(text, '-');
	from = text->at;
	return read_digits(text) && (*from != '0' || text->at == from + 1);
}

static bool read_word(struct text *text, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(text->end - text->at) < len || memcmp(text->at, word, len) != 0)
		return false;
	text->at += len;
	return true;
}

static bool read_value(struct text *text, const char *key)
{
	char bytes[32768];
	size_t len;

	if (text->at == text->end)
		return false;
	switch (*text->at) {
	case '{':
		return read_object(text, key);
	case '[':
		return read_array(text);
	case '"':
		if (!read_string(text, bytes, sizeof(bytes), &len))
			return false;
		if (text->wanted && !strcmp(text->wanted, key) && len <= text->bytes_size) {
			memcpy(text->bytes, bytes, len);
			text->found = (int)len;
		}
		return true;
	case 't':
		return read_word(text, "true");
	case 'f':
		return read_word(text, "false");
	case 'n':
		return read_word(text, "null");
	default:
		return read_number(text);
	}
}

bool json_valid(const char *text, size_t len)
{
	struct text whole = {.at = text, .end = text + len};

	return read_value(&whole, "") && whole.at == whole.end;
}

void json_keys(const char *text, size_t len, const char *object, char *keys, size_t size)
{
	struct text whole = {.at = text, .end = text + len, .object = object, .keys = keys, .keys_size = size};

	keys[0] = '\0';
	read_value(&whole, "");
}

int json_string(const char *text, size_t len, const char *key, char *bytes, size_t size)
{
	struct text whole = {
		.at = text, .end = text + len, .wanted = key, .bytes = bytes, .bytes_size = size, .found = -1};

	read_value(&whole, "");
	return whole.found;
}
