// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/names/lookup.c, tap.c, packet.c, queries.c: from packets that come by to the name of an address, at its time. */
#include "test.h"

#include "../../loader/names/private.h"
#include "clock.h"
#include "model.h"
#include "wire.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ULL

static char path[] = "/tmp/connsnoop-names-XXXXXX";
static struct names *names;
static struct error err;
static struct wire message, packet;
static struct model_packet passing; /* how what is sent comes by */

static const struct route udp = {"192.0.2.10", "192.0.2.53", 40000, 53};
static const struct route udp6 = {"2001:db8::10", "2001:db8::53", 40000, 53};

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
	passing = (struct model_packet){.type = PACKET_HOST, .index = 2};
	return names_open(&names, path, &err);
}

static int end(void **state)
{
	(void)state;
	names_close(names);
	unlink(path);
	return model_leaks();
}

static uint64_t wall_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* Whether the filter lets it pass. */
static bool send_packet(void)
{
	struct model_packet copy = passing;

	copy.protocol = passing.protocol ? passing.protocol : packet.bytes[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6;
	copy.stamp = passing.stamp ? passing.stamp : wall_clock();
	copy.bytes = packet.bytes;
	copy.len = packet.len;
	return model_packet(&copy);
}

static bool send_message(const struct route *route)
{
	wire_udp(&packet, route, message.bytes, message.len, 0);
	return send_packet();
}

static void ask(const struct route *route, unsigned int id)
{
	wire_begin(&message, id, 0x0100, "asked.test", TYPE_A);
	assert_true(send_message(route));
}

static void answer(const struct route *route, unsigned int id, const char *name, const char *address)
{
	struct route back = route_back(route);

	wire_begin(&message, id, 0x8180, name, TYPE_A);
	if (strchr(address, ':'))
		wire_aaaa(&message, "@12", 60, address);
	else
		wire_a(&message, "@12", 60, address);
	wire_opt(&message);
	assert_true(send_message(&back));
}

/* At a time, or now. */
static const char *name_at(const char *text, uint64_t time)
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;
	uint8_t addr[16];

	assert_int_equal(inet_pton(family, text, addr), 1);
	return names_lookup(names, (unsigned int)family, addr, time ? time : clock_monotonic());
}

static void assert_name(const char *text, const char *name)
{
	const char *found = name_at(text, 0);

	if (name && found)
		assert_string_equal(found, name);
	else
		assert_ptr_equal(found, name);
}

static void write_hosts(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	names_reload(names);
}

static void test_datagrams(void **state)
{
	(void)state;
	ask(&udp, 7);
	answer(&udp, 7, "four.test", "198.51.100.1");
	ask(&udp6, 8);
	answer(&udp6, 8, "six.test", "2001:db8:1::1");
	assert_name("198.51.100.1", "four.test");
	assert_name("2001:db8:1::1", "six.test");
	assert_name("::ffff:198.51.100.1", "four.test");
	assert_name("198.51.100.2", NULL);
	assert_name("::198.51.100.1", NULL);
	assert_int_equal(names_counts(names).packets, 4);
	assert_int_equal(names_counts(names).answers, 2);
	assert_int_equal(names_counts(names).known, 2);
	assert_int_equal(names_counts(names).malformed, 0);
}

static void test_newest_answer_wins(void **state)
{
	(void)state;
	ask(&udp, 7);
	answer(&udp, 7, "one.test", "198.51.100.1");
	assert_name("198.51.100.1", "one.test");
	ask(&udp, 8);
	answer(&udp, 8, "two.test", "198.51.100.1");
	assert_name("198.51.100.1", "two.test");
}

/* Each attempt sees the answers that came before it and none that came later, in whatever batches they are read. */
static void test_order_of_time(void **state)
{
	uint64_t first = clock_monotonic(), offset = wall_clock() - first;

	(void)state;
	poll(NULL, 0, 60);
	passing.stamp = first + offset + 10 * MS;
	ask(&udp, 1);
	answer(&udp, 1, "one.test", "198.51.100.1");
	passing.stamp = first + offset + 30 * MS;
	ask(&udp, 2);
	answer(&udp, 2, "two.test", "198.51.100.1");
	passing.stamp = first + offset + 50 * MS;
	ask(&udp, 3);
	answer(&udp, 3, "three.test", "198.51.100.1");
	assert_null(name_at("198.51.100.1", first + 5 * MS));
	assert_string_equal(name_at("198.51.100.1", first + 20 * MS), "one.test");
	assert_string_equal(name_at("198.51.100.1", first + 25 * MS), "one.test");
	names_drain(names, first + 28 * MS);
	assert_string_equal(name_at("198.51.100.1", first + 40 * MS), "two.test");
	names_drain(names, first + 60 * MS);
	assert_string_equal(name_at("198.51.100.1", first + 55 * MS), "three.test");
}

