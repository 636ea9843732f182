// SPDX-License-Identifier: GPL-2.0-or-later
#include "tracer.h"

#include "built_in.h"
#include "kernel.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define OBJECT_FILE_MAX (16 * 1024 * 1024)
#define LOSS_INTERVAL	1000000000
/* Of a ring whose size was not asked for. */
#define PAGES_LEAST 8
/* What /proc knows of a process's start is no finer: ns. */
#define BOOT_STEP 10000000

static int64_t wall_since(uint64_t clock)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec - (int64_t)clock;
}

/* The time of day when a process began is not to waver by what lies between two looks at the clocks. */
static void look_at_wall_clock(struct style *style)
{
	int64_t boot = wall_since(clock_boottime()), change = boot - style->boot;

	style->wall = wall_since(clock_monotonic());
	if (change < -BOOT_STEP || change > BOOT_STEP)
		style->boot = boot;
}

/* So many CPUs get mapped rings: up to the last one that is online now. Others that may come have perf's. */
static unsigned int online_cpus(unsigned int cpus)
{
	unsigned char online[CPUS_MAX];

	if (!cpus_online(online))
		return cpus;
	while (cpus > 1 && !online[cpus - 1])
		cpus--;
	return cpus;
}

#define RING_BYTES (1 << 20)

/* Large enough that two CPUs connecting at full speed lose nothing while the reader waits its turn; an eighth of a percent
 * of memory at most, for all that are there at the start together. */
static unsigned int default_pages(unsigned int cpus)
{
	long pages = sysconf(_SC_PHYS_PAGES) / 800 / (long)cpus;
	unsigned int most = (unsigned int)(RING_BYTES / sysconf(_SC_PAGESIZE));
	unsigned int size = most < PAGES_LEAST ? most : PAGES_LEAST;

	while (size < most && size * 2 <= (unsigned long)(pages > 0 ? pages : 0))
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

static int create_mapped(struct tracer *tracer, struct error *err)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), size = rings_value_size(tracer->pages);
	struct object *object = tracer->object;

	if (!kernel_has_mapped_rings(&tracer->kernel))
		return error_set(
			err, STATUS_UNSUPPORTED,
			"making rings in mapped memory: the kernel lacks arrays that can be mapped or ring buffers (5.8); use --ring perf or auto");
	if (size > UINT32_MAX)
		return error_set(err, STATUS_FAILURE, "making rings in mapped memory: %u pages are too many for one",
				 tracer->pages);
	if (object_resize_values(object, "mapped", (uint32_t)size, err) ||
	    object_resize_map(object, "mapped", tracer->mapped_cpus, err) ||
	    object_resize_map(object, "bell", (uint32_t)page, err) ||
	    object_create_map(object, "mapped", &tracer->kernel, err) ||
	    object_create_map(object, "bell", &tracer->kernel, err))
		return -1;
	return object_set_map_flags(object, "control", BPF_F_MMAPABLE, err) ||
	       object_set_map_flags(object, "counters", BPF_F_MMAPABLE, err);
}

/*
 * Rings in mapped memory are the better ones, but what takes one piece of the kernel's memory may fail where perf's
 * pages do not: a value of a map has at most 4 MB up to 5.10 (KMALLOC_MAX_SIZE), whatever memory there is.
 */
static int choose_rings(struct tracer *tracer, struct error *err)
{
	const enum ring_choice choice = tracer->options->ring;
	const uint64_t size = tracer->pages * (uint64_t)sysconf(_SC_PAGESIZE);
	struct object *object = tracer->object;

	if (choice == RINGS_PERF || create_mapped(tracer, &tracer->why_perf)) {
		if (choice == RINGS_MAPPED) {
			*err = tracer->why_perf;
			return -1;
		}
		tracer->mapped_cpus = 0;
		if (object_forgo_map(object, "mapped", err) || object_forgo_map(object, "bell", err))
			return -1;
	}
	if (object_set_constant(object, "MAPPED", tracer->mapped_cpus != 0, err) ||
	    object_set_constant(object, "RING_SIZE", size, err) ||
	    object_set_constant(object, "RING_WAKE", size / 4, err))
		return -1;
	return 0;
}

