// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From "what is this kernel" to a hook that proved itself, on model kernels: loader/tracer.c, loader/attach/, compat/.
 * Each test boots one, opens the tracer, looks at what came of it, closes, and has the model count what is left.
 */
#include "test.h"

#include "image.h"
#include "mapped_ring.h"
#include "model.h"
#include "tracer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct options options;
static struct tracer tracer;
static struct error err;

static int start(void **state)
{
	(void)state;
	memset(&options, 0, sizeof(options));
	options.filter.families = FAMILIES_ANY;
	options.filter.any_type = true;
	options.pages = 8;
	model_boot(&model_5_4);
	return 0;
}

/* Closes, and finds everything closed. */
static void close_tracer(void)
{
	tracer_close(&tracer);
	memset(&tracer, 0, sizeof(tracer));
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(model.truncations, 0);
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
}

static void assert_refused(int status, const char *words)
{
	assert_int_equal(try_open(), -1);
	assert_sentence(&err, status, words);
	close_tracer();
}

/* What the hook shows of an attempt that is not ours. */
static struct event last_event;
static uint32_t last_size;
static int events;

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	(void)context;
	(void)cpu;
	memset(&last_event, 0, sizeof(last_event));
	memcpy(&last_event, data, size < sizeof(last_event) ? size : sizeof(last_event));
	last_size = size;
	events++;
	return true;
}

static void take_lost(void *context, uint32_t cpu, uint64_t count)
{
	(void)context;
	(void)cpu;
	(void)count;
}

static const uint8_t ipv4[16] = {AF_INET, 0, 1, 187, 93, 184, 216, 34};

static struct model_call call_of(int fd)
{
	return (struct model_call){
		.fd = fd,
		.family = AF_INET,
		.type = SOCK_STREAM,
		.addr = ipv4,
		.addrlen = 16,
		.nr = __NR_connect,
	};
}

/* Somebody else's connect; returns how many records came of it. */
static int somebody_connects(const struct model_call *call)
{
	const struct ring_reader reader = {.sample = take, .lost = take_lost};

	model.pid_tgid = 4242ULL << 32 | 4243;
	strcpy(model.comm, "somebody");
	events = 0;
	model.attempts = 0;
	model_connect(call);
	rings_read(tracer.rings, UINT64_MAX, &reader);
	return events;
}

static void assert_sees(int fd)
{
	struct model_call call = call_of(fd);

	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_size, EVENT_SIZE_INET);
	assert_int_equal(last_event.sockfd, fd);
	assert_int_equal(last_event.addrlen, 16);
	assert_memory_equal(last_event.addr, ipv4, 16);
	assert_true(last_event.pid_tgid == (4242ULL << 32 | 4243));
	assert_string_equal(last_event.comm, "somebody");
}

/* --- every kernel, as it comes --- */

static void test_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		const struct model_kernel *kernel = model_kernels[i];

		model_boot(kernel);
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
		assert_string_equal(tracer.hook.name, "kprobe:security_socket_connect");
		assert_int_equal(tracer.hook.by_pmu, kernel->pmu_type != 0);
		assert_true(tracer.hook.has_sockfd);
		assert_int_equal(tracer.hook.regs_from_top, model.regs_from_top);
		assert_string_equal(tracer.hook.why_not, "");
		assert_int_equal(tracer.hook.own_tgid, getpid());
		assert_int_equal(tracer.kernel.version, kernel->wants_version ? kernel->version : 0);
		assert_int_equal(tracer.kernel.names, kernel->map_end >= 44);
		assert_int_equal(tracer.kernel.probe_read_kinds, kernel->read_kinds);
		assert_sees(77);
		close_tracer();
	}
}

static void test_own_attempts_are_not_events(void **state)
{
	struct model_call call = call_of(5);

	(void)state;
	open_tracer();
	assert_int_equal(somebody_connects(&call), 1);
	model.pid_tgid = (uint64_t)getpid() << 32 | 999;
	events = 0;
	model_connect(&call);
	rings_read(tracer.rings, UINT64_MAX, &(struct ring_reader){.sample = take, .lost = take_lost});
	assert_int_equal(events, 0);
}

/* 7.x with X86_FRED has 16 bytes of padding, KASAN a larger stack: all is learnt. */
static void test_other_places_of_registers(void **state)
{
	static const uint32_t pads[] = {0, 8, 16, 32, 64, 128};

	(void)state;
	for (size_t i = 0; i < sizeof(pads) / sizeof(pads[0]); i++) {
		for (uint32_t size = 8192; size <= 65536; size *= 2) {
			model_boot(&model_6_12);
			model.regs_from_top += pads[i];
			model.stack_size = size;
			open_tracer();
			assert_int_equal(tracer.hook.regs_from_top, model.regs_from_top);
			assert_true(tracer.hook.stack_size && tracer.hook.stack_size <= size);
			assert_sees(1021);
			close_tracer();
		}
	}
}

