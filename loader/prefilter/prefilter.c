// SPDX-License-Identifier: GPL-2.0-or-later
/* Which filter goes where: one function for each. */
#include "private.h"

#include "cgroup2.h"
#include "event.h"
#include "kernel.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct plan {
	struct prefilter *prefilter;
	struct object *object;
	struct error *err;
	bool failed;
};

static void set(struct plan *plan, const char *constant, uint64_t value)
{
	if (!plan->failed && object_set_constant(plan->object, constant, value, plan->err))
		plan->failed = true;
}

static void size_map(struct plan *plan, const char *map, size_t entries)
{
	if (!plan->failed && object_resize_map(plan->object, map, (uint32_t)entries, plan->err))
		plan->failed = true;
}

/* What stays for the reader to do is said, with the reason. */
static void leave(struct plan *plan, const char *option, const char *reason)
{
	char *text = plan->prefilter->in_reader;
	size_t used = strlen(text);

	plan->prefilter->exact = false;
	snprintf(text + used, sizeof(plan->prefilter->in_reader) - used, "%s%s (%s)", used ? ", " : "", option, reason);
}

static uint64_t mode_of(bool negated, bool one)
{
	return FILTER_ON | (one ? FILTER_ONE : 0) | (negated ? FILTER_NOT : 0);
}

/* A single number is compared with; a few thousand are looked up. */
static void plan_numbers(struct plan *plan, const struct ranges *ranges, const struct number_list *list)
{
	uint64_t count = ranges_size(ranges), mode = 0;
	char constant[32];

	if (count > LIST_MAX)
		leave(plan, list->option, "more numbers than a list in the kernel holds");
	else if (count)
		mode = mode_of(ranges->negated, count == 1);
	snprintf(constant, sizeof(constant), "%s_MODE", list->constant);
	set(plan, constant, mode);
	snprintf(constant, sizeof(constant), "%s_ONE", list->constant);
	set(plan, constant, mode & FILTER_ONE ? ranges->range[0].first : 0);
	size_map(plan, list->map, mode && !(mode & FILTER_ONE) ? list->entries ? list->entries : count : 0);
}

/* Those whose descendants are followed are a list that grows, and all of it is the kernel's. */
static void plan_followed(struct plan *plan)
{
	set(plan, "PID_MODE", FILTER_ON);
	set(plan, "PID_ONE", 0);
	size_map(plan, "pids", FOLLOWED_MAX);
}

static void plan_families(struct plan *plan, const struct filter *filter)
{
	set(plan, "FAMILIES", filter->families == FAMILIES_ANY ? 0 : filter->families);
}

/* Bits of the types that pass, those of UNIX sockets 16 further up; 0 where all do. */
static void plan_types(struct plan *plan, const struct filter *filter)
{
	uint32_t pass = 0;

	for (uint16_t type = 0; type < 16; type++) {
		pass |= (uint32_t)filter_passes_type(filter, AF_INET, type) << type;
		pass |= (uint32_t)filter_passes_type(filter, AF_UNIX, type) << (type + 16);
	}
	set(plan, "TYPES", pass == UINT32_MAX ? 0 : pass);
}

static void plan_comms(struct plan *plan, const struct patterns *comms)
{
	bool plain = true;

	for (size_t i = 0; i < comms->count; i++)
		plain &= pattern_is_plain(comms->pattern[i]);
	if (!plain)
		leave(plan, "--comm", "a pattern");
	set(plan, "COMM_MODE", plain && comms->count ? mode_of(comms->negated, false) : 0);
	size_map(plan, "comms", plain ? comms->count : 0);
}

static void plan_nets(struct plan *plan, const struct prefixes *nets)
{
	size_t v4 = 0;
	bool able = nets->count && kernel_has_tries();

	if (nets->count && !able)
		leave(plan, "--net", "the kernel has no prefix tries, which came with 4.11");
	for (size_t i = 0; i < nets->count; i++)
		v4 += nets->prefix[i].v4;
	set(plan, "NET_MODE", able ? mode_of(nets->negated, false) : 0);
	set(plan, "NETS4", able && v4);
	set(plan, "NETS6", able && v4 < nets->count);
	size_map(plan, "nets4", able ? v4 : 0);
	size_map(plan, "nets6", able ? nets->count - v4 : 0);
}

static void plan_paths(struct plan *plan, const struct patterns *paths)
{
	bool simple = true, able;

	for (size_t i = 0; i < paths->count; i++)
		simple &= pattern_is_prefix(paths->pattern[i]);
	able = simple && paths->count && kernel_has_tries();
	if (paths->count && !simple)
		leave(plan, "--unix-path", "a pattern other than PREFIX*");
	else if (paths->count && !able)
		leave(plan, "--unix-path", "the kernel has no prefix tries, which came with 4.11");
	set(plan, "PATH_MODE", able ? mode_of(paths->negated, false) : 0);
	size_map(plan, "paths", able ? 2 * paths->count : 0);
}

/* Only cgroups of version 2 can be asked about, and only from 4.8 on. */
static void plan_cgroups(struct plan *plan, const struct patterns *cgroups)
{
	const char *reason = NULL;

	if (cgroups->count > CGROUPS_MAX)
		reason = "more cgroups than the kernel is asked about";
	else if (cgroups->count && !kernel_has_cgroup_test())
		reason = "the kernel can't tell, which came with 4.8";
	else if (cgroups->count && !cgroup2_all_exist(cgroups->pattern, cgroups->count))
		reason = "not in the cgroup hierarchy of version 2";
	if (reason)
		leave(plan, "--cgroup", reason);
	plan->prefilter->cgroups = cgroups->count && !reason;
	set(plan, "CGROUPS", plan->prefilter->cgroups ? cgroups->count : 0);
	set(plan, "CGROUPS_NOT", cgroups->negated);
	size_map(plan, "cgroups", plan->prefilter->cgroups ? cgroups->count : 0);
}

int prefilter_plan(struct prefilter *prefilter, const struct filter *filter, bool follow, struct object *object,
		   struct error *err)
{
	static const struct number_list pids = {"-p", "PID", "pids", 0}, uids = {"-u", "UID", "uids", 0},
					ports = {"-P", "PORT", "ports", PORT_WORDS},
					netns = {"--netns", "NETNS", "netns", 0};
	struct plan plan = {.prefilter = prefilter, .object = object, .err = err};

	*prefilter = (struct prefilter){.exact = true};
	if (follow)
		plan_followed(&plan);
	else
		plan_numbers(&plan, &filter->pids, &pids);
	plan_numbers(&plan, &filter->uids, &uids);
	plan_numbers(&plan, &filter->ports, &ports);
	plan_families(&plan, filter);
	plan_types(&plan, filter);
	plan_comms(&plan, &filter->comms);
	plan_nets(&plan, &filter->nets);
	plan_paths(&plan, &filter->paths);
	plan_cgroups(&plan, &filter->cgroups);
	plan_numbers(&plan, &filter->netns, &netns);
	/* Sums are kept before the namespace is looked at. */
	prefilter->exact &= !filter->netns.count;
	return plan.failed ? -1 : 0;
}
