// SPDX-License-Identifier: GPL-2.0-or-later
#include "control.h"

#include "bpf_attr.h"
#include "shared.h"
#include "sys.h"

#include <unistd.h>

static size_t round_to_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

int desk_open(struct desk *desk, int control_map, int counters_map, unsigned int cpus, bool mapped)
{
	void *control, *counters;
	int result;

	*desk = (struct desk){.control_map = control_map, .counters_map = counters_map, .cpus = cpus};
	if (!mapped)
		return 0;
	result = sys_mmap(control_map, 0, round_to_pages(sizeof(*desk->control)), true, &control);
	if (result)
		return result;
	result = sys_mmap(counters_map, 0, round_to_pages(cpus * sizeof(*desk->counters)), false, &counters);
	if (result) {
		sys_munmap(control, round_to_pages(sizeof(*desk->control)));
		return result;
	}
	desk->control = control;
	desk->counters = counters;
	return 0;
}

void desk_close(struct desk *desk)
{
	if (!desk->control)
		return;
	sys_munmap(desk->control, round_to_pages(sizeof(*desk->control)));
	sys_munmap(desk->counters, round_to_pages(desk->cpus * sizeof(*desk->counters)));
	desk->control = NULL;
	desk->counters = NULL;
}

int desk_tell(const struct desk *desk, const struct control *control)
{
	if (!desk->control)
		return control_write(desk->control_map, control);
	__atomic_store_n(&desk->control->own_tgid, control->own_tgid, __ATOMIC_RELAXED);
	__atomic_store_n(&desk->control->canary, control->canary, __ATOMIC_RELAXED);
	__atomic_store_n(&desk->control->asleep, control->asleep, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}

int desk_count(const struct desk *desk, uint32_t cpu, struct counters *counters)
{
	const __u64 *from;

	if (!desk->counters)
		return counters_read(desk->counters_map, cpu, counters);
	from = (const __u64 *)&desk->counters[cpu];
	for (size_t i = 0; i < sizeof(*counters) / sizeof(*from); i++)
		((__u64 *)counters)[i] = shared_load(&from[i]);
	return 0;
}

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
