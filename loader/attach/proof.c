// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A probe that was set without an error can still be silent (a function inlined across units, kprobes switched off) or
 * wrong (a descriptor from the wrong place). So the hook must show an attempt whose every field is known.
 */
#include "private.h"

#include "attempt.h"
#include "number.h"
#include "sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PROOF_WAIT_MS 1000

struct proof {
	const struct hook *hook;
	const struct hook_parts *parts;
	const struct trial *trial;
	bool seen;
	uint32_t own_tgid;
	const char *wrong;
};

/* uid and gid are compared only where the process is in the initial user namespace, and pid in the initial PID namespace:
 * the kernel tells them as those see them. Identity within a namespace is no larger a number than that. */
bool initial_user_namespace(void)
{
	char map[64];
	const char *at = map;
	uint32_t inner, outer, count;

	return sys_read_file(AT_FDCWD, "/proc/self/uid_map", map, sizeof(map)) > 0 && number_take(&at, &inner) &&
	       number_take(&at, &outer) && number_take(&at, &count) && outer == 0 && count == UINT32_MAX;
}

const char *proof_check(const struct hook *hook, const struct trial *trial, const struct event *event)
{
	char comm[COMM_SIZE] = "";

	prctl(PR_GET_NAME, comm);
	if (event->time < trial->before || event->time > trial->after)
		return "time";
	if (strncmp(event->comm, comm, sizeof(comm)) != 0)
		return "comm";
	if (initial_user_namespace() && ((uint32_t)event->uid_gid != getuid() || event->uid_gid >> 32 != getgid()))
		return "uid and gid";
	if (hook->has_sockfd && event->sockfd != trial->fd)
		return "sockfd";
	if (hook->has_sockfd && (event->via != VIA_CONNECT || event->flags & EVENT_COMPAT))
		return "via";
	if (!(event->flags & EVENT_TYPE_UNKNOWN) && event->type != SOCK_DGRAM)
		return "type";
	if (event->addrlen != (int)sizeof(trial->addr))
		return "addrlen";
	if (memcmp(event->addr, &trial->addr, sizeof(trial->addr)) != 0)
		return "remote_addr";
	return NULL;
}

static bool look_for(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct proof *proof = context;
	size_t at = attempt_event_at(size);
	struct event event;

	if (!is_attempt(size))
		return true;
	proof->parts->consumed(proof->parts->context, cpu);
	memset(&event, 0, sizeof(event));
	memcpy(&event, (const uint8_t *)data + at, size - at);
	if (memcmp(event.addr + offsetof(struct sockaddr_in, sin_zero), proof->trial->addr.sin_zero, 8) != 0)
		return true;
	proof->seen = true;
	proof->own_tgid = (uint32_t)(event.pid_tgid >> 32);
	proof->wrong = proof_check(proof->hook, proof->trial, &event);
	return true;
}

static void await(struct proof *proof)
{
	struct ring_reader reader = {.sample = look_for, .context = proof};
	struct timespec pause = {.tv_nsec = 1000000};

	/* The program runs before connect() returns, so that the first look finds it; the rest is for a machine in agony. */
	for (int ms = 0; ms < PROOF_WAIT_MS && !proof->seen; ms++) {
		if (ms)
			nanosleep(&pause, NULL);
		rings_read(proof->parts->rings, UINT64_MAX, &reader);
	}
}

int proof_demand(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	struct proof proof = {.hook = hook, .parts = parts};
	struct trial trial;

	if (trial_prepare(&trial, err))
		return -1;
	proof.trial = &trial;
	trial_make(&trial);
	await(&proof);
	trial_close(&trial);
	if (!proof.seen)
		return error_set(
			err, STATUS_UNSUPPORTED,
			"%s was attached, but an attempt of connsnoop's own did not appear within %d ms; kprobes may be switched off (/sys/kernel/debug/kprobes/enabled) or the function inlined",
			hook->name, PROOF_WAIT_MS);
	if (proof.wrong)
		return error_set(
			err, STATUS_UNSUPPORTED,
			"%s was attached, but shows connsnoop's own attempt with a wrong %s; please report this kernel",
			hook->name, proof.wrong);
	hook->own_tgid = proof.own_tgid;
	return 0;
}
