// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

bool number_take(const char **text, uint32_t *number)
{
	const char *at = *text, *first;
	uint64_t value = 0;

	while (*at == ' ' || *at == '\t')
		at++;
	for (first = at; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
		value = value * 10 + (uint64_t)(*at - '0');
	if (at == first || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	*text = at;
	return true;
}
