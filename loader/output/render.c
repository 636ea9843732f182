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
