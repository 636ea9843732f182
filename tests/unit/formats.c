// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/output/fields.c and what renders it: every kind of attempt in every format. Validators that are not ours are
 * tests/formats.t's.
 */
#include "test.h"

#include "fields.h"
#include "record.h"
#include "samples.h"
#include "strict_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct style style;
static struct attempt attempt;
static char line[BUFFER_LINE_MAX];
static size_t len;

static const enum format formats[] = {FORMAT_TEXT, FORMAT_JSON, FORMAT_TRACEE, FORMAT_TRACEE2,
				      FORMAT_ECS,  FORMAT_OCSF, FORMAT_CSV};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_object(enum format format)
{
	return format != FORMAT_TEXT && format != FORMAT_CSV;
}

/* Renders into a block that ends where the room ends; the line without its newline is left in `line`. */
static const char *render_by(struct style *by)
{
	struct buffer buf = {.data = malloc(BUFFER_LINE_MAX), .size = BUFFER_LINE_MAX};

	render_attempt(by, &buf, &attempt);
	assert_true(buf.len > 1 && buf.len < BUFFER_LINE_MAX);
	assert_int_equal(buf.data[buf.len - 1], '\n');
	len = buf.len - 1;
	memcpy(line, buf.data, len);
	line[len] = '\0';
	free(buf.data);
	assert_null(memchr(line, '\n', len));
	assert_true(utf8_valid(line, len));
	if (is_object(by->format) && !json_valid(line, len))
		print_error("%s\n", line);
	assert_true(!is_object(by->format) || json_valid(line, len));
	return line;
}

static const char *render(void)
{
	return render_by(&style);
}

static const char *sample(const char *name)
{
	const char *found;

	for (size_t i = 0; (found = sample_make(i, &attempt)); i++) {
		if (!strcmp(found, name))
			return render();
	}
	fail_msg("there is no sample %s", name);
	return NULL;
}

/* The bytes of a string, wherever its key is. */
static const char *string_of(const char *key)
{
	static char found[32768];
	int size = json_string(line, len, key, found, sizeof(found) - 1);

	if (size < 0)
		return NULL;
	found[size] = '\0';
	return found;
}

static void assert_has(const char *text)
{
	if (!strstr(line, text))
		print_error("%s\n is not in %s\n", text, line);
	assert_non_null(strstr(line, text));
}

static void assert_lacks(const char *text)
{
	if (strstr(line, text))
		print_error("%s\n is in %s\n", text, line);
	assert_null(strstr(line, text));
}

/* What is not there: not known, so not 0, not "" and not null. */
static void assert_nothing_empty(void)
{
	assert_lacks(":null");
	assert_lacks(":{}");
	assert_lacks(":[]");
}

static void test_every_sample(void **state)
{
	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		sample_style(&style, formats[f]);
		for (size_t i = 0; sample_make(i, &attempt); i++) {
			render();
			if (formats[f] == FORMAT_ECS || formats[f] == FORMAT_OCSF)
				assert_nothing_empty();
		}
	}
}

/* A line is the same whatever came before it: nothing is left over of plans, times or known fields. */
static void test_lines_are_independent(void **state)
{
	static char alone[BUFFER_LINE_MAX];
	static struct style used;

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		sample_style(&used, formats[f]);
		for (size_t i = 0; i < 200; i++) {
			if (!sample_make(i * 7 % 51, &attempt))
				fail_msg("fewer samples than there were");
			sample_style(&style, formats[f]);
			strcpy(alone, render());
			used.sequence = 0;
			assert_string_equal(render_by(&used), alone);
		}
	}
}

/* The longest line of each format, and that no string can be longer than what it was made for. */
static void test_longest_line(void **state)
{
	size_t most = 0;

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		sample_style(&style, formats[f]);
		sample("worst");
		if (len > most)
			most = len;
		assert_true(len > BUFFER_PATH_MAX);
	}
	assert_true(most > BUFFER_LINE_MAX / 2);
	/* What stands between values is copied as a whole. */
	assert_true(most + 1 + PLAN_GLUE <= BUFFER_LINE_MAX);
	sample_style(&style, FORMAT_JSON);
	sample("IPv4 TCP, all known");
	attempt.about.exe = attempt.about.container = "0123456789";
	render();
	assert_string_equal(string_of("exe"), "0123456789");
}

static void test_long_strings_are_cut(void **state)
{
	static char longer[3 * BUFFER_PATH_MAX];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	for (size_t f = 0; f < COUNT(formats); f++) {
		sample_style(&style, formats[f]);
		style.user = true;
		sample("worst");
		attempt.domain = longer;
		attempt.about = (struct about){.from = FROM_PROC,
					       .exe = longer,
					       .args = longer,
					       .args_len = sizeof(longer),
					       .user = longer,
					       .cgroup = longer,
					       .container = longer,
					       .runtime = longer};
		render();
		assert_true(len < 5 * BUFFER_PATH_MAX);
	}
}

/* Names that a key has no room for would be cut, and then not be themselves. */
static void test_names_fit(void **state)
{
	(void)state;
	for (const struct field *field = NULL; (field = fields_next(field));) {
		const char *names[] = {field->name, field->ecs, field->ocsf, field->tracee};

		for (size_t i = 0; i < COUNT(names); i++) {
			for (const char *part = names[i]; part; part = strchr(part, '.')) {
				part += *part == '.';
				assert_true(strcspn(part, ".") > 0 && strcspn(part, ".") <= PLAN_KEY - 6);
			}
		}
	}
	for (size_t f = 0; f < COUNT(formats); f++) {
		sample_style(&style, formats[f]);
		plan_prepare(&style);
		assert_true(style.plan.count > 20 && style.plan.count <= PLAN_COLUMNS);
		assert_true(style.plan.object_count <= PLAN_OBJECTS);
	}
}

