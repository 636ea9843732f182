// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is learnt of a kernel's structs, on models whose structs lie otherwise and mislead; what events tell by it, by the
 * programs as compiled; and filters that stand on it. loader/attach/learn_task.c, learn_spaces.c, bpf/identity.h.
 */
#include "test.h"

#include "attempt.h"
#include "model.h"
#include "tasks.h"
#include "tracer.h"

#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct options options;
static struct tracer tracer;
static struct error err;

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.identity = true;
	options.pages = 8;
	model_boot(&model_6_12);
	return 0;
}

static void close_tracer(void)
{
	tracer_close(&tracer);
	memset(&tracer, 0, sizeof(tracer));
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(tasks.children, tasks.closed);
}

static int end(void **state)
{
	(void)state;
	close_tracer();
	filter_free(&options.filter);
	return 0;
}

static int try_open(void)
{
	memset(&tracer, 0, sizeof(tracer));
	memset(&err, 0, sizeof(err));
	return tracer_open(&tracer, &options, -1, 0, &err);
}

static void open_tracer(void)
{
	int result = try_open();

	if (result)
		print_error("%s: status %d: %s\n", model.kernel->name, err.status, err.text);
	assert_int_equal(result, 0);
}

/* Parts that nothing stands in the way of. */
static uint32_t all_parts(void)
{
	return model.kernel->version < 0x041200 ? IDENTITY_ALL & ~IDENTITY_CGROUP_ID : IDENTITY_ALL;
}

static void assert_learnt(uint32_t parts)
{
	const struct learnt *learnt = &tracer.hook.learnt;

	if (learnt->parts != parts)
		print_error("%s: learnt %#x, wanted %#x\n", model.kernel->name, learnt->parts, parts);
	assert_int_equal(learnt->parts, parts);
}

static void assert_place(enum learnt_at at)
{
	if (tracer.hook.learnt.at[at] != tasks.layout->at[at])
		print_error("%s, structs of %s: %s is at %u, not %u\n", model.kernel->name, tasks.layout->name,
			    learnt_name(at), tasks.layout->at[at], tracer.hook.learnt.at[at]);
	assert_int_equal(tracer.hook.learnt.at[at], tasks.layout->at[at]);
}

static void assert_all_places(void)
{
	for (enum learnt_at at = 0; at < TASK_HELPER; at++)
		assert_place(at);
}

/* --- learning --- */

static void test_every_kernel(void **state)
{
	static const struct tasks_layout *const layouts[] = {&layout_4_4, &layout_4_19, &layout_7_3};

	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		for (int j = 0; j < 3; j++) {
			start(NULL);
			model_boot(model_kernels[i]);
			tasks.layout = layouts[j];
			open_tracer();
			assert_learnt(all_parts());
			assert_all_places();
			assert_int_equal(tracer.hook.learnt.at[TASK_HELPER], model.kernel->version >= 0x040800);
			assert_int_equal(tracer.hook.learnt.at[TASK_STACK],
					 model.kernel->version >= 0x040800 ? 0 : 16384);
			close_tracer();
		}
	}
}

/* Half of THREAD_SIZE serves for the registers as well, but the task is at the true end. */
static void test_large_stacks(void **state)
{
	(void)state;
	for (uint32_t size = 8192; size <= 32768; size *= 2) {
		start(NULL);
		model_boot(&model_4_4);
		model.stack_size = size;
		open_tracer();
		assert_learnt(all_parts());
		assert_int_equal(tracer.hook.learnt.at[TASK_STACK], size);
		close_tracer();
	}
}

static void test_every_hook(void **state)
{
	static const struct model_kernel *const kernels[] = {&model_4_14, &model_4_19, &model_6_12};

	(void)state;
	for (int i = 0; i < 3; i++) {
		start(NULL);
		model_boot(kernels[i]);
		model_remove_symbol("security_socket_connect");
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_PROTO);
		assert_learnt(all_parts());
		close_tracer();
		model_boot(kernels[i]);
		model.kprobe_events = false;
		while (model.symbols[0])
			model_remove_symbol(model.symbols[0]);
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_TRACEPOINT);
		assert_learnt(all_parts());
		assert_all_places();
		close_tracer();
	}
}

/* Before 4.14 programs on system calls can only be on all of them. */
static void test_old_tracepoint(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	options.hook = HOOK_TRACEPOINT;
	open_tracer();
	assert_learnt(all_parts());
}