static void test_registers_out_of_reach(void **state)
{
	struct model_call call = call_of(5);

	(void)state;
	model.regs_from_top = 2048;
	open_tracer();
	assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
	assert_false(tracer.hook.has_sockfd);
	assert_int_equal(tracer.hook.regs_from_top, 0);
	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_event.sockfd, -1);
	assert_int_equal(last_event.via, VIA_UNKNOWN);
}

static void test_two_candidates_for_registers(void **state)
{
	(void)state;
	model.regs_twice = true;
	open_tracer();
	assert_false(tracer.hook.has_sockfd);
}

/* --- versions --- */

static void test_version_by_uname(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	model.vdso = false;
	model.release = "4.9.229";
	open_tracer();
	assert_int_equal(model.last_version, model_4_9.version);
}

static void test_version_by_debian(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	model.vdso = false;
	model.release = "4.9.0-13-amd64";
	model.build = "#1 SMP Debian 4.9.229-1 (2020-07-06)";
	open_tracer();
	assert_int_equal(model.last_version, model_4_9.version);
}

/* All say something else: the sublevels are swept. */
static void test_version_by_sweep(void **state)
{
	(void)state;
	model_boot(&model_4_4);
	model.vdso = false;
	model.release = "4.4.0-vendor";
	open_tracer();
	assert_int_equal(model.last_version, model_4_4.version);
	assert_true(model.calls < 1000);
}

/* A sublevel beyond 255 was built as 255 (and 4.14.252 already was). */
static void test_version_is_clamped(void **state)
{
	static struct model_kernel kernel;

	(void)state;
	kernel = model_4_14;
	kernel.version = 4 << 16 | 14 << 8 | 255;
	model_boot(&kernel);
	model.vdso = false;
	model.release = "4.14.252";
	open_tracer();
	assert_int_equal(model.last_version, kernel.version);
	model.release = "4.14.330";
	close_tracer();
	open_tracer();
	assert_int_equal(model.last_version, kernel.version);
}

static void test_version_unknown(void **state)
{
	(void)state;
	model_boot(&model_4_4);
	model.vdso = false;
	model.release = "4.5.1";
	assert_refused(STATUS_UNSUPPORTED, "EINVAL for every kernel version tried");
}

/* --- permission --- */

/* Before 5.0 the kernel says EINVAL to the unprivileged; capabilities are asked first, so the sentence is right. */
static void test_unprivileged(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		model.privileged = false;
		assert_refused(STATUS_NOT_PERMITTED, "CAP_SYS_ADMIN");
		assert_int_equal(model.loads, 0);
	}
}

static void test_seccomp(void **state)
{
	(void)state;
	model.seccomp = true;
	assert_refused(STATUS_NOT_PERMITTED, "seccomp filter");
}

static void test_user_namespace(void **state)
{
	(void)state;
	model.memlock_need = 1 << 20; /* EPERM whose cause is not to be seen from here */
	model.resource = false;
	model.uid_map = "0 100000 65536\n";
	assert_refused(STATUS_NOT_PERMITTED, "user namespace");
}

static void test_memlock(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		model.memlock_need = 1 << 20;
		open_tracer();
		assert_sees(77);
		close_tracer();
		/* Not to be raised: fatal only where it is charged. */
		model_boot(model_kernels[i]);
		model.memlock_need = 1 << 20;
		model.resource = false;
		if (model_kernels[i]->charges_memlock) {
			assert_refused(STATUS_NOT_PERMITTED, "EPERM");
		} else {
			open_tracer();
			close_tracer();
		}
	}
}

static void test_lockdown(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.confidential = true;
	assert_refused(STATUS_NOT_PERMITTED, "locked down for confidentiality");
	model_boot(&model_5_10);
	model.confidential = true;
	assert_refused(STATUS_NOT_PERMITTED, "locked down for confidentiality");
	/* A raw tracepoint can still be opened on 5.4, but reads zeros: a hook that shows nothing is not believed. */
	model_boot(&model_5_4);
	model.confidential = true;
	options.hook = HOOK_TRACEPOINT;
	assert_int_equal(try_open(), -1);
	assert_true(strlen(err.text) > 20);
}

/* --- what is missing --- */

static void test_4_1(void **state)
{
	(void)state;
	model_boot(&model_4_1);
	assert_refused(STATUS_UNSUPPORTED, "4.4 is the oldest");
}