static void test_json(void **state)
{
	char keys[1024];

	(void)state;
	sample_style(&style, FORMAT_JSON);
	sample("IPv4 TCP, all known");
	json_keys(line, len, "", keys, sizeof(keys));
	assert_string_equal(
		keys, "event,time,ktime_ns,cpu,pid,tid,ppid,uid,gid,comm,sockfd,type,addrlen,remote_addr,via,"
		      "hook,start_time,ns_pid,ns_tid,ns_ppid,mnt_ns,pid_ns,net_ns,user_ns,uts_ns,cgroup_id,exe,"
		      "exe_from,args,user,cgroup,container,outcome,verdict,latency_ns,local_addr,protocol,domain");
	assert_has("\"tid\":812,\"ppid\":700,\"uid\":1000,");
	assert_has("\"start_time\":\"2026-08-22T10:11:11.012345688Z\",\"ns_pid\":11,\"ns_tid\":12,\"ns_ppid\":1,"
		   "\"mnt_ns\":4026532301,\"pid_ns\":4026532302,\"net_ns\":4026532303,\"user_ns\":4026531837,"
		   "\"uts_ns\":4026532304,\"cgroup_id\":\"18446744073709551615\",\"exe\":\"/usr/bin/curl\","
		   "\"exe_from\":\"proc\",\"args\":[\"curl\",\"-s\",\"\",\"http://example.org/a b\"],"
		   "\"user\":\"alice\",\"cgroup\":\"/system.slice/docker-0123456789abcdef.scope\","
		   "\"container\":{\"id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
		   "\"runtime\":\"docker\"},\"outcome\":\"success\",\"verdict\":\"allowed\",\"latency_ns\":45678,"
		   "\"local_addr\":{\"addr\":\"192.0.2.7\",\"port\":43210},\"protocol\":\"tcp\","
		   "\"domain\":\"example.org\"}");
}

static void test_json_outcomes(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_JSON);
	sample("refused");
	assert_has("\"outcome\":\"failure\",\"verdict\":\"allowed\",\"error\":\"ECONNREFUSED\",\"latency_ns\":45678,");
	sample("denied by a security module");
	assert_has("\"outcome\":\"failure\",\"verdict\":\"EACCES\",\"error\":\"EACCES\",");
	assert_lacks("local_addr");
	sample("non-blocking");
	assert_has("\"outcome\":\"in_progress\",\"verdict\":\"allowed\",\"latency_ns\"");
	assert_lacks("\"error\"");
	sample("the return was missed");
	assert_has("\"outcome\":\"unknown\"}");
	sample("an errno and a protocol without names");
	assert_has("\"error\":\"errno 999\"");
	assert_has("\"protocol\":\"253\"");
	attempt.result.error = -512;
	render();
	assert_has("\"error\":\"ERESTARTSYS\"");
}

static void test_json_provenance(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_JSON);
	sample("exited at once");
	assert_has("\"exe_from\":\"gone\",\"user\":\"alice\"}");
	assert_lacks("\"exe\":");
	sample("the kernel's own");
	assert_has("\"kernel\":true");
	assert_has("\"exe_from\":\"proc\"}");
	sample("a process's first thread, a formula");
	assert_has("\"start_time\":\"2026-08-22T10:11:11.012345688Z\",\"start_from\":\"proc\",\"mnt_ns\"");
	assert_lacks("identity_from");
	attempt.identity.proc_parts = IDENTITY_START;
	render();
	assert_lacks("identity_from");
	attempt.identity.proc_parts |= IDENTITY_MNT_NS;
	attempt.about.from = FROM_CHANGED;
	render();
	assert_has("\"identity_from\":\"proc\"");
	assert_has("\"exe_from\":\"changed\"");
	sample("UDP, port 0, as getaddrinfo() does");
	assert_has("\"port\":0}");
	assert_has("\"tags\":[\"addr_select\",\"nscd\"]}");
	sample("first in its PID namespace");
	assert_has("\"ns_pid\":1,\"ns_tid\":1,\"ns_ppid\":0,");
	assert_lacks("\"args\"");
}

/* What is not UTF-8 is repeated in hex, whatever it is. */
static void test_json_is_lossless(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_JSON);
	sample("IPv4 TCP, all known");
	attempt.about.exe = "/bin/\xff";
	attempt.about.args = "a\0\xff\0";
	attempt.about.args_len = 4;
	attempt.about.args_cut = true;
	attempt.about.user = "\x01";
	attempt.about.cgroup = "/\n";
	attempt.about.container = "\x7f";
	attempt.domain = "\xc3";
	render();
	assert_has("\"exe\":\"/bin/\xef\xbf\xbd\",\"exe_hex\":\"2f62696e2fff\",\"exe_from\":\"proc\",");
	assert_has("\"args\":[\"a\",\"\xef\xbf\xbd\"],\"args_hex\":\"6100ff00\",\"args_cut\":true,");
	assert_has("\"user_hex\":\"01\"");
	assert_has("\"cgroup_hex\":\"2f0a\"");
	assert_has("\"container\":{\"id\":\"\\u007f\",\"id_hex\":\"7f\",");
	assert_has("\"domain_hex\":\"c3\"");
}

