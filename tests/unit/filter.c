// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/event/filter.c, lists.c: what is shown. */
#include "test.h"

#include "filter.h"
#include "model.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>

static struct filter filter;

static int start(void **state)
{
	(void)state;
	memset(&filter, 0, sizeof(filter));
	filter.families = FAMILIES_DEFAULT;
	return 0;
}

static int end(void **state)
{
	(void)state;
	filter_free(&filter);
	return 0;
}

static bool passes(struct event event)
{
	struct attempt attempt;

	assert_true(record_decode(&attempt, &event));
	return filter_passes(&filter, &attempt);
}

static struct event of_type(struct event event, uint16_t type)
{
	event.type = type;
	return event;
}

static struct event with(struct event event, uint8_t flags)
{
	event.flags = flags;
	return event;
}

static const uint8_t netlink[12] = {AF_NETLINK};

static void test_default(void **state)
{
	(void)state;
	assert_true(passes(record_inet("1.2.3.4", 80)));
	assert_true(passes(of_type(record_inet("1.2.3.4", 80), SOCK_DGRAM)));
	assert_true(passes(record_inet6("::1", 80, 0)));
	assert_true(passes(record_unix("/x", 2)));
	assert_true(passes(of_type(record_unix("/x", 2), SOCK_SEQPACKET)));
	assert_false(passes(of_type(record_inet("1.2.3.4", 80), SOCK_SEQPACKET)));
	assert_false(passes(of_type(record_inet("1.2.3.4", 0), SOCK_RAW)));
	assert_false(passes(record(netlink, 12)));
	assert_false(passes(record("\0\0", 2)));
	assert_false(passes(record("", 0)));
	/* What is not known can't be held against it. */
	assert_true(passes(with(of_type(record_inet("1.2.3.4", 80), SOCK_RAW), EVENT_TYPE_UNKNOWN)));
	assert_true(passes(with(record_inet("1.2.3.4", 80), EVENT_ADDR_FAULT)));
	assert_true(passes(with(record(netlink, 12), EVENT_ADDR_FAULT)));
}

static void test_families(void **state)
{
	(void)state;
	filter.families = FAMILIES_ANY;
	filter.any_type = true;
	assert_true(passes(record(netlink, 12)));
	assert_true(passes(record("", 0)));
	assert_true(passes(of_type(record_inet("1.2.3.4", 0), SOCK_RAW)));
	assert_true(passes(record((uint8_t[]){0xff, 0xff, 1}, 3)));
	filter.families = 1ULL << AF_INET6;
	assert_false(passes(record_inet("1.2.3.4", 80)));
	assert_true(passes(record_inet6("::1", 80, 0)));
	/* A family of 66 is not one of 2. */
	filter.families = 1ULL << AF_INET;
	assert_false(passes(record((uint8_t[]){66, 0, 1}, 3)));
}

static void add(struct ranges *ranges, const char *text)
{
	struct error err;

	assert_int_equal(ranges_add(ranges, "-x", text, UINT32_MAX, &err), 0);
}

static struct event of_pid(uint32_t pid)
{
	struct event event = record_inet("1.2.3.4", 80);

	event.pid_tgid = (uint64_t)pid << 32 | 99;
	return event;
}

static void test_ranges(void **state)
{
	(void)state;
	add(&filter.pids, "30-40,5,7-9,35-50,7");
	add(&filter.pids, "100");
	for (uint32_t pid = 0; pid < 120; pid++) {
		bool in = pid == 5 || (pid >= 7 && pid <= 9) || (pid >= 30 && pid <= 50) || pid == 100;

		assert_int_equal(passes(of_pid(pid)), in);
	}
	assert_false(passes(of_pid(UINT32_MAX)));
	/* The thread's number is not the process's. */
	assert_false(passes(of_pid(99)));
}

/* Where it is not known, it is in no list. */
static void test_netns(void **state)
{
	struct event event = record_inet("1.2.3.4", 80);
	struct attempt attempt;
	struct error err;

	(void)state;
	assert_int_equal(ranges_add_namespaces(&filter.netns, "--netns", "4026532203", &err), 0);
	assert_true(record_decode(&attempt, &event));
	assert_false(filter_passes_netns(&filter, &attempt));
	attempt.identity.parts = IDENTITY_NET_NS;
	assert_false(filter_passes_netns(&filter, &attempt));
	attempt.identity.net_ns = 4026532203;
	assert_true(filter_passes_netns(&filter, &attempt));
	filter.netns.negated = true;
	assert_false(filter_passes_netns(&filter, &attempt));
}

/* The list is the kernel's then, and grows there. */
static void test_follow(void **state)
{
	(void)state;
	add(&filter.pids, "5");
	assert_false(passes(of_pid(6)));
	filter.follow = true;
	assert_true(passes(of_pid(6)));
}

