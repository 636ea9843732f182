// SPDX-License-Identifier: GPL-2.0-or-later
/* All rings: opened by CPU number, read in the order of time. */
#include "private.h"

#include "bpf_attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* Space goes back to the kernel in steps: each store takes the line away from the CPU that writes. */
#define RELEASE_STEP 16384

struct rings {
	struct ring *ring; /* by CPU number */
	uint32_t *ready;   /* numbers of the rings that have a sample, during a read */
	unsigned int cpus;
	unsigned int pages;
	struct ring_maps maps;
	struct mapped mapped;
	struct bell bell;
	int epoll;
	uint64_t tag;
};

static void close_one(struct ring *ring)
{
	if (ring->kind)
		ring->kind->close(ring);
	ring->kind = NULL;
}

static int watch(const struct rings *rings, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = rings->tag};

	if (rings->epoll < 0)
		return 0;
	return epoll_ctl(rings->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int put_into_map(int map, uint32_t cpu, int fd)
{
	uint32_t value = (uint32_t)fd;

	return bpf_map_access(BPF_MAP_UPDATE_ELEM, map, &cpu, &value);
}

static int open_perf(struct rings *rings, unsigned int cpu)
{
	struct ring *ring = &rings->ring[cpu];
	int result = perf_ring_open(ring, cpu, rings->pages);

	if (!result)
		result = put_into_map(rings->maps.rings, cpu, ring->fd);
	if (!result)
		result = put_into_map(rings->maps.bells, cpu, ring->bell);
	if (!result)
		result = watch(rings, ring->fd);
	if (result)
		close_one(ring);
	return result;
}

/* The bell's first, since it is what could be missing; nothing is left half open that rings_close() would not close. */
static int open_mapped(struct rings *rings, struct error *err)
{
	const struct ring_maps *maps = &rings->maps;
	int result = bell_open(&rings->bell, maps->bell);

	if (!result)
		result = mapped_open(&rings->mapped, maps->mapped, maps->mapped_cpus, rings->pages);
	if (!result)
		result = watch(rings, maps->bell);
	if (result)
		return error_set(
			err, error_status(-result, STATUS_FAILURE),
			"mapping the rings of %u CPUs (%u pages each): the kernel says %s; lower --buffer-pages",
			maps->mapped_cpus, rings->pages, ERRNO_NAME(-result));
	for (unsigned int cpu = 0; cpu < maps->mapped_cpus; cpu++)
		mapped_ring_open(&rings->ring[cpu], &rings->mapped, cpu);
	return 0;
}

static int explain(unsigned int cpu, unsigned int pages, int errnum, struct error *err)
{
	const char *advice =
		errnum == EPERM || errnum == EACCES
			? "CAP_SYS_ADMIN (or CAP_PERFMON, where perf_event_paranoid is below 3) is missing, or the buffers exceed perf_event_mlock_kb: lower --buffer-pages"
		: errnum == ENOSYS || errnum == ENOENT
			? "the kernel must be 4.4 or later, built with CONFIG_PERF_EVENTS"
		: errnum == EMFILE ? "raise the limit of open files (ulimit -n)"
				   : "lower --buffer-pages";

	return error_set(
		err, error_status(errnum, errnum == ENOSYS || errnum == ENOENT ? STATUS_UNSUPPORTED : STATUS_FAILURE),
		"opening the perf ring of CPU %u (%u pages): the kernel says %s; %s", cpu, pages, ERRNO_NAME(errnum),
		advice);
}

int rings_open(struct rings **result, unsigned int cpus, unsigned int pages, const struct ring_maps *maps, int epoll,
	       uint64_t tag, struct error *err)
{
	struct rings *rings = calloc(1, sizeof(*rings));

	*result = rings;
	if (rings) {
		rings->ring = calloc(cpus, sizeof(*rings->ring));
		rings->ready = calloc(cpus, sizeof(*rings->ready));
	}
	if (!rings || !rings->ring || !rings->ready)
		return error_set(err, STATUS_FAILURE, "opening the rings of %u CPUs: out of memory", cpus);
	rings->cpus = cpus;
	rings->pages = pages;
	rings->maps = *maps;
	rings->epoll = epoll;
	rings->tag = tag;
	if (maps->mapped_cpus && open_mapped(rings, err))
		return -1;
	return rings_update(rings, NULL, err) < 0 ? -1 : 0;
}

void rings_close(struct rings *rings)
{
	if (!rings)
		return;
	for (unsigned int cpu = 0; rings->ring && cpu < rings->cpus; cpu++)
		close_one(&rings->ring[cpu]);
	mapped_close(&rings->mapped);
	bell_close(&rings->bell);
	free(rings->ring);
	free(rings->ready);
	free(rings);
}

void rings_cpu_gone(struct rings *rings, unsigned int cpu)
{
	if (cpu >= rings->mapped.cpus && cpu < rings->cpus)
		rings->ring[cpu].gone = true;
}

/* What a ring holds is read to its end, in its own order, before it is let go. Closing waits for the kernel. */
static void retire(const struct rings *rings, struct ring *ring, const struct ring_reader *reader)
{
	if (!ring->kind)
		return;
	ring->kind->look(ring, reader);
	while (reader && ring->kind->next(ring, reader)) {
		reader->sample(reader->context, ring->cpu, ring->sample.data, ring->sample.size);
		ring->tail += ring->sample.record;
	}
	if (rings->epoll >= 0)
		epoll_ctl(rings->epoll, EPOLL_CTL_DEL, ring->fd, NULL);
	close_one(ring);
}

/* The new ring comes before the old one goes, so that its CPU is without one as short as can be. */
static int renew(struct rings *rings, unsigned int cpu, const struct ring_reader *reader)
{
	struct ring old = rings->ring[cpu];
	int result;

	rings->ring[cpu].kind = NULL;
	result = open_perf(rings, cpu);
	if (result)
		rings->ring[cpu] = old;
	else
		retire(rings, &old, reader);
	return result;
}

int rings_update(struct rings *rings, const struct ring_reader *reader, struct error *err)
{
	unsigned char online[CPUS_MAX];
	int opened = 0;

	if (!cpus_online(online))
		return error_set(
			err, STATUS_FAILURE,
			"finding the online CPUs: neither /sys/devices/system/cpu/online nor /proc/stat can be read; mount /proc");
	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++) {
		struct ring *ring = &rings->ring[cpu];
		int result;

		if (!online[cpu] || (ring->kind && !ring->gone))
			continue;
		result = renew(rings, cpu, reader);
		/* It went again in between; the kernel will say when it is back. */
		if (result == -ENODEV)
			continue;
		if (result)
			return explain(cpu, rings->pages, -result, err);
		opened++;
	}
	return opened;
}

