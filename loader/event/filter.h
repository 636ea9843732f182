/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which attempts are shown. Filters of different kinds all have to match; within a list one match is enough; a list that
 * begins with '!' matches what is not in it. An attempt whose address could not be read passes all filters on addresses.
 */
#ifndef CONNSNOOP_FILTER_H
#define CONNSNOOP_FILTER_H

#include "attempt.h"
#include "error.h"

#define FAMILIES_ANY	 UINT64_MAX
#define FAMILIES_DEFAULT (1ULL << 1 /* AF_UNIX */ | 1ULL << 2 /* AF_INET */ | 1ULL << 10 /* AF_INET6 */)

/* Numbers in ranges, sorted and without overlap. */
struct ranges {
	bool negated;
	size_t count;
	struct range {
		uint32_t first, last;
	} * range;
};

/*
 * Address prefixes, sorted, IPv4 ones first, none within another of its kind, and 0 behind their bits. IPv4 ones are kept
 * as ::ffff:a.b.c.d, so that they match addresses that are written so, too.
 */
struct prefixes {
	bool negated;
	size_t count, v4_count;
	struct prefix {
		uint8_t addr[16];
		uint8_t bits;
		bool v4;
	} * prefix;
};

/* Shell patterns, fnmatch(3). */
struct patterns {
	bool negated;
	size_t count;
	char **pattern;
};

struct filter {
	uint64_t families; /* 1 << AF_*; FAMILIES_ANY: all, and what has none */
	bool follow;	   /* the kernel's programs know the processes: those of pids and their descendants */
	bool any_type;	   /* else streams and datagrams, and UNIX seqpackets */
	struct ranges pids, uids, ports, types;
	struct ranges netns; /* inode numbers */
	struct prefixes nets;
	struct patterns comms, paths;
	struct patterns cgroups; /* paths, as given: no patterns */
};

/* All but cgroups and network namespaces, which may have to be looked up. */
bool filter_passes(const struct filter *filter, const struct attempt *attempt);
/* The network namespace; one that is not known is in no list. */
bool filter_passes_netns(const struct filter *filter, const struct attempt *attempt);
/* The part that is about the socket's type. */
bool filter_passes_type(const struct filter *filter, unsigned int family, uint16_t type);

/*
 * Add the list in `text` (commas, a leading '!') to a set; `name` is the option's, for messages. A list of numbers or
 * prefixes that begins with '@' is in the file named after it, a word a line or with commas, # before comments. A set can be given in
 * several options, but not both negated and not. Status of a failure: STATUS_USAGE.
 */
int ranges_add(struct ranges *ranges, const char *name, const char *text, uint32_t max, struct error *err);
int ranges_add_users(struct ranges *ranges, const char *name, const char *text, struct error *err);
int ranges_add_types(struct ranges *ranges, const char *name, const char *text, struct error *err);
/* Numbers are inodes; anything else names a file like /proc/PID/ns/net or one that `ip netns` made. */
int ranges_add_namespaces(struct ranges *ranges, const char *name, const char *text, struct error *err);
int prefixes_add(struct prefixes *prefixes, const char *name, const char *text, struct error *err);
int patterns_add(struct patterns *patterns, const char *name, const char *text, struct error *err);

void filter_free(struct filter *filter);

#endif
