// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How attempts end: loader/result/, loader/attach/returns.c and learn_sock.c, loader/event/ending.c, and the tracer between
 * them, on model kernels. That real ones do the same is tests/vm's scene "result".
 */
#include "test.h"

#include "attach/private.h"
#include "bpf_attr.h"
#include "clock.h"
#include "model.h"
#include "record.h"
#include "result.h"
#include "tracer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct options options;
static struct tracer tracer;
static struct sink sink;
static struct style style;
static struct error err;
static char *lines;

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.pages = 8;
	options.result = true;
	lines = NULL;
	model_boot(&model_5_10);
	return 0;
}

static void close_tracer(void)
{
	tracer_close(&tracer);
	memset(&tracer, 0, sizeof(tracer));
	free(lines);
	lines = NULL;
	assert_int_equal(model_leaks(), 0);
	assert_null(model_find_probe("kprobes/r_unnamed_0"));
}

static int end(void **state)
{
	(void)state;
	close_tracer();
	return 0;
}

static int try_open(void)
{
	memset(&tracer, 0, sizeof(tracer));
	memset(&err, 0, sizeof(err));
	return tracer_open(&tracer, &options, -1, 0, &err);
}

static void open_tracer(void)
{
	int result = try_open();

	if (result)
		print_error("%s: status %d: %s\n", model.kernel->name, err.status, err.text);
	assert_int_equal(result, 0);
	sink = (struct sink){.fd = -1};
	style = (struct style){.format = FORMAT_JSON, .places = tracer.hook.places, .result = true};
	lines = sink.buffer.data = calloc(1, 1 << 22);
	sink.buffer.size = 1 << 22;
	tracer.sink = &sink;
	tracer.style = &style;
	strcpy(model.comm, "somebody");
}

static const uint8_t ipv4[16] = {AF_INET, 0, 1, 187, 93, 184, 216, 34};

static struct model_call call_of(int fd, int result)
{
	return (struct model_call){
		.fd = fd,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.addr = ipv4,
		.addrlen = 16,
		.nr = __NR_connect,
		.result = result,
	};
}

#define THREAD(n) (4242ULL << 32 | (n))

static void connect_as(uint64_t pid_tgid, const struct model_call *call)
{
	model.pid_tgid = pid_tgid;
	model_connect(call);
}

/* The line of a descriptor's only event, which the caller need not free; NULL: none. */
static const char *line_of(int fd)
{
	static char text[4096];
	char mark[32];
	const char *found, *begin;

	snprintf(mark, sizeof(mark), "\"sockfd\":%d,", fd);
	found = strstr(lines, mark);
	if (!found)
		return NULL;
	assert_null(strstr(found + 1, mark));
	for (begin = found; begin > lines && begin[-1] != '\n'; begin--)
		;
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(begin, "\n"), begin);
	return text;
}

static void assert_has(int fd, const char *words)
{
	const char *line = line_of(fd);

	assert_non_null(line);
	if (!strstr(line, words))
		print_error("%s: no %s in %s\n", model.kernel->name, words, line);
	assert_non_null(strstr(line, words));
}

static void assert_has_not(int fd, const char *words)
{
	assert_non_null(line_of(fd));
	assert_null(strstr(line_of(fd), words));
}

static unsigned int pending_count(void)
{
	uint64_t key = 0, next;
	unsigned int count = 0;

	while (!bpf_map_access(BPF_MAP_GET_NEXT_KEY, object_map_fd(tracer.object, "pending"), &key, &next)) {
		key = next;
		count++;
	}
	return count;
}

/* --- every kernel, as it comes --- */

static void connect_in_every_way(void)
{
	struct model_call call = call_of(10, 0);

	connect_as(THREAD(1), &call);
	call = call_of(11, -ECONNREFUSED);
	connect_as(THREAD(1), &call);
	call = call_of(12, -EINPROGRESS);
	connect_as(THREAD(1), &call);
	call = call_of(13, 0);
	call.verdict = -EACCES;
	connect_as(THREAD(1), &call);
	call = call_of(14, -512); /* ERESTARTSYS */
	connect_as(THREAD(1), &call);
	call = call_of(15, 0);
	call.type = SOCK_DGRAM;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
}

static void assert_every_way(void)
{
	assert_has(10, "\"outcome\":\"success\"");
	assert_has(10, "\"latency_ns\":");
	assert_has_not(10, "\"error\"");
	assert_has(11, "\"outcome\":\"failure\"");
	assert_has(11, "\"error\":\"ECONNREFUSED\"");
	assert_has(12, "\"outcome\":\"in_progress\"");
	assert_has_not(12, "\"error\"");
	assert_has(14, "\"error\":\"EINTR\"");
	assert_int_equal(results_count(tracer.results), 0);
	assert_int_equal(pending_count(), 0);
}