/* Who counts, and room for it. */
static int plan_sums(struct tracer *tracer, struct error *err)
{
	const struct options *options = tracer->options;
	struct keyed *keyed = &tracer->keyed;

	if (keyed->sums)
		tracer->in_reader =
			keyed_why_not_in_kernel(options, tracer->prefilter.exact, kernel_has_atomics(&tracer->kernel));
	keyed->in_kernel = keyed->sums && !tracer->in_reader;
	return count_plan(tracer->object, keyed->in_kernel ? keyed_sums_by(options) : 0,
			  options->filter.families & 1ULL << AF_UNIX, options->max_keys, err);
}

/* What resets a datagram socket is shown on request only, but a resolver's series is known by it (tags.h). */
static int keep_resets(struct tracer *tracer, const struct filter *filter, struct error *err)
{
	if (filter->families == FAMILIES_ANY || tracer->options->count)
		return 0;
	return object_set_constant(tracer->object, "FAMILIES", filter->families | 1ULL << AF_UNSPEC, err);
}

/* What events shall tell of who made them: each part costs the caller time. */
static uint32_t wanted_identity(const struct tracer *tracer)
{
	const struct options *options = tracer->options;
	unsigned int columns = tracer->keyed.options ? keyed_columns(&tracer->keyed) : 0;
	bool parent = options->format == FORMAT_JSON || options->format == FORMAT_CSV;
	uint32_t wanted = parent && !options->count ? IDENTITY_PPID : 0;

	if (options->action == ACTION_DOCTOR || options->identity)
		return IDENTITY_ALL;
	if (options->format == FORMAT_TRACEE || options->format == FORMAT_TRACEE2 || options->format == FORMAT_ECS ||
	    options->format == FORMAT_OCSF)
		return IDENTITY_ALL;
	wanted |= columns & BY(BY_CGROUP) ? IDENTITY_CGROUP_ID : 0;
	wanted |= columns & BY(BY_NETNS) || options->filter.netns.count ? IDENTITY_NET_NS : 0;
	return wanted;
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
	    object_check_map(object, "mapped", BPF_MAP_TYPE_ARRAY, number, 0, err) ||
	    object_check_map(object, "bell", BPF_MAP_TYPE_RINGBUF, 0, 0, err) ||
	    object_check_map(object, "counters", BPF_MAP_TYPE_ARRAY, number, sizeof(struct counters), err) ||
	    object_check_map(object, "strays", BPF_MAP_TYPE_HASH, sizeof(struct stray), sizeof(struct event), err) ||
	    object_check_map(object, "peeks", BPF_MAP_TYPE_ARRAY, number, sizeof(struct peek), err) ||
	    object_check_map(object, "control", BPF_MAP_TYPE_ARRAY, number, sizeof(struct control), err))
		return -1;
	if (object_resize_map(object, "peeks", wanted_identity(tracer) || options->filter.follow ? PEEKS + 1 : 0, err))
		return -1;
	if (object_resize_map(object, "rings", tracer->cpus, err) ||
	    object_resize_map(object, "bells", tracer->cpus, err) ||
	    object_resize_map(object, "counters", tracer->cpus, err) || object_resize_map(object, "control", 1, err))
		return -1;
	if (object_check_map(object, "pending", BPF_MAP_TYPE_HASH, sizeof(uint64_t), sizeof(struct pending), err) ||
	    object_resize_map(object, "pending", tracer->options->result ? PENDING_MAX : 0, err) ||
	    object_set_constant(object, "RESULT", tracer->options->result, err))
		return -1;
	if (prefilter_plan(&tracer->prefilter, filter, options->filter.follow, object, err))
		return -1;
	tracer->prefilter.exact &= !options->filter_in_reader;
	if (plan_sums(tracer, err) || keep_resets(tracer, filter, err) || choose_rings(tracer, err) ||
	    object_create_maps(object, &tracer->kernel, err))
		return -1;
	return prefilter_fill(&tracer->prefilter, filter, object, err);
}

static int open_desk(struct tracer *tracer, struct error *err)
{
	int result = desk_open(&tracer->desk, object_map_fd(tracer->object, "control"),
			       object_map_fd(tracer->object, "counters"), tracer->cpus, tracer->mapped_cpus != 0);

	if (result)
		return error_set(err, error_status(-result, STATUS_FAILURE),
				 "mapping the counters of %u CPUs: the kernel says %s; try --ring perf", tracer->cpus,
				 ERRNO_NAME(-result));
	return 0;
}

