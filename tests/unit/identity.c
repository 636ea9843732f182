// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/identity: who it was, from a procfs of files that come, change and go while attempts are looked up. */
#include "test.h"

#include "clock.h"
#include "identity/private.h"
#include "model.h"
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK 10000000ULL
#define ID   "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"

/* What a test says of a process; the rest is as of any other. */
struct fake {
	uint32_t pid, tid; /* tid 0: there is one thread only */
	const char *comm, *thread_comm, *exe, *cgroup, *status;
	char state;
	uint32_t ppid, flags;
	uint64_t start, stack;
	const char *args;
	size_t args_len;
	uint32_t net_ns;
};

static char folder[] = "/tmp/connsnoop-proc-XXXXXX";
static struct identities *identities;
static struct identity_wants wants;
static struct attempt attempt;
static char *paths[] = {(char *)(uintptr_t) "/web"};
static struct patterns cgroups = {.count = 1, .pattern = paths};

static const char *path_in(const char *format, ...)
{
	static char path[256];
	size_t at = (size_t)snprintf(path, sizeof(path), "%s/", folder);
	va_list list;

	va_start(list, format);
	vsnprintf(path + at, sizeof(path) - at, format, list);
	va_end(list);
	return path;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void put_link(const char *path, const char *target)
{
	unlink(path);
	if (target)
		assert_int_equal(symlink(target, path), 0);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
	(void)info;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void take_away(uint32_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%u", folder, pid);
	assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static uint64_t now_ticks(void)
{
	return clock_boottime() / TICK;
}

static void put_stat(const struct fake *fake)
{
	char text[512];
	int len = snprintf(text, sizeof(text),
			   "%u (%s) %c %u 1 1 0 -1 %u 89 0 0 0 0 0 0 0 20 0 %d 0 %llu 3133440 383 18446744073709551615 "
			   "94505992519680 94505992539561 %llu 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
			   fake->pid, fake->comm ? fake->comm : "curl", fake->state ? fake->state : 'S',
			   fake->ppid ? fake->ppid : 700, fake->flags, fake->tid ? 2 : 1,
			   (unsigned long long)fake->start, (unsigned long long)(fake->stack ? fake->stack : 77));

	write_file(path_in("%u/stat", fake->pid), text, (size_t)len);
}

static void put_thread(const struct fake *fake)
{
	static const char *const spaces[] = {"mnt", "pid", "net", "user", "uts"};
	uint32_t tid = fake->tid ? fake->tid : fake->pid;
	const char *comm = fake->thread_comm ? fake->thread_comm : fake->comm ? fake->comm : "curl";
	char text[256];
	int len;

	mkdir(path_in("%u/task", fake->pid), 0755);
	mkdir(path_in("%u/task/%u", fake->pid, tid), 0755);
	mkdir(path_in("%u/task/%u/ns", fake->pid, tid), 0755);
	len = snprintf(text, sizeof(text), "%s\n", comm);
	write_file(path_in("%u/task/%u/comm", fake->pid, tid), text, (size_t)len);
	len = snprintf(text, sizeof(text), "Name:\tx\nGroups:\t4 20 \nNStgid:\t%u\t7\nNSpid:\t%u\t8\nNSsid:\t1\t1\n",
		       fake->pid, tid);
	write_file(path_in("%u/task/%u/status", fake->pid, tid), fake->status ? fake->status : text,
		   fake->status ? strlen(fake->status) : (size_t)len);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t inode = i == 2 && fake->net_ns ? fake->net_ns : 4026531830 + i;

		snprintf(text, sizeof(text), "%s:[%u]", spaces[i], inode);
		put_link(path_in("%u/task/%u/ns/%s", fake->pid, tid, spaces[i]), text);
	}
}

static void put_process(const struct fake *fake)
{
	char text[256];
	int len = snprintf(text, sizeof(text), "0::%s\n", fake->cgroup ? fake->cgroup : "/user.slice");

	mkdir(path_in("%u", fake->pid), 0755);
	put_stat(fake);
	put_thread(fake);
	write_file(path_in("%u/cgroup", fake->pid), text, (size_t)len);
	write_file(path_in("%u/cmdline", fake->pid), fake->args ? fake->args : "curl\0-s",
		   fake->args_len ? fake->args_len : 8);
	if (fake->flags & STAT_KTHREAD || fake->state == 'Z')
		put_link(path_in("%u/exe", fake->pid), NULL);
	else
		put_link(path_in("%u/exe", fake->pid), fake->exe ? fake->exe : "/usr/bin/curl");
}

/* A process that has been there for a while. */
static struct fake old_process(uint32_t pid)
{
	return (struct fake){.pid = pid, .start = now_ticks() - 1000};
}

static int start(void **state)
{
	char self[16];

	(void)state;
	model_boot(&model_5_10);
	model.real_files = true;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(self, sizeof(self), "%d", getpid());
	put_link(path_in("self"), self);
	wants = (struct identity_wants){
		.proc = folder, .about = true, .args = true, .own_tgid = (uint32_t)getpid(), .cgroups = &cgroups};
	cgroups.negated = false;
	return 0;
}

static int end(void **state)
{
	(void)state;
	identities_close(identities);
	identities = NULL;
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static void open_identities(void)
{
	struct error err;

	identities_close(identities);
	assert_int_equal(identities_open(&identities, &wants, &err), 0);
}

/* An attempt of a thread at a time, not yet filled. */
static void make(uint32_t pid, uint32_t tid, const char *comm, uint64_t time)
{
	struct event event = record_inet("1.2.3.4", 80);

	event.pid_tgid = (uint64_t)pid << 32 | tid;
	event.uid_gid = 0;
	event.time = time;
	memset(event.comm, 0, sizeof(event.comm));
	memcpy(event.comm, comm, strlen(comm));
	assert_true(record_decode(&attempt, &event));
}

/* The kernel has told when the process started. */
static void make_exact(uint32_t pid, const char *comm, uint64_t time, uint64_t started)
{
	make(pid, pid, comm, time);
	attempt.identity.parts = IDENTITY_START | IDENTITY_START_EXACT;
	attempt.identity.start = started;
}

static void fill(uint32_t pid, const char *comm, uint64_t time)
{
	make(pid, pid, comm, time);
	identities_fill(identities, &attempt);
}

static void assert_exe(const char *exe)
{
	assert_int_equal(attempt.about.from, FROM_PROC);
	assert_non_null(attempt.about.exe);
	assert_string_equal(attempt.about.exe, exe);
}

static void assert_unknown(enum from from)
{
	assert_int_equal(attempt.about.from, from);
	assert_null(attempt.about.exe);
	assert_null(attempt.about.args);
	assert_int_equal(attempt.about.args_len, 0);
}

static void test_all_of_it(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	fake.cgroup = "/system.slice/docker-" ID ".scope";
	put_process(&fake);
	open_identities();
	assert_false(identities_strange_proc(identities));
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	assert_int_equal(attempt.about.args_len, 8);
	assert_memory_equal(attempt.about.args, "curl\0-s", 8);
	assert_false(attempt.about.args_cut);
	assert_string_equal(attempt.about.user, "root");
	assert_string_equal(attempt.about.cgroup, fake.cgroup);
	assert_string_equal(attempt.about.container, ID);
	assert_string_equal(attempt.about.runtime, "docker");
	assert_int_equal(attempt.identity.ppid, 700);
	assert_int_equal(attempt.identity.start, fake.start * TICK);
	assert_int_equal(attempt.identity.mnt_ns, 4026531830);
	assert_int_equal(attempt.identity.pid_ns, 4026531831);
	assert_int_equal(attempt.identity.net_ns, 4026531832);
	assert_int_equal(attempt.identity.user_ns, 4026531833);
	assert_int_equal(attempt.identity.uts_ns, 4026531834);
	assert_int_equal(attempt.identity.parts, attempt.identity.proc_parts);
	/* The parent is not there to be asked for its number, which is left out with the other two. */
	assert_int_equal(attempt.identity.parts, IDENTITY_PPID | IDENTITY_START | IDENTITY_MNT_NS | IDENTITY_PID_NS |
							 IDENTITY_NET_NS | IDENTITY_USER_NS | IDENTITY_UTS_NS);
}

static void test_parent_in_the_same_namespace(void **state)
{
	static const struct {
		const char *status;
		uint32_t ns_ppid;
	} rows[] = {
		{"NSpid:\t700\t3\n", 3},
		{"NSpid:\t700\n", 0}, /* the parent is outside */
		{"Name:\tNSpid: 9\nNSpid:\t700\t4\n", 4},
		{"none\n", 0},
	};
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	mkdir(path_in("700"), 0755);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_file(path_in("700/status"), rows[i].status, strlen(rows[i].status));
		open_identities();
		fill(811, "curl", clock_monotonic());
		assert_true(attempt.identity.parts & IDENTITY_NS_PID);
		assert_int_equal(attempt.identity.ns_pid, 7);
		assert_int_equal(attempt.identity.ns_ppid, rows[i].ns_ppid);
	}
	/* Before 4.1 there are no such lines. */
	fake.status = "Name:\tx\nPid:\t811\n";
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_false(attempt.identity.parts & IDENTITY_NS_PID);
}

/* What the kernel told stays, and is not marked as /proc's. */
static void test_only_gaps_are_filled(void **state)
{
	const struct identity told = {
		.parts = IDENTITY_PPID | IDENTITY_NET_NS | IDENTITY_START | IDENTITY_START_EXACT,
		.ppid = 1,
		.net_ns = 2,
	};
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	open_identities();
	make(811, 811, "curl", clock_monotonic());
	attempt.identity = told;
	attempt.identity.start = fake.start * TICK + 123;
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/curl");
	assert_int_equal(attempt.identity.ppid, 1);
	assert_int_equal(attempt.identity.net_ns, 2);
	assert_int_equal(attempt.identity.start, fake.start * TICK + 123);
	assert_int_equal(attempt.identity.proc_parts,
			 IDENTITY_MNT_NS | IDENTITY_PID_NS | IDENTITY_USER_NS | IDENTITY_UTS_NS);
}

static void test_arguments(void **state)
{
	static char args[ARGS_MAX + 100];
	struct fake fake = old_process(811);

	(void)state;
	fake.args = args;
	for (size_t len = 1; len < sizeof(args); len = len < ARGS_MAX - 3 ? len * 2 + ARGS_MAX / 3 : len + 1) {
		for (int ended = 0; ended < 2; ended++) {
			memset(args, 'a', sizeof(args));
			args[0] = len > 1 ? '\0' : 'a';
			if (ended)
				args[len - 1] = '\0';
			fake.args_len = len;
			put_process(&fake);
			open_identities();
			fill(811, "curl", clock_monotonic());
			assert_non_null(attempt.about.args);
			assert_true(attempt.about.args_len <= ARGS_MAX);
			assert_int_equal(attempt.about.args[attempt.about.args_len - 1], '\0');
			assert_int_equal(attempt.about.args_cut, len + !ended > ARGS_MAX);
			if (!attempt.about.args_cut)
				assert_int_equal(attempt.about.args_len, len + !ended);
		}
	}
	write_file(path_in("811/cmdline"), "", 0);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	assert_null(attempt.about.args);
	wants.args = false;
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	assert_null(attempt.about.args);
}

static void test_gone(void **state)
{
	struct fake fake = old_process(811);
	uint64_t time;

	(void)state;
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_unknown(FROM_GONE);
	assert_null(attempt.about.cgroup);
	assert_string_equal(attempt.about.user, "root");
	assert_int_equal(attempt.identity.parts, 0);
	/* It was there before, and an attempt from then is still known. */
	put_process(&fake);
	fill(811, "curl", time = clock_monotonic());
	assert_exe("/usr/bin/curl");
	take_away(811);
	/* A moment later its number can't be another's; its name may be. */
	fill(811, "curl", time + 50000000);
	assert_exe("/usr/bin/curl");
	fill(811, "wget", time + 50000000);
	assert_unknown(FROM_CHANGED);
	fill(811, "curl", clock_monotonic() + 101000000);
	assert_unknown(FROM_GONE);
	fill(811, "curl", time);
	assert_exe("/usr/bin/curl");
	/* A zombie is gone, too. */
	fake.state = 'Z';
	put_process(&fake);
	fill(811, "curl", clock_monotonic() + 200000000);
	assert_unknown(FROM_GONE);
}

/* The kernel's word for the start makes what was known before serve a process that has ended. */
static void test_gone_but_known(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	take_away(811);
	make_exact(811, "curl", clock_monotonic() + 5000000000, fake.start * TICK + 9999999);
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/curl");
	assert_int_equal(attempt.identity.start, fake.start * TICK + 9999999);
	make_exact(811, "wget", clock_monotonic() + 5000000000, fake.start * TICK);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_CHANGED);
	make_exact(811, "curl", clock_monotonic(), (fake.start + 1) * TICK);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_GONE);
	make_exact(811, "curl", clock_monotonic(), fake.start * TICK - 1);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_GONE);
}

