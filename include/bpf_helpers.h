/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF side's whole dependency on the kernel: helper numbers (uapi/linux/bpf.h, never renumbered), the map
 * definition that the loader reads, and constants that it fills in.
 */
#ifndef CONNSNOOP_BPF_HELPERS_H
#define CONNSNOOP_BPF_HELPERS_H

#include "event.h"
#include "mapped_ring.h"

#define SEC(name)     __attribute__((section(name), used))
#define always_inline inline __attribute__((always_inline))

/* The kernel's unsigned long, and how wide its pointers are (bpf/arch); the program's own have 64 bits everywhere. */
#ifdef KERNEL_32BIT
typedef __u32 klong;
#else
typedef __u64 klong;
#endif

struct bpf_map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
};

#define BPF_MAP_TYPE_HASH	      1
#define BPF_MAP_TYPE_ARRAY	      2
#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_CGROUP_ARRAY     8
#define BPF_MAP_TYPE_LPM_TRIE	      11
#define BPF_MAP_TYPE_RINGBUF	      27

#define BPF_F_NO_PREALLOC 1
#define BPF_F_MMAPABLE	  (1U << 10)

static void *(*const bpf_map_lookup_elem)(const void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(const void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*const bpf_map_delete_elem)(const void *map, const void *key) = (void *)3;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;
static long (*const bpf_get_current_comm)(void *buf, __u32 size) = (void *)16;
static long (*const bpf_perf_event_output)(void *ctx, const void *map, __u64 index, void *data,
					   __u64 size) = (void *)25;
static __u64 (*const bpf_get_current_task)(void) = (void *)35;	    /* 4.8 */
static __u64 (*const bpf_get_current_cgroup_id)(void) = (void *)80; /* 4.18 */
/* From 4.8 on: 1 where the current task is in the cgroup (v2) that the map holds at index, or below it. */
static long (*const bpf_current_task_under_cgroup)(const void *map, __u32 index) = (void *)37;
/* From 5.5 on; the loader puts helper 4 (probe_read) in their place on a kernel that has only that. */
static long (*const bpf_probe_read_user)(void *dst, __u32 size, const void *src) = (void *)112;
static long (*const bpf_probe_read_kernel)(void *dst, __u32 size, const void *src) = (void *)113;
/* From 5.8 on; loaded only where the kernel was found to have it. */
static long (*const bpf_ringbuf_output)(const void *map, void *data, __u64 size, __u64 flags) = (void *)130;

#define ENOENT 2 /* others differ from architecture to architecture (bpf/arch) */

/* The compiler moves no access to memory across it. */
#define barrier() asm volatile("" : : : "memory")

/* A connect as the caller made it, before the kernel has looked at it. */
struct user_call {
	__u32 nr;
	__s32 fd;
	__u64 addr;
	__s32 addrlen;
	__u8 via;
	__u8 flags;
};

/*
 * A number that user space knows when it loads the program: an undefined symbol whose "address" the loader writes
 * into the instruction. No .rodata map (5.2), and what it switches off is taken out of the program before the kernel
 * sees it (loader/object/prune.c). In assembly, because in C a symbol's address is never 0 and the compiler would use
 * that; volatile, because one load that served several uses would be kept on the stack, where pruning does not look.
 * What a feature alone needs on the stack should be cleared where the feature begins: stores are not pruned.
 */
#define CONSTANT(name)                                            \
	({                                                        \
		__u64 value_;                                     \
		asm volatile("%0 = " #name " ll" : "=r"(value_)); \
		value_;                                           \
	})

#endif
