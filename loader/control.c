// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "sys.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

static int access_map(int command, int map, uint32_t key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	return sys_bpf(command, &attr, offsetof(union bpf_attr, flags) + sizeof(attr.flags));
}

int control_write(int map, const struct control *control)
{
	return access_map(BPF_MAP_UPDATE_ELEM, map, 0, control);
}

int counters_read(int map, uint32_t cpu, struct counters *counters)
{
	return access_map(BPF_MAP_LOOKUP_ELEM, map, cpu, counters);
}
