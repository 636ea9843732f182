// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/PID/cgroup (cgroups(7)): a line "number:controllers:path" for each hierarchy; "0::path" is that of v2. A name
 * can hold any byte but '/' and, as the kernel sees to, a newline (cgroup_mkdir(), kernel/cgroup).
 */
#include "private.h"

#include "sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define MOUNT_POINT "/sys/fs/cgroup"

struct line {
	const char *controllers;
	size_t controllers_len;
	const char *path;
	size_t path_len;
};

/* What --cgroup names: a path, in one hierarchy or in any. */
struct wanted {
	char *hierarchy; /* a controller's name, "systemd", "unified"; NULL: any */
	char *path;
	size_t path_len;
};

struct cgroup_filter {
	size_t count;
	struct wanted wanted[];
};

/* What a path given by people comes to: a slash before each component and none at the end. */
static char *clean_path(const char *path)
{
	char *clean = malloc(strlen(path) + 2);
	size_t len = 0;

	if (!clean)
		return NULL;
	while (*path) {
		size_t step = strcspn(path, "/");

		if (step) {
			clean[len++] = '/';
			memcpy(clean + len, path, step);
			len += step;
		}
		path += step + (path[step] == '/');
	}
	if (!len)
		clean[len++] = '/';
	clean[len] = '\0';
	return clean;
}

/*
 * A path may begin at the mount point. Where v2 is mounted there itself, the rest is the cgroup's path; else its first
 * component names the hierarchy.
 */
static bool prepare(struct wanted *wanted, const char *text, bool v2)
{
	char *path = clean_path(text);
	size_t mount = strlen(MOUNT_POINT), hierarchy;

	if (!path)
		return false;
	wanted->path = path;
	if (!strncmp(path, MOUNT_POINT, mount) && (path[mount] == '/' || !path[mount])) {
		memmove(path, path + mount, strlen(path + mount) + 1);
		if (!v2 && path[0]) {
			hierarchy = 1 + strcspn(path + 1, "/");
			wanted->hierarchy = strndup(path + 1, hierarchy - 1);
			if (!wanted->hierarchy)
				return false;
			memmove(path, path + hierarchy, strlen(path + hierarchy) + 1);
		}
		if (!path[0])
			strcpy(path, "/");
	}
	wanted->path_len = strlen(path);
	return true;
}

void cgroup_filter_free(struct cgroup_filter *filter)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		free(filter->wanted[i].hierarchy);
		free(filter->wanted[i].path);
	}
	free(filter);
}

struct cgroup_filter *cgroup_filter_new(const struct patterns *cgroups)
{
	struct cgroup_filter *filter = calloc(1, sizeof(*filter) + cgroups->count * sizeof(filter->wanted[0]));
	int fd = sys_openat(AT_FDCWD, MOUNT_POINT "/cgroup.controllers", O_PATH, 0);

	if (fd >= 0)
		sys_close(fd);
	while (filter && filter->count < cgroups->count) {
		size_t i = filter->count++;

		if (!prepare(&filter->wanted[i], cgroups->pattern[i], fd >= 0)) {
			cgroup_filter_free(filter);
			filter = NULL;
		}
	}
	return filter;
}

static bool is_v2(const struct line *line)
{
	return line->controllers_len == 0;
}

/* "cpu,cpuacct" has cpu; "name=systemd" is called systemd. */
static bool has_controller(const struct line *line, const char *name)
{
	const char *at = line->controllers, *end = at + line->controllers_len;
	size_t len = strlen(name);

	if (is_v2(line))
		return !strcmp(name, "unified");
	if (line->controllers_len > 5 && !memcmp(at, "name=", 5))
		return line->controllers_len - 5 == len && !memcmp(at + 5, name, len);
	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma ? comma : end;

		if ((size_t)(stop - at) == len && !memcmp(at, name, len))
			return true;
		at = stop + 1;
	}
	return false;
}

static bool is_below(const struct line *line, const struct wanted *wanted)
{
	if (wanted->hierarchy && !has_controller(line, wanted->hierarchy))
		return false;
	if (wanted->path_len == 1)
		return true;
	return line->path_len >= wanted->path_len && !memcmp(line->path, wanted->path, wanted->path_len) &&
	       (line->path_len == wanted->path_len || line->path[wanted->path_len] == '/');
}

static bool is_wanted(const struct cgroup_filter *filter, const struct line *line)
{
	for (size_t i = 0; filter && i < filter->count; i++) {
		if (is_below(line, &filter->wanted[i]))
			return true;
	}
	return false;
}

static bool split(const char *text, size_t len, struct line *line)
{
	const char *end = text + len, *first = memchr(text, ':', len), *second;

	if (!first)
		return false;
	second = memchr(first + 1, ':', (size_t)(end - first - 1));
	if (!second || second + 1 == end || second[1] != '/')
		return false;
	line->controllers = first + 1;
	line->controllers_len = (size_t)(second - first - 1);
	line->path = second + 1;
	line->path_len = (size_t)(end - second - 1);
	return true;
}

/* Which of the hierarchies' paths says most. */
static int rank(const struct line *line, bool has_container)
{
	return (has_container ? 8 : 0) + (line->path_len > 1 ? 4 : 0) +
	       (is_v2(line) ? 2 : has_controller(line, "systemd"));
}

void cgroup_read(const char *text, size_t len, const struct cgroup_filter *filter, struct cgroup *cgroup)
{
	const char *end = text + len, *newline;
	int best = -1;

	memset(cgroup, 0, sizeof(*cgroup));
	for (; text < end; text = newline + 1) {
		struct container container = {0};
		struct line line;
		bool found;

		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline) /* cut off */
			break;
		if (!split(text, (size_t)(newline - text), &line))
			continue;
		cgroup->wanted |= is_wanted(filter, &line);
		found = container_find(line.path, line.path_len, &container);
		if (rank(&line, found) <= best)
			continue;
		best = rank(&line, found);
		cgroup->path = line.path;
		cgroup->path_len = line.path_len;
		cgroup->has_container = found;
		cgroup->container = container;
	}
}
