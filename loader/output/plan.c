// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

static const char *name_in(const struct field *field, enum format format)
{
	switch (format) {
	case FORMAT_ECS:
		return field->ecs;
	case FORMAT_OCSF:
		return field->ocsf;
	case FORMAT_TRACEE:
	case FORMAT_TRACEE2:
		return field->tracee;
	default:
		return field->name;
	}
}

/* ,"name": and what follows it. A name that does not fit would be cut; a test sees to it that all fit. */
static uint8_t make_key(char key[PLAN_KEY], const char *name, size_t len, const char *tail)
{
	struct buffer buf = {.data = key};
	size_t room = PLAN_KEY - 3 - strlen(tail);

	put_text(&buf, ",\"");
	put_bytes(&buf, name, len < room ? len : room);
	put_text(&buf, tail);
	return (uint8_t)buf.len;
}

static uint8_t find_object(struct plan *plan, uint8_t parent, const char *name, size_t len)
{
	char key[PLAN_KEY];
	uint8_t key_len = make_key(key, name, len, "\":{"), object = 1;

	for (; object < plan->object_count; object++) {
		if (plan->objects[object].parent == parent && plan->objects[object].key_len == key_len &&
		    !memcmp(plan->objects[object].key, key, key_len))
			return object;
	}
	memcpy(plan->objects[object].key, key, sizeof(key));
	plan->objects[object].key_len = key_len;
	plan->objects[object].parent = parent;
	plan->object_count++;
	return object;
}

static void add_column(struct plan *plan, const struct field *field, const char *name, const char *absent)
{
	struct plan_column *column = &plan->columns[plan->count++];

	*column = (struct plan_column){.field = field, .absent = absent, .needs = field ? field->needs : 0};
	column->hex = !strncmp(name, "unmapped.", 9);
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1)
		column->object = find_object(plan, column->object, name, (size_t)(dot - name));
	if (field && field->source.kind == OBJECT)
		column->object = find_object(plan, column->object, name, strlen(name));
	else
		column->key_len = make_key(column->key, name, strlen(name), "\":");
}

/* Whether a run could have this at all: CSV has a column for what may come, and none for what was not asked for. */
static bool is_asked(const struct style *style, const struct field *field)
{
	const uint64_t result =
		KNOWN_OUTCOME | KNOWN_VERDICT | KNOWN_ERROR | KNOWN_LATENCY | KNOWN_LOCAL | KNOWN_PROTOCOL;

	if (field->source.kind == OBJECT)
		return false;
	if (field->needs & KNOWN_USER)
		return style->identity || style->user;
	if (field->needs & (KNOWN_ARGS | KNOWN_ARGS_CUT))
		return style->args;
	if (field->needs & (KNOWN_ABOUT | KNOWN_START_PROC | KNOWN_BY_PROC | KNOWN_IDENTITY))
		return style->identity;
	if (field->needs & result)
		return style->result;
	return !(field->needs & KNOWN_DOMAIN) || style->names;
}

static void plan_by_table(struct plan *plan, const struct style *style)
{
	for (const struct field *field = NULL; (field = fields_next(field));) {
		const char *name = name_in(field, style->format);

		if (!name || (style->format == FORMAT_CSV && !is_asked(style, field)))
			continue;
		add_column(plan, field, name, NULL);
		plan->columns[plan->count - 1].hex |= style->format == FORMAT_JSON;
	}
}

