/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connects that end in every way there is. Says of each, on stdout and by one write(), what its caller saw: descriptor,
 * thread, errno and its name (the numbers are not the same everywhere), how long it took, and what getsockname() says afterwards. Each has a descriptor of its own.
 */
#define _GNU_SOURCE
#include "tools.h"
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCKED	    200
#define BLOCKED_FD  2000
#define BLOCK_US    400000
#define KILLED	    (-1)
#define DENIED_PORT 4444

/* Their listeners take nobody any more. Up to 4.x a TCP one takes another when the last few have waited for a while. */
static uint16_t full_port;
static const struct sockaddr_un unix_full = {.sun_family = AF_UNIX, .sun_path = "\0results"};
#define UNIX_FULL_LEN 10

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void tell(int fd, int error, unsigned long long ns, const char *rest)
{
	char line[512];
	int len = snprintf(line, sizeof(line), "{\"fd\":%d,\"tid\":%d,\"errno\":%d,\"error\":\"%s\",\"ns\":%llu%s}\n",
			   fd, (int)syscall(SYS_gettid), error, error > 0 ? strerrorname_np(error) : "", ns, rest);

	if (write(STDOUT_FILENO, line, len) != len)
		_exit(1);
}

static const char *local_of(int fd, char text[128])
{
	struct sockaddr_storage any = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&any;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&any;
	socklen_t len = sizeof(any);
	char addr[INET6_ADDRSTRLEN] = "";

	text[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&any, &len))
		return text;
	if (any.ss_family == AF_INET)
		inet_ntop(AF_INET, &in->sin_addr, addr, sizeof(addr));
	else if (any.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, addr, sizeof(addr));
	if (addr[0])
		snprintf(text, 128, ",\"local\":{\"addr\":\"%s\",\"port\":%u}", addr, ntohs(in->sin_port));
	return text;
}

static int connect_to(int fd, const void *addr, socklen_t len)
{
	unsigned long long start = now_ns();
	int error = call_connect(fd, addr, len) ? errno : 0;
	unsigned long long ns = now_ns() - start;
	char local[128] = "";

	tell(fd, error, ns, error == 0 || error == EINPROGRESS ? local_of(fd, local) : "");
	return error;
}

static int made(int family, int type, int fd)
{
	int sock = socket(family, type, 0);

	if (sock < 0 || dup2(sock, fd) != fd)
		return -1;
	close(sock);
	return fd;
}

static void to_port(int fd, int type, const char *addr, uint16_t port)
{
	struct sockaddr_in to = in4(addr, port);

	made(AF_INET, type, fd);
	connect_to(fd, &to, sizeof(to));
}

/* The queue of accepted connections is full, so that every further SYN is dropped and sent again after a second. */
static void fill_listener(void)
{
	struct sockaddr_in at = in4("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 0) ||
	    getsockname(listener, (struct sockaddr *)&at, &len))
		_exit(1);
	full_port = ntohs(at.sin_port);
	for (int fd = 830; fd < 833; fd++) {
		made(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, fd);
		connect_to(fd, &at, sizeof(at));
	}
	usleep(100000);
}

static void ignore(int signum)
{
	(void)signum;
}

static void catch (int signum, int flags)
{
	struct sigaction action = {.sa_handler = ignore, .sa_flags = flags};

	sigaction(signum, &action, NULL);
}

static void alarm_in(int us)
{
	struct itimerval timer = {.it_value = {us / 1000000, us % 1000000}};

	setitimer(ITIMER_REAL, &timer, NULL);
}

static void interrupted(void)
{
	catch (SIGALRM, 0);
	alarm_in(BLOCK_US);
	to_port(807, SOCK_STREAM, "127.0.0.1", full_port);
}