/* No look at the socket where all that could matter is known to be read. */
static void test_looks_once(void **state)
{
	uint64_t now = clock_monotonic();
	int calls;

	(void)state;
	name_at("198.51.100.1", now);
	calls = model.calls;
	for (int i = 0; i < 100; i++)
		name_at("198.51.100.1", now);
	assert_int_equal(model.calls, calls);
}

/* The time of day was set meanwhile, or there is no stamp: what was received counts at once. */
static void test_stamps_that_can_not_be(void **state)
{
	static const uint64_t stamps[] = {1, 4000000000ULL * 1000000000};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t now = clock_monotonic();

		name_at("198.51.100.1", now);
		passing.stamp = stamps[i];
		ask(&udp, i);
		answer(&udp, i, i ? "future.test" : "past.test", "198.51.100.1");
		poll(NULL, 0, 5);
		assert_string_equal(name_at("198.51.100.1", clock_monotonic() - 4 * MS),
				    i ? "future.test" : "past.test");
	}
}

static void test_ttl_and_grace(void **state)
{
	uint64_t now = clock_monotonic();

	(void)state;
	ask(&udp, 1);
	answer(&udp, 1, "one.test", "198.51.100.1"); /* 60 s */
	assert_name("198.51.100.1", "one.test");
	assert_string_equal(name_at("198.51.100.1", now + 119 * SECOND), "one.test");
	assert_null(name_at("198.51.100.1", now + 121 * SECOND));
	ask(&udp, 2);
	wire_begin(&message, 2, 0x8180, "none.test", TYPE_A);
	wire_a(&message, "@12", 0, "198.51.100.2");
	assert_true(send_message(&(struct route){udp.to, udp.from, 53, 40000}));
	now = clock_monotonic();
	assert_string_equal(name_at("198.51.100.2", now + 59 * SECOND), "none.test");
	assert_null(name_at("198.51.100.2", now + 61 * SECOND));
}

/* Answers that nobody asked for: wrong number, port, server, client, family of transport; too late. */
static void test_not_asked_for(void **state)
{
	const struct route others[] = {
		{"192.0.2.10", "192.0.2.53", 40001, 53},
		{"192.0.2.10", "192.0.2.54", 40000, 53},
		{"192.0.2.11", "192.0.2.53", 40000, 53},
		{"::ffff:192.0.2.10", "2001:db8::53", 40000, 53},
	};

	(void)state;
	answer(&udp, 7, "early.test", "198.51.100.1");
	ask(&udp, 7);
	answer(&udp, 8, "other.test", "198.51.100.1");
	for (size_t i = 0; i < 4; i++)
		answer(&others[i], 7, "other.test", "198.51.100.1");
	assert_name("198.51.100.1", NULL);
	assert_int_equal(names_counts(names).unasked, 6);
	answer(&udp, 7, "right.test", "198.51.100.1");
	assert_name("198.51.100.1", "right.test");
	/* the same packet on another interface */
	answer(&udp, 7, "right.test", "198.51.100.1");
	assert_int_equal(names_counts(names).unasked, 6);
}

