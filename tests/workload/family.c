/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything beside IPv4, IPv6 and UNIX: families by name with their raw bytes, types by name. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void connect_raw(int fd, int type, const char *family, const void *to, socklen_t len)
{
	expect(fd, type, len, "{\"family\":\"%s\",\"raw\":\"%s\"}", family, hex(to, len));
	call_connect(fd, to, len);
}

static void netlink(void)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_groups = 0x11223344};

	connect_raw(sock(AF_NETLINK, SOCK_RAW, 0, 301), SOCK_RAW, "AF_NETLINK", &to, sizeof(to));
}

static void netlink_dgram(void)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = 0};

	connect_raw(sock(AF_NETLINK, SOCK_DGRAM, 0, 302), SOCK_DGRAM, "AF_NETLINK", &to, sizeof(to));
}

/* The family has no connect of its own: beyond the security hook there is nothing to see it. */
static void packet(void)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = 1, .sll_halen = 6};

	connect_raw(sock(AF_PACKET, SOCK_RAW, 0, 303), SOCK_RAW, "AF_PACKET", &to, sizeof(to));
}

static void packet_old(void)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = 1};

	connect_raw(sock(AF_INET, SOCK_PACKET, 0, 304), SOCK_PACKET, "AF_PACKET", &to, sizeof(to));
}

static void vsock_stream(void)
{
	struct sockaddr_vm to = {.svm_family = AF_VSOCK, .svm_port = 1234, .svm_cid = 1};

	sock(AF_VSOCK, SOCK_STREAM, 0, 305);
	set_nonblock(305); /* where nobody answers it would take its time */
	connect_raw(305, SOCK_STREAM, "AF_VSOCK", &to, sizeof(to));
}

static void bluetooth(void)
{
	const unsigned char to[14] = {AF_BLUETOOTH, 0, 1, 2, 3, 4, 5, 6};

	connect_raw(sock(AF_BLUETOOTH, SOCK_SEQPACKET, 0, 306), SOCK_SEQPACKET, "AF_BLUETOOTH", to, sizeof(to));
}

static void tipc_rdm(void)
{
	struct sockaddr_tipc to = {.family = AF_TIPC, .addrtype = TIPC_ADDR_NAME};

	to.addr.name.name.type = 18888;
	connect_raw(sock(AF_TIPC, SOCK_RDM, 0, 307), SOCK_RDM, "AF_TIPC", &to, sizeof(to));
}

/* Type and protocol that IPv4 may have or not. */
static struct sockaddr_in open_inet(int type, int protocol, int fd)
{
	sock(AF_INET, type, protocol, fd);
	set_nonblock(fd);
	return in4("127.0.0.1", 10 * fd);
}

static void connect_inet(int type, int protocol, int fd)
{
	struct sockaddr_in to = open_inet(type, protocol, fd);

	expect(fd, type, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":%u}", 10 * fd);
	call_connect(fd, &to, sizeof(to));
}

static void raw4(void)
{
	connect_inet(SOCK_RAW, IPPROTO_ICMP, 310);
}

static void dccp(void)
{
	connect_inet(SOCK_DCCP, 0, 311);
}

static void sctp_stream(void)
{
	connect_inet(SOCK_STREAM, IPPROTO_SCTP, 312);
}

static void sctp_seqpacket(void)
{
	connect_inet(SOCK_SEQPACKET, IPPROTO_SCTP, 313);
}

/*
 * The subflow that the kernel connects by itself doesn't pass the security hook: one event. The
 * connect functions of the protocols are passed by both.
 */
static void mptcp(void)
{
	struct sockaddr_in to = open_inet(SOCK_STREAM, IPPROTO_MPTCP, 314);
	struct want want =
		want_of(314, SOCK_STREAM, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":3140}");

	want.hooks = ON_KPROBE | ON_TRACEPOINT;
	want_print(&want);
	want.hooks = ON_PROTO;
	want.count = SOME;
	want_print(&want);
	call_connect(314, &to, sizeof(to));
}

/* AF_UNSPEC dissolves the association; the bytes beyond the family are the caller's all the same. */
static void disconnect(int fd, int type, const void *bytes, socklen_t len)
{
	struct sockaddr_in first = in4("127.0.0.1", 320);
	struct want want;
	char remote[512];

	sock(AF_INET, type, 0, fd);
	expect(fd, type, sizeof(first), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":320}");
	call_connect(fd, &first, sizeof(first));
	snprintf(remote, sizeof(remote), "{\"family\":\"AF_UNSPEC\",\"raw\":\"%s\"}", hex(bytes, len));
	want = want_of(fd, type, len, remote);
	want.disconnect = true;
	want_print(&want);
	call_connect(fd, bytes, len);
}