/* The kernel calls this process otherwise than it does itself. */
static void test_in_a_namespace(void **state)
{
	(void)state;
	tasks.level = 1;
	model.pid_tgid = 9000ULL << 32 | 9000;
	open_tracer();
	assert_learnt(all_parts());
	assert_all_places();
	close_tracer();
	start(NULL);
	tasks.level = 5;
	model.pid_tgid = 9000ULL << 32 | 9000;
	model.uid_map = "0 100000 65536\n";
	open_tracer();
	assert_learnt(all_parts());
	assert_all_places();
}

/* Nobody is made, and nothing is looked at, where nothing is asked for. */
static void test_nothing_is_asked_for(void **state)
{
	(void)state;
	options.identity = false;
	open_tracer();
	assert_int_equal(tasks.threads + tasks.children, 0);
	assert_int_equal(model.attempts, 2); /* for the registers, and the proof */
	assert_int_equal(object_map_fd(tracer.object, "peeks"), -1);
	close_tracer();
	/* JSON tells the parent, for which no namespace has to be made. */
	start(NULL);
	options.identity = false;
	options.format = FORMAT_JSON;
	open_tracer();
	assert_learnt(IDENTITY_PPID);
	assert_place(TASK_PARENT);
	assert_place(TASK_TGID);
}

static void test_formats(void **state)
{
	(void)state;
	for (enum format format = FORMAT_TEXT; format <= FORMAT_CSV; format++) {
		bool few = format == FORMAT_JSON || format == FORMAT_CSV;

		start(NULL);
		options.identity = false;
		options.format = format;
		open_tracer();
		assert_learnt(format == FORMAT_TEXT ? 0 : few ? IDENTITY_PPID : IDENTITY_ALL);
		close_tracer();
	}
}

/* --- what can't be known --- */

static void test_refusals(void **state)
{
	(void)state;
	tasks.no_thread = true;
	open_tracer();
	assert_learnt(IDENTITY_CGROUP_ID);
	close_tracer();
	start(NULL);
	tasks.no_child = true;
	open_tracer();
	assert_learnt(IDENTITY_CGROUP_ID);
	assert_false(tracer.hook.learnt.ids);
	close_tracer();
	start(NULL);
	tasks.no_pid_ns = true;
	open_tracer();
	assert_learnt(IDENTITY_ALL & ~(IDENTITY_NS_PID | IDENTITY_PID_NS));
	close_tracer();
	start(NULL);
	tasks.no_stat = true;
	open_tracer();
	assert_learnt(IDENTITY_ALL & ~IDENTITY_START);
	close_tracer();
	start(NULL);
	model.confidential = true;
	assert_int_equal(try_open(), -1);
}

/* A namespace that can't be left, or whose number nobody tells, teaches nothing of its kind. */
static void test_kept_namespaces(void **state)
{
	static const struct {
		int flag;
		const char *space;
		uint32_t parts;
	} kinds[] = {
		{CLONE_NEWUTS, "uts", IDENTITY_UTS_NS},
		{CLONE_NEWNS, "mnt", IDENTITY_MNT_NS},
		{CLONE_NEWNET, "net", IDENTITY_NET_NS},
		{CLONE_NEWUSER, "user", IDENTITY_USER_NS},
		{CLONE_NEWPID, "pid", IDENTITY_PID_NS | IDENTITY_NS_PID},
	};

	(void)state;
	for (int i = 0; i < 10; i++) {
		start(NULL);
		tasks.kept = i < 5 ? kinds[i].flag : 0;
		tasks.no_space = i < 5 ? NULL : kinds[i - 5].space;
		open_tracer();
		assert_learnt(IDENTITY_ALL & ~kinds[i % 5].parts);
		close_tracer();
	}
	start(NULL);
	tasks.kept = -1;
	tasks.no_pid_ns = true;
	open_tracer();
	assert_learnt(IDENTITY_PPID | IDENTITY_START | IDENTITY_CGROUP_ID);
}

/* --- what misleads --- */

#define ELSEWHERE 1600 /* in a task; nothing of any layout lies there */

static void put_ids(enum task task, size_t at)
{
	uint8_t *bytes = tasks_bytes(task);

	memcpy(bytes + at, bytes + tasks.layout->at[TASK_PID], 8);
}

static void mislead_ids(void)
{
	put_ids(tasks.current, ELSEWHERE + 4);
}

