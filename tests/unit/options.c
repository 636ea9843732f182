// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/options.c: every option, and every value that is none. */
#include "test.h"

#include "options.h"
#include "parts.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define WORDS_MAX   16
#define BIT(family) (1ULL << (family))

static struct options options;
static char program[] = "connsnoop", *argv[WORDS_MAX + 2] = {program};

static int end(void **state)
{
	(void)state;
	options_free(&options);
	memset(&options, 0, sizeof(options));
	return 0;
}

/* The words of a command line that has no quotes, with single spaces; an empty word is written as "". */
static int parse(const char *line, struct error *err)
{
	static char copy[1024];
	char *word, *rest;
	int argc = 1;

	/* A parse that ended amid "-4z" leaves getopt(3) there; a process parses once, this one often. */
	optind = 0;
	getopt(1, argv, "+");
	options_free(&options);
	memset(&options, 0, sizeof(options));
	strcpy(copy, line);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = strcmp(word, "\"\"") ? word : word + 2;
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, err);
}

static void good(const char *line)
{
	struct error err = {.text = ""};
	int result = parse(line, &err);

	if (result)
		print_error("%s: %s\n", line, err.text);
	assert_int_equal(result, 0);
}

static void bad(const char *line, const char *words)
{
	struct error err = {.text = ""};

	if (!parse(line, &err))
		print_error("\"%s\" was taken\n", line);
	assert_int_equal(parse(line, &err), -1);
	assert_sentence(&err, STATUS_USAGE, words);
}

static void test_defaults(void **state)
{
	(void)state;
	good("");
	assert_int_equal(options.action, ACTION_TRACE);
	assert_int_equal(options.format, FORMAT_TEXT);
	assert_int_equal(options.hook, HOOK_AUTO);
	assert_true(options.header);
	assert_false(options.clock || options.since_start || options.user || options.verbose);
	assert_int_equal(options.max_events, 0);
	assert_int_equal(options.duration, 0);
	assert_int_equal(options.pages, 0);
	assert_null(options.output);
	assert_null(options.object);
	assert_null(options.command);
	assert_true(options.filter.families == FAMILIES_DEFAULT);
	assert_false(options.filter.any_type);
}

static void test_switches(void **state)
{
	(void)state;
	good("-t");
	assert_true(options.since_start && !options.clock);
	good("-T");
	assert_true(options.clock && !options.since_start);
	good("-U");
	assert_true(options.user);
	good("-H");
	assert_false(options.header);
	good("-v");
	assert_true(options.verbose);
	good("--json");
	assert_int_equal(options.format, FORMAT_JSON);
	good("--format json");
	assert_int_equal(options.format, FORMAT_JSON);
	good("--json --format=text");
	assert_int_equal(options.format, FORMAT_TEXT);
	assert_false(options.result);
	good("-r");
	assert_true(options.result && options.shown_outcomes == OUTCOMES_ALL);
	good("--result");
	assert_true(options.result);
	good("-z");
	assert_true(options.result && options.shown_outcomes == OUTCOMES_SUCCESSFUL);
	good("-Z");
	assert_true(options.result && options.shown_outcomes == OUTCOMES_FAILED);
	good("-tTUH");
	assert_true(options.since_start && options.clock && options.user && !options.header);
}

/* Of a small build these tests hold, too. */
static bool is_left_out(const char *format)
{
	struct error err;

	return parts_check("--format", format, &err);
}

static void test_parts(void **state)
{
	struct error err = {.text = ""};

	(void)state;
	for (const char *const *part = parts_left_out; *part; part++)
		bad(*part, "this is a small build");
	assert_int_equal(parts_check("--format", "json", &err), 0);
	assert_int_equal(parts_check("-c", NULL, &err), 0);
	assert_string_equal(err.text, "");
	/* A part is all of its name. */
	assert_int_equal(parts_check("--format", "", &err), 0);
	assert_int_equal(parts_check("", NULL, &err), 0);
	assert_int_equal(parts_check("--sys", NULL, &err), 0);
}