static void assert_local(void)
{
	assert_has(10, "\"local_addr\":{\"addr\":\"10.1.2.3\",\"port\":40001},\"protocol\":\"tcp\"");
	assert_has(12, "\"local_addr\":{\"addr\":\"10.1.2.3\"");
	assert_has_not(11, "\"local_addr\"");
	assert_has(15, "\"protocol\":\"udp\"");
}

static void test_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		const struct model_kernel *kernel = model_kernels[i];
		bool wide = kernel->version >= KERNEL_VERSION(5, 6, 0);

		model_boot(kernel);
		open_tracer();
		assert_int_equal(tracer.why_unknown.status, 0);
		assert_int_equal(tracer.returns.places.sock_at, kernel->version >= KERNEL_VERSION(5, 3, 0) ? 24 : 32);
		assert_int_equal(tracer.returns.places.saddr6_at, 72);
		assert_int_equal(tracer.returns.places.protocol_at, wide ? 502 : 501);
		assert_int_equal(tracer.returns.places.protocol_mask, wide ? 0xffff : 0xff);
		assert_int_equal(pending_count(), 0);
		connect_in_every_way();
		assert_every_way();
		assert_has(10, "\"verdict\":\"allowed\"");
		assert_has(13, "\"outcome\":\"failure\",\"verdict\":\"EACCES\",\"error\":\"EACCES\"");
		assert_local();
		close_tracer();
	}
}

/* The security module's own is not seen behind it. */
static void test_proto(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		model_remove_symbol("security_socket_connect");
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_PROTO);
		assert_int_equal(tracer.returns.end_count, 4);
		connect_in_every_way();
		assert_every_way();
		assert_has_not(10, "\"verdict\"");
		assert_null(line_of(13));
		assert_local();
		close_tracer();
	}
}

/* Where the entry has a tracepoint that takes programs, so has the return. */
static void test_tracepoint(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		if (!model_kernels[i]->tracepoint_progs)
			continue;
		model_boot(model_kernels[i]);
		model.kprobe_events = false;
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_TRACEPOINT);
		connect_in_every_way();
		if (model_kernels[i]->syscall_progs) {
			assert_every_way();
			assert_has(13, "\"error\":\"EACCES\"");
			assert_has_not(13, "\"verdict\"");
			assert_has_not(10, "\"local_addr\"");
		} else {
			assert_sentence(&tracer.why_unknown, STATUS_UNSUPPORTED, "4.14");
			assert_has(10, "\"outcome\":\"unknown\"");
			assert_has_not(10, "\"latency_ns\"");
		}
		close_tracer();
	}
}

#ifdef __x86_64__
/* Calls of the 32-bit table pass another tracepoint, which has no return of its own. */
static void test_compat_by_tracepoint(void **state)
{
	struct model_call call = call_of(0, 0);

	(void)state;
	model.kprobe_events = false;
	model.compat = true;
	open_tracer();
	model_user_memory(0x00501000, ipv4, sizeof(ipv4));
	call.nr = 362;
	call.bx = 1020;
	call.cx = 0x00501000;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_has(1020, "\"outcome\":\"unknown\"");
	assert_int_equal(pending_count(), 0);
}
#endif

/* --- probes on returns --- */

/* All of ours that are on a return, and their instances. */
static int returns_in_tracefs(unsigned int *instances)
{
	int found = 0;

	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (!model.probes[i].id || !model.probes[i].returns)
			continue;
		found++;
		*instances = model.probes[i].instances > *instances ? model.probes[i].instances : *instances;
	}
	return found;
}

static void test_instances(void **state)
{
	unsigned int instances;

	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		instances = 0;
		open_tracer();
		/* On the verdict and on one end. Before 4.12 nobody may ask for more than there are. */
		assert_int_equal(returns_in_tracefs(&instances), 2);
		assert_int_equal(instances, model_kernels[i]->version >= KERNEL_VERSION(4, 12, 0) ? 4096 : 0);
		assert_int_equal(tracer.hook.by_pmu, model_kernels[i]->pmu_type != 0);
		close_tracer();
		assert_int_equal(returns_in_tracefs(&instances), 0);
	}
}

/* tracefs can't be had: the PMU does it, with the instances that it has. */
static void test_returns_by_pmu(void **state)
{
	unsigned int instances = 0;

	(void)state;
	model.tracing = NULL;
	model.mountinfo = "22 1 0:20 / /sys rw - sysfs sysfs rw\n";
	model.mount_error = EPERM;
	open_tracer();
	assert_int_equal(returns_in_tracefs(&instances), 0);
	connect_in_every_way();
	assert_every_way();
}

static void test_leftovers(void **state)
{
	static const char *const names[] = {"connsnoop_4711_00000001/connect", "connsnoop_4712_00000002/connect",
					    "connsnoop_4713_00000003/connect"};

	(void)state;
	model_boot(&model_4_14);
	for (int i = 0; i < 3; i++) {
		struct model_probe *probe = model_foreign_probe(names[i], "__sys_connect", i == 2);

		probe->returns = true;
		probe->instances = i ? 4096 : 0;
	}
	open_tracer();
	assert_null(model_find_probe(names[0]));
	assert_null(model_find_probe(names[1]));
	assert_non_null(model_find_probe(names[2])); /* alive */
}

