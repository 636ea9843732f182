// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int symbol_match(const char *name, const char *wanted)
{
	/* ThinLTO, GCC's LTO, and clones that took the function's place. */
	static const char *const suffixes[] = {".llvm.", ".lto_priv.", ".constprop.", ".isra.", ".cfi"};
	size_t length = strlen(wanted);

	if (strncmp(name, wanted, length) != 0)
		return 0;
	if (name[length] == '\0')
		return 2;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (!strncmp(name + length, suffixes[i], strlen(suffixes[i])))
			return 1;
	}
	return 0;
}

static void take(struct symbol *symbol, const char *name)
{
	if (symbol_match(name, symbol->wanted) > symbol_match(symbol->found, symbol->wanted))
		strcpy(symbol->found, name);
}

/* "ffffffff81000000 T name\t[module]": the name, cut out of the line, if it is a function's; else NULL. */
static const char *function_name(char *line)
{
	char *type = strchr(line, ' ');

	if (!type || (type[1] != 't' && type[1] != 'T') || type[2] != ' ')
		return NULL;
	type[3 + strcspn(type + 3, "\t\n")] = '\0';
	return strlen(type + 3) < SYMBOL_NAME_MAX ? type + 3 : NULL;
}

/* A couple of hundred thousand lines: what begins with another letter than all that is wanted is passed over at once. */
int symbols_find(struct symbol *symbols, size_t count)
{
	FILE *list = fopen("/proc/kallsyms", "re");
	bool initial[256] = {false};
	char line[1024];
	int found = 0;

	if (!list)
		return -errno;
	for (size_t i = 0; i < count; i++) {
		symbols[i].found[0] = '\0';
		initial[(unsigned char)symbols[i].wanted[0]] = true;
	}
	while (fgets(line, sizeof(line), list)) {
		const char *name = function_name(line);

		if (!name || !initial[(unsigned char)name[0]])
			continue;
		for (size_t i = 0; i < count; i++)
			take(&symbols[i], name);
	}
	fclose(list);
	for (size_t i = 0; i < count; i++)
		found += symbols[i].found[0] != '\0';
	return found;
}
