/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A failure as a value: one sentence for the user and the exit status that it means. Whoever can still try something
 * else (the next hook, the next tracefs) drops it; whoever can't prints it.
 */
#ifndef CONNSNOOP_ERROR_H
#define CONNSNOOP_ERROR_H

enum exit_status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,	  /* run-time failure */
	STATUS_USAGE = 2,	  /* bad command line or bad file named on it */
	STATUS_UNSUPPORTED = 3,	  /* this kernel lacks what is needed */
	STATUS_NOT_PERMITTED = 4, /* capability, lockdown, seccomp */
};

struct error {
	int status;
	char text[1024];
};

/*
 * Fills in `err` and returns -1, so that a caller can `return error_set(...)`. Bytes that are not printable ASCII come
 * out as a question mark, since the text may quote untrusted names.
 */
int error_set(struct error *err, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The status of a system call's failure: STATUS_NOT_PERMITTED for EPERM and EACCES, `otherwise` for any other. */
int error_status(int errnum, int otherwise);

/* "EPERM" for 1 and so on; a number in decimal where there is no name. The string is static or in `buf`. */
const char *errno_name(int errnum, char buf[16]);
#define ERRNO_NAME(errnum) errno_name((errnum), (char[16]){0})

#endif