/* The compiler has put the first into its caller: the next proves itself, and the first stays for io_uring. */
static void test_inlined(void **state)
{
	(void)state;
	model.inlined[0] = "__sys_connect_file";
	open_tracer();
	assert_int_equal(tracer.returns.end_count, 2);
	assert_string_equal(tracer.returns.functions, "__sys_connect_file, __sys_connect, security_socket_connect");
	connect_in_every_way();
	assert_every_way();
	close_tracer();
	model_boot(&model_5_10);
	model.inlined[0] = "__sys_connect_file";
	model.inlined[1] = "__sys_connect";
#ifdef __aarch64__
	model_add_symbol("__arm64_sys_connect");
#else
	model_add_symbol("__x64_sys_connect");
	model_add_symbol("__ia32_sys_connect");
#endif
	open_tracer();
	connect_in_every_way();
	assert_every_way();
}

/* None is ever reached: attempts are shown all the same, and nothing is kept for them in the kernel. */
static void test_no_returns(void **state)
{
	(void)state;
	model.inlined[0] = "__sys_connect_file";
	model.inlined[1] = "__sys_connect";
	open_tracer();
	assert_sentence(&tracer.why_unknown, STATUS_UNSUPPORTED, "__sys_connect_file, __sys_connect");
	connect_in_every_way();
	assert_has(10, "\"outcome\":\"unknown\"");
	assert_has(13, "\"outcome\":\"unknown\"");
	assert_int_equal(tracer.shown, 6);
	assert_int_equal(pending_count(), 0);
	close_tracer();
	/* Only certain results are wanted, and none can be had. */
	for (int i = 1; i < 3; i++) {
		model_boot(&model_5_10);
		model.inlined[0] = "__sys_connect_file";
		model.inlined[1] = "__sys_connect";
		options.shown_outcomes = (enum shown_outcomes)i;
		assert_int_equal(try_open(), -1);
		assert_sentence(&err, STATUS_UNSUPPORTED, "whose return is connect's");
		close_tracer();
	}
}

static void test_verdict_is_inlined(void **state)
{
	struct model_call call = call_of(10, 0);

	(void)state;
	model.verdicts_missed = true;
	open_tracer();
	assert_string_equal(tracer.returns.functions, "__sys_connect_file");
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_has(10, "\"outcome\":\"success\"");
	assert_has_not(10, "\"verdict\"");
}

/* --- sockets --- */

static void test_unreadable_socket(void **state)
{
	(void)state;
	model.sock_unreadable = true;
	open_tracer();
	assert_int_equal(tracer.returns.places.sock_at, 0);
	connect_in_every_way();
	assert_every_way();
	assert_has_not(10, "\"local_addr\"");
	assert_has_not(10, "\"protocol\"");
}

/* Two places that may be it: neither is believed. */
static void test_protocol_twice(void **state)
{
	(void)state;
	model.protocol_twice = true;
	open_tracer();
	assert_int_equal(tracer.returns.places.sock_at, 24);
	assert_int_equal(tracer.returns.places.protocol_at, 0);
	connect_in_every_way();
	assert_has(10, "\"local_addr\":{\"addr\":\"10.1.2.3\",\"port\":40001}");
	assert_has_not(10, "\"protocol\"");
}

static struct sock_lesson lesson_of(uint16_t family, uint8_t protocol)
{
	struct sock_lesson lesson = {.family = family, .port = 40001, .protocol = protocol};

	memset(lesson.bytes, 0xa5, sizeof(lesson.bytes));
	memcpy(lesson.addr, (uint8_t[]){127, 0, 0, 1}, 4);
	for (int i = 0; i < 2; i++) {
		lesson.seen[i] = true;
		memcpy(lesson.bytes[i] + 4, lesson.addr, 4);
		memcpy(lesson.bytes[i] + 14, &lesson.port, 2);
		memcpy(lesson.bytes[i] + 16, &family, 2);
	}
	lesson.bytes[1][17] = 0xff; /* 24 it is */
	lesson.bytes[0][600] = protocol;
	lesson.bytes[0][601] = 0;
	return lesson;
}

