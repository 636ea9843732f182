/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this process may do, asked before the kernel is: before 5.0 an unprivileged load fails with EINVAL, not EPERM. */
#ifndef CONNSNOOP_CAPABILITY_H
#define CONNSNOOP_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/capability.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* Sets of capabilities are bits. */
#define CAPABILITY(cap) (1ULL << (cap))

/* CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON on kernels that know them (5.8), is in the effective set. */
bool capability_to_trace(void);
/* Where that is not so, what is missing, by name, as words for a sentence. */
const char *capability_missing_to_trace(void);

/* Those that are permitted, and could be effective. */
uint64_t capability_held(void);
/* Makes these, as far as they are permitted, the effective ones, until this is called again. 0 or a negative errno. */
int capability_use(uint64_t caps);
/*
 * Gives up all others for good, in every set; the inheritable, ambient and, where CAP_SETPCAP allows it, bounding sets
 * are empty afterwards. What is kept is effective as far as it is permitted. 0 or a negative errno.
 */
int capability_keep_only(uint64_t caps);
/* "CAP_BPF, CAP_PERFMON", or "none". Numbers stand for names that are none of ours. */
void capability_list(uint64_t caps, char *buf, size_t size);

/* The kernel is locked down for confidentiality: it forbids all that is done here, while integrity forbids nothing. */
bool capability_locked_down(void);

/* What it takes to open tracefs, as a clause for a sentence; NULL where that is there. */
const char *capability_missing_for_tracefs(void);

/* What is known to forbid although the capabilities are there, as a clause for a sentence ("" where nothing is known):
 * a seccomp filter, a user namespace, a lockdown. */
void capability_suspects(char *buf, size_t size);

#endif
