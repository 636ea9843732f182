// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include "attach.h"
#include "prefilter.h"

#include "sys.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct object_kernel image_kernel = {.version = 0, .names = true, .probe_read_kinds = true};

static void *must(void *pointer, const char *what)
{
	if (!pointer) {
		fprintf(stderr, "# %s: not in %s\n", what, BPF_OBJECT);
		abort();
	}
	return pointer;
}

struct image image_read(void)
{
	FILE *file = must(fopen(BPF_OBJECT, "r"), BPF_OBJECT);
	struct image image = {.bytes = malloc(1 << 20)}, exact;

	image.size = fread(image.bytes, 1, 1 << 20, file);
	fclose(file);
	exact = image_copy(&image, image.size);
	image_free(&image);
	return exact;
}

struct image image_copy(const struct image *image, size_t size)
{
	struct image copy = {.bytes = malloc(size ? size : 1), .size = size};

	memcpy(copy.bytes, image->bytes, size < image->size ? size : image->size);
	return copy;
}

void image_free(struct image *image)
{
	free(image->bytes);
	image->bytes = NULL;
}

Elf64_Ehdr *image_header(const struct image *image)
{
	return (Elf64_Ehdr *)image->bytes;
}

static Elf64_Shdr *sections(const struct image *image)
{
	return (Elf64_Shdr *)(image->bytes + image_header(image)->e_shoff);
}

static const char *section_name(const struct image *image, unsigned int index)
{
	const Elf64_Shdr *strings = &sections(image)[image_header(image)->e_shstrndx];

	return (const char *)image->bytes + strings->sh_offset + sections(image)[index].sh_name;
}

unsigned int image_section_index(const struct image *image, const char *name)
{
	for (unsigned int i = 1; i < image_header(image)->e_shnum; i++) {
		if (!strcmp(section_name(image, i), name))
			return i;
	}
	must(NULL, name);
	return 0;
}

Elf64_Shdr *image_section(const struct image *image, const char *name)
{
	return &sections(image)[image_section_index(image, name)];
}

void *image_data(const struct image *image, const char *section)
{
	return image->bytes + image_section(image, section)->sh_offset;
}

unsigned int image_symbol_index(const struct image *image, const char *name)
{
	const Elf64_Shdr *table = image_section(image, ".symtab");
	const Elf64_Sym *syms = image_data(image, ".symtab");
	const char *strings = (const char *)image->bytes + sections(image)[table->sh_link].sh_offset;

	for (unsigned int i = 0; i < table->sh_size / sizeof(*syms); i++) {
		if (!strcmp(strings + syms[i].st_name, name))
			return i;
	}
	must(NULL, name);
	return 0;
}

Elf64_Sym *image_symbol(const struct image *image, const char *name)
{
	return (Elf64_Sym *)image_data(image, ".symtab") + image_symbol_index(image, name);
}

Elf64_Rel *image_relocation(const struct image *image, const char *section, const char *symbol)
{
	char name[64];
	unsigned int wanted = image_symbol_index(image, symbol);
	Elf64_Rel *rel;

	snprintf(name, sizeof(name), ".rel%s", section);
	rel = image_data(image, name);
	for (size_t i = 0; i < image_section(image, name)->sh_size / sizeof(*rel); i++) {
		if (ELF64_R_SYM(rel[i].r_info) == wanted)
			return &rel[i];
	}
	return must(NULL, symbol);
}

void image_set_constants(struct object *object)
{
	static const char *const fields[] = {"FORK_PID", "FORK_FLAGS", "EXEC_PID", "EXEC_OLD_PID", "RELEASE_PID"};
	struct error err;

	object_set_constant(object, "MAPPED", 0, &err);
	object_set_constant(object, "RING_SIZE", 4096, &err);
	object_set_constant(object, "RING_WAKE", 1024, &err);
	object_set_constant(object, "NONCE", 0x1122334455667788, &err);
	object_set_constant(object, "STACK_SIZE", 16384, &err);
	object_set_constant(object, "REGS_FROM_TOP", 168, &err);
	object_set_constant(object, "PLACE", 3, &err);
	object_set_constant(object, "NATIVE", 1, &err);
	object_set_constant(object, "RESULT", 1, &err);
	object_set_constant(object, "SOCK_AT", 24, &err);
	object_set_constant(object, "SADDR6_AT", 72, &err);
	object_set_constant(object, "PROTOCOL_AT", 502, &err);
	object_set_constant(object, "PROTOCOL_MASK", 0xffff, &err);
	object_set_constant(object, "COUNT", 1, &err);
	object_set_constant(object, "BY", 0x3ff, &err);
	object_set_constant(object, "BY_TASK", UINT64_MAX, &err);
	object_set_constant(object, "BY_HEAD", UINT64_MAX, &err);
	object_set_constant(object, "PEEK", 1, &err);
	image_set_identity(object, 0, false);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		object_set_constant(object, fields[i], 8 + 4 * i, &err);
}

void image_set_identity(struct object *object, uint32_t parts, bool helper)
{
	struct error err;

	for (enum learnt_at at = 0; at < LEARNT_AT; at++)
		object_set_constant(object, learnt_name(at), parts ? 8 * at + 8 : 0, &err);
	object_set_constant(object, "TASK_HELPER", helper, &err);
	object_set_constant(object, "TASK_STACK", helper ? 0 : 16384, &err);
	object_set_constant(object, "IDENTITY", parts, &err);
}

void image_prepare(struct object *object)
{
	const struct filter all = {.families = FAMILIES_ANY, .any_type = true};

	image_prepare_filtered(object, &all);
}

void image_prepare_filtered(struct object *object, const struct filter *filter)
{
	struct prefilter prefilter;
	struct error err;

	object_resize_map(object, "rings", 4, &err);
	object_resize_map(object, "bells", 4, &err);
	object_resize_map(object, "counters", 4, &err);
	object_resize_map(object, "pending", 64, &err);
	object_resize_map(object, "counts_short", 4, &err);
	object_resize_map(object, "counts_long", 4, &err);
	prefilter_plan(&prefilter, filter, filter->follow, object, &err);
}

static int load_all(struct object *object, struct error *err)
{
	static const struct {
		const char *section;
		int type;
	} programs[] = {
		{"kprobe/learn", BPF_PROG_TYPE_KPROBE},
		{"tracepoint/learn", BPF_PROG_TYPE_TRACEPOINT},
		{"kprobe/connect", BPF_PROG_TYPE_KPROBE},
		{"kprobe/learn_sock", BPF_PROG_TYPE_KPROBE},
		{"kretprobe/verdict", BPF_PROG_TYPE_KPROBE},
		{"kretprobe/end", BPF_PROG_TYPE_KPROBE},
		{"tracepoint/end", BPF_PROG_TYPE_TRACEPOINT},
		{"tracepoint/connect", BPF_PROG_TYPE_TRACEPOINT},
		{"tracepoint/sys_enter", BPF_PROG_TYPE_TRACEPOINT},
		{"raw_tracepoint/sys_enter", BPF_PROG_TYPE_RAW_TRACEPOINT},
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		int fd = object_load_program(object, programs[i].section, programs[i].type, &image_kernel, err);

		if (fd < 0)
			return -1;
		sys_close(fd);
	}
	return 0;
}

int image_use(const struct image *image, struct error *err)
{
	struct object *object;
	int result = object_open(&object, image->bytes, image->size, IMAGE_NAME, err);

	if (result)
		return result;
	image_prepare(object);
	result = object_create_maps(object, &image_kernel, err);
	image_set_constants(object);
	if (!result)
		result = load_all(object, err);
	object_close(object);
	return result;
}
