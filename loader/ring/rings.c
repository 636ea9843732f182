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
	int epoll;
	uint64_t tag;
};

static int put_into_map(int map, uint32_t cpu, int fd)
{
	uint32_t value = (uint32_t)fd;

	return bpf_map_access(BPF_MAP_UPDATE_ELEM, map, &cpu, &value);
}

static int open_one(struct rings *rings, unsigned int cpu)
{
	struct ring *ring = &rings->ring[cpu];
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = rings->tag};
	int result = ring_open(ring, cpu, rings->pages);

	if (!result)
		result = put_into_map(rings->maps.rings, cpu, ring->fd);
	if (!result)
		result = put_into_map(rings->maps.bells, cpu, ring->bell);
	if (!result && rings->epoll >= 0 && epoll_ctl(rings->epoll, EPOLL_CTL_ADD, ring->fd, &event))
		result = -errno;
	if (result)
		ring_close(ring);
	return result;
}

static int explain(unsigned int cpu, unsigned int pages, int errnum, struct error *err)
{
	const char *advice =
		errnum == EPERM || errnum == EACCES
			? "CAP_SYS_ADMIN (or CAP_PERFMON) is missing, or the buffers exceed perf_event_mlock_kb: lower --buffer-pages"
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
		return error_set(err, STATUS_FAILURE, "opening the perf rings of %u CPUs: out of memory", cpus);
	rings->cpus = cpus;
	rings->pages = pages;
	rings->maps = *maps;
	rings->epoll = epoll;
	rings->tag = tag;
	return rings_update(rings, NULL, err) < 0 ? -1 : 0;
}

void rings_close(struct rings *rings)
{
	if (!rings)
		return;
	for (unsigned int cpu = 0; rings->ring && cpu < rings->cpus; cpu++)
		ring_close(&rings->ring[cpu]);
	free(rings->ring);
	free(rings->ready);
	free(rings);
}

void rings_cpu_gone(struct rings *rings, unsigned int cpu)
{
	if (cpu < rings->cpus)
		rings->ring[cpu].gone = true;
}

/* What a ring holds is read to its end, in its own order, before it is let go. Closing waits for the kernel. */
static void retire(const struct rings *rings, struct ring *ring, const struct ring_reader *reader)
{
	if (!ring->open)
		return;
	ring_look(ring);
	while (reader && ring_next(ring, reader)) {
		reader->sample(reader->context, ring->cpu, ring->sample.data, ring->sample.size);
		ring->tail += ring->sample.record;
	}
	if (rings->epoll >= 0)
		epoll_ctl(rings->epoll, EPOLL_CTL_DEL, ring->fd, NULL);
	ring_close(ring);
}

/* The new ring comes before the old one goes, so that its CPU is without one as short as can be. */
static int renew(struct rings *rings, unsigned int cpu, const struct ring_reader *reader)
{
	struct ring old = rings->ring[cpu];
	int result;

	rings->ring[cpu].open = false;
	result = open_one(rings, cpu);
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

		if (!online[cpu] || (ring->open && !ring->gone))
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

		if (!ring->open)
			continue;
		ring_look(ring);
		if (ring_next(ring, reader))
			rings->ready[ready++] = cpu;
		else
			ring_release(ring);
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
	uint32_t ready = look_at_all(rings, reader), left;
	bool go_on = true;
	size_t given = 0;

	while (ready && go_on) {
		uint32_t i = oldest(rings, ready);
		struct ring *ring = &rings->ring[rings->ready[i]];

		if (ring->sample.time > until)
			break;
		go_on = reader->sample(reader->context, ring->cpu, ring->sample.data, ring->sample.size);
		given++;
		ring->tail += ring->sample.record;
		if (ring->tail - ring->released >= RELEASE_STEP)
			ring_release(ring);
		if (!ring_next(ring, reader)) {
			ring_release(ring);
			rings->ready[i] = rings->ready[--ready];
		}
	}
	left = ready;
	while (ready)
		ring_release(&rings->ring[rings->ready[--ready]]);
	return given + left;
}

bool rings_were_full(struct rings *rings)
{
	bool full = false;

	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++) {
		full |= rings->ring[cpu].open && rings->ring[cpu].was_full;
		rings->ring[cpu].was_full = false;
	}
	return full;
}

size_t rings_bytes(const struct rings *rings)
{
	size_t bytes = 0;

	for (unsigned int cpu = 0; cpu < rings->cpus; cpu++)
		bytes += rings->ring[cpu].open ? rings->ring[cpu].map_size : 0;
	return bytes;
}