/* -U has a place in JSON, too. */
static void test_json_user(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_JSON);
	sample("refused");
	assert_lacks("\"user\"");
	style.user = true;
	style.users = users_read("/etc/passwd");
	attempt.uid = 0;
	render();
	assert_has("\"user\":\"root\"");
	users_free(style.users);
	style.users = NULL;
	render();
	assert_lacks("\"user\"");
}

static const char tracee_keys_in_order[] =
	"timestamp,threadStartTime,processorId,processId,cgroupId,threadId,parentProcessId,hostProcessId,hostThreadId,"
	"hostParentProcessId,userId,mountNamespace,pidNamespace,processName,executable,hostName,containerId,container,"
	"kubernetes,eventId,eventName,argsNum,returnValue,syscall,stackAddresses,contextFlags,threadEntityId,"
	"processEntityId,parentEntityId,args";

static void test_tracee_keys(void **state)
{
	char keys[1024];

	(void)state;
	for (enum format format = FORMAT_TRACEE; format <= FORMAT_TRACEE2; format++) {
		sample_style(&style, format);
		for (size_t i = 0; sample_make(i, &attempt); i++) {
			render();
			json_keys(line, len, "", keys, sizeof(keys));
			assert_string_equal(keys, tracee_keys_in_order);
		}
	}
}

static void test_tracee(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_TRACEE);
	assert_string_equal(
		sample("IPv4 TCP, all known"),
		"{\"timestamp\":1787393472123456789,\"threadStartTime\":0,\"processorId\":1,\"processId\":11,"
		"\"cgroupId\":18446744073709551615,\"threadId\":12,\"parentProcessId\":1,\"hostProcessId\":811,"
		"\"hostThreadId\":812,\"hostParentProcessId\":700,\"userId\":1000,\"mountNamespace\":4026532301,"
		"\"pidNamespace\":4026532302,\"processName\":\"curl\",\"executable\":{\"path\":\"/usr/bin/curl\"},"
		"\"hostName\":\"\",\"containerId\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"container\":{\"id\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"},\"kubernetes\":{},"
		"\"eventId\":\"736\",\"eventName\":\"security_socket_connect\",\"argsNum\":3,\"returnValue\":0,"
		"\"syscall\":\"connect\",\"stackAddresses\":null,\"contextFlags\":{\"containerStarted\":true,"
		"\"isCompat\":false},\"threadEntityId\":0,\"processEntityId\":1346304060,\"parentEntityId\":0,"
		"\"args\":[{\"name\":\"sockfd\",\"type\":\"int32\",\"value\":5},{\"name\":\"type\",\"type\":\"int32\","
		"\"value\":1},{\"name\":\"remote_addr\",\"type\":\"SockAddr\",\"value\":{\"sa_family\":\"AF_INET\","
		"\"sin_addr\":\"93.184.216.34\",\"sin_port\":\"443\"}}]}");
	style.format = FORMAT_TRACEE2;
	render();
	assert_has("\"eventId\":\"734\"");
	assert_has("\"argsNum\":2,");
	assert_has("\"args\":[{\"name\":\"sockfd\",\"type\":\"int\",\"value\":5},{\"name\":\"remote_addr\","
		   "\"type\":\"struct sockaddr*\",\"value\":{\"sa_family\":\"AF_INET\",\"sin_addr\":\"93.184.216.34\","
		   "\"sin_port\":\"443\"}}]}");
}

/* Strings only, keys sorted, the scope as the number that it is. */
static void test_tracee_addresses(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_TRACEE);
	sample("IPv6, link-local");
	assert_has("{\"sa_family\":\"AF_INET6\",\"sin6_addr\":\"fe80::1\",\"sin6_flowinfo\":\"0\","
		   "\"sin6_port\":\"443\",\"sin6_scopeid\":\"2\"}");
	sample("IPv6, flowinfo");
	assert_has("\"sin6_flowinfo\":\"11206656\"");
	sample("IPv6, 24 bytes");
	assert_lacks("sin6_scopeid");
	sample("UNIX");
	assert_has("{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"/run/dbus/system_bus_socket\"}");
	sample("UNIX, not UTF-8");
	assert_has("\"sun_path\":\"/run/\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	sample("abstract");
	assert_has("\"sun_path\":\"@name\"");
	sample("abstract, NULs");
	assert_has("\"sun_path\":\"@a\\u0000b\\u0000\\u0000\"");
	sample("unnamed");
	assert_has("{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"\"}");
	sample("AF_NETLINK");
	assert_has("{\"sa_family\":\"AF_NETLINK\"}");
	sample("addrlen 4");
	assert_has("{\"sa_family\":\"AF_INET\",\"sin_port\":\"80\"}");
	sample("addrlen 1");
	assert_has("\"argsNum\":2,");
	assert_has("\"type\":\"SockAddr\",\"value\":null}]}");
}

