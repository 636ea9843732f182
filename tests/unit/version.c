// SPDX-License-Identifier: GPL-2.0-or-later
/* compat/kernel_version.c: the number that kernels before 5.0 want to hear, which uname does not always know. */
#include "test.h"

#include "kernel_version.h"
#include "model.h"

#include <elf.h>
#include <link.h>
#include <linux/version.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int codes[KERNEL_VERSION_MAX];

static int start(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	model.vdso = false;
	return 0;
}

static void test_parse(void **state)
{
	(void)state;
	assert_int_equal(kernel_version_parse("4.4.155"), KERNEL_VERSION(4, 4, 155));
	assert_int_equal(kernel_version_parse("4.9"), KERNEL_VERSION(4, 9, 0));
	assert_int_equal(kernel_version_parse("4.9.0-8-amd64"), KERNEL_VERSION(4, 9, 0));
	assert_int_equal(kernel_version_parse("4.14.255"), 4 << 16 | 14 << 8 | 255);
	assert_int_equal(kernel_version_parse("4.14.256"), 4 << 16 | 14 << 8 | 255);
	assert_int_equal(kernel_version_parse("4.19.325-x"), 4 << 16 | 19 << 8 | 255);
	assert_int_equal(kernel_version_parse("4.9.0-rc1"), KERNEL_VERSION(4, 9, 0));
	assert_int_equal(kernel_version_parse(""), 0);
	assert_int_equal(kernel_version_parse("x"), 0);
	assert_int_equal(kernel_version_parse("4"), 0);
	assert_int_equal(kernel_version_parse("256.1.1"), 0);
	assert_int_equal(kernel_version_parse("4.256.1"), 0);
}

static void assert_candidates(int count, const unsigned int *wanted)
{
	int found = kernel_version_candidates(codes);

	assert_int_equal(found, count);
	for (int i = 0; i < count; i++)
		assert_int_equal(codes[i], wanted[i]);
}

static void test_release(void **state)
{
	(void)state;
	model.release = "4.4.155-generic";
	assert_candidates(2, (unsigned int[]){KERNEL_VERSION(4, 4, 155), 4 << 16 | 4 << 8 | 255});
	model.release = "4.14.300";
	assert_candidates(1, (unsigned int[]){4 << 16 | 14 << 8 | 255});
}

static void test_debian(void **state)
{
	(void)state;
	model.release = "4.9.0-8-amd64";
	model.build = "#1 SMP Debian 4.9.110-3+deb9u6 (2018-10-08)";
	assert_candidates(3,
			  (unsigned int[]){KERNEL_VERSION(4, 9, 110), KERNEL_VERSION(4, 9, 0), 4 << 16 | 9 << 8 | 255});
}

static void test_ubuntu(void **state)
{
	(void)state;
	model.release = "4.15.0-20-generic";
	model.signature = "Ubuntu 4.15.0-20.21-generic 4.15.17\n";
	assert_candidates(
		3, (unsigned int[]){KERNEL_VERSION(4, 15, 17), KERNEL_VERSION(4, 15, 0), 4 << 16 | 15 << 8 | 255});
	/* Another distribution's file of that name says nothing. */
	model.signature = "Other 1 4.15.17\n";
	assert_candidates(2, (unsigned int[]){KERNEL_VERSION(4, 15, 0), 4 << 16 | 15 << 8 | 255});
	model.signature = "Ubuntu\n";
	assert_candidates(2, (unsigned int[]){KERNEL_VERSION(4, 15, 0), 4 << 16 | 15 << 8 | 255});
}

/* The vDSO's note is the kernel's own word, so it comes first. */
static void test_vdso_comes_first(void **state)
{
	(void)state;
	model.vdso = true;
	model.release = "4.9.0-8-amd64";
	model.build = "#1 SMP Debian 4.9.110-3 (2018-10-08)";
	assert_candidates(4, (unsigned int[]){model_4_9.version, KERNEL_VERSION(4, 9, 110), KERNEL_VERSION(4, 9, 0),
					      4 << 16 | 9 << 8 | 255});
}

static void test_nothing(void **state)
{
	(void)state;
	model.release = "unknown";
	assert_candidates(0, NULL);
}

/* A vDSO with two notes, of which the second counts. */
struct vdso {
	ElfW(Ehdr) ehdr;
	ElfW(Phdr) phdr[2];
	struct {
		ElfW(Nhdr) head;
		char name[4];
		char desc[20];
	} build_id;
	struct {
		ElfW(Nhdr) head;
		char name[8];
		unsigned int code;
	} linux_note;
};

