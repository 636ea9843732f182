// SPDX-License-Identifier: GPL-2.0-or-later
#include "unique.h"

#include "clock.h"

#include <string.h>
#include <sys/auxv.h>

uint64_t unique_number(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t number = 0;

	if (random)
		memcpy(&number, random, sizeof(number));
	return number ^ clock_monotonic() * 0x9e3779b97f4a7c15;
}
