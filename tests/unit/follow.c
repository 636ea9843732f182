// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is followed: the programs of bpf/follow.c on a model's forks and ends, and the descendants that /proc tells of. */
#include "test.h"

#include "bpf_attr.h"
#include "model.h"
#include "tasks.h"
#include "tracer.h"

#include <linux/bpf.h>
#include <linux/version.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLONE_THREAD 0x00010000

static struct options options;
static struct tracer tracer;
static struct error err;

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.ring = RINGS_PERF; /* whose records the model counts */
	options.filter.any_type = true;
	options.pages = 8;
	model_boot(&model_5_10);
	return 0;
}

static void close_tracer(void)
{
	tracer_close(&tracer);
	memset(&tracer, 0, sizeof(tracer));
	assert_int_equal(model_leaks(), 0);
}

static int end(void **state)
{
	(void)state;
	close_tracer();
	filter_free(&options.filter);
	return 0;
}

static int try_open(const char *pids, bool command)
{
	options.follow = pids != NULL;
	options.filter.follow = true;
	options.command = command ? (char *[]){(char *)(uintptr_t) "x", NULL} : NULL;
	if (pids)
		assert_int_equal(ranges_add(&options.filter.pids, "-p", pids, UINT32_MAX, &err), 0);
	memset(&tracer, 0, sizeof(tracer));
	memset(&err, 0, sizeof(err));
	return tracer_open(&tracer, &options, -1, 0, &err);
}

static void follow(const char *pids)
{
	int result = try_open(pids, !pids);

	if (result)
		print_error("%s: status %d: %s\n", model.kernel->name, err.status, err.text);
	assert_int_equal(result, 0);
	assert_true(tracer.hook.follows && tracer.filter.follow);
}

static bool is_followed(uint32_t pid)
{
	uint32_t value;

	return !bpf_map_access(BPF_MAP_LOOKUP_ELEM, object_map_fd(tracer.object, "pids"), &pid, &value);
}

static void become(uint32_t pid, uint32_t tid, enum task task)
{
	model.pid_tgid = (uint64_t)pid << 32 | tid;
	tasks.current = task;
}

/* --- as the kernel does it, for either kind of programs --- */

static bool by_events(void)
{
	return !model.symbols[0];
}

static void make_task(enum task task, uint32_t pid, uint32_t tid)
{
	const struct task_facts facts = {.tid = tid, .tgid = pid, .parent = MOTHER, .leader = task};

	tasks_make(task, &facts);
}

static void clone_task(uint32_t parent, uint32_t pid, uint32_t tid)
{
	struct {
		uint64_t common;
		uint32_t pid;
		char comm[16];
		uint32_t pad;
		uint64_t flags;
	} event = {.pid = tid, .flags = pid == parent ? CLONE_THREAD | 0x100 : 17};

	_Static_assert(__builtin_offsetof(typeof(event), flags) == 32, "as in model.c");
	become(parent, parent, STRANGER_MOTHER);
	make_task(STRANGER, pid, tid);
	if (by_events())
		model_event("task_newtask", &event, sizeof(event));
	else
		model_function("wake_up_new_task", tasks_address(STRANGER));
}

static void fork_task(uint32_t parent, uint32_t child)
{
	clone_task(parent, child, child);
}

/* By somebody else, its parent as a rule. */
static void release(uint32_t pid, uint32_t tid)
{
	struct {
		uint64_t common;
		char comm[16];
		uint32_t pid, prio;
	} event = {.pid = tid};

	become(1, 1, MOTHER);
	make_task(STRANGER, pid, tid);
	if (by_events())
		model_event("sched_process_free", &event, sizeof(event));
	else
		model_function("release_task", tasks_address(STRANGER));
}

/* de_thread(): `tid` of process `pid` runs a new program and takes the first thread's place. */
static void exec_in_thread(uint32_t pid, uint32_t tid, bool old_kernel)
{
	struct {
		uint64_t common;
		uint32_t filename, pid, old_pid, pad;
	} event = {.pid = pid, .old_pid = tid};
	uint32_t old_leader = old_kernel ? pid : tid;

	become(pid, pid, STRANGER_THREAD);
	make_task(STRANGER, pid, old_leader);
	if (by_events()) {
		model_event("sched_process_exec", &event, sizeof(event));
		release(pid, old_leader);
	} else {
		model_function("release_task", tasks_address(STRANGER));
	}
}

static void without_kprobes(void)
{
	model.kprobe_events = false;
	while (model.symbols[0])
		model_remove_symbol(model.symbols[0]);
}

static const struct variant {
	const struct model_kernel *kernel;
	bool events, old_exec;
} variants[] = {
	{&model_4_4, false, true},   {&model_4_9, false, true}, {&model_4_19, false, true},
	{&model_6_12, false, false}, {&model_4_14, true, true}, {&model_6_12, true, false},
};