static void test_queries(void **state)
{
	static struct queries queries;
	struct ends ends = {.server = {1}, .client = {2}, .port = 3, .transport = IPPROTO_UDP};
	int known = 0;

	(void)state;
	assert_false(queries_asked(&queries, &ends, 0, 0));
	queries_note(&queries, &ends, 9, 5 * SECOND);
	assert_true(queries_asked(&queries, &ends, 9, 5 * SECOND + QUERY_LIFE - 1));
	assert_false(queries_asked(&queries, &ends, 9, 5 * SECOND + QUERY_LIFE));
	queries_note(&queries, &ends, 9, 6 * SECOND);
	assert_true(queries_asked(&queries, &ends, 9, 5 * SECOND + QUERY_LIFE));
	ends.transport = IPPROTO_TCP;
	assert_false(queries_asked(&queries, &ends, 9, 6 * SECOND));
	/* the youngest of many stay */
	for (uint32_t i = 0; i < 100000; i++)
		queries_note(&queries, &ends, i, 10 * SECOND + i);
	for (uint32_t i = 99000; i < 100000; i++)
		known += queries_asked(&queries, &ends, i, 11 * SECOND);
	assert_true(known > 980);
	known = 0;
	for (uint32_t i = 0; i < 50000; i++)
		known += queries_asked(&queries, &ends, i, 11 * SECOND);
	assert_true(known < 100);
}

/* --- TCP --- */

static const struct route tcp = {"192.0.2.10", "192.0.2.53", 50000, 53};

static bool send_tcp(bool back, uint32_t seq, uint32_t ack, unsigned int flags, const void *data, size_t len)
{
	const struct route there = tcp, here = route_back(&tcp);

	wire_tcp(&packet, back ? &here : &there, seq, ack, flags, data, len);
	return send_packet();
}

static void shake_hands(void)
{
	assert_true(send_tcp(false, 1000, 0, TCP_SYN, "", 0));
	assert_true(send_tcp(true, 7000, 1001, TCP_SYN | TCP_ACK, "", 0));
	assert_false(send_tcp(false, 1001, 7001, TCP_ACK, "", 0));
	assert_false(send_tcp(false, 1001, 7001, TCP_ACK, "\0\1x", 3));
}

/* An answer of so many addresses behind its length, in message. */
static void make_long(int addresses)
{
	char text[32];

	wire_begin(&message, 5, 0x8180, "long.test", TYPE_A);
	for (int i = 0; i < addresses; i++) {
		snprintf(text, sizeof(text), "10.9.%d.%d", i / 256, i % 256);
		wire_a(&message, "@12", 60, text);
	}
	memmove(message.bytes + 2, message.bytes, message.len);
	wire_set16(&message, 0, (unsigned int)message.len);
	message.len += 2;
}

static void test_tcp(void **state)
{
	(void)state;
	make_long(3);
	shake_hands();
	assert_true(send_tcp(true, 7001, 1050, TCP_ACK, message.bytes, 2));
	assert_true(send_tcp(true, 7003, 1050, TCP_ACK, message.bytes + 2, message.len - 2));
	assert_true(send_tcp(true, 7001 + (uint32_t)message.len, 1050, TCP_ACK | TCP_FIN, "", 0));
	assert_name("10.9.0.2", "long.test");
	assert_int_equal(names_counts(names).answers, 1);
}

static void test_tcp_in_pieces(void **state)
{
	(void)state;
	make_long(4000);
	shake_hands();
	for (size_t at = 0; at < message.len; at += 1400) {
		size_t len = message.len - at < 1400 ? message.len - at : 1400;

		assert_true(send_tcp(true, 7001 + (uint32_t)at, 1050, TCP_ACK, message.bytes + at, len));
	}
	assert_name("10.9.15.159", "long.test");
	assert_name("10.9.0.0", "long.test");
	assert_int_equal(names_counts(names).known, 4000);
}

/* On lo a packet is as large as its connection likes. */
static void test_tcp_large_segment(void **state)
{
	(void)state;
	make_long(4000);
	shake_hands();
	assert_true(send_tcp(true, 7001, 1050, TCP_ACK, message.bytes, message.len));
	assert_name("10.9.15.159", "long.test");
}

static void test_tcp_forged(void **state)
{
	(void)state;
	make_long(1);
	/* no handshake, one that the client did not begin, one that does not know its number */
	send_tcp(true, 7001, 1050, TCP_ACK, message.bytes, message.len);
	send_tcp(true, 7000, 1001, TCP_SYN | TCP_ACK, "", 0);
	send_tcp(true, 7001, 1001, TCP_ACK, message.bytes, message.len);
	send_tcp(false, 1000, 0, TCP_SYN, "", 0);
	send_tcp(true, 7000, 1002, TCP_SYN | TCP_ACK, "", 0);
	send_tcp(true, 7001, 1001, TCP_ACK, message.bytes, message.len);
	assert_name("10.9.0.0", NULL);
	assert_int_equal(names_counts(names).unasked, 2);
	/* the true one, and a segment into its middle */
	send_tcp(true, 7000, 1001, TCP_SYN | TCP_ACK, "", 0);
	send_tcp(true, 9999, 1001, TCP_ACK, message.bytes, message.len);
	assert_name("10.9.0.0", NULL);
	assert_int_equal(names_counts(names).broken, 1);
}