static void test_number_used_again(void **state)
{
	struct fake fake = old_process(811), next = {.pid = 811, .exe = "/usr/bin/wget", .comm = "wget"};
	uint64_t before, after;

	(void)state;
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	before = clock_monotonic();
	take_away(811);
	usleep(2 * TICK / 1000);
	next.start = now_ticks();
	put_process(&next);
	after = clock_monotonic();
	fill(811, "wget", after);
	assert_exe("/usr/bin/wget");
	/* The one that had the number before, by its time alone, whatever its name. */
	fill(811, "wget", before);
	assert_unknown(FROM_GONE);
	fill(811, "curl", before);
	assert_unknown(FROM_GONE);
	assert_null(attempt.about.cgroup);
	assert_int_equal(attempt.identity.parts, 0);
	/* By the kernel's word for its start. */
	make_exact(811, "wget", after, next.start * TICK + 5);
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/wget");
	make_exact(811, "wget", after, fake.start * TICK + 5);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_GONE);
}

/* Nothing was known before, and the first look meets the wrong one. */
static void test_number_used_again_at_the_first_look(void **state)
{
	uint64_t before = clock_monotonic();
	struct fake next = {.pid = 811};

	(void)state;
	usleep(2 * TICK / 1000);
	next.start = now_ticks();
	put_process(&next);
	open_identities();
	fill(811, "curl", before);
	assert_unknown(FROM_GONE);
	/* The clock tick of the start is rounded down: within it a process may have been there. */
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
}

