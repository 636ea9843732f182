// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples.h"

#include "record.h"

#include <assert.h>
#include <errno.h>

static const char places[][80] = {"kprobe:security_socket_connect", "proto:unix_stream_connect"};

void sample_style(struct style *style, enum format format)
{
	*style = (struct style){
		.format = format,
		.header = true,
		.result = true,
		.identity = true,
		.args = true,
		.names = true,
		.places = places,
		.start = 80000000000,
		.wall = 1787393472123456789 - 81234567890,
		.boot = 1787393472123456789 - 91234567890,
		.host =
			{
				.name = "host1.example.org",
				.machine_id = "0123456789abcdef0123456789abcdef",
				.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
				.uts_ns = 4026531838,
			},
	};
}

const char *sample_worst(void)
{
	static char worst[BUFFER_PATH_MAX + 1];

	memset(worst, 1, BUFFER_PATH_MAX);
	return worst;
}

static void decode(struct attempt *attempt, struct event event)
{
	bool decoded = record_decode(attempt, &event);

	assert(decoded);
	(void)decoded;
}

static void ends(struct attempt *attempt, enum outcome outcome, int error, int verdict)
{
	struct result *result = &attempt->result;

	result->outcome = outcome;
	result->has_verdict = true;
	result->verdict = verdict;
	result->error = error;
	result->ns = 45678;
	result->has_protocol = true;
	result->protocol = attempt->type == SOCK_STREAM ? 6 : 17;
	if (verdict)
		return;
	result->has_local = attempt->address.has_addr;
	result->local_port = 43210;
	if (attempt->address.family == AF_INET)
		inet_pton(AF_INET, "192.0.2.7", result->local_addr);
	else
		inet_pton(AF_INET6, "2001:db8::7", result->local_addr);
}

static void is_known(struct attempt *attempt)
{
	static const char args[] = "curl\0-s\0\0http://example.org/a b\0";

	attempt->identity = (struct identity){
		.parts = IDENTITY_PPID | IDENTITY_START | IDENTITY_NS_PID | IDENTITY_MNT_NS | IDENTITY_PID_NS |
			 IDENTITY_NET_NS | IDENTITY_USER_NS | IDENTITY_UTS_NS | IDENTITY_CGROUP_ID |
			 IDENTITY_START_EXACT,
		.ppid = 700,
		.ns_pid = 11,
		.ns_tid = 12,
		.ns_ppid = 1,
		.start = 90123456789,
		.mnt_ns = 4026532301,
		.pid_ns = 4026532302,
		.net_ns = 4026532303,
		.user_ns = 4026531837,
		.uts_ns = 4026532304,
		.cgroup_id = 18446744073709551615U,
	};
	attempt->about = (struct about){
		.from = FROM_PROC,
		.exe = "/usr/bin/curl",
		.args = args,
		.args_len = sizeof(args) - 1,
		.user = "alice",
		.cgroup = "/system.slice/docker-0123456789abcdef.scope",
		.container = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		.runtime = "docker",
	};
}

static struct event of_type(struct event event, uint16_t type)
{
	event.type = type;
	return event;
}

static struct event named(struct event event, const char *comm)
{
	memset(event.comm, 0, sizeof(event.comm));
	memcpy(event.comm, comm, strlen(comm));
	return event;
}

static struct event cut(struct event event, int32_t addrlen)
{
	event.addrlen = addrlen;
	return event;
}

static void make_tcp(struct attempt *attempt)
{
	decode(attempt, record_inet("93.184.216.34", 443));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
	is_known(attempt);
	attempt->domain = "example.org";
}

static void make_refused(struct attempt *attempt)
{
	decode(attempt, record_inet("127.0.0.1", 9));
	ends(attempt, OUTCOME_FAILURE, -ECONNREFUSED, 0);
}

static void make_unreachable(struct attempt *attempt)
{
	decode(attempt, record_inet("198.51.100.1", 80));
	ends(attempt, OUTCOME_FAILURE, -ENETUNREACH, 0);
	attempt->domain = "_odd.example.org";
}

static void make_non_blocking(struct attempt *attempt)
{
	decode(attempt, record_inet("203.0.113.9", 80));
	ends(attempt, OUTCOME_IN_PROGRESS, -EINPROGRESS, 0);
}

