/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a build has: all there is, or by make SMALL=1 what boxes with little flash have a use for (small.mk). */
#ifndef CONNSNOOP_PARTS_H
#define CONNSNOOP_PARTS_H

#include "error.h"

/* left_out.c: options that this build was made without, "-d" or with a value "--format ecs", up to a NULL. */
extern const char *const parts_left_out[];

/* 0, or STATUS_USAGE where this option was left out, or this value of it. NULL: it takes none, or any. */
int parts_check(const char *option, const char *value, struct error *err);

#endif
