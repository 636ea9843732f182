/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets, addresses, and places where nothing else is. */
#define _GNU_SOURCE
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int sock(int family, int type, int protocol, int fd)
{
	int made = socket(family, type, protocol);

	if (made < 0)
		skip("no such socket here: family %d type %d protocol %d: %s", family, type, protocol,
		     strerrorname_np(errno));
	if (dup2(made, fd) != fd)
		skip("descriptor %d: %s", fd, strerrorname_np(errno));
	if (made != fd)
		close(made);
	return fd;
}

struct sockaddr_in in4(const char *addr, uint16_t port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, addr, &in.sin_addr);
	return in;
}

struct sockaddr_in6 in6(const char *addr, uint16_t port)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	inet_pton(AF_INET6, addr, &in.sin6_addr);
	return in;
}

uint16_t listen_tcp(int family)
{
	struct sockaddr_in6 six = in6("::1", LISTEN_ANY);
	struct sockaddr_in four = in4("127.0.0.1", LISTEN_ANY);
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	void *addr = family == AF_INET ? (void *)&four : (void *)&six;
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, addr, len) || listen(fd, 16) || getsockname(fd, addr, &len))
		skip("no listener on the loopback address: %s", strerrorname_np(errno));
	return ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
}

void lo_up(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCGIFFLAGS, &request);
	request.ifr_flags |= IFF_UP;
	ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
}

void enter_lonely_net(void)
{
	if (unshare(CLONE_NEWNET))
		skip("no network namespace: %s", strerrorname_np(errno));
	lo_up();
}

/* Set in the case's process; removed by its exit, or by main.c for those that die. */
void enter_scratch_dir(void)
{
	const char *dir = getenv("CASE_DIR");

	if (!dir || chdir(dir))
		skip("no scratch directory");
}

void set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
