// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * eBPF, version 1 of its instruction set (kernel/bpf/core.c of 4.4, __bpf_prog_run), which is all that our programs may
 * use, and on demand the jumps of versions 2 and 3. Pointers are the host's. What the verifier would have refused is
 * found when it happens, and ends the process.
 */
#include "model.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 100000

struct machine {
	const struct bpf_insn *insns;
	unsigned int count, pc;
	uint64_t reg[11];
	uint8_t *stack;
	bool written[MODEL_STACK]; /* the verifier wants stack bytes written before they are read */
	bool late;		   /* JLT and its kin (4.14), JMP32 (5.1) */
	uint8_t *ctx;
	size_t ctx_size;
};

static void wrong(const struct machine *m, const char *what)
{
	fprintf(stderr, "# BPF program, instruction %u (code 0x%02x): %s\n", m->pc, m->insns[m->pc].code, what);
	abort();
}

static void *memory(struct machine *m, uint64_t address, size_t size, bool write)
{
	uint64_t stack = (uintptr_t)m->stack, ctx = (uintptr_t)m->ctx;

	if (address % size)
		wrong(m, "misaligned access");
	if (address >= stack && address + size <= stack + MODEL_STACK) {
		for (size_t i = 0; i < size; i++) {
			if (!write && !m->written[address - stack + i])
				wrong(m, "reads stack that was not written");
			m->written[address - stack + i] = true;
		}
		return m->stack + (address - stack);
	}
	if (!write && address >= ctx && address + size <= ctx + m->ctx_size)
		return m->ctx + (address - ctx);
	if (!model_owns(address, size))
		wrong(m, "access outside stack, context and map values");
	return (void *)(uintptr_t)address;
}

/* Helpers that fill a buffer: 4.4 wants it written before, whole (kernel/bpf/verifier.c, check_stack_boundary). */
static void check_buffer(struct machine *m, uint64_t address, uint64_t size)
{
	uint64_t at = address - (uintptr_t)m->stack;

	if (at >= MODEL_STACK || at + size > MODEL_STACK || size == 0)
		wrong(m, "a helper's buffer is not on the stack");
	for (uint64_t i = 0; i < size; i++) {
		if (!m->written[at + i])
			wrong(m, "a helper's buffer was not written before");
	}
}

static void call(struct machine *m, int32_t helper)
{
	uint64_t *r = m->reg;
	uint32_t key, value;

	if (helper == 4 || helper == 112 || helper == 113 || helper == 16)
		check_buffer(m, r[1], r[2]);
	if (helper == 1 || helper == 2 || helper == 3) {
		model_map_sizes(r[1], &key, &value);
		check_buffer(m, r[2], key);
		if (helper == 2)
			check_buffer(m, r[3], value);
	}
	if (helper == 130)
		check_buffer(m, r[2], r[3]);
	if (helper == 25)
		check_buffer(m, r[4], r[5]);
	if (helper == 25 && r[1] != (uintptr_t)m->ctx)
		wrong(m, "perf_event_output without the context");
	r[0] = model_helper(helper, r[1], r[2], r[3], r[4], r[5]);
	/* The kernel leaves r1 to r5 unreadable; a value that is used in spite of that shows up as nonsense. */
	for (int i = 1; i <= 5; i++)
		r[i] = 0xdead0000beef0000 + (unsigned int)i;
}

/* BPF_TO_BE and BPF_TO_LE of 16, 32 or 64 bits; the rest of the register becomes 0. */
static uint64_t swap_bytes(struct machine *m, const struct bpf_insn *insn, uint64_t value)
{
	bool big = BPF_SRC(insn->code) == BPF_TO_BE;

	switch (insn->imm) {
	case 16:
		return big ? htobe16((uint16_t)value) : htole16((uint16_t)value);
	case 32:
		return big ? htobe32((uint32_t)value) : htole32((uint32_t)value);
	case 64:
		return big ? htobe64(value) : htole64(value);
	default:
		wrong(m, "byte swap of an odd width");
		return 0;
	}
}

static uint64_t arithmetic(struct machine *m, uint8_t code, uint64_t a, uint64_t b, bool wide)
{
	uint64_t shift = b & (wide ? 63 : 31);

	switch (BPF_OP(code)) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_DIV:
		return b ? a / b : 0;
	case BPF_MOD:
		return b ? a % b : a;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_LSH:
		return a << shift;
	case BPF_RSH:
		return a >> shift;
	case BPF_ARSH:
		return wide ? (uint64_t)((int64_t)a >> shift) : (uint32_t)((int32_t)a >> shift);
	case BPF_NEG:
		return 0 - a;
	case BPF_MOV:
		return b;
	default:
		wrong(m, "unknown arithmetic");
		return 0;
	}
}

static bool compare_late(struct machine *m, uint8_t code, uint64_t a, uint64_t b)
{
	if (!m->late)
		wrong(m, "a jump of version 2 or later");
	switch (BPF_OP(code)) {
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSLT:
		return (int64_t)a < (int64_t)b;
	case BPF_JSLE:
		return (int64_t)a <= (int64_t)b;
	default:
		wrong(m, "unknown jump");
		return false;
	}
}

static bool compare(struct machine *m, uint8_t code, uint64_t a, uint64_t b)
{
	switch (BPF_OP(code)) {
	case BPF_JA:
		return true;
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JSET:
		return a & b;
	case BPF_JSGT:
		return (int64_t)a > (int64_t)b;
	case BPF_JSGE:
		return (int64_t)a >= (int64_t)b;
	default:
		return compare_late(m, code, a, b);
	}
}

