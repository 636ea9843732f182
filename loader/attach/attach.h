/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a loaded program to a probe that is known to work: the two ways to set a kprobe, the tracepoint, and the ladder
 * of hooks, each of which must prove itself before it is believed.
 */
#ifndef CONNSNOOP_ATTACH_H
#define CONNSNOOP_ATTACH_H

#include "error.h"
#include "object.h"
#include "ring.h"

#include <stdbool.h>
#include <stdint.h>

/* One program on one place in the kernel. */
struct probe {
	int fd; /* the perf event that holds it; -1: closed */
	int tracefs; /* kprobe_events, where the probe is an event of ours; open, since we may not open it at the end; else -1 */
	char event[64]; /* that event, "group/name" */
	int prog;	/* the program, where it is kept to ask after its runs; else -1 */
};

#define PROBE_CLOSED ((struct probe){.fd = -1, .tracefs = -1, .prog = -1})

/*
 * Sets the program on the entry of a kernel function, by the kprobe PMU (4.17) or through tracefs. It runs on all CPUs
 * from the moment of attachment on. Statuses: STATUS_UNSUPPORTED, STATUS_NOT_PERMITTED, STATUS_FAILURE.
 */
int probe_open_kprobe(struct probe *probe, const char *symbol, int prog, struct error *err);
/*
 * The same on the return of a function. A kernel that can be told so (4.12, through tracefs) sees `instances` calls that are
 * under way together; others as many as it thinks fit (the number of CPUs, 10 at least in later ones).
 */
int probe_open_kretprobe(struct probe *probe, const char *symbol, unsigned int instances, int prog, struct error *err);
/* The same on a tracepoint, for example "syscalls", "sys_enter_connect". */
int probe_open_tracepoint(struct probe *probe, const char *group, const char *name, int prog, struct error *err);
/* After this the program does not run any more, on any CPU, and nothing of ours is left in tracefs. */
void probe_close(struct probe *probe);
/* The same, where nobody has to wait until it is gone: its program may run for some milliseconds more. */
void probe_close_aside(struct probe *probe);

enum hook_kind { HOOK_AUTO, HOOK_KPROBE, HOOK_PROTO, HOOK_TRACEPOINT };

/* "kprobe" for HOOK_KPROBE and so on. */
const char *hook_kind_name(enum hook_kind kind);

#define HOOK_PLACES_MAX 48

/*
 * Where this kernel keeps what is told of a task: offsets in bytes, named after the constants of bpf/identity.h that they
 * become. TASK_* are in struct task_struct, NSPROXY_* in struct nsproxy, *_INUM in the struct of a namespace, PID_LEVEL,
 * PID_NUMBERS in struct pid, whose numbers[] are PID_STEP apart.
 */
enum learnt_at {
	TASK_PID,
	TASK_TGID,
	TASK_PARENT,
	TASK_LEADER,
	TASK_START,
	TASK_NSPROXY,
	NSPROXY_MNT,
	MNT_INUM,
	NSPROXY_NET,
	NET_INUM,
	NSPROXY_UTS,
	UTS_INUM,
	TASK_THREAD_PID,
	PID_LEVEL,
	PID_NUMBERS,
	PID_STEP,
	PID_INUM,
	TASK_CRED,
	CRED_USER,
	USER_INUM,
	TASK_HELPER, /* 1: a helper tells where the current task is; 0: stacks of TASK_STACK bytes begin with it */
	TASK_STACK,
	LEARNT_AT,
};

struct learnt {
	uint32_t parts; /* IDENTITY_* that can be told */
	bool ids;	/* TASK_PID and TASK_TGID are known */
	uint32_t at[LEARNT_AT];
};

const char *learnt_name(enum learnt_at at);

