/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts that wait for their return. The records stay as they came until it is known how they ended, or that nobody will
 * tell; then they are given back, in the order in which that happens. Memory is bounded, and every attempt comes back.
 */
#ifndef CONNSNOOP_RESULT_H
#define CONNSNOOP_RESULT_H

#include "attempt.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>

struct results;

/* As many bytes as a record has, and what may stand in front of it. */
#define HELD_MAX (sizeof(struct event) + 64)

/* An attempt that waits: its record as it came, and what was found out about it meanwhile. */
struct held {
	uint32_t cpu;
	uint32_t size;
	uint32_t tags;
	struct identity identity;
	uint8_t record[HELD_MAX];
};

struct results_parts {
	int pending; /* the map; the caller's */
	bool proc;   /* /proc has threads by the numbers that records have: connsnoop is in the initial PID namespace */
	/* Once for each attempt. `ending` is NULL where it is not known. */
	void (*ended)(void *context, const struct held *held, const struct ending *ending);
	void *context;
};

int results_open(struct results **results, const struct results_parts *parts, struct error *err);
void results_close(struct results *results);

/*
 * An attempt whose record has EVENT_AWAITED. Another one of the same thread that still waits has ended unseen; where there
 * is no room the oldest one is given back. `record` is what the attempt was decoded from, HELD_MAX bytes at most.
 */
void results_wait(struct results *results, const struct attempt *attempt, const void *record, uint32_t size);
/* The bytes of a struct ending. One that nobody waits for (its attempt was lost) is nothing. */
void results_end(struct results *results, const void *data);

/*
 * Once a second while something waits (`now` is CLOCK_MONOTONIC, ns): threads that were killed, or whose return no probe saw,
 * are found out, and their entries removed from the map.
 */
void results_check(struct results *results, uint64_t now);
/* Until the next check makes sense; -1: nothing waits. */
int results_wait_ms(const struct results *results, uint64_t now);

/* The end: all that wait are given back. */
void results_give_up(struct results *results);

/* So many wait. */
unsigned int results_count(const struct results *results);

/* Removes the entries of attempts from before, whose returns nobody will see. */
void pending_sweep(int pending, uint64_t before);

#endif
