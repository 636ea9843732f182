/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel can do, asked and never guessed from its version: distributions backport (el8's 4.18 checks no
 * kern_version and takes a million instructions).
 */
#ifndef CONNSNOOP_FEATURES_H
#define CONNSNOOP_FEATURES_H

#include "error.h"
#include "object.h"

#include <stdbool.h>
#include <stddef.h>

/* What the loader must know before it loads anything: three or four loads of two instructions. STATUS_NOT_PERMITTED
 * and STATUS_UNSUPPORTED say why nothing can be loaded here. */
int kernel_probe(struct object_kernel *kernel, struct error *err);

/* Whether records can go to rings in the memory of a BPF map; see mapped_ring.h. Three more such calls. */
bool kernel_has_mapped_rings(const struct object_kernel *kernel);

/*
 * What connects and does not pass by syscalls/sys_enter_connect: nothing; socketcall(2), which has a tracepoint of its own;
 * calls through the tables of programs of a smaller word size (and socketcall), which only the entry of all calls sees.
 * "Nothing" only where that is certain.
 */
enum other_calls { OTHER_CALLS_NONE, OTHER_CALLS_SOCKETCALL, OTHER_CALLS_TABLES };
enum other_calls kernel_other_calls(void);

/* Maps that find the longest prefix (4.11), and telling whether a task is in a cgroup of version 2 (4.8). */
bool kernel_has_tries(void);
bool kernel_has_cgroup_test(void);

/* Whether system calls can be filtered (CONFIG_SECCOMP_FILTER). */
bool kernel_has_call_filters(void);

/* Whether programs can add to memory that other CPUs add to: 32-bit ARM's JIT can't, and may be all there is. */
bool kernel_has_atomics(const struct object_kernel *kernel);
/* Whether programs of a type may call a helper that takes no arguments. */
bool kernel_has_helper(const struct object_kernel *kernel, int type, int helper);

enum finding_state { FINDING_YES, FINDING_NO, FINDING_NOTE };

/* One line of --doctor: what was looked at, what was found, and where it is missing what would help. */
struct finding {
	const char *key;   /* for JSON, stable */
	const char *title; /* for people */
	enum finding_state state;
	char detail[192];
	const char *advice; /* NULL: nothing to be done */
};

#define FINDINGS_MAX 24

/* Asks everything. Returns the number of findings. */
int kernel_examine(struct finding findings[FINDINGS_MAX]);

#endif
