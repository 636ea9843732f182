// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <sys/socket.h>

/* Streams and datagrams, and what UNIX sockets have between them. A type that is not known can't be held against it. */
static bool is_common_type(const struct attempt *attempt)
{
	if (!attempt->has_type || attempt->type == SOCK_STREAM || attempt->type == SOCK_DGRAM)
		return true;
	return attempt->address.family == AF_UNIX && attempt->type == SOCK_SEQPACKET;
}

bool filter_passes(const struct filter *filter, const struct attempt *attempt)
{
	const struct address *address = &attempt->address;

	/* An address that could not be read is no reason to hide an attempt. */
	if (address->fault)
		return true;
	if (filter->families != FAMILIES_ANY &&
	    !(address->has_family && address->family < 64 && filter->families & 1ULL << address->family))
		return false;
	return filter->any_type || is_common_type(attempt);
}
