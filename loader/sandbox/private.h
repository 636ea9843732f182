/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_SANDBOX_PRIVATE_H
#define CONNSNOOP_SANDBOX_PRIVATE_H

#include "sandbox.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>

/*
 * What becomes of a call that is not in the list. It is not worth the end of the watch, which is what an intruder would
 * like best, and which a C library with a new way to do an old thing would bring about. So it fails with EPERM, and where
 * a signal handler knows how to do that, SIGSYS lets it be said first.
 */
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__)
#define REFUSED SECCOMP_RET_TRAP
#else
#define REFUSED (SECCOMP_RET_ERRNO | 1 /* EPERM */)
#endif

/* calls.c: the filter's program. Returns how many instructions it has. */
#define CALLS_PROGRAM_MAX 512
size_t calls_program(const struct sandbox *sandbox, struct sock_filter program[CALLS_PROGRAM_MAX]);

/* refusal.c: SIGSYS says which call it was, the first time, and makes it fail. */
int refusal_prepare(void);

#endif