/* Both sides are 32 bits: as signed ones they are compared by their own sign. */
static bool compare_narrow(struct machine *m, uint8_t code, uint64_t a, uint64_t b)
{
	int op = BPF_OP(code);

	if (!m->late || op == BPF_JA)
		wrong(m, "a jump of version 3 or later");
	if (op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE)
		return compare(m, code, (uint64_t)(int32_t)a, (uint64_t)(int32_t)b);
	return compare(m, code, (uint32_t)a, (uint32_t)b);
}

static const uint8_t sizes[] = {[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8};

static void load(struct machine *m, const struct bpf_insn *insn)
{
	size_t size = sizes[BPF_SIZE(insn->code) >> 3];
	uint64_t value = 0;

	memcpy(&value, memory(m, m->reg[insn->src_reg] + (uint64_t)(int64_t)insn->off, size, false), size);
	m->reg[insn->dst_reg] = value;
}

/* 32-bit ARM's JIT has none: only sums are added to like this, and not where that shows (kernel_has_atomics). */
static void add(struct machine *m, const struct bpf_insn *insn, uint64_t value, size_t size)
{
	uint64_t address = m->reg[insn->dst_reg] + (uint64_t)(int64_t)insn->off, sum;

	if (size != 8 || BPF_CLASS(insn->code) != BPF_STX)
		wrong(m, "an addition of fewer than 8 bytes");
	memcpy(&sum, memory(m, address, size, false), size);
	sum += value;
	memcpy(memory(m, address, size, true), &sum, size);
}

static void store(struct machine *m, const struct bpf_insn *insn, uint64_t value)
{
	size_t size = sizes[BPF_SIZE(insn->code) >> 3];

	if (BPF_MODE(insn->code) == BPF_XADD && !insn->imm) {
		add(m, insn, value, size);
		return;
	}
	/* The one that arm64's programs have in place of a barrier. */
	if (insn->code == (BPF_STX | BPF_ATOMIC | BPF_DW) && insn->imm == BPF_XCHG) {
		uint64_t *place = memory(m, m->reg[insn->dst_reg] + (uint64_t)(int64_t)insn->off, size, true);

		m->reg[insn->src_reg] = __atomic_exchange_n(place, value, __ATOMIC_SEQ_CST);
		return;
	}
	if (BPF_MODE(insn->code) != BPF_MEM)
		wrong(m, "an atomic operation, which 32-bit ARM's JIT has not");
	memcpy(memory(m, m->reg[insn->dst_reg] + (uint64_t)(int64_t)insn->off, size, true), &value, size);
}

static void load_immediate(struct machine *m, const struct bpf_insn *insn)
{
	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW) || m->pc + 1 >= m->count)
		wrong(m, "unknown load");
	m->reg[insn->dst_reg] = insn->src_reg == BPF_PSEUDO_MAP_FD
					? model_map_pointer(insn->imm)
					: (uint32_t)insn->imm | (uint64_t)(uint32_t)insn[1].imm << 32;
	m->pc++;
}

/* One instruction; false: the program ended. */
static bool step(struct machine *m)
{
	const struct bpf_insn *insn = &m->insns[m->pc];
	uint64_t operand = BPF_SRC(insn->code) == BPF_X ? m->reg[insn->src_reg] : (uint64_t)(int64_t)insn->imm;

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU64:
		m->reg[insn->dst_reg] = arithmetic(m, insn->code, m->reg[insn->dst_reg], operand, true);
		break;
	case BPF_ALU:
		if (BPF_OP(insn->code) == BPF_END) {
			m->reg[insn->dst_reg] = swap_bytes(m, insn, m->reg[insn->dst_reg]);
			break;
		}
		m->reg[insn->dst_reg] =
			(uint32_t)arithmetic(m, insn->code, (uint32_t)m->reg[insn->dst_reg], (uint32_t)operand, false);
		break;
	case BPF_LD:
		load_immediate(m, insn);
		break;
	case BPF_LDX:
		load(m, insn);
		break;
	case BPF_ST:
		store(m, insn, (uint64_t)(int64_t)insn->imm);
		break;
	case BPF_STX:
		store(m, insn, m->reg[insn->src_reg]);
		break;
	case BPF_JMP:
		if (BPF_OP(insn->code) == BPF_EXIT)
			return false;
		if (BPF_OP(insn->code) == BPF_CALL)
			call(m, insn->imm);
		else if (compare(m, insn->code, m->reg[insn->dst_reg], operand))
			m->pc += (unsigned int)(int)insn->off;
		break;
	case BPF_JMP32:
		if (compare_narrow(m, insn->code, m->reg[insn->dst_reg], operand))
			m->pc += (unsigned int)(int)insn->off;
		break;
	}
	m->pc++;
	return true;
}

static uint64_t run(struct machine *m)
{
	m->reg[1] = (uintptr_t)m->ctx;
	m->reg[10] = (uintptr_t)m->stack + MODEL_STACK;
	for (int steps = 0; m->pc < m->count; steps++) {
		if (steps > STEPS_MAX)
			wrong(m, "it loops");
		if (!step(m))
			return m->reg[0];
	}
	fprintf(stderr, "# BPF program: ran off its end\n");
	abort();
}

uint64_t model_run(const struct bpf_insn *insns, unsigned int count, void *ctx, size_t ctx_size)
{
	uint8_t stack[MODEL_STACK] __attribute__((aligned(8))) = {0};
	struct machine m = {.insns = insns, .count = count, .ctx = ctx, .ctx_size = ctx_size, .stack = stack};

	return run(&m);
}

uint64_t model_run_late(const struct bpf_insn *insns, unsigned int count, void *ctx, size_t ctx_size,
			uint8_t stack[MODEL_STACK])
{
	struct machine m = {
		.insns = insns, .count = count, .ctx = ctx, .ctx_size = ctx_size, .stack = stack, .late = true};

	return run(&m);
}
