// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "clock.h"
#include "sys.h"
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SPACES \
	(IDENTITY_NS_PID | IDENTITY_MNT_NS | IDENTITY_PID_NS | IDENTITY_NET_NS | IDENTITY_USER_NS | IDENTITY_UTS_NS)

/*
 * A process that has ended is still known by its number for so long. The kernel gives numbers in turn, so that one comes
 * again after some 32,000 others; but whoever restores processes (clone3 with set_tid) may choose.
 */
#define RECENT_NS 100000000

/* Which processes this procfs is about. */
enum numbering {
	NUMBERS_OF_ATTEMPTS, /* those of the initial PID namespace */
	NUMBERS_OF_OURS,     /* those of our own one, which is another */
	NUMBERS_OF_OTHERS,
};

struct identities {
	struct identity_wants wants;
	int proc;
	enum numbering numbering;
	uint32_t own_pid_ns;
	uint64_t tick;		/* ns */
	uint64_t suspended;	/* ns that CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC */
	struct look_wants look; /* what a visit is for */
	struct users *users;
	bool has_last_uid;
	uint32_t last_uid;
	const char *last_user;
	struct cgroup_filter *cgroups;
	struct identity_gaps gaps;
	struct cache cache;
	struct look seen;
};

/* What can be said of the process that made an attempt. */
enum finding { FINDING_NONE, FINDING_GONE, FINDING_CHANGED, FINDING_FOUND };

/* A caller as this procfs numbers it. */
struct caller {
	uint32_t pid, tid;
};

