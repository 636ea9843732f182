/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS messages and the packets they travel in, as servers and kernels make them. */
#ifndef CONNSNOOP_WIRE_H
#define CONNSNOOP_WIRE_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TYPE_A	   1
#define TYPE_CNAME 5
#define TYPE_MX	   15
#define TYPE_AAAA  28
#define TYPE_OPT   41

struct wire {
	uint8_t bytes[65536 + 128];
	size_t len;
};

static inline void wire_put(struct wire *wire, const void *bytes, size_t len)
{
	memcpy(wire->bytes + wire->len, bytes, len);
	wire->len += len;
}

static inline void wire_put8(struct wire *wire, unsigned int value)
{
	wire->bytes[wire->len++] = (uint8_t)value;
}

static inline void wire_put16(struct wire *wire, unsigned int value)
{
	wire_put8(wire, value >> 8);
	wire_put8(wire, value);
}

static inline void wire_put32(struct wire *wire, uint32_t value)
{
	wire_put16(wire, value >> 16);
	wire_put16(wire, value);
}

static inline void wire_set16(struct wire *wire, size_t at, unsigned int value)
{
	wire->bytes[at] = (uint8_t)(value >> 8);
	wire->bytes[at + 1] = (uint8_t)value;
}

/* Labels between dots, uncompressed; "@N" at the end of it: a pointer to N. */
static inline void wire_name(struct wire *wire, const char *name)
{
	while (*name && *name != '@') {
		size_t label = strcspn(name, ".@");

		wire_put8(wire, (unsigned int)label);
		wire_put(wire, name, label);
		name += label + (name[label] == '.');
	}
	if (*name == '@') {
		unsigned int at = 0;

		while (*++name)
			at = at * 10 + (unsigned int)(*name - '0');
		wire_put16(wire, 0xc000 | at);
	} else {
		wire_put8(wire, 0);
	}
}

/* Header and question. flags: 0x8180 of a recursive server's answer, 0x0100 of a query. */
static inline void wire_begin(struct wire *wire, unsigned int id, unsigned int flags, const char *name,
			      unsigned int type)
{
	wire->len = 0;
	wire_put16(wire, id);
	wire_put16(wire, flags);
	wire_put16(wire, 1);
	wire_put16(wire, 0);
	wire_put32(wire, 0);
	wire_name(wire, name);
	wire_put16(wire, type);
	wire_put16(wire, 1);
}

/* A record's head; the caller puts `size` bytes of data behind it. */
static inline void wire_record(struct wire *wire, const char *owner, unsigned int type, uint32_t ttl, size_t size)
{
	wire_set16(wire, 6, (unsigned int)(wire->bytes[6] << 8 | wire->bytes[7]) + 1);
	wire_name(wire, owner);
	wire_put16(wire, type);
	wire_put16(wire, 1);
	wire_put32(wire, ttl);
	wire_put16(wire, (unsigned int)size);
}

static inline void wire_a(struct wire *wire, const char *owner, uint32_t ttl, const char *address)
{
	uint8_t addr[4];

	inet_pton(AF_INET, address, addr);
	wire_record(wire, owner, TYPE_A, ttl, 4);
	wire_put(wire, addr, 4);
}

static inline void wire_aaaa(struct wire *wire, const char *owner, uint32_t ttl, const char *address)
{
	uint8_t addr[16];

	inet_pton(AF_INET6, address, addr);
	wire_record(wire, owner, TYPE_AAAA, ttl, 16);
	wire_put(wire, addr, 16);
}

static inline void wire_cname(struct wire *wire, const char *owner, uint32_t ttl, const char *target)
{
	size_t size;

	wire_record(wire, owner, TYPE_CNAME, ttl, 0);
	size = wire->len;
	wire_name(wire, target);
	wire_set16(wire, size - 2, (unsigned int)(wire->len - size));
}

/* EDNS's pseudo record, in the additional section. */
static inline void wire_opt(struct wire *wire)
{
	static const uint8_t opt[] = {0, 0, TYPE_OPT, 4, 208, 0, 0, 0, 0, 0, 0};

	wire_put(wire, opt, sizeof(opt));
	wire->bytes[11]++;
}

/* --- packets --- */

/* From one end to the other; addresses of either family. */
struct route {
	const char *from, *to;
	uint16_t from_port, to_port;
};

static inline struct route route_back(const struct route *route)
{
	return (struct route){route->to, route->from, route->to_port, route->from_port};
}

static inline int route_family(const struct route *route)
{
	return strchr(route->from, ':') ? AF_INET6 : AF_INET;
}

/* A network header for `size` bytes; `options`: bytes more than 20, of IPv4. */
static inline void wire_network(struct wire *wire, const struct route *route, unsigned int protocol, size_t size,
				size_t options)
{
	uint8_t addr[16];
	int family = route_family(route);
	size_t len = family == AF_INET ? 4 : 16;

	wire->len = 0;
	if (family == AF_INET) {
		wire_put8(wire, (unsigned int)(0x45 + options / 4));
		wire_put8(wire, 0);
		wire_put16(wire, (unsigned int)(20 + options + size));
		wire_put32(wire, 0x12344000);
		wire_put8(wire, 64);
		wire_put8(wire, protocol);
		wire_put16(wire, 0);
	} else {
		wire_put32(wire, 0x60000000);
		wire_put16(wire, (unsigned int)size);
		wire_put8(wire, protocol);
		wire_put8(wire, 64);
	}
	inet_pton(family, route->from, addr);
	wire_put(wire, addr, len);
	inet_pton(family, route->to, addr);
	wire_put(wire, addr, len);
	while (options--)
		wire_put8(wire, 1);
}

static inline void wire_udp(struct wire *wire, const struct route *route, const void *data, size_t len, size_t options)
{
	wire_network(wire, route, IPPROTO_UDP, 8 + len, options);
	wire_put16(wire, route->from_port);
	wire_put16(wire, route->to_port);
	wire_put16(wire, (unsigned int)(8 + len));
	wire_put16(wire, 0);
	wire_put(wire, data, len);
}

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

static inline void wire_tcp(struct wire *wire, const struct route *route, uint32_t seq, uint32_t ack,
			    unsigned int flags, const void *data, size_t len)
{
	wire_network(wire, route, IPPROTO_TCP, 32 + len, 0);
	wire_put16(wire, route->from_port);
	wire_put16(wire, route->to_port);
	wire_put32(wire, seq);
	wire_put32(wire, ack);
	wire_put8(wire, 8 << 4);
	wire_put8(wire, flags);
	wire_put16(wire, 1024);
	wire_put32(wire, 0);
	wire_put32(wire, 0x01010101); /* options */
	wire_put32(wire, 0x01010101);
	wire_put32(wire, 0x01010101);
	wire_put(wire, data, len);
}

#endif
