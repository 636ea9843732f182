// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connect functions of protocols: struct proto_ops.connect, int (struct socket *, struct sockaddr *, int, int), called
 * by the system call right after the security hook. For kernels that have no security hook to probe.
 *
 * One attempt must be one event, so functions that end in another of the list are left out: smc_connect and
 * mptcp_stream_connect go on to inet_stream_connect. Kernel code that connects by itself passes here too, and is told
 * apart by the system call that the task is in.
 */
#include "private.h"

#include "symbols.h"
#include "sys.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

/* The first is what the self-proof goes through. sock_no_connect serves AF_PACKET, AF_KEY, AF_ALG, CAN_RAW and others. */
static const char *const functions[] = {
	"inet_dgram_connect",	"inet_stream_connect",
	"unix_stream_connect",	"unix_dgram_connect",
	"netlink_connect",	"sock_no_connect",
	"vsock_stream_connect", "vsock_connect",
	"vsock_dgram_connect",	"sctp_inet_connect",
	"l2cap_sock_connect",	"rfcomm_sock_connect",
	"sco_sock_connect",	"iso_sock_connect",
	"bcm_connect",		"j1939_sk_connect",
	"tipc_connect",		"rds_connect",
	"pppoe_connect",	"pppol2tp_connect",
	"pptp_connect",		"x25_connect",
	"ax25_connect",		"rose_connect",
	"nr_connect",		"atalk_connect",
	"ipx_connect",		"llc_ui_connect",
	"irda_connect",		"caif_connect",
	"dn_connect",		"qrtr_connect",
	"rxrpc_connect",	"pn_socket_connect",
	"llcp_sock_connect",	"rawsock_connect",
	"iucv_sock_connect",	"ieee802154_sock_connect",
	"pvc_connect",		"svc_connect",
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))
#define ESSENTIAL 4 /* inet's and unix's: every kernel has them */
_Static_assert(FUNCTIONS <= HOOK_PLACES_MAX, "a place for each");

static int add_place(struct hook *hook, const char *symbol, const struct hook_parts *parts, struct error *err)
{
	int place = hook->place_count, prog;

	if (object_set_constant(parts->object, "PLACE", (uint64_t)place, err))
		return -1;
	prog = object_load_program(parts->object, "kprobe/connect", BPF_PROG_TYPE_KPROBE, parts->kernel, err);
	if (prog < 0)
		return -1;
	if (probe_open_kprobe(&hook->probes[place], symbol, prog, err)) {
		sys_close(prog);
		return -1;
	}
	hook->probes[place].prog = prog;
	snprintf(hook->places[place], sizeof(hook->places[place]), "proto:%.70s", symbol);
	hook->place_count++;
	return 0;
}

/*
 * One reading of the list of symbols is cheaper than asking for each: before 6.2 the kernel goes through all of them for
 * every name. It also finds what link-time optimisation renamed. Without a list the names are tried as they are.
 */
static bool find_functions(struct symbol symbols[FUNCTIONS])
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		symbols[i] = (struct symbol){.wanted = functions[i]};
	if (symbols_find(symbols, FUNCTIONS) > 0)
		return true;
	for (size_t i = 0; i < FUNCTIONS; i++)
		snprintf(symbols[i].found, sizeof(symbols[i].found), "%s", functions[i]);
	return false;
}

int proto_start(struct hook *hook, const struct hook_parts *parts, struct error *err)
{
	struct symbol symbols[FUNCTIONS];
	struct error refusal;
	bool listed;

	strcpy(hook->name, "proto");
	/* The first is exported, so that it has no other name: it is tried before the list is read, which takes longest. */
	if (learn_by_kprobe(hook, functions[0], parts, err) || learn_set_constants(hook, parts, err) ||
	    follow_start(hook, parts, err) || add_place(hook, functions[0], parts, err))
		return -1;
	listed = find_functions(symbols);
	for (size_t i = 1; i < FUNCTIONS; i++) {
		/* One that is there and can't be probed is a protocol that would be missed without a word. */
		if (symbols[i].found[0] && add_place(hook, symbols[i].found, parts, &refusal) &&
		    (listed || i < ESSENTIAL) && !hook->unseen++)
			snprintf(hook->why_unseen, sizeof(hook->why_unseen), "%.300s", refusal.text);
	}
	hook->by_pmu = hook->probes[0].tracefs < 0;
	return 0;
}
