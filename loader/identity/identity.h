/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who made an attempt, as /proc says a moment later: program, arguments, user, cgroup and container, and what the kernel's
 * own identity lacks. What /proc says is of the time it is asked at. It is taken for the attempt's where
 *
 * - the same was found before the attempt and after it, or
 * - it was found after the attempt, in a process that had started before it, and the thread had not changed its name,
 *   which it does when it runs another program.
 *
 * So one look at a process serves all attempts up to that moment, and no exec, exit or reuse of a number goes unseen for
 * longer than the next attempt.
 */
#ifndef CONNSNOOP_IDENTITY_H
#define CONNSNOOP_IDENTITY_H

#include "attempt.h"
#include "error.h"
#include "filter.h"

#include <stdbool.h>
#include <stdint.h>

struct identity_wants {
	const char *proc; /* where procfs is: "/proc" */
	bool about;	  /* identities_fill() will be called */
	bool args;
	const struct patterns *cgroups; /* of identities_in_cgroups() */
	uint32_t own_tgid;		/* of this process in the initial PID namespace, as attempts have it */
};

/* How many attempts could not be told of. */
struct identity_gaps {
	uint64_t cgroup, net_ns; /* by the filters below */
	uint64_t refused;	 /* we were not allowed to ask for the program of these */
};

struct identities;

/* The lists that `wants` points to must outlive the result. Status of a failure: STATUS_FAILURE. */
int identities_open(struct identities **identities, const struct identity_wants *wants, struct error *err);
void identities_close(struct identities *identities);

/*
 * This procfs numbers processes otherwise than the attempts do: it is of another PID namespace than the initial one. Then
 * only attempts whose own namespace the kernel told of, and whose it is, can be looked up.
 */
bool identities_strange_proc(const struct identities *identities);

/* Fills attempt->about and what is missing in attempt->identity. Pointers last until the next call for any attempt. */
void identities_fill(struct identities *identities, struct attempt *attempt);

/* Looks already, so that identities_fill() for this attempt can tell later what is gone by then. */
void identities_look(struct identities *identities, const struct attempt *attempt);

/* Fills attempt->identity.net_ns where it is not known. */
void identities_fill_net_ns(struct identities *identities, struct attempt *attempt);
/* Whether it ran in one of wants->cgroups or below; with a negated list, whether it did not. Where that can't be told the
 * answer is that of a cgroup which is not in the list. */
bool identities_in_cgroups(struct identities *identities, const struct attempt *attempt);

struct identity_gaps identities_gaps(const struct identities *identities);

#endif
