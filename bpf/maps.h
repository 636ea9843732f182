/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps that all programs share. Sizes of 0 are the loader's to fill in: the number of possible CPUs. */
#ifndef CONNSNOOP_MAPS_H
#define CONNSNOOP_MAPS_H

#include "bpf_helpers.h"

/* Records go to `rings`, whose reader is woken by watermark. `bells` holds a second event for the same ring that wakes
 * at once; it is used for an empty record when the reader has said that it sleeps. Both are indexed by CPU number:
 * BPF_F_CURRENT_CPU came with 4.8 and fails at run time, silently, on 4.4. */
SEC("maps")
struct bpf_map_def rings = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};

SEC("maps")
struct bpf_map_def bells = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};

/*
 * Where the kernel can, records go to rings in `mapped` instead, by CPU number too, and the bell is a ring buffer of the
 * kernel's, whose empty records only wake. Values are as large as the rings are made.
 */
SEC("maps")
struct bpf_map_def mapped = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.flags = BPF_F_MMAPABLE,
};

SEC("maps")
struct bpf_map_def bell = {
	.type = BPF_MAP_TYPE_RINGBUF,
};

SEC("maps")
struct bpf_map_def counters = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct counters),
};

SEC("maps")
struct bpf_map_def control = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct control),
	.max_entries = 1,
};

SEC("maps")
struct bpf_map_def strays = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(struct stray),
	.value_size = sizeof(struct event),
	.max_entries = STRAYS_MAX,
};

/* Of the start only; not created where nothing is to be learnt. */
SEC("maps")
struct bpf_map_def peeks = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(struct peek),
	.max_entries = PEEKS + 1,
};

/* Attempts whose return is waited for; see struct pending. */
SEC("maps")
struct bpf_map_def pending = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u64),
	.value_size = sizeof(struct pending),
};

/* The lists of filters. Only what a filter in force needs is created. */
SEC("maps")
struct bpf_map_def pids = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};

SEC("maps")
struct bpf_map_def uids = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};

SEC("maps")
struct bpf_map_def netns = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
};

SEC("maps")
struct bpf_map_def comms = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = COMM_SIZE,
	.value_size = sizeof(__u32),
};

SEC("maps")
struct bpf_map_def ports = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u64),
	.max_entries = PORT_WORDS,
};

SEC("maps")
struct bpf_map_def nets4 = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.key_size = sizeof(struct net4_key),
	.value_size = sizeof(__u32),
	.flags = BPF_F_NO_PREALLOC,
};

SEC("maps")
struct bpf_map_def nets6 = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.key_size = sizeof(struct net6_key),
	.value_size = sizeof(__u32),
	.flags = BPF_F_NO_PREALLOC,
};

SEC("maps")
struct bpf_map_def paths = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.key_size = sizeof(struct path_key),
	.value_size = sizeof(__u32),
	.flags = BPF_F_NO_PREALLOC,
};

SEC("maps")
struct bpf_map_def cgroups = {
	.type = BPF_MAP_TYPE_CGROUP_ARRAY,
	.key_size = sizeof(__u32),
	.value_size = sizeof(__u32),
	.max_entries = CGROUPS_MAX,
};

#endif
