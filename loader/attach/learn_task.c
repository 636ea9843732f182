// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where in struct task_struct things lie differs with every version, configuration and vendor's patches. So the structs of
 * three tasks are looked at whose facts are known: this process, a thread of it, and a child. What fits all of them at one
 * place, and at one only, is believed. What was not found, or at several places, is not told of.
 */
#include "private.h"

#include "clock.h"
#include "kernel.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELPER_CGROUP_ID 80

/* Time for all of it, in ns: on a machine so slow that it does not do, starting counts more. */
#define PATIENCE 5000000000

/* What a number of /proc/PID/stat is worth: user space's ticks are 100 a second on all architectures here. */
#define TICK 10000000

/* Namespaces are made for the child only where they are asked for. */
#define IDENTITY_SPACES \
	(IDENTITY_NS_PID | IDENTITY_MNT_NS | IDENTITY_PID_NS | IDENTITY_NET_NS | IDENTITY_USER_NS | IDENTITY_UTS_NS)

const char *learnt_name(enum learnt_at at)
{
	static const char *const names[LEARNT_AT] = {
		[TASK_PID] = "TASK_PID",
		[TASK_TGID] = "TASK_TGID",
		[TASK_PARENT] = "TASK_PARENT",
		[TASK_LEADER] = "TASK_LEADER",
		[TASK_START] = "TASK_START",
		[TASK_NSPROXY] = "TASK_NSPROXY",
		[NSPROXY_MNT] = "NSPROXY_MNT",
		[MNT_INUM] = "MNT_INUM",
		[NSPROXY_NET] = "NSPROXY_NET",
		[NET_INUM] = "NET_INUM",
		[NSPROXY_UTS] = "NSPROXY_UTS",
		[UTS_INUM] = "UTS_INUM",
		[TASK_THREAD_PID] = "TASK_THREAD_PID",
		[PID_LEVEL] = "PID_LEVEL",
		[PID_NUMBERS] = "PID_NUMBERS",
		[PID_STEP] = "PID_STEP",
		[PID_INUM] = "PID_INUM",
		[TASK_CRED] = "TASK_CRED",
		[CRED_USER] = "CRED_USER",
		[USER_INUM] = "USER_INUM",
		[TASK_HELPER] = "TASK_HELPER",
		[TASK_STACK] = "TASK_STACK",
	};

	return names[at];
}

/* --- what is known --- */

/* Of a process that /proc calls so. */
static void note_spaces(const struct study *study, struct specimen *specimen, const char *process)
{
	static const char *const names[SPACES] = {"uts", "mnt", "net", "pid", "user"};
	char path[48];
	struct stat status;

	for (enum space space = 0; study->wanted & IDENTITY_SPACES && space < SPACES; space++) {
		snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, names[space]);
		specimen->spaces[space] = sys_stat(path, &status) ? 0 : (uint32_t)status.st_ino;
	}
}

/* Field 22 of proc(5)'s stat, behind the name in parentheses, which may hold anything. */
static uint64_t start_from_proc(void)
{
	char text[1024], *at;

	if (sys_read_file(AT_FDCWD, "/proc/self/stat", text, sizeof(text)) <= 0)
		return 0;
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) * TICK : 0;
}

/* slabinfo(5): name, active_objs, num_objs, objsize. Slower than sysfs, but SLAB has nothing else. */
static size_t size_from_slabinfo(const char *name)
{
	static const size_t room = 64 * 1024;
	char *text = malloc(room), *at = NULL, start[40];
	size_t size = 0;

	snprintf(start, sizeof(start), "\n%s ", name);
	if (text && sys_read_file(AT_FDCWD, "/proc/slabinfo", text, room) > 0)
		at = strstr(text, start);
	if (at) {
		at += strlen(start);
		strtoul(at, &at, 10);
		strtoul(at, &at, 10);
		size = strtoul(at, NULL, 10);
	}
	free(text);
	return size;
}

