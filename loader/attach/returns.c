// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which function's return is connect's own result depends on the version and on what the compiler made of net/socket.c:
 *
 *	__sys_connect_file	5.5; also called by io_uring, so that it is there even where its own file has it inlined
 *	__sys_connect		4.17
 *	SyS_connect		before, and
 *	__x64_sys_connect	... the calls themselves, of which 32-bit programs have others
 *
 * One that was inlined can be probed and never returns. So they are set one after the other until one tells of an attempt
 * of our own, and those before it stay: what reaches them is told by them.
 */
#include "private.h"

#include "clock.h"
#include "sys.h"
#include "tracefs.h"

#include <arpa/inet.h>
#include <limits.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

/* Each blocking connect holds an instance of some 80 bytes. As many as tracefs takes (KRETPROBE_MAXACTIVE_MAX). */
#define INSTANCES 4096
/* Of each of many functions. */
#define INSTANCES_EACH 1024

static const char *const general[] = {"__sys_connect_file", "__sys_connect"};
static const char *const calls[] = {
#if defined(__aarch64__)
	"__arm64_sys_connect",
#elif defined(__s390x__)
	"__s390x_sys_connect",
	"__s390x_sys_socketcall",
#elif defined(__riscv)
	"__riscv_sys_connect",
#elif defined(__x86_64__)
	"__x64_sys_connect",
#elif defined(__i386__)
	"__ia32_sys_connect",
#endif
	"SyS_connect",
	"sys_connect",
};
/* Of 32-bit programs and socketcall, beside those above; no attempt of ours can prove them. */
static const char *const compat_calls[] = {
#if defined(__aarch64__)
	"__arm64_compat_sys_socketcall",
#elif defined(__s390x__)
	"__s390_sys_connect",
	"__s390_compat_sys_socketcall",
#elif defined(__x86_64__)
	"__ia32_sys_connect",
	"__ia32_compat_sys_socketcall",
#elif defined(__i386__)
	"__ia32_sys_socketcall",
#endif
#if __SIZEOF_LONG__ == 4
	"sys_socketcall",
	"SyS_socketcall",
#else
	"compat_SyS_socketcall",
#endif
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct return_proof {
	const struct hook_parts *parts;
	const struct trial *trial;
	uint32_t own_tgid;
	bool seen, local_is_right;
	struct ending ending;
};

/* Not bound to an address where the network is not up: then there is nothing to be wrong about. */
static bool is_local(const struct ending *ending, const struct trial *trial)
{
	struct sockaddr_in local = {0};
	unsigned int size = sizeof(local);

	if (ending->result || sys_getsockname(trial->fd, (struct sockaddr *)&local, &size))
		return true;
	return ending->flags & ENDING_LOCAL && ending->family == AF_INET &&
	       ending->local_port == ntohs(local.sin_port) && !memcmp(ending->local_addr, &local.sin_addr, 4) &&
	       (!(ending->flags & ENDING_PROTOCOL) || ending->protocol == IPPROTO_UDP);
}

static bool look_for(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct return_proof *proof = context;
	struct ending ending;

	if (is_attempt(size))
		proof->parts->consumed(proof->parts->context, cpu);
	if (size != ENDING_SIZE)
		return true;
	memcpy(&ending, data, ENDING_SIZE);
	if (ending.pid_tgid >> 32 != proof->own_tgid || ending.began < proof->trial->before ||
	    ending.time > proof->trial->after || ending.result != proof->trial->result)
		return true;
	proof->seen = true;
	proof->ending = ending;
	return true;
}

/* Whether an attempt of our own was told of. The program writes before connect() returns. */
static bool prove(struct return_proof *proof)
{
	const struct ring_reader reader = {.sample = look_for, .context = proof};
	struct trial trial;
	struct error ignored;

	proof->seen = false;
	if (trial_prepare(&trial, &ignored))
		return false;
	proof->trial = &trial;
	trial_make(&trial);
	rings_read(proof->parts->rings, UINT64_MAX, &reader);
	proof->local_is_right = proof->seen && is_local(&proof->ending, &trial);
	trial_close(&trial);
	return proof->seen;
}

static void note_function(struct returns *returns, const char *name)
{
	size_t used = strlen(returns->functions);

	snprintf(returns->functions + used, sizeof(returns->functions) - used, "%s%s", used ? ", " : "", name);
}

static int set_end(struct returns *returns, const char *symbol, unsigned int instances, int prog, struct error *err)
{
	if (returns->end_count == HOOK_PLACES_MAX ||
	    probe_open_kretprobe(&returns->ends[returns->end_count], symbol, instances, prog, err))
		return -1;
	returns->end_count++;
	note_function(returns, symbol);
	return 0;
}

static void set_verdict(struct returns *returns, const char *symbol, const struct hook_parts *parts)
{
	struct error ignored;
	int prog =
		object_load_program(parts->object, "kretprobe/verdict", BPF_PROG_TYPE_KPROBE, parts->kernel, &ignored);

	if (prog < 0)
		return;
	probe_open_kretprobe(&returns->verdict, symbol, INSTANCES_EACH, prog, &ignored);
	sys_close(prog);
}

static bool set_in_turn(struct returns *returns, const char *const *symbols, size_t count, int prog,
			struct return_proof *proof, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (!set_end(returns, symbols[i], INSTANCES, prog, err) && prove(proof))
			return true;
	}
	return false;
}

