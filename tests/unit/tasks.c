// SPDX-License-Identifier: GPL-2.0-or-later
#include "tasks.h"

#include "clock.h"
#include "model.h"
#include "sys.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE	 0xffff888001000000
#define SLOT	 16384 /* a task's; of other things there are four in one */
#define SMALL	 4096
#define ARENA	 (SLOT * (TASKS + 16))
#define GARBAGE	 0xa5
#define CHILD_ID 5001

/* As 4.4.155, 4.19.108 and 7.3.4 had them on x86-64. */
const struct tasks_layout layout_4_4 = {
	.name = "4.4",
	.cred_ids = 4,
	.task_size = 3264,
	.at = {[TASK_PID] = 760,	[TASK_TGID] = 764,     [TASK_PARENT] = 768, [TASK_LEADER] = 816,
	       [TASK_START] = 1072,	[TASK_NSPROXY] = 1256, [NSPROXY_MNT] = 24,  [MNT_INUM] = 24,
	       [NSPROXY_NET] = 40,	[NET_INUM] = 144,      [NSPROXY_UTS] = 8,   [UTS_INUM] = 424,
	       [TASK_THREAD_PID] = 872, [PID_LEVEL] = 4,       [PID_NUMBERS] = 48,  [PID_STEP] = 32,
	       [PID_INUM] = 2208,	[TASK_CRED] = 1176,    [CRED_USER] = 136,   [USER_INUM] = 240,
	       [TASK_HELPER] = 0,	[TASK_STACK] = 16384},
};
const struct tasks_layout layout_4_19 = {
	.name = "4.19",
	.cred_ids = 4,
	.task_size = 7000,
	.at = {[TASK_PID] = 928,	 [TASK_TGID] = 932,	[TASK_PARENT] = 936, [TASK_LEADER] = 984,
	       [TASK_START] = 1224,	 [TASK_NSPROXY] = 1408, [NSPROXY_MNT] = 24,  [MNT_INUM] = 24,
	       [NSPROXY_NET] = 40,	 [NET_INUM] = 128,	[NSPROXY_UTS] = 8,   [UTS_INUM] = 432,
	       [TASK_THREAD_PID] = 1024, [PID_LEVEL] = 4,	[PID_NUMBERS] = 56,  [PID_STEP] = 16,
	       [PID_INUM] = 192,	 [TASK_CRED] = 1328,	[CRED_USER] = 136,   [USER_INUM] = 264,
	       [TASK_HELPER] = 1},
};
const struct tasks_layout layout_7_3 = {
	.name = "7.3",
	.cred_ids = 8,
	.task_size = 9000,
	.at = {[TASK_PID] = 2872,	 [TASK_TGID] = 2876,	[TASK_PARENT] = 2888, [TASK_LEADER] = 2936,
	       [TASK_START] = 3224,	 [TASK_NSPROXY] = 3512, [NSPROXY_MNT] = 24,   [MNT_INUM] = 88,
	       [NSPROXY_NET] = 40,	 [NET_INUM] = 280,	[NSPROXY_UTS] = 8,    [UTS_INUM] = 536,
	       [TASK_THREAD_PID] = 2976, [PID_LEVEL] = 8,	[PID_NUMBERS] = 128,  [PID_STEP] = 16,
	       [PID_INUM] = 344,	 [TASK_CRED] = 3384,	[CRED_USER] = 144,    [USER_INUM] = 344,
	       [TASK_HELPER] = 1},
};

/* Things other than tasks, each twice: this process's and the child's. */
enum thing { UTS, MNT, NET, PIDNS, USER, IPC, NSPROXY, CRED, FILES, THINGS };

static const char *const spaces[] = {"uts", "mnt", "net", "pid", "user"};

struct tasks tasks;
static uint8_t *arena;
static bool inside[THINGS]; /* the child has one of its own */
static struct task_facts all_facts[TASKS];

static uint64_t now(void)
{
	return model.clock ? model.clock : clock_boottime();
}

static uint32_t at(enum learnt_at place)
{
	return tasks.layout->at[place];
}

uint64_t tasks_address(enum task task)
{
	return BASE + SLOT * (uint64_t)task;
}

uint8_t *tasks_bytes(enum task task)
{
	return arena + SLOT * (size_t)task;
}

static uint64_t address_of(enum thing thing, bool own)
{
	return BASE + SLOT * (uint64_t)TASKS + SMALL * (2 * (uint64_t)thing + own);
}

static uint8_t *bytes_of(enum thing thing, bool own)
{
	return arena + (address_of(thing, own) - BASE);
}

/* struct pid of a task. */
static uint64_t pid_address(enum task task)
{
	return BASE + SLOT * (uint64_t)(TASKS + 8) + SMALL * (uint64_t)task;
}

void tasks_put_word(void *place, uint64_t word)
{
	memcpy(place, &word, sizeof(word));
}

void tasks_put_number(void *place, uint32_t number)
{
	memcpy(place, &number, sizeof(number));
}

uint8_t *tasks_behind(const void *place)
{
	uint64_t address;

	memcpy(&address, place, sizeof(address));
	return arena + (address - BASE);
}

