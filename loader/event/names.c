// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <strings.h>
#include <sys/socket.h>

/* include/linux/socket.h; numbers, since the libc that builds this may be older than the kernel that runs it. */
static const char *const families[] = {
	[0] = "AF_UNSPEC",    [1] = "AF_UNIX",	      [2] = "AF_INET",	   [3] = "AF_AX25",	[4] = "AF_IPX",
	[5] = "AF_APPLETALK", [6] = "AF_NETROM",      [7] = "AF_BRIDGE",   [8] = "AF_ATMPVC",	[9] = "AF_X25",
	[10] = "AF_INET6",    [11] = "AF_ROSE",	      [12] = "AF_DECnet",  [13] = "AF_NETBEUI", [14] = "AF_SECURITY",
	[15] = "AF_KEY",      [16] = "AF_NETLINK",    [17] = "AF_PACKET",  [18] = "AF_ASH",	[19] = "AF_ECONET",
	[20] = "AF_ATMSVC",   [21] = "AF_RDS",	      [22] = "AF_SNA",	   [23] = "AF_IRDA",	[24] = "AF_PPPOX",
	[25] = "AF_WANPIPE",  [26] = "AF_LLC",	      [27] = "AF_IB",	   [28] = "AF_MPLS",	[29] = "AF_CAN",
	[30] = "AF_TIPC",     [31] = "AF_BLUETOOTH",  [32] = "AF_IUCV",	   [33] = "AF_RXRPC",	[34] = "AF_ISDN",
	[35] = "AF_PHONET",   [36] = "AF_IEEE802154", [37] = "AF_CAIF",	   [38] = "AF_ALG",	[39] = "AF_NFC",
	[40] = "AF_VSOCK",    [41] = "AF_KCM",	      [42] = "AF_QIPCRTR", [43] = "AF_SMC",	[44] = "AF_XDP",
	[45] = "AF_MCTP",
};

/* By constant: MIPS has SOCK_DGRAM 1 and SOCK_STREAM 2. */
static const char *const types[] = {
	[SOCK_STREAM] = "SOCK_STREAM", [SOCK_DGRAM] = "SOCK_DGRAM",	    [SOCK_RAW] = "SOCK_RAW",
	[SOCK_RDM] = "SOCK_RDM",       [SOCK_SEQPACKET] = "SOCK_SEQPACKET", [6] = "SOCK_DCCP",
	[10] = "SOCK_PACKET",
};

#define LOOK_UP(table, number) ((number) < sizeof(table) / sizeof((table)[0]) ? (table)[number] : NULL)

const char *family_name(unsigned int family)
{
	return LOOK_UP(families, family);
}

int family_number(const char *name)
{
	if (!strncasecmp(name, "AF_", 3))
		name += 3;
	for (unsigned int i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (!strcasecmp(name, families[i] + 3))
			return (int)i;
	}
	return -1;
}

const char *type_name(unsigned int type)
{
	return LOOK_UP(types, type);
}

int type_number(const char *name)
{
	if (!strncasecmp(name, "SOCK_", 5))
		name += 5;
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i] && !strcasecmp(name, types[i] + 5))
			return (int)i;
	}
	return -1;
}

const char *via_name(enum via via)
{
	static const char *const names[] = {"unknown", "connect", "socketcall", "io_uring"};

	return names[via];
}
