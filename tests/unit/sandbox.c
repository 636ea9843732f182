// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/sandbox/, compat/capability.c: what is given up, on kernels that let us and that do not. tests/sandbox asks real ones. */
#include "test.h"

#include "../../loader/sandbox/private.h"

#include "call_numbers.h"
#include "capability.h"
#include "kernel.h"
#include "model.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIT(cap) CAPABILITY(CAP_##cap)

static struct sandbox sandbox;
static struct error err;

static int start(void **state)
{
	(void)state;
	sandbox = (struct sandbox){.confine = true};
	model_boot(&model_6_12);
	return 0;
}

static int enter(void)
{
	int result;

	memset(&err, 0, sizeof(err));
	result = sandbox_enter(&sandbox, &err);
	assert_int_equal(model_leaks(), 0);
	assert_int_equal(result != 0, err.status != 0);
	return result;
}

static void assert_keeps(uint64_t caps)
{
	assert_int_equal(enter(), 0);
	assert_true(sandbox.kept == caps);
	assert_true(model.caps == caps && model.effective == caps);
	assert_true(model.bounding == 0);
	assert_false(model.ambient);
	assert_true(model.no_new_privs && sandbox.filtered);
}

static void test_least(void **state)
{
	(void)state;
	assert_keeps(BIT(BPF));
}

static void test_rings(void **state)
{
	(void)state;
	sandbox.rings = true;
	assert_keeps(BIT(BPF) | BIT(PERFMON));
	assert_true(model.memlock == ~0ULL);
}

static void test_rings_of_a_paranoid_kernel(void **state)
{
	(void)state;
	model.paranoid = true;
	sandbox.rings = true;
	assert_keeps(BIT(SYS_ADMIN));
	start(state);
	model.paranoid = true;
	assert_keeps(BIT(BPF));
}

/* Who can't raise the limit has to be let beyond it. */
static void test_rings_in_little_memory(void **state)
{
	(void)state;
	sandbox.rings = true;
	model.resource = false;
	model.memlock = model.memlock_max = 65536;
	assert_keeps(BIT(BPF) | BIT(PERFMON) | BIT(IPC_LOCK));
}

static void test_others_and_a_command(void **state)
{
	(void)state;
	sandbox.others = true;
	sandbox.command = 77;
	assert_keeps(BIT(BPF) | BIT(SYS_PTRACE) | BIT(KILL));
}

static void test_before_5_8(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	sandbox.rings = true;
	assert_keeps(BIT(SYS_ADMIN));
}

/* Docker's --cap-add SYS_ADMIN on a kernel that knows less. */
static void test_only_admin(void **state)
{
	(void)state;
	model.caps = model.effective = BIT(SYS_ADMIN) | BIT(NET_RAW);
	assert_int_equal(enter(), 0);
	assert_true(model.caps == BIT(SYS_ADMIN));
	/* It takes CAP_SETPCAP. */
	assert_true(model.bounding != 0);
}

/* What was not given is not kept. */
static void test_not_held(void **state)
{
	(void)state;
	model.caps = model.effective = BIT(BPF) | BIT(PERFMON) | BIT(SETPCAP);
	sandbox.others = sandbox.rings = true;
	assert_keeps(BIT(BPF) | BIT(PERFMON));
}

static void test_place(void **state)
{
	(void)state;
	model.closed = "/home/someone";
	sandbox.places[1] = (struct sandbox_place){"/home/someone/log", "-o", false};
	assert_keeps(BIT(BPF) | BIT(DAC_OVERRIDE));
	assert_int_equal(sandbox.closed[1].status, 0);
	start(state);
	model.closed = "/home/someone";
	sandbox.places[0] = (struct sandbox_place){"/home/other/log", "-o", false};
	assert_keeps(BIT(BPF));
	start(state);
	model.closed = "/";
	sandbox.places[2] = (struct sandbox_place){"/log", "-o", false};
	assert_keeps(BIT(BPF) | BIT(DAC_OVERRIDE));
	start(state);
	model.closed = "/run/log";
	sandbox.places[2] = (struct sandbox_place){"/run/log", "--syslog", true};
	assert_keeps(BIT(BPF) | BIT(DAC_OVERRIDE));
}

static void test_user(void **state)
{
	(void)state;
	assert_int_equal(sandbox_find_user(&sandbox, "1234:0", &err), 0);
	model.closed = "/home/someone";
	sandbox.places[0] = (struct sandbox_place){"/home/someone/log", "-o", false};
	assert_keeps(BIT(BPF));
	assert_true(model.uid == 1234 && model.gid == 0);
	assert_sentence(&sandbox.closed[0], STATUS_NOT_PERMITTED,
			"-o /home/someone/log: its folder says EACCES to 1234:0");
}

static void test_user_who_may_not(void **state)
{
	(void)state;
	assert_int_equal(sandbox_find_user(&sandbox, "root", &err), 0);
	assert_true(sandbox.uid == 0 && sandbox.gid == 0);
	model.caps = model.effective = BIT(SYS_ADMIN);
	assert_int_equal(enter(), -1);
	assert_sentence(&err, STATUS_NOT_PERMITTED, "becoming user root");
}

