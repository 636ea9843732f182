// SPDX-License-Identifier: GPL-2.0-or-later
/* Who descends from whom, as /proc has it now. Orphans' ancestors are not known any more. */
#include "private.h"

#include "bpf_attr.h"
#include "sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Once more while there were new ones: they may have had children before the programs knew them. */
#define ROUNDS_MAX 16

struct process {
	uint32_t pid, ppid;
	bool ours;
};

struct family {
	struct process *process;
	size_t count, room;
};

static bool add(struct family *family, uint32_t pid, uint32_t ppid)
{
	if (family->count == family->room) {
		size_t room = family->room ? 2 * family->room : 1024;
		struct process *more = realloc(family->process, room * sizeof(*more));

		if (!more)
			return false;
		family->process = more;
		family->room = room;
	}
	family->process[family->count++] = (struct process){.pid = pid, .ppid = ppid};
	return true;
}

/* "4711 (any name) S 4700 ...", proc(5) */
static bool read_parent(int proc, const char *pid, uint32_t *ppid)
{
	char path[32], text[512], *at;

	snprintf(path, sizeof(path), "%.16s/stat", pid);
	if (sys_read_file(proc, path, text, sizeof(text)) <= 0)
		return false;
	at = strrchr(text, ')');
	if (!at || strlen(at) < 5)
		return false;
	*ppid = (uint32_t)strtoul(at + 4, NULL, 10);
	return true;
}

static void read_entries(struct family *family, int proc, const uint8_t *entries, size_t size)
{
	uint32_t ppid;

	for (size_t at = 0; at < size;) {
		const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
		char *end;
		uint32_t pid = (uint32_t)strtoul(entry->d_name, &end, 10);

		if (pid && !*end && read_parent(proc, entry->d_name, &ppid) && !add(family, pid, ppid))
			return;
		at += entry->d_reclen;
	}
}

static void read_family(struct family *family)
{
	uint8_t entries[8192] __attribute__((aligned(8)));
	int proc = sys_openat(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY, 0);
	ssize_t got;

	family->count = 0;
	if (proc < 0)
		return;
	while ((got = sys_getdents(proc, entries, sizeof(entries))) > 0)
		read_entries(family, proc, entries, (size_t)got);
	sys_close(proc);
}

static int by_pid(const void *a, const void *b)
{
	const struct process *one = a, *other = b;

	return one->pid < other->pid ? -1 : one->pid > other->pid;
}

static bool is_listed(const struct ranges *pids, uint32_t pid)
{
	for (size_t i = 0; i < pids->count; i++) {
		if (pid >= pids->range[i].first && pid <= pids->range[i].last)
			return true;
	}
	return false;
}

/* Marks those whose parent is one of ours, until there are no more. */
static void find_ours(struct family *family, const struct ranges *pids)
{
	bool more = true;

	if (family->count)
		qsort(family->process, family->count, sizeof(*family->process), by_pid);
	for (size_t i = 0; i < family->count; i++)
		family->process[i].ours = is_listed(pids, family->process[i].pid);
	while (more) {
		more = false;
		for (size_t i = 0; i < family->count; i++) {
			struct process *process = &family->process[i], key = {.pid = process->ppid}, *parent;

			if (process->ours)
				continue;
			parent = bsearch(&key, family->process, family->count, sizeof(key), by_pid);
			process->ours = parent && parent->ours;
			more |= process->ours;
		}
	}
}

/* Returns how many were not in the map before. */
static size_t tell(int map, const struct family *family, const struct ranges *pids, uint64_t *unfollowed)
{
	const uint32_t there = 1;
	size_t added = 0;

	for (size_t i = 0; i < family->count; i++) {
		const struct process *process = &family->process[i];
		uint32_t value;

		if (!process->ours || is_listed(pids, process->pid) ||
		    !bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &process->pid, &value))
			continue;
		if (bpf_map_access(BPF_MAP_UPDATE_ELEM, map, &process->pid, &there))
			++*unfollowed;
		else
			added++;
	}
	return added;
}

uint64_t family_adopt(int map, const struct ranges *pids)
{
	struct family family = {0};
	uint64_t unfollowed = 0;
	size_t added = 1;

	for (int round = 0; round < ROUNDS_MAX && added; round++) {
		unfollowed = 0;
		read_family(&family);
		find_ours(&family, pids);
		added = tell(map, &family, pids, &unfollowed);
	}
	free(family.process);
	return unfollowed;
}
