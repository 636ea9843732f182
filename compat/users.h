/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User names from /etc/passwd, read once: a static binary has no NSS. */
#ifndef CONNSNOOP_USERS_H
#define CONNSNOOP_USERS_H

#include <stdint.h>

struct users;

/* NULL or an empty list where the file can't be read; both serve below. */
struct users *users_read(const char *path);
void users_free(struct users *users);

const char *users_name(const struct users *users, uint32_t uid);	   /* NULL: not in it */
int users_uid(const struct users *users, const char *name, uint32_t *uid); /* -1: not in it */
int users_gid(const struct users *users, const char *name, uint32_t *gid); /* the primary group; -1: as well */

#endif