static void test_tcp_fast_open(void **state)
{
	(void)state;
	make_long(1);
	assert_true(send_tcp(false, 1000, 0, TCP_SYN, "0123456789", 10));
	assert_true(send_tcp(true, 7000, 1011, TCP_SYN | TCP_ACK, message.bytes, message.len));
	assert_name("10.9.0.0", "long.test");
}

/* --- what the filter and the headers let through --- */

static void test_filter(void **state)
{
	static const struct route other = {"192.0.2.10", "192.0.2.53", 40000, 5353},
				  same = {"192.0.2.53", "192.0.2.54", 53, 53};

	(void)state;
	wire_begin(&message, 1, 0x0100, "asked.test", TYPE_A);
	assert_false(send_message(&other));
	assert_true(send_message(&same));
	passing.protocol = ETH_P_IPV6; /* says one thing and is another */
	assert_false(send_message(&udp));
	passing.protocol = ETH_P_ARP;
	assert_false(send_message(&udp));
	passing.protocol = 0;
	assert_true(send_tcp(true, 1, 1, TCP_ACK, "", 0));
	assert_false(send_tcp(false, 1, 1, TCP_ACK, "", 0));
	assert_true(send_tcp(false, 1, 1, TCP_SYN, "", 0));
	wire_network(&packet, &udp, IPPROTO_ICMP, 8, 0);
	wire_put32(&packet, 53 << 16 | 53);
	assert_false(send_packet());
	wire_network(&packet, &udp6, 0 /* hop-by-hop */, 8, 0);
	wire_put32(&packet, 53 << 16 | 53);
	assert_false(send_packet());
}

/* What a machine says to itself comes by twice; a bridge's or a resolver's answers go out only once. */
static void test_directions(void **state)
{
	static const struct route self = {"127.0.0.1", "127.0.0.53", 40000, 53};

	(void)state;
	wire_begin(&message, 1, 0x0100, "asked.test", TYPE_A);
	passing.index = 1;
	passing.type = PACKET_OUTGOING;
	assert_false(send_message(&self));
	passing.type = PACKET_HOST;
	assert_true(send_message(&self));
	answer(&self, 1, "local.test", "198.51.100.1");
	passing.index = 3;
	passing.type = PACKET_OUTGOING;
	ask(&udp, 2);
	answer(&udp, 2, "out.test", "198.51.100.2");
	passing.type = PACKET_OTHERHOST;
	ask(&udp6, 3);
	answer(&udp6, 3, "bridged.test", "198.51.100.3");
	assert_name("198.51.100.1", "local.test");
	assert_name("198.51.100.2", "out.test");
	assert_name("198.51.100.3", "bridged.test");
}

static void test_header_options(void **state)
{
	const struct route back = route_back(&udp);

	(void)state;
	for (size_t options = 0; options <= 40; options += 4) {
		char address[32];

		ask(&udp, 1);
		snprintf(address, sizeof(address), "198.51.100.%zu", options);
		wire_begin(&message, 1, 0x8180, "options.test", TYPE_A);
		wire_a(&message, "@12", 60, address);
		wire_udp(&packet, &back, message.bytes, message.len, options);
		assert_true(send_packet());
		assert_name(address, "options.test");
	}
}

