/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lines go: a file that may be full or rotated, a pipe or a terminal that may be slow or gone, a collector that may
 * be down. To files lines are bytes; to syslog and the journal each is a message. What could not be handed over stays in
 * the buffer and is tried again; what finds no room is counted.
 */
#ifndef CONNSNOOP_SINK_H
#define CONNSNOOP_SINK_H

#include "buffer.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>

/* As much of a torn line as tells what kind of line it is. */
#define SINK_TORN_MAX 128

/* What a line is, for those to whom it is a message. */
struct label {
	const char *id; /* "connect": what kind of message */
	int severity;	/* RFC 5424: 4 warning, 5 notice, 6 informational; 6 is for attempts and nothing else */
	bool attempt;	/* counted where it gets lost */
	uint64_t time;	/* ns since 1970; 0: now */
};

/* What the user is to be told: that writing failed, or a rotation, or that a connection broke. */
enum untold { UNTOLD_FAILURE = 1, UNTOLD_NEWS = 2 };

/* file.c, rotate.c */
struct sink_file {
	size_t step;	  /* most bytes of a write */
	bool nonblocking; /* the description is ours, with O_NONBLOCK: no need to ask before writing */
	bool own;	  /* and to be closed */
	bool bare;	  /* nothing but the header is in it */
	struct buffer header;
	size_t header_done;
	uint64_t size;	    /* of the file, bytes */
	uint64_t limit;	    /* 0: no rotation */
	uint64_t grace;	    /* after a rotation that failed: the size to try again at */
	unsigned int count; /* old files that are kept */
	int rotate_error;   /* errno of the last rotation; 0: all is well */
};

struct sink {
	const struct sink_ops *ops; /* NULL: lines that stay in the buffer */
	int fd;
	const char *path;    /* of a file; NULL: standard output, or no file at all */
	const char *name;    /* for messages */
	int stop_fd;	     /* while the other end is not read, a signal here ends the wait; -1: none */
	bool waits;	     /* a pipe, socket or terminal: ask before writing */
	bool gone;	     /* EPIPE: nobody reads any more */
	bool hurry;	     /* we are about to end: a reader gets two seconds and no more */
	bool stuck;	     /* the reader has had his time */
	bool torn;	     /* what is in the buffer begins in the middle of a line */
	bool fresh;	     /* nothing was in the file when it was opened */
	unsigned int untold; /* enum untold */
	int failure;	     /* errno of the last write, 0 while all is well */
	uint64_t dropped;    /* attempts that found no room, or that the receiver is known to have refused */
	struct buffer buffer;
	char torn_line[SINK_TORN_MAX]; /* its beginning */
	struct sink_file file;
	struct peer *peer; /* NULL: a file */
};

/* Opens `path` (append, created 0640), or takes standard output where it is NULL. */
int sink_open(struct sink *sink, const char *path, int stop_fd, struct error *err);
/*
 * From now on the file is renamed to FILE.1, and FILE.1 to FILE.2 and so on up to `count`, before a line would take it
 * beyond `size` bytes.
 */
int sink_rotate(struct sink *sink, uint64_t size, unsigned int count, struct error *err);
/*
 * Syslog: "" for /dev/log, in the form that syslog(3) gives it; as RFC 5424 says, to "unix:PATH" and "udp:HOST:PORT" (a
 * message a datagram) or "tcp:HOST:PORT" (octets counted, RFC 6587). HOST is an address. `address` has to stay.
 */
int sink_open_syslog(struct sink *sink, const char *address, int stop_fd, struct error *err);
/* journald's own protocol, https://systemd.io/JOURNAL_NATIVE_PROTOCOL/ */
int sink_open_journal(struct sink *sink, int stop_fd, struct error *err);

/* What is in the buffer is the header: kept for files that begin anew, and taken back where this one has lines already. */
int sink_keep_header(struct sink *sink, struct error *err);
/* SIGHUP: opens the path anew, as after a rotation by others; on failure the old file stays in use. A peer that is away
 * is tried at once. */
int sink_reopen(struct sink *sink, struct error *err);

/* Makes room for one line; false where there is none. */
bool sink_reserve(struct sink *sink);
/* The same, with its label. An attempt that finds no room is counted. */
bool sink_reserve_as(struct sink *sink, const struct label *label);
/* Whether lines are messages, and nobody reads a header or standard error beside them. */
bool sink_takes_messages(const struct sink *sink);
/* How many attempts are among the messages that were not handed over, which are forgotten. */
uint64_t sink_forget_messages(struct sink *sink);

/* Writes what it can. False on a failure that was not there before: the caller tells the user, once. */
bool sink_flush(struct sink *sink);
/* What there is to tell, a sentence a call; false where there is nothing more. */
bool sink_explain(struct sink *sink, struct error *err);
/* ms until it wants to be flushed again, without anything new; -1: no need. */
int sink_wait_ms(const struct sink *sink);
/* What a user may do who finds lines missing. */
const char *sink_advice(const struct sink *sink);
/* Flushes and closes. */
void sink_close(struct sink *sink);

#endif
