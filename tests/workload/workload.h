/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The callers: each case makes the connect calls that it is named after, in a process of its own,
 * and says on stdout, one JSON object a line, what a tracer must have seen of them.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* The hooks that see a call (see "Hooks" in the manual). */
#define ON_KPROBE     1
#define ON_PROTO      2
#define ON_TRACEPOINT 4
#define ON_SECURITY   (ON_KPROBE | ON_PROTO) /* beyond the system call's entry */
#define ON_ALL	      (ON_SECURITY | ON_TRACEPOINT)

struct test_case {
	const char *name;
	void (*run)(void);
};

/* One table for each source file; case_tables[] in main.c lists them. */
extern const struct test_case inet_cases[], unix_cases[], length_cases[], family_cases[];
extern const struct test_case abi_cases[], uring_cases[], identity_cases[], lifetime_cases[];

/* --- want.c: what the event must say --- */

#define SOME 0

/* A value of zero or NULL stands for "not said". */
struct want {
	int hooks;
	pid_t pid, tid, ppid;
	int64_t uid, gid; /* -1: not said */
	const char *comm; /* the member as JSON: "comm":"x" */
	int fd;
	int type; /* 0: not said */
	int64_t addrlen;
	const char *remote; /* the whole remote_addr as JSON */
	const char *via;
	int compat; /* 1 true, 0 must be absent, -1 not said */
	bool disconnect;
	unsigned int count;	       /* or SOME: one or more */
	pid_t proc;		       /* where /proc tells of the caller, 0: nowhere */
	pid_t ns_pid, ns_tid, ns_ppid; /* as the caller sees itself; of the process in /proc */
};

/* An attempt by the calling thread through call_connect(). */
struct want want_of(int fd, int type, socklen_t addrlen, const char *remote);
void want_print(const struct want *want);
/* want_of() and want_print() in one; the address is given as for printf. */
void expect(int fd, int type, socklen_t addrlen, const char *remote, ...) __attribute__((format(printf, 4, 5)));
/* No event may hold these members, given as JSON without the braces. */
void expect_none(int hooks, const char *members, ...) __attribute__((format(printf, 2, 3)));
/* Ends the case: it can't run here. */
void skip(const char *reason, ...) __attribute__((format(printf, 1, 2), noreturn));
void case_begin(const char *name);
const char *hex(const void *bytes, size_t len);
void comm_set(const char *comm);

/* --- call.c: the ways into the kernel --- */

enum way { WAY_CONNECT, WAY_SOCKETCALL };

extern enum way call_way;
int call_connect(int fd, const void *addr, socklen_t len);
bool call_is_compat(void);
const char *call_via(void);

/* --- socket.c --- */

#define LISTEN_ANY 0
#define DISCARD	   9

/* A socket under the given number; skips the case where the kernel lacks the family. */
int sock(int family, int type, int protocol, int fd);
/* The address of family INET: "127.0.0.1", port in host order. */
struct sockaddr_in in4(const char *addr, uint16_t port);
struct sockaddr_in6 in6(const char *addr, uint16_t port);
/* A listener on the loopback address; returns its port. */
uint16_t listen_tcp(int family);
/* Leaves for a network namespace that holds nothing but lo, so that no packet goes anywhere. */
void enter_lonely_net(void);
void lo_up(void);
/* Leaves for an empty directory that is removed with the case. */
void enter_scratch_dir(void);
void set_nonblock(int fd);

#endif
