// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SINK_SIZE (256 * 1024)
/* A pipe that polls as writable takes this much without blocking (pipe(7)). */
#define SINK_STEP	  4096
#define SINK_LAST_WAIT_MS 2000

static void look_at(struct sink *sink)
{
	struct stat st;

	sink->waits = fstat(sink->fd, &st) || !S_ISREG(st.st_mode);
	sink->fresh = sink->waits || st.st_size == 0;
}

static int open_path(const char *path, struct error *err)
{
	int fd = sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0640);

	if (fd < 0)
		return error_set(err, STATUS_FAILURE,
				 "opening %s for output: the kernel says %s; check the folder and its permissions",
				 path, ERRNO_NAME(-fd));
	return fd;
}

int sink_open(struct sink *sink, const char *path, int stop_fd, struct error *err)
{
	*sink = (struct sink){.fd = STDOUT_FILENO, .path = path, .stop_fd = stop_fd};
	sink->buffer.data = malloc(SINK_SIZE);
	sink->buffer.size = SINK_SIZE;
	if (!sink->buffer.data)
		return error_set(err, STATUS_FAILURE, "opening the output: out of memory");
	if (path) {
		sink->fd = open_path(path, err);
		if (sink->fd < 0)
			return -1;
	}
	look_at(sink);
	return 0;
}

/* The rest of a line whose beginning is in another file: it is lost there, and would be garbage here. */
static void drop_torn(struct sink *sink)
{
	char *newline = sink->torn ? memchr(sink->buffer.data, '\n', sink->buffer.len) : NULL;
	size_t rest;

	sink->torn = false;
	if (!newline)
		return;
	rest = (size_t)(newline + 1 - sink->buffer.data);
	memmove(sink->buffer.data, newline + 1, sink->buffer.len - rest);
	sink->buffer.len -= rest;
	sink->dropped++;
}

int sink_reopen(struct sink *sink, struct error *err)
{
	int fd;

	if (!sink->path)
		return 0;
	sink_flush(sink);
	fd = open_path(sink->path, err);
	if (fd < 0)
		return -1;
	sys_close(sink->fd);
	sink->fd = fd;
	sink->failure = 0;
	drop_torn(sink);
	look_at(sink);
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

/* Returns 0, or the errno that ended the writing; the buffer keeps what was not written. */
static int write_out(struct sink *sink)
{
	size_t done = 0;
	int errnum = 0;

	while (done < sink->buffer.len && !errnum) {
		size_t left = sink->buffer.len - done;
		ssize_t wrote;

		if (!is_ready(sink)) {
			errnum = EAGAIN;
			break;
		}
		wrote = sys_write(sink->fd, sink->buffer.data + done,
				  sink->waits && left > SINK_STEP ? SINK_STEP : left);
		if (wrote >= 0)
			done += (size_t)wrote;
		else if (wrote != -EINTR && !(wrote == -EAGAIN && sink->waits))
			errnum = (int)-wrote;
	}
	if (done) {
		sink->torn = sink->buffer.data[done - 1] != '\n';
		memmove(sink->buffer.data, sink->buffer.data + done, sink->buffer.len - done);
	}
	sink->buffer.len -= done;
	return errnum;
}

bool sink_flush(struct sink *sink)
{
	int before = sink->failure;

	if (sink->gone || sink->buffer.len == 0)
		return true;
	sink->failure = write_out(sink);
	if (sink->failure == EPIPE)
		sink->gone = true;
	if (sink->failure == EPIPE || sink->failure == EAGAIN)
		sink->failure = 0;
	return !sink->failure || sink->failure == before;
}

/* After a failure a full buffer is not tried again for every line: the caller's flush after each batch does that. */
bool sink_reserve(struct sink *sink)
{
	if (sink->buffer.size - sink->buffer.len >= BUFFER_LINE_MAX)
		return true;
	if (!sink->failure && !sink->stuck)
		sink_flush(sink);
	return sink->buffer.size - sink->buffer.len >= BUFFER_LINE_MAX;
}

void sink_close(struct sink *sink)
{
	if (!sink->buffer.data)
		return;
	sink->hurry = true;
	sink_flush(sink);
	if (sink->path && sink->fd >= 0)
		sys_close(sink->fd);
	free(sink->buffer.data);
	sink->buffer.data = NULL;
}