static void test_tracee_calls(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_TRACEE);
	sample("socketcall");
	assert_has("\"syscall\":\"socketcall\"");
	assert_has("\"contextFlags\":{\"containerStarted\":false,\"isCompat\":true}");
	sample("io_uring");
	assert_has("\"argsNum\":2,");
	assert_has("\"syscall\":\"io_uring_enter\"");
	assert_has("\"name\":\"sockfd\",\"type\":\"int32\",\"value\":-1}");
	sample("io_uring worker");
	assert_has("\"syscall\":\"\"");
	sample("address from the caller's memory");
	assert_has("\"argsNum\":2,");
	assert_has("\"name\":\"type\",\"type\":\"int32\",\"value\":null}");
}

static void test_tracee_who(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_TRACEE);
	/* Nothing of it is known. */
	sample("refused");
	assert_has("\"processId\":0,\"cgroupId\":0,\"threadId\":0,\"parentProcessId\":0,\"hostProcessId\":811,"
		   "\"hostThreadId\":812,\"hostParentProcessId\":0,");
	assert_has("\"mountNamespace\":0,\"pidNamespace\":0,");
	assert_has("\"executable\":{\"path\":\"\"},\"hostName\":\"host1.example.o\",\"containerId\":\"\","
		   "\"container\":{},");
	assert_has("\"threadEntityId\":0,\"processEntityId\":0,");
	/* In the initial PID namespace, which has the same inode everywhere, the host's numbers are its own. */
	sample("a process's first thread, a formula");
	assert_has("\"threadStartTime\":1787393471012345688,\"processorId\":1,\"processId\":811,");
	assert_has("\"threadId\":811,\"parentProcessId\":700,\"hostProcessId\":811,\"hostThreadId\":811,");
	assert_has("\"hostName\":\"host1.example.o\"");
	sample("first in its PID namespace");
	assert_has("\"parentProcessId\":0,\"hostProcessId\":811,\"hostThreadId\":812,\"hostParentProcessId\":700,");
}

/* As Tracee itself has hashed it: a process of runc's, in a report of November 2025. */
static void test_tracee_hash(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_TRACEE);
	sample("a process's first thread, a formula");
	attempt.pid = attempt.tid = 765;
	attempt.identity.start = 1764943681493527948;
	style.boot = 0;
	render();
	assert_has("\"threadStartTime\":1764943681493527948,");
	assert_has("\"threadEntityId\":4274835278,\"processEntityId\":4274835278,");
}

static void test_ecs(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_ECS);
	assert_string_equal(
		sample("IPv4 TCP, all known"),
		"{\"@timestamp\":\"2026-08-22T10:11:12.123456789Z\",\"container\":{\"id\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"runtime\":\"docker\"},"
		"\"destination\":{\"address\":\"93.184.216.34\",\"domain\":\"example.org\",\"ip\":\"93.184.216.34\","
		"\"port\":443},\"ecs\":{\"version\":\"9.5.0\"},\"event\":{\"action\":\"connection_attempted\","
		"\"category\":[\"network\"],\"dataset\":\"connsnoop.connect\",\"duration\":45678,\"kind\":\"event\","
		"\"module\":\"connsnoop\",\"outcome\":\"success\",\"provider\":\"kprobe:security_socket_connect\","
		"\"sequence\":1,\"type\":[\"connection\",\"start\"]},\"group\":{\"id\":\"1001\"},\"host\":{\"boot\":"
		"{\"id\":\"01234567-89ab-cdef-0123-456789abcdef\"},\"hostname\":\"host1.example.org\",\"id\":"
		"\"0123456789abcdef0123456789abcdef\",\"name\":\"host1.example.org\"},\"message\":"
		"\"curl connects descriptor 5 of type SOCK_STREAM to 93.184.216.34:443 by connect\",\"network\":"
		"{\"direction\":\"egress\",\"iana_number\":\"6\",\"transport\":\"tcp\",\"type\":\"ipv4\"},\"process\":"
		"{\"args\":[\"curl\",\"-s\",\"\",\"http://example.org/a b\"],\"command_line\":"
		"\"curl -s  http://example.org/a b\",\"entity_id\":\"75ea30174376da82\",\"executable\":"
		"\"/usr/bin/curl\",\"name\":\"curl\",\"parent\":{\"pid\":700},\"pid\":811,\"start\":"
		"\"2026-08-22T10:11:11.012345688Z\",\"thread\":{\"id\":812,\"name\":\"curl\"},\"vpid\":11},"
		"\"related\":{\"ip\":[\"93.184.216.34\",\"192.0.2.7\"]},\"source\":{\"address\":\"192.0.2.7\","
		"\"ip\":\"192.0.2.7\",\"port\":43210},\"user\":{\"id\":\"1000\",\"name\":\"alice\"}}");
}

