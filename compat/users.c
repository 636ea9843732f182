// SPDX-License-Identifier: GPL-2.0-or-later
#include "users.h"

#include "number.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct user {
	uint32_t uid, gid;
	bool has_gid;
	char name[40];
};

struct users {
	size_t count;
	struct user user[];
};

/* name:password:uid:gid:… (passwd(5)); a line that is none is passed over. */
static bool parse_line(const char *line, struct user *user)
{
	size_t len = strcspn(line, ":\n");
	const char *at = line[len] == ':' ? strchr(line + len + 1, ':') : NULL;

	if (!at || !len || len >= sizeof(user->name))
		return false;
	memcpy(user->name, line, len);
	user->name[len] = '\0';
	at++;
	if (!number_take(&at, &user->uid))
		return false;
	user->has_gid = *at++ == ':' && number_take(&at, &user->gid);
	return true;
}

struct users *users_read(const char *path)
{
	FILE *file = fopen(path, "re");
	struct users *users = calloc(1, sizeof(*users));
	size_t room = 0, size = 0;
	char *line = NULL;

	while (file && users && getline(&line, &size, file) > 0) {
		if (users->count == room) {
			struct users *grown =
				realloc(users, sizeof(*users) + (room = room * 2 + 64) * sizeof(struct user));

			if (!grown)
				break;
			users = grown;
		}
		users->count += parse_line(line, &users->user[users->count]);
	}
	free(line);
	if (file)
		fclose(file);
	return users;
}

/* The first entry wins, as it does for getpwuid(). */
const char *users_name(const struct users *users, uint32_t uid)
{
	for (size_t i = 0; users && i < users->count; i++) {
		if (users->user[i].uid == uid)
			return users->user[i].name;
	}
	return NULL;
}

int users_uid(const struct users *users, const char *name, uint32_t *uid)
{
	for (size_t i = 0; users && i < users->count; i++) {
		if (!strcmp(users->user[i].name, name)) {
			*uid = users->user[i].uid;
			return 0;
		}
	}
	return -1;
}

int users_gid(const struct users *users, const char *name, uint32_t *gid)
{
	for (size_t i = 0; users && i < users->count; i++) {
		if (!strcmp(users->user[i].name, name) && users->user[i].has_gid) {
			*gid = users->user[i].gid;
			return 0;
		}
	}
	return -1;
}

void users_free(struct users *users)
{
	free(users);
}
