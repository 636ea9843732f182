// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values as baselines hold them: printable ASCII without tabs, each value in one form, so that files can be sorted,
 * compared and edited; and back.
 */
#include "private.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char unreadable[] = "(unreadable)", unnamed[] = "(unnamed)", empty[] = "\"\"";

/*
 * As C writes them. What begins like a value of ours (-, @, parenthesis, quotes), like a comment, sorts before one, or
 * would be a formula to a spreadsheet is escaped in its first byte, so that it can't be taken for that.
 */
static void put_escaped(struct buffer *buf, const uint8_t *bytes, size_t len, bool first)
{
	for (size_t i = 0; i < len; i++) {
		bool marks = first && i == 0 && strchr(" !\"#(-@*=+", bytes[i]);

		if (bytes[i] == '\\') {
			put_text(buf, "\\\\");
		} else if (bytes[i] < ' ' || bytes[i] > '~' || marks) {
			put_text(buf, "\\x");
			put_hex(buf, bytes + i, 1);
		} else {
			put_char(buf, (char)bytes[i]);
		}
	}
}

static void put_comm(struct buffer *buf, const struct key *key)
{
	size_t len = strnlen(key->comm, COMM_SIZE);

	if (len)
		put_escaped(buf, (const uint8_t *)key->comm, len, true);
	else
		put_text(buf, empty);
}

/* "AF_INET" is inet, "SOCK_STREAM" stream; what has no name is its number. */
static void put_name(struct buffer *buf, bool known, const char *name, unsigned int number)
{
	if (!known) {
		put_char(buf, '-');
	} else if (!name) {
		put_unsigned(buf, number);
	} else {
		for (name = strchr(name, '_') + 1; *name; name++)
			put_char(buf, *name >= 'A' && *name <= 'Z' ? (char)(*name | 32) : *name);
	}
}

static void put_address(struct buffer *buf, const struct key *key)
{
	if (key->known & KEY_UNREADABLE) {
		put_text(buf, unreadable);
	} else if (!(key->known & KNOWN_ADDR)) {
		put_char(buf, '-');
	} else if (key->family != AF_UNIX) {
		put_inet_address(buf, key->family, key->addr);
		if (key->scope_id) {
			put_char(buf, '%');
			put_unsigned(buf, key->scope_id);
		}
	} else if (key->known & KEY_ABSTRACT) {
		put_char(buf, '@');
		put_escaped(buf, key->addr, key->addr_len, false);
	} else if (key->addr_len) {
		put_escaped(buf, key->addr, key->addr_len, true);
	} else {
		put_text(buf, unnamed);
	}
}

static void put_number(struct buffer *buf, bool known, uint64_t number)
{
	if (known)
		put_unsigned(buf, number);
	else
		put_char(buf, '-');
}

void put_field(struct buffer *buf, enum column column, const struct key *key)
{
	switch (column) {
	case BY_PID:
		put_unsigned(buf, key->pid);
		break;
	case BY_TID:
		put_unsigned(buf, key->tid);
		break;
	case BY_UID:
		put_unsigned(buf, key->uid);
		break;
	case BY_COMM:
		put_comm(buf, key);
		break;
	case BY_FAMILY:
		put_name(buf, key->known & KNOWN_FAMILY, family_name(key->family), key->family);
		break;
	case BY_TYPE:
		put_name(buf, key->known & KNOWN_TYPE, type_name(key->type), key->type);
		break;
	case BY_ADDR:
		put_address(buf, key);
		break;
	case BY_PORT:
		put_number(buf, key->known & KNOWN_PORT, key->port);
		break;
	case BY_CGROUP:
		put_number(buf, key->known & KNOWN_CGROUP, key->cgroup_id);
		break;
	case BY_NETNS:
	default:
		put_number(buf, key->known & KNOWN_NETNS, key->net_ns);
	}
}

/* Digits only, no leading zero: one form for each number. */
static bool get_number(const char *text, uint64_t max, uint64_t *number)
{
	*number = 0;
	if (!*text || (*text == '0' && text[1]))
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*number > (max - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return !*text;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 32) : NULL;

	return at && ((c >= '0' && c <= '9') || (c | 32) >= 'a') ? (int)(at - digits) : -1;
}

