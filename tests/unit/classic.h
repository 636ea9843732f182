/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Classic BPF as net/core/filter.c runs it for a packet socket, as far as our filter goes. */
#ifndef CONNSNOOP_CLASSIC_H
#define CONNSNOOP_CLASSIC_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* A packet that comes by: from its network header on, as a SOCK_DGRAM socket sees it. */
struct model_packet {
	uint16_t protocol; /* ETH_P_* */
	uint8_t type;	   /* PACKET_* */
	uint32_t index;	   /* of the interface */
	uint64_t stamp;	   /* ns, CLOCK_REALTIME; 0: the kernel gives none */
	const void *bytes;
	size_t len;
};

/* How many bytes of it pass. A program that is none ends the test. */
uint32_t classic_run(const struct sock_fprog *program, const struct model_packet *packet);

#endif
