// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine.h"

#include "capability.h"

#include <stdio.h>
#include <string.h>

int confine_prepare(struct sandbox *sandbox, const struct options *options, struct error *err)
{
	*sandbox = (struct sandbox){.confine = !options->no_sandbox};
	return options->run_as ? sandbox_find_user(sandbox, options->run_as, err) : 0;
}

/* Files that are opened by name later: on SIGHUP, when they are full, or at the end. */
static void find_places(struct sandbox *sandbox, const struct options *options)
{
	const char *syslog = options->syslog;

	if (options->output)
		sandbox->places[0] = (struct sandbox_place){options->output, "-o", false};
	if (options->learn)
		sandbox->places[1] = (struct sandbox_place){options->learn, "--learn", false};
	if (syslog && !*syslog)
		sandbox->places[2] = (struct sandbox_place){"/dev/log", "--syslog", true};
	else if (syslog && !strncmp(syslog, "unix:", 5))
		sandbox->places[2] = (struct sandbox_place){syslog + 5, "--syslog", true};
}

static void say(const struct sandbox *sandbox, bool verbose)
{
	char kept[192];

	for (size_t i = 0; i < SANDBOX_PLACES; i++) {
		if (sandbox->closed[i].status)
			fprintf(stderr, "connsnoop: %s\n", sandbox->closed[i].text);
	}
	if (sandbox->unfiltered.status)
		fprintf(stderr, "connsnoop: %s\n", sandbox->unfiltered.text);
	if (!verbose || !(sandbox->confine || sandbox->user))
		return;
	capability_list(sandbox->kept, kept, sizeof(kept));
	fprintf(stderr, "connsnoop: capabilities that are kept: %s; system calls are %sfiltered\n", kept,
		sandbox->filtered ? "" : "not ");
}

int confine(struct sandbox *sandbox, const struct tracer *tracer, const struct command *command, struct error *err)
{
	const struct options *options = tracer->options;

	/* Mapped rings are there for all that are mapped, whether online or not. */
	sandbox->rings = tracer->mapped_cpus < tracer->cpus;
	sandbox->others = tracer->callers.identities || tracer->results;
	sandbox->peers = options->syslog || options->journal || options->canary;
	sandbox->command = command->pid;
	find_places(sandbox, options);
	if (sandbox_enter(sandbox, err))
		return -1;
	say(sandbox, options->verbose);
	return 0;
}
