// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the constants decided is taken out before the kernel sees the program. From 5.1 on the verifier does that itself
 * (opt_remove_dead_code(), kernel/bpf/verifier.c); before, a feature that is off costs its test on every run and its
 * whole length of the 4096 instructions that a program may have.
 *
 * Instructions are removed, and operands become numbers; none is moved and no access to memory is added or changed, so
 * that what an old verifier knows of a register is what it knew before or more. Programs without loops only: with each
 * instruction looked at behind all that lead to it, one walk forward finds the constants and one back what is not read.
 */
#include "private.h"

#include <stdlib.h>
#include <string.h>

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)
#define JA	 (BPF_JMP | BPF_JA)
#define CALL	 (BPF_JMP | BPF_CALL)
#define EXIT	 (BPF_JMP | BPF_EXIT)

/* All that can be written: r10 is not a constant and always live. */
#define REGS 10
/* Each round can find more where the one before made two ways one. Deeper nesting than this is left as it is. */
#define ROUNDS_MAX 64

struct regs {
	uint64_t value[REGS];
	uint16_t known; /* bit n: rn is value[n] */
};

enum colour {
	NEW,
	OPEN, /* on the way from the first instruction to this one */
	DONE,
};

/* One for each instruction, and two arrays beside. */
struct spot {
	struct regs regs; /* on entry, whichever way led here */
	uint16_t live;	  /* bit n: what rn holds on entry may be read */
	uint16_t place;	  /* index in the shorter program */
	uint8_t colour;
	uint8_t tried; /* how many ways from here were walked */
	bool half;     /* the second half of an ld_imm64 */
	bool reached;
	bool kept;     /* reached, and not without effect */
	bool aimed_at; /* by a jump */

	uint16_t order;	 /* entries [first, count): indices of instructions, each behind all that lead to it */
	uint16_t walked; /* entries [0, depth): the way to the one that is looked at */
};

struct prune {
	struct bpf_insn *insns;
	struct spot *spots;
	size_t count, first;
	bool changed;
};

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == LD_IMM64;
}

static bool is_alu(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU || BPF_CLASS(insn->code) == BPF_ALU64;
}

static bool is_jump(const struct bpf_insn *insn)
{
	return (BPF_CLASS(insn->code) == BPF_JMP && insn->code != CALL && insn->code != EXIT) ||
	       BPF_CLASS(insn->code) == BPF_JMP32;
}

/* r2 = xchg_64(r1 + 0, r2): the one atomic operation that is made use of, and only from 5.12 on. */
static bool is_exchange(const struct bpf_insn *insn)
{
	return insn->code == (BPF_STX | BPF_ATOMIC | BPF_DW) && insn->imm == BPF_XCHG;
}

static bool is_32_bits(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU || BPF_CLASS(insn->code) == BPF_JMP32;
}

/* --- what is understood --- */

static bool alu_is_understood(const struct bpf_insn *insn)
{
	int op = BPF_OP(insn->code);

	/* An offset makes a division signed and a move extend a sign (version 4). */
	if (op > BPF_END || insn->off || insn->dst_reg >= REGS)
		return false;
	if (op == BPF_END)
		return BPF_CLASS(insn->code) == BPF_ALU;
	if ((op == BPF_DIV || op == BPF_MOD) && BPF_SRC(insn->code) == BPF_K && !insn->imm)
		return false;
	return BPF_SRC(insn->code) == BPF_X ? !insn->imm && op != BPF_NEG : !insn->src_reg;
}

static bool jump_is_understood(const struct bpf_insn *insn)
{
	int op = BPF_OP(insn->code);

	/* Calls of functions and of the kernel's own ones have a kind in src_reg. */
	if (op == BPF_JA || op == BPF_CALL || op == BPF_EXIT)
		return (insn->code == JA || insn->code == CALL || insn->code == EXIT) && !insn->src_reg;
	return op <= BPF_JSLE && (BPF_SRC(insn->code) == BPF_X ? !insn->imm : !insn->src_reg);
}

