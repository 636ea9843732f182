/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_COUNT_PRIVATE_H
#define CONNSNOOP_COUNT_PRIVATE_H

#include "counting.h"

#include "attempt.h"

/* What of the chosen columns is known. */
enum known {
	KNOWN_FAMILY = 1,
	KNOWN_TYPE = 2,
	KNOWN_ADDR = 4, /* also that a UNIX address is unnamed */
	KNOWN_PORT = 8,
	KNOWN_CGROUP = 16,
	KNOWN_NETNS = 32,
	KEY_ABSTRACT = 64,
	KEY_UNREADABLE = 128,
};

/*
 * What attempts are put together by. Columns that were not chosen, and bytes that are not known, are 0, so that two keys
 * are the same where their bytes are. An address implies its family.
 */
struct key {
	uint64_t cgroup_id;
	uint32_t pid, tid, uid, net_ns;
	uint32_t scope_id; /* a part of an IPv6 address; 0: none */
	uint16_t family, type, port;
	uint8_t known;
	uint8_t addr_len;
	char comm[COMM_SIZE];
	uint8_t addr[]; /* 4 or 16 bytes, or a name without an abstract one's NUL */
};

#define KEY_ADDR_MAX 108

/* Where one is made. */
union key_room {
	struct key key;
	uint8_t bytes[sizeof(struct key) + KEY_ADDR_MAX];
};

/* key.c */
void key_of(union key_room *room, const struct attempt *attempt, unsigned int by);
size_t key_size(const struct key *key);
/* As memcmp(3), by columns in their order. */
int key_compare(const struct key *a, const struct key *b);
/* Points into the key. */
void key_address(const struct key *key, struct address *address);

struct row {
	uint64_t count; /* that user space saw; of a limit: that it suppressed */
	union {
		struct {		      /* sums */
			uint64_t kernel;      /* that the kernel counted, as last read */
			uint64_t told;	      /* of both: in tables that were shown */
			uint64_t first, last; /* ns, CLOCK_MONOTONIC */
		};
		struct {			 /* limits */
			uint64_t second, passed; /* that were shown in it */
		};
	};
	char comm[COMM_SIZE]; /* of the first, where it is no column */
	struct key key;
};

/* rows.c: a hash table that takes memory as it grows. */
struct rows {
	struct row **slots;
	size_t room, count; /* of slots, a power of two; of rows */
	uint64_t seed[2];   /* others choose names: they shall not choose where in the table they come to lie */
};

void rows_open(struct rows *rows);
void rows_close(struct rows *rows);
struct row *rows_find(const struct rows *rows, const struct key *key);
/* Finds it or adds it, zeroed; NULL where there are `max` rows already, or is no memory. */
struct row *rows_take(struct rows *rows, const struct key *key, uint64_t max);

/* cells.c */
enum cell {
	CELL_PID,
	CELL_TID,
	CELL_USER,
	CELL_COMM,
	CELL_FAMILY,
	CELL_TYPE,
	CELL_NETNS,
	CELL_CGROUP,
	CELL_PORT,
	CELL_ADDRESS, /* with the port where that is chosen, too */
	CELLS
};

/* In the order of a table; returns how many. */
int cells_of(unsigned int by, enum cell cells[CELLS]);
const char *cell_title(enum cell cell, const struct style *style);
/* As it stands in a table. */
void put_cell(struct buffer *buf, enum cell cell, unsigned int by, const struct key *key, const struct style *style);

/* Room for any cell, and for any field of a baseline. */
#define CELL_MAX 1024

/* baseline_field.c: a column's value as baselines write it: printable ASCII, each value in one form. */
void put_field(struct buffer *buf, enum column column, const struct key *key);
/* The value into a key that has those of the columns before it; false where it is none. */
bool get_field(const char *text, enum column column, union key_room *room);

struct baseline {
	const char *path;
	unsigned int by;
	uint64_t max_keys;
	struct rows rows;
};

#define BASELINE_HEADER	  "# connsnoop baseline 1:"
#define BASELINE_LINE_MAX 1024

/* NULL: no memory. */
struct baseline *baseline_new(const char *path, unsigned int by, uint64_t max_keys);

/* One line of a table. */
struct line {
	const struct row *row;
	uint64_t count;
};

struct board {
	const char *event; /* what a line is in JSON */
	unsigned int by;
	bool timed, total, live; /* as in struct sums_view */
	bool sums;		 /* of attempts between row->first and row->last, */
	int64_t wall;		 /* ns to add to these for the time of day */
	struct line *lines;
	size_t count;
	uint64_t other; /* what is in none of the lines */
};

/* The largest lines first; what is beyond `top` (0: none is) goes to `other`. */
void board_sort(struct board *board, uint64_t top);
/* Room for one of its lines; false: there is none, and a sum is counted as dropped. To syslog and the journal it is a message. */
bool board_reserve(const struct board *board, struct sink *sink);
/* Appends the board in the style's format. */
void board_show(const struct board *board, struct style *style, struct sink *sink);

/* table.c: for people. How many rows fit the terminal; 0: it is none. */
size_t table_room(const struct sink *sink);
void table_show(const struct board *board, struct style *style, struct sink *sink);
/* json_rows.c, csv_rows.c: for programs. */
void json_rows(const struct board *board, struct style *style, struct sink *sink);
void csv_rows(const struct board *board, struct style *style, struct sink *sink);
void csv_rows_header(unsigned int by, struct buffer *buf);

#endif
