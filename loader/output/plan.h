/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields of one format in its order, prepared once, so that a line is little more than copying. */
#ifndef CONNSNOOP_PLAN_H
#define CONNSNOOP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

struct field;
struct style;

#define PLAN_COLUMNS 96
#define PLAN_OBJECTS 24
/* A key with its comma, quotes and colon. All of it is copied, so that the copy has a constant size. */
#define PLAN_KEY 40

struct plan_column {
	const struct field *field;
	const char *absent; /* what stands where it is not known; NULL: nothing */
	uint64_t needs;	    /* the field's */
	uint8_t object;	    /* that it is in */
	uint8_t key_len;
	bool hex; /* what is not valid UTF-8 is repeated in hex */
	char key[PLAN_KEY];
};

/* The columns that attempts have of which the same is known: most are like one of the last few. */
struct plan_line {
	uint64_t known; /* 0: not in use */
	uint8_t count, columns[PLAN_COLUMNS];
	bool is_known[PLAN_COLUMNS]; /* else what stands for it */
};

#define PLAN_LINES 8

struct plan {
	unsigned int count, object_count; /* count 0: not prepared */
	int format;			  /* enum format: that it is of */
	struct plan_column columns[PLAN_COLUMNS];
	/* The first is the outermost. */
	struct {
		uint8_t parent, key_len;
		char key[PLAN_KEY];
	} objects[PLAN_OBJECTS];
	struct plan_line lines[PLAN_LINES];
};

/* Fills in style->plan for its format and for what was asked for. */
void plan_prepare(struct style *style);
/* What a line has of which this is known (enum known). It lives until the next call. */
const struct plan_line *plan_line(struct plan *plan, uint64_t known);

#endif