static void test_exec(void **state)
{
	struct fake fake = old_process(811);
	uint64_t early, late;

	(void)state;
	fake.comm = "bash";
	fake.exe = "/bin/bash";
	put_process(&fake);
	open_identities();
	fill(811, "bash", early = clock_monotonic());
	assert_exe("/bin/bash");
	/* An attempt, an exec, then the look: whose it was its name tells. */
	late = clock_monotonic();
	fake.comm = "curl";
	fake.exe = "/usr/bin/curl";
	fake.stack = 78;
	put_process(&fake);
	fill(811, "bash", late);
	assert_unknown(FROM_CHANGED);
	assert_string_equal(attempt.about.cgroup, "/user.slice");
	assert_true(attempt.identity.parts & IDENTITY_PPID);
	fill(811, "curl", late);
	assert_exe("/usr/bin/curl");
	fill(811, "bash", early);
	assert_unknown(FROM_CHANGED);
	/* From the look on the name is no matter. */
	fill(811, "renamed", clock_monotonic());
	assert_exe("/usr/bin/curl");
}

/* One image for many programs, and no randomised stack: the arguments change all the same. */
static void test_exec_of_the_same_file(void **state)
{
	struct fake fake = old_process(811);
	uint64_t late;

	(void)state;
	fake.comm = "sh";
	fake.exe = "/bin/busybox";
	fake.args = "sh";
	fake.args_len = 3;
	put_process(&fake);
	open_identities();
	fill(811, "sh", clock_monotonic());
	assert_exe("/bin/busybox");
	late = clock_monotonic();
	fake.comm = "wget";
	fake.args = "wget\0/x";
	fake.args_len = 8;
	put_process(&fake);
	fill(811, "sh", late);
	assert_unknown(FROM_CHANGED);
	fill(811, "wget", late);
	assert_exe("/bin/busybox");
	assert_memory_equal(attempt.about.args, "wget\0/x", 8);
	/* With a stack of its own it shows without arguments, too. */
	wants.args = false;
	open_identities();
	fill(811, "wget", clock_monotonic());
	late = clock_monotonic();
	fake.comm = "sh";
	fake.stack++;
	put_process(&fake);
	fill(811, "wget", late);
	assert_unknown(FROM_CHANGED);
}

