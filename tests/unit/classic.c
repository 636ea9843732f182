// SPDX-License-Identifier: GPL-2.0-or-later
#include "classic.h"

#include <stdbool.h>
#include <stdlib.h>

static bool load(const struct model_packet *packet, uint32_t at, uint32_t size, uint32_t *value)
{
	const uint8_t *bytes = packet->bytes;

	if (at == (uint32_t)SKF_AD_OFF + SKF_AD_PROTOCOL)
		*value = packet->protocol;
	else if (at == (uint32_t)SKF_AD_OFF + SKF_AD_PKTTYPE)
		*value = packet->type;
	else if (at == (uint32_t)SKF_AD_OFF + SKF_AD_IFINDEX)
		*value = packet->index;
	else if (at > packet->len || size > packet->len - at)
		return false;
	else
		for (*value = 0; size; size--)
			*value = *value << 8 | bytes[at++];
	return true;
}

static uint32_t size_of(uint16_t code)
{
	return BPF_SIZE(code) == BPF_B ? 1 : BPF_SIZE(code) == BPF_H ? 2 : 4;
}

/* bpf_check_classic(): jumps go forward and stay within, and the last instruction returns. */
static void check(const struct sock_fprog *program)
{
	for (int i = 0; i < program->len; i++) {
		const struct sock_filter *insn = &program->filter[i];
		bool jumps = BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA;
		uint32_t most = BPF_CLASS(insn->code) != BPF_JMP ? 0
				: !jumps			 ? insn->k
				: insn->jt > insn->jf		 ? insn->jt
								 : insn->jf;

		if (i + 1 + most >= program->len && BPF_CLASS(insn->code) != BPF_RET)
			abort();
	}
}

uint32_t classic_run(const struct sock_fprog *program, const struct model_packet *packet)
{
	uint32_t a = 0, x = 0;

	check(program);
	for (const struct sock_filter *insn = program->filter;; insn++) {
		switch (insn->code) {
		case BPF_LD | BPF_B | BPF_ABS:
		case BPF_LD | BPF_H | BPF_ABS:
		case BPF_LD | BPF_W | BPF_ABS:
			if (!load(packet, insn->k, size_of(insn->code), &a))
				return 0;
			break;
		case BPF_LD | BPF_B | BPF_IND:
		case BPF_LD | BPF_H | BPF_IND:
			if (!load(packet, x + insn->k, size_of(insn->code), &a))
				return 0;
			break;
		case BPF_LDX | BPF_B | BPF_MSH:
			if (!load(packet, insn->k, 1, &x))
				return 0;
			x = 4 * (x & 15);
			break;
		case BPF_LDX | BPF_IMM:
			x = insn->k;
			break;
		case BPF_JMP | BPF_JA:
			insn += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			insn += a == insn->k ? insn->jt : insn->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			insn += a & insn->k ? insn->jt : insn->jf;
			break;
		case BPF_RET | BPF_K:
			return insn->k;
		default:
			abort();
		}
	}
}
