// SPDX-License-Identifier: GPL-2.0-or-later
/* The ladder: the best hook that proves itself. */
#include "private.h"

#include "capability.h"
#include "sys.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#define SYMBOL "security_socket_connect"

const char *hook_kind_name(enum hook_kind kind)
{
	static const char *const names[] = {"auto", "kprobe", "proto", "tracepoint"};

	return names[kind];
}

static int kprobe_start(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	int prog;

	snprintf(hook->name, sizeof(hook->name), "kprobe:%s", SYMBOL);
	strcpy(hook->places[0], hook->name);
	if (learn_by_kprobe(hook, SYMBOL, parts, err) || learn_set_constants(hook, parts, err) ||
	    follow_start(hook, parts, err) || object_set_constant(parts->object, "PLACE", 0, err))
		return -1;
	prog = object_load_program(parts->object, "kprobe/connect", BPF_PROG_TYPE_KPROBE, parts->kernel, err);
	if (prog < 0)
		return -1;
	if (probe_open_kprobe(&hook->probes[0], SYMBOL, prog, err)) {
		sys_close(prog);
		return -1;
	}
	hook->probes[0].prog = prog;
	hook->place_count = 1;
	hook->by_pmu = hook->probes[0].tracefs < 0;
	return 0;
}

static const struct {
	enum hook_kind kind;
	int (*start)(struct hook *hook, const struct hook_parts *parts, struct error *err);
} ladder[] = {
	{HOOK_KPROBE, kprobe_start},
	{HOOK_PROTO, proto_start},
	{HOOK_TRACEPOINT, tracepoint_start},
};

#define RUNGS (sizeof(ladder) / sizeof(ladder[0]))

/*
 * A 6.1 kernel on mips64 (QEMU's malta, 5KEf) died of kprobes after some hundred hits: the break behind an instruction that
 * is stepped over found no probe running (do_bp(), arch/mips/kernel/traps.c). There they are used only when asked for.
 */
#if defined(__mips__)
#define KPROBES_UNASKED false
#define WHY_NO_KPROBES	"kprobes are not used unasked, since MIPS kernels were seen to die of them (--hook kprobe)"
#else
#define KPROBES_UNASKED true
#define WHY_NO_KPROBES	""
#endif

static bool is_wanted(enum hook_kind kind, enum hook_kind wanted)
{
	return wanted == HOOK_AUTO ? KPROBES_UNASKED || kind == HOOK_TRACEPOINT : kind == wanted;
}

static void append(char *text, size_t size, const char *more)
{
	size_t used = strlen(text), len = strnlen(more, size - used - 1);

	memcpy(text + used, more, len);
	text[used + len] = '\0';
}

/* Keeps the first failure's sentence and a permission's status: what the user can mend counts most. */
int hook_start(struct hook *hook, enum hook_kind wanted, const struct hook_parts *parts, struct error *err)
{
	struct error first = {0}, this;
	char why_not[sizeof(hook->why_not)] = "";
	bool no_kprobes = wanted != HOOK_TRACEPOINT && probe_no_kprobes(&this);

	if (wanted == HOOK_AUTO)
		strcpy(why_not, WHY_NO_KPROBES);
	if (no_kprobes) {
		append(why_not, sizeof(why_not), this.text);
		first.status = this.status;
	}
	for (size_t i = 0; i < RUNGS; i++) {
		if (!is_wanted(ladder[i].kind, wanted))
			continue;
		if (no_kprobes && ladder[i].kind != HOOK_TRACEPOINT)
			continue;
		*hook = (struct hook){.kind = ladder[i].kind, .follow = {PROBE_CLOSED, PROBE_CLOSED, PROBE_CLOSED}};
		if (!ladder[i].start(hook, parts, &this) && !proof_demand(hook, parts, &this)) {
			memcpy(hook->why_not, why_not, sizeof(why_not));
			return 0;
		}
		hook_stop(hook);
		if (why_not[0])
			append(why_not, sizeof(why_not), "; ");
		append(why_not, sizeof(why_not), this.text);
		if (!first.status || this.status == STATUS_NOT_PERMITTED)
			first.status = this.status;
	}
	/* It shows in many ways (an unknown helper, a missing file, memory that reads as zeros) and none says its name. */
	if (capability_locked_down())
		return error_set(
			err, STATUS_NOT_PERMITTED,
			"the kernel is locked down for confidentiality, which forbids to read its memory; boot with lockdown=integrity or none (what was tried: %s)",
			why_not);
	return error_set(err, first.status ? first.status : STATUS_UNSUPPORTED, "%s",
			 why_not[0] ? why_not : "no such hook in this version");
}

/* perf_read(), kernel/events/core.c, gives nothing of such an event. A raw tracepoint's descriptor can't be read: EINVAL. */
unsigned int hook_broken(const struct hook *hook)
{
	unsigned int broken = 0;
	uint64_t count;

	for (int i = 0; i < hook->place_count; i++)
		broken += sys_read(hook->probes[i].fd, &count, sizeof(count)) == 0;
	return broken;
}

void hook_stop(struct hook *hook)
{
	for (int i = 0; i < hook->place_count; i++)
		probe_close(&hook->probes[i]);
	hook->place_count = 0;
	for (int i = 0; hook->follows && i < 3; i++)
		probe_close(&hook->follow[i]);
	hook->follows = false;
}
