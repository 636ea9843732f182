/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options want to know of those who connect, and the filters that need it: who asks loader/identity for what. */
#ifndef CONNSNOOP_CALLERS_H
#define CONNSNOOP_CALLERS_H

#include "identity.h"
#include "options.h"

struct callers {
	const struct filter *filter;
	struct identities *identities; /* NULL: nothing is wanted */
	bool about;		       /* all of it is shown */
	bool net_ns;		       /* is filtered or counted by */
	bool cgroups;		       /* are filtered by here and not in the kernel */
};

/* `own_tgid`: ours as attempts have it. Says on standard error where /proc can't tell. Status of a failure: STATUS_FAILURE. */
int callers_open(struct callers *callers, const struct options *options, bool kernel_filters_cgroups, uint32_t own_tgid,
		 struct error *err);
void callers_close(struct callers *callers);

/* The filters on cgroups and network namespaces; the others come first, since these look things up. */
bool callers_pass(struct callers *callers, struct attempt *attempt);
/* For an attempt that is shown later. */
void callers_look(struct callers *callers, const struct attempt *attempt);
/* Fills in what is shown of it; pointers last until the next call here. */
void callers_fill(struct callers *callers, struct attempt *attempt);
/* Says on standard error how often it could not be told. */
void callers_report(const struct callers *callers);

#endif
