/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who the caller is, from the kernel's own structures at the moment of the event. Where in them things lie is learnt at
 * the start (loader/attach/learn_task.c) and comes as constants; IDENTITY has a bit for each part that is asked for and
 * was learnt. A read that fails leaves 0, and so does one through a pointer that is 0.
 */
#ifndef CONNSNOOP_IDENTITY_H
#define CONNSNOOP_IDENTITY_H

#include "maps.h"

static always_inline __u64 read_word(__u64 address)
{
	klong word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return word;
}

static always_inline __u64 read_time(__u64 address)
{
	__u64 time = 0;

	bpf_probe_read_kernel(&time, sizeof(time), (void *)address);
	return time;
}

static always_inline __u32 read_number(__u64 address)
{
	__u32 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), (void *)address);
	return number;
}

/*
 * The current task's struct. Before 4.8 nobody tells, but the struct thread_info at the lower end of a kernel stack begins
 * with a pointer to it (x86; arm64 has no kprobes before 4.8).
 */
static always_inline __u64 current_task(__u64 sp)
{
	if (CONSTANT(TASK_HELPER))
		return (klong)bpf_get_current_task();
	return read_word(sp & ~(CONSTANT(TASK_STACK) - 1));
}

/* struct nsproxy has a pointer to each namespace, and each of these its inode number at a place of its own. */
#define SPACE(nsproxy, NAME) read_number(read_word((nsproxy) + CONSTANT(NSPROXY_##NAME)) + CONSTANT(NAME##_INUM))

static always_inline void read_spaces(struct who *who, __u64 task)
{
	__u64 nsproxy = read_word(task + CONSTANT(TASK_NSPROXY));

	if (CONSTANT(IDENTITY) & IDENTITY_MNT_NS)
		who->mnt_ns = SPACE(nsproxy, MNT);
	if (CONSTANT(IDENTITY) & IDENTITY_NET_NS)
		who->net_ns = SPACE(nsproxy, NET);
	if (CONSTANT(IDENTITY) & IDENTITY_UTS_NS)
		who->uts_ns = SPACE(nsproxy, UTS);
}

/* An entry of struct pid's numbers[]: what one PID namespace calls the process. */
struct upid {
	klong nr; /* and what pads it */
	klong ns;
};

/* struct pid of a task, and its entry at a level. */
static always_inline __u64 upid_at(__u64 task, __u64 level)
{
	return read_word(task + CONSTANT(TASK_THREAD_PID)) + CONSTANT(PID_NUMBERS) + level * CONSTANT(PID_STEP);
}

/* The parent has a number in the caller's namespace if its own is that one or below it. */
static always_inline __u32 ns_ppid(__u64 parent, __u64 level, __u64 ns)
{
	__u64 leader = read_word(parent + CONSTANT(TASK_LEADER)), at;

	if (read_number(read_word(leader + CONSTANT(TASK_THREAD_PID)) + CONSTANT(PID_LEVEL)) < level)
		return 0;
	at = upid_at(leader, level);
	return read_word(at + sizeof(klong)) == ns ? read_number(at) : 0;
}

static always_inline void read_pids(struct who *who, __u64 task, __u64 leader)
{
	__u64 level = read_number(read_word(task + CONSTANT(TASK_THREAD_PID)) + CONSTANT(PID_LEVEL));
	__u64 at = upid_at(task, level), ns = read_word(at + sizeof(klong));

	if (CONSTANT(IDENTITY) & IDENTITY_PID_NS)
		who->pid_ns = read_number(ns + CONSTANT(PID_INUM));
	if (CONSTANT(IDENTITY) & IDENTITY_NS_PID) {
		who->ns_tid = read_number(at);
		who->ns_pid = read_number(upid_at(leader, level));
		who->ns_ppid = ns_ppid(read_word(task + CONSTANT(TASK_PARENT)), level, ns);
	}
}

#define IDENTITY_SPACES (IDENTITY_MNT_NS | IDENTITY_NET_NS | IDENTITY_UTS_NS)
#define IDENTITY_PIDS	(IDENTITY_NS_PID | IDENTITY_PID_NS)
#define IDENTITY_TASK	(IDENTITY_ALL & ~IDENTITY_CGROUP_ID)

static always_inline void read_task(struct who *who, __u64 task)
{
	__u64 leader;

	if (CONSTANT(IDENTITY) & IDENTITY_PPID)
		who->ppid = read_number(read_word(task + CONSTANT(TASK_PARENT)) + CONSTANT(TASK_TGID));
	if (CONSTANT(IDENTITY) & (IDENTITY_START | IDENTITY_PIDS)) {
		leader = read_word(task + CONSTANT(TASK_LEADER));
		if (CONSTANT(IDENTITY) & IDENTITY_START)
			who->start = read_time(leader + CONSTANT(TASK_START));
		if (CONSTANT(IDENTITY) & IDENTITY_PIDS)
			read_pids(who, task, leader);
	}
	if (CONSTANT(IDENTITY) & IDENTITY_SPACES)
		read_spaces(who, task);
	if (CONSTANT(IDENTITY) & IDENTITY_USER_NS)
		who->user_ns = read_number(read_word(read_word(task + CONSTANT(TASK_CRED)) + CONSTANT(CRED_USER)) +
					   CONSTANT(USER_INUM));
}

/* Which parts are there the reader sees by their not being 0, but for a parent outside. */
static always_inline void read_who(struct who *who, __u64 time, __u64 sp)
{
	__builtin_memset(who, 0, sizeof(*who));
	who->time = time;
	who->parts = (__u32)CONSTANT(IDENTITY);
	if (CONSTANT(IDENTITY) & IDENTITY_TASK)
		read_task(who, current_task(sp));
	if (CONSTANT(IDENTITY) & IDENTITY_CGROUP_ID)
		who->cgroup_id = bpf_get_current_cgroup_id();
}

#endif
