/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do, asked before the kernel is: before 5.0 an unprivileged load fails with EINVAL, not EPERM. */
#ifndef CONNSNOOP_CAPABILITY_H
#define CONNSNOOP_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

/* CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON on kernels that know them (5.8), is in the effective set. */
bool capability_to_trace(void);

/* The kernel is locked down for confidentiality: it forbids all that is done here, while integrity forbids nothing. */
bool capability_locked_down(void);

/* What is known to forbid although the capabilities are there, as a clause for a sentence ("" where nothing is known):
 * a seccomp filter, a user namespace, a lockdown. */
void capability_suspects(char *buf, size_t size);

#endif
