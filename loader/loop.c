// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

/*
 * Awake, records wait for the next look, NAP_MS at most, and cost the traced tasks no wake-up; a ring that fills faster
 * wakes us by its watermark. When a nap brought nothing we say that we sleep and look once more at once and once after
 * RECHECK_MS, for a program that had looked at the word just before it changed. From then on only a bell wakes us.
 */
#define NAP_MS	   5
#define LOOK_MS	   1 /* where callers are looked up, before they are gone */
#define RECHECK_MS 10

enum state { AWAKE, DROWSY, ASLEEP };

static int watch(struct loop *loop, int fd, enum loop_tag tag)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
}

int loop_open(struct loop *loop, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &loop->before);
	loop->hotplug = hotplug_open();
	loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->signals < 0 || loop->epoll < 0 || watch(loop, loop->signals, TAG_SIGNALS) ||
	    (loop->hotplug >= 0 && watch(loop, loop->hotplug, TAG_HOTPLUG)))
		return error_set(
			err, STATUS_FAILURE,
			"preparing to wait: signalfd or epoll says %s; the kernel needs CONFIG_SIGNALFD and CONFIG_EPOLL, and the limit of open files room",
			ERRNO_NAME(errno));
	return 0;
}

void loop_close(struct loop *loop)
{
	if (loop->hotplug >= 0)
		close(loop->hotplug);
	if (loop->signals >= 0)
		close(loop->signals);
	if (loop->epoll >= 0)
		close(loop->epoll);
}

static void print_counters(struct tracer *tracer)
{
	struct accounts accounts;

	tracer_read_sums(tracer);
	accounts = tracer_accounts(tracer, false);
	accounts_say(&accounts, "so far ");
	watch_say_sums(tracer);
	keyed_tell_suppressed(&tracer->keyed, " so far", tracer->style);
	keyed_save(&tracer->keyed);
}

static void reopen_output(struct sink *sink)
{
	struct error err;

	if (sink_reopen(sink, &err))
		fprintf(stderr, "connsnoop: %s; going on with the old file\n", err.text);
}

/*
 * With a command, its end is ours. What a terminal sends goes to both of us; what was sent to connsnoop alone is passed
 * on (si_code is SI_USER or below where a process sent it).
 */
static void stop_by_signal(struct loop *loop, const struct signalfd_siginfo *info)
{
	if (!loop->command->pid || loop->command->ended)
		loop->stop = true;
	else if (info->ssi_code <= 0)
		kill(loop->command->pid, (int)info->ssi_signo);
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			reopen_output(loop->tracer->sink);
			names_reload(loop->tracer->names);
			keyed_save(&loop->tracer->keyed);
			break;
		case SIGUSR1:
			tracer_drain(loop->tracer);
			print_counters(loop->tracer);
			break;
		case SIGCHLD:
			command_reap(loop->command);
			loop->stop |= loop->command->ended;
			break;
		default:
			stop_by_signal(loop, &info);
		}
	}
}

static void take_hotplug(struct loop *loop)
{
	enum hotplug_event event;
	bool changed = false;
	unsigned int cpu;

	while ((event = hotplug_read(loop->hotplug, &cpu)) != HOTPLUG_NONE) {
		if (event == HOTPLUG_OFFLINE)
			rings_cpu_gone(loop->tracer->rings, cpu);
		changed |= event != HOTPLUG_OFFLINE;
	}
	if (changed)
		tracer_update_cpus(loop->tracer);
}

/* The smaller of two waits, where a negative one has no end. */
static int sooner(int a, int b)
{
	return b < 0 || (a >= 0 && a < b) ? a : b;
}

static int wait_ms(const struct loop *loop, enum state state, uint64_t deadline)
{
	const int by_state[] = {
		[AWAKE] = loop->tracer->callers.identities ? LOOK_MS : NAP_MS,
		[DROWSY] = RECHECK_MS,
		[ASLEEP] = -1,
	};
	uint64_t now = clock_monotonic(), left;
	int timeout = sooner(sooner(by_state[state], sink_wait_ms(loop->tracer->sink)), tracer_wait_ms(loop->tracer));

	if (!deadline)
		return timeout;
	if (now >= deadline)
		return 0;
	left = (deadline - now + 999999) / 1000000;
	return sooner(timeout, left > 1000000 ? 1000000 : (int)left);
}

