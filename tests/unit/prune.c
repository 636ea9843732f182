// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/object/prune.c, rule by rule: what is taken out, what stays, and what is not touched at all. */
#include "test.h"

#include "insns.h"
#include "model.h"
#include "object/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define SAMPLE_MAX 24

/* A number that nobody knows before the program runs. */
#define LOOK(reg) LOAD(BPF_DW, reg, 1, 96)
/* Something that happens. */
#define ACT(n) PUT(BPF_DW, 10, -8, n)
#define BIG    0x123456789aLL

static const struct sample {
	const char *name;
	struct bpf_insn before[SAMPLE_MAX], after[SAMPLE_MAX];
} samples[] = {
	/* Features. */
	{"off", {LD64(2, 0), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN}, {RETURN}},
	{"on", {LD64(2, 1), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN}, {ACT(1), RETURN}},
	{"off, told by a register", {LD64(2, 7), NUMBER(3, 7), JUMP_REG(BPF_JEQ, 2, 3, 1), ACT(1), RETURN}, {RETURN}},
	{"off, told in a copy",
	 {LD64(2, 0), MOVE(7, 2), CALL(5), JUMP(BPF_JEQ, 7, 0, 1), ACT(1), RETURN},
	 {CALL(5), RETURN}},
	{"off, a bit of a mask",
	 {LD64(2, 5), MOVE(3, 2), ALU(BPF_AND, 3, 2), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN},
	 {RETURN}},
	{"off, mask of what is not known",
	 {LOOK(2), LD64(3, 0), ALU_REG(BPF_AND, 2, 3), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN},
	 {RETURN}},
	{"off, fewer than none", {LOOK(2), LD64(3, 0), JUMP_REG(BPF_JGE, 2, 3, 1), ACT(1), RETURN}, {RETURN}},
	{"off, with an else", {LD64(2, 0), JUMP(BPF_JEQ, 2, 0, 2), ACT(1), GOTO(1), ACT(2), RETURN}, {ACT(2), RETURN}},
	{"on, with an else", {LD64(2, 9), JUMP(BPF_JEQ, 2, 0, 2), ACT(1), GOTO(1), ACT(2), RETURN}, {ACT(1), RETURN}},
	{"off, behind the end", {LD64(2, 0), JUMP(BPF_JNE, 2, 0, 2), RETURN, ACT(1), GOTO(-4)}, {RETURN}},
	{"on, behind the end",
	 {LD64(2, 1), JUMP(BPF_JNE, 2, 0, 2), RETURN, ACT(1), GOTO(-4)},
	 {GOTO(2), RETURN, ACT(1), GOTO(-4)}},
	{"on and off, nested",
	 {LD64(2, 1), JUMP(BPF_JEQ, 2, 0, 5), ACT(1), LD64(3, 0), JUMP(BPF_JEQ, 3, 0, 1), ACT(2), ACT(3), RETURN},
	 {ACT(1), ACT(3), RETURN}},
	{"off, within what is not known",
	 {LOOK(2), JUMP(BPF_JNE, 2, 3, 4), LD64(3, 0), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN},
	 {RETURN}},
	{"off, and so are two within",
	 {LOOK(2), LOOK(4), JUMP(BPF_JNE, 2, 3, 5), JUMP(BPF_JNE, 4, 3, 4), LD64(3, 0), JUMP(BPF_JEQ, 3, 0, 1), ACT(1),
	  RETURN},
	 {RETURN}},
	{"off, the last of a condition",
	 {LOOK(2), JUMP(BPF_JEQ, 2, 5, 5), LD64(3, 0), JUMP(BPF_JEQ, 3, 0, 1), JUMP(BPF_JEQ, 2, 6, 1), GOTO(1), ACT(1),
	  RETURN},
	 {LOOK(2), JUMP(BPF_JNE, 2, 5, 1), ACT(1), RETURN}},
	{"to the end", {LD64(2, 0), JUMP(BPF_JEQ, 2, 0, 3), ACT(1), RETURN, RETURN}, {RETURN}},

	/* Where ways meet. */
	{"the same on both ways",
	 {LOOK(2), LD64(3, 1), JUMP(BPF_JEQ, 2, 0, 2), LD64(3, 1), JUMP(BPF_JEQ, 3, 1, 1), ACT(1), RETURN},
	 {RETURN}},
	{"different on two ways",
	 {LOOK(2), LD64(3, 1), JUMP(BPF_JEQ, 2, 0, 2), LD64(3, 2), JUMP(BPF_JEQ, 3, 1, 1), ACT(1), RETURN},
	 {LOOK(2), NUMBER(3, 1), JUMP(BPF_JEQ, 2, 0, 1), NUMBER(3, 2), JUMP(BPF_JEQ, 3, 1, 1), ACT(1), RETURN}},
	{"known on one way only",
	 {LOOK(2), LOOK(3), JUMP(BPF_JEQ, 2, 0, 2), LD64(3, 2), JUMP(BPF_JEQ, 3, 2, 1), ACT(1), RETURN},
	 {LOOK(2), LOOK(3), JUMP(BPF_JEQ, 2, 0, 1), NUMBER(3, 2), JUMP(BPF_JEQ, 3, 2, 1), ACT(1), RETURN}},
	{"a way never gone does not count",
	 {LD64(2, 0), LD64(3, 1), JUMP(BPF_JEQ, 2, 0, 2), LD64(3, 2), JUMP(BPF_JEQ, 3, 1, 1), ACT(1), RETURN},
	 {RETURN}},
	{"both to one place", {LOOK(2), JUMP(BPF_JEQ, 2, 0, 0), RETURN}, {RETURN}},
	{"both to one place, by a detour", {LOOK(2), JUMP(BPF_JEQ, 2, 9, 2), GOTO(1), ACT(1), RETURN}, {RETURN}},
	{"jump to a jump",
	 {LOOK(2), JUMP(BPF_JGT, 2, 9, 2), ACT(1), GOTO(2), GOTO(1), ACT(2), RETURN},
	 {LOOK(2), JUMP(BPF_JGT, 2, 9, 1), ACT(1), RETURN}},
	{"a jump over a jump",
	 {LOOK(2), JUMP(BPF_JEQ, 2, 9, 1), GOTO(1), ACT(1), RETURN},
	 {LOOK(2), JUMP(BPF_JNE, 2, 9, 1), ACT(1), RETURN}},
	{"a jump over a jump, 32 bits",
	 {LOOK(2), JUMP32(BPF_JNE, 2, 9, 1), GOTO(1), ACT(1), RETURN},
	 {LOOK(2), JUMP32(BPF_JEQ, 2, 9, 1), ACT(1), RETURN}},
	{"a jump over a jump that has no opposite on 4.4",
	 {LOOK(2), JUMP(BPF_JGT, 2, 9, 1), GOTO(1), ACT(1), RETURN},
	 {LOOK(2), JUMP(BPF_JGT, 2, 9, 1), GOTO(1), ACT(1), RETURN}},
	{"a jump over one that others jump to",
	 {LOOK(2), LD64(3, 0), JUMP(BPF_JGT, 2, 50, 1), JUMP(BPF_JEQ, 2, 9, 1), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN},
	 {LOOK(2), JUMP(BPF_JGT, 2, 50, 2), JUMP(BPF_JNE, 2, 9, 1), ACT(1), RETURN}},
	{"a jump to one that is decided later",
	 {LOOK(2), NUMBER(3, 0), JUMP(BPF_JGT, 2, 50, 2), JUMP(BPF_JGT, 2, 40, 2), ACT(1), JUMP(BPF_JEQ, 3, 0, 1),
	  ACT(2), STORE(BPF_DW, 10, -16, 3), RETURN},
	 {LOOK(2), NUMBER(3, 0), JUMP(BPF_JGT, 2, 50, 4), JUMP(BPF_JGT, 2, 40, 2), ACT(1), GOTO(1), ACT(2),
	  STORE(BPF_DW, 10, -16, 3), RETURN}},
	{"over an ld_imm64", {LOOK(2), JUMP(BPF_JEQ, 2, 9, 2), LD64(3, BIG), ACT(1), RETURN}, {ACT(1), RETURN}},
	{"to an ld_imm64",
	 {LOOK(2), JUMP(BPF_JEQ, 2, 9, 3), LD64(6, 0), ACT(1), MAP(1, 7), CALL(200), RETURN},
	 {LOOK(2), JUMP(BPF_JEQ, 2, 9, 1), ACT(1), MAP(1, 7), CALL(200), RETURN}},
	{"back to an ld_imm64",
	 {LOOK(2), GOTO(5), MAP(1, 7), CALL(200), RETURN, JUMP(BPF_JEQ, 2, 9, -6), RETURN},
	 {LOOK(2), GOTO(5), MAP(1, 7), CALL(200), RETURN, JUMP(BPF_JEQ, 2, 9, -6), RETURN}},

	/* What is not known. */
	{"a map",
	 {MAP(2, 5), JUMP(BPF_JEQ, 2, 5, 1), ACT(1), RETURN},
	 {MAP(2, 5), JUMP(BPF_JEQ, 2, 5, 1), ACT(1), RETURN}},
	{"behind a call",
	 {LD64(3, 0), CALL(5), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN},
	 {CALL(5), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN}},
	{"what a call returns",
	 {LD64(0, 0), CALL(5), JUMP(BPF_JEQ, 0, 0, 1), ACT(1), RETURN},
	 {CALL(5), JUMP(BPF_JEQ, 0, 0, 1), ACT(1), RETURN}},
	{"through the stack",
	 {LD64(3, 0), STORE(BPF_DW, 10, -16, 3), LOAD(BPF_DW, 3, 10, -16), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN},
	 {NUMBER(3, 0), STORE(BPF_DW, 10, -16, 3), LOAD(BPF_DW, 3, 10, -16), JUMP(BPF_JEQ, 3, 0, 1), ACT(1), RETURN}},
	{"swapped bytes",
	 {NUMBER(2, 0), INSN(BPF_ALU | BPF_END | BPF_X, 2, 0, 0, 16), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN},
	 {NUMBER(2, 0), INSN(BPF_ALU | BPF_END | BPF_X, 2, 0, 0, 16), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN}},
	{"swapped bytes, of which X is not a register",
	 {NUMBER(0, 7), LOOK(2), INSN(BPF_ALU | BPF_END | BPF_X, 2, 0, 0, 16), STORE(BPF_DW, 10, -8, 2), EXIT},
	 {NUMBER(0, 7), LOOK(2), INSN(BPF_ALU | BPF_END | BPF_X, 2, 0, 0, 16), STORE(BPF_DW, 10, -8, 2), EXIT}},
	{"the frame",
	 {MOVE(2, 10), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN},
	 {MOVE(2, 10), JUMP(BPF_JEQ, 2, 0, 1), ACT(1), RETURN}},

	/* What is not read. */
	{"a constant", {LD64(2, BIG), RETURN}, {RETURN}},
	{"a chain", {LOOK(2), MOVE(3, 2), ALU(BPF_LSH, 3, 4), ALU_REG(BPF_ADD, 2, 3), RETURN}, {RETURN}},
	{"a load", {LOAD(BPF_B, 2, 10, -1), LOOK(0), EXIT}, {LOOK(0), EXIT}},
	{"read on one way",
	 {LOOK(2), LOOK(3), JUMP(BPF_JGT, 2, 9, 1), STORE(BPF_DW, 10, -8, 3), RETURN},
	 {LOOK(2), LOOK(3), JUMP(BPF_JGT, 2, 9, 1), STORE(BPF_DW, 10, -8, 3), RETURN}},
	{"written again", {LOOK(0), NUMBER(0, 3), EXIT}, {NUMBER(0, 3), EXIT}},
	{"not an argument",
	 {LD64(3, 1), LOOK(2), MOVE(4, 2), MOVE(2, 10), ADD(2, -8), MAP(1, 7), CALL(1), EXIT},
	 {MOVE(2, 10), ADD(2, -8), MAP(1, 7), CALL(1), EXIT}},
	{"perhaps an argument",
	 {LD64(3, 1), LOOK(2), MOVE(4, 2), CALL(200), EXIT},
	 {NUMBER(3, 1), LOOK(2), MOVE(4, 2), CALL(200), EXIT}},
	{"overwritten by a call", {LD64(3, 1), CALL(5), EXIT}, {CALL(5), EXIT}},
	{"stores stay",
	 {LOOK(2), STORE(BPF_B, 10, -8, 2), ACT(1), ACT(2), RETURN},
	 {LOOK(2), STORE(BPF_B, 10, -8, 2), ACT(1), ACT(2), RETURN}},
	{"so does an atomic addition",
	 {LOOK(2), ACT(1), INSN(BPF_STX | BPF_XADD | BPF_DW, 10, 2, -8, 0), RETURN},
	 {LOOK(2), ACT(1), INSN(BPF_STX | BPF_XADD | BPF_DW, 10, 2, -8, 0), RETURN}},
	{"and what may end a program",
	 {LOOK(2), ALU_REG(BPF_DIV, 2, 2), ALU32_REG(BPF_MOD, 2, 2), RETURN},
	 {LOOK(2), ALU_REG(BPF_DIV, 2, 2), ALU32_REG(BPF_MOD, 2, 2), RETURN}},
	{"a division that can't", {LOOK(2), ALU(BPF_DIV, 2, 3), RETURN}, {RETURN}},
	{"nothing happens",
	 {LOOK(0), ADD(0, 0), ALU(BPF_OR, 0, 0), ALU(BPF_LSH, 0, 0), ALU(BPF_SUB, 0, 0), EXIT},
	 {LOOK(0), EXIT}},
	{"something happens in 32 bits", {LOOK(0), ALU32(BPF_OR, 0, 0), EXIT}, {LOOK(0), ALU32(BPF_OR, 0, 0), EXIT}},
	{"a move to itself", {LOOK(0), MOVE(0, 0), EXIT}, {LOOK(0), MOVE(0, 0), EXIT}},

	/* Numbers in place of registers. */
	{"a small constant", {LD64(0, -3), EXIT}, {NUMBER(0, -3), EXIT}},
	{"a large constant", {LD64(0, BIG), EXIT}, {LD64(0, BIG), EXIT}},
	{"the smallest that fits", {LD64(0, -0x80000000LL), EXIT}, {NUMBER(0, -0x7fffffff - 1), EXIT}},
	{"the largest that fits", {LD64(0, 0x7fffffff), EXIT}, {NUMBER(0, 0x7fffffff), EXIT}},
	{"one more", {LD64(0, 0x80000000LL), EXIT}, {LD64(0, 0x80000000LL), EXIT}},
	{"a sum", {LD64(0, 16384), ADD(0, -1), EXIT}, {NUMBER(0, 16383), EXIT}},
	{"an operand",
	 {LOOK(0), LD64(2, 16384), ADD(2, -1), ALU_REG(BPF_OR, 0, 2), EXIT},
	 {LOOK(0), ALU(BPF_OR, 0, 16383), EXIT}},
	{"a large operand",
	 {LOOK(0), LD64(2, BIG), ALU_REG(BPF_OR, 0, 2), EXIT},
	 {LOOK(0), LD64(2, BIG), ALU_REG(BPF_OR, 0, 2), EXIT}},
	{"the lower half of it",
	 {LOOK(0), LD64(2, BIG), ALU32_REG(BPF_OR, 0, 2), EXIT},
	 {LOOK(0), ALU32(BPF_OR, 0, 0x3456789a), EXIT}},
	{"a comparison",
	 {LOOK(2), LD64(3, 7), JUMP_REG(BPF_JSGT, 2, 3, 1), ACT(1), RETURN},
	 {LOOK(2), JUMP(BPF_JSGT, 2, 7, 1), ACT(1), RETURN}},
	{"a shift", {LOOK(0), LD64(2, 63), ALU_REG(BPF_RSH, 0, 2), EXIT}, {LOOK(0), ALU(BPF_RSH, 0, 63), EXIT}},
	{"a shift that the verifier refuses as a number",
	 {LOOK(0), LD64(2, 64), ALU_REG(BPF_RSH, 0, 2), EXIT},
	 {LOOK(0), NUMBER(2, 64), ALU_REG(BPF_RSH, 0, 2), EXIT}},
	{"so is a division",
	 {LOOK(0), LD64(2, 0), ALU_REG(BPF_DIV, 0, 2), EXIT},
	 {LOOK(0), NUMBER(2, 0), ALU_REG(BPF_DIV, 0, 2), EXIT}},
};

