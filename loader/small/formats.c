// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of fields without what only other programs' formats have. */
#include "fields.h"

const struct field foreign_fields[] = {{.name = NULL}};
const struct tracee_key tracee_keys[] = {{0}};
