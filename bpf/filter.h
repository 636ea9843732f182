/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is not asked for goes no further than here. Each filter is a constant; one that is not in force is not there at
 * all once the loader has pruned the program. They refuse only what is certain: what could not be read passes, and what
 * these can't decide (patterns, say) user space decides after them, by the same rules (loader/event/filter.c).
 */
#ifndef CONNSNOOP_FILTER_H
#define CONNSNOOP_FILTER_H

#include "maps.h"

#define AF_UNIX	 1
#define AF_INET	 2
#define AF_INET6 10

/*
 * Whether a number is outside what a filter holds. A constant is named where it is used and not kept in a variable: the
 * compiler would spill that to the stack, where pruning does not see it.
 */
#define OUTSIDE(NAME, list, number)                                        \
	({                                                                 \
		__u32 number_ = (number);                                  \
		int found_;                                                \
		if (CONSTANT(NAME##_MODE) & FILTER_ONE)                    \
			found_ = number_ == (__u32)CONSTANT(NAME##_ONE);   \
		else                                                       \
			found_ = bpf_map_lookup_elem(list, &number_) != 0; \
		CONSTANT(NAME##_MODE) & FILTER_NOT ? found_ : !found_;     \
	})

/* Up to CGROUPS_MAX of them; no loops before 5.3. -EINVAL or -EAGAIN for one that is not there is no match. */
static always_inline int in_cgroups(void)
{
#define IN_CGROUP(n) (CONSTANT(CGROUPS) > (n) && bpf_current_task_under_cgroup(&cgroups, n) == 1)
	return IN_CGROUP(0) || IN_CGROUP(1) || IN_CGROUP(2) || IN_CGROUP(3) || IN_CGROUP(4) || IN_CGROUP(5) ||
	       IN_CGROUP(6) || IN_CGROUP(7);
#undef IN_CGROUP
}

/* What is known of the caller without copying anything. */
static always_inline int caller_refused(__u64 pid_tgid)
{
	if (CONSTANT(PID_MODE) && OUTSIDE(PID, &pids, (__u32)(pid_tgid >> 32)))
		return 1;
	if (CONSTANT(UID_MODE) && OUTSIDE(UID, &uids, (__u32)bpf_get_current_uid_gid()))
		return 1;
	return CONSTANT(CGROUPS) && in_cgroups() == !!CONSTANT(CGROUPS_NOT);
}

/* One that could not be read can't be held against an attempt. */
static always_inline int netns_refused(const struct who *who)
{
	return who->net_ns && OUTSIDE(NETNS, &netns, who->net_ns);
}

static always_inline int comm_refused(const struct event *ev)
{
	return CONSTANT(COMM_MODE) && !bpf_map_lookup_elem(&comms, ev->comm) == !(CONSTANT(COMM_MODE) & FILTER_NOT);
}

static always_inline __u16 swap16(__u16 value)
{
	return (__u16)(value << 8 | value >> 8);
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NTOHS(value)   swap16(value)
#define FIRST_BYTES(n) ((1ULL << 8 * (n)) - 1)
#define MAPPED_WORD    0xffff0000
#else
#define NTOHS(value)   (value)
#define FIRST_BYTES(n) (~(~0ULL >> 8 * (n)))
#define MAPPED_WORD    0x0000ffff
#endif

/* A port that is not there is outside every list. */
static always_inline int port_refused(__u16 family, __u32 addrlen, const struct event *ev)
{
	__u64 *word;
	int found = 0;
	__u16 port;
	__u32 key;

	if ((family == AF_INET || family == AF_INET6) && addrlen >= 4) {
		port = NTOHS(*(const __u16 *)(ev->addr + 2));
		if (CONSTANT(PORT_MODE) & FILTER_ONE) {
			found = port == (__u16)CONSTANT(PORT_ONE);
		} else {
			key = port / 64;
			word = bpf_map_lookup_elem(&ports, &key);
			found = word && *word >> port % 64 & 1;
		}
	}
	return CONSTANT(PORT_MODE) & FILTER_NOT ? found : !found;
}

/* IPv4 prefixes match IPv4 addresses and IPv6 ones that hold such (::ffff:a.b.c.d), IPv6 ones IPv6 addresses. */
static always_inline int net_refused(__u16 family, __u32 addrlen, const struct event *ev)
{
	struct net4_key key4 = {.bits = 32};
	struct net6_key key6 = {.bits = 128};
	const __u32 *words = (const __u32 *)ev->addr;
	int found = 0, has4 = 0;

	if (family == AF_INET && addrlen >= 8) {
		*(__u32 *)key4.addr = words[1];
		has4 = 1;
	} else if (family == AF_INET6 && addrlen >= 24) {
		*(__u32 *)key4.addr = words[5];
		has4 = !words[2] && !words[3] && words[4] == MAPPED_WORD;
		if (CONSTANT(NETS6)) {
			*(__u32 *)key6.addr = words[2];
			*(__u32 *)(key6.addr + 4) = words[3];
			*(__u32 *)(key6.addr + 8) = words[4];
			*(__u32 *)(key6.addr + 12) = words[5];
			found = bpf_map_lookup_elem(&nets6, &key6) != 0;
		}
	}
	if (CONSTANT(NETS4) && has4 && !found)
		found = bpf_map_lookup_elem(&nets4, &key4) != 0;
	return CONSTANT(NET_MODE) & FILTER_NOT ? found : !found;
}

/* The n-th 8 bytes of a path (they begin in the middle of a word of the address), zeros behind the caller's. */
static always_inline __u64 path_word(const struct event *ev, __u32 addrlen, const __u32 n)
{
	const __u32 at = 2 + 8 * n;
	__u64 word = 0;

	if (addrlen > at) {
		__builtin_memcpy(&word, ev->addr + at, sizeof(word));
		if (addrlen < at + 8)
			word &= FIRST_BYTES(addrlen - at);
	}
	return word;
}

static always_inline void copy_path(__u8 *path, const struct event *ev, __u32 addrlen)
{
	__u64 word;

#define COPY_WORD(n)                                        \
	do {                                                \
		word = path_word(ev, addrlen, n);           \
		__builtin_memcpy(path + 8 * (n), &word, 8); \
	} while (0)
	COPY_WORD(0);
	COPY_WORD(1);
	COPY_WORD(2);
	COPY_WORD(3);
	COPY_WORD(4);
	COPY_WORD(5);
	COPY_WORD(6);
	COPY_WORD(7);
	COPY_WORD(8);
	COPY_WORD(9);
	COPY_WORD(10);
	COPY_WORD(11);
	COPY_WORD(12);
#undef COPY_WORD
	word = path_word(ev, addrlen, 13);
	__builtin_memcpy(path + 104, &word, 4);
}

/* A name that is not there (unnamed, or no UNIX address) is outside every list. */
static always_inline int path_refused(__u16 family, __u32 addrlen, const struct event *ev)
{
	struct path_key key = {.bits = 8 * PATH_BYTES};
	int found = 0;

	if (family == AF_UNIX && addrlen > 2) {
		copy_path(key.path, ev, addrlen);
		found = bpf_map_lookup_elem(&paths, &key) != 0;
	}
	return CONSTANT(PATH_MODE) & FILTER_NOT ? found : !found;
}

/* FAMILIES has a bit for each family. */
static always_inline int family_refused(__u16 family, __u32 addrlen)
{
	return addrlen < 2 || family > 63 || !(CONSTANT(FAMILIES) >> family & 1);
}

/*
 * The address as read, of which addrlen bytes are the caller's. One that could not be read passes, and so does one that
 * user space has to put in its place first (it is user memory, and rare).
 */
static always_inline int address_refused(const struct event *ev)
{
	__u32 addrlen = (__u32)ev->addrlen;
	__u16 family = *(const __u16 *)ev->addr;

	if (ev->flags & (EVENT_ADDR_FAULT | EVENT_ADDR_AT_END))
		return 0;
	if (CONSTANT(FAMILIES) && family_refused(family, addrlen))
		return 1;
	if (CONSTANT(PORT_MODE) && port_refused(family, addrlen, ev))
		return 1;
	if (CONSTANT(NET_MODE) && net_refused(family, addrlen, ev))
		return 1;
	return CONSTANT(PATH_MODE) && path_refused(family, addrlen, ev);
}

/* TYPES has a bit for each type, and those of UNIX sockets 16 further up. */
static always_inline int type_refused(const struct event *ev)
{
	__u32 type = ev->type;

	if (ev->flags & (EVENT_ADDR_FAULT | EVENT_TYPE_UNKNOWN) || type > 15)
		return 0;
	if ((__u32)ev->addrlen >= 2 && *(const __u16 *)ev->addr == AF_UNIX)
		type += 16;
	return !(CONSTANT(TYPES) >> type & 1);
}

#endif
