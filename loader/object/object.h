/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compiled BPF ELF file and what it becomes in the kernel: maps, constants, programs. Knows nothing of what the
 * programs do. The bytes may come from anybody: every index is checked before it is used.
 *
 *	object_open(&object, image, size, name, err);
 *	object_resize_map(object, "rings", cpus, err);
 *	object_create_maps(object, &kernel, err);
 *	object_set_constant(object, "NONCE", nonce, err);
 *	fd = object_load_program(object, "kprobe/connect", BPF_PROG_TYPE_KPROBE, &kernel, err);
 */
#ifndef CONNSNOOP_OBJECT_H
#define CONNSNOOP_OBJECT_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object;

/* What the loader must know of the kernel. kernel_probe() of compat/kernel.h finds it out. */
struct object_kernel {
	unsigned int version;  /* what kern_version must say; 0 where it is not looked at (5.0, el8) */
	bool names;	       /* maps and programs can be named (4.15) */
	bool probe_read_kinds; /* helpers 112 and 113 exist (5.5); else helper 4 takes their place */
};

/*
 * Parses `size` bytes at `image`, which must stay as they are until object_close(). `name` is what messages call it.
 * Status of a failure: STATUS_USAGE, the file is not what it should be.
 */
int object_open(struct object **object, const void *image, size_t size, const char *name, struct error *err);
void object_close(struct object *object);

/* The descriptor of the map is the object's. -1 where there is no such map or it was not created yet. */
int object_map_fd(const struct object *object, const char *map);

/* Holds a map against what the program using it relies on: type and sizes of key and value. */
int object_check_map(const struct object *object, const char *map, uint32_t type, uint32_t key_size,
		     uint32_t value_size, struct error *err);
/* A map of 0 entries is not created: programs load only if pruning has removed all that refers to it. */
int object_resize_map(struct object *object, const char *map, uint32_t max_entries, struct error *err);
int object_resize_values(struct object *object, const char *map, uint32_t value_size, struct error *err);
int object_set_map_flags(struct object *object, const char *map, uint32_t flags, struct error *err);

/*
 * BPF_MAP_CREATE for every map with entries that was not created yet. Raises RLIMIT_MEMLOCK once if the kernel charges it
 * (before 5.11: EPERM).
 */
int object_create_maps(struct object *object, const struct object_kernel *kernel, struct error *err);
/* Ahead of the others, where something depends on whether it works. */
int object_create_map(struct object *object, const char *map, const struct object_kernel *kernel, struct error *err);
/* Does without this map after all: closes it if it was created, and makes it one of 0 entries. */
int object_forgo_map(struct object *object, const char *map, struct error *err);

/* The value of an undefined symbol, for every program loaded from now on. */
int object_set_constant(struct object *object, const char *symbol, uint64_t value, struct error *err);

bool object_has_program(const struct object *object, const char *section);

/* Relocates a copy of the section's instructions and loads it. Returns the program's descriptor, the caller's to close. */
int object_load_program(struct object *object, const char *section, int type, const struct object_kernel *kernel,
			struct error *err);

/* Lifts RLIMIT_MEMLOCK as far as this process may. Returns whether that changed anything, so that a retry makes sense. */
bool object_raise_memlock(void);

#endif
