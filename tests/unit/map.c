// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/map.c, memlock.c: definitions, creation, and what the kernels say to it. */
#include "test.h"

#include "image.h"
#include "model.h"

#include <errno.h>

static struct image image;
static struct object *object;

static int start(void **state)
{
	struct error err;

	(void)state;
	model_boot(&model_6_12);
	image = image_read();
	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	image_prepare(object);
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

static void assert_not_created(int status, const char *words)
{
	struct error err;

	assert_int_equal(object_create_maps(object, &image_kernel, &err), -1);
	assert_sentence(&err, status, words);
	assert_non_null(strstr(err.text, IMAGE_NAME));
}

static void assert_bad_file(const char *words)
{
	struct error err;

	object_close(object);
	object = NULL;
	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), -1);
	assert_null(object);
	assert_sentence(&err, STATUS_USAGE, words);
}

static void test_created(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(object_map_fd(object, "rings"), -1);
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_true(object_map_fd(object, "rings") >= MODEL_FIRST_FD);
	assert_true(object_map_fd(object, "rings") != object_map_fd(object, "bells"));
	assert_int_equal(object_map_fd(object, "nothing"), -1);
	assert_true(model.map_name[0] != '\0');
}

/* The attr must end with what 4.4 knows: max_entries, and no name. */
static void test_created_on_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		const struct object_kernel kernel = {.names = model_kernels[i]->map_end >= 44};
		struct error err;

		object_close(object);
		model_boot(model_kernels[i]);
		assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
		image_prepare(object);
		assert_int_equal(object_create_maps(object, &kernel, &err), 0);
	}
}

static void test_name_where_there_are_none(void **state)
{
	(void)state;
	model.kernel = &model_4_4;
	assert_not_created(STATUS_UNSUPPORTED, "EINVAL");
}

