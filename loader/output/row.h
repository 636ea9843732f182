/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the lines of the table of fields: where a value is in struct attempt, or who makes it. */
#ifndef CONNSNOOP_ROW_H
#define CONNSNOOP_ROW_H

#include "fields.h"

/* clang-format off */
#define AT(kind_, member) {.kind = (kind_), .offset = offsetof(struct attempt, member)}
#define N16(member) AT(NUMBER16, member)
#define N32(member) AT(NUMBER32, member)
#define N64(member) AT(NUMBER64, member)
#define S32(member) AT(SIGNED32, member)
#define T32(member) AT(TEXT32, member)
#define T64(member) AT(TEXT64, member)
#define PATH(member) {.kind = STRING, .limit = BUFFER_PATH_MAX, .offset = offsetof(struct attempt, member)}
#define NAME(member) {.kind = STRING, .limit = BUFFER_NAME_MAX, .offset = offsetof(struct attempt, member)}
#define BYTES(getter) {.kind = SPAN, .span = (getter)}
#define OURS(getter) {.kind = WORD, .word = (getter)}
#define TEXT(getter) {.kind = PLAIN, .put = (getter)}
#define VALUE(getter) {.kind = RAW, .put = (getter)}
#define IS(literal) {.kind = LITERAL, .text = (literal)}
#define SAYS(literal) {.kind = QUOTED, .text = (literal)}
/* clang-format on */

#endif
