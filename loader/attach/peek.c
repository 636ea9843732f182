// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "bpf_attr.h"
#include "clock.h"

#include <linux/bpf.h>

static const uint32_t wish_entry = PEEKS;

bool peek_wish(struct peeker *peeker, uint64_t address, size_t size)
{
	struct peek wish = {
		.address = address,
		.stack_size = peeker->stack_size,
		.count = (uint32_t)((size + PEEK_BYTES - 1) / PEEK_BYTES),
	};

	return clock_monotonic() <= peeker->deadline &&
	       !bpf_map_access(BPF_MAP_UPDATE_ELEM, peeker->map, &wish_entry, &wish);
}

/* The program takes the wish as it fulfils it, so that what an earlier one left behind is not taken for its answer. */
size_t peek_take(struct peeker *peeker, void *to, size_t size)
{
	struct peek peek = {.count = 1};
	size_t done = 0;

	if (bpf_map_access(BPF_MAP_LOOKUP_ELEM, peeker->map, &wish_entry, &peek) || peek.count)
		return 0;
	for (uint32_t entry = 0; entry < PEEKS && done < size; entry++) {
		size_t part = size - done < PEEK_BYTES ? size - done : PEEK_BYTES;

		if (bpf_map_access(BPF_MAP_LOOKUP_ELEM, peeker->map, &entry, &peek) || !peek.count)
			break;
		memcpy((uint8_t *)to + done, peek.bytes, part);
		done += part;
		peeker->task = peek.task;
		peeker->pid_tgid = peek.pid_tgid;
	}
	return done;
}

size_t peek_read(struct peeker *peeker, uint64_t address, void *to, size_t size)
{
	if (!peek_wish(peeker, address, size))
		return 0;
	trial_make(peeker->trial);
	return peek_take(peeker, to, size);
}
