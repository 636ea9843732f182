// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every other tool was caught here at least once: the kernel copies addrlen bytes (move_addr_to_kernel, net/socket.c) and
 * leaves the rest of its buffer as it was, so a field is shown only if it lies wholly within them.
 */
#include "attempt.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#define WHOLE(type, field, len) (offsetof(type, field) + sizeof(((type *)0)->field) <= (len))

static uint16_t get16(const uint8_t *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static uint32_t get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static void decode_inet(struct address *address)
{
	const uint8_t *raw = address->raw;

	address->has_port = WHOLE(struct sockaddr_in, sin_port, address->raw_len);
	if (address->has_port)
		address->port = ntohs(get16(raw + offsetof(struct sockaddr_in, sin_port)));
	address->has_addr = WHOLE(struct sockaddr_in, sin_addr, address->raw_len);
	if (address->has_addr)
		address->addr = raw + offsetof(struct sockaddr_in, sin_addr);
}

/* RFC 2133's sockaddr_in6 ends before the scope id; the kernel takes it (SIN6_LEN_RFC2133). */
static void decode_inet6(struct address *address)
{
	const uint8_t *raw = address->raw;

	address->has_port = WHOLE(struct sockaddr_in6, sin6_port, address->raw_len);
	if (address->has_port)
		address->port = ntohs(get16(raw + offsetof(struct sockaddr_in6, sin6_port)));
	address->has_flowinfo = WHOLE(struct sockaddr_in6, sin6_flowinfo, address->raw_len);
	if (address->has_flowinfo)
		address->flowinfo = ntohl(get32(raw + offsetof(struct sockaddr_in6, sin6_flowinfo)));
	address->has_addr = WHOLE(struct sockaddr_in6, sin6_addr, address->raw_len);
	if (address->has_addr)
		address->addr = raw + offsetof(struct sockaddr_in6, sin6_addr);
	address->has_scope = WHOLE(struct sockaddr_in6, sin6_scope_id, address->raw_len);
	if (address->has_scope)
		address->scope_id = get32(raw + offsetof(struct sockaddr_in6, sin6_scope_id));
}

/* A name is up to 108 bytes and ends at a NUL or where addrlen does; with a leading NUL it is all of them (unix(7)). */
static void decode_unix(struct address *address)
{
	const size_t start = offsetof(struct sockaddr_un, sun_path);
	size_t len = address->raw_len - start;

	if (len > sizeof(((struct sockaddr_un *)0)->sun_path))
		len = sizeof(((struct sockaddr_un *)0)->sun_path);
	address->unnamed = len == 0;
	if (address->unnamed)
		return;
	address->path = address->raw + start;
	address->abstract = address->path[0] == '\0';
	if (address->abstract) {
		address->path++;
		address->path_len = len - 1;
	} else {
		address->path_len = strnlen((const char *)address->path, len);
	}
}

void address_decode(struct address *address, const uint8_t *bytes, size_t size, int32_t addrlen)
{
	memset(address, 0, sizeof(*address));
	address->raw = bytes;
	address->raw_len = addrlen < 0 ? 0 : (size_t)addrlen < size ? (size_t)addrlen : size;
	address->has_family = address->raw_len >= sizeof(uint16_t);
	if (!address->has_family)
		return;
	address->family = get16(bytes);
	if (address->family == AF_INET)
		decode_inet(address);
	else if (address->family == AF_INET6)
		decode_inet6(address);
	else if (address->family == AF_UNIX)
		decode_unix(address);
}