static int open_object(struct tracer *tracer, struct error *err)
{
	const char *path = tracer->options->object;
	const void *image = NULL;
	size_t size;

	if (path ? read_object(tracer, path, &size, err) : built_in_open(&image, &size, &tracer->image, err))
		return -1;
	return object_open(&tracer->object, path ? tracer->image : image, size, path ? path : "the built-in object",
			   err);
}

/* Two descriptors a CPU, up to three a place of the hook, and a few. Where the limit can't be raised, opening a ring says so. */
static void raise_open_files(unsigned int cpus)
{
	struct rlimit limit;

	if (sys_getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= 2 * cpus + 3 * HOOK_PLACES_MAX + 64)
		return;
	limit.rlim_cur = limit.rlim_max;
	sys_setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_rings(struct tracer *tracer, int epoll, uint64_t tag, struct error *err)
{
	const struct ring_maps maps = {
		.rings = object_map_fd(tracer->object, "rings"),
		.bells = object_map_fd(tracer->object, "bells"),
		.mapped_cpus = tracer->mapped_cpus,
		.mapped = object_map_fd(tracer->object, "mapped"),
		.bell = object_map_fd(tracer->object, "bell"),
	};

	int result;

	raise_open_files(tracer->cpus);
	/*
	 * Beyond perf_event_mlock_kb (516) a CPU, rings are charged against RLIMIT_MEMLOCK, which CAP_SYS_RESOURCE raises
	 * and CAP_IPC_LOCK passes by. Without these, smaller ones do, unless a size was asked for.
	 */
	while ((result = rings_open(&tracer->rings, tracer->cpus, tracer->pages, &maps, epoll, tag, err)) &&
	       err->status == STATUS_NOT_PERMITTED && !tracer->mapped_cpus && !tracer->options->pages &&
	       tracer->pages > PAGES_LEAST) {
		rings_close(tracer->rings);
		tracer->rings = NULL;
		object_raise_memlock();
		tracer->pages /= 2;
	}
	return result;
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
	return desk_tell(&tracer->desk, &tracer->control);
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
		fprintf(stderr,
			"connsnoop: --netns: where this kernel keeps a task's network namespace could not be learnt; the reader asks /proc, which may be too late\n");
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

/* Nobody sees returns here: events without results are still events, unless only those with certain results are wanted. */
static int go_without_results(struct tracer *tracer, const struct hook_parts *parts, struct error *err)
{
	if (tracer->options->shown_outcomes != OUTCOMES_ALL) {
		*err = tracer->why_unknown;
		return -1;
	}
	hook_stop(&tracer->hook);
	pending_sweep(object_map_fd(tracer->object, "pending"), UINT64_MAX);
	if (object_set_constant(tracer->object, "RESULT", 0, err))
		return -1;
	return hook_start(&tracer->hook, tracer->options->hook, parts, err);
}

static void conclude(void *context, const struct held *held, const struct ending *ending);

static int start_results(struct tracer *tracer, const struct hook_parts *parts, struct error *err)
{
	struct results_parts wanted = {
		.pending = object_map_fd(tracer->object, "pending"),
		.proc = tracer->hook.own_tgid == (uint32_t)getpid(),
		.ended = conclude,
		.context = tracer,
	};

	if (returns_start(&tracer->returns, &tracer->hook, parts, &tracer->why_unknown))
		return go_without_results(tracer, parts, err);
	/* Of those that were tried in vain. */
	tracer->why_unknown = (struct error){0};
	pending_sweep(wanted.pending, tracer->returns.since);
	return results_open(&tracer->results, &wanted, err);
}

int tracer_open(struct tracer *tracer, const struct options *options, int epoll, uint64_t ring_tag, struct error *err)
{
	struct hook_parts parts = {.kernel = &tracer->kernel, .consumed = count_proof, .context = tracer};
	int result;

	tracer->options = options;
	tracer->filter = options->filter;
	parts.identity = wanted_identity(tracer);
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
	tracer->mapped_cpus = online_cpus(tracer->cpus);
	tracer->pages = options->pages ? options->pages : default_pages(tracer->mapped_cpus);
	if (open_object(tracer, err) || kernel_probe(&tracer->kernel, err) || check_object(tracer, err) ||
	    open_desk(tracer, err) || open_rings(tracer, epoll, ring_tag, err))
		return -1;
	parts.object = tracer->object;
	parts.rings = tracer->rings;
	if (hook_start(&tracer->hook, options->hook, &parts, err) || settle_filters(tracer, err))
		return -1;
	if (options->result && start_results(tracer, &parts, err))
		return -1;
	/* From here on our own attempts are neither recorded nor counted. */
	tracer->control.own_tgid = tracer->hook.own_tgid;
	result = set_control(tracer, false);
	if (result)
		return error_set(err, STATUS_FAILURE,
				 "setting map control: bpf(BPF_MAP_UPDATE_ELEM) says %s; please report this kernel",
				 ERRNO_NAME(-result));
	adopt_descendants(tracer);
	if (health_open(&tracer->health, options->canary, options->canary || options->strict, &tracer->hook, err) ||
	    callers_open(&tracer->callers, options, tracer->prefilter.cgroups, tracer->hook.own_tgid, err))
		return -1;
	tracer->since = tracer->filter.follow ? clock_monotonic() : 0;
	return 0;
}

void tracer_close(struct tracer *tracer)
{
	health_close(&tracer->health);
	hook_stop(&tracer->hook);
	returns_stop(&tracer->returns);
	results_close(tracer->results);
	rings_close(tracer->rings);
	desk_close(&tracer->desk);
	object_close(tracer->object);
	names_close(tracer->names);
	callers_close(&tracer->callers);
	free(tracer->image);
	free(tracer->tally);
}

static bool decode(const struct tracer *tracer, struct attempt *attempt, uint32_t cpu, const void *data, uint32_t size)
{
	if (!attempt_decode(attempt, cpu, data, size))
		return false;
	if (attempt->place >= tracer->hook.place_count)
		attempt->place = 0;
	/* The security hook is asked for system calls only; the functions behind it are called by the kernel, too. */
	attempt->kernel = tracer->hook.kind == HOOK_PROTO && tracer->hook.has_sockfd && attempt->via == VIA_UNKNOWN;
	return true;
}

static void show(struct tracer *tracer, struct attempt *attempt)
{
	callers_fill(&tracer->callers, attempt);
	tracer->shown++;
	if (tracer->names && attempt->address.has_addr)
		attempt->domain =
			names_lookup(tracer->names, attempt->address.family, attempt->address.addr, attempt->time);
	emit_attempt(tracer->sink, tracer->style, attempt);
}

/* What is in progress is no failure so far; what is unknown may be either, and is never hidden. */
static bool outcome_passes(enum shown_outcomes shown, enum outcome outcome)
{
	return shown == OUTCOMES_ALL || outcome == OUTCOME_NOT_ASKED || outcome == OUTCOME_UNKNOWN ||
	       (outcome == OUTCOME_FAILURE) == (shown == OUTCOMES_FAILED);
}

/* All is known of it now. */
static void judge(struct tracer *tracer, struct attempt *attempt)
{
	uint64_t wanted = tracer->options->max_events;

	if (tracer->enough || !outcome_passes(tracer->options->shown_outcomes, attempt->result.outcome)) {
		tracer->filtered++;
		return;
	}
	switch (keyed_judge(&tracer->keyed, attempt)) {
	case FATE_SHOWN:
		show(tracer, attempt);
		break;
	case FATE_COUNTED:
		break;
	case FATE_SUPPRESSED:
		tracer->suppressed++;
		break;
	case FATE_KNOWN:
		tracer->filtered++;
	}
	tracer->enough = wanted && wanted == (tracer->keyed.sums ? sums_total(tracer->keyed.sums) : tracer->shown);
}

/* One that waited. */
static void conclude(void *context, const struct held *held, const struct ending *ending)
{
	struct tracer *tracer = context;
	struct attempt attempt;

	if (!decode(tracer, &attempt, held->cpu, held->record, held->size))
		return;
	attempt.tags = held->tags;
	attempt.identity = held->identity;
	attempt_conclude(&attempt, ending);
	judge(tracer, &attempt);
}

/* The programs have not counted it, and so it is in no account. An earlier one that comes late is not the one. */
static void take_canary(struct health *health, const struct attempt *attempt)
{
	const size_t at = offsetof(struct sockaddr_in, sin_zero);
	uint64_t nonce;

	memcpy(&nonce, attempt->event.addr + at, sizeof(nonce));
	health->seen |= health->expecting && nonce == trial_nonce(&health->trial);
}

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct tracer *tracer = context;
	struct attempt attempt;

	if (size == ENDING_SIZE && tracer->results)
		results_end(tracer->results, data);
	if (!decode(tracer, &attempt, cpu, data, size))
		return true;
	if (tracer->reading > attempt.time && tracer->reading - attempt.time > tracer->oldest)
		tracer->oldest = tracer->reading - attempt.time;
	if (attempt.pid == tracer->control.own_tgid) {
		take_canary(&tracer->health, &attempt);
		return true;
	}
	tracer->tally[cpu].received++;
	tagger_tag(&tracer->tagger, &attempt);
	if (tracer->enough || attempt.time < tracer->since || !filter_passes(&tracer->filter, &attempt) ||
	    !callers_pass(&tracer->callers, &attempt)) {
		tracer->filtered++;
		return true;
	}
	if (tracer->results && attempt.event.flags & EVENT_AWAITED && attempt.time >= tracer->returns.since) {
		callers_look(&tracer->callers, &attempt);
		results_wait(tracer->results, &attempt, data, size);
		return true;
	}
	if (tracer->options->result)
		attempt_conclude(&attempt, NULL);
	judge(tracer, &attempt);
	return true;
}

static void note_lost(void *context, uint32_t cpu, uint64_t count)
{
	struct tracer *tracer = context;

	tracer->tally[cpu].lost += count;
}

static size_t read_until(struct tracer *tracer, uint64_t until)
{
	const struct ring_reader reader = {.sample = take, .lost = note_lost, .context = tracer};

	size_t count;

	look_at_wall_clock(tracer->style);
	tracer->reading = clock_monotonic();
	count = rings_read(tracer->rings, until, &reader);
	tracer->reading = 0;
	return count;
}

/* A mapped ring counts what it refused. Where the kernel keeps sums, what it refuses is not told of one by one. */
static bool rings_tell_all(const struct tracer *tracer)
{
	return tracer->keyed.in_kernel || (tracer->mapped_cpus && !tracer->results);
}

static uint64_t counted_on(const struct tracer *tracer, uint32_t cpu, uint64_t otherwise)
{
	struct counters counters;

	if (desk_count(&tracer->desk, cpu, &counters))
		return otherwise;
	return counters.attempts - counters.filtered - counters.ringless;
}

/*
 * Other losses are not of attempts alone: bells and endings are lost as well, and the ring does not say which. What the
 * programs counted a second before the rings are read is received or lost behind that, but for those without a ring. Not
 * less: a program stamps its record by another clock (ktime_get_mono_fast_ns()) than the reader, on whose time depends
 * how far a ring is read.
 */
static void count_before(struct tracer *tracer, uint64_t now)
{
	if (rings_tell_all(tracer) || now - tracer->last_count < LOSS_INTERVAL)
		return;
	tracer->last_count = now;
	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		struct tally *tally = &tracer->tally[cpu];

		if (tally->lost <= tally->reported)
			continue;
		tally->counted = tally->counted_last;
		tally->counted_last = counted_on(tracer, cpu, tally->counted_last);
	}
}

