// SPDX-License-Identifier: GPL-2.0-or-later
#include "mounts.h"

#include <stdbool.h>
#include <string.h>

static bool is_octal(const char *digits)
{
	return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' && digits[1] <= '7' && digits[2] >= '0' &&
	       digits[2] <= '7';
}

/* mountinfo writes space, tab, newline and backslash as \ooo (fs/proc_namespace.c, mangle). */
static void unmangle(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		if (from[0] == '\\' && is_octal(from + 1)) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

char *mounts_point(char *line, const char *type)
{
	char *type_field = strstr(line, " - "), *root, *point;

	if (!type_field)
		return NULL;
	*type_field = '\0';
	type_field += 3;
	if (strncmp(type_field, type, strlen(type)) || type_field[strlen(type)] != ' ')
		return NULL;
	strtok(line, " "); /* mount ID, parent ID, major:minor, root, mount point */
	strtok(NULL, " ");
	strtok(NULL, " ");
	root = strtok(NULL, " ");
	point = strtok(NULL, " ");
	if (!root || !point || strcmp(root, "/") != 0)
		return NULL;
	unmangle(point);
	return point;
}
