// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/program.c: sizes, constants, and the words of the verifier. */
#include "test.h"

#include "image.h"
#include "model.h"
#include "sys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CONNECT "kprobe/connect"

static struct image image;
static struct object *object;

static int start(void **state)
{
	(void)state;
	model_boot(&model_6_12);
	image = image_read();
	object = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	object_close(object);
	image_free(&image);
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static void open_object(void)
{
	static const struct object_kernel nameless = {0};
	struct error err;

	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	image_prepare(object);
	assert_int_equal(object_create_maps(object, &nameless, &err), 0);
	image_set_constants(object);
}

static void assert_refused(const struct object_kernel *kernel, int status, const char *words)
{
	struct error err;

	assert_int_equal(object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, kernel, &err), -1);
	assert_sentence(&err, status, words);
	assert_non_null(strstr(err.text, IMAGE_NAME));
	assert_non_null(strstr(err.text, CONNECT));
}

static void test_loaded_on_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		const struct object_kernel kernel = {
			.version = model_kernels[i]->wants_version ? model_kernels[i]->version : 0,
			.names = model_kernels[i]->map_end >= 44,
			.probe_read_kinds = model_kernels[i]->read_kinds,
		};
		struct error err;
		int fd;

		object_close(object);
		model_boot(model_kernels[i]);
		open_object();
		fd = object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &kernel, &err);
		assert_true(fd >= 0);
		sys_close(fd);
		assert_string_equal(model.last_name, kernel.names ? "connsnoop" : "");
		assert_int_equal(model.last_version, kernel.version);
	}
}

/* The kernel does not get to see what the constants switched off. */
static void test_pruned(void **state)
{
	const unsigned int whole = (unsigned int)image_section(&image, CONNECT)->sh_size / 8;
	unsigned int on;
	struct error err;

	(void)state;
	open_object();
	sys_close(object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err));
	on = model.last_count;
	object_set_constant(object, "STACK_SIZE", 0, &err);
	sys_close(object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err));
	assert_int_equal(model.loads, 2);
	assert_true(on <= whole && model.last_count + 40 < on);
	/* What is refused is told by the length that was refused. */
	model.load_error = EACCES;
	model.load_reason = "R1 invalid mem access 'inv'";
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "R1 invalid");
	object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err);
	assert_int_equal(strtoul(strchr(err.text, '(') + 1, NULL, 10), model.last_count);
}

static void test_odd_size(void **state)
{
	(void)state;
	image_section(&image, CONNECT)->sh_size -= 4;
	open_object();
	assert_refused(&image_kernel, STATUS_USAGE, "instructions of 8 bytes");
}

static void test_empty(void **state)
{
	struct error err;

	(void)state;
	image_section(&image, CONNECT)->sh_size = 0;
	open_object();
	assert_int_equal(object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, CONNECT);
	/* And a program that is there but refused by its length before the kernel is asked. */
	assert_int_equal(model.loads, 0);
}

static void test_too_long(void **state)
{
	struct image longer = image_copy(&image, image.size + 8 * 4097);

	(void)state;
	image_free(&image);
	image = longer;
	memset(image.bytes + image.size - 8 * 4097, 0xb7, 8 * 4097);
	image_section(&image, CONNECT)->sh_offset = (image.size - 8 * 4097 + 7) & ~7UL;
	image_section(&image, CONNECT)->sh_size = 8 * 4097 - 8;
	image_section(&image, ".relkprobe/connect")->sh_size = 0;
	open_object();
	/* 4096 go to the kernel, which has its own opinion of them; one more does not. */
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "4096 instructions");
	object_close(object);
	image_section(&image, CONNECT)->sh_offset -= 8;
	image_section(&image, CONNECT)->sh_size = 8 * 4097;
	open_object();
	assert_refused(&image_kernel, STATUS_USAGE, "1 to 4096 instructions");
}

static void test_constants_have_room(void **state)
{
	char name[80];
	struct error err;
	int set = 0;

	(void)state;
	open_object();
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "constant_%d", i);
		set += object_set_constant(object, name, 1, &err) == 0;
	}
	assert_true(set >= 64 && set < 200);
	assert_sentence(&err, STATUS_FAILURE, "no room for constant \"constant_199\"");
	/* What is there can still be changed. */
	assert_int_equal(object_set_constant(object, "NONCE", 5, &err), 0);
	memset(name, 'n', 79);
	name[79] = '\0';
	assert_int_equal(object_set_constant(object, name, 1, &err), -1);
}

/* The reason is the last line before the statistics, also behind half a megabyte of log: ENOSPC until it fits. */
static void test_verifier_reason(void **state)
{
	static const size_t logs[] = {300, 64 * 1024 - 40, 64 * 1024, 100 * 1024, 600 * 1024, 4000 * 1024};

	(void)state;
	open_object();
	model.load_error = EACCES;
	model.load_reason = "R1 invalid mem access 'inv'";
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		model.load_log = logs[i];
		assert_refused(&image_kernel, STATUS_UNSUPPORTED, "EACCES: R1 invalid mem access 'inv'");
	}
}

/* More log than the loader is ready to take: it still ends, and says something. */
static void test_endless_log(void **state)
{
	(void)state;
	open_object();
	model.load_error = EINVAL;
	model.load_reason = "too far away";
	model.load_log = 100 * 1024 * 1024;
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "ENOSPC");
}

static void test_reason_with_bytes_of_the_kernel(void **state)
{
	(void)state;
	open_object();
	model.load_error = EINVAL;
	model.load_reason = "bad \033[31m\x80 thing";
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "bad ?[31m? thing");
	model.load_reason = "";
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "EINVAL");
}

static void test_not_permitted(void **state)
{
	(void)state;
	open_object();
	model.privileged = false;
	assert_refused(&image_kernel, STATUS_NOT_PERMITTED, "CAP_SYS_ADMIN");
	model.privileged = true;
	model.seccomp = true;
	assert_refused(&image_kernel, STATUS_NOT_PERMITTED, "seccomp");
}

static void test_not_supported(void **state)
{
	(void)state;
	open_object();
	model.bpf_events = false;
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "CONFIG_BPF_EVENTS");
	model.bpf_syscall = false;
	assert_refused(&image_kernel, STATUS_UNSUPPORTED, "CONFIG_BPF_SYSCALL");
}

/* Before 5.0, a wrong version is EINVAL without a word from the verifier. */
static void test_wrong_version(void **state)
{
	const struct object_kernel kernel = {.version = 0x040400};

	(void)state;
	model.kernel = &model_4_4;
	open_object();
	assert_refused(&kernel, STATUS_UNSUPPORTED, "EINVAL");
}

static void test_memlock(void **state)
{
	struct error err;
	int fd;

	(void)state;
	open_object();
	model.kernel = &model_5_10;
	model.memlock_need = 1 << 20;
	fd = object_load_program(object, CONNECT, BPF_PROG_TYPE_KPROBE, &image_kernel, &err);
	assert_true(fd >= 0);
	sys_close(fd);
	model.memlock = model.memlock_max = 4096;
	model.resource = false;
	assert_refused(&image_kernel, STATUS_NOT_PERMITTED, "EPERM");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_loaded_on_every_kernel),
	TEST(test_pruned),
	TEST(test_odd_size),
	TEST(test_empty),
	TEST(test_too_long),
	TEST(test_constants_have_room),
	TEST(test_verifier_reason),
	TEST(test_endless_log),
	TEST(test_reason_with_bytes_of_the_kernel),
	TEST(test_not_permitted),
	TEST(test_not_supported),
	TEST(test_wrong_version),
	TEST(test_memlock),
};

RUN(tests)