static void test_check(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(object_check_map(object, "rings", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, &err), 0);
	assert_int_equal(object_check_map(object, "counters", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct counters), &err), 0);
	assert_int_equal(object_check_map(object, "nothing", 2, 4, 4, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no map \"nothing\"");
	assert_int_equal(object_check_map(object, "counters", BPF_MAP_TYPE_ARRAY, 4, 8, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "another version");
	assert_int_equal(object_check_map(object, "counters", BPF_MAP_TYPE_ARRAY, 8, sizeof(struct counters), &err),
			 -1);
	assert_int_equal(object_check_map(object, "counters", 1, 4, sizeof(struct counters), &err), -1);
	assert_int_equal(object_resize_map(object, "nothing", 1, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no map \"nothing\"");
}

/* Some maps come first, some not at all, and what they are made with can be changed until then. */
static void test_one_by_one(void **state)
{
	struct error err;
	int fd;

	(void)state;
	assert_int_equal(object_create_map(object, "counters", &image_kernel, &err), 0);
	fd = object_map_fd(object, "counters");
	assert_true(fd >= MODEL_FIRST_FD);
	assert_int_equal(object_map_fd(object, "rings"), -1);
	assert_int_equal(object_forgo_map(object, "strays", &err), 0);
	assert_int_equal(object_resize_values(object, "control", 12, &err), 0);
	assert_int_equal(object_set_map_flags(object, "control", BPF_F_MMAPABLE, &err), 0);
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_int_equal(object_map_fd(object, "counters"), fd);
	assert_int_equal(object_map_fd(object, "strays"), -1);
	assert_int_equal(object_check_map(object, "control", BPF_MAP_TYPE_ARRAY, 4, 12, &err), 0);
	/* Made, and then not wanted: what depends on both of two maps. */
	assert_int_equal(object_forgo_map(object, "counters", &err), 0);
	assert_int_equal(object_map_fd(object, "counters"), -1);
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_int_equal(object_map_fd(object, "counters"), -1);
}

static void test_flags_that_the_kernel_has_not(void **state)
{
	struct error err;

	(void)state;
	model.kernel = &model_5_4;
	assert_int_equal(object_set_map_flags(object, "control", BPF_F_MMAPABLE, &err), 0);
	assert_not_created(STATUS_UNSUPPORTED, "creating map control (type 2, 1 entries of 16 bytes)");
}

static void test_no_such_map(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(object_create_map(object, "nothing", &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no map \"nothing\"");
	assert_int_equal(object_forgo_map(object, "nothing", &err), -1);
	assert_int_equal(object_resize_values(object, "nothing", 1, &err), -1);
	assert_int_equal(object_set_map_flags(object, "nothing", 1, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no map \"nothing\"");
}

static void test_outside_its_section(void **state)
{
	(void)state;
	image_symbol(&image, "rings")->st_value = image_section(&image, "maps")->sh_size - 19;
	assert_bad_file("lies outside its section");
	image_symbol(&image, "rings")->st_value = UINT64_MAX;
	assert_bad_file("lies outside its section");
}

static void test_nameless(void **state)
{
	(void)state;
	image_symbol(&image, "rings")->st_name = 0;
	assert_bad_file("name is missing or too long");
}

static void test_name_outside_the_strings(void **state)
{
	(void)state;
	image_symbol(&image, "rings")->st_name = 0x7fffffff;
	assert_bad_file("name is missing or too long");
}

static void test_too_many(void **state)
{
	Elf64_Sym *syms = image_data(&image, ".symtab");
	size_t count = image_section(&image, ".symtab")->sh_size / sizeof(*syms);

	(void)state;
	assert_true(count > 33);
	for (size_t i = 1; i < count; i++) {
		syms[i].st_shndx = (Elf64_Section)image_section_index(&image, "maps");
		syms[i].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
		syms[i].st_value = 0;
		syms[i].st_name = image_symbol(&image, "kprobe_learn")->st_name;
	}
	assert_bad_file("more than 32 maps");
}

/* Before 5.11 the answer is EPERM whoever asks; the limit is raised once, and only as far as one may. */
static void test_memlock_is_raised(void **state)
{
	struct error err;

	(void)state;
	model.kernel = &model_5_4;
	model.memlock_need = 1 << 20;
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_true(model.memlock == (uint64_t)-1);
	assert_false(object_raise_memlock()); /* there is no further to go, so that nobody retries for ever */
}

static void test_memlock_as_far_as_allowed(void **state)
{
	struct error err;

	(void)state;
	model.kernel = &model_5_4;
	model.resource = false;
	model.memlock_need = 1 << 20;
	model.memlock_max = 2 << 20;
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_true(model.memlock == 2 << 20);
}

static void test_memlock_can_not_be_raised(void **state)
{
	(void)state;
	model.kernel = &model_5_4;
	model.resource = false;
	model.memlock_need = 1 << 20;
	assert_not_created(STATUS_NOT_PERMITTED, "RLIMIT_MEMLOCK");
	assert_false(object_raise_memlock());
}

static void test_refusals(void **state)
{
	(void)state;
	model.privileged = false;
	assert_not_created(STATUS_NOT_PERMITTED, "CAP_SYS_ADMIN");
	model.privileged = true;
	model.kernel = &model_4_1;
	assert_not_created(STATUS_UNSUPPORTED, "4.4 is the oldest");
	model.kernel = &model_6_12;
	model.bpf_syscall = false;
	assert_not_created(STATUS_UNSUPPORTED, "CONFIG_BPF_SYSCALL");
	model.bpf_syscall = true;
	model.fail_at = model.calls + 1;
	model.fail_error = ENOMEM;
	assert_not_created(STATUS_FAILURE, "ENOMEM");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_created),
	TEST(test_created_on_every_kernel),
	TEST(test_name_where_there_are_none),
	TEST(test_check),
	TEST(test_one_by_one),
	TEST(test_flags_that_the_kernel_has_not),
	TEST(test_no_such_map),
	TEST(test_outside_its_section),
	TEST(test_nameless),
	TEST(test_name_outside_the_strings),
	TEST(test_too_many),
	TEST(test_memlock_is_raised),
	TEST(test_memlock_as_far_as_allowed),
	TEST(test_memlock_can_not_be_raised),
	TEST(test_refusals),
};

RUN(tests)