/* By name, so that what is in one object stands together. */
static void plan_by_name(struct plan *plan, enum format format)
{
	const struct field *sorted[PLAN_COLUMNS];
	unsigned int count = 0;

	for (const struct field *field = NULL; (field = fields_next(field));) {
		const char *name = name_in(field, format);
		unsigned int at = count;

		if (!name)
			continue;
		for (; at && strcmp(name_in(sorted[at - 1], format), name) > 0; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = field;
		count++;
	}
	for (unsigned int i = 0; i < count; i++)
		add_column(plan, sorted[i], name_in(sorted[i], format), NULL);
}

static void plan_by_keys(struct plan *plan)
{
	for (const struct tracee_key *key = tracee_keys; key->key; key++) {
		const struct field *field = NULL;

		while ((field = fields_next(field)) && (!field->tracee || strcmp(field->tracee, key->key) != 0))
			;
		add_column(plan, field, key->key, key->absent);
	}
}

void plan_prepare(struct style *style)
{
	struct plan *plan = &style->plan;

	memset(plan, 0, sizeof(*plan));
	plan->object_count = 1;
	plan->format = style->format;
	if (style->format == FORMAT_TRACEE || style->format == FORMAT_TRACEE2)
		plan_by_keys(plan);
	else if (style->format == FORMAT_ECS || style->format == FORMAT_OCSF)
		plan_by_name(plan, style->format);
	else
		plan_by_table(plan, style);
}

static void put_key(struct buffer *buf, struct place *place, const char *key, size_t len)
{
	put_bytes(buf, key + place->first, len - place->first);
	place->first = false;
}

static void open_object(const struct plan *plan, struct buffer *buf, struct place *place, uint8_t object)
{
	if (object == place->object)
		return;
	open_object(plan, buf, place, plan->objects[object].parent);
	put_key(buf, place, plan->objects[object].key, plan->objects[object].key_len);
	*place = (struct place){object, true};
}

static bool is_within(const struct plan *plan, uint8_t object, uint8_t outer)
{
	while (object > outer)
		object = plan->objects[object].parent;
	return object == outer;
}

struct place plan_move(const struct plan *plan, struct buffer *buf, struct place place,
		       const struct plan_column *column)
{
	while (!is_within(plan, column->object, place.object)) {
		put_char(buf, '}');
		place = (struct place){plan->objects[place.object].parent, false};
	}
	open_object(plan, buf, &place, column->object);
	if (column->key_len)
		put_key(buf, &place, column->key, column->key_len);
	return place;
}

void plan_leave(const struct plan *plan, struct buffer *buf, struct place place)
{
	for (unsigned int object = place.object; object; object = plan->objects[object].parent)
		put_char(buf, '}');
	put_bytes(buf, "}\n", 2);
}

static struct place add_value(const struct plan *plan, struct plan_line *line, const struct plan_column *column,
			      bool known, struct place place)
{
	struct plan_value *value = &line->values[line->count++];
	char glue[2 * PLAN_OBJECTS + 4 * PLAN_KEY];
	struct buffer buf = {.data = glue, .size = sizeof(glue)};

	value->column = column;
	value->source = column->field ? column->field->source : (struct source){0};
	value->known = known;
	value->before = place;
	place = plan_move(plan, &buf, place, column);
	value->glue_len = buf.len <= PLAN_GLUE ? (uint8_t)buf.len : 0;
	memcpy(value->glue, glue, value->glue_len);
	return place;
}

static void fill_line(const struct plan *plan, struct plan_line *line, uint64_t known)
{
	struct buffer tail = {.data = line->tail, .size = sizeof(line->tail)};
	struct place place = {0, true};

	line->known = known;
	line->count = 0;
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct plan_column *column = &plan->columns[i];
		bool is_known = column->field && (column->needs & known) == column->needs;

		if (is_known || column->absent)
			place = add_value(plan, line, column, is_known, place);
	}
	plan_leave(plan, &tail, place);
	line->tail_len = (uint8_t)tail.len;
}

const struct plan_line *plan_line(struct plan *plan, uint64_t known)
{
	if (plan->lines[plan->last].known == known)
		return &plan->lines[plan->last];
	for (unsigned int i = 0; i < PLAN_LINES; i++) {
		if (plan->lines[i].known == known) {
			plan->last = i;
			return &plan->lines[i];
		}
	}
	plan->last = plan->next;
	plan->next = (plan->next + 1) % PLAN_LINES;
	fill_line(plan, &plan->lines[plan->last], known);
	return &plan->lines[plan->last];
}