/* A program that names itself is the same before and after: what two looks agree about needs no name. */
static void test_renamed(void **state)
{
	struct fake fake = old_process(811);
	uint64_t between;

	(void)state;
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	between = clock_monotonic();
	fake.comm = "worker";
	put_process(&fake);
	fill(811, "curl", between);
	assert_exe("/usr/bin/curl");
	fill(811, "anything", between);
	assert_exe("/usr/bin/curl");
	/* Not seen before: the name is all there is. */
	open_identities();
	fill(811, "curl", between);
	assert_unknown(FROM_CHANGED);
	/* 15 bytes of a name are what an attempt has of it. */
	fake.comm = "kworker/u8:3-events_unbound";
	put_process(&fake);
	open_identities();
	fill(811, "kworker/u8:3-ev", between);
	assert_exe("/usr/bin/curl");
}

static void test_names_that_break_lines(void **state)
{
	static const char *const names[] = {"a) S 1 (b", ") ", "((((", "))))", "x\n1 (y) Z 1", " ", "\x80\xff", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct fake fake = old_process(811);

		fake.comm = names[i];
		put_process(&fake);
		open_identities();
		fill(811, names[i], clock_monotonic());
		assert_exe("/usr/bin/curl");
		assert_int_equal(attempt.identity.ppid, 700);
	}
}

