// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every system call of a run, one at a time, fails with every errno that it can return: in start, run and stop, in the
 * ways that there are to run. Whatever comes of it nothing crashes, hangs or is left behind (descriptors, maps, programs,
 * probes, mounts, rings), a failure is a sentence, and what was not shown was counted or complained of.
 */
#include "test.h"

#include "model.h"
#include "strict_json.h"
#include "tracer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CALLS_MAX  8192
#define ERRNOS_MAX 16
#define STDERR_MAX 65536
#define HANG_S	   30
#define CONNECTS   8 /* at a time */
#define OLD_FILES  9

/* What each call can return, by its man page and, for bpf(2) and perf_event_open(2), the kernel's source. */
static const struct {
	const char *call;
	int errnos[ERRNOS_MAX];
} table[] = {
	{"sys_bpf", {EPERM, E2BIG, EINVAL, ENOMEM, EMFILE, ENFILE, EAGAIN, ENOENT, EEXIST, EBUSY, ENOSPC, ENOSYS, 524}},
	{"sys_perf_event_open",
	 {EACCES, EPERM, EINVAL, ENOENT, ENODEV, EMFILE, ENFILE, ENOMEM, ENOSPC, EBUSY, EINTR, EOPNOTSUPP, E2BIG,
	  EILSEQ, EADDRNOTAVAIL}},
	{"sys_ioctl", {EINVAL, EEXIST, ENOMEM, EPERM, E2BIG, ENOTTY, EBADF}},
	{"sys_mmap", {ENOMEM, EPERM, EACCES, EAGAIN, EINVAL, ENODEV, ENFILE, 524}},
	{"sys_openat",
	 {EACCES, ENOENT, EMFILE, ENFILE, ENOMEM, EPERM, EINTR, ELOOP, ENOTDIR, EIO, ENODEV, EROFS, ENOSPC}},
	{"sys_read", {EIO, EINTR, ENOMEM, EACCES, EINVAL, EAGAIN, ESRCH}},
	{"sys_write",
	 {ENOSPC, EIO, EDQUOT, EFBIG, EINTR, EAGAIN, EPIPE, EPERM, ENOMEM, ENOENT, EBUSY, EINVAL, EEXIST,
	  EADDRNOTAVAIL}},
	{"sys_fsync", {EIO, ENOSPC, EDQUOT, EROFS, EINVAL}},
	{"sys_socket", {EMFILE, ENFILE, EACCES, EPERM, EAFNOSUPPORT, ENOBUFS, ENOMEM, EINVAL, EPROTONOSUPPORT}},
	{"sys_bind", {EADDRINUSE, ENODEV, EINVAL, EACCES, EADDRNOTAVAIL, ENOMEM}},
	{"sys_getsockname", {ENOBUFS, ENOTCONN}},
	{"sys_setsockopt", {ENOMEM, EPERM, EINVAL, ENOPROTOOPT, EDOM}},
	{"sys_getsockopt", {ENOPROTOOPT, EINVAL}},
	{"sys_recvmsg", {EAGAIN, EINTR, ENOMEM, ENETDOWN, EINVAL}},
	{"sys_sendmsg", {EAGAIN, EINTR, ENOMEM, ENOBUFS, EMSGSIZE, ECONNREFUSED, EPIPE, ENOTCONN}},
	{"sys_sendmmsg", {EAGAIN, EINTR, ENOMEM, ENOBUFS, EMSGSIZE, ECONNREFUSED}},
	{"sys_stat", {ENOENT, EACCES, ENOMEM, ELOOP}},
	{"sys_rename", {EACCES, EPERM, EXDEV, ENOSPC, EROFS, EBUSY, EIO, EDQUOT}}, /* ENOENT says the truth */
	{"sys_unlink", {EACCES, EPERM, ENOENT, EROFS, EIO, EBUSY}},
	{"sys_readlinkat", {EACCES, ENOENT, ESRCH, ENOMEM}},
	{"sys_getdents", {ENOENT, EINVAL, ENOMEM}},
	{"sys_mount_private", {EPERM, ENOMEM, EBUSY, ENODEV, EMFILE, EAGAIN, EIO}},
	{"sys_getrlimit", {EINVAL, EPERM}},
	{"sys_setrlimit", {EPERM, EINVAL}},
};

enum phase { START, RUN, STOP, PHASES };
static const char *const phase_names[] = {"start", "run", "stop"};