static void test_ecs_cases(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_ECS);
	sample("refused");
	assert_has("\"error\":{\"code\":\"ECONNREFUSED\",\"message\":\"connect failed: ECONNREFUSED\"}");
	assert_has("\"outcome\":\"failure\"");
	assert_has("\"type\":[\"connection\",\"start\"]");
	assert_has(" by connect: ECONNREFUSED\"");
	sample("denied by a security module");
	assert_has("\"error\":{\"code\":\"EACCES\",\"message\":\"a security module refused the connect: EACCES\"}");
	assert_has("\"type\":[\"connection\",\"start\",\"denied\"]");
	sample("non-blocking");
	assert_has("\"duration\":45678,");
	assert_has("\"outcome\":\"unknown\"");
	assert_lacks("\"error\"");
	sample("the return was missed");
	assert_lacks("\"duration\"");
	sample("IPv6, link-local");
	assert_has("\"destination\":{\"address\":\"fe80::1%2\",\"ip\":\"fe80::1\",\"port\":443}");
	assert_has("\"type\":\"ipv6\"");
	sample("UNIX, begins with @");
	assert_has("\"destination\":{\"address\":\"@path\"}");
	assert_lacks("\"related\"");
	sample("abstract");
	assert_has("\"destination\":{\"address\":\"@name\"}");
	sample("unnamed");
	assert_lacks("\"destination\"");
	sample("AF_UNSPEC");
	assert_has("\"type\":[\"connection\",\"end\"]");
	assert_has("\"tags\":[\"disconnect\"]");
	sample("AF_NETLINK");
	assert_has("to AF_NETLINK 100000000102030400000000 by connect");
	sample("exited at once");
	assert_has("\"tags\":[\"exe_gone\"]");
	sample("unreadable address");
	assert_has("\"tags\":[\"user_memory\"]");
	assert_lacks("\"destination\"");
	sample("worst");
	assert_has("\"tags\":[\"compat\",\"kernel\",\"user_memory\",\"args_cut\",\"addr_select\",\"nscd\"]");
}

/* One and the same wherever the start time is from, and another one where anything differs. */
static void test_entity(void **state)
{
	char first[32];

	(void)state;
	sample_style(&style, FORMAT_ECS);
	sample("IPv4 TCP, all known");
	strcpy(first, string_of("entity_id"));
	attempt.identity.start = attempt.identity.start / 10000000 * 10000000;
	render();
	assert_string_equal(string_of("entity_id"), first);
	attempt.identity.start += 10000000;
	render();
	assert_string_not_equal(string_of("entity_id"), first);
	attempt.identity.start -= 10000000;
	attempt.pid++;
	render();
	assert_string_not_equal(string_of("entity_id"), first);
	attempt.pid--;
	style.host.boot_id[0] = '1';
	render();
	assert_string_not_equal(string_of("entity_id"), first);
	style.format = FORMAT_OCSF;
	render();
	assert_has("\"tid\":812,\"uid\":\"");
}

static void test_ocsf(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_OCSF);
	assert_string_equal(
		sample("IPv4 TCP, all known"),
		"{\"activity_id\":1,\"actor\":{\"process\":{\"cmd_line\":\"curl -s  http://example.org/a b\","
		"\"container\":{\"runtime\":\"docker\",\"uid\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"},\"created_time\":1787393471012,"
		"\"name\":\"curl\",\"namespace_pid\":11,\"parent_process\":{\"pid\":700},\"path\":\"/usr/bin/curl\","
		"\"pid\":811,\"tid\":812,\"uid\":\"75ea30174376da82\",\"user\":{\"name\":\"alice\",\"uid\":\"1000\"}}},"
		"\"category_uid\":4,\"class_uid\":4001,\"connection_info\":{\"direction_id\":2,\"protocol_name\":"
		"\"tcp\",\"protocol_num\":6,\"protocol_ver_id\":4},\"device\":{\"boot_uid\":"
		"\"01234567-89ab-cdef-0123-456789abcdef\",\"hostname\":\"host1.example.org\",\"type_id\":0,\"uid\":"
		"\"0123456789abcdef0123456789abcdef\"},\"dst_endpoint\":{\"hostname\":\"example.org\",\"ip\":"
		"\"93.184.216.34\",\"port\":443},\"initiator_id\":1,\"is_src_dst_assignment_known\":true,\"metadata\":"
		"{\"product\":{\"name\":\"connsnoop\",\"vendor_name\":\"connsnoop\",\"version\":\"test\"},\"profiles\":"
		"[\"host\",\"container\"],\"sequence\":1,\"version\":\"1.9.0-dev\"},\"severity_id\":1,\"src_endpoint\":"
		"{\"hostname\":\"host1.example.org\",\"ip\":\"192.0.2.7\",\"port\":43210},\"status_id\":1,\"time\":"
		"1787393472123,\"type_uid\":400101,\"unmapped\":{\"addrlen\":16,\"cgroup\":"
		"\"/system.slice/docker-0123456789abcdef.scope\",\"cgroup_id\":\"18446744073709551615\",\"cpu\":1,"
		"\"exe_from\":\"proc\",\"gid\":1001,\"hook\":\"kprobe:security_socket_connect\",\"ktime_ns\":"
		"\"81234567890\",\"latency_ns\":45678,\"mnt_ns\":4026532301,\"net_ns\":4026532303,\"ns_ppid\":1,"
		"\"ns_tid\":12,\"outcome\":\"success\",\"pid_ns\":4026532302,\"remote_addr\":{\"family\":\"AF_INET\"},"
		"\"sockfd\":5,\"type\":\"SOCK_STREAM\",\"user_ns\":4026531837,\"uts_ns\":4026532304,\"verdict\":"
		"\"allowed\",\"via\":\"connect\"}}");
}

