// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include "sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* A line of exactly so many characters of those; else nothing. */
static void read_id(const char *path, char *id, size_t len, const char *characters)
{
	char text[64];
	ssize_t got = sys_read_file(AT_FDCWD, path, text, sizeof(text));

	id[0] = '\0';
	if (got < (ssize_t)len || strspn(text, characters) != len)
		return;
	memcpy(id, text, len);
	id[len] = '\0';
}

void host_read(struct host *host)
{
	struct utsname name;
	struct stat st;

	memset(host, 0, sizeof(*host));
	if (!sys_uname(&name))
		memcpy(host->name, name.nodename, strnlen(name.nodename, sizeof(host->name) - 1));
	read_id("/etc/machine-id", host->machine_id, sizeof(host->machine_id) - 1, "0123456789abcdef");
	read_id("/proc/sys/kernel/random/boot_id", host->boot_id, sizeof(host->boot_id) - 1, "0123456789abcdef-");
	if (!stat("/proc/self/ns/uts", &st))
		host->uts_ns = (uint32_t)st.st_ino;
}