/* In one of the three only, which is not enough. */
static void mislead_ids_of_self(void)
{
	put_ids(SELF, ELSEWHERE);
}

static void mislead_ids_of_others(void)
{
	if (tasks.current != SELF)
		put_ids(tasks.current, ELSEWHERE);
}

static void copy_word(enum learnt_at from, size_t to)
{
	uint8_t *bytes = tasks_bytes(tasks.current);

	memcpy(bytes + to, bytes + tasks.layout->at[from], 8);
}

static void mislead_leader(void)
{
	copy_word(TASK_LEADER, ELSEWHERE);
}

/* Two, of which none stands where the leader has to. */
static void mislead_leader_moved(void)
{
	copy_word(TASK_LEADER, ELSEWHERE);
	copy_word(TASK_LEADER, ELSEWHERE + 8);
	tasks_put_word(tasks_bytes(tasks.current) + tasks.layout->at[TASK_LEADER], tasks_address(STRANGER));
}

/* Whom each of them woke last, its parent: no second one stands beside it. */
static void mislead_wakee(void)
{
	copy_word(TASK_PARENT, ELSEWHERE);
}

static void mislead_parent(void)
{
	copy_word(TASK_PARENT, ELSEWHERE);
	copy_word(TASK_PARENT, ELSEWHERE + 8);
}

/* Whom the child woke last: this process; but this process did not wake its parent. */
static void mislead_parent_of_child(void)
{
	tasks_put_word(tasks_bytes(tasks.current) + ELSEWHERE,
		       tasks.current == CHILD ? tasks_address(SELF) : tasks_address(STRANGER));
	tasks_put_number(tasks_bytes(STRANGER) + tasks.layout->at[TASK_TGID], 123456);
}

static void mislead_start(void)
{
	copy_word(TASK_START, ELSEWHERE);
}

static void mislead_start_of_child(void)
{
	if (tasks.current == CHILD)
		copy_word(TASK_START, ELSEWHERE);
}

/* Near, but another moment in each look. */
static void mislead_start_by_clock(void)
{
	static uint64_t looks;

	tasks_put_word(tasks_bytes(SELF) + ELSEWHERE, tasks.start + ++looks);
	mislead_start_of_child();
}

static void mislead_nsproxy(void)
{
	copy_word(TASK_NSPROXY, ELSEWHERE);
}

static void mislead_pid(void)
{
	copy_word(TASK_THREAD_PID, ELSEWHERE);
}

static void mislead_cred(void)
{
	copy_word(TASK_CRED, ELSEWHERE);
}

static void mislead_inode(void)
{
	uint8_t *nsproxy = tasks_behind(tasks_bytes(tasks.current) + tasks.layout->at[TASK_NSPROXY]);
	uint8_t *net = tasks_behind(nsproxy + tasks.layout->at[NSPROXY_NET]);

	memcpy(net + 1024, net + tasks.layout->at[NET_INUM], 4);
}

static void mislead_inode_of_child(void)
{
	if (tasks.current == CHILD)
		mislead_inode();
}

static void mislead_level(void)
{
	uint8_t *pid = tasks_behind(tasks_bytes(tasks.current) + tasks.layout->at[TASK_THREAD_PID]);

	memcpy(pid + 40, pid + tasks.layout->at[PID_LEVEL], 4);
}

static void mislead_numbers_of_self(void)
{
	uint8_t *pid = tasks_behind(tasks_bytes(SELF) + tasks.layout->at[TASK_THREAD_PID]);

	tasks_put_number(pid + tasks.layout->at[PID_NUMBERS], (uint32_t)getpid() + 1);
}

static void mislead_user(void)
{
	uint8_t *cred = tasks_behind(tasks_bytes(tasks.current) + tasks.layout->at[TASK_CRED]);

	memcpy(cred + 200, cred + tasks.layout->at[CRED_USER], 8);
}

static void mislead_ids_in_cred(void)
{
	uint8_t *cred = tasks_behind(tasks_bytes(SELF) + tasks.layout->at[TASK_CRED]);

	tasks_put_number(cred + tasks.layout->cred_ids, getuid() + 1);
	tasks_put_number(cred + 4, 4711);
}

/* The parent that the task names is not the one that getppid() does. */
static void mislead_mother(void)
{
	tasks_put_number(tasks_bytes(MOTHER) + tasks.layout->at[TASK_TGID], (uint32_t)getppid() + 1);
}

