// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rung for kernels without kprobes. Native calls pass syscalls/sys_enter_connect, which costs others little, and where
 * there is socketcall(2) syscalls/sys_enter_socketcall; calls through a 32-bit table pass only the entry of all system
 * calls, where a second program waits for them if this kernel has such a table. Before 4.14 the first two take no BPF
 * program and the last serves for all.
 */
#include "private.h"

#include "kernel.h"
#include "bpf_attr.h"
#include "sys.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

static int take_place(struct hook *hook, int prog, const char *name)
{
	hook->probes[hook->place_count].prog = prog;
	snprintf(hook->places[hook->place_count], sizeof(hook->places[0]), "tracepoint:%s", name);
	hook->place_count++;
	return 0;
}

static int open_raw(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	static const char name[] = "sys_enter";
	struct probe *probe = &hook->probes[hook->place_count];
	union bpf_attr attr;
	int prog = object_load_program(parts->object, "raw_tracepoint/sys_enter", BPF_PROG_TYPE_RAW_TRACEPOINT,
				       parts->kernel, err);

	if (prog < 0)
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)name;
	attr.raw_tracepoint.prog_fd = (uint32_t)prog;
	*probe = PROBE_CLOSED;
	probe->fd = sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_SIZE(raw_tracepoint));
	if (probe->fd >= 0)
		return take_place(hook, prog, "raw_syscalls/sys_enter");
	sys_close(prog);
	return error_set(
		err, error_status(-probe->fd, STATUS_UNSUPPORTED),
		"attaching to raw tracepoint %s: bpf(BPF_RAW_TRACEPOINT_OPEN) says %s; the kernel must have CONFIG_FTRACE_SYSCALLS",
		name, ERRNO_NAME(-probe->fd));
}

static int open_perf(struct hook *hook, const char *section, const char *group, const char *name,
		     const struct hook_parts *parts, struct error *err)
{
	char full[64];
	int prog = object_load_program(parts->object, section, BPF_PROG_TYPE_TRACEPOINT, parts->kernel, err);

	if (prog < 0)
		return -1;
	if (probe_open_tracepoint(&hook->probes[hook->place_count], group, name, prog, err)) {
		sys_close(prog);
		return -1;
	}
	snprintf(full, sizeof(full), "%s/%s", group, name);
	return take_place(hook, prog, full);
}

/* The entry of all system calls: by raw tracepoint (4.17), which shows the registers, else by its perf event (4.7). */
static int open_all_calls(struct hook *hook, bool native, const struct hook_parts *parts, struct error *err)
{
	struct error raw;

	/* Their returns are seen by none of our programs. */
	if (object_set_constant(parts->object, "NATIVE", native, err) ||
	    object_set_constant(parts->object, "RESULT", 0, err) ||
	    object_set_constant(parts->object, "PLACE", (uint64_t)hook->place_count, err))
		return -1;
	if (!open_raw(hook, parts, &raw))
		return 0;
	return open_perf(hook, "tracepoint/sys_enter", "raw_syscalls", "sys_enter", parts, err);
}

static int open_socketcall(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	if (object_set_constant(parts->object, "PLACE", (uint64_t)hook->place_count, err))
		return -1;
	return open_perf(hook, "tracepoint/socketcall", "syscalls", "sys_enter_socketcall", parts, err);
}

static int open_other_calls(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	enum other_calls others = kernel_other_calls();

	if (others == OTHER_CALLS_NONE || (others == OTHER_CALLS_SOCKETCALL && !open_socketcall(hook, parts, err)))
		return 0;
	return open_all_calls(hook, false, parts, err);
}

int tracepoint_start(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	struct error first;
	bool native;

	learn_by_tracepoint(hook, parts);
	if (learn_set_constants(hook, parts, err) || follow_start(hook, parts, err))
		return -1;
	native = !CONNECT_HAS_TRACEPOINT ||
		 open_perf(hook, "tracepoint/connect", "syscalls", "sys_enter_connect", parts, &first);
	hook->has_sockfd = true;
	strcpy(hook->name, "tracepoint");
	if (native && open_all_calls(hook, true, parts, err)) {
		if (CONNECT_HAS_TRACEPOINT)
			*err = first;
		return -1;
	}
	if (!native)
		hook->misses_calls = open_other_calls(hook, parts, &first) != 0;
	strcpy(hook->name, hook->places[0]);
	return 0;
}
