// SPDX-License-Identifier: GPL-2.0-or-later
#include "health.h"

#include "clock.h"
#include "sys.h"

#include <fcntl.h>
#include <string.h>

/* debugfs is often not mounted: then a mount of our own, that nobody else sees. */
static int open_enabled(void)
{
	int fd = sys_openat(AT_FDCWD, "/sys/kernel/debug/kprobes/enabled", O_RDONLY, 0), dir;

	if (fd >= 0)
		return fd;
	dir = sys_mount_private("debugfs", "/sys/kernel/debug");
	if (dir < 0)
		return -1;
	fd = sys_openat(dir, "kprobes/enabled", O_RDONLY, 0);
	sys_close(dir);
	return fd;
}

int health_open(struct health *health, uint64_t interval, bool watching, const struct hook *hook, struct error *err)
{
	int size;

	*health = (struct health){.watching = watching, .interval = interval, .enabled = -1, .misses = {-1, -1}};
	health->trial.fd = -1;
	if (!watching)
		return 0;
	misses_open(&health->misses, hook);
	if (hook->kind != HOOK_TRACEPOINT)
		health->enabled = open_enabled();
	if (!interval)
		return 0;
	size = sys_getaffinity(health->cpus, sizeof(health->cpus));
	health->cpus_size = size > 0 ? (size_t)size : 0;
	health->due = clock_monotonic() + interval;
	return trial_prepare(&health->trial, err);
}

void health_close(struct health *health)
{
	if (!health->watching)
		return;
	misses_close(&health->misses);
	if (health->enabled >= 0)
		sys_close(health->enabled);
	if (health->interval)
		trial_close(&health->trial);
	health->watching = false;
}

/* The kernel's set is of longs, in our byte order; CPUs are looked for bit by bit, as they lie in them. */
static bool may_run_on(const struct health *health, unsigned int cpu)
{
	unsigned long word;
	size_t at = cpu / (8 * sizeof(word)) * sizeof(word);

	memcpy(&word, health->cpus + at, sizeof(word));
	return word >> cpu % (8 * sizeof(word)) & 1;
}

void health_go_on(struct health *health)
{
	unsigned int count = (unsigned int)(8 * health->cpus_size);
	uint8_t one[HEALTH_CPUS_SIZE];
	unsigned long word;

	for (unsigned int i = 0; i < count; i++) {
		health->cpu = (health->cpu + 1) % count;
		if (!may_run_on(health, health->cpu))
			continue;
		memset(one, 0, sizeof(one));
		word = 1UL << health->cpu % (8 * sizeof(word));
		memcpy(one + health->cpu / (8 * sizeof(word)) * sizeof(word), &word, sizeof(word));
		/* One that is offline is passed over. */
		if (!sys_setaffinity(one, health->cpus_size))
			return;
	}
}

void health_return(const struct health *health)
{
	if (health->cpus_size)
		sys_setaffinity(health->cpus, health->cpus_size);
}

const char *health_why_blind(const struct health *health)
{
	char text[4] = "";

	if (health->enabled >= 0 && sys_pread(health->enabled, text, sizeof(text) - 1, 0) > 0 && text[0] == '0')
		return "kprobes are switched off (/sys/kernel/debug/kprobes/enabled says 0): nothing is seen until they are on again";
	return "nobody knows what is seen; start connsnoop again";
}
