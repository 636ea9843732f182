// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/attach/learn.c, proof.c: the search on a stack, and what makes a record a proof. */
#include "test.h"

#include "attach/private.h"
#include "model.h"
#include "regs.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As much of it as an address has. */
#define ADDRESS ((uintptr_t)0x7ffc12345670)

static struct trial trial;
static uint8_t *stack;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	memset(&trial, 0, sizeof(trial));
	trial.addr.sin_family = AF_INET;
	trial.addr.sin_port = htons(9);
	trial.addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(trial.addr.sin_zero, "nonce!!!", 8);
	trial.fd = 77;
	trial.before = 1000;
	trial.after = 2000;
	stack = malloc(SNAPSHOT_BYTES);
	memset(stack, 0xa5, SNAPSHOT_BYTES);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(stack);
	return 0;
}

static void put_word(uint32_t from_top, size_t offset, unsigned long value)
{
	memcpy(stack + SNAPSHOT_BYTES - from_top + offset, &value, sizeof(value));
}

static void put_regs(uint32_t from_top)
{
	put_word(from_top, REGS_ARG1, 77);
	put_word(from_top, REGS_ARG2, ADDRESS);
	put_word(from_top, REGS_ARG3, sizeof(struct sockaddr_in));
	put_word(from_top, REGS_NR, __NR_connect);
}

static uint32_t search(void)
{
	return learn_search(stack, SNAPSHOT_BYTES, &trial, ADDRESS);
}

static void test_every_distance(void **state)
{
	(void)state;
	assert_int_equal(search(), 0);
	for (uint32_t from_top = REGS_SIZE; from_top <= SNAPSHOT_BYTES; from_top += 8) {
		memset(stack, 0xa5, SNAPSHOT_BYTES);
		put_regs(from_top);
		assert_int_equal(search(), from_top);
	}
}

/* All four words must be right: each alone is a number like many others. */
static void test_each_word_counts(void **state)
{
	static const size_t offsets[] = {REGS_ARG1, REGS_ARG2, REGS_ARG3, REGS_NR};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		put_regs(REGS_SIZE + 16);
		put_word(REGS_SIZE + 16, offsets[i], 12345);
		assert_int_equal(search(), 0);
	}
	put_regs(REGS_SIZE + 16);
	assert_int_equal(search(), REGS_SIZE + 16);
}

/* Two places: one of them is a copy, and which can't be told. */
static void test_two_places(void **state)
{
	(void)state;
	put_regs(REGS_SIZE);
	put_regs(SNAPSHOT_BYTES);
	assert_int_equal(search(), 0);
}

static void test_not_aligned(void **state)
{
	(void)state;
	put_regs(REGS_SIZE + sizeof(long) * 3 / 2);
	assert_int_equal(search(), 0);
}

static struct hook hook;

static struct event proof_of(void)
{
	struct event event;

	memset(&event, 0, sizeof(event));
	event.time = 1500;
	event.pid_tgid = (uint64_t)getpid() << 32 | (uint32_t)getpid();
	event.uid_gid = (uint64_t)getgid() << 32 | getuid();
	prctl(PR_GET_NAME, event.comm);
	event.sockfd = 77;
	event.addrlen = sizeof(trial.addr);
	event.type = SOCK_DGRAM;
	event.via = VIA_CONNECT;
	memcpy(event.addr, &trial.addr, sizeof(trial.addr));
	memset(event.addr + sizeof(trial.addr), 0xa5, 12); /* stale, and no concern */
	return event;
}

static const char *check(struct event event)
{
	const char *wrong = proof_check(&hook, &trial, &event);

	return wrong ? wrong : "";
}

static void test_proof(void **state)
{
	struct event event;

	(void)state;
	hook = (struct hook){.kind = HOOK_KPROBE, .has_sockfd = true};
	assert_string_equal(check(proof_of()), "");
	event = proof_of();
	event.time = 999;
	assert_string_equal(check(event), "time");
	event.time = 2001;
	assert_string_equal(check(event), "time");
	event = proof_of();
	event.comm[0] ^= 1;
	assert_string_equal(check(event), "comm");
	event = proof_of();
	event.uid_gid ^= 1;
	assert_string_equal(check(event), "uid and gid");
	event.uid_gid ^= 1ULL << 32 | 1;
	assert_string_equal(check(event), "uid and gid");
	event = proof_of();
	event.sockfd = 0;
	assert_string_equal(check(event), "sockfd");
	event.sockfd = -1;
	assert_string_equal(check(event), "sockfd");
	event = proof_of();
	event.via = VIA_SOCKETCALL;
	assert_string_equal(check(event), "via");
	event = proof_of();
	event.flags = EVENT_COMPAT;
	assert_string_equal(check(event), "via");
	event = proof_of();
	event.type = SOCK_STREAM;
	assert_string_equal(check(event), "type");
	event.flags = EVENT_TYPE_UNKNOWN;
	assert_string_equal(check(event), "");
	event = proof_of();
	event.addrlen = 15;
	assert_string_equal(check(event), "addrlen");
	for (size_t i = 0; i < sizeof(trial.addr); i++) {
		event = proof_of();
		event.addr[i] ^= 0x40;
		assert_string_equal(check(event), "remote_addr");
	}
}

/* Where registers were not found, the descriptor is not known and can't be wrong. */
static void test_proof_without_descriptor(void **state)
{
	struct event event = proof_of();

	(void)state;
	hook = (struct hook){.kind = HOOK_KPROBE};
	event.sockfd = -1;
	event.via = VIA_UNKNOWN;
	assert_string_equal(check(event), "");
}

/* The kernel tells ids as the initial namespace has them, so they are compared only there. */
static void test_proof_in_a_user_namespace(void **state)
{
	struct event event = proof_of();

	(void)state;
	hook = (struct hook){.kind = HOOK_KPROBE, .has_sockfd = true};
	event.uid_gid = 100000;
	model.uid_map = "0 100000 65536\n";
	assert_string_equal(check(event), "");
	model.uid_map = "0 0 1\n";
	assert_string_equal(check(event), "");
	model.uid_map = NULL;
	assert_string_equal(check(event), "");
	model.uid_map = "0 0 4294967295\n";
	assert_string_equal(check(event), "uid and gid");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_every_distance),
	TEST(test_each_word_counts),
	TEST(test_two_places),
	TEST(test_not_aligned),
	TEST(test_proof),
	TEST(test_proof_without_descriptor),
	TEST(test_proof_in_a_user_namespace),
};

RUN(tests)