size_t tracer_drain(struct tracer *tracer)
{
	uint64_t until;
	size_t count;

	count_before(tracer, clock_monotonic());
	until = clock_monotonic();
	count = read_until(tracer, until);

	/* After the attempts, which see no answer that came later than they. */
	names_drain(tracer->names, until);
	if (count)
		tracer_report_losses(tracer, false);
	return count;
}

void tracer_flush(struct tracer *tracer)
{
	struct error err;

	sink_flush(tracer->sink);
	while (sink_explain(tracer->sink, &err))
		fprintf(stderr, "connsnoop: %s\n", err.text);
}

/* Records of CPUs that had no ring when they were made. They come late, with the time that they were made at. */
static void read_strays(struct tracer *tracer)
{
	int map = object_map_fd(tracer->object, "strays");
	struct event event;
	struct stray key;

	while (!strays_take(map, &key, &event)) {
		if (key.cpu < tracer->cpus)
			take(tracer, (uint32_t)key.cpu, &event, (uint32_t)attempt_record_size(event.addrlen));
	}
}

void tracer_finish(struct tracer *tracer)
{
	hook_stop(&tracer->hook);
	returns_stop(&tracer->returns);
	read_until(tracer, UINT64_MAX);
	read_strays(tracer);
	if (tracer->results)
		results_give_up(tracer->results);
	callers_report(&tracer->callers);
}