static bool is_understood(const struct bpf_insn *insn)
{
	int mode = insn->code & 0xe0;

	if (insn->dst_reg > REGS || insn->src_reg > REGS)
		return false;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_is_understood(insn);
	case BPF_LD:
		return is_wide(insn) && !insn->off && insn->dst_reg < REGS && insn->src_reg <= BPF_PSEUDO_MAP_FD;
	case BPF_LDX:
		return mode == BPF_MEM && insn->dst_reg < REGS;
	case BPF_ST:
		return mode == BPF_MEM;
	case BPF_STX:
		return mode == BPF_MEM || (mode == BPF_XADD && !insn->imm) ||
		       (is_exchange(insn) && insn->src_reg < REGS);
	default:
		return jump_is_understood(insn);
	}
}

/* Where it goes from an instruction: to none, one or two places. */
static int ways_from(const struct prune *prune, size_t at, size_t to[2])
{
	const struct bpf_insn *insn = &prune->insns[at];
	int ways = 0;

	if (insn->code != JA && insn->code != EXIT)
		to[ways++] = at + 1 + is_wide(insn);
	if (is_jump(insn))
		to[ways++] = at + 1 + (size_t)insn->off;
	return ways;
}

/* Every instruction, and where it goes: from here on no index needs to be looked at again. */
static bool all_is_understood(struct prune *prune)
{
	size_t at, to[2];

	for (at = 0; at < prune->count; at++) {
		const struct bpf_insn *insn = &prune->insns[at];

		if (!is_understood(insn))
			return false;
		if (!is_wide(insn))
			continue;
		if (++at == prune->count || insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
			return false;
		prune->spots[at].half = true;
	}
	for (at = 0; at < prune->count; at += 1 + (size_t)is_wide(&prune->insns[at])) {
		for (int ways = ways_from(prune, at, to); ways; ways--) {
			if (to[ways - 1] >= prune->count || prune->spots[to[ways - 1]].half)
				return false;
		}
	}
	return true;
}

/* Depth first, which lists an instruction when all that follow it are listed. False: there is a loop. */
static bool put_in_order(struct prune *prune)
{
	struct spot *spots = prune->spots;
	size_t depth = 1, to[2];

	prune->first = prune->count;
	spots[0].walked = 0;
	while (depth) {
		size_t at = spots[depth - 1].walked;

		spots[at].colour = OPEN;
		if (spots[at].tried < ways_from(prune, at, to)) {
			size_t next = to[spots[at].tried++];

			if (spots[next].colour == OPEN)
				return false;
			if (spots[next].colour == NEW)
				spots[depth++].walked = (uint16_t)next;
		} else {
			spots[at].colour = DONE;
			spots[--prune->first].order = (uint16_t)at;
			depth--;
		}
	}
	return true;
}

/* --- forward: constants, and what they decide --- */

static bool is_known(const struct regs *regs, unsigned int reg)
{
	return regs->known >> reg & 1;
}

static void set(struct regs *regs, unsigned int reg, bool known, uint64_t value)
{
	regs->known = (uint16_t)((regs->known & ~(1U << reg)) | (unsigned int)known << reg);
	regs->value[reg] = value;
}

/* The two sides of an operation or comparison, as far as they are known, in its width. */
struct sides {
	bool a_known, b_known;
	uint64_t a, b;
};

static struct sides sides_of(const struct regs *regs, const struct bpf_insn *insn)
{
	struct sides sides = {
		.a_known = is_known(regs, insn->dst_reg),
		.b_known = BPF_SRC(insn->code) == BPF_K || is_known(regs, insn->src_reg),
	};

	if (sides.a_known)
		sides.a = regs->value[insn->dst_reg];
	if (sides.b_known)
		sides.b = BPF_SRC(insn->code) == BPF_K ? (uint64_t)(int64_t)insn->imm : regs->value[insn->src_reg];
	if (is_32_bits(insn)) {
		sides.a = (uint32_t)sides.a;
		sides.b = (uint32_t)sides.b;
	}
	return sides;
}

/* Both are known. Not what kernels did not always agree about: division by 0, and shifts by more than there is. */
static bool calculate(const struct bpf_insn *insn, uint64_t a, uint64_t b, uint64_t *result)
{
	bool narrow = is_32_bits(insn);
	int op = BPF_OP(insn->code);

	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && b >= (narrow ? 32 : 64))
		return false;
	switch (op) {
	case BPF_ADD:
		*result = a + b;
		break;
	case BPF_SUB:
		*result = a - b;
		break;
	case BPF_MUL:
		*result = a * b;
		break;
	case BPF_OR:
		*result = a | b;
		break;
	case BPF_AND:
		*result = a & b;
		break;
	case BPF_XOR:
		*result = a ^ b;
		break;
	case BPF_LSH:
		*result = a << b;
		break;
	case BPF_RSH:
		*result = a >> b;
		break;
	case BPF_ARSH:
		*result = narrow ? (uint64_t)((int32_t)a >> b) : (uint64_t)((int64_t)a >> b);
		break;
	case BPF_NEG:
		*result = 0 - a;
		break;
	case BPF_MOV:
		*result = b;
		break;
	default:
		return false;
	}
	if (narrow)
		*result = (uint32_t)*result;
	return true;
}