/* A way to run. */
struct way {
	const char *name;
	const struct model_kernel *kernel;
	void (*wish)(struct options *options);
	bool no_kprobes, no_symbol, cgroups;
};

/* One run and what came of it. */
struct played {
	int begins[PHASES]; /* calls before each phase */
	int made;	    /* attempts of others */
	bool failed;
	int status;
	char said[STDERR_MAX]; /* on standard error */
	struct accounts accounts;
	bool gone; /* nobody reads any more: a quiet end */
	unsigned int lines, broken;
};

static char folder[] = "/tmp/connsnoop-faults-XXXXXX";
static char output[64], baseline[64];
static const char *names[CALLS_MAX];
static int stderr_kept = -1, stderr_file = -1;

/* --- a run --- */

static void connect_some(struct played *played)
{
	static const uint8_t addr[16] = {2, 0, 1, 187, 93, 184, 216, 34};
	struct model_call call = {.family = 2, .type = 1, .addr = addr, .addrlen = 16, .nr = __NR_connect, .fd = 5};

	model.pid_tgid = 4242ULL << 32 | 4242;
	for (int i = 0; i < CONNECTS; i++) {
		model.cpu = (unsigned int)i & 1;
		if (!model.online[model.cpu])
			continue;
		call.result = i & 2 ? -ECONNREFUSED : 0;
		model_connect(&call);
		played->made++;
	}
	model.cpu = 0;
	model.pid_tgid = 0;
}

static void look(struct tracer *tracer)
{
	tracer_drain(tracer);
	tracer_flush(tracer);
}

/* SIGHUP, SIGUSR1, a CPU that goes and comes, naps and sleep: as loop.c does on each. */
static void run(struct tracer *tracer, struct played *played, struct error *err)
{
	connect_some(played);
	look(tracer);
	tracer_sleep(tracer);
	connect_some(played);
	if (sink_reopen(tracer->sink, err))
		fprintf(stderr, "connsnoop: %s\n", err->text);
	names_reload(tracer->names);
	keyed_save(&tracer->keyed);
	look(tracer);
	model.online[1] = false;
	rings_cpu_gone(tracer->rings, 1);
	model.online[1] = true;
	tracer_update_cpus(tracer);
	connect_some(played);
	tracer_check_cpus(tracer);
	tracer_read_sums(tracer);
	tracer_show_sums(tracer, false);
	tracer_check_results(tracer);
	look(tracer);
}

/* As finish() in main.c. */
static void stop(struct tracer *tracer, struct played *played)
{
	struct sink *sink = tracer->sink;

	sink->hurry = true;
	tracer_finish(tracer);
	played->status |= keyed_save(&tracer->keyed) ? STATUS_FAILURE : 0;
	if (!sink->gone) {
		tracer_report_losses(tracer, true);
		tracer_show_sums(tracer, true);
		keyed_show_suppressed(&tracer->keyed, tracer->style, sink);
		tracer_flush(tracer);
		emit_forget(sink, tracer->style);
	}
	played->accounts = tracer_accounts(tracer, true);
	played->gone = sink->gone;
}

static int start(struct tracer *tracer, struct sink *sink, struct options *options, struct error *err)
{
	if (keyed_open(&tracer->keyed, options, err) || sink_open(sink, options->output, -1, err) ||
	    (options->rotate_size && sink_rotate(sink, options->rotate_size, options->rotate_count, err)) ||
	    tracer_open(tracer, options, -1, 0, err))
		return -1;
	return 0;
}

static void count_lines(struct played *played)
{
	FILE *file;
	char *line = NULL, path[96];
	size_t size = 0;
	ssize_t got;

	for (int i = 0; i <= OLD_FILES; i++) {
		snprintf(path, sizeof(path), i ? "%s.%d" : "%s", output, i);
		file = fopen(path, "r");
		while (file && (got = getline(&line, &size, file)) > 0) {
			played->broken += line[got - 1] != '\n' || !json_valid(line, (size_t)got - 1);
			played->lines += !strncmp(line, "{\"event\":\"security_socket_connect\"", 34);
		}
		if (file)
			fclose(file);
		unlink(path);
	}
	free(line);
}

