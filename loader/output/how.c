// SPDX-License-Identifier: GPL-2.0-or-later
/* What the table says of the attempt itself: when, by what way, how it ended. */
#include "fields.h"

GETTER(get_time)
{
	put_event_time(style, buf, attempt->time);
	return true;
}

GETTER(get_sequence)
{
	(void)attempt;
	put_unsigned(buf, style->sequence);
	return true;
}

WORD_GETTER(get_via)
{
	(void)style;
	return via_name(attempt->via);
}

WORD_GETTER(get_hook)
{
	return style->places[attempt->place];
}

WORD_GETTER(get_outcome)
{
	static const char *const names[] = {NULL, "unknown", "success", "in_progress", "failure"};

	(void)style;
	return names[attempt->result.outcome];
}

GETTER(get_verdict)
{
	(void)style;
	put_text(buf, attempt->result.verdict ? ERRNO_NAME(-attempt->result.verdict) : "allowed");
	return true;
}

int failure_of(const struct attempt *attempt)
{
	return attempt->result.outcome == OUTCOME_FAILURE ? -attempt->result.error : 0;
}

GETTER(get_error)
{
	(void)style;
	put_text(buf, ERRNO_NAME(failure_of(attempt)));
	return true;
}

void put_listed(struct buffer *buf, const char **before, const char *word, const char *between)
{
	put_text(buf, *before);
	put_text(buf, word);
	*before = between;
}

void put_tags(struct buffer *buf, uint32_t tags, const char **before, const char *between)
{
	static const char *const names[] = {"addr_select", "nscd"};

	_Static_assert(TAGS_NAMED == (1 << sizeof(names) / sizeof(names[0])) - 1, "a name for each");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (tags & 1U << i)
			put_listed(buf, before, names[i], between);
	}
}

void put_message(struct buffer *buf, const struct attempt *attempt)
{
	text_word(buf, (const uint8_t *)attempt->comm, strlen(attempt->comm));
	put_text(buf, attempt->disconnect ? " disconnects descriptor " : " connects descriptor ");
	put_signed(buf, attempt->sockfd);
	if (attempt->has_type) {
		put_text(buf, " of type ");
		put_type_name(buf, attempt->type);
	}
	if (!attempt->disconnect) {
		put_text(buf, " to ");
		text_address(buf, attempt);
	}
	if (attempt->via != VIA_UNKNOWN) {
		put_text(buf, " by ");
		put_text(buf, via_name(attempt->via));
	}
	if (failure_of(attempt)) {
		put_text(buf, ": ");
		put_text(buf, ERRNO_NAME(failure_of(attempt)));
	}
}
