/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings that BPF programs write to, one a CPU, read in the order of time. Those of perf are written to with
 * perf_event_output(), and re-opened when a CPU comes back (perf_event_open(2), include/uapi/linux/perf_event.h); mapped
 * ones lie in the memory of a BPF map (mapped_ring.h). Knows of a sample only that its first 8 bytes are its time (ns,
 * CLOCK_MONOTONIC), and that shorter samples only ring a bell.
 */
#ifndef CONNSNOOP_RING_H
#define CONNSNOOP_RING_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rings;

enum ring_choice { RINGS_AUTO, RINGS_MAPPED, RINGS_PERF };

struct ring_reader {
	/* `data` (size bytes, aligned to 4) is valid during the call. Return false to stop reading; the sample is consumed. */
	bool (*sample)(void *context, uint32_t cpu, const void *data, uint32_t size);
	/* This many were refused since the last call. NULL where nobody wants to know: the next one who does is told. */
	void (*lost)(void *context, uint32_t cpu, uint64_t count);
	void *context;
};

struct ring_maps {
	int rings; /* BPF_MAP_TYPE_PERF_EVENT_ARRAY by CPU number: woken by watermark */
	int bells; /* the same rings through events that wake for every record */
	/* CPUs below this have mapped rings, whether they are online or not; 0: all have perf's. */
	unsigned int mapped_cpus;
	int mapped; /* BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE: as many values of rings_value_size() bytes */
	int bell;   /* BPF_MAP_TYPE_RINGBUF of one page: wakes with every record, for all mapped rings */
};

/* Of a mapped ring of so many pages. */
size_t rings_value_size(unsigned int pages);

/*
 * Opens a ring of `pages` (a power of two) pages for each online CPU and puts perf's into the maps. `epoll` gets the
 * descriptors that wake, with `tag` as their data.u64. CPU numbers run below `cpus`. The maps stay open as long.
 */
int rings_open(struct rings **rings, unsigned int cpus, unsigned int pages, const struct ring_maps *maps, int epoll,
	       uint64_t tag, struct error *err);
void rings_close(struct rings *rings);

/*
 * Gives the samples of all rings that were written by now and are no newer than `until`, oldest first, to the reader.
 * A sample newer than `until` stays: one of another CPU that happened before it may not be visible yet. With `until`
 * read from the clock before the call, what one task did in turn comes out in that order, whatever CPUs it was on.
 * Returns how many samples were given plus how many were left, so that 0 means: there is nothing.
 */
size_t rings_read(struct rings *rings, uint64_t until, const struct ring_reader *reader);

/*
 * Whether, since this was asked last, a ring of perf's was so full that a record may have been refused: PERF_RECORD_LOST
 * comes only with the next record that is not, so that losses at the end of a burst stay untold.
 */
bool rings_were_full(struct rings *rings);

/* A CPU went: what its ring holds can still be read, but if it is perf's its next events need a new one. */
void rings_cpu_gone(struct rings *rings, unsigned int cpu);

/* Opens a ring for every CPU that is online and has none. Returns how many were opened; a failure is reported in err. */
int rings_update(struct rings *rings, const struct ring_reader *reader, struct error *err);

/*
 * How many rings of perf's have an event in error state, which takes no records any more; they are gone then, and opened
 * anew by rings_update(). Each costs its CPU an interrupt.
 */
unsigned int rings_broken(struct rings *rings);

size_t rings_bytes(const struct rings *rings);
/* "mapped" or "perf": what the CPUs had at the start. */
const char *rings_kind_name(const struct rings *rings);

/* cpus.c: CPU numbers from sysfs, or /proc/stat where there is no sysfs. */
#define CPUS_MAX 8192
unsigned int cpus_possible(void); /* highest possible CPU number + 1 */
bool cpus_online(unsigned char online[CPUS_MAX]);
unsigned int cpus_parse_list(const char *text, unsigned char set[CPUS_MAX]); /* "0-3,5": highest + 1, 0: malformed */

/* hotplug.c: CPUs that come and go, as the kernel announces them (NETLINK_KOBJECT_UEVENT). */
int hotplug_open(void); /* a non-blocking descriptor, or a negative errno */
enum hotplug_event { HOTPLUG_NONE, HOTPLUG_ONLINE, HOTPLUG_OFFLINE, HOTPLUG_OVERRUN };
enum hotplug_event hotplug_read(int fd, unsigned int *cpu); /* HOTPLUG_NONE: nothing more */

#endif
