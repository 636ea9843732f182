/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `-- COMMAND`: forked once tracing is proved, so that the kernel knows it for ours, and let go after the banner. */
#ifndef CONNSNOOP_COMMAND_H
#define CONNSNOOP_COMMAND_H

#include "error.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#define COMMAND_LIMITS 2

struct command {
	pid_t pid;			     /* 0: none */
	int gate;			     /* a byte written here lets it run; closing it without one ends it */
	struct rlimit limit[COMMAND_LIMITS]; /* as they were given to us */
	bool has_limit[COMMAND_LIMITS];
	bool ended;
	int status; /* connsnoop's own: the command's, or 128 + signal */
};

/* Before anything is changed that a command would inherit. */
void command_remember(struct command *command);
/* `mask` is the signal mask that the command gets. */
int command_prepare(struct command *command, char **argv, const sigset_t *mask, struct error *err);
void command_release(struct command *command);
/* Takes note of its end, if it has ended. */
void command_reap(struct command *command);
/* Waits for its end, with the signal mask from before: a signal ends us then as it would have. */
void command_wait(struct command *command, const sigset_t *mask);
/* Ends a command that was never let go. */
void command_abandon(struct command *command);

#endif
