// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs of bpf/follow.c: on the kernel's functions, where it is known which process a task belongs to; else on the
 * tracepoints of the same moments (4.7, as far as BPF goes).
 */
#include "private.h"

#include "sys.h"
#include "tracefs.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>

static int set_kprobe(struct probe *probe, const char *section, const char *symbol, const struct hook_parts *parts,
		      struct error *err)
{
	int result, prog = object_load_program(parts->object, section, BPF_PROG_TYPE_KPROBE, parts->kernel, err);

	if (prog < 0)
		return -1;
	result = probe_open_kprobe(probe, symbol, prog, err);
	sys_close(prog);
	return result;
}

static int set_kprobes(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	if (!hook->learnt.ids)
		return error_set(err, STATUS_UNSUPPORTED,
				 "where this kernel keeps the numbers of a process could not be learnt");
	return set_kprobe(&hook->follow[0], "kprobe/fork", "wake_up_new_task", parts, err) ||
	       set_kprobe(&hook->follow[1], "kprobe/release", "release_task", parts, err);
}

static const struct field {
	const char *constant, *group, *name, *field;
} fields[] = {
	{"FORK_PID", "task", "task_newtask", "pid"},
	{"FORK_FLAGS", "task", "task_newtask", "clone_flags"},
	{"EXEC_PID", "sched", "sched_process_exec", "pid"},
	{"EXEC_OLD_PID", "sched", "sched_process_exec", "old_pid"},
	{"RELEASE_PID", "sched", "sched_process_free", "pid"},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static int find_fields(const struct hook_parts *parts, struct error *err)
{
	int file, dir = tracefs_open("events/task/task_newtask/format", O_RDONLY, &file), result = 0;

	if (dir < 0)
		return error_set(err, STATUS_UNSUPPORTED, "finding tracepoint task/task_newtask: the kernel says %s",
				 ERRNO_NAME(-dir));
	sys_close(file);
	for (size_t i = 0; !result && i < FIELDS; i++) {
		int offset = tracefs_field(dir, fields[i].group, fields[i].name, fields[i].field);

		if (offset < 0)
			result = error_set(err, STATUS_UNSUPPORTED,
					   "finding field %s of tracepoint %s/%s: the kernel says %s", fields[i].field,
					   fields[i].group, fields[i].name, ERRNO_NAME(-offset));
		else
			result = object_set_constant(parts->object, fields[i].constant, (uint64_t)offset, err);
	}
	sys_close(dir);
	return result;
}

static int set_tracepoint(struct probe *probe, const char *section, const char *group, const char *name,
			  const struct hook_parts *parts, struct error *err)
{
	int result, prog = object_load_program(parts->object, section, BPF_PROG_TYPE_TRACEPOINT, parts->kernel, err);

	if (prog < 0)
		return -1;
	result = probe_open_tracepoint(probe, group, name, prog, err);
	sys_close(prog);
	return result;
}

static int set_tracepoints(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	return find_fields(parts, err) ||
	       set_tracepoint(&hook->follow[0], "tracepoint/fork", "task", "task_newtask", parts, err) ||
	       set_tracepoint(&hook->follow[1], "tracepoint/exec", "sched", "sched_process_exec", parts, err) ||
	       set_tracepoint(&hook->follow[2], "tracepoint/release", "sched", "sched_process_free", parts, err);
}

static void close_all(struct hook *hook)
{
	for (int i = 0; i < 3; i++)
		probe_close(&hook->follow[i]);
}

/*
 * On MIPS a kprobe on wake_up_new_task() or release_task() is the kernel's end within some hundred hits ("Break instruction
 * in kernel code", Debian's 6.1 of 32 and 64 bits, seen with tracefs alone and no program); see hook.c.
 */
#ifdef __mips__
#define KPROBES_CAN_FOLLOW false
#else
#define KPROBES_CAN_FOLLOW true
#endif

int follow_start(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	struct error first, second;

	if (!parts->follow)
		return 0;
	if (KPROBES_CAN_FOLLOW)
		hook->follows = !set_kprobes(hook, parts, &first);
	else
		error_set(&first, STATUS_UNSUPPORTED, "kprobes on fork and exit are not safe on this architecture");
	if (!hook->follows) {
		close_all(hook);
		hook->follows = !set_tracepoints(hook, parts, &second);
	}
	if (hook->follows)
		return 0;
	close_all(hook);
	snprintf(hook->why_no_follow, sizeof(hook->why_no_follow), "%.250s; %.250s", first.text, second.text);
	/* The list is not kept, so it can't decide. */
	return object_set_constant(parts->object, "PID_MODE", 0, err);
}
