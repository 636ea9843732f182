// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/names/ on any bytes. The first byte chooses what the rest is: a message, a hosts file, or packets, each behind
 * a byte (protocol) and two of length, of a connection whose handshake came before them.
 */
#include "../../loader/names/private.h"
#include "model.h"
#include "wire.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name)
{
	size_t len = strlen(name);

	if (len > NAME_MAX_LEN)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (name[i] <= ' ' || name[i] > '~')
			abort();
	}
}

struct given {
	const char *asked;
	int count;
};

static void give(void *context, const uint8_t addr[ADDR_SIZE], uint32_t ttl)
{
	struct given *given = context;

	(void)addr;
	check_name(given->asked);
	if (ttl >> 31)
		abort();
	given->count++;
}

static void try_message(const uint8_t *data, size_t size)
{
	char asked[NAME_MAX_LEN + 1];
	struct given given = {.asked = asked};
	int result = dns_addresses(data, size, asked, give, &given);

	if (result >= 0 ? result != given.count : given.count)
		abort();
}

static void try_hosts(const uint8_t *data, size_t size)
{
	static const struct secret secret = {{1, 2}};
	struct book *book = book_new(&secret);
	char *line = malloc(size + 1);
	uint8_t addr[ADDR_SIZE];

	memcpy(line, data, size);
	line[size] = '\0';
	hosts_line(book, line);
	map_inet(addr, (const uint8_t *)"\x7f\0\0\1");
	if (book_find(book, addr, 0))
		check_name(book_find(book, addr, 0));
	book_free(book);
	free(line);
}

static void send_packet(uint16_t protocol, const void *bytes, size_t len)
{
	struct model_packet packet = {.protocol = protocol, .index = 2, .stamp = 1, .bytes = bytes, .len = len};

	model_packet(&packet);
}

static void begin_connection(void)
{
	static struct wire wire;
	const struct route there = {"192.0.2.10", "192.0.2.53", 50000, 53}, back = route_back(&there);

	wire_tcp(&wire, &there, 1000, 0, TCP_SYN, "", 0);
	send_packet(ETH_P_IP, wire.bytes, wire.len);
	wire_tcp(&wire, &back, 7000, 1001, TCP_SYN | TCP_ACK, "", 0);
	send_packet(ETH_P_IP, wire.bytes, wire.len);
}

static void try_packets(const uint8_t *data, size_t size)
{
	struct names *names;
	struct error err;
	const char *name;

	model_boot(&model_6_12);
	if (names_open(&names, "/nowhere", &err))
		abort();
	begin_connection();
	for (int count = 0; size >= 3 && count < 64; count++) {
		size_t len = be16(data + 1) < size - 3 ? be16(data + 1) : size - 3;

		send_packet(data[0] & 1 ? ETH_P_IPV6 : ETH_P_IP, data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	name = names_lookup(names, AF_INET, (const uint8_t *)"\xc0\0\2\1", UINT64_MAX / 2);
	if (name)
		check_name(name);
	names_close(names);
	if (model_leaks())
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const uint8_t *, size_t) = {try_message, try_hosts, try_packets};
	uint8_t *copy;

	if (!size)
		return 0;
	/* In a block that ends where the input does. */
	copy = malloc(size > 1 ? size - 1 : 1);
	memcpy(copy, data + 1, size - 1);
	tries[data[0] % 3](copy, size - 1);
	free(copy);
	return 0;
}
