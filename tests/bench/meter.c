/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connects, and says what a connect took:
 *
 *	meter [-k udp|unix|tcp] [-n COUNT] [-t THREADS] [-r RATE] [-d ADDRESSES] [-g]
 *
 * COUNT is of each thread, RATE of all together; so many different ADDRESSES take turns (127.0.0.1 and following). -g: wait for a line on standard input first. The
 * result is one line of names and numbers: cpu is the threads' own time per connect, wall the time
 * that went by per connect of a thread, median that of a short run of connects (or, at a rate, of
 * one), mean the same without the longest hundredth.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Connects between two looks at the clock. */
#define RUN	      20
#define SPIN_BELOW_NS 100000

struct kind {
	const char *name;
	int family, type;
	struct sockaddr_storage addr;
	socklen_t addrlen;
	unsigned int addresses; /* 127.0.0.1 and the following ones, in turn */
};

struct worker {
	pthread_t thread;
	const struct kind *kind;
	unsigned long count;
	unsigned long long gap_ns; /* 0: flat out */
	unsigned long long cpu_ns, wall_ns;
	unsigned int *took; /* ns per connect, one for each run */
	unsigned long runs;
};

static pthread_barrier_t line;

static unsigned long long clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void set_kind(struct kind *kind, const char *name)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&kind->addr;
	struct sockaddr_un *un = (struct sockaddr_un *)&kind->addr;

	memset(kind, 0, sizeof(*kind));
	kind->name = name;
	kind->addresses = 1;
	if (!strcmp(name, "unix")) {
		kind->family = un->sun_family = AF_UNIX;
		kind->type = SOCK_STREAM;
		strcpy(un->sun_path, "/run/nobody-listens");
		kind->addrlen = sizeof(*un);
		return;
	}
	kind->family = in->sin_family = AF_INET;
	kind->type = strcmp(name, "tcp") ? SOCK_DGRAM : SOCK_STREAM;
	in->sin_port = htons(9);
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	kind->addrlen = sizeof(*in);
}

static void connect_times(const struct kind *kind, int fd, unsigned int times)
{
	while (times--)
		connect(fd, (const struct sockaddr *)&kind->addr, kind->addrlen);
}

static void connect_in_turn(const struct kind *kind, int fd, unsigned int times, unsigned int *turn)
{
	struct sockaddr_in in = *(const struct sockaddr_in *)&kind->addr;

	while (times--) {
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + *turn);
		*turn = (*turn + 1) % kind->addresses;
		connect(fd, (const struct sockaddr *)&in, sizeof(in));
	}
}

static void flat_out(struct worker *worker, int fd)
{
	unsigned long long now = clock_ns(CLOCK_MONOTONIC), before;
	unsigned int turn = 0;
	unsigned long i;

	for (i = 0; i < worker->runs; i++) {
		before = now;
		if (worker->kind->addresses > 1)
			connect_in_turn(worker->kind, fd, RUN, &turn);
		else
			connect_times(worker->kind, fd, RUN);
		now = clock_ns(CLOCK_MONOTONIC);
		worker->took[i] = (now - before) * 10 / RUN;
	}
}

static void wait_until(unsigned long long due, unsigned long long gap)
{
	struct timespec ts = {due / 1000000000, due % 1000000000};

	if (gap >= SPIN_BELOW_NS)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	while (clock_ns(CLOCK_MONOTONIC) < due)
		;
}

static void paced(struct worker *worker, int fd)
{
	unsigned long long due = clock_ns(CLOCK_MONOTONIC), before;
	unsigned long i;

	for (i = 0; i < worker->runs; i++) {
		due += worker->gap_ns;
		wait_until(due, worker->gap_ns);
		before = clock_ns(CLOCK_MONOTONIC);
		connect_times(worker->kind, fd, 1);
		worker->took[i] = (clock_ns(CLOCK_MONOTONIC) - before) * 10;
	}
}

/* A twentieth of the work beforehand: the reader is awake then, and has as much to do as later. */
static void *work(void *arg)
{
	struct worker *worker = arg;
	int fd = socket(worker->kind->family, worker->kind->type, 0);
	unsigned long long cpu, wall;

	prctl(PR_SET_TIMERSLACK, 1);
	pthread_barrier_wait(&line);
	if (!worker->gap_ns)
		connect_times(worker->kind, fd, worker->count / 20);
	wall = clock_ns(CLOCK_MONOTONIC);
	cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	if (worker->gap_ns)
		paced(worker, fd);
	else
		flat_out(worker, fd);
	worker->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
	worker->wall_ns = clock_ns(CLOCK_MONOTONIC) - wall;
	close(fd);
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void say(struct worker *workers, unsigned long threads)
{
	unsigned long runs = workers->runs, all = runs * threads, i, kept = all - all / 100;
	unsigned int *took = calloc(all, sizeof(*took));
	double cpu = 0, wall = 0, sum = 0;

	for (i = 0; i < threads; i++) {
		memcpy(took + i * runs, workers[i].took, runs * sizeof(*took));
		cpu += workers[i].cpu_ns;
		wall += workers[i].wall_ns;
	}
	qsort(took, all, sizeof(*took), by_number);
	for (i = 0; i < kept; i++)
		sum += took[i];
	printf("made %lu cpu %.1f wall %.1f min %.1f median %.1f mean %.1f\n",
	       threads * (workers->count + (workers->gap_ns ? 0 : workers->count / 20)), cpu / threads / workers->count,
	       wall / threads / workers->count, took[0] / 10.0, took[all / 2] / 10.0, sum / kept / 10);
	free(took);
}

static int run(const struct kind *kind, unsigned long threads, unsigned long count, unsigned long rate)
{
	struct worker *workers = calloc(threads, sizeof(*workers));
	unsigned long i;

	pthread_barrier_init(&line, NULL, threads);
	for (i = 0; i < threads; i++) {
		struct worker *worker = &workers[i];

		worker->kind = kind;
		worker->gap_ns = rate ? 1000000000ULL * threads / rate : 0;
		worker->runs = rate ? count : count / RUN;
		worker->count = rate ? count : worker->runs * RUN;
		worker->took = calloc(worker->runs, sizeof(*worker->took));
		/* so that no page is touched for the first time while the clock runs */
		memset(worker->took, 1, worker->runs * sizeof(*worker->took));
		if (pthread_create(&worker->thread, NULL, work, worker))
			return 1;
	}
	for (i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	say(workers, threads);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long threads = 1, count = 10000, rate = 0, addresses = 1;
	struct kind kind;
	int option, gate = 0;

	set_kind(&kind, "udp");
	while ((option = getopt(argc, argv, "k:n:t:r:d:g")) != -1) {
		switch (option) {
		case 'k':
			set_kind(&kind, optarg);
			break;
		case 'n':
			count = strtoul(optarg, NULL, 10);
			break;
		case 't':
			threads = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			rate = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			addresses = strtoul(optarg, NULL, 10);
			break;
		case 'g':
			gate = 1;
			break;
		default:
			return 2;
		}
	}
	if (!threads || count < RUN || !addresses || (addresses > 1 && kind.family != AF_INET))
		return 2;
	kind.addresses = addresses;
	if (gate)
		getchar();
	return run(&kind, threads, count, rate);
}