static void test_no_bpf(void **state)
{
	(void)state;
	model.bpf_syscall = false;
	assert_refused(STATUS_UNSUPPORTED, "CONFIG_BPF_SYSCALL");
	model_boot(&model_5_4);
	model.bpf_events = false;
	assert_refused(STATUS_UNSUPPORTED, "CONFIG_BPF_EVENTS");
}

static void test_no_cpus(void **state)
{
	(void)state;
	model.possible = "";
	model.stat = NULL;
	assert_refused(STATUS_FAILURE, "/proc/stat");
}

static void test_no_perf(void **state)
{
	(void)state;
	model.perf_error = ENOSYS;
	assert_refused(STATUS_UNSUPPORTED, "CONFIG_PERF_EVENTS");
}

static void test_no_socket(void **state)
{
	(void)state;
	model.socket_error = EAFNOSUPPORT;
	assert_refused(STATUS_FAILURE, "EAFNOSUPPORT");
}

static bool has_place(const char *name)
{
	int found = 0;

	for (int place = 0; place < tracer.hook.place_count; place++)
		found += !strcmp(tracer.hook.places[place], name);
	return found == 1;
}

/* Without CONFIG_SECURITY_NETWORK. */
static void test_proto(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		model_remove_symbol("security_socket_connect");
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_PROTO);
		assert_string_equal(tracer.hook.places[0], "proto:inet_dgram_connect");
		assert_int_equal(tracer.hook.place_count, 4);
		assert_true(has_place("proto:unix_stream_connect"));
		assert_non_null(strstr(tracer.hook.why_not, "security_socket_connect"));
		assert_int_equal(tracer.hook.by_pmu, model_kernels[i]->pmu_type != 0);
		assert_sees(77);
		assert_string_equal(tracer.hook.places[last_event.place], "proto:inet_stream_connect");
		close_tracer();
	}
}

static void test_proto_renamed_by_the_compiler(void **state)
{
	struct model_call call = call_of(5);

	(void)state;
	model_remove_symbol("security_socket_connect");
	model_remove_symbol("unix_stream_connect");
	model_add_symbol("unix_stream_connect.llvm.123456");
	open_tracer();
	assert_int_equal(tracer.hook.place_count, 4);
	assert_true(has_place("proto:unix_stream_connect.llvm.123456"));
	assert_int_equal(somebody_connects(&call), 1);
}

/* Without a list of symbols the names are tried as they are. */
static void test_proto_without_symbol_list(void **state)
{
	(void)state;
	model_remove_symbol("security_socket_connect");
	model.no_kallsyms = true;
	open_tracer();
	assert_int_equal(tracer.hook.place_count, 4);
	assert_true(has_place("proto:unix_dgram_connect"));
}

/* Without CONFIG_KPROBES. */
static void without_kprobes(const struct model_kernel *kernel)
{
	model_boot(kernel);
	model.kprobe_events = false;
}

static void test_tracepoint(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		without_kprobes(model_kernels[i]);
		if (!model_kernels[i]->tracepoint_progs) {
			assert_refused(STATUS_UNSUPPORTED, "CONFIG_KPROBE_EVENTS");
			continue;
		}
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_TRACEPOINT);
		assert_string_equal(tracer.hook.name, model_kernels[i]->syscall_progs
							      ? "tracepoint:syscalls/sys_enter_connect"
							      : "tracepoint:raw_syscalls/sys_enter");
		assert_true(tracer.hook.has_sockfd);
		assert_false(tracer.hook.misses_calls);
		assert_int_equal(tracer.hook.place_count, 1);
		assert_non_null(strstr(tracer.hook.why_not, "CONFIG_KPROBE_EVENTS"));
		assert_sees(77);
		assert_true(last_event.flags & EVENT_USER_MEMORY);
		assert_true(last_event.flags & EVENT_TYPE_UNKNOWN);
		assert_int_equal(last_event.via, VIA_CONNECT);
		close_tracer();
	}
}

static void test_no_hook_at_all(void **state)
{
	(void)state;
	without_kprobes(&model_5_4);
	model.ftrace_syscalls = false;
	assert_refused(STATUS_UNSUPPORTED, "CONFIG_FTRACE_SYSCALLS");
}

/* Before 4.15 one program an event, and before 4.14 none on this one: the entry of all calls serves. */
static void test_tracepoint_is_taken(void **state)
{
	(void)state;
	without_kprobes(&model_4_14);
	model.taken = true;
	open_tracer();
	assert_string_equal(tracer.hook.name, "tracepoint:raw_syscalls/sys_enter");
	assert_sees(77);
	close_tracer();
	without_kprobes(&model_4_19);
	model.taken = true;
	open_tracer();
	assert_string_equal(tracer.hook.name, "tracepoint:syscalls/sys_enter_connect");
}

