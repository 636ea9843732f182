/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_OBJECT_PRIVATE_H
#define CONNSNOOP_OBJECT_PRIVATE_H

#include "object.h"

#include <libelf.h>
#include <linux/bpf.h>

#define OBJECT_MAPS_MAX	     32
#define OBJECT_CONSTANTS_MAX 128
#define OBJECT_SYMBOL_MAX    64
/* BPF_MAXINSNS of every kernel for the unprivileged, and of 4.x for all. */
#define OBJECT_INSNS_MAX 4096

struct object_map {
	const char *name; /* in the ELF image's string table */
	size_t offset;	  /* in section "maps" */
	uint32_t type, key_size, value_size, max_entries, flags;
	int fd;
};

struct object_constant {
	char name[OBJECT_SYMBOL_MAX];
	uint64_t value;
};

struct object {
	const char *name;
	Elf *elf;
	Elf_Data *symbols;
	size_t symbol_count;
	size_t symbol_strings; /* section index of the symbols' names */
	size_t section_strings;
	size_t maps_section; /* section index, 0: none */
	const char *license;
	struct object_map maps[OBJECT_MAPS_MAX];
	int map_count;
	struct object_constant constants[OBJECT_CONSTANTS_MAX];
	int constant_count;
};

/* elf.c: a section by name, with its header and index; NULL where there is none or its bytes can't be had. */
Elf_Scn *object_section(const struct object *object, const char *name, Elf64_Shdr *header, Elf_Data **data);

/* map.c */
int object_find_maps(struct object *object, struct error *err);
struct object_map *object_find_map(const struct object *object, const char *name);

/* reloc.c: applies all relocations of the program section with this index to its instructions. */
int object_relocate(const struct object *object, size_t section, const char *section_name, struct bpf_insn *insns,
		    size_t count, struct error *err);

/*
 * prune.c: takes out of relocated instructions what can't be reached or is not read, now that the constants are numbers.
 * Returns how many are left; where something is not understood (a loop, a function, a newer instruction) or memory is
 * short, all of them as they were.
 */
size_t object_prune(struct bpf_insn *insns, size_t count);

#endif
