/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_CLOCK_H
#define CONNSNOOP_CLOCK_H

#include <stdint.h>

/* ns of CLOCK_MONOTONIC, which is what bpf_ktime_get_ns() counts. */
uint64_t clock_monotonic(void);
/* ns of CLOCK_BOOTTIME, which goes on while the machine is suspended: what a process's start is told in. */
uint64_t clock_boottime(void);

#endif
