/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What options want by key: -c, --once and --rate, --learn and --check; and what becomes of an attempt by them. */
#ifndef CONNSNOOP_KEYED_H
#define CONNSNOOP_KEYED_H

#include "counting.h"
#include "options.h"

#include <stdbool.h>

struct keyed {
	const struct options *options;
	struct sums *sums;
	struct limiter *limiter;
	struct baseline *learnt, *known;
	bool in_kernel;	     /* sums are kept there, and read from there */
	uint64_t violations; /* of --check */
	uint64_t unlearnt;   /* attempts whose key found no room */
	bool told_full, told_unlimited;
};

/* Status of a failure: STATUS_USAGE where it is about a file of the user's. */
int keyed_open(struct keyed *keyed, const struct options *options, struct error *err);
void keyed_close(struct keyed *keyed);

/* All columns that are gone by, a bit for each: whether the caller's identity is wanted (BY_IDENTITY). */
unsigned int keyed_columns(const struct keyed *keyed);
/* The columns of -c; 0: nothing is counted. */
unsigned int keyed_sums_by(const struct options *options);
/* Why sums can't be kept in the kernel: half a sentence; NULL: they can. */
const char *keyed_why_not_in_kernel(const struct options *options, bool filters_exact, bool atomics);

enum fate { FATE_SHOWN, FATE_COUNTED, FATE_SUPPRESSED, FATE_KNOWN };

/* Of an attempt that passed the filters. */
enum fate keyed_judge(struct keyed *keyed, const struct attempt *attempt);

/* Tables of -c: after each interval, and a last one. The kernel's sums have been read. */
void keyed_show_sums(struct keyed *keyed, bool last, struct style *style, struct sink *sink);
/* On standard error: what was suppressed, by key; `when` is "" or " so far". */
void keyed_tell_suppressed(const struct keyed *keyed, const char *when, struct style *style);
/* In the output, at the end: the same, in formats that have objects of several kinds; else as above. */
void keyed_show_suppressed(const struct keyed *keyed, struct style *style, struct sink *sink);
/* Writes the baseline that was learnt. 0, or -1 and said why on standard error. */
int keyed_save(const struct keyed *keyed);
/* On standard error, at the end: what --learn and --check came to. */
void keyed_conclude(const struct keyed *keyed, const struct accounts *accounts);
/* Whether --check found something, or may have missed it. */
bool keyed_violated(const struct keyed *keyed, const struct accounts *accounts);

#endif
