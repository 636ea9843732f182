// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns for people: under 80 of them for an IPv4 attempt, and nothing in them that a terminal obeys. */
#include "output.h"

#include <sys/socket.h>
#include <time.h>

#define WIDTH_CLOCK   12
#define WIDTH_SECONDS 11
#define WIDTH_PID     7
#define WIDTH_USER    10
#define WIDTH_COMM    16
#define WIDTH_FD      4
#define WIDTH_TYPE    14

static void end_column(struct buffer *buf, size_t from, size_t width)
{
	pad_to(buf, from, width);
	put_char(buf, ' ');
}

static void put_title(struct buffer *buf, const char *title, size_t width)
{
	size_t from = buf->len;

	put_text(buf, title);
	end_column(buf, from, width);
}

void text_header(struct style *style, struct buffer *buf)
{
	if (style->clock)
		put_title(buf, "TIME", WIDTH_CLOCK);
	if (style->since_start)
		put_title(buf, "TIME(s)", WIDTH_SECONDS);
	put_title(buf, "PID", WIDTH_PID);
	if (style->user)
		put_title(buf, "USER", WIDTH_USER);
	put_title(buf, "COMM", WIDTH_COMM);
	put_title(buf, "FD", WIDTH_FD);
	put_title(buf, "TYPE", WIDTH_TYPE);
	put_text(buf, "ADDRESS\n");
}

/* Local time, of a second that is looked up once: localtime_r() takes a lock and searches the zone's table. */
static void put_clock(struct style *style, struct buffer *buf, uint64_t monotonic)
{
	uint64_t wall = monotonic + (uint64_t)style->wall, second = wall / 1000000000;
	time_t t = (time_t)second;
	struct tm tm;

	if (second != style->cache.second || !style->cache.text[0]) {
		localtime_r(&t, &tm);
		strftime(style->cache.text, sizeof(style->cache.text), "%H:%M:%S", &tm);
		style->cache.second = second;
	}
	put_text(buf, style->cache.text);
	put_char(buf, '.');
	put_digits(buf, wall / 1000000 % 1000, 3);
	put_char(buf, ' ');
}

static void put_since_start(const struct style *style, struct buffer *buf, uint64_t monotonic)
{
	uint64_t since = monotonic > style->start ? monotonic - style->start : 0;
	size_t from = buf->len;

	put_unsigned(buf, since / 1000000000);
	put_char(buf, '.');
	put_digits(buf, since / 1000 % 1000000, 6);
	end_column(buf, from, WIDTH_SECONDS);
}

static void put_word(struct buffer *buf, const char *word, size_t width)
{
	size_t from = buf->len, len = strlen(word);

	if (is_plain((const uint8_t *)word, len))
		put_bytes(buf, word, len);
	else
		put_quoted(buf, (const uint8_t *)word, len);
	end_column(buf, from, width);
}

static void put_user(const struct style *style, struct buffer *buf, uint32_t uid)
{
	const char *name = users_name(style->users, uid);
	size_t from = buf->len;

	if (name) {
		put_word(buf, name, WIDTH_USER);
		return;
	}
	put_unsigned(buf, uid);
	end_column(buf, from, WIDTH_USER);
}

static void put_type(struct buffer *buf, const struct attempt *attempt)
{
	size_t from = buf->len;

	if (attempt->has_type)
		put_type_name(buf, attempt->type);
	else
		put_char(buf, '-');
	end_column(buf, from, WIDTH_TYPE);
}

static void put_inet(struct buffer *buf, const struct address *address)
{
	bool v6 = address->family == AF_INET6;

	if (v6)
		put_char(buf, '[');
	if (address->has_addr)
		put_inet_address(buf, address->family, address->addr);
	else
		put_char(buf, '?');
	if (address->has_scope && address->scope_id) {
		put_char(buf, '%');
		put_unsigned(buf, address->scope_id);
	}
	if (v6)
		put_char(buf, ']');
	put_char(buf, ':');
	if (address->has_port)
		put_unsigned(buf, address->port);
	else
		put_char(buf, '?');
}

/* A path stands as it is only where it can't be taken for anything else in this column. */
void put_unix_address(struct buffer *buf, const struct address *address)
{
	if (address->unnamed) {
		put_text(buf, "(unnamed)");
	} else if (address->abstract) {
		put_char(buf, '@');
		put_quoted(buf, address->path, address->path_len);
	} else if (is_plain(address->path, address->path_len) && (address->path[0] == '/' || address->path[0] == '.')) {
		put_bytes(buf, address->path, address->path_len);
	} else {
		put_quoted(buf, address->path, address->path_len);
	}
}

static void put_other(struct buffer *buf, const struct address *address)
{
	put_family_name(buf, address->family);
	put_char(buf, ' ');
	put_hex(buf, address->raw, address->raw_len);
}

static void put_address(struct buffer *buf, const struct attempt *attempt)
{
	const struct address *address = &attempt->address;

	if (address->fault) {
		put_text(buf, "(unreadable)");
	} else if (!address->has_family) {
		put_text(buf, "(addrlen ");
		put_signed(buf, attempt->addrlen);
		put_char(buf, ')');
	} else if (attempt->disconnect) {
		put_text(buf, "disconnect");
	} else if (address->family == AF_INET || address->family == AF_INET6) {
		put_inet(buf, address);
	} else if (address->family == AF_UNIX) {
		put_unix_address(buf, address);
	} else {
		put_other(buf, address);
	}
	if (attempt->kernel)
		put_text(buf, " kernel");
	if (attempt->user_memory)
		put_text(buf, " racy");
}

void text_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	size_t from;

	if (style->clock)
		put_clock(style, buf, attempt->time);
	if (style->since_start)
		put_since_start(style, buf, attempt->time);
	from = buf->len;
	put_unsigned(buf, attempt->pid);
	end_column(buf, from, WIDTH_PID);
	if (style->user)
		put_user(style, buf, attempt->uid);
	put_word(buf, attempt->comm, WIDTH_COMM);
	from = buf->len;
	put_signed(buf, attempt->sockfd);
	end_column(buf, from, WIDTH_FD);
	put_type(buf, attempt);
	put_address(buf, attempt);
	put_char(buf, '\n');
}