/* The first fragment has whole records; of the others nothing can be told. */
static void test_fragments(void **state)
{
	const struct route back = route_back(&udp);

	(void)state;
	ask(&udp, 1);
	wire_begin(&message, 1, 0x8180, "cut.test", TYPE_A);
	wire_a(&message, "@12", 60, "198.51.100.1");
	wire_a(&message, "@12", 60, "198.51.100.2");
	wire_udp(&packet, &back, message.bytes, message.len, 0);
	packet.len -= 8;
	wire_set16(&packet, 2, (unsigned int)packet.len);
	wire_set16(&packet, 6, 0x2000);
	assert_true(send_packet());
	assert_name("198.51.100.1", "cut.test");
	assert_name("198.51.100.2", NULL);
	wire_set16(&packet, 6, 0x2001);
	assert_false(send_packet());
	wire_set16(&packet, 6, 0x0010);
	assert_false(send_packet());
	/* of TCP not even the first one */
	shake_hands();
	make_long(1);
	wire_tcp(&packet, &(struct route){tcp.to, tcp.from, 53, 50000}, 7001, 1001, TCP_ACK, message.bytes,
		 message.len);
	wire_set16(&packet, 6, 0x2000);
	assert_true(send_packet());
	assert_name("10.9.0.0", NULL);
	wire_set16(&packet, 6, 0);
	assert_true(send_packet());
	assert_name("10.9.0.0", "long.test");
}

/* Ethernet fills short packets up; what the header's length does not cover is nobody's. */
static void test_padding(void **state)
{
	(void)state;
	make_long(1);
	shake_hands();
	wire_tcp(&packet, &(struct route){tcp.to, tcp.from, 53, 50000}, 7001, 1001, TCP_ACK, message.bytes, 3);
	wire_put(&packet, "\0\0\0\0\0\0", 6);
	assert_true(send_packet());
	assert_true(send_tcp(true, 7004, 1001, TCP_ACK, message.bytes + 3, message.len - 3));
	assert_name("10.9.0.0", "long.test");
}

/* Every prefix of every kind of packet, in blocks that end where it does. */
static void test_short_packets(void **state)
{
	struct segment segment;

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		const struct route *route = kind & 1 ? &udp6 : &udp;

		if (kind & 2)
			wire_tcp(&packet, route, 1, 1, TCP_ACK, "0123456789abcdef", 16);
		else
			wire_udp(&packet, route, "0123456789abcdef", 16, kind & 1 ? 0 : 8);
		for (size_t len = 0; len <= packet.len; len++) {
			uint8_t *copy = malloc(len ? len : 1);

			memcpy(copy, packet.bytes, len);
			if (packet_decode(&segment, kind & 1 ? ETH_P_IPV6 : ETH_P_IP, copy, len)) {
				assert_true(segment.data + segment.len == copy + len);
				assert_int_equal(segment.target_port, 53);
			} else {
				assert_true(len < packet.len - 16);
			}
			free(copy);
		}
	}
}

