// SPDX-License-Identifier: GPL-2.0-or-later
#include "row.h"

#include <sys/socket.h>

/*
 * JSON and CSV keep this order: what stands before "hook" is older than the rest, and further ones come at the end. ECS
 * and OCSF are sorted by name, Tracee's keys by tracee.c. What OCSF has no place for is in its "unmapped", as JSON has it;
 * what ECS has none for is in its message and tags, or left out.
 */
/* clang-format off */
static const struct field fields[] = {
	/* JSON, CSV; ECS; OCSF; Tracee; what has to be known; the value */
	{"event", NULL, NULL, "eventName", 0, SAYS("security_socket_connect")},
	{"time", "@timestamp", NULL, NULL, 0, TEXT(get_time)},
	{"ktime_ns", NULL, "unmapped.ktime_ns", NULL, 0, T64(time)},
	{"cpu", NULL, "unmapped.cpu", "processorId", 0, N32(cpu)},
	{"pid", "process.pid", "actor.process.pid", "hostProcessId", 0, N32(pid)},
	{"tid", "process.thread.id", "actor.process.tid", "hostThreadId", 0, N32(tid)},
	{"ppid", "process.parent.pid", "actor.process.parent_process.pid", "hostParentProcessId", IDENTITY_PPID,
	 N32(identity.ppid)},
	{"uid", NULL, NULL, "userId", 0, N32(uid)},
	{"gid", NULL, "unmapped.gid", NULL, 0, N32(gid)},
	{"comm", "process.name", "actor.process.name", "processName", 0, BYTES(get_comm)},
	{"sockfd", NULL, "unmapped.sockfd", NULL, 0, S32(sockfd)},
	{"type", NULL, "unmapped.type", NULL, KNOWN_TYPE, TEXT(get_type)},
	{"addrlen", NULL, "unmapped.addrlen", NULL, 0, S32(addrlen)},
	{"remote_addr", NULL, NULL, NULL, KNOWN_ADDRESS, {.kind = OBJECT}},
	{"remote_addr.family", NULL, "unmapped.remote_addr.family", NULL, KNOWN_FAMILY, TEXT(get_family)},
	{"remote_addr.addr", "destination.ip", "dst_endpoint.ip", NULL, KNOWN_ADDR, TEXT(get_addr)},
	{"remote_addr.port", "destination.port", NULL, NULL, KNOWN_PORT, N16(address.port)},
	{"remote_addr.flowinfo", NULL, "unmapped.remote_addr.flowinfo", NULL, KNOWN_FLOWINFO, N32(address.flowinfo)},
	{"remote_addr.scope_id", NULL, "unmapped.remote_addr.scope_id", NULL, KNOWN_SCOPE, N32(address.scope_id)},
	{"remote_addr.path", NULL, "unmapped.remote_addr.path", NULL, KNOWN_PATH, BYTES(get_path)},
	{"remote_addr.abstract", NULL, "unmapped.remote_addr.abstract", NULL, KNOWN_ABSTRACT, IS("true")},
	{"remote_addr.raw", NULL, "unmapped.remote_addr.raw", NULL, KNOWN_RAW, TEXT(get_raw)},
	{"via", NULL, "unmapped.via", NULL, 0, OURS(get_via)},
	{"compat", NULL, "unmapped.compat", NULL, KNOWN_COMPAT, IS("true")},
	{"kernel", NULL, "unmapped.kernel", NULL, KNOWN_KERNEL, IS("true")},
	{"disconnect", NULL, "unmapped.disconnect", NULL, KNOWN_DISCONNECT, IS("true")},
	{"addr_source", NULL, "unmapped.addr_source", NULL, KNOWN_MEMORY, SAYS("user_memory")},
	{"hook", "event.provider", "unmapped.hook", NULL, 0, OURS(get_hook)},

	{"start_time", "process.start", NULL, NULL, IDENTITY_START, TEXT(get_start)},
	{"start_from", NULL, "unmapped.start_from", NULL, KNOWN_START_PROC, SAYS("proc")},
	{"ns_pid", "process.vpid", "actor.process.namespace_pid", NULL, IDENTITY_NS_PID, N32(identity.ns_pid)},
	{"ns_tid", NULL, "unmapped.ns_tid", NULL, IDENTITY_NS_PID, N32(identity.ns_tid)},
	{"ns_ppid", NULL, "unmapped.ns_ppid", NULL, IDENTITY_NS_PID, N32(identity.ns_ppid)},
	{"mnt_ns", NULL, "unmapped.mnt_ns", "mountNamespace", IDENTITY_MNT_NS, N32(identity.mnt_ns)},
	{"pid_ns", NULL, "unmapped.pid_ns", "pidNamespace", IDENTITY_PID_NS, N32(identity.pid_ns)},
	{"net_ns", NULL, "unmapped.net_ns", NULL, IDENTITY_NET_NS, N32(identity.net_ns)},
	{"user_ns", NULL, "unmapped.user_ns", NULL, IDENTITY_USER_NS, N32(identity.user_ns)},
	{"uts_ns", NULL, "unmapped.uts_ns", NULL, IDENTITY_UTS_NS, N32(identity.uts_ns)},
	{"cgroup_id", NULL, "unmapped.cgroup_id", NULL, IDENTITY_CGROUP_ID, T64(identity.cgroup_id)},
	{"identity_from", NULL, "unmapped.identity_from", NULL, KNOWN_BY_PROC, SAYS("proc")},
	{"exe", "process.executable", "actor.process.path", NULL, KNOWN_ABOUT, PATH(about.exe)},
	{"exe_from", NULL, "unmapped.exe_from", NULL, KNOWN_ABOUT, OURS(get_exe_from)},
	{"args", "process.args", NULL, NULL, KNOWN_ARGS, {.kind = ARGS}},
	{"args_cut", NULL, "unmapped.args_cut", NULL, KNOWN_ARGS_CUT, IS("true")},
	{"user", "user.name", "actor.process.user.name", NULL, KNOWN_USER, BYTES(get_user)},
	{"cgroup", NULL, "unmapped.cgroup", NULL, KNOWN_ABOUT, PATH(about.cgroup)},
	{"container.id", "container.id", "actor.process.container.uid", "containerId", KNOWN_ABOUT,
	 NAME(about.container)},
	{"container.runtime", "container.runtime", "actor.process.container.runtime", NULL, KNOWN_ABOUT,
	 NAME(about.runtime)},
	{"outcome", NULL, "unmapped.outcome", NULL, KNOWN_OUTCOME, OURS(get_outcome)},
	{"verdict", NULL, "unmapped.verdict", NULL, KNOWN_VERDICT, TEXT(get_verdict)},
	{"error", "error.code", NULL, NULL, KNOWN_ERROR, TEXT(get_error)},
	{"latency_ns", "event.duration", "unmapped.latency_ns", NULL, KNOWN_LATENCY, N64(result.ns)},
	{"local_addr.addr", "source.ip", "src_endpoint.ip", NULL, KNOWN_LOCAL, TEXT(get_local_addr)},
	{"local_addr.port", "source.port", "src_endpoint.port", NULL, KNOWN_LOCAL, N16(result.local_port)},
	{"protocol", "network.transport", "connection_info.protocol_name", NULL, KNOWN_PROTOCOL, TEXT(get_protocol)},
	{"domain", "destination.domain", NULL, NULL, KNOWN_DOMAIN, NAME(domain)},
	{"tags", NULL, "unmapped.tags", NULL, KNOWN_TAGS, {.kind = TAGS}},
	{.name = NULL},
};
/* clang-format on */

