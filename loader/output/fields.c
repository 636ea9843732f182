// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

#include <sys/socket.h>

/* clang-format off */
#define AT(kind_, member) {.kind = (kind_), .offset = offsetof(struct attempt, member)}
#define N16(member) AT(NUMBER16, member)
#define N32(member) AT(NUMBER32, member)
#define N64(member) AT(NUMBER64, member)
#define S32(member) AT(SIGNED32, member)
#define T32(member) AT(TEXT32, member)
#define T64(member) AT(TEXT64, member)
#define PATH(member) {.kind = STRING, .limit = BUFFER_PATH_MAX, .offset = offsetof(struct attempt, member)}
#define NAME(member) {.kind = STRING, .limit = BUFFER_NAME_MAX, .offset = offsetof(struct attempt, member)}
#define BYTES(getter) {.kind = SPAN, .span = (getter)}
#define OURS(getter) {.kind = WORD, .word = (getter)}
#define TEXT(getter) {.kind = PLAIN, .put = (getter)}
#define VALUE(getter) {.kind = RAW, .put = (getter)}
#define IS(literal) {.kind = LITERAL, .text = (literal)}
#define SAYS(literal) {.kind = QUOTED, .text = (literal)}

/*
 * JSON and CSV keep this order: what stands before "hook" is older than the rest, and further ones come at the end. ECS
 * and OCSF are sorted by name, Tracee's keys by tracee.c. What OCSF has no place for is in its "unmapped", as JSON has it;
 * what ECS has none for is in its message and tags, or left out.
 */
