/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From attempts to lines. */
#ifndef CONNSNOOP_OUTPUT_H
#define CONNSNOOP_OUTPUT_H

#include "attempt.h"
#include "buffer.h"
#include "error.h"
#include "host.h"
#include "plan.h"
#include "sink.h"
#include "users.h"

#include <stdbool.h>
#include <stdint.h>

/* FORMAT_TRACEE2: with two arguments and without the socket's type, as Tracee had it up to v0.19. */
enum format {
	FORMAT_TEXT,
	FORMAT_JSON,
	FORMAT_TRACEE,
	FORMAT_TRACEE2,
	FORMAT_ECS,
	FORMAT_OCSF,
	FORMAT_CSV,
	FORMAT_COUNT
};

struct accounts {
	uint64_t attempts, shown, filtered, lost;
	uint64_t counted;    /* in place of shown, with -c */
	uint64_t suppressed; /* by --once or --rate */
	bool counting, limiting;
	bool watched; /* the rest is told of */
	uint64_t canaries, canaries_missed, gaps, missed_hits, broken_events;
};

/* What a look at the watch itself found. */
struct finding_of_health {
	const char *check; /* "canary": stable */
	bool good;
	uint64_t count; /* how often it was not */
	char detail[512];
};

/* How lines look, and what they need beside the attempt. */
struct style {
	enum format format;
	bool clock;	  /* -T */
	bool since_start; /* -t */
	bool user;	  /* -U */
	bool header;
	bool journal;			    /* each value is a field of its own */
	bool result, identity, args, names; /* were asked for: text and CSV have columns for them */
	const char (*places)[80];	    /* what a place of the hook is called */
	uint64_t start;			    /* ns, CLOCK_MONOTONIC */
	int64_t wall;			    /* ns to add to CLOCK_MONOTONIC for the time of day */
	int64_t boot;			    /* the same for CLOCK_BOOTTIME */
	struct users *users;		    /* for -U; NULL: numbers only */
	struct host host;		    /* this machine */
	uint64_t sequence;		    /* of the last attempt: 1, 2, ... */
	struct plan plan; /* prepared with the first line; it points into itself, so that a style is not copied then */
	struct {
		uint64_t second; /* the one that `text` is of */
		char text[20];
	} cache;
};

/* Appends one line each, or nothing where the format has no words for it; the caller has reserved the room. */
void render_header(struct style *style, struct buffer *buf);
void render_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void render_lost(struct style *style, struct buffer *buf, uint32_t cpu, uint64_t count);
void render_health(struct style *style, struct buffer *buf, const struct finding_of_health *finding);
void render_summary(struct style *style, struct buffer *buf, const struct accounts *accounts);

/* How many attempts are among the lines that were not written; the rest of a torn one is taken for one. */
uint64_t render_count(const struct style *style, const struct sink *sink);

/*
 * emit.c: the same, into a sink of whatever kind; what finds no room is counted. Losses and the summary are said in words
 * where they are messages and the format has none for them.
 */
void emit_attempt(struct sink *sink, struct style *style, const struct attempt *attempt);
void emit_lost(struct sink *sink, struct style *style, uint32_t cpu, uint64_t count);
void emit_health(struct sink *sink, struct style *style, const struct finding_of_health *finding);
/* "5 attempts = 3 shown + 2 filtered + 0 lost" */
#define ACCOUNTS_MAX 256
void put_accounts(struct buffer *buf, const struct accounts *accounts);
void emit_summary(struct sink *sink, struct style *style, const struct accounts *accounts);
/* At the end: what could not be handed over until now is dropped. A file's lines may still be written when it is closed. */
void emit_forget(struct sink *sink, const struct style *style);

/* parts.c: an address as inet_ntop(3) writes it (4 or 16 bytes), and names, or AF_n, SOCK_n and n where there is none. */
void put_inet_address(struct buffer *buf, unsigned int family, const uint8_t *addr);
void put_family_name(struct buffer *buf, unsigned int family);
void put_type_name(struct buffer *buf, unsigned int type);
void put_protocol_name(struct buffer *buf, unsigned int protocol);
/* RFC 3339 in UTC, to the nanosecond: of an event (ns, CLOCK_MONOTONIC), and of any time of day. */
void put_event_time(struct style *style, struct buffer *buf, uint64_t monotonic);
void put_time(struct buffer *buf, uint64_t wall);

/* text.c, object.c, csv.c, json.c: what render.c chooses between. */
void text_header(struct style *style, struct buffer *buf);
void text_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void object_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void csv_header(struct style *style, struct buffer *buf);
void csv_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);
void json_lost(struct buffer *buf, uint32_t cpu, uint64_t count);
void json_health(struct buffer *buf, const struct finding_of_health *finding);
void json_summary(struct buffer *buf, const struct accounts *accounts);

/* journal.c: a datagram for journald; it may be as long as two lines. */
void journal_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt);

/* As text has them: a UNIX name; what was connected to; and a word, quoted where it could be taken for something else. */
void put_unix_address(struct buffer *buf, const struct address *address);
void text_address(struct buffer *buf, const struct attempt *attempt);
void text_word(struct buffer *buf, const uint8_t *bytes, size_t len);

#endif
