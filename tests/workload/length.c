/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only the first addrlen bytes are the caller's; what the kernel's buffer holds beyond them is left
 * over from earlier calls. Each case dirties that place first, so that a tracer that reads too far
 * shows it.
 */
#include "workload.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define STALE 0xa5

/* Leaves 128 bytes that no case expects on the kernel's stack. */
static void dirty_stack(int fd)
{
	unsigned char bytes[128];
	struct want want;
	const sa_family_t family = AF_INET;

	memset(bytes, STALE, sizeof(bytes));
	memcpy(bytes, &family, sizeof(family));
	want = want_of(fd, 0, sizeof(bytes), "{\"family\":\"AF_INET\",\"addr\":\"165.165.165.165\",\"port\":42405}");
	want_print(&want);
	call_connect(fd, bytes, sizeof(bytes));
}

/* The address is IPv4's 127.0.0.1:8, and so many bytes of it are given. */
static void connect_short4(int fd, socklen_t len, const char *remote)
{
	struct sockaddr_in to = in4("127.0.0.1", 8);

	enter_lonely_net();
	sock(AF_INET, SOCK_DGRAM, 0, fd);
	dirty_stack(fd);
	expect(fd, SOCK_DGRAM, len, "%s", remote);
	call_connect(fd, &to, len);
}

static void short_0(void)
{
	connect_short4(200, 0, "{}");
}

static void short_1(void)
{
	const sa_family_t family = htons(AF_INET) == AF_INET ? 0 : AF_INET;

	connect_short4(201, 1, family ? "{\"raw\":\"02\"}" : "{\"raw\":\"00\"}");
}

static void short_2(void)
{
	connect_short4(202, 2, "{\"family\":\"AF_INET\"}");
}

static void short_3(void)
{
	connect_short4(203, 3, "{\"family\":\"AF_INET\"}");
}

static void short_4(void)
{
	connect_short4(204, 4, "{\"family\":\"AF_INET\",\"port\":8}");
}

static void short_7(void)
{
	connect_short4(207, 7, "{\"family\":\"AF_INET\",\"port\":8}");
}

static void short_8(void)
{
	connect_short4(208, 8, "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":8}");
}

static void short_15(void)
{
	connect_short4(215, 15, "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":8}");
}

static void long_128(void)
{
	struct sockaddr_storage to = {0};
	struct sockaddr_in four = in4("127.0.0.1", 128);
	int fd = sock(AF_INET, SOCK_STREAM, 0, 228);

	memset(&to, 0x5a, sizeof(to));
	memcpy(&to, &four, sizeof(four));
	expect(fd, SOCK_STREAM, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":128}");
	call_connect(fd, &to, sizeof(to));
}

/* Nothing is copied, and so nothing can fault. */
static void null_0(void)
{
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 229);

	dirty_stack(fd);
	expect(fd, SOCK_DGRAM, 0, "{}");
	call_connect(fd, NULL, 0);
}

static void connect_short6(int fd, socklen_t len, const char *remote)
{
	struct sockaddr_in6 to = in6("2001:db8::6", 6);

	to.sin6_flowinfo = htonl(66);
	to.sin6_scope_id = 666;
	enter_lonely_net();
	sock(AF_INET6, SOCK_DGRAM, 0, fd);
	dirty_stack(fd);
	expect(fd, SOCK_DGRAM, len, "%s", remote);
	call_connect(fd, &to, len);
}

static void short6_7(void)
{
	connect_short6(237, 7, "{\"family\":\"AF_INET6\",\"port\":6}");
}

static void short6_23(void)
{
	connect_short6(238, 23, "{\"family\":\"AF_INET6\",\"port\":6,\"flowinfo\":66}");
}

static void short6_27(void)
{
	connect_short6(239, 27,
		       "{\"family\":\"AF_INET6\",\"addr\":\"2001:db8::6\",\"port\":6,"
		       "\"flowinfo\":66}");
}

