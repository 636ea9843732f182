/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Callers that are gone, or somebody else, before anybody can look at them in /proc. */
#define _GNU_SOURCE
#include "tools.h"
#include "workload.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOTE "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":%u}"

/* All is prepared and foretold, so that nothing stands between the call and the end. */
static struct sockaddr_in prepare(int fd)
{
	struct sockaddr_in to = in4("127.0.0.1", 7000 + fd);

	sock(AF_INET, SOCK_DGRAM, 0, fd);
	expect(fd, SOCK_DGRAM, sizeof(to), REMOTE, 7000 + fd);
	return to;
}

static void exits(void)
{
	struct sockaddr_in to = prepare(701);

	call_connect(701, &to, sizeof(to));
	syscall(SYS_exit_group, 0);
}

static void killed(void)
{
	struct sockaddr_in to = prepare(702);

	call_connect(702, &to, sizeof(to));
	syscall(SYS_kill, getpid(), SIGKILL);
}

/* The name at the time of the call counts, not the next one. */
static void execs(void)
{
	struct sockaddr_in to = prepare(703);
	char *const argv[] = {"caller", "list", NULL};
	int null = dup(STDOUT_FILENO);

	(void)null;
	close(STDOUT_FILENO);
	call_connect(703, &to, sizeof(to));
	execv("/proc/self/exe", argv);
	_exit(1);
}

static void vforked(void)
{
	if (vfork() == 0) {
		struct sockaddr_in to = prepare(704);

		call_connect(704, &to, sizeof(to));
		_exit(0);
	}
}

/* Short-lived children in a row, the way shell scripts make them. */
static void swarm(void)
{
	struct sockaddr_in to;
	int i;

	for (i = 0; i < 20; i++) {
		if (fork() == 0) {
			to = prepare(710 + i);
			call_connect(710 + i, &to, sizeof(to));
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

/* Another thread than the first one runs a new program, and so takes the process over. */
static void *exec_in_thread(void *unused)
{
	char *const argv[] = {"caller", "-s", "after-thread", NULL};
	char *const plain_argv[] = {"caller", "after-thread", NULL};

	(void)unused;
	execv("/proc/self/exe", call_way == WAY_SOCKETCALL ? argv : plain_argv);
	_exit(1);
}

static void thread_execs(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_in_thread, NULL))
		skip("no thread");
	pause();
}

int after_thread_main(void)
{
	struct sockaddr_in to;

	case_begin("thread-execs");
	/* What the kernel has put off until all others have let go of the old first thread. */
	usleep(200000);
	to = prepare(705);
	call_connect(705, &to, sizeof(to));
	return 0;
}

const struct test_case lifetime_cases[] = {{"exits-at-once", exits},
					   {"killed-at-once", killed},
					   {"execs-at-once", execs},
					   {"vfork-child", vforked},
					   {"swarm", swarm},
					   {"thread-execs", thread_execs},
					   {NULL, NULL}};
