// SPDX-License-Identifier: GPL-2.0-or-later
#include "tracer.h"

#include "control.h"
#include "kernel.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define OBJECT_FILE_MAX (16 * 1024 * 1024)
#define LOSS_INTERVAL	1000000000

/* embedded.S */
extern const unsigned char embedded_object[], embedded_object_end[];

static void look_at_wall_clock(struct style *style)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	style->wall = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec - (int64_t)clock_monotonic();
}

/* Large enough that two CPUs connecting at full speed lose nothing while the reader waits its turn; an eighth of a percent
 * of memory at most, for all of them together. */
static unsigned int default_pages(unsigned int cpus)
{
	long pages = sysconf(_SC_PHYS_PAGES) / 800 / (long)cpus;
	unsigned int size = 8;

	while (size < 256 && size * 2 <= (unsigned long)(pages > 0 ? pages : 0))
		size *= 2;
	return size;
}

static int read_object(struct tracer *tracer, const char *path, size_t *size, struct error *err)
{
	int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0);
	ssize_t got = 0;

	if (fd < 0)
		return error_set(err, STATUS_USAGE, "opening object %s: the kernel says %s; check the name", path,
				 ERRNO_NAME(-fd));
	tracer->image = malloc(OBJECT_FILE_MAX);
	*size = 0;
	while (tracer->image && *size < OBJECT_FILE_MAX) {
		got = sys_read(fd, (char *)tracer->image + *size, OBJECT_FILE_MAX - *size);
		if (got <= 0)
			break;
		*size += (size_t)got;
	}
	sys_close(fd);
	if (!tracer->image)
		return error_set(err, STATUS_FAILURE, "reading object %s: out of memory", path);
	if (got < 0)
		return error_set(err, STATUS_USAGE, "reading object %s: the kernel says %s; give a regular file", path,
				 ERRNO_NAME((int)-got));
	if (*size == OBJECT_FILE_MAX)
		return error_set(err, STATUS_USAGE, "reading object %s: larger than %d bytes, so not one of ours", path,
				 OBJECT_FILE_MAX);
	return 0;
}

/* What events shall tell of who made them: each part costs the caller time. */
static uint32_t wanted_identity(const struct options *options)
{
	uint32_t wanted = 0;

	if (options->action == ACTION_DOCTOR || options->identity)
		return IDENTITY_ALL;
	switch (options->format) {
	case FORMAT_TRACEE:
	case FORMAT_ECS:
	case FORMAT_OCSF:
		return IDENTITY_ALL;
	case FORMAT_JSON:
	case FORMAT_CSV:
		wanted = IDENTITY_PPID;
		break;
	case FORMAT_TEXT:
		break;
	}
	return options->filter.netns.count ? wanted | IDENTITY_NET_NS : wanted;
}

static int check_object(struct tracer *tracer, struct error *err)
{
	const uint32_t number = sizeof(uint32_t);
	const struct options *options = tracer->options;
	/* Who descends from whom only the kernel can follow. */
	const struct filter none = {
		.families = FAMILIES_ANY,
		.any_type = true,
		.pids = options->filter.follow ? options->filter.pids : (struct ranges){0},
	};
	const struct filter *filter = options->filter_in_reader ? &none : &options->filter;
	struct object *object = tracer->object;

	if (object_check_map(object, "rings", BPF_MAP_TYPE_PERF_EVENT_ARRAY, number, number, err) ||
	    object_check_map(object, "bells", BPF_MAP_TYPE_PERF_EVENT_ARRAY, number, number, err) ||
	    object_check_map(object, "counters", BPF_MAP_TYPE_ARRAY, number, sizeof(struct counters), err) ||
	    object_check_map(object, "strays", BPF_MAP_TYPE_HASH, sizeof(struct stray), sizeof(struct event), err) ||
	    object_check_map(object, "peeks", BPF_MAP_TYPE_ARRAY, number, sizeof(struct peek), err) ||
	    object_check_map(object, "control", BPF_MAP_TYPE_ARRAY, number, sizeof(struct control), err))
		return -1;
	if (object_resize_map(object, "peeks", wanted_identity(options) || options->filter.follow ? PEEKS + 1 : 0, err))
		return -1;
	if (object_resize_map(object, "rings", tracer->cpus, err) ||
	    object_resize_map(object, "bells", tracer->cpus, err) ||
	    object_resize_map(object, "counters", tracer->cpus, err) || object_resize_map(object, "control", 1, err))
		return -1;
	if (prefilter_plan(&tracer->prefilter, filter, options->filter.follow, object, err))
		return -1;
	tracer->prefilter.exact &= !options->filter_in_reader;
	if (object_create_maps(object, &tracer->kernel, err))
		return -1;
	return prefilter_fill(&tracer->prefilter, filter, object, err);
}

