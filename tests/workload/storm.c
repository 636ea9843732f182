/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connects as fast as the kernel takes them, or at a given rate; the number made is exact. */
#include "tools.h"
#include "workload.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct worker {
	pthread_t thread;
	void (*one)(int fd);
	int family, type;
	unsigned long count;
	unsigned long long gap_ns; /* 0: no pause */
	unsigned long long spent_ns;
};

static unsigned long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static struct sockaddr_in discard; /* set once, before the threads start */

static void one_udp(int fd)
{
	call_connect(fd, &discard, sizeof(discard));
}

/* A socket for each: a refused one could be used again, but not on every kernel. */
static void one_tcp(int fd)
{
	int made = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)fd;
	one_udp(made);
	close(made);
}

static void one_unix(int fd)
{
	static const struct sockaddr_un nobody = {AF_UNIX, "\0nobody-listens"};

	call_connect(fd, &nobody, sizeof(sa_family_t) + 15);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	int fd = socket(worker->family, worker->type, 0);
	unsigned long long start = now_ns(), due = start;
	unsigned long i;

	for (i = 0; i < worker->count; i++) {
		worker->one(fd);
		if (!worker->gap_ns)
			continue;
		due += worker->gap_ns;
		while (now_ns() < due)
			usleep(worker->gap_ns > 2000000 ? 1000 : 50);
	}
	worker->spent_ns = now_ns() - start;
	close(fd);
	return NULL;
}

static void set_kind(struct worker *worker, const char *kind)
{
	worker->one = one_udp;
	worker->family = AF_INET;
	worker->type = SOCK_DGRAM;
	if (!strcmp(kind, "tcp"))
		worker->one = one_tcp;
	if (!strcmp(kind, "unix")) {
		worker->one = one_unix;
		worker->family = AF_UNIX;
	}
}

/* RATE is of all threads together, in connects a second. */
int storm_main(int argc, char **argv)
{
	unsigned long threads, count, rate, i;
	unsigned long long spent = 0;
	struct worker *worker;

	if (argc < 3) {
		fprintf(stderr, "usage: caller storm THREADS COUNT [udp|tcp|unix] [RATE]\n");
		return 2;
	}
	threads = strtoul(argv[1], NULL, 10);
	count = strtoul(argv[2], NULL, 10);
	rate = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	discard = in4("127.0.0.1", DISCARD);
	worker = calloc(threads, sizeof(*worker));
	if (!worker || !threads || !count)
		return 2;
	for (i = 0; i < threads; i++) {
		set_kind(&worker[i], argc > 3 ? argv[3] : "udp");
		worker[i].count = count;
		worker[i].gap_ns = rate ? 1000000000ULL * threads / rate : 0;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			return 1;
	}
	for (i = 0; i < threads; i++) {
		pthread_join(worker[i].thread, NULL);
		spent += worker[i].spent_ns;
	}
	printf("made %lu ns_per_connect %.1f\n", threads * count, (double)spent / (threads * count));
	return 0;
}
