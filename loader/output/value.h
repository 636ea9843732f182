/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A field's value, as JSON or as a column of CSV. In a header, because a call for each of the twenty values of a line
 * costs as much as the values.
 */
#ifndef CONNSNOOP_VALUE_H
#define CONNSNOOP_VALUE_H

#include "fields.h"

static inline const void *member(const struct attempt *attempt, const struct source *source)
{
	return (const char *)attempt + source->offset;
}

static inline struct span string(const struct attempt *attempt, const struct source *source)
{
	const char *text = *(const char *const *)member(attempt, source);

	return (struct span){(const uint8_t *)text, text ? strnlen(text, source->limit) : 0};
}

/* What a value is written for: quotes and escapes go by it. */
enum form { AS_JSON, AS_CSV, AS_BYTES };

/* The key once more, with _hex behind the name. */
static inline void put_hex_twin(struct buffer *buf, const struct plan_column *column, struct span span)
{
	put_bytes(buf, column->key, (size_t)column->key_len - 2);
	put_text(buf, "_hex\":\"");
	put_hex(buf, span.bytes, span.len);
	put_char(buf, '"');
}

static inline bool put_span(struct buffer *buf, const struct plan_column *column, struct span span, enum form form)
{
	if (!span.bytes)
		return false;
	if (form == AS_BYTES)
		put_bytes(buf, span.bytes, span.len);
	else if (form == AS_CSV)
		put_csv(buf, span.bytes, span.len);
	else if (put_json_string(buf, span.bytes, span.len) && column->hex)
		put_hex_twin(buf, column, span);
	return true;
}

static inline void put_quote(struct buffer *buf, enum form form)
{
	if (form == AS_JSON)
		put_char(buf, '"');
}

static inline bool put_word(struct buffer *buf, const char *word, enum form form)
{
	if (!word)
		return false;
	put_quote(buf, form);
	put_text(buf, word);
	put_quote(buf, form);
	return true;
}

/* In CSV as in /proc/PID/cmdline: behind each argument a NUL, which is escaped. */
static inline void put_args(struct buffer *buf, const struct plan_column *column, const struct about *about,
			    enum form form)
{
	struct span args = about_args(about);

	if (form == AS_CSV)
		put_csv(buf, args.bytes, args.len);
	else if (form == AS_BYTES)
		put_command_line(buf, about);
	else if (put_args_array(buf, about) && column->hex)
		put_hex_twin(buf, column, args);
}

static inline void put_tag_list(struct buffer *buf, uint32_t tags, enum form form)
{
	const char *before = form == AS_JSON ? "[\"" : "";

	put_tags(buf, tags, &before, form == AS_JSON ? "\",\"" : " ");
	put_text(buf, form == AS_JSON ? "\"]" : "");
}

/*
 * False where it is absent after all: then what was appended does not count. `column` may repeat it in hex, in JSON.
 */
static inline __attribute__((always_inline)) bool put_value(struct style *style, struct buffer *buf,
							    const struct attempt *attempt, const struct source *source,
							    const struct plan_column *column, enum form form)
{
	bool there = true;

	switch ((enum kind)source->kind) {
	case NUMBER16:
		put_unsigned(buf, *(const uint16_t *)member(attempt, source));
		break;
	case NUMBER32:
		put_unsigned(buf, *(const uint32_t *)member(attempt, source));
		break;
	case NUMBER64:
		put_unsigned(buf, *(const uint64_t *)member(attempt, source));
		break;
	case SIGNED32:
		put_signed(buf, *(const int32_t *)member(attempt, source));
		break;
	case TEXT32:
		put_quote(buf, form);
		put_unsigned(buf, *(const uint32_t *)member(attempt, source));
		put_quote(buf, form);
		break;
	case TEXT64:
		put_quote(buf, form);
		put_unsigned(buf, *(const uint64_t *)member(attempt, source));
		put_quote(buf, form);
		break;
	case STRING:
		return put_span(buf, column, string(attempt, source), form);
	case SPAN:
		return put_span(buf, column, source->span(style, attempt), form);
	case WORD:
		return put_word(buf, source->word(style, attempt), form);
	case QUOTED:
		return put_word(buf, source->text, form);
	case LITERAL:
		put_text(buf, source->text);
		break;
	case PLAIN:
		put_quote(buf, form);
		there = source->put(style, buf, attempt);
		put_quote(buf, form);
		break;
	case RAW:
		return source->put(style, buf, attempt);
	case ARGS:
		put_args(buf, column, &attempt->about, form);
		break;
	case TAGS:
		put_tag_list(buf, attempt->tags, form);
		break;
	case OBJECT:
		break;
	}
	return there;
}

#endif