/* Nothing is done to a program that holds one of these, although its first instruction is of no use. */
#define USELESS NUMBER(2, 0)
static const struct sample malformed[] = {
	{"nothing wrong", {USELESS, RETURN}, {RETURN}},
	{"loop", {USELESS, NUMBER(0, 0), ADD(0, 1), JUMP(BPF_JNE, 0, 9, -2), EXIT}, {}},
	{"loop of two", {USELESS, GOTO(0), GOTO(0), GOTO(-2), EXIT}, {}},
	{"loop of one", {USELESS, GOTO(-1), EXIT}, {}},
	{"function", {USELESS, INSN(BPF_JMP | BPF_CALL, 0, 1, 0, 1), EXIT, RETURN}, {}},
	{"function of the kernel", {USELESS, INSN(BPF_JMP | BPF_CALL, 0, 2, 0, 1), EXIT}, {}},
	{"call by register", {USELESS, INSN(BPF_JMP | BPF_CALL | BPF_X, 2, 0, 0, 1), EXIT}, {}},
	{"call of 32 bits", {USELESS, INSN(BPF_JMP32 | BPF_CALL, 0, 0, 0, 5), EXIT}, {}},
	{"exit of 32 bits", {USELESS, NUMBER(0, 0), INSN(BPF_JMP32 | BPF_EXIT, 0, 0, 0, 0), EXIT}, {}},
	{"far jump", {USELESS, INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, 0), RETURN}, {}},
	{"jump by register", {USELESS, INSN(BPF_JMP | BPF_JA | BPF_X, 0, 0, 0, 0), RETURN}, {}},
	{"may_goto", {USELESS, JUMP(0xe0, 0, 0, 0), RETURN}, {}},
	{"unknown jump", {USELESS, JUMP32(0xf0, 0, 0, 0), RETURN}, {}},
	{"jump behind the end", {USELESS, JUMP(BPF_JEQ, 1, 0, 2), RETURN}, {}},
	{"jump far behind the end", {USELESS, JUMP(BPF_JEQ, 1, 0, 0x7fff), RETURN}, {}},
	{"jump in front of the first", {USELESS, JUMP(BPF_JEQ, 1, 0, -3), RETURN}, {}},
	{"jump far in front of it", {USELESS, GOTO(-0x8000), RETURN}, {}},
	{"such a jump that is never reached", {USELESS, RETURN, GOTO(-0x8000), RETURN}, {}},
	{"jump into an ld_imm64", {USELESS, JUMP(BPF_JEQ, 1, 0, 1), LD64(2, BIG), RETURN}, {}},
	{"never reached jump into an ld_imm64", {USELESS, RETURN, GOTO(1), LD64(2, BIG), RETURN}, {}},
	{"no end", {USELESS, NUMBER(0, 0)}, {}},
	{"no end behind a condition", {USELESS, NUMBER(0, 0), JUMP(BPF_JEQ, 0, 0, -3)}, {}},
	{"no end behind an ld_imm64", {USELESS, RETURN, LD64(2, BIG)}, {}},
	{"half an ld_imm64", {USELESS, RETURN, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0)}, {}},
	{"wrong second half", {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0), RETURN}, {}},
	{"second half with a register",
	 {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0), INSN(0, 1, 0, 0, 0), RETURN},
	 {}},
	{"second half with an offset",
	 {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 0, 0), INSN(0, 0, 0, 1, 0), RETURN},
	 {}},
	{"address of a value", {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 2, 0, 0), INSN(0, 0, 0, 0, 0), RETURN}, {}},
	{"address of a function",
	 {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 4, 0, 1), INSN(0, 0, 0, 0, 0), RETURN},
	 {}},
	{"ld_imm64 with an offset",
	 {USELESS, INSN(BPF_LD | BPF_IMM | BPF_DW, 2, 0, 1, 1), INSN(0, 0, 0, 0, 0), RETURN},
	 {}},
	{"ld_imm64 to r10", {USELESS, LD64(10, 1), RETURN}, {}},
	{"packet load", {USELESS, INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 0), EXIT}, {}},
	{"load that extends a sign", {USELESS, INSN(BPF_LDX | 0x80 | BPF_W, 0, 1, 0, 0), EXIT}, {}},
	{"load to r10", {USELESS, LOAD(BPF_DW, 10, 1, 0), RETURN}, {}},
	{"load from r11", {USELESS, LOAD(BPF_DW, 2, 11, 0), RETURN}, {}},
	{"store of r15", {USELESS, STORE(BPF_DW, 10, -8, 15), RETURN}, {}},
	{"atomic fetch", {USELESS, INSN(BPF_STX | BPF_XADD | BPF_DW, 10, 2, -8, 1), RETURN}, {}},
	{"unknown store", {USELESS, INSN(BPF_STX | 0x80 | BPF_DW, 10, 2, -8, 0), RETURN}, {}},
	{"atomic store of a number", {USELESS, INSN(BPF_ST | BPF_XADD | BPF_DW, 10, 0, -8, 0), RETURN}, {}},
	{"r10 moved", {USELESS, ADD(10, 8), RETURN}, {}},
	{"r12 added", {USELESS, ALU_REG(BPF_ADD, 2, 12), RETURN}, {}},
	{"move that extends a sign", {USELESS, INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 2, 8, 0), RETURN}, {}},
	{"signed division", {USELESS, INSN(BPF_ALU64 | BPF_DIV | BPF_K, 2, 0, 1, 3), RETURN}, {}},
	{"division by zero", {USELESS, ALU(BPF_DIV, 2, 0), RETURN}, {}},
	{"remainder of a division by zero", {USELESS, ALU32(BPF_MOD, 2, 0), RETURN}, {}},
	{"byte swap of version 4", {USELESS, INSN(BPF_ALU64 | BPF_END, 2, 0, 0, 16), RETURN}, {}},
	{"unknown arithmetic", {USELESS, ALU(0xe0, 2, 1), RETURN}, {}},
	{"negation by a register", {USELESS, ALU_REG(BPF_NEG, 2, 3), RETURN}, {}},
	{"number and register", {USELESS, INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 3, 0, 1), RETURN}, {}},
	{"register and number", {USELESS, INSN(BPF_ALU64 | BPF_ADD | BPF_X, 2, 3, 0, 1), RETURN}, {}},
	{"jump by both", {USELESS, INSN(BPF_JMP | BPF_JEQ | BPF_X, 2, 3, 0, 1), RETURN}, {}},
};
static size_t length(const struct bpf_insn insns[SAMPLE_MAX])
{
	size_t count = SAMPLE_MAX;

	/* The second half of an ld_imm64 is all 0 as well. */
	while (count && !insns[count - 1].code && !(count > 1 && insns[count - 2].code == (BPF_LD | BPF_IMM | BPF_DW)))
		count--;
	return count;
}

