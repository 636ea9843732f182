// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/identity/cgroup.c: which line of /proc/PID/cgroup says most, and the filter on them. */
#include "test.h"

#include "identity/private.h"
#include "model.h"

#include <stdlib.h>

#define A "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define B "31cb02944da7a12196a193cf0e0f6c226d7c453a1db62e65ba98287593a2ee30"

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_10);
	return 0;
}

static struct cgroup text_read;

/* From a buffer that ends with the text. */
static const struct cgroup *read_text(const char *text, const struct cgroup_filter *filter)
{
	static char *exact;
	size_t len = strlen(text);

	free(exact);
	exact = malloc(len ? len : 1);
	memcpy(exact, text, len);
	cgroup_read(exact, len, filter, &text_read);
	return &text_read;
}

static void assert_path(const char *text, const char *path, const char *id)
{
	const struct cgroup *cgroup = read_text(text, NULL);

	if (!path) {
		assert_null(cgroup->path);
		return;
	}
	assert_non_null(cgroup->path);
	assert_int_equal(cgroup->path_len, strlen(path));
	assert_memory_equal(cgroup->path, path, strlen(path));
	assert_int_equal(cgroup->has_container, id != NULL);
	assert_string_equal(cgroup->container.id, id ? id : "");
	assert_false(cgroup->wanted);
}

static void test_which_line(void **state)
{
	(void)state;
	/* v2 alone */
	assert_path("0::/system.slice/cron.service\n", "/system.slice/cron.service", NULL);
	assert_path("0::/\n", "/", NULL);
	assert_path("0::/../docker-" A ".scope\n", "/../docker-" A ".scope", A);
	/* v1 alone: systemd's hierarchy, else the first that says something */
	assert_path("12:pids:/user.slice\n3:cpu,cpuacct:/\n1:name=systemd:/user.slice/session-1.scope\n",
		    "/user.slice/session-1.scope", NULL);
	assert_path("4:memory:/a\n3:cpu:/b\n", "/a", NULL);
	assert_path("4:memory:/\n3:cpu:/b\n", "/b", NULL);
	assert_path("4:memory:/\n3:cpu:/\n", "/", NULL);
	/* hybrid: v2 has no controllers, and may not know of the container */
	assert_path("5:devices:/docker/" A "\n1:name=systemd:/docker/" A "\n0::/system.slice/containerd.service\n",
		    "/docker/" A, A);
	assert_path("4:memory:/process_api/4def38e4\n1:name=systemd:/\n0::/\n", "/process_api/4def38e4", NULL);
	assert_path("1:name=systemd:/a\n0::/b\n", "/b", NULL);
	/* a container in one hierarchy only, and two that differ: v2's, then systemd's */
	assert_path("9:pids:/docker/" A "\n1:name=systemd:/user.slice\n0::/user.slice\n", "/docker/" A, A);
	assert_path("9:pids:/docker/" A "\n1:name=systemd:/docker/" B "\n", "/docker/" B, B);
	assert_path("9:pids:/docker/" A "\n1:name=systemd:/docker/" A "\n0::/docker/" B "\n", "/docker/" B, B);
}

static void test_odd_lines(void **state)
{
	(void)state;
	assert_path("", NULL, NULL);
	assert_path("\n\n", NULL, NULL);
	assert_path("0::/cut off", NULL, NULL);
	assert_path("0::/whole\n1:cpu:/cut of", "/whole", NULL);
	assert_path("0\n0:\n0::\n0::x\nnothing\n:::\n0::/ok\n", "/ok", NULL);
	/* Colons and anything else are part of a name. */
	assert_path("0::/a:b::/c\n", "/a:b::/c", NULL);
	assert_path("0::/\x01\xff\"\\ \r\n", "/\x01\xff\"\\ \r", NULL);
}

static struct cgroup_filter *filter_of(const char *first, const char *second)
{
	char *patterns[2] = {(char *)(uintptr_t)first, (char *)(uintptr_t)second};
	struct patterns cgroups = {.count = second ? 2 : 1, .pattern = patterns};
	struct cgroup_filter *filter = cgroup_filter_new(&cgroups);

