// SPDX-License-Identifier: GPL-2.0-or-later
/* Sums by key, of what user space saw and of what the kernel counted. */
#include "private.h"

#include "bpf_attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct sums {
	unsigned int by;
	uint64_t max_keys; /* that user space finds; the kernel's maps have bounds of their own */
	struct rows rows;
	uint64_t here, kernel;		   /* all that was counted by each */
	uint64_t other_here, other_kernel; /* of that: no room for the key */
	uint64_t other_told;
	int64_t wall; /* as of the first table: a moment is to have the same time in all of them */
};

/* A clock that was set, and not the jitter of reading two. */
#define CLOCK_STEP 1000000

int sums_open(struct sums **result, unsigned int by, uint64_t max_keys, struct error *err)
{
	struct sums *sums = calloc(1, sizeof(*sums));

	*result = sums;
	if (!sums)
		return error_set(err, STATUS_FAILURE, "preparing to count: out of memory");
	sums->by = by;
	sums->max_keys = max_keys;
	rows_open(&sums->rows);
	return 0;
}

void sums_close(struct sums *sums)
{
	if (sums)
		rows_close(&sums->rows);
	free(sums);
}

/* NULL: there is no room. */
static struct row *take_row(struct sums *sums, const struct attempt *attempt, uint64_t first, uint64_t max)
{
	union key_room room;
	struct row *row;

	key_of(&room, attempt, sums->by);
	row = rows_take(&sums->rows, &room.key, max);
	if (!row)
		return NULL;
	if (!row->first || first < row->first) {
		row->first = first;
		if (!(sums->by & BY(BY_COMM)))
			memcpy(row->comm, attempt->comm, COMM_SIZE);
	}
	if (attempt->time > row->last)
		row->last = attempt->time;
	return row;
}

void sums_add(struct sums *sums, const struct attempt *attempt)
{
	struct row *row = take_row(sums, attempt, attempt->time, sums->max_keys);

	sums->here++;
	if (row)
		row->count++;
	else
		sums->other_here++;
}

/* A key is a part of an event; so it is decoded as one. */
static void add_kernel_sum(struct sums *sums, const struct count_key *key, bool is_long, const struct count_sum *sum)
{
	struct attempt attempt;
	struct event event;
	struct row *row;

	memset(&event, 0, sizeof(event));
	event.time = sum->last;
	memcpy((uint8_t *)&event + offsetof(struct event, pid_tgid), key, is_long ? COUNT_KEY_LONG : COUNT_KEY_SHORT);
	if (!(sums->by & BY(BY_COMM)))
		memcpy(event.comm, sum->comm, COMM_SIZE);
	attempt_decode(&attempt, 0, &event, EVENT_SIZE_LONG);
	row = take_row(sums, &attempt, sum->first, UINT64_MAX);
	sums->kernel += sum->count;
	if (row)
		row->kernel += sum->count;
	else
		sums->other_kernel += sum->count;
}

/*
 * No key is ever taken out, so that a walk from key to key meets each that was there when it began. A key that is not
 * there stands before the first one (NULL does so only since 4.12), and this one never is: flags are others.
 */
static int read_map(struct sums *sums, int map, bool is_long)
{
	struct count_key key, next;
	struct count_sum sum;
	int result;

	memset(&key, 0xff, sizeof(key));
	memset(&next, 0, sizeof(next));
	while (!(result = bpf_map_access(BPF_MAP_GET_NEXT_KEY, map, &key, &next))) {
		result = bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &next, &sum);
		if (result)
			return result;
		add_kernel_sum(sums, &next, is_long, &sum);
		key = next;
	}
	return result == -ENOENT ? 0 : result;
}

int sums_read(struct sums *sums, const struct object *object, uint64_t other)
{
	int result;

	for (size_t i = 0; i < sums->rows.room; i++) {
		if (sums->rows.slots[i])
			sums->rows.slots[i]->kernel = 0;
	}
	sums->kernel = sums->other_kernel = other;
	result = read_map(sums, object_map_fd(object, "counts_short"), false);
	return result ? result : read_map(sums, object_map_fd(object, "counts_long"), true);
}

uint64_t sums_total(const struct sums *sums)
{
	return sums->here + sums->kernel;
}

uint64_t sums_in_kernel(const struct sums *sums)
{
	return sums->kernel;
}

uint64_t sums_other(const struct sums *sums)
{
	return sums->other_here + sums->other_kernel;
}

void sums_header(const struct sums *sums, const struct style *style, struct buffer *buf)
{
	if (style->format == FORMAT_CSV && style->header)
		csv_rows_header(sums->by, buf);
}

/* Sums do not go back, but for those that could not be read this time. */
static uint64_t since(uint64_t sum, uint64_t told)
{
	return sum > told ? sum - told : 0;
}

static uint64_t sum_of(const struct row *row, bool since_last)
{
	return since(row->count + row->kernel, since_last ? row->told : 0);
}

/* The next table is of what comes after this one. */
static void remember(struct sums *sums)
{
	for (size_t i = 0; i < sums->rows.room; i++) {
		if (sums->rows.slots[i])
			sums->rows.slots[i]->told += sum_of(sums->rows.slots[i], true);
	}
	sums->other_told += since(sums_other(sums), sums->other_told);
}

int sums_show(struct sums *sums, const struct sums_view *view, struct style *style, struct sink *sink)
{
	struct board board = {
		.event = "count",
		.by = sums->by,
		.sums = true,
		.timed = view->timed,
		.total = view->total,
		.live = view->live,
		.other = since(sums_other(sums), view->since_last ? sums->other_told : 0),
	};
	int64_t step = style->wall - sums->wall;
	uint64_t top = view->top, room = view->live ? table_room(sink) : 0;

	if (step > CLOCK_STEP || step < -CLOCK_STEP)
		sums->wall = style->wall;
	board.wall = sums->wall;
	board.lines = malloc((sums->rows.count + 1) * sizeof(*board.lines));
	if (!board.lines)
		return -ENOMEM;
	for (size_t i = 0; i < sums->rows.room; i++) {
		const struct row *row = sums->rows.slots[i];

		if (row && sum_of(row, view->since_last))
			board.lines[board.count++] = (struct line){row, sum_of(row, view->since_last)};
	}
	board_sort(&board, room && (!top || room < top) ? room : top);
	board_show(&board, style, sink);
	free(board.lines);
	if (view->since_last)
		remember(sums);
	return 0;
}
