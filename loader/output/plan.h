/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of one format in its order, prepared once, so that a line is little more than copying. */
#ifndef CONNSNOOP_PLAN_H
#define CONNSNOOP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attempt;
struct buffer;
struct field;
struct style;

/* Bytes that others chose. */
struct span {
	const uint8_t *bytes;
	size_t len;
};

/* Where a value is had from: fields.h. */
struct source {
	uint8_t kind;	/* enum kind */
	uint16_t limit; /* bytes that are taken of a STRING */
	union {
		size_t offset; /* in struct attempt */
		const char *text;
		struct span (*span)(const struct style *style, const struct attempt *attempt);
		const char *(*word)(const struct style *style, const struct attempt *attempt);
		bool (*put)(struct style *style, struct buffer *buf, const struct attempt *attempt);
	};
};

#define PLAN_COLUMNS 96
#define PLAN_OBJECTS 24
/* A key with its comma, quotes and colon; and all that commonly stands between two values. */
#define PLAN_KEY  40
#define PLAN_GLUE 48
/* Attempts of which the same is known are rendered alike: that many kinds are remembered. */
#define PLAN_LINES 8

struct plan_column {
	const struct field *field;
	const char *absent; /* what stands where it is not known; NULL: nothing */
	uint64_t needs;	    /* the field's */
	uint8_t object;	    /* that it is in */
	uint8_t key_len;    /* 0: the object itself, which may stay empty */
	bool hex;	    /* what is not valid UTF-8 is repeated in hex */
	char key[PLAN_KEY];
};

/* Where in an object a line is: which one is open, and whether nothing is in it yet. */
struct place {
	uint8_t object;
	bool first;
};

/* A value of a line, with all that stands between the one before and it: braces, comma, key. */
struct plan_value {
	struct source source; /* the field's, at hand: the less memory a line takes, the faster it is */
	const struct plan_column *column;
	bool known; /* else what stands for it */
	struct place before;
	uint8_t glue_len; /* 0: too long for `glue` */
	char glue[PLAN_GLUE];
};

struct plan_line {
	uint64_t known; /* 0: not in use */
	unsigned int count;
	uint8_t tail_len;
	char tail[PLAN_OBJECTS + 2]; /* the braces behind the last one, and the newline */
	struct plan_value values[PLAN_COLUMNS];
};

struct plan {
	unsigned int count, object_count; /* count 0: not prepared */
	int format;			  /* enum format: that it is of */
	struct plan_column columns[PLAN_COLUMNS];
	/* The first is the outermost; each has a higher number than what it is in. */
	struct {
		uint8_t parent, key_len;
		char key[PLAN_KEY];
	} objects[PLAN_OBJECTS];
	unsigned int last, next; /* lines: used last, and to be given up next */
	struct plan_line lines[PLAN_LINES];
};

/* Fills in style->plan for its format and for what was asked for. */
void plan_prepare(struct style *style);
/* What a line has of which this is known (enum known). It lives until the next call. */
const struct plan_line *plan_line(struct plan *plan, uint64_t known);

/* Appends what ends a line. */
void plan_leave(const struct plan *plan, struct buffer *buf, struct place place);
/* Appends what stands between a place and a column's value, and returns the place behind that value. */
struct place plan_move(const struct plan *plan, struct buffer *buf, struct place place,
		       const struct plan_column *column);

#endif
