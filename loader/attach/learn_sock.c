// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A socket's own address and number stand at the same places in struct sock from 4.1 to 7.1 (struct sock_common: address
 * at 4, number at 14, family at 16), but the pointer to it in struct socket moved with 5.3, IPv6 addresses depend on the
 * configuration (network namespaces), and the protocol's place on everything. So they are looked for in sockets of our own,
 * whose addresses and protocols are known. Each is "connected" to AF_UNSPEC, of which nothing is sent.
 */
#include "private.h"

#include "sys.h"
#include "unique.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

#define SADDR_AT  4
#define NUM_AT	  14
#define FAMILY_AT 16
#define HEAD_END  20 /* what is looked for lies behind */

/* Behind state, type and flags, and one or two other pointers (bpf/learn.c). */
static const uint32_t pointers[2] = {8 + 2 * WORD, 8 + 3 * WORD};

/* A number that is assigned to experiments (RFC 3692) and that no other socket has, for who may have such. */
#define EXPERIMENT 253

static const struct {
	int family, type, protocol;
} kinds[] = {
	{AF_INET, SOCK_DGRAM, IPPROTO_UDP},
	{AF_INET, SOCK_STREAM, IPPROTO_TCP},
	{AF_INET, SOCK_RAW, EXPERIMENT},
	{AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct school {
	uint32_t own_tgid;
	const struct hook_parts *parts;
	uint64_t nonce;
	struct sock_lesson *lesson;
};

static bool study(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct school *school = context;
	struct snapshot snap;

	if (is_attempt(size))
		school->parts->consumed(school->parts->context, cpu);
	if (size != SNAPSHOT_SIZE)
		return true;
	memcpy(&snap, data, SNAPSHOT_SIZE);
	for (uint32_t pointer = 0; pointer < 2; pointer++) {
		for (uint32_t piece = 0; piece < SOCK_PIECES; piece++) {
			if (snap.stack_size != SOCK_PIECE(pointers[pointer], piece) ||
			    snap.pid_tgid >> 32 != school->own_tgid)
				continue;
			memcpy(school->lesson->bytes[pointer] + piece * SNAPSHOT_BYTES, snap.bytes, SNAPSHOT_BYTES);
			school->lesson->seen[pointer] = true;
		}
	}
	return true;
}

/* To an address that is the same in both families: ::ffff:127.0.0.1 can't be taken for anything else. */
static int bind_to_loopback(int fd, struct sock_lesson *lesson)
{
	const int both = 0;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} addr = {0};
	unsigned int size = lesson->family == AF_INET ? sizeof(addr.in) : sizeof(addr.in6);
	int result;

	addr.any.sa_family = lesson->family;
	if (lesson->family == AF_INET) {
		addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		inet_pton(AF_INET6, "::ffff:127.0.0.1", &addr.in6.sin6_addr);
		sys_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both));
	}
	result = sys_bind(fd, &addr.any, size);
	if (!result)
		result = sys_getsockname(fd, &addr.any, &size);
	lesson->port = ntohs(addr.in.sin_port); /* at the same place in both */
	if (lesson->family == AF_INET)
		memcpy(lesson->addr, &addr.in.sin_addr, 4);
	else
		memcpy(lesson->addr, &addr.in6.sin6_addr, 16);
	return result;
}

static bool take_lesson(struct school *school, size_t kind)
{
	const struct ring_reader reader = {.sample = study, .context = school};
	struct sockaddr_in nobody = {.sin_family = AF_UNSPEC};
	struct sock_lesson *lesson = school->lesson;
	int fd = sys_socket(kinds[kind].family, kinds[kind].type, kinds[kind].type == SOCK_RAW ? EXPERIMENT : 0);

	if (fd < 0)
		return false;
	memset(lesson, 0, sizeof(*lesson));
	lesson->family = (uint16_t)kinds[kind].family;
	lesson->protocol = (uint8_t)kinds[kind].protocol;
	if (!bind_to_loopback(fd, lesson)) {
		memcpy(nobody.sin_zero, &school->nonce, sizeof(school->nonce));
		sys_connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
		rings_read(school->parts->rings, UINT64_MAX, &reader);
	}
	sys_close(fd);
	return lesson->seen[0] || lesson->seen[1];
}

