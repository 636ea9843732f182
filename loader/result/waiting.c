// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

/* As many as the programs wait for. */
#define WAITING_MAX PENDING_MAX
#define BUCKETS	    4096
#define NONE	    UINT32_MAX

#define CHECK_NS 1000000000ULL
/*
 * Two looks in a row at a thread that is gone or elsewhere, so that a record that is on its way finds us; more at one that
 * runs, since it may only have to wait for a CPU.
 */
#define SURE	   2
#define NOT_SURE   1
#define SUSPICIONS 4
/* Where nobody can say what has become of a thread: TCP by default gives up after 127 s. */
#define PATIENCE_NS (180 * 1000000000ULL)

struct waiting {
	uint64_t pid_tgid;
	uint64_t time;
	uint32_t next_in_bucket;
	uint32_t older, newer; /* of those that wait; `newer` links free ones */
	uint16_t nr;
	uint8_t suspicions;
	struct held held;
};

struct results {
	struct results_parts parts;
	uint64_t checked; /* when the last check was */
	unsigned int count;
	uint32_t oldest, newest, free, unused; /* from `unused` on none was ever used */
	uint32_t buckets[BUCKETS];
	struct waiting waiting[WAITING_MAX];
};

int results_open(struct results **results, const struct results_parts *parts, struct error *err)
{
	struct results *made = calloc(1, sizeof(*made));

	*results = made;
	if (!made)
		return error_set(err, STATUS_FAILURE, "preparing to wait for results: out of memory");
	made->parts = *parts;
	made->oldest = made->newest = made->free = NONE;
	memset(made->buckets, 0xff, sizeof(made->buckets));
	return 0;
}

void results_close(struct results *results)
{
	free(results);
}

unsigned int results_count(const struct results *results)
{
	return results ? results->count : 0;
}

static uint32_t *bucket_of(struct results *results, uint64_t pid_tgid)
{
	return &results->buckets[(uint32_t)(pid_tgid * 0x9e3779b97f4a7c15 >> 52) % BUCKETS];
}

static uint32_t find(struct results *results, uint64_t pid_tgid)
{
	uint32_t at = *bucket_of(results, pid_tgid);

	while (at != NONE && results->waiting[at].pid_tgid != pid_tgid)
		at = results->waiting[at].next_in_bucket;
	return at;
}

static void unlink_from_bucket(struct results *results, uint32_t at)
{
	uint32_t *link = bucket_of(results, results->waiting[at].pid_tgid);

	while (*link != at)
		link = &results->waiting[*link].next_in_bucket;
	*link = results->waiting[at].next_in_bucket;
}

static void unlink_by_age(struct results *results, uint32_t at)
{
	const struct waiting *waiting = &results->waiting[at];

	if (waiting->older == NONE)
		results->oldest = waiting->newer;
	else
		results->waiting[waiting->older].newer = waiting->newer;
	if (waiting->newer == NONE)
		results->newest = waiting->older;
	else
		results->waiting[waiting->newer].older = waiting->older;
}

/* Gives it back; its place is free only then. */
static void end(struct results *results, uint32_t at, const struct ending *ending)
{
	struct waiting *waiting = &results->waiting[at];

	unlink_from_bucket(results, at);
	unlink_by_age(results, at);
	results->count--;
	results->parts.ended(results->parts.context, &waiting->held, ending);
	waiting->newer = results->free;
	results->free = at;
}

static uint32_t take_place(struct results *results)
{
	uint32_t at = results->free;

	if (at != NONE)
		results->free = results->waiting[at].newer;
	else
		at = results->unused++;
	return at;
}

static void link_in(struct results *results, uint32_t at)
{
	struct waiting *waiting = &results->waiting[at];
	uint32_t *bucket = bucket_of(results, waiting->pid_tgid);

	waiting->next_in_bucket = *bucket;
	*bucket = at;
	waiting->older = results->newest;
	waiting->newer = NONE;
	if (results->newest == NONE)
		results->oldest = at;
	else
		results->waiting[results->newest].newer = at;
	results->newest = at;
}

void results_wait(struct results *results, const struct attempt *attempt, const void *record, uint32_t size)
{
	uint64_t pid_tgid = attempt->event.pid_tgid;
	uint32_t at = find(results, pid_tgid);
	struct waiting *waiting;

	if (at != NONE)
		end(results, at, NULL);
	if (results->count == WAITING_MAX)
		end(results, results->oldest, NULL);
	/* What begins to wait while nothing did is first looked at a whole interval later. */
	if (!results->count)
		results->checked = clock_monotonic();
	at = take_place(results);
	waiting = &results->waiting[at];
	waiting->pid_tgid = pid_tgid;
	waiting->time = attempt->time;
	waiting->nr = attempt->event.nr;
	waiting->suspicions = 0;
	waiting->held.cpu = attempt->cpu;
	waiting->held.tags = attempt->tags;
	waiting->held.identity = attempt->identity;
	waiting->held.size = size < HELD_MAX ? size : HELD_MAX;
	memcpy(waiting->held.record, record, waiting->held.size);
	link_in(results, at);
	results->count++;
}

void results_end(struct results *results, const void *data)
{
	struct ending ending;
	uint32_t at;

	memcpy(&ending, data, ENDING_SIZE);
	at = find(results, ending.pid_tgid);
	if (at != NONE && results->waiting[at].time == ending.began)
		end(results, at, &ending);
}

/* How sure it is that no record will come for it any more. */
static int suspect(const struct results *results, const struct waiting *waiting, uint64_t now)
{
	if (!pending_has(results->parts.pending, waiting->pid_tgid, waiting->time))
		return SURE;
	switch (results->parts.proc ? thread_look(waiting->pid_tgid, waiting->nr) : THREAD_UNTOLD) {
	case THREAD_GONE:
	case THREAD_ELSEWHERE:
		return SURE;
	case THREAD_RUNS:
		return NOT_SURE;
	case THREAD_UNTOLD:
		return now > waiting->time && now - waiting->time > PATIENCE_NS ? SURE : 0;
	case THREAD_IN_CALL:
		break;
	}
	return 0;
}

/* The thread's entry may be a newer attempt's by now, whose record is on its way. */
static void give_up(struct results *results, uint32_t at)
{
	const struct waiting *waiting = &results->waiting[at];

	if (pending_has(results->parts.pending, waiting->pid_tgid, waiting->time))
		pending_remove(results->parts.pending, waiting->pid_tgid);
	end(results, at, NULL);
}

void results_check(struct results *results, uint64_t now)
{
	uint32_t at, newer;

	if (!results->count || now - results->checked < CHECK_NS)
		return;
	results->checked = now;
	for (at = results->oldest; at != NONE; at = newer) {
		struct waiting *waiting = &results->waiting[at];
		int suspicion = suspect(results, waiting, now);

		newer = waiting->newer;
		waiting->suspicions = suspicion ? (uint8_t)(waiting->suspicions + suspicion) : 0;
		if (waiting->suspicions >= SUSPICIONS)
			give_up(results, at);
	}
}

int results_wait_ms(const struct results *results, uint64_t now)
{
	uint64_t next;

	if (!results || !results->count)
		return -1;
	next = results->checked + CHECK_NS;
	return next <= now ? 0 : (int)((next - now + 999999) / 1000000);
}

void results_give_up(struct results *results)
{
	while (results->count)
		end(results, results->oldest, NULL);
}
