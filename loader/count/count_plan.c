// SPDX-License-Identifier: GPL-2.0-or-later
/* What the programs are told of counting before they are loaded. */
#include "counting.h"

#include <linux/bpf.h>
#include <string.h>

#define BY_WHERE (BY(BY_FAMILY) | BY(BY_ADDR) | BY(BY_PORT))

static uint64_t task_mask(unsigned int by)
{
	return (by & BY(BY_PID) ? 0xffffffff00000000 : 0) | (by & BY(BY_TID) ? 0xffffffff : 0);
}

/* Of the first 8 bytes of a sockaddr_in: without its family a port or an address says nothing. */
static uint64_t head_mask(unsigned int by)
{
	uint8_t bytes[8] = {0};
	uint64_t mask;

	memset(bytes, by & BY_WHERE ? 0xff : 0, 2);
	memset(bytes + 2, by & BY(BY_PORT) ? 0xff : 0, 2);
	memset(bytes + 4, by & BY(BY_ADDR) ? 0xff : 0, 4);
	memcpy(&mask, bytes, sizeof(mask));
	return mask;
}

int count_plan(struct object *object, unsigned int by, bool paths, uint64_t max_keys, struct error *err)
{
	uint32_t entries = by ? (uint32_t)max_keys : 0;
	/* The program refers to both. */
	uint32_t long_entries = paths && by & BY(BY_ADDR) ? entries : by != 0;

	if (object_check_map(object, "counts_short", BPF_MAP_TYPE_HASH, COUNT_KEY_SHORT, sizeof(struct count_sum),
			     err) ||
	    object_check_map(object, "counts_long", BPF_MAP_TYPE_HASH, COUNT_KEY_LONG, sizeof(struct count_sum), err))
		return -1;
	if (object_resize_map(object, "counts_short", entries, err) ||
	    object_resize_map(object, "counts_long", long_entries, err))
		return -1;
	if (object_set_constant(object, "COUNT", by != 0, err) || object_set_constant(object, "BY", by, err) ||
	    object_set_constant(object, "BY_TASK", task_mask(by), err) ||
	    object_set_constant(object, "BY_HEAD", head_mask(by), err))
		return -1;
	return 0;
}
