// SPDX-License-Identifier: GPL-2.0-or-later
/* What the table says of the caller. */
#include "fields.h"

SPAN_GETTER(get_comm)
{
	(void)style;
	return (struct span){(const uint8_t *)attempt->comm, strlen(attempt->comm)};
}

SPAN_GETTER(get_user)
{
	const char *name = attempt->about.user ? attempt->about.user : users_name(style->users, attempt->uid);

	return (struct span){(const uint8_t *)name, name ? strnlen(name, BUFFER_NAME_MAX) : 0};
}

GETTER(get_start)
{
	put_time(buf, attempt->identity.start + (uint64_t)style->boot);
	return true;
}

WORD_GETTER(get_exe_from)
{
	static const char *const names[] = {NULL, "proc", "gone", "changed"};

	(void)style;
	return (unsigned int)attempt->about.from < 4 ? names[attempt->about.from] : NULL;
}

struct span about_args(const struct about *about)
{
	size_t len = about->args_len < BUFFER_PATH_MAX ? about->args_len : BUFFER_PATH_MAX;

	return (struct span){(const uint8_t *)about->args, len};
}

int put_args_array(struct buffer *buf, const struct about *about)
{
	struct span args = about_args(about);
	int lossy = 0;

	put_char(buf, '[');
	while (args.len) {
		size_t len = strnlen((const char *)args.bytes, args.len), step = len < args.len ? len + 1 : len;

		lossy |= put_json_string(buf, args.bytes, len);
		args.bytes += step;
		args.len -= step;
		if (args.len)
			put_char(buf, ',');
	}
	put_char(buf, ']');
	return lossy;
}

void put_command_line(struct buffer *buf, const struct about *about)
{
	struct span args = about_args(about);

	if (args.len && !args.bytes[args.len - 1])
		args.len--;
	for (size_t i = 0; i < args.len; i++)
		put_char(buf, args.bytes[i] ? (char)args.bytes[i] : ' ');
}

GETTER(get_command_line)
{
	char data[BUFFER_PATH_MAX];
	struct buffer line = {.data = data, .size = sizeof(data)};

	(void)style;
	put_command_line(&line, &attempt->about);
	put_json_string(buf, (const uint8_t *)data, line.len);
	return true;
}

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t before, const void *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		before = (before ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
	return before;
}

GETTER(get_entity)
{
	const uint64_t ticks = attempt->identity.start / 10000000;
	uint64_t sum = hash(0xcbf29ce484222325, style->host.boot_id, strlen(style->host.boot_id));
	uint8_t bytes[8];

	sum = hash(sum, &attempt->pid, sizeof(attempt->pid));
	sum = hash(sum, &ticks, sizeof(ticks));
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(sum >> (56 - 8 * i));
	put_hex(buf, bytes, sizeof(bytes));
	return true;
}