static void test_no_such_user(void **state)
{
	static const char *const bad[] = {"nobody-at-all", "",	       "1",    "1:",	       ":1",
					  "1:2:3",	   "-1:1",     "1:-1", "4294967295:1", "99999999999999999999:1",
					  "1:1x",	   "root:root"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(sandbox_find_user(&sandbox, bad[i], &err), -1);
		assert_sentence(&err, STATUS_USAGE, "/etc/passwd has no such user");
		assert_null(sandbox.user);
	}
}

/* Nothing is given up but what the other user has not. */
static void test_no_sandbox(void **state)
{
	uint64_t before = model.caps;

	(void)state;
	sandbox.confine = false;
	assert_int_equal(enter(), 0);
	assert_true(model.caps == before && !model.filter_len && !model.no_new_privs && !sandbox.filtered);
	assert_int_equal(sandbox_find_user(&sandbox, "5:5", &err), 0);
	assert_int_equal(enter(), 0);
	assert_true(model.uid == 5 && model.effective == BIT(BPF) && !model.filter_len);
}

static void test_no_filters(void **state)
{
	(void)state;
	assert_true(kernel_has_call_filters());
	model.no_filters = true;
	assert_false(kernel_has_call_filters());
	assert_int_equal(enter(), 0);
	assert_false(sandbox.filtered);
	assert_sentence(&sandbox.unfiltered, STATUS_UNSUPPORTED, "CONFIG_SECCOMP_FILTER");
	assert_true(model.effective == BIT(BPF) && model.no_new_privs);
}

/* Whichever call fails: a sentence, or the same as before; never a filter on somebody with capabilities he should not have. */
static void test_every_failure(void **state)
{
	int refused = 0;

	for (int at = 1; at < 40; at++) {
		start(state);
		sandbox.rings = sandbox.others = true;
		sandbox.places[0] = (struct sandbox_place){"/var/log/x", "-o", false};
		assert_int_equal(sandbox_find_user(&sandbox, "5:5", &err), 0);
		model.calls = 0;
		model.fail_at = at;
		model.fail_error = EPERM;
		if (enter()) {
			refused++;
			assert_true(err.status == STATUS_FAILURE || err.status == STATUS_NOT_PERMITTED);
			assert_int_equal(model.filter_len, 0);
		} else {
			assert_true((model.effective & ~(BIT(BPF) | BIT(PERFMON) | BIT(SYS_PTRACE) | BIT(IPC_LOCK) |
							 BIT(SYS_ADMIN))) == 0);
		}
	}
	assert_true(refused >= 4);
}

/* --- the filter --- */

/* Of seccomp's classic BPF what ours is made of; anything else, or a jump out of it, fails the test. */
static uint32_t judge(const struct seccomp_data *data)
{
	uint32_t word = 0;

	for (unsigned int at = 0; at < model.filter_len; at++) {
		const struct sock_filter *in = &model.filter[at];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(in->k % 4 == 0 && in->k + 4 <= sizeof(*data));
			memcpy(&word, (const uint8_t *)data + in->k, 4);
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += word == in->k ? in->jt : in->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += word & in->k ? in->jt : in->jf;
			break;
		case BPF_RET | BPF_K:
			return in->k;
		default:
			fail_msg("instruction %u: code %x", at, in->code);
		}
	}
	fail_msg("ran out of the filter");
	return 0;
}

static bool allowed(int nr, uint64_t first, uint64_t second, uint64_t third)
{
	const struct seccomp_data data = {.nr = nr, .arch = AUDIT_ARCH_NATIVE, .args = {first, second, third}};
	uint32_t verdict = judge(&data);

	assert_true(verdict == SECCOMP_RET_ALLOW || verdict == REFUSED);
	return verdict == SECCOMP_RET_ALLOW;
}

static void test_filter(void **state)
{
	static const int yes[] = {__NR_read,	    __NR_write,	    __NR_openat,       __NR_close,
				  __NR_epoll_pwait, __NR_munmap,    __NR_exit_group,   __NR_wait4,
				  __NR_getrandom,   __NR_renameat2, __NR_rt_sigreturn, __NR_perf_event_open,
				  __NR_recvmsg,	    __NR_sendmmsg};
	static const int no[] = {__NR_execve,
				 __NR_execveat,
				 __NR_clone,
				 __NR_ptrace,
				 __NR_mount,
				 __NR_setns,
				 __NR_unshare,
				 __NR_setuid,
				 __NR_capset,
				 __NR_prctl,
				 __NR_seccomp,
				 __NR_socket,
				 __NR_connect,
				 __NR_kill,
				 __NR_init_module,
				 __NR_fchmodat,
				 __NR_fchownat,
				 __NR_mknodat,
				 __NR_linkat,
				 __NR_symlinkat,
				 __NR_pivot_root,
				 __NR_reboot,
				 __NR_process_vm_writev,
				 __NR_bind,
				 -1};

	(void)state;
	assert_int_equal(enter(), 0);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_true(allowed(yes[i], 0, 0, 0));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_false(allowed(no[i], 0, 0, 0));
	for (int nr = 0; nr < 1024; nr++) {
		const struct seccomp_data other = {.nr = nr, .arch = AUDIT_ARCH_NATIVE ^ 1};

		assert_int_equal(judge(&other), REFUSED);
		assert_false(allowed(nr | 0x40000000, 0, 0, 0));
	}
}