static void make_denied(struct attempt *attempt)
{
	decode(attempt, record_inet("203.0.113.9", 22));
	ends(attempt, OUTCOME_FAILURE, -EACCES, -EACCES);
}

static void make_missed_return(struct attempt *attempt)
{
	decode(attempt, record_inet("203.0.113.9", 25));
	attempt->result.outcome = OUTCOME_UNKNOWN;
}

static void make_odd_error(struct attempt *attempt)
{
	decode(attempt, record_inet("203.0.113.9", 26));
	ends(attempt, OUTCOME_FAILURE, -999, 0);
	attempt->result.protocol = 253;
}

static void make_udp(struct attempt *attempt)
{
	decode(attempt, of_type(record_inet("8.8.8.8", 53), SOCK_DGRAM));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
}

static void make_addr_select(struct attempt *attempt)
{
	decode(attempt, of_type(record_inet("93.184.216.34", 0), SOCK_DGRAM));
	attempt->tags = TAG_ADDR_SELECT | TAG_NSCD;
}

static void make_ipv6(struct attempt *attempt)
{
	decode(attempt, record_inet6("2001:db8::1", 443, 0));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
}

static void make_link_local(struct attempt *attempt)
{
	decode(attempt, record_inet6("fe80::1", 443, 2));
}

static void make_flowinfo(struct attempt *attempt)
{
	struct event event = record_inet6("2001:db8::1", 443, 0);

	event.addr[5] = 0xab;
	decode(attempt, event);
}

static void make_mapped(struct attempt *attempt)
{
	decode(attempt, record_inet6("::ffff:127.0.0.1", 80, 0));
}

static void make_rfc2133(struct attempt *attempt)
{
	decode(attempt, cut(record_inet6("2001:db8::1", 80, 7), 24));
}

static void make_raw(struct attempt *attempt)
{
	decode(attempt, of_type(record_inet("192.0.2.1", 0), SOCK_RAW));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
	attempt->result.protocol = 255;
}

static void make_odd_type(struct attempt *attempt)
{
	decode(attempt, of_type(record_inet("192.0.2.1", 0), 99));
}

static void make_unix(struct attempt *attempt)
{
	decode(attempt, record_unix("/run/dbus/system_bus_socket", 28));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
	attempt->result.has_protocol = false;
}

static void make_unix_dgram(struct attempt *attempt)
{
	decode(attempt, of_type(record_unix("/dev/log", 8), SOCK_DGRAM));
}

static void make_unix_seqpacket(struct attempt *attempt)
{
	decode(attempt, of_type(record_unix("/run/a, \"b\"", 11), SOCK_SEQPACKET));
}

static void make_unix_full(struct attempt *attempt)
{
	char path[108];

	memset(path, 'p', sizeof(path));
	path[0] = '/';
	decode(attempt, record_unix(path, sizeof(path)));
}

static void make_unix_garbage(struct attempt *attempt)
{
	decode(attempt, record_unix("/run/x\0garbage", 14));
}

static void make_unix_relative(struct attempt *attempt)
{
	decode(attempt, record_unix("=cmd|' /C calc'!A0", 18));
}

static void make_unix_bytes(struct attempt *attempt)
{
	decode(attempt, record_unix("/run/\xff\xfe\xc3", 8));
}

static void make_unix_controls(struct attempt *attempt)
{
	decode(attempt, record_unix("/run/a\nforged\033[2J\\\xe2\x80\xae", 22));
}

static void make_unix_at(struct attempt *attempt)
{
	decode(attempt, record_unix("@path", 5));
}

static void make_abstract(struct attempt *attempt)
{
	decode(attempt, record_unix("\0name", 5));
}

static void make_abstract_nul(struct attempt *attempt)
{
	decode(attempt, record_unix("\0a\0b\0\0", 6));
}

static void make_abstract_short(struct attempt *attempt)
{
	decode(attempt, record_unix("\0", 1));
}

static void make_unnamed(struct attempt *attempt)
{
	decode(attempt, record_unix("", 0));
}

static void make_addrlen_0(struct attempt *attempt)
{
	decode(attempt, cut(record_inet("192.0.2.1", 80), 0));
}

static void make_addrlen_1(struct attempt *attempt)
{
	decode(attempt, cut(record_inet("192.0.2.1", 80), 1));
}