static void boot(const struct variant *variant)
{
	filter_free(&options.filter);
	start(NULL);
	model_boot(variant->kernel);
	if (variant->events)
		without_kprobes();
}

#define FOR_EACH_VARIANT(variant)                                                                                   \
	for (const struct variant *variant = variants; variant < variants + sizeof(variants) / sizeof(variants[0]); \
	     variant++, close_tracer())

/* --- */

static void test_descendants(void **state)
{
	(void)state;
	FOR_EACH_VARIANT(variant)
	{
		boot(variant);
		follow("100,200");
		assert_true(is_followed(100) && is_followed(200));
		fork_task(100, 101);
		fork_task(101, 102);
		fork_task(1, 103);
		assert_true(is_followed(101) && is_followed(102));
		assert_false(is_followed(103) || is_followed(1));
		/* Its parent goes, and it stays. */
		release(101, 101);
		assert_false(is_followed(101));
		assert_true(is_followed(102) && is_followed(100));
		fork_task(102, 104);
		assert_true(is_followed(104));
	}
}

static void test_threads(void **state)
{
	(void)state;
	FOR_EACH_VARIANT(variant)
	{
		boot(variant);
		follow("100");
		clone_task(100, 100, 150);
		assert_false(is_followed(150));
		release(100, 150);
		assert_true(is_followed(100));
		/* A thread that is not the first forks. */
		become(100, 150, STRANGER_MOTHER);
		fork_task(100, 151);
		assert_true(is_followed(151));
		release(100, 100);
		assert_false(is_followed(100));
	}
}

static void test_exec_in_thread(void **state)
{
	(void)state;
	FOR_EACH_VARIANT(variant)
	{
		boot(variant);
		follow("100");
		clone_task(100, 100, 150);
		exec_in_thread(100, 150, variant->old_exec);
		assert_true(is_followed(100));
		fork_task(100, 101);
		assert_true(is_followed(101));
		/* The end of it, unless the kernel had the new number already: then with the number's next owner. */
		release(100, 100);
		assert_int_equal(is_followed(100), variant->events && !variant->old_exec);
		fork_task(1, 100);
		assert_false(is_followed(100));
		/* An exec by the first thread is none of this, and neither is a stranger's. */
		exec_in_thread(101, 101, false);
		release(101, 101);
		assert_false(is_followed(101));
		exec_in_thread(300, 301, false);
		assert_false(is_followed(300) || is_followed(301));
	}
}

/* A process that was not seen to end leaves its number behind. */
static void test_number_is_used_again(void **state)
{
	(void)state;
	FOR_EACH_VARIANT(variant)
	{
		boot(variant);
		follow("100");
		fork_task(1, 100);
		assert_false(is_followed(100));
		fork_task(100, 101);
		assert_false(is_followed(101));
	}
}

/* A process that reaps itself, as children of those do who ignore SIGCHLD. */
static void test_reaps_itself(void **state)
{
	(void)state;
	follow("100");
	make_task(STRANGER, 100, 100);
	become(100, 100, STRANGER);
	model_function("release_task", tasks_address(STRANGER));
	assert_false(is_followed(100));
}

static int shown(uint32_t pid)
{
	static const uint8_t ipv4[16] = {2, 0, 1, 187, 93, 184, 216, 34};
	const struct model_call call = {
		.fd = 5, .family = 2, .type = 1, .addr = ipv4, .addrlen = 16, .nr = __NR_connect};
	int before = model.records;

	become(pid, pid, STRANGER);
	model_connect(&call);
	return model.records - before;
}

static void test_command(void **state)
{
	uint32_t own;

	(void)state;
	FOR_EACH_VARIANT(variant)
	{
		boot(variant);
		follow(NULL);
		own = tracer.hook.own_tgid;
		assert_int_equal(own, getpid());
		assert_int_equal(shown(100), 0);
		fork_task(own, 100);
		fork_task(100, 101);
		assert_int_equal(shown(100), 1);
		assert_int_equal(shown(101), 1);
		assert_int_equal(shown(102), 0);
		assert_int_equal(shown(own), 0);
	}
}

/* The list is the kernel's also where all else is the reader's. */
static void test_filter_in_reader(void **state)
{
	(void)state;
	options.filter_in_reader = true;
	follow("100");
	fork_task(100, 101);
	assert_int_equal(shown(100), 1);
	assert_int_equal(shown(101), 1);
	assert_int_equal(shown(102), 0);
}

