// SPDX-License-Identifier: GPL-2.0-or-later
/* From an attempt to what it is put together by, in one form only. */
#include "private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static const char *const names[BY_COLUMNS] = {"pid",  "tid",  "uid",  "comm",	"family",
					      "type", "addr", "port", "cgroup", "netns"};

const char *column_name(enum column column)
{
	return names[column];
}

int column_number(const char *name, size_t len)
{
	for (int column = 0; column < BY_COLUMNS; column++) {
		if (strlen(names[column]) == len && !memcmp(names[column], name, len))
			return column;
	}
	return -1;
}

static void take_who(struct key *key, const struct attempt *attempt, unsigned int by)
{
	if (by & BY(BY_PID))
		key->pid = attempt->pid;
	if (by & BY(BY_TID))
		key->tid = attempt->tid;
	if (by & BY(BY_UID))
		key->uid = attempt->uid;
	/* What follows a NUL is no part of the name. */
	if (by & BY(BY_COMM))
		memcpy(key->comm, attempt->comm, strnlen(attempt->comm, COMM_SIZE));
	if (by & BY(BY_TYPE) && attempt->has_type) {
		key->type = attempt->type;
		key->known |= KNOWN_TYPE;
	}
	if (by & BY(BY_CGROUP) && attempt->identity.parts & IDENTITY_CGROUP_ID) {
		key->cgroup_id = attempt->identity.cgroup_id;
		key->known |= KNOWN_CGROUP;
	}
	if (by & BY(BY_NETNS) && attempt->identity.parts & IDENTITY_NET_NS) {
		key->net_ns = attempt->identity.net_ns;
		key->known |= KNOWN_NETNS;
	}
}

static void take_bytes(struct key *key, const uint8_t *bytes, size_t len)
{
	key->known |= KNOWN_ADDR;
	key->addr_len = (uint8_t)len;
	memcpy(key->addr, bytes, len);
}

static void take_addr(struct key *key, const struct address *address)
{
	if (address->family == AF_INET && address->has_addr) {
		take_bytes(key, address->addr, 4);
	} else if (address->family == AF_INET6 && address->has_addr) {
		take_bytes(key, address->addr, 16);
		key->scope_id = address->scope_id;
	} else if (address->family == AF_UNIX) {
		take_bytes(key, address->unnamed ? (const uint8_t *)"" : address->path, address->path_len);
		key->known |= address->abstract ? KEY_ABSTRACT : 0;
	}
}

void key_of(union key_room *room, const struct attempt *attempt, unsigned int by)
{
	const struct address *address = &attempt->address;
	struct key *key = &room->key;

	memset(room, 0, sizeof(*room));
	take_who(key, attempt, by);
	if (address->fault && by & BY(BY_ADDR))
		key->known |= KEY_UNREADABLE;
	if (!address->has_family)
		return;
	if (by & (BY(BY_FAMILY) | BY(BY_ADDR))) {
		key->family = address->family;
		key->known |= KNOWN_FAMILY;
	}
	if (by & BY(BY_ADDR))
		take_addr(key, address);
	if (by & BY(BY_PORT) && address->has_port) {
		key->port = address->port;
		key->known |= KNOWN_PORT;
	}
}

size_t key_size(const struct key *key)
{
	return offsetof(struct key, addr) + key->addr_len;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_who(const struct key *a, const struct key *b)
{
	int result = compare_numbers(a->pid, b->pid);

	result = result ? result : compare_numbers(a->tid, b->tid);
	result = result ? result : compare_numbers(a->uid, b->uid);
	result = result ? result : memcmp(a->comm, b->comm, sizeof(a->comm));
	result = result ? result : compare_numbers(a->net_ns, b->net_ns);
	return result ? result : compare_numbers(a->cgroup_id, b->cgroup_id);
}

int key_compare(const struct key *a, const struct key *b)
{
	size_t len = a->addr_len < b->addr_len ? a->addr_len : b->addr_len;
	int result = compare_who(a, b);

	result = result ? result : compare_numbers(a->family, b->family);
	result = result ? result : compare_numbers(a->type, b->type);
	result = result ? result : memcmp(a->addr, b->addr, len);
	result = result ? result : compare_numbers(a->addr_len, b->addr_len);
	result = result ? result : compare_numbers(a->scope_id, b->scope_id);
	result = result ? result : compare_numbers(a->port, b->port);
	return result ? result : compare_numbers(a->known, b->known);
}

void key_address(const struct key *key, struct address *address)
{
	memset(address, 0, sizeof(*address));
	address->fault = key->known & KEY_UNREADABLE;
	address->has_family = key->known & KNOWN_FAMILY;
	address->family = key->family;
	address->has_port = key->known & KNOWN_PORT;
	address->port = key->port;
	address->scope_id = key->scope_id;
	address->has_scope = key->scope_id != 0;
	if (!(key->known & KNOWN_ADDR))
		return;
	if (key->family == AF_UNIX) {
		address->path = key->addr;
		address->path_len = key->addr_len;
		address->abstract = key->known & KEY_ABSTRACT;
		address->unnamed = !key->addr_len && !address->abstract;
	} else {
		address->addr = key->addr;
		address->has_addr = true;
	}
}
