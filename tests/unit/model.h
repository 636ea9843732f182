/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel in place of compat/sys.c: it refuses what a given version refuses, runs the BPF programs it is given, writes
 * real records into the rings it hands out, and knows at the end what was left open. One machine at a time, global, and
 * plain to set: a test says model_boot(&model_4_4), changes what it wants in `model` and calls the loader.
 */
#ifndef CONNSNOOP_MODEL_H
#define CONNSNOOP_MODEL_H

#include "classic.h"
#include "event.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What a version is, as far as a loader can feel it. The comments in model.c name the kernel's functions. */
struct model_kernel {
	const char *name;
	unsigned int version;	   /* LINUX_VERSION_CODE */
	bool wants_version;	   /* kern_version of a kprobe program is compared (up to 4.19, not el8) */
	unsigned int attr_size;	   /* sizeof(union bpf_attr) */
	bool cgroup_arrays, tries; /* kinds of maps */
	unsigned int map_end;	   /* end of BPF_MAP_CREATE's last field */
	unsigned int prog_end;	   /* end of BPF_PROG_LOAD's last field */
	bool perf_arrays;	   /* BPF_MAP_TYPE_PERF_EVENT_ARRAY (4.3) */
	bool tracepoint_progs;	   /* BPF_PROG_TYPE_TRACEPOINT (4.7) */
	bool syscall_progs;	   /* ... on the syscalls group (4.14) */
	bool raw_tracepoints;	   /* BPF_RAW_TRACEPOINT_OPEN (4.17) */
	bool prog_arrays;	   /* several programs on an event (4.15) */
	bool read_kinds;	   /* helpers 112 and 113 (5.5) */
	bool mapped_arrays;	   /* BPF_F_MMAPABLE (5.5) */
	bool ring_buffers;	   /* BPF_MAP_TYPE_RINGBUF and helper 130 (5.8) */
	unsigned int value_max;	   /* KMALLOC_MAX_SIZE, where an array's values are held against it (to 5.10); 0: not */
	unsigned int insns_max;
	int insns_error;      /* what one more is */
	bool charges_memlock; /* up to 5.10 */
	int pmu_type;	      /* of the kprobe PMU (4.17); 0: there is none */
	bool tells_refusal;   /* bpf_perf_event_output() returns the ring's error (after 4.19) */
	bool stale_padding;   /* a record's padding is not zeroed (4.9) */
	bool replaces_events; /* a second probe event of a name takes the first one's place (to 4.19) */
	int no_symbol;	      /* errno of a tracefs probe on a missing function: ENOENT, EINVAL from 6.11 on */
};

extern const struct model_kernel model_4_1, model_4_4, model_4_9, model_4_14, model_el8, model_4_19, model_5_4,
	model_5_10, model_6_12;
extern const struct model_kernel *const model_kernels[]; /* all but 4.1, NULL at the end */

#define MODEL_CGROUP_ID	 7007
#define MODEL_IP	 0x401000 /* where a task goes on after its system call */
#define MODEL_CPUS	 8
#define MODEL_FIRST_FD	 10000 /* all descriptors of the model are from here on */
#define MODEL_LISTED_MAX 64

/* An event in kprobe_events. */
struct model_probe {
	char event[64]; /* group/name */
	char symbol[128];
	int id;	  /* 0: free */
	int held; /* perf events on it, of this process or another */
	bool returns;
	unsigned int instances; /* as asked for; 0: the default */
};

/* What /proc tells of a thread. */
struct model_thread {
	uint64_t pid_tgid;   /* 0: no more of them */
	const char *syscall; /* /proc/PID/task/TID/syscall; NULL: it may not be read */
};

struct model {
	const struct model_kernel *kernel;

	/* The machine. */
	unsigned int cpus;
	bool online[MODEL_CPUS];
	unsigned int cpu;     /* on which everything runs */
	const char *possible; /* NULL: as `cpus` says; "" : the file is not there */
	const char *online_list;
	const char *stat; /* /proc/stat */

