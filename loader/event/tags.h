/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts that are not what they look like: those that a resolver makes to sort addresses, of which nothing is sent, and
 * those that ask nscd. The rules are tests of form, and whoever wants to can look like that.
 */
#ifndef CONNSNOOP_TAGS_H
#define CONNSNOOP_TAGS_H

#include "attempt.h"

#define TAG_THREADS 64

/* A thread's last connect of a datagram socket. All zero: none. */
struct series {
	uint64_t time;
	uint32_t tid;
	int32_t sockfd;
	uint16_t family, port;
	bool reset; /* AF_UNSPEC has followed it */
	uint8_t addr[16];
};

/* Zeroed at the start. A thread takes the place of another one: a series is over within milliseconds. */
struct tagger {
	struct series series[TAG_THREADS];
};

/* Sets attempt->tags. Needs all attempts of a thread, AF_UNSPEC too, in their order. */
void tagger_tag(struct tagger *tagger, struct attempt *attempt);

#endif
