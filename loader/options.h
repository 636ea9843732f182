/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_OPTIONS_H
#define CONNSNOOP_OPTIONS_H

#include "attach.h"
#include "filter.h"
#include "output.h"

#include <stdbool.h>
#include <stdint.h>

enum action { ACTION_TRACE, ACTION_DOCTOR, ACTION_HELP, ACTION_VERSION };

struct options {
	enum action action;
	struct filter filter;
	enum format format;
	bool clock, since_start, user, header, verbose;
	uint64_t max_events; /* 0: no limit */
	uint64_t duration;   /* ns, 0: until a signal */
	unsigned int pages;  /* a ring's size, a power of two; 0: as memory allows */
	enum hook_kind hook;
	const char *output; /* NULL: standard output */
	const char *object; /* NULL: the one that is built in */
	char **command;	    /* NULL-terminated; NULL: none */
};

/* Status of a failure: STATUS_USAGE. The strings are argv's. */
void options_free(struct options *options);
int options_parse(struct options *options, int argc, char **argv, struct error *err);

extern const char options_help[];

#endif
