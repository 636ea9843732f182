// SPDX-License-Identifier: GPL-2.0-or-later
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *err, int status, const char *format, ...)
{
	va_list args;

	err->status = status;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	for (char *c = err->text; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return -1;
}

int error_status(int errnum, int otherwise)
{
	return errnum == EPERM || errnum == EACCES ? STATUS_NOT_PERMITTED : otherwise;
}

/* A table of our own: strerrorname_np() is glibc's alone. Every errno that one of our calls is documented to return. */
#define NAME(e)       \
	{             \
		e, #e \
	}
static const struct {
	int errnum;
	const char *name;
} errno_names[] = {
	NAME(EPERM),   NAME(ENOENT),	    NAME(ESRCH),     NAME(EINTR),	 NAME(EIO),	     NAME(ENXIO),
	NAME(E2BIG),   NAME(EBADF),	    NAME(ECHILD),    NAME(EAGAIN),	 NAME(ENOMEM),	     NAME(EACCES),
	NAME(EFAULT),  NAME(EBUSY),	    NAME(EEXIST),    NAME(ENODEV),	 NAME(ENOTDIR),	     NAME(EISDIR),
	NAME(EINVAL),  NAME(ENFILE),	    NAME(EMFILE),    NAME(ENOTTY),	 NAME(EFBIG),	     NAME(ENOSPC),
	NAME(ESPIPE),  NAME(EROFS),	    NAME(EPIPE),     NAME(ERANGE),	 NAME(ENOSYS),	     NAME(ELOOP),
	NAME(ENODATA), NAME(EILSEQ),	    NAME(EOVERFLOW), NAME(EDQUOT),	 NAME(ENAMETOOLONG), NAME(EOPNOTSUPP),
	NAME(ETXTBSY), NAME(EADDRNOTAVAIL), NAME(ENOEXEC),   NAME(ECONNREFUSED), NAME(ETIMEDOUT),    NAME(EAFNOSUPPORT),
	NAME(ENOBUFS), NAME(ENETUNREACH),
};
#undef NAME

const char *errno_name(int errnum, char buf[16])
{
	for (unsigned int i = 0; i < sizeof(errno_names) / sizeof(errno_names[0]); i++) {
		if (errno_names[i].errnum == errnum)
			return errno_names[i].name;
	}
	snprintf(buf, 16, "errno %d", errnum);
	return buf;
}