const struct field fields[] = {
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
	{NULL, "user.id", "actor.process.user.uid", NULL, 0, T32(uid)},
	{"gid", NULL, "unmapped.gid", NULL, 0, N32(gid)},
	{NULL, "group.id", NULL, NULL, 0, T32(gid)},
	{"comm", "process.name", "actor.process.name", "processName", 0, BYTES(get_comm)},
	{NULL, "process.thread.name", NULL, NULL, 0, BYTES(get_comm)},
	{"sockfd", NULL, "unmapped.sockfd", NULL, 0, S32(sockfd)},
	{"type", NULL, "unmapped.type", NULL, KNOWN_TYPE, TEXT(get_type)},
	{"addrlen", NULL, "unmapped.addrlen", NULL, 0, S32(addrlen)},
	{"remote_addr", NULL, NULL, NULL, KNOWN_ADDRESS, {.kind = OBJECT}},
	{"remote_addr.family", NULL, "unmapped.remote_addr.family", NULL, KNOWN_FAMILY, TEXT(get_family)},
	{"remote_addr.addr", "destination.ip", "dst_endpoint.ip", NULL, KNOWN_ADDR, TEXT(get_addr)},
	{"remote_addr.port", "destination.port", NULL, NULL, KNOWN_PORT, N16(address.port)},
	{NULL, NULL, "dst_endpoint.port", NULL, KNOWN_PORT | KNOWN_ADDR, N16(address.port)},
	{NULL, NULL, "unmapped.remote_addr.port", NULL, KNOWN_PORT, VALUE(ocsf_lone_port)},
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
	{NULL, "process.command_line", "actor.process.cmd_line", NULL, KNOWN_ARGS, VALUE(get_command_line)},
	{"user", "user.name", "actor.process.user.name", NULL, KNOWN_USER, BYTES(get_user)},
	{"cgroup", NULL, "unmapped.cgroup", NULL, KNOWN_ABOUT, PATH(about.cgroup)},
	{"container.id", "container.id", "actor.process.container.uid", "containerId", KNOWN_ABOUT,
	 NAME(about.container)},
	{"container.runtime", "container.runtime", "actor.process.container.runtime", NULL, KNOWN_ABOUT,
	 NAME(about.runtime)},
	{NULL, "process.entity_id", "actor.process.uid", NULL, IDENTITY_START, TEXT(get_entity)},
	{"outcome", NULL, "unmapped.outcome", NULL, KNOWN_OUTCOME, OURS(get_outcome)},
	{"verdict", NULL, "unmapped.verdict", NULL, KNOWN_VERDICT, TEXT(get_verdict)},
	{"error", "error.code", NULL, NULL, KNOWN_ERROR, TEXT(get_error)},
	{"latency_ns", "event.duration", "unmapped.latency_ns", NULL, KNOWN_LATENCY, N64(result.ns)},
	{"local_addr.addr", "source.ip", "src_endpoint.ip", NULL, KNOWN_LOCAL, TEXT(get_local_addr)},
	{"local_addr.port", "source.port", "src_endpoint.port", NULL, KNOWN_LOCAL, N16(result.local_port)},
	{"protocol", "network.transport", "connection_info.protocol_name", NULL, KNOWN_PROTOCOL, TEXT(get_protocol)},
	{NULL, "network.iana_number", NULL, NULL, KNOWN_PROTOCOL, TEXT(get_protocol_number)},
	{NULL, NULL, "connection_info.protocol_num", NULL, KNOWN_PROTOCOL, VALUE(get_protocol_number)},
	{"domain", "destination.domain", NULL, NULL, KNOWN_DOMAIN, NAME(domain)},
	{"tags", NULL, "unmapped.tags", NULL, KNOWN_TAGS, {.kind = TAGS}},

	{NULL, "ecs.version", NULL, NULL, 0, SAYS("9.5.0")},
	{NULL, "event.kind", NULL, NULL, 0, SAYS("event")},
	{NULL, "event.category", NULL, NULL, 0, IS("[\"network\"]")},
	{NULL, "event.type", NULL, NULL, 0, VALUE(ecs_type)},
	{NULL, "event.action", NULL, NULL, 0, SAYS("connection_attempted")},
	{NULL, "event.outcome", NULL, NULL, 0, OURS(ecs_outcome)},
	{NULL, "event.module", NULL, NULL, 0, SAYS("connsnoop")},
	{NULL, "event.dataset", NULL, NULL, 0, SAYS("connsnoop.connect")},
	{NULL, "event.sequence", "metadata.sequence", NULL, 0, VALUE(get_sequence)},
	{NULL, "message", NULL, NULL, 0, VALUE(ecs_message)},
	{NULL, "tags", NULL, NULL, 0, VALUE(ecs_tags)},
	{NULL, "error.message", NULL, NULL, KNOWN_ERROR, TEXT(ecs_error)},
	{NULL, "destination.address", NULL, NULL, 0, VALUE(ecs_address)},
	{NULL, "source.address", NULL, NULL, KNOWN_LOCAL, TEXT(get_local_addr)},
	{NULL, "related.ip", NULL, NULL, KNOWN_INET, VALUE(ecs_related)},
	{NULL, "network.type", NULL, NULL, KNOWN_INET, OURS(ecs_network_type)},
	{NULL, "network.direction", NULL, NULL, 0, SAYS("egress")},
	{NULL, "host.name", NULL, NULL, 0, BYTES(ecs_hostname)},
	{NULL, "host.hostname", NULL, NULL, 0, BYTES(ecs_hostname)},
	{NULL, "host.id", "device.uid", NULL, 0, OURS(ecs_host_id)},
	{NULL, "host.boot.id", "device.boot_uid", NULL, 0, OURS(ecs_boot_id)},

	{NULL, NULL, "category_uid", NULL, 0, IS("4")},
	{NULL, NULL, "class_uid", NULL, 0, IS("4001")},
	{NULL, NULL, "activity_id", NULL, 0, VALUE(ocsf_activity)},
	{NULL, NULL, "type_uid", NULL, 0, VALUE(ocsf_type)},
	{NULL, NULL, "severity_id", NULL, 0, IS("1")},
	{NULL, NULL, "time", NULL, 0, VALUE(ocsf_time)},
	{NULL, NULL, "metadata.version", NULL, 0, SAYS("1.9.0-dev")},
	{NULL, NULL, "metadata.profiles", NULL, 0, VALUE(ocsf_profiles)},
	{NULL, NULL, "metadata.product.name", NULL, 0, SAYS("connsnoop")},
	{NULL, NULL, "metadata.product.vendor_name", NULL, 0, SAYS("connsnoop")},
	{NULL, NULL, "metadata.product.version", NULL, 0, SAYS(CONNSNOOP_VERSION)},
	{NULL, NULL, "status_id", NULL, 0, VALUE(ocsf_status)},
	{NULL, NULL, "status_code", NULL, KNOWN_ERROR, TEXT(get_error)},
	{NULL, NULL, "status_detail", NULL, KNOWN_OUTCOME, OURS(ocsf_status_detail)},
	{NULL, NULL, "initiator_id", NULL, 0, IS("1")},
	{NULL, NULL, "is_src_dst_assignment_known", NULL, 0, IS("true")},
	{NULL, NULL, "connection_info.direction_id", NULL, 0, VALUE(ocsf_direction)},
	{NULL, NULL, "connection_info.protocol_ver_id", NULL, KNOWN_INET, VALUE(ocsf_version)},
	{NULL, NULL, "dst_endpoint.hostname", NULL, KNOWN_DOMAIN, BYTES(ocsf_domain)},
	{NULL, NULL, "dst_endpoint.name", NULL, KNOWN_DOMAIN, BYTES(ocsf_odd_domain)},
	{NULL, NULL, "src_endpoint.hostname", NULL, 0, BYTES(ocsf_hostname)},
	{NULL, NULL, "src_endpoint.name", NULL, 0, BYTES(ocsf_nodename)},
	{NULL, NULL, "device.hostname", NULL, 0, BYTES(ocsf_hostname)},
	{NULL, NULL, "device.name", NULL, 0, BYTES(ocsf_nodename)},
	{NULL, NULL, "device.type_id", NULL, 0, IS("0")},
	{NULL, NULL, "actor.process.created_time", NULL, IDENTITY_START, VALUE(ocsf_start)},

	{NULL, NULL, NULL, "timestamp", 0, VALUE(tracee_time)},
	{NULL, NULL, NULL, "threadStartTime", IDENTITY_START, VALUE(tracee_start)},
	{NULL, NULL, NULL, "processId", 0, VALUE(tracee_pid)},
	{NULL, NULL, NULL, "threadId", 0, VALUE(tracee_tid)},
	{NULL, NULL, NULL, "parentProcessId", 0, VALUE(tracee_ppid)},
	{NULL, NULL, NULL, "cgroupId", IDENTITY_CGROUP_ID, N64(identity.cgroup_id)},
	{NULL, NULL, NULL, "executable", KNOWN_ABOUT, VALUE(tracee_executable)},
	{NULL, NULL, NULL, "hostName", 0, BYTES(tracee_hostname)},
	{NULL, NULL, NULL, "container", KNOWN_ABOUT, VALUE(tracee_container)},
	{NULL, NULL, NULL, "eventId", 0, OURS(tracee_event_id)},
	{NULL, NULL, NULL, "argsNum", 0, VALUE(tracee_args_count)},
	{NULL, NULL, NULL, "syscall", 0, OURS(tracee_syscall)},
	{NULL, NULL, NULL, "contextFlags", 0, VALUE(tracee_flags)},
	{NULL, NULL, NULL, "threadEntityId", IDENTITY_START, VALUE(tracee_thread_entity)},
	{NULL, NULL, NULL, "processEntityId", IDENTITY_START, VALUE(tracee_process_entity)},
	{NULL, NULL, NULL, "args", 0, VALUE(tracee_args)},
	{.name = NULL},
};
/* clang-format on */

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
