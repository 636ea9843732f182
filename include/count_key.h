/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * What the programs and the reader say to each other when attempts are counted in the kernel: a key is the part of an
 * event (event.h) from pid_tgid on, in place, with zeros where a column was not chosen; so that nothing is copied, and
 * what decodes an event decodes a key.
 */
#ifndef CONNSNOOP_COUNT_KEY_H
#define CONNSNOOP_COUNT_KEY_H

#include "event.h"

/* What sums are kept by. The constant BY has a bit for each. */
enum column { BY_PID, BY_TID, BY_UID, BY_COMM, BY_FAMILY, BY_TYPE, BY_ADDR, BY_PORT, BY_CGROUP, BY_NETNS, BY_COLUMNS };

#define BY(column) (1U << (column))

/*
 * The constant BY_TASK is what is kept of pid_tgid; BY_HEAD what is kept of the first 8 bytes of a sockaddr_in, as a
 * number in host byte order: family (with any column that belongs to the address), port, IPv4 address.
 */

/* Whole words, since that is how they are cleared: sockaddr_in6 and short UNIX paths; sockaddr_un. */
#define COUNT_ADDR_SHORT 32
#define COUNT_ADDR_LONG	 112

struct count_key {
	__u64 pid_tgid;
	__u64 uid_gid; /* without the group */
	char comm[COMM_SIZE];
	__s32 sockfd;	 /* 0 */
	__s32 addrlen;	 /* so many bytes of addr are the caller's; what is behind them is 0 */
	__u16 nr, place; /* 0 */
	__u16 type;
	__u8 via;   /* 0 */
	__u8 flags; /* EVENT_ADDR_FAULT, EVENT_TYPE_UNKNOWN */
	__u8 addr[COUNT_ADDR_LONG];
};

/* Of the maps `counts_short` and `counts_long`. */
#define COUNT_KEY_SHORT 80
#define COUNT_KEY_LONG	160

/* A value of both. `count` is added to atomically, the rest is stored as it comes. */
struct count_sum {
	__u64 count;
	__u64 first, last;    /* ns, CLOCK_MONOTONIC */
	char comm[COMM_SIZE]; /* of the first, where it is no column */
};

#define COUNT_FIELD(field) (__builtin_offsetof(struct event, field) - __builtin_offsetof(struct event, pid_tgid))

_Static_assert(__builtin_offsetof(struct event, pid_tgid) == 8, "aligned");
_Static_assert(__builtin_offsetof(struct count_key, uid_gid) == COUNT_FIELD(uid_gid), "a part of the event");
_Static_assert(__builtin_offsetof(struct count_key, comm) == COUNT_FIELD(comm), "a part of the event");
_Static_assert(__builtin_offsetof(struct count_key, addrlen) == COUNT_FIELD(addrlen), "a part of the event");
_Static_assert(__builtin_offsetof(struct count_key, type) == COUNT_FIELD(type), "a part of the event");
_Static_assert(__builtin_offsetof(struct count_key, flags) == COUNT_FIELD(flags), "a part of the event");
_Static_assert(__builtin_offsetof(struct count_key, addr) == COUNT_FIELD(addr), "a part of the event");
_Static_assert(COUNT_KEY_SHORT == COUNT_FIELD(addr) + COUNT_ADDR_SHORT, "no holes");
_Static_assert(COUNT_KEY_LONG == COUNT_FIELD(addr) + COUNT_ADDR_LONG, "no holes");
_Static_assert(sizeof(struct count_key) == COUNT_KEY_LONG && COUNT_KEY_LONG % 8 == 0, "no holes");
_Static_assert(COUNT_ADDR_SHORT >= 28 && COUNT_ADDR_SHORT % 8 == 0, "whole words");
_Static_assert(COUNT_ADDR_LONG >= 2 + 108 && COUNT_ADDR_LONG % 8 == 0, "whole words");
_Static_assert(sizeof(struct count_sum) == 40, "no holes");

#endif
