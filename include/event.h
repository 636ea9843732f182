/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * What the BPF programs and the reader say to each other: the record of one attempt, the snapshot of a kernel stack,
 * the control word and the counters. Compiled for the BPF target and for the host, so sizes and offsets are asserted.
 */
#ifndef CONNSNOOP_EVENT_H
#define CONNSNOOP_EVENT_H

#ifdef __bpf__
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
#else
#include <linux/types.h>
#endif

#define COMM_SIZE 16
/* sizeof(struct sockaddr_storage): move_addr_to_kernel() refuses a longer address before the hook is reached. */
#define ADDR_MAX 128
/*
 * What is read of an address: sizeof(struct sockaddr_in), sizeof(struct sockaddr_in6) or all there can be. Nearly all
 * attempts are of the first two kinds, and each 8 bytes less are some 15 instructions less in the caller's time.
 */
#define ADDR_INET  16
#define ADDR_INET6 28

enum via { VIA_UNKNOWN, VIA_CONNECT, VIA_SOCKETCALL, VIA_IO_URING };

enum event_flag {
	EVENT_COMPAT = 1,	 /* came through the 32-bit (or x32) system-call table of a 64-bit kernel */
	EVENT_NO_CALL = 2,	 /* the task has no system call under way: kernel thread or io_uring worker */
	EVENT_USER_MEMORY = 4,	 /* the address was read from the caller's memory, which another thread can change */
	EVENT_ADDR_FAULT = 8,	 /* the address could not be read */
	EVENT_ADDR_AT_END = 32,	 /* the address's bytes are the last ones of the 16, 28 or 128 that were read */
	EVENT_TYPE_UNKNOWN = 16, /* no socket was at hand */
	EVENT_AWAITED = 64,	 /* its return is waited for: a struct ending may follow */
};

/*
 * One attempt. perf_event_output() pads a record so that (size + 4) % 8 == 0 and kernels from 4.9 on leave the padding
 * uninitialised, so all sizes that are written are 4 modulo 8. `time` comes first: the ring merges CPUs by it.
 */
struct event {
	__u64 time;	/* ns, CLOCK_MONOTONIC (bpf_ktime_get_ns) */
	__u64 pid_tgid; /* thread in the low half, process in the high half, as the initial PID namespace has them */
	__u64 uid_gid; /* real user in the low half, real group in the high half, as the initial user namespace has them */
	char comm[COMM_SIZE];
	__s32 sockfd;  /* -1: none, or not learnt */
	__s32 addrlen; /* as the caller gave it; only that many bytes of addr are the caller's */
	__u16 nr;      /* the system call's number as the task made it, less the x32 bit; 0 with EVENT_NO_CALL */
	__u16 place;   /* which of the hook's places this is, in the order they were set */
	__u16 type;    /* SOCK_* of the socket */
	__u8 via;
	__u8 flags;
	__u8 addr[ADDR_MAX + 8];
};

#define EVENT_SIZE_INET	 76
#define EVENT_SIZE_INET6 84
#define EVENT_SIZE_LONG	 188

_Static_assert(__builtin_offsetof(struct event, comm) == 24, "wire layout");
_Static_assert(__builtin_offsetof(struct event, sockfd) == 40, "wire layout");
_Static_assert(__builtin_offsetof(struct event, addr) == 56, "wire layout");
_Static_assert(sizeof(struct event) == 192, "no holes");
_Static_assert(EVENT_SIZE_INET % 8 == 4 && EVENT_SIZE_INET >= 56 + ADDR_INET, "padding would be stale");
_Static_assert(EVENT_SIZE_INET6 % 8 == 4 && EVENT_SIZE_INET6 >= 56 + ADDR_INET6, "padding would be stale");
_Static_assert(EVENT_SIZE_LONG % 8 == 4 && EVENT_SIZE_LONG >= 56 + ADDR_MAX, "padding would be stale");

/* Which members of struct who are known: the others are 0 and not to be shown. */
enum identity_part {
	IDENTITY_PPID = 1,
	IDENTITY_START = 2,
	IDENTITY_NS_PID = 4,
	IDENTITY_MNT_NS = 8,
	IDENTITY_PID_NS = 16,
	IDENTITY_NET_NS = 32,
	IDENTITY_USER_NS = 64,
	IDENTITY_UTS_NS = 128,
	IDENTITY_CGROUP_ID = 256,
	IDENTITY_START_EXACT = 512, /* `start` came from the kernel, else from /proc, which knows it to 10 ms */
};

#define IDENTITY_ALL 511

/* Who made an attempt, beyond what struct event has of it; in front of it where it was asked for. */
struct who {
	__u64 time;	 /* the event's, since the ring merges CPUs by a record's first 8 bytes */
	__u64 start;	 /* of the process (its first thread): ns, CLOCK_BOOTTIME */
	__u64 cgroup_id; /* of version 2 */
	__u32 parts;	 /* IDENTITY_* */
	__u32 ppid;	 /* the parent's process, in the initial PID namespace */
	__u32 ns_pid;	 /* process, thread and parent as the caller's own PID namespace numbers them */
	__u32 ns_tid;
	__u32 ns_ppid; /* 0: the parent is outside */
	__u32 mnt_ns;  /* inode numbers, as in /proc/PID/ns */
	__u32 pid_ns;
	__u32 net_ns;
	__u32 user_ns;
	__u32 uts_ns;
};

struct record {
	struct who who;
	struct event event;
};

#define WHO_SIZE 64

_Static_assert(sizeof(struct who) == WHO_SIZE, "no holes");
_Static_assert(__builtin_offsetof(struct record, event) == WHO_SIZE, "wire layout");

