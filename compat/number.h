/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in what the kernel writes. sscanf() would bring ten kilobytes to a small build, most of it for fractions. */
#ifndef CONNSNOOP_NUMBER_H
#define CONNSNOOP_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The decimal number that *text begins with, behind spaces if there are any; *text moves behind it. False, and nothing
 * else happens, where there is none or it needs more than 32 bits.
 */
bool number_take(const char **text, uint32_t *number);

#endif