void tracer_check_results(struct tracer *tracer)
{
	if (tracer->results)
		results_check(tracer->results, clock_monotonic());
}

int tracer_wait_ms(const struct tracer *tracer)
{
	return results_wait_ms(tracer->results, clock_monotonic());
}

/* First there has to be room. Nobody is to be woken: we are here. */
bool tracer_prove(struct tracer *tracer)
{
	struct health *health = &tracer->health;

	tracer_drain(tracer);
	trial_renew(&health->trial);
	health->seen = false;
	health->expecting = true;
	tracer->control.canary = 1;
	set_control(tracer, false);
	trial_make(&health->trial);
	tracer->control.canary = 0;
	set_control(tracer, false);
	tracer_drain(tracer);
	return health->seen;
}

bool tracer_lost_some(const struct tracer *tracer)
{
	bool lost = tracer->sink->dropped;

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++)
		lost |= tracer->tally[cpu].reported != 0;
	return lost;
}

int tracer_sleep(struct tracer *tracer)
{
	return set_control(tracer, true);
}

void tracer_update_cpus(struct tracer *tracer)
{
	const struct ring_reader reader = {.sample = take, .lost = note_lost, .context = tracer};
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

		if (desk_count(&tracer->desk, cpu, &counters) || counters.ringless == tracer->tally[cpu].ringless)
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

	if (desk_count(&tracer->desk, cpu, &counters))
		return tracer->tally[cpu].received;
	return counters.attempts - counters.filtered;
}

