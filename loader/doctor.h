/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_DOCTOR_H
#define CONNSNOOP_DOCTOR_H

#include "options.h"

/* Prints what this kernel offers and which hook would be used, to standard output. Returns the exit status: STATUS_OK
 * where tracing would work, else what tracing would end with. */
int doctor_run(const struct options *options);

#endif
