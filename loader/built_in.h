/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The compiled BPF object that the program brings along. */
#ifndef CONNSNOOP_BUILT_IN_H
#define CONNSNOOP_BUILT_IN_H

#include "error.h"

#include <stddef.h>

/* embedded.S: the bytes of the file, or in a small build what gzip made of them. */
extern const unsigned char embedded_object[], embedded_object_end[];

/* The object's bytes. They are the program's own, or in *room, which is the caller's to free once they are not needed. */
int built_in_open(const void **image, size_t *size, void **room, struct error *err);

#endif
