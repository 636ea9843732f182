// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/doctor.c, compat/kernel.c: --doctor on model kernels: its status is tracing's, and its JSON is JSON. */
#include "test.h"

#include "doctor.h"
#include "kernel.h"
#include "model.h"
#include "tasks.h"
#include "strict_json.h"

#include <linux/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text[64 * 1024];
static size_t len;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	return 0;
}

/* Standard output is the test's own, so it is lent to the doctor. */
static int run(enum format format)
{
	struct options options = {.action = ACTION_DOCTOR, .format = format, .pages = 8};
	FILE *file = tmpfile();
	int saved, status;

	assert_non_null(file);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(fileno(file), STDOUT_FILENO);
	status = doctor_run(&options);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	assert_int_equal(model_leaks(), 0);
	return status;
}

static void assert_json(void)
{
	assert_true(len > 2 && text[len - 1] == '\n');
	assert_true(json_valid(text, len - 1));
}

static void assert_value(const char *key, const char *value)
{
	char found[1024];
	int size = json_string(text, len - 1, key, found, sizeof(found) - 1);

	assert_true(size >= 0);
	found[size] = '\0';
	assert_string_equal(found, value);
}

static void test_every_kernel(void **state)
{
	(void)state;
	for (int i = 0; model_kernels[i]; i++) {
		model_boot(model_kernels[i]);
		assert_int_equal(run(FORMAT_JSON), STATUS_OK);
		assert_json();
		assert_value("hook", "kprobe:security_socket_connect");
		assert_value("attached_by", model_kernels[i]->pmu_type ? "pmu" : "tracefs");
		assert_value("rings", model_kernels[i]->ring_buffers ? "mapped" : "perf");
		assert_value("results_by", model_kernels[i]->version >= KERNEL_VERSION(5, 5, 0)
						   ? "__sys_connect_file, security_socket_connect"
					   : model_kernels[i]->version >= KERNEL_VERSION(4, 17, 0)
						   ? "__sys_connect, security_socket_connect"
						   : "SyS_connect, security_socket_connect");
		assert_non_null(strstr(text, "\"local_addr\":true,\"protocol\":true"));
		assert_non_null(strstr(text, "\"works\":true,\"status\":0"));
		assert_non_null(strstr(text, "\"sockfd\":true"));
		assert_non_null(strstr(text, "\"not_seen\":["));
		assert_non_null(strstr(text, "\"identity\":[\"ppid\",\"start\",\"ns_pid\",\"mnt_ns\",\"pid_ns\","
					     "\"net_ns\",\"user_ns\",\"uts_ns\""));
		assert_non_null(strstr(text, "],\"follow\":true,"));
		model_boot(model_kernels[i]);
		assert_int_equal(run(FORMAT_TEXT), STATUS_OK);
		assert_non_null(strstr(text, "hook: kprobe:security_socket_connect"));
		assert_non_null(strstr(text, "not seen:"));
		assert_non_null(strstr(text, "\nlocal addresses: IPv4, IPv6; protocol\n"));
		assert_int_equal(strstr(text, "as many calls at a time") != NULL,
				 model_kernels[i]->version < KERNEL_VERSION(4, 12, 0));
		assert_non_null(strstr(text, model_kernels[i]->ring_buffers ? "\nrings: mapped\n" : "\nrings: perf: "));
		assert_non_null(strstr(text, "identity: ppid, start, "));
		assert_non_null(strstr(text, "following processes: yes\n"));
	}
}

/* Attempts are seen, and not how they end: that is no reason to say that nothing works. */
static void test_no_results(void **state)
{
	(void)state;
	model.inlined[0] = "__sys_connect";
	assert_int_equal(run(FORMAT_JSON), STATUS_OK);
	assert_json();
	assert_non_null(strstr(text, "\"why_no_results\":\"looking for the function"));
	assert_null(strstr(text, "\"results_by\""));
	model_boot(&model_5_4);
	model.inlined[0] = "__sys_connect";
	assert_int_equal(run(FORMAT_TEXT), STATUS_OK);
	assert_non_null(strstr(text, "\nresults: not seen: "));
}

