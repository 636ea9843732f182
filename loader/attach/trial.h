/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connects of our own that can't be taken for anybody else's. */
#ifndef CONNSNOOP_TRIAL_H
#define CONNSNOOP_TRIAL_H

#include "error.h"

#include <netinet/in.h>
#include <stdint.h>

struct trial {
	struct sockaddr_in addr; /* sin_zero holds 8 random bytes, which the kernel copies and ignores */
	int fd;
	uint64_t before, after; /* ns, CLOCK_MONOTONIC: the time the attempt was made in */
	int result;		/* what connect said: 0 or a negative errno */
};

int trial_prepare(struct trial *trial, struct error *err);
/* The same one can be made again, as another one than before. */
void trial_renew(struct trial *trial);
void trial_make(struct trial *trial);
uint64_t trial_nonce(const struct trial *trial);
void trial_close(struct trial *trial);

#endif