/* Notes what every ring holds and which have a sample; each is looked at once, so that a busy CPU can't keep us here. */
static uint32_t look_at_all(struct rings *rings, const struct ring_reader *reader)
{
	uint32_t ready = 0;

	for (uint32_t cpu = 0; cpu < rings->cpus; cpu++) {
		struct ring *ring = &rings->ring[cpu];

		if (!ring->kind)
			continue;
		ring->kind->look(ring, reader);
		if (ring->kind->next(ring, reader))
			rings->ready[ready++] = cpu;
		else
			ring->kind->release(ring);
	}
	return ready;
}

static uint32_t oldest(const struct rings *rings, uint32_t ready)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < ready; i++) {
		if (rings->ring[rings->ready[i]].sample.time < rings->ring[rings->ready[best]].sample.time)
			best = i;
	}
	return best;
}

size_t rings_read(struct rings *rings, uint64_t until, const struct ring_reader *reader)
{
	uint32_t ready, left;
	bool go_on = true;
	size_t given = 0;

	if (rings->bell.read)
		bell_silence(&rings->bell);
	ready = look_at_all(rings, reader);
	while (ready && go_on) {
		uint32_t i = oldest(rings, ready);
		struct ring *ring = &rings->ring[rings->ready[i]];

		if (ring->sample.time > until)
			break;
		go_on = reader->sample(reader->context, ring->cpu, ring->sample.data, ring->sample.size);
		given++;
		ring->tail += ring->sample.record;
		if (ring->tail - ring->released >= RELEASE_STEP)
			ring->kind->release(ring);
		if (!ring->kind->next(ring, reader)) {
			ring->kind->release(ring);
			rings->ready[i] = rings->ready[--ready];
		}
	}
	left = ready;
	while (ready) {
		struct ring *ring = &rings->ring[rings->ready[--ready]];

		ring->kind->release(ring);
	}
	return given + left;
}

bool rings_were_full(struct rings *rings)
{
	bool full = false;

	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++) {
		full |= rings->ring[cpu].kind && rings->ring[cpu].was_full;
		rings->ring[cpu].was_full = false;
	}
	return full;
}

unsigned int rings_broken(struct rings *rings)
{
	unsigned int count = 0;

	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++) {
		struct ring *ring = &rings->ring[cpu];

		if (!ring->kind || !ring->kind->broken || ring->gone || !ring->kind->broken(ring))
			continue;
		ring->gone = true;
		count++;
	}
	return count;
}

size_t rings_bytes(const struct rings *rings)
{
	size_t bytes = rings->mapped.length;

	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++)
		bytes += rings->ring[cpu].kind ? rings->ring[cpu].map_size : 0;
	return bytes;
}

const char *rings_kind_name(const struct rings *rings)
{
	return rings->mapped.memory ? "mapped" : "perf";
}
