/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the bytes of a record to an attempt that can be shown: what is known is there, what is not is marked so, and
 * nothing beyond the caller's addrlen bytes gets through.
 */
#ifndef CONNSNOOP_ATTEMPT_H
#define CONNSNOOP_ATTEMPT_H

#include "event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sockaddr by its family, decoded as far as whole fields reach. Numbers in host byte order, addresses as they came. */
struct address {
	bool has_family; /* addrlen >= 2 */
	bool fault;	 /* it could not be read at all: nothing else is set */
	uint16_t family;

	bool has_port, has_flowinfo, has_addr, has_scope;
	uint16_t port;
	uint32_t flowinfo;
	uint32_t scope_id;
	const uint8_t *addr; /* 4 or 16 bytes */

	bool abstract, unnamed;
	const uint8_t *path; /* path_len bytes, without an abstract name's leading NUL; not terminated */
	size_t path_len;

	const uint8_t *raw; /* the caller's bytes, all raw_len of them */
	size_t raw_len;
};

struct attempt {
	uint64_t time; /* ns, CLOCK_MONOTONIC */
	uint32_t cpu;
	uint32_t pid, tid, uid, gid;
	char comm[COMM_SIZE + 1];
	int32_t sockfd;
	int32_t addrlen;
	bool has_type;
	uint16_t type;
	uint16_t place; /* which of the hook's places saw it */
	bool kernel;	/* no system call that connects is under way: the kernel connects by itself */
	enum via via;
	bool compat;
	bool user_memory; /* the address was read from memory that the caller could still change */
	bool disconnect;  /* AF_UNSPEC: dissolves an association */
	struct address address;
	struct event event; /* what the pointers above point into */
};

/*
 * Decodes a record of `size` bytes; false where it is none of ours. The result points into itself, so it must not be
 * copied.
 */
bool attempt_decode(struct attempt *attempt, uint32_t cpu, const void *data, size_t size);

/* Decodes `addrlen` bytes as the caller gave them; `bytes` holds `size` of them and must outlive the result. */
void address_decode(struct address *address, const uint8_t *bytes, size_t size, int32_t addrlen);

/* "AF_INET", "SOCK_STREAM", "connect"; NULL for a number that has no name. */
const char *family_name(unsigned int family);
const char *type_name(unsigned int type);
const char *via_name(enum via via);

/* "inet", "AF_INET6": its number, or -1. */
int family_number(const char *name);

#endif
