// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What loader/identity/ reads from /proc, with any bytes in it: the same input as stat, status and cgroup of a process, from
 * a buffer that ends with it.
 */
#include "identity/private.h"
#include "model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cgroup_filter *filter;

static void check_id(const struct container *container)
{
	size_t len = strnlen(container->id, sizeof(container->id));

	if (len == 0 || len == sizeof(container->id) || memchr(container->id, '/', len))
		abort();
}

static void read_cgroup(const char *text, size_t len)
{
	struct cgroup cgroup;

	cgroup_read(text, len, filter, &cgroup);
	if (!cgroup.path)
		return;
	if (cgroup.path < text || cgroup.path + cgroup.path_len >= text + len || cgroup.path[0] != '/' ||
	    memchr(cgroup.path, '\n', cgroup.path_len))
		abort();
	if (cgroup.has_container)
		check_id(&cgroup.container);
}

static void read_stat(const char *text, size_t len)
{
	struct stat_line stat;

	if (stat_parse(text, len, &stat) && (!stat.state || stat.comm[COMM_SIZE - 1]))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *paths[] = {(char *)(uintptr_t) "/a", (char *)(uintptr_t) "/sys/fs/cgroup/cpu/b"};
	const struct patterns cgroups = {.count = 2, .pattern = paths};
	char *text = malloc(size + 1);
	struct container container;
	uint32_t number;

	if (!filter) {
		model_boot(&model_6_12);
		filter = cgroup_filter_new(&cgroups);
	}
	if (!text || !filter)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	status_last_number(text, "NSpid:", &number);
	text = realloc(text, size ? size : 1);
	read_stat(text, size);
	read_cgroup(text, size);
	if (container_find(text, size, &container))
		check_id(&container);
	free(text);
	return 0;
}
