/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is given up once all is set up: the user, the capabilities, and the system calls that are not needed any more.
 * Knows nothing of connect. There is no way back.
 */
#ifndef CONNSNOOP_SANDBOX_H
#define CONNSNOOP_SANDBOX_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_PLACES 3

/* Where files are opened anew, or a socket is connected to again. */
struct sandbox_place {
	const char *path;
	const char *option; /* that named it, for messages */
	bool socket;	    /* else its folder has to be writable */
};

struct sandbox {
	const char *user; /* as it was given, to be, from here on; NULL: the one we are */
	uid_t uid;
	gid_t gid;
	bool confine; /* give up capabilities and system calls; without, only what a change of the user takes */
	/* What will still be done. */
	bool rings;    /* perf's are opened when a CPU comes */
	bool others;   /* /proc is asked about other users' processes */
	bool peers;    /* sockets are opened: to a collector, or for attempts of our own */
	pid_t command; /* signals are passed on to it; 0: there is none */
	struct sandbox_place places[SANDBOX_PLACES];
	/* What came of it. */
	uint64_t kept;			     /* capabilities */
	bool filtered;			     /* system calls are */
	struct error unfiltered;	     /* why they are not, where that was tried; else no text */
	struct error closed[SANDBOX_PLACES]; /* why a place won't be opened again; else no text */
};

/* "NAME" as /etc/passwd has it, with its primary group, or "UID:GID". The status of a failure is STATUS_USAGE. */
int sandbox_find_user(struct sandbox *sandbox, const char *user, struct error *err);

/*
 * On failure some of it may have been given up: the caller ends. That a kernel has no filters (CONFIG_SECCOMP_FILTER) is
 * none: unfiltered says it.
 */
int sandbox_enter(struct sandbox *sandbox, struct error *err);

#endif
