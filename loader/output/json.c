// SPDX-License-Identifier: GPL-2.0-or-later
/* One object a line; keys keep their order, and what is not known is not there. */
#include "output.h"

#include <sys/socket.h>
#include <time.h>

#define PUT(buf, literal) put_bytes(buf, literal, sizeof(literal) - 1)

/* UTC with nanoseconds. Most lines are of the same second as the one before. */
static void put_time(struct style *style, struct buffer *buf, uint64_t monotonic)
{
	uint64_t wall = monotonic + (uint64_t)style->wall, second = wall / 1000000000;
	struct tm tm;
	time_t t = (time_t)second;

	if (second != style->cache.second || !style->cache.text[0]) {
		gmtime_r(&t, &tm);
		strftime(style->cache.text, sizeof(style->cache.text), "%Y-%m-%dT%H:%M:%S", &tm);
		style->cache.second = second;
	}
	put_text(buf, style->cache.text);
	put_char(buf, '.');
	put_digits(buf, wall % 1000000000, 9);
	put_char(buf, 'Z');
}

static void put_comm(struct buffer *buf, const struct attempt *attempt)
{
	const uint8_t *comm = (const uint8_t *)attempt->comm;
	size_t len = strlen(attempt->comm);

	PUT(buf, ",\"comm\":");
	if (put_json_string(buf, comm, len)) {
		PUT(buf, ",\"comm_hex\":\"");
		put_hex(buf, comm, len);
		put_char(buf, '"');
	}
}

static void put_type(struct buffer *buf, const struct attempt *attempt)
{
	if (!attempt->has_type)
		return;
	PUT(buf, ",\"type\":\"");
	put_type_name(buf, attempt->type);
	put_char(buf, '"');
}

static void put_inet(struct buffer *buf, const struct address *address)
{
	if (address->has_addr) {
		PUT(buf, ",\"addr\":\"");
		put_inet_address(buf, address->family, address->addr);
		put_char(buf, '"');
	}
	if (address->has_port) {
		PUT(buf, ",\"port\":");
		put_unsigned(buf, address->port);
	}
	if (address->has_flowinfo) {
		PUT(buf, ",\"flowinfo\":");
		put_unsigned(buf, address->flowinfo);
	}
	if (address->has_scope) {
		PUT(buf, ",\"scope_id\":");
		put_unsigned(buf, address->scope_id);
	}
}

static void put_unix(struct buffer *buf, const struct address *address)
{
	if (address->unnamed)
		return;
	PUT(buf, ",\"path\":");
	if (put_json_string(buf, address->path, address->path_len)) {
		PUT(buf, ",\"path_hex\":\"");
		put_hex(buf, address->path, address->path_len);
		put_char(buf, '"');
	}
	if (address->abstract)
		PUT(buf, ",\"abstract\":true");
}

static void put_raw(struct buffer *buf, const struct address *address)
{
	PUT(buf, "\"raw\":\"");
	put_hex(buf, address->raw, address->raw_len);
	put_char(buf, '"');
}

static void put_address(struct buffer *buf, const struct address *address)
{
	if (address->fault)
		return;
	PUT(buf, ",\"remote_addr\":{");
	if (address->has_family) {
		PUT(buf, "\"family\":\"");
		put_family_name(buf, address->family);
		put_char(buf, '"');
		if (address->family == AF_INET || address->family == AF_INET6) {
			put_inet(buf, address);
		} else if (address->family == AF_UNIX) {
			put_unix(buf, address);
		} else {
			put_char(buf, ',');
			put_raw(buf, address);
		}
	} else if (address->raw_len) {
		put_raw(buf, address);
	}
	put_char(buf, '}');
}

static void put_number(struct buffer *buf, const char *key, uint64_t number)
{
	put_text(buf, ",\"");
	put_text(buf, key);
	put_text(buf, "\":");
	put_unsigned(buf, number);
}