static struct vdso *make_vdso(void)
{
	struct vdso *vdso = calloc(1, sizeof(*vdso));

	memcpy(vdso->ehdr.e_ident, ELFMAG, SELFMAG);
	vdso->ehdr.e_phoff = offsetof(struct vdso, phdr);
	vdso->ehdr.e_phnum = 2;
	vdso->phdr[0].p_type = PT_LOAD;
	vdso->phdr[1].p_type = PT_NOTE;
	vdso->phdr[1].p_offset = offsetof(struct vdso, build_id);
	vdso->phdr[1].p_filesz = sizeof(*vdso) - offsetof(struct vdso, build_id);
	vdso->build_id.head = (ElfW(Nhdr)){.n_namesz = 4, .n_descsz = 20, .n_type = 3};
	memcpy(vdso->build_id.name, "GNU", 4);
	vdso->linux_note.head = (ElfW(Nhdr)){.n_namesz = 6, .n_descsz = 4, .n_type = 0};
	memcpy(vdso->linux_note.name, "Linux", 6);
	vdso->linux_note.code = KERNEL_VERSION(4, 19, 48);
	return vdso;
}

static void test_vdso(void **state)
{
	struct vdso *vdso = make_vdso();

	(void)state;
	assert_int_equal(kernel_version_of_vdso(vdso), KERNEL_VERSION(4, 19, 48));
	vdso->linux_note.head.n_type = 1;
	assert_int_equal(kernel_version_of_vdso(vdso), 0);
	vdso->linux_note.head.n_type = 0;
	vdso->linux_note.name[0] = 'l';
	assert_int_equal(kernel_version_of_vdso(vdso), 0);
	vdso->linux_note.name[0] = 'L';
	vdso->phdr[1].p_type = PT_LOAD;
	assert_int_equal(kernel_version_of_vdso(vdso), 0);
	vdso->ehdr.e_ident[0] = 0;
	assert_int_equal(kernel_version_of_vdso(vdso), 0);
	assert_int_equal(kernel_version_of_vdso(NULL), 0);
	free(vdso);
}

/* A length that runs off the segment ends the search; the block ends where the segment does. */
static void test_vdso_with_bad_lengths(void **state)
{
	static const uint32_t lengths[] = {21, 24, 60, 4096, 0x7fffffff, 0xfffffffc, 0xffffffff};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct vdso *vdso = make_vdso();

		vdso->build_id.head.n_descsz = lengths[i];
		kernel_version_of_vdso(vdso);
		vdso->build_id.head.n_descsz = 20;
		vdso->build_id.head.n_namesz = lengths[i];
		kernel_version_of_vdso(vdso);
		vdso->build_id.head.n_namesz = 4;
		vdso->linux_note.head.n_descsz = lengths[i];
		assert_int_equal(kernel_version_of_vdso(vdso), 0);
		free(vdso);
	}
	for (size_t cut = 0; cut < 60; cut++) {
		const size_t end = offsetof(struct vdso, linux_note) + sizeof(((struct vdso *)0)->linux_note);
		struct vdso *whole = make_vdso(), *vdso;
		size_t size = sizeof(*whole) - cut;

		vdso = malloc(size);
		memcpy(vdso, whole, size);
		vdso->phdr[1].p_filesz = size - offsetof(struct vdso, build_id);
		assert_int_equal(kernel_version_of_vdso(vdso), size >= end ? KERNEL_VERSION(4, 19, 48) : 0);
		free(vdso);
		free(whole);
	}
}

/* A program of 32 bits is no use to a kernel of more. */
static void test_wider(void **state)
{
	static const char *const wide[] = {"x86_64", "aarch64", "armv8l", "mips64", "ppc64le", "riscv64", "s390x"};
	static const char *const narrow[] = {"i686", "armv7l", "armv5tel", "mips", "ppc", "s390", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		assert_true(kernel_is_wider(wide[i], 32));
		assert_false(kernel_is_wider(wide[i], 64));
		assert_false(kernel_is_wider(narrow[i], 32));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_parse),
	TEST(test_release),
	TEST(test_debian),
	TEST(test_ubuntu),
	TEST(test_vdso_comes_first),
	TEST(test_nothing),
	TEST(test_vdso),
	TEST(test_vdso_with_bad_lengths),
	TEST(test_wider),
};

RUN(tests)
