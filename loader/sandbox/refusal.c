// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include <errno.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

/*
 * The call was not made, and the registers are as they were before it: what it would have returned is ours to say
 * (SECCOMP_RET_TRAP, seccomp(2)).
 */
static void fail_call(void *context)
{
#if defined(__x86_64__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = -EPERM;
#elif defined(__i386__)
	((ucontext_t *)context)->uc_mcontext.gregs[REG_EAX] = -EPERM;
#elif defined(__aarch64__)
	((ucontext_t *)context)->uc_mcontext.regs[0] = (unsigned long)-EPERM;
#elif defined(__arm__)
	((ucontext_t *)context)->uc_mcontext.arm_r0 = (unsigned long)-EPERM;
#else
	(void)context; /* refused by errno: nobody comes here */
#endif
}

static void fail_silently(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	fail_call(context);
}

/* From now on this handler, or none of it said: the kernel's table of handlers remembers, so that nothing here has to. */
static int handle(void (*handler)(int signal, siginfo_t *info, void *context))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	return sigaction(SIGSYS, &action, NULL);
}

/* As snprintf() would, which a signal handler may not call. */
static size_t put_number(char *to, int number)
{
	unsigned int rest = number < 0 ? -(unsigned int)number : (unsigned int)number;
	char digits[12];
	size_t count = 0, len = 0;

	do
		digits[count++] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		to[len++] = '-';
	while (count)
		to[len++] = digits[--count];
	return len;
}

static void say_and_fail(int signal, siginfo_t *info, void *context)
{
	static const char before[] = "connsnoop: the sandbox refused system call ";
	static const char behind[] =
		", which failed with EPERM; more of that is not told of; please report it, and use --no-sandbox until it is mended\n";
	char text[sizeof(before) + sizeof(behind) + 16];
	size_t len = sizeof(before) - 1;
	int saved = errno;

	(void)signal;
	memcpy(text, before, len);
	len += put_number(text + len, info->si_syscall);
	memcpy(text + len, behind, sizeof(behind) - 1);
	len += sizeof(behind) - 1;
	if (write(STDERR_FILENO, text, len) < 0)
		len = 0; /* there is nobody else to tell */
	handle(fail_silently);
	errno = saved;
	fail_call(context);
}

/* Blocked, it would be the end (force_sig_info(), kernel/signal.c). */
int refusal_prepare(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	if (handle(say_and_fail) || sigprocmask(SIG_UNBLOCK, &set, NULL))
		return -errno;
	return 0;
}