static void test_ranges_negated(void **state)
{
	(void)state;
	add(&filter.pids, "!5,7-9");
	for (uint32_t pid = 0; pid < 20; pid++)
		assert_int_equal(passes(of_pid(pid)), !(pid == 5 || (pid >= 7 && pid <= 9)));
	filter_free(&filter);
	memset(&filter, 0, sizeof(filter));
	filter.families = FAMILIES_DEFAULT;
	add(&filter.pids, "0-4294967295");
	assert_true(passes(of_pid(0)));
	assert_true(passes(of_pid(UINT32_MAX)));
}

static void test_ports(void **state)
{
	struct event event = record_inet("1.2.3.4", 80);

	(void)state;
	add(&filter.ports, "80,8000-8999");
	assert_true(passes(event));
	assert_true(passes(record_inet6("::1", 8500, 0)));
	assert_false(passes(record_inet("1.2.3.4", 81)));
	/* No port, no match: also where the stale bytes behind a short address would make one. */
	event.addrlen = 3;
	assert_false(passes(event));
	assert_false(passes(record_unix("/x", 2)));
	filter.ports.negated = true;
	assert_true(passes(record_unix("/x", 2)));
	assert_false(passes(record_inet("1.2.3.4", 80)));
}

static void test_users(void **state)
{
	struct event event = record_inet("1.2.3.4", 80);
	struct error err;

	(void)state;
	assert_int_equal(ranges_add_users(&filter.uids, "-u", "root,1000", &err), 0);
	assert_true(passes(event));
	event.uid_gid = 1000ULL << 32; /* root's, in group 1000 */
	assert_true(passes(event));
	event.uid_gid = 1000ULL << 32 | 1;
	assert_false(passes(event));
	assert_int_equal(ranges_add_users(&filter.uids, "-u", "no such user", &err), -1);
	assert_sentence(&err, STATUS_USAGE, "no user \"no such user\"");
}

static void add_net(const char *text)
{
	struct error err;

	assert_int_equal(prefixes_add(&filter.nets, "--net", text, &err), 0);
}

static void test_nets(void **state)
{
	struct event event;

	(void)state;
	add_net("10.0.0.0/8,192.168.1.7,fe80::/10,2001:db8::1");
	assert_true(passes(record_inet("10.255.1.2", 80)));
	assert_false(passes(record_inet("11.0.0.0", 80)));
	assert_true(passes(record_inet("192.168.1.7", 80)));
	assert_false(passes(record_inet("192.168.1.6", 80)));
	assert_true(passes(record_inet6("fe80::1", 80, 2)));
	assert_true(passes(record_inet6("febf::1", 80, 2)));
	assert_false(passes(record_inet6("fec0::1", 80, 2)));
	assert_true(passes(record_inet6("2001:db8::1", 80, 0)));
	/* The contract: what is written ::ffff:1.2.3.4 matches IPv4 filters. */
	assert_true(passes(record_inet6("::ffff:10.1.2.3", 80, 0)));
	assert_false(passes(record_inet6("::ffff:11.1.2.3", 80, 0)));
	assert_false(passes(record_unix("/x", 2)));
	event = record_inet("10.0.0.1", 80);
	event.addrlen = 7; /* the address is not whole */
	assert_false(passes(event));
}

static void test_net_edges(void **state)
{
	(void)state;
	add_net("0.0.0.0/0");
	assert_true(passes(record_inet("255.255.255.255", 80)));
	assert_false(passes(record_inet6("::1", 80, 0)));
	assert_true(passes(record_inet6("::ffff:1.1.1.1", 80, 0)));
	filter_free(&filter);
	memset(&filter.nets, 0, sizeof(filter.nets));
	add_net("::/0");
	assert_true(passes(record_inet6("::1", 80, 0)));
	assert_false(passes(record_inet("1.1.1.1", 80)));
	filter_free(&filter);
	memset(&filter.nets, 0, sizeof(filter.nets));
	add_net("!127.0.0.0/8,::1/128");
	assert_false(passes(record_inet("127.9.9.9", 80)));
	assert_false(passes(record_inet6("::1", 80, 0)));
	assert_true(passes(record_inet("128.0.0.1", 80)));
	assert_true(passes(record_unix("/x", 2)));
	filter_free(&filter);
	memset(&filter.nets, 0, sizeof(filter.nets));
	add_net("10.0.0.128/25");
	assert_true(passes(record_inet("10.0.0.255", 80)));
	assert_false(passes(record_inet("10.0.0.127", 80)));
}

static void add_path(const char *text)
{
	struct error err;

	assert_int_equal(patterns_add(&filter.paths, "--unix-path", text, &err), 0);
}

