/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verifiers of 4.4 and 4.9 make of a program, for where no such kernel is at hand. They are much simpler than
 * later ones: no ranges, no copies of one pointer known to be the same, no moved map values, no unwritten buffers.
 */
#ifndef CONNSNOOP_OLD_VERIFIER_H
#define CONNSNOOP_OLD_VERIFIER_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In what the two differ, as far as programs like ours can feel it. */
struct old_rules {
	const char *name;
	unsigned int insns_max;	     /* of a program */
	unsigned int walked_max;     /* on all paths together */
	bool fills_buffers;	     /* what helpers only write into need not be written before */
	bool adds_constants;	     /* a constant plus a constant is one */
	bool learns_by_comparing;    /* behind `if r == 5` the register is a constant */
	bool wide_moves;	     /* a negative 32-bit constant is one as well */
	bool joins_after_calls;	     /* states are compared behind calls, too */
	bool tracepoints;	     /* exist */
	unsigned int one_kind_sizes; /* bits 4, 8: a load of that size is from the context always or never */
};

extern const struct old_rules old_4_4, old_4_9;

struct old_map {
	int fd;
	uint32_t type, key_size, value_size;
};

struct old_program {
	int type; /* BPF_PROG_TYPE_... */
	const struct bpf_insn *insns;
	unsigned int count;
	const struct old_map *maps;
	unsigned int map_count;
};

struct old_verdict {
	char reason[160]; /* "" : accepted */
	unsigned int at;  /* the refused instruction */
	unsigned int walked;
};

bool old_verify(const struct old_rules *rules, const struct old_program *program, struct old_verdict *verdict);

#endif
