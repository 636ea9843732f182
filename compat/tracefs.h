/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The directory of tracefs, wherever it is. Everything is reached from a descriptor of it, never by a path of our own. */
#ifndef CONNSNOOP_TRACEFS_H
#define CONNSNOOP_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opens the tracing directory in which `file` can be opened with `flags`: tracefs where it is mounted, debugfs/tracing
 * (before 4.1, and el7), else a mount of our own that nobody sees. Returns the directory's descriptor (the caller's to
 * close) and puts a descriptor of `file` into *file_fd, or returns a negative errno: -ENOENT where the kernel's tracefs
 * has no such file.
 */
int tracefs_open(const char *file, int flags, int *file_fd);

/*
 * Whether a return's probe may say how many instances it has: "r4096:group/event" in kprobe_events (4.12). An older kernel
 * takes that for an event without a name, and gives it one, so that it must not be tried.
 */
bool tracefs_counts_returns(void);

/* The number in events/<group>/<name>/id, which perf_event_open(2) wants; or a negative errno. */
int tracefs_event_id(int dir, const char *group, const char *name);

/* Where a field lies in the record of an event, in bytes, by the event's format file; or a negative errno. */
int tracefs_field(int dir, const char *group, const char *name, const char *field);

#endif
