/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader tells the programs, and what they count: the maps `control` and `counters` of include/event.h. */
#ifndef CONNSNOOP_CONTROL_H
#define CONNSNOOP_CONTROL_H

#include "event.h"

#include <stdint.h>

/* All return 0 or a negative errno. */
int control_write(int map, const struct control *control);
/* Takes one record out of `strays`; -ENOENT where there is none. */
int strays_take(int map, struct stray *key, struct event *event);
int counters_read(int map, uint32_t cpu, struct counters *counters);

#endif
