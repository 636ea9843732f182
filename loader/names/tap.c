// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * packet(7). SOCK_DGRAM takes the link's header off, so that Ethernet, VLAN, tunnels and PPP look alike; ETH_P_ALL shows
 * what goes out, too, and what a bridge passes on.
 */
#include "private.h"

#include "clock.h"
#include "sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

#define LOOPBACK_INDEX 1	 /* LOOPBACK_IFINDEX, in every network namespace */
#define QUEUE_SIZE     (4 << 20) /* a few thousand answers; memory only while they wait */
#define ALL_OF_IT      (1 << 18)

/* Places that are jumped to. */
enum { INET = 2, INET6 = 7, TRANSPORT = 10, UDP, TCP = 15, DIRECTION = 22, KEEP = 26, DROP };

#define LOAD(size, mode, at)  BPF_STMT(BPF_LD | BPF_##size | BPF_##mode, at)
#define LOAD_OWN(what)	      LOAD(W, ABS, (uint32_t)SKF_AD_OFF + (what))
#define IF(here, k, yes, no)  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, (yes) - (here)-1, (no) - (here)-1)
#define IF_ANY(here, k, y, n) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, k, (y) - (here)-1, (n) - (here)-1)
#define GO(here, there)	      BPF_STMT(BPF_JMP | BPF_JA, (there) - (here)-1)
#define RETURN(size)	      BPF_STMT(BPF_RET | BPF_K, size)

/*
 * From port 53 everything, to port 53 datagrams and the beginnings of connections. A packet on lo comes by twice, on its
 * way out and in; once is enough. IPv6 packets with extension headers do not pass.
 */
static struct sock_filter instructions[] = {
	LOAD_OWN(SKF_AD_PROTOCOL),
	IF(1, ETH_P_IP, INET, INET6),
	[INET] = LOAD(H, ABS, 6), /* a later fragment has an offset */
	IF_ANY(3, 0x1fff, DROP, 4),
	BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* X: length of the header */
	LOAD(B, ABS, 9),
	GO(6, TRANSPORT),
	[INET6] = IF(INET6, ETH_P_IPV6, 8, DROP),
	BPF_STMT(BPF_LDX | BPF_IMM, 40),
	LOAD(B, ABS, 6),
	[TRANSPORT] = IF(TRANSPORT, IPPROTO_UDP, UDP, TCP),
	[UDP] = LOAD(H, IND, 0),
	IF(12, DNS_PORT, DIRECTION, 13),
	LOAD(H, IND, 2),
	IF(14, DNS_PORT, DIRECTION, DROP),
	[TCP] = IF(TCP, IPPROTO_TCP, 16, DROP),
	LOAD(H, IND, 0),
	IF(17, DNS_PORT, DIRECTION, 18),
	LOAD(H, IND, 2),
	IF(19, DNS_PORT, 20, DROP),
	LOAD(B, IND, 13),
	IF_ANY(21, 2 /* SYN */, DIRECTION, DROP),
	[DIRECTION] = LOAD_OWN(SKF_AD_PKTTYPE),
	IF(23, PACKET_OUTGOING, 24, KEEP),
	LOAD_OWN(SKF_AD_IFINDEX),
	IF(25, LOOPBACK_INDEX, DROP, KEEP),
	[KEEP] = RETURN(ALL_OF_IT),
	[DROP] = RETURN(0),
};

const struct sock_fprog tap_filter = {sizeof(instructions) / sizeof(instructions[0]), instructions};

/* Nothing is received before the bind, so nothing comes that the filter did not pass. */
static int prepare(int fd)
{
	const struct sockaddr_ll all = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	const int size = QUEUE_SIZE, on = 1;
	int result;

	/* Beyond rmem_max it takes CAP_NET_ADMIN. */
	if (sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		sys_setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	result = sys_setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &tap_filter, sizeof(tap_filter));
	if (!result)
		result = sys_setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (!result)
		result = sys_bind(fd, (const struct sockaddr *)&all, sizeof(all));
	return result;
}

static int explain(int errnum, struct error *err)
{
	if (errnum == EPERM || errnum == EACCES)
		return error_set(
			err, STATUS_NOT_PERMITTED,
			"opening a packet socket for -d: the kernel says %s; it takes the capability CAP_NET_RAW in this network namespace: add it, or leave -d out",
			ERRNO_NAME(errnum));
	return error_set(err, errnum == EAFNOSUPPORT ? STATUS_UNSUPPORTED : STATUS_FAILURE,
			 "opening a packet socket for -d: the kernel says %s; it needs CONFIG_PACKET: leave -d out%s",
			 ERRNO_NAME(errnum), errnum == EAFNOSUPPORT ? "" : ", or try again");
}

int tap_open(struct tap *tap, struct error *err)
{
	int result;

	tap->empty = clock_monotonic();
	tap->fd = sys_socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	result = tap->fd < 0 ? tap->fd : prepare(tap->fd);
	return result ? explain(-result, err) : 0;
}

void tap_close(struct tap *tap)
{
	if (tap->fd >= 0)
		sys_close(tap->fd);
	tap->fd = -1;
}

/*
 * The stamp is of the time of day. It is turned into an age, at a moment between the two clocks' readings: whatever holds
 * us up here makes the packet look older. After a step of the time of day it could be of any age; it came after the queue
 * was last empty.
 */
static uint64_t time_of(const struct tap *tap, struct msghdr *header)
{
	uint64_t monotonic = clock_monotonic(), age;
	struct cmsghdr *control;
	struct timespec now, stamp;

	clock_gettime(CLOCK_REALTIME, &now);
	stamp = now;
	for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
		if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_TIMESTAMPNS &&
		    control->cmsg_len >= CMSG_LEN(sizeof(stamp)))
			memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
	}
	age = (uint64_t)(now.tv_sec - stamp.tv_sec) * SECOND + (uint64_t)(now.tv_nsec - stamp.tv_nsec);
	return age > monotonic - tap->empty ? tap->empty : monotonic - age;
}

bool tap_receive(struct tap *tap, struct packet *packet)
{
	union {
		struct cmsghdr align;
		char bytes[256];
	} control;
	struct sockaddr_ll from = {0};
	struct iovec piece = {packet->bytes, sizeof(packet->bytes)};
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	uint64_t before = clock_monotonic();
	ssize_t got = sys_recvmsg(tap->fd, &header, MSG_DONTWAIT);

	/* Also when an interface went down (ENETDOWN), which is said once. */
	if (got < 0) {
		tap->empty = before;
		return false;
	}
	packet->len = (size_t)got;
	packet->protocol = ntohs(from.sll_protocol);
	packet->time = time_of(tap, &header);
	return true;
}

uint64_t tap_dropped(struct tap *tap)
{
	struct tpacket_stats stats = {0};
	unsigned int size = sizeof(stats);

	/* Reading sets them to 0. */
	if (tap->fd >= 0 && !sys_getsockopt(tap->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &size))
		tap->dropped += stats.tp_drops;
	return tap->dropped;
}