static void test_threads(void **state)
{
	struct fake fake = old_process(811);
	uint64_t time;

	(void)state;
	fake.comm = "main";
	fake.tid = 812;
	fake.thread_comm = "worker";
	fake.net_ns = 55;
	put_process(&fake);
	fake.tid = 813;
	fake.net_ns = 56;
	put_process(&fake);
	open_identities();
	time = clock_monotonic();
	make(811, 812, "worker", time);
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/curl");
	assert_int_equal(attempt.identity.net_ns, 55);
	make(811, 813, "worker", time);
	identities_fill(identities, &attempt);
	assert_int_equal(attempt.identity.net_ns, 56);
	make(811, 812, "worker", time);
	identities_fill(identities, &attempt);
	assert_int_equal(attempt.identity.net_ns, 55);
	/* Names are threads', not the process's. */
	make(811, 812, "main", time);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_CHANGED);
	/* One that has ended tells nothing, and nothing speaks against it. */
	make(811, 899, "other", time);
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/curl");
	assert_false(attempt.identity.parts & IDENTITY_NET_NS);
}

/* The first thread has ended: it is a zombie without a program, and the others have it. */
static void test_leader_gone(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	fake.tid = 812;
	fake.state = 'Z';
	put_process(&fake);
	open_identities();
	make(811, 812, "curl", clock_monotonic());
	identities_fill(identities, &attempt);
	assert_unknown(FROM_GONE); /* the thread has no program either */
	put_link(path_in("811/task/812/exe"), "/usr/bin/wget");
	write_file(path_in("811/task/812/cmdline"), "wget", 5);
	write_file(path_in("811/task/812/cgroup"), "0::/web\n", 8);
	make(811, 812, "curl", clock_monotonic());
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/wget");
	assert_memory_equal(attempt.about.args, "wget", 5);
	assert_string_equal(attempt.about.cgroup, "/web");
	make(811, 813, "curl", clock_monotonic() + 200000000);
	identities_fill(identities, &attempt);
	assert_unknown(FROM_GONE);
}

static void test_kernel_thread(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	fake.flags = STAT_KTHREAD | 0x40;
	fake.comm = "kworker/0:1-events";
	fake.args_len = 0;
	put_process(&fake);
	write_file(path_in("811/cmdline"), "", 0);
	open_identities();
	fill(811, "kworker/0:1", clock_monotonic());
	assert_unknown(FROM_PROC);
	/* Without a program and no kernel thread: it is about to end. */
	fake.flags = 0x40;
	put_process(&fake);
	put_link(path_in("811/exe"), NULL);
	fill(811, "kworker/0:1", clock_monotonic() + 200000000);
	assert_unknown(FROM_GONE);
}