uint32_t tasks_inode(const char *space, bool own)
{
	for (uint32_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		if (!strcmp(space, spaces[i]))
			return own && inside[i] ? 4026532200 + i : 4026531830 + i;
	}
	abort();
}

static void make_spaces(bool own)
{
	const uint32_t inums[] = {at(UTS_INUM), at(MNT_INUM), at(NET_INUM), at(PID_INUM), at(USER_INUM)};
	uint8_t *nsproxy = bytes_of(NSPROXY, own), *cred = bytes_of(CRED, own);
	uid_t uid[3];
	gid_t gid[3];

	for (enum thing thing = UTS; thing <= USER; thing++)
		tasks_put_number(bytes_of(thing, own) + inums[thing], tasks_inode(spaces[thing], own));
	tasks_put_word(nsproxy, own ? 1 : 77);
	tasks_put_word(nsproxy + at(NSPROXY_UTS), address_of(UTS, own && inside[UTS]));
	tasks_put_word(nsproxy + 16, address_of(IPC, false));
	tasks_put_word(nsproxy + at(NSPROXY_MNT), address_of(MNT, own && inside[MNT]));
	tasks_put_word(nsproxy + 32, address_of(PIDNS, own && inside[PIDNS]));
	tasks_put_word(nsproxy + at(NSPROXY_NET), address_of(NET, own && inside[NET]));
	getresuid(&uid[0], &uid[2], &uid[1]);
	getresgid(&gid[0], &gid[2], &gid[1]);
	memset(cred, 0, 64);
	tasks_put_number(cred, 3);
	for (uint32_t i = 0; i < 3; i++) {
		tasks_put_number(cred + tasks.layout->cred_ids + 8 * i, uid[i]);
		tasks_put_number(cred + tasks.layout->cred_ids + 8 * i + 4, gid[i]);
	}
	tasks_put_word(cred + at(CRED_USER), address_of(USER, own && inside[USER]));
	tasks_put_word(cred + 96, address_of(FILES, own)); /* user_struct, keyrings and the like */
	for (size_t i = 0; i < 16; i++) /* begins with a count and pointers, as struct nsproxy does */
		tasks_put_word(bytes_of(FILES, own) + 8 * i, i ? address_of(IPC, own) + 64 * i : 2);
}

static void make_pid(enum task task, const struct task_facts *facts)
{
	uint8_t *pid = arena + (pid_address(task) - BASE), *numbers = pid + at(PID_NUMBERS);
	bool deeper = facts->inside && inside[PIDNS];
	uint32_t level = tasks.level + deeper;

	memset(pid, GARBAGE, SMALL);
	tasks_put_word(pid, 1);
	tasks_put_number(pid + at(PID_LEVEL), level);
	for (uint32_t i = 0; i <= level; i++) {
		bool own = deeper && i == level;

		tasks_put_number(numbers + i * at(PID_STEP), i == 0 ? facts->tid
							     : own  ? facts->nr
								    : 300 + (uint32_t)task);
		tasks_put_word(numbers + i * at(PID_STEP) + 8,
			       i == level - deeper ? address_of(PIDNS, false) : address_of(PIDNS, own) + 8 * !own);
	}
	if (task == SELF && level)
		tasks_put_number(numbers + level * at(PID_STEP), (uint32_t)getpid());
}

void tasks_make(enum task task, const struct task_facts *facts)
{
	uint8_t *bytes = tasks_bytes(task);
	bool own = facts->inside;

	memset(bytes, GARBAGE, tasks.layout->task_size);
	memset(bytes + tasks.layout->task_size, 0, SLOT - tasks.layout->task_size);
	tasks_put_number(bytes + at(TASK_PID), facts->tid);
	tasks_put_number(bytes + at(TASK_TGID), facts->tgid);
	tasks_put_word(bytes + at(TASK_PARENT), tasks_address(facts->parent));
	tasks_put_word(bytes + at(TASK_PARENT) + 8, tasks_address(facts->parent));
	tasks_put_word(bytes + at(TASK_LEADER), tasks_address(facts->leader));
	tasks_put_word(bytes + at(TASK_START) - 8, facts->start - 40); /* start_time */
	tasks_put_word(bytes + at(TASK_START), facts->start);
	tasks_put_word(bytes + at(TASK_NSPROXY), address_of(NSPROXY, own));
	tasks_put_word(bytes + at(TASK_THREAD_PID), pid_address(task));
	tasks_put_word(bytes + at(TASK_CRED), address_of(CRED, own));
	tasks_put_word(bytes + at(TASK_CRED) + 8, address_of(CRED, own));
	/* files, mm (shared by all), a list's head, and who was woken last. */
	tasks_put_word(bytes + at(TASK_NSPROXY) - 16, address_of(FILES, own));
	tasks_put_word(bytes + at(TASK_PID) - 64, BASE + ARENA - 512);
	tasks_put_word(bytes + 256, tasks_address(task) + 256);
	tasks_put_word(bytes + 264, tasks_address(task) + 256);
	tasks_put_word(bytes + 64, tasks_address(SELF));
	make_pid(task, facts);
	all_facts[task] = *facts;
}

