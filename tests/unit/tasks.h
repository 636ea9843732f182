/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model kernel's memory: tasks and what hangs on them, laid out as a test wants. What is not said here is filled with
 * bytes that mean nothing, and with some that mislead as a real kernel's do.
 */
#ifndef CONNSNOOP_TASKS_H
#define CONNSNOOP_TASKS_H

#include "attach.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* MOTHER is connsnoop's parent, SELF its first thread, SECOND another, CHILD the one that it makes to look at. */
enum task { MOTHER, SELF, SECOND, CHILD, STRANGER, STRANGER_THREAD, STRANGER_MOTHER, TASKS };

struct tasks_layout {
	const char *name;
	uint32_t at[LEARNT_AT];
	uint32_t cred_ids; /* where in struct cred they begin */
	uint32_t task_size;
};

extern const struct tasks_layout layout_4_4, layout_4_19, layout_7_3;

struct task_facts {
	uint32_t tid, tgid;
	enum task parent, leader;
	uint64_t start;
	bool inside; /* in the child's namespaces, where it is called: */
	uint32_t nr; /* by its own PID namespace */
};

struct tasks {
	const struct tasks_layout *layout;
	enum task current;
	uint32_t level; /* of this process's PID namespace */
	uint64_t start; /* of this process: ns, CLOCK_BOOTTIME */

	/* What the machine refuses. */
	bool no_thread, no_child, no_pid_ns, no_stat;
	enum { NO_SLAB, BY_SYSFS, BY_SLABINFO } slab; /* who tells a task's size */
	int kept;				      /* CLONE_NEW*: leaving them has no effect */
	const char *no_space;			      /* "net": is not in /proc/PID/ns */
	void (*mislead)(void); /* called before each look, to put something where it does not belong */
	int threads, children, closed;
};

extern struct tasks tasks;

/* Called by model_boot(). */
void tasks_boot(void);
void tasks_make(enum task task, const struct task_facts *facts);
uint64_t tasks_address(enum task task);
/* A task's own bytes. */
uint8_t *tasks_bytes(enum task task);
/* What a pointer in it points to. */
uint8_t *tasks_behind(const void *place);
void tasks_put_word(void *place, uint64_t word);
void tasks_put_number(void *place, uint32_t number);

/* Inode numbers, as /proc/self/ns and the child's have them. */
uint32_t tasks_inode(const char *space, bool inside);

/* For the model. */
void tasks_look(void);
bool tasks_read(void *to, size_t size, uint64_t address);
bool tasks_stat(const char *path, uint64_t *inode);
/* What the files that tell it contain, or NULL. */
const char *tasks_slab(const char *path);
void tasks_stat_text(char *text, size_t size);

#endif