static void test_refused(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	model.link_error = EACCES;
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_int_equal(attempt.about.from, FROM_PROC);
	assert_null(attempt.about.exe);
	assert_string_equal(attempt.about.cgroup, "/user.slice");
	assert_int_equal(identities_gaps(identities).refused, 1);
	model.link_error = 0;
	fill(811, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	assert_int_equal(identities_gaps(identities).refused, 1);
}

/* What is deleted stays as the kernel says it; what fills the buffer may be cut off and is not believed. */
static void test_odd_programs(void **state)
{
	char name[EXE_MAX];
	struct fake fake = old_process(811);

	(void)state;
	fake.exe = "/tmp/x (deleted)";
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_exe("/tmp/x (deleted)");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fake.exe = name;
	put_process(&fake);
	fill(811, "curl", clock_monotonic());
	assert_exe(name);
	assert_int_equal(strlen(attempt.about.exe), EXE_MAX - 1);
}

static void test_damaged_stat(void **state)
{
	static const char *const lines[] = {
		"",
		"\n",
		"811",
		"811 (",
		"811 (curl",
		"811 curl) S 1",
		"811 (curl) ",
		"811 (curl) S",
		"811 (curl) SS 1 1",
		"811 (curl) S 1 1 1 0 -1 0 89 0 0 0 0 0 0 0 20 0 1 0 55 31 38 18 94 95\n",
		"811 (curl) S 1 1 1 0 -1 0 89 0 0 0 0 0 0 0 20 0 1 0 55 31 38 18 94 95 \n",
		"811 (curl) S 1 1 1 0 -1 x 89 0 0 0 0 0 0 0 20 0 1 0 55 31 38 18 94 95 14\n",
		"811 (curl) S 1 1 1 0 -1 0 89 0 0 0 0 0 0 0 20 0 1 0 99999999999999999999999 31 38 18 94 95 14\n",
		"811 (curl) S  1 1 1 0 -1 0 89 0 0 0 0 0 0 0 20 0 1 0 55 31 38 18 94 95 14\n",
		") 811 (curl S 1 1 1 0 -1 0 89 0 0 0 0 0 0 0 20 0 1 0 55 31 38 18 94 95 14\n",
	};
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		write_file(path_in("811/stat"), lines[i], strlen(lines[i]));
		open_identities();
		fill(811, "curl", clock_monotonic());
		if (attempt.about.from != FROM_NOT_ASKED)
			print_error("%s\n", lines[i]);
		assert_unknown(FROM_NOT_ASKED);
	}
}

/* Of a batch only the first attempt of a process asks anything. */
static void test_one_look_for_a_batch(void **state)
{
	struct fake fake = old_process(811);
	uint64_t time;
	int calls;

	(void)state;
	put_process(&fake);
	open_identities();
	time = clock_monotonic();
	fill(811, "curl", time);
	calls = model.calls;
	for (int i = 0; i < 1000; i++)
		fill(811, "curl", time - (uint64_t)i);
	assert_int_equal(model.calls, calls);
	fill(811, "curl", clock_monotonic());
	assert_true(model.calls > calls);
	/* The same for one that is gone. */
	take_away(811);
	time = clock_monotonic();
	fill(811, "curl", time);
	calls = model.calls;
	for (int i = 0; i < 1000; i++)
		fill(811, "curl", time);
	assert_int_equal(model.calls, calls);
}

static void test_cgroup_filter(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	fake.cgroup = "/web/below";
	put_process(&fake);
	fake.pid = 812;
	fake.cgroup = "/webs";
	put_process(&fake);
	wants.about = false;
	for (int negated = 0; negated < 2; negated++) {
		cgroups.negated = negated;
		open_identities();
		make(811, 811, "curl", clock_monotonic());
		assert_int_equal(identities_in_cgroups(identities, &attempt), !negated);
		make(812, 812, "renamed", clock_monotonic());
		assert_int_equal(identities_in_cgroups(identities, &attempt), negated);
		assert_int_equal(identities_gaps(identities).cgroup, 0);
		make(813, 813, "curl", clock_monotonic());
		assert_int_equal(identities_in_cgroups(identities, &attempt), negated);
		assert_int_equal(identities_gaps(identities).cgroup, 1);
	}
	/* It moves, and the next look sees it. */
	fake.cgroup = "/web";
	put_process(&fake);
	make(812, 812, "curl", clock_monotonic());
	assert_int_equal(identities_in_cgroups(identities, &attempt), false);
	/* A kernel without cgroups. */
	unlink(path_in("812/cgroup"));
	make(812, 812, "curl", clock_monotonic());
	assert_int_equal(identities_in_cgroups(identities, &attempt), true);
	assert_int_equal(identities_gaps(identities).cgroup, 2);
}

static void test_net_ns(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	fake.net_ns = 55;
	put_process(&fake);
	wants.about = false;
	wants.cgroups = NULL;
	open_identities();
	make(811, 811, "curl", clock_monotonic());
	identities_fill_net_ns(identities, &attempt);
	assert_int_equal(attempt.identity.net_ns, 55);
	assert_int_equal(attempt.identity.parts, IDENTITY_NET_NS);
	assert_int_equal(attempt.identity.proc_parts, IDENTITY_NET_NS);
	make(811, 811, "curl", clock_monotonic());
	attempt.identity.parts = IDENTITY_NET_NS;
	attempt.identity.net_ns = 77;
	identities_fill_net_ns(identities, &attempt);
	assert_int_equal(attempt.identity.net_ns, 77);
	assert_int_equal(attempt.identity.proc_parts, 0);
	assert_int_equal(identities_gaps(identities).net_ns, 0);
	make(812, 812, "curl", clock_monotonic());
	identities_fill_net_ns(identities, &attempt);
	assert_int_equal(attempt.identity.parts, 0);
	assert_int_equal(identities_gaps(identities).net_ns, 1);
	/* It moves, and the next attempt sees it. */
	fake.net_ns = 56;
	put_process(&fake);
	make(811, 811, "curl", clock_monotonic());
	identities_fill_net_ns(identities, &attempt);
	assert_int_equal(attempt.identity.net_ns, 56);
	put_link(path_in("811/task/811/ns/net"), "net:[");
	make(811, 811, "curl", clock_monotonic());
	identities_fill_net_ns(identities, &attempt);
	assert_int_equal(attempt.identity.parts, 0);
}

