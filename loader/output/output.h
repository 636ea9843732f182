/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From attempts to lines. */
#ifndef CONNSNOOP_OUTPUT_H
#define CONNSNOOP_OUTPUT_H

#include "attempt.h"
#include "buffer.h"
#include "error.h"
#include "sink.h"
#include "users.h"

#include <stdbool.h>
#include <stdint.h>

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_TRACEE, FORMAT_ECS, FORMAT_OCSF, FORMAT_CSV };

struct accounts {
	uint64_t attempts, shown, filtered, lost;
};

/* How lines look, and what they need beside the attempt. */
struct style {
	enum format format;
	bool clock;	  /* -T */
	bool since_start; /* -t */
	bool user;	  /* -U */
	bool header;
	bool journal;		  /* each value is a field of its own */
	const char (*places)[80]; /* what a place of the hook is called */
	uint64_t start;		  /* ns, CLOCK_MONOTONIC */
	int64_t wall;		  /* ns to add to CLOCK_MONOTONIC for the time of day */
	struct users *users;	  /* for -U; NULL: numbers only */
	struct {
		uint64_t second; /* the one that `text` is of */
		char text[20];
	} cache;
};

/* Appends one line each; the caller has reserved the room. */
void render_header(struct style *style, struct buffer *buf);
void render_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void render_lost(struct style *style, struct buffer *buf, uint32_t cpu, uint64_t count);
void render_summary(struct style *style, struct buffer *buf, const struct accounts *accounts);

/* How many attempts are among the lines that were not written; the rest of a torn one is taken for one. */
uint64_t render_count(const struct style *style, const struct sink *sink);

/*
 * emit.c: the same, into a sink of whatever kind; what finds no room is counted. Losses and the summary are said in words
 * where they are messages and the format has none for them.
 */
void emit_attempt(struct sink *sink, struct style *style, const struct attempt *attempt);
void emit_lost(struct sink *sink, struct style *style, uint32_t cpu, uint64_t count);
void emit_summary(struct sink *sink, struct style *style, const struct accounts *accounts);
/* At the end: what could not be handed over until now is dropped. A file's lines may still be written when it is closed. */
void emit_forget(struct sink *sink, const struct style *style);

/* journal.c: a datagram for journald. */
void journal_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);

/* parts.c: an address as inet_ntop(3) writes it (4 or 16 bytes), and names, or AF_n and SOCK_n where there is none. */
void put_inet_address(struct buffer *buf, unsigned int family, const uint8_t *addr);
void put_family_name(struct buffer *buf, unsigned int family);
void put_type_name(struct buffer *buf, unsigned int type);

/* text.c, json.c: what the above choose between. */
void text_header(struct style *style, struct buffer *buf);
void text_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void json_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void json_lost(struct buffer *buf, uint32_t cpu, uint64_t count);
void json_summary(struct buffer *buf, const struct accounts *accounts);

#endif
