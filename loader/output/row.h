/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the lines of the table of fields: where a value is in struct attempt, or who makes it. */
#ifndef CONNSNOOP_ROW_H
#define CONNSNOOP_ROW_H

#include "fields.h"

#define N16(member)   .kind = NUMBER16, .offset = offsetof(struct attempt, member)
#define N32(member)   .kind = NUMBER32, .offset = offsetof(struct attempt, member)
#define N64(member)   .kind = NUMBER64, .offset = offsetof(struct attempt, member)
#define S32(member)   .kind = SIGNED32, .offset = offsetof(struct attempt, member)
#define T32(member)   .kind = TEXT32, .offset = offsetof(struct attempt, member)
#define T64(member)   .kind = TEXT64, .offset = offsetof(struct attempt, member)
#define PATH(member)  .kind = STRING, .limit = BUFFER_PATH_MAX, .offset = offsetof(struct attempt, member)
#define NAME(member)  .kind = STRING, .limit = BUFFER_NAME_MAX, .offset = offsetof(struct attempt, member)
#define BYTES(getter) .kind = SPAN, .span = (getter)
#define OURS(getter)  .kind = WORD, .word = (getter)
#define TEXT(getter)  .kind = PLAIN, .put = (getter)
#define VALUE(getter) .kind = RAW, .put = (getter)
#define IS(literal)   .kind = LITERAL, .text = (literal)
#define SAYS(literal) .kind = QUOTED, .text = (literal)

#endif