/* The number that a procfs has for whoever asks (proc_self_get_link(), fs/proc/self.c); 0: we are not in its namespace. */
static uint32_t own_number(int proc)
{
	char link[16] = "";
	uint32_t number = 0;

	if (sys_readlinkat(proc, "self", link, sizeof(link) - 1) <= 0)
		return 0;
	for (const char *at = link; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (uint32_t)(*at - '0');
	return number;
}

static void learn_numbering(struct identities *identities)
{
	uint32_t number = own_number(identities->proc);
	struct identity own = {0};
	int dir;

	identities->numbering = NUMBERS_OF_OTHERS;
	if (number == identities->wants.own_tgid) {
		identities->numbering = NUMBERS_OF_ATTEMPTS;
		return;
	}
	dir = sys_openat(identities->proc, "self", O_PATH | O_DIRECTORY, 0);
	if (dir < 0)
		return;
	if (number == (uint32_t)getpid() &&
	    look_at_namespaces(identities->proc, dir, number, 0, IDENTITY_PID_NS, &own)) {
		identities->numbering = NUMBERS_OF_OURS;
		identities->own_pid_ns = own.pid_ns;
	}
	sys_close(dir);
}

/* A quarter of what may be open: rings and outputs need theirs. */
static unsigned int dirs_max(void)
{
	struct rlimit limit;

	if (sys_getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / 4 >= CACHE_DIRS)
		return CACHE_DIRS;
	return limit.rlim_cur < 4 ? 1 : (unsigned int)(limit.rlim_cur / 4);
}

int identities_open(struct identities **result, const struct identity_wants *wants, struct error *err)
{
	struct identities *identities = calloc(1, sizeof(*identities));
	bool filters = wants->cgroups && wants->cgroups->count;

	*result = identities;
	if (identities)
		identities->proc = -1;
	if (!identities || !cache_open(&identities->cache, dirs_max()))
		goto no_memory;
	identities->wants = *wants;
	identities->tick = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	identities->users = wants->about ? users_read("/etc/passwd") : NULL;
	identities->cgroups = filters ? cgroup_filter_new(wants->cgroups) : NULL;
	if (filters && !identities->cgroups)
		goto no_memory;
	identities->look = (struct look_wants){
		.exe = wants->about,
		.args = wants->args,
		.cgroup = wants->about || filters,
		.filter = identities->cgroups,
	};
	identities->proc = sys_openat(AT_FDCWD, wants->proc, O_PATH | O_DIRECTORY, 0);
	if (identities->proc < 0)
		return error_set(
			err, STATUS_FAILURE,
			"opening %s for the identity of callers: the kernel says %s; mount procfs there, or do without",
			wants->proc, ERRNO_NAME(-identities->proc));
	learn_numbering(identities);
	return 0;
no_memory:
	return error_set(err, STATUS_FAILURE, "preparing the identity of callers: out of memory");
}

void identities_close(struct identities *identities)
{
	if (!identities)
		return;
	cache_close(&identities->cache);
	cgroup_filter_free(identities->cgroups);
	users_free(identities->users);
	if (identities->proc >= 0)
		sys_close(identities->proc);
	free(identities);
}

bool identities_strange_proc(const struct identities *identities)
{
	return identities->numbering != NUMBERS_OF_ATTEMPTS;
}

struct identity_gaps identities_gaps(const struct identities *identities)
{
	return identities->gaps;
}

static bool find_caller(const struct identities *identities, const struct attempt *attempt, struct caller *caller)
{
	const struct identity *identity = &attempt->identity;
	const uint32_t needed = IDENTITY_NS_PID | IDENTITY_PID_NS;

	switch (identities->numbering) {
	case NUMBERS_OF_ATTEMPTS:
		*caller = (struct caller){attempt->pid, attempt->tid};
		return true;
	case NUMBERS_OF_OURS:
		*caller = (struct caller){identity->ns_pid, identity->ns_tid};
		return (identity->parts & needed) == needed && identity->pid_ns == identities->own_pid_ns;
	case NUMBERS_OF_OTHERS:
		break;
	}
	return false;
}

/* Its directory, held or opened anew. Where too many are open, ours are the first to be closed. */
static int open_process(struct identities *identities, struct process *process)
{
	char name[16];
	int dir;

	if (process->dir >= 0)
		return process->dir;
	snprintf(name, sizeof(name), "%u", process->pid);
	dir = sys_openat(identities->proc, name, O_PATH | O_DIRECTORY, 0);
	if ((dir == -EMFILE || dir == -ENFILE) && cache_release_all(&identities->cache))
		dir = sys_openat(identities->proc, name, O_PATH | O_DIRECTORY, 0);
	return dir == -ENOENT ? -ESRCH : dir;
}

/* Looks at whoever has the number now. What a held directory says is its owner's end, and another may have come. */
static int visit(struct identities *identities, struct process *process, uint32_t tid)
{
	bool held = process->dir >= 0;
	int dir = open_process(identities, process);
	int result = dir < 0 ? dir : look_at(dir, tid, &identities->look, &identities->seen);

	if (result == -ESRCH && held) {
		cache_release(process);
		dir = open_process(identities, process);
		result = dir < 0 ? dir : look_at(dir, tid, &identities->look, &identities->seen);
	}
	if (dir >= 0 && dir != process->dir) {
		if (result)
			sys_close(dir);
		else
			cache_hold(&identities->cache, process, dir);
	}
	return result;
}

/* False where it could not be told who or what it is. */
static bool look(struct identities *identities, struct process *process, uint32_t tid)
{
	uint64_t began = clock_monotonic();
	int result = visit(identities, process, tid);
	bool same;

	identities->suspended = clock_boottime() - clock_monotonic();
	if (result == -ESRCH) {
		process->looked = began;
		return true;
	}
	if (result)
		return false;
	same = cache_same(process, &identities->seen);
	if (!cache_put(&identities->cache, process, &identities->seen))
		return false;
	if (!same)
		process->since = clock_monotonic();
	process->looked = process->alive = began;
	return true;
}

/*
 * A process of that number that started later is another one. /proc knows the start to the clock tick below it, so what
 * seems to have started within the tick of the attempt may have been there.
 */
static bool is_another(const struct identities *identities, const struct process *process,
		       const struct attempt *attempt)
{
	if (attempt->identity.parts & IDENTITY_START_EXACT)
		return process->stat.start != attempt->identity.start / identities->tick;
	return process->stat.start * identities->tick > attempt->time + identities->suspended;
}

/* A name that is the same proves little, one that is not much. A thread that has ended can't be asked. */
static bool has_changed(const struct process *process, const struct caller *caller, const struct attempt *attempt)
{
	char comm[COMM_SIZE];

	if (process->stat.flags & STAT_KTHREAD)
		return false;
	if (caller->tid == caller->pid)
		return strncmp(process->stat.comm, attempt->comm, COMM_SIZE - 1) != 0;
	return process->dir >= 0 && look_at_comm(process->dir, caller->tid, comm) &&
	       strncmp(comm, attempt->comm, COMM_SIZE - 1) != 0;
}

/*
 * Whether what is known will not do for this attempt: it is older, or there is more to ask of a process that lives and
 * whose directory was given up for others meanwhile.
 */
static bool needs_look(const struct process *process, const struct caller *caller, const struct attempt *attempt,
		       uint32_t spaces)
{
	if (attempt->time > process->looked)
		return true;
	if (!process->known || process->dir >= 0 || process->alive < process->looked)
		return false;
	return spaces & ~attempt->identity.parts || (caller->tid != caller->pid && attempt->time < process->since);
}

/* `spaces`: the parts of its identity that will be asked for next. */
static enum finding find(struct identities *identities, const struct attempt *attempt, uint32_t spaces,
			 struct process **found)
{
	struct process *process;
	struct caller caller;

	if (!find_caller(identities, attempt, &caller))
		return FINDING_NONE;
	process = cache_get(&identities->cache, caller.pid);
	*found = process;
	if (needs_look(process, &caller, attempt, spaces) && !look(identities, process, caller.tid))
		return FINDING_NONE;
	if (!process->known || is_another(identities, process, attempt))
		return FINDING_GONE;
	/* It ended between the last look and this one. Later the attempt is its own only by the kernel's word. */
	if (attempt->time > process->alive + RECENT_NS && !(attempt->identity.parts & IDENTITY_START_EXACT))
		return FINDING_GONE;
	if (attempt->time >= process->since && attempt->time <= process->alive)
		return FINDING_FOUND;
	return has_changed(process, &caller, attempt) ? FINDING_CHANGED : FINDING_FOUND;
}

static const char *user_of(struct identities *identities, uint32_t uid)
{
	if (uid != identities->last_uid || !identities->has_last_uid) {
		identities->has_last_uid = true;
		identities->last_uid = uid;
		identities->last_user = users_name(identities->users, uid);
	}
	return identities->last_user;
}

static void fill_about(struct about *about, const struct process *process, enum finding finding)
{
	static const enum from from[] = {
		[FINDING_NONE] = FROM_NOT_ASKED,
		[FINDING_GONE] = FROM_GONE,
		[FINDING_CHANGED] = FROM_CHANGED,
		[FINDING_FOUND] = FROM_PROC,
	};

	about->from = from[finding];
	if (finding < FINDING_CHANGED)
		return;
	about->cgroup = process->cgroup;
	about->container = process->container;
	about->runtime = process->runtime;
	if (finding < FINDING_FOUND)
		return;
	about->exe = process->exe;
	about->args = process->args;
	about->args_len = process->args_len;
	about->args_cut = process->args_cut;
}

static void take(struct identity *identity, const struct identity *other, uint32_t parts)
{
	if (parts & IDENTITY_NS_PID) {
		identity->ns_pid = other->ns_pid;
		identity->ns_tid = other->ns_tid;
		identity->ns_ppid = other->ns_ppid;
	}
	if (parts & IDENTITY_MNT_NS)
		identity->mnt_ns = other->mnt_ns;
	if (parts & IDENTITY_PID_NS)
		identity->pid_ns = other->pid_ns;
	if (parts & IDENTITY_NET_NS)
		identity->net_ns = other->net_ns;
	if (parts & IDENTITY_USER_NS)
		identity->user_ns = other->user_ns;
	if (parts & IDENTITY_UTS_NS)
		identity->uts_ns = other->uts_ns;
	identity->parts |= parts;
	identity->proc_parts |= parts;
}

/* A task's numbers and its PID namespace stay with it; all else may have changed by its next attempt. */
static void expire_spaces(struct process *process, uint32_t tid)
{
	const uint32_t lasting = IDENTITY_NS_PID | IDENTITY_PID_NS;
	bool same = process->spaces_tid == tid && process->spaces_start == process->stat.start &&
		    process->spaces.ppid == process->ppid;

	process->spaces_tid = tid;
	process->spaces_start = process->stat.start;
	process->spaces_asked = clock_monotonic();
	process->spaces.parts &= same ? lasting : 0;
	process->spaces_tried = process->spaces.parts;
	process->spaces.ppid = process->ppid;
}

/*
 * Threads have namespaces of their own, so what was asked of one is kept until another asks, or until its next attempt.
 * Since they may go to others without a sign of it, what was asked before is not taken for one that has ended.
 */
static void fill_spaces(struct identities *identities, struct process *process, struct attempt *attempt,
			uint32_t missing)
{
	struct caller caller;
	uint32_t untried;

	if (!missing || !find_caller(identities, attempt, &caller))
		return;
	if (attempt->time > process->spaces_asked && process->alive < process->looked)
		return;
	if (process->spaces_tid != caller.tid || attempt->time > process->spaces_asked)
		expire_spaces(process, caller.tid);
	untried = missing & ~process->spaces_tried;
	if (untried && process->dir >= 0) {
		process->spaces.parts |= look_at_namespaces(identities->proc, process->dir, caller.tid, process->ppid,
							    untried, &process->spaces);
		process->spaces_tried |= untried;
	}
	take(&attempt->identity, &process->spaces, missing & process->spaces.parts);
}

static void fill_identity(struct identities *identities, struct process *process, struct attempt *attempt)
{
	struct identity *identity = &attempt->identity;

	if (!(identity->parts & IDENTITY_PPID) && identities->numbering == NUMBERS_OF_ATTEMPTS) {
		identity->ppid = process->ppid;
		identity->parts |= IDENTITY_PPID;
		identity->proc_parts |= IDENTITY_PPID;
	}
	if (!(identity->parts & IDENTITY_START)) {
		identity->start = process->stat.start * identities->tick;
		identity->parts |= IDENTITY_START;
		identity->proc_parts |= IDENTITY_START;
	}
	fill_spaces(identities, process, attempt, SPACES & ~identity->parts);
}

void identities_look(struct identities *identities, const struct attempt *attempt)
{
	struct process *process;

	find(identities, attempt, SPACES, &process);
}

void identities_fill(struct identities *identities, struct attempt *attempt)
{
	struct process *process;
	enum finding finding = find(identities, attempt, SPACES, &process);

	attempt->about.user = user_of(identities, attempt->uid);
	fill_about(&attempt->about, process, finding);
	if (finding < FINDING_CHANGED)
		return;
	identities->gaps.refused += process->refused;
	fill_identity(identities, process, attempt);
}

void identities_fill_net_ns(struct identities *identities, struct attempt *attempt)
{
	struct process *process;

	if (attempt->identity.parts & IDENTITY_NET_NS)
		return;
	if (find(identities, attempt, IDENTITY_NET_NS, &process) >= FINDING_CHANGED)
		fill_spaces(identities, process, attempt, IDENTITY_NET_NS);
	identities->gaps.net_ns += !(attempt->identity.parts & IDENTITY_NET_NS);
}

bool identities_in_cgroups(struct identities *identities, const struct attempt *attempt)
{
	bool negated = identities->wants.cgroups->negated;
	struct process *process;

	if (find(identities, attempt, 0, &process) < FINDING_CHANGED || !process->cgroup) {
		identities->gaps.cgroup++;
		return negated;
	}
	return process->in_cgroups != negated;
}
