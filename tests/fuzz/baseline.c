// SPDX-License-Identifier: GPL-2.0-or-later
/* Files for --check of any content: refused in a sentence, or taken, and then what they hold is written as it was read. */
#include "count/private.h"
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

static void check_key(const struct key *key, unsigned int by)
{
	char text[CELL_MAX];
	union key_room room = {0};

	for (enum column column = 0; column < BY_COLUMNS; column++) {
		struct buffer buf = {.data = text, .size = sizeof(text)};

		if (!(by & BY(column)))
			continue;
		put_field(&buf, column, key);
		if (!buf.len || buf.len >= sizeof(text))
			abort();
		text[buf.len] = '\0';
		for (size_t i = 0; i < buf.len; i++) {
			if (text[i] < ' ' || text[i] > '~')
				abort();
		}
		if (!get_field(text, column, &room))
			abort();
	}
	if (room.key.addr_len != key->addr_len || memcmp(&room.key, key, key_size(key)) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct baseline *baseline;
	struct error err = {.text = ""};
	char path[32];
	int fd = memfd_create("baseline", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	model.kernel = &model_5_4;
	model.real_files = true;
	if (baseline_read(&baseline, path, &err))
		check_sentence(&err);
	else if (!baseline_by(baseline))
		abort();
	for (size_t i = 0; i < baseline->rows.room; i++) {
		if (baseline->rows.slots[i])
			check_key(&baseline->rows.slots[i]->key, baseline_by(baseline));
	}
	baseline_close(baseline);
	close(fd);
	return 0;
}
