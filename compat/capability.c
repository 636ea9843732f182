// SPDX-License-Identifier: GPL-2.0-or-later
#include "capability.h"

#include "number.h"
#include "sys.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static bool is_effective(cap_t caps, cap_value_t cap)
{
	cap_flag_value_t value;

	return !cap_get_flag(caps, cap, CAP_EFFECTIVE, &value) && value == CAP_SET;
}

bool capability_to_trace(void)
{
	cap_t caps = cap_get_proc();
	bool enough;

	if (!caps)
		return true; /* let the kernel say it */
	enough = is_effective(caps, CAP_SYS_ADMIN) || (is_effective(caps, CAP_BPF) && is_effective(caps, CAP_PERFMON));
	cap_free(caps);
	return enough;
}

bool capability_locked_down(void)
{
	char modes[128];

	return sys_read_file(AT_FDCWD, "/sys/kernel/security/lockdown", modes, sizeof(modes)) > 0 &&
	       strstr(modes, "[confidentiality]");
}

void capability_suspects(char *buf, size_t size)
{
	char status[4096], map[128];
	const char *line, *at = map;
	uint32_t inner, outer, count;

	buf[0] = '\0';
	if (capability_locked_down()) {
		snprintf(buf, size, "the kernel is locked down for confidentiality");
		return;
	}
	if (sys_read_file(AT_FDCWD, "/proc/self/status", status, sizeof(status)) > 0) {
		line = strstr(status, "\nSeccomp:\t");
		if (line && line[10] != '0') {
			snprintf(buf, size, "a seccomp filter (a container's default profile?) forbids it");
			return;
		}
	}
	if (sys_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 && number_take(&at, &inner) &&
	    number_take(&at, &outer) && number_take(&at, &count) && (outer != 0 || count != UINT32_MAX))
		snprintf(buf, size, "this is a user namespace, whose capabilities do not count here");
}