static void make_addrlen_2(struct attempt *attempt)
{
	decode(attempt, cut(record_inet("192.0.2.1", 80), 2));
}

static void make_addrlen_4(struct attempt *attempt)
{
	decode(attempt, cut(record_inet("192.0.2.1", 80), 4));
}

static void make_addrlen_7(struct attempt *attempt)
{
	decode(attempt, cut(record_inet6("2001:db8::1", 80, 0), 7));
}

static void make_addrlen_128(struct attempt *attempt)
{
	decode(attempt, cut(record_inet("192.0.2.1", 80), 128));
}

static void make_disconnect(struct attempt *attempt)
{
	decode(attempt, of_type(record("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), SOCK_DGRAM));
	ends(attempt, OUTCOME_SUCCESS, 0, 0);
}

static void make_netlink(struct attempt *attempt)
{
	decode(attempt, of_type(record("\x10\0\0\0\1\2\3\4\0\0\0", 12), SOCK_RAW));
}

static void make_vsock(struct attempt *attempt)
{
	decode(attempt, record("\x28\0\0\0\x39\x30\0\0\2\0\0\0\0\0\0", 16));
}

static void make_odd_family(struct attempt *attempt)
{
	decode(attempt, record("\xc8\0\xff", 3));
}

static void make_compat(struct attempt *attempt)
{
	struct event event = record_inet("192.0.2.1", 80);

	event.flags = EVENT_COMPAT;
	decode(attempt, event);
}

static void make_socketcall(struct attempt *attempt)
{
	struct event event = record_inet("192.0.2.1", 80);

	event.flags = EVENT_COMPAT;
	event.via = VIA_SOCKETCALL;
	event.sockfd = 1021;
	decode(attempt, event);
}

static void make_io_uring(struct attempt *attempt)
{
	struct event event = record_inet("192.0.2.1", 80);

	event.via = VIA_IO_URING;
	event.sockfd = -1;
	decode(attempt, event);
}

static void make_io_worker(struct attempt *attempt)
{
	struct event event = named(record_inet("192.0.2.1", 80), "iou-wrk-811");

	event.flags = EVENT_NO_CALL;
	event.via = VIA_UNKNOWN;
	event.sockfd = -1;
	decode(attempt, event);
}

static void make_kernel(struct attempt *attempt)
{
	struct event event = named(record_inet("192.0.2.1", 2049), "kworker/u8:1");

	event.flags = EVENT_NO_CALL;
	event.via = VIA_UNKNOWN;
	event.sockfd = -1;
	event.uid_gid = 0;
	decode(attempt, event);
	attempt->kernel = true;
	attempt->about.from = FROM_PROC;
}

static void make_thread(struct attempt *attempt)
{
	decode(attempt, named(record_inet("192.0.2.1", 80), "a \"b\"\n\033[1m\xff"));
	is_known(attempt);
}

static void make_leader(struct attempt *attempt)
{
	struct event event = named(record_inet("192.0.2.1", 80), "=1+1,\\");

	event.pid_tgid = 811ULL << 32 | 811;
	decode(attempt, event);
	is_known(attempt);
	attempt->identity.pid_ns = 4026531836;
	attempt->identity.uts_ns = 4026531838;
	attempt->identity.parts &= ~(uint32_t)(IDENTITY_NS_PID | IDENTITY_START_EXACT);
	attempt->about.container = attempt->about.runtime = NULL;
}

static void make_gone(struct attempt *attempt)
{
	decode(attempt, record_inet("192.0.2.1", 80));
	attempt->about.from = FROM_GONE;
	attempt->about.user = "alice";
	attempt->identity.parts = IDENTITY_PPID;
	attempt->identity.ppid = 1;
}

static void make_outside(struct attempt *attempt)
{
	decode(attempt, record_inet("192.0.2.1", 80));
	is_known(attempt);
	attempt->identity.ns_pid = attempt->identity.ns_tid = 1;
	attempt->identity.ns_ppid = 0;
	attempt->about.args = NULL;
}

static void make_fault(struct attempt *attempt)
{
	struct event event = record_inet("192.0.2.1", 80);

	event.flags = EVENT_ADDR_FAULT | EVENT_TYPE_UNKNOWN | EVENT_USER_MEMORY;
	decode(attempt, event);
}

static void make_user_memory(struct attempt *attempt)
{
	struct event event = record_inet("192.0.2.1", 80);

	event.flags = EVENT_TYPE_UNKNOWN | EVENT_USER_MEMORY;
	decode(attempt, event);
}

/* All that can be long is as long as it gets. */
static void make_worst(struct attempt *attempt)
{
	const char *worst = sample_worst();
	struct event event = record_unix(worst, 108);

	memset(event.comm, 1, sizeof(event.comm));
	event.pid_tgid = event.uid_gid = UINT64_MAX;
	event.sockfd = INT32_MIN;
	event.type = 65535;
	event.flags = EVENT_COMPAT | EVENT_USER_MEMORY;
	event.time = UINT64_MAX;
	decode(attempt, event);
	ends(attempt, OUTCOME_FAILURE, -EPROTONOSUPPORT, -EPROTONOSUPPORT);
	is_known(attempt);
	attempt->kernel = true;
	attempt->disconnect = false;
	attempt->tags = TAG_ADDR_SELECT | TAG_NSCD;
	attempt->domain = worst;
	attempt->about = (struct about){.from = FROM_PROC,
					.exe = worst,
					.args = worst,
					.args_len = BUFFER_PATH_MAX + 1,
					.args_cut = true,
					.user = worst,
					.cgroup = worst,
					.container = worst,
					.runtime = worst};
}

static const struct {
	const char *name;
	void (*make)(struct attempt *attempt);
} samples[] = {
	{"IPv4 TCP, all known", make_tcp},
	{"refused", make_refused},
	{"unreachable", make_unreachable},
	{"non-blocking", make_non_blocking},
	{"denied by a security module", make_denied},
	{"the return was missed", make_missed_return},
	{"an errno and a protocol without names", make_odd_error},
	{"UDP", make_udp},
	{"UDP, port 0, as getaddrinfo() does", make_addr_select},
	{"IPv6", make_ipv6},
	{"IPv6, link-local", make_link_local},
	{"IPv6, flowinfo", make_flowinfo},
	{"IPv6, IPv4-mapped loopback", make_mapped},
	{"IPv6, 24 bytes", make_rfc2133},
	{"SOCK_RAW", make_raw},
	{"a type without name", make_odd_type},
	{"UNIX", make_unix},
	{"UNIX dgram", make_unix_dgram},
	{"UNIX seqpacket, comma and quotes", make_unix_seqpacket},
	{"UNIX, 108 bytes", make_unix_full},
	{"UNIX, garbage behind the NUL", make_unix_garbage},
	{"UNIX, relative, a formula", make_unix_relative},
	{"UNIX, not UTF-8", make_unix_bytes},
	{"UNIX, newline, ESC, backslash, bidi", make_unix_controls},
	{"UNIX, begins with @", make_unix_at},
	{"abstract", make_abstract},
	{"abstract, NULs", make_abstract_nul},
	{"abstract, 1 byte", make_abstract_short},
	{"unnamed", make_unnamed},
	{"addrlen 0", make_addrlen_0},
	{"addrlen 1", make_addrlen_1},
	{"addrlen 2", make_addrlen_2},
	{"addrlen 4", make_addrlen_4},
	{"addrlen 7", make_addrlen_7},
	{"addrlen 128", make_addrlen_128},
	{"AF_UNSPEC", make_disconnect},
	{"AF_NETLINK", make_netlink},
	{"AF_VSOCK", make_vsock},
	{"a family without name", make_odd_family},
	{"32-bit", make_compat},
	{"socketcall", make_socketcall},
	{"io_uring", make_io_uring},
	{"io_uring worker", make_io_worker},
	{"the kernel's own", make_kernel},
	{"a thread with an odd name", make_thread},
	{"a process's first thread, a formula", make_leader},
	{"exited at once", make_gone},
	{"first in its PID namespace", make_outside},
	{"unreadable address", make_fault},
	{"address from the caller's memory", make_user_memory},
	{"worst", make_worst},
};

const char *sample_make(size_t number, struct attempt *attempt)
{
	if (number >= sizeof(samples) / sizeof(samples[0]))
		return NULL;
	samples[number].make(attempt);
	return samples[number].name;
}
