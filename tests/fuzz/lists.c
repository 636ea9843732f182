// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists of filters of any content. The first byte chooses the kind, whether the list is in a file or on the command line,
 * and how many times it is given. What is taken is sorted and without overlap, as a search that halves wants it.
 */
#include "filter.h"
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const struct error *err)
{
	if (err->status != STATUS_USAGE || strlen(err->text) < 10)
		abort();
	for (const char *c = err->text; *c; c++) {
		if (*c < ' ' || *c > '~')
			abort();
	}
}

static void check_ranges(const struct ranges *ranges, uint32_t max)
{
	for (size_t i = 0; i < ranges->count; i++) {
		if (ranges->range[i].first > ranges->range[i].last || ranges->range[i].last > max ||
		    (i && ranges->range[i].first <= ranges->range[i - 1].last))
			abort();
	}
}

static void check_prefixes(const struct prefixes *prefixes)
{
	for (size_t i = 0; i < prefixes->count; i++) {
		const struct prefix *prefix = &prefixes->prefix[i];

		if (prefix->v4 != (i < prefixes->v4_count) || prefix->bits > 128 || (prefix->v4 && prefix->bits < 96))
			abort();
		for (unsigned int bit = prefix->bits; bit < 128; bit++) {
			if (prefix->addr[bit / 8] & 0x80 >> bit % 8)
				abort();
		}
		if (i && prefix->v4 == prefix[-1].v4 && memcmp(prefix->addr, prefix[-1].addr, 16) <= 0)
			abort();
	}
}

static int add(struct filter *filter, unsigned int kind, const char *text, struct error *err)
{
	switch (kind) {
	case 0:
		return ranges_add(&filter->ports, "-P", text, 65535, err);
	case 1:
		return ranges_add_users(&filter->uids, "-u", text, err);
	case 2:
		return ranges_add_types(&filter->types, "--type", text, err);
	case 3:
		return patterns_add(&filter->comms, "--comm", text, err);
	default:
		return prefixes_add(&filter->nets, "--net", text, err);
	}
}

/* The attempt is nobody's: it is enough that deciding about it stays within the sets. */
static void use(struct filter *filter)
{
	static const uint8_t addr[4] = {10, 1, 2, 3};
	struct attempt attempt;

	memset(&attempt, 0, sizeof(attempt));
	attempt.address.addr = addr;
	attempt.address.has_addr = attempt.address.has_port = true;
	attempt.address.family = 2;
	attempt.address.port = 443;
	filter->families = FAMILIES_ANY;
	filter_passes(filter, &attempt);
}

static char *make_list(const uint8_t *data, size_t size, bool in_file, bool negated, int *fd)
{
	char *text = malloc(size + 64);

	*fd = -1;
	if (in_file) {
		*fd = memfd_create("list", 0);
		if (*fd < 0 || write(*fd, data, size) != (ssize_t)size)
			abort();
		snprintf(text, 64, "%s@/proc/self/fd/%d", negated ? "!" : "", *fd);
	} else {
		memcpy(text, data, size);
		text[size] = '\0';
	}
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter filter = {0};
	struct error err = {.text = ""};
	int failed = 0, fd;
	char *text;

	if (!size)
		return 0;
	model.kernel = &model_5_4;
	model.real_files = true;
	text = make_list(data + 1, size - 1, data[0] & 16, data[0] & 32, &fd);
	for (int i = 0; !failed && i < 1 + (data[0] >> 6); i++)
		failed = add(&filter, data[0] & 7, text, &err);
	if (failed)
		check_sentence(&err);
	check_ranges(&filter.ports, 65535);
	check_ranges(&filter.uids, UINT32_MAX);
	check_ranges(&filter.types, UINT32_MAX);
	check_prefixes(&filter.nets);
	use(&filter);
	filter_free(&filter);
	free(text);
	if (fd >= 0)
		close(fd);
	return 0;
}