static int set_ends(struct returns *returns, int prog, struct return_proof *proof, struct error *err)
{
	struct error ignored;

	if (set_in_turn(returns, general, COUNT(general), prog, proof, err))
		return 0;
	if (!set_in_turn(returns, calls, COUNT(calls), prog, proof, err))
		return error_set(
			err, STATUS_UNSUPPORTED,
			"looking for the function whose return is connect's: of those that could be probed (%.256s) none told of an attempt of connsnoop's own",
			returns->functions[0] ? returns->functions : "none");
	for (size_t i = 0; i < COUNT(compat_calls); i++)
		set_end(returns, compat_calls[i], INSTANCES_EACH, prog, &ignored);
	return 0;
}

/* Behind "kprobe:" or "proto:". */
static const char *symbol_of(const struct hook *hook, int place)
{
	return strchr(hook->places[place], ':') + 1;
}

static int start_kprobe(struct returns *returns, const struct hook *hook, int prog, struct return_proof *proof,
			struct error *err)
{
	set_verdict(returns, symbol_of(hook, 0), proof->parts);
	if (set_ends(returns, prog, proof, err))
		return -1;
	/* A verdict that was not seen now will not be seen later. */
	if (proof->ending.flags & ENDING_VERDICT)
		note_function(returns, symbol_of(hook, 0));
	else
		probe_close(&returns->verdict);
	return 0;
}

/* The protocols' functions themselves: nobody stands between them and the call. */
static int start_proto(struct returns *returns, const struct hook *hook, int prog, struct return_proof *proof,
		       struct error *err)
{
	struct error ignored;

	for (int place = 0; place < hook->place_count; place++) {
		if (set_end(returns, symbol_of(hook, place), INSTANCES_EACH, prog, place ? &ignored : err) && !place)
			return -1;
	}
	if (!prove(proof))
		return error_set(err, STATUS_UNSUPPORTED, "%s was attached, but did not tell how an attempt ended",
				 symbol_of(hook, 0));
	return 0;
}

static int start_by_kprobes(struct returns *returns, const struct hook *hook, struct return_proof *proof,
			    struct error *err)
{
	const struct hook_parts *parts = proof->parts;
	int result, prog;

	prog = object_load_program(parts->object, "kretprobe/end", BPF_PROG_TYPE_KPROBE, parts->kernel, err);
	if (prog < 0)
		return -1;
	if (hook->kind == HOOK_KPROBE)
		result = start_kprobe(returns, hook, prog, proof, err);
	else
		result = start_proto(returns, hook, prog, proof, err);
	sys_close(prog);
	return result;
}

static int set_exit(struct returns *returns, const char *name, int prog, struct error *err)
{
	char full[64];

	if (probe_open_tracepoint(&returns->ends[returns->end_count], "syscalls", name, prog, err))
		return -1;
	returns->end_count++;
	snprintf(full, sizeof(full), "syscalls/%s", name);
	note_function(returns, full);
	return 0;
}

/* Native calls only, where their entry has a tracepoint that takes programs of its own (4.14). */
static int start_tracepoint(struct returns *returns, const struct hook *hook, struct return_proof *proof,
			    struct error *err)
{
	const struct hook_parts *parts = proof->parts;
	int result, prog;

	if (strcmp(hook->places[0], "tracepoint:syscalls/sys_enter_connect") != 0)
		return error_set(err, STATUS_UNSUPPORTED,
				 "%s sees no returns; syscalls/sys_exit_connect takes programs from 4.14 on",
				 hook->places[0]);
	prog = object_load_program(parts->object, "tracepoint/end", BPF_PROG_TYPE_TRACEPOINT, parts->kernel, err);
	if (prog < 0)
		return -1;
	result = set_exit(returns, "sys_exit_connect", prog, err);
	if (!result && !strcmp(hook->places[1], "tracepoint:syscalls/sys_enter_socketcall"))
		result = set_exit(returns, "sys_exit_socketcall", prog, err);
	sys_close(prog);
	if (result)
		return -1;
	if (!prove(proof))
		return error_set(err, STATUS_UNSUPPORTED,
				 "syscalls/sys_exit_connect was attached, but did not tell how an attempt ended");
	return 0;
}

static int start(struct returns *returns, const struct hook *hook, struct return_proof *proof, struct error *err)
{
	const struct socket_places places = returns->places;
	int result;

	*returns = (struct returns){.started = true, .verdict = PROBE_CLOSED, .places = places};
	if (learn_sock_set(&places, proof->parts, err))
		return -1;
	if (hook->kind == HOOK_TRACEPOINT)
		result = start_tracepoint(returns, hook, proof, err);
	else
		result = start_by_kprobes(returns, hook, proof, err);
	if (result)
		returns_stop(returns);
	else if (hook->kind == HOOK_TRACEPOINT)
		returns->instances = UINT_MAX;
	else if (returns->ends[0].tracefs >= 0 && tracefs_counts_returns())
		returns->instances = hook->kind == HOOK_KPROBE ? INSTANCES : INSTANCES_EACH;
	returns->since = clock_monotonic();
	return result;
}

int returns_start(struct returns *returns, const struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	struct return_proof proof = {.parts = parts, .own_tgid = hook->own_tgid};

	*returns = (struct returns){.verdict = PROBE_CLOSED};
	if (hook->kind != HOOK_TRACEPOINT)
		learn_sock(&returns->places, hook, parts);
	if (start(returns, hook, &proof, err))
		return -1;
	if (proof.local_is_right || !returns->places.sock_at)
		return 0;
	/* What was learnt is of no use after all. */
	returns_stop(returns);
	memset(&returns->places, 0, sizeof(returns->places));
	return start(returns, hook, &proof, err);
}

void returns_stop(struct returns *returns)
{
	if (!returns->started)
		return;
	returns->started = false;
	probe_close(&returns->verdict);
	for (int i = 0; i < returns->end_count; i++)
		probe_close(&returns->ends[i]);
	returns->end_count = 0;
}
