// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "bpf_attr.h"

int control_write(int map, const struct control *control)
{
	const uint32_t zero = 0;

	return bpf_map_access(BPF_MAP_UPDATE_ELEM, map, &zero, control);
}

int counters_read(int map, uint32_t cpu, struct counters *counters)
{
	return bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &cpu, counters);
}

/* A key that is not there stands before the first one; NULL does so only since 4.12 (htab_map_get_next_key). */
int strays_take(int map, struct stray *key, struct event *event)
{
	const struct stray none = {0};
	int result = bpf_map_access(BPF_MAP_GET_NEXT_KEY, map, &none, key);

	if (!result)
		result = bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, key, event);
	if (!result)
		result = bpf_map_access(BPF_MAP_DELETE_ELEM, map, key, NULL);
	return result;
}
