// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of an attempt that several formats write alike. */
#include "output.h"

#include <sys/socket.h>
#include <time.h>

/* inet_ntop() formats by sprintf(), which was two fifths of the reader's time. */
static void put_inet4(struct buffer *buf, const uint8_t *addr)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			put_char(buf, '.');
		put_unsigned(buf, addr[i]);
	}
}

static void put_hex_word(struct buffer *buf, unsigned int word)
{
	static const char digits[] = "0123456789abcdef";

	for (int shift = word > 0xfff ? 12 : word > 0xff ? 8 : word > 0xf ? 4 : 0; shift >= 0; shift -= 4)
		put_char(buf, digits[word >> shift & 15]);
}

/* The longest run of zero words, the first of several; a single one is no run (RFC 5952, 4.2). Returns its length. */
static int find_zeros(const uint16_t words[8], int *start)
{
	int longest = 1, run = 0;

	for (int i = 0; i < 8; i++) {
		run = words[i] ? 0 : run + 1;
		if (run > longest) {
			longest = run;
			*start = i + 1 - run;
		}
	}
	return longest > 1 ? longest : 0;
}

static void put_inet6(struct buffer *buf, const uint8_t *addr)
{
	uint16_t words[8];
	int start = -1, zeros;

	for (int i = 0; i < 8; i++)
		words[i] = (uint16_t)(addr[2 * i] << 8 | addr[2 * i + 1]);
	zeros = find_zeros(words, &start);
	for (int i = 0; i < 8; i++) {
		if (i == start) {
			put_bytes(buf, "::", i == 0 ? 2 : 1); /* a word before it has brought one */
			i += zeros - 1;
			continue;
		}
		/* ::ffff:a.b.c.d and ::a.b.c.d, as inet_ntop() has them. */
		if (i == 6 && start == 0 && (zeros == 6 || (zeros == 5 && words[5] == 0xffff))) {
			put_inet4(buf, addr + 12);
			return;
		}
		put_hex_word(buf, words[i]);
		if (i < 7)
			put_char(buf, ':');
	}
}

void put_inet_address(struct buffer *buf, unsigned int family, const uint8_t *addr)
{
	if (family == AF_INET)
		put_inet4(buf, addr);
	else
		put_inet6(buf, addr);
}

/* What has no name is shown by its number. */
static void put_name(struct buffer *buf, const char *name, const char *prefix, unsigned int number)
{
	if (name) {
		put_text(buf, name);
		return;
	}
	put_text(buf, prefix);
	put_unsigned(buf, number);
}

void put_family_name(struct buffer *buf, unsigned int family)
{
	put_name(buf, family_name(family), "AF_", family);
}

void put_type_name(struct buffer *buf, unsigned int type)
{
	put_name(buf, type_name(type), "SOCK_", type);
}

/* Numbers, since the libc that builds this may be older than the kernel that runs it. */
void put_protocol_name(struct buffer *buf, unsigned int protocol)
{
	static const struct {
		unsigned int number;
		const char *name;
	} names[] = {
		{1, "icmp"},	   {2, "igmp"},	  {6, "tcp"},	    {17, "udp"},  {33, "dccp"},
		{58, "ipv6-icmp"}, {132, "sctp"}, {136, "udplite"}, {255, "raw"}, {262, "mptcp"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == protocol) {
			put_text(buf, names[i].name);
			return;
		}
	}
	put_unsigned(buf, protocol);
}

static void put_second(char text[20], uint64_t second)
{
	time_t t = (time_t)second;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, 20, "%Y-%m-%dT%H:%M:%S", &tm);
}

static void put_fraction(struct buffer *buf, uint64_t wall)
{
	put_char(buf, '.');
	put_digits(buf, wall % 1000000000, 9);
	put_char(buf, 'Z');
}

/* Most lines are of the same second as the one before. */
void put_event_time(struct style *style, struct buffer *buf, uint64_t monotonic)
{
	uint64_t wall = monotonic + (uint64_t)style->wall, second = wall / 1000000000;

	if (second != style->cache.second || !style->cache.text[0]) {
		put_second(style->cache.text, second);
		style->cache.second = second;
	}
	put_bytes(buf, style->cache.text, strlen(style->cache.text));
	put_fraction(buf, wall);
}

void put_time(struct buffer *buf, uint64_t wall)
{
	char text[20] = "";

	put_second(text, wall / 1000000000);
	put_text(buf, text);
	put_fraction(buf, wall);
}