/* Other programs' formats are about who, too. */
static void test_formats(void **state)
{
	static const struct {
		const char *name;
		enum format format;
		bool identity;
	} rows[] = {
		{"text", FORMAT_TEXT, false},	   {"json", FORMAT_JSON, false}, {"csv", FORMAT_CSV, false},
		{"ecs", FORMAT_ECS, true},	   {"ocsf", FORMAT_OCSF, true},	 {"tracee", FORMAT_TRACEE, true},
		{"tracee2", FORMAT_TRACEE2, true},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), FORMAT_COUNT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[64];

		snprintf(line, sizeof(line), "--format %s", rows[i].name);
		if (is_left_out(rows[i].name)) {
			bad(line, "small build");
			continue;
		}
		good(line);
		assert_int_equal(options.format, rows[i].format);
		assert_int_equal(options.identity, rows[i].identity);
	}
	bad("--format tracee3", "tracee2, ecs, ocsf or csv, not \"tracee3\"");
	bad("--format -c", "--format takes");
}

static void test_actions(void **state)
{
	(void)state;
	good("--doctor");
	assert_int_equal(options.action, ACTION_DOCTOR);
	good("--doctor --json");
	assert_int_equal(options.action, ACTION_DOCTOR);
	assert_int_equal(options.format, FORMAT_JSON);
	good("-V");
	assert_int_equal(options.action, ACTION_VERSION);
	good("--version");
	assert_int_equal(options.action, ACTION_VERSION);
	good("-h");
	assert_int_equal(options.action, ACTION_HELP);
	good("--help");
	assert_int_equal(options.action, ACTION_HELP);
}

static void test_values(void **state)
{
	(void)state;
	good("-n 7");
	assert_int_equal(options.max_events, 7);
	good("-n9223372036854775807");
	assert_true(options.max_events == INT64_MAX);
	good("-o /tmp/x");
	assert_string_equal(options.output, "/tmp/x");
	good("--object x.o");
	assert_string_equal(options.object, "x.o");
	good("--duration 2.5");
	assert_in_range(options.duration, 2500000000, 2500000001);
	good("--duration 1");
	assert_in_range(options.duration, 1000000000, 1000000001);
	good("--duration 1000000000");
	assert_in_range(options.duration, 1000000000ULL * 1000000000, 1000000000ULL * 1000000000 + 1);
	good("--buffer-pages 1");
	assert_int_equal(options.pages, 1);
	good("--buffer-pages 65536");
	assert_int_equal(options.pages, 65536);
	good("--hook auto");
	assert_int_equal(options.hook, HOOK_AUTO);
	good("--hook kprobe");
	assert_int_equal(options.hook, HOOK_KPROBE);
	good("--hook proto");
	assert_int_equal(options.hook, HOOK_PROTO);
	good("--hook=tracepoint");
	assert_int_equal(options.hook, HOOK_TRACEPOINT);
	assert_int_equal(options.ring, RINGS_AUTO);
	good("--ring auto");
	assert_int_equal(options.ring, RINGS_AUTO);
	good("--ring mapped");
	assert_int_equal(options.ring, RINGS_MAPPED);
	good("--ring=perf");
	assert_int_equal(options.ring, RINGS_PERF);
	assert_true(!options.canary && !options.strict && !options.no_sandbox && !options.run_as);
	good("--canary 0.5 --strict");
	assert_in_range(options.canary, 500000000, 500000001);
	assert_true(options.strict);
	good("--user nobody --no-sandbox");
	assert_string_equal(options.run_as, "nobody");
	assert_true(options.no_sandbox);
}

static void test_bad_values(void **state)
{
	static const char *const counts[] = {
		"0", "-1", "+1", "x", "1x", "1.5", "\"\"", "9223372036854775808", "99999999999999999999", "0x10"};
	static const char *const durations[] = {"0", "-1", "x", "1s", "nan", "inf", "\"\"", "1e10", "-inf", "0.0"};
	static const char *const pages[] = {
		"0", "3", "65537", "131072", "-4", "x", "4k", "\"\"", "18446744073709551616"};
	char line[128];

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		snprintf(line, sizeof(line), "-n %s", counts[i]);
		bad(line, "-n takes a whole number");
	}
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		snprintf(line, sizeof(line), "--duration %s", durations[i]);
		bad(line, "--duration takes a number of seconds");
	}
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		snprintf(line, sizeof(line), "--buffer-pages %s", pages[i]);
		bad(line, "--buffer-pages takes");
	}
	bad("--format xml", "--format takes");
	bad("--canary 0", "--canary takes a number of seconds");
	bad("--canary soon", "--canary takes a number of seconds");
	bad("--ring lord", "--ring takes auto, mapped or perf, not \"lord\"");
	bad("--hook bpf", "--hook takes auto, kprobe, proto or tracepoint");
	bad("--hook \"\"", "--hook takes");
}