static void unspec_dgram(void)
{
	const struct sockaddr to = {.sa_family = AF_UNSPEC};

	disconnect(320, SOCK_DGRAM, &to, sizeof(to));
}

static void unspec_bytes(void)
{
	const unsigned char to[16] = {0, 0, 0x12, 0x34, 127, 0, 0, 1};

	disconnect(321, SOCK_DGRAM, to, sizeof(to));
}

static void unspec_two_bytes(void)
{
	const unsigned char to[2] = {0, 0};

	disconnect(322, SOCK_DGRAM, to, sizeof(to));
}

static void unspec_stream(void)
{
	const struct sockaddr to = {.sa_family = AF_UNSPEC};

	disconnect(323, SOCK_STREAM, &to, sizeof(to));
}

static const struct {
	uint16_t number;
	const char *name;
} families[] = {
	{3, "AF_AX25"},	    {4, "AF_IPX"},     {5, "AF_APPLETALK"}, {9, "AF_X25"},	   {15, "AF_KEY"},
	{16, "AF_NETLINK"}, {17, "AF_PACKET"}, {21, "AF_RDS"},	    {24, "AF_PPPOX"},	   {26, "AF_LLC"},
	{27, "AF_IB"},	    {28, "AF_MPLS"},   {29, "AF_CAN"},	    {30, "AF_TIPC"},	   {31, "AF_BLUETOOTH"},
	{32, "AF_IUCV"},    {33, "AF_RXRPC"},  {35, "AF_PHONET"},   {36, "AF_IEEE802154"}, {37, "AF_CAIF"},
	{38, "AF_ALG"},	    {39, "AF_NFC"},    {40, "AF_VSOCK"},    {41, "AF_KCM"},	   {42, "AF_QIPCRTR"},
	{43, "AF_SMC"},	    {44, "AF_XDP"},    {45, "AF_MCTP"},
};

/* Which kernel or not: the address may name any family on any socket. */
static void family_names(void)
{
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 330);
	uint16_t to[4] = {0, 0x2211, 0x4433, 0x6655};
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		to[0] = families[i].number;
		connect_raw(fd, SOCK_DGRAM, families[i].name, to, sizeof(to));
	}
}

static void family_unknown(void)
{
	static const uint16_t numbers[] = {127, 255, 256, 0x0200, 65535};
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 331);
	uint16_t to[8] = {0, 0x1111};
	char name[16];
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		to[0] = numbers[i];
		snprintf(name, sizeof(name), "AF_%u", numbers[i]);
		connect_raw(fd, SOCK_DGRAM, name, to, sizeof(to));
	}
}

/* 128 bytes of an unknown kind: all are the caller's. */
static void family_raw_128(void)
{
	unsigned char to[128];
	size_t i;

	for (i = 0; i < sizeof(to); i++)
		to[i] = i + 100;
	to[0] = to[1] = AF_VSOCK;
	to[htons(1) == 1 ? 0 : 1] = 0;
	connect_raw(sock(AF_INET, SOCK_DGRAM, 0, 332), SOCK_DGRAM, "AF_VSOCK", to, sizeof(to));
}

const struct test_case family_cases[] = {{"netlink", netlink},
					 {"netlink-dgram", netlink_dgram},
					 {"packet", packet},
					 {"packet-old", packet_old},
					 {"vsock-stream", vsock_stream},
					 {"bluetooth", bluetooth},
					 {"tipc-rdm", tipc_rdm},
					 {"raw4", raw4},
					 {"dccp", dccp},
					 {"sctp-stream", sctp_stream},
					 {"sctp-seqpacket", sctp_seqpacket},
					 {"mptcp", mptcp},
					 {"unspec-dgram", unspec_dgram},
					 {"unspec-bytes", unspec_bytes},
					 {"unspec-two-bytes", unspec_two_bytes},
					 {"unspec-stream", unspec_stream},
					 {"family-names", family_names},
					 {"family-unknown", family_unknown},
					 {"family-raw-128", family_raw_128},
					 {NULL, NULL}};
