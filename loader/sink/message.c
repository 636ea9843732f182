// SPDX-License-Identifier: GPL-2.0-or-later
/* The buffer as a row of messages. Who renders a line appends it as to a file; what belongs around it is put here. */
#include "private.h"

#include "peer.h"

#include <string.h>

void message_begin(struct sink *sink, const struct label *label)
{
	const struct message message = {.attempt = label->attempt};
	struct peer *peer = sink->peer;

	peer->start = sink->buffer.len;
	put_bytes(&sink->buffer, (const char *)&message, sizeof(message));
	sink->ops->begin(sink, label);
	peer->text = sink->buffer.len;
	peer->open = true;
}

void message_end(struct sink *sink)
{
	struct peer *peer = sink->peer;
	struct message message;

	if (!peer->open)
		return;
	peer->open = false;
	if (sink->buffer.len == peer->text) {
		sink->buffer.len = peer->start;
		return;
	}
	memcpy(&message, sink->buffer.data + peer->start, sizeof(message));
	message.skip = (uint16_t)sink->ops->end(sink);
	message.size = (uint32_t)(sink->buffer.len - peer->start - sizeof(message));
	memcpy(sink->buffer.data + peer->start, &message, sizeof(message));
}

bool message_next(const struct sink *sink, size_t *at, struct piece *text)
{
	struct message message;

	if (*at == sink->buffer.len)
		return false;
	memcpy(&message, sink->buffer.data + *at, sizeof(message));
	text->data = sink->buffer.data + *at + sizeof(message) + message.skip;
	text->len = message.size - message.skip;
	text->attempt = message.attempt;
	*at += sizeof(message) + message.size;
	return true;
}

uint64_t sink_forget_messages(struct sink *sink)
{
	struct piece text;
	uint64_t count = 0;
	size_t at = 0;

	message_end(sink);
	peer_take_refusals(sink);
	while (message_next(sink, &at, &text))
		count += text.attempt;
	sink->buffer.len = 0;
	sink->peer->sent = 0;
	return count;
}