static void print(const char *title, const struct bpf_insn *insns, size_t count)
{
	print_error("  %s:\n", title);
	for (size_t i = 0; i < count; i++)
		print_error("    %2zu: code 0x%02x r%d r%d off %d imm %d\n", i, insns[i].code, insns[i].dst_reg,
			    insns[i].src_reg, insns[i].off, insns[i].imm);
}

/* In a block of exactly its size, which a sanitizer watches. */
static bool becomes(const char *name, const struct bpf_insn *before, size_t count, const struct bpf_insn *after,
		    size_t expected)
{
	size_t size = count * sizeof(*before), left;
	struct bpf_insn *insns = malloc(size);
	bool good;

	memcpy(insns, before, size);
	left = object_prune(insns, count);
	good = left == expected && !memcmp(insns, after, expected * sizeof(*after));
	if (!good) {
		print_error("%s\n", name);
		print("is", insns, left);
		print("should be", after, expected);
	}
	free(insns);
	return good;
}

static void test_rules(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		good &= becomes(samples[i].name, samples[i].before, length(samples[i].before), samples[i].after,
				length(samples[i].after));
	assert_true(good);
}

/* Pruned, a program has nothing more to prune. */
static void test_once_is_enough(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		good &= becomes(samples[i].name, samples[i].after, length(samples[i].after), samples[i].after,
				length(samples[i].after));
	assert_true(good);
}

