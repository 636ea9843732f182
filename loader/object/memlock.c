// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"
#include "sys.h"

#include <sys/resource.h>

/*
 * Maps and programs are charged against RLIMIT_MEMLOCK up to 5.10, and the refusal is EPERM whatever capabilities there
 * are. From 5.11 on a memory cgroup pays and nobody comes here. Without CAP_SYS_RESOURCE only the soft limit moves.
 */
bool object_raise_memlock(void)
{
	struct rlimit before, limit = {RLIM_INFINITY, RLIM_INFINITY};

	if (sys_getrlimit(RLIMIT_MEMLOCK, &before) || before.rlim_cur == RLIM_INFINITY)
		return false;
	if (!sys_setrlimit(RLIMIT_MEMLOCK, &limit))
		return true;
	limit.rlim_cur = limit.rlim_max = before.rlim_max;
	return before.rlim_cur != before.rlim_max && !sys_setrlimit(RLIMIT_MEMLOCK, &limit);
}
