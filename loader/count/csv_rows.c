// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4180, with lines that end as everybody's here do. Fields are those of baselines, which hold no odd byte. */
#include "private.h"

#include "clock.h"

/*
 * Of what a field may hold only the comma and the quote are special. An abstract name stands with its NUL, since a field
 * that begins with @ would be a formula to a spreadsheet. What is not known is not there.
 */
static void put_csv_field(struct buffer *buf, enum column column, const struct key *key)
{
	char text[CELL_MAX];
	struct buffer field = {.data = text, .size = sizeof(text)};
	bool quotes;

	put_field(&field, column, key);
	if (field.len == 1 && text[0] == '-')
		return;
	quotes = memchr(text, ',', field.len) || memchr(text, '"', field.len);
	if (quotes)
		put_char(buf, '"');
	for (size_t i = 0; i < field.len; i++) {
		if (i == 0 && text[0] == '@')
			put_text(buf, "\\x00");
		else if (text[i] == '"')
			put_text(buf, "\"\"");
		else
			put_char(buf, text[i]);
	}
	if (quotes)
		put_char(buf, '"');
}

void csv_rows_header(unsigned int by, struct buffer *buf)
{
	put_text(buf, "time,count");
	for (enum column column = 0; column < BY_COLUMNS; column++) {
		if (!(by & BY(column)))
			continue;
		put_char(buf, ',');
		put_text(buf, column_name(column));
	}
	put_text(buf, ",first,last\n");
}

static void put_row(struct buffer *buf, const struct board *board, const struct row *row)
{
	for (enum column column = 0; column < BY_COLUMNS; column++) {
		if (!(board->by & BY(column)))
			continue;
		put_char(buf, ',');
		if (row)
			put_csv_field(buf, column, &row->key);
	}
	put_char(buf, ',');
	if (row && board->sums)
		put_time(buf, row->first + (uint64_t)board->wall);
	put_char(buf, ',');
	if (row && board->sums)
		put_time(buf, row->last + (uint64_t)board->wall);
	put_char(buf, '\n');
}

void csv_rows(const struct board *board, struct style *style, struct sink *sink)
{
	uint64_t now = clock_monotonic() + (uint64_t)style->wall;

	for (size_t i = 0; i < board->count + (board->other != 0); i++) {
		bool other = i == board->count;

		if (!board_reserve(board, sink))
			continue;
		put_time(&sink->buffer, now);
		put_char(&sink->buffer, ',');
		put_unsigned(&sink->buffer, other ? board->other : board->lines[i].count);
		put_row(&sink->buffer, board, other ? NULL : board->lines[i].row);
	}
}
