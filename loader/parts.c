// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <stdio.h>
#include <string.h>

int parts_check(const char *option, const char *value, struct error *err)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", option, value ? " " : "", value ? value : "");
	for (const char *const *part = parts_left_out; *part; part++) {
		if (!strcmp(*part, name))
			return error_set(
				err, STATUS_USAGE,
				"%s: this is a small build (make SMALL=1), which was made without it; leave it out, or take a whole one",
				name);
	}
	return 0;
}
