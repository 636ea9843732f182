// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tracee's flat trace.Event, as its releases up to v0.24 write it: every key in its order, and 0, "" or null for what is
 * not known, because Go's decoder and its users expect them. Nothing but these keys.
 */
#include "fields.h"

#include <sys/socket.h>

const struct tracee_key tracee_keys[] = {
	{"timestamp", "0"},
	{"threadStartTime", "0"},
	{"processorId", "0"},
	{"processId", "0"},
	{"cgroupId", "0"},
	{"threadId", "0"},
	{"parentProcessId", "0"},
	{"hostProcessId", "0"},
	{"hostThreadId", "0"},
	{"hostParentProcessId", "0"},
	{"userId", "0"},
	{"mountNamespace", "0"},
	{"pidNamespace", "0"},
	{"processName", "\"\""},
	{"executable", "{\"path\":\"\"}"},
	{"hostName", "\"\""},
	{"containerId", "\"\""},
	{"container", "{}"},
	{"kubernetes", "{}"},
	{"eventId", "\"0\""},
	{"eventName", "\"\""},
	{"argsNum", "0"},
	{"returnValue", "0"}, /* Tracee never has another for this event */
	{"syscall", "\"\""},
	{"stackAddresses", "null"},
	{"contextFlags", "{}"},
	{"threadEntityId", "0"},
	{"processEntityId", "0"},
	{"parentEntityId", "0"}, /* when the parent started is not known */
	{"args", "[]"},
	{NULL, NULL},
};

/* The inode of the initial PID namespace (PROC_PID_INIT_INO of proc_ns.h). */
#define INITIAL_PID_NS 0xeffffffc
/* Of utsname.nodename, as Tracee cuts it. */
#define HOSTNAME_MAX 15

static uint64_t start_of(const struct style *style, const struct attempt *attempt)
{
	return attempt->identity.start + (uint64_t)style->boot;
}

GETTER(tracee_time)
{
	put_unsigned(buf, attempt->time + (uint64_t)style->wall);
	return true;
}

/* What is known is when the process started, and that is when its first thread did. */
GETTER(tracee_start)
{
	if (attempt->tid != attempt->pid)
		return false;
	put_unsigned(buf, start_of(style, attempt));
	return true;
}

/* A number in the caller's own PID namespace; in the initial one it is the host's. */
static bool put_own(struct buffer *buf, const struct identity *identity, uint32_t own, uint32_t host)
{
	bool initial = identity->parts & IDENTITY_PID_NS && identity->pid_ns == INITIAL_PID_NS;

	if (!(identity->parts & IDENTITY_NS_PID) && !initial)
		return false;
	put_unsigned(buf, identity->parts & IDENTITY_NS_PID ? own : host);
	return true;
}

GETTER(tracee_pid)
{
	(void)style;
	return put_own(buf, &attempt->identity, attempt->identity.ns_pid, attempt->pid);
}

GETTER(tracee_tid)
{
	(void)style;
	return put_own(buf, &attempt->identity, attempt->identity.ns_tid, attempt->tid);
}

GETTER(tracee_ppid)
{
	uint32_t parent = attempt->identity.parts & IDENTITY_PPID ? attempt->identity.ppid : 0;

	(void)style;
	return put_own(buf, &attempt->identity, attempt->identity.ns_ppid, parent);
}

static void put_string(struct buffer *buf, const char *text, size_t limit)
{
	put_json_string(buf, (const uint8_t *)text, strnlen(text, limit));
}

GETTER(tracee_executable)
{
	(void)style;
	if (!attempt->about.exe)
		return false;
	put_text(buf, "{\"path\":");
	put_string(buf, attempt->about.exe, BUFFER_PATH_MAX);
	put_char(buf, '}');
	return true;
}

/* Another UTS namespace has a name of its own, which is not known. */
SPAN_GETTER(tracee_hostname)
{
	bool other = attempt->identity.parts & IDENTITY_UTS_NS && style->host.uts_ns &&
		     attempt->identity.uts_ns != style->host.uts_ns;

	return (struct span){other ? NULL : (const uint8_t *)style->host.name, strnlen(style->host.name, HOSTNAME_MAX)};
}

GETTER(tracee_container)
{
	(void)style;
	if (!attempt->about.container)
		return false;
	put_text(buf, "{\"id\":");
	put_string(buf, attempt->about.container, BUFFER_NAME_MAX);
	put_char(buf, '}');
	return true;
}

/* As v0.22 to v0.24 number it, and v0.19. */
WORD_GETTER(tracee_event_id)
{
	(void)attempt;
	return style->format == FORMAT_TRACEE2 ? "734" : "736";
}

