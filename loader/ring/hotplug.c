// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring.h"

#include "number.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int hotplug_open(void)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = 1};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		int errnum = errno;

		close(fd);
		return -errnum;
	}
	return fd;
}

static bool is_about_cpu(const char *text, const char *what, unsigned int *cpu)
{
	const size_t len = strlen(what);

	if (strncmp(text, what, len) != 0)
		return false;
	text += len;
	return number_take(&text, cpu) && *cpu < CPUS_MAX;
}

/* "online@/devices/system/cpu/cpu1", a NUL, and key=value strings (lib/kobject_uevent.c). Only the kernel is believed:
 * its port is 0. */
enum hotplug_event hotplug_read(int fd, unsigned int *cpu)
{
	struct sockaddr_nl from = {0};
	char text[4096];

	for (;;) {
		struct iovec iov = {text, sizeof(text) - 1};
		struct msghdr msg = {.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1};
		ssize_t got = recvmsg(fd, &msg, 0);

		if (got < 0)
			return errno == ENOBUFS ? HOTPLUG_OVERRUN : HOTPLUG_NONE;
		text[got] = '\0';
		if (from.nl_pid != 0)
			continue;
		if (is_about_cpu(text, "online@/devices/system/cpu/cpu", cpu))
			return HOTPLUG_ONLINE;
		if (is_about_cpu(text, "offline@/devices/system/cpu/cpu", cpu))
			return HOTPLUG_OFFLINE;
	}
}