static void test_other_hooks(void **state)
{
	(void)state;
	model_remove_symbol("security_socket_connect");
	assert_int_equal(run(FORMAT_JSON), STATUS_OK);
	assert_json();
	assert_value("hook", "proto");
	assert_non_null(strstr(text, "\"why_not_better\":"));
	assert_non_null(strstr(text, "proto:inet_stream_connect"));
	model_boot(&model_5_4);
	model.kprobe_events = false;
	assert_int_equal(run(FORMAT_JSON), STATUS_OK);
	assert_json();
	assert_value("hook", "tracepoint:syscalls/sys_enter_connect");
	assert_int_equal(run(FORMAT_TEXT), STATUS_OK);
	assert_non_null(strstr(text, "why not a better one:"));
	tasks.no_thread = model.no_task_events = true;
	assert_int_equal(run(FORMAT_TEXT), STATUS_OK);
	assert_non_null(strstr(text, "identity: cgroup_id; could not be learnt on this kernel: ppid, start, "));
	assert_non_null(strstr(text, "following processes: where this kernel keeps the numbers"));
	assert_int_equal(run(FORMAT_JSON), STATUS_OK);
	assert_json();
	assert_non_null(strstr(text, "\"identity\":[\"cgroup_id\"],\"follow\":false,"));
}

static void test_does_not_work(void **state)
{
	(void)state;
	model.privileged = false;
	assert_int_equal(run(FORMAT_JSON), STATUS_NOT_PERMITTED);
	assert_json();
	assert_non_null(strstr(text, "\"works\":false,\"status\":4"));
	assert_non_null(strstr(text, "\"reason\":"));
	assert_int_equal(run(FORMAT_TEXT), STATUS_NOT_PERMITTED);
	assert_non_null(strstr(text, "hook: none: "));
	model_boot(&model_5_4);
	model.bpf_syscall = false;
	assert_int_equal(run(FORMAT_JSON), STATUS_UNSUPPORTED);
	assert_json();
}

static const struct finding *find(const struct finding *findings, int count, const char *key)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(findings[i].key, key))
			return &findings[i];
	}
	fail_msg("no finding %s", key);
	return NULL;
}

static void test_findings(void **state)
{
	struct finding findings[FINDINGS_MAX];
	int count = kernel_examine(findings);

	(void)state;
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(find(findings, count, "kprobe_pmu")->state, FINDING_YES);
	assert_string_equal(find(findings, count, "kprobe_pmu")->detail, "type 6");
	assert_int_equal(find(findings, count, "kprobe_events")->state, FINDING_YES);
	assert_int_equal(find(findings, count, "sandbox")->state, FINDING_YES);
	assert_non_null(strstr(find(findings, count, "sandbox")->detail, "system calls are filtered"));
	assert_int_equal(find(findings, count, "symbol")->state, FINDING_YES);
	assert_int_equal(find(findings, count, "tracepoint")->state, FINDING_YES);
	assert_int_equal(find(findings, count, "bpf_program")->state, FINDING_YES);
	assert_string_equal(find(findings, count, "bpf_read")->detail, "probe_read");
	assert_int_equal(find(findings, count, "mapped_rings")->state, FINDING_NO);
	assert_int_equal(find(findings, count, "lockdown")->state, FINDING_NOTE);
	for (int i = 0; i < count; i++)
		assert_true(findings[i].title[0] && findings[i].detail[0]);
}

static void test_findings_of_a_poor_kernel(void **state)
{
	struct finding findings[FINDINGS_MAX];
	int count;

	(void)state;
	model_boot(&model_4_4);
	model.kprobe_events = model.ftrace_syscalls = false;
	model_remove_symbol("security_socket_connect");
	count = kernel_examine(findings);
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(find(findings, count, "kprobe_pmu")->state, FINDING_NO);
	assert_int_equal(find(findings, count, "kprobe_events")->state, FINDING_NO);
	assert_string_equal(find(findings, count, "kprobe_events")->detail, "ENOENT");
	assert_int_equal(find(findings, count, "symbol")->state, FINDING_NO);
	assert_int_equal(find(findings, count, "tracepoint")->state, FINDING_NO);
	assert_string_equal(find(findings, count, "bpf_program")->detail, "with kern_version 4.4.155");
	model_boot(&model_5_10);
	model.confidential = true;
	model.no_filters = true;
	count = kernel_examine(findings);
	assert_int_equal(find(findings, count, "sandbox")->state, FINDING_NO);
	assert_int_equal(find(findings, count, "lockdown")->state, FINDING_NO);
	assert_int_equal(find(findings, count, "bpf_read")->state, FINDING_NO);
	assert_non_null(find(findings, count, "lockdown")->advice);
	assert_int_equal(find(findings, count, "mapped_rings")->state, FINDING_YES);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_every_kernel),  TEST(test_no_results), TEST(test_other_hooks),
	TEST(test_does_not_work), TEST(test_findings),	 TEST(test_findings_of_a_poor_kernel),
};

RUN(tests)
