// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines in their order, and who writes them. */
#include "private.h"

#include <stdlib.h>
#include <time.h>

static int compare_lines(const void *a, const void *b)
{
	const struct line *one = a, *two = b;

	if (one->count != two->count)
		return one->count < two->count ? 1 : -1;
	return key_compare(&one->row->key, &two->row->key);
}

void board_sort(struct board *board, uint64_t top)
{
	if (board->count)
		qsort(board->lines, board->count, sizeof(*board->lines), compare_lines);
	while (top && board->count > top)
		board->other += board->lines[--board->count].count;
}

void board_show(const struct board *board, struct style *style, struct sink *sink)
{
	if (style->format == FORMAT_JSON)
		json_rows(board, style, sink);
	else if (style->format == FORMAT_CSV)
		csv_rows(board, style, sink);
	else
		table_show(board, style, sink);
}

void put_utc(struct buffer *buf, uint64_t wall)
{
	time_t second = (time_t)(wall / 1000000000);
	char text[32];
	struct tm tm;

	gmtime_r(&second, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	put_text(buf, text);
	put_char(buf, '.');
	put_digits(buf, wall % 1000000000, 9);
	put_char(buf, 'Z');
}