/* 0 ns means "until a signal": a duration that is asked for must not turn into that. */
static void test_shortest_duration(void **state)
{
	struct error err;

	(void)state;
	if (parse("--duration 1e-10", &err) == 0)
		assert_true(options.duration > 0);
	else
		assert_sentence(&err, STATUS_USAGE, "--duration");
}

static void test_families(void **state)
{
	(void)state;
	good("-4");
	assert_true(options.filter.families == BIT(AF_INET));
	good("-6");
	assert_true(options.filter.families == BIT(AF_INET6));
	good("-x");
	assert_true(options.filter.families == BIT(AF_UNIX));
	good("-46x");
	assert_true(options.filter.families == FAMILIES_DEFAULT);
	assert_false(options.filter.any_type);
	good("-a");
	assert_true(options.filter.families == FAMILIES_ANY);
	assert_true(options.filter.any_type);
	good("-a -4");
	assert_true(options.filter.families == BIT(AF_INET));
	assert_true(options.filter.any_type);
	good("--family inet,AF_INET6");
	assert_true(options.filter.families == (BIT(AF_INET) | BIT(AF_INET6)));
	assert_false(options.filter.any_type);
	good("--family unspec");
	assert_true(options.filter.families == BIT(AF_UNSPEC));
	assert_true(options.filter.any_type);
	good("--family netlink --family unix -4");
	assert_true(options.filter.families == (BIT(AF_NETLINK) | BIT(AF_UNIX) | BIT(AF_INET)));
	good("--family !unix,inet");
	assert_false(options.filter.families & (BIT(AF_UNIX) | BIT(AF_INET)));
	assert_true(options.filter.families & BIT(AF_INET6));
	assert_true(options.filter.families & BIT(AF_VSOCK));
	assert_true(options.filter.families != FAMILIES_ANY);
	bad("--family internet", "\"internet\" is no address family");
	bad("--family inet,,unix", "is no address family");
	bad("--family \"\"", "--family takes a list");
	bad("--family !", "--family takes a list");
	bad("--family 2", "\"2\" is no address family");
}

static void test_filters(void **state)
{
	(void)state;
	good("-p 1,5-9 -u root -P !80 --net 10.0.0.0/8 --comm curl --unix-path /run/*");
	assert_int_equal(options.filter.pids.count, 2);
	assert_int_equal(options.filter.uids.count, 1);
	assert_int_equal(options.filter.uids.range[0].first, 0);
	assert_true(options.filter.ports.negated);
	assert_int_equal(options.filter.nets.prefix[0].bits, 96 + 8);
	assert_string_equal(options.filter.comms.pattern[0], "curl");
	assert_string_equal(options.filter.paths.pattern[0], "/run/*");
	bad("-p x", "-p takes numbers");
	bad("-P 65536", "-P takes numbers up to 65535");
	bad("-u nobody_of_this_name", "no user");
	bad("--net 10.0.0.0/33", "--net takes");
	bad("--comm \"\"", "--comm");
	bad("-p 1 -p !2", "both with and without !");
}

static void test_keys(void **state)
{
	(void)state;
	good("-c");
	assert_true(options.count);
	assert_int_equal(options.by, 0);
	assert_int_equal(options.max_keys, 16384);
	good("-c --by pid,comm --interval 0.5 --top 10 --max-keys 5");
	assert_int_equal(options.by, BY(BY_PID) | BY(BY_COMM));
	assert_int_equal(options.interval, 500000000);
	assert_int_equal(options.top, 10);
	assert_int_equal(options.max_keys, 5);
	good("-c --by pid,tid,uid,comm,family,type,addr,port,cgroup,netns --format csv");
	assert_int_equal(options.by, (1 << BY_COLUMNS) - 1);
	good("--once --by addr");
	assert_true(options.once);
	good("--rate 5 --max-keys 16777216");
	assert_int_equal(options.rate, 5);
	assert_int_equal(options.max_keys, 1 << 24);
	good("--learn f --by comm,port --max-keys 9");
	assert_string_equal(options.learn, "f");
	good("--check f --by comm,port --once");
	assert_string_equal(options.check, "f");
	bad("--by addr", "--by says what -c, --once, --rate, --learn and --check go by");
	bad("-c --by address", "not \"address\"");
	bad("-c --by \"\"", "--by takes a list");
	bad("--max-keys 5", "--max-keys is about the tables");
	bad("--check f --max-keys 5", "--max-keys is about the tables");
	bad("-c --max-keys 0", "--max-keys takes");
	bad("-c --max-keys 16777217", "--max-keys takes");
	bad("--interval 1", "--interval and --top");
	bad("--once --top 3", "--interval and --top");
	bad("--once --rate 3", "exclude each other");
	bad("--learn a --check b", "give one of them");
	bad("-c --learn a", "-c counts in place of showing");
	bad("-c --once", "-c counts in place of showing");
	bad("-c --format ecs", is_left_out("ecs") ? "small build" : "-c writes text, json or csv");
}