static void play(const struct way *way, int fail_at, int errnum, struct played *played)
{
	struct options options = {.pages = 1, .format = FORMAT_JSON, .output = output, .max_keys = 64};
	struct tracer tracer = {.hook = {.kind = HOOK_AUTO}};
	struct sink sink = {.fd = -1};
	struct style style = {.format = FORMAT_JSON};
	struct error err = {0};

	memset(played, 0, sizeof(*played));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	model_boot(way->kernel);
	model.real_files = true;
	model.kprobe_events = !way->no_kprobes;
	if (way->no_symbol)
		model_remove_symbol("security_socket_connect");
	model.log = names;
	model.log_room = CALLS_MAX;
	model.fail_at = fail_at;
	model.fail_error = errnum;
	way->wish(&options);
	style.identity = options.identity;
	style.result = options.result;
	played->failed = start(&tracer, &sink, &options, &err) != 0;
	if (!played->failed) {
		tracer.sink = &sink;
		tracer.style = &style;
		style.places = tracer.hook.places;
		if (tracer.hook.unseen) /* as the banner does */
			fprintf(stderr, "connsnoop: not seen: %s\n", tracer.hook.why_unseen);
		played->begins[RUN] = model.calls;
		run(&tracer, played, &err);
		played->begins[STOP] = model.calls;
		stop(&tracer, played);
	} else {
		fprintf(stderr, "connsnoop: %s\n", err.text);
		played->status = err.status;
	}
	tracer_close(&tracer);
	sink_close(&sink);
	keyed_close(&tracer.keyed);
	filter_free(&options.filter);
}

/* --- what is held against it --- */

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void hush(void)
{
	fflush(stderr);
	ftruncate(stderr_file, 0);
	lseek(stderr_file, 0, SEEK_SET);
	dup2(stderr_file, 2);
}

static void unhush(struct played *played)
{
	ssize_t got;

	fflush(stderr);
	dup2(stderr_kept, 2);
	got = pread(stderr_file, played->said, sizeof(played->said) - 1, 0);
	played->said[got > 0 ? got : 0] = '\0';
}

/* Of each line that was said: printable, and a sentence. */
static const char *find_nonsense(char *said)
{
	for (char *rest = said, *line; (line = strsep(&rest, "\n")) && rest;) {
		if (strncmp(line, "connsnoop: ", 11) != 0 || strlen(line) < 30)
			return line;
		for (const char *c = line; *c; c++) {
			if (*c < ' ' || *c > '~')
				return line;
		}
	}
	return NULL;
}

/* NULL: all is well. */
static const char *judge(const struct way *way, struct played *played, int descriptors)
{
	const struct accounts *accounts = &played->accounts;
	uint64_t told = accounts->shown + accounts->counted + accounts->filtered + accounts->suppressed;
	bool said = played->said[0] != '\0';
	const char *nonsense;

	(void)way;
	if (model_leaks())
		return "something is left in the kernel";
	if (count_descriptors() != descriptors)
		return "descriptors are left open";
	if (played->failed && (played->status < STATUS_FAILURE || played->status > STATUS_NOT_PERMITTED))
		return "no status";
	if (played->failed && !said)
		return "no word";
	nonsense = find_nonsense(played->said);
	if (nonsense)
		return nonsense;
	if (played->failed || played->gone)
		return NULL;
	if (played->broken && !said)
		return "broken lines, and no word";
	if (accounts->attempts != told + accounts->lost)
		return "the accounts do not add up";
	if (told + accounts->lost > (uint64_t)played->made)
		return "more is told of than happened";
	if (told + accounts->lost < (uint64_t)played->made && !said)
		return "attempts are missing, and no word";
	if (!accounts->counting && played->lines != accounts->shown && !said)
		return "what is in the file is not what is said to be shown";
	return NULL;
}

/* --- all of them --- */

static const int *errnos_of(const char *call)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (!strcmp(table[i].call, call))
			return table[i].errnos;
	}
	print_error("%s can fail and is not in the table\n", call);
	fail();
	return NULL;
}

