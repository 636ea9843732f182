// SPDX-License-Identifier: GPL-2.0-or-later
/* Relocations: descriptors of maps and values of constants into the instructions that load them. */
#include "private.h"

#include <string.h>

#ifndef R_BPF_64_64
#define R_BPF_64_64 1
#endif
#define R_BPF_64_32 10 /* a call of another function in the object */

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

struct place {
	const struct object *object;
	const char *section;
	struct bpf_insn *insns; /* the two halves of the ld_imm64 to be filled in */
	size_t insn;
	const char *symbol;
};

static int patch_map(const struct place *place, const Elf64_Sym *sym, struct error *err)
{
	/* A section symbol has no name of its own: what it stands for is its offset, plus the instruction's. */
	size_t offset = sym->st_value + (uint32_t)place->insns[0].imm;

	for (int i = 0; i < place->object->map_count; i++) {
		const struct object_map *map = &place->object->maps[i];

		if (map->offset != offset)
			continue;
		/* One that was not created has a descriptor of -1, which must be gone when the program is loaded. */
		place->insns[0].src_reg = BPF_PSEUDO_MAP_FD;
		place->insns[0].imm = map->fd;
		place->insns[1].imm = 0;
		return 0;
	}
	return error_set(
		err, STATUS_USAGE,
		"%s: %s, instruction %zu refers to section \"maps\" at %zu, where no map begins; the file is damaged",
		place->object->name, place->section, place->insn, offset);
}

static int patch_constant(const struct place *place, struct error *err)
{
	for (int i = 0; i < place->object->constant_count; i++) {
		const struct object_constant *constant = &place->object->constants[i];

		if (strcmp(constant->name, place->symbol) != 0)
			continue;
		place->insns[0].imm = (int32_t)(uint32_t)constant->value;
		place->insns[1].imm = (int32_t)(uint32_t)(constant->value >> 32);
		return 0;
	}
	return error_set(
		err, STATUS_USAGE,
		"%s: %s, instruction %zu wants symbol \"%s\", which is neither a map nor a constant of this version",
		place->object->name, place->section, place->insn, place->symbol);
}

static int relocate_one(const struct object *object, const char *section, struct bpf_insn *insns, size_t count,
			const Elf64_Rel *rel, struct error *err)
{
	const Elf64_Sym *syms = object->symbols->d_buf, *sym;
	struct place place = {.object = object, .section = section, .insn = rel->r_offset / sizeof(*insns)};
	size_t index = ELF64_R_SYM(rel->r_info);

	if (index >= object->symbol_count || rel->r_offset % sizeof(*insns) || place.insn >= count)
		return error_set(err, STATUS_USAGE,
				 "%s: a relocation of %s points outside (symbol %zu, offset %llu); the file is damaged",
				 object->name, section, index, (unsigned long long)rel->r_offset);
	sym = &syms[index];
	place.insns = &insns[place.insn];
	place.symbol = elf_strptr(object->elf, object->symbol_strings, sym->st_name);
	if (!place.symbol)
		place.symbol = "?";
	if (ELF64_R_TYPE(rel->r_info) == R_BPF_64_32)
		return error_set(
			err, STATUS_USAGE,
			"%s: %s, instruction %zu calls \"%s\"; functions must be inlined, since kernels before 4.16 can't call",
			object->name, section, place.insn, place.symbol);
	if (ELF64_R_TYPE(rel->r_info) != R_BPF_64_64 || place.insns->code != LD_IMM64 || place.insn + 1 >= count)
		return error_set(
			err, STATUS_USAGE,
			"%s: %s, instruction %zu (code 0x%02x): relocation type %u against \"%s\" is not supported",
			object->name, section, place.insn, place.insns->code, (unsigned int)ELF64_R_TYPE(rel->r_info),
			place.symbol);
	if (sym->st_shndx == SHN_UNDEF)
		return patch_constant(&place, err);
	if (object->maps_section && sym->st_shndx == object->maps_section)
		return patch_map(&place, sym, err);
	return error_set(err, STATUS_USAGE,
			 "%s: %s, instruction %zu uses \"%s\", a global variable; kernels before 5.2 have none",
			 object->name, section, place.insn, place.symbol);
}

int object_relocate(const struct object *object, size_t section, const char *section_name, struct bpf_insn *insns,
		    size_t count, struct error *err)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(object->elf, scn))) {
		const Elf64_Shdr *shdr = elf64_getshdr(scn);
		Elf_Data *data;

		if (!shdr || shdr->sh_info != section || (shdr->sh_type != SHT_REL && shdr->sh_type != SHT_RELA))
			continue;
		data = shdr->sh_type == SHT_REL ? elf_getdata(scn, NULL) : NULL;
		if (!data || (data->d_size && !data->d_buf))
			return error_set(err, STATUS_USAGE,
					 "%s: the relocations of %s can't be read (type %u); BPF objects have SHT_REL",
					 object->name, section_name, shdr->sh_type);
		for (size_t i = 0; i < data->d_size / sizeof(Elf64_Rel); i++) {
			if (relocate_one(object, section_name, insns, count, (const Elf64_Rel *)data->d_buf + i, err))
				return -1;
		}
	}
	return 0;
}
