/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --canary and --strict: asks the tracer, now and then, whether it still sees, and tells what it finds. */
#ifndef CONNSNOOP_WATCH_H
#define CONNSNOOP_WATCH_H

#include "tracer.h"

/* When it wants to be called next; ns, CLOCK_MONOTONIC; 0: not by itself. */
uint64_t watch_due(const struct tracer *tracer);
/* True where a canary was due, and was made: what it brought along was read, and records may have woken nobody. */
bool watch_check(struct tracer *tracer);
/* The reader comes back to its rings, `late` ns after it would have, and they held what is older. */
void watch_gap(struct tracer *tracer, uint64_t late);
/* With --strict a loss is the end. */
void watch_losses(struct tracer *tracer);
/* The last look, while the hook is still there. */
void watch_finish(struct tracer *tracer);
/* "connsnoop: health: ..." on standard error. */
void watch_say_sums(const struct tracer *tracer);

#endif
