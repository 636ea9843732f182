// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a baseline, which may come from anybody: every line is whole and known, or there is no baseline. */
#include "private.h"

#include "sys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK (16 * 1024)

struct reader {
	const char *path;
	struct baseline *baseline;
	struct error *err;
	uint64_t line_number, bytes;
	char line[BASELINE_LINE_MAX + 1];
	size_t len;
};

static int malformed(const struct reader *reader, const char *what)
{
	return error_set(reader->err, STATUS_USAGE, "--check %s: line %llu %s; learn it anew, or put that line right",
			 reader->path, (unsigned long long)reader->line_number, what);
}

/* "# connsnoop baseline 1: comm family addr port" */
static int read_columns(struct reader *reader, const char *names)
{
	unsigned int by = 0;
	int last = -1;

	while (*names) {
		size_t len = strcspn(names, " ");
		int column = column_number(names, len);

		/* In their order, each once: that of the fields. */
		if (column <= last)
			return malformed(reader, "names a column that is none, or out of order");
		last = column;
		by |= BY(column);
		names += len;
		names += *names == ' ' && names[1];
	}
	if (!by || (by & BY(BY_ADDR) && !(by & BY(BY_FAMILY))))
		return malformed(reader, "names no columns, or addr without family");
	if (reader->baseline->by && reader->baseline->by != by)
		return malformed(reader, "names other columns than a line before");
	reader->baseline->by = by;
	return 0;
}

static int read_entry(struct reader *reader)
{
	struct baseline *baseline = reader->baseline;
	char *field, *rest = reader->line;
	union key_room room = {0};

	if (!baseline->by)
		return malformed(reader,
				 "comes before one that begins \"" BASELINE_HEADER "\", so this is no baseline");
	for (enum column column = 0; column < BY_COLUMNS; column++) {
		if (!(baseline->by & BY(column)))
			continue;
		field = strsep(&rest, "\t");
		if (!field)
			return malformed(reader, "has too few fields");
		if (!get_field(field, column, &room))
			return malformed(reader, "has a value that is none");
	}
	if (rest)
		return malformed(reader, "has too many fields");
	if (!rows_take(&baseline->rows, &room.key, BASELINE_ENTRIES_MAX))
		return malformed(reader, baseline->rows.count == BASELINE_ENTRIES_MAX
						 ? "is beyond the million that are taken"
						 : "finds no memory");
	return 0;
}

static int read_line(struct reader *reader)
{
	const size_t prefix = sizeof(BASELINE_HEADER) - 1;

	reader->line[reader->len] = '\0';
	if (!strncmp(reader->line, BASELINE_HEADER, prefix) && reader->line[prefix] == ' ')
		return read_columns(reader, reader->line + prefix + 1);
	if (reader->line[0] == '\0' || reader->line[0] == '#')
		return 0;
	return read_entry(reader);
}

static int take_byte(struct reader *reader, char byte)
{
	int result;

	if (byte == '\n') {
		result = read_line(reader);
		reader->len = 0;
		reader->line_number++;
		return result;
	}
	if (reader->len == BASELINE_LINE_MAX)
		return malformed(reader, "is longer than any entry");
	if (((unsigned char)byte < ' ' && byte != '\t') || byte == 0x7f)
		return malformed(reader, "holds a control character");
	reader->line[reader->len++] = byte;
	return 0;
}

static int read_bytes(struct reader *reader, int fd)
{
	char chunk[CHUNK];
	ssize_t got;

	while ((got = sys_read(fd, chunk, sizeof(chunk))) > 0) {
		reader->bytes += (uint64_t)got;
		if (reader->bytes > BASELINE_BYTES_MAX)
			return error_set(reader->err, STATUS_USAGE, "--check %s: larger than %u bytes, so no baseline",
					 reader->path, BASELINE_BYTES_MAX);
		for (ssize_t i = 0; i < got; i++) {
			if (take_byte(reader, chunk[i]))
				return -1;
		}
	}
	if (got < 0)
		return error_set(reader->err, STATUS_USAGE, "--check %s: reading it: the kernel says %s; give a file",
				 reader->path, ERRNO_NAME((int)-got));
	if (reader->len)
		return malformed(reader, "does not end, so the file was cut off");
	if (!reader->baseline->by)
		return error_set(reader->err, STATUS_USAGE,
				 "--check %s: no line begins \"" BASELINE_HEADER
				 "\", so it is no baseline; make one by --learn",
				 reader->path);
	return 0;
}

int baseline_read(struct baseline **baseline, const char *path, struct error *err)
{
	struct reader reader = {.path = path, .err = err, .line_number = 1};
	int fd, result;

	*baseline = reader.baseline = baseline_new(path, 0, BASELINE_ENTRIES_MAX);
	if (!*baseline)
		return error_set(err, STATUS_FAILURE, "--check %s: out of memory", path);
	fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd < 0)
		return error_set(err, STATUS_USAGE,
				 "--check %s: opening it: the kernel says %s; check the name, or make one by --learn",
				 path, ERRNO_NAME(-fd));
	result = read_bytes(&reader, fd);
	sys_close(fd);
	return result;
}
