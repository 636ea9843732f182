// SPDX-License-Identifier: GPL-2.0-or-later
/* connsnoop: the story of a run. */
#include "confine.h"
#include "doctor.h"
#include "loop.h"
#include "options.h"
#include "parts.h"
#include "tracer.h"
#include "watch.h"

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
			hook->misses_calls ? ", 32-bit programs or socketcall" : "");
	if (hook->kind == HOOK_PROTO)
		fprintf(stderr,
			"connsnoop: this hook stands behind the security hook, on %d protocols' functions; connects of the kernel's own show too%s; see --doctor\n",
			hook->place_count, hook->has_sockfd ? ", marked so" : " and can't be told apart");
	if (hook->unseen)
		fprintf(stderr,
			"connsnoop: the connects of %d protocols are not seen: %s; start again, or leave other probes' users out\n",
			hook->unseen, hook->why_unseen);
	if (!hook->has_sockfd)
		fprintf(stderr, "connsnoop: descriptors are not known on this kernel and shown as -1; see --doctor\n");
	if (tracer->why_unknown.status)
		fprintf(stderr, "connsnoop: how attempts end can't be seen on this kernel and shows as unknown: %s\n",
			tracer->why_unknown.text);
	if (tracer->prefilter.in_reader[0])
		fprintf(stderr, "connsnoop: applied behind the kernel, by the reader: %s\n",
			tracer->prefilter.in_reader);
	if (tracer->in_reader)
		fprintf(stderr, "connsnoop: counting in user space, at the price of a record for each attempt: %s\n",
			tracer->in_reader);
	if (tracer->options->verbose)
		fprintf(stderr,
			"connsnoop: %s%s; saved registers %u bytes below the top of the kernel stack; %s rings of %zu bytes in all%s%s%s%s\n",
			hook_kind_name(hook->kind), hook->by_pmu ? " by PMU" : "", hook->regs_from_top,
			rings_kind_name(tracer->rings), rings_bytes(tracer->rings),
			tracer->why_perf.status ? "; not mapped: " : "", tracer->why_perf.text,
			hook->why_not[0] ? "; not used: " : "", hook->why_not);
	if (tracer->options->verbose)
		print_learnt(&hook->learnt);
	if (tracer->options->verbose && tracer->results)
		fprintf(stderr, "connsnoop: results by the returns of %s%s\n", tracer->returns.functions,
			tracer->returns.instances ? "" : ", as many calls at a time as there are CPUs, or some more");
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

/* What is told at the end: exact, since nothing is counted and nothing comes any more. */
static int conclude(struct tracer *tracer, const struct accounts *accounts)
{
	struct sink *sink = tracer->sink;
	int status = STATUS_OK;

	if (sink->dropped) {
		fprintf(stderr, "connsnoop: writing %s: %llu events were not written: %s; %s\n", sink->name,
			(unsigned long long)sink->dropped,
			sink->failure ? ERRNO_NAME(sink->failure) : "nobody read them in time", sink_advice(sink));
		status = STATUS_FAILURE;
	}
	if (tracer->names)
		print_names(tracer);
	if (tracer_unfollowed(tracer))
		fprintf(stderr,
			"connsnoop: %llu processes were not followed: more than %d at a time; their attempts and their children's are missing\n",
			(unsigned long long)tracer_unfollowed(tracer), FOLLOWED_MAX);
	if (!sink->dropped || sink_takes_messages(sink))
		emit_summary(sink, tracer->style, accounts);
	accounts_say(accounts, "");
	watch_say_sums(tracer);
	keyed_conclude(&tracer->keyed, accounts);
	return status;
}

/* Stops counting before it stops reading, so that the sums are exact; then says them. */
static int finish(struct tracer *tracer, bool *violated)
{
	struct sink *sink = tracer->sink;
	struct accounts accounts;
	int status;

	sink->hurry = true;
	watch_finish(tracer);
	tracer_finish(tracer);
	status = keyed_save(&tracer->keyed) ? STATUS_FAILURE : STATUS_OK;
	if (!sink->gone) {
		tracer_report_losses(tracer, true);
		tracer_show_sums(tracer, true);
		keyed_show_suppressed(&tracer->keyed, tracer->style, sink);
		tracer_flush(tracer);
		emit_forget(sink, tracer->style);
	}
	accounts = tracer_accounts(tracer, true);
	*violated = keyed_violated(&tracer->keyed, &accounts) || tracer->health.failed ||
		    (tracer->options->strict && (accounts.lost || tracer_unfollowed(tracer)));
	if (!sink->gone && conclude(tracer, &accounts))
		status = STATUS_FAILURE;
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

static int open_sink(struct sink *sink, const struct options *options, int stop_fd, struct error *err)
{
	if (options->syslog)
		return sink_open_syslog(sink, options->syslog, stop_fd, err);
	if (options->journal)
		return sink_open_journal(sink, stop_fd, err);
	if (sink_open(sink, options->output, stop_fd, err))
		return -1;
	return options->rotate_size ? sink_rotate(sink, options->rotate_size, options->rotate_count, err) : 0;
}

static int write_header(struct tracer *tracer, struct error *err)
{
	struct sink *sink = tracer->sink;

	if (!sink_takes_messages(sink)) {
		tracer_header(tracer);
		if (sink_keep_header(sink, err))
			return -1;
	}
	tracer_flush(tracer);
	return 0;
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
		.journal = options->journal,
		.result = options->result,
		.identity = options->identity,
		.args = options->args,
		.names = options->names,
	};
	struct sandbox sandbox;
	struct command command;
	struct loop loop = {.epoll = -1, .signals = -1, .hotplug = -1, .tracer = &tracer, .command = &command};
	struct error err = {0};
	bool violated;
	int status;

	command_remember(&command);
	if (confine_prepare(&sandbox, options, &err) || keyed_open(&tracer.keyed, options, &err) ||
	    loop_open(&loop, &err) || open_sink(&sink, options, loop.signals, &err) ||
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
	host_read(&style.host);
	style.users = options->user ? users_read("/etc/passwd") : NULL;
	if (write_header(&tracer, &err) || confine(&sandbox, &tracer, &command, &err)) {
		complain(&err);
		status = err.status;
		goto out;
	}
	print_banner(&tracer);
	command_release(&command);

	status = loop_run(&loop);
	if (finish(&tracer, &violated) && status == STATUS_OK)
		status = STATUS_FAILURE;
	/* It may go on after -n, --duration or a reader that went away; its status is ours all the same. */
	command_wait(&command, &loop.before);
	if (status == STATUS_OK && command.ended)
		status = command.status;
	if (status == STATUS_OK && violated)
		status = STATUS_FAILURE;
out:
	command_abandon(&command);
	users_free(style.users);
	tracer_close(&tracer);
	sink_close(&sink);
	loop_close(&loop);
	keyed_close(&tracer.keyed);
	return status;
}

/* What a small build lacks. */
static void print_left_out(const char *before)
{
	for (const char *const *part = parts_left_out; *part; part++) {
		printf("%s%s", before, *part);
		before = ", ";
	}
	if (parts_left_out[0])
		printf("\n");
}

static int run(const struct options *options)
{
	switch (options->action) {
	case ACTION_HELP:
		fputs(options_help, stdout);
		print_left_out("This is a small build, without: ");
		return STATUS_OK;
	case ACTION_VERSION:
		puts("connsnoop " CONNSNOOP_VERSION);
		print_left_out("small build, without: ");
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
