// SPDX-License-Identifier: GPL-2.0-or-later
/* Which format a line has. */
#include "output.h"

static void prepare(struct style *style)
{
	if (!style->plan.count || style->plan.format != (int)style->format)
		plan_prepare(style);
}

void render_header(struct style *style, struct buffer *buf)
{
	if (!style->header)
		return;
	prepare(style);
	if (style->format == FORMAT_TEXT)
		text_header(style, buf);
	else if (style->format == FORMAT_CSV)
		csv_header(style, buf);
}

void render_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	prepare(style);
	style->sequence++;
	if (style->format == FORMAT_TEXT)
		text_attempt(style, buf, attempt);
	else if (style->format == FORMAT_CSV)
		csv_attempt(style, buf, attempt);
	else
		object_attempt(style, buf, attempt);
}

/* Only the native JSON has words for losses and the summary; standard error has them always. */
void render_lost(struct style *style, struct buffer *buf, uint32_t cpu, uint64_t count)
{
	if (style->format == FORMAT_JSON)
		json_lost(buf, cpu, count);
}

void render_health(struct style *style, struct buffer *buf, const struct finding_of_health *finding)
{
	if (style->format == FORMAT_JSON)
		json_health(buf, finding);
}

void render_summary(struct style *style, struct buffer *buf, const struct accounts *accounts)
{
	if (style->format == FORMAT_JSON)
		json_summary(buf, accounts);
}

/* Text lines of attempts begin with a digit, the header does not; JSON and CSV name the event. Sums count as such, too. */
static bool is_attempt(const struct style *style, const char *line, size_t len)
{
	static const char object[] = "{\"event\":\"security_socket_connect\"", record[] = "security_socket_connect,",
			  sum[] = "{\"event\":\"count";

	switch (style->format) {
	case FORMAT_TEXT:
		return *line >= '0' && *line <= '9';
	case FORMAT_JSON:
		return (len >= sizeof(object) - 1 && !memcmp(line, object, sizeof(object) - 1)) ||
		       (len >= sizeof(sum) - 1 && !memcmp(line, sum, sizeof(sum) - 1));
	case FORMAT_CSV:
		return (len >= sizeof(record) - 1 && !memcmp(line, record, sizeof(record) - 1)) ||
		       (*line >= '0' && *line <= '9');
	default:
		return true;
	}
}

uint64_t render_count(const struct style *style, const struct sink *sink)
{
	const char *line = sink->buffer.data, *end = line + sink->buffer.len, *newline;
	bool torn = sink->torn;
	uint64_t count = 0;

	for (; line < end && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		count += torn ? is_attempt(style, sink->torn_line, strlen(sink->torn_line))
			      : is_attempt(style, line, (size_t)(newline - line));
		torn = false;
	}
	return count;
}