static bool result_of(const struct bpf_insn *insn, const struct sides *sides, uint64_t *result)
{
	int op = BPF_OP(insn->code);
	bool zero = (sides->a_known && !sides->a) || (sides->b_known && !sides->b);

	/* Whatever the other side is: a mask of 0 is a feature that is off. */
	if ((op == BPF_AND || op == BPF_MUL) && zero) {
		*result = 0;
		return true;
	}
	return (sides->a_known || op == BPF_MOV) && (sides->b_known || op == BPF_NEG) &&
	       calculate(insn, sides->a, sides->b, result);
}

/* One side is 0, the other anything. */
static bool decide_by_zero(int op, const struct sides *sides, bool *taken)
{
	bool a_zero = sides->a_known && !sides->a, b_zero = sides->b_known && !sides->b;

	switch (op) {
	case BPF_JSET:
		*taken = false;
		return a_zero || b_zero;
	case BPF_JGE:
	case BPF_JLT:
		*taken = op == BPF_JGE;
		return b_zero;
	case BPF_JLE:
	case BPF_JGT:
		*taken = op == BPF_JLE;
		return a_zero;
	default:
		return false;
	}
}

/* Whether the constants know which way it goes. */
static bool decide(const struct bpf_insn *insn, const struct sides *sides, bool *taken)
{
	bool narrow = is_32_bits(insn);
	int64_t a = narrow ? (int32_t)sides->a : (int64_t)sides->a;
	int64_t b = narrow ? (int32_t)sides->b : (int64_t)sides->b;
	int op = BPF_OP(insn->code);

	if (!sides->a_known || !sides->b_known)
		return decide_by_zero(op, sides, taken);
	*taken = op == BPF_JEQ	  ? sides->a == sides->b
		 : op == BPF_JNE  ? sides->a != sides->b
		 : op == BPF_JGT  ? sides->a > sides->b
		 : op == BPF_JGE  ? sides->a >= sides->b
		 : op == BPF_JLT  ? sides->a < sides->b
		 : op == BPF_JLE  ? sides->a <= sides->b
		 : op == BPF_JSET ? (sides->a & sides->b) != 0
		 : op == BPF_JSGT ? a > b
		 : op == BPF_JSGE ? a >= b
		 : op == BPF_JSLT ? a < b
				  : a <= b;
	return true;
}

static bool fits(uint64_t value)
{
	return value == (uint64_t)(int64_t)(int32_t)value;
}

