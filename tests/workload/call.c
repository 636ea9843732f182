/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways into the kernel: never through libc, which picks one of its own. */
#include "workload.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SOCKETCALL_CONNECT 3 /* SYS_CONNECT in linux/net.h */

enum way call_way = WAY_CONNECT;

int call_connect(int fd, const void *addr, socklen_t len)
{
#ifdef SYS_socketcall
	if (call_way == WAY_SOCKETCALL) {
		unsigned long args[3] = {fd, (unsigned long)addr, len};

		return syscall(SYS_socketcall, SOCKETCALL_CONNECT, args);
	}
#endif
	return syscall(SYS_connect, fd, addr, len);
}

/* A 32-bit build of this program on a 64-bit kernel. */
bool call_is_compat(void)
{
	struct utsname name;

	if (sizeof(long) == 8)
		return false;
	uname(&name);
	return strstr(name.machine, "64") != NULL || !strcmp(name.machine, "s390x");
}

const char *call_via(void)
{
	return call_way == WAY_SOCKETCALL ? "socketcall" : "connect";
}
