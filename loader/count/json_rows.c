// SPDX-License-Identifier: GPL-2.0-or-later
/* One object a line; what is not known, and what was not chosen, is not there. */
#include "private.h"

#include "clock.h"

#include <sys/socket.h>

#define PUT(buf, literal) put_bytes(buf, literal, sizeof(literal) - 1)

static void put_number(struct buffer *buf, const char *key, uint64_t number)
{
	PUT(buf, ",\"");
	put_text(buf, key);
	PUT(buf, "\":");
	put_unsigned(buf, number);
}

/* The name, and in hex beside it where it is no text. */
static void put_name(struct buffer *buf, const char *key, const uint8_t *bytes, size_t len)
{
	PUT(buf, ",\"");
	put_text(buf, key);
	PUT(buf, "\":");
	if (!put_json_string(buf, bytes, len))
		return;
	PUT(buf, ",\"");
	put_text(buf, key);
	PUT(buf, "_hex\":\"");
	put_hex(buf, bytes, len);
	put_char(buf, '"');
}

static void put_utc_of(struct buffer *buf, const char *key, uint64_t wall)
{
	PUT(buf, ",\"");
	put_text(buf, key);
	PUT(buf, "\":\"");
	put_time(buf, wall);
	put_char(buf, '"');
}

static void put_who(struct buffer *buf, const struct row *row, unsigned int by)
{
	const struct key *key = &row->key;

	if (by & BY(BY_PID))
		put_number(buf, "pid", key->pid);
	if (by & BY(BY_TID))
		put_number(buf, "tid", key->tid);
	if (by & BY(BY_UID))
		put_number(buf, "uid", key->uid);
	if (by & BY(BY_COMM))
		put_name(buf, "comm", (const uint8_t *)key->comm, strnlen(key->comm, COMM_SIZE));
	else if (row->comm[0])
		put_name(buf, "first_comm", (const uint8_t *)row->comm, strnlen(row->comm, COMM_SIZE));
	if (key->known & KNOWN_TYPE) {
		PUT(buf, ",\"type\":\"");
		put_type_name(buf, key->type);
		put_char(buf, '"');
	}
}

static void put_address(struct buffer *buf, const struct key *key)
{
	struct address address;
	size_t from;

	key_address(key, &address);
	if (address.fault)
		return;
	PUT(buf, ",\"remote_addr\":{");
	from = buf->len;
	if (address.has_family) {
		PUT(buf, ",\"family\":\"");
		put_family_name(buf, address.family);
		put_char(buf, '"');
	}
	if (address.has_addr) {
		PUT(buf, ",\"addr\":\"");
		put_inet_address(buf, address.family, address.addr);
		put_char(buf, '"');
	}
	if (address.has_port)
		put_number(buf, "port", address.port);
	if (address.has_scope)
		put_number(buf, "scope_id", address.scope_id);
	if (address.path && !address.unnamed)
		put_name(buf, "path", address.path, address.path_len);
	if (address.abstract)
		PUT(buf, ",\"abstract\":true");
	/* Without the first comma. */
	if (buf->len > from) {
		memmove(buf->data + from, buf->data + from + 1, buf->len - from - 1);
		buf->len--;
	}
	put_char(buf, '}');
}

static void put_row(struct buffer *buf, const struct board *board, const struct line *line)
{
	const struct row *row = line->row;

	put_who(buf, row, board->by);
	if (board->by & (BY(BY_FAMILY) | BY(BY_ADDR) | BY(BY_PORT)))
		put_address(buf, &row->key);
	if (row->key.known & KNOWN_CGROUP)
		put_number(buf, "cgroup_id", row->key.cgroup_id);
	if (row->key.known & KNOWN_NETNS)
		put_number(buf, "net_ns", row->key.net_ns);
	put_number(buf, "count", line->count);
	if (board->sums) {
		put_utc_of(buf, "first", row->first + (uint64_t)board->wall);
		put_utc_of(buf, "last", row->last + (uint64_t)board->wall);
	}
	PUT(buf, "}\n");
}

static void put_start(struct buffer *buf, const struct board *board, const char *suffix, uint64_t now)
{
	PUT(buf, "{\"event\":\"");
	put_text(buf, board->event);
	put_text(buf, suffix);
	PUT(buf, "\"");
	put_utc_of(buf, "time", now);
}

void json_rows(const struct board *board, struct style *style, struct sink *sink)
{
	uint64_t now = clock_monotonic() + (uint64_t)style->wall;

	for (size_t i = 0; i < board->count; i++) {
		if (!board_reserve(board, sink))
			continue;
		put_start(&sink->buffer, board, "", now);
		put_row(&sink->buffer, board, &board->lines[i]);
	}
	if (!board->other || !board_reserve(board, sink))
		return;
	put_start(&sink->buffer, board, "_other", now);
	put_number(&sink->buffer, "count", board->other);
	PUT(&sink->buffer, "}\n");
}