/* Another PID namespace's procfs: its numbers are not those of attempts. */
static void test_strange_proc(void **state)
{
	struct fake fake = old_process(811), self = old_process((uint32_t)getpid());

	(void)state;
	put_process(&fake);
	wants.own_tgid = 1;
	open_identities();
	assert_true(identities_strange_proc(identities));
	fill(811, "curl", clock_monotonic());
	assert_unknown(FROM_NOT_ASKED);
	assert_int_equal(attempt.identity.parts, 0);
	assert_string_equal(attempt.about.user, "root");
	/* Our own one: the kernel may tell which attempts are of it, and their numbers in it. */
	put_process(&self);
	open_identities();
	assert_true(identities_strange_proc(identities));
	make(9811, 9811, "curl", clock_monotonic());
	attempt.identity.parts = IDENTITY_NS_PID | IDENTITY_PID_NS;
	attempt.identity.ns_pid = attempt.identity.ns_tid = 811;
	attempt.identity.pid_ns = 4026531831;
	identities_fill(identities, &attempt);
	assert_exe("/usr/bin/curl");
	assert_false(attempt.identity.parts & IDENTITY_PPID); /* a number of the wrong namespace */
	make(811, 811, "curl", clock_monotonic());
	attempt.identity.parts = IDENTITY_NS_PID | IDENTITY_PID_NS;
	attempt.identity.ns_pid = attempt.identity.ns_tid = 811;
	attempt.identity.pid_ns = 4026531999;
	identities_fill(identities, &attempt);
	assert_unknown(FROM_NOT_ASKED);
	/* We are not in it at all. */
	put_link(path_in("self"), NULL);
	open_identities();
	fill(811, "curl", clock_monotonic());
	assert_unknown(FROM_NOT_ASKED);
}

