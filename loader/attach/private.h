/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_ATTACH_PRIVATE_H
#define CONNSNOOP_ATTACH_PRIVATE_H

#include "attach.h"
#include "event.h"

#include <netinet/in.h>

/* perf.c: opens the event and sets the program on it; returns the event's descriptor or a negative errno. */
struct perf_event_attr;
int perf_attach(struct perf_event_attr *attr, int prog);

/* kprobe_pmu.c, kprobe_tracefs.c: 0 or a negative errno. */
int kprobe_pmu_open(struct probe *probe, const char *symbol, bool returns, int prog);
/* `kind`: "p", "r", or "r" and a number of instances, which only a kernel that tracefs_counts_returns() takes. */
int kprobe_tracefs_open(struct probe *probe, const char *kind, const char *symbol, int prog);

/* trial.c: connects of our own that can't be taken for anybody else's. */
struct trial {
	struct sockaddr_in addr; /* sin_zero holds 8 random bytes, which the kernel copies and ignores */
	int fd;
	uint64_t before, after; /* ns, CLOCK_MONOTONIC: the time the attempt was made in */
	int result;		/* what connect said: 0 or a negative errno */
};

int trial_prepare(struct trial *trial, struct error *err);
void trial_make(struct trial *trial);
uint64_t trial_nonce(const struct trial *trial);
void trial_close(struct trial *trial);

/* learn_sock.c: finds where this kernel keeps a socket's own address, number and protocol; what it does not find is 0. */
void learn_sock(struct socket_places *places, const struct hook *hook, const struct hook_parts *parts);
/* Sets the constants that kretprobe/end and tracepoint/end need. */
int learn_sock_set(const struct socket_places *places, const struct hook_parts *parts, struct error *err);
/* What was copied of one socket of ours. */
struct sock_lesson {
	uint16_t family, port;
	uint8_t protocol;
	uint8_t addr[16]; /* 4 of it for AF_INET */
	bool seen[2];	  /* by the pointer at 24, at 32 */
	uint8_t bytes[2][SOCK_PIECES * SNAPSHOT_BYTES];
};
void learn_sock_search(struct socket_places *places, const struct sock_lesson *lessons, size_t count);

/* learn.c: finds where this kernel keeps a task's saved registers, and sets the constants that say so. */
int learn_registers(struct hook *hook, const char *symbol, const struct hook_parts *parts, struct error *err);
/* The distance from the end of `size` stack bytes to the saved registers of this attempt; 0: not among them. */
uint32_t learn_search(const uint8_t *bytes, uint32_t size, const struct trial *trial, uint64_t address);

/* proto.c: the rung for kernels without the security hook. Sets the constants that kprobe/connect needs. */
int proto_start(struct hook *hook, const struct hook_parts *parts, struct error *err);

/* tracepoint.c: the rung for kernels without kprobes. */
int tracepoint_start(struct hook *hook, const struct hook_parts *parts, struct error *err);

/* Whether a sample that was read while hooks were tried is an attempt's. */
static inline bool is_attempt(uint32_t size)
{
	return size >= EVENT_SIZE_INET && size <= sizeof(struct event);
}

/* proof.c: makes an attempt and looks for it in the rings. */
int proof_demand(struct hook *hook, const struct hook_parts *parts, struct error *err);
/* NULL where the record is right for this attempt, else the name of the first wrong field. */
const char *proof_check(const struct hook *hook, const struct trial *trial, const struct event *event);

#endif
