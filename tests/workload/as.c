/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs a command as an ordinary user, without relying on a shadow suite. */
#define _GNU_SOURCE
#include "tools.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int as_main(int argc, char **argv)
{
	uid_t uid;

	if (argc < 3) {
		fprintf(stderr, "usage: caller as UID COMMAND...\n");
		return 2;
	}
	uid = strtoul(argv[1], NULL, 10);
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)) {
		perror("caller: as");
		return 126;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
