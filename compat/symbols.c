// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols.h"

#include <errno.h>
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

int symbols_find(struct symbol *symbols, size_t count)
{
	FILE *list = fopen("/proc/kallsyms", "re");
	char line[1024], name[SYMBOL_NAME_MAX], type;
	int found = 0;

	if (!list)
		return -errno;
	for (size_t i = 0; i < count; i++)
		symbols[i].found[0] = '\0';
	while (fgets(line, sizeof(line), list)) {
		if (sscanf(line, "%*s %c %127s", &type, name) != 2 || (type != 't' && type != 'T'))
			continue;
		for (size_t i = 0; i < count; i++)
			take(&symbols[i], name);
	}
	fclose(list);
	for (size_t i = 0; i < count; i++)
		found += symbols[i].found[0] != '\0';
	return found;
}
