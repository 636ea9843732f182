/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a tracer takes from exec to saying that it traces (a line with "tracing" on standard error) and to its first
 * event (a line on standard output that has our name in it), while something connects every 0.2 ms. -e: it says nothing
 * of the kind, only the event counts.
 *
 *	starts [-e] TIMES COMMAND [ARG...]
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 10000000000ULL

struct start {
	pid_t pid;
	int out, err;
	unsigned long long from;
	double ready_ms, event_ms; /* 0: not yet */
	long peak_kb;
	char said[4096];
	size_t said_len;
};

extern char **environ;

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void *keep_connecting(void *arg)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)arg;
	prctl(PR_SET_TIMERSLACK, 1);
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;) {
		connect(fd, (struct sockaddr *)&addr, sizeof(addr));
		usleep(200);
	}
	return NULL;
}

static int spawn(struct start *start, char **argv)
{
	posix_spawn_file_actions_t actions;
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return 1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, err[1], 2);
	start->from = now_ns();
	if (posix_spawnp(&start->pid, argv[0], &actions, NULL, argv, environ))
		return 1;
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	close(err[1]);
	start->out = out[0];
	start->err = err[0];
	return 0;
}

static double since_ms(const struct start *start)
{
	return (now_ns() - start->from) / 1e6;
}

/* False when it has taken too long. */
static int listen_to(struct start *start)
{
	struct pollfd fds[2] = {{start->out, POLLIN, 0}, {start->err, POLLIN, 0}};
	char text[65536];
	ssize_t got = 0;

	poll(fds, 2, 1000);
	if (fds[0].revents) {
		got = read(start->out, text, sizeof(text));
		if (got > 0 && memmem(text, got, "starts", 6) && !start->event_ms)
			start->event_ms = since_ms(start);
	}
	if (fds[1].revents) {
		got = read(start->err, start->said + start->said_len, sizeof(start->said) - 1 - start->said_len);
		start->said_len += got > 0 ? got : 0;
		start->said[start->said_len] = '\0';
		if (strstr(start->said, "tracing") && !start->ready_ms)
			start->ready_ms = since_ms(start);
	}
	return now_ns() - start->from < PATIENCE_NS;
}

/* VmHWM, since ru_maxrss would also count what the process was before exec. */
static long peak_of(pid_t pid)
{
	char path[64], text[256];
	long kb = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	in = fopen(path, "r");
	while (in && fgets(text, sizeof(text), in))
		sscanf(text, "VmHWM: %ld", &kb);
	if (in)
		fclose(in);
	return kb;
}

static int measure(struct start *start, char **argv, int event_only)
{
	if (spawn(start, argv))
		return 1;
	if (event_only)
		start->ready_ms = -1;
	while (!(start->ready_ms && start->event_ms) && listen_to(start))
		;
	start->peak_kb = peak_of(start->pid);
	/* ply does not always hear another */
	kill(start->pid, event_only ? SIGKILL : SIGINT);
	close(start->out);
	close(start->err);
	waitpid(start->pid, NULL, 0);
	return !(start->ready_ms && start->event_ms);
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_number);
	return values[count / 2];
}

int main(int argc, char **argv)
{
	int event_only = argc > 1 && !strcmp(argv[1], "-e"), times, i;
	double *ready, *event;
	pthread_t caller;
	long peak_kb = 0;

	argv += event_only;
	argc -= event_only;
	times = argc > 2 ? atoi(argv[1]) : 0;
	if (times < 1) {
		fprintf(stderr, "usage: starts [-e] TIMES COMMAND [ARG...]\n");
		return 2;
	}
	ready = calloc(times, sizeof(*ready));
	event = calloc(times, sizeof(*event));
	signal(SIGPIPE, SIG_IGN);
	if (pthread_create(&caller, NULL, keep_connecting, NULL))
		return 1;
	for (i = 0; i < times; i++) {
		struct start start = {0};

		if (measure(&start, argv + 2, event_only)) {
			fprintf(stderr, "starts: no event; it said: %s\n", start.said);
			return 1;
		}
		ready[i] = start.ready_ms;
		event[i] = start.event_ms;
		peak_kb = start.peak_kb > peak_kb ? start.peak_kb : peak_kb;
	}
	printf("ready_ms %.2f event_ms %.2f peak_kb %ld\n", median(ready, times), median(event, times), peak_kb);
	return 0;
}
