// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

/*
 * The CPU that the event names is only where it would be counted: a program on it runs on every CPU (kprobe_perf_func,
 * perf_syscall_enter). It must be online, and CPU 0 need not be (ENODEV).
 */
int perf_attach(struct perf_event_attr *attr, int prog)
{
	unsigned char online[CPUS_MAX];
	int fd = -ENODEV, result;

	if (!cpus_online(online))
		online[0] = 1;
	for (int cpu = 0; cpu < CPUS_MAX && fd == -ENODEV; cpu++) {
		if (online[cpu])
			fd = sys_perf_event_open(attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	}
	if (fd < 0)
		return fd;
	result = sys_ioctl(fd, PERF_EVENT_IOC_SET_BPF, (unsigned long)prog);
	if (result >= 0)
		result = sys_ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	if (result < 0) {
		sys_close(fd);
		return result;
	}
	return fd;
}
