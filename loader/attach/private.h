/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_ATTACH_PRIVATE_H
#define CONNSNOOP_ATTACH_PRIVATE_H

#include "attach.h"
#include "attempt.h"
#include "event.h"
#include "sys.h"
#include "trial.h"

#include <string.h>

/* perf.c: opens the event and sets the program on it; returns the event's descriptor or a negative errno. */
struct perf_event_attr;
int perf_attach(struct perf_event_attr *attr, int prog);

/* probe.c: whether this kernel was built without kprobes; then `err` says so. */
bool probe_no_kprobes(struct error *err);

/* kprobe_pmu.c, kprobe_tracefs.c: 0 or a negative errno. */
int kprobe_pmu_open(struct probe *probe, const char *symbol, bool returns, int prog);
/* `kind`: "p", "r", or "r" and a number of instances, which only a kernel that tracefs_counts_returns() takes. */
int kprobe_tracefs_open(struct probe *probe, const char *kind, const char *symbol, int prog);

/* Namespaces that are told of. */
enum space { SPACE_UTS, SPACE_MNT, SPACE_NET, SPACE_PID, SPACE_USER, SPACES };

#define HELPER_CURRENT_TASK 35

/*
 * learn.c: finds where this kernel keeps a task's saved registers, and sets the constants that say so; and, on the same
 * occasion, what is asked for of a task (learn_task.c). On a tracepoint there are no registers to be found.
 */
int learn_by_kprobe(struct hook *hook, const char *symbol, const struct hook_parts *parts, struct error *err);
void learn_by_tracepoint(struct hook *hook, const struct hook_parts *parts);
/* learn_sock.c: finds where this kernel keeps a socket's own address, number and protocol; what it does not find is 0. */
void learn_sock(struct socket_places *places, const struct hook *hook, const struct hook_parts *parts);
/* Sets the constants that kretprobe/end and tracepoint/end need. */
int learn_sock_set(const struct socket_places *places, const struct hook_parts *parts, struct error *err);
/* What was copied of one socket of ours. */
struct sock_lesson {
	uint16_t family, port;
	uint8_t protocol;
	uint8_t addr[16]; /* 4 of it for AF_INET */
	bool seen[2];	  /* by each of two pointers */
	uint8_t bytes[2][SOCK_PIECES * SNAPSHOT_BYTES];
};
void learn_sock_search(struct socket_places *places, const struct sock_lesson *lessons, size_t count);

/* The distance from the end of `size` stack bytes to the saved registers of this attempt; 0: not among them. */
uint32_t learn_search(const uint8_t *bytes, uint32_t size, const struct trial *trial, uint64_t address);

/* peek.c: the kernel's memory, by attempts of our own that kprobe/learn or tracepoint/learn sees. */
struct peeker {
	int map;
	struct trial *trial;
	uint32_t stack_size; /* where no helper tells the current task */
	uint64_t deadline;   /* ns, CLOCK_MONOTONIC */
	uint64_t task;	     /* as seen at the last attempt */
	uint64_t pid_tgid;
};

/*
 * Reads from `address`, or where that is below PEEK_RELATIVE from the task_struct of who makes the attempt: peek_read()
 * makes one, between the other two somebody else does. Up to PEEKS * PEEK_BYTES; returns how much could be read.
 */
size_t peek_read(struct peeker *peeker, uint64_t address, void *to, size_t size);
bool peek_wish(struct peeker *peeker, uint64_t address, size_t size);
size_t peek_take(struct peeker *peeker, void *to, size_t size);

/*
 * learn_task.c: what parts->identity and parts->follow ask for, into hook->learnt. The program is attached, and sees the
 * trial. Never fails: what is not sure is not learnt.
 */
void learn_task(struct hook *hook, const struct hook_parts *parts, int type, struct trial *trial);
/* Sets the constants that say what was learnt. */
int learn_set_constants(const struct hook *hook, const struct hook_parts *parts, struct error *err);

/* A task's struct as it was at an attempt of its own. */
#define TASK_BYTES (PEEKS * PEEK_BYTES)

struct specimen {
	uint64_t address;
	uint32_t tid, tgid;
	uint32_t spaces[SPACES]; /* inode numbers of its namespaces, 0: not known */
	size_t size;
	uint8_t bytes[TASK_BYTES];
};