/* --- compat calls --- */

#ifdef __x86_64__
static void assert_compat(const struct model_call *call, int fd, enum via via)
{
	assert_int_equal(somebody_connects(call), 1);
	assert_int_equal(last_event.sockfd, fd);
	assert_int_equal(last_event.via, via);
	assert_true(last_event.flags & EVENT_COMPAT);
	assert_int_equal(last_event.addrlen, 16);
	assert_memory_equal(last_event.addr, ipv4, 16);
}

/* Below 4 GiB, where a 32-bit task has its memory. */
#define LOW_ADDRESS 0x00501000
#define LOW_WORDS   0x00502000

static void connect_by_every_table(void)
{
	const uint32_t words[3] = {1021, LOW_ADDRESS, 16};
	struct model_call call = call_of(0);

	model_user_memory(LOW_ADDRESS, ipv4, sizeof(ipv4));
	model_user_memory(LOW_WORDS, words, sizeof(words));
	/* connect(2) of the 32-bit table: descriptor in bx, address in cx, length in dx. */
	call.nr = 362;
	call.bx = 1020;
	call.cx = LOW_ADDRESS;
	assert_compat(&call, 1020, VIA_CONNECT);
	/* socketcall(SYS_CONNECT, words) */
	call.nr = 102;
	call.bx = 3;
	call.cx = LOW_WORDS;
	assert_compat(&call, 1021, VIA_SOCKETCALL);
	/* x32 */
	call = call_of(1022);
	call.nr = 0x40000000 | 42;
	assert_compat(&call, 1022, VIA_CONNECT);
}

/*
 * 102 is a 64-bit task's getuid(), which passes the entry of all calls, too. Its registers may hold what socketcall's
 * would, and even point to words that would do; but `syscall` has left the return address in cx.
 */
static void getuid_is_no_connect(void)
{
	const uint32_t words[3] = {5, LOW_ADDRESS, 16};
	struct model_call call = call_of(1);

	model_user_memory(MODEL_IP, words, sizeof(words));
	call.nr = 102;
	call.bx = 3;
	call.cx = MODEL_IP;
	assert_int_equal(somebody_connects(&call), 0);
}

static void test_compat_by_kprobe(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		open_tracer();
		connect_by_every_table();
		close_tracer();
	}
}

static void test_compat_by_tracepoint(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		if (!model_kernels[i]->tracepoint_progs)
			continue;
		without_kprobes(model_kernels[i]);
		model.compat = true;
		open_tracer();
		assert_false(tracer.hook.misses_calls);
		assert_int_equal(tracer.hook.place_count, model_kernels[i]->syscall_progs ? 2 : 1);
		assert_sees(77); /* once, by one place */
		connect_by_every_table();
		if (model_kernels[i]->raw_tracepoints)
			getuid_is_no_connect();
		close_tracer();
	}
}
#endif

static void test_io_uring(void **state)
{
	struct model_call call = call_of(5);

	(void)state;
	open_tracer();
	call.nr = 426;
	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_event.sockfd, -1);
	assert_int_equal(last_event.via, VIA_IO_URING);
	/* On the way back to user space of a connect call, whose descriptor is another's. */
	call = call_of(5);
	call.ax = 1;
	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_event.sockfd, -1);
	assert_int_equal(last_event.via, VIA_IO_URING);
	/* A worker has no call under way, whatever its copied registers say. */
	call = call_of(5);
	call.no_call = true;
	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_event.sockfd, -1);
	assert_true(last_event.flags & EVENT_NO_CALL);
	/* Any other call. */
	call = call_of(5);
	call.nr = 1;
	assert_int_equal(somebody_connects(&call), 1);
	assert_int_equal(last_event.sockfd, -1);
	assert_int_equal(last_event.via, VIA_UNKNOWN);
}

/* Every length, by each hook: the caller's bytes are there, also where the page ends behind them. */
static void connect_with_every_length(void)
{
	uint8_t addr[ADDR_MAX + 8];

	for (size_t i = 0; i < sizeof(addr); i++)
		addr[i] = (uint8_t)(i + 1);
	memcpy(addr, &(sa_family_t){AF_INET}, 2);
	for (int len = 0; len <= ADDR_MAX; len++) {
		struct model_call call = call_of(5);
		struct attempt attempt;

		call.addr = addr;
		call.addrlen = len;
		assert_int_equal(somebody_connects(&call), 1);
		assert_int_equal(last_size, attempt_record_size(len));
		assert_true(attempt_decode(&attempt, 0, &last_event, last_size));
		assert_false(attempt.address.fault);
		assert_int_equal(attempt.addrlen, len);
		assert_int_equal(attempt.address.raw_len, len);
		assert_memory_equal(attempt.address.raw, addr, (size_t)len);
	}
	/* What the kernel refuses by its length never reaches the security hook. */
	for (int i = 0; i < 3; i++) {
		struct model_call call = call_of(5);

		call.addr = addr;
		call.addrlen = (int[]){ADDR_MAX + 1, -1, INT32_MIN}[i];
		assert_int_equal(somebody_connects(&call), 0);
	}
}

