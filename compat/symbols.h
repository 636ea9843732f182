/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of kernel functions as this kernel has them (/proc/kallsyms). kptr_restrict hides addresses, not names. */
#ifndef CONNSNOOP_SYMBOLS_H
#define CONNSNOOP_SYMBOLS_H

#include <stddef.h>

#define SYMBOL_NAME_MAX 128

struct symbol {
	const char *wanted;
	char found[SYMBOL_NAME_MAX]; /* "": not there */
};

/*
 * Looks all up in one pass. A static function that link-time optimisation renamed is found under its longer name
 * (unix_stream_connect.llvm.1234567890); an exact match is preferred. Returns how many were found, or a negative errno
 * where the list can't be read.
 */
int symbols_find(struct symbol *symbols, size_t count);

/* How well `name` serves for `wanted`: 2 exact, 1 renamed by the compiler and still called by pointer, 0 not at all. */
int symbol_match(const char *name, const char *wanted);

#endif