static void test_search(void **state)
{
	struct sock_lesson lessons[3] = {lesson_of(AF_INET, 17), lesson_of(AF_INET, 6), lesson_of(AF_INET6, 17)};
	struct socket_places places;

	(void)state;
	memset(lessons[2].addr, 7, 16);
	memset(lessons[2].bytes[0] + 56, 7, 16);
	learn_sock_search(&places, lessons, 3);
	assert_int_equal(places.sock_at, 24);
	assert_int_equal(places.saddr6_at, 56);
	assert_int_equal(places.protocol_at, 600);
	assert_int_equal(places.protocol_mask, 0xffff);
	/* The type stands behind it. */
	lessons[1].bytes[0][601] = SOCK_STREAM;
	learn_sock_search(&places, lessons, 3);
	assert_int_equal(places.protocol_mask, 0xff);
	/* The address once more. */
	memset(lessons[2].bytes[0] + 100, 7, 16);
	learn_sock_search(&places, lessons, 3);
	assert_int_equal(places.saddr6_at, 0);
	assert_int_equal(places.protocol_at, 600);
	/* One disagrees. */
	lessons[0].bytes[0][14]++;
	learn_sock_search(&places, lessons, 3);
	assert_int_equal(places.sock_at, 0);
	lessons[0].bytes[0][14]--;
	/* One is not enough. */
	learn_sock_search(&places, lessons, 1);
	assert_int_equal(places.sock_at, 0);
	learn_sock_search(&places, lessons, 0);
	assert_int_equal(places.sock_at, 0);
	/* The last byte has none behind it. */
	for (int i = 0; i < 2; i++) {
		lessons[i].bytes[0][600] = 0xa5;
		lessons[i].bytes[0][SOCK_PIECES * SNAPSHOT_BYTES - 1] = lessons[i].protocol;
	}
	learn_sock_search(&places, lessons, 2);
	assert_int_equal(places.sock_at, 24);
	assert_int_equal(places.protocol_at, 0);
}

/* --- one ending --- */

static struct attempt attempt_to(struct event *event)
{
	struct attempt attempt;

	assert_true(record_decode(&attempt, event));
	return attempt;
}

static const struct ending good = {
	.time = 2000,
	.began = 500,
	.family = AF_INET,
	.local_addr = {10, 0, 0, 1},
	.local_port = 1234,
	.protocol = IPPROTO_TCP,
	.flags = ENDING_VERDICT | ENDING_LOCAL | ENDING_PROTOCOL,
};

static void test_conclude(void **state)
{
	static const int interruptions[] = {512, 513, 514, 516};
	struct event event = record_inet("1.2.3.4", 80);
	struct attempt attempt = attempt_to(&event);
	struct ending ending = good;

	(void)state;
	attempt_conclude(&attempt, &ending);
	assert_int_equal(attempt.result.outcome, OUTCOME_SUCCESS);
	assert_int_equal(attempt.result.ns, 1500);
	assert_true(attempt.result.has_verdict && attempt.result.has_local && attempt.result.has_protocol);
	assert_int_equal(attempt.result.local_port, 1234);
	assert_memory_equal(attempt.result.local_addr, "\n\0\0\1", 4);
	for (size_t i = 0; i < 4; i++) {
		ending.result = -interruptions[i];
		attempt_conclude(&attempt, &ending);
		assert_int_equal(attempt.result.outcome, OUTCOME_FAILURE);
		assert_int_equal(attempt.result.error, -EINTR);
	}
	ending = good;
	ending.result = -EINPROGRESS;
	ending.time = 1; /* clocks of two CPUs */
	attempt_conclude(&attempt, &ending);
	assert_int_equal(attempt.result.outcome, OUTCOME_IN_PROGRESS);
	assert_int_equal(attempt.result.ns, 0);
	attempt_conclude(&attempt, NULL);
	assert_int_equal(attempt.result.outcome, OUTCOME_UNKNOWN);
	assert_false(attempt.result.has_verdict || attempt.result.has_local || attempt.result.has_protocol);
}

static bool has_local(struct event *event, struct ending ending)
{
	struct attempt attempt = attempt_to(event);

	attempt_conclude(&attempt, &ending);
	return attempt.result.has_local;
}

