// SPDX-License-Identifier: GPL-2.0-or-later
/* Which format a line has. */
#include "output.h"

void render_header(struct style *style, struct buffer *buf)
{
	if (style->format == FORMAT_TEXT && style->header)
		text_header(style, buf);
}

void render_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	if (style->format == FORMAT_JSON)
		json_attempt(style, buf, attempt);
	else
		text_attempt(style, buf, attempt);
}

/* In text, losses and the summary are for standard error, where the caller says them. */
void render_lost(struct style *style, struct buffer *buf, uint32_t cpu, uint64_t count)
{
	if (style->format == FORMAT_JSON)
		json_lost(buf, cpu, count);
}

void render_summary(struct style *style, struct buffer *buf, const struct accounts *accounts)
{
	if (style->format == FORMAT_JSON)
		json_summary(buf, accounts);
}

/* Text lines of attempts begin with a digit, the header does not; JSON objects say what they are. */
static bool is_attempt(const struct style *style, const char *line)
{
	static const char lost[] = "{\"event\":\"lost\"", summary[] = "{\"event\":\"summary\"";

	if (style->format == FORMAT_TEXT)
		return *line >= '0' && *line <= '9';
	return strncmp(line, lost, sizeof(lost) - 1) != 0 && strncmp(line, summary, sizeof(summary) - 1) != 0;
}

uint64_t render_count(const struct style *style, const struct sink *sink)
{
	const char *line = sink->buffer.data, *end = line + sink->buffer.len, *newline;
	bool torn = sink->torn;
	uint64_t count = 0;

	for (; line < end && (newline = memchr(line, '\n', (size_t)(end - line))); line = newline + 1) {
		count += is_attempt(style, torn ? sink->torn_line : line);
		torn = false;
	}
	return count;
}
