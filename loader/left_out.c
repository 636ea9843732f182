// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <stddef.h>

const char *const parts_left_out[] = {NULL};
