// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "capability.h"
#include "sys.h"
#include "tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

static const char no_kprobe_events[] =
	"there is no kprobe_events: the kernel was built without CONFIG_KPROBE_EVENTS (CONFIG_KPROBE_EVENT before 4.12)";

/* ENOENT has two causes that ask for different things. */
static const char *advice_on_missing(bool has_pmu)
{
	int file, dir = has_pmu ? -1 : tracefs_open("kprobe_events", O_WRONLY | O_APPEND, &file);

	if (!has_pmu && dir < 0)
		return no_kprobe_events;
	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
	return "the kernel has no such function; the security hook's is there with CONFIG_SECURITY_NETWORK";
}

static const char *kprobe_advice(bool has_pmu, int errnum)
{
	switch (errnum) {
	case ENOENT:
		return advice_on_missing(has_pmu);
	case EINVAL:
		return "the function is not there or can't be probed";
	case EBUSY:
		return "the function is being live-patched or the probe is held by another program; try again";
	case ENODEV:
		return "this kernel has no tracefs, or its event numbers are used up";
	default:
		return "try --doctor for what this kernel offers";
	}
}

static const char pmu_type[] = "/sys/bus/event_source/devices/kprobe/type";

static bool has_kprobe_pmu(void)
{
	char type[16];

	return sys_read_file(AT_FDCWD, pmu_type, type, sizeof(type)) > 0;
}

/* Asked before programs are loaded for nothing. */
bool probe_no_kprobes(struct error *err)
{
	int file, dir;

	if (has_kprobe_pmu())
		return false;
	dir = tracefs_open("kprobe_events", O_WRONLY | O_APPEND, &file);
	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
	if (dir != -ENOENT || capability_locked_down())
		return false;
	error_set(err, STATUS_UNSUPPORTED, "setting a kprobe: the kernel says ENOENT through tracefs; %s",
		  no_kprobe_events);
	return true;
}

/*
 * The PMU's answer is final where the symbol is missing or permission is; whatever else it says, tracefs may still do.
 * Kernel answers: ENOENT no such symbol, EILSEQ not at an instruction, EADDRNOTAVAIL several of the name (5.15).
 */
static int open_either_way(struct probe *probe, const char *symbol, bool returns, int prog, struct error *err)
{
	const char *missing = NULL;
	char suspects[160] = "";
	bool has_pmu = true;
	int pmu, result;

	*probe = PROBE_CLOSED;
	pmu = kprobe_pmu_open(probe, symbol, returns, prog);
	if (pmu == 0)
		return 0;
	if (pmu == -ENOENT)
		has_pmu = has_kprobe_pmu();
	if (has_pmu && (pmu == -ENOENT || pmu == -EACCES || pmu == -EPERM))
		result = pmu;
	else
		result = kprobe_tracefs_open(probe, returns ? "r" : "p", symbol, prog);
	if (result == 0)
		return 0;
	/* On 5.4 a lockdown hides the file instead of refusing it. */
	if (result == -ENOENT && capability_locked_down())
		result = -EPERM;
	if (result == -EPERM || result == -EACCES)
		capability_suspects(suspects, sizeof(suspects));
	if (suspects[0] == '\0' && (result == -EPERM || result == -EACCES) && !(has_pmu && result == pmu))
		missing = capability_missing_for_tracefs();
	return error_set(err, error_status(-result, STATUS_UNSUPPORTED),
			 "setting a %s on %s %s: the kernel says %s; %s", returns ? "kretprobe" : "kprobe", symbol,
			 has_pmu && result == pmu ? "by the kprobe PMU" : "through tracefs", ERRNO_NAME(-result),
			 missing       ? missing
			 : suspects[0] ? suspects
				       : kprobe_advice(has_pmu, -result));
}

int probe_open_kprobe(struct probe *probe, const char *symbol, int prog, struct error *err)
{
	return open_either_way(probe, symbol, false, prog, err);
}

int probe_open_kretprobe(struct probe *probe, const char *symbol, unsigned int instances, int prog, struct error *err)
{
	char kind[16];

	*probe = PROBE_CLOSED;
	snprintf(kind, sizeof(kind), "r%u", instances);
	if (tracefs_counts_returns() && !kprobe_tracefs_open(probe, kind, symbol, prog))
		return 0;
	return open_either_way(probe, symbol, true, prog, err);
}

/* BPF programs on the syscalls group came with 4.14 (cf5f5cea270); before, SET_BPF says EINVAL. */
int probe_open_tracepoint(struct probe *probe, const char *group, const char *name, int prog, struct error *err)
{
	struct perf_event_attr attr;
	char path[160];
	int file, result, dir;

	*probe = PROBE_CLOSED;
	snprintf(path, sizeof(path), "events/%s/%s/id", group, name);
	dir = tracefs_open(path, O_RDONLY, &file);
	if (dir < 0) {
		const char *missing = dir == -EPERM || dir == -EACCES ? capability_missing_for_tracefs() : NULL;

		return error_set(err, error_status(-dir, STATUS_UNSUPPORTED),
				 "finding tracepoint %s/%s: the kernel says %s; %s", group, name, ERRNO_NAME(-dir),
				 missing ? missing : "it must be built with CONFIG_FTRACE_SYSCALLS");
	}
	sys_close(file);
	memset(&attr, 0, sizeof(attr));
	attr.size = PERF_ATTR_SIZE_VER0;
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.sample_period = 1;
	result = tracefs_event_id(dir, group, name);
	sys_close(dir);
	if (result >= 0) {
		attr.config = (uint64_t)result;
		result = probe->fd = perf_attach(&attr, prog);
	}
	if (result >= 0)
		return 0;
	return error_set(err, error_status(-result, STATUS_UNSUPPORTED),
			 "attaching to tracepoint %s/%s: the kernel says %s; %s", group, name, ERRNO_NAME(-result),
			 result == -EINVAL   ? "BPF programs on system-call tracepoints need 4.14 or later"
			 : result == -EEXIST ? "before 4.15 only one program can use it, and another one does"
					     : "try --doctor for what this kernel offers");
}
