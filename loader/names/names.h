/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of destinations, from the DNS answers that came by and from /etc/hosts. No query is ever made here. What a name
 * is worth: somebody on this machine, or behind it, asked for it and was given the address not long ago.
 */
#ifndef CONNSNOOP_NAMES_H
#define CONNSNOOP_NAMES_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest name that is given out, without the NUL: RFC 1035 2.3.4 leaves 253 characters of its 255 bytes. */
#define NAME_MAX_LEN 253

struct names;

struct names_counts {
	uint64_t packets;   /* that passed the socket's filter */
	uint64_t answers;   /* that told of an address */
	uint64_t unasked;   /* answers to no question that was seen: not believed */
	uint64_t malformed; /* no DNS, or cut off before the question ended */
	uint64_t broken;    /* TCP connections with a gap, or too many at once */
	uint64_t dropped;   /* by the kernel, before they were read */
	uint64_t known;	    /* addresses that have a name now, expired ones included */
};

/*
 * Opens a packet socket on all interfaces of this network namespace and reads the file `hosts`, which may be missing.
 * Status of a failure: STATUS_NOT_PERMITTED without CAP_NET_RAW, STATUS_UNSUPPORTED where the kernel has no packet
 * sockets. Cleans up by names_close(), also after a failure.
 */
int names_open(struct names **names, const char *hosts, struct error *err);
void names_close(struct names *names);

/* Readable while packets wait. */
int names_fd(const struct names *names);

/*
 * Takes what came up to `until` (ns, CLOCK_MONOTONIC). Does not block; what comes meanwhile is left for the next time.
 * NULL: does nothing.
 */
void names_drain(struct names *names, uint64_t until);

/*
 * The name of an address (AF_INET: 4 bytes, AF_INET6: 16), as known at `time` (ns, CLOCK_MONOTONIC): answers that came
 * later do not count. NULL: none known. Printable ASCII without spaces, at most NAME_MAX_LEN bytes; it lives until the
 * next call.
 */
const char *names_lookup(struct names *names, unsigned int family, const uint8_t *addr, uint64_t time);

/* Looks at the hosts file with the next lookup, even if a second has not passed since the last look. NULL: nothing. */
void names_reload(struct names *names);

/* `dropped` is asked of the kernel here. */
struct names_counts names_counts(struct names *names);

#endif
