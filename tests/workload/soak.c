/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that live 5 ms and connect meanwhile, a rate of connects a second kept up for a time; the number is exact. */
#include "tools.h"
#include "workload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_US	 5000
#define CONNECTS 20 /* of each process */

static unsigned long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* Half by datagram, half to a UNIX name that nobody has. */
static void live(void)
{
	static const struct sockaddr_un nobody = {AF_UNIX, "\0nobody-listens"};
	struct sockaddr_in discard = in4("127.0.0.1", DISCARD);
	int udp = socket(AF_INET, SOCK_DGRAM, 0), un = socket(AF_UNIX, SOCK_STREAM, 0);
	int i;

	for (i = 0; i < CONNECTS; i++) {
		if (i & 1)
			call_connect(un, &nobody, sizeof(sa_family_t) + 15);
		else
			call_connect(udp, &discard, sizeof(discard));
	}
	usleep(LIFE_US);
	_exit(0);
}

int soak_main(int argc, char **argv)
{
	unsigned long long start = now_us(), end, due = start, gap;
	unsigned long made = 0, failed = 0;
	pid_t child;

	if (argc < 3 || strtoul(argv[2], NULL, 10) < CONNECTS) {
		fprintf(stderr, "usage: caller soak SECONDS RATE\n");
		return 2;
	}
	end = start + strtoull(argv[1], NULL, 10) * 1000000;
	gap = 1000000ULL * CONNECTS / strtoul(argv[2], NULL, 10);
	while (now_us() < end) {
		child = fork();
		if (child == 0)
			live();
		made += child > 0 ? CONNECTS : 0;
		failed += child < 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		due += gap;
		/* What the machine can't keep up with is not made up for. */
		if (now_us() > due + 100000)
			due = now_us();
		while (now_us() < due)
			usleep(due - now_us());
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	printf("made %lu a_second %.0f forks_failed %lu\n", made, made * 1e6 / (now_us() - start), failed);
	return 0;
}
