/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv4 and IPv6. Destinations beyond lo are tried only where there is nothing but lo. */
#include "workload.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define REMOTE4 "{\"family\":\"AF_INET\",\"addr\":\"%s\",\"port\":%u}"
#define REMOTE6 "{\"family\":\"AF_INET6\",\"addr\":\"%s\",\"port\":%u,\"flowinfo\":%u,\"scope_id\":%u}"

static void connect4(int fd, int type, const char *addr, uint16_t port)
{
	struct sockaddr_in to = in4(addr, port);

	expect(fd, type, sizeof(to), REMOTE4, addr, port);
	call_connect(fd, &to, sizeof(to));
}

static void connect6(int fd, int type, const struct sockaddr_in6 *to, const char *addr)
{
	expect(fd, type, sizeof(*to), REMOTE6, addr, ntohs(to->sin6_port), ntohl(to->sin6_flowinfo), to->sin6_scope_id);
	call_connect(fd, to, sizeof(*to));
}

static void tcp4_listening(void)
{
	uint16_t port = listen_tcp(AF_INET);

	connect4(sock(AF_INET, SOCK_STREAM, 0, 77), SOCK_STREAM, "127.0.0.1", port);
}

static void tcp4_refused(void)
{
	connect4(sock(AF_INET, SOCK_STREAM, 0, 1021), SOCK_STREAM, "127.0.0.1", 1);
}

static void tcp4_unreachable(void)
{
	enter_lonely_net();
	connect4(sock(AF_INET, SOCK_STREAM, 0, 78), SOCK_STREAM, "192.0.2.1", 443);
}

static void tcp4_nonblocking(void)
{
	uint16_t port = listen_tcp(AF_INET);
	int fd = sock(AF_INET, SOCK_STREAM, 0, 79);

	set_nonblock(fd);
	connect4(fd, SOCK_STREAM, "127.0.0.1", port);
}

/* A retry of a non-blocking connect is an attempt of its own. */
static void tcp4_retried(void)
{
	uint16_t port = listen_tcp(AF_INET);
	struct sockaddr_in to = in4("127.0.0.1", port);
	int fd = sock(AF_INET, SOCK_STREAM, 0, 80);
	struct want want;
	char remote[128];
	int i;

	snprintf(remote, sizeof(remote), REMOTE4, "127.0.0.1", port);
	set_nonblock(fd);
	want = want_of(fd, SOCK_STREAM, sizeof(to), remote);
	want.count = 3;
	want_print(&want);
	for (i = 0; i < 3; i++)
		call_connect(fd, &to, sizeof(to));
}

static void udp4(void)
{
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 81), SOCK_DGRAM, "127.1.2.3", 53);
}

/* getaddrinfo(3) asks for the source address by such a call. */
static void udp4_port0(void)
{
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 82), SOCK_DGRAM, "127.0.0.1", 0);
}

static void udp4_high_port(void)
{
	enter_lonely_net();
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 83), SOCK_DGRAM, "203.0.113.254", 65535);
}

static void udp4_any(void)
{
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 84), SOCK_DGRAM, "0.0.0.0", 9);
}

static void udp4_broadcast(void)
{
	enter_lonely_net();
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 85), SOCK_DGRAM, "255.255.255.255", 67);
}

/* As common a number as there is: the true descriptor 0 must not look like "unknown". */
static void fd_zero(void)
{
	connect4(sock(AF_INET, SOCK_DGRAM, 0, 0), SOCK_DGRAM, "127.0.0.1", 4000);
}

static void tcp6_listening(void)
{
	int fd = sock(AF_INET6, SOCK_STREAM, 0, 86);
	struct sockaddr_in6 to = in6("::1", listen_tcp(AF_INET6));

	connect6(fd, SOCK_STREAM, &to, "::1");
}

static void tcp6_refused(void)
{
	struct sockaddr_in6 to = in6("::1", 1);

	connect6(sock(AF_INET6, SOCK_STREAM, 0, 87), SOCK_STREAM, &to, "::1");
}

static void tcp6_unreachable(void)
{
	struct sockaddr_in6 to = in6("2001:db8::1", 443);

	enter_lonely_net();
	connect6(sock(AF_INET6, SOCK_STREAM, 0, 88), SOCK_STREAM, &to, "2001:db8::1");
}

static void udp6_link_local(void)
{
	struct sockaddr_in6 to = in6("fe80::1", 546);

	to.sin6_scope_id = 0x01020304;
	enter_lonely_net();
	connect6(sock(AF_INET6, SOCK_DGRAM, 0, 89), SOCK_DGRAM, &to, "fe80::1");
}

static void udp6_flowinfo(void)
{
	struct sockaddr_in6 to = in6("::1", 1234);

	to.sin6_flowinfo = htonl(0x0abcde);
	connect6(sock(AF_INET6, SOCK_DGRAM, 0, 90), SOCK_DGRAM, &to, "::1");
}

static void tcp6_mapped(void)
{
	struct sockaddr_in6 to = in6("::ffff:127.0.0.1", 2);

	connect6(sock(AF_INET6, SOCK_STREAM, 0, 91), SOCK_STREAM, &to, "::ffff:127.0.0.1");
}

static void udp6_no_run(void)
{
	struct sockaddr_in6 to = in6("2001:db8:0:1:2:3:4:5", 53);

	enter_lonely_net();
	connect6(sock(AF_INET6, SOCK_DGRAM, 0, 92), SOCK_DGRAM, &to, "2001:db8:0:1:2:3:4:5");
}

/* RFC 2133 knew no scope id. */
static void udp6_rfc2133(void)
{
	struct sockaddr_in6 to = in6("::1", 53);
	int fd = sock(AF_INET6, SOCK_DGRAM, 0, 93);

	to.sin6_scope_id = 0x5a5a5a5a;
	expect(fd, SOCK_DGRAM, 24, "{\"family\":\"AF_INET6\",\"addr\":\"::1\",\"port\":53,\"flowinfo\":0}");
	call_connect(fd, &to, 24);
}

/* The family of the address counts, not that of the socket. */
static void in4_on_in6(void)
{
	connect4(sock(AF_INET6, SOCK_DGRAM, 0, 94), SOCK_DGRAM, "127.0.0.1", 54);
}

const struct test_case inet_cases[] = {{"tcp4-listening", tcp4_listening},
				       {"tcp4-refused", tcp4_refused},
				       {"tcp4-unreachable", tcp4_unreachable},
				       {"tcp4-nonblocking", tcp4_nonblocking},
				       {"tcp4-retried", tcp4_retried},
				       {"udp4", udp4},
				       {"udp4-port0", udp4_port0},
				       {"udp4-high-port", udp4_high_port},
				       {"udp4-any", udp4_any},
				       {"udp4-broadcast", udp4_broadcast},
				       {"fd-zero", fd_zero},
				       {"tcp6-listening", tcp6_listening},
				       {"tcp6-refused", tcp6_refused},
				       {"tcp6-unreachable", tcp6_unreachable},
				       {"udp6-link-local", udp6_link_local},
				       {"udp6-flowinfo", udp6_flowinfo},
				       {"tcp6-mapped", tcp6_mapped},
				       {"udp6-no-run", udp6_no_run},
				       {"udp6-rfc2133", udp6_rfc2133},
				       {"in4-on-in6", in4_on_in6},
				       {NULL, NULL}};
