// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "bpf_attr.h"
#include "clock.h"

#include <linux/bpf.h>

/* The program takes the wish as it fulfils it, so that what an earlier one left behind is not taken for its answer. */
static bool ask(struct peeker *peeker, uint64_t address, uint32_t count)
{
	struct peek wish = {.address = address, .stack_size = peeker->stack_size, .count = count};
	const uint32_t entry = PEEKS;

	if (clock_monotonic() > peeker->deadline ||
	    bpf_map_access(BPF_MAP_UPDATE_ELEM, peeker->map, &entry, &wish))
		return false;
	trial_make(peeker->trial);
	return !bpf_map_access(BPF_MAP_LOOKUP_ELEM, peeker->map, &entry, &wish) && !wish.count;
}

size_t peek_read(struct peeker *peeker, uint64_t address, void *to, size_t size)
{
	struct peek peek;
	size_t done = 0;

	while (done < size) {
		uint32_t count = (uint32_t)((size - done + PEEK_BYTES - 1) / PEEK_BYTES);

		if (count > PEEKS)
			count = PEEKS;
		if (!ask(peeker, address + done, count))
			return done;
		for (uint32_t entry = 0; entry < count; entry++) {
			size_t part = size - done < PEEK_BYTES ? size - done : PEEK_BYTES;

			if (bpf_map_access(BPF_MAP_LOOKUP_ELEM, peeker->map, &entry, &peek) || !peek.count)
				return done;
			memcpy((uint8_t *)to + done, peek.bytes, part);
			done += part;
		}
		peeker->task = peek.task;
		peeker->pid_tgid = peek.pid_tgid;
	}
	return done;
}
