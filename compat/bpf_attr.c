// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf_attr.h"

#include "sys.h"

#include <stdint.h>
#include <string.h>

int bpf_map_access(int command, int map, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return sys_bpf(command, &attr, ATTR_SIZE(flags));
}
