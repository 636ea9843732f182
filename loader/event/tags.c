// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RFC 6724 sorts addresses by the source address that each would be reached from, and connecting a datagram socket is the
 * way to ask the kernel for it. How it is done:
 *
 * - glibc (getaddrinfo(), sysdeps/posix/getaddrinfo.c), where a name has several addresses: one socket for all of them,
 *   reset by AF_UNSPEC before the next address, a new one only where an IPv6 address follows an IPv4 one; the port is the
 *   one that was asked for, 0 for none.
 * - musl (__lookup_name(), src/network/lookup_name.c; also for AI_ADDRCONFIG): a socket for each address, port 65535.
 */
#include "tags.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define SERIES_NS   10000000
#define MUSL_PORT   65535
#define DOMAIN_PORT 53

static bool is_inet(const struct address *address)
{
	return address->has_family && (address->family == AF_INET || address->family == AF_INET6);
}

/* Of ping sockets, whose echoes need no port, nothing but the protocol tells. */
static bool may_be_datagram(const struct attempt *attempt)
{
	const struct result *result = &attempt->result;

	if (attempt->has_type && attempt->type != SOCK_DGRAM)
		return false;
	return !result->has_protocol || result->protocol == IPPROTO_UDP;
}

static bool is_nscd(const struct attempt *attempt)
{
	static const char *const paths[] = {"/run/nscd/socket", "/var/run/nscd/socket"};
	const struct address *address = &attempt->address;

	if (!address->has_family || address->family != AF_UNIX || address->unnamed || address->abstract ||
	    (attempt->has_type && attempt->type != SOCK_STREAM))
		return false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (address->path_len == strlen(paths[i]) && !memcmp(address->path, paths[i], address->path_len))
			return true;
	}
	return false;
}

static void copy_addr(uint8_t copy[16], const struct address *address)
{
	memset(copy, 0, 16);
	memcpy(copy, address->addr, address->family == AF_INET ? 4 : 16);
}

/* Whether the thread has connected this descriptor a moment ago. */
static bool goes_on(const struct series *series, const struct attempt *attempt)
{
	return series->time && series->tid == attempt->tid && attempt->sockfd >= 0 &&
	       series->sockfd == attempt->sockfd && attempt->time - series->time <= SERIES_NS;
}

/*
 * The next address of a series: by the reset, or by the new socket for IPv6, which has the old one's number. One that asks
 * name servers in turn looks like the latter, and so does TCP where the type is not known.
 */
static bool is_next(const struct series *series, const struct attempt *attempt)
{
	const struct address *address = &attempt->address;
	uint8_t addr[16];

	if (!goes_on(series, attempt) || series->port != address->port)
		return false;
	copy_addr(addr, address);
	if (series->family == address->family && !memcmp(series->addr, addr, sizeof(addr)))
		return false;
	if (series->reset || address->port == MUSL_PORT)
		return true;
	return attempt->has_type && series->family == AF_INET && address->family == AF_INET6 &&
	       address->port != DOMAIN_PORT;
}

static bool is_addr_select(const struct series *series, const struct attempt *attempt)
{
	uint16_t port = attempt->address.port;

	return port == 0 || (port == MUSL_PORT && attempt->has_type) || is_next(series, attempt);
}

static void begin(struct series *series, const struct attempt *attempt)
{
	series->time = attempt->time;
	series->tid = attempt->tid;
	series->sockfd = attempt->sockfd;
	series->family = attempt->address.family;
	series->port = attempt->address.port;
	series->reset = false;
	copy_addr(series->addr, &attempt->address);
}

void tagger_tag(struct tagger *tagger, struct attempt *attempt)
{
	struct series *series = &tagger->series[attempt->tid % TAG_THREADS];
	const struct address *address = &attempt->address;

	if (is_nscd(attempt))
		attempt->tags |= TAG_NSCD;
	if (attempt->disconnect && may_be_datagram(attempt)) {
		if (goes_on(series, attempt)) {
			series->reset = true;
			attempt->tags |= TAG_ADDR_SELECT;
		}
	} else if (is_inet(address) && address->has_port && address->has_addr && may_be_datagram(attempt)) {
		if (is_addr_select(series, attempt))
			attempt->tags |= TAG_ADDR_SELECT;
		begin(series, attempt);
	} else if (series->tid == attempt->tid && series->sockfd == attempt->sockfd) {
		series->time = 0; /* the number is another socket's now */
	}
}
