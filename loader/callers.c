// SPDX-License-Identifier: GPL-2.0-or-later
#include "callers.h"

#include <stdio.h>

/* Formats whose records have a place for the program, the parent and the container. */
static bool tells_all(const struct options *options)
{
	return options->identity || options->format == FORMAT_TRACEE || options->format == FORMAT_ECS ||
	       options->format == FORMAT_OCSF || options->by & 1U << BY_CGROUP;
}

int callers_open(struct callers *callers, const struct options *options, bool kernel_filters_cgroups, uint32_t own_tgid,
		 struct error *err)
{
	const struct filter *filter = &options->filter;
	struct identity_wants wants = {.proc = "/proc", .args = options->args, .own_tgid = own_tgid};

	callers->filter = filter;
	callers->about = tells_all(options);
	callers->net_ns = filter->netns.count || options->by & 1U << BY_NETNS;
	callers->cgroups = filter->cgroups.count && !kernel_filters_cgroups;
	if (!callers->about && !callers->net_ns && !callers->cgroups)
		return 0;
	wants.about = callers->about;
	wants.cgroups = callers->cgroups ? &filter->cgroups : NULL;
	if (identities_open(&callers->identities, &wants, err))
		return -1;
	if (identities_strange_proc(callers->identities))
		fprintf(stderr,
			"connsnoop: /proc here is not that of the initial PID namespace: callers outside of this one can't be looked up; start connsnoop where it is (docker: --pid=host)\n");
	return 0;
}

void callers_close(struct callers *callers)
{
	identities_close(callers->identities);
}

bool callers_pass(struct callers *callers, struct attempt *attempt)
{
	if (callers->net_ns)
		identities_fill_net_ns(callers->identities, attempt);
	if (!filter_passes_netns(callers->filter, attempt))
		return false;
	return !callers->cgroups || identities_in_cgroups(callers->identities, attempt);
}

void callers_look(struct callers *callers, const struct attempt *attempt)
{
	if (callers->about)
		identities_look(callers->identities, attempt);
}

void callers_fill(struct callers *callers, struct attempt *attempt)
{
	if (callers->about)
		identities_fill(callers->identities, attempt);
}

static void report(uint64_t count, const char *what, const char *consequence)
{
	if (count)
		fprintf(stderr, "connsnoop: the %s of %llu attempts could not be told%s\n", what,
			(unsigned long long)count, consequence);
}

void callers_report(const struct callers *callers)
{
	struct identity_gaps gaps;

	if (!callers->identities)
		return;
	gaps = identities_gaps(callers->identities);
	report(gaps.cgroup, "cgroup",
	       callers->filter->cgroups.negated ? ": their processes had ended; they passed --cgroup"
						: ": their processes had ended; --cgroup held them back");
	report(gaps.net_ns, "network namespace",
	       !callers->filter->netns.count	? ": their processes had ended"
	       : callers->filter->netns.negated ? ": their processes had ended; they passed --netns"
						: ": their processes had ended; --netns held them back");
	report(gaps.refused, "program", ": the kernel says EACCES; CAP_SYS_PTRACE is needed");
}
