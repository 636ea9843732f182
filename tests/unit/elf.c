// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/elf.c: an object file that is not what it should be is said to be so, whatever is wrong with it. */
#include "test.h"

#include "image.h"
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static struct image image;

static int start(void **state)
{
	(void)state;
	model_boot(&model_6_12);
	image = image_read();
	return 0;
}

static int end(void **state)
{
	(void)state;
	image_free(&image);
	assert_int_equal(model_leaks(), 0);
	return 0;
}

static void assert_refused(const char *words)
{
	struct error err;

	assert_int_equal(image_use(&image, &err), -1);
	assert_sentence(&err, STATUS_USAGE, words);
	assert_non_null(strstr(err.text, IMAGE_NAME));
}

/* Damage that may leave a usable file: whatever comes of it, no crash, nothing left, and a failure names the object. */
static void try_damaged(const struct image *damaged, const char *where, size_t at)
{
	struct error err = {.status = -1};

	if (!image_use(damaged, &err))
		return;
	if (err.status < STATUS_FAILURE || err.status > STATUS_UNSUPPORTED || !strstr(err.text, IMAGE_NAME))
		print_error("%s %zu: status %d: %s\n", where, at, err.status, err.text);
	assert_in_range(err.status, STATUS_FAILURE, STATUS_UNSUPPORTED);
	assert_non_null(strstr(err.text, IMAGE_NAME));
}

static void test_good(void **state)
{
	struct object *object;
	struct error err;

	(void)state;
	assert_int_equal(image_use(&image, &err), 0);
	assert_int_equal(model.loads, 10);
	assert_int_equal(object_open(&object, image.bytes, image.size, IMAGE_NAME, &err), 0);
	assert_true(object_has_program(object, "kprobe/connect"));
	assert_false(object_has_program(object, "kprobe/conn"));
	assert_false(object_has_program(object, ".symtab"));
	assert_int_equal(object_load_program(object, "kprobe/nothing", 2, &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no program \"kprobe/nothing\"");
	assert_int_equal(object_load_program(object, ".symtab", 2, &image_kernel, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no program \".symtab\"");
	object_close(object);
	object_close(NULL);
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t size = 0; size < image.size; size += size < 64 ? 1 : 64) {
		struct image cut = image_copy(&image, size);
		struct error err;

		/* The section headers stand last, so that nothing that was cut off can be used. */
		assert_int_equal(image_use(&cut, &err), -1);
		assert_sentence(&err, STATUS_USAGE, IMAGE_NAME);
		image_free(&cut);
	}
}

static const uint8_t masks[] = {0xff, 0x01, 0x80, 0x10};

static void flip(size_t at, uint8_t mask, const char *where)
{
	struct image damaged = image_copy(&image, image.size);

	damaged.bytes[at] ^= mask;
	try_damaged(&damaged, where, at);
	image_free(&damaged);
}

static void flip_all(size_t from, size_t to, const char *where)
{
	for (size_t at = from; at < to; at++) {
		for (size_t i = 0; i < sizeof(masks); i++)
			flip(at, masks[i], where);
	}
}

/* Each byte in one way, where there are many alike. */
static void flip_each(size_t from, size_t to, const char *where)
{
	for (size_t at = from; at < to; at++)
		flip(at, masks[at * 7 / 8 % sizeof(masks)], where);
}

static void test_header_bytes(void **state)
{
	(void)state;
	flip_all(0, sizeof(Elf64_Ehdr), "ELF header, byte");
}

static void test_section_header_bytes(void **state)
{
	const Elf64_Ehdr *ehdr = image_header(&image);

	(void)state;
	flip_all(ehdr->e_shoff, image.size, "section headers, byte");
}

/* Of the local symbols, which are labels that nobody asks for, the last few. */
static void test_symbol_and_relocation_bytes(void **state)
{
	const Elf64_Shdr *symtab = image_section(&image, ".symtab");
	size_t first = symtab->sh_info > 8 ? symtab->sh_info - 8 : 0;

	(void)state;
	flip_each(symtab->sh_offset + first * sizeof(Elf64_Sym), image_header(&image)->e_shoff,
		  "symbols and relocations, byte");
}

static void test_map_bytes(void **state)
{
	const Elf64_Shdr *maps = image_section(&image, "maps");

	(void)state;
	flip_all(maps->sh_offset, maps->sh_offset + maps->sh_size, "maps, byte");
}

static void test_no_elf(void **state)
{
	(void)state;
	memset(image.bytes, 'x', image.size);
	assert_refused("not a 64-bit ELF file");
	memcpy(image.bytes, "!<arch>\n", 8);
	assert_refused("not a 64-bit ELF file");
}

static void test_class(void **state)
{
	(void)state;
	image.bytes[EI_CLASS] = ELFCLASS32;
	assert_refused("not a 64-bit ELF file");
}

static void test_machine(void **state)
{
	(void)state;
	image_header(&image)->e_machine = EM_X86_64;
	assert_refused("machine 62");
	image_header(&image)->e_machine = 247;
	image_header(&image)->e_type = ET_EXEC;
	assert_refused("type 2");
}

/* libelf turns the header round, so that it must be whole in the other order to get as far as that question. */
static void test_byte_order(void **state)
{
	Elf64_Ehdr *ehdr = image_header(&image);

	(void)state;
	ehdr->e_ident[EI_DATA] = ehdr->e_ident[EI_DATA] == ELFDATA2LSB ? ELFDATA2MSB : ELFDATA2LSB;
	ehdr->e_machine = __builtin_bswap16(ehdr->e_machine);
	ehdr->e_type = __builtin_bswap16(ehdr->e_type);
	ehdr->e_version = __builtin_bswap32(ehdr->e_version);
	ehdr->e_shoff = 0;
	ehdr->e_shnum = 0;
	assert_refused("byte order");
}

static void test_no_symbols(void **state)
{
	(void)state;
	image_section(&image, ".symtab")->sh_type = SHT_PROGBITS;
	assert_refused("no readable symbol table");
}

static void test_no_section_names(void **state)
{
	(void)state;
	image_header(&image)->e_shstrndx = 200;
	assert_refused(IMAGE_NAME);
}

static void test_license(void **state)
{
	char *text = image_data(&image, "license");
	Elf64_Shdr *section = image_section(&image, "license");

	(void)state;
	text[3] = '!';
	assert_refused("license");
	text[3] = '\0';
	section->sh_size = 0;
	assert_refused("license");
	section->sh_size = 4;
	section->sh_type = SHT_NOBITS;
	assert_refused("license");
	section->sh_type = SHT_PROGBITS;
	section->sh_name = 0;
	assert_refused("license");
}

/* A file's name is the user's, and may hold what drives a terminal. */
static void test_name_is_printed_safely(void **state)
{
	struct object *object;
	struct error err;

	(void)state;
	assert_int_equal(object_open(&object, "x", 1, "evil\033[31m\n\xff.o", &err), -1);
	assert_null(object);
	assert_sentence(&err, STATUS_USAGE, "evil?[31m??.o");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_good),
	TEST(test_truncated),
	TEST(test_header_bytes),
	TEST(test_section_header_bytes),
	TEST(test_symbol_and_relocation_bytes),
	TEST(test_map_bytes),
	TEST(test_no_elf),
	TEST(test_class),
	TEST(test_machine),
	TEST(test_byte_order),
	TEST(test_no_symbols),
	TEST(test_no_section_names),
	TEST(test_license),
	TEST(test_name_is_printed_safely),
};

RUN(tests)
