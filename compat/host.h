/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine is called. */
#ifndef CONNSNOOP_HOST_H
#define CONNSNOOP_HOST_H

#include <stdint.h>

/* Empty, or 0: not known. */
struct host {
	char name[65];	     /* uname(2)'s nodename */
	char machine_id[33]; /* machine-id(5) */
	char boot_id[37];    /* random(4): another one at each boot */
	uint32_t uts_ns;     /* the inode of the UTS namespace that `name` is of */
};

void host_read(struct host *host);

#endif
