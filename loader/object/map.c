// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps: from struct bpf_map_def in section "maps" to descriptors. */
#include "private.h"
#include "bpf_attr.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* include/bpf_helpers.h; what a longer definition of somebody else's holds beyond it must be 0. */
struct map_def {
	uint32_t type, key_size, value_size, max_entries, flags;
};

static int add_map(struct object *object, const Elf64_Sym *sym, const Elf_Data *data, struct error *err)
{
	const char *name = elf_strptr(object->elf, object->symbol_strings, sym->st_name);
	struct object_map *map;
	struct map_def def;

	if (!name || !*name || strlen(name) >= OBJECT_SYMBOL_MAX)
		return error_set(err, STATUS_USAGE, "%s: a map's name is missing or too long; the file is damaged",
				 object->name);
	if (object->map_count == OBJECT_MAPS_MAX)
		return error_set(err, STATUS_USAGE, "%s: more than %d maps", object->name, OBJECT_MAPS_MAX);
	if (sym->st_value > data->d_size || data->d_size - sym->st_value < sizeof(def))
		return error_set(err, STATUS_USAGE, "%s: map %s lies outside its section; the file is damaged",
				 object->name, name);
	memcpy(&def, (const char *)data->d_buf + sym->st_value, sizeof(def));
	map = &object->maps[object->map_count++];
	*map = (struct object_map){
		.name = name,
		.offset = sym->st_value,
		.type = def.type,
		.key_size = def.key_size,
		.value_size = def.value_size,
		.max_entries = def.max_entries,
		.flags = def.flags,
		.fd = -1,
	};
	return 0;
}

int object_find_maps(struct object *object, struct error *err)
{
	const Elf64_Sym *syms = object->symbols->d_buf;
	Elf64_Shdr header;
	Elf_Data *data;
	Elf_Scn *scn = object_section(object, "maps", &header, &data);

	if (!scn)
		return 0;
	object->maps_section = elf_ndxscn(scn);
	for (size_t i = 0; i < object->symbol_count; i++) {
		unsigned char type = ELF64_ST_TYPE(syms[i].st_info);

		if (syms[i].st_shndx != object->maps_section || type == STT_SECTION || type == STT_FILE)
			continue;
		if (add_map(object, &syms[i], data, err))
			return -1;
	}
	return 0;
}

struct object_map *object_find_map(const struct object *object, const char *name)
{
	for (int i = 0; i < object->map_count; i++) {
		if (!strcmp(object->maps[i].name, name))
			return (struct object_map *)&object->maps[i];
	}
	return NULL;
}

int object_map_fd(const struct object *object, const char *name)
{
	const struct object_map *map = object_find_map(object, name);

	return map ? map->fd : -1;
}

int object_check_map(const struct object *object, const char *name, uint32_t type, uint32_t key_size,
		     uint32_t value_size, struct error *err)
{
	const struct object_map *map = object_find_map(object, name);

	if (!map)
		return error_set(err, STATUS_USAGE, "%s: no map \"%s\"; the object is of another program or version",
				 object->name, name);
	if (map->type != type || map->key_size != key_size || map->value_size != value_size)
		return error_set(
			err, STATUS_USAGE,
			"%s: map \"%s\" has type %u, key %u, value %u instead of %u, %u, %u; the object is of another version",
			object->name, name, map->type, map->key_size, map->value_size, type, key_size, value_size);
	return 0;
}

static struct object_map *need_map(const struct object *object, const char *name, struct error *err)
{
	struct object_map *map = object_find_map(object, name);

	if (!map)
		error_set(err, STATUS_USAGE, "%s: no map \"%s\"", object->name, name);
	return map;
}

int object_resize_map(struct object *object, const char *name, uint32_t max_entries, struct error *err)
{
	struct object_map *map = need_map(object, name, err);

	if (!map)
		return -1;
	map->max_entries = max_entries;
	return 0;
}

int object_resize_values(struct object *object, const char *name, uint32_t value_size, struct error *err)
{
	struct object_map *map = need_map(object, name, err);

	if (!map)
		return -1;
	map->value_size = value_size;
	return 0;
}

int object_set_map_flags(struct object *object, const char *name, uint32_t flags, struct error *err)
{
	struct object_map *map = need_map(object, name, err);

	if (!map)
		return -1;
	map->flags = flags;
	return 0;
}

int object_forgo_map(struct object *object, const char *name, struct error *err)
{
	struct object_map *map = need_map(object, name, err);

	if (!map)
		return -1;
	if (map->fd >= 0)
		sys_close(map->fd);
	map->fd = -1;
	map->max_entries = 0;
	return 0;
}

static int create_map(const struct object_map *map, bool named)
{
	/* Kernels refuse an attr longer than theirs unless the tail is 0, and 4.4's ends with max_entries. */
	unsigned int size = map->flags ? ATTR_SIZE(map_flags) : ATTR_SIZE(max_entries);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = map->type;
	attr.key_size = map->key_size;
	attr.value_size = map->value_size;
	attr.max_entries = map->max_entries;
	attr.map_flags = map->flags;
	if (named) {
		strncpy(attr.map_name, map->name, sizeof(attr.map_name) - 1);
		size = ATTR_SIZE(map_name);
	}
	return sys_bpf(BPF_MAP_CREATE, &attr, size);
}

static int create_one(const struct object *object, struct object_map *map, const struct object_kernel *kernel,
		      struct error *err)
{
	int fd = create_map(map, kernel->names);

	if (fd == -EPERM && object_raise_memlock())
		fd = create_map(map, kernel->names);
	if (fd >= 0) {
		map->fd = fd;
		return 0;
	}
	return error_set(
		err, error_status(-fd, fd == -EINVAL || fd == -ENOSYS ? STATUS_UNSUPPORTED : STATUS_FAILURE),
		"%s: creating map %s (type %u, %u entries of %u bytes): bpf(BPF_MAP_CREATE) says %s; %s", object->name,
		map->name, map->type, map->max_entries, map->value_size, ERRNO_NAME(-fd),
		fd == -EPERM
			? "CAP_SYS_ADMIN (or CAP_BPF) is missing, or RLIMIT_MEMLOCK is too low: try ulimit -l unlimited"
		: fd == -ENOSYS ? "the kernel was built without CONFIG_BPF_SYSCALL"
		: fd == -EINVAL ? "the kernel does not know this kind of map: 4.4 is the oldest that does"
				: "free some memory or lower --buffer-pages or --max-keys");
}

int object_create_map(struct object *object, const char *name, const struct object_kernel *kernel, struct error *err)
{
	struct object_map *map = need_map(object, name, err);

	return map ? create_one(object, map, kernel, err) : -1;
}

int object_create_maps(struct object *object, const struct object_kernel *kernel, struct error *err)
{
	for (int i = 0; i < object->map_count; i++) {
		struct object_map *map = &object->maps[i];

		if (map->fd < 0 && map->max_entries && create_one(object, map, kernel, err))
			return -1;
	}
	return 0;
}

void object_close(struct object *object)
{
	if (!object)
		return;
	for (int i = 0; i < object->map_count; i++) {
		if (object->maps[i].fd >= 0)
			sys_close(object->maps[i].fd);
	}
	elf_end(object->elf);
	free(object);
}
