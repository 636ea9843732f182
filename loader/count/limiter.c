// SPDX-License-Identifier: GPL-2.0-or-later
/* The first of each key, or so many a second by the kernel's time. */
#include "private.h"

#include <errno.h>
#include <stdlib.h>

struct limiter {
	unsigned int by;
	uint64_t max_keys, rate;
	struct rows rows;
	uint64_t suppressed, unlimited;
};

int limiter_open(struct limiter **result, unsigned int by, uint64_t max_keys, uint64_t rate, struct error *err)
{
	struct limiter *limiter = calloc(1, sizeof(*limiter));

	*result = limiter;
	if (!limiter)
		return error_set(err, STATUS_FAILURE, "preparing --once or --rate: out of memory");
	limiter->by = by;
	limiter->max_keys = max_keys;
	limiter->rate = rate;
	rows_open(&limiter->rows);
	return 0;
}

void limiter_close(struct limiter *limiter)
{
	if (limiter)
		rows_close(&limiter->rows);
	free(limiter);
}

bool limiter_passes(struct limiter *limiter, const struct attempt *attempt)
{
	uint64_t second = attempt->time / 1000000000;
	union key_room room;
	struct row *row;

	key_of(&room, attempt, limiter->by);
	row = rows_take(&limiter->rows, &room.key, limiter->max_keys);
	if (!row) {
		limiter->unlimited++;
		return true;
	}
	/* Several CPUs' rings may come a little out of order: time does not go back here. */
	if (limiter->rate && second > row->second) {
		row->second = second;
		row->passed = 0;
	}
	if (row->passed < (limiter->rate ? limiter->rate : 1)) {
		row->passed++;
		return true;
	}
	row->count++;
	limiter->suppressed++;
	return false;
}

uint64_t limiter_suppressed(const struct limiter *limiter)
{
	return limiter->suppressed;
}

uint64_t limiter_unlimited(const struct limiter *limiter)
{
	return limiter->unlimited;
}

int limiter_show(const struct limiter *limiter, uint64_t top, struct style *style, struct sink *sink)
{
	struct board board = {.event = "suppressed", .by = limiter->by};

	board.lines = malloc((limiter->rows.count + 1) * sizeof(*board.lines));
	if (!board.lines)
		return -ENOMEM;
	for (size_t i = 0; i < limiter->rows.room; i++) {
		const struct row *row = limiter->rows.slots[i];

		if (row && row->count)
			board.lines[board.count++] = (struct line){row, row->count};
	}
	board_sort(&board, top);
	board_show(&board, style, sink);
	free(board.lines);
	return 0;
}
