// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Callers for identity.t, each of which does one thing to its identity around a connect of a datagram socket to a port of
 * 127.0.0.1, which sends nothing:
 *
 *	actor PORT			connects and waits for standard input to end
 *	actor PORT exit			... and ends at once
 *	actor PORT exec PROGRAM ARG...	... and runs a program
 *	actor PORT rename NAME		... takes another name, and waits
 *	actor PORT twice NAME		connects, waits for a line, takes another name, connects to the next port, and waits
 *	actor PORT thread		connects in a thread of its own network namespace, and waits
 *	actor PORT leader		the first thread ends, then the second one connects, and waits
 *	actor PORT many N		N children, one after the other, connect and end
 *	actor PORT storm N		connects N times
 *	actor PORT number PID ARG...	a child gets this number and is an actor for ARG...; status 77 where that can't be
 *
 * Whoever waits says "ready PID TID" before.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void connect_to(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	/* In a network namespace without loopback it fails, and is an attempt all the same. */
	connect(fd, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static void say_ready(void)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "ready %d %ld\n", getpid(), syscall(SYS_gettid));

	if (write(1, line, (size_t)len) != len)
		die("write");
}

static void wait_for_end(void)
{
	char c;

	say_ready();
	while (read(0, &c, 1) > 0)
		;
	_exit(0);
}

static void *in_thread(void *port)
{
	if (unshare(CLONE_NEWNET))
		die("unshare");
	connect_to((int)(intptr_t)port);
	wait_for_end();
	return NULL;
}

static void *after_leader(void *port)
{
	usleep(100000);
	connect_to((int)(intptr_t)port);
	wait_for_end();
	return NULL;
}

static void start_thread(void *(*run)(void *), int port)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, (void *)(intptr_t)port))
		die("pthread_create");
}

static void run_many(int port, int count)
{
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			die("fork");
		if (!child) {
			connect_to(port);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
}

static int act(int argc, char **argv);

/* clone3 with set_tid came with 5.5, and wants CAP_SYS_ADMIN. */
static int run_with_number(pid_t number, int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&number, .set_tid_size = 1};
	long child;
	int status;

	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		return 77;
	if (child == 0)
		_exit(act(argc, argv));
	if (waitpid((pid_t)child, &status, 0) < 0)
		die("waitpid");
	return WEXITSTATUS(status);
}

static int act(int argc, char **argv)
{
	int port = atoi(argv[0]);
	const char *what = argc > 1 ? argv[1] : "";
	char c;

	if (!strcmp(what, "thread") || !strcmp(what, "leader")) {
		start_thread(what[0] == 't' ? in_thread : after_leader, port);
		if (what[0] == 'l')
			pthread_exit(NULL);
		pause();
	}
	if (!strcmp(what, "number"))
		return run_with_number(atoi(argv[2]), argc - 3, argv + 3);
	if (!strcmp(what, "many")) {
		run_many(port, atoi(argv[2]));
		return 0;
	}
	for (int left = !strcmp(what, "storm") ? atoi(argv[2]) : 1; left; left--)
		connect_to(port);
	if (!strcmp(what, "exec")) {
		execv(argv[2], argv + 2);
		die(argv[2]);
	}
	if (!strcmp(what, "twice")) {
		say_ready();
		if (read(0, &c, 1) != 1)
			die("read");
	}
	if (!strcmp(what, "rename") || !strcmp(what, "twice"))
		prctl(PR_SET_NAME, argv[2]);
	if (!strcmp(what, "twice"))
		connect_to(port + 1);
	if (strcmp(what, "exit") != 0 && strcmp(what, "storm") != 0)
		wait_for_end();
	return 0;
}

int main(int argc, char **argv)
{
	return argc > 1 ? act(argc - 1, argv + 1) : 2;
}
