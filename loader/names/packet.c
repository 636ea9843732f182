// SPDX-License-Identifier: GPL-2.0-or-later
/* Network and transport headers. Nothing behind `len` is looked at, nor what the link padded a short packet with. */
#include "private.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#define FIN 1
#define SYN 2
#define RST 4
#define ACK 16

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool decode_udp(struct segment *segment)
{
	const uint8_t *header = segment->data;
	size_t len;

	if (segment->len < 8)
		return false;
	/* Of a packet in fragments the first one has less than that. */
	len = be16(header + 4);
	if (len && len < 8)
		return false;
	segment->source_port = be16(header);
	segment->target_port = be16(header + 2);
	segment->data += 8;
	segment->len = len ? least(segment->len, len) - 8 : segment->len - 8;
	return true;
}

static bool decode_tcp(struct segment *segment)
{
	const uint8_t *header = segment->data;
	size_t len;

	if (segment->len < 20)
		return false;
	len = 4 * (size_t)(header[12] >> 4);
	if (len < 20 || len > segment->len)
		return false;
	segment->source_port = be16(header);
	segment->target_port = be16(header + 2);
	segment->seq = be32(header + 4);
	segment->acked = be32(header + 8);
	segment->fin = header[13] & FIN;
	segment->syn = header[13] & SYN;
	segment->rst = header[13] & RST;
	segment->ack = header[13] & ACK;
	segment->data += len;
	segment->len -= len;
	return true;
}

static bool decode_transport(struct segment *segment, uint8_t protocol)
{
	segment->transport = protocol;
	return protocol == IPPROTO_UDP ? decode_udp(segment) : protocol == IPPROTO_TCP && decode_tcp(segment);
}

/* A length of 0: more than 64 KiB, not cut into segments yet (BIG TCP). */
static bool decode_inet(struct segment *segment, const uint8_t *bytes, size_t len)
{
	size_t header, total;
	uint16_t fragment;

	if (len < 20 || bytes[0] >> 4 != 4)
		return false;
	header = 4 * (size_t)(bytes[0] & 15);
	total = be16(bytes + 2) ? least(be16(bytes + 2), len) : len;
	fragment = be16(bytes + 6);
	if (header < 20 || header > total || fragment & 0x1fff)
		return false;
	/* More fragments follow: a datagram's first records are whole, a stream would have a hole. */
	if (fragment & 0x2000 && bytes[9] != IPPROTO_UDP)
		return false;
	map_inet(segment->source, bytes + 12);
	map_inet(segment->target, bytes + 16);
	segment->data = bytes + header;
	segment->len = total - header;
	return decode_transport(segment, bytes[9]);
}

static bool decode_inet6(struct segment *segment, const uint8_t *bytes, size_t len)
{
	const size_t header = 40;

	if (len < header || bytes[0] >> 4 != 6)
		return false;
	memcpy(segment->source, bytes + 8, ADDR_SIZE);
	memcpy(segment->target, bytes + 24, ADDR_SIZE);
	segment->data = bytes + header;
	segment->len = be16(bytes + 4) ? least(be16(bytes + 4), len - header) : len - header;
	return decode_transport(segment, bytes[6]);
}

bool packet_decode(struct segment *segment, uint16_t protocol, const uint8_t *bytes, size_t len)
{
	memset(segment, 0, sizeof(*segment));
	if (protocol == ETH_P_IP)
		return decode_inet(segment, bytes, len);
	return protocol == ETH_P_IPV6 && decode_inet6(segment, bytes, len);
}

struct ends ends_from_client(const struct segment *segment)
{
	struct ends ends = {.port = segment->source_port, .transport = segment->transport};

	memcpy(ends.client, segment->source, ADDR_SIZE);
	memcpy(ends.server, segment->target, ADDR_SIZE);
	return ends;
}

struct ends ends_from_server(const struct segment *segment)
{
	struct ends ends = {.port = segment->target_port, .transport = segment->transport};

	memcpy(ends.client, segment->target, ADDR_SIZE);
	memcpy(ends.server, segment->source, ADDR_SIZE);
	return ends;
}
