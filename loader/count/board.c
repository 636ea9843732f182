// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines in their order, and who writes them. */
#include "private.h"

#include <stdlib.h>

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

bool board_reserve(const struct board *board, struct sink *sink)
{
	/* Sums are missed where they can't be written; what was suppressed was not to be shown in the first place. */
	const struct label label = {.id = board->event, .severity = board->sums ? 6 : 5, .attempt = board->sums};

	return sink_reserve_as(sink, &label);
}
