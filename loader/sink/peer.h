/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of a socket: a daemon or a collector that may be down, slow, or started anew. It is waited for a tenth of
 * a second without progress, two in all, and then not at all until there is progress again.
 */
#ifndef CONNSNOOP_PEER_H
#define CONNSNOOP_PEER_H

#include "private.h"

#include <sys/socket.h>

enum framing {
	FRAME_DATAGRAM,
	FRAME_COUNT, /* of octets, before each message: RFC 6587 */
	FRAME_NUL,   /* behind each, as syslog(3) does */
};

/* What a message of an attempt begins with: authpriv.info. */
#define SYSLOG_ATTEMPT "<86>"

/* A moment as text, of a second that is looked up once. */
struct stamp {
	uint64_t second;
	char text[24];
};

struct peer {
	/* Set by who opens it. */
	struct sockaddr_storage addr;
	socklen_t addr_len;
	enum framing framing;
	unsigned int delay_max_ms; /* between attempts to connect */
	size_t datagram_max;
	/* Sends a datagram that is longer, or that the kernel found too long: 0, EAGAIN, or an errno for never. */
	int (*send_long)(struct sink *sink, const struct piece *text);
	/* UDP: a message of no importance, to see whether it is refused. NULL: not UDP. */
	size_t (*make_probe)(struct sink *sink, char *text, size_t size);

	enum { PEER_DOWN, PEER_CONNECTING, PEER_UP } state;
	enum { PEER_TRUSTED, PEER_REFUSED, PEER_PROBED } trust; /* of UDP, where a refusal comes later or never */
	bool worked;						/* it took something since it was connected */
	bool hurried;						/* a last try was made */
	int failure;						/* errno, until it takes something again */
	unsigned int delay_ms;
	uint64_t retry;	    /* not to be tried before; ns, CLOCK_MONOTONIC */
	uint64_t since;	    /* connected */
	uint64_t deadline;  /* of the connecting */
	uint64_t flush_end; /* of waiting in this flush */
	uint64_t end;	    /* of all waiting; 0: not near */
	size_t sent;	    /* bytes of the first message that are in the stream */
	uint64_t in_flight; /* bytes that were not acknowledged when the stream broke */

	/* message.c: the one that is being made, in the buffer */
	bool open;
	size_t start;
	size_t text; /* where what it says begins */

	/* syslog.c */
	bool local_form;    /* syslog(3)'s, not RFC 5424's */
	char identity[320]; /* " HOSTNAME connsnoop PID " */
	struct stamp stamp;
};

/* A sink with a peer whose address is all zeros. */
int peer_allocate(struct sink *sink, const struct sink_ops *ops, int stop_fd, struct error *err);
/* Connects, or begins to. 0, EAGAIN, or an errno: it will be tried again. */
int peer_connect(struct sink *sink);
/* One datagram: 0 or an errno. */
int peer_send(struct sink *sink, const struct msghdr *message);
/* Messages that an ICMP error came for are counted. The last error, or 0. */
int peer_take_refusals(struct sink *sink);

/* For struct sink_ops. */
int peer_write(struct sink *sink);
int peer_reopen(struct sink *sink, struct error *err);
void peer_explain(struct sink *sink, enum untold what, struct error *err);
int peer_wait_ms(const struct sink *sink);
void peer_close(struct sink *sink);

#endif
