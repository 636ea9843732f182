// SPDX-License-Identifier: GPL-2.0-or-later
#include "capability.h"

#include "number.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CAPABILITIES 64

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

/* A kernel that knows CAP_BPF has it in the bounding set or not; one that does not says EINVAL. */
static bool is_known(cap_value_t cap)
{
	return cap_get_bound(cap) >= 0;
}

const char *capability_missing_to_trace(void)
{
	cap_t caps = cap_get_proc();
	bool bpf = caps && is_effective(caps, CAP_BPF), perfmon = caps && is_effective(caps, CAP_PERFMON);

	if (caps)
		cap_free(caps);
	if (!is_known(CAP_BPF))
		return "CAP_SYS_ADMIN";
	return perfmon ? "CAP_BPF" : bpf ? "CAP_PERFMON" : "CAP_BPF and CAP_PERFMON";
}

uint64_t capability_held(void)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t value;
	uint64_t held = 0;

	for (cap_value_t cap = 0; caps && cap < CAPABILITIES; cap++) {
		if (!cap_get_flag(caps, cap, CAP_PERMITTED, &value) && value == CAP_SET)
			held |= CAPABILITY(cap);
	}
	if (caps)
		cap_free(caps);
	return held;
}

static int set(uint64_t permitted, uint64_t effective)
{
	cap_t caps = cap_init();
	int result = caps ? 0 : -1;

	for (cap_value_t cap = 0; !result && cap < CAPABILITIES; cap++) {
		if (permitted & CAPABILITY(cap))
			result = cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_SET);
		if (!result && effective & CAPABILITY(cap))
			result = cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_SET);
	}
	if (!result)
		result = cap_set_proc(caps);
	result = result ? -errno : 0;
	if (caps)
		cap_free(caps);
	return result;
}

int capability_use(uint64_t caps)
{
	uint64_t held = capability_held();

	return set(held, held & caps);
}

/* Nothing is run from here on, so that the bounding set is of no use: where it can't be emptied, it stays. */
int capability_keep_only(uint64_t caps)
{
	uint64_t held = capability_held();

	capability_use(held | CAPABILITY(CAP_SETPCAP));
	for (cap_value_t cap = 0; is_known(cap); cap++)
		cap_drop_bound(cap);
	cap_reset_ambient();
	return set(held & caps, held & caps);
}

void capability_list(uint64_t caps, char *buf, size_t size)
{
	static const struct {
		cap_value_t cap;
		const char *name;
	} names[] = {
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},   {CAP_BPF, "CAP_BPF"},   {CAP_PERFMON, "CAP_PERFMON"},
		{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"}, {CAP_KILL, "CAP_KILL"}, {CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"},
		{CAP_IPC_LOCK, "CAP_IPC_LOCK"},
	};
	size_t used = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && used < size; i++) {
		if (caps & CAPABILITY(names[i].cap))
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", names[i].name);
		caps &= ~CAPABILITY(names[i].cap);
	}
	for (cap_value_t cap = 0; cap < CAPABILITIES && used < size; cap++) {
		if (caps & CAPABILITY(cap))
			used += (size_t)snprintf(buf + used, size - used, "%s%d", used ? ", " : "", (int)cap);
	}
}

bool capability_locked_down(void)
{
	char modes[128];

	return sys_read_file(AT_FDCWD, "/sys/kernel/security/lockdown", modes, sizeof(modes)) > 0 &&
	       strstr(modes, "[confidentiality]");
}

const char *capability_missing_for_tracefs(void)
{
	cap_t caps = cap_get_proc();
	bool enough = !caps || is_effective(caps, CAP_SYS_ADMIN);

	if (caps)
		cap_free(caps);
	return enough ? NULL
		      : "where tracefs is mounted it is root's (be root, or add CAP_DAC_OVERRIDE), and to mount it takes CAP_SYS_ADMIN";
}

static bool is_held(cap_value_t cap)
{
	return capability_held() & CAPABILITY(cap);
}

void capability_suspects(char *buf, size_t size)
{
	char status[4096], map[128], paranoid[16];
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
	if (!is_held(CAP_SYS_ADMIN) &&
	    sys_read_file(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid)) > 0 &&
	    paranoid[0] >= '3') {
		snprintf(
			buf, size,
			"perf_event_paranoid is above 2, where kernels of distributions want CAP_SYS_ADMIN: add it, or set 2");
		return;
	}
	if (sys_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 && number_take(&at, &inner) &&
	    number_take(&at, &outer) && number_take(&at, &count) && (outer != 0 || count != UINT32_MAX))
		snprintf(buf, size, "this is a user namespace, whose capabilities do not count here");
}