	assert_non_null(filter);
	return filter;
}

static bool wanted(const char *path, const char *text)
{
	struct cgroup_filter *filter = filter_of(path, NULL);
	bool result = read_text(text, filter)->wanted;

	cgroup_filter_free(filter);
	return result;
}

static void test_filter_v2(void **state)
{
	static const char *const ways[] = {
		"/system.slice/x.service",
		"system.slice/x.service",
		"//system.slice///x.service/",
		"/sys/fs/cgroup/system.slice/x.service",
		"/sys/fs/cgroup//system.slice/x.service/",
	};

	(void)state;
	model.unified = true;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_true(wanted(ways[i], "0::/system.slice/x.service\n"));
		assert_true(wanted(ways[i], "0::/system.slice/x.service/below/it\n"));
		assert_false(wanted(ways[i], "0::/system.slice/x.services\n"));
		assert_false(wanted(ways[i], "0::/system.slice/x.servic\n"));
		assert_false(wanted(ways[i], "0::/system.slice\n"));
		assert_false(wanted(ways[i], "0::/a/system.slice/x.service\n"));
		assert_false(wanted(ways[i], "0::/\n"));
		assert_false(wanted(ways[i], "0::/system.slice/x.service"));
		assert_false(wanted(ways[i], ""));
	}
	assert_true(wanted("/", "0::/anything\n"));
	assert_true(wanted("/sys/fs/cgroup", "0::/anything\n"));
	assert_true(wanted("/sys/fs/cgroup/", "0::/\n"));
	/* Below v2's mount point "memory" is a cgroup's name. */
	assert_true(wanted("/sys/fs/cgroup/memory/a", "0::/memory/a\n"));
	assert_false(wanted("/sys/fs/cgroup/memory/a", "0::/a\n"));
	assert_true(wanted("/sys/fs/cgroups/a", "0::/sys/fs/cgroups/a\n"));
}

static void test_filter_v1(void **state)
{
	const char text[] = "5:cpu,cpuacct:/c\n4:memory:/m/below\n1:name=systemd:/s\n0::/u\n";

	(void)state;
	assert_true(wanted("/m", text));
	assert_true(wanted("/s", text));
	assert_true(wanted("/u", text));
	assert_false(wanted("/x", text));
	assert_true(wanted("/sys/fs/cgroup/memory/m", text));
	assert_true(wanted("/sys/fs/cgroup/memory", text));
	assert_false(wanted("/sys/fs/cgroup/memory/c", text));
	assert_true(wanted("/sys/fs/cgroup/cpu/c", text));
	assert_true(wanted("/sys/fs/cgroup/cpuacct/c", text));
	assert_false(wanted("/sys/fs/cgroup/cpua/c", text));
	assert_false(wanted("/sys/fs/cgroup/acct/c", text));
	assert_true(wanted("/sys/fs/cgroup/systemd/s", text));
	assert_false(wanted("/sys/fs/cgroup/system/s", text));
	assert_false(wanted("/sys/fs/cgroup/name=systemd/s", text));
	assert_true(wanted("/sys/fs/cgroup/unified/u", text));
	assert_false(wanted("/sys/fs/cgroup/unified/s", text));
	assert_false(wanted("/sys/fs/cgroup/u", text));
}

static void test_filter_lists(void **state)
{
	struct cgroup_filter *filter = filter_of("/a", "/sys/fs/cgroup/memory/b");

	(void)state;
	assert_true(read_text("0::/a\n", filter)->wanted);
	assert_true(read_text("2:memory:/b\n0::/c\n", filter)->wanted);
	assert_true(read_text("2:memory:/c\n0::/a/d\n", filter)->wanted);
	assert_false(read_text("2:memory:/c\n0::/b\n", filter)->wanted);
	cgroup_filter_free(filter);
	assert_int_equal(model_leaks(), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_which_line, start),	  cmocka_unit_test_setup(test_odd_lines, start),
	cmocka_unit_test_setup(test_filter_v2, start),	  cmocka_unit_test_setup(test_filter_v1, start),
	cmocka_unit_test_setup(test_filter_lists, start),
};

RUN(tests)
