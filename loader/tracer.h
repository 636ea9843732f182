/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that tracing consists of, put together and taken apart, and the accounts of what came of it. */
#ifndef CONNSNOOP_TRACER_H
#define CONNSNOOP_TRACER_H

#include "attach.h"
#include "callers.h"
#include "clock.h"
#include "control.h"
#include "event.h"
#include "health.h"
#include "keyed.h"
#include "names.h"
#include "options.h"
#include "output.h"
#include "prefilter.h"
#include "result.h"
#include "ring.h"
#include "tags.h"

/* What is known of one CPU's attempts. */
struct tally {
	uint64_t received; /* records read from its ring */
	uint64_t proof;	   /* of these, the ones read while hooks were tried */
	uint64_t lost;	   /* told by its ring */
	uint64_t reported; /* losses that the user was told of */
	uint64_t ringless; /* attempts that found no ring, as last seen */
	uint64_t counted;  /* attempts that must have been received or lost; see count_before() */
	uint64_t counted_last;
};

struct tracer {
	const struct options *options;
	struct filter filter; /* the options', whose lists it shares */
	struct object_kernel kernel;
	struct prefilter prefilter;
	void *image; /* of --object; NULL: built in */
	struct object *object;
	struct rings *rings;
	unsigned int mapped_cpus; /* that have mapped rings; 0: none */
	unsigned int pages;	  /* of a ring */
	struct error why_perf;	  /* what mapped rings failed for, where they were tried; else no text */
	struct hook hook;
	struct returns returns;	  /* -r */
	struct results *results;  /* attempts that wait for their return; NULL: none do */
	struct error why_unknown; /* what seeing returns failed for, where it was asked for; else no text */
	struct desk desk;
	struct control control;
	unsigned int cpus;
	struct tally *tally; /* by CPU number */
	uint64_t shown, filtered, suppressed;
	struct keyed keyed;    /* opened before; all zeros: nothing goes by keys */
	const char *in_reader; /* why sums are kept here, though the kernel can; NULL: they are not, or not asked for */
	uint64_t unfollowed;   /* processes that found no room in the list, at the start */
	struct names *names;   /* -d; NULL: none */
	struct tagger tagger;
	struct callers callers;
	struct health health;
	struct sink *sink;
	struct style *style;
	uint64_t
		since; /* ns, CLOCK_MONOTONIC: while hooks are proved the programs take all, and who is followed they alone know */
	bool enough;	      /* -n events were shown */
	bool suspects;	      /* a ring was full, and what it lost was not told of yet */
	uint64_t last_report; /* of losses; ns, CLOCK_MONOTONIC */
	uint64_t last_count;  /* of count_before() */
	uint64_t reading;     /* the clock at the beginning of this look at the rings; 0: no look */
	uint64_t oldest;      /* age of the oldest record since this was set to 0, ns */
};

/* Loads, opens and attaches until a hook has proved itself. Cleans up by tracer_close(), also after a failure. */
int tracer_open(struct tracer *tracer, const struct options *options, int epoll, uint64_t ring_tag, struct error *err);
void tracer_close(struct tracer *tracer);

/* Reads what is there, up to now; returns 0 only when there was nothing. */
size_t tracer_drain(struct tracer *tracer);
/* Detaches the hook, so that nothing is counted any more, and reads all that is left. */
void tracer_finish(struct tracer *tracer);

/* Writes what can be written. Standard error says a failure once; while it lasts, what does not fit is counted. */
void tracer_flush(struct tracer *tracer);

/* Says "I sleep" to the programs: the next record rings the bell. */
int tracer_sleep(struct tracer *tracer);

/* While attempts wait for their return: gives up those that nobody will tell of. */
void tracer_check_results(struct tracer *tracer);
/* Until that makes sense, in ms; -1: nothing waits. */
int tracer_wait_ms(const struct tracer *tracer);

/* An attempt of our own, of health.trial, that the programs let through: true where it was seen. Others are read along. */
bool tracer_prove(struct tracer *tracer);

/* Whether a loss was told of, or lines were dropped. */
bool tracer_lost_some(const struct tracer *tracer);

/* CPUs went or came. */
void tracer_update_cpus(struct tracer *tracer);
/*
 * The same where nobody said so: the kernel announces CPUs to its first network namespace only, but a CPU whose ring is
 * missing shows in the counters.
 */
void tracer_check_cpus(struct tracer *tracer);

/*
 * The sums. Exact after tracer_finish(): a loss is an attempt that the program counted and no record told of. Before,
 * records that are on their way look like losses, so `lost` is only what the kernel has owned up to.
 */
struct accounts tracer_accounts(const struct tracer *tracer, bool finished);
/* The output's first lines, of formats that have some; the caller has reserved the room. */
void tracer_header(struct tracer *tracer);
/* Reads what the kernel has counted, where it counts. */
void tracer_read_sums(struct tracer *tracer);
/* The next table of -c; the last one is exact after tracer_finish(). */
void tracer_show_sums(struct tracer *tracer, bool last);
/* "connsnoop: so far 5 attempts = 3 shown + 2 filtered + 0 lost" on standard error; `when` is "" or "so far ". */
void accounts_say(const struct accounts *accounts, const char *when);
/* How many processes found no room in the list of those that are followed. */
uint64_t tracer_unfollowed(const struct tracer *tracer);
/* Tells of losses that were not told of before: on standard error, and in the output where its format has them. */
void tracer_report_losses(struct tracer *tracer, bool finished);
/*
 * Losses at the end of a burst, of which no ring tells. The first counts what the programs have counted; when the rings
 * were found empty after that and after a while once more, what was not received by then is lost.
 */
void tracer_suspect_losses(struct tracer *tracer);
void tracer_report_suspects(struct tracer *tracer);

#endif
