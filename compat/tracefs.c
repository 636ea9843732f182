// SPDX-License-Identifier: GPL-2.0-or-later
#include "tracefs.h"

#include "mounts.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens `file` below `dir`; takes `dir` over. */
static int open_below(int dir, const char *file, int flags, int *file_fd)
{
	if (dir < 0)
		return dir;
	*file_fd = sys_openat(dir, file, flags, 0);
	if (*file_fd < 0) {
		sys_close(dir);
		return *file_fd;
	}
	return dir;
}

static int open_in(const char *path, const char *file, int flags, int *file_fd)
{
	return open_below(sys_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0), file, flags, file_fd);
}

static int open_mounted(const char *type, const char *below, const char *file, int flags, int *file_fd)
{
	char *line = NULL, *point, path[4200];
	size_t size = 0;
	int dir = -ENODEV;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");

	if (!mounts)
		return -ENODEV;
	while (dir < 0 && dir != -ENOENT && getline(&line, &size, mounts) > 0) {
		point = mounts_point(line, type);
		if (!point || snprintf(path, sizeof(path), "%s%s", point, below) >= (int)sizeof(path))
			continue;
		dir = open_in(path, file, flags, file_fd);
	}
	free(line);
	fclose(mounts);
	return dir;
}

static int open_private(const char *file, int flags, int *file_fd)
{
	/*
	 * Any directory will do; these are seldom missing. EBUSY: tracefs is mounted right there (read-only, perhaps).
	 * tracefs is a file system of its own since 4.1.
	 */
	static const char *const targets[] = {"/sys/kernel/tracing", "/sys/kernel/debug", "/sys", "/proc"};
	int dir = -ENODEV;

	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		dir = sys_mount_private("tracefs", targets[i]);
		if (dir >= 0)
			return open_below(dir, file, flags, file_fd);
		if (dir != -ENODEV && dir != -ENOENT && dir != -EBUSY)
			break;
	}
	return dir;
}

/*
 * Where a tracefs was found that lacks the file, the kernel lacks it, and another mount of the same would as well. The
 * usual place is asked without a mount as well, for those who can't read mountinfo.
 */
int tracefs_open(const char *file, int flags, int *file_fd)
{
	int dir = open_mounted("tracefs", "", file, flags, file_fd);

	if (dir >= 0 || dir == -ENOENT)
		return dir;
	dir = open_mounted("debugfs", "/tracing", file, flags, file_fd);
	if (dir >= 0 || dir == -ENOENT)
		return dir;
	dir = open_in("/sys/kernel/tracing", file, flags, file_fd);
	return dir >= 0 ? dir : open_private(file, flags, file_fd);
}

int tracefs_event_id(int dir, const char *group, const char *name)
{
	char path[256], text[32];
	ssize_t got;

	snprintf(path, sizeof(path), "events/%s/%s/id", group, name);
	got = sys_read_file(dir, path, text, sizeof(text));
	if (got < 0)
		return (int)got;
	return atoi(text) > 0 ? atoi(text) : -EINVAL;
}

/* "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;" (trace_events.c, f_show()) */
int tracefs_field(int dir, const char *group, const char *name, const char *field)
{
	char path[256], text[4096], word[64], *at;
	ssize_t got;

	snprintf(path, sizeof(path), "events/%s/%s/format", group, name);
	got = sys_read_file(dir, path, text, sizeof(text));
	if (got < 0)
		return (int)got;
	snprintf(word, sizeof(word), " %s;\toffset:", field);
	at = strstr(text, word);
	return at ? atoi(at + strlen(word)) : -ENOENT;
}

/* The file README in the same directory has the syntax, "r[maxactive][:[<group>/]<event>]" (696ced4fb1d7). */
bool tracefs_counts_returns(void)
{
	static const size_t size = 1 << 16;
	int file, dir = tracefs_open("kprobe_events", O_RDONLY, &file);
	char *text = dir < 0 ? NULL : malloc(size);
	bool found = text && sys_read_file(dir, "README", text, size) > 0 && strstr(text, "r[maxactive]");

	free(text);
	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
	return found;
}