	/* The configuration. */
	bool no_kallsyms;
	const char *symbols[24]; /* functions that can be probed, NULL at the end */
	bool kprobe_events;	 /* CONFIG_KPROBE_EVENTS */
	bool bpf_events;	 /* CONFIG_BPF_EVENTS */
	bool bpf_syscall;
	bool ftrace_syscalls;
	bool compat;	     /* CONFIG_IA32_EMULATION */
	const char *tracing; /* where tracefs can be opened; NULL: not mounted */
	const char *mountinfo;
	bool unified;			    /* cgroup v2 is what is mounted on /sys/fs/cgroup */
	int mount_error;		    /* of a mount of our own; 0: it works */
	uint32_t stack_size, regs_from_top; /* THREAD_SIZE, and where pt_regs lie */
	bool regs_twice;		    /* a copy of them lies beside */
	const char *release, *build, *signature;
	bool vdso;
	int socket_error;
	unsigned int packets_dropped; /* since the last PACKET_STATISTICS */
	bool no_task_events;	      /* tracepoints about tasks */
	struct model_process {
		uint32_t pid, ppid;
		bool gone; /* between the listing and the look */
	} processes[32];
	size_t process_count;
	void (*after_listing)(void); /* called when all were listed */
	bool taken;		     /* another program sits on syscalls/sys_enter_connect */

	/* Who is asking. */
	bool privileged; /* all in `caps`; else none of it */
	uint64_t caps, effective, bounding;
	bool ambient;
	int64_t uid, gid; /* sys_become()'s; -1: it was not called */
	bool no_new_privs;
	struct sock_filter filter[512]; /* seccomp(2)'s */
	unsigned int filter_len;
	bool paranoid;	    /* perf_event_open() takes CAP_SYS_ADMIN, as Debian has it */
	bool no_filters;    /* CONFIG_SECCOMP_FILTER is off */
	const char *closed; /* opening this is EACCES without CAP_DAC_OVERRIDE */
	bool seccomp;	    /* bpf(2) is EPERM whatever is asked */
	bool confidential;  /* lockdown=confidentiality */
	uint64_t memlock, memlock_max, memlock_need;
	bool resource; /* CAP_SYS_RESOURCE */
	const char *uid_map;
	uint64_t pid_tgid;    /* 0: this process */
	uint64_t uid_gid;     /* 0: this process's */
	uint32_t in_cgroups;  /* 1 << index: the current task is in that one of a cgroup array */
	uint64_t clock;	      /* what bpf_ktime_get_ns() says; 0: the real time */
	char comm[COMM_SIZE]; /* "": this process's */

	struct model_thread threads[8];

	/* Misbehaviour. */
	const char *inlined[4];			     /* functions that can be probed and are never reached */
	bool returns_missed;			     /* kretprobes have no instance left... */
	bool verdicts_missed;			     /* ... those on the security hook */
	bool sock_unreadable;			     /* struct socket leads nowhere */
	bool protocol_twice;			     /* something else in struct sock looks like the protocol */
	bool silent;				     /* kprobes are set and never hit */
	const char *kprobes_enabled;		     /* what debugfs says; NULL: it is not there */
	bool broken_ring[MODEL_CPUS], broken_probes; /* their events are in error state */
	uint64_t missed_runs;			     /* of each program: recursion_misses */
	unsigned int missed_hits;		     /* of each of our probes in kprobe_profile */
	int wrong_fd;	     /* added to the descriptor in the saved registers once they were learnt */
	bool intruder;	     /* somebody else connects, alike, right before each of our attempts */
	int steal_event;     /* so many of our new probe events are removed by somebody who takes them for leftovers */
	bool user_page_ends; /* the page behind a user address is not there */
	bool key_races;	     /* another CPU puts each key that a program finds missing, with a sum of its own */
	int load_error;	     /* the verifier refuses every program of more than 16 instructions... */
	const char *load_reason; /* ... with this reason at the end of its log, of ... */
	size_t load_log;	 /* ... so many bytes */
	int fail_at;		 /* this call, counted from 1, fails with ... */
	int fail_error;
	int perf_error; /* of each perf_event_open of a ring */
	int map_error;	/* of each BPF_MAP_CREATE with map_type map_error_type */
	unsigned int map_error_type;
	int calls;	  /* so many were made */
	const char **log; /* the functions' names, of the first log_room */
	int log_room;
	int link_error; /* of reading a link that is called exe */

	/* Called before each helper that a program calls, to see what it does. */
	void (*watch)(int32_t helper, const uint64_t args[5]);