/* `woke`: when it did last. `late`: ns since then, but for the timeout; where that has no end, until the wait. */
static int wait_for(struct loop *loop, int timeout, uint64_t *woke, uint64_t *late)
{
	uint64_t before = clock_monotonic(), took;
	struct epoll_event events[16];
	int count = epoll_wait(loop->epoll, events, 16, timeout);

	took = clock_monotonic() - before;
	*late = before - *woke;
	if (timeout >= 0 && took > (uint64_t)timeout * 1000000)
		*late += took - (uint64_t)timeout * 1000000;
	*woke = before + took;
	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		loop->touched |= events[i].data.u64 == TAG_SIGNALS || events[i].data.u64 == TAG_HOTPLUG;
		if (events[i].data.u64 == TAG_SIGNALS)
			take_signals(loop);
		else if (events[i].data.u64 == TAG_HOTPLUG)
			take_hotplug(loop);
	}
	return count;
}

/* Nothing came since it was drowsy: whatever was on its way then has arrived. */
static void go_to_sleep(struct tracer *tracer)
{
	tracer_check_cpus(tracer);
	tracer_report_suspects(tracer);
	tracer_flush(tracer);
}

/* The program that rings the bell also takes back that we sleep; whoever read its record, we have to say it again. */
static enum state next_state(struct loop *loop, enum state state)
{
	bool touched = loop->touched;

	loop->touched = false;
	if (tracer_drain(loop->tracer) || touched)
		return AWAKE;
	if (state == AWAKE) {
		tracer_suspect_losses(loop->tracer);
		if (tracer_sleep(loop->tracer) || tracer_drain(loop->tracer))
			return AWAKE;
		return DROWSY;
	}
	if (state == DROWSY)
		go_to_sleep(loop->tracer);
	return ASLEEP;
}

/* After a time in which nothing ran (a stopped process, a suspended machine) one table is enough. */
static uint64_t show_table(struct tracer *tracer, uint64_t due)
{
	uint64_t now = clock_monotonic(), interval = tracer->options->interval;

	if (!due || now < due)
		return due;
	tracer_show_sums(tracer, false);
	tracer_flush(tracer);
	return now - due < interval ? due + interval : now + interval;
}

/* 0 is never. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (a < b || !b) ? a : b;
}

int loop_run(struct loop *loop)
{
	const struct options *options = loop->tracer->options;
	const struct names *names = loop->tracer->names;
	uint64_t deadline = options->duration ? clock_monotonic() + options->duration : 0;
	uint64_t table = options->interval ? clock_monotonic() + options->interval : 0;
	/* The first event is somebody's who waits for it. */
	enum state state = tracer_sleep(loop->tracer) ? AWAKE : DROWSY;
	uint64_t woke = clock_monotonic(), late;
	int result;

	/* Its packets are taken with the attempts; so that they do not pile up without any, it wakes us, too. */
	if (names && watch(loop, names_fd(names), TAG_NAMES)) {
		fprintf(stderr, "connsnoop: preparing to wait for names: epoll_ctl says %s; leave -d out\n",
			ERRNO_NAME(errno));
		return STATUS_FAILURE;
	}
	while (!loop->stop && !loop->tracer->enough && !loop->tracer->sink->gone && !loop->tracer->health.failed) {
		uint64_t due = earlier(earlier(deadline, table), watch_due(loop->tracer));

		loop->tracer->oldest = 0;
		result = wait_for(loop, wait_ms(loop, state, due), &woke, &late);
		if (result < 0) {
			fprintf(stderr, "connsnoop: waiting for events: epoll_wait says %s\n", ERRNO_NAME(-result));
			return STATUS_FAILURE;
		}
		loop->tracer->sink->hurry = loop->stop;
		state = next_state(loop, state);
		if (watch_check(loop->tracer))
			state = AWAKE;
		watch_gap(loop->tracer, late > loop->tracer->oldest ? late : loop->tracer->oldest);
		watch_losses(loop->tracer);
		tracer_check_results(loop->tracer);
		tracer_flush(loop->tracer);
		table = show_table(loop->tracer, table);
		if (deadline && clock_monotonic() >= deadline)
			break;
	}
	return loop->tracer->health.failed ? STATUS_FAILURE : STATUS_OK;
}