static void test_paths(void **state)
{
	char longest[108];

	(void)state;
	memset(longest, 'p', sizeof(longest));
	add_path("/run/*,@dbus-?,p*");
	assert_true(passes(record_unix("/run/x", 7)));
	assert_true(passes(record_unix("/run/x/y", 8))); /* no terminator: addrlen ends it */
	assert_false(passes(record_unix("/var/x", 7)));
	assert_true(passes(record_unix("\0dbus-1", 7)));
	assert_false(passes(record_unix("dbus-1", 7)));
	assert_true(passes(record_unix(longest, 108)));
	assert_false(passes(record_unix("", 0)));
	assert_false(passes(record_inet("1.2.3.4", 80)));
	filter.paths.negated = true;
	assert_true(passes(record_unix("", 0)));
	assert_true(passes(record_inet("1.2.3.4", 80)));
	assert_false(passes(record_unix("/run/x", 7)));
}

/* The longest abstract name fills the buffer it is written into. */
static void test_longest_abstract(void **state)
{
	char name[108] = {0};

	(void)state;
	memset(name + 1, 'a', 107);
	add_path("@a*a");
	assert_true(passes(record_unix(name, 108)));
}

static void test_comms(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(patterns_add(&filter.comms, "--comm", "wget,cu?l", &err), 0);
	assert_true(passes(record_inet("1.2.3.4", 80)));
	filter.comms.negated = true;
	assert_false(passes(record_inet("1.2.3.4", 80)));
}

static void test_all_kinds_must_match(void **state)
{
	(void)state;
	add(&filter.pids, "811");
	add(&filter.ports, "80");
	add_net("1.2.3.0/24");
	assert_true(passes(record_inet("1.2.3.4", 80)));
	assert_false(passes(record_inet("1.2.3.4", 81)));
	assert_false(passes(record_inet("1.2.4.4", 80)));
	assert_false(passes(of_pid(812)));
	/* An address that could not be read passes filters on addresses, but not those on the process. */
	assert_true(passes(with(record_inet("9.9.9.9", 81), EVENT_ADDR_FAULT)));
	assert_false(passes(with(of_pid(812), EVENT_ADDR_FAULT)));
}

static void test_bad_lists(void **state)
{
	static const char *const numbers[] = {
		"",	   "!",	    ",",     "1,,2", "x",  "-1", "1-",	 "-",
		"2-1",	   "1-2-3", "65536", "1 ",   " 1", "+1", "0x10", "99999999999999999999",
		"1-65536", "!!1",
	};
	static const char *const nets[] = {
		"", "!", "x", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::/129", "::1/x", ",", "1.2.3.4/8/8",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct ranges ranges = {0};

		if (!ranges_add(&ranges, "-P", numbers[i], UINT16_MAX, &err))
			print_error("\"%s\" was taken\n", numbers[i]);
		assert_int_equal(ranges_add(&ranges, "-P", numbers[i], UINT16_MAX, &err), -1);
		assert_sentence(&err, STATUS_USAGE, "-P");
		filter.ports = ranges; /* to be freed */
		filter_free(&filter);
		memset(&filter.ports, 0, sizeof(filter.ports));
	}
	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct prefixes prefixes = {0};

		if (!prefixes_add(&prefixes, "--net", nets[i], &err))
			print_error("\"%s\" was taken\n", nets[i]);
		assert_int_equal(prefixes_add(&prefixes, "--net", nets[i], &err), -1);
		assert_sentence(&err, STATUS_USAGE, "--net");
		filter.nets = prefixes;
		filter_free(&filter);
		memset(&filter.nets, 0, sizeof(filter.nets));
	}
	assert_int_equal(ranges_add_users(&filter.uids, "-u", "", &err), -1);
	assert_sentence(&err, STATUS_USAGE, "-u");
	assert_int_equal(patterns_add(&filter.comms, "--comm", "", &err), -1);
	assert_sentence(&err, STATUS_USAGE, "--comm");
}