static void test_command(void **state)
{
	(void)state;
	good("-v -- curl -n 5 --json");
	assert_true(options.verbose);
	assert_int_equal(options.format, FORMAT_TEXT);
	assert_string_equal(options.command[0], "curl");
	assert_string_equal(options.command[1], "-n");
	assert_string_equal(options.command[3], "--json");
	assert_null(options.command[4]);
	good("-- -x");
	assert_string_equal(options.command[0], "-x");
	good("-- --");
	assert_string_equal(options.command[0], "--");
	bad("curl", "unexpected word \"curl\"");
	bad("-v curl -4", "unexpected word \"curl\"");
	bad("-4 x -- y", "unexpected word \"x\"");
	bad("--doctor -- curl", "--doctor");
}

/* A command's processes are followed, unless -p names others and -f does not say that it means both. */
static void test_follow(void **state)
{
	(void)state;
	good("-p 1");
	assert_false(options.filter.follow);
	good("-f -p 1");
	assert_true(options.filter.follow);
	good("-- curl");
	assert_true(options.filter.follow && !options.follow);
	good("-p 1 -- curl");
	assert_false(options.filter.follow);
	good("-f -p 1 -- curl");
	assert_true(options.filter.follow);
	bad("-f", "say which by -p");
	bad("-f -p !1", "! leaves them out");
}

/* The value of -o is a value, also when it looks like the mark before a command. */
static void test_mark_as_a_value(void **state)
{
	(void)state;
	bad("-o -- curl", "unexpected word \"curl\"");
}

static void test_unknown(void **state)
{
	(void)state;
	bad("-j", "there is no option -j");
	bad("-4j", "there is no option -j");
	bad("--nonsense", "there is no option --nonsense");
	bad("--nonsense=5", "there is no option --nonsense");
	bad("-n", "option -n needs a value");
	bad("-4n", "option -n needs a value");
	bad("--duration", "option --duration needs a value");
	bad("-o", "option -o needs a value");
}

/* The word that the user wrote, and what is wrong with it. */
static void test_value_where_none_belongs(void **state)
{
	struct error err;

	(void)state;
	bad("--json=3", "--json");
	assert_int_equal(parse("--help=3", &err), -1);
	assert_sentence(&err, STATUS_USAGE, "--help");
	assert_null(strstr(err.text, "there is no option -h"));
}

/* A name is quoted in a message as it can be shown. */
static void test_untrusted_words(void **state)
{
	(void)state;
	bad("--family x\033[31m", "x?[31m");
	bad("--hook \xff\xfe", "\"??\"");
	bad("\x80", "unexpected word \"?\"");
	bad("--\x1b]0;t", "--?]0;t");
}

static void test_help_names_every_option(void **state)
{
	static const char *const names[] = {
		"-4",	       "-6",
		"-x",	       "-a",
		"-t",	       "-T",
		"-U",	       "-H",
		"-v",	       "-V",
		"-h",	       "-n",
		"-o",	       "-p",
		"-u",	       "-P",
		"--json",      "--format",
		"--family",    "--duration",
		"--hook",      "--buffer-pages",
		"--object",    "--doctor",
		"--net",       "--comm",
		"--unix-path", "--version",
		"--help",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(options_help, names[i]));
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

static const struct CMUnitTest tests[] = {
	TEST(test_defaults),
	TEST(test_switches),
	TEST(test_formats),
	TEST(test_parts),
	TEST(test_actions),
	TEST(test_values),
	TEST(test_bad_values),
	TEST(test_shortest_duration),
	TEST(test_families),
	TEST(test_filters),
	TEST(test_keys),
	TEST(test_command),
	TEST(test_follow),
	TEST(test_mark_as_a_value),
	TEST(test_unknown),
	TEST(test_value_where_none_belongs),
	TEST(test_untrusted_words),
	TEST(test_help_names_every_option),
};

RUN(tests)
