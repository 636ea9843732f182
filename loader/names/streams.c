// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One segment holds most messages, and then nothing is copied. Segments count only in their order: after a gap there is
 * no telling where a message begins, and the connection is given up.
 */
#include "private.h"

#include <stdlib.h>

static void end_message(struct stream *stream)
{
	free(stream->message);
	stream->message = NULL;
	stream->prefix_len = 0;
	stream->have = stream->want = 0;
}

static void close_stream(struct stream *stream)
{
	end_message(stream);
	stream->open = false;
}

static struct stream *find(struct streams *streams, const struct ends *ends)
{
	for (struct stream *stream = streams->stream; stream < streams->stream + STREAMS; stream++) {
		if (stream->open && !memcmp(&stream->ends, ends, sizeof(*ends)))
			return stream;
	}
	return NULL;
}

static struct stream *oldest(struct streams *streams)
{
	struct stream *best = streams->stream;

	for (struct stream *stream = streams->stream; stream < streams->stream + STREAMS; stream++) {
		if (!stream->open)
			return stream;
		if (stream->used < best->used)
			best = stream;
	}
	streams->broken++;
	return best;
}

void streams_open(struct streams *streams, const struct ends *ends, uint32_t first)
{
	struct stream *stream = find(streams, ends);

	/* Sent again, or seen on another interface. */
	if (stream && stream->first == first)
		return;
	if (!stream)
		stream = oldest(streams);
	close_stream(stream);
	stream->open = true;
	stream->ends = *ends;
	stream->first = first;
	stream->next = first + 1;
	stream->used = ++streams->clock;
}

/* Collects the two bytes of length; returns how many bytes that took. */
static size_t take_prefix(struct stream *stream, const uint8_t *data, size_t len)
{
	size_t taken = 0;

	while (stream->prefix_len < 2 && taken < len)
		stream->prefix[stream->prefix_len++] = data[taken++];
	if (stream->prefix_len == 2)
		stream->want = be16(stream->prefix);
	return taken;
}

/* Collects a message that came in pieces; returns how many bytes that took, 0 where there is no memory for it. */
static size_t collect(struct stream *stream, const uint8_t *data, size_t len)
{
	size_t rest = stream->want - stream->have;

	if (!stream->message)
		stream->message = malloc(stream->want);
	if (!stream->message)
		return 0;
	if (len > rest)
		len = rest;
	memcpy(stream->message + stream->have, data, len);
	stream->have += len;
	return len;
}

/* False: the connection can't be followed any more. */
static bool take(struct stream *stream, const uint8_t *data, size_t len, stream_message *message, void *context)
{
	size_t taken;

	while (len) {
		if (stream->prefix_len < 2) {
			taken = take_prefix(stream, data, len);
		} else if (!stream->message && len >= stream->want) {
			message(context, data, stream->want);
			taken = stream->want;
			end_message(stream);
		} else {
			taken = collect(stream, data, len);
			if (!taken)
				return false;
			if (stream->have == stream->want) {
				message(context, stream->message, stream->want);
				end_message(stream);
			}
		}
		data += taken;
		len -= taken;
	}
	return true;
}

void streams_feed(struct streams *streams, const struct ends *ends, const struct segment *segment,
		  stream_message *message, void *context)
{
	struct stream *stream = find(streams, ends);
	uint32_t seq = segment->seq + segment->syn; /* a SYN counts as a byte before the data */
	uint32_t known;
	bool goes_on;

	if (!stream)
		return;
	stream->used = ++streams->clock;
	known = stream->next - seq;
	goes_on = segment->rst || known < 1U << 31;
	streams->broken += !goes_on;
	/* What is known already is passed over. */
	if (goes_on && !segment->rst && known < segment->len) {
		stream->next = seq + (uint32_t)segment->len;
		goes_on = take(stream, segment->data + known, segment->len - known, message, context);
	}
	if (!goes_on || segment->fin || segment->rst)
		close_stream(stream);
}

void streams_close(struct streams *streams)
{
	for (struct stream *stream = streams->stream; stream < streams->stream + STREAMS; stream++)
		close_stream(stream);
}