/* It ends in no way that its caller could tell of. */
static void killed(int us)
{
	pid_t child = fork();

	if (!child) {
		made(AF_UNIX, SOCK_STREAM, 809);
		tell(809, KILLED, 0, "");
		call_connect(809, &unix_full, UNIX_FULL_LEN);
		_exit(1);
	}
	usleep(us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void *blocks(void *arg)
{
	to_port((int)(intptr_t)arg, SOCK_STREAM, "127.0.0.1", full_port);
	return NULL;
}

/* One blocks while the other comes and goes. */
static void two_threads(void)
{
	pthread_t thread;

	catch (SIGUSR1, 0);
	pthread_create(&thread, NULL, blocks, (void *)(intptr_t)811);
	usleep(BLOCK_US);
	to_port(812, SOCK_DGRAM, "127.0.0.1", DISCARD);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
}

static void many_blocked(void)
{
	static pthread_t threads[BLOCKED];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < BLOCKED; i++)
		pthread_create(&threads[i], &attr, blocks, (void *)(intptr_t)(BLOCKED_FD + i));
	usleep(4 * BLOCK_US);
	for (int i = 0; i < BLOCKED; i++)
		pthread_kill(threads[i], SIGUSR1);
	/* One that had not come so far. */
	for (int i = 0; i < BLOCKED; i++) {
		while (pthread_kill(threads[i], 0) == 0 && pthread_tryjoin_np(threads[i], NULL) != 0) {
			usleep(2000);
			pthread_kill(threads[i], SIGUSR1);
		}
	}
}

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

/* A security module says no: Landlock from 6.7 on (ABI 4), which refuses TCP by port (landlock(7)). */
static void denied(void)
{
	const uint64_t handled[2] = {0, 2}; /* handled_access_fs; handled_access_net: LANDLOCK_ACCESS_NET_CONNECT_TCP */
	pid_t child;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 4)
		return;
	child = fork();
	if (!child) {
		int rules = syscall(SYS_landlock_create_ruleset, handled, sizeof(handled), 0);

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (rules < 0 || syscall(SYS_landlock_restrict_self, rules, 0))
			_exit(1);
		to_port(820, SOCK_STREAM, "127.0.0.1", DENIED_PORT);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void unix_ways(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/no/such/socket"};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	made(AF_UNIX, SOCK_STREAM, 805);
	connect_to(805, &to, sizeof(to));
	if (bind(listener, (const struct sockaddr *)&unix_full, UNIX_FULL_LEN) || listen(listener, 0))
		_exit(1);
	for (int fd = 840; fd < 843; fd++) {
		made(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, fd);
		connect_to(fd, &unix_full, UNIX_FULL_LEN); /* at last EAGAIN */
	}
}

static void inet6_ways(void)
{
	struct sockaddr_in6 to = in6("::1", DISCARD);

	if (made(AF_INET6, SOCK_DGRAM, 821) < 0)
		return;
	connect_to(821, &to, sizeof(to));
	to = in6("::ffff:127.0.0.1", DISCARD);
	made(AF_INET6, SOCK_DGRAM, 822);
	connect_to(822, &to, sizeof(to));
	to = in6("::1", listen_tcp(AF_INET6));
	made(AF_INET6, SOCK_STREAM, 823);
	connect_to(823, &to, sizeof(to));
}

int results_main(int argc, char **argv)
{
	struct rlimit files = {4096, 4096};

	setrlimit(RLIMIT_NOFILE, &files);
	comm_set("results");
	if (argc > 1 && !strcmp(argv[1], "blocked")) {
		unix_ways();
		killed(10000000);
		return 0;
	}
	to_port(801, SOCK_STREAM, "127.0.0.1", 1);
	to_port(802, SOCK_STREAM, "127.0.0.1", listen_tcp(AF_INET));
	to_port(803, SOCK_STREAM | SOCK_NONBLOCK, "127.0.0.1", listen_tcp(AF_INET));
	to_port(804, SOCK_STREAM, "192.0.2.1", 80);
	unix_ways();
	to_port(806, SOCK_DGRAM, "127.0.0.1", DISCARD);
	inet6_ways();
	fill_listener();
	interrupted();
	killed(BLOCK_US);
	two_threads();
	denied();
	many_blocked();
	return 0;
}
