/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the user's filters the kernel applies, before anything is copied (bpf/filter.h). It drops only what is sure not
 * to pass, so that the reader's own filter (loader/event/filter.h), which runs behind it, has the last word and both
 * together give the same answers on every kernel.
 */
#ifndef CONNSNOOP_PREFILTER_H
#define CONNSNOOP_PREFILTER_H

#include "error.h"
#include "filter.h"
#include "object.h"

#include <stdbool.h>

/* The -f of a machine that forks a lot; a process that finds no room is not followed, and counted. */
#define FOLLOWED_MAX 65536

struct prefilter {
	bool exact;	     /* nothing is left for the reader to decide: attempts can be counted in the kernel */
	bool cgroups;	     /* the kernel decides on cgroups */
	char in_reader[256]; /* the options that the reader applies, and why; "" for none */
};

/*
 * Decides, sets the programs' constants and the sizes of the lists' maps (none for a list that is not needed, see
 * object_resize_map). For maps that are yet to be created. `follow`: processes will be added to the list of -p.
 */
int prefilter_plan(struct prefilter *prefilter, const struct filter *filter, bool follow, struct object *object,
		   struct error *err);

/* Fills the lists, once their maps are there. */
int prefilter_fill(const struct prefilter *prefilter, const struct filter *filter, const struct object *object,
		   struct error *err);

/*
 * Adds to map `pids` what descends already from the processes in the list, by /proc: what is born from now on the programs
 * add. Returns how many found no room.
 */
uint64_t family_adopt(int map, const struct ranges *pids);

#endif
