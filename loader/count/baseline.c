// SPDX-License-Identifier: GPL-2.0-or-later
/* A set of keys, learnt or read from a file, and written to one. */
#include "private.h"

#include "sys.h"
#include "unique.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (64 * 1024)

unsigned int baseline_by(const struct baseline *baseline)
{
	return baseline->by;
}

void baseline_close(struct baseline *baseline)
{
	if (baseline)
		rows_close(&baseline->rows);
	free(baseline);
}

struct baseline *baseline_new(const char *path, unsigned int by, uint64_t max_keys)
{
	struct baseline *baseline = calloc(1, sizeof(*baseline));

	if (baseline) {
		baseline->path = path;
		baseline->by = by;
		baseline->max_keys = max_keys < BASELINE_ENTRIES_MAX ? max_keys : BASELINE_ENTRIES_MAX;
		rows_open(&baseline->rows);
	}
	return baseline;
}

/* The folder of a path: "" where it is the working directory. */
static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* It takes the place of a file of that name, so that may be nothing but a file. */
static int check_place(const char *path, struct error *err)
{
	size_t len = folder_length(path);
	char *folder = len ? strndup(path, len) : strdup(".");
	struct stat st;
	int errnum = 0;

	if (!folder)
		return error_set(err, STATUS_FAILURE, "preparing --learn: out of memory");
	if (access(folder, W_OK | X_OK))
		errnum = errno;
	free(folder);
	if (errnum)
		return error_set(err, STATUS_USAGE, "--learn %s: its folder can't be written to: %s; give another",
				 path, ERRNO_NAME(errnum));
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return error_set(err, STATUS_USAGE,
				 "--learn %s: that is there and no regular file, whose place the baseline would take",
				 path);
	return 0;
}

int baseline_open(struct baseline **baseline, const char *path, unsigned int by, uint64_t max_keys, struct error *err)
{
	*baseline = NULL;
	if (check_place(path, err))
		return -1;
	/* Without its family an address can't be read back. */
	*baseline = baseline_new(path, by | (by & BY(BY_ADDR) ? BY(BY_FAMILY) : 0), max_keys);
	if (!*baseline)
		return error_set(err, STATUS_FAILURE, "preparing --learn: out of memory");
	return 0;
}

bool baseline_add(struct baseline *baseline, const struct attempt *attempt)
{
	union key_room room;

	key_of(&room, attempt, baseline->by);
	return rows_take(&baseline->rows, &room.key, baseline->max_keys);
}

bool baseline_has(const struct baseline *baseline, const struct attempt *attempt)
{
	union key_room room;

	key_of(&room, attempt, baseline->by);
	return rows_find(&baseline->rows, &room.key);
}

/* --- writing --- */

struct writer {
	int fd;
	int errnum;
	struct buffer buffer;
};

static void flush(struct writer *writer)
{
	size_t done = 0;

	while (done < writer->buffer.len && !writer->errnum) {
		ssize_t wrote = sys_write(writer->fd, writer->buffer.data + done, writer->buffer.len - done);

		if (wrote > 0)
			done += (size_t)wrote;
		else if (wrote != -EINTR)
			writer->errnum = wrote ? (int)-wrote : EIO;
	}
	writer->buffer.len = 0;
}

static void put_line(struct buffer *buf, unsigned int by, const struct key *key)
{
	bool first = true;

	for (enum column column = 0; column < BY_COLUMNS; column++) {
		if (!(by & BY(column)))
			continue;
		if (!first)
			put_char(buf, '\t');
		first = false;
		put_field(buf, column, key);
	}
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_lines(char **lines, size_t count)
{
	for (size_t i = 0; lines && i < count; i++)
		free(lines[i]);
	free(lines);
}

/* Sorted by bytes, as LC_ALL=C sort does it; NULL: no memory. */
static char **sorted_lines(const struct baseline *baseline)
{
	char **lines = calloc(baseline->rows.count + 1, sizeof(*lines));
	size_t count = 0;

	for (size_t i = 0; lines && i < baseline->rows.room; i++) {
		char text[BASELINE_LINE_MAX];
		struct buffer buf = {.data = text, .size = sizeof(text)};

		if (!baseline->rows.slots[i])
			continue;
		put_line(&buf, baseline->by, &baseline->rows.slots[i]->key);
		lines[count] = strndup(buf.data, buf.len);
		if (!lines[count++]) {
			free_lines(lines, count);
			return NULL;
		}
	}
	if (count)
		qsort(lines, count, sizeof(*lines), compare_texts);
	return lines;
}

static void write_lines(struct writer *writer, const struct baseline *baseline, char *const *lines)
{
	struct buffer *buf = &writer->buffer;

	put_text(buf, BASELINE_HEADER);
	for (enum column column = 0; column < BY_COLUMNS; column++) {
		if (!(baseline->by & BY(column)))
			continue;
		put_char(buf, ' ');
		put_text(buf, column_name(column));
	}
	put_char(buf, '\n');
	for (; *lines; lines++) {
		if (buf->size - buf->len < BASELINE_LINE_MAX + 1)
			flush(writer);
		put_text(buf, *lines);
		put_char(buf, '\n');
	}
	flush(writer);
}

static int write_to(const struct baseline *baseline, int fd)
{
	struct writer writer = {.fd = fd, .buffer = {.data = malloc(CHUNK), .size = CHUNK}};
	char **lines = sorted_lines(baseline);

	if (!writer.buffer.data || !lines)
		writer.errnum = ENOMEM;
	else
		write_lines(&writer, baseline, lines);
	if (!writer.errnum)
		writer.errnum = -sys_fsync(fd);
	free_lines(lines, baseline->rows.count);
	free(writer.buffer.data);
	return writer.errnum;
}

/* Beside the file, under a name that nobody else has; then in its place. */
int baseline_write(const struct baseline *baseline, struct error *err)
{
	size_t size = strlen(baseline->path) + 32;
	char *path = malloc(size);
	int fd = -ENOMEM, errnum;

	if (path) {
		snprintf(path, size, "%s.%016llx", baseline->path, (unsigned long long)unique_number());
		fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0640);
	}
	errnum = fd < 0 ? -fd : write_to(baseline, fd);
	if (fd >= 0) {
		int closed = sys_close(fd);

		errnum = errnum ? errnum : -closed;
		errnum = errnum ? errnum : -sys_rename(path, baseline->path);
		if (errnum)
			sys_unlink(path);
	}
	free(path);
	if (errnum)
		return error_set(
			err, STATUS_FAILURE,
			"writing the baseline %s: the kernel says %s; the old one, if there was one, is untouched: make room, or look at its folder's permissions",
			baseline->path, ERRNO_NAME(errnum));
	return 0;
}