const struct field *fields_next(const struct field *field)
{
	field = field ? field + 1 : fields;
	if (field == &fields[sizeof(fields) / sizeof(fields[0]) - 1])
		field = foreign_fields;
	return field->name || field->ecs || field->ocsf || field->tracee ? field : NULL;
}

static uint64_t known_address(const struct address *address)
{
	bool inet = address->has_family && (address->family == AF_INET || address->family == AF_INET6);
	bool local = address->has_family && address->family == AF_UNIX;
	uint64_t known = 0;

	if (address->fault)
		return 0;
	known |= KNOWN_ADDRESS;
	known |= address->has_family ? KNOWN_FAMILY : 0;
	if (inet) {
		known |= KNOWN_INET;
		known |= address->has_addr ? KNOWN_ADDR : 0;
		known |= address->has_port ? KNOWN_PORT : 0;
		known |= address->has_flowinfo ? KNOWN_FLOWINFO : 0;
		known |= address->has_scope ? KNOWN_SCOPE : 0;
	} else if (local) {
		known |= address->unnamed ? 0 : KNOWN_PATH;
		known |= address->abstract ? KNOWN_ABSTRACT : 0;
	} else if (address->raw_len) {
		known |= KNOWN_RAW;
	}
	return known;
}

static uint64_t known_result(const struct attempt *attempt)
{
	const struct result *result = &attempt->result;
	bool inet = attempt->address.family == AF_INET || attempt->address.family == AF_INET6;
	uint64_t known = 0;

	if (result->outcome != OUTCOME_NOT_ASKED) {
		known |= KNOWN_OUTCOME;
		known |= result->has_verdict ? KNOWN_VERDICT : 0;
		known |= result->outcome != OUTCOME_UNKNOWN ? KNOWN_LATENCY : 0;
		known |= failure_of(attempt) ? KNOWN_ERROR : 0;
	}
	known |= result->has_local && inet ? KNOWN_LOCAL : 0;
	known |= result->has_protocol ? KNOWN_PROTOCOL : 0;
	return known;
}

uint64_t fields_known(const struct style *style, const struct attempt *attempt)
{
	const struct identity *identity = &attempt->identity;
	const struct about *about = &attempt->about;
	uint64_t known = KNOWN_EVENT | (identity->parts & KNOWN_IDENTITY);

	known |= known_address(&attempt->address) | known_result(attempt);
	known |= attempt->has_type ? KNOWN_TYPE : 0;
	known |= attempt->compat ? KNOWN_COMPAT : 0;
	known |= attempt->kernel ? KNOWN_KERNEL : 0;
	known |= attempt->disconnect ? KNOWN_DISCONNECT : 0;
	known |= attempt->user_memory ? KNOWN_MEMORY : 0;
	known |= (identity->parts & (IDENTITY_START | IDENTITY_START_EXACT)) == IDENTITY_START ? KNOWN_START_PROC : 0;
	known |= identity->proc_parts & identity->parts & ~(uint32_t)IDENTITY_START ? KNOWN_BY_PROC : 0;
	known |= about->from != FROM_NOT_ASKED ? KNOWN_ABOUT : 0;
	known |= about->args ? KNOWN_ARGS : 0;
	known |= about->args && about->args_cut ? KNOWN_ARGS_CUT : 0;
	known |= about->user || style->user ? KNOWN_USER : 0;
	known |= attempt->domain ? KNOWN_DOMAIN : 0;
	known |= attempt->tags & TAGS_NAMED ? KNOWN_TAGS : 0;
	return known;
}
