// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "bpf_attr.h"

bool pending_has(int map, uint64_t pid_tgid, uint64_t time)
{
	struct pending entry = {0};

	return !bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &pid_tgid, &entry) && entry.time == time;
}

void pending_remove(int map, uint64_t pid_tgid)
{
	bpf_map_access(BPF_MAP_DELETE_ELEM, map, &pid_tgid, NULL);
}

/* A key that is not there stands before the first: no thread that connects is number 0. The map changes meanwhile. */
void pending_sweep(int map, uint64_t before)
{
	uint64_t key = 0, next = 0;
	struct pending entry = {0};

	for (int i = 0; i < 2 * PENDING_MAX; i++) {
		if (bpf_map_access(BPF_MAP_GET_NEXT_KEY, map, &key, &next))
			return;
		if (!bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &next, &entry) && entry.time < before)
			pending_remove(map, next);
		else
			key = next;
	}
}