static void test_lengths(void **state)
{
	(void)state;
	open_tracer();
	connect_with_every_length();
	close_tracer();
	without_kprobes(&model_5_4);
	open_tracer();
	connect_with_every_length();
	model.user_page_ends = true;
	connect_with_every_length();
}

/* --- the proof --- */

/* Kprobes are set and never hit (switched off, or the function inlined): believed by nobody. */
static void test_silent_kprobes(void **state)
{
	(void)state;
	model.silent = true;
	open_tracer();
	assert_int_equal(tracer.hook.kind, HOOK_TRACEPOINT);
	assert_non_null(strstr(tracer.hook.why_not, "did not appear within"));
	assert_non_null(strstr(tracer.hook.why_not, "kprobe:security_socket_connect"));
	assert_sees(77);
	close_tracer();
	model_boot(&model_5_4);
	model.silent = true;
	model.ftrace_syscalls = false;
	assert_refused(STATUS_UNSUPPORTED, "did not appear within");
	model_boot(&model_5_4);
	model.silent = true;
	options.hook = HOOK_KPROBE;
	assert_refused(STATUS_UNSUPPORTED, "did not appear within");
}

/* One hook is silent and the next forbidden: the status is the one that the user can do something about. */
static void test_permission_counts_most(void **state)
{
	(void)state;
	model.silent = true;
	model.ftrace_syscalls = false;
	model.tracing = NULL;
	model.mountinfo = "22 1 0:20 / /sys rw - sysfs sysfs rw\n";
	model.mount_error = EPERM;
	assert_refused(STATUS_NOT_PERMITTED, "did not appear within");
}

/* The descriptor comes from a wrong place: a hook that lies is worse than none. */
static void test_wrong_descriptor(void **state)
{
	(void)state;
	model.wrong_fd = 1;
	open_tracer();
	/* The next finds no registers to believe, and says so. */
	assert_int_equal(tracer.hook.kind, HOOK_PROTO);
	assert_false(tracer.hook.has_sockfd);
	assert_non_null(strstr(tracer.hook.why_not, "wrong sockfd"));
	close_tracer();
	model_boot(&model_5_4);
	model.wrong_fd = 1;
	options.hook = HOOK_KPROBE;
	assert_refused(STATUS_UNSUPPORTED, "wrong sockfd");
}

/* How much programs have put out: records in perf's rings, or bytes in CPU 0's mapped one. */
static uint64_t put_out(void)
{
	int map = object_map_fd(tracer.object, "mapped");

	return map < 0 ? (uint64_t)model.records : model_mapped_ring(map, 0)->head;
}

/* Somebody else's attempts come in while the hook is tried: they are no proof and no hindrance, and not looked into. */
static void test_somebody_connects_meanwhile(void **state)
{
	uint64_t alone;

	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		open_tracer();
		alone = put_out();
		close_tracer();
		model_boot(model_kernels[i]);
		model.intruder = true;
		open_tracer();
		assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
		assert_true(tracer.hook.has_sockfd);
		assert_int_equal(tracer.hook.own_tgid, getpid());
		/* The learning program lets nobody else's stack out; the hook itself saw one attempt more. */
		assert_int_equal(put_out(),
				 alone + (tracer.mapped_cpus ? MAPPED_RECORD_HEAD + ((EVENT_SIZE_INET + 7) & ~7u) : 1));
		assert_int_equal(tracer.tally[0].received, 2);
		close_tracer();
	}
	/* And a hook that shows only theirs is not proved. */
	model_boot(&model_5_4);
	model.intruder = model.silent = true;
	model.ftrace_syscalls = false;
	assert_refused(STATUS_UNSUPPORTED, "did not appear within");
}

