// SPDX-License-Identifier: GPL-2.0-or-later
/* connsnoop: the story of a run. */
#include "doctor.h"
#include "loop.h"
#include "options.h"
#include "tracer.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void complain(const struct error *err)
{
	fprintf(stderr, "connsnoop: %s\n", err->text);
}

/* For the tests, which hold it against what the kernel says of its types (BTF). */
static void print_learnt(const struct learnt *learnt)
{
	if (!learnt->ids)
		return;
	fprintf(stderr, "connsnoop: learnt:");
	for (enum learnt_at at = 0; at < LEARNT_AT; at++) {
		if (learnt->at[at])
			fprintf(stderr, " %s=%u", learnt_name(at), learnt->at[at]);
	}
	fprintf(stderr, "; parts %#x\n", learnt->parts);
}

static void print_banner(const struct tracer *tracer)
{
	const struct hook *hook = &tracer->hook;

	fprintf(stderr, "connsnoop: tracing %s on %u CPUs, proved by an attempt of its own\n", hook->name,
		tracer->cpus);
	if (hook->kind == HOOK_TRACEPOINT)
		fprintf(stderr,
			"connsnoop: this hook reads the caller's memory, which another thread can change, and does not see io_uring%s; see --doctor\n",
			hook->misses_compat ? " or 32-bit programs" : "");
	if (hook->kind == HOOK_PROTO)
		fprintf(stderr,
			"connsnoop: this hook stands behind the security hook, on %d protocols' functions; connects of the kernel's own show too%s; see --doctor\n",
			hook->place_count, hook->has_sockfd ? ", marked so" : " and can't be told apart");
	if (!hook->has_sockfd)
		fprintf(stderr, "connsnoop: descriptors are not known on this kernel and shown as -1; see --doctor\n");
	if (tracer->prefilter.in_reader[0])
		fprintf(stderr, "connsnoop: applied behind the kernel, by the reader: %s\n",
			tracer->prefilter.in_reader);
	if (tracer->options->verbose)
		fprintf(stderr,
			"connsnoop: %s%s; saved registers %u bytes below the top of the kernel stack; rings of %zu bytes in all%s%s\n",
			hook_kind_name(hook->kind), hook->by_pmu ? " by PMU" : "", hook->regs_from_top,
			rings_bytes(tracer->rings), hook->why_not[0] ? "; not used: " : "", hook->why_not);
	if (tracer->options->verbose)
		print_learnt(&hook->learnt);
}

static void print_summary(const struct accounts *accounts)
{
	fprintf(stderr, "connsnoop: %llu attempts = %llu shown + %llu filtered + %llu lost\n",
		(unsigned long long)accounts->attempts, (unsigned long long)accounts->shown,
		(unsigned long long)accounts->filtered, (unsigned long long)accounts->lost);
}

static void print_names(struct tracer *tracer)
{
	struct names_counts counts = names_counts(tracer->names);

	if (tracer->options->verbose)
		fprintf(stderr,
			"connsnoop: names: %llu packets, %llu answers, %llu to no question that was seen, %llu malformed, %llu broken connections; %llu addresses\n",
			(unsigned long long)counts.packets, (unsigned long long)counts.answers,
			(unsigned long long)counts.unasked, (unsigned long long)counts.malformed,
			(unsigned long long)counts.broken, (unsigned long long)counts.known);
	if (counts.dropped)
		fprintf(stderr,
			"connsnoop: names: %llu DNS packets came faster than they were read; some names are missing or old\n",
			(unsigned long long)counts.dropped);
}

/* Stops counting before it stops reading, so that the sums are exact; then says them. */
static int finish(struct tracer *tracer)
{
	struct sink *sink = tracer->sink;
	struct accounts accounts;
	int status = STATUS_OK;

	sink->hurry = true;
	tracer_finish(tracer);
	if (sink->gone)
		return STATUS_OK;
	tracer_report_losses(tracer, true);
	sink_flush(sink);
	sink->dropped += render_count(tracer->style, sink);
	accounts = tracer_accounts(tracer, true);
	if (sink->dropped) {
		fprintf(stderr,
			"connsnoop: writing %s: %llu events were not written: %s; make room, or read faster, and start again\n",
			sink->path ? sink->path : "standard output", (unsigned long long)sink->dropped,
			sink->failure ? ERRNO_NAME(sink->failure) : "nobody read them in time");
		status = STATUS_FAILURE;
	} else if (sink_reserve(sink)) {
		render_summary(tracer->style, &sink->buffer, &accounts);
	}
	if (tracer->names)
		print_names(tracer);
	if (tracer_unfollowed(tracer))
		fprintf(stderr,
			"connsnoop: %llu processes were not followed: more than %u at a time; their attempts and their children's are missing\n",
			(unsigned long long)tracer_unfollowed(tracer), FOLLOWED_MAX);
	print_summary(&accounts);
	return status;
}

/*
 * A reader that waits its turn behind those who connect loses what they do meanwhile. It runs for microseconds at a
 * time, so that putting it first costs others little; without CAP_SYS_NICE it stays as it is.
 */
static void go_first(void)
{
	setpriority(PRIO_PROCESS, 0, -20);
}

static int trace(const struct options *options)
{
	struct tracer tracer = {.hook = {.kind = HOOK_AUTO}};
	struct sink sink = {.fd = -1};
	struct style style = {
		.format = options->format,
		.clock = options->clock,
		.since_start = options->since_start,
		.user = options->user,
		.header = options->header,
	};
	struct command command;
	struct loop loop = {.epoll = -1, .signals = -1, .hotplug = -1, .tracer = &tracer, .command = &command};
	struct error err = {0};
	int status;

	command_remember(&command);
	if (loop_open(&loop, &err) || sink_open(&sink, options->output, loop.signals, &err) ||
	    tracer_open(&tracer, options, loop.epoll, TAG_RING, &err) ||
	    command_prepare(&command, options->command, &loop.before, &err)) {
		complain(&err);
		status = err.status;
		goto out;
	}
	go_first();
	tracer.sink = &sink;
	tracer.style = &style;
	style.places = tracer.hook.places;
	style.start = clock_monotonic();
	style.users = options->user ? users_read("/etc/passwd") : NULL;
	if (sink.waits || sink.fresh)
		render_header(&style, &sink.buffer);
	sink_flush(&sink);
	print_banner(&tracer);
	command_release(&command);

	status = loop_run(&loop);
	if (finish(&tracer) && status == STATUS_OK)
		status = STATUS_FAILURE;
	/* It may go on after -n, --duration or a reader that went away; its status is ours all the same. */
	command_wait(&command, &loop.before);
	if (status == STATUS_OK && command.ended)
		status = command.status;
out:
	command_abandon(&command);
	users_free(style.users);
	tracer_close(&tracer);
	sink_close(&sink);
	loop_close(&loop);
	return status;
}

static int run(const struct options *options)
{
	switch (options->action) {
	case ACTION_HELP:
		fputs(options_help, stdout);
		return STATUS_OK;
	case ACTION_VERSION:
		puts("connsnoop " CONNSNOOP_VERSION);
		return STATUS_OK;
	case ACTION_DOCTOR:
		return doctor_run(options);
	case ACTION_TRACE:
		return trace(options);
	}
	return STATUS_FAILURE;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err;
	int status;

	if (options_parse(&options, argc, argv, &err)) {
		complain(&err);
		options_free(&options);
		return err.status;
	}
	status = run(&options);
	options_free(&options);
	return status;
}
