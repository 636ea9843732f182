/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the running kernel was configured, where it says so: /proc/config.gz, else /boot/config-<release>. */
#ifndef CONNSNOOP_KCONFIG_H
#define CONNSNOOP_KCONFIG_H

#include <stddef.h>

enum kconfig_state { KCONFIG_UNKNOWN, KCONFIG_OFF, KCONFIG_ON };

struct kconfig_option {
	const char *name;  /* "CONFIG_KPROBE_EVENTS" */
	const char *older; /* what it was called before, or NULL */
	enum kconfig_state state;
};

/*
 * Fills in the states in one pass; an option that the file does not name is off, since it may depend on one that is.
 * Puts the file's name into `source` ("" where there is none: all states are unknown then). Returns 0, or -1 for none.
 */
int kconfig_read(struct kconfig_option *options, size_t count, char *source, size_t size);

/* The state that one line of the file gives to an option's name: unknown where the line is about another. */
enum kconfig_state kconfig_parse_line(const char *line, const char *name);

#endif
