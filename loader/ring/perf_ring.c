// SPDX-License-Identifier: GPL-2.0-or-later
/* A ring of perf: its two events, its mapping, its records. */
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/*
 * 32-bit kernels publish data_head from an unsigned long, which wraps at 2^32, and a 32-bit reader on a 64-bit kernel can
 * see one half of a 64-bit store. Both are harmless in the low half, which is all that the positions in a ring need.
 */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_HALF(field) ((uint32_t *)&(field))
#else
#define LOW_HALF(field) ((uint32_t *)&(field) + 1)
#endif

static int open_event(unsigned int cpu, uint32_t watermark)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT;
	attr.size = PERF_ATTR_SIZE_VER0;
	attr.sample_type = PERF_SAMPLE_RAW;
	attr.sample_period = 1;
	if (watermark) {
		attr.watermark = 1;
		attr.wakeup_watermark = watermark;
	} else {
		attr.wakeup_events = 1;
	}
	return sys_perf_event_open(&attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/* What was written up to here can be read: the kernel stored the records before the head (kernel/events/ring_buffer.c). */
static void look(struct ring *ring, const struct ring_reader *reader)
{
	(void)reader;
	ring->head = __atomic_load_n(LOW_HALF(ring->page->data_head), __ATOMIC_ACQUIRE);
	if (ring->size - (ring->head - ring->tail) < RING_RECORD_MAX)
		ring->was_full = true;
}

/* The reads of the records come before this store, or the kernel would write over what is still being read. */
static void release(struct ring *ring)
{
	if (ring->released == ring->tail)
		return;
	ring->released = ring->tail;
	__atomic_store_n(LOW_HALF(ring->page->data_tail), ring->tail, __ATOMIC_RELEASE);
}

/* Copies out of the ring at a position that may lie across its end. */
static void copy_out(const struct ring *ring, uint32_t position, void *to, uint32_t size)
{
	uint32_t at = position & (ring->size - 1), first = ring->size - at;

	if (first > size)
		first = size;
	memcpy(to, ring->data + at, first);
	memcpy((uint8_t *)to + first, ring->data, size - first);
}

static void take_lost(struct ring *ring, uint32_t size, const struct ring_reader *reader)
{
	uint64_t lost[2]; /* id, count */

	if (!reader->lost || size < sizeof(struct perf_event_header) + sizeof(lost))
		return;
	copy_out(ring, ring->tail + sizeof(struct perf_event_header), lost, sizeof(lost));
	reader->lost(reader->context, ring->cpu, lost[1]);
}

/* A sample: u32 size, then the program's bytes. Fills in ring->sample unless it is only a bell. */
static bool take_sample(struct ring *ring, uint32_t record)
{
	const uint32_t head = sizeof(struct perf_event_header) + sizeof(uint32_t);
	uint32_t at = (ring->tail + head) & (ring->size - 1), size;

	if (record < head)
		return false;
	copy_out(ring, ring->tail + sizeof(struct perf_event_header), &size, sizeof(size));
	if (size > record - head || size < sizeof(uint64_t) || size > sizeof(ring->wrapped))
		return false;
	ring->sample.data = ring->data + at;
	if (at + size > ring->size) {
		copy_out(ring, ring->tail + head, ring->wrapped, size);
		ring->sample.data = ring->wrapped;
	}
	ring->sample.size = size;
	memcpy(&ring->sample.time, ring->sample.data, sizeof(uint64_t));
	return true;
}

static bool next(struct ring *ring, const struct ring_reader *reader)
{
	while (ring->tail != ring->head) {
		struct perf_event_header header;

		copy_out(ring, ring->tail, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size > ring->head - ring->tail) {
			/* Never seen. What follows can't be found, so start again where the kernel will write next. */
			ring->tail = ring->head;
			break;
		}
		if (header.type == PERF_RECORD_LOST)
			take_lost(ring, header.size, reader);
		ring->sample.record = header.size;
		if (header.type == PERF_RECORD_SAMPLE && take_sample(ring, header.size))
			return true;
		ring->tail += header.size;
	}
	return false;
}

static void close_ring(struct ring *ring)
{
	sys_munmap(ring->page, ring->map_size);
	sys_close(ring->bell);
	sys_close(ring->fd);
}

/* perf_read(), kernel/events/core.c, gives nothing of an event in error state. */
static bool broken(const struct ring *ring)
{
	uint64_t count;

	return sys_read(ring->fd, &count, sizeof(count)) == 0 || sys_read(ring->bell, &count, sizeof(count)) == 0;
}

static const struct ring_kind kind = {
	.name = "perf", .look = look, .next = next, .release = release, .close = close_ring, .broken = broken};

/*
 * Both events write to the first one's ring. A wake-up for each record costs the traced task 20 to 40 times the record
 * (an interrupt to itself), so the bell is used only while the reader sleeps.
 */
int perf_ring_open(struct ring *ring, unsigned int cpu, unsigned int pages)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	void *map = NULL;
	int fd, bell = -1, result;

	fd = open_event(cpu, (uint32_t)(pages * page_size / 4));
	if (fd < 0)
		return fd;
	result = sys_mmap(fd, 0, (pages + 1) * page_size, true, &map);
	if (!result)
		result = bell = open_event(cpu, 0);
	if (result >= 0)
		result = sys_ioctl(bell, PERF_EVENT_IOC_SET_OUTPUT, (unsigned long)fd);
	if (result >= 0)
		result = sys_ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	if (result >= 0)
		result = sys_ioctl(bell, PERF_EVENT_IOC_ENABLE, 0);
	if (result < 0) {
		if (bell >= 0)
			sys_close(bell);
		if (map)
			sys_munmap(map, (pages + 1) * page_size);
		sys_close(fd);
		return result;
	}
	*ring = (struct ring){
		.kind = &kind,
		.cpu = cpu,
		.fd = fd,
		.bell = bell,
		.page = map,
		.data = (uint8_t *)map + page_size,
		.size = (uint32_t)(pages * page_size),
		.map_size = (pages + 1) * page_size,
	};
	return 0;
}
