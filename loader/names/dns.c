// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes that anybody may have made. Every read is checked against the end of the message; a pointer leads backwards only,
 * so that there are no loops, and there are few of them to a name; so a message takes time by its length, not by its
 * author's wit.
 */
#include "private.h"

#include <arpa/nameser.h>

#define WIRE_MAX     255 /* RFC 1035 2.3.4, the root's empty label included */
#define POINTERS_MAX 64	 /* well-meant names have one */
#define ALIASES_MAX  16	 /* of a chain; resolvers follow fewer */
#define CNAMES_MAX   64	 /* of a message */

/* Uncompressed: labels, each behind its length, and an empty one. */
struct wire {
	uint8_t bytes[WIRE_MAX];
	size_t len;
};

struct message {
	const uint8_t *bytes;
	size_t len;
	size_t answers; /* where they begin */
	unsigned int count;
};

struct record {
	size_t owner; /* where its name begins */
	uint16_t type, class;
	uint32_t ttl;
	size_t data, data_len;
};

bool dns_is_answer(const uint8_t *message)
{
	return message[2] & 0x80;
}

uint16_t dns_id(const uint8_t *message)
{
	return be16(message);
}

/* Returns where the name that begins at `at` ends; 0 where it does not. Pointers are not followed. */
static size_t skip_name(const struct message *message, size_t at)
{
	while (at < message->len) {
		uint8_t label = message->bytes[at];

		if (label == 0)
			return at + 1;
		if (label >> 6 == 3)
			return at + 2 <= message->len ? at + 2 : 0;
		if (label >> 6)
			return 0;
		at += 1 + label;
	}
	return 0;
}

static bool read_name(const struct message *message, size_t at, struct wire *name)
{
	size_t first = at; /* of the part that is being read */
	int pointers = 0;

	name->len = 0;
	while (at < message->len) {
		uint8_t label = message->bytes[at];

		if (label >> 6 == 3) {
			if (at + 2 > message->len || ++pointers > POINTERS_MAX)
				return false;
			at = be16(message->bytes + at) & 0x3fff;
			if (at >= first || at < DNS_HEADER)
				return false;
			first = at;
			continue;
		}
		if (label >> 6 || label >= message->len - at || name->len + 1 + label > WIRE_MAX)
			return false;
		memcpy(name->bytes + name->len, message->bytes + at, 1 + (size_t)label);
		name->len += 1 + (size_t)label;
		at += 1 + (size_t)label;
		if (label == 0)
			return true;
	}
	return false;
}

/* Lengths are below 64 and so no letters. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_name(const struct message *message, size_t at, const struct wire *name)
{
	struct wire other;

	if (!read_name(message, at, &other) || other.len != name->len)
		return false;
	for (size_t i = 0; i < name->len; i++) {
		if (lower(other.bytes[i]) != lower(name->bytes[i]))
			return false;
	}
	return true;
}

/* Reads the record at `*at` and goes behind it. False where it is not whole. */
static bool next_record(const struct message *message, size_t *at, struct record *record)
{
	const size_t fixed = 10;
	size_t end = skip_name(message, *at);
	const uint8_t *bytes = message->bytes + end;

	if (!end || message->len - end < fixed)
		return false;
	record->owner = *at;
	record->type = be16(bytes);
	record->class = be16(bytes + 2);
	record->ttl = be32(bytes + 4);
	record->data = end + fixed;
	record->data_len = be16(bytes + 8);
	if (record->data_len > message->len - record->data)
		return false;
	if (record->ttl >> 31) /* RFC 2181 8 */
		record->ttl = 0;
	*at = record->data + record->data_len;
	return true;
}

