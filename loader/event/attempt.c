// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <string.h>
#include <sys/socket.h>

/*
 * io_uring's own threads are known by name only: iou-wrk-<pid>, iou-sqp-<pid> since 5.12, io_wqe_worker-N and
 * io_uring-sq before. A program may call itself so, but then it has a system call under way.
 */
static bool is_io_uring_thread(const char *comm)
{
	return !strncmp(comm, "iou-", 4) || !strncmp(comm, "io_wqe", 6) || !strncmp(comm, "io_uring", 8) ||
	       !strncmp(comm, "io_wq", 5);
}

static enum via decode_via(const struct event *event, const char *comm)
{
	if (event->flags & EVENT_NO_CALL)
		return is_io_uring_thread(comm) ? VIA_IO_URING : VIA_UNKNOWN;
	return event->via <= VIA_IO_URING ? event->via : VIA_UNKNOWN;
}

/* The address was read by what ends with it (read_addr in bpf/emit.h); put it where it belongs. */
static void shift_address(struct event *event, size_t read)
{
	size_t len = (uint32_t)event->addrlen < read ? (uint32_t)event->addrlen : read;

	memmove(event->addr, event->addr + read - len, len);
}

/* How many bytes of the address a record of this size holds; 0: it is none of ours. */
static size_t address_room(size_t size)
{
	switch (size) {
	case EVENT_SIZE_INET:
		return ADDR_INET;
	case EVENT_SIZE_INET6:
		return ADDR_INET6;
	case EVENT_SIZE_LONG:
		return ADDR_MAX;
	default:
		return 0;
	}
}

size_t attempt_event_at(size_t size)
{
	return size > WHO_SIZE && address_room(size - WHO_SIZE) ? WHO_SIZE : 0;
}

/* What is 0 could not be read: a process that is going has no namespaces any more. The parent may well be 0. */
static void decode_who(struct identity *identity, const struct who *who)
{
	const struct {
		uint32_t part;
		bool known;
	} parts[] = {
		{IDENTITY_START, who->start != 0},   {IDENTITY_NS_PID, who->ns_pid && who->ns_tid},
		{IDENTITY_MNT_NS, who->mnt_ns != 0}, {IDENTITY_PID_NS, who->pid_ns != 0},
		{IDENTITY_NET_NS, who->net_ns != 0}, {IDENTITY_USER_NS, who->user_ns != 0},
		{IDENTITY_UTS_NS, who->uts_ns != 0}, {IDENTITY_CGROUP_ID, who->cgroup_id != 0},
	};

	identity->proc_parts = 0;
	identity->parts = who->parts & IDENTITY_ALL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].known)
			identity->parts &= ~parts[i].part;
	}
	if (identity->parts & IDENTITY_START)
		identity->parts |= IDENTITY_START_EXACT;
	identity->ppid = who->ppid;
	identity->ns_pid = who->ns_pid;
	identity->ns_tid = who->ns_tid;
	identity->ns_ppid = who->ns_ppid;
	identity->start = who->start;
	identity->mnt_ns = who->mnt_ns;
	identity->pid_ns = who->pid_ns;
	identity->net_ns = who->net_ns;
	identity->user_ns = who->user_ns;
	identity->uts_ns = who->uts_ns;
	identity->cgroup_id = who->cgroup_id;
}

size_t attempt_record_size(int32_t addrlen)
{
	if ((uint32_t)addrlen <= ADDR_INET)
		return EVENT_SIZE_INET;
	return (uint32_t)addrlen <= ADDR_INET6 ? EVENT_SIZE_INET6 : EVENT_SIZE_LONG;
}

bool attempt_decode(struct attempt *attempt, uint32_t cpu, const void *data, size_t size)
{
	struct event *event = &attempt->event;
	size_t at = attempt_event_at(size), room;
	struct who who;

	size -= at;
	room = address_room(size);
	if (!room)
		return false;
	if (at)
		memcpy(&who, data, sizeof(who));
	memcpy(event, (const uint8_t *)data + at, size);
	if (event->flags & EVENT_ADDR_AT_END)
		shift_address(event, room);
	if (at)
		decode_who(&attempt->identity, &who);
	else
		memset(&attempt->identity, 0, sizeof(attempt->identity));
	memset(&attempt->about, 0, sizeof(attempt->about));
	memset(&attempt->result, 0, sizeof(attempt->result));
	attempt->domain = NULL;
	attempt->tags = 0;
	attempt->time = event->time;
	attempt->cpu = cpu;
	attempt->tid = (uint32_t)event->pid_tgid;
	attempt->pid = (uint32_t)(event->pid_tgid >> 32);
	attempt->uid = (uint32_t)event->uid_gid;
	attempt->gid = (uint32_t)(event->uid_gid >> 32);
	memcpy(attempt->comm, event->comm, COMM_SIZE);
	attempt->comm[COMM_SIZE] = '\0';
	attempt->via = decode_via(event, attempt->comm);
	attempt->sockfd = event->sockfd;
	attempt->addrlen = event->addrlen;
	attempt->has_type = !(event->flags & EVENT_TYPE_UNKNOWN);
	attempt->type = event->type;
	attempt->place = event->place;
	attempt->compat = event->flags & EVENT_COMPAT;
	attempt->user_memory = event->flags & EVENT_USER_MEMORY;
	if (event->flags & EVENT_ADDR_FAULT && event->addrlen > 0) {
		memset(&attempt->address, 0, sizeof(attempt->address));
		attempt->address.fault = true;
	} else {
		address_decode(&attempt->address, event->addr, room, event->addrlen);
	}
	attempt->disconnect = attempt->address.has_family && attempt->address.family == AF_UNSPEC;
	return true;
}
