// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file that does not grow beyond a size. It is exchanged between two lines only, by the one who writes it, so nothing
 * is lost, doubled or torn; what can't be renamed is written on.
 */
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define NAME_SIZE (PATH_MAX + 8)

int sink_rotate(struct sink *sink, uint64_t size, unsigned int count, struct error *err)
{
	if (sink->waits)
		return error_set(err, STATUS_USAGE, "--rotate is about regular files, and %s is none", sink->name);
	if (strlen(sink->path) > PATH_MAX)
		return error_set(err, STATUS_USAGE, "--rotate: the name of the file is too long to add a number");
	sink->file.limit = size;
	sink->file.count = count;
	return 0;
}

/* FILE for 0, else FILE.NUMBER. */
static const char *old_name(const char *path, unsigned int number, char name[NAME_SIZE])
{
	if (!number)
		return path;
	snprintf(name, NAME_SIZE, "%s.%u", path, number);
	return name;
}

/* From the highest number down, so that nothing but the oldest is overwritten, also where one can't be renamed. */
static int shift(const char *path, unsigned int count)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	int result = 0;

	for (unsigned int i = count; i-- > 0 && !result;) {
		result = sys_rename(old_name(path, i, from), old_name(path, i + 1, to));
		if (result == -ENOENT)
			result = 0;
	}
	return -result;
}

/* The new file, or none: then the old one has its name back. Returns 0 or an errno. */
static int exchange(struct sink *sink)
{
	char old[NAME_SIZE];
	int errnum = shift(sink->path, sink->file.count), fd;

	if (errnum)
		return errnum;
	fd = file_open(sink->path);
	if (fd < 0) {
		sys_rename(old_name(sink->path, 1, old), sink->path);
		return -fd;
	}
	sys_close(sink->fd);
	sink->fd = fd;
	file_look_at(sink);
	return 0;
}

/* Every failure in a row is told of once, and what was tried in vain is tried again when as much was written again. */
static void rotate(struct sink *sink)
{
	int before = sink->file.rotate_error;

	sink->file.rotate_error = exchange(sink);
	if (!sink->file.rotate_error)
		return;
	if (!before)
		sink->untold |= UNTOLD_NEWS;
	sink->file.grace = sink->file.size + sink->file.limit;
}

/* The end of the last line that goes into the file; `done` where none does. */
static size_t last_that_fits(const struct sink *sink, size_t done)
{
	const struct sink_file *file = &sink->file;
	uint64_t limit = file->grace ? file->grace : file->limit;
	uint64_t size = file->size + (file->header.len - file->header_done);
	uint64_t room = size < limit ? limit - size : 0;
	const char *data = sink->buffer.data, *newline;

	if (sink->buffer.len - done <= room)
		return sink->buffer.len;
	newline = memrchr(data + done, '\n', room);
	return newline ? (size_t)(newline + 1 - data) : done;
}

size_t rotate_before(struct sink *sink, size_t done)
{
	const char *data = sink->buffer.data, *newline;
	size_t end;

	if (!sink->file.limit || done == sink->buffer.len)
		return sink->buffer.len;
	end = last_that_fits(sink, done);
	if (end == done && !(sink->torn && done == 0) && !sink->file.bare) {
		rotate(sink);
		end = last_that_fits(sink, done);
	}
	if (end != done)
		return end;
	/* A line that is longer than a file, or the rest of one that this file has the beginning of. */
	newline = memchr(data + done, '\n', sink->buffer.len - done);
	return newline ? (size_t)(newline + 1 - data) : sink->buffer.len;
}
