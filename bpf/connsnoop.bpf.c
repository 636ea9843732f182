// SPDX-License-Identifier: GPL-2.0-only
/* All programs in one object: one set of maps. */
#include ARCH_HEADER
#include "emit.h"

#include "connect.c"
#include "follow.c"
#include "learn.c"
#include "result.c"
#include "tracepoint.c"

SEC("license") char _license[] = "GPL";
