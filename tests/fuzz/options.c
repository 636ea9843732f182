// SPDX-License-Identifier: GPL-2.0-or-later
/* Any command line: words are separated by newlines. */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 24

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(const struct error *err)
{
	if (err->status != STATUS_USAGE || strlen(err->text) < 10)
		abort();
	for (const char *c = err->text; *c; c++) {
		if (*c < ' ' || *c > '~')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char program[] = "connsnoop";
	char *words = malloc(size + 1), *rest, *argv[WORDS_MAX + 2] = {program};
	struct options options;
	struct error err = {.text = ""};
	int argc = 1;

	memcpy(words, data, size);
	words[size] = '\0';
	for (rest = words; rest && argc <= WORDS_MAX; argc++)
		argv[argc] = strsep(&rest, "\n");
	argv[argc] = NULL;
	optind = 0; /* forget the last command line */
	getopt(1, argv, "+");
	if (options_parse(&options, argc, argv, &err))
		check_sentence(&err);
	else if (options.pages & (options.pages - 1) || !options.filter.families)
		abort();
	options_free(&options);
	free(words);
	return 0;
}
