// SPDX-License-Identifier: GPL-2.0-or-later
/* An attempt as one JSON object: the native one, ECS, OCSF and Tracee's, which differ in their plans only. */
#include "value.h"

/* Which object is open, and whether it is still empty. */
struct place {
	unsigned int object;
	bool first;
};

static inline void put_key(struct buffer *buf, const char key[PLAN_KEY], size_t len, bool first)
{
	/* A copy of constant size is a few instructions; the first key has no comma. */
	memcpy(buf->data + buf->len, key + first, PLAN_KEY - 1);
	buf->len += len - first;
}

/* An object has a higher number than what it is in. */
static bool is_within(const struct plan *plan, unsigned int object, unsigned int outer)
{
	while (object > outer)
		object = plan->objects[object].parent;
	return object == outer;
}

static struct place open_object(struct buffer *buf, const struct plan *plan, struct place place, unsigned int object)
{
	if (object == place.object)
		return place;
	place = open_object(buf, plan, place, plan->objects[object].parent);
	put_key(buf, plan->objects[object].key, plan->objects[object].key_len, place.first);
	return (struct place){object, true};
}

/* Closes what `object` is not in, and opens what it is in. */
static struct place enter_object(struct buffer *buf, const struct plan *plan, struct place place, unsigned int object)
{
	while (!is_within(plan, object, place.object)) {
		put_char(buf, '}');
		place = (struct place){plan->objects[place.object].parent, false};
	}
	return open_object(buf, plan, place, object);
}

/* Returns the place behind it; the one before, and nothing appended, where there is no value after all. */
static inline struct place put_column(struct style *style, struct buffer *buf, const struct attempt *attempt,
				      const struct plan_column *column, bool known, struct place before)
{
	struct place place = before;
	size_t len = buf->len, value;

	if (column->object != place.object)
		place = enter_object(buf, &style->plan, place, column->object);
	if (!column->key_len)
		return place;
	put_key(buf, column->key, column->key_len, place.first);
	place.first = false;
	value = buf->len;
	if (known && put_value(style, buf, attempt, column->field, column, AS_JSON))
		return place;
	buf->len = value;
	if (column->absent) {
		put_text(buf, column->absent);
		return place;
	}
	buf->len = len;
	return before;
}

void object_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	const struct plan *plan = &style->plan;
	const struct plan_line *line = plan_line(&style->plan, fields_known(style, attempt));
	struct place place = {0, true};

	put_char(buf, '{');
	for (unsigned int i = 0; i < line->count; i++) {
		const struct plan_column *column = &plan->columns[line->columns[i]];

		place = put_column(style, buf, attempt, column, line->is_known[i], place);
	}
	enter_object(buf, plan, place, 0);
	put_bytes(buf, "}\n", 2);
}