static void test_mixed_negation(void **state)
{
	struct error err;

	(void)state;
	add(&filter.pids, "1");
	assert_int_equal(ranges_add(&filter.pids, "-p", "!2", UINT32_MAX, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "both with and without !");
}

/* A pattern that is cut off is another pattern, and would match what was not meant. */
static void test_overlong_words_are_refused(void **state)
{
	char text[5000];
	struct error err;

	(void)state;
	memset(text, '?', sizeof(text));
	memcpy(text, "/run", 4);
	text[4500] = '\0';
	assert_int_equal(patterns_add(&filter.paths, "--unix-path", text, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "--unix-path");
	memset(text, '0', sizeof(text));
	text[4500] = '1';
	text[4501] = '\0';
	assert_int_equal(ranges_add(&filter.pids, "-p", text, UINT32_MAX, &err), -1);
}

/* Whatever is within what, a search that halves finds what a look at each prefix would. */
static void test_nested_nets(void **state)
{
	static const char *const lists[] = {
		"10.0.0.0/8,10.1.0.0/16,10.1.2.3,10.1.2.3/8,11.0.0.0/8",
		"::/0,fe80::/10,fe80::1",
		"0.0.0.0/0,::1,128.0.0.0/1",
		"::ffff:10.0.0.0/104,10.0.0.0/9,::/1",
		"1.1.1.1,1.1.1.3,1.1.1.2,1.1.1.0/31,255.255.255.255,0.0.0.0",
	};
	static const char *const addresses[] = {
		"10.1.2.3", "10.255.0.0", "11.1.1.1", "12.0.0.0",	 "1.1.1.0",	    "1.1.1.1",
		"1.1.1.2",  "1.1.1.3",	  "1.1.1.4",  "255.255.255.255", "0.0.0.0",	    "127.255.255.255",
		"::1",	    "::",	  "fe80::1",  "8000::",		 "::ffff:10.1.2.3", "ffff::",
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		assert_int_equal(prefixes_add(&filter.nets, "--net", lists[i], &err), 0);
		for (size_t j = 0; j < sizeof(addresses) / sizeof(addresses[0]); j++) {
			bool v4 = !strchr(addresses[j], ':'), any = false;
			struct event event = v4 ? record_inet(addresses[j], 1) : record_inet6(addresses[j], 1, 0);
			char copy[200], *word, *rest;

			for (word = strtok_r(strcpy(copy, lists[i]), ",", &rest); word;
			     word = strtok_r(NULL, ",", &rest)) {
				struct filter one = {.families = FAMILIES_ANY, .any_type = true};
				struct attempt attempt;

				assert_int_equal(prefixes_add(&one.nets, "--net", word, &err), 0);
				assert_true(record_decode(&attempt, &event));
				any |= filter_passes(&one, &attempt);
				filter_free(&one);
			}
			assert_int_equal(passes(event), any);
		}
		free(filter.nets.prefix);
		memset(&filter.nets, 0, sizeof(filter.nets));
	}
}

static void write_list(const char *text, size_t size)
{
	FILE *file = fopen("/tmp/connsnoop-list", "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void test_lists_in_files(void **state)
{
	static const char text[] =
		"# what nobody shall talk to\n10.0.0.0/8 # office\n\n\t192.168.0.0/16,fe80::/10\r\n#x";
	struct error err;

	(void)state;
	model.real_files = true;
	write_list(text, sizeof(text) - 1);
	assert_int_equal(prefixes_add(&filter.nets, "--net", "!@/tmp/connsnoop-list", &err), 0);
	assert_int_equal(filter.nets.count, 3);
	assert_true(filter.nets.negated);
	assert_false(passes(record_inet("192.168.7.7", 80)));
	assert_true(passes(record_inet("11.0.0.0", 80)));
	write_list("80\n443", 6);
	assert_int_equal(ranges_add(&filter.ports, "-P", "@/tmp/connsnoop-list", 65535, &err), 0);
	assert_false(passes(record_inet("11.0.0.0", 81)));
	assert_true(passes(record_inet("11.0.0.0", 443)));
	write_list("80\nx", 4);
	assert_int_equal(ranges_add(&filter.pids, "-p", "@/tmp/connsnoop-list", 65535, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "not \"x\"");
	write_list("# nothing\n", 10);
	assert_int_equal(ranges_add(&filter.pids, "-p", "@/tmp/connsnoop-list", 65535, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "this one is empty");
	write_list("80\0 443", 7);
	assert_int_equal(ranges_add(&filter.pids, "-p", "@/tmp/connsnoop-list", 65535, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "NUL bytes");
	remove("/tmp/connsnoop-list");
	assert_int_equal(ranges_add(&filter.pids, "-p", "@/tmp/connsnoop-list", 65535, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "ENOENT");
	model.real_files = false;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_default),
	TEST(test_families),
	TEST(test_ranges),
	TEST(test_ranges_negated),
	TEST(test_netns),
	TEST(test_follow),
	TEST(test_ports),
	TEST(test_users),
	TEST(test_nets),
	TEST(test_net_edges),
	TEST(test_paths),
	TEST(test_longest_abstract),
	TEST(test_comms),
	TEST(test_all_kinds_must_match),
	TEST(test_bad_lists),
	TEST(test_mixed_negation),
	TEST(test_overlong_words_are_refused),
	TEST(test_nested_nets),
	TEST(test_lists_in_files),
};

RUN(tests)
