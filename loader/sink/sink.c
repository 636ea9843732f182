// SPDX-License-Identifier: GPL-2.0-or-later
/* What all sinks have: a buffer, and accounts of what did not get through it. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sink_allocate(struct sink *sink, const struct sink_ops *ops, int stop_fd, struct error *err)
{
	*sink = (struct sink){.ops = ops, .fd = -1, .stop_fd = stop_fd};
	sink->buffer.size = ops->capacity + ops->room;
	sink->buffer.data = malloc(sink->buffer.size);
	if (!sink->buffer.data)
		return error_set(err, STATUS_FAILURE, "opening the output: out of memory");
	return 0;
}

bool sink_takes_messages(const struct sink *sink)
{
	return sink->peer;
}

void sink_consume(struct sink *sink, size_t done)
{
	memmove(sink->buffer.data, sink->buffer.data + done, sink->buffer.len - done);
	sink->buffer.len -= done;
}

static bool is_empty(const struct sink *sink)
{
	return sink->buffer.len == 0 && sink->file.header_done == sink->file.header.len;
}

bool sink_flush(struct sink *sink)
{
	int before = sink->failure;

	if (sink_takes_messages(sink))
		message_end(sink);
	if (!sink->ops || sink->gone || is_empty(sink))
		return true;
	sink->failure = sink->ops->write(sink);
	if (sink->failure == EPIPE)
		sink->gone = true;
	if (sink->failure == EPIPE || sink->failure == EAGAIN)
		sink->failure = 0;
	if (!sink->failure)
		sink->untold &= ~(unsigned int)UNTOLD_FAILURE;
	else if (sink->failure != before)
		sink->untold |= UNTOLD_FAILURE;
	return !(sink->untold & UNTOLD_NEWS) && (!sink->failure || sink->failure == before);
}

bool sink_explain(struct sink *sink, struct error *err)
{
	enum untold what = sink->untold & UNTOLD_NEWS ? UNTOLD_NEWS : UNTOLD_FAILURE;

	if (!(sink->untold & what))
		return false;
	sink->untold &= ~(unsigned int)what;
	sink->ops->explain(sink, what, err);
	return true;
}

static bool has_room(const struct sink *sink)
{
	return sink->buffer.size - sink->buffer.len >= (sink->ops ? sink->ops->room : BUFFER_LINE_MAX);
}

/* After a failure a full buffer is not tried again for every line: the caller's flush after each batch does that. */
bool sink_reserve_as(struct sink *sink, const struct label *label)
{
	if (sink_takes_messages(sink))
		message_end(sink);
	if (!has_room(sink) && !sink->failure && !sink->stuck)
		sink_flush(sink);
	if (!has_room(sink)) {
		sink->dropped += label->attempt;
		return false;
	}
	if (sink_takes_messages(sink))
		message_begin(sink, label);
	return true;
}

bool sink_reserve(struct sink *sink)
{
	const struct label label = {.severity = 5};

	return sink_reserve_as(sink, &label);
}

int sink_reopen(struct sink *sink, struct error *err)
{
	return sink->ops->reopen(sink, err);
}

int sink_wait_ms(const struct sink *sink)
{
	return is_empty(sink) || sink->gone ? -1 : sink->ops->wait_ms(sink);
}

const char *sink_advice(const struct sink *sink)
{
	return sink->ops->advice;
}

void sink_close(struct sink *sink)
{
	if (!sink->buffer.data)
		return;
	sink->hurry = true;
	sink_flush(sink);
	sink->ops->close(sink);
	free(sink->buffer.data);
	sink->buffer.data = NULL;
}
