// SPDX-License-Identifier: GPL-2.0-or-later
/* --doctor: one set of facts, told as text or as JSON. */
#include "doctor.h"

#include "kernel.h"
#include "parts.h"
#include "tracer.h"

#include <stdio.h>
#include <string.h>

static const char *const states[] = {[FINDING_YES] = "yes", [FINDING_NO] = "no", [FINDING_NOTE] = "note"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ON(kind) (1U << (kind))
#define ON_ALL	 (ON(HOOK_KPROBE) | ON(HOOK_PROTO) | ON(HOOK_TRACEPOINT))

/* What a hook can't see, or shows otherwise than the security hook would. */
static const struct blind_spot {
	unsigned int hooks;
	const char *text;
} blind_spots[] = {
	{ON_ALL, "TCP Fast Open by sendto or sendmsg with MSG_FASTOPEN"},
	{ON_ALL, "sendto and sendmsg on an unconnected socket"},
	{ON_ALL, "SCTP's connectx"},
	{ON(HOOK_KPROBE) | ON(HOOK_TRACEPOINT), "connects that the kernel makes itself (NFS, CIFS, DRBD and the like)"},
	{ON(HOOK_PROTO), "attempts that a security module refuses: this hook stands behind it"},
	{ON(HOOK_PROTO),
	 "protocols whose module is loaded after the start, or whose connect function is not in the list"},
	{ON(HOOK_TRACEPOINT), "io_uring: its attempts are no system calls"},
	{ON(HOOK_TRACEPOINT),
	 "the type of the socket, and whether the descriptor is one: calls that fail with EBADF or ENOTSOCK show too"},
	{ON(HOOK_TRACEPOINT),
	 "the address as the kernel uses it: it is read from the caller's memory, which another thread can change"},
	{ON(HOOK_TRACEPOINT),
	 "an address in memory that was not touched yet, or that is not there: it shows as unreadable"},
	{ON(HOOK_AUTO), "32-bit programs and socketcall: the entry of all system calls could not be traced"},
};

static bool applies(const struct blind_spot *spot, const struct hook *hook)
{
	return spot->hooks & ON(hook->kind) || (spot->hooks == ON(HOOK_AUTO) && hook->misses_calls);
}

/* What is learnt of a caller, as --identity shows it. */
static const struct {
	uint32_t part;
	const char *name;
} parts[] = {
	{IDENTITY_PPID, "ppid"},       {IDENTITY_START, "start"},   {IDENTITY_NS_PID, "ns_pid"},
	{IDENTITY_MNT_NS, "mnt_ns"},   {IDENTITY_PID_NS, "pid_ns"}, {IDENTITY_NET_NS, "net_ns"},
	{IDENTITY_USER_NS, "user_ns"}, {IDENTITY_UTS_NS, "uts_ns"}, {IDENTITY_CGROUP_ID, "cgroup_id"},
};

struct diagnosis {
	struct finding findings[FINDINGS_MAX];
	int count;
	int status;
	struct hook hook; /* only what describes it */
	const char *rings;
	struct error why_perf;
	struct returns returns; /* only what describes them */
	struct error why_unknown;
	struct error err;
};

static void try_tracing(struct diagnosis *diagnosis, const struct options *options)
{
	struct tracer tracer = {.hook = {.kind = HOOK_AUTO}};
	struct options all = *options;

	diagnosis->status = STATUS_OK;
	all.filter.follow = true;
	if (tracer_open(&tracer, &all, -1, 0, &diagnosis->err))
		diagnosis->status = diagnosis->err.status;
	else
		diagnosis->rings = rings_kind_name(tracer.rings);
	diagnosis->hook = tracer.hook;
	diagnosis->why_perf = tracer.why_perf;
	diagnosis->returns = tracer.returns;
	diagnosis->why_unknown = tracer.why_unknown;
	tracer_close(&tracer);
}

/* In `quote`s, between `before` and, from the second on, `between`. */
static void list_parts(uint32_t known, const char *before, const char *between, const char *quote)
{
	for (size_t i = 0; i < COUNT(parts); i++) {
		if (!(known & parts[i].part))
			continue;
		printf("%s%s%s%s", before, quote, parts[i].name, quote);
		before = between;
	}
}

static void print_text_identity(const struct hook *hook)
{
	printf("identity: %s", hook->learnt.parts ? "" : "none");
	list_parts(hook->learnt.parts, "", ", ", "");
	list_parts(IDENTITY_ALL & ~hook->learnt.parts, "; could not be learnt on this kernel: ", ", ", "");
	printf("\n");
	printf("following processes: %s\n", hook->follows ? "yes" : hook->why_no_follow);
}

/* With results, for which more is needed; without, if that is too much. */
static void try_hooks(struct diagnosis *diagnosis, const struct options *options)
{
	struct options tried = *options;
	struct error why;

	tried.result = true;
	tried.shown_outcomes = OUTCOMES_ALL;
	try_tracing(diagnosis, &tried);
	if (!diagnosis->status)
		return;
	why = diagnosis->err;
	tried.result = false;
	try_tracing(diagnosis, &tried);
	diagnosis->why_unknown = why;
}

static void print_results(const struct diagnosis *diagnosis)
{
	const struct returns *returns = &diagnosis->returns;

	if (diagnosis->why_unknown.status) {
		printf("results: not seen: %s\n", diagnosis->why_unknown.text);
		return;
	}
	printf("results: by the returns of %s%s\n", returns->functions,
	       returns->instances ? ""
				  : "; as many calls at a time as there are CPUs, or some more: others are unknown");
	printf("local addresses: %s%s%s\n",
	       returns->places.sock_at ? returns->places.saddr6_at ? "IPv4, IPv6" : "IPv4 only" : "not known",
	       returns->places.protocol_at ? "; protocol" : "", returns->places.sock_at ? "" : " on this kernel");
}

static void print_left_out(void)
{
	for (const char *const *part = parts_left_out; *part; part++)
		printf("%s%s", part == parts_left_out ? "\nsmall build, without: " : ", ", *part);
	printf("%s", parts_left_out[0] ? "\n" : "");
}

static void print_text(const struct diagnosis *diagnosis)
{
	const struct hook *hook = &diagnosis->hook;

	for (int i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		printf("%-28s %-4s %s\n", finding->title, states[finding->state], finding->detail);
		if (finding->state == FINDING_NO && finding->advice)
			printf("%-33s -> %s\n", "", finding->advice);
	}
	print_left_out();
	if (diagnosis->status) {
		printf("\nhook: none: %s\n", diagnosis->err.text);
		return;
	}
	printf("\nhook: %s%s, proved by an attempt of connsnoop's own\n", hook->name,
	       hook->kind != HOOK_TRACEPOINT ? hook->by_pmu ? " by the kprobe PMU" : " through tracefs" : "");
	if (hook->why_not[0])
		printf("why not a better one: %s\n", hook->why_not);
	if (!hook->has_sockfd)
		printf("sockfd: not known on this kernel (-1): the saved registers were not found\n");
	else if (hook->stack_size)
		printf("sockfd: from the saved registers, %u bytes below the top of the kernel stack\n",
		       hook->regs_from_top);
	print_results(diagnosis);
	printf("rings: %s%s%s\n", diagnosis->rings, diagnosis->why_perf.status ? ": " : "", diagnosis->why_perf.text);
	print_text_identity(hook);
	for (int i = 0; hook->kind == HOOK_PROTO && i < hook->place_count; i++)
		printf("%s%s", i ? ", " : "probed: ", hook->places[i] + strlen("proto:"));
	if (hook->kind == HOOK_PROTO)
		printf("\n");
	printf("not seen:\n");
	for (size_t i = 0; i < COUNT(blind_spots); i++) {
		if (applies(&blind_spots[i], hook))
			printf("  - %s\n", blind_spots[i].text);
	}
}

/* Strings of ours and of the kernel, through the one place that escapes. */
static void print_json_string(const char *text)
{
	char room[8 * 1024];
	struct buffer buf = {.data = room, .size = sizeof(room)};

	put_json_string(&buf, (const uint8_t *)text, strlen(text));
	fwrite(room, 1, buf.len, stdout);
}

static void print_key(const char *key, const char *value, const char *before)
{
	printf("%s\"%s\":", before, key);
	print_json_string(value);
}

static void print_json_blind_spots(const struct hook *hook)
{
	const char *before = "";

	for (size_t i = 0; i < COUNT(blind_spots); i++) {
		if (!applies(&blind_spots[i], hook))
			continue;
		printf("%s", before);
		print_json_string(blind_spots[i].text);
		before = ",";
	}
}

static void print_json(const struct diagnosis *diagnosis)
{
	const struct hook *hook = &diagnosis->hook;

	printf("{\"event\":\"doctor\",\"findings\":[");
	for (int i = 0; i < diagnosis->count; i++) {
		const struct finding *finding = &diagnosis->findings[i];

		print_key("key", finding->key, i ? ",{" : "{");
		print_key("state", states[finding->state], ",");
		print_key("detail", finding->detail, ",");
		if (finding->state == FINDING_NO && finding->advice)
			print_key("advice", finding->advice, ",");
		printf("}");
	}
	printf("],\"left_out\":[");
	for (const char *const *part = parts_left_out; *part; part++)
		printf("%s\"%s\"", part == parts_left_out ? "" : ",", *part);
	printf("],\"works\":%s,\"status\":%d", diagnosis->status ? "false" : "true", diagnosis->status);
	if (diagnosis->status) {
		print_key("reason", diagnosis->err.text, ",");
		printf("}\n");
		return;
	}
	print_key("hook", hook->name, ",");
	if (hook->kind != HOOK_TRACEPOINT)
		print_key("attached_by", hook->by_pmu ? "pmu" : "tracefs", ",");
	if (hook->why_not[0])
		print_key("why_not_better", hook->why_not, ",");
	printf(",\"sockfd\":%s", hook->has_sockfd ? "true" : "false");
	if (hook->stack_size)
		printf(",\"regs_from_top\":%u", hook->regs_from_top);
	print_key("rings", diagnosis->rings, ",");
	printf(",\"identity\":[");
	list_parts(hook->learnt.parts, "", ",", "\"");
	printf("],\"follow\":%s", hook->follows ? "true" : "false");
	if (diagnosis->why_unknown.status)
		print_key("why_no_results", diagnosis->why_unknown.text, ",");
	else
		print_key("results_by", diagnosis->returns.functions, ",");
	printf(",\"local_addr\":%s,\"protocol\":%s", diagnosis->returns.places.sock_at ? "true" : "false",
	       diagnosis->returns.places.protocol_at ? "true" : "false");
	printf(",\"places\":[");
	for (int i = 0; i < hook->place_count; i++) {
		printf("%s", i ? "," : "");
		print_json_string(hook->places[i]);
	}
	printf("],\"not_seen\":[");
	print_json_blind_spots(hook);
	printf("]}\n");
}

int doctor_run(const struct options *options)
{
	struct diagnosis diagnosis;

	memset(&diagnosis, 0, sizeof(diagnosis));
	diagnosis.count = kernel_examine(diagnosis.findings);
	try_hooks(&diagnosis, options);
	if (options->format == FORMAT_JSON)
		print_json(&diagnosis);
	else
		print_text(&diagnosis);
	if (fflush(stdout))
		return STATUS_FAILURE;
	return diagnosis.status;
}
