/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A reader of JSON that takes nothing else: RFC 8259, valid UTF-8, no lone surrogates, no key twice in an object. */
#ifndef CONNSNOOP_STRICT_JSON_H
#define CONNSNOOP_STRICT_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* One value and nothing around it. */
bool json_valid(const char *text, size_t len);

/* The keys of the outermost object, in order, with commas between; "family,addr" for a key whose value is an object. */
void json_keys(const char *text, size_t len, const char *object, char *keys, size_t size);

/* The bytes of a string by its key, wherever that is; -1: there is none. */
int json_string(const char *text, size_t len, const char *key, char *bytes, size_t size);

/* Whether bytes are UTF-8 (RFC 3629). */
bool utf8_valid(const char *bytes, size_t len);

#endif
