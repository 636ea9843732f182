/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options still need of rights and system calls once the hook is proved: who asks loader/sandbox for what. */
#ifndef CONNSNOOP_CONFINE_H
#define CONNSNOOP_CONFINE_H

#include "command.h"
#include "sandbox.h"
#include "tracer.h"

/* Finds the user of --user, before anything is opened. */
int confine_prepare(struct sandbox *sandbox, const struct options *options, struct error *err);
/* Everything is open and the command is forked: gives up the rest. Says on standard error what the user has to know. */
int confine(struct sandbox *sandbox, const struct tracer *tracer, const struct command *command, struct error *err);

#endif
