// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns for people: under 80 of them for an IPv4 attempt, and nothing in them that a terminal obeys. */
#include "fields.h"

#include <sys/socket.h>
#include <time.h>

#define WIDTH_CLOCK   12
#define WIDTH_SECONDS 11
#define WIDTH_PID     7
#define WIDTH_USER    10
#define WIDTH_COMM    16
#define WIDTH_FD      4
#define WIDTH_TYPE    14
#define WIDTH_RESULT  12
#define WIDTH_LATENCY 7
/* As docker(1) and others shorten them. */
#define CONTAINER_SHOWN 12

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
	if (style->identity)
		put_title(buf, "PPID", WIDTH_PID);
	if (style->user)
		put_title(buf, "USER", WIDTH_USER);
	put_title(buf, "COMM", WIDTH_COMM);
	put_title(buf, "FD", WIDTH_FD);
	put_title(buf, "TYPE", WIDTH_TYPE);
	if (style->result) {
		put_title(buf, "RESULT", WIDTH_RESULT);
		put_title(buf, "LAT", WIDTH_LATENCY);
	}
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

void text_word(struct buffer *buf, const uint8_t *bytes, size_t len)
{
	if (is_plain(bytes, len))
		put_bytes(buf, bytes, len);
	else
		put_quoted(buf, bytes, len);
}

static void put_word(struct buffer *buf, const char *word, size_t width)
{
	size_t from = buf->len;

	text_word(buf, (const uint8_t *)word, strlen(word));
	end_column(buf, from, width);
}

static void put_pid(struct buffer *buf, uint32_t pid, bool known)
{
	size_t from = buf->len;

	if (known)
		put_unsigned(buf, pid);
	else
		put_char(buf, '-');
	end_column(buf, from, WIDTH_PID);
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

/* The mark belongs to the address, but there it would make lines of 80 columns longer; the type is not known then. */
static void put_type(struct buffer *buf, const struct attempt *attempt)
{
	size_t from = buf->len;

	if (attempt->has_type)
		put_type_name(buf, attempt->type);
	else if (!attempt->user_memory)
		put_char(buf, '-');
	if (attempt->user_memory)
		put_char(buf, '~');
	end_column(buf, from, WIDTH_TYPE);
}

static void put_outcome(struct buffer *buf, const struct result *result)
{
	static const char *const words[] = {"-", "?", "ok", "EINPROGRESS", ""};
	size_t from = buf->len;

	put_text(buf, words[result->outcome]);
	if (result->outcome == OUTCOME_FAILURE) {
		if (result->has_verdict && result->verdict)
			put_text(buf, "lsm:");
		put_text(buf, ERRNO_NAME(-result->error));
	}
	end_column(buf, from, WIDTH_RESULT);
}

/* 45us, 1.2ms, 31.0s: what is cut off is not rounded. */
static void put_latency(struct buffer *buf, const struct result *result)
{
	uint64_t us = result->ns / 1000;
	size_t from = buf->len;

	if (result->outcome <= OUTCOME_UNKNOWN) {
		put_char(buf, '-');
	} else if (us < 1000) {
		put_unsigned(buf, us);
		put_text(buf, "us");
	} else {
		uint64_t tenths = us < 1000000 ? us / 100 : us / 100000;

		put_unsigned(buf, tenths / 10);
		put_char(buf, '.');
		put_unsigned(buf, tenths % 10);
		put_text(buf, us < 1000000 ? "ms" : "s");
	}
	end_column(buf, from, WIDTH_LATENCY);
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

void text_address(struct buffer *buf, const struct attempt *attempt)
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
}

static void put_string(struct buffer *buf, const char *text, size_t limit)
{
	text_word(buf, (const uint8_t *)text, strnlen(text, limit));
}

static void put_args(struct buffer *buf, const struct about *about)
{
	struct span args = about_args(about);

	put_text(buf, " --");
	while (args.len) {
		size_t len = strnlen((const char *)args.bytes, args.len), step = len < args.len ? len + 1 : len;

		put_char(buf, ' ');
		text_word(buf, args.bytes, len);
		args.bytes += step;
		args.len -= step;
	}
	if (about->args_cut)
		put_text(buf, " ...");
}

/* What not every line has, or has room for. */
static void put_rest(struct buffer *buf, const struct attempt *attempt)
{
	const struct about *about = &attempt->about;
	const char *before = " ";

	if (attempt->domain) {
		put_text(buf, " (");
		put_string(buf, attempt->domain, BUFFER_NAME_MAX);
		put_char(buf, ')');
	}
	if (attempt->kernel)
		put_text(buf, " kernel");
	put_tags(buf, attempt->tags, &before, before);
	if (about->exe) {
		put_text(buf, " exe=");
		put_string(buf, about->exe, BUFFER_PATH_MAX);
	}
	if (about->container) {
		put_text(buf, " container=");
		put_string(buf, about->container, CONTAINER_SHOWN);
	}
	if (about->args)
		put_args(buf, about);
}

void text_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	size_t from;

	if (style->clock)
		put_clock(style, buf, attempt->time);
	if (style->since_start)
		put_since_start(style, buf, attempt->time);
	put_pid(buf, attempt->pid, true);
	if (style->identity)
		put_pid(buf, attempt->identity.ppid, attempt->identity.parts & IDENTITY_PPID);
	if (style->user)
		put_user(style, buf, attempt->uid);
	put_word(buf, attempt->comm, WIDTH_COMM);
	from = buf->len;
	put_signed(buf, attempt->sockfd);
	end_column(buf, from, WIDTH_FD);
	put_type(buf, attempt);
	if (style->result) {
		put_outcome(buf, &attempt->result);
		put_latency(buf, &attempt->result);
	}
	text_address(buf, attempt);
	put_rest(buf, attempt);
	put_char(buf, '\n');
}
