/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sums in place of records. The event itself becomes the key: what the chosen columns do not hold is cleared in it, and
 * so is what lies behind the caller's address, since every stale byte would make a key of its own. What is then still the
 * same to people (paths that differ behind their NUL, say) the reader adds up.
 */
#ifndef CONNSNOOP_COUNT_H
#define CONNSNOOP_COUNT_H

#include "count_key.h"
#include "filter.h"

/* Nearly all keys are short. The loader says for how many there is room; where nothing is counted there are no maps. */
SEC("maps")
struct bpf_map_def counts_short = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = COUNT_KEY_SHORT,
	.value_size = sizeof(struct count_sum),
};

SEC("maps")
struct bpf_map_def counts_long = {
	.type = BPF_MAP_TYPE_HASH,
	.key_size = COUNT_KEY_LONG,
	.value_size = sizeof(struct count_sum),
};

#define COUNT_NOEXIST 1 /* BPF_NOEXIST */

typedef __u64 __attribute__((may_alias)) word_t;
typedef __u16 __attribute__((may_alias)) half_t;

#define ADDR_WORD(ev, n) (((word_t *)(ev)->addr)[n])

#define GOES_BY(columns) (CONSTANT(BY) & (columns))

#define BY_WHERE (BY(BY_FAMILY) | BY(BY_ADDR) | BY(BY_PORT))

/* In assembly, so that compilers can't make one of several and reach it by a stack pointer that moves. */
#define KEEP_HEAD(ev, n, mask)                                                                                    \
	do {                                                                                                      \
		__u64 word_;                                                                                      \
		asm volatile("%0 = *(u64 *)(%1 + %2)\n%0 &= %3\n*(u64 *)(%1 + %2) = %0"                           \
			     : "=&r"(word_)                                                                       \
			     : "r"(ev), "i"(__builtin_offsetof(struct event, addr) + 8 * (n)), "r"((__u64)(mask)) \
			     : "memory");                                                                         \
	} while (0)

/*
 * From the last word down to the one that the address ends in. `>=`, and asked anew for each: of a register that was
 * found equal 4.4 remembers the value, and would walk all that follows once for each of these ways.
 */
#define CUT_AT(ev, n, whole, mask)              \
	do {                                    \
		asm volatile("" : "+r"(whole)); \
		if (whole >= (n)) {             \
			KEEP_HEAD(ev, n, mask); \
			return;                 \
		}                               \
		ADDR_WORD(ev, n) = 0;           \
	} while (0)

/* Fewer than COUNT_ADDR_SHORT bytes. */
static always_inline void cut_short(struct event *ev, __u64 len)
{
	__u64 whole = len / 8, mask = FIRST_BYTES(len % 8);

	CUT_AT(ev, 3, whole, mask);
	CUT_AT(ev, 2, whole, mask);
	CUT_AT(ev, 1, whole, mask);
	KEEP_HEAD(ev, 0, mask);
}

/* So many or more. */
static always_inline void cut_long(struct event *ev, __u64 len)
{
	__u64 whole = len / 8, mask = FIRST_BYTES(len % 8);

	CUT_AT(ev, 13, whole, mask);
	CUT_AT(ev, 12, whole, mask);
	CUT_AT(ev, 11, whole, mask);
	CUT_AT(ev, 10, whole, mask);
	CUT_AT(ev, 9, whole, mask);
	CUT_AT(ev, 8, whole, mask);
	CUT_AT(ev, 7, whole, mask);
	CUT_AT(ev, 6, whole, mask);
	CUT_AT(ev, 5, whole, mask);
	KEEP_HEAD(ev, 4, mask);
}

/* Keeps of the address's first word what the mask lets through, of the rest nothing. */
static always_inline void keep_head(struct event *ev, __u64 mask, __s32 addrlen)
{
	ADDR_WORD(ev, 0) &= mask;
	ADDR_WORD(ev, 1) = 0;
	ADDR_WORD(ev, 2) = 0;
	ADDR_WORD(ev, 3) = 0;
	ev->addrlen = addrlen;
}

static always_inline void keep_inet6(struct event *ev)
{
	if (!GOES_BY(BY(BY_ADDR))) {
		keep_head(ev, CONSTANT(BY_HEAD) & FIRST_BYTES(4), 28);
		return;
	}
	/* Without flowinfo, which is no part of the destination. */
	ADDR_WORD(ev, 0) &= CONSTANT(BY_HEAD) & FIRST_BYTES(4);
	ADDR_WORD(ev, 3) &= FIRST_BYTES(4);
	ev->addrlen = 28;
}

