// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <stddef.h>

const char *const parts_left_out[] = {
	"-d", "--syslog", "--journal", "--format tracee", "--format tracee2", "--format ecs", "--format ocsf", NULL,
};