static void test_local(void **state)
{
	struct event in = record_inet("1.2.3.4", 80), in6 = record_inet6("::1", 80, 0), un = record_unix("/x", 2);
	struct ending ending = good;
	struct attempt attempt;

	(void)state;
	assert_true(has_local(&in, ending));
	assert_false(has_local(&in6, ending));
	assert_false(has_local(&un, ending));
	/* An IPv6 socket that was connected to an IPv4 address. */
	ending.family = AF_INET6;
	memcpy(ending.local_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	assert_true(has_local(&in6, ending));
	attempt = attempt_to(&in);
	attempt_conclude(&attempt, &ending);
	assert_true(attempt.result.has_local);
	assert_memory_equal(attempt.result.local_addr, "\x7f\0\0\1", 4);
	ending.local_addr[0] = 0xfe;
	assert_false(has_local(&in, ending));
	/* What has no ports: raw and ping sockets have other numbers there. */
	ending = good;
	ending.local_port = 0;
	assert_false(has_local(&in, ending));
	ending = good;
	ending.protocol = IPPROTO_ICMP;
	assert_false(has_local(&in, ending));
	in.type = SOCK_RAW;
	assert_false(has_local(&in, good));
	/* The protocol is not known: a datagram socket may be a ping socket. */
	ending = good;
	ending.flags &= (uint16_t)~ENDING_PROTOCOL;
	in.type = SOCK_DGRAM;
	assert_false(has_local(&in, ending));
	in.type = SOCK_STREAM;
	assert_true(has_local(&in, ending));
	ending.flags = 0;
	assert_false(has_local(&in, ending));
	ending = good;
	ending.protocol = 262;
	attempt = attempt_to(&in);
	attempt_conclude(&attempt, &ending);
	assert_false(attempt.result.has_protocol);
}

/* --- what waits --- */

/* They are shown as they end, not as they began. */
static void test_out_of_order(void **state)
{
	struct model_call blocked = call_of(20, 0), quick = call_of(21, 0);
	const struct ending late = {.pid_tgid = THREAD(1), .result = -ETIMEDOUT, .time = UINT64_MAX};
	struct ending ending = late;
	struct pending entry;

	(void)state;
	blocked.blocks = true;
	open_tracer();
	connect_as(THREAD(1), &blocked);
	connect_as(THREAD(2), &quick);
	tracer_drain(&tracer);
	assert_null(line_of(20));
	assert_has(21, "\"outcome\":\"success\"");
	assert_int_equal(tracer.shown, 1);
	assert_int_equal(results_count(tracer.results), 1);
	assert_in_range(tracer_wait_ms(&tracer), 0, 1000);
	assert_int_equal(
		bpf_map_access(BPF_MAP_LOOKUP_ELEM, object_map_fd(tracer.object, "pending"), &ending.pid_tgid, &entry),
		0);
	/* Another attempt's is not this one's. */
	ending.began = entry.time - 1;
	results_end(tracer.results, &ending);
	assert_null(line_of(20));
	ending.began = entry.time;
	results_end(tracer.results, &ending);
	assert_has(20, "\"error\":\"ETIMEDOUT\"");
	assert_true(strstr(lines, "\"sockfd\":21") < strstr(lines, "\"sockfd\":20"));
	assert_int_equal(tracer_wait_ms(&tracer), -1);
	/* Once more, for nobody. */
	results_end(tracer.results, &ending);
	assert_int_equal(tracer.shown, 2);
}

/* The thread has gone on, as its next attempt shows. */
static void test_missed_return(void **state)
{
	struct model_call call = call_of(20, 0);

	(void)state;
	open_tracer();
	model.returns_missed = true;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_null(line_of(20));
	model.returns_missed = false;
	call.fd = 21;
	call.result = -ECONNREFUSED;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_has(20, "\"outcome\":\"unknown\"");
	assert_has(21, "\"error\":\"ECONNREFUSED\"");
	assert_int_equal(pending_count(), 0);
	assert_int_equal(results_count(tracer.results), 0);
}

/* What a missed return left is not taken for the next attempt's, which is not even asked for. */
static void test_missed_return_before_a_filtered_one(void **state)
{
	struct model_call call = call_of(20, 0);
	static const uint8_t elsewhere[16] = {AF_INET, 0, 0, 9, 1, 2, 3, 4};

	(void)state;
	assert_int_equal(ranges_add(&options.filter.ports, "-P", "443", UINT16_MAX, &err), 0);
	open_tracer();
	model.returns_missed = true;
	connect_as(THREAD(1), &call);
	model.returns_missed = false;
	call = call_of(21, -ECONNREFUSED);
	call.addr = elsewhere;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_null(line_of(20)); /* waits still */
	assert_int_equal(pending_count(), 0);
	tracer_finish(&tracer);
	assert_has(20, "\"outcome\":\"unknown\"");
	assert_null(line_of(21));
	filter_free(&options.filter);
}

static void test_missed_verdict(void **state)
{
	struct model_call call = call_of(20, -ECONNREFUSED);

	(void)state;
	open_tracer();
	model.verdicts_missed = true;
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_has(20, "\"outcome\":\"failure\",\"error\":\"ECONNREFUSED\"");
	assert_has_not(20, "\"verdict\"");
}

/* No room in the kernel's list: that is known at once. */
static void test_list_is_full(void **state)
{
	struct model_call call = call_of(20, 0);
	struct pending entry = {.time = 1};

	(void)state;
	open_tracer();
	for (uint64_t key = 1; key <= PENDING_MAX; key++)
		assert_int_equal(
			bpf_map_access(BPF_MAP_UPDATE_ELEM, object_map_fd(tracer.object, "pending"), &key, &entry), 0);
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_has(20, "\"outcome\":\"unknown\"");
	assert_int_equal(results_count(tracer.results), 0);
}

/* Those from before the returns were probed, and no others. */
static void test_sweep(void **state)
{
	struct pending entry = {0};
	int map;

	(void)state;
	open_tracer();
	map = object_map_fd(tracer.object, "pending");
	for (uint64_t key = 1; key <= 100; key++) {
		entry.time = key;
		bpf_map_access(BPF_MAP_UPDATE_ELEM, map, &key, &entry);
	}
	pending_sweep(map, 51);
	assert_int_equal(pending_count(), 50);
	for (uint64_t key = 51; key <= 100; key++)
		assert_int_equal(bpf_map_access(BPF_MAP_LOOKUP_ELEM, map, &key, &entry), 0);
	pending_sweep(map, 1000);
	assert_int_equal(pending_count(), 0);
	pending_sweep(map, 1000);
}

static void test_end_of_run(void **state)
{
	struct model_call call = call_of(20, 0);
	struct accounts accounts;

	(void)state;
	open_tracer();
	call.blocks = true;
	connect_as(THREAD(1), &call);
	call = call_of(21, 0);
	connect_as(THREAD(2), &call);
	tracer_finish(&tracer);
	assert_has(20, "\"outcome\":\"unknown\"");
	assert_has(21, "\"outcome\":\"success\"");
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.attempts, 2);
	assert_int_equal(accounts.shown, 2);
	assert_int_equal(accounts.lost, 0);
}

