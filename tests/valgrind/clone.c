// SPDX-License-Identifier: GPL-2.0-or-later
/* What valgrind can't run, clone(2) other than fork and threads, refuses as a kernel without it would. Linked with --wrap. */
#include "sys.h"

#include <errno.h>

int __wrap_sys_mount_private(const char *type, const char *target);
int __wrap_sys_close_aside(int fd);
int __wrap_sys_thread(void (*run)(void *context), void *context);
int __wrap_sys_puppet_open(struct sys_puppet *puppet, unsigned long flags, const int *leave, size_t count);

int __wrap_sys_mount_private(const char *type, const char *target)
{
	(void)type;
	(void)target;
	return -EPERM;
}

int __wrap_sys_close_aside(int fd)
{
	return sys_close(fd);
}

int __wrap_sys_thread(void (*run)(void *context), void *context)
{
	(void)run;
	(void)context;
	return -ENOSYS;
}

int __wrap_sys_puppet_open(struct sys_puppet *puppet, unsigned long flags, const int *leave, size_t count)
{
	(void)puppet;
	(void)flags;
	(void)leave;
	(void)count;
	return -ENOSYS;
}
