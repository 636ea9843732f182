/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the watch still sees: attempts of our own that have to come through (--canary), and what may be wrong where they
 * do not or where nobody would notice. Facts and their accounts; watch.h acts on them.
 */
#ifndef CONNSNOOP_HEALTH_H
#define CONNSNOOP_HEALTH_H

#include "attach.h"
#include "ring.h"
#include "trial.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A reader that comes so much later than it would have stood still. */
#define HEALTH_GAP_NS 1000000000ULL

/* CPUs that we may run on. */
#define HEALTH_CPUS_SIZE (CPUS_MAX / 8)

struct health {
	bool watching;	   /* --canary or --strict */
	uint64_t interval; /* ns; 0: no canaries */
	uint64_t due;	   /* the next one; ns, CLOCK_MONOTONIC */
	struct trial trial;
	bool expecting, seen; /* the one that is made just now */
	int enabled;	      /* debugfs's kprobes/enabled; -1: it can't be read, or is not of interest */
	struct misses misses;
	uint8_t cpus[HEALTH_CPUS_SIZE];
	size_t cpus_size; /* 0: not known */
	unsigned int cpu; /* where the last one was made */

	uint64_t canaries, canaries_missed, gaps, longest_gap, missed_hits, broken_events;
	unsigned int broken_probes; /* as they were last told of */
	bool blind;		    /* the last canary did not come through */
	bool failed;		    /* with --strict this is the end */
};

/* Opens what is looked at later, as long as we may. */
int health_open(struct health *health, uint64_t interval, bool watching, const struct hook *hook, struct error *err);
void health_close(struct health *health);

/* The next CPU's turn. Goes there, as far as the kernel lets us; health_return() takes all of them again. */
void health_go_on(struct health *health);
void health_return(const struct health *health);

/* Why nothing may come through, as a clause for a sentence. */
const char *health_why_blind(const struct health *health);

#endif
