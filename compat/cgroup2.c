// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroup2.h"

#include "mounts.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_directory(const char *path)
{
	return sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

static int open_below(const char *point, const char *path)
{
	size_t len = strlen(point);
	char whole[4200];

	if (!strncmp(path, point, len) && (path[len] == '/' || path[len] == '\0'))
		return open_directory(path);
	if (snprintf(whole, sizeof(whole), "%s%s%s", point, path[0] == '/' ? "" : "/", path) >= (int)sizeof(whole))
		return -ENAMETOOLONG;
	return open_directory(whole);
}

int cgroup2_open(const char *path)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *point;
	size_t size = 0;
	int fd = -ENODEV;

	while (mounts && fd < 0 && getline(&line, &size, mounts) > 0) {
		point = mounts_point(line, "cgroup2");
		if (point)
			fd = open_below(point, path);
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return fd;
}

bool cgroup2_all_exist(char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = cgroup2_open(paths[i]);

		if (fd < 0)
			return false;
		sys_close(fd);
	}
	return true;
}