static uint64_t filtered_of(const struct tracer *tracer, uint32_t cpu)
{
	struct counters counters = {0};

	desk_count(&tracer->desk, cpu, &counters);
	return counters.filtered;
}

uint64_t tracer_unfollowed(const struct tracer *tracer)
{
	uint64_t sum = tracer->unfollowed;

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		struct counters counters = {0};

		desk_count(&tracer->desk, cpu, &counters);
		sum += counters.unfollowed;
	}
	return sum;
}

/*
 * But for one that may be under way, for however long: where a hypervisor stops a virtual CPU in the middle of a program,
 * that it stands still is why the rings are empty.
 */
static uint64_t missing_of(const struct tally *tally)
{
	return tally->counted > tally->received ? tally->counted - tally->received - 1 : 0;
}

/* Of what the ring told of, and what was told before stays said. */
static uint64_t lost_for_sure(const struct tally *tally)
{
	uint64_t missing = missing_of(tally), lost = missing < tally->lost ? missing : tally->lost;

	return lost > tally->reported ? lost : tally->reported;
}

/* Where the kernel keeps sums, what has no record is not lost, and in the sums it has no CPU. */
static uint64_t lost_of(const struct tracer *tracer, uint32_t cpu, bool finished)
{
	const struct tally *tally = &tracer->tally[cpu];
	uint64_t attempts;

	if (tracer->keyed.in_kernel)
		return tally->lost;
	if (!finished)
		return rings_tell_all(tracer) ? tally->lost : lost_for_sure(tally);
	attempts = attempts_of(tracer, cpu);
	return attempts > tally->received ? attempts - tally->received : 0;
}

/* Neither record nor sum tells of them. */
static uint64_t lost_by_sums(const struct tracer *tracer)
{
	uint64_t attempts = 0, known = sums_in_kernel(tracer->keyed.sums);

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		attempts += attempts_of(tracer, cpu);
		known += tracer->tally[cpu].received;
	}
	return attempts > known ? attempts - known : 0;
}

