/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting: for records, signals, CPUs, the command's end and the end of time, with no wake-up while nothing happens. */
#ifndef CONNSNOOP_LOOP_H
#define CONNSNOOP_LOOP_H

#include "command.h"
#include "tracer.h"

struct loop {
	int epoll;
	int signals;	 /* signalfd of SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	int hotplug;	 /* -1: not to be had */
	sigset_t before; /* the signal mask to give to a command */
	struct tracer *tracer;
	struct command *command;
	bool stop;
	bool touched; /* somebody else than next_state() may have read records, and with them who woke us */
};

enum loop_tag { TAG_RING, TAG_SIGNALS, TAG_HOTPLUG, TAG_NAMES };

/* Blocks the signals and opens what is waited on. */
int loop_open(struct loop *loop, struct error *err);
/* Runs until there is a reason to end. Returns the exit status of a failure, or STATUS_OK. */
int loop_run(struct loop *loop);
void loop_close(struct loop *loop);

#endif
