// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

/* "config:0": the bit that asks for the function's return. */
static int return_bit(uint64_t *config)
{
	char text[32];
	ssize_t got =
		sys_read_file(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/format/retprobe", text, sizeof(text));

	int bit;

	if (got < 0)
		return (int)got;
	bit = strncmp(text, "config:", 7) ? -1 : atoi(text + 7);
	if (bit < 0 || bit > 63)
		return -EINVAL;
	*config = 1ULL << bit;
	return 0;
}

/*
 * Since 4.17 (e12f03d7031a): the probe lives as long as the event, has no name and leaves nothing behind. The PMU's type
 * is assigned at boot. config1 is the symbol, config2 the offset in it; both lie beyond PERF_ATTR_SIZE_VER0.
 */
int kprobe_pmu_open(struct probe *probe, const char *symbol, bool returns, int prog)
{
	struct perf_event_attr attr;
	char type[32];
	uint64_t config = 0;
	ssize_t got = sys_read_file(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/type", type, sizeof(type));

	if (got >= 0 && returns)
		got = return_bit(&config);
	if (got < 0)
		return (int)got;
	memset(&attr, 0, sizeof(attr));
	attr.size = PERF_ATTR_SIZE_VER1;
	attr.type = (uint32_t)atoi(type);
	attr.config = config;
	attr.config1 = (uintptr_t)symbol;
	probe->fd = perf_attach(&attr, prog);
	return probe->fd < 0 ? probe->fd : 0;
}