static struct bpf_insn move(unsigned int reg, uint64_t value)
{
	return (struct bpf_insn){.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg & 0xf, .imm = (int32_t)value};
}

/* A number in place of the register that holds it: the load of the register may be left without a reader. */
static void use_number(struct bpf_insn *insn, const struct sides *sides)
{
	int op = BPF_OP(insn->code), bits = is_32_bits(insn) ? 32 : 64;

	if (BPF_SRC(insn->code) != BPF_X || !sides->b_known || !(is_32_bits(insn) || fits(sides->b)))
		return;
	/* Where the verifier is stricter with numbers than with registers, and where X is not for a register. */
	if (is_alu(insn) && (op == BPF_DIV || op == BPF_MOD || op == BPF_END ||
			     ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && sides->b >= (unsigned int)bits)))
		return;
	insn->code ^= BPF_X;
	insn->src_reg = 0;
	insn->imm = (int32_t)sides->b;
}

/* r1 += 0 and the like. In 32 bits it would clear the upper half. */
static bool changes_nothing(const struct bpf_insn *insn)
{
	int op = BPF_OP(insn->code);

	return BPF_CLASS(insn->code) == BPF_ALU64 && BPF_SRC(insn->code) == BPF_K && !insn->imm &&
	       (op == BPF_ADD || op == BPF_SUB || op == BPF_OR || op == BPF_XOR || op == BPF_LSH || op == BPF_RSH ||
		op == BPF_ARSH);
}

static void step_alu(struct prune *prune, size_t at, struct regs *regs)
{
	struct bpf_insn *insn = &prune->insns[at];
	struct sides sides = sides_of(regs, insn);
	uint64_t result = 0;
	bool known = result_of(insn, &sides, &result);

	if (known && fits(result))
		*insn = move(insn->dst_reg, result);
	else
		use_number(insn, &sides);
	if (changes_nothing(insn))
		prune->spots[at].kept = false;
	else
		set(regs, insn->dst_reg, known, result);
}

/* Past unconditional jumps. */
static size_t end_of_way(const struct prune *prune, size_t to)
{
	while (prune->insns[to].code == JA)
		to += 1 + (size_t)prune->insns[to].off;
	return to;
}

static void step_jump(struct prune *prune, size_t at, const struct regs *regs)
{
	struct bpf_insn *insn = &prune->insns[at];
	size_t target = at + 1 + (size_t)insn->off;
	struct sides sides = sides_of(regs, insn);
	bool taken;

	if (insn->code != JA && decide(insn, &sides, &taken)) {
		*insn = (struct bpf_insn){.code = JA};
		target = taken ? target : at + 1;
		prune->changed = true;
	} else if (insn->code != JA) {
		use_number(insn, &sides);
	}
	target = end_of_way(prune, target);
	insn->off = (int16_t)(target - at - 1);
	/* Also where it goes on to a jump that goes the same way. */
	if (!insn->off || (insn->code != JA && target == end_of_way(prune, at + 1)))
		prune->spots[at].kept = false;
}

static void step(struct prune *prune, size_t at, struct regs *regs)
{
	const struct bpf_insn *insn = &prune->insns[at];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		step_alu(prune, at, regs);
		break;
	case BPF_LD:
		set(regs, insn->dst_reg, !insn->src_reg, (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32);
		break;
	case BPF_LDX:
		set(regs, insn->dst_reg, false, 0);
		break;
	case BPF_STX:
		if (is_exchange(insn))
			set(regs, insn->src_reg, false, 0);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		if (is_jump(insn))
			step_jump(prune, at, regs);
		else if (insn->code == CALL)
			regs->known &= (uint16_t)~0x3f;
		break;
	}
}