static bool is_sock(const struct sock_lesson *lesson, uint32_t pointer)
{
	const uint8_t *bytes = lesson->bytes[pointer];
	uint16_t num, family;

	memcpy(&num, bytes + NUM_AT, sizeof(num));
	memcpy(&family, bytes + FAMILY_AT, sizeof(family));
	return lesson->seen[pointer] && num == lesson->port && family == lesson->family &&
	       (family != AF_INET || !memcmp(bytes + SADDR_AT, lesson->addr, 4));
}

static bool all_have_protocol(const struct sock_lesson *lessons, size_t count, uint32_t pointer, uint32_t at)
{
	for (size_t i = 0; i < count; i++) {
		if (lessons[i].bytes[pointer][at] != lessons[i].protocol)
			return false;
	}
	return true;
}

/* Of 16 bits the upper half. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LOW_TO_HIGH 1
#define LOW_TO_HALF 0
#else
#define LOW_TO_HIGH (-1)
#define LOW_TO_HALF (-1)
#endif

/* 16 bits wide since 5.6; before, 8, and the socket's type, which is not 0, stood beside them. */
static void search_protocol(struct socket_places *places, const struct sock_lesson *lessons, size_t count,
			    uint32_t pointer)
{
	uint32_t found = 0, mask = 0xffff;

	for (uint32_t at = HEAD_END; at + 1 < SOCK_PIECES * SNAPSHOT_BYTES; at++) {
		if (!all_have_protocol(lessons, count, pointer, at))
			continue;
		if (found)
			return;
		found = at;
	}
	for (size_t i = 0; found && i < count; i++)
		mask &= lessons[i].bytes[pointer][found + LOW_TO_HIGH] ? 0xff : 0xffff;
	places->protocol_at = found ? found + LOW_TO_HALF : 0;
	places->protocol_mask = found ? mask : 0;
}

static void search_saddr6(struct socket_places *places, const struct sock_lesson *lesson, uint32_t pointer)
{
	uint32_t found = 0;

	for (uint32_t at = HEAD_END; at + 16 <= SNAPSHOT_BYTES; at += 4) {
		if (memcmp(lesson->bytes[pointer] + at, lesson->addr, 16) != 0)
			continue;
		if (found)
			return;
		found = at;
	}
	places->saddr6_at = found;
}

/* All have to agree on the pointer, two at least; on the protocol's place two of IPv4 that have different ones. */
void learn_sock_search(struct socket_places *places, const struct sock_lesson *lessons, size_t count)
{
	size_t inet = 0;

	memset(places, 0, sizeof(*places));
	while (inet < count && lessons[inet].family == AF_INET)
		inet++;
	for (uint32_t pointer = 0; pointer < 2; pointer++) {
		bool all = inet >= 2;

		for (size_t i = 0; i < count; i++)
			all &= is_sock(&lessons[i], pointer);
		if (!all)
			continue;
		places->sock_at = pointers[pointer];
		search_protocol(places, lessons, inet, pointer);
		for (size_t i = inet; i < count; i++)
			search_saddr6(places, &lessons[i], pointer);
		return;
	}
}

void learn_sock(struct socket_places *places, const struct hook *hook, const struct hook_parts *parts)
{
	static const char *const section = "kprobe/learn_sock";
	struct school school = {.own_tgid = hook->own_tgid, .parts = parts, .nonce = unique_number()};
	struct sock_lesson lessons[KINDS];
	struct probe probe = PROBE_CLOSED;
	struct error ignored;
	size_t count = 0;
	int prog;

	memset(places, 0, sizeof(*places));
	if (object_set_constant(parts->object, "NONCE", school.nonce, &ignored))
		return;
	prog = object_load_program(parts->object, section, BPF_PROG_TYPE_KPROBE, parts->kernel, &ignored);
	if (prog < 0)
		return;
	if (!probe_open_kprobe(&probe, strchr(hook->places[0], ':') + 1, prog, &ignored)) {
		for (size_t kind = 0; kind < KINDS; kind++) {
			school.lesson = &lessons[count];
			count += take_lesson(&school, kind);
		}
		probe_close_aside(&probe);
		learn_sock_search(places, lessons, count);
	}
	sys_close(prog);
}

int learn_sock_set(const struct socket_places *places, const struct hook_parts *parts, struct error *err)
{
	struct object *object = parts->object;

	if (object_set_constant(object, "SOCK_AT", places->sock_at, err) ||
	    object_set_constant(object, "SADDR6_AT", places->saddr6_at, err) ||
	    object_set_constant(object, "PROTOCOL_AT", places->protocol_at, err) ||
	    object_set_constant(object, "PROTOCOL_MASK", places->protocol_mask, err))
		return -1;
	return 0;
}