/* Those of the initial namespace stand with pid and tid. */
static void put_identity(struct buffer *buf, const struct identity *identity)
{
	const struct {
		uint32_t part;
		const char *key;
		uint64_t number;
	} numbers[] = {
		{IDENTITY_NS_PID, "ns_pid", identity->ns_pid},	  {IDENTITY_NS_PID, "ns_tid", identity->ns_tid},
		{IDENTITY_NS_PID, "ns_ppid", identity->ns_ppid},  {IDENTITY_MNT_NS, "mnt_ns", identity->mnt_ns},
		{IDENTITY_PID_NS, "pid_ns", identity->pid_ns},	  {IDENTITY_NET_NS, "net_ns", identity->net_ns},
		{IDENTITY_USER_NS, "user_ns", identity->user_ns}, {IDENTITY_UTS_NS, "uts_ns", identity->uts_ns},
	};

	if (identity->parts & IDENTITY_START) {
		PUT(buf, ",\"start_ns\":\"");
		put_unsigned(buf, identity->start);
		put_char(buf, '"');
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (identity->parts & numbers[i].part)
			put_number(buf, numbers[i].key, numbers[i].number);
	}
	if (identity->parts & IDENTITY_CGROUP_ID) {
		PUT(buf, ",\"cgroup_id\":\"");
		put_unsigned(buf, identity->cgroup_id);
		put_char(buf, '"');
	}
}

void json_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	PUT(buf, "{\"event\":\"security_socket_connect\",\"time\":\"");
	put_time(style, buf, attempt->time);
	PUT(buf, "\",\"ktime_ns\":\"");
	put_unsigned(buf, attempt->time);
	PUT(buf, "\",\"cpu\":");
	put_unsigned(buf, attempt->cpu);
	PUT(buf, ",\"pid\":");
	put_unsigned(buf, attempt->pid);
	PUT(buf, ",\"tid\":");
	put_unsigned(buf, attempt->tid);
	if (attempt->identity.parts & IDENTITY_PPID)
		put_number(buf, "ppid", attempt->identity.ppid);
	PUT(buf, ",\"uid\":");
	put_unsigned(buf, attempt->uid);
	PUT(buf, ",\"gid\":");
	put_unsigned(buf, attempt->gid);
	put_comm(buf, attempt);
	PUT(buf, ",\"sockfd\":");
	put_signed(buf, attempt->sockfd);
	put_type(buf, attempt);
	PUT(buf, ",\"addrlen\":");
	put_signed(buf, attempt->addrlen);
	put_address(buf, &attempt->address);
	if (attempt->domain) {
		PUT(buf, ",\"domain\":");
		put_json_string(buf, (const uint8_t *)attempt->domain, strlen(attempt->domain));
	}
	PUT(buf, ",\"via\":\"");
	put_text(buf, via_name(attempt->via));
	put_char(buf, '"');
	if (attempt->compat)
		PUT(buf, ",\"compat\":true");
	if (attempt->kernel)
		PUT(buf, ",\"kernel\":true");
	if (attempt->disconnect)
		PUT(buf, ",\"disconnect\":true");
	if (attempt->user_memory)
		PUT(buf, ",\"addr_source\":\"user_memory\"");
	PUT(buf, ",\"hook\":\"");
	put_text(buf, style->places[attempt->place]);
	put_char(buf, '"');
	if (attempt->identity.parts)
		put_identity(buf, &attempt->identity);
	PUT(buf, "}\n");
}

void json_lost(struct buffer *buf, uint32_t cpu, uint64_t count)
{
	PUT(buf, "{\"event\":\"lost\",\"cpu\":");
	put_unsigned(buf, cpu);
	PUT(buf, ",\"count\":");
	put_unsigned(buf, count);
	PUT(buf, "}\n");
}

void json_summary(struct buffer *buf, const struct accounts *accounts)
{
	PUT(buf, "{\"event\":\"summary\",\"attempts\":");
	put_unsigned(buf, accounts->attempts);
	PUT(buf, ",\"shown\":");
	put_unsigned(buf, accounts->shown);
	PUT(buf, ",\"filtered\":");
	put_unsigned(buf, accounts->filtered);
	PUT(buf, ",\"lost\":");
	put_unsigned(buf, accounts->lost);
	PUT(buf, "}\n");
}
