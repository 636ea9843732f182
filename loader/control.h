/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the reader tells the programs, and what they count: the maps `control` and `counters` of include/event.h. */
#ifndef CONNSNOOP_CONTROL_H
#define CONNSNOOP_CONTROL_H

#include "event.h"

#include <stdbool.h>
#include <stdint.h>

/* Both maps, as the reader reaches them. They are the caller's. */
struct desk {
	int control_map, counters_map;
	unsigned int cpus;
	struct control *control; /* in memory; NULL: by bpf(2) */
	struct counters *counters;
};

/*
 * With `mapped` the maps were made with BPF_F_MMAPABLE. Then no system call is needed to reach them, which counts for more
 * than its time: while a task is in bpf(2) for a map no program runs on its CPU, uncounted (bpf_prog_active), and a
 * preemptible kernel may leave it there. All return 0 or a negative errno.
 */
int desk_open(struct desk *desk, int control_map, int counters_map, unsigned int cpus, bool mapped);
void desk_close(struct desk *desk);

/* What the caller does not see when it looks after this, its program does after it has seen this. */
int desk_tell(const struct desk *desk, const struct control *control);
int desk_count(const struct desk *desk, uint32_t cpu, struct counters *counters);

/* The same by bpf(2). All return 0 or a negative errno. */
int control_write(int map, const struct control *control);
int counters_read(int map, uint32_t cpu, struct counters *counters);
/* Takes one record out of `strays`; -ENOENT where there is none. */
int strays_take(int map, struct stray *key, struct event *event);

#endif
