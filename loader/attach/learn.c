// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registers that a task had when it entered the kernel lie near the end of its kernel stack, but how near depends on
 * version and configuration: 16 bytes of padding with X86_FRED (7.x), a stack frame on arm64, THREAD_SIZE doubled by
 * KASAN. So one attempt with known arguments is made, and they are looked for.
 */
#include "private.h"

#include "kernel.h"
#include "regs.h"
#include "sys.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

struct lesson {
	const struct trial *trial;
	uint32_t stack_size;
	uint32_t regs_from_top;
};

/* Four known words at their places: the descriptor alone would be a small number like many others. */
static bool is_here(const uint8_t *regs, const struct trial *trial, uint64_t address)
{
	unsigned long arg1, arg2, arg3;
	uint16_t nr;

	memcpy(&arg1, regs + REGS_ARG1, sizeof(arg1));
	memcpy(&arg2, regs + REGS_ARG2, sizeof(arg2));
	memcpy(&arg3, regs + REGS_ARG3, sizeof(arg3));
	memcpy(&nr, regs + REGS_NR, sizeof(nr));
	return arg1 == (unsigned long)trial->fd && arg2 == address && arg3 == sizeof(trial->addr) && nr == __NR_connect;
}

uint32_t learn_search(const uint8_t *bytes, uint32_t size, const struct trial *trial, uint64_t address)
{
	uint32_t found = 0;

	/* Two places would mean that one of them is a copy; neither can be believed then. */
	for (uint32_t from_top = REGS_SIZE; from_top <= size; from_top += sizeof(unsigned long)) {
		if (!is_here(bytes + size - from_top, trial, address))
			continue;
		if (found)
			return 0;
		found = from_top;
	}
	return found;
}

static bool look_at(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct lesson *lesson = context;
	struct snapshot snap;

	(void)cpu;
	if (size != SNAPSHOT_SIZE || lesson->regs_from_top)
		return true;
	memcpy(&snap, data, SNAPSHOT_SIZE);
	lesson->regs_from_top =
		learn_search(snap.bytes, sizeof(snap.bytes), lesson->trial, (uintptr_t)&lesson->trial->addr);
	lesson->stack_size = lesson->regs_from_top ? snap.stack_size : 0;
	return true;
}

static void find_registers(struct hook *hook, const struct hook_parts *parts, struct trial *trial)
{
	struct lesson lesson = {.trial = trial};
	struct ring_reader reader = {.sample = look_at, .context = &lesson};

	/* The program has run before connect() returns, so that all there will be is there. */
	trial_make(trial);
	rings_read(parts->rings, UINT64_MAX, &reader);
	hook->stack_size = lesson.stack_size;
	hook->regs_from_top = lesson.regs_from_top;
	hook->has_sockfd = lesson.regs_from_top != 0;
}

static int load_learner(const char *section, int type, const struct hook_parts *parts, const struct trial *trial,
			bool peek, struct error *err)
{
	bool helper = peek && kernel_has_helper(parts->kernel, type, HELPER_CURRENT_TASK);

	if (object_set_constant(parts->object, "NONCE", trial_nonce(trial), err) ||
	    object_set_constant(parts->object, "PEEK", peek, err) ||
	    object_set_constant(parts->object, learnt_name(TASK_HELPER), helper, err))
		return -1;
	return object_load_program(parts->object, section, type, parts->kernel, err);
}

static bool wants_peeks(const struct hook_parts *parts)
{
	return parts->identity || parts->follow;
}

/* Where the larger program is refused, the smaller one may do: the registers count more. */
int learn_by_kprobe(struct hook *hook, const char *symbol, const struct hook_parts *parts, struct error *err)
{
	const int type = BPF_PROG_TYPE_KPROBE;
	struct trial trial;
	struct probe probe = PROBE_CLOSED;
	bool peek = wants_peeks(parts);
	int prog = -1, result = -1;

	if (trial_prepare(&trial, err))
		return -1;
	if (peek)
		prog = load_learner("kprobe/learn", type, parts, &trial, true, err);
	peek = prog >= 0;
	if (!peek)
		prog = load_learner("kprobe/learn", type, parts, &trial, false, err);
	if (prog < 0 || probe_open_kprobe(&probe, symbol, prog, err))
		goto out;
	find_registers(hook, parts, &trial);
	if (peek)
		learn_task(hook, parts, type, &trial);
	if (!object_set_constant(parts->object, "STACK_SIZE", hook->stack_size, err) &&
	    !object_set_constant(parts->object, "REGS_FROM_TOP", hook->regs_from_top, err))
		result = 0;
out:
	probe_close_aside(&probe);
	if (prog >= 0)
		sys_close(prog);
	trial_close(&trial);
	return result;
}

/* BPF programs on the syscalls group came with 4.14; before, on the entry of all calls. */
static int open_learner(struct probe *probe, int prog)
{
	struct error ignored;

	if (CONNECT_HAS_TRACEPOINT && !probe_open_tracepoint(probe, "syscalls", "sys_enter_connect", prog, &ignored))
		return 0;
	return probe_open_tracepoint(probe, "raw_syscalls", "sys_enter", prog, &ignored);
}

/* Nothing that the hook needs is learnt here, so that a failure is none. */
void learn_by_tracepoint(struct hook *hook, const struct hook_parts *parts)
{
	const int type = BPF_PROG_TYPE_TRACEPOINT;
	struct probe probe = PROBE_CLOSED;
	struct trial trial;
	struct error ignored;
	int prog;

	if (!wants_peeks(parts) || trial_prepare(&trial, &ignored))
		return;
	prog = load_learner("tracepoint/learn", type, parts, &trial, true, &ignored);
	if (prog >= 0) {
		if (!open_learner(&probe, prog))
			learn_task(hook, parts, type, &trial);
		probe_close_aside(&probe);
		sys_close(prog);
	}
	trial_close(&trial);
}