static int open_object(struct tracer *tracer, struct error *err)
{
	const char *path = tracer->options->object;
	size_t size = (size_t)(embedded_object_end - embedded_object);

	if (path && read_object(tracer, path, &size, err))
		return -1;
	return object_open(&tracer->object, path ? tracer->image : embedded_object, size,
			   path ? path : "the built-in object", err);
}

/* Two descriptors a CPU, and a few. Where the limit can't be raised, opening a ring says so. */
static void raise_open_files(unsigned int cpus)
{
	struct rlimit limit;

	if (sys_getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= 2 * cpus + 64)
		return;
	limit.rlim_cur = limit.rlim_max;
	sys_setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_rings(struct tracer *tracer, int epoll, uint64_t tag, struct error *err)
{
	const struct ring_maps maps = {
		.rings = object_map_fd(tracer->object, "rings"),
		.bells = object_map_fd(tracer->object, "bells"),
	};
	unsigned int pages = tracer->options->pages ? tracer->options->pages : default_pages(tracer->cpus);

	raise_open_files(tracer->cpus);
	return rings_open(&tracer->rings, tracer->cpus, pages, &maps, epoll, tag, err);
}

static void count_proof(void *context, uint32_t cpu)
{
	struct tracer *tracer = context;

	tracer->tally[cpu].received++;
	tracer->tally[cpu].proof++;
}

static int set_control(struct tracer *tracer, bool asleep)
{
	tracer->control.asleep = asleep;
	return control_write(object_map_fd(tracer->object, "control"), &tracer->control);
}

/*
 * Filters that stand on what was learnt. One that nobody can apply would show nothing, or too much; without -f a command
 * is only a help in choosing.
 */
static int settle_filters(struct tracer *tracer, struct error *err)
{
	const struct hook *hook = &tracer->hook;
	struct filter *filter = &tracer->filter;

	if (filter->netns.count && !(hook->learnt.parts & IDENTITY_NET_NS))
		return error_set(
			err, STATUS_UNSUPPORTED,
			"--netns: where this kernel keeps a task's network namespace could not be learnt; leave it out, or see --doctor");
	if (!filter->follow || hook->follows)
		return 0;
	if (tracer->options->follow)
		return error_set(err, STATUS_UNSUPPORTED,
				 "-f: processes can't be followed on this kernel (%s); leave it out",
				 hook->why_no_follow);
	filter->follow = false;
	if (tracer->options->command)
		fprintf(stderr,
			"connsnoop: processes can't be followed on this kernel (%s): all of the machine is shown\n",
			hook->why_no_follow);
	return 0;
}

/* Numbers of processes as /proc has them are the kernel's only in the initial PID namespace. */
static void adopt_descendants(struct tracer *tracer)
{
	const struct filter *filter = &tracer->filter;

	if (!filter->follow || !filter->pids.count)
		return;
	if (tracer->hook.own_tgid != (uint32_t)getpid())
		fprintf(stderr,
			"connsnoop: not in the initial PID namespace: of the processes of -p only children that are born from now on are followed\n");
	else
		tracer->unfollowed += family_adopt(object_map_fd(tracer->object, "pids"), &filter->pids);
}

int tracer_open(struct tracer *tracer, const struct options *options, int epoll, uint64_t ring_tag, struct error *err)
{
	struct hook_parts parts = {.kernel = &tracer->kernel, .consumed = count_proof, .context = tracer};
	int result;

	tracer->options = options;
	tracer->filter = options->filter;
	parts.identity = wanted_identity(options);
	parts.follow = options->filter.follow;
	tracer->cpus = cpus_possible();
	if (!tracer->cpus)
		return error_set(
			err, STATUS_FAILURE,
			"counting CPUs: neither /sys/devices/system/cpu/possible nor /proc/stat can be read; mount /proc");
	tracer->tally = calloc(tracer->cpus, sizeof(*tracer->tally));
	if (!tracer->tally)
		return error_set(err, STATUS_FAILURE, "preparing the accounts of %u CPUs: out of memory", tracer->cpus);
	if (options->names && names_open(&tracer->names, "/etc/hosts", err))
		return -1;
	if (open_object(tracer, err) || kernel_probe(&tracer->kernel, err) || check_object(tracer, err) ||
	    open_rings(tracer, epoll, ring_tag, err))
		return -1;
	parts.object = tracer->object;
	parts.rings = tracer->rings;
	if (hook_start(&tracer->hook, options->hook, &parts, err) || settle_filters(tracer, err))
		return -1;
	/* From here on our own attempts are neither recorded nor counted. */
	tracer->control.own_tgid = tracer->hook.own_tgid;
	result = set_control(tracer, false);
	if (result)
		return error_set(err, STATUS_FAILURE,
				 "setting map control: bpf(BPF_MAP_UPDATE_ELEM) says %s; please report this kernel",
				 ERRNO_NAME(-result));
	adopt_descendants(tracer);
	return 0;
}

void tracer_close(struct tracer *tracer)
{
	hook_stop(&tracer->hook);
	rings_close(tracer->rings);
	object_close(tracer->object);
	names_close(tracer->names);
	free(tracer->image);
	free(tracer->tally);
}

static bool show(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct tracer *tracer = context;
	struct attempt attempt;

	if (!attempt_decode(&attempt, cpu, data, size))
		return true;
	tracer->tally[cpu].received++;
	if (attempt.place >= tracer->hook.place_count)
		attempt.place = 0;
	/* The security hook is asked for system calls only; the functions behind it are called by the kernel, too. */
	attempt.kernel = tracer->hook.kind == HOOK_PROTO && tracer->hook.has_sockfd && attempt.via == VIA_UNKNOWN;
	if (tracer->enough || !filter_passes(&tracer->filter, &attempt)) {
		tracer->filtered++;
		return true;
	}
	tracer->shown++;
	if (tracer->names && attempt.address.has_addr)
		attempt.domain =
			names_lookup(tracer->names, attempt.address.family, attempt.address.addr, attempt.time);
	if (sink_reserve(tracer->sink))
		render_attempt(tracer->style, &tracer->sink->buffer, &attempt);
	else
		tracer->sink->dropped++;
	tracer->enough = tracer->options->max_events && tracer->shown == tracer->options->max_events;
	return true;
}

static void note_lost(void *context, uint32_t cpu, uint64_t count)
{
	struct tracer *tracer = context;

	tracer->tally[cpu].lost += count;
}

static size_t read_until(struct tracer *tracer, uint64_t until)
{
	const struct ring_reader reader = {.sample = show, .lost = note_lost, .context = tracer};

	look_at_wall_clock(tracer->style);
	return rings_read(tracer->rings, until, &reader);
}

size_t tracer_drain(struct tracer *tracer)
{
	uint64_t until = clock_monotonic();
	size_t count = read_until(tracer, until);

	/* After the attempts, which see no answer that came later than they. */
	names_drain(tracer->names, until);
	if (count)
		tracer_report_losses(tracer, false);
	return count;
}

/* Records of CPUs that had no ring when they were made. They come late, with the time that they were made at. */
static void read_strays(struct tracer *tracer)
{
	int map = object_map_fd(tracer->object, "strays");
	struct event event;
	struct stray key;

	while (!strays_take(map, &key, &event)) {
		if (key.cpu < tracer->cpus)
			show(tracer, (uint32_t)key.cpu, &event, (uint32_t)attempt_record_size(event.addrlen));
	}
}

void tracer_finish(struct tracer *tracer)
{
	hook_stop(&tracer->hook);
	read_until(tracer, UINT64_MAX);
	read_strays(tracer);
}

int tracer_sleep(struct tracer *tracer)
{
	return set_control(tracer, true);
}

void tracer_update_cpus(struct tracer *tracer)
{
	const struct ring_reader reader = {.sample = show, .lost = note_lost, .context = tracer};
	struct error err;

	if (rings_update(tracer->rings, &reader, &err) < 0)
		fprintf(stderr, "connsnoop: %s\n", err.text);
	read_strays(tracer);
}

void tracer_check_cpus(struct tracer *tracer)
{
	bool missed = false;

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		struct counters counters;

		if (counters_read(object_map_fd(tracer->object, "counters"), cpu, &counters) ||
		    counters.ringless == tracer->tally[cpu].ringless)
			continue;
		tracer->tally[cpu].ringless = counters.ringless;
		rings_cpu_gone(tracer->rings, cpu);
		missed = true;
	}
	if (missed)
		tracer_update_cpus(tracer);
}