/* Returns the length, or -1 where there is an escape that is none, or more than `max` bytes. */
static int get_escaped(const char *text, uint8_t *bytes, size_t max)
{
	size_t len = 0;

	while (*text) {
		uint8_t byte = (uint8_t)*text++;

		if (byte == '\\' && *text == '\\') {
			text++;
		} else if (byte == '\\') {
			int high = *text == 'x' ? hex_digit(text[1]) : -1, low = high < 0 ? -1 : hex_digit(text[2]);

			if (low < 0)
				return -1;
			byte = (uint8_t)(high << 4 | low);
			text += 3;
		}
		if (len == max)
			return -1;
		bytes[len++] = byte;
	}
	return (int)len;
}

static bool get_comm(const char *text, struct key *key)
{
	int len = strcmp(text, empty) != 0 ? get_escaped(text, (uint8_t *)key->comm, COMM_SIZE - 1) : 0;

	/* A name has no NUL. */
	return *text && len >= 0 && strlen(key->comm) == (size_t)len;
}

static bool get_name(const char *text, int (*number_of)(const char *), uint16_t *value, uint8_t flag, uint8_t *known)
{
	int named = number_of(text);
	uint64_t number;

	if (!strcmp(text, "-"))
		return true;
	if (named < 0 && !get_number(text, UINT16_MAX, &number))
		return false;
	*value = (uint16_t)(named < 0 ? number : (uint64_t)named);
	*known |= flag;
	return true;
}

static bool get_inet(const char *text, struct key *key)
{
	char addr[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");
	uint64_t scope = 0;

	if (len >= sizeof(addr) || (text[len] && key->family == AF_INET))
		return false;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (text[len] && (!get_number(text + len + 1, UINT32_MAX, &scope) || !scope))
		return false;
	key->scope_id = (uint32_t)scope;
	key->addr_len = key->family == AF_INET ? 4 : 16;
	return inet_pton(key->family, addr, key->addr) == 1;
}

static bool get_unix(const char *text, struct key *key)
{
	bool abstract = *text == '@';
	int len = 0;

	if (strcmp(text, unnamed) != 0)
		len = get_escaped(text + abstract, key->addr, KEY_ADDR_MAX - abstract);
	if (len < 0 || !*text)
		return false;
	key->addr_len = (uint8_t)len;
	key->known |= abstract ? KEY_ABSTRACT : 0;
	/* A path ends at a NUL, so it has none. */
	return abstract || !memchr(key->addr, '\0', (size_t)len);
}

/* Behind the family, which says how it is written. */
static bool get_address(const char *text, struct key *key)
{
	bool has_family = key->known & KNOWN_FAMILY;

	if (!strcmp(text, "-"))
		return !has_family || key->family != AF_UNIX;
	if (!strcmp(text, unreadable)) {
		key->known |= KEY_UNREADABLE;
		return !has_family;
	}
	if (!has_family)
		return false;
	key->known |= KNOWN_ADDR;
	if (key->family == AF_INET || key->family == AF_INET6)
		return get_inet(text, key);
	return key->family == AF_UNIX && get_unix(text, key);
}

/* "-" leaves it unknown. */
static bool get_known(const char *text, uint64_t max, uint8_t flag, struct key *key, uint64_t *number)
{
	*number = 0;
	if (!strcmp(text, "-"))
		return true;
	key->known |= flag;
	return get_number(text, max, number);
}

bool get_field(const char *text, enum column column, union key_room *room)
{
	struct key *key = &room->key;
	uint64_t number = 0;
	bool good;

	switch (column) {
	case BY_PID:
		good = get_number(text, UINT32_MAX, &number);
		key->pid = (uint32_t)number;
		return good;
	case BY_TID:
		good = get_number(text, UINT32_MAX, &number);
		key->tid = (uint32_t)number;
		return good;
	case BY_UID:
		good = get_number(text, UINT32_MAX, &number);
		key->uid = (uint32_t)number;
		return good;
	case BY_COMM:
		return get_comm(text, key);
	case BY_FAMILY:
		return get_name(text, family_number, &key->family, KNOWN_FAMILY, &key->known);
	case BY_TYPE:
		return get_name(text, type_number, &key->type, KNOWN_TYPE, &key->known);
	case BY_ADDR:
		return get_address(text, key);
	case BY_PORT:
		good = get_known(text, UINT16_MAX, KNOWN_PORT, key, &number);
		key->port = (uint16_t)number;
		return good;
	case BY_CGROUP:
		good = get_known(text, UINT64_MAX, KNOWN_CGROUP, key, &number);
		key->cgroup_id = number;
		return good;
	case BY_NETNS:
		good = get_known(text, UINT32_MAX, KNOWN_NETNS, key, &number);
		key->net_ns = (uint32_t)number;
		return good;
	default:
		return false;
	}
}
