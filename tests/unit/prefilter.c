// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same filters in the kernel's programs (bpf/filter.h, run by the interpreter) and in the reader: every filter of a
 * table meets every attempt of another, on kernels of three ages. What the reader alone would show has to come through,
 * and where the plan says that the kernel's part is exact, nothing else.
 */
#include "test.h"

#include "control.h"
#include "model.h"
#include "tracer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const filters[] = {
	"-a",
	"-4",
	"-6",
	"-x",
	"-4 -x -a",
	"--family netlink",
	"--family !inet,unspec -a",
	"--family unspec,inet -P 0",
	"--type dgram",
	"--type !stream,raw -a",
	"--type seqpacket -x",
	"--type 0-3",
	"-p 4242",
	"-p !4242",
	"-p 1-50,4242,9000-9100",
	"-p !5,4242",
	"-u 0",
	"-u !0",
	"-u 1000,1001",
	"-u !1000,2000-3000",
	"-P 443",
	"-P !443",
	"-P 1-1024,8080",
	"-P !80,443 -a",
	"-P 0",
	"-P 65535,64,63",
	"--net 10.0.0.0/8",
	"--net 10.0.0.0/9,10.200.0.0/16",
	"--net !10.0.0.0/8,fe80::/10",
	"--net ::/0",
	"--net 0.0.0.0/0",
	"--net !0.0.0.0/0",
	"--net ::ffff:10.0.0.0/104",
	"--net ::1,127.0.0.1",
	"--net 10.1.2.3 -P 443 -p 4242",
	"--unix-path /run/*",
	"--unix-path !/run/*",
	"--unix-path /run/x",
	"--unix-path !/run/x,/run/y",
	"--unix-path @*",
	"--unix-path @abc",
	"--unix-path @ab*,/r*",
	"--unix-path *",
	"--unix-path !*",
	"--unix-path /run/?",
	"--unix-path !/run/[xz] -a",
	"--comm curl",
	"--comm curl,wget,fifteen-letters",
	"--comm !curl",
	"--comm cu*",
	"--comm sixteen-letters-and-more",
	"--comm !curl -u 1000 -P 443 --net 10.0.0.0/8 --unix-path /run/*",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint8_t addresses[64][ADDR_MAX];
static struct model_call calls[64];
static size_t call_count;

static void add(const void *bytes, int addrlen, int type)
{
	uint8_t *addr = addresses[call_count];

	memcpy(addr, bytes, addrlen < 0 ? 0 : (size_t)addrlen);
	calls[call_count] = (struct model_call){
		.fd = 5,
		.family = addr[0],
		.type = type,
		.addr = addr,
		.addrlen = addrlen,
		.nr = __NR_connect,
		.stale = call_count % 2 ? 0x2f : 0,
	};
	call_count++;
	assert_true(call_count < COUNT(calls));
}

static void add_inet(const char *text, uint16_t port, int addrlen, int type)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};

	inet_pton(AF_INET, text, &sin.sin_addr);
	add(&sin, addrlen, type);
}

static void add_inet6(const char *text, uint16_t port, int addrlen)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	inet_pton(AF_INET6, text, &sin6.sin6_addr);
	add(&sin6, addrlen, SOCK_STREAM);
}

static void add_unix(const char *path, size_t len, int type)
{
	uint8_t addr[2 + 108] = {AF_UNIX};

	memcpy(addr + 2, path, len);
	add(addr, (int)(2 + len), type);
}

