// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of /proc/PID/stat and /proc/PID/status, whose names others chose. */
#include "private.h"

#include <string.h>

/* Numbers in proc(5): state is 3. */
enum field {
	FIELD_STATE = 3,
	FIELD_PPID = 4,
	FIELD_FLAGS = 9,
	FIELD_START = 22,
	FIELD_CODE = 26,
	FIELD_STACK = 28,
	FIELD_LAST = FIELD_STACK,
};

/* A word of digits, perhaps negative, which then counts as 0: none of the fields that are wanted can be. */
static bool parse_number(const char *word, size_t len, uint64_t *number)
{
	*number = 0;
	if (len > 1 && word[0] == '-')
		return true;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9' || *number > UINT64_MAX / 10)
			return false;
		*number = *number * 10 + (uint64_t)(word[i] - '0');
	}
	return len > 0;
}

static bool set_field(struct stat_line *stat, int field, const char *word, size_t len)
{
	uint64_t number;

	if (field == FIELD_STATE) {
		stat->state = word[0];
		return len == 1;
	}
	if (!parse_number(word, len, &number))
		return false;
	if (field == FIELD_PPID)
		stat->ppid = (uint32_t)number;
	else if (field == FIELD_FLAGS)
		stat->flags = (uint32_t)number;
	else if (field == FIELD_START)
		stat->start = number;
	else if (field == FIELD_CODE)
		stat->code = number;
	else if (field == FIELD_STACK)
		stat->stack = number;
	return true;
}

/* "PID (COMM) S PPID ...": a name may hold anything, the rest no parenthesis, so the name ends at the last one. */
bool stat_parse(const char *text, size_t len, struct stat_line *stat)
{
	const char *open = memchr(text, '(', len), *close = memrchr(text, ')', len), *end = text + len;
	size_t comm;
	int field = FIELD_STATE;

	memset(stat, 0, sizeof(*stat));
	if (!open || !close || close < open)
		return false;
	comm = (size_t)(close - open - 1);
	memcpy(stat->comm, open + 1, comm < COMM_SIZE - 1 ? comm : COMM_SIZE - 1);
	for (const char *at = close + 1; at < end && field <= FIELD_LAST; field++) {
		const char *word = at + 1, *stop;

		if (*at != ' ' || word == end)
			return false;
		stop = memchr(word, ' ', (size_t)(end - word));
		if (!stop)
			stop = end[-1] == '\n' ? end - 1 : end;
		if (!set_field(stat, field, word, (size_t)(stop - word)))
			return false;
		at = stop;
	}
	return field > FIELD_LAST;
}

unsigned int status_last_number(const char *text, const char *key, uint32_t *number)
{
	size_t len = strlen(key);
	unsigned int count = 0;

	while (text && strncmp(text, key, len) != 0) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	for (text = text ? text + len : ""; *text == '\t' || *text == ' ';) {
		size_t digits = strspn(++text, "0123456789");
		uint64_t value;

		if (!digits || !parse_number(text, digits, &value))
			break;
		*number = (uint32_t)value;
		count++;
		text += digits;
	}
	return count;
}
