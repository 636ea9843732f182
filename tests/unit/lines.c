// SPDX-License-Identifier: GPL-2.0-or-later
/* lines FORMAT: every sample in that format on standard output, for validators that are not ours (tests/formats.t). */
#include "options.h"
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	char *line = malloc(BUFFER_LINE_MAX), *args[] = {argv[0], "--format", argc > 1 ? argv[1] : "", NULL};
	struct options options;
	struct attempt attempt;
	struct style style;
	struct error err;

	if (options_parse(&options, 3, args, &err)) {
		fprintf(stderr, "lines: %s\n", err.text);
		return 2;
	}
	sample_style(&style, options.format);
	for (size_t i = 0; sample_make(i, &attempt); i++) {
		struct buffer buf = {.data = line, .size = BUFFER_LINE_MAX};

		if (i == 0)
			render_header(&style, &buf);
		render_attempt(&style, &buf, &attempt);
		fwrite(buf.data, 1, buf.len, stdout);
	}
	free(line);
	return 0;
}