static void test_malformed(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		const struct sample *sample = &malformed[i];
		const struct bpf_insn *after = length(sample->after) ? sample->after : sample->before;

		good &= becomes(sample->name, sample->before, length(sample->before), after, length(after));
	}
	assert_true(good);
}

static const int64_t numbers[] = {
	0,	    1,		2,	    31,		 32,	    63,	       64,  -1,	  -2,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, INT64_MAX, INT64_MIN, BIG, -BIG,
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static uint64_t run(const struct bpf_insn *insns, size_t count)
{
	uint8_t stack[MODEL_STACK] __attribute__((aligned(8)));
	uint64_t ctx[21] = {0};

	return model_run_late(insns, (unsigned int)count, ctx, sizeof(ctx), stack);
}

/* Every comparison of two constants is decided, as the interpreter decides it. */
static void check_comparison(int class, int op, int64_t a, int64_t b)
{
	struct bpf_insn by_register[] = {LD64(2, a),   LD64(3, b),
					 NUMBER(0, 1), INSN((uint8_t)(class | op | BPF_X), 2, 3, 1, 0),
					 NUMBER(0, 0), EXIT};
	struct bpf_insn by_number[] = {LD64(2, a), NUMBER(0, 1),
				       INSN((uint8_t)(class | op | BPF_K), 2, 0, 1, (int32_t)b), NUMBER(0, 0), EXIT};
	uint64_t first = run(by_register, 8), second = run(by_number, 6);

	assert_int_equal(object_prune(by_register, 8), 2);
	assert_int_equal(object_prune(by_number, 6), 2);
	assert_int_equal(by_register[0].imm, first);
	assert_int_equal(by_number[0].imm, second);
}

static void test_every_comparison(void **state)
{
	static const int ops[] = {BPF_JEQ,  BPF_JNE,  BPF_JGT,	BPF_JGE,  BPF_JLT, BPF_JLE,
				  BPF_JSET, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE};

	(void)state;
	for (size_t op = 0; op < sizeof(ops) / sizeof(ops[0]); op++) {
		for (size_t i = 0; i < NUMBERS * NUMBERS; i++) {
			check_comparison(BPF_JMP, ops[op], numbers[i / NUMBERS], numbers[i % NUMBERS]);
			check_comparison(BPF_JMP32, ops[op], numbers[i / NUMBERS], numbers[i % NUMBERS]);
		}
	}
}

/* 0 against what is not known, from either side: decided where no number can change it. */
static void test_comparisons_with_zero(void **state)
{
	static const struct {
		int op;
		int on_the_left, on_the_right; /* r0 of the pruned program; -1: not decided */
	} cases[] = {
		{BPF_JSET, 0, 0},   {BPF_JGE, -1, 1},	{BPF_JLT, -1, 0},   {BPF_JGT, 0, -1},
		{BPF_JLE, 1, -1},   {BPF_JEQ, -1, -1},	{BPF_JNE, -1, -1},  {BPF_JSGT, -1, -1},
		{BPF_JSGE, -1, -1}, {BPF_JSLT, -1, -1}, {BPF_JSLE, -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int class = BPF_JMP; class <= BPF_JMP32; class ++) {
			uint8_t code = (uint8_t)(class | cases[i].op | BPF_X);
			struct bpf_insn left[] = {LOOK(2),	LD64(3, 0), NUMBER(0, 1), INSN(code, 3, 2, 1, 0),
						  NUMBER(0, 0), EXIT};
			struct bpf_insn right[] = {LOOK(2),	 LD64(3, 0), NUMBER(0, 1), INSN(code, 2, 3, 1, 0),
						   NUMBER(0, 0), EXIT};
			size_t left_count = object_prune(left, 7), right_count = object_prune(right, 7);

			assert_int_equal(left_count == 2, cases[i].on_the_left >= 0);
			assert_int_equal(right_count == 2, cases[i].on_the_right >= 0);
			if (cases[i].on_the_left >= 0)
				assert_int_equal(left[0].imm, cases[i].on_the_left);
			if (cases[i].on_the_right >= 0)
				assert_int_equal(right[0].imm, cases[i].on_the_right);
		}
	}
}

/* Every operation on two constants is known to be what the interpreter makes of it, or not known. */
static void check_arithmetic(int class, int op, int64_t a, int64_t b, bool known)
{
	const struct bpf_insn step =
		INSN((uint8_t)(class | op | (op == BPF_NEG ? BPF_K : BPF_X)), 2, op == BPF_NEG ? 0 : 3, 0, 0);
	struct bpf_insn alone[] = {LD64(2, a), LD64(3, b), step, MOVE(0, 2), EXIT};
	int64_t result = (int64_t)run(alone, 7);
	struct bpf_insn compared[] = {LD64(2, a),      LD64(3, b),   step,
				      LD64(4, result), NUMBER(0, 1), JUMP_REG(BPF_JEQ, 2, 4, 1),
				      NUMBER(0, 0),    EXIT};
	size_t count = object_prune(compared, 11);

	assert_int_equal(count == 2, known);
	assert_int_equal(run(compared, count), 1);
}

static void test_every_arithmetic(void **state)
{
	static const int ops[] = {BPF_ADD, BPF_SUB,  BPF_MUL, BPF_OR,  BPF_AND, BPF_XOR, BPF_LSH,
				  BPF_RSH, BPF_ARSH, BPF_NEG, BPF_MOV, BPF_DIV, BPF_MOD};

	(void)state;
	for (size_t i = 0; i < NUMBERS * NUMBERS * (sizeof(ops) / sizeof(ops[0])); i++) {
		int op = ops[i / (NUMBERS * NUMBERS)];
		int64_t a = numbers[i / NUMBERS % NUMBERS], b = numbers[i % NUMBERS];
		bool shifts = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH,
		     divides = op == BPF_DIV || op == BPF_MOD;

		check_arithmetic(BPF_ALU64, op, a, b, !divides && !(shifts && (uint64_t)b >= 64));
		check_arithmetic(BPF_ALU, op, a, b, !divides && !(shifts && (uint32_t)b >= 32));
	}
}

static void test_every_register(void **state)
{
	(void)state;
	for (uint8_t reg = 0; reg < 10; reg++) {
		struct bpf_insn insns[] = {LD64(reg, 0), JUMP(BPF_JEQ, reg, 0, 1), ACT(1), NUMBER(0, 5), EXIT};

		assert_int_equal(object_prune(insns, 6), 2);
		assert_int_equal(insns[0].imm, 5);
	}
}

/* What a helper looks at is kept, and no more. */
static void test_arguments(void **state)
{
	static const struct {
		int32_t helper;
		size_t count;
	} helpers[] = {
		{1, 2},	  {2, 4},   {3, 2},   {4, 3},	{5, 0},	  {6, 5},   {8, 0},   {14, 0},	{15, 0},
		{16, 2},  {25, 5},  {35, 0},  {37, 2},	{45, 3},  {80, 0},  {112, 3}, {113, 3}, {114, 3},
		{115, 3}, {120, 4}, {130, 4}, {131, 3}, {132, 2}, {133, 2}, {150, 5}, {-1, 5},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		struct bpf_insn insns[] = {NUMBER(1, 1), NUMBER(2, 2), NUMBER(3, 3),
					   NUMBER(4, 4), NUMBER(5, 5), CALL(helpers[i].helper),
					   EXIT};

		assert_int_equal(object_prune(insns, 7), helpers[i].count + 2);
		for (size_t arg = 0; arg < helpers[i].count; arg++)
			assert_int_equal(insns[arg].dst_reg, arg + 1);
	}
}

/* As long as a program may be: features that are off, one in the other and one behind the other; and one too long. */
static void test_long(void **state)
{
	static const struct bpf_insn feature[] = {LOOK(2), JUMP(BPF_JNE, 2, 3, 4), LD64(3, 0), JUMP(BPF_JEQ, 3, 0, 1),
						  ACT(1)};
	static const struct bpf_insn end[] = {RETURN};
	size_t count = 0;
	struct bpf_insn *insns = calloc(OBJECT_INSNS_MAX + 1, sizeof(*insns));

	(void)state;
	for (; count + 8 <= OBJECT_INSNS_MAX; count += 6)
		memcpy(&insns[count], feature, sizeof(feature));
	memcpy(&insns[count], end, sizeof(end));
	assert_int_equal(object_prune(insns, count + 2), 2);
	assert_memory_equal(insns, end, sizeof(end));
	for (count = 0; count < OBJECT_INSNS_MAX; count++)
		insns[count] = (struct bpf_insn)NUMBER(2, 0);
	memcpy(&insns[count - 1], end, sizeof(end));
	assert_int_equal(object_prune(insns, count + 1), count + 1);
	memcpy(&insns[count - 2], end, sizeof(end));
	assert_int_equal(object_prune(insns, count), 2);
	assert_int_equal(object_prune(insns, 0), 0);
	free(insns);
}

/* A condition round a condition, deeper than the rounds go: what is left is right, if not the least. */
static void test_deep(void **state)
{
	enum { DEPTH = 200, COUNT = DEPTH + 3 };
	static const struct bpf_insn look = LOOK(2), end[] = {RETURN};
	struct bpf_insn insns[COUNT];
	size_t left = COUNT;
	int calls = 0;

	(void)state;
	insns[0] = look;
	for (int16_t i = 0; i < DEPTH; i++)
		insns[1 + i] = (struct bpf_insn)JUMP(BPF_JGT, 2, i, (int16_t)(DEPTH - 1 - i));
	memcpy(&insns[COUNT - 2], end, sizeof(end));
	while (left > 2 && calls++ < 10) {
		left = object_prune(insns, left);
		assert_int_equal(run(insns, left), 0);
	}
	assert_int_equal(left, 2);
}

/* Without memory the program is as it was, and not lost. */
static void test_no_memory(void **state)
{
#if !defined(__SANITIZE_ADDRESS__)
	static const struct bpf_insn end[] = {RETURN};
	struct bpf_insn *insns = calloc(OBJECT_INSNS_MAX, sizeof(*insns));
	struct rlimit before, none = {0, 0};
	size_t left;

	(void)state;
	for (size_t i = 0; i < OBJECT_INSNS_MAX - 2; i++)
		insns[i] = (struct bpf_insn)NUMBER(2, 0);
	memcpy(&insns[OBJECT_INSNS_MAX - 2], end, sizeof(end));
	getrlimit(RLIMIT_AS, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_AS, &none);
	left = object_prune(insns, OBJECT_INSNS_MAX);
	setrlimit(RLIMIT_AS, &before);
	assert_int_equal(left, OBJECT_INSNS_MAX);
	assert_int_equal(insns[0].dst_reg, 2);
	assert_int_equal(object_prune(insns, OBJECT_INSNS_MAX), 2);
	free(insns);
#else
	(void)state; /* the sanitizer does not let an allocation fail */
#endif
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_rules),
	cmocka_unit_test(test_once_is_enough),
	cmocka_unit_test(test_malformed),
	cmocka_unit_test(test_every_comparison),
	cmocka_unit_test(test_comparisons_with_zero),
	cmocka_unit_test(test_every_arithmetic),
	cmocka_unit_test(test_every_register),
	cmocka_unit_test(test_arguments),
	cmocka_unit_test(test_long),
	cmocka_unit_test(test_deep),
	cmocka_unit_test(test_no_memory),
};

RUN(tests)