/* Follows the alias of `name` that stands at `*at` or behind it. Goes behind it; false where there is none. */
static bool next_alias(const struct message *message, size_t *at, unsigned int *left, struct wire *name, uint32_t *ttl)
{
	struct record record;
	struct wire target;
	int cnames = 0;

	while (*left && next_record(message, at, &record)) {
		--*left;
		if (record.type != ns_t_cname || record.class != ns_c_in)
			continue;
		if (++cnames > CNAMES_MAX)
			return false;
		if (!is_name(message, record.owner, name) || !read_name(message, record.data, &target))
			continue;
		*name = target;
		if (record.ttl < *ttl)
			*ttl = record.ttl;
		return true;
	}
	return false;
}

/*
 * From the name that was asked for to the one that has addresses. Servers write the chain in its order, which then takes
 * one look; nothing obliges them to, so there is another look for as long as one finds something.
 */
static void follow_aliases(const struct message *message, struct wire *name, uint32_t *ttl)
{
	bool found = true;
	int aliases = 0;

	while (found) {
		unsigned int left = message->count;
		size_t at = message->answers;

		found = false;
		while (aliases < ALIASES_MAX && next_alias(message, &at, &left, name, ttl)) {
			found = true;
			aliases++;
		}
	}
}

static bool read_address(const struct message *message, const struct record *record, uint8_t addr[ADDR_SIZE])
{
	const uint8_t *data = message->bytes + record->data;

	if (record->class != ns_c_in)
		return false;
	if (record->type == ns_t_a && record->data_len == 4) {
		map_inet(addr, data);
		return true;
	}
	if (record->type == ns_t_aaaa && record->data_len == ADDR_SIZE) {
		memcpy(addr, data, ADDR_SIZE);
		return true;
	}
	return false;
}

static int give_addresses(const struct message *message, const struct wire *name, uint32_t ttl, dns_address *give,
			  void *context)
{
	size_t at = message->answers;
	struct record record;
	uint8_t addr[ADDR_SIZE];
	int given = 0;

	for (unsigned int i = 0; i < message->count && next_record(message, &at, &record); i++) {
		if (!read_address(message, &record, addr) || !is_name(message, record.owner, name))
			continue;
		give(context, addr, record.ttl < ttl ? record.ttl : ttl);
		given++;
	}
	return given;
}

size_t dns_escape(uint8_t byte, char out[4])
{
	if (byte == '.' || byte == '\\') {
		out[0] = '\\';
		out[1] = (char)byte;
		return 2;
	}
	if (byte > ' ' && byte <= '~') {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + byte / 100);
	out[2] = (char)('0' + byte / 10 % 10);
	out[3] = (char)('0' + byte % 10);
	return 4;
}

/* A name that is too long is not cut: what is left could be another's. */
static void print_name(const struct wire *name, char text[NAME_MAX_LEN + 1])
{
	size_t len = 0, label = name->bytes[0];

	for (size_t i = 1; i < name->len; i++) {
		char piece[4] = ".";
		size_t size = 1;

		if (label) {
			size = dns_escape(name->bytes[i], piece);
			label--;
		} else {
			label = name->bytes[i];
			if (!label)
				break;
		}
		if (len + size > NAME_MAX_LEN) {
			len = 0;
			break;
		}
		memcpy(text + len, piece, size);
		len += size;
	}
	text[len] = '\0';
}

int dns_addresses(const uint8_t *bytes, size_t len, char asked[NAME_MAX_LEN + 1], dns_address *give, void *context)
{
	struct message message = {.bytes = bytes, .len = len};
	uint32_t ttl = UINT32_MAX;
	struct wire name;
	size_t end;

	if (len < DNS_HEADER || !dns_is_answer(bytes) || be16(bytes + 4) != 1 ||
	    !read_name(&message, DNS_HEADER, &name))
		return -1;
	end = skip_name(&message, DNS_HEADER);
	if (!end || len - end < 4)
		return -1;
	if ((bytes[2] >> 3 & 15) != ns_o_query || (bytes[3] & 15) != ns_r_noerror || be16(bytes + end + 2) != ns_c_in)
		return 0;
	message.answers = end + 4;
	message.count = be16(bytes + 6);
	print_name(&name, asked);
	follow_aliases(&message, &name, &ttl);
	return give_addresses(&message, &name, ttl, give, context);
}