static uint64_t told_lost(void)
{
	static const char mark[] = "\"event\":\"lost\",\"cpu\":0,\"count\":";
	uint64_t sum = 0;

	for (const char *at = strstr(lines, mark); at; at = strstr(at + 1, mark))
		sum += strtoull(at + sizeof(mark) - 1, NULL, 10);
	return sum;
}

/* Endings that the ring did not take are no attempts that were lost, nor told of as such while it happens. */
static void test_lost_endings(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		struct accounts accounts;
		uint64_t told;

		model_boot(model_kernels[i]);
		options.pages = 1;
		open_tracer();
		for (uint64_t k = 0; k < 200; k++) {
			struct model_call call = call_of(20, 0);

			connect_as(THREAD(1 + k), &call);
			/* A second later each time, as far as telling goes. */
			tracer.last_count = tracer.last_report = 0;
			if (k % 50 == 49)
				tracer_drain(&tracer);
		}
		told = told_lost();
		tracer_finish(&tracer);
		tracer_report_losses(&tracer, true);
		accounts = tracer_accounts(&tracer, true);
		assert_int_equal(accounts.attempts, 200);
		assert_int_equal(accounts.shown + accounts.lost, 200);
		assert_int_equal(told_lost(), accounts.lost);
		assert_true(told > 0 && told < accounts.lost);
		assert_true(accounts.lost > 0 && accounts.shown > 0);
		close_tracer();
	}
}

/* --- only some --- */

static void connect_with_all_outcomes(enum shown_outcomes shown)
{
	struct model_call call = call_of(10, 0);

	options.shown_outcomes = shown;
	model_boot(&model_5_10);
	open_tracer();
	connect_as(THREAD(1), &call);
	call = call_of(11, -ECONNREFUSED);
	connect_as(THREAD(1), &call);
	call = call_of(12, -EINPROGRESS);
	connect_as(THREAD(1), &call);
	call = call_of(13, 0);
	call.blocks = true;
	connect_as(THREAD(2), &call);
	tracer_finish(&tracer);
}

static void test_shown_outcomes(void **state)
{
	struct accounts accounts;

	(void)state;
	connect_with_all_outcomes(OUTCOMES_SUCCESSFUL);
	assert_non_null(line_of(10));
	assert_null(line_of(11));
	assert_non_null(line_of(12));
	assert_non_null(line_of(13));
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.attempts, 4);
	assert_int_equal(accounts.shown, 3);
	assert_int_equal(accounts.filtered, 1);
	close_tracer();
	connect_with_all_outcomes(OUTCOMES_FAILED);
	assert_null(line_of(10));
	assert_non_null(line_of(11));
	assert_null(line_of(12));
	assert_non_null(line_of(13));
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.shown, 2);
	assert_int_equal(accounts.filtered, 2);
}

/* -n counts what is shown; those that wait then are not. */
static void test_enough(void **state)
{
	struct model_call call = call_of(10, -ECONNREFUSED);
	struct accounts accounts;

	(void)state;
	options.shown_outcomes = OUTCOMES_FAILED;
	options.max_events = 1;
	open_tracer();
	call.blocks = true;
	connect_as(THREAD(9), &call);
	call = call_of(11, 0);
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_false(tracer.enough);
	call = call_of(12, -ECONNREFUSED);
	connect_as(THREAD(1), &call);
	tracer_drain(&tracer);
	assert_true(tracer.enough);
	tracer_finish(&tracer);
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.shown, 1);
	assert_int_equal(accounts.filtered, 2);
	assert_non_null(line_of(12));
}

/* --- the table by itself --- */

static struct {
	uint64_t pid_tgid[16];
	bool known[16];
	unsigned int count;
} given;

static void note_end(void *context, const struct held *held, const struct ending *ending)
{
	struct event event;

	(void)context;
	assert_int_equal(held->cpu, 1);
	assert_int_equal(held->size, EVENT_SIZE_INET);
	assert_int_equal(held->tags, TAG_NSCD);
	assert_int_equal(held->identity.net_ns, 77);
	memset(&event, 0, sizeof(event));
	memcpy(&event, held->record, held->size);
	given.pid_tgid[given.count % 16] = event.pid_tgid;
	given.known[given.count++ % 16] = ending != NULL;
}