struct hook {
	enum hook_kind kind;
	char name[80];	   /* "kprobe:security_socket_connect", or of many places the kind alone: "proto" */
	bool by_pmu;	   /* a kprobe set by the PMU, not through tracefs */
	bool misses_calls; /* calls of 32-bit programs, or socketcall, pass by it, though the kernel has them */
	struct probe probes[HOOK_PLACES_MAX];
	char places[HOOK_PLACES_MAX][80]; /* for events, by their place: "proto:inet_stream_connect" */
	int place_count;
	bool has_sockfd; /* the place of the saved registers was learnt, or is not needed */
	/* What was learnt, 0: nothing. The size is the smallest THREAD_SIZE that it can be: half of the true one serves as
	 * well while a task's stack is less than that deep, which it is at the entry of a system call's first function. */
	uint32_t stack_size, regs_from_top;
	struct learnt learnt;
	struct probe follow[3]; /* see the children of those that are followed, and their ends */
	bool follows;
	char why_no_follow[512];
	uint32_t own_tgid; /* connsnoop's process in the initial PID namespace */
	int unseen; /* protocols whose functions are there and could not be probed; and why the first one could not */
	char why_unseen[304];
	char why_not[1024]; /* why no better hook is used; "" for the best */
};

/* What a hook is made with. All of it outlives the hook. */
struct hook_parts {
	struct object *object;
	const struct object_kernel *kernel;
	struct rings *rings;
	uint32_t identity; /* IDENTITY_* that events shall tell; what this kernel does not let us learn is left out */
	bool follow;	   /* keep the list of processes as they fork; where that can't be, hook.follows is false */
	/* Called for each sample that came in while hooks were tried, so that accounts can be kept. */
	void (*consumed)(void *context, uint32_t cpu);
	void *context;
};

/*
 * Tries the hooks from the best on (or only `wanted`) until one proves itself: an attempt of our own on a datagram
 * socket to 127.0.0.1:9, of which nothing is sent, must be seen with every field right. On failure err tells of every
 * hook that was tried, with the status of the most telling one.
 */
int hook_start(struct hook *hook, enum hook_kind wanted, const struct hook_parts *parts, struct error *err);
void hook_stop(struct hook *hook);

/*
 * misses.c: how often the kernel did not run a program of the hook's though its place was reached, as far as this kernel
 * counts that: hits of a kprobe amid another one's (kprobe_profile, where it was set through tracefs), and programs that
 * found another one at work on their CPU (recursion_misses of struct bpf_prog_info, 5.12; of kprobes 6.7).
 */
struct misses {
	int list, profile; /* kprobe_events and kprobe_profile; -1: not needed, or not to be had */
};

void misses_open(struct misses *misses, const struct hook *hook);
void misses_close(struct misses *misses);
uint64_t misses_count(const struct misses *misses, const struct hook *hook);

/* How many perf events of the hook's are in error state: they never fire again. */
unsigned int hook_broken(const struct hook *hook);

/* Where in struct socket and struct sock things lie; 0: not learnt. Not needed to start. */
struct socket_places {
	uint32_t sock_at;
	uint32_t saddr6_at;
	uint32_t protocol_at, protocol_mask;
};

/* The probes that see how attempts end. */
struct returns {
	bool started;
	struct probe verdict; /* on the security hook's return */
	struct probe ends[HOOK_PLACES_MAX];
	int end_count;
	char functions[256]; /* "security_socket_connect, __sys_connect_file": what was found to tell */
	struct socket_places places;
	unsigned int instances; /* calls that may be under way together; 0: as many as the kernel thinks fit */
	uint64_t since;		/* ns, CLOCK_MONOTONIC: returns of attempts from before may not be seen */
};

/*
 * For a hook that was started with the constant RESULT on: sets probes on returns until one tells how an attempt of our own
 * ended. On failure nothing is left. Other attempts that are read meanwhile are given to parts->consumed().
 */
int returns_start(struct returns *returns, const struct hook *hook, const struct hook_parts *parts, struct error *err);
void returns_stop(struct returns *returns);

#endif