static void test_wanted_hook_only(void **state)
{
	static const struct {
		enum hook_kind kind;
		const char *name;
	} rows[] = {{HOOK_KPROBE, "kprobe:security_socket_connect"},
		    {HOOK_PROTO, "proto"},
		    {HOOK_TRACEPOINT, "tracepoint:syscalls/sys_enter_connect"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		model_boot(&model_5_4);
		options.hook = rows[i].kind;
		open_tracer();
		assert_int_equal(tracer.hook.kind, rows[i].kind);
		assert_string_equal(tracer.hook.name, rows[i].name);
		assert_string_equal(tracer.hook.why_not, "");
		close_tracer();
	}
}

static void test_proof_on_another_cpu(void **state)
{
	(void)state;
	model.cpu = 1;
	open_tracer();
	assert_int_equal(tracer.tally[0].received, 0);
	assert_int_equal(tracer.tally[1].received, 1);
	assert_int_equal(tracer.tally[1].proof, 1);
	assert_sees(77);
}

/* CPU 0 is offline: perf_event_open() on it is ENODEV, and the next will do. */
static void test_cpu_0_is_offline(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		model.cpus = 3;
		model.online[0] = false;
		model.online[2] = true;
		model.cpu = 2;
		open_tracer();
		assert_int_equal(tracer.cpus, 3);
		assert_sees(77);
		close_tracer();
	}
}

/* --- tracefs --- */

static void test_leftovers(void **state)
{
	char own[64];

	(void)state;
	snprintf(own, sizeof(own), "connsnoop_%d_0badcafe/connect", getpid());
	model_boot(&model_4_9);
	model_foreign_probe("connsnoop_4711_00000001/connect", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4712_deadbeef/connect", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4713_00000003/connect", "security_socket_connect", 1); /* alive */
	model_foreign_probe(own, "security_socket_connect", 0); /* our pid, of a dead one before us */
	model_foreign_probe("kprobes/myprobe", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4711_0000000/connect", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4711_000000001/connect", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4711_00000001/connected", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_x_00000001/connect", "security_socket_connect", 0);
	model_foreign_probe("connsnoop_4711_DEADBEEF/connect", "security_socket_connect", 0);
	open_tracer();
	assert_null(model_find_probe("connsnoop_4711_00000001/connect"));
	assert_null(model_find_probe("connsnoop_4712_deadbeef/connect"));
	assert_null(model_find_probe(own));
	assert_non_null(model_find_probe("connsnoop_4713_00000003/connect"));
	close_tracer();
	assert_non_null(model_find_probe("connsnoop_4713_00000003/connect"));
	assert_non_null(model_find_probe("kprobes/myprobe"));
	assert_non_null(model_find_probe("connsnoop_4711_0000000/connect"));
	assert_non_null(model_find_probe("connsnoop_4711_000000001/connect"));
	assert_non_null(model_find_probe("connsnoop_4711_00000001/connected"));
	assert_non_null(model_find_probe("connsnoop_x_00000001/connect"));
	assert_non_null(model_find_probe("connsnoop_4711_DEADBEEF/connect"));
}

/* With the PMU, nothing is written to tracefs at all. */
static void test_pmu_leaves_tracefs_alone(void **state)
{
	(void)state;
	model_foreign_probe("connsnoop_4711_00000001/connect", "security_socket_connect", 0);
	open_tracer();
	for (int i = 1; i < MODEL_LISTED_MAX; i++)
		assert_int_equal(model.probes[i].id, 0);
}

/* Two start at once: the other takes our new and still idle probe for a leftover. */
static void test_probe_is_taken_for_a_leftover(void **state)
{
	(void)state;
	model_boot(&model_4_9);
	model.steal_event = 1;
	open_tracer();
	assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
	assert_sees(77);
	close_tracer();
	model_boot(&model_4_9);
	model.steal_event = 1000;
	model.ftrace_syscalls = false;
	assert_int_equal(try_open(), -1);
	assert_int_equal(err.status, STATUS_UNSUPPORTED);
}

static void test_tracefs_is_not_mounted(void **state)
{
	(void)state;
	model_boot(&model_4_4);
	model.tracing = NULL;
	model.mountinfo = "22 1 0:20 / /sys rw - sysfs sysfs rw\n";
	open_tracer();
	assert_int_equal(tracer.hook.kind, HOOK_KPROBE);
	assert_sees(77);
	close_tracer();
	model_boot(&model_4_4);
	model.tracing = NULL;
	model.mountinfo = "22 1 0:20 / /sys rw - sysfs sysfs rw\n";
	model.mount_error = EPERM;
	assert_refused(STATUS_NOT_PERMITTED, "EPERM");
	model_boot(&model_4_4);
	model.tracing = NULL;
	model.mountinfo = "22 1 0:20 / /sys rw - sysfs sysfs rw\n";
	model.mount_error = ENODEV;
	assert_refused(STATUS_UNSUPPORTED, "ENODEV");
}