static void play_each(const struct way *way)
{
	static struct played played;
	static const char *plan[CALLS_MAX];
	const char *why;
	int begins[PHASES], calls, descriptors = count_descriptors(), faults = 0, wrong = 0, failures = 0;

	hush();
	play(way, 0, 0, &played);
	unhush(&played);
	calls = model.calls;
	memcpy(begins, played.begins, sizeof(begins));
	count_lines(&played);
	if (played.failed || calls >= CALLS_MAX)
		print_error("%s: %d calls: %s\n", way->name, calls, played.said);
	assert_false(played.failed);
	why = judge(way, &played, descriptors);
	if (why)
		print_error("%s: %s: %s\n", way->name, why, played.said);
	assert_null(why);
	assert_int_equal(played.accounts.attempts, played.made);
	assert_int_equal(played.accounts.lost, 0);
	memcpy(plan, names, sizeof(plan));
	for (int n = 1; n <= calls; n++) {
		const int *errnos = errnos_of(plan[n - 1]);
		enum phase phase = n > begins[STOP] ? STOP : n > begins[RUN] ? RUN : START;

		for (int i = 0; i < ERRNOS_MAX && errnos[i]; i++) {
			alarm(HANG_S);
			hush();
			play(way, n, errnos[i], &played);
			unhush(&played);
			count_lines(&played);
			why = judge(way, &played, descriptors);
			faults++;
			failures += played.failed;
			if (why && ++wrong <= 20)
				print_error("%s, %s: call %d, %s, fails with %s: %s\n  %d made, %d shown, %d lost, %d "
					    "lines, %d broken; said: %.300s\n",
					    way->name, phase_names[phase], n, plan[n - 1], ERRNO_NAME(errnos[i]), why,
					    played.made, (int)played.accounts.shown, (int)played.accounts.lost,
					    (int)played.lines, (int)played.broken, played.said);
		}
	}
	alarm(0);
	print_message("# %s: %d calls (start %d, run %d, stop %d), %d faults, %d refused to start\n", way->name, calls,
		      begins[RUN], begins[STOP] - begins[RUN], calls - begins[STOP], faults, failures);
	assert_int_equal(wrong, 0);
}

static void wish_nothing(struct options *options)
{
	(void)options;
}

static void wish_perf(struct options *options)
{
	options->ring = RINGS_PERF;
}

static void wish_everything(struct options *options)
{
	options->result = options->identity = options->args = options->names = true;
	options->rotate_size = 4096;
	options->rotate_count = OLD_FILES;
	options->learn = baseline;
}

static void wish_sums(struct options *options)
{
	options->count = true;
	options->interval = 1;
}

static void wish_filters(struct options *options)
{
	struct error err;

	options->once = true;
	options->filter.follow = options->follow = true;
	ranges_add(&options->filter.pids, "-p", "4242", UINT32_MAX, &err);
	ranges_add(&options->filter.ports, "-P", "443", 65535, &err);
	prefixes_add(&options->filter.nets, "--net", "93.0.0.0/8,fe80::/10", &err);
}

static void test_mapped_rings(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "6.12, mapped rings", .kernel = &model_6_12, .wish = wish_nothing});
}

static void test_everything(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "5.10, all that can be told", .kernel = &model_5_10, .wish = wish_everything});
}

static void test_tracefs(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "4.9, tracefs", .kernel = &model_4_9, .wish = wish_perf});
}

static void test_tracepoint(void **state)
{
	(void)state;
	play_each(&(struct way){
		.name = "4.14, tracepoint", .kernel = &model_4_14, .wish = wish_nothing, .no_kprobes = true});
}

static void test_proto(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "4.4, proto", .kernel = &model_4_4, .wish = wish_nothing, .no_symbol = true});
}

static void test_sums(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "5.4, -c", .kernel = &model_5_4, .wish = wish_sums});
}

static void test_filters(void **state)
{
	(void)state;
	play_each(&(struct way){.name = "4.19, filters and limits", .kernel = &model_4_19, .wish = wish_filters});
}

static int open_all(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(output, sizeof(output), "%s/out", folder);
	snprintf(baseline, sizeof(baseline), "%s/known", folder);
	stderr_kept = dup(2);
	stderr_file = memfd_create("stderr", 0);
	return stderr_kept < 0 || stderr_file < 0;
}

static int close_all(void **state)
{
	(void)state;
	unlink(output);
	unlink(baseline);
	return rmdir(folder);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_mapped_rings), cmocka_unit_test(test_everything), cmocka_unit_test(test_tracefs),
	cmocka_unit_test(test_tracepoint),   cmocka_unit_test(test_proto),	cmocka_unit_test(test_sums),
	cmocka_unit_test(test_filters),
};

/* With a name: that test only. */
int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name(__FILE__, tests, open_all, close_all) ? 1 : 0;
}