	/* What it did. */
	int attempts;		   /* sys_connect */
	int loads;		   /* programs accepted */
	int records;		   /* that programs have put out into perf's rings */
	int wakes;		   /* by helper 130 */
	int truncations;	   /* kprobe_events opened with O_TRUNC: deletes everybody's */
	int strangers;		   /* calls on descriptors that are not open */
	unsigned int last_version; /* kern_version of the last accepted program */
	char last_name[16];
	struct bpf_insn last_insns[4096];
	unsigned int last_count;
	char map_name[16]; /* of the last map */
	uint32_t refused;  /* records that found no room, since the last LOST */
	struct model_probe probes[MODEL_LISTED_MAX];

	/* Writes to real files and sends to real sockets (sink.t, syslog.t): see model_write_next(). */
	bool real_files;
	bool real_sockets;
	const char *daemon; /* in place of every path that a real socket is connected to; NULL: the path */
	struct {
		const char *path; /* this file holds these bytes, whoever reads it and whatever else would be there */
		const void *bytes;
		size_t size;
	} given;
	int memfd_error, rename_error;
};

extern struct model model;

/* Forgets all and starts this kernel: two CPUs, root, tracefs mounted, everything configured. */
void model_boot(const struct model_kernel *kernel);
void model_add_symbol(const char *symbol);
void model_remove_symbol(const char *symbol);

/* So many descriptors, maps, programs, events, mappings and probe events of ours are left. Says which, if any. */
int model_leaks(void);
/* A probe event that somebody else put there. */
struct model_probe *model_foreign_probe(const char *event, const char *symbol, int held);
struct model_probe *model_find_probe(const char *event);

/* A packet comes by: it is queued at a packet socket that is bound and whose filter lets it pass. False: at none. */
bool model_packet(const struct model_packet *packet);

/*
 * The next write to a real file or send to a real socket: below 0 an errno, else the most that is written, or the most
 * messages; in the order given.
 */
#define MODEL_ALL 1000000
void model_write_next(ssize_t result);

/* A system call connect() by somebody, on a CPU: what the hooks would see. */
struct model_call {
	int fd;
	int family, type;
	const void *addr;
	int addrlen;
	uint64_t nr;	     /* orig_ax, syscallno */
	uint64_t ip, ax;     /* saved ones; 0: as in a system call under way */
	uint64_t bx, cx;     /* 32-bit calls */
	bool no_call;	     /* a kernel thread */
	uint8_t stale;	     /* what the kernel's buffer holds behind the address */
	int protocol;	     /* 0: as family and type have it */
	int verdict, result; /* 0 or a negative errno */
	bool blocks;	     /* it does not return */
	const void *local;   /* sockaddr_in or _in6 that the socket is bound to; NULL: 10.1.2.3:MODEL_PORT */
};
#define MODEL_PORT 40001
void model_connect(const struct model_call *call);
/* A kernel function is called with a first argument, an event of tasks happens. */
void model_function(const char *symbol, uint64_t arg1);
void model_event(const char *name, const void *record, size_t size);
/* 32-bit socketcall's argument words and the like, as user memory. */
void model_user_memory(uint64_t address, const void *bytes, size_t size);

/* The ring of a CPU, for a test that plays the kernel itself: writes raw records into it. */
struct model_ring {
	struct perf_event_mmap_page *page;
	uint8_t *data;
	uint32_t size;
};
bool model_ring(unsigned int cpu, struct model_ring *ring);
void model_ring_put(struct model_ring *ring, const void *bytes, uint32_t size);
/* As the kernel writes it: header, size, data, padding; false: no room. */
bool model_ring_sample(struct model_ring *ring, const void *data, uint32_t size);
void model_ring_lost(struct model_ring *ring, uint64_t count);

/* The ring of a CPU in a map that can be mapped, the values being as large as this one's. */
struct mapped_ring *model_mapped_ring(int map, unsigned int cpu);

/* interpreter.c: runs a program; memory outside its stack, context and map values is a failed test. */
struct model_program;
uint64_t model_run(const struct bpf_insn *insns, unsigned int count, void *ctx, size_t ctx_size);
/* The same with the jumps of versions 2 and 3, and on a stack that can be looked at afterwards, aligned to 8. */
#define MODEL_STACK 512
uint64_t model_run_late(const struct bpf_insn *insns, unsigned int count, void *ctx, size_t ctx_size,
			uint8_t stack[MODEL_STACK]);
/* What the interpreter asks of the machine. */
uint64_t model_helper(int32_t helper, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
bool model_owns(uint64_t address, size_t size); /* map values */
uint64_t model_map_pointer(int fd);
void model_map_sizes(uint64_t map, uint32_t *key, uint32_t *value);

#endif