static void make_calls(void)
{
	char longest[108];

	add_inet("10.1.2.3", 443, 16, SOCK_STREAM);
	add_inet("10.200.7.7", 80, 16, SOCK_DGRAM);
	add_inet("10.127.255.255", 1024, 16, SOCK_RAW);
	add_inet("11.0.0.1", 1025, 16, 15);
	add_inet("127.0.0.1", 0, 16, SOCK_DGRAM);
	add_inet("255.255.255.255", 65535, 16, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 8, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 7, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 4, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 3, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 2, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 1, SOCK_STREAM);
	add_inet("10.1.2.3", 443, 0, SOCK_DGRAM);
	add_inet6("::ffff:10.1.2.3", 443, 28);
	add_inet6("::ffff:11.1.2.3", 8080, 28);
	add_inet6("::1", 443, 24);
	add_inet6("fe80::1", 64, 28);
	add_inet6("febf::1", 63, 28);
	add_inet6("fec0::1", 80, 28);
	add_inet6("::10.1.2.3", 443, 28);
	add_inet6("fe80::1", 80, 23);
	add_inet6("fe80::1", 80, 4);
	add_unix("/run/x", 6, SOCK_STREAM);
	add_unix("/run/x", 7, SOCK_SEQPACKET);
	add_unix("/run/x\0garbage", 14, SOCK_DGRAM);
	add_unix("/run/xy", 7, SOCK_STREAM);
	add_unix("/run", 4, SOCK_STREAM);
	add_unix("\0abc", 4, SOCK_STREAM);
	add_unix("\0abc\0", 5, SOCK_STREAM);
	add_unix("\0abd", 4, SOCK_RDM);
	add_unix("\0", 1, SOCK_STREAM);
	add_unix("@abc", 4, SOCK_STREAM);
	add_unix("x", 1, SOCK_RAW);
	add_unix("", 0, SOCK_STREAM);
	memset(longest, 'r', sizeof(longest));
	longest[0] = '/';
	add_unix(longest, sizeof(longest), SOCK_STREAM);
	add((uint8_t[]){16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}, 12, SOCK_RAW);
	add((uint8_t[16]){0}, 16, SOCK_DGRAM);
	add((uint8_t[ADDR_MAX]){AF_INET, 0, 1, 187, 10, 1, 2, 3}, ADDR_MAX, SOCK_STREAM);
	add((uint8_t[ADDR_MAX]){200, 1}, 20, SOCK_STREAM);
}

/* Who makes each of them. */
static const struct {
	uint32_t pid, uid;
	const char *comm;
} callers[] = {
	{4242, 1000, "curl"},
	{5, 2500, "wget"},
	{9050, 1, "fifteen-letters"},
	{70000, 1001, "cu"},
};

static struct tracer tracer;
static struct event got;
static uint32_t got_size;
static int records;

static bool take(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	(void)context;
	(void)cpu;
	memcpy(&got, data, size < sizeof(got) ? size : sizeof(got));
	got_size = size;
	records++;
	return true;
}

static void make_attempt(size_t call, size_t caller)
{
	const struct ring_reader reader = {.sample = take};

	model.pid_tgid = (uint64_t)callers[caller].pid << 32 | callers[caller].pid;
	model.uid_gid = 100ULL << 32 | callers[caller].uid;
	strncpy(model.comm, callers[caller].comm, sizeof(model.comm));
	records = 0;
	model_connect(&calls[call]);
	rings_read(tracer.rings, UINT64_MAX, &reader);
}

static struct options parse(const char *line)
{
	char *argv[16] = {(char *)"connsnoop"}, *words = strdup(line);
	struct options options;
	struct error err;
	int argc = 1;

	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	optind = 0;
	getopt(1, argv, "+");
	if (options_parse(&options, argc, argv, &err))
		fail_msg("%s: %s", line, err.text);
	options.pages = 8;
	free(words);
	return options;
}

static void open_tracer(const struct options *options)
{
	struct error err;

	memset(&tracer, 0, sizeof(tracer));
	model.pid_tgid = model.uid_gid = 0;
	model.comm[0] = '\0';
	if (tracer_open(&tracer, options, -1, 0, &err))
		fail_msg("%s: %s", model.kernel->name, err.text);
}

static struct counters counters(void)
{
	struct counters sum = {0}, one;

	for (uint32_t cpu = 0; cpu < tracer.cpus; cpu++) {
		assert_int_equal(desk_count(&tracer.desk, cpu, &one), 0);
		sum.attempts += one.attempts;
		sum.filtered += one.filtered;
	}
	return sum;
}

/* One attempt under one filter: what came, against what the reader would say of it unfiltered. */
static bool check(const struct filter *filter, const struct event *event, uint32_t size, const char *line, size_t call,
		  size_t caller)
{
	struct counters before = counters(), after;
	struct attempt attempt;
	bool wanted;

	assert_true(attempt_decode(&attempt, 0, event, size));
	wanted = filter_passes(filter, &attempt);
	make_attempt(call, caller);
	after = counters();
	assert_int_equal(after.attempts - before.attempts, 1);
	assert_int_equal(after.filtered - before.filtered, 1 - records);
	/* What resets a socket is wanted by the tagger, whoever else wants it. */
	if (records == wanted || (records && (!tracer.prefilter.exact || attempt.disconnect)))
		return true;
	print_error("%s: %s: attempt %zu by %s: %s\n", model.kernel->name, line, call, callers[caller].comm,
		    wanted ? "did not come" : "came in spite of it");
	return false;
}

static struct event unfiltered[COUNT(calls)][COUNT(callers)];
static uint32_t sizes[COUNT(calls)][COUNT(callers)];

