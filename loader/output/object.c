// SPDX-License-Identifier: GPL-2.0-or-later
/* An attempt as one JSON object: the native one, ECS, OCSF and Tracee's, which differ in their plans only. */
#include "value.h"

/* Appends the value or what stands for it. False, and nothing that counts, where that is nothing. */
static inline __attribute__((always_inline)) bool
put_something(struct style *style, struct buffer *buf, const struct attempt *attempt, const struct plan_value *value)
{
	size_t len = buf->len;

	if (value->known && put_value(style, buf, attempt, &value->source, value->column, AS_JSON))
		return true;
	buf->len = len;
	if (value->column->absent)
		put_text(buf, value->column->absent);
	return value->column->absent;
}

/*
 * Values from one on that is not there after all, or that is far from the one before: up to the first that is there, each
 * finds its way from `place`. Returns that one, behind which everything is where it was planned to be, or the end.
 */
static const struct plan_value *put_slowly(struct style *style, struct buffer *buf, const struct attempt *attempt,
					   const struct plan_value *value, const struct plan_value *end)
{
	struct place place = value->before;

	for (; value < end; value++) {
		size_t len = buf->len;

		plan_move(&style->plan, buf, place, value->column);
		if (put_something(style, buf, attempt, value))
			return value;
		buf->len = len;
	}
	plan_leave(&style->plan, buf, place);
	return end;
}

/* Copies of constant size are a few instructions, but stores that nobody needs cost as much as the others. */
static inline void put_glue(struct buffer *buf, const struct plan_value *value)
{
	char *to = buf->data + buf->len;

	memcpy(to, value->glue, 16);
	if (value->glue_len > 16) {
		memcpy(to + 16, value->glue + 16, 16);
		if (value->glue_len > 32)
			memcpy(to + 32, value->glue + 32, PLAN_GLUE - 32);
	}
	buf->len += value->glue_len;
}

void object_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	const struct plan_line *line = plan_line(&style->plan, fields_known(style, attempt));
	const struct plan_value *value = line->values, *end = value + line->count;

	put_char(buf, '{');
	for (; value < end; value++) {
		size_t len = buf->len;

		put_glue(buf, value);
		if (value->glue_len && put_something(style, buf, attempt, value))
			continue;
		buf->len = len;
		value = put_slowly(style, buf, attempt, value, end);
		if (value == end)
			return;
	}
	put_bytes(buf, line->tail, line->tail_len);
}
