/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_NAMES_PRIVATE_H
#define CONNSNOOP_NAMES_PRIVATE_H

#include "names.h"

#include <linux/filter.h>
#include <string.h>

#define DNS_PORT  53
#define ADDR_SIZE 16 /* IPv4 as ::ffff:a.b.c.d */
#define SECOND	  1000000000ULL

static inline uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)be16(bytes) << 16 | be16(bytes + 2);
}

static inline void map_inet(uint8_t addr[ADDR_SIZE], const uint8_t inet[4])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	memcpy(addr, prefix, sizeof(prefix));
	memcpy(addr + sizeof(prefix), inet, 4);
}

/* Strangers choose what is hashed; what they do not know is the secret. */
struct secret {
	uint64_t word[2];
};
void secret_make(struct secret *secret);
uint64_t secret_hash(const struct secret *secret, const void *bytes, size_t len);

/* tap.c: packets as they come by, without their link's header. */

extern const struct sock_fprog tap_filter;

struct tap {
	int fd;
	uint64_t empty; /* all that came before then has been read; ns, CLOCK_MONOTONIC */
	uint64_t dropped;
};

struct packet {
	uint64_t time;	   /* ns, CLOCK_MONOTONIC */
	uint16_t protocol; /* ETH_P_IP or ETH_P_IPV6 */
	size_t len;
	uint8_t bytes[65536 + 64]; /* a TCP packet is as large as that before it is cut into segments */
};

int tap_open(struct tap *tap, struct error *err);
void tap_close(struct tap *tap);
/* False where there is none. */
bool tap_receive(struct tap *tap, struct packet *packet);
/* Drops since the opening. */
uint64_t tap_dropped(struct tap *tap);

/* packet.c: what lies in a packet. */

/* Who asks whom. Without padding, so that it can be compared and hashed as bytes. */
struct ends {
	uint8_t server[ADDR_SIZE], client[ADDR_SIZE];
	uint16_t port;	    /* the client's; the server's is 53 */
	uint16_t transport; /* IPPROTO_UDP or IPPROTO_TCP */
};
_Static_assert(sizeof(struct ends) == 2 * ADDR_SIZE + 4, "padding would be hashed");

struct segment {
	uint8_t source[ADDR_SIZE], target[ADDR_SIZE];
	uint16_t source_port, target_port;
	uint16_t transport;
	const uint8_t *data;
	size_t len;
	bool syn, ack, fin, rst; /* TCP */
	uint32_t seq, acked;
};

/* False where it is no UDP or TCP, or only the rest of a fragmented packet. Points into `bytes`. */
bool packet_decode(struct segment *segment, uint16_t protocol, const uint8_t *bytes, size_t len);
struct ends ends_from_client(const struct segment *segment);
struct ends ends_from_server(const struct segment *segment);

/* queries.c: what was asked, so that answers to nothing are not believed. */

#define QUERY_SETS 1024
#define QUERY_WAYS 4
#define QUERY_LIFE (30 * SECOND) /* RES_MAXRETRANS, the longest that glibc waits */

struct queries {
	struct secret secret;
	struct query {
		uint64_t print; /* hash of ends and number; 0: free */
		uint64_t time;
	} set[QUERY_SETS][QUERY_WAYS];
};

/* `number`: the message's ID; of a TCP connection the client's first sequence number. */
void queries_note(struct queries *queries, const struct ends *ends, uint32_t number, uint64_t time);
bool queries_asked(const struct queries *queries, const struct ends *ends, uint32_t number, uint64_t time);

/* streams.c: messages out of TCP connections, each behind two bytes of length (RFC 1035 4.2.2). */

#define STREAMS 32

struct streams {
	struct stream {
		bool open;
		struct ends ends;
		uint32_t first; /* the server's first sequence number */
		uint32_t next;	/* the one that is waited for */
		uint64_t used;	/* the oldest makes room for a new one */
		uint8_t prefix[2];
		size_t prefix_len;
		uint8_t *message; /* NULL, or `want` bytes, of which `have` are there */
		size_t want, have;
	} stream[STREAMS];
	uint64_t clock;
	uint64_t broken;
};

typedef void stream_message(void *context, const uint8_t *message, size_t len);

/* A connection that the server has accepted. */
void streams_open(struct streams *streams, const struct ends *ends, uint32_t first);
/* What the server sent. Whole messages are handed over; they live until the function returns. */
void streams_feed(struct streams *streams, const struct ends *ends, const struct segment *segment,
		  stream_message *message, void *context);
void streams_close(struct streams *streams);

/* dns.c: messages (RFC 1035). */

#define DNS_HEADER 12

typedef void dns_address(void *context, const uint8_t addr[ADDR_SIZE], uint32_t ttl);

/* At least a header's bytes: is it an answer, and to which number? */
bool dns_is_answer(const uint8_t *message);
uint16_t dns_id(const uint8_t *message);
/*
 * Gives each address that the name in the question stands for, directly or by a chain of aliases, with the least of the
 * chain's TTLs. `asked` is that name with all but printable characters as \DDD, "" where it is longer than NAME_MAX_LEN.
 * What is cut off or malformed ends the list; whole records before it count. Returns how many were given; -1 where the
 * message is malformed before its answers begin.
 */
int dns_addresses(const uint8_t *message, size_t len, char asked[NAME_MAX_LEN + 1], dns_address *give, void *context);

/* One byte of a label as RFC 1035 5.1 writes it; returns the length, 1 to 4. A dot that is none between labels is \. */
size_t dns_escape(uint8_t byte, char out[4]);

/* book.c: a bounded book of addresses. */

#define BOOK_ENTRIES 16384
#define BOOK_BYTES   (3 << 20) /* of names; with the entries 4 MiB */

struct book;

struct book *book_new(const struct secret *secret);
void book_free(struct book *book);
/* The newest name wins. Where there is no room, what has expired at `now` goes, else the oldest. */
void book_put(struct book *book, const uint8_t addr[ADDR_SIZE], const char *name, uint64_t now, uint64_t expires);
void book_remove(struct book *book, const uint8_t addr[ADDR_SIZE]);
/* NULL: not there, or expired. Lives until the next put or remove. */
const char *book_find(const struct book *book, const uint8_t addr[ADDR_SIZE], uint64_t now);
size_t book_count(const struct book *book);
size_t book_bytes(const struct book *book);

/* hosts.c: /etc/hosts (hosts(5)), read again when it changed. */

#define HOSTS_INTERVAL SECOND
#define HOSTS_SIZE_MAX (32 << 20)

struct hosts {
	const char *path;
	const struct secret *secret;
	struct book *book; /* NULL: could not be read */
	bool looked;
	uint64_t time; /* of the last look */
	struct hosts_seen {
		uint64_t device, inode, size, seconds, ns;
	} seen;
};

const char *hosts_find(struct hosts *hosts, const uint8_t addr[ADDR_SIZE], uint64_t now);
/* One line, without its newline. */
void hosts_line(struct book *book, char *line);
void hosts_close(struct hosts *hosts);

#endif
