// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "bpf_attr.h"
#include "tracefs.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>

#define TEXT_MAX (1 << 16)

void misses_open(struct misses *misses, const struct hook *hook)
{
	int dir;

	*misses = (struct misses){-1, -1};
	if (hook->probes[0].tracefs < 0)
		return;
	dir = tracefs_open("kprobe_profile", O_RDONLY, &misses->profile);
	if (dir < 0) {
		misses->profile = -1;
		return;
	}
	misses->list = sys_openat(dir, "kprobe_events", O_RDONLY, 0);
	sys_close(dir);
}

void misses_close(struct misses *misses)
{
	if (misses->list >= 0)
		sys_close(misses->list);
	if (misses->profile >= 0)
		sys_close(misses->profile);
	*misses = (struct misses){-1, -1};
}

/* These files are made anew by who reads them from the beginning (seq_file). */
static char *read_anew(int fd)
{
	char *text = malloc(TEXT_MAX);
	ssize_t got = 1;
	size_t used = 0;

	while (text && got > 0 && used < TEXT_MAX - 1) {
		got = sys_pread(fd, text + used, TEXT_MAX - 1 - used, used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (text)
		text[used] = '\0';
	return text;
}

/* "p:connsnoop_85_1234abcd/connect security_socket_connect" */
static bool is_of(const struct hook *hook, const char *line)
{
	const char *name = strchr(line, ':');

	for (int i = 0; name && i < hook->place_count; i++) {
		size_t len = strlen(hook->probes[i].event);

		if (len && !strncmp(name + 1, hook->probes[i].event, len) && name[1 + len] == ' ')
			return true;
	}
	return false;
}

/* "  connect   12   0": name, hits and misses, without the group: the lines stand in the order of kprobe_events. */
static uint64_t missed_hits(const struct misses *misses, const struct hook *hook)
{
	char *list = read_anew(misses->list), *profile = read_anew(misses->profile), *in_list, *in_profile;
	char *event, *counts;
	uint64_t sum = 0;

	event = list ? strtok_r(list, "\n", &in_list) : NULL;
	counts = profile ? strtok_r(profile, "\n", &in_profile) : NULL;
	while (event && counts) {
		const char *last = strrchr(counts, ' ');

		if (is_of(hook, event) && last)
			sum += strtoull(last, NULL, 10);
		event = strtok_r(NULL, "\n", &in_list);
		counts = strtok_r(NULL, "\n", &in_profile);
	}
	free(list);
	free(profile);
	return sum;
}

/* A kernel that knows less of the struct fills in less of it. */
static uint64_t missed_runs(int prog)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	return sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_SIZE(info)) < 0 ? 0 : info.recursion_misses;
}

uint64_t misses_count(const struct misses *misses, const struct hook *hook)
{
	uint64_t sum = misses->list >= 0 && misses->profile >= 0 ? missed_hits(misses, hook) : 0;

	for (int i = 0; i < hook->place_count; i++)
		sum += hook->probes[i].prog >= 0 ? missed_runs(hook->probes[i].prog) : 0;
	return sum;
}
