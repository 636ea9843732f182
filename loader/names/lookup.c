// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers and attempts in the order of time. A program asks, is answered and connects within microseconds, and what it
 * did is read in batches; so before an address is looked up all packets up to the attempt's time are taken, and none
 * beyond.
 */
#include "private.h"

#include "clock.h"

#include <netinet/in.h>
#include <stdlib.h>

/*
 * A name is kept so long beyond its TTL. getaddrinfo() hands addresses on without their TTL, often 0, and programs take a
 * while to use them, try the next address or connect again.
 */
#define GRACE (60 * SECOND)

struct names {
	struct secret secret;
	struct tap tap;
	bool waits; /* `packet` was received and not taken yet */
	struct queries queries;
	struct streams streams;
	struct book *book;
	struct hosts hosts;
	struct names_counts counts;
	struct packet packet;
};

/* An answer that is being taken. */
struct answer {
	struct names *names;
	uint64_t time;
	char asked[NAME_MAX_LEN + 1];
};

static void keep(void *context, const uint8_t addr[ADDR_SIZE], uint32_t ttl)
{
	const struct answer *answer = context;

	if (answer->asked[0])
		book_put(answer->names->book, addr, answer->asked, answer->time, answer->time + ttl * SECOND + GRACE);
	else /* what it was called before is not true any more */
		book_remove(answer->names->book, addr);
}

static void take_answer(void *context, const uint8_t *message, size_t len)
{
	struct names *names = context;
	struct answer answer = {.names = names, .time = names->packet.time};
	int given = dns_addresses(message, len, answer.asked, keep, &answer);

	names->counts.answers += given > 0;
	names->counts.malformed += given < 0;
}

static void take_datagram(struct names *names, const struct segment *segment)
{
	struct ends ends;

	if (segment->len < DNS_HEADER) {
		names->counts.malformed++;
		return;
	}
	if (!dns_is_answer(segment->data)) {
		ends = ends_from_client(segment);
		if (segment->target_port == DNS_PORT)
			queries_note(&names->queries, &ends, dns_id(segment->data), names->packet.time);
		return;
	}
	ends = ends_from_server(segment);
	if (segment->source_port != DNS_PORT)
		return;
	if (queries_asked(&names->queries, &ends, dns_id(segment->data), names->packet.time))
		take_answer(names, segment->data, segment->len);
	else
		names->counts.unasked++;
}

/* A connection is followed from its handshake on: who does not see the client's number can't forge what answers it. */
static void take_stream(struct names *names, const struct segment *segment)
{
	struct ends ends = ends_from_client(segment);
	uint32_t number = segment->seq;

	if (segment->syn && !segment->ack) {
		/* With TCP Fast Open data comes along, and is or is not acknowledged (RFC 7413). */
		queries_note(&names->queries, &ends, number, names->packet.time);
		if (segment->len)
			queries_note(&names->queries, &ends, number + (uint32_t)segment->len, names->packet.time);
		return;
	}
	ends = ends_from_server(segment);
	if (segment->syn) {
		if (!queries_asked(&names->queries, &ends, segment->acked - 1, names->packet.time)) {
			names->counts.unasked++;
			return;
		}
		streams_open(&names->streams, &ends, segment->seq);
	}
	streams_feed(&names->streams, &ends, segment, take_answer, names);
}

static void take_packet(struct names *names)
{
	const struct packet *packet = &names->packet;
	struct segment segment;

	names->counts.packets++;
	if (!packet_decode(&segment, packet->protocol, packet->bytes, packet->len))
		names->counts.malformed++;
	else if (segment.transport == IPPROTO_UDP)
		take_datagram(names, &segment);
	else
		take_stream(names, &segment);
}

void names_drain(struct names *names, uint64_t until)
{
	/* Of what came before `empty` nothing is left in the queue. */
	while (names && (names->waits || until > names->tap.empty)) {
		if (!names->waits && !tap_receive(&names->tap, &names->packet))
			break;
		names->waits = names->packet.time > until;
		if (names->waits)
			break;
		take_packet(names);
	}
}

const char *names_lookup(struct names *names, unsigned int family, const uint8_t *addr, uint64_t time)
{
	uint8_t key[ADDR_SIZE];
	const char *name;

	names_drain(names, time);
	if (family == AF_INET)
		map_inet(key, addr);
	else
		memcpy(key, addr, ADDR_SIZE);
	/* An answer is a look-up that was seen; a line of the file only tells of what could be. */
	name = book_find(names->book, key, time);
	return name ? name : hosts_find(&names->hosts, key, time);
}

void names_reload(struct names *names)
{
	if (names)
		names->hosts.looked = false;
}

int names_fd(const struct names *names)
{
	return names->tap.fd;
}

struct names_counts names_counts(struct names *names)
{
	struct names_counts counts = names->counts;

	counts.broken = names->streams.broken;
	counts.dropped = tap_dropped(&names->tap);
	counts.known = book_count(names->book);
	return counts;
}

int names_open(struct names **result, const char *hosts, struct error *err)
{
	static const uint8_t none[ADDR_SIZE];
	struct names *names = calloc(1, sizeof(*names));

	*result = names;
	if (names) {
		names->tap.fd = -1;
		secret_make(&names->secret);
		names->queries.secret = names->secret;
		names->hosts.path = hosts;
		names->hosts.secret = &names->secret;
		names->book = book_new(&names->secret);
	}
	if (!names || !names->book)
		return error_set(err, STATUS_FAILURE, "preparing the names of addresses: out of memory; leave -d out");
	hosts_find(&names->hosts, none, clock_monotonic());
	return tap_open(&names->tap, err);
}

void names_close(struct names *names)
{
	if (!names)
		return;
	tap_close(&names->tap);
	streams_close(&names->streams);
	hosts_close(&names->hosts);
	book_free(names->book);
	free(names);
}