static void test_ocsf_cases(void **state)
{
	(void)state;
	sample_style(&style, FORMAT_OCSF);
	sample("refused");
	assert_has("{\"activity_id\":5,");
	assert_has("\"type_uid\":400105,");
	assert_has("\"status_code\":\"ECONNREFUSED\",\"status_id\":2,");
	assert_has("\"connection_info\":{\"direction_id\":4,");
	assert_has("\"profiles\":[\"host\"]");
	sample("unreachable");
	assert_has("{\"activity_id\":4,");
	assert_has("\"type_uid\":400104,");
	/* No hostname to OCSF, but a name. */
	assert_has("\"dst_endpoint\":{\"ip\":\"198.51.100.1\",\"name\":\"_odd.example.org\",\"port\":80}");
	sample("denied by a security module");
	assert_has("\"status_code\":\"EACCES\",\"status_detail\":\"refused by a security module\",\"status_id\":2,");
	sample("non-blocking");
	assert_has("{\"activity_id\":1,");
	assert_has("\"status_detail\":\"in progress\",\"status_id\":0,");
	assert_lacks("status_code");
	sample("AF_UNSPEC");
	assert_has("{\"activity_id\":2,");
	assert_has("\"type_uid\":400102,");
	sample("IPv6, IPv4-mapped loopback");
	assert_has("\"connection_info\":{\"direction_id\":4,\"protocol_ver_id\":6}");
	sample("IPv6");
	assert_has("\"direction_id\":2,");
	/* Endpoints are an IP's; the source is this host, which the class demands at least one of. */
	sample("UNIX, newline, ESC, backslash, bidi");
	assert_lacks("dst_endpoint");
	assert_has("\"connection_info\":{\"direction_id\":4}");
	assert_has("\"src_endpoint\":{\"hostname\":\"host1.example.org\"}");
	assert_has("\"path_hex\":\"2f72756e2f610a666f726765641b5b324a5ce280ae\"}");
	sample("addrlen 4");
	assert_lacks("dst_endpoint");
	assert_has("\"remote_addr\":{\"family\":\"AF_INET\",\"port\":80}");
	sample("AF_VSOCK");
	assert_has("\"direction_id\":0}");
}

static void test_ocsf_hostnames(void **state)
{
	static const struct {
		const char *name;
		bool is_hostname;
	} rows[] = {
		{"host1", true}, {"a-b.c", true}, {"1.2.3.4", true}, {"my_host", false},
		{"-a", false},	 {"a-", false},	  {"a.-b", false},   {"a..b", false},
		{".a", false},	 {"a.", false},	  {"a b", false},    {"a\xc3\xa4", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char wanted[128];

		sample_style(&style, FORMAT_OCSF);
		strcpy(style.host.name, rows[i].name);
		sample("UNIX");
		snprintf(wanted, sizeof(wanted), "\"src_endpoint\":{\"%s\":\"%s\"}",
			 rows[i].is_hostname ? "hostname" : "name", rows[i].name);
		assert_has(wanted);
	}
	strcpy(style.host.name, "");
	style.host.machine_id[0] = style.host.boot_id[0] = '\0';
	sample("UNIX");
	assert_has("\"device\":{\"hostname\":\"localhost\",\"type_id\":0}");
	style.format = FORMAT_ECS;
	sample("UNIX");
	assert_lacks("\"host\"");
}

/* Takes a record apart as RFC 4180 says. Returns how many fields it has; each ends with a NUL. */
static size_t split_csv(const char *record, char fields_of[64][4 * BUFFER_PATH_MAX + 64])
{
	size_t count = 0;

	for (;; record++) {
		char *to = fields_of[count++];
		bool quoted = *record == '"';

		for (record += quoted; *record && (quoted || *record != ','); record++) {
			if (quoted && *record == '"' && *++record != '"')
				break;
			assert_true(quoted || *record != '"');
			*to++ = *record;
		}
		*to = '\0';
		if (!*record)
			return count;
		assert_int_equal(*record, ',');
	}
}

/* C escapes, as the manual has them. */
static size_t unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		unsigned int byte;

		if (*from != '\\') {
			*to++ = *from;
		} else if (from[1] == 'x') {
			assert_int_equal(sscanf(from + 2, "%2x", &byte), 1);
			*to++ = (char)byte;
			from += 3;
		} else {
			assert_int_equal(*++from, '\\');
			*to++ = '\\';
		}
	}
	return (size_t)(to - text);
}

static char columns[64][4 * BUFFER_PATH_MAX + 64], titles[64][4 * BUFFER_PATH_MAX + 64];

static char *column(const char *title)
{
	for (size_t i = 0; i < 64; i++) {
		if (!strcmp(titles[i], title))
			return columns[i];
	}
	fail_msg("there is no column %s", title);
	return NULL;
}

static void assert_bytes(const char *title, const void *bytes, size_t size)
{
	char *found = column(title);

	assert_int_equal(unescape(found), size);
	assert_memory_equal(found, bytes, size);
}

static void test_csv(void **state)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};
	size_t count;

	(void)state;
	sample_style(&style, FORMAT_CSV);
	render_header(&style, &buf);
	assert_memory_equal(line, "event,time,ktime_ns,cpu,pid,tid,ppid,uid,gid,comm,sockfd,", 57);
	assert_int_equal(line[buf.len - 1], '\n');
	line[buf.len - 1] = '\0';
	count = split_csv(line, titles);
	for (size_t i = 0; sample_make(i, &attempt); i++) {
		const struct address *address = &attempt.address;

		render();
		assert_int_equal(split_csv(line, columns), count);
		assert_string_equal(columns[0], "security_socket_connect");
		assert_bytes("comm", attempt.comm, strlen(attempt.comm));
		if (address->path)
			assert_bytes("remote_addr.path", address->path, address->path_len);
		if (attempt.about.args)
			assert_bytes("args", attempt.about.args,
				     attempt.about.args_len < BUFFER_PATH_MAX ? attempt.about.args_len
									      : BUFFER_PATH_MAX);
	}
}