/* The call's name as 64-bit programs have it; a task of the kernel's own makes none. */
WORD_GETTER(tracee_syscall)
{
	(void)style;
	if (attempt->event.flags & EVENT_NO_CALL)
		return NULL;
	return attempt->via == VIA_CONNECT	? "connect"
	       : attempt->via == VIA_SOCKETCALL ? "socketcall"
	       : attempt->via == VIA_IO_URING	? "io_uring_enter"
						: NULL;
}

GETTER(tracee_flags)
{
	(void)style;
	put_text(buf, attempt->about.container ? "{\"containerStarted\":true" : "{\"containerStarted\":false");
	put_text(buf, attempt->compat ? ",\"isCompat\":true}" : ",\"isCompat\":false}");
	return true;
}

static uint32_t rotate(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

/* MurmurHash3 of 32 bits, little endian, of a number of 32 and one of 64 bits that are big endian. */
static uint32_t hash_task(uint32_t id, uint64_t start)
{
	const uint32_t words[] = {id, (uint32_t)(start >> 32), (uint32_t)start};
	uint32_t hash = 0x18273645;

	for (int i = 0; i < 3; i++) {
		hash ^= rotate(__builtin_bswap32(words[i]) * 0xcc9e2d51, 15) * 0x1b873593;
		hash = rotate(hash, 13) * 5 + 0xe6546b64;
	}
	hash ^= sizeof(words);
	hash = (hash ^ hash >> 16) * 0x85ebca6b;
	hash = (hash ^ hash >> 13) * 0xc2b2ae35;
	return hash ^ hash >> 16;
}

static void put_entity(struct buffer *buf, uint32_t id, uint64_t start)
{
	put_unsigned(buf, hash_task(id, start - start % 100000000));
}

GETTER(tracee_thread_entity)
{
	if (attempt->tid != attempt->pid)
		return false;
	put_entity(buf, attempt->tid, start_of(style, attempt));
	return true;
}

GETTER(tracee_process_entity)
{
	put_entity(buf, attempt->pid, start_of(style, attempt));
	return true;
}

/* The arguments that are known: of io_uring's there is no descriptor. */
GETTER(tracee_args_count)
{
	unsigned int count = attempt->sockfd != -1;

	count += style->format == FORMAT_TRACEE && attempt->has_type;
	count += attempt->address.has_family;
	put_unsigned(buf, count);
	return true;
}

static void put_number(struct buffer *buf, const char *key, uint32_t number)
{
	put_text(buf, key);
	put_unsigned(buf, number);
	put_char(buf, '"');
}

static void put_inet_value(struct buffer *buf, const struct address *address)
{
	bool v6 = address->family == AF_INET6;

	if (address->has_addr) {
		put_text(buf, v6 ? ",\"sin6_addr\":\"" : ",\"sin_addr\":\"");
		put_inet_address(buf, address->family, address->addr);
		put_char(buf, '"');
	}
	if (address->has_flowinfo)
		put_number(buf, ",\"sin6_flowinfo\":\"", address->flowinfo);
	if (address->has_port)
		put_number(buf, v6 ? ",\"sin6_port\":\"" : ",\"sin_port\":\"", address->port);
	if (address->has_scope)
		put_number(buf, ",\"sin6_scopeid\":\"", address->scope_id);
}

/* Strings only, sorted by key. An abstract name begins with @, and no name is an empty one. */
static void put_sockaddr(struct buffer *buf, const struct address *address)
{
	uint8_t name[ADDR_MAX] = {'@'};

	put_text(buf, "{\"sa_family\":\"");
	put_family_name(buf, address->family);
	put_char(buf, '"');
	if (address->family == AF_INET || address->family == AF_INET6) {
		put_inet_value(buf, address);
	} else if (address->family == AF_UNIX) {
		memcpy(name + address->abstract, address->path ? address->path : name, address->path_len);
		put_text(buf, ",\"sun_path\":");
		put_json_string(buf, name, address->path_len + address->abstract);
	}
	put_char(buf, '}');
}

GETTER(tracee_args)
{
	bool old = style->format == FORMAT_TRACEE2;

	put_text(buf, old ? "[{\"name\":\"sockfd\",\"type\":\"int\",\"value\":"
			  : "[{\"name\":\"sockfd\",\"type\":\"int32\",\"value\":");
	put_signed(buf, attempt->sockfd);
	if (!old) {
		put_text(buf, "},{\"name\":\"type\",\"type\":\"int32\",\"value\":");
		if (attempt->has_type)
			put_unsigned(buf, attempt->type);
		else
			put_text(buf, "null");
	}
	put_text(buf, old ? "},{\"name\":\"remote_addr\",\"type\":\"struct sockaddr*\",\"value\":"
			  : "},{\"name\":\"remote_addr\",\"type\":\"SockAddr\",\"value\":");
	if (attempt->address.has_family)
		put_sockaddr(buf, &attempt->address);
	else
		put_text(buf, "null");
	put_text(buf, "}]");
	return true;
}