/* The upper half of what is an int is nobody's. */
static void test_arguments(void **state)
{
	const uint64_t junk = 0xdeadbeefULL << 32;

	(void)state;
	sandbox.command = 77;
	assert_int_equal(enter(), 0);
	assert_true(allowed(__NR_bpf, BPF_MAP_LOOKUP_ELEM, 0, 0));
	assert_true(allowed(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD | junk, 0, 0));
	assert_false(allowed(__NR_bpf, BPF_PROG_LOAD, 0, 0));
	assert_false(allowed(__NR_bpf, BPF_MAP_CREATE | junk, 0, 0));
	assert_true(allowed(__NR_ioctl, 5, PERF_EVENT_IOC_SET_OUTPUT, 0));
	assert_false(allowed(__NR_ioctl, 5, PERF_EVENT_IOC_SET_BPF, 0));
	assert_false(allowed(__NR_ioctl, PERF_EVENT_IOC_ENABLE, 0x5412 /* TIOCSTI */, 0));
	assert_true(allowed(__NR_mmap, 0, 4096, PROT_READ | PROT_WRITE));
	assert_false(allowed(__NR_mmap, 0, 4096, PROT_READ | PROT_EXEC));
	assert_false(allowed(__NR_mprotect, 0, 4096, PROT_EXEC | junk));
	assert_true(allowed(__NR_kill, 77, 15, 0));
	assert_false(allowed(__NR_kill, 78, 15, 0));
	assert_false(allowed(__NR_kill, 0, 15, 0));
	assert_true(allowed(__NR_tgkill, (uint64_t)getpid(), 1, 6));
	assert_false(allowed(__NR_tgkill, 1, 1, 6));
}

static void test_peers(void **state)
{
	(void)state;
	sandbox.peers = true;
	assert_int_equal(enter(), 0);
	assert_true(allowed(__NR_socket, AF_UNIX, SOCK_STREAM, 0));
	assert_true(allowed(__NR_socket, AF_INET6, SOCK_DGRAM, 0));
	assert_false(allowed(__NR_socket, AF_PACKET, SOCK_DGRAM, 0));
	assert_false(allowed(__NR_socket, AF_NETLINK, SOCK_DGRAM, 0));
	assert_true(allowed(__NR_connect, 5, 0, 0));
	assert_false(allowed(__NR_bind, 5, 0, 0));
}

/* --- names --- */

static void test_missing(void **state)
{
	(void)state;
	assert_string_equal(capability_missing_to_trace(), "CAP_BPF");
	model.caps = model.effective = BIT(PERFMON);
	assert_false(capability_to_trace());
	assert_string_equal(capability_missing_to_trace(), "CAP_BPF");
	model.caps = model.effective = BIT(BPF);
	assert_string_equal(capability_missing_to_trace(), "CAP_PERFMON");
	model.caps = model.effective = BIT(NET_ADMIN);
	assert_string_equal(capability_missing_to_trace(), "CAP_BPF and CAP_PERFMON");
	model.kernel = &model_5_4;
	assert_string_equal(capability_missing_to_trace(), "CAP_SYS_ADMIN");
	model.caps = model.effective = BIT(SYS_ADMIN);
	assert_true(capability_to_trace());
}

static void test_list(void **state)
{
	char text[64];

	(void)state;
	capability_list(0, text, sizeof(text));
	assert_string_equal(text, "none");
	capability_list(BIT(PERFMON) | BIT(BPF), text, sizeof(text));
	assert_string_equal(text, "CAP_BPF, CAP_PERFMON");
	capability_list(BIT(KILL) | BIT(CHOWN), text, sizeof(text));
	assert_string_equal(text, "CAP_KILL, 0");
	capability_list(~0ULL, text, sizeof(text));
	assert_int_equal(strlen(text), sizeof(text) - 1);
}

#define TEST(function) cmocka_unit_test_setup(function, start)

static const struct CMUnitTest tests[] = {
	TEST(test_least),
	TEST(test_rings),
	TEST(test_rings_of_a_paranoid_kernel),
	TEST(test_rings_in_little_memory),
	TEST(test_others_and_a_command),
	TEST(test_before_5_8),
	TEST(test_only_admin),
	TEST(test_not_held),
	TEST(test_place),
	TEST(test_user),
	TEST(test_user_who_may_not),
	TEST(test_no_such_user),
	TEST(test_no_sandbox),
	TEST(test_no_filters),
	TEST(test_every_failure),
	TEST(test_filter),
	TEST(test_arguments),
	TEST(test_peers),
	TEST(test_missing),
	TEST(test_list),
};

RUN(tests)