enum kept { KEPT_SHORT, KEPT_LONG, NOT_KEPT };

static always_inline enum kept keep_unix(struct event *ev, __u32 addrlen)
{
	if (!GOES_BY(BY(BY_ADDR))) {
		keep_head(ev, CONSTANT(BY_HEAD) & FIRST_BYTES(2), 2);
		return KEPT_SHORT;
	}
	if (addrlen < COUNT_ADDR_SHORT) {
		cut_short(ev, addrlen);
		return KEPT_SHORT;
	}
	/* sockaddr_un ends here, whatever the caller says. */
	if (addrlen > 110)
		addrlen = 110;
	ev->addrlen = (__s32)addrlen;
	cut_long(ev, addrlen);
	return KEPT_LONG;
}

/* Of who called, the chosen columns. */
static always_inline void keep_who(struct event *ev)
{
	ev->pid_tgid &= CONSTANT(BY_TASK);
	ev->uid_gid = 0;
	if (GOES_BY(BY(BY_UID)))
		ev->uid_gid = (__u32)bpf_get_current_uid_gid();
	((word_t *)ev->comm)[0] = 0;
	((word_t *)ev->comm)[1] = 0;
	if (GOES_BY(BY(BY_COMM)))
		bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	ev->sockfd = 0;
	ev->nr = 0;
	ev->place = 0;
	ev->via = 0;
	if (GOES_BY(BY(BY_TYPE))) {
		ev->flags &= EVENT_TYPE_UNKNOWN | EVENT_ADDR_FAULT;
	} else {
		ev->flags &= EVENT_ADDR_FAULT;
		ev->type = 0;
	}
}

/*
 * One more of this key; 0 where there is no room for it. Two CPUs may bring a new key at once: the second finds that it
 * exists and adds to it. The asm keeps the pointer where it was found not to be null (PIN in emit.h).
 */
static always_inline int add_one(const void *map, struct event *ev)
{
	struct count_sum *sum = bpf_map_lookup_elem(map, &ev->pid_tgid);

	if (!sum) {
		struct count_sum fresh = {.count = 1, .first = ev->time, .last = ev->time};

		if (!GOES_BY(BY(BY_COMM)))
			bpf_get_current_comm(fresh.comm, sizeof(fresh.comm));
		if (!bpf_map_update_elem(map, &ev->pid_tgid, &fresh, COUNT_NOEXIST))
			return 1;
		sum = bpf_map_lookup_elem(map, &ev->pid_tgid);
		if (!sum)
			return 0;
	}
	asm volatile("" : "+r"(sum));
	__sync_fetch_and_add(&sum->count, 1);
	sum->last = ev->time;
	return 1;
}

/*
 * Of the address, the chosen columns. What is too short for its family is not kept: the protocols take no such address
 * (EINVAL), and few make it.
 */
static always_inline enum kept keep_where(struct event *ev)
{
	__u32 addrlen = (__u32)ev->addrlen;
	__u16 family = *(half_t *)ev->addr;

	if (!GOES_BY(BY_WHERE)) {
		ev->flags &= ~EVENT_ADDR_FAULT;
		keep_head(ev, 0, 0);
	} else if (ev->flags & EVENT_ADDR_FAULT && addrlen) {
		keep_head(ev, 0, 1);
	} else if (addrlen < 2) {
		keep_head(ev, 0, 0);
	} else if (family == AF_INET) {
		if (addrlen < 16)
			return NOT_KEPT;
		keep_head(ev, CONSTANT(BY_HEAD), 16);
	} else if (family == AF_INET6) {
		if (addrlen < 28)
			return NOT_KEPT;
		keep_inet6(ev);
	} else if (family == AF_UNIX) {
		return keep_unix(ev, addrlen);
	} else {
		keep_head(ev, CONSTANT(BY_HEAD) & FIRST_BYTES(2), 2);
	}
	return KEPT_SHORT;
}

/*
 * Counts the attempt in `ev`, of which time, pid_tgid, type, flags, addrlen and addr are there, and uses it up. Returns 0,
 * with the event as it was, for the few that are for user space to put in order: it wants the record, and counts that.
 */
static always_inline int count_attempt(struct counters *counters, struct event *ev)
{
	enum kept kept;

	/* The bytes are not where they belong. */
	if (ev->flags & EVENT_ADDR_AT_END)
		return 0;
	kept = keep_where(ev);
	if (kept == NOT_KEPT)
		return 0;
	keep_who(ev);
	if (kept == KEPT_LONG ? !add_one(&counts_long, ev) : !add_one(&counts_short, ev))
		__sync_fetch_and_add(&counters->other, 1);
	return 1;
}

#endif
