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

/* Who, beyond the numbers of struct attempt: taken in the kernel at the moment of the event. */
struct identity {
	uint32_t parts;	     /* IDENTITY_* */
	uint32_t proc_parts; /* those of `parts` that are /proc's, a moment later, and not the kernel's own */
	uint32_t ppid;	     /* the parent's process, in the initial PID namespace */
	uint32_t ns_pid, ns_tid,
		ns_ppid; /* the same in the caller's own PID namespace; ns_ppid 0: the parent is outside */
	uint64_t start;	 /* of the process (its first thread): ns, CLOCK_BOOTTIME */
	uint32_t mnt_ns, pid_ns, net_ns, user_ns, uts_ns; /* inode numbers, as in /proc/PID/ns */
	uint64_t cgroup_id;
};

/*
 * Whether /proc still told of the process that made the attempt. FROM_CHANGED: it did, but the caller's name has changed
 * meanwhile, so that it may run another program: exe and args are not told.
 */
enum from { FROM_NOT_ASKED, FROM_PROC, FROM_GONE, FROM_CHANGED };

/* Who, as /proc says a moment later. Strings belong to the cache that gave them and live until the next attempt. */
struct about {
	enum from from;
	const char *exe;  /* NULL: not known (a kernel thread, gone, changed, or we may not look) */
	const char *args; /* args_len bytes, each argument ends with a NUL; NULL: not known or not asked for */
	size_t args_len;
	bool args_cut;	       /* there were more */
	const char *user;      /* name of the uid; NULL: it has none */
	const char *cgroup;    /* path in the hierarchy that names the container, else of v2 or "name=systemd" */
	const char *container; /* id; NULL: none */
	const char
		*runtime; /* "docker", "containerd", "cri-o", "podman", "nspawn", "lxc"; NULL: not told by the path */
};

/* How it ended. */
enum outcome { OUTCOME_NOT_ASKED, OUTCOME_UNKNOWN, OUTCOME_SUCCESS, OUTCOME_IN_PROGRESS, OUTCOME_FAILURE };

struct result {
	enum outcome outcome;
	bool has_verdict;
	int verdict;	/* the security hook's: 0 or a negative errno */
	int error;	/* connect()'s own: 0 or a negative errno; with OUTCOME_UNKNOWN meaningless */
	uint64_t ns;	/* from the hook to the return */
	bool has_local; /* local_addr (4 or 16 bytes by the address's family) and local_port */
	uint8_t local_addr[16];
	uint16_t local_port;
	bool has_protocol;
	uint8_t protocol; /* IPPROTO_* */
};

/* What a rule recognised in it (tags.c). */
enum tag { TAG_ADDR_SELECT = 1, TAG_NSCD = 2 };

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
	struct identity identity;
	struct about about;
	struct result result;
	const char *domain; /* a name that stood for the address in an answer; NULL: none known */
	uint32_t tags;	    /* enum tag */
	struct event event; /* what the pointers above point into */
};

/*
 * Decodes a record of `size` bytes; false where it is none of ours. The result points into itself, so it must not be
 * copied.
 */
bool attempt_decode(struct attempt *attempt, uint32_t cpu, const void *data, size_t size);

/* Where in a record of this size struct event begins: behind struct who, if that is there. */
size_t attempt_event_at(size_t size);

/*
 * How it ended, by what the programs saw of its return; NULL: nothing. An attempt that a signal interrupted failed with
 * EINTR, also where the kernel then makes the call again by itself (SA_RESTART): that is another attempt.
 */
void attempt_conclude(struct attempt *attempt, const struct ending *ending);

/* The size of the record, without struct who, that holds an address of this length. */
size_t attempt_record_size(int32_t addrlen);

/* Decodes `addrlen` bytes as the caller gave them; `bytes` holds `size` of them and must outlive the result. */
void address_decode(struct address *address, const uint8_t *bytes, size_t size, int32_t addrlen);

/* "AF_INET", "SOCK_STREAM", "connect"; NULL for a number that has no name. */
const char *family_name(unsigned int family);
const char *type_name(unsigned int type);
const char *via_name(enum via via);

/* "inet", "AF_INET6", "stream", "SOCK_DGRAM": its number, or -1. */
int family_number(const char *name);
int type_number(const char *name);

#endif
