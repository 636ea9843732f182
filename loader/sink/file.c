// SPDX-License-Identifier: GPL-2.0-or-later
/* Files, pipes and terminals: lines are bytes, and the rest of a line that was begun is completed. */
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe that polls as writable takes this much without blocking (pipe(7)). */
#define FILE_STEP     4096
#define PIPE_SIZE     (1024 * 1024)
#define FULL_RETRY_MS 1000

int file_open(const char *path)
{
	return sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0640);
}

static int open_or_tell(const char *path, struct error *err)
{
	int fd = file_open(path);

	if (fd < 0)
		error_set(err, STATUS_FAILURE,
			  "opening %s for output: the kernel says %s; check the folder and its permissions", path,
			  ERRNO_NAME(-fd));
	return fd;
}

/*
 * Standard output is shared with whoever started us, so its flags are not ours to change. A pipe can be opened once more,
 * and then a write that does not block takes as much as there is room for. Where that can't be (no /proc, another user's
 * pipe), it is asked before each write of little.
 */
static void take_pipe(struct sink *sink)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", sink->fd);
	fd = sys_openat(AT_FDCWD, name, O_WRONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (sink->file.own)
		sys_close(sink->fd);
	sink->fd = fd;
	sink->file.own = true;
	sink->file.nonblocking = true;
	sink->file.step = SIZE_MAX;
	/* Fewer turns between us and the reader; where the user's pipes have had their share of memory it stays as it is. */
	fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

void file_look_at(struct sink *sink)
{
	struct sink_file *file = &sink->file;
	struct stat st;
	bool known = !fstat(sink->fd, &st);

	sink->waits = !known || !S_ISREG(st.st_mode);
	sink->fresh = sink->waits || st.st_size == 0;
	file->size = sink->waits ? 0 : (uint64_t)st.st_size;
	file->bare = sink->fresh;
	file->grace = 0;
	file->nonblocking = false;
	file->step = sink->waits ? FILE_STEP : SIZE_MAX;
	file->header_done = sink->fresh ? 0 : file->header.len;
	if (known && S_ISFIFO(st.st_mode))
		take_pipe(sink);
}

int sink_keep_header(struct sink *sink, struct error *err)
{
	struct buffer *header = &sink->file.header;

	header->size = header->len = sink->buffer.len;
	sink->buffer.len = 0;
	if (!header->len)
		return 0;
	header->data = malloc(header->len);
	if (!header->data) {
		header->len = 0;
		return error_set(err, STATUS_FAILURE, "keeping the header: out of memory");
	}
	memcpy(header->data, sink->buffer.data, header->len);
	sink->file.header_done = sink->fresh ? 0 : header->len;
	return 0;
}

/* The rest of a line whose beginning is in another file: it is lost there, and would be garbage here. */
static void drop_torn(struct sink *sink)
{
	char *newline = sink->torn ? memchr(sink->buffer.data, '\n', sink->buffer.len) : NULL;

	sink->torn = false;
	if (!newline)
		return;
	sink_consume(sink, (size_t)(newline + 1 - sink->buffer.data));
	sink->dropped++;
}

static bool is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return !fstat(a, &of_a) && !fstat(b, &of_b) && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino;
}

static int file_reopen(struct sink *sink, struct error *err)
{
	size_t header_done;
	bool same;
	int fd;

	if (!sink->path)
		return 0;
	sink_flush(sink);
	fd = open_or_tell(sink->path, err);
	if (fd < 0)
		return -1;
	same = is_same_file(sink->fd, fd);
	header_done = sink->file.header_done;
	sys_close(sink->fd);
	sink->fd = fd;
	sink->failure = 0;
	file_look_at(sink);
	if (same)
		sink->file.header_done = header_done;
	else
		drop_torn(sink);
	return 0;
}

/*
 * Whether the output takes more now. The wait for a slow reader has no end until a signal comes or we are about to end;
 * then it has two seconds, once: a reader that is alive uses them, and one that is not shall not keep us.
 */
static bool is_ready(struct sink *sink)
{
	struct pollfd fds[2] = {{.fd = sink->fd, .events = POLLOUT}, {.fd = sink->stop_fd, .events = POLLIN}};

	if (!sink->waits)
		return true;
	while (poll(fds, 2, sink->hurry ? 0 : -1) < 0 && errno == EINTR)
		;
	if (!fds[0].revents && !sink->stuck) {
		while (poll(fds, 1, SINK_LAST_WAIT_MS) < 0 && errno == EINTR)
			;
	}
	sink->stuck = !fds[0].revents;
	return !sink->stuck;
}