size_t learn_size(const char *slab)
{
	char path[80], text[32];
	size_t size;

	snprintf(path, sizeof(path), "/sys/kernel/slab/%s/object_size", slab);
	if (sys_read_file(AT_FDCWD, path, text, sizeof(text)) > 0)
		size = strtoul(text, NULL, 10);
	else
		size = size_from_slabinfo(slab);
	return size ? size : SIZE_MAX;
}

static void keep_specimen(struct study *study, struct specimen *specimen)
{
	specimen->size = peek_take(&study->peeker, specimen->bytes, sizeof(specimen->bytes));
	if (specimen->size > study->task_size)
		specimen->size = study->task_size;
	specimen->address = study->peeker.task;
	specimen->tid = (uint32_t)study->peeker.pid_tgid;
	specimen->tgid = (uint32_t)(study->peeker.pid_tgid >> 32);
}

static void take_specimen(struct study *study, struct specimen *specimen)
{
	if (!peek_wish(&study->peeker, 0, sizeof(specimen->bytes)))
		return;
	trial_make(study->peeker.trial);
	keep_specimen(study, specimen);
}

static bool has_ids(const struct specimen *specimen, size_t at)
{
	return at + 8 <= specimen->size && number_at(specimen->bytes, at) == specimen->tid &&
	       number_at(specimen->bytes, at + 4) == specimen->tgid;
}

/*
 * Without the helper the struct is found by the stack, of whose size the smallest is known that it can be (attach.h): the
 * next ones are tried as well. Nothing but a task has its numbers in it.
 */
static bool find_self(struct study *study, uint32_t stack_size)
{
	bool helper = study->learnt->at[TASK_HELPER];

	for (int i = 0; i < (helper ? 1 : 3); i++) {
		study->peeker.stack_size = stack_size << i;
		take_specimen(study, &study->self);
		for (size_t at = 0; at < study->self.size; at += 4) {
			if (!has_ids(&study->self, at) || !is_pointer(study->self.address))
				continue;
			study->learnt->at[TASK_STACK] = helper ? 0 : study->peeker.stack_size;
			return study->self.tid == study->self.tgid;
		}
	}
	return false;
}

/* --- what follows --- */

/* pid and tgid, side by side since 2.5. In the thread they differ. */
static bool learn_ids(struct study *study)
{
	size_t found = 0, count = 0;

	for (size_t at = 0; at < study->thread.size; at += 4) {
		if (!has_ids(&study->thread, at) || !has_ids(&study->self, at) || !has_ids(&study->child, at))
			continue;
		found = at;
		count++;
	}
	if (count != 1 || study->thread.tid == study->thread.tgid || study->child.tgid == study->self.tgid)
		return false;
	study->learnt->at[TASK_PID] = (uint32_t)found;
	study->learnt->at[TASK_TGID] = (uint32_t)found + 4;
	return true;
}

static uint64_t word_of(const struct specimen *specimen, size_t at)
{
	return at + WORD <= specimen->size ? word_at(specimen->bytes, at) : 0;
}

static uint64_t time_of(const struct specimen *specimen, size_t at)
{
	return at + 8 <= specimen->size ? time_at(specimen->bytes, at) : 0;
}

/* The task there is the one whose process getppid() names, in the initial PID namespace; elsewhere one of another process. */
static bool is_parent(struct study *study, uint64_t task)
{
	uint32_t ids[2];

	if (!is_pointer(task) ||
	    peek_read(&study->peeker, task + study->learnt->at[TASK_PID], ids, sizeof(ids)) < sizeof(ids))
		return false;
	return study->self.tgid == study->pid ? ids[1] == study->ppid : ids[1] != study->self.tgid;
}

/* A word that holds the parent in all specimens: the child's is this process, the thread's the same as this process's. */
static bool may_be_parent(struct study *study, size_t at)
{
	uint64_t parent = word_of(&study->self, at);

	return word_of(&study->child, at) == study->self.address && word_of(&study->thread, at) == parent &&
	       word_of(&study->again, at) == parent && is_parent(study, parent);
}

