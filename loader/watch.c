// SPDX-License-Identifier: GPL-2.0-or-later
#include "watch.h"

#include <stdarg.h>
#include <stdio.h>

/* A ring that was full when it came by is no proof of anything. */
#define TRIES 3

static void tell(struct tracer *tracer, const char *check, bool good, uint64_t count, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* On standard error and, where it has words for it, in the output. What is not good is the end of a strict watch. */
static void tell(struct tracer *tracer, const char *check, bool good, uint64_t count, const char *format, ...)
{
	struct finding_of_health finding = {.check = check, .good = good, .count = count};
	va_list args;

	va_start(args, format);
	vsnprintf(finding.detail, sizeof(finding.detail), format, args);
	va_end(args);
	fprintf(stderr, "connsnoop: health: %s\n", finding.detail);
	emit_health(tracer->sink, tracer->style, &finding);
}

static void fail(struct tracer *tracer, const char *what)
{
	if (!tracer->options->strict || tracer->health.failed)
		return;
	tracer->health.failed = true;
	fprintf(stderr, "connsnoop: --strict: %s: this is the end\n", what);
}

/* One that a CPU without a ring kept aside is there once it has one. */
static bool comes_through(struct tracer *tracer)
{
	bool seen = false;

	health_go_on(&tracer->health);
	for (int i = 0; i < TRIES && !seen; i++) {
		seen = tracer_prove(tracer);
		if (!seen) {
			tracer_check_cpus(tracer);
			seen = tracer->health.seen;
		}
	}
	health_return(&tracer->health);
	return seen;
}

static void check_canary(struct tracer *tracer)
{
	struct health *health = &tracer->health;
	bool was_blind = health->blind;

	health->canaries++;
	health->blind = !comes_through(tracer);
	health->canaries_missed += health->blind;
	if (health->blind && !was_blind)
		tell(tracer, "canary", false, health->canaries_missed,
		     "an attempt of connsnoop's own did not come through %s: %s", tracer->hook.name,
		     health_why_blind(health));
	else if (was_blind && !health->blind)
		tell(tracer, "canary", true, health->canaries_missed,
		     "attempts of connsnoop's own come through again; what was made since the last one that did may be missing");
	if (health->blind)
		fail(tracer, "attempts are not seen");
}

/* A ring is opened anew, a probe can't be: it takes what was given up. */
static void check_events(struct tracer *tracer)
{
	struct health *health = &tracer->health;
	unsigned int probes = hook_broken(&tracer->hook), rings = rings_broken(tracer->rings);

	if (rings)
		tracer_update_cpus(tracer);
	if (!rings && probes <= health->broken_probes)
		return;
	health->broken_probes = probes;
	health->broken_events += probes + rings;
	tell(tracer, "perf_events", false, health->broken_events,
	     "%u perf events of the hook and %u of rings are in error state; rings are opened anew; start connsnoop again if the hook's are",
	     probes, rings);
	fail(tracer, "perf events are in error state");
}

static void check_misses(struct tracer *tracer)
{
	struct health *health = &tracer->health;
	uint64_t missed = misses_count(&health->misses, &tracer->hook), before = health->missed_hits;

	if (missed <= before)
		return;
	health->missed_hits = missed;
	tell(tracer, "missed_hits", false, missed,
	     "the kernel did not run the program for %llu attempts, since others were running: they are in no account",
	     (unsigned long long)(missed - before));
	fail(tracer, "attempts were missed");
}

uint64_t watch_due(const struct tracer *tracer)
{
	return tracer->health.due;
}

bool watch_check(struct tracer *tracer)
{
	struct health *health = &tracer->health;
	uint64_t now = clock_monotonic();

	if (!health->due || now < health->due)
		return false;
	/* After a time in which nothing ran one is enough. */
	health->due = now - health->due < health->interval ? health->due + health->interval : now + health->interval;
	check_canary(tracer);
	check_events(tracer);
	check_misses(tracer);
	tracer_report_losses(tracer, false);
	return true;
}

void watch_gap(struct tracer *tracer, uint64_t late)
{
	struct health *health = &tracer->health;

	if (!health->watching || late < HEALTH_GAP_NS)
		return;
	health->gaps++;
	health->longest_gap = late > health->longest_gap ? late : health->longest_gap;
	tell(tracer, "reader", false, health->gaps,
	     "the reader stood still for %llu.%03llu s: it was stopped, had no CPU, or its output was not read",
	     (unsigned long long)(late / 1000000000), (unsigned long long)(late / 1000000 % 1000));
}

void watch_losses(struct tracer *tracer)
{
	if (tracer->options->strict && tracer_lost_some(tracer))
		fail(tracer, "attempts were lost");
}

void watch_finish(struct tracer *tracer)
{
	if (!tracer->health.watching)
		return;
	check_events(tracer);
	check_misses(tracer);
}

void watch_say_sums(const struct tracer *tracer)
{
	const struct health *health = &tracer->health;

	if (!health->watching)
		return;
	fprintf(stderr,
		"connsnoop: health: %llu canaries, %llu missed; %llu gaps, the longest %llu ms; %llu missed hits; %llu broken events\n",
		(unsigned long long)health->canaries, (unsigned long long)health->canaries_missed,
		(unsigned long long)health->gaps, (unsigned long long)(health->longest_gap / 1000000),
		(unsigned long long)health->missed_hits, (unsigned long long)health->broken_events);
}
