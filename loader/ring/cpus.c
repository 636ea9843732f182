// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring.h"

#include "sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtoul() would take signs and spaces, which the kernel does not write. */
static bool parse_cpu(const char **text, unsigned int *cpu)
{
	const char *start = *text;

	for (*cpu = 0; **text >= '0' && **text <= '9' && *cpu < CPUS_MAX; (*text)++)
		*cpu = *cpu * 10 + (unsigned int)(**text - '0');
	return *text > start && *cpu < CPUS_MAX;
}

unsigned int cpus_parse_list(const char *text, unsigned char set[CPUS_MAX])
{
	unsigned int count = 0, first, last;

	memset(set, 0, CPUS_MAX);
	do {
		if (!parse_cpu(&text, &first))
			return 0;
		last = first;
		if (*text == '-' && (text++, !parse_cpu(&text, &last) || last < first))
			return 0;
		memset(set + first, 1, last - first + 1);
		if (last + 1 > count)
			count = last + 1;
	} while (*text++ == ',');
	return text[-1] == '\0' || text[-1] == '\n' ? count : 0;
}

/* /proc/stat has a line "cpuN ..." for each CPU that is online. */
static unsigned int parse_stat(unsigned char set[CPUS_MAX])
{
	FILE *stat = fopen("/proc/stat", "re");
	unsigned int cpu, count = 0;
	char *line = NULL;
	size_t size = 0;

	memset(set, 0, CPUS_MAX);
	while (stat && getline(&line, &size, stat) > 0) {
		const char *at = line + 3;

		/* The first line is "cpu  ", the sum of all. */
		if (strncmp(line, "cpu", 3) != 0 || !parse_cpu(&at, &cpu))
			continue;
		set[cpu] = 1;
		if (cpu + 1 > count)
			count = cpu + 1;
	}
	free(line);
	if (stat)
		fclose(stat);
	return count;
}

static unsigned int read_list(const char *path, unsigned char set[CPUS_MAX])
{
	char text[4096];

	if (sys_read_file(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return 0;
	return cpus_parse_list(text, set);
}

unsigned int cpus_possible(void)
{
	unsigned char set[CPUS_MAX];
	unsigned int count = read_list("/sys/devices/system/cpu/possible", set);

	return count ? count : parse_stat(set);
}

bool cpus_online(unsigned char online[CPUS_MAX])
{
	return read_list("/sys/devices/system/cpu/online", online) || parse_stat(online);
}
