// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An attempt as journald's native protocol has it: each value a field of its own, and a sentence. All are written with
 * their length before them, since values may hold any byte.
 */
#include "value.h"

/* Returns where the length belongs. */
static size_t begin_field(struct buffer *buf, const char *prefix, const char *name)
{
	put_text(buf, prefix);
	for (; *name; name++)
		put_char(buf, *name == '.' ? '_' : *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name);
	put_char(buf, '\n');
	buf->len += 8;
	return buf->len;
}

static void end_field(struct buffer *buf, size_t from)
{
	uint64_t len = buf->len - from;

	for (size_t i = 0; i < 8; i++)
		buf->data[from - 8 + i] = (char)(len >> 8 * i);
	put_char(buf, '\n');
}

void journal_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	uint64_t known = fields_known(style, attempt);
	size_t from = begin_field(buf, "", "MESSAGE");

	put_message(buf, attempt);
	end_field(buf, from);
	put_text(buf, "PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=connsnoop\n");
	for (const struct field *field = NULL; (field = fields_next(field));) {
		size_t len = buf->len;

		if (!field->name || (field->needs & known) != field->needs || field->source.kind == OBJECT)
			continue;
		from = begin_field(buf, "CONNSNOOP_", field->name);
		if (put_value(style, buf, attempt, &field->source, NULL, AS_BYTES))
			end_field(buf, from);
		else
			buf->len = len;
	}
}
