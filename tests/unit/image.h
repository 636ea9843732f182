/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The really compiled object as bytes that a test may damage, in a block of exactly its size. */
#ifndef CONNSNOOP_IMAGE_H
#define CONNSNOOP_IMAGE_H

#include "error.h"
#include "filter.h"
#include "object.h"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_NAME "damaged.o"

struct image {
	uint8_t *bytes;
	size_t size;
};

/* A copy of the object that BPF_OBJECT names; aborts where there is none. */
struct image image_read(void);
struct image image_copy(const struct image *image, size_t size);
void image_free(struct image *image);

/* Into the bytes; each aborts where there is no such thing. */
Elf64_Ehdr *image_header(const struct image *image);
Elf64_Shdr *image_section(const struct image *image, const char *name);
unsigned int image_section_index(const struct image *image, const char *name);
void *image_data(const struct image *image, const char *section);
Elf64_Sym *image_symbol(const struct image *image, const char *name);
unsigned int image_symbol_index(const struct image *image, const char *name);
/* The relocation in `.rel<section>` that is against the symbol. */
Elf64_Rel *image_relocation(const struct image *image, const char *section, const char *symbol);

/* Opens, creates maps, sets all constants and loads all programs, whatever fails first; closes. 0 or -1 and err. */
int image_use(const struct image *image, struct error *err);
/* Sizes of maps for four CPUs, and no filter; what is missing is said when maps are created. */
void image_prepare(struct object *object);
void image_prepare_filtered(struct object *object, const struct filter *filter);
/* The constants that the programs want. */
void image_set_constants(struct object *object);
/* Those about identity: `parts` of it, at places of no meaning. */
void image_set_identity(struct object *object, uint32_t parts, bool helper);
extern const struct object_kernel image_kernel; /* the newest */

#endif