static void assert_decodes(size_t at, unsigned int byte, bool wanted)
{
	struct segment segment;
	uint8_t kept = packet.bytes[at];

	packet.bytes[at] = (uint8_t)byte;
	assert_int_equal(
		packet_decode(&segment, packet.bytes[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP, packet.bytes, packet.len),
		wanted);
	packet.bytes[at] = kept;
}

static void test_malformed_headers(void **state)
{
	struct segment segment;

	(void)state;
	wire_udp(&packet, &udp, "0123456789", 10, 0);
	assert_decodes(0, 0x44, false); /* a header of 16 bytes */
	assert_decodes(0, 0x4f, false); /* longer than the packet */
	assert_decodes(0, 0x55, false); /* version 5 */
	assert_decodes(3, 19, false);	/* shorter than its header */
	assert_decodes(9, 1, false);
	assert_decodes(25, 7, false); /* UDP's length */
	assert_decodes(25, 0, true);
	assert_decodes(25, 200, true);
	assert_false(packet_decode(&segment, ETH_P_IPV6, packet.bytes, packet.len));
	assert_false(packet_decode(&segment, ETH_P_ARP, packet.bytes, packet.len));
	wire_tcp(&packet, &udp6, 1, 1, TCP_ACK, "0123456789", 10);
	assert_decodes(40 + 12, 0x40, false);
	assert_decodes(40 + 12, 0xf0, false);
	assert_decodes(40 + 12, 0x50, true);
	assert_false(packet_decode(&segment, ETH_P_IP, packet.bytes, packet.len));
	/* larger than the field: BIG TCP has 0 there */
	packet.bytes[4] = packet.bytes[5] = 0;
	assert_true(packet_decode(&segment, ETH_P_IPV6, packet.bytes, packet.len));
	assert_int_equal(segment.len, 10);
}

static void test_malformed_messages(void **state)
{
	const struct route back = route_back(&udp);

	(void)state;
	ask(&udp, 1);
	wire_begin(&message, 1, 0x8180, "a.test", TYPE_A);
	message.len = 11;
	send_message(&back);
	message.len = 15;
	send_message(&back);
	names_drain(names, clock_monotonic());
	assert_int_equal(names_counts(names).malformed, 2);
	assert_int_equal(names_counts(names).answers, 0);
}

/* A name that is too long to be shown takes the old one with it. */
static void test_unshowable_name(void **state)
{
	char name[300] = "";

	(void)state;
	for (int i = 0; i < 80; i++)
		strcat(name, "\1.");
	ask(&udp, 1);
	answer(&udp, 1, "old.test", "198.51.100.1");
	assert_name("198.51.100.1", "old.test");
	ask(&udp, 2);
	answer(&udp, 2, name, "198.51.100.1");
	assert_name("198.51.100.1", NULL);
}

static void test_hosts(void **state)
{
	(void)state;
	write_hosts("198.51.100.1 hosts.test alias\n::1 localhost\n");
	assert_name("198.51.100.1", "hosts.test");
	assert_name("::1", "localhost");
	ask(&udp, 1);
	answer(&udp, 1, "dns.test", "198.51.100.1");
	assert_name("198.51.100.1", "dns.test");
	assert_string_equal(name_at("198.51.100.1", clock_monotonic() + 200 * SECOND), "hosts.test");
}

static void test_dropped(void **state)
{
	(void)state;
	model.packets_dropped = 3;
	assert_int_equal(names_counts(names).dropped, 3);
	model.packets_dropped = 4;
	assert_int_equal(names_counts(names).dropped, 7);
}

static void test_without_names(void **state)
{
	(void)state;
	names_drain(NULL, UINT64_MAX);
	names_reload(NULL);
	names_close(NULL);
}

/* --- opening --- */

static void test_not_permitted(void **state)
{
	(void)state;
	names_close(names);
	model.socket_error = EPERM;
	assert_int_equal(names_open(&names, path, &err), -1);
	assert_sentence(&err, STATUS_NOT_PERMITTED, "EPERM");
	assert_non_null(strstr(err.text, "CAP_NET_RAW"));
	names_close(names);
	model.socket_error = EAFNOSUPPORT;
	assert_int_equal(names_open(&names, path, &err), -1);
	assert_sentence(&err, STATUS_UNSUPPORTED, "CONFIG_PACKET");
}

/* Whatever call fails: a sentence, or it works without it (a larger buffer, the hosts file). */
static void test_each_call_fails(void **state)
{
	int failures = 0;

	(void)state;
	for (int call = 1; call < 12; call++) {
		names_close(names);
		model.fail_at = model.calls + call;
		model.fail_error = ENOBUFS;
		if (names_open(&names, path, &err)) {
			assert_sentence(&err, STATUS_FAILURE, "ENOBUFS");
			failures++;
		}
	}
	assert_int_equal(failures, 4); /* socket, filter, stamps, bind */
	model.privileged = false;
	names_close(names);
	assert_int_equal(names_open(&names, path, &err), 0);
}

static void test_no_hosts(void **state)
{
	(void)state;
	names_close(names);
	assert_int_equal(names_open(&names, "/nowhere/hosts", &err), 0);
	assert_name("127.0.0.1", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_datagrams),
	TEST(test_newest_answer_wins),
	TEST(test_order_of_time),
	TEST(test_looks_once),
	TEST(test_stamps_that_can_not_be),
	TEST(test_ttl_and_grace),
	TEST(test_not_asked_for),
	TEST(test_queries),
	TEST(test_tcp),
	TEST(test_tcp_in_pieces),
	TEST(test_tcp_large_segment),
	TEST(test_tcp_forged),
	TEST(test_tcp_fast_open),
	TEST(test_filter),
	TEST(test_directions),
	TEST(test_header_options),
	TEST(test_fragments),
	TEST(test_padding),
	TEST(test_short_packets),
	TEST(test_malformed_headers),
	TEST(test_malformed_messages),
	TEST(test_unshowable_name),
	TEST(test_hosts),
	TEST(test_dropped),
	TEST(test_without_names),
	TEST(test_not_permitted),
	TEST(test_each_call_fails),
	TEST(test_no_hosts),
};

RUN(tests)
