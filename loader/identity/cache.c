// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "sys.h"

#include <stdlib.h>
#include <string.h>

/* Numbers of processes follow each other, which is as good as a hash. */
static uint16_t *bucket_of(struct cache *cache, uint32_t pid)
{
	return &cache->bucket[pid % CACHE_PROCESSES];
}

static uint16_t index_of(const struct cache *cache, const struct process *process)
{
	return (uint16_t)(process - cache->process);
}

bool cache_open(struct cache *cache, unsigned int dirs_max)
{
	memset(cache, 0xff, sizeof(*cache));
	cache->bytes = 0;
	cache->hand = 0;
	cache->dirs_max = dirs_max < CACHE_DIRS ? dirs_max : CACHE_DIRS;
	cache->free = 0;
	cache->process = calloc(CACHE_PROCESSES, sizeof(*cache->process));
	if (!cache->process)
		return false;
	for (uint16_t i = 0; i < CACHE_PROCESSES; i++) {
		cache->process[i].dir = -1;
		cache->process[i].next = i + 1 < CACHE_PROCESSES ? (uint16_t)(i + 1) : NOBODY;
	}
	return true;
}

void cache_close(struct cache *cache)
{
	for (size_t i = 0; cache->process && i < CACHE_PROCESSES; i++) {
		cache_release(&cache->process[i]);
		free(cache->process[i].strings);
	}
	free(cache->process);
}

static void leave_queue(struct cache *cache, struct process *process)
{
	if (process->newer != NOBODY)
		cache->process[process->newer].older = process->older;
	else
		cache->newest = process->older;
	if (process->older != NOBODY)
		cache->process[process->older].newer = process->newer;
	else
		cache->oldest = process->newer;
}

static void become_newest(struct cache *cache, struct process *process)
{
	process->older = cache->newest;
	process->newer = NOBODY;
	if (cache->newest != NOBODY)
		cache->process[cache->newest].newer = index_of(cache, process);
	else
		cache->oldest = index_of(cache, process);
	cache->newest = index_of(cache, process);
}

static void forget(struct cache *cache, struct process *process)
{
	uint16_t *at = bucket_of(cache, process->pid);

	while (*at != index_of(cache, process))
		at = &cache->process[*at].next;
	*at = process->next;
	leave_queue(cache, process);
	cache_release(process);
	cache->bytes -= process->bytes;
	free(process->strings);
	memset(process, 0, sizeof(*process));
	process->dir = -1;
	process->next = cache->free;
	cache->free = index_of(cache, process);
}

static struct process *add(struct cache *cache, uint32_t pid)
{
	uint16_t *first = bucket_of(cache, pid);
	struct process *process;

	if (cache->free == NOBODY)
		forget(cache, &cache->process[cache->oldest]);
	process = &cache->process[cache->free];
	cache->free = process->next;
	process->pid = pid;
	process->next = *first;
	*first = index_of(cache, process);
	become_newest(cache, process);
	return process;
}

struct process *cache_get(struct cache *cache, uint32_t pid)
{
	for (uint16_t i = *bucket_of(cache, pid); i != NOBODY; i = cache->process[i].next) {
		struct process *process = &cache->process[i];

		if (process->pid != pid)
			continue;
		if (cache->newest != i) {
			leave_queue(cache, process);
			become_newest(cache, process);
		}
		return process;
	}
	return add(cache, pid);
}

static bool same_bytes(const char *known, const char *seen, size_t len)
{
	return known ? strlen(known) == len && !memcmp(known, seen, len) : len == 0;
}

bool cache_same(const struct process *process, const struct look *look)
{
	if (!process->known || process->stat.start != look->stat.start || process->stat.code != look->stat.code ||
	    process->stat.stack != look->stat.stack || !same_bytes(process->exe, look->exe, look->exe_len))
		return false;
	return process->args_len == look->args_len && process->args_cut == look->args_cut &&
	       (!look->args_len || !memcmp(process->args, look->args, look->args_len));
}

/* Copies and moves on; NULL where there is nothing. */
static const char *place(char **room, const char *bytes, size_t len, bool terminate)
{
	char *start = *room;

	if (!len)
		return NULL;
	memcpy(start, bytes, len);
	if (terminate)
		start[len++] = '\0';
	*room += len;
	return start;
}

static bool put_strings(struct cache *cache, struct process *process, const struct look *look)
{
	const struct cgroup *cgroup = &look->cgroup;
	size_t id_len = strlen(cgroup->container.id);
	size_t bytes = look->exe_len + 1 + cgroup->path_len + 1 + id_len + 1 + look->args_len;
	char *room = realloc(process->strings, bytes);

	if (!room)
		return false;
	process->strings = room;
	cache->bytes += bytes - process->bytes;
	process->bytes = bytes;
	process->exe = place(&room, look->exe, look->exe_len, true);
	process->cgroup = place(&room, cgroup->path, cgroup->path_len, true);
	process->container = place(&room, cgroup->container.id, id_len, true);
	process->runtime = cgroup->container.runtime;
	process->args = place(&room, look->args, look->args_len, false);
	process->args_len = look->args_len;
	process->args_cut = look->args_cut;
	return true;
}

bool cache_put(struct cache *cache, struct process *process, const struct look *look)
{
	bool same = cache_same(process, look);

	if (!(same && same_bytes(process->cgroup, look->cgroup.path, look->cgroup.path_len)) &&
	    !put_strings(cache, process, look))
		return false;
	if (!same)
		process->stat = look->stat;
	process->ppid = look->stat.ppid;
	process->refused = look->refused;
	process->in_cgroups = look->cgroup.wanted;
	process->known = true;
	while (cache->bytes > CACHE_BYTES && cache->oldest != index_of(cache, process))
		forget(cache, &cache->process[cache->oldest]);
	return true;
}

void cache_release(struct process *process)
{
	if (process->dir >= 0)
		sys_close(process->dir);
	process->dir = -1;
}

/* Whose turn it is gives up its own. A process can hold several turns, but one directory only. */
void cache_hold(struct cache *cache, struct process *process, int dir)
{
	uint16_t *holder = &cache->holder[cache->hand];

	cache_release(process);
	if (!cache->dirs_max) {
		sys_close(dir);
		return;
	}
	if (*holder != NOBODY)
		cache_release(&cache->process[*holder]);
	process->dir = dir;
	*holder = index_of(cache, process);
	cache->hand = (cache->hand + 1) % cache->dirs_max;
}

bool cache_release_all(struct cache *cache)
{
	bool any = false;

	for (size_t i = 0; i < cache->dirs_max; i++) {
		struct process *process = cache->holder[i] == NOBODY ? NULL : &cache->process[cache->holder[i]];

		any |= process && process->dir >= 0;
		if (process)
			cache_release(process);
	}
	return any;
}
