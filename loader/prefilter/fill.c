// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of filters, from the command line into maps. A map that was not created is not needed. */
#include "private.h"

#include "bpf_attr.h"
#include "cgroup2.h"
#include "event.h"
#include "sys.h"

#include <string.h>

uint64_t ranges_size(const struct ranges *ranges)
{
	uint64_t size = 0;

	for (size_t i = 0; i < ranges->count; i++)
		size += (uint64_t)ranges->range[i].last - ranges->range[i].first + 1;
	return size;
}

bool pattern_is_plain(const char *pattern)
{
	return !strpbrk(pattern, "*?[\\");
}

bool pattern_is_prefix(const char *pattern)
{
	size_t plain = strcspn(pattern, "*?[\\");

	return pattern[plain] == '\0' || (pattern[plain] == '*' && pattern[plain + 1] == '\0');
}

static int put(int map, const void *key, const void *value)
{
	return bpf_map_access(BPF_MAP_UPDATE_ELEM, map, key, value);
}

static int fill_numbers(int map, const struct ranges *ranges)
{
	const uint32_t there = 1;
	int result = 0;

	for (size_t i = 0; map >= 0 && i < ranges->count; i++) {
		for (uint64_t number = ranges->range[i].first; !result && number <= ranges->range[i].last; number++)
			result = put(map, &(uint32_t){(uint32_t)number}, &there);
	}
	return result;
}

/* Word by word: 65,536 ports are a thousand calls. */
static int fill_ports(int map, const struct ranges *ports)
{
	uint64_t words[PORT_WORDS] = {0};
	int result = 0;

	if (map < 0)
		return 0;
	for (size_t i = 0; i < ports->count; i++) {
		for (uint32_t port = ports->range[i].first; port <= ports->range[i].last && port <= UINT16_MAX; port++)
			words[port / 64] |= 1ULL << port % 64;
	}
	for (uint32_t i = 0; !result && i < PORT_WORDS; i++)
		result = words[i] ? put(map, &i, &words[i]) : 0;
	return result;
}

/* A longer one than a comm can be has no match, and so no entry. */
static int fill_comms(int map, const struct patterns *comms)
{
	const uint32_t there = 1;
	int result = 0;

	for (size_t i = 0; map >= 0 && !result && i < comms->count; i++) {
		char comm[COMM_SIZE] = "";

		if (strlen(comms->pattern[i]) >= sizeof(comm))
			continue;
		strcpy(comm, comms->pattern[i]);
		result = put(map, comm, &there);
	}
	return result;
}

static int fill_nets(int map4, int map6, const struct prefixes *nets)
{
	const uint32_t there = 1;
	int result = 0;

	for (size_t i = 0; !result && i < nets->count; i++) {
		const struct prefix *prefix = &nets->prefix[i];
		struct net4_key key4 = {.bits = prefix->bits - 96U};
		struct net6_key key6 = {.bits = prefix->bits};

		memcpy(key4.addr, prefix->addr + 12, sizeof(key4.addr));
		memcpy(key6.addr, prefix->addr, sizeof(key6.addr));
		if (prefix->v4)
			result = map4 >= 0 ? put(map4, &key4, &there) : 0;
		else
			result = map6 >= 0 ? put(map6, &key6, &there) : 0;
	}
	return result;
}

/*
 * A whole name is the prefix that ends with a NUL, since keys have zeros behind the caller's bytes. A leading @ is an
 * abstract name's NUL, or stands for itself: the reader takes it for either, and so there are two entries.
 */
static int fill_path(int map, const char *pattern)
{
	const uint32_t there = 1;
	size_t len = strcspn(pattern, "*");
	struct path_key key = {0};
	int result;

	if (len > PATH_BYTES)
		return 0;
	memcpy(key.path, pattern, len);
	key.bits = 8 * (uint32_t)len;
	if (pattern[len] == '\0' && len < PATH_BYTES)
		key.bits += 8;
	result = put(map, &key, &there);
	if (!result && pattern[0] == '@') {
		key.path[0] = '\0';
		result = put(map, &key, &there);
	}
	return result;
}

static int fill_paths(int map, const struct patterns *paths)
{
	int result = 0;

	for (size_t i = 0; map >= 0 && !result && i < paths->count; i++)
		result = fill_path(map, paths->pattern[i]);
	return result;
}

static int fill_cgroups(int map, const struct patterns *cgroups)
{
	int result = 0;

	for (uint32_t i = 0; map >= 0 && !result && i < cgroups->count; i++) {
		int fd = cgroup2_open(cgroups->pattern[i]);

		result = fd < 0 ? fd : put(map, &i, &(uint32_t){(uint32_t)fd});
		if (fd >= 0)
			sys_close(fd);
	}
	return result;
}

int prefilter_fill(const struct prefilter *prefilter, const struct filter *filter, const struct object *object,
		   struct error *err)
{
	const struct {
		const char *option;
		int result;
	} lists[] = {
		{"-p", fill_numbers(object_map_fd(object, "pids"), &filter->pids)},
		{"-u", fill_numbers(object_map_fd(object, "uids"), &filter->uids)},
		{"--netns", fill_numbers(object_map_fd(object, "netns"), &filter->netns)},
		{"-P", fill_ports(object_map_fd(object, "ports"), &filter->ports)},
		{"--comm", fill_comms(object_map_fd(object, "comms"), &filter->comms)},
		{"--net", fill_nets(object_map_fd(object, "nets4"), object_map_fd(object, "nets6"), &filter->nets)},
		{"--unix-path", fill_paths(object_map_fd(object, "paths"), &filter->paths)},
		{"--cgroup", prefilter->cgroups ? fill_cgroups(object_map_fd(object, "cgroups"), &filter->cgroups) : 0},
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (lists[i].result)
			return error_set(
				err, STATUS_FAILURE,
				"telling the kernel the list of %s: bpf(BPF_MAP_UPDATE_ELEM) says %s; free some memory, or give a shorter list",
				lists[i].option, ERRNO_NAME(-lists[i].result));
	}
	return 0;
}