/* Everything that is known, and what follows from it. */
struct study {
	struct peeker peeker;
	struct learnt *learnt;
	uint32_t wanted;	     /* IDENTITY_* */
	struct specimen self, again; /* connsnoop's only thread, and a little later */
	struct specimen thread;	     /* a second one, for a moment */
	struct specimen child;	     /* a process of its own, perhaps in namespaces of its own */
	/* What this process is called where it lives. */
	uint32_t pid, ppid;
	uint32_t ids[6];	 /* real, saved, effective user and group, as struct cred has them */
	bool initial_ids;	 /* in the initial user namespace, so that they are the kernel's numbers, too */
	size_t task_size;	 /* no more of a specimen is its own */
	size_t cred_size;	 /* nor of a struct cred */
	uint64_t self_start;	 /* ns, CLOCK_BOOTTIME, to 10 ms; 0: not known */
	uint64_t child_start[2]; /* between these */
};

/* The kernel's pointers are as wide as ours. */
#define WORD sizeof(unsigned long)

static inline uint64_t word_at(const void *bytes, size_t at)
{
	unsigned long word;

	memcpy(&word, (const uint8_t *)bytes + at, sizeof(word));
	return word;
}

static inline uint64_t time_at(const void *bytes, size_t at)
{
	uint64_t time;

	memcpy(&time, (const uint8_t *)bytes + at, sizeof(time));
	return time;
}

static inline uint32_t number_at(const void *bytes, size_t at)
{
	uint32_t number;

	memcpy(&number, (const uint8_t *)bytes + at, sizeof(number));
	return number;
}

/*
 * Kernel memory is the upper half of all, on 32-bit machines that or less; errors are the last page of it. s390 has an
 * address space for the kernel alone, and memory from its beginning on. mips64 dies of an address that is in none of its
 * segments (no exception table is asked, up to 7.1), so that there only what is in one of those that hold memory may be
 * followed.
 */
static inline bool is_pointer(uint64_t word)
{
#if defined(__s390x__)
	return word >= PEEK_RELATIVE && word >> 53 == 0 && word % 8 == 0;
#elif defined(__mips64)
	/* XKPHYS (physical memory in several ways), XKSEG, CKSEG0 to CKSEG3 */
	return (word >> 62 == 2 ? (word & 0x07ffff0000000000) == 0
				: word >> 40 == 0xc00000 || word >> 31 == 0x1ffffffff) &&
	       word % 8 == 0 && word < (uint64_t)-4096;
#else
	return word >> (8 * WORD - 1) && word % WORD == 0 && word < (unsigned long)-4096;
#endif
}

/*
 * Of an object of that name, as its allocator has it (mm/slub.c, slabinfo(5)). What is copied beyond belongs to whatever
 * lies there: on 4.4 two and a half tasks fit in what is looked at, and neighbours are often relatives. SIZE_MAX: not known.
 */
size_t learn_size(const char *slab);

/* learn_spaces.c: namespaces. The child lives, in its own. */
void learn_spaces(struct study *study);

/*
 * follow.c: sets the programs that keep the list of processes, if that is asked for; hook->follows, or
 * hook->why_no_follow. Fails only where constants can't be set.
 */
int follow_start(struct hook *hook, const struct hook_parts *parts, struct error *err);

/* proto.c: the rung for kernels without the security hook. Sets the constants that kprobe/connect needs. */
int proto_start(struct hook *hook, const struct hook_parts *parts, struct error *err);

/*
 * mips64 has three tables of system calls, and the tracepoint of a call knows its number in one of them only: which of
 * their programs it sees depends on the kernel's configuration (find_syscall_meta(), kernel/trace/trace_syscalls.c).
 */
#if defined(__mips64)
#define CONNECT_HAS_TRACEPOINT false
#else
#define CONNECT_HAS_TRACEPOINT true
#endif

/* tracepoint.c: the rung for kernels without kprobes. */
int tracepoint_start(struct hook *hook, const struct hook_parts *parts, struct error *err);

/* Whether a sample that was read while hooks were tried is an attempt's. */
static inline bool is_attempt(uint32_t size)
{
	size_t at = attempt_event_at(size);

	return size - at >= EVENT_SIZE_INET && size - at <= sizeof(struct event);
}

/* proof.c: makes an attempt and looks for it in the rings. */
int proof_demand(struct hook *hook, const struct hook_parts *parts, struct error *err);
bool initial_user_namespace(void);
/* NULL where the record is right for this attempt, else the name of the first wrong field. */
const char *proof_check(const struct hook *hook, const struct trial *trial, const struct event *event);

#endif