static void stale_unix(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/tmp/short"};
	int fd = sock(AF_UNIX, SOCK_STREAM, 0, 240);

	dirty_stack(fd);
	expect(fd, SOCK_STREAM, 2 + 6, "{\"family\":\"AF_UNIX\",\"path\":\"/tmp/s\"}");
	call_connect(fd, &to, 2 + 6);
	expect(fd, SOCK_STREAM, 2, "{\"family\":\"AF_UNIX\"}");
	call_connect(fd, &to, 2);
}

static void stale_raw(void)
{
	const struct sockaddr to = {.sa_family = AF_NETLINK};
	int fd = sock(AF_NETLINK, SOCK_RAW, 0, 241);

	dirty_stack(fd);
	expect(fd, SOCK_RAW, 5, "{\"family\":\"AF_NETLINK\",\"raw\":\"%s\"}", hex(&to, 5));
	call_connect(fd, &to, 5);
}

/* What the kernel refuses by its length alone: no event from any hook, and no crash. */
static void refused_length(int fd, int len)
{
	unsigned char bytes[129] = {0};
	struct sockaddr_in to = in4("127.0.0.1", 9);

	memcpy(bytes, &to, sizeof(to));
	sock(AF_INET, SOCK_DGRAM, 0, fd);
	expect_none(ON_ALL, "\"pid\":%d,\"sockfd\":%d", getpid(), fd);
	call_connect(fd, bytes, len);
}

/*
 * What it refuses by what it finds. The entry of the system call, where nobody has looked yet, shows
 * these attempts, whatever it can read of the address there.
 */
static void refused(int fd, const void *addr, int len)
{
	struct want want = want_of(fd, 0, len, NULL);

	expect_none(ON_SECURITY, "\"pid\":%d,\"sockfd\":%d", getpid(), fd);
	want.hooks &= ON_TRACEPOINT;
	if (want.hooks)
		want_print(&want);
	call_connect(fd, addr, len);
}

static void len_129(void)
{
	refused_length(250, 129);
}

static void len_negative(void)
{
	refused_length(251, -1);
}

static void len_int_min(void)
{
	refused_length(252, INT_MIN);
}

static void bad_pointer(void)
{
	refused(sock(AF_INET, SOCK_DGRAM, 0, 253), (void *)8, sizeof(struct sockaddr_in));
}

static void null_pointer(void)
{
	refused(sock(AF_INET, SOCK_DGRAM, 0, 254), NULL, sizeof(struct sockaddr_in));
}

static void closed_fd(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 9);

	close(255);
	refused(255, &to, sizeof(to));
}

static void negative_fd(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 9);

	refused(-77, &to, sizeof(to));
}

static void no_socket(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 9);
	int ends[2];

	if (pipe(ends) || dup2(ends[0], 256) != 256)
		skip("pipe");
	refused(256, &to, sizeof(to));
}

const struct test_case length_cases[] = {{"addrlen-0", short_0},
					 {"addrlen-0-null", null_0},
					 {"addrlen-1", short_1},
					 {"addrlen-2", short_2},
					 {"addrlen-3", short_3},
					 {"addrlen-4", short_4},
					 {"addrlen-7", short_7},
					 {"addrlen-8", short_8},
					 {"addrlen-15", short_15},
					 {"addrlen-128", long_128},
					 {"addrlen6-7", short6_7},
					 {"addrlen6-23", short6_23},
					 {"addrlen6-27", short6_27},
					 {"stale-unix", stale_unix},
					 {"stale-raw", stale_raw},
					 {"refused-addrlen-129", len_129},
					 {"refused-addrlen-negative", len_negative},
					 {"refused-addrlen-int-min", len_int_min},
					 {"refused-bad-pointer", bad_pointer},
					 {"refused-null-pointer", null_pointer},
					 {"refused-closed-fd", closed_fd},
					 {"refused-negative-fd", negative_fd},
					 {"refused-no-socket", no_socket},
					 {NULL, NULL}};
