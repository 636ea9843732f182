/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cgroups of version 2: cgroups(7). Only these can be put into a BPF map and asked about. */
#ifndef CONNSNOOP_CGROUP2_H
#define CONNSNOOP_CGROUP2_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A cgroup by its path, as /proc/PID/cgroup has it ("/system.slice/cron.service") or below the mount point
 * ("/sys/fs/cgroup/system.slice/cron.service"). Returns a descriptor of its directory, the caller's to close, or a negative
 * errno; -ENODEV: version 2 is not mounted.
 */
int cgroup2_open(const char *path);

/* Whether all of these can be opened. */
bool cgroup2_all_exist(char *const *paths, size_t count);

#endif
