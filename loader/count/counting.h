/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes by keys, a choice of columns (enum column): sums in place of events, limits, and baselines of who connects
 * where. Sums are kept by the kernel where it can (bpf/count.h), else by the same rules here.
 */
#ifndef CONNSNOOP_COUNTING_H
#define CONNSNOOP_COUNTING_H

#include "attempt.h"
#include "count_key.h"
#include "error.h"
#include "object.h"
#include "output.h"

#include <stdbool.h>
#include <stdint.h>

/* What the kernel can't tell these by; and what nobody knows without the identity of the caller (struct identity). */
#define BY_IDENTITY (BY(BY_CGROUP) | BY(BY_NETNS))

/*
 * Before maps are created: sets the constants that programs want for counting, and how many keys there is room for. `by`
 * 0: nothing is counted in the kernel, and the maps are as small as can be. `paths`: UNIX addresses may come.
 */
int count_plan(struct object *object, unsigned int by, bool paths, uint64_t max_keys, struct error *err);

/* --- sums --- */

struct sums;

int sums_open(struct sums **sums, unsigned int by, uint64_t max_keys, struct error *err);
void sums_close(struct sums *sums);

/* Counts an attempt here. */
void sums_add(struct sums *sums, const struct attempt *attempt);
/*
 * Takes over what the kernel has counted so far: the object's maps, and `other`, the sum of these counters. Returns 0 or a
 * negative errno.
 */
int sums_read(struct sums *sums, const struct object *object, uint64_t other);

/* All that was counted, keys that found no room included; and what of it the kernel has counted. */
uint64_t sums_total(const struct sums *sums);
uint64_t sums_in_kernel(const struct sums *sums);
/* What was counted without a key, since there was no more room for keys. */
uint64_t sums_other(const struct sums *sums);

struct sums_view {
	bool since_last; /* only what came after the table before */
	/* For text: */
	bool timed;   /* with the time of day above it, and an empty line below; none where there is nothing to tell */
	bool total;   /* with a line above that says so */
	bool live;    /* on a terminal: in place of the table before, and no longer than the screen */
	uint64_t top; /* rows at most; the rest is summed up; 0: all */
};

bool sink_is_terminal(const struct sink *sink);

/* The table's first lines, of formats that have some for a whole file. */
void sums_header(const struct sums *sums, const struct style *style, struct buffer *buf);
/* Returns 0 or -ENOMEM. */
int sums_show(struct sums *sums, const struct sums_view *view, struct style *style, struct sink *sink);

/* --- limits: of each key the first attempt, or so many a second, is shown --- */

struct limiter;

/* `rate` 0: only the first. */
int limiter_open(struct limiter **limiter, unsigned int by, uint64_t max_keys, uint64_t rate, struct error *err);
void limiter_close(struct limiter *limiter);
/* Whether it is to be shown; counts what is not. What finds no room for its key is shown. */
bool limiter_passes(struct limiter *limiter, const struct attempt *attempt);
uint64_t limiter_suppressed(const struct limiter *limiter);
/* Attempts that were shown because there was no room. */
uint64_t limiter_unlimited(const struct limiter *limiter);
/* What was suppressed, by key, largest first: at most `top` rows (0: all). Returns 0 or -ENOMEM. */
int limiter_show(const struct limiter *limiter, uint64_t top, struct style *style, struct sink *sink);

/* --- baselines: the set of keys, in a file of lines --- */

struct baseline;

#define BASELINE_ENTRIES_MAX 1000000
#define BASELINE_BYTES_MAX   (64u << 20)

/* An empty one, to be learnt and written to `path`. Whether that can be written is looked at now. */
int baseline_open(struct baseline **baseline, const char *path, unsigned int by, uint64_t max_keys, struct error *err);
/* The one in the file, which says by what it goes. STATUS_USAGE where it is none: line and reason. */
int baseline_read(struct baseline **baseline, const char *path, struct error *err);
void baseline_close(struct baseline *baseline);

unsigned int baseline_by(const struct baseline *baseline);
/* False: there was no room for it. */
bool baseline_add(struct baseline *baseline, const struct attempt *attempt);
bool baseline_has(const struct baseline *baseline, const struct attempt *attempt);
/* Writes the file anew, whole or not at all. */
int baseline_write(const struct baseline *baseline, struct error *err);

/* "pid" for BY_PID and so on; and back: -1 where it is none. */
const char *column_name(enum column column);
int column_number(const char *name, size_t len);

#endif