/* The kernel has no kprobe_events; that a container may not mount is beside the point: 3, not 4. */
static void test_no_kprobe_events_in_a_container(void **state)
{
	(void)state;
	without_kprobes(&model_4_4);
	model.mount_error = EPERM;
	assert_refused(STATUS_UNSUPPORTED, "CONFIG_KPROBE_EVENTS");
}

/* 6.11 and later say EINVAL to a probe on what is not there. */
static void test_missing_symbol_by_tracefs(void **state)
{
	static struct model_kernel kernel;

	(void)state;
	kernel = model_6_12;
	kernel.pmu_type = 0;
	model_boot(&kernel);
	model_remove_symbol("security_socket_connect");
	open_tracer();
	assert_int_equal(tracer.hook.kind, HOOK_PROTO);
	assert_non_null(strstr(tracer.hook.why_not, "EINVAL"));
}

/* --- failures in the middle --- */

/*
 * Every call fails once, with a few errnos, in each way that there is to start: whatever comes of it, everything is
 * closed at the end, and a failure is a sentence with a status.
 */
static void fail_each_step(const struct model_kernel *kernel, bool kprobes, bool symbol, int errnum)
{
	int steps;

	for (int step = 0, last = 1; step <= last; step++) {
		model_boot(kernel);
		model.kprobe_events = kprobes;
		model.compat = true;
		if (!symbol)
			model_remove_symbol("security_socket_connect");
		model.fail_at = step;
		model.fail_error = errnum;
		if (try_open()) {
			assert_int_not_equal(step, 0);
			assert_in_range(err.status, STATUS_FAILURE, STATUS_NOT_PERMITTED);
			assert_true(strlen(err.text) > 20);
		}
		steps = model.calls;
		close_tracer();
		if (step == 0)
			last = steps;
	}
	assert_true(steps > 30);
}

static void test_each_step_fails_by_pmu(void **state)
{
	(void)state;
	fail_each_step(&model_6_12, true, true, ENOMEM);
	fail_each_step(&model_5_4, true, true, EPERM);
	fail_each_step(&model_5_4, true, true, EINVAL);
}

static void test_each_step_fails_by_tracefs(void **state)
{
	(void)state;
	fail_each_step(&model_4_9, true, true, ENOMEM);
	fail_each_step(&model_4_4, true, true, ENOENT);
	fail_each_step(&model_4_9, true, true, EBUSY);
}

static void test_each_step_fails_by_tracepoint(void **state)
{
	(void)state;
	fail_each_step(&model_5_4, false, true, ENOMEM);
	fail_each_step(&model_4_9, false, true, ENOENT);
}

static void test_each_step_fails_by_proto(void **state)
{
	(void)state;
	fail_each_step(&model_5_10, true, false, ENOMEM);
	fail_each_step(&model_4_9, true, false, EMFILE);
}

/* --- accounts --- */

static char *open_output(struct sink *sink, struct style *style)
{
	*sink = (struct sink){.fd = -1};
	*style = (struct style){.format = FORMAT_JSON, .places = tracer.hook.places};
	sink->buffer.data = calloc(1, 1 << 20);
	sink->buffer.size = 1 << 20;
	tracer.sink = sink;
	tracer.style = style;
	return sink->buffer.data;
}

/* Attempts that the ring did not take are counted and told, to the unit, also on kernels that hide it. */
static void test_losses_are_exact(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		struct model_call call = call_of(5);
		const int attempts = 500;
		struct accounts accounts;
		struct sink sink;
		struct style style;
		char *lines;

		model_boot(model_kernels[i]);
		options.pages = 1;
		open_tracer();
		lines = open_output(&sink, &style);
		model.pid_tgid = 4242ULL << 32 | 4242;
		strcpy(model.comm, "somebody");
		for (int k = 0; k < attempts; k++)
			model_connect(&call);
		tracer_drain(&tracer);
		for (int k = 0; k < attempts; k++)
			model_connect(&call);
		tracer_finish(&tracer);
		accounts = tracer_accounts(&tracer, true);
		assert_int_equal(accounts.attempts, 2 * attempts);
		assert_true(accounts.lost > 0 && accounts.shown > 0);
		assert_int_equal(accounts.shown + accounts.filtered + accounts.lost, 2 * attempts);
		close_tracer();
		free(lines);
	}
}

