/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_OPTIONS_H
#define CONNSNOOP_OPTIONS_H

#include "attach.h"
#include "count_key.h"
#include "filter.h"
#include "output.h"

#include <stdbool.h>
#include <stdint.h>

enum action { ACTION_TRACE, ACTION_DOCTOR, ACTION_HELP, ACTION_VERSION };

enum shown_outcomes { OUTCOMES_ALL, OUTCOMES_SUCCESSFUL, OUTCOMES_FAILED };

struct options {
	enum action action;
	struct filter filter;
	enum format format;
	bool clock, since_start, user, header, verbose;
	uint64_t max_events; /* 0: no limit */
	uint64_t duration;   /* ns, 0: until a signal */
	unsigned int pages;  /* a ring's size, a power of two; 0: as memory allows */
	enum hook_kind hook;
	enum ring_choice ring;
	bool filter_in_reader; /* nothing is dropped in the kernel */
	const char *output;    /* NULL: standard output */
	const char *object;    /* NULL: the one that is built in */
	char **command;	       /* NULL-terminated; NULL: none */

	bool follow;   /* -f: the descendants of those of -p, too */
	bool identity; /* all that can be known of the caller, from the kernel and /proc */
	bool args;     /* its arguments, too */
	bool result;   /* wait for the return and tell how it ended */
	enum shown_outcomes shown_outcomes;
	bool names; /* -d */

	bool count;	   /* -c: sums instead of events */
	uint64_t interval; /* ns between tables; 0: one at the end */
	uint64_t top;	   /* rows; 0: all */
	unsigned int by;   /* 1 << enum column; 0: the default ones */
	uint64_t max_keys; /* of a table */
	uint64_t rate;	   /* of each key at most so many a second; 0: all */
	bool once;	   /* of each key only the first */
	const char *learn; /* file to write the baseline to */
	const char *check; /* file to hold attempts against */

	uint64_t rotate_size; /* bytes; 0: never */
	unsigned int rotate_count;
	const char *syslog; /* "" for /dev/log, "udp:HOST:PORT", "tcp:HOST:PORT"; NULL: no */
	bool journal;

	const char *run_as; /* --user; NULL: as whom we were started */
	bool no_sandbox;
	uint64_t canary; /* ns between attempts of our own; 0: none */
	bool strict;	 /* any loss is the end */
};

/* Status of a failure: STATUS_USAGE. The strings are argv's. */
void options_free(struct options *options);
int options_parse(struct options *options, int argc, char **argv, struct error *err);

extern const char options_help[];

#endif