/* Attempts of one CPU that the program counted and passed on; those of the proof are nobody's. */
static uint64_t attempts_of(const struct tracer *tracer, uint32_t cpu)
{
	struct counters counters = {0};

	if (counters_read(object_map_fd(tracer->object, "counters"), cpu, &counters))
		return tracer->tally[cpu].received;
	return counters.attempts - counters.filtered;
}

static uint64_t filtered_of(const struct tracer *tracer, uint32_t cpu)
{
	struct counters counters = {0};

	counters_read(object_map_fd(tracer->object, "counters"), cpu, &counters);
	return counters.filtered;
}

uint64_t tracer_unfollowed(const struct tracer *tracer)
{
	uint64_t sum = tracer->unfollowed;

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		struct counters counters = {0};

		counters_read(object_map_fd(tracer->object, "counters"), cpu, &counters);
		sum += counters.unfollowed;
	}
	return sum;
}

static uint64_t lost_of(const struct tracer *tracer, uint32_t cpu, bool finished)
{
	const struct tally *tally = &tracer->tally[cpu];
	uint64_t attempts;

	if (!finished)
		return tally->lost;
	attempts = attempts_of(tracer, cpu);
	return attempts > tally->received ? attempts - tally->received : 0;
}

struct accounts tracer_accounts(const struct tracer *tracer, bool finished)
{
	struct accounts accounts = {.shown = tracer->shown, .filtered = tracer->filtered};

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		accounts.lost += lost_of(tracer, cpu, finished);
		accounts.filtered += filtered_of(tracer, cpu);
	}
	/* What could not be written was received, but nobody was shown it. */
	accounts.shown -= tracer->sink->dropped;
	accounts.lost += tracer->sink->dropped;
	accounts.attempts = accounts.shown + accounts.filtered + accounts.lost;
	return accounts;
}

void tracer_report_losses(struct tracer *tracer, bool finished)
{
	uint64_t now = clock_monotonic();

	/* A flood of losses is told of once a second, in sums. */
	if (!finished && now - tracer->last_report < LOSS_INTERVAL)
		return;
	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		uint64_t lost = lost_of(tracer, cpu, finished), reported = tracer->tally[cpu].reported;

		if (lost <= reported)
			continue;
		tracer->tally[cpu].reported = lost;
		tracer->last_report = now;
		if (tracer->style->format == FORMAT_JSON && sink_reserve(tracer->sink))
			render_lost(tracer->style, &tracer->sink->buffer, cpu, lost - reported);
		fprintf(stderr, "connsnoop: lost %llu attempts on CPU %u: its buffer was full; raise --buffer-pages\n",
			(unsigned long long)(lost - reported), cpu);
	}
}
