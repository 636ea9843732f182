/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_IDENTITY_PRIVATE_H
#define CONNSNOOP_IDENTITY_PRIVATE_H

#include "identity.h"

/* container.c */
struct container {
	const char *runtime; /* NULL: not told */
	char id[256];	     /* a cgroup's name has 255 bytes at most */
};

bool container_find(const char *path, size_t len, struct container *container);

/* cgroup.c */
struct cgroup {
	const char *path; /* within the text it was read from; NULL: it has no line */
	size_t path_len;
	bool has_container;
	struct container container;
	bool wanted; /* by the filter */
};

struct cgroup_filter;

/* NULL where memory is short. */
struct cgroup_filter *cgroup_filter_new(const struct patterns *cgroups);
void cgroup_filter_free(struct cgroup_filter *filter);
/* The text of /proc/PID/cgroup; a last line without its end is passed over. `filter` may be NULL. */
void cgroup_read(const char *text, size_t len, const struct cgroup_filter *filter, struct cgroup *cgroup);

/* stat.c: the fields of /proc/PID/stat (proc(5)) that are wanted. */
struct stat_line {
	char comm[COMM_SIZE]; /* 15 bytes of it, terminated */
	char state;
	uint32_t ppid;
	uint32_t flags;
	uint64_t start;	      /* clock ticks, CLOCK_BOOTTIME */
	uint64_t code, stack; /* addresses that an exec sets anew; 1 or 0 where we may not know */
};

#define STAT_KTHREAD 0x00200000 /* PF_KTHREAD, include/linux/sched.h */

bool stat_parse(const char *text, size_t len, struct stat_line *stat);
/* The last of the numbers in the line that begins with `key` ("NSpid:"), and how many there are; 0: no such line. */
unsigned int status_last_number(const char *text, const char *key, uint32_t *number);

/* look.c: one visit to a process. */
#define EXE_MAX	   4096
#define ARGS_MAX   4096
#define CGROUP_MAX 65536

struct look {
	struct stat_line stat;
	bool refused; /* to say which program it is */
	size_t exe_len, args_len;
	bool args_cut;
	struct cgroup cgroup;
	char exe[EXE_MAX];	      /* exe_len bytes; 0: none */
	char args[ARGS_MAX + 1];      /* args_len bytes */
	char cgroup_text[CGROUP_MAX]; /* what `cgroup` points into */
};

struct look_wants {
	bool exe, args, cgroup;
	const struct cgroup_filter *filter;
};

/*
 * Reads what is wanted of the process whose directory is `dir`; where its first thread has ended, through thread `tid`.
 * Returns 0, -ESRCH where it is gone, or another negative errno where it can't be told.
 */
int look_at(int dir, uint32_t tid, const struct look_wants *wants, struct look *look);
/* The thread's name now; false where it is gone. */
bool look_at_comm(int dir, uint32_t tid, char comm[COMM_SIZE]);
/* Fills the parts of `wanted` (IDENTITY_NS_PID and the namespaces) that /proc tells of the thread; returns which. */
uint32_t look_at_namespaces(int proc, int dir, uint32_t tid, uint32_t ppid, uint32_t wanted, struct identity *identity);

/* cache.c: what is known of processes, by number; bounded in entries, bytes and open directories. */
#ifndef CACHE_PROCESSES
#define CACHE_PROCESSES 4096
#define CACHE_BYTES	(4 << 20)
#define CACHE_DIRS	256
#endif

#define NOBODY 0xffff /* an index of no process */

struct process {
	uint32_t pid;	       /* as this procfs numbers it; 0: a free entry */
	bool known;	       /* all but `pid` and `looked` mean something */
	uint64_t looked;       /* when it was last looked for; ns, CLOCK_MONOTONIC, as all that follow */
	uint64_t alive;	       /* when it was last found */
	uint64_t since;	       /* from when on it has been as it is here */
	struct stat_line stat; /* of the first look that found it so */
	uint32_t ppid;	       /* of the last one */
	bool refused;
	bool in_cgroups;
	char *strings; /* one allocation: exe, cgroup, container, each with its NUL; args */
	size_t bytes;
	const char *exe, *cgroup, *container, *runtime, *args; /* NULL: none */
	size_t args_len;
	bool args_cut;

	struct identity spaces; /* namespaces and numbers in them, of ... */
	uint32_t spaces_tid;	/* this thread ... */
	uint64_t spaces_start;	/* of the process that started then, ... */
	uint64_t spaces_asked;	/* asked then, ... */
	uint32_t spaces_tried;	/* for these parts */

	int dir; /* its directory, -1: not held */
	uint16_t next, older, newer;
};

struct cache {
	struct process *process; /* CACHE_PROCESSES of them */
	uint16_t bucket[CACHE_PROCESSES];
	uint16_t free; /* the first free one, by `next` */
	uint16_t oldest, newest;
	size_t bytes;
	unsigned int dirs_max, hand;
	uint16_t holder[CACHE_DIRS];
};

bool cache_open(struct cache *cache, unsigned int dirs_max);
void cache_close(struct cache *cache);
/* The entry of that number, made the newest; where there is none, a fresh one in place of the oldest. */
struct process *cache_get(struct cache *cache, uint32_t pid);
/* Takes what was seen for the process's own; false where memory is short. Others may be forgotten to make room. */
bool cache_put(struct cache *cache, struct process *process, const struct look *look);
/* Whether it is the same process and runs the same program. */
bool cache_same(const struct process *process, const struct look *look);
/* The entry keeps `dir` from here on, or it is closed where none may be kept. */
void cache_hold(struct cache *cache, struct process *process, int dir);
void cache_release(struct process *process);
/* Closes all directories; false where there was none. */
bool cache_release_all(struct cache *cache);

#endif
