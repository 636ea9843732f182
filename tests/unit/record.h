/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as the programs write them, for the tests of decoding, filters and formats. */
#ifndef CONNSNOOP_RECORD_H
#define CONNSNOOP_RECORD_H

#include "attempt.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#define RECORD_STALE 0xa5

/* curl's connect of descriptor 5 to the given bytes, which are all that is the caller's of the 16, 28 or 128. */
static inline struct event record(const void *addr, int32_t addrlen)
{
	struct event event;
	size_t len = addrlen < 0 ? 0 : addrlen > ADDR_MAX ? ADDR_MAX : (size_t)addrlen;

	memset(&event, 0, sizeof(event));
	event.time = 81234567890;
	event.pid_tgid = 811ULL << 32 | 812;
	event.uid_gid = 1001ULL << 32 | 1000;
	strcpy(event.comm, "curl");
	event.sockfd = 5;
	event.addrlen = addrlen;
	event.nr = 42;
	event.type = SOCK_STREAM;
	event.via = VIA_CONNECT;
	memset(event.addr, RECORD_STALE, ADDR_MAX);
	memcpy(event.addr, addr, len);
	return event;
}

static inline struct event record_inet(const char *text, uint16_t port)
{
	uint8_t addr[16] = {0};

	memcpy(addr, &(sa_family_t){AF_INET}, 2);
	memcpy(addr + 2, &(uint16_t){htons(port)}, 2);
	inet_pton(AF_INET, text, addr + 4);
	return record(addr, 16);
}

static inline struct event record_inet6(const char *text, uint16_t port, uint32_t scope)
{
	uint8_t addr[28] = {0};

	memcpy(addr, &(sa_family_t){AF_INET6}, 2);
	memcpy(addr + 2, &(uint16_t){htons(port)}, 2);
	inet_pton(AF_INET6, text, addr + 8);
	memcpy(addr + 24, &scope, 4);
	return record(addr, 28);
}

static inline struct event record_unix(const void *path, size_t len)
{
	uint8_t addr[ADDR_MAX] = {0};

	memcpy(addr, &(sa_family_t){AF_UNIX}, 2);
	memcpy(addr + 2, path, len);
	return record(addr, (int32_t)(2 + len));
}

static inline size_t record_size(const struct event *event)
{
	return attempt_record_size(event->addrlen);
}

static inline bool record_decode(struct attempt *attempt, const struct event *event)
{
	memset(attempt, 0x5a, sizeof(*attempt));
	attempt->kernel = false; /* the tracer's to say */
	return attempt_decode(attempt, 1, event, record_size(event));
}

#endif
