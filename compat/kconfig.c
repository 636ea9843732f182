// SPDX-License-Identifier: GPL-2.0-or-later
#include "kconfig.h"

#include "sys.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

/* "CONFIG_X=y", "CONFIG_X=m", or "# CONFIG_X is not set". */
enum kconfig_state kconfig_parse_line(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (!strncmp(line, "# ", 2) && !strncmp(line + 2, name, length) &&
	    !strncmp(line + 2 + length, " is not set", 11))
		return KCONFIG_OFF;
	if (!strncmp(line, name, length) && line[length] == '=')
		return line[length + 1] == 'y' || line[length + 1] == 'm' ? KCONFIG_ON : KCONFIG_OFF;
	return KCONFIG_UNKNOWN;
}

static void take_line(struct kconfig_option *options, size_t count, const char *line)
{
	for (size_t i = 0; i < count; i++) {
		if (kconfig_parse_line(line, options[i].name) == KCONFIG_ON ||
		    (options[i].older && kconfig_parse_line(line, options[i].older) == KCONFIG_ON))
			options[i].state = KCONFIG_ON;
	}
}

/* zlib reads a file that is not compressed as it is. */
static int read_from(const char *path, struct kconfig_option *options, size_t count)
{
	gzFile file = gzopen(path, "re");
	char line[1024];
	size_t lines = 0;

	if (!file)
		return -1;
	for (size_t i = 0; i < count; i++)
		options[i].state = KCONFIG_OFF;
	for (; gzgets(file, line, sizeof(line)); lines++)
		take_line(options, count, line);
	gzclose_r(file);
	return lines ? 0 : -1;
}

int kconfig_read(struct kconfig_option *options, size_t count, char *source, size_t size)
{
	struct utsname name;

	snprintf(source, size, "/proc/config.gz");
	if (!read_from(source, options, count))
		return 0;
	if (!sys_uname(&name)) {
		snprintf(source, size, "/boot/config-%.64s", name.release);
		if (!read_from(source, options, count))
			return 0;
	}
	source[0] = '\0';
	for (size_t i = 0; i < count; i++)
		options[i].state = KCONFIG_UNKNOWN;
	return -1;
}
