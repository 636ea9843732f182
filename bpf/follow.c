// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descendants: map `pids` grows by the children of those that are in it, and of connsnoop itself (its COMMAND).
 *
 * kprobe/fork on wake_up_new_task(struct task_struct *p) and kprobe/release on release_task(struct task_struct *p), both
 * global and the same in 4.4 to 7.1: a new task has not run yet, and one that is released does not any more. Where there
 * are no kprobes, tracepoints task/task_newtask, sched/sched_process_exec and
 * sched/sched_process_free, whose fields user space has looked up.
 */
#include "emit.h"

static always_inline int is_followed(__u32 tgid)
{
	struct control *word;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(&pids, &tgid))
		return 1;
	word = bpf_map_lookup_elem(&control, &zero);
	return word && word->own_tgid && word->own_tgid == tgid;
}

/* A number that is in the list although its process is new was somebody else's before. */
static always_inline void note_fork(__u32 parent, __u32 child)
{
	__u32 there = 1, cpu = bpf_get_smp_processor_id();
	struct counters *counter;

	if (!is_followed(parent)) {
		bpf_map_delete_elem(&pids, &child);
	} else if (bpf_map_update_elem(&pids, &child, &there, 0)) {
		counter = bpf_map_lookup_elem(&counters, &cpu);
		if (counter)
			COUNT(counter, unfollowed);
	}
}

SEC("kprobe/fork")
int kprobe_fork(struct pt_regs *ctx)
{
	__u32 parent = (__u32)(bpf_get_current_pid_tgid() >> 32);
	__u32 child = read_number(ARG1(ctx) + CONSTANT(TASK_TGID));

	/* One of its own is a thread. */
	if (child && child != parent)
		note_fork(parent, child);
	return 0;
}

/*
 * A process is gone with its first thread's struct. When another thread runs a new program, it takes over that place and
 * releases the old first thread, which up to 5.6 still has the process's number (de_thread(), fs/exec.c).
 */
SEC("kprobe/release")
int kprobe_release(struct pt_regs *ctx)
{
	__u32 pid = read_number(ARG1(ctx) + CONSTANT(TASK_PID));
	__u32 tgid = read_number(ARG1(ctx) + CONSTANT(TASK_TGID));

	if (pid != tgid)
		return 0;
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) == tgid && current_task(KERNEL_SP(ctx)) != ARG1(ctx))
		return 0;
	bpf_map_delete_elem(&pids, &tgid);
	return 0;
}

#define CLONE_THREAD 0x00010000

/* A pointer into the context can't be used for reading unless its offset is known to the verifier. */
SEC("tracepoint/fork")
int tracepoint_fork(void *ctx)
{
	__u32 child = read_number((__u64)ctx + CONSTANT(FORK_PID));

	if (!(read_word((__u64)ctx + CONSTANT(FORK_FLAGS)) & CLONE_THREAD))
		note_fork((__u32)(bpf_get_current_pid_tgid() >> 32), child);
	return 0;
}

/*
 * The same process goes on when another thread than the first runs a new program. Up to 5.6 the old first thread is then
 * freed under the process's number; that one time does not count. Later it has a number of its own, and what is waited for
 * here does not come: the process stays in the list until its number is somebody else's.
 */
SEC("tracepoint/exec")
int tracepoint_exec(void *ctx)
{
	__u32 pid = read_number((__u64)ctx + CONSTANT(EXEC_PID)), once_more = 2;

	if (pid != read_number((__u64)ctx + CONSTANT(EXEC_OLD_PID)) && bpf_map_lookup_elem(&pids, &pid))
		bpf_map_update_elem(&pids, &pid, &once_more, 0);
	return 0;
}

SEC("tracepoint/release")
int tracepoint_release(void *ctx)
{
	__u32 pid = read_number((__u64)ctx + CONSTANT(RELEASE_PID)), *times;

	times = bpf_map_lookup_elem(&pids, &pid);
	if (!times)
		return 0;
	if (*times > 1)
		*times = 1;
	else
		bpf_map_delete_elem(&pids, &pid);
	return 0;
}
