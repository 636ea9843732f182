// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "sys.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

static int access_map(int command, int map, const void *key, const void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return sys_bpf(command, &attr, offsetof(union bpf_attr, flags) + sizeof(attr.flags));
}

int control_write(int map, const struct control *control)
{
	const uint32_t zero = 0;

	return access_map(BPF_MAP_UPDATE_ELEM, map, &zero, control);
}

int counters_read(int map, uint32_t cpu, struct counters *counters)
{
	return access_map(BPF_MAP_LOOKUP_ELEM, map, &cpu, counters);
}

/* A key that is not there stands before the first one; NULL does so only since 4.12 (htab_map_get_next_key). */
int strays_take(int map, struct stray *key, struct event *event)
{
	const struct stray none = {0};
	int result = access_map(BPF_MAP_GET_NEXT_KEY, map, &none, key);

	if (!result)
		result = access_map(BPF_MAP_LOOKUP_ELEM, map, key, event);
	if (!result)
		result = access_map(BPF_MAP_DELETE_ELEM, map, key, NULL);
	return result;
}
