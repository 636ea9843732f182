// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table for people: columns as wide as what is in them, the sum first, so that it stays in sight whatever others call
 * their sockets.
 */
#include "private.h"

#include "sys.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

/* Home, and clear from there; lines end at the edge and do not wrap (DECAWM), since wrapped ones would scroll. */
#define FRAME_BEGIN "\033[?7l\033[H\033[J"
#define FRAME_END   "\033[?7h"

struct shape {
	enum cell cells[CELLS];
	int count;
	size_t widths[CELLS], number_width;
};

size_t table_room(const struct sink *sink)
{
	const size_t others = 4; /* time, header, (other), and the line that the cursor stands in */
	struct winsize size = {0};

	if (sys_ioctl(sink->fd, TIOCGWINSZ, (unsigned long)(uintptr_t)&size))
		return 0;
	/* A serial line may not know its size. */
	return size.ws_row > others ? size.ws_row - others : size.ws_row ? 1 : 20;
}

bool sink_is_terminal(const struct sink *sink)
{
	return sink->waits && table_room(sink) != 0;
}

/* Columns on the screen: what is no continuation byte of UTF-8. */
static size_t columns_of(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

static size_t width_of_number(uint64_t number)
{
	size_t width = 1;

	while (number /= 10)
		width++;
	return width;
}

static void measure(struct shape *shape, const struct board *board, const struct style *style)
{
	char text[CELL_MAX];

	shape->count = cells_of(board->by, shape->cells);
	shape->number_width = sizeof("COUNT") - 1;
	for (int i = 0; i < shape->count; i++)
		shape->widths[i] = style->header ? strlen(cell_title(shape->cells[i], style)) : 1;
	for (size_t k = 0; k < board->count; k++) {
		size_t width = width_of_number(board->lines[k].count);

		if (width > shape->number_width)
			shape->number_width = width;
		/* The last column needs no width. */
		for (int i = 0; i + 1 < shape->count; i++) {
			struct buffer buf = {.data = text, .size = sizeof(text)};

			put_cell(&buf, shape->cells[i], board->by, &board->lines[k].row->key, style);
			width = columns_of(buf.data, buf.len);
			if (width > shape->widths[i])
				shape->widths[i] = width;
		}
	}
	if (width_of_number(board->other) > shape->number_width)
		shape->number_width = width_of_number(board->other);
}

static void end_cell(struct buffer *buf, size_t from, const struct shape *shape, int i)
{
	size_t width = columns_of(buf->data + from, buf->len - from);

	if (i + 1 == shape->count) {
		put_char(buf, '\n');
		return;
	}
	for (; width <= shape->widths[i]; width++)
		put_char(buf, ' ');
}

static void put_number(struct buffer *buf, uint64_t number, const struct shape *shape)
{
	size_t from = buf->len;

	put_unsigned(buf, number);
	pad_to(buf, from, shape->number_width);
	put_char(buf, ' ');
}

static void put_header(struct buffer *buf, const struct shape *shape, const struct style *style)
{
	size_t from = buf->len;

	put_text(buf, "COUNT");
	pad_to(buf, from, shape->number_width);
	put_char(buf, ' ');
	for (int i = 0; i < shape->count; i++) {
		from = buf->len;
		put_text(buf, cell_title(shape->cells[i], style));
		end_cell(buf, from, shape, i);
	}
}

static void put_line(struct buffer *buf, const struct line *line, unsigned int by, const struct shape *shape,
		     const struct style *style)
{
	put_number(buf, line->count, shape);
	for (int i = 0; i < shape->count; i++) {
		size_t from = buf->len;

		put_cell(buf, shape->cells[i], by, &line->row->key, style);
		end_cell(buf, from, shape, i);
	}
}

static void put_other(struct buffer *buf, uint64_t other, const struct shape *shape)
{
	put_number(buf, other, shape);
	for (int i = 0; i < shape->count; i++) {
		size_t from = buf->len;

		put_text(buf, i + 1 == shape->count ? "(other)" : "-");
		end_cell(buf, from, shape, i);
	}
}

static void put_clock(struct buffer *buf)
{
	time_t now = time(NULL);
	char text[16];
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%H:%M:%S\n", &tm);
	put_text(buf, text);
}

/* What stands above the rows; collectors of messages have no use for it. */
static void put_head(struct buffer *buf, const struct board *board, const struct shape *shape,
		     const struct style *style)
{
	if (board->live)
		put_text(buf, FRAME_BEGIN);
	if (board->timed)
		put_clock(buf);
	if (board->total)
		put_text(buf, "\ntotal\n");
	if (style->header)
		put_header(buf, shape, style);
}

void table_show(const struct board *board, struct style *style, struct sink *sink)
{
	bool messages = sink_takes_messages(sink);
	struct shape shape;

	if (board->timed && !board->live && !board->count && !board->other)
		return;
	measure(&shape, board, style);
	if (!messages && sink_reserve(sink))
		put_head(&sink->buffer, board, &shape, style);
	for (size_t i = 0; i < board->count; i++) {
		if (board_reserve(board, sink))
			put_line(&sink->buffer, &board->lines[i], board->by, &shape, style);
	}
	if (board->other && board_reserve(board, sink))
		put_other(&sink->buffer, board->other, &shape);
	if (!messages && sink_reserve(sink))
		put_text(&sink->buffer, board->live ? FRAME_END : board->timed ? "\n" : "");
}
