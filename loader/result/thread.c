// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool path_exists(const char *path)
{
	struct stat status;

	return sys_stat(path, &status) == 0;
}

/*
 * proc(5), /proc/PID/syscall (CONFIG_HAVE_ARCH_TRACEHOOK): "42 0x5 ..." in a call, "-1 ..." blocked outside of one, "running"
 * on a CPU or in want of one. An x32 call's number has bit 30; the event's is without. It takes the right to trace.
 */
enum thread_state thread_look(uint64_t pid_tgid, uint16_t nr)
{
	char path[64], text[256];
	ssize_t got;
	long number;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/syscall", (unsigned int)(pid_tgid >> 32),
		 (unsigned int)pid_tgid);
	got = sys_read_file(AT_FDCWD, path, text, sizeof(text));
	if (got == -ESRCH)
		return THREAD_GONE;
	if (got == -ENOENT) {
		/* Or the kernel has no such file. */
		*strrchr(path, '/') = '\0';
		return path_exists(path) ? THREAD_UNTOLD : THREAD_GONE;
	}
	if (got <= 0)
		return THREAD_UNTOLD;
	if (text[0] == 'r')
		return THREAD_RUNS;
	number = strtol(text, NULL, 10);
	if (!nr)
		return THREAD_IN_CALL;
	return number >= 0 && (uint16_t)number == nr ? THREAD_IN_CALL : THREAD_ELSEWHERE;
}