struct accounts tracer_accounts(const struct tracer *tracer, bool finished)
{
	struct accounts accounts = {
		.shown = tracer->shown,
		.filtered = tracer->filtered,
		.suppressed = tracer->suppressed,
		.counting = tracer->keyed.sums,
		.limiting = tracer->keyed.limiter,
		.watched = tracer->health.watching,
		.canaries = tracer->health.canaries,
		.canaries_missed = tracer->health.canaries_missed,
		.gaps = tracer->health.gaps,
		.missed_hits = tracer->health.missed_hits,
		.broken_events = tracer->health.broken_events,
	};

	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		accounts.lost += lost_of(tracer, cpu, finished);
		accounts.filtered += filtered_of(tracer, cpu);
	}
	if (finished && tracer->keyed.in_kernel)
		accounts.lost = lost_by_sums(tracer);
	if (accounts.counting) {
		accounts.counted = sums_total(tracer->keyed.sums);
	} else {
		/* What could not be written was received, but nobody was shown it. */
		accounts.shown -= tracer->sink->dropped;
		accounts.lost += tracer->sink->dropped;
	}
	accounts.attempts = accounts.shown + accounts.counted + accounts.filtered + accounts.suppressed + accounts.lost;
	return accounts;
}

void accounts_say(const struct accounts *accounts, const char *when)
{
	char text[ACCOUNTS_MAX];
	struct buffer buf = {.data = text, .size = sizeof(text)};

	put_accounts(&buf, accounts);
	fprintf(stderr, "connsnoop: %s%.*s\n", when, (int)buf.len, text);
}

void tracer_read_sums(struct tracer *tracer)
{
	uint64_t other = 0;
	int result;

	if (!tracer->keyed.in_kernel)
		return;
	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++) {
		struct counters counters = {0};

		desk_count(&tracer->desk, cpu, &counters);
		other += counters.other;
	}
	result = sums_read(tracer->keyed.sums, tracer->object, other);
	if (result)
		fprintf(stderr,
			"connsnoop: reading the kernel's sums: bpf(BPF_MAP_LOOKUP_ELEM) says %s; those that are missing count as lost\n",
			ERRNO_NAME(-result));
}

void tracer_header(struct tracer *tracer)
{
	if (tracer->keyed.sums)
		sums_header(tracer->keyed.sums, tracer->style, &tracer->sink->buffer);
	else
		render_header(tracer->style, &tracer->sink->buffer);
}

void tracer_show_sums(struct tracer *tracer, bool last)
{
	if (!tracer->keyed.sums)
		return;
	look_at_wall_clock(tracer->style);
	tracer_read_sums(tracer);
	keyed_show_sums(&tracer->keyed, last, tracer->style, tracer->sink);
}

/* All in all so many on this CPU. */
static void tell_losses(struct tracer *tracer, uint32_t cpu, uint64_t lost, uint64_t now)
{
	struct tally *tally = &tracer->tally[cpu];
	uint64_t more = lost - tally->reported;

	if (lost <= tally->reported)
		return;
	tally->reported = lost;
	tracer->last_report = now;
	emit_lost(tracer->sink, tracer->style, cpu, more);
	fprintf(stderr, "connsnoop: lost %llu attempts on CPU %u: its buffer was full; raise --buffer-pages\n",
		(unsigned long long)more, cpu);
}

void tracer_report_losses(struct tracer *tracer, bool finished)
{
	uint64_t now = clock_monotonic();

	/* A flood of losses is told of once a second, in sums. */
	if (!finished && now - tracer->last_report < LOSS_INTERVAL)
		return;
	for (uint32_t cpu = 0; cpu < tracer->cpus; cpu++)
		tell_losses(tracer, cpu, lost_of(tracer, cpu, finished), now);
}

void tracer_suspect_losses(struct tracer *tracer)
{
	tracer->suspects |= rings_were_full(tracer->rings) && !tracer->keyed.in_kernel;
	for (uint32_t cpu = 0; tracer->suspects && cpu < tracer->cpus; cpu++)
		tracer->tally[cpu].counted = counted_on(tracer, cpu, 0);
}

void tracer_report_suspects(struct tracer *tracer)
{
	for (uint32_t cpu = 0; tracer->suspects && cpu < tracer->cpus; cpu++)
		tell_losses(tracer, cpu, missing_of(&tracer->tally[cpu]), clock_monotonic());
	tracer->suspects = false;
}