static void test_no_proc(void **state)
{
	struct error err;

	(void)state;
	wants.proc = "/nonexistent";
	assert_int_equal(identities_open(&identities, &wants, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "opening /nonexistent");
	assert_sentence(&err, STATUS_FAILURE, "ENOENT");
}

static unsigned int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_bounds(void **state)
{
	struct fake fake = old_process(1);
	unsigned int before, most = 0;
	uint64_t time;
	int calls;

	(void)state;
	put_process(&fake);
	open_identities();
	before = open_files();
	time = clock_monotonic();
	fill(1, "curl", time);
	/* All of them look like the first, which is asked for again and again and so is never the oldest. */
	for (uint32_t pid = 1000; pid < 7000; pid++) {
		put_link(path_in("%u", pid), "1");
		fill(pid, "curl", clock_monotonic());
		assert_exe("/usr/bin/curl");
		if (pid % 500 == 0)
			most = open_files() - before > most ? open_files() - before : most;
		if (pid % 2)
			unlink(path_in("%u", pid));
		calls = model.calls;
		make(1, 1, "curl", time);
		assert_false(identities_in_cgroups(identities, &attempt));
		assert_int_equal(model.calls, calls);
	}
	assert_in_range(most, 200, CACHE_DIRS);
	/* The newest are known without a question, the oldest are not. */
	time = clock_monotonic() - 1000000000000;
	calls = model.calls;
	for (uint32_t pid = 7001 - CACHE_PROCESSES; pid < 7000; pid++) {
		make(pid, pid, "curl", time);
		assert_int_equal(identities_in_cgroups(identities, &attempt), false);
	}
	assert_int_equal(model.calls, calls);
	make(2000, 2000, "curl", time);
	identities_in_cgroups(identities, &attempt);
	assert_true(model.calls > calls);
}

/* More processes than directories, by turns and all in one moment: namespaces are told of each all the same. */
static void test_directories_by_turns(void **state)
{
	uint64_t time;

	(void)state;
	for (uint32_t pid = 1000; pid < 1000 + 2 * CACHE_DIRS; pid++) {
		struct fake fake = old_process(pid);

		put_process(&fake);
	}
	open_identities();
	time = clock_monotonic();
	for (int round = 0; round < 2; round++) {
		for (uint32_t pid = 1000; pid < 1000 + 2 * CACHE_DIRS; pid++) {
			fill(pid, "curl", time);
			assert_exe("/usr/bin/curl");
			assert_true(attempt.identity.parts & IDENTITY_NET_NS);
		}
	}
}

/* Long strings of many processes: bytes are bounded, and the last one is whole. */
static void test_bytes(void **state)
{
	static char args[ARGS_MAX];
	struct cache cache;
	static struct look look;

	(void)state;
	memset(args, 'a', sizeof(args) - 1);
	assert_true(cache_open(&cache, 4));
	for (uint32_t pid = 1; pid < 3 * CACHE_PROCESSES; pid++) {
		struct process *process = cache_get(&cache, pid);

		memcpy(look.args, args, sizeof(args));
		look.args_len = sizeof(args);
		look.exe_len = EXE_MAX - 1;
		memset(look.exe, 'e', look.exe_len);
		look.stat.start = pid;
		assert_true(cache_put(&cache, process, &look));
		assert_true(cache.bytes <= CACHE_BYTES);
		assert_int_equal(strlen(process->exe), EXE_MAX - 1);
		assert_memory_equal(process->args, args, sizeof(args));
		assert_ptr_equal(cache_get(&cache, pid), process);
	}
	cache_close(&cache);
}

/* Directories are closed when descriptors run out, and asked for once more. */
static void test_too_many_open_files(void **state)
{
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	fake.pid = 812;
	put_process(&fake);
	open_identities();
	fill(811, "curl", clock_monotonic());
	model.fail_at = model.calls + 1;
	model.fail_error = EMFILE;
	fill(812, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
	/* There was nothing to close any more but the one that was just opened. */
	open_identities();
	model.fail_at = model.calls + 1;
	fill(812, "curl", clock_monotonic());
	assert_unknown(FROM_NOT_ASKED);
	fill(812, "curl", clock_monotonic());
	assert_exe("/usr/bin/curl");
}

/* Any call fails: what is told is right or nothing, and the next attempt has it again. */
static void test_each_step_fails(void **state)
{
	static const int errors[] = {EIO, ENOMEM, ESRCH, ENOENT, EACCES, EMFILE};
	struct fake fake = old_process(811);

	(void)state;
	put_process(&fake);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (int step = 1; step < 40; step++) {
			open_identities();
			if (step % 2)
				fill(811, "curl", clock_monotonic());
			model.fail_at = model.calls + step;
			model.fail_error = errors[i];
			fill(811, "curl", clock_monotonic());
			if (attempt.about.exe)
				assert_string_equal(attempt.about.exe, "/usr/bin/curl");
			if (attempt.identity.parts & IDENTITY_NET_NS)
				assert_int_equal(attempt.identity.net_ns, 4026531832);
			model.fail_at = 0;
			fill(811, "curl", clock_monotonic());
			assert_exe("/usr/bin/curl");
			assert_true(attempt.identity.parts & IDENTITY_NET_NS);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_all_of_it),
	TEST(test_parent_in_the_same_namespace),
	TEST(test_only_gaps_are_filled),
	TEST(test_arguments),
	TEST(test_gone),
	TEST(test_gone_but_known),
	TEST(test_number_used_again),
	TEST(test_number_used_again_at_the_first_look),
	TEST(test_exec),
	TEST(test_exec_of_the_same_file),
	TEST(test_renamed),
	TEST(test_names_that_break_lines),
	TEST(test_threads),
	TEST(test_leader_gone),
	TEST(test_kernel_thread),
	TEST(test_refused),
	TEST(test_odd_programs),
	TEST(test_damaged_stat),
	TEST(test_one_look_for_a_batch),
	TEST(test_cgroup_filter),
	TEST(test_net_ns),
	TEST(test_strange_proc),
	TEST(test_no_proc),
	TEST(test_bounds),
	TEST(test_directories_by_turns),
	TEST(test_bytes),
	TEST(test_too_many_open_files),
	TEST(test_each_step_fails),
};

RUN(tests)