/*
 * Bytes of the kernel's memory, read at an attempt of connsnoop's own while it learns where this kernel keeps what it
 * wants to know of a task. Entry PEEKS of map `peeks` says what is wanted, the others take it, PEEK_BYTES each.
 */
#define PEEK_BYTES    384
#define PEEKS	      24
#define PEEK_RELATIVE 65536 /* a smaller address is one within the current task's struct */

struct peek {
	__u64 address;
	__u64 task; /* where the current task's struct is */
	__u64 pid_tgid;
	__u32 stack_size; /* of kernel stacks, where the struct is found by them (before 4.8) */
	__u32 count;	  /* of entries that are wanted; in those, 1 where it could be read */
	__u8 bytes[PEEK_BYTES];
};

_Static_assert(sizeof(struct peek) == 32 + PEEK_BYTES, "no holes");

/*
 * An entry of map `pending`, whose keys are pid_tgid: the attempt that a thread is in, until a return is seen. A thread
 * that is killed has returned as well; what no probe saw is overwritten by the thread's next attempt, or removed by the
 * reader.
 */
struct pending {
	__u64 time; /* the event's */
	__u64 sock; /* struct socket *; 0: not at hand */
	__s32 verdict;
	__u32 flags; /* ENDING_VERDICT */
};

#define PENDING_MAX 10240

enum ending_flag {
	ENDING_VERDICT = 1,  /* the security hook's return was seen */
	ENDING_LOCAL = 2,    /* family, local_addr and local_port were read */
	ENDING_PROTOCOL = 4, /* protocol was read */
};

/* How an attempt ended. Of another size than any event, and 4 modulo 8 as they are. */
struct ending {
	__u64 time; /* of the return: rings are merged by it */
	__u64 pid_tgid;
	__u64 began;	     /* the event's time */
	__s32 verdict;	     /* the security hook's: 0 or a negative errno */
	__s32 result;	     /* connect's own */
	__u8 local_addr[16]; /* 4 bytes of it for AF_INET */
	__u16 family;	     /* of the socket */
	__u16 local_port;    /* host byte order */
	__u16 protocol;	     /* IPPROTO_* */
	__u16 flags;
	__u64 pad;
};

#define ENDING_SIZE 60

_Static_assert(__builtin_offsetof(struct ending, local_addr) == 32, "wire layout");
_Static_assert(sizeof(struct ending) == 64 && sizeof(struct pending) == 24, "no holes");
_Static_assert(ENDING_SIZE % 8 == 4 && ENDING_SIZE >= 56, "padding would be stale");

/*
 * The last bytes of the kernel stack of one known attempt, for one candidate of THREAD_SIZE. User space finds its own
 * descriptor, pointer and length in them and so learns where this kernel keeps a task's saved registers.
 */
#define SNAPSHOT_BYTES 384

struct snapshot {
	__u64 time;
	__u64 pid_tgid;
	__u32 stack_size; /* or of a socket's: which pointer it was reached by, and from where in it (SOCK_PIECE) */
	__u8 bytes[SNAPSHOT_BYTES];
	__u8 pad[4];
};

#define SNAPSHOT_SIZE 404

/* struct socket's pointer to struct sock: its offset, and the part of the latter that was copied. */
#define SOCK_PIECE(at, piece) ((at) << 8 | (piece))
#define SOCK_PIECES	      2

_Static_assert(__builtin_offsetof(struct snapshot, bytes) == 20, "wire layout");
_Static_assert(SNAPSHOT_SIZE % 8 == 4 && sizeof(struct snapshot) == 408, "padding would be stale");

/* The one entry of map `control`: what the reader tells the programs while they run. */
struct control {
	__u32 asleep;	/* the reader sleeps: clear this and ring the bell */
	__u32 own_tgid; /* connsnoop's own process, whose attempts are not events; 0 until it is known */
	__u32 canary;	/* but now one is: it gets a record, whatever the filters say, and is counted nowhere */
	__u32 pad;
};

/*
 * An entry of map `counters`, one a CPU, each in a cache line of its own. Plain increments: a program runs with
 * preemption off, and 32-bit ARM's JIT has no atomic add.
 */
struct counters {
	__u64 attempts;	  /* the program was asked, and it was not connsnoop's own */
	__u64 filtered;	  /* of these: the program itself saw that they were not asked for */
	__u64 refused;	  /* the ring did not take the record (4.4 to 4.19 do not say so) */
	__u64 ringless;	  /* the CPU had no ring: it came online and the reader had not caught up */
	__u64 other;	  /* counted in the kernel, and no key had room for it (count_key.h) */
	__u64 unfollowed; /* processes that found no room in the list of those that are followed */
	__u64 pad[2];
};

/*
 * A filter's constant NAME_MODE: whether it is in force, whether it holds a single value (NAME_ONE) in place of a map,
 * and whether what it holds is wanted or not.
 */
enum filter_mode { FILTER_ON = 1, FILTER_ONE = 2, FILTER_NOT = 4 };

/* Keys of tries (struct bpf_lpm_trie_key): bits that count, and bytes as they stand in the address. */
struct net4_key {
	__u32 bits;
	__u8 addr[4];
};

struct net6_key {
	__u32 bits;
	__u8 addr[16];
};

/* What follows sun_family, with zeros behind the caller's bytes. */
#define PATH_BYTES 108

struct path_key {
	__u32 bits;
	__u8 path[PATH_BYTES];
};

/* Ports are the bits of an array. */
#define PORT_WORDS  (65536 / 64)
#define CGROUPS_MAX 8

/*
 * A key of map `strays`, whose values are events: records of a CPU that had no ring yet, because it came online a moment
 * ago. `time` is the event's.
 */
struct stray {
	__u64 time;
	__u64 cpu;
};

#define STRAYS_MAX 512

_Static_assert(sizeof(struct counters) == 64, "one cache line");

#endif