/*
 * A wrong candidate beside the right one: neither is believed, but for the leader, whose place behind the parent is known.
 * One that does not fit all three is none.
 */
static void test_misleading(void **state)
{
	static const struct {
		const char *name;
		void (*mislead)(void);
		uint32_t lost;
	} rows[] = {
		{"ids", mislead_ids, IDENTITY_ALL & ~IDENTITY_CGROUP_ID},
		{"ids of self", mislead_ids_of_self, 0},
		{"ids of others", mislead_ids_of_others, 0},
		{"leader", mislead_leader, 0},
		{"leader moved", mislead_leader_moved, IDENTITY_START | IDENTITY_NS_PID},
		{"wakee", mislead_wakee, 0},
		{"parent", mislead_parent, IDENTITY_PPID | IDENTITY_NS_PID},
		{"parent of child", mislead_parent_of_child, 0},
		{"mother", mislead_mother, IDENTITY_PPID | IDENTITY_NS_PID},
		{"start", mislead_start, IDENTITY_START},
		{"start of child", mislead_start_of_child, 0},
		{"start by clock", mislead_start_by_clock, 0},
		{"nsproxy", mislead_nsproxy,
		 IDENTITY_UTS_NS | IDENTITY_MNT_NS | IDENTITY_NET_NS | IDENTITY_PID_NS | IDENTITY_NS_PID},
		{"pid", mislead_pid, IDENTITY_PID_NS | IDENTITY_NS_PID},
		{"level", mislead_level, IDENTITY_PID_NS | IDENTITY_NS_PID},
		{"numbers of self", mislead_numbers_of_self, IDENTITY_PID_NS | IDENTITY_NS_PID},
		{"cred", mislead_cred, IDENTITY_USER_NS},
		{"user", mislead_user, IDENTITY_USER_NS},
		{"ids in cred", mislead_ids_in_cred, IDENTITY_USER_NS},
		{"inode", mislead_inode, IDENTITY_NET_NS},
		{"inode of child", mislead_inode_of_child, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(NULL);
		tasks.mislead = rows[i].mislead;
		open_tracer();
		if (tracer.hook.learnt.parts != (IDENTITY_ALL & ~rows[i].lost))
			print_error("%s: %#x\n", rows[i].name, tracer.hook.learnt.parts);
		assert_learnt(IDENTITY_ALL & ~rows[i].lost);
		close_tracer();
	}
}

/* The next in memory is a relative's. */
static void add_neighbour(void)
{
	uint8_t *bytes = tasks_bytes(tasks.current);

	memcpy(bytes + tasks.layout->task_size, bytes, tasks.layout->task_size);
}

static void test_neighbours(void **state)
{
	(void)state;
	for (int slab = NO_SLAB; slab <= BY_SLABINFO; slab++) {
		start(NULL);
		model_boot(&model_4_4);
		tasks.layout = &layout_4_4;
		tasks.slab = slab;
		tasks.mislead = add_neighbour;
		open_tracer();
		assert_learnt(slab == NO_SLAB ? 0 : all_parts());
		close_tracer();
	}
}

/* A kernel that tells the start in one clock only. */
static void drop_monotonic(void)
{
	tasks_put_word(tasks_bytes(tasks.current) + tasks.layout->at[TASK_START] - 8, 5);
}

static void test_suspended(void **state)
{
	(void)state;
	tasks.mislead = drop_monotonic;
	open_tracer();
	assert_learnt(IDENTITY_ALL);
	assert_place(TASK_START);
}

/* Somebody traces the child, or this process: real_parent counts. */
static void trace_all(void)
{
	tasks_put_word(tasks_bytes(tasks.current) + tasks.layout->at[TASK_PARENT] + 8, tasks_address(STRANGER));
}

static void test_debugger(void **state)
{
	(void)state;
	tasks.mislead = trace_all;
	open_tracer();
	assert_learnt(IDENTITY_ALL);
	assert_place(TASK_PARENT);
}

/* Each call that fails leaves something out, and nothing open; that tracing fails by it is ladder.c's. */
static void test_failing_calls(void **state)
{
	int calls;

	(void)state;
	open_tracer();
	calls = model.calls;
	close_tracer();
	for (int i = 1; i <= calls; i += 3) {
		start(NULL);
		model.fail_at = i;
		model.fail_error = 5;
		try_open();
		assert_int_equal(tracer.hook.learnt.parts & ~IDENTITY_ALL, 0);
		close_tracer();
	}
}

/* --- events --- */

static struct attempt last;
static int events;

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	(void)context;
	if (attempt_decode(&last, cpu, data, size))
		events++;
	return true;
}

