/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_SINK_PRIVATE_H
#define CONNSNOOP_SINK_PRIVATE_H

#include "sink.h"

#include <stddef.h>

#define SINK_LAST_WAIT_MS 2000
/*
 * Lines are written at once or waited with; messages have to outlast a daemon that is started anew. A small build sets a
 * quarter of it (small.mk).
 */
#ifndef SINK_LINES
#define SINK_LINES (256 * 1024)
#endif
#define SINK_MESSAGES (1024 * 1024)

/* What each kind of sink does in its own way. */
struct sink_ops {
	/* Hands over what it can; 0, or the errno that ended it. The buffer keeps the rest. */
	int (*write)(struct sink *sink);
	int (*reopen)(struct sink *sink, struct error *err);
	void (*explain)(struct sink *sink, enum untold what, struct error *err);
	int (*wait_ms)(const struct sink *sink);
	void (*close)(struct sink *sink);
	const char *advice; /* to who finds lines missing */

	size_t capacity; /* bytes that wait at most */
	size_t room;	 /* that a line takes at most, beside them */
	/* What comes before a message, and what comes behind; end() returns how many bytes at the beginning are not to be
	 * sent. NULL: lines are bytes. */
	void (*begin)(struct sink *sink, const struct label *label);
	size_t (*end)(struct sink *sink);
};

/* sink.c */
int sink_allocate(struct sink *sink, const struct sink_ops *ops, int stop_fd, struct error *err);
/* Takes `done` bytes from the beginning of the buffer. */
void sink_consume(struct sink *sink, size_t done);

/* file.c */
/* A descriptor, or a negative errno. */
int file_open(const char *path);
/* The descriptor is of another file now. */
void file_look_at(struct sink *sink);

/*
 * rotate.c: up to where the buffer's bytes from `done` on go into the file: all of them, or whole lines as far as its
 * limit allows. Where it allows none the file is another one afterwards.
 */
size_t rotate_before(struct sink *sink, size_t done);

/* message.c: the buffer as messages, each behind this. */
struct message {
	uint32_t size; /* of what follows */
	uint16_t skip; /* bytes of it, at the beginning, that are not sent: room for what was known at the end only */
	uint16_t attempt;
};

/* What is sent of one. */
struct piece {
	char *data;
	size_t len;
	bool attempt;
};

void message_begin(struct sink *sink, const struct label *label);
/* Ends the one that is being made, if any. One to which nothing was added is taken back. */
void message_end(struct sink *sink);
/* The one at `*at`, which moves behind it; false at the end. */
bool message_next(const struct sink *sink, size_t *at, struct piece *text);

#endif
