/* SPDX-License-Identifier: GPL-2.0-or-later */
/* union bpf_attr as kernels of any age take it: no longer than the last field that a command needs. */
#ifndef CONNSNOOP_BPF_ATTR_H
#define CONNSNOOP_BPF_ATTR_H

#include <linux/bpf.h>
#include <stddef.h>

/* The size to pass where `field` is the last one used; what lies behind it may be unknown to the kernel (E2BIG). */
#define ATTR_SIZE(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

/*
 * BPF_MAP_LOOKUP_ELEM, UPDATE, DELETE (value NULL) or GET_NEXT_KEY (value is the next key). Returns 0 or a negative
 * errno.
 */
int bpf_map_access(int command, int map, const void *key, const void *value);

#endif