/* Nothing that others chose begins like a formula. */
static void test_csv_formulas(void **state)
{
	static const char *const names[] = {"=1", "+1", "-1", "@x", "=", "a=1", ""};
	static const char *const shown[] = {",\\x3d1,", ",\\x2b1,", ",\\x2d1,", ",\\x40x,",
					    ",\\x3d,",	",a=1,",    ",1001,,5,"};

	(void)state;
	sample_style(&style, FORMAT_CSV);
	for (size_t i = 0; i < COUNT(names); i++) {
		sample("refused");
		strcpy(attempt.comm, names[i]);
		render();
		assert_has(shown[i]);
	}
}

/* What was not asked for has no column; -H, no header. */
static void test_csv_columns(void **state)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};

	(void)state;
	sample_style(&style, FORMAT_CSV);
	style.result = style.identity = style.args = style.names = false;
	render_header(&style, &buf);
	line[buf.len] = '\0';
	assert_string_equal(line, "event,time,ktime_ns,cpu,pid,tid,uid,gid,comm,sockfd,type,addrlen,remote_addr.family,"
				  "remote_addr.addr,remote_addr.port,remote_addr.flowinfo,remote_addr.scope_id,"
				  "remote_addr.path,remote_addr.abstract,remote_addr.raw,via,compat,kernel,disconnect,"
				  "addr_source,hook,tags\n");
	assert_string_equal(
		sample("IPv4 TCP, all known"),
		"security_socket_connect,2026-08-22T10:11:12.123456789Z,81234567890,1,811,812,1000,1001,curl,"
		"5,SOCK_STREAM,16,AF_INET,93.184.216.34,443,,,,,,connect,,,,,kprobe:security_socket_connect,");
	sample("UDP, port 0, as getaddrinfo() does");
	assert_has(",addr_select nscd");
	buf.len = 0;
	style.header = false;
	render_header(&style, &buf);
	assert_int_equal(buf.len, 0);
	style.plan.count = 0;
	style.user = style.header = true;
	render_header(&style, &buf);
	line[buf.len] = '\0';
	assert_has(",user,tags\n");
}

/* Only JSON has words for them, and only text and CSV have headers. */
static void test_other_lines(void **state)
{
	const struct accounts accounts = {.attempts = 1};

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct buffer buf = {.data = line, .size = sizeof(line)};
		size_t header;

		sample_style(&style, formats[f]);
		render_header(&style, &buf);
		header = buf.len;
		assert_int_equal(header > 0, !is_object(formats[f]));
		render_lost(&style, &buf, 1, 2);
		render_summary(&style, &buf, &accounts);
		assert_int_equal(buf.len > header, formats[f] == FORMAT_JSON);
	}
}

/* Of what was not written, attempts only count as such. */
static void test_count(void **state)
{
	static char data[2 * BUFFER_LINE_MAX];
	const struct accounts accounts = {.attempts = 1};

	(void)state;
	for (size_t f = 0; f < COUNT(formats); f++) {
		struct sink sink = {.buffer = {.data = data, .size = sizeof(data)}};
		size_t first;

		sample_style(&style, formats[f]);
		render_header(&style, &sink.buffer);
		render_lost(&style, &sink.buffer, 1, 2);
		assert_int_equal(render_count(&style, &sink), 0);
		first = sink.buffer.len;
		for (size_t i = 0; i < 20 && sample_make(i, &attempt); i++)
			render_attempt(&style, &sink.buffer, &attempt);
		render_summary(&style, &sink.buffer, &accounts);
		assert_int_equal(render_count(&style, &sink), 20);
		/* The rest of a line whose beginning was written. */
		sink.torn = true;
		memcpy(sink.torn_line, data + first, sizeof(sink.torn_line) - 1);
		sink.buffer.data += first + 5;
		sink.buffer.len -= first + 5;
		assert_int_equal(render_count(&style, &sink), 20);
	}
}

/* journald's fields: a name, the length in 8 bytes, the value; short ones with "=". */
static const uint8_t *field_of(const char *name, size_t *size)
{
	for (size_t at = 0; at < len;) {
		const char *newline = memchr(line + at, '\n', len - at);
		size_t name_len = (size_t)(newline - line) - at;
		uint64_t value_len = 0;

		if (memchr(line + at, '=', name_len)) {
			at += name_len + 1;
			continue;
		}
		for (size_t i = 0; i < name_len; i++)
			assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", line[at + i]));
		for (size_t i = 0; i < 8; i++)
			value_len |= (uint64_t)(uint8_t)newline[1 + i] << 8 * i;
		assert_int_equal(newline[9 + value_len], '\n');
		if (strlen(name) == name_len && !memcmp(line + at, name, name_len)) {
			*size = value_len;
			return (const uint8_t *)newline + 9;
		}
		at += name_len + 1 + 8 + value_len + 1;
	}
	return NULL;
}

static void assert_field(const char *name, const char *value, size_t value_len)
{
	size_t size;
	const uint8_t *found = field_of(name, &size);

	assert_non_null(found);
	assert_int_equal(size, value_len);
	assert_memory_equal(found, value, size);
}

