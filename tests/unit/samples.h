/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attempts of every kind that a format has to have words for, with all that can be known of them. */
#ifndef CONNSNOOP_SAMPLES_H
#define CONNSNOOP_SAMPLES_H

#include "output.h"

/* Makes one; NULL behind the last, else what it is. The attempt points into itself and into what is static. */
const char *sample_make(size_t number, struct attempt *attempt);
/* A string of BUFFER_PATH_MAX bytes, all the worst there is: each becomes six in JSON, and two more in hex. */
const char *sample_worst(void);
/* 2026-08-22T10:11:12.123456789Z for the attempts' time, on host1. */
void sample_style(struct style *style, enum format format);

#endif