/*
 * real_parent, and beside it the parent that a debugger takes the place of. Other words can hold the parent for a while:
 * last_wakee (sched.h, with SMP), if waking it was the last that happened. They have no such neighbour.
 */
static bool learn_parent(struct study *study)
{
	size_t single = 0, pair = 0, singles = 0, pairs = 0;

	for (size_t at = 0; at < study->child.size; at += WORD) {
		if (!may_be_parent(study, at))
			continue;
		if (singles && single == at - WORD) {
			pair = single;
			pairs++;
		}
		single = at;
		singles++;
	}
	study->learnt->at[TASK_PARENT] = (uint32_t)(pairs ? pair : single);
	return pairs == 1 || singles == 1;
}

/* So many words behind real_parent, wherever that is: parent, children and sibling, which are lists, come before it. */
#define PARENT_TO_LEADER (6 * WORD)

/*
 * Registers that were saved when the task gave up its processor (struct thread_struct) may hold its address as well: then
 * it is the one that stands where it has to behind the parent.
 */
static bool learn_leader(struct study *study)
{
	size_t due = study->learnt->at[TASK_PARENT] + PARENT_TO_LEADER, found = 0, count = 0;
	bool is_due = false;

	for (size_t at = 0; at < study->thread.size; at += WORD) {
		if (word_of(&study->thread, at) != study->self.address ||
		    word_of(&study->self, at) != study->self.address ||
		    word_of(&study->child, at) != study->child.address)
			continue;
		is_due |= study->learnt->parts & IDENTITY_PPID && at == due;
		found = at;
		count++;
	}
	study->learnt->at[TASK_LEADER] = (uint32_t)(is_due ? due : found);
	return is_due || count == 1;
}

/* This process's start did not change, and is what /proc says of it; the child's lies between two looks at the clock. */
static bool is_start(const struct study *study, size_t at)
{
	uint64_t self = time_of(&study->self, at), child = time_of(&study->child, at);

	return study->self_start && self >= study->self_start && self - study->self_start < TICK &&
	       time_of(&study->again, at) == self && child >= study->child_start[0] && child <= study->child_start[1];
}

/* start_time, of CLOCK_MONOTONIC, and behind it start_boottime (5.5; real_start_time before), read just after it. */
static bool learn_start(struct study *study)
{
	size_t found = 0, count = 0;

	for (size_t at = 0; at < study->child.size; at += WORD) {
		if (!is_start(study, at))
			continue;
		if (count && (count > 1 || at != found + 8))
			return false;
		found = at;
		count++;
	}
	study->learnt->at[TASK_START] = (uint32_t)found;
	return count > 0;
}

static void conclude(struct study *study)
{
	struct learnt *learnt = study->learnt;
	bool leader;

	learnt->ids = learn_ids(study);
	if (!learnt->ids)
		return;
	if (learn_parent(study))
		learnt->parts |= IDENTITY_PPID;
	leader = learn_leader(study);
	if (leader && learn_start(study))
		learnt->parts |= IDENTITY_START;
	if (study->wanted & IDENTITY_SPACES)
		learn_spaces(study);
	if (!leader || !(learnt->parts & IDENTITY_PPID))
		learnt->parts &= ~IDENTITY_NS_PID;
	learnt->parts &= study->wanted;
}

/* --- the three --- */

static void in_thread(void *context)
{
	struct study *study = context;

	take_specimen(study, &study->thread);
}

/* What the child leaves one by one: a kernel may lack one kind or refuse it. What stays the same teaches nothing. */
static size_t spaces_to_leave(uint32_t wanted, int leave[SPACES])
{
	static const struct {
		uint32_t part;
		int flag;
	} kinds[] = {
		{IDENTITY_UTS_NS, CLONE_NEWUTS},
		{IDENTITY_MNT_NS, CLONE_NEWNS},
		{IDENTITY_NET_NS, CLONE_NEWNET},
		{IDENTITY_USER_NS, CLONE_NEWUSER},
	};
	size_t count = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (wanted & kinds[i].part)
			leave[count++] = kinds[i].flag;
	}
	return count;
}