static const uint8_t ipv4[16] = {AF_INET, 0, 1, 187, 93, 184, 216, 34};

static int somebody_connects(enum task task, uint32_t tgid, uint32_t tid)
{
	const struct ring_reader reader = {.sample = take};
	const struct model_call call = {
		.fd = 5, .family = AF_INET, .type = SOCK_STREAM, .addr = ipv4, .addrlen = 16, .nr = __NR_connect};

	model.pid_tgid = (uint64_t)tgid << 32 | tid;
	tasks.current = task;
	events = 0;
	model_connect(&call);
	rings_read(tracer.rings, UINT64_MAX, &reader);
	model.pid_tgid = 0;
	tasks.current = SELF;
	return events;
}

static void make_strangers(bool inside, bool mother_inside)
{
	const struct task_facts mother = {.tid = 700,
					  .tgid = 699,
					  .parent = MOTHER,
					  .leader = STRANGER_MOTHER,
					  .start = 1,
					  .inside = mother_inside,
					  .nr = 5};
	const struct task_facts leader = {.tid = 811,
					  .tgid = 811,
					  .parent = STRANGER_MOTHER,
					  .leader = STRANGER,
					  .start = 5211436346516,
					  .inside = inside,
					  .nr = 7};
	const struct task_facts thread = {.tid = 812,
					  .tgid = 811,
					  .parent = STRANGER_MOTHER,
					  .leader = STRANGER,
					  .start = 6211436346516,
					  .inside = inside,
					  .nr = 8};

	tasks_make(STRANGER_MOTHER, &mother);
	tasks_make(STRANGER, &leader);
	tasks_make(STRANGER_THREAD, &thread);
}

static void assert_spaces(const struct identity *identity, bool inside)
{
	assert_int_equal(identity->mnt_ns, tasks_inode("mnt", inside));
	assert_int_equal(identity->pid_ns, tasks_inode("pid", inside));
	assert_int_equal(identity->net_ns, tasks_inode("net", inside));
	assert_int_equal(identity->user_ns, tasks_inode("user", inside));
	assert_int_equal(identity->uts_ns, tasks_inode("uts", inside));
}

/* Behind the last entry of the mother's numbers may be what was there before: it looks like one in the child's namespace. */
static void leave_old_number(void)
{
	const uint32_t *at = tasks.layout->at;
	uint8_t *entry =
		tasks_behind(tasks_bytes(STRANGER_MOTHER) + at[TASK_THREAD_PID]) + at[PID_NUMBERS] + at[PID_STEP];
	uint8_t *nsproxy = tasks_behind(tasks_bytes(STRANGER) + at[TASK_NSPROXY]);

	tasks_put_number(entry, 4711);
	memcpy(entry + 8, nsproxy + 32, 8);
}

/* A thread in namespaces of its own, and one in ours; the parent here or there. */
static void check_events(void)
{
	const struct identity *identity = &last.identity;
	uint32_t parts = all_parts() | IDENTITY_START_EXACT;

	open_tracer();
	assert_learnt(all_parts());
	make_strangers(true, false);
	leave_old_number();
	assert_int_equal(somebody_connects(STRANGER_THREAD, 811, 812), 1);
	assert_int_equal(last.pid, 811);
	assert_int_equal(identity->parts, parts);
	assert_int_equal(identity->ppid, 699);
	assert_int_equal(identity->start, 5211436346516);
	assert_int_equal(identity->ns_pid, 7);
	assert_int_equal(identity->ns_tid, 8);
	assert_int_equal(identity->ns_ppid, 0);
	assert_int_equal(identity->cgroup_id, parts & IDENTITY_CGROUP_ID ? MODEL_CGROUP_ID : 0);
	assert_spaces(identity, true);
	make_strangers(true, true);
	somebody_connects(STRANGER_THREAD, 811, 812);
	assert_int_equal(identity->ns_ppid, 5);
	/* Outside, where the initial namespace's numbers are all there are. */
	make_strangers(false, false);
	somebody_connects(STRANGER, 811, 811);
	assert_int_equal(identity->ns_pid, 811);
	assert_int_equal(identity->ns_tid, 811);
	assert_int_equal(identity->ns_ppid, 700); /* of the leader, which is its own here */
	assert_spaces(identity, false);
	/* A parent that is in a deeper one than its child has a number here as well. */
	make_strangers(false, true);
	somebody_connects(STRANGER, 811, 811);
	assert_int_equal(identity->ns_ppid, 700);
}