static void test_journal(void **state)
{
	static const char heads[] = "\nPRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=connsnoop\n";
	struct buffer buf = {.data = line, .size = sizeof(line)};
	size_t size;

	(void)state;
	sample_style(&style, FORMAT_TEXT);
	for (size_t i = 0; sample_make(i, &attempt); i++) {
		buf.len = 0;
		journal_attempt(&style, &buf, &attempt);
		len = buf.len;
		assert_null(field_of("CONNSNOOP_NONE", &size));
		assert_non_null(field_of("MESSAGE", &size));
		assert_non_null(memmem(line, len, heads, strlen(heads)));
		if (attempt.address.path)
			assert_field("CONNSNOOP_REMOTE_ADDR_PATH", (const char *)attempt.address.path,
				     attempt.address.path_len);
		assert_field("CONNSNOOP_COMM", attempt.comm, strlen(attempt.comm));
	}
	sample_make(0, &attempt);
	buf.len = 0;
	journal_attempt(&style, &buf, &attempt);
	len = buf.len;
	assert_field("CONNSNOOP_EVENT", "security_socket_connect", 23);
	assert_field("CONNSNOOP_PID", "811", 3);
	assert_field("CONNSNOOP_REMOTE_ADDR_PORT", "443", 3);
	assert_field("CONNSNOOP_KTIME_NS", "81234567890", 11);
	assert_field("CONNSNOOP_CONTAINER_RUNTIME", "docker", 6);
	assert_field("CONNSNOOP_ARGS", "curl -s  http://example.org/a b", 31);
	assert_null(field_of("CONNSNOOP_COMPAT", &size));
}

static void test_inet6(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int n = 0; n < 300000; n++) {
		char wanted[INET6_ADDRSTRLEN], found[64];
		struct buffer buf = {.data = found, .size = sizeof(found)};
		uint8_t addr[16];

		for (int i = 0; i < 8; i++) {
			static const unsigned int masks[] = {0, 0, 0, 0xf, 0xff, 0xfff, 0xffff, 0xffff};
			unsigned int word;

			seed = seed * 1664525 + 1013904223;
			word = seed >> 8 & masks[seed >> 28 & 7];
			if ((seed >> 25 & 7) == 0)
				word = 0xffff;
			addr[2 * i] = (uint8_t)(word >> 8);
			addr[2 * i + 1] = (uint8_t)word;
		}
		put_inet_address(&buf, AF_INET6, addr);
		found[buf.len] = '\0';
		assert_string_equal(found, inet_ntop(AF_INET6, addr, wanted, sizeof(wanted)));
	}
}

static void test_numbers(void **state)
{
	static const uint64_t numbers[] = {
		0,     1,     9,      10,	  99,	      100,	  999,	       1000,	   9999,
		10000, 99999, 100000, 4294967295, 1ULL << 32, 9999999999, 10000000000, UINT64_MAX, UINT64_MAX / 10};

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		char wanted[64], found[64] = "";
		struct buffer buf = {.data = found, .size = sizeof(found)};

		snprintf(wanted, sizeof(wanted), "%llu %lld %03llu", (unsigned long long)numbers[i],
			 (long long)numbers[i], (unsigned long long)numbers[i] % 1000);
		put_unsigned(&buf, numbers[i]);
		put_char(&buf, ' ');
		put_signed(&buf, (int64_t)numbers[i]);
		put_char(&buf, ' ');
		put_digits(&buf, numbers[i], 3);
		assert_string_equal(found, wanted);
	}
}

static void test_protocols(void **state)
{
	static const struct {
		unsigned int number;
		const char *name;
	} rows[] = {{1, "icmp"},   {2, "igmp"},	     {6, "tcp"},   {17, "udp"},	   {33, "dccp"}, {58, "ipv6-icmp"},
		    {132, "sctp"}, {136, "udplite"}, {255, "raw"}, {262, "mptcp"}, {0, "0"},	 {253, "253"}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char found[32] = "";
		struct buffer buf = {.data = found, .size = sizeof(found)};

		put_protocol_name(&buf, rows[i].number);
		assert_string_equal(found, rows[i].name);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_every_sample),
	cmocka_unit_test(test_lines_are_independent),
	cmocka_unit_test(test_longest_line),
	cmocka_unit_test(test_long_strings_are_cut),
	cmocka_unit_test(test_names_fit),
	cmocka_unit_test(test_json),
	cmocka_unit_test(test_json_outcomes),
	cmocka_unit_test(test_json_provenance),
	cmocka_unit_test(test_json_is_lossless),
	cmocka_unit_test(test_json_user),
	cmocka_unit_test(test_tracee_keys),
	cmocka_unit_test(test_tracee),
	cmocka_unit_test(test_tracee_addresses),
	cmocka_unit_test(test_tracee_calls),
	cmocka_unit_test(test_tracee_who),
	cmocka_unit_test(test_tracee_hash),
	cmocka_unit_test(test_ecs),
	cmocka_unit_test(test_ecs_cases),
	cmocka_unit_test(test_entity),
	cmocka_unit_test(test_ocsf),
	cmocka_unit_test(test_ocsf_cases),
	cmocka_unit_test(test_ocsf_hostnames),
	cmocka_unit_test(test_csv),
	cmocka_unit_test(test_csv_formulas),
	cmocka_unit_test(test_csv_columns),
	cmocka_unit_test(test_other_lines),
	cmocka_unit_test(test_count),
	cmocka_unit_test(test_journal),
	cmocka_unit_test(test_inet6),
	cmocka_unit_test(test_numbers),
	cmocka_unit_test(test_protocols),
};

RUN(tests)
