/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a lone event takes from the call to the reader at the other end of the pipe. */
#include "tools.h"
#include "workload.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 5000

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Reads until a line with the mark is whole; the time of that, or a negative number. */
static double wait_for(const char *mark)
{
	static char text[65536];
	double end = now_ms() + PATIENCE_MS;
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	size_t len = 0;
	ssize_t got;
	char *found;

	while (now_ms() < end && len < sizeof(text) - 1) {
		if (poll(&in, 1, 100) <= 0)
			continue;
		got = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);
		if (got <= 0)
			break;
		len += got;
		text[len] = '\0';
		found = strstr(text, mark);
		if (found && strchr(found, '\n'))
			return now_ms();
	}
	return -1;
}

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

int lag_main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10, i;
	double lag[1000], start, arrived;
	struct sockaddr_in to;
	char mark[32];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (!count || count > 1000)
		return 2;
	for (i = 0; i < count; i++) {
		usleep(300000);
		to = in4("127.0.0.1", 20000 + i);
		snprintf(mark, sizeof(mark), "\"port\":%zu", 20000 + i);
		start = now_ms();
		call_connect(fd, &to, sizeof(to));
		arrived = wait_for(mark);
		if (arrived < 0) {
			printf("lost: no event within %d ms\n", PATIENCE_MS);
			return 1;
		}
		lag[i] = arrived - start;
	}
	qsort(lag, count, sizeof(*lag), by_size);
	printf("median_ms %.2f max_ms %.2f\n", lag[count / 2], lag[count - 1]);
	return 0;
}