static void test_no_room(void **state)
{
	(void)state;
	follow("1-65535");
	fork_task(1, 70000);
	fork_task(1, 70001);
	assert_int_equal(tracer_unfollowed(&tracer), 1);
	assert_true(is_followed(70000));
	assert_false(is_followed(70001));
	release(70000, 70000);
	fork_task(1, 70002);
	assert_int_equal(tracer_unfollowed(&tracer), 1);
}

/* --- where it can't be done --- */

static void test_unable(void **state)
{
	(void)state;
	without_kprobes();
	model.no_task_events = true;
	assert_int_equal(try_open("100", false), -1);
	assert_sentence(&err, STATUS_UNSUPPORTED, "-f: processes can't be followed on this kernel");
	close_tracer();
	/* A command is shown among all others, as far as other filters let. */
	filter_free(&options.filter);
	start(NULL);
	without_kprobes();
	model.no_task_events = true;
	assert_int_equal(try_open(NULL, true), 0);
	assert_false(tracer.filter.follow || tracer.hook.follows);
	assert_int_equal(shown(100), 1);
}

/* Kprobes without the numbers' places make room for tracepoints. */
static void mislead(void)
{
	memcpy(tasks_bytes(tasks.current) + 1600, tasks_bytes(tasks.current) + tasks.layout->at[TASK_PID], 8);
}

static void test_kprobes_unlearnt(void **state)
{
	struct {
		uint64_t common;
		uint32_t pid;
		char comm[16];
		uint32_t pad;
		uint64_t flags;
	} event = {.pid = 101, .flags = 17};

	(void)state;
	tasks.mislead = mislead;
	follow("100");
	assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
	become(100, 100, STRANGER);
	model_event("task_newtask", &event, sizeof(event));
	assert_true(is_followed(101));
}

static void test_one_is_missing(void **state)
{
	(void)state;
	model_remove_symbol("release_task");
	model.no_task_events = true;
	assert_int_equal(try_open("100", false), -1);
	assert_sentence(&err, STATUS_UNSUPPORTED, "release_task");
}

/* --- descendants from before --- */

static void list(const struct model_process *processes, size_t count)
{
	memcpy(model.processes, processes, count * sizeof(*processes));
	model.process_count = count;
}

static void test_from_before(void **state)
{
	static const struct model_process processes[] = {
		{1, 0, false},	   {30, 100, false},  {100, 1, false},	{101, 30, false},  {102, 1, false},
		{103, 102, false}, {104, 101, false}, {105, 104, true}, {106, 105, false}, {200, 104, false},
	};

	(void)state;
	list(processes, sizeof(processes) / sizeof(processes[0]));
	follow("100");
	assert_true(is_followed(100) && is_followed(30) && is_followed(101) && is_followed(104) && is_followed(200));
	/* 105 was gone when it was looked at: whose 106 is can't be told. */
	assert_false(is_followed(1) || is_followed(102) || is_followed(103) || is_followed(105) || is_followed(106));
	assert_int_equal(tracer_unfollowed(&tracer), 0);
}

static void bear_child(void)
{
	if (model.process_count < 5)
		model.processes[model.process_count++] = (struct model_process){500, 101, false};
}

/* One is born while the others are listed: who is new is asked for children once more. */
static void test_born_meanwhile(void **state)
{
	static const struct model_process processes[] = {{1, 0, false}, {100, 1, false}, {101, 100, false}};

	(void)state;
	list(processes, 3);
	model.after_listing = bear_child;
	follow("100");
	assert_true(is_followed(101) && is_followed(500));
}

/* /proc counts processes of another PID namespace than the kernel. */
static void test_in_a_namespace(void **state)
{
	static const struct model_process processes[] = {{1, 0, false}, {100, 1, false}, {101, 100, false}};

	(void)state;
	list(processes, 3);
	model.pid_tgid = 9000ULL << 32 | 9000;
	follow("100");
	assert_true(is_followed(100));
	assert_false(is_followed(101));
}

static void test_no_room_before(void **state)
{
	static const struct model_process processes[] = {
		{1, 0, false}, {70001, 1, false}, {70002, 1, false}, {70003, 70002, false}, {70004, 80000, false}};

	(void)state;
	list(processes, 5);
	follow("1-65534");
	assert_int_equal(tracer_unfollowed(&tracer), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_descendants),		 TEST(test_threads),	    TEST(test_exec_in_thread),
	TEST(test_number_is_used_again), TEST(test_reaps_itself),   TEST(test_command),
	TEST(test_filter_in_reader),	 TEST(test_no_room),	    TEST(test_unable),
	TEST(test_kprobes_unlearnt),	 TEST(test_one_is_missing), TEST(test_from_before),
	TEST(test_born_meanwhile),	 TEST(test_in_a_namespace), TEST(test_no_room_before),
};

RUN(tests)