/* One write, of which *done tells how far it came. Returns 0, also where it is worth another, or an errno. */
static int write_some(struct sink *sink, const char *data, size_t len, size_t *done)
{
	size_t left = len - *done;
	ssize_t wrote;

	if (!sink->file.nonblocking && !is_ready(sink))
		return EAGAIN;
	wrote = sys_write(sink->fd, data + *done, left < sink->file.step ? left : sink->file.step);
	if (wrote == -EAGAIN && sink->file.nonblocking)
		return is_ready(sink) ? 0 : EAGAIN;
	if (wrote == -EINTR || (wrote == -EAGAIN && sink->waits))
		return 0;
	if (wrote <= 0)
		return wrote ? (int)-wrote : EIO; /* neither an error nor progress: no use in asking again at once */
	sink->stuck = false;
	sink->file.size += (uint64_t)wrote;
	*done += (size_t)wrote;
	return 0;
}

static int write_all(struct sink *sink, const char *data, size_t len, size_t *done)
{
	int errnum = 0;

	while (*done < len && !errnum)
		errnum = write_some(sink, data, len, done);
	return errnum;
}

/* Keeps the beginning of a line that was written in part: of what kind it is may be asked for when it is lost. */
static void note_torn(struct sink *sink, size_t done)
{
	const char *data = sink->buffer.data, *newline = memrchr(data, '\n', done);
	size_t start = newline ? (size_t)(newline + 1 - data) : 0, len = sink->buffer.len - start;

	if (!newline && sink->torn)
		return;
	sink->torn = start < done;
	if (len > sizeof(sink->torn_line) - 1)
		len = sizeof(sink->torn_line) - 1;
	memcpy(sink->torn_line, data + start, len);
	sink->torn_line[len] = '\0';
}

static int file_write(struct sink *sink)
{
	struct sink_file *file = &sink->file;
	size_t done = 0;
	int errnum = 0;

	do {
		size_t end = rotate_before(sink, done);

		errnum = write_all(sink, file->header.data, file->header.len, &file->header_done);
		if (errnum || done == end)
			break;
		file->bare = false;
		errnum = write_all(sink, sink->buffer.data, end, &done);
	} while (!errnum && done < sink->buffer.len);
	if (done) {
		note_torn(sink, done);
		sink_consume(sink, done);
	}
	return errnum;
}

static void file_explain(struct sink *sink, enum untold what, struct error *err)
{
	if (what == UNTOLD_NEWS)
		error_set(
			err, STATUS_FAILURE,
			"rotating %s: the kernel says %s; check the folder and its permissions; going on with the old file",
			sink->name, ERRNO_NAME(sink->file.rotate_error));
	else
		error_set(
			err, STATUS_FAILURE,
			"writing %s: the kernel says %s; make room: until then events that do not fit are counted as lost",
			sink->name, ERRNO_NAME(sink->failure));
}

static int file_wait_ms(const struct sink *sink)
{
	return sink->failure ? FULL_RETRY_MS : -1;
}

static void file_close(struct sink *sink)
{
	if (sink->file.own && sink->fd >= 0)
		sys_close(sink->fd);
	free(sink->file.header.data);
	sink->file.header = (struct buffer){NULL, 0, 0};
}

static const struct sink_ops file_ops = {
	.write = file_write,
	.reopen = file_reopen,
	.explain = file_explain,
	.wait_ms = file_wait_ms,
	.close = file_close,
	.advice = "make room, or read faster, and start again",
	.capacity = SINK_LINES,
	.room = BUFFER_LINE_MAX,
};

int sink_open(struct sink *sink, const char *path, int stop_fd, struct error *err)
{
	if (sink_allocate(sink, &file_ops, stop_fd, err))
		return -1;
	sink->path = path;
	sink->name = path ? path : "standard output";
	sink->fd = STDOUT_FILENO;
	if (path) {
		sink->fd = open_or_tell(path, err);
		if (sink->fd < 0)
			return -1;
		sink->file.own = true;
	}
	file_look_at(sink);
	return 0;
}