static void record_all(void)
{
	struct options options = parse("-a");

	open_tracer(&options);
	for (size_t call = 0; call < call_count; call++) {
		for (size_t caller = 0; caller < COUNT(callers); caller++) {
			make_attempt(call, caller);
			assert_int_equal(records, 1);
			unfiltered[call][caller] = got;
			sizes[call][caller] = got_size;
		}
	}
	tracer_close(&tracer);
	options_free(&options);
}

static int check_filter(const char *line)
{
	struct options options = parse(line);
	int wrong = 0;

	open_tracer(&options);
	for (size_t call = 0; call < call_count; call++) {
		for (size_t caller = 0; caller < COUNT(callers); caller++)
			wrong += !check(&options.filter, &unfiltered[call][caller], sizes[call][caller], line, call,
					caller);
	}
	tracer_close(&tracer);
	options_free(&options);
	assert_int_equal(model_leaks(), 0);
	return wrong;
}

static void test_same_answers(void **state)
{
	static const struct model_kernel *const kernels[] = {&model_4_4, &model_4_9, &model_4_14, &model_6_12};
	int wrong = 0;

	(void)state;
	make_calls();
	for (size_t kernel = 0; kernel < COUNT(kernels); kernel++) {
		model_boot(kernels[kernel]);
		record_all();
		for (size_t i = 0; i < COUNT(filters); i++)
			wrong += check_filter(filters[i]);
	}
	assert_int_equal(wrong, 0);
}

/* What the kernel can't decide is said, with its reason; all else it does. */
static void test_what_the_reader_does(void **state)
{
	static const struct {
		const struct model_kernel *kernel;
		const char *filter, *in_reader;
	} cases[] = {
		{&model_6_12, "-p 1,2,3 -u !0 -P 1-65535 --net 10.0.0.0/8,::1 --comm a,b --unix-path /a,@b* -4", ""},
		{&model_4_14, "--net 10.0.0.0/8 --unix-path /a", ""},
		{&model_4_9, "-p 1,2,3 -u !0 -P 1-65535 --comm a", ""},
		{&model_4_9, "--net 10.0.0.0/8", "--net (the kernel has no prefix tries, which came with 4.11)"},
		{&model_4_4, "--unix-path /a", "--unix-path (the kernel has no prefix tries, which came with 4.11)"},
		{&model_6_12, "--unix-path /a?", "--unix-path (a pattern other than PREFIX*)"},
		{&model_6_12, "--comm a*,b", "--comm (a pattern)"},
		{&model_6_12, "-p 1-70000 -u 0-4294967295",
		 "-p (more numbers than a list in the kernel holds), -u (more numbers than a list in the kernel holds)"},
		{&model_4_4, "--cgroup /a", "--cgroup (the kernel can't tell, which came with 4.8)"},
		{&model_6_12, "--cgroup /1,/2,/3,/4,/5,/6,/7,/8,/9",
		 "--cgroup (more cgroups than the kernel is asked about)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct options options = parse(cases[i].filter);

		model_boot(cases[i].kernel);
		open_tracer(&options);
		assert_string_equal(tracer.prefilter.in_reader, cases[i].in_reader);
		assert_int_equal(tracer.prefilter.exact, !cases[i].in_reader[0]);
		tracer_close(&tracer);
		options_free(&options);
		assert_int_equal(model_leaks(), 0);
	}
}

/* A filter that is not used is not in the program: the shortest of all is the one with none. */
static void test_what_is_off_is_not_there(void **state)
{
	struct options options = parse("-a");
	unsigned int none;

	(void)state;
	model_boot(&model_4_4);
	open_tracer(&options);
	none = model.last_count;
	tracer_close(&tracer);
	options_free(&options);
	for (size_t i = 1; i < COUNT(filters); i++) {
		options = parse(filters[i]);
		model_boot(&model_4_4);
		open_tracer(&options);
		if (tracer.prefilter.exact)
			assert_true(model.last_count > none);
		tracer_close(&tracer);
		options_free(&options);
	}
	for (unsigned int i = 0; i < 2; i++) {
		static const char *const lines[] = {"-a", "-a"};

		options = parse(lines[i]);
		options.ring = RINGS_PERF;
		model_boot(i ? &model_6_12 : &model_4_4);
		open_tracer(&options);
		assert_int_equal(model.last_count, none);
		tracer_close(&tracer);
		options_free(&options);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_same_answers),
	cmocka_unit_test(test_what_the_reader_does),
	cmocka_unit_test(test_what_is_off_is_not_there),
};

RUN(tests)
