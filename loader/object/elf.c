// SPDX-License-Identifier: GPL-2.0-or-later
/* The file as libelf sees it: header, symbols, sections, licence. */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#ifndef EM_BPF
#define EM_BPF 247
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_DATA ELFDATA2LSB
#else
#define HOST_DATA ELFDATA2MSB
#endif

static int check_header(const struct object *object, struct error *err)
{
	const Elf64_Ehdr *ehdr;

	if (!object->elf || elf_kind(object->elf) != ELF_K_ELF || !elf64_getehdr(object->elf))
		return error_set(err, STATUS_USAGE,
				 "%s: not a 64-bit ELF file (%s); give the object that clang -target bpf made",
				 object->name, elf_errmsg(-1));
	ehdr = elf64_getehdr(object->elf);
	if (ehdr->e_machine != EM_BPF || ehdr->e_type != ET_REL)
		return error_set(
			err, STATUS_USAGE,
			"%s: machine %u, type %u: not a relocatable BPF object; compile it with clang -target bpf -c",
			object->name, ehdr->e_machine, ehdr->e_type);
	/* libelf hands out headers where the file says they lie, and reading them there must be allowed. */
	if (ehdr->e_shoff % _Alignof(Elf64_Shdr))
		return error_set(err, STATUS_USAGE,
				 "%s: its section headers lie at %llu, which is not aligned; the file is damaged",
				 object->name, (unsigned long long)ehdr->e_shoff);
	if (ehdr->e_ident[EI_DATA] != HOST_DATA)
		return error_set(
			err, STATUS_USAGE,
			"%s: its byte order is not this machine's; compile it with clang -target bpf on such a machine",
			object->name);
	return 0;
}

Elf_Scn *object_section(const struct object *object, const char *name, Elf64_Shdr *header, Elf_Data **data)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(object->elf, scn))) {
		const Elf64_Shdr *shdr = elf64_getshdr(scn);
		const char *found = shdr ? elf_strptr(object->elf, object->section_strings, shdr->sh_name) : NULL;

		if (!found || strcmp(found, name) != 0)
			continue;
		*header = *shdr;
		*data = shdr->sh_type == SHT_NOBITS ? NULL : elf_getdata(scn, NULL);
		if (!*data || !(*data)->d_buf || (*data)->d_size != shdr->sh_size)
			return NULL;
		return scn;
	}
	return NULL;
}

static int find_symbols(struct object *object, struct error *err)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(object->elf, scn))) {
		const Elf64_Shdr *shdr = elf64_getshdr(scn);
		Elf_Data *data;

		if (!shdr || shdr->sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(scn, NULL);
		if (!data || !data->d_buf)
			break;
		object->symbols = data;
		object->symbol_count = data->d_size / sizeof(Elf64_Sym);
		object->symbol_strings = shdr->sh_link;
		return 0;
	}
	return error_set(err, STATUS_USAGE, "%s: no readable symbol table; do not strip the object", object->name);
}

static int find_license(struct object *object, struct error *err)
{
	Elf64_Shdr header;
	Elf_Data *data;

	if (!object_section(object, "license", &header, &data) || data->d_size == 0 ||
	    memchr(data->d_buf, '\0', data->d_size) == NULL)
		return error_set(
			err, STATUS_USAGE,
			"%s: section \"license\" is missing or is no string; the kernel's helpers want \"GPL\"",
			object->name);
	object->license = data->d_buf;
	return 0;
}

int object_open(struct object **result, const void *image, size_t size, const char *name, struct error *err)
{
	struct object *object = calloc(1, sizeof(*object));

	*result = NULL;
	if (!object)
		return error_set(err, STATUS_FAILURE, "%s: out of memory", name);
	object->name = name;
	elf_version(EV_CURRENT);
	/* libelf takes a char * and, opened for reading, leaves the bytes alone. */
	object->elf = elf_memory((char *)(uintptr_t)image, size);
	if (check_header(object, err))
		goto fail;
	if (elf_getshdrstrndx(object->elf, &object->section_strings)) {
		error_set(err, STATUS_USAGE, "%s: no section names (%s); the file is damaged", name, elf_errmsg(-1));
		goto fail;
	}
	if (find_symbols(object, err) || find_license(object, err) || object_find_maps(object, err))
		goto fail;
	*result = object;
	return 0;
fail:
	object_close(object);
	return -1;
}