/* A PID namespace can't be left, only be born into. What is seen of the child is seen at its birth. */
static int open_child(struct study *study, struct sys_puppet *puppet, unsigned long flags)
{
	int leave[SPACES], result;
	size_t count = spaces_to_leave(study->wanted, leave);

	if (!peek_wish(&study->peeker, 0, sizeof(study->child.bytes)))
		return -ETIME;
	study->child_start[0] = clock_boottime();
	result = sys_puppet_open(puppet, flags, leave, count);
	study->child_start[1] = clock_boottime();
	if (!result)
		keep_specimen(study, &study->child);
	return result;
}

/* All conclusions are drawn while the child lives, and with it what its struct points to. */
static void study_child(struct study *study)
{
	unsigned long flags = study->wanted & (IDENTITY_NS_PID | IDENTITY_PID_NS) ? CLONE_NEWPID : 0;
	const struct trial *trial = study->peeker.trial;
	struct sys_puppet puppet = {
		.sock = trial->fd,
		.addr = (const struct sockaddr *)&trial->addr,
		.addrlen = sizeof(trial->addr),
	};
	char process[16];

	if (open_child(study, &puppet, flags) && (!flags || open_child(study, &puppet, 0)))
		return;
	snprintf(process, sizeof(process), "%d", puppet.pid);
	note_spaces(study, &study->child, process);
	conclude(study);
	sys_puppet_close(&puppet);
}

static void note_facts(struct study *study)
{
	uid_t user[3] = {0};
	gid_t group[3] = {0};

	getresuid(&user[0], &user[2], &user[1]);
	getresgid(&group[0], &group[2], &group[1]);
	for (int i = 0; i < 3; i++) {
		study->ids[2 * i] = user[i];
		study->ids[2 * i + 1] = group[i];
	}
	study->pid = (uint32_t)getpid();
	study->ppid = (uint32_t)getppid();
	study->initial_ids = initial_user_namespace();
	note_spaces(study, &study->self, "self");
	study->self_start = start_from_proc();
	study->task_size = learn_size("task_struct");
	/* "cred" since KMEM_CACHE() makes it (6.9) */
	study->cred_size = learn_size("cred_jar");
	if (study->cred_size == SIZE_MAX)
		study->cred_size = learn_size("cred");
}

static void look_around(struct study *study, uint32_t stack_size)
{
	note_facts(study);
	if (!find_self(study, stack_size) || sys_thread(in_thread, study))
		return;
	take_specimen(study, &study->again);
	study_child(study);
}

void learn_task(struct hook *hook, const struct hook_parts *parts, int type, struct trial *trial)
{
	struct study *study = calloc(1, sizeof(*study));
	bool helper = kernel_has_helper(parts->kernel, type, HELPER_CURRENT_TASK);

	if (!study)
		return;
	hook->learnt.at[TASK_HELPER] = helper;
	study->learnt = &hook->learnt;
	study->wanted = parts->identity;
	study->peeker = (struct peeker){
		.map = object_map_fd(parts->object, "peeks"),
		.trial = trial,
		.deadline = clock_monotonic() + PATIENCE,
	};
	if ((parts->identity & ~IDENTITY_CGROUP_ID) || parts->follow)
		look_around(study, hook->stack_size);
	if (parts->identity & IDENTITY_CGROUP_ID && kernel_has_helper(parts->kernel, type, HELPER_CGROUP_ID))
		hook->learnt.parts |= IDENTITY_CGROUP_ID;
	free(study);
}

int learn_set_constants(const struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	for (enum learnt_at at = 0; at < LEARNT_AT; at++) {
		if (object_set_constant(parts->object, learnt_name(at), hook->learnt.at[at], err))
			return -1;
	}
	/* A filter that the kernel can't apply is the reader's. */
	if (!(hook->learnt.parts & IDENTITY_NET_NS) && object_set_constant(parts->object, "NETNS_MODE", 0, err))
		return -1;
	return object_set_constant(parts->object, "IDENTITY", hook->learnt.parts, err);
}
