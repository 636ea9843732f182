// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/built_in.c, and in a small build loader/small/built_in.c: what comes out is what the compiler made. */
#include "test.h"

#include "built_in.h"

#include <stdio.h>
#include <stdlib.h>

static unsigned char file[1 << 20];

static void test_same_bytes(void **state)
{
	FILE *in = fopen(BPF_OBJECT, "re");
	struct error err = {.text = ""};
	const void *image;
	void *room;
	size_t size, file_size;

	(void)state;
	assert_non_null(in);
	file_size = fread(file, 1, sizeof(file), in);
	fclose(in);
	assert_in_range(file_size, 10000, sizeof(file) - 1);
	assert_int_equal(built_in_open(&image, &size, &room, &err), 0);
	assert_string_equal(err.text, "");
	assert_int_equal(size, file_size);
	assert_memory_equal(image, file, size);
	/* libelf wants its structures aligned. */
	assert_int_equal((uintptr_t)image % 16, 0);
	assert_true(!room || room == image);
	free(room);
}

/* As often as one likes: nothing is used up. */
static void test_again(void **state)
{
	struct error err;
	const void *image[2];
	void *room[2];
	size_t size[2];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(built_in_open(&image[i], &size[i], &room[i], &err), 0);
	assert_int_equal(size[0], size[1]);
	assert_memory_equal(image[0], image[1], size[0]);
	free(room[0]);
	free(room[1]);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_same_bytes),
	cmocka_unit_test(test_again),
};

RUN(tests)
