// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring.h"

#include "sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned int cpus_parse_list(const char *text, unsigned char set[CPUS_MAX])
{
	unsigned int count = 0;

	memset(set, 0, CPUS_MAX);
	while (*text >= '0' && *text <= '9') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last >= CPUS_MAX)
			return 0;
		memset(set + first, 1, last - first + 1);
		if (last + 1 > count)
			count = (unsigned int)last + 1;
		text = *end == ',' ? end + 1 : end;
	}
	return *text == '\0' || *text == '\n' ? count : 0;
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
		if (sscanf(line, "cpu%u ", &cpu) != 1 || cpu >= CPUS_MAX)
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