static struct task_facts self_facts(void)
{
	uint64_t ids = model_helper(14, 0, 0, 0, 0, 0);

	return (struct task_facts){
		.tid = (uint32_t)ids,
		.tgid = (uint32_t)(ids >> 32),
		.parent = MOTHER,
		.leader = SELF,
		.start = tasks.start,
	};
}

void tasks_boot(void)
{
	if (!arena)
		arena = malloc(ARENA);
	memset(arena, GARBAGE, ARENA);
	memset(inside, 0, sizeof(inside));
	memset(all_facts, 0, sizeof(all_facts));
	memset(&tasks, 0, sizeof(tasks));
	tasks.layout = model.kernel->version < 0x040800	  ? &layout_4_4
		       : model.kernel->version < 0x050500 ? &layout_4_19
							  : &layout_7_3;
	tasks.current = SELF;
	tasks.start = clock_boottime() - 5123456789;
}

/* Before each attempt: what a test has changed is in force, and the time goes on. */
void tasks_look(void)
{
	struct task_facts mother = {.tid = (uint32_t)getppid(),
				    .tgid = (uint32_t)getppid(),
				    .parent = MOTHER,
				    .leader = MOTHER,
				    .start = 77};
	struct task_facts self = self_facts();

	if (tasks.current == SELF) {
		make_spaces(false);
		tasks_make(MOTHER, &mother);
		tasks_make(SELF, &self);
	}
	tasks_put_word(tasks_bytes(tasks.current) + 128, now()); /* se.exec_start */
	if (tasks.mislead)
		tasks.mislead();
}

bool tasks_read(void *to, size_t size, uint64_t address)
{
	if (!arena || address < BASE || address - BASE > ARENA || size > ARENA - (address - BASE))
		return false;
	memcpy(to, arena + (address - BASE), size);
	return true;
}

bool tasks_stat(const char *path, uint64_t *inode)
{
	char process[16], space[8];

	if (sscanf(path, "/proc/%15[^/]/ns/%7s", process, space) != 2 ||
	    (tasks.no_space && !strcmp(tasks.no_space, space)))
		return false;
	*inode = tasks_inode(space, strcmp(process, "self") != 0);
	return true;
}

void tasks_stat_text(char *text, size_t size)
{
	snprintf(text, size, "%d (a ) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %llu 20\n", getpid(),
		 (unsigned long long)(tasks.start / 10000000));
}

const char *tasks_slab(const char *path)
{
	static char text[160];

	if (tasks.slab == BY_SYSFS && !strcmp(path, "/sys/kernel/slab/task_struct/object_size"))
		snprintf(text, sizeof(text), "%u\n", tasks.layout->task_size);
	else if (tasks.slab == BY_SLABINFO && !strcmp(path, "/proc/slabinfo"))
		snprintf(
			text, sizeof(text),
			"slabinfo - version: 2.1\n# name <objs>\ntask_struct_x 1 2 64\ntask_struct  %d  %d   %u   10 8\n",
			110, 120, tasks.layout->task_size);
	else
		return NULL;
	return text;
}

static void live(enum task task, void (*run)(void *context), void *context)
{
	uint64_t ids = model.pid_tgid;

	tasks.current = task;
	model.pid_tgid = (uint64_t)all_facts[task].tgid << 32 | all_facts[task].tid;
	run(context);
	model.pid_tgid = ids;
	tasks.current = SELF;
}

int sys_thread(void (*run)(void *context), void *context)
{
	struct task_facts facts = self_facts();

	if (tasks.no_thread)
		return -EAGAIN;
	tasks.threads++;
	facts.tid += 100000;
	tasks_make(SECOND, &facts);
	live(SECOND, run, context);
	return 0;
}

static void connect_puppet(void *context)
{
	const struct sys_puppet *puppet = context;

	sys_connect(puppet->sock, puppet->addr, puppet->addrlen);
}

int sys_puppet_open(struct sys_puppet *puppet, unsigned long flags, const int *leave, size_t count)
{
	static const int kinds[] = {CLONE_NEWUTS, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWUSER};
	struct task_facts facts = {
		.tid = CHILD_ID, .tgid = CHILD_ID, .parent = SELF, .leader = CHILD, .inside = flags || count, .nr = 1};
	int left = (int)flags;

	if (tasks.no_child)
		return -EAGAIN;
	if (flags & CLONE_NEWPID && tasks.no_pid_ns)
		return -EPERM;
	tasks.children++;
	for (size_t i = 0; i < count; i++)
		left |= leave[i];
	for (enum thing thing = UTS; thing <= USER; thing++)
		inside[thing] = left & ~tasks.kept & kinds[thing];
	make_spaces(true);
	facts.start = now();
	tasks_make(CHILD, &facts);
	puppet->pid = CHILD_ID;
	live(CHILD, connect_puppet, puppet);
	return 0;
}

void sys_puppet_close(struct sys_puppet *puppet)
{
	(void)puppet;
	tasks.closed++;
}
