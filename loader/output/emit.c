// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes where: lines into a file; messages, which have to tell all by themselves, to syslog and the journal. */
#include "output.h"

void emit_attempt(struct sink *sink, struct style *style, const struct attempt *attempt)
{
	const struct label label = {
		.id = "connect",
		.severity = 6,
		.attempt = true,
		.time = attempt->time + (uint64_t)style->wall,
	};

	if (!sink_reserve_as(sink, &label))
		return;
	if (style->journal)
		journal_attempt(style, &sink->buffer, attempt);
	else
		render_attempt(style, &sink->buffer, attempt);
}

/* A format that has no words for it leaves that to standard error, which a collector never sees. */
void emit_lost(struct sink *sink, struct style *style, uint32_t cpu, uint64_t count)
{
	const struct label label = {.id = "lost", .severity = 4};
	struct buffer *buf = &sink->buffer;
	size_t len;

	if (!sink_reserve_as(sink, &label))
		return;
	len = buf->len;
	render_lost(style, buf, cpu, count);
	if (buf->len > len || !sink_takes_messages(sink))
		return;
	put_text(buf, "lost ");
	put_unsigned(buf, count);
	put_text(buf, " attempts on CPU ");
	put_unsigned(buf, cpu);
	put_text(buf, ": its buffer was full\n");
}

void emit_health(struct sink *sink, struct style *style, const struct finding_of_health *finding)
{
	const struct label label = {.id = "health", .severity = finding->good ? 5 : 4};
	struct buffer *buf = &sink->buffer;
	size_t len;

	if (!sink_reserve_as(sink, &label))
		return;
	len = buf->len;
	render_health(style, buf, finding);
	if (buf->len > len || !sink_takes_messages(sink))
		return;
	put_text(buf, finding->detail);
	put_char(buf, '\n');
}

void put_accounts(struct buffer *buf, const struct accounts *accounts)
{
	put_unsigned(buf, accounts->attempts);
	put_text(buf, " attempts = ");
	put_unsigned(buf, accounts->counting ? accounts->counted : accounts->shown);
	put_text(buf, accounts->counting ? " counted + " : " shown + ");
	put_unsigned(buf, accounts->filtered);
	put_text(buf, " filtered + ");
	if (accounts->limiting) {
		put_unsigned(buf, accounts->suppressed);
		put_text(buf, " suppressed + ");
	}
	put_unsigned(buf, accounts->lost);
	put_text(buf, " lost");
}

void emit_summary(struct sink *sink, struct style *style, const struct accounts *accounts)
{
	const struct label label = {.id = "summary", .severity = 5};
	struct buffer *buf = &sink->buffer;
	size_t len;

	if (!sink_reserve_as(sink, &label))
		return;
	len = buf->len;
	render_summary(style, buf, accounts);
	if (buf->len > len || !sink_takes_messages(sink))
		return;
	put_accounts(buf, accounts);
	put_char(buf, '\n');
}

void emit_forget(struct sink *sink, const struct style *style)
{
	uint64_t count = sink_takes_messages(sink) ? sink_forget_messages(sink) : render_count(style, sink);

	sink->dropped += count;
}