static struct results *open_table(bool proc)
{
	struct results_parts parts = {
		.pending = object_map_fd(tracer.object, "pending"), .proc = proc, .ended = note_end};
	struct results *results;

	memset(&given, 0, sizeof(given));
	assert_int_equal(results_open(&results, &parts, &err), 0);
	return results;
}

static void wait_as(struct results *results, uint64_t pid_tgid, uint64_t time, bool pending)
{
	struct event event = record_inet("1.2.3.4", 80);
	struct pending entry = {.time = time};
	struct attempt attempt;

	event.pid_tgid = pid_tgid;
	event.time = time;
	attempt = attempt_to(&event);
	attempt.tags = TAG_NSCD;
	attempt.identity.net_ns = 77;
	results_wait(results, &attempt, &event, EVENT_SIZE_INET);
	if (pending)
		bpf_map_access(BPF_MAP_UPDATE_ELEM, object_map_fd(tracer.object, "pending"), &pid_tgid, &entry);
}

static void test_table_is_full(void **state)
{
	struct results *results;

	(void)state;
	open_tracer();
	results = open_table(true);
	for (uint64_t i = 1; i <= PENDING_MAX; i++)
		wait_as(results, i, i, false);
	assert_int_equal(results_count(results), PENDING_MAX);
	assert_int_equal(given.count, 0);
	for (uint64_t i = 1; i <= 3; i++) {
		wait_as(results, PENDING_MAX + i, i, false);
		assert_int_equal(results_count(results), PENDING_MAX);
		assert_int_equal(given.count, i);
		assert_true(given.pid_tgid[i - 1] == i); /* the oldest */
		assert_false(given.known[i - 1]);
	}
	/* From the middle, and its place is used again. */
	results_end(results, &(struct ending){.pid_tgid = 5000, .began = 5000});
	assert_true(given.pid_tgid[3] == 5000 && given.known[3]);
	wait_as(results, 77777, 1, false);
	assert_int_equal(given.count, 4);
	results_give_up(results);
	assert_int_equal(given.count, 4 + PENDING_MAX);
	assert_int_equal(results_count(results), 0);
	results_close(results);
}

/* At random, against the plainest of lists. */
static void test_table_at_random(void **state)
{
	uint64_t waits[64] = {0};
	unsigned int count = 0, expected = 0;
	struct results *results;

	(void)state;
	open_tracer();
	results = open_table(true);
	srandom(1);
	for (uint64_t step = 1; step < 20000; step++) {
		uint64_t thread = (uint64_t)random() % 64, key = thread << 32 | thread;

		if (random() % 2) {
			expected += waits[thread] != 0;
			count += waits[thread] == 0;
			waits[thread] = step;
			wait_as(results, key, step, false);
		} else {
			bool right = random() % 4;

			results_end(results, &(struct ending){.pid_tgid = key, .began = waits[thread] - !right});
			if (right && waits[thread]) {
				waits[thread] = 0;
				expected++;
				count--;
			}
		}
		assert_int_equal(given.count, expected);
		assert_int_equal(results_count(results), count);
	}
	results_close(results);
}

#define SECOND 1000000000ULL

/* So many checks, a second apart, until it is given back; 0: not within ten. */
static int checks_until_given(struct results *results, uint64_t *now)
{
	unsigned int before = given.count;

	for (int i = 1; i <= 10; i++) {
		*now += SECOND;
		results_check(results, *now);
		if (given.count != before) {
			assert_int_equal(given.count, before + 1);
			assert_false(given.known[before % 16]);
			return i;
		}
	}
	return 0;
}

static int watch_thread(const char *syscall, bool there, bool pending)
{
	struct results *results = open_table(true);
	uint64_t now = clock_monotonic() + SECOND;
	int checks;

	memset(model.threads, 0, sizeof(model.threads));
	if (there)
		model.threads[0] = (struct model_thread){THREAD(7), syscall};
	wait_as(results, THREAD(7), now - SECOND, pending);
	checks = checks_until_given(results, &now);
	assert_int_equal(results_count(results), checks == 0);
	/* Given up, it leaves nothing in the kernel. */
	assert_int_equal(pending_count(), checks == 0);
	results_give_up(results);
	results_close(results);
	pending_sweep(object_map_fd(tracer.object, "pending"), UINT64_MAX);
	return checks;
}