/* A CPU comes online and connects before anybody can open a ring for it: its events come late, and none is lost. */
static void test_strays(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		struct model_call call = call_of(5);
		struct accounts accounts;
		struct sink sink;
		struct style style;
		char *lines;

		model_boot(model_kernels[i]);
		model.online[1] = false;
		open_tracer();
		lines = open_output(&sink, &style);
		model.pid_tgid = 4242ULL << 32 | 4242;
		strcpy(model.comm, "somebody");
		model.online[1] = true;
		model.cpu = 1;
		for (int k = 0; k < 20; k++) {
			call.fd = 100 + k;
			model_connect(&call);
		}
		tracer_drain(&tracer);
		assert_int_equal(tracer.shown, 0);
		tracer_check_cpus(&tracer);
		assert_int_equal(tracer.shown, 20);
		assert_non_null(strstr(lines, "\"cpu\":1,\"pid\":4242"));
		assert_non_null(strstr(lines, "\"sockfd\":119,"));
		/* Its ring is there now. */
		call.fd = 200;
		model_connect(&call);
		assert_true(tracer_drain(&tracer) > 0);
		assert_int_equal(tracer.shown, 21);
		tracer_finish(&tracer);
		accounts = tracer_accounts(&tracer, true);
		assert_int_equal(accounts.attempts, 21);
		assert_int_equal(accounts.lost, 0);
		close_tracer();
		free(lines);
	}
}

/* More than are kept: the rest is lost and told, to the unit. */
static void test_too_many_strays(void **state)
{
	struct model_call call = call_of(5);
	struct accounts accounts;
	struct sink sink;
	struct style style;
	char *lines;

	(void)state;
	model.online[1] = false;
	open_tracer();
	lines = open_output(&sink, &style);
	model.pid_tgid = 4242ULL << 32 | 4242;
	model.online[1] = true;
	model.cpu = 1;
	for (int k = 0; k < STRAYS_MAX + 100; k++)
		model_connect(&call);
	tracer_finish(&tracer);
	accounts = tracer_accounts(&tracer, true);
	assert_int_equal(accounts.attempts, STRAYS_MAX + 100);
	assert_int_equal(accounts.lost, 100);
	close_tracer();
	free(lines);
}

/* --- the object of somebody else --- */

static void test_object_file(void **state)
{
	(void)state;
	model.real_files = true;
	options.object = BPF_OBJECT;
	open_tracer();
	assert_sees(77);
	close_tracer();
	options.object = "/nonexistent.o";
	assert_refused(STATUS_USAGE, "ENOENT");
	options.object = "/dev/null";
	assert_refused(STATUS_USAGE, "/dev/null: not a 64-bit ELF file");
	options.object = "/";
	assert_refused(STATUS_USAGE, "EISDIR");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),
	TEST(test_own_attempts_are_not_events),
	TEST(test_other_places_of_registers),
	TEST(test_registers_out_of_reach),
	TEST(test_two_candidates_for_registers),
	TEST(test_version_by_uname),
	TEST(test_version_by_debian),
	TEST(test_version_by_sweep),
	TEST(test_version_is_clamped),
	TEST(test_version_unknown),
	TEST(test_unprivileged),
	TEST(test_seccomp),
	TEST(test_user_namespace),
	TEST(test_memlock),
	TEST(test_lockdown),
	TEST(test_4_1),
	TEST(test_no_bpf),
	TEST(test_no_cpus),
	TEST(test_no_perf),
	TEST(test_no_socket),
	TEST(test_proto),
	TEST(test_proto_renamed_by_the_compiler),
	TEST(test_proto_without_symbol_list),
	TEST(test_tracepoint),
	TEST(test_no_hook_at_all),
	TEST(test_tracepoint_is_taken),
#ifdef __x86_64__
	TEST(test_compat_by_kprobe),
	TEST(test_compat_by_tracepoint),
#endif
	TEST(test_io_uring),
	TEST(test_lengths),
	TEST(test_silent_kprobes),
	TEST(test_permission_counts_most),
	TEST(test_wrong_descriptor),
	TEST(test_somebody_connects_meanwhile),
	TEST(test_wanted_hook_only),
	TEST(test_proof_on_another_cpu),
	TEST(test_cpu_0_is_offline),
	TEST(test_leftovers),
	TEST(test_pmu_leaves_tracefs_alone),
	TEST(test_probe_is_taken_for_a_leftover),
	TEST(test_tracefs_is_not_mounted),
	TEST(test_no_kprobe_events_in_a_container),
	TEST(test_missing_symbol_by_tracefs),
	TEST(test_each_step_fails_by_pmu),
	TEST(test_each_step_fails_by_tracefs),
	TEST(test_each_step_fails_by_tracepoint),
	TEST(test_each_step_fails_by_proto),
	TEST(test_losses_are_exact),
	TEST(test_strays),
	TEST(test_too_many_strays),
	TEST(test_object_file),
};

RUN(tests)
