// SPDX-License-Identifier: GPL-2.0-or-later
#include "unique.h"

#include <string.h>
#include <sys/auxv.h>
#include <time.h>

uint64_t unique_number(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	struct timespec ts;
	uint64_t number = 0;

	if (random)
		memcpy(&number, random, sizeof(number));
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return number ^ ((uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec) * 0x9e3779b97f4a7c15;
}
