// SPDX-License-Identifier: GPL-2.0-or-later
#include "filter.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static bool in_ranges(const struct ranges *ranges, uint32_t value)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ranges->range[middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges->count && ranges->range[low].first <= value;
}

static bool ranges_pass(const struct ranges *ranges, bool known, uint32_t value)
{
	return !ranges->count || (known && in_ranges(ranges, value)) != ranges->negated;
}

/* Unless asked: streams and datagrams, and what UNIX sockets have between them. */
bool filter_passes_type(const struct filter *filter, unsigned int family, uint16_t type)
{
	if (filter->types.count)
		return ranges_pass(&filter->types, true, type);
	return filter->any_type || type == SOCK_STREAM || type == SOCK_DGRAM ||
	       (family == AF_UNIX && type == SOCK_SEQPACKET);
}

static bool has_prefix(const struct prefix *prefix, const uint8_t addr[16])
{
	size_t bytes = prefix->bits / 8, rest = prefix->bits % 8;

	if (memcmp(prefix->addr, addr, bytes) != 0)
		return false;
	return !rest || (prefix->addr[bytes] ^ addr[bytes]) >> (8 - rest) == 0;
}

/* None is within another, so that only the last one that begins at or before the address can hold it. */
static bool search_prefixes(const struct prefix *prefix, size_t count, const uint8_t addr[16])
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (memcmp(prefix[middle].addr, addr, sizeof(prefix->addr)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && has_prefix(&prefix[low - 1], addr);
}

static bool in_prefixes(const struct prefixes *prefixes, const struct address *address)
{
	const struct prefix *v6 = prefixes->prefix + prefixes->v4_count;
	uint8_t addr[16] = {[10] = 0xff, [11] = 0xff};
	bool v4 = address->family == AF_INET;

	if (!address->has_addr)
		return false;
	if (v4)
		memcpy(addr + 12, address->addr, 4);
	else
		memcpy(addr, address->addr, sizeof(addr));
	return search_prefixes(prefixes->prefix, prefixes->v4_count, addr) ||
	       (!v4 && search_prefixes(v6, prefixes->count - prefixes->v4_count, addr));
}

static bool in_patterns(const struct patterns *patterns, const char *text)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (!fnmatch(patterns->pattern[i], text, 0))
			return true;
	}
	return false;
}

/* As people write it: an abstract name after an @. What follows an embedded NUL can't be matched. */
static bool path_passes(const struct patterns *patterns, const struct address *address)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 2] = "@";
	size_t at = address->abstract ? 1 : 0;

	if (!patterns->count)
		return true;
	if (address->family != AF_UNIX || !address->has_family || address->unnamed)
		return patterns->negated;
	memcpy(path + at, address->path, address->path_len);
	path[at + address->path_len] = '\0';
	return in_patterns(patterns, path) != patterns->negated;
}

static bool address_passes(const struct filter *filter, const struct address *address)
{
	if (filter->families != FAMILIES_ANY &&
	    !(address->has_family && address->family < 64 && filter->families & 1ULL << address->family))
		return false;
	if (!ranges_pass(&filter->ports, address->has_port, address->port) || !path_passes(&filter->paths, address))
		return false;
	return !filter->nets.count || in_prefixes(&filter->nets, address) != filter->nets.negated;
}

/* A type or namespace that is not known can't be held against an attempt. */
bool filter_passes(const struct filter *filter, const struct attempt *attempt)
{
	if (!attempt->address.fault && !address_passes(filter, &attempt->address))
		return false;
	if (!filter->follow && !ranges_pass(&filter->pids, true, attempt->pid))
		return false;
	if (!ranges_pass(&filter->uids, true, attempt->uid))
		return false;
	if (attempt->identity.parts & IDENTITY_NET_NS && !ranges_pass(&filter->netns, true, attempt->identity.net_ns))
		return false;
	if (filter->comms.count && in_patterns(&filter->comms, attempt->comm) == filter->comms.negated)
		return false;
	return !attempt->has_type || attempt->address.fault ||
	       filter_passes_type(filter, attempt->address.family, attempt->type);
}