/* One more way leads here: a register is known if it is on every way, and the same. */
static void join(struct spot *spot, const struct regs *regs)
{
	if (!spot->reached) {
		spot->reached = spot->kept = true;
		spot->regs = *regs;
		return;
	}
	spot->regs.known &= regs->known;
	for (unsigned int reg = 0; spot->regs.known >> reg; reg++) {
		if (regs->value[reg] != spot->regs.value[reg])
			spot->regs.known &= (uint16_t) ~(1U << reg);
	}
}

/* Ways that are never gone lead nowhere, so that what only they lead to is not kept. */
static void find_constants(struct prune *prune)
{
	size_t to[2];

	prune->spots[0].reached = prune->spots[0].kept = true;
	for (size_t i = prune->first; i < prune->count; i++) {
		size_t at = prune->spots[i].order;
		struct regs regs;

		if (!prune->spots[at].reached)
			continue;
		regs = prune->spots[at].regs;
		step(prune, at, &regs);
		for (int ways = ways_from(prune, at, to); ways; ways--)
			join(&prune->spots[to[ways - 1]], &regs);
	}
}

/* --- back: what is not read --- */

/* The registers that a helper looks at: include/uapi/linux/bpf.h. All five where it is not one that is known here. */
static unsigned int arguments(int32_t helper)
{
	switch (helper) {
	case BPF_FUNC_ktime_get_ns:
	case BPF_FUNC_get_smp_processor_id:
	case BPF_FUNC_get_current_pid_tgid:
	case BPF_FUNC_get_current_uid_gid:
	case BPF_FUNC_get_current_task:
	case BPF_FUNC_get_current_cgroup_id:
		return 0;
	case BPF_FUNC_map_lookup_elem:
	case BPF_FUNC_map_delete_elem:
	case BPF_FUNC_get_current_comm:
	case BPF_FUNC_current_task_under_cgroup:
	case BPF_FUNC_ringbuf_submit:
	case BPF_FUNC_ringbuf_discard:
		return 0x06;
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_user:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_user_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_ringbuf_reserve:
		return 0x0e;
	case BPF_FUNC_map_update_elem:
	case BPF_FUNC_ringbuf_output:
	case BPF_FUNC_get_ns_current_pid_tgid:
		return 0x1e;
	default:
		return 0x3e;
	}
}

static unsigned int reads(const struct bpf_insn *insn)
{
	unsigned int to = 1U << insn->dst_reg, from = 1U << insn->src_reg;
	bool both = BPF_SRC(insn->code) == BPF_X;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_OP(insn->code) == BPF_END)
			return to;
		return (BPF_OP(insn->code) == BPF_MOV ? 0 : to) | (both ? from : 0);
	case BPF_LDX:
		return from;
	case BPF_ST:
		return to;
	case BPF_STX:
		return to | from;
	case BPF_JMP:
	case BPF_JMP32:
		if (insn->code == JA)
			return 0;
		if (insn->code == CALL)
			return arguments(insn->imm);
		return insn->code == EXIT ? 1 : to | (both ? from : 0);
	default:
		return 0;
	}
}

static unsigned int writes(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code);

	if (insn->code == CALL)
		return 0x3f;
	if (is_exchange(insn))
		return 1U << insn->src_reg;
	return is_alu(insn) || class == BPF_LD || class == BPF_LDX ? 1U << insn->dst_reg : 0;
}

/* Before 4.16 a division by a register that is 0 ends the program (f6b1b3bf0d5f). */
static bool only_writes(const struct bpf_insn *insn)
{
	int class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if (is_alu(insn))
		return BPF_SRC(insn->code) == BPF_K || (op != BPF_DIV && op != BPF_MOD);
	return class == BPF_LD || class == BPF_LDX;
}

static void find_unread(struct prune *prune)
{
	size_t to[2];

	for (size_t i = prune->count; i > prune->first; i--) {
		size_t at = prune->spots[i - 1].order;
		struct spot *spot = &prune->spots[at];
		const struct bpf_insn *insn = &prune->insns[at];
		unsigned int live = 0;

		if (!spot->reached)
			continue;
		for (int ways = ways_from(prune, at, to); ways; ways--)
			live |= prune->spots[to[ways - 1]].live;
		if (only_writes(insn) && !(live & writes(insn)))
			spot->kept = false;
		spot->live = (uint16_t)(spot->kept ? (live & ~writes(insn)) | reads(insn) : live);
	}
}