static void test_check(void **state)
{
	char in_call[64], in_x32[64];

	(void)state;
	open_tracer();
	snprintf(in_call, sizeof(in_call), "%d 0x5 0x7ffe 0x10 0x0 0x0 0x0 0x7ffe 0x7f12\n", 42);
	snprintf(in_x32, sizeof(in_x32), "%d 0x5 0x7ffe 0x10 0x0 0x0 0x0 0x7ffe 0x7f12\n", 0x40000000 | 42);
	assert_int_equal(watch_thread(in_call, true, true), 0);
	assert_int_equal(watch_thread(in_x32, true, true), 0);
	assert_int_equal(watch_thread("7 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8\n", true, true), 2);
	assert_int_equal(watch_thread("-1 0x7ffe 0x7f12\n", true, true), 2);
	assert_int_equal(watch_thread("running\n", true, true), 4);
	assert_int_equal(watch_thread(NULL, false, true), 2); /* gone */
	assert_int_equal(watch_thread(NULL, true, true), 0);  /* not ours to know */
	/* The return was seen, and what told of it was lost. */
	assert_int_equal(watch_thread(in_call, true, false), 2);
}

/* A thread that is busy for a moment and then waits on is not suspected any more. */
static void test_check_forgets(void **state)
{
	struct results *results;
	uint64_t now = clock_monotonic();

	(void)state;
	open_tracer();
	results = open_table(true);
	wait_as(results, THREAD(7), now, true);
	for (int i = 0; i < 20; i++) {
		model.threads[0] = (struct model_thread){THREAD(7), i % 4 == 3 ? "42 0x5\n" : "running\n"};
		now += SECOND;
		results_check(results, now);
		assert_int_equal(given.count, 0);
	}
	results_close(results);
}

/* Not more often than once a second, and only while something waits. */
static void test_check_is_rare(void **state)
{
	struct results *results;
	uint64_t now;
	int calls;

	(void)state;
	open_tracer();
	results = open_table(true);
	assert_int_equal(results_wait_ms(results, clock_monotonic()), -1);
	calls = model.calls;
	results_check(results, clock_monotonic() + 100 * SECOND);
	assert_int_equal(model.calls, calls);
	wait_as(results, THREAD(7), 1, true);
	now = clock_monotonic();
	calls = model.calls;
	assert_in_range(results_wait_ms(results, now), 1, 1000);
	results_check(results, now + SECOND / 2);
	assert_int_equal(model.calls, calls);
	assert_int_equal(results_wait_ms(results, now + 2 * SECOND), 0);
	results_check(results, now + 2 * SECOND);
	assert_true(model.calls > calls);
	results_close(results);
}

/* In a PID namespace of its own /proc has others' numbers: who can't be asked after is given up after three minutes. */
static void test_patience(void **state)
{
	struct results *results;
	uint64_t now = clock_monotonic();

	(void)state;
	open_tracer();
	results = open_table(false);
	wait_as(results, THREAD(7), now, true);
	assert_int_equal(checks_until_given(results, &now), 0);
	now += 180 * SECOND;
	assert_int_equal(checks_until_given(results, &now), 2);
	results_close(results);
}

/* --- failures in the middle --- */

static void fail_each_step(const struct model_kernel *kernel, bool kprobes, bool symbol, int errnum)
{
	for (int step = 0, last = 1; step <= last; step++) {
		model_boot(kernel);
		model.kprobe_events = kprobes;
		if (!symbol)
			model_remove_symbol("security_socket_connect");
		model.fail_at = step;
		model.fail_error = errnum;
		if (try_open()) {
			assert_int_not_equal(step, 0);
			assert_in_range(err.status, STATUS_FAILURE, STATUS_NOT_PERMITTED);
			assert_true(strlen(err.text) > 20);
		}
		if (step == 0)
			last = model.calls;
		close_tracer();
	}
}

static void test_each_step_fails(void **state)
{
	(void)state;
	fail_each_step(&model_6_12, true, true, ENOMEM);
	fail_each_step(&model_5_4, true, true, EPERM);
	fail_each_step(&model_4_9, true, true, EINVAL);
	fail_each_step(&model_5_10, true, false, ENOMEM);
	fail_each_step(&model_5_4, false, true, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),
	TEST(test_proto),
	TEST(test_tracepoint),
#ifdef __x86_64__
	TEST(test_compat_by_tracepoint),
#endif
	TEST(test_instances),
	TEST(test_returns_by_pmu),
	TEST(test_leftovers),
	TEST(test_inlined),
	TEST(test_no_returns),
	TEST(test_verdict_is_inlined),
	TEST(test_unreadable_socket),
	TEST(test_protocol_twice),
	TEST(test_search),
	TEST(test_conclude),
	TEST(test_local),
	TEST(test_out_of_order),
	TEST(test_missed_return),
	TEST(test_missed_return_before_a_filtered_one),
	TEST(test_missed_verdict),
	TEST(test_list_is_full),
	TEST(test_sweep),
	TEST(test_end_of_run),
	TEST(test_lost_endings),
	TEST(test_shown_outcomes),
	TEST(test_enough),
	TEST(test_table_is_full),
	TEST(test_table_at_random),
	TEST(test_check),
	TEST(test_check_forgets),
	TEST(test_check_is_rare),
	TEST(test_patience),
	TEST(test_each_step_fails),
};

RUN(tests)
