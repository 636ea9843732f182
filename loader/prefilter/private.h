/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_PREFILTER_PRIVATE_H
#define CONNSNOOP_PREFILTER_PRIVATE_H

#include "prefilter.h"

/* Numbers in a list in the kernel, some 64 bytes each. */
#define LIST_MAX 65536

struct number_list {
	const char *option;   /* what the user calls it */
	const char *constant; /* its _MODE and _ONE */
	const char *map;
	size_t entries; /* of the map; 0: as many as there are numbers */
};

/* How many numbers there are in all. */
uint64_t ranges_size(const struct ranges *ranges);

/* Whether it stands for itself alone; whether it is that, or that with one * at the end. */
bool pattern_is_plain(const char *pattern);
bool pattern_is_prefix(const char *pattern);

#endif
