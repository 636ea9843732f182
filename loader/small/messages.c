// SPDX-License-Identifier: GPL-2.0-or-later
/* The doors of sinks that take messages: there are none of them, so that lines are always bytes. */
#include "../sink/private.h"
#include "output.h"
#include "parts.h"

int sink_open_syslog(struct sink *sink, const char *address, int stop_fd, struct error *err)
{
	(void)sink;
	(void)address;
	(void)stop_fd;
	return parts_check("--syslog", NULL, err);
}

int sink_open_journal(struct sink *sink, int stop_fd, struct error *err)
{
	(void)sink;
	(void)stop_fd;
	return parts_check("--journal", NULL, err);
}

uint64_t sink_forget_messages(struct sink *sink)
{
	(void)sink;
	return 0;
}

void message_begin(struct sink *sink, const struct label *label)
{
	(void)sink;
	(void)label;
}

void message_end(struct sink *sink)
{
	(void)sink;
}

void journal_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	(void)style;
	(void)buf;
	(void)attempt;
}