/* --- what is left --- */

/*
 * `if r1 == 5 goto A; goto B; A:` is what stays of a longer condition; turned round it needs one jump. Only for == and
 * !=, since what is opposite to > came with 4.14.
 */
static void turn_jumps(struct prune *prune)
{
	struct spot *spots = prune->spots;

	for (size_t at = 0; at < prune->count; at += 1 + (size_t)is_wide(&prune->insns[at])) {
		if (spots[at].kept && is_jump(&prune->insns[at]))
			spots[at + 1 + (size_t)prune->insns[at].off].aimed_at = true;
	}
	for (size_t at = 0; at < prune->count; at += 1 + (size_t)is_wide(&prune->insns[at])) {
		struct bpf_insn *insn = &prune->insns[at], *next = insn + 1;
		int op = BPF_OP(insn->code);

		if (!spots[at].kept || !is_jump(insn) || (op != BPF_JEQ && op != BPF_JNE) || insn->off != 1)
			continue;
		if (next->code != JA || !spots[at + 1].kept || spots[at + 1].aimed_at)
			continue;
		insn->code ^= BPF_JEQ ^ BPF_JNE;
		insn->off = (int16_t)(1 + next->off);
		spots[at + 1].kept = false;
	}
}

static uint64_t number_of(const struct bpf_insn *insn)
{
	return (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
}

/* An ld_imm64 takes one place where a move does. 4.4 knows what a moved number is, and nothing of a loaded one. */
static size_t places_of(const struct bpf_insn *insn)
{
	return 1 + (is_wide(insn) && (insn->src_reg || !fits(number_of(insn))));
}

static size_t place_all(struct prune *prune)
{
	size_t place = 0;

	for (size_t at = 0; at < prune->count; at += 1 + (size_t)is_wide(&prune->insns[at])) {
		prune->spots[at].place = (uint16_t)place;
		if (prune->spots[at].kept)
			place += places_of(&prune->insns[at]);
	}
	return place;
}

static void close_gaps(struct prune *prune)
{
	size_t places = place_all(prune), size;

	for (size_t at = 0; at < prune->count; at += size) {
		struct bpf_insn insn[2] = {prune->insns[at]};
		size_t place = prune->spots[at].place;

		size = 1 + (size_t)is_wide(insn);
		if (!prune->spots[at].kept)
			continue;
		if (size == 2)
			insn[1] = prune->insns[at + 1];
		if (is_jump(insn))
			insn->off = (int16_t)(prune->spots[at + 1 + (size_t)insn->off].place - place - 1);
		if (size > places_of(insn))
			insn[0] = move(insn->dst_reg, number_of(insn));
		memcpy(&prune->insns[place], insn, places_of(insn) * sizeof(insn[0]));
	}
	prune->changed |= places < prune->count;
	prune->count = places;
}

size_t object_prune(struct bpf_insn *insns, size_t count)
{
	struct prune prune = {.insns = insns, .count = count, .changed = true};

	if (!count || count > OBJECT_INSNS_MAX)
		return count;
	prune.spots = calloc(count, sizeof(*prune.spots));
	if (!prune.spots || !all_is_understood(&prune))
		prune.changed = false;
	for (int round = 0; prune.changed && round < ROUNDS_MAX && put_in_order(&prune); round++) {
		prune.changed = false;
		find_constants(&prune);
		find_unread(&prune);
		turn_jumps(&prune);
		close_gaps(&prune);
		memset(prune.spots, 0, prune.count * sizeof(*prune.spots));
	}
	free(prune.spots);
	return prune.count;
}
