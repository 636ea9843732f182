/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_UNIQUE_H
#define CONNSNOOP_UNIQUE_H

#include <stdint.h>

/*
 * A number that no other process and no other call has: the kernel's 16 random bytes for this process (AT_RANDOM) and
 * the clock. Not getrandom(2), which waits for entropy and on 4.4 does so for minutes after a quiet machine's boot.
 */
uint64_t unique_number(void);

#endif