static void test_events(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		start(NULL);
		model_boot(model_kernels[i]);
		check_events();
		close_tracer();
	}
	for (int i = 0; i < 2; i++) {
		start(NULL);
		model_boot(i ? &model_4_9 : &model_6_12);
		options.hook = HOOK_TRACEPOINT;
		check_events();
		close_tracer();
	}
	start(NULL);
}

/* Records without it are as they were, and so is a CPU's that has no ring. */
static void test_size(void **state)
{
	(void)state;
	options.identity = false;
	open_tracer();
	assert_int_equal(somebody_connects(SELF, 1, 1), 1);
	assert_int_equal(last.identity.parts, 0);
}

/* A task that is going has no namespaces any more. */
static void test_no_nsproxy(void **state)
{
	(void)state;
	open_tracer();
	make_strangers(true, false);
	tasks_put_word(tasks_bytes(STRANGER) + tasks.layout->at[TASK_NSPROXY], 0);
	somebody_connects(STRANGER, 811, 811);
	assert_int_equal(last.identity.parts & (IDENTITY_MNT_NS | IDENTITY_NET_NS | IDENTITY_UTS_NS), 0);
	assert_true(last.identity.parts & IDENTITY_USER_NS && last.identity.parts & IDENTITY_NS_PID);
}

/* --- --netns --- */

static void want_netns(const char *list)
{
	options.identity = false;
	assert_int_equal(ranges_add_namespaces(&options.filter.netns, "--netns", list, &err), 0);
}

static void assert_netns(const char *list, bool inside, bool outside)
{
	start(NULL);
	want_netns(list);
	open_tracer();
	assert_learnt(IDENTITY_NET_NS);
	assert_string_equal(tracer.prefilter.in_reader, "");
	make_strangers(true, false);
	assert_int_equal(somebody_connects(STRANGER, 811, 811), inside);
	make_strangers(false, false);
	assert_int_equal(somebody_connects(STRANGER, 811, 811), outside);
	close_tracer();
	filter_free(&options.filter);
}

static void test_netns(void **state)
{
	(void)state;
	assert_netns("4026532202", true, false);
	assert_netns("!4026532202", false, true);
	assert_netns("1,4026531832", false, true);
	assert_netns("!1,4026531832", true, false);
	start(NULL);
}

/* The kernel drops nothing, and the reader decides by the same number. */
static void test_netns_in_reader(void **state)
{
	(void)state;
	want_netns("4026532202");
	options.filter_in_reader = true;
	open_tracer();
	make_strangers(false, false);
	assert_int_equal(somebody_connects(STRANGER, 811, 811), 1);
	assert_false(filter_passes_netns(&options.filter, &last));
	make_strangers(true, false);
	assert_int_equal(somebody_connects(STRANGER, 811, 811), 1);
	assert_true(filter_passes_netns(&options.filter, &last));
}

/* Then the reader asks /proc. */
static void test_netns_not_learnt(void **state)
{
	(void)state;
	want_netns("4026532202");
	tasks.kept = CLONE_NEWNET;
	open_tracer();
	assert_false(tracer.hook.learnt.parts & IDENTITY_NET_NS);
	make_strangers(false, false);
	assert_int_equal(somebody_connects(STRANGER, 811, 811), 1);
	assert_false(filter_passes_netns(&options.filter, &last));
	close_tracer();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),    TEST(test_large_stacks),
	TEST(test_every_hook),	    TEST(test_old_tracepoint),
	TEST(test_in_a_namespace),  TEST(test_nothing_is_asked_for),
	TEST(test_formats),	    TEST(test_refusals),
	TEST(test_kept_namespaces), TEST(test_misleading),
	TEST(test_neighbours),	    TEST(test_suspended),
	TEST(test_debugger),	    TEST(test_failing_calls),
	TEST(test_events),	    TEST(test_size),
	TEST(test_no_nsproxy),	    TEST(test_netns),
	TEST(test_netns_in_reader), TEST(test_netns_not_learnt),
};

RUN(tests)
