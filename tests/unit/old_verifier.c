// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compiled programs against the rules of the oldest verifiers. With OBJECTS=folder, those in its *.o as well, made
 * by other compilers. The samples show that each rule is enforced: what is said of them here is what the kernels say.
 */
#include "test.h"

#include "image.h"
#include "insns.h"
#include "model.h"
#include "old_verifier.h"
#include "object/private.h"
#include "sys.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#define PATH_MAX_CHARS 4096

/* What the samples use. */
#define ARRAY 1
#define HASH  2
#define RINGS 3

static const struct old_map sample_maps[] = {
	{.fd = ARRAY, .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16},
	{.fd = HASH, .type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 16},
	{.fd = RINGS, .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4},
};

/* clang-format off */
/* r0: a value of ARRAY or null. */
#define LOOKUP PUT(BPF_W, 10, -4, 0), MOVE(2, 10), ADD(2, -4), MAP(1, ARRAY), CALL(1)
/* Eight bytes at r10 - 8 from nowhere. */
#define READ(size) MOVE(1, 10), ADD(1, -8), size, NUMBER(3, 0), CALL(4)
#define OUTPUT(map) MAP(2, map), NUMBER(3, 0), MOVE(4, 10), ADD(4, -8), NUMBER(5, 8), CALL(25)
/* clang-format on */

#define BOTH(words) .on_4_4 = (words), .on_4_9 = (words)

/* NULL: accepted; else a part of the reason. */
static const struct sample {
	const char *name;
	const char *on_4_4, *on_4_9;
	struct bpf_insn insns[24];
} samples[] = {
	/* Null or not: a test is of one register. */
	{"value, tested", .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 1), LOAD(BPF_DW, 1, 0, 8), RETURN}},
	{"value, tested the other way",
	 .insns = {LOOKUP, JUMP(BPF_JNE, 0, 0, 2), RETURN, PUT(BPF_DW, 0, 8, 1), RETURN}},
	{"value, not tested", BOTH("r0, which holds a map value or null"),
	 .insns = {LOOKUP, LOAD(BPF_DW, 1, 0, 8), RETURN}},
	{"value on the null side", BOTH("memory behind r0"),
	 .insns = {LOOKUP, JUMP(BPF_JNE, 0, 0, 1), LOAD(BPF_DW, 1, 0, 8), RETURN}},
	{"value, tested by >", BOTH("r0, which holds a map value or null"),
	 .insns = {LOOKUP, JUMP(BPF_JGT, 0, 0, 2), RETURN, LOAD(BPF_DW, 1, 0, 8), RETURN}},
	{"copy made after the test",
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 2), MOVE(6, 0), LOAD(BPF_W, 1, 6, 0), RETURN}},
	{"copy made before the test", BOTH("r6, which holds a map value or null"),
	 .insns = {LOOKUP, MOVE(6, 0), JUMP(BPF_JEQ, 0, 0, 1), LOAD(BPF_W, 1, 6, 0), RETURN}},
	{"spilled after the test", .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 3), STORE(BPF_DW, 10, -16, 0),
					     LOAD(BPF_DW, 1, 10, -16), LOAD(BPF_DW, 2, 1, 0), RETURN}},
	{"spilled before the test", BOTH("r1, which holds a map value or null"),
	 .insns = {LOOKUP, STORE(BPF_DW, 10, -16, 0), JUMP(BPF_JEQ, 0, 0, 2), LOAD(BPF_DW, 1, 10, -16),
		   LOAD(BPF_DW, 2, 1, 0), RETURN}},
	{"spilled before the test, tested once more",
	 .insns = {LOOKUP, STORE(BPF_DW, 10, -16, 0), JUMP(BPF_JEQ, 0, 0, 3), LOAD(BPF_DW, 1, 10, -16),
		   JUMP(BPF_JEQ, 1, 0, 1), LOAD(BPF_DW, 2, 1, 0), RETURN}},

	/* Map values. */
	{"moved value", BOTH("r0, which holds a number"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 2), ADD(0, 8), LOAD(BPF_W, 1, 0, 0), RETURN}},
	{"behind a value", BOTH("map value of 16 bytes: 8 bytes at 16"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 1), LOAD(BPF_DW, 1, 0, 16), RETURN}},
	{"in front of a value", BOTH("map value of 16 bytes: 4 bytes at -4"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 1), LOAD(BPF_W, 1, 0, -4), RETURN}},
	{"misaligned in a value", BOTH("misaligned: 4 bytes at 2"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 1), PUT(BPF_W, 0, 2, 0), RETURN}},
	{"atomic addition to a value", .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 2), NUMBER(1, 1),
						 INSN(BPF_STX | BPF_XADD | BPF_DW, 0, 1, 8, 0), RETURN}},
	{"atomic addition that returns", BOTH("imm 1: no such store"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 2), NUMBER(1, 1), INSN(BPF_STX | BPF_XADD | BPF_DW, 0, 1, 8, 1),
		   RETURN}},
	{"atomic addition of two bytes", BOTH("an atomic addition of 2 bytes"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 2), NUMBER(1, 1), INSN(BPF_STX | BPF_XADD | BPF_H, 0, 1, 8, 0), RETURN}},

	/* The stack. */
	{"stack, written and read", .insns = {PUT(BPF_DW, 10, -512, 0), LOAD(BPF_B, 0, 10, -505), EXIT}},
	{"stack, not written", BOTH("stack -8: byte 4 is not written"),
	 .insns = {PUT(BPF_W, 10, -8, 0), LOAD(BPF_DW, 0, 10, -8), EXIT}},
	{"below the stack", BOTH("stack -516: outside"), .insns = {PUT(BPF_W, 10, -516, 0), RETURN}},
	{"above the stack", BOTH("stack 0: outside"), .insns = {PUT(BPF_W, 10, 0, 0), RETURN}},
	{"misaligned on the stack", BOTH("misaligned: 8 bytes at -12"), .insns = {PUT(BPF_DW, 10, -12, 0), RETURN}},
	{"aligned on the stack", .insns = {PUT(BPF_W, 10, -12, 0), RETURN}},
	{"through a copy of r10", .insns = {MOVE(1, 10), PUT(BPF_W, 1, -4, 0), LOAD(BPF_W, 0, 1, -4), EXIT}},
	{"through a moved copy of r10",
	 .insns = {MOVE(1, 10), ADD(1, -16), PUT(BPF_W, 1, 4, 0), LOAD(BPF_W, 0, 10, -12), EXIT}},
	{"through a copy that moved twice", BOTH("r1, which holds a number"),
	 .insns = {MOVE(1, 10), ADD(1, -16), ADD(1, 4), PUT(BPF_W, 1, 0, 0), RETURN}},
	{"through a copy moved by a register", BOTH("r1, which holds a number"),
	 .insns = {MOVE(1, 10), NUMBER(2, -16), INSN(BPF_ALU64 | BPF_ADD | BPF_X, 1, 2, 0, 0), PUT(BPF_W, 1, 0, 0),
		   RETURN}},
	{"through a copy moved by -=", BOTH("r1, which holds a number"),
	 .insns = {MOVE(1, 10), INSN(BPF_ALU64 | BPF_SUB | BPF_K, 1, 0, 0, 16), PUT(BPF_W, 1, 0, 0), RETURN}},
	{"one of two places", BOTH("r1, which holds a number"),
	 .insns = {LOAD(BPF_DW, 2, 1, 0), MOVE(1, 10), JUMP(BPF_JGT, 2, 5, 1), ADD(1, -8), ADD(1, -8),
		   PUT(BPF_DW, 1, 0, 0), RETURN}},
	{"half a pointer stored", BOTH("4 bytes of a pointer are stored"), .insns = {STORE(BPF_W, 10, -8, 1), RETURN}},
	{"half a pointer loaded", BOTH("4 bytes of a spilled pointer are loaded"),
	 .insns = {STORE(BPF_DW, 10, -8, 1), LOAD(BPF_W, 2, 10, -8), RETURN}},
	{"overwritten pointer", BOTH("byte 4 is not the pointer's any more"),
	 .insns = {STORE(BPF_DW, 10, -8, 1), PUT(BPF_W, 10, -4, 0), LOAD(BPF_DW, 2, 10, -8), RETURN}},
	{"spilled context", .insns = {STORE(BPF_DW, 10, -8, 1), LOAD(BPF_DW, 2, 10, -8), LOAD(BPF_DW, 0, 2, 0), EXIT}},
	{"a register moved to itself", BOTH("r1, which holds a number"),
	 .insns = {MOVE(1, 1), LOAD(BPF_DW, 0, 1, 0), EXIT}},
	{"r10 written", BOTH("r10 can't be written"), .insns = {NUMBER(10, 0), RETURN}},

	/* The context. */
	{"context", .insns = {LOAD(BPF_DW, 0, 1, 160), EXIT}},
	{"behind the context", BOTH("context 288: outside"), .insns = {LOAD(BPF_DW, 0, 1, 288), EXIT}},
	{"in front of the context", BOTH("context -8: outside"), .insns = {LOAD(BPF_DW, 0, 1, -8), EXIT}},
	{"misaligned in the context", BOTH("misaligned: 8 bytes at 4"), .insns = {LOAD(BPF_DW, 0, 1, 4), EXIT}},
	{"moved context", BOTH("r1, which holds a number"), .insns = {ADD(1, 8), LOAD(BPF_DW, 0, 1, 0), EXIT}},
	{"a store into the context", BOTH("a store into the context"),
	 .insns = {NUMBER(2, 0), STORE(BPF_DW, 1, 0, 2), RETURN}},
	{"context or stack, four bytes", BOTH("one instruction for"),
	 .insns = {LOAD(BPF_DW, 2, 1, 0), PUT(BPF_DW, 10, -8, 0), MOVE(3, 10), ADD(3, -8), JUMP(BPF_JGT, 2, 5, 1),
		   MOVE(3, 1), LOAD(BPF_W, 0, 3, 0), EXIT}},
	{"context or stack, eight bytes", .on_4_9 = "one instruction for",
	 .insns = {LOAD(BPF_DW, 2, 1, 0), PUT(BPF_DW, 10, -8, 0), MOVE(3, 10), ADD(3, -8), JUMP(BPF_JGT, 2, 5, 1),
		   MOVE(3, 1), LOAD(BPF_DW, 0, 3, 0), EXIT}},

	/* Helpers. */
	{"buffer, written", .insns = {PUT(BPF_DW, 10, -8, 0), READ(NUMBER(2, 8)), EXIT}},
	{"buffer, not written", .on_4_4 = "r1: byte 0 of a buffer at -8 is not written",
	 .insns = {READ(NUMBER(2, 8)), LOAD(BPF_DW, 0, 10, -8), EXIT}},
	{"buffer with a pointer in it", .on_4_4 = "is a pointer's",
	 .insns = {STORE(BPF_DW, 10, -8, 1), READ(NUMBER(2, 8)), EXIT}},
	{"source with a pointer in it", BOTH("is a pointer's"),
	 .insns = {STORE(BPF_DW, 10, -8, 10), OUTPUT(RINGS), EXIT}},
	{"source, written", .insns = {PUT(BPF_DW, 10, -8, 0), OUTPUT(RINGS), EXIT}},
	{"source, half written", BOTH("r4: byte 0 of a buffer at -8 is not written"),
	 .insns = {PUT(BPF_W, 10, -4, 0), OUTPUT(RINGS), EXIT}},
	{"buffer beyond the stack", BOTH("16 bytes at -8 are not all"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), READ(NUMBER(2, 16)), EXIT}},
	{"buffer of no bytes", BOTH("0 bytes at -8 are not all"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), READ(NUMBER(2, 0)), EXIT}},
	{"buffer in the map", BOTH("r1: helper 4 wants the stack"),
	 .insns = {LOOKUP, JUMP(BPF_JEQ, 0, 0, 4), MOVE(1, 0), NUMBER(2, 8), NUMBER(3, 0), CALL(4), RETURN}},
	{"buffer at r10", BOTH("r1: helper 4 wants the stack, not the frame"),
	 .insns = {MOVE(1, 10), NUMBER(2, 8), NUMBER(3, 0), CALL(4), EXIT}},
	{"size from memory", BOTH("r2: helper 4 wants a constant"),
	 .insns = {PUT(BPF_DW, 10, -8, 8), READ(LOAD(BPF_DW, 2, 10, -8)), EXIT}},
	{"size from an ld_imm64", BOTH("r2: helper 4 wants a constant"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), MOVE(1, 10), ADD(1, -8), LD64(2, 8), NUMBER(3, 0), CALL(4), EXIT}},
	{"size in 32 bits", .insns = {PUT(BPF_DW, 10, -8, 0), READ(INSN(BPF_ALU | BPF_MOV | BPF_K, 2, 0, 0, 8)), EXIT}},
	{"size from a sum", .on_4_4 = "r2: helper 4 wants a constant",
	 .insns = {PUT(BPF_DW, 10, -8, 0), NUMBER(2, 4), READ(ADD(2, 4)), EXIT}},
	{"size known by comparing", .on_4_9 = "r2: helper 4 wants a constant",
	 .insns = {PUT(BPF_DW, 10, -8, 0), LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JNE, 2, 8, 4), MOVE(1, 10), ADD(1, -8),
		   NUMBER(3, 0), CALL(4), RETURN}},
	{"size that is one of two",
	 .insns = {LOAD(BPF_DW, 6, 1, 0), PUT(BPF_DW, 10, -8, 0), NUMBER(2, 8), JUMP(BPF_JGT, 6, 5, 1), NUMBER(2, 4),
		   MOVE(1, 10), ADD(1, -8), NUMBER(3, 0), CALL(4), EXIT}},
	{"one of two sizes too large", BOTH("16 bytes at -8 are not all"),
	 .insns = {LOAD(BPF_DW, 6, 1, 0), PUT(BPF_DW, 10, -8, 0), NUMBER(2, 8), JUMP(BPF_JGT, 6, 5, 1), NUMBER(2, 16),
		   MOVE(1, 10), ADD(1, -8), NUMBER(3, 0), CALL(4), EXIT}},
	{"comm", .insns = {PUT(BPF_DW, 10, -8, 0), MOVE(1, 10), ADD(1, -8), NUMBER(2, 8), CALL(16), EXIT}},
	{"key too short", BOTH("r2: byte 4 of a buffer at -8 is not written"),
	 .insns = {PUT(BPF_W, 10, -8, 0), MOVE(2, 10), ADD(2, -8), MAP(1, HASH), CALL(1), RETURN}},
	{"update", .insns = {PUT(BPF_DW, 10, -8, 0), PUT(BPF_DW, 10, -16, 0), MOVE(2, 10), ADD(2, -8), MOVE(3, 10),
			     ADD(3, -16), NUMBER(4, 0), MAP(1, HASH), CALL(2), EXIT}},
	{"element too short", BOTH("r3: byte 8 of a buffer at -24 is not written"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), PUT(BPF_DW, 10, -24, 0), MOVE(2, 10), ADD(2, -8), MOVE(3, 10), ADD(3, -24),
		   NUMBER(4, 0), MAP(1, HASH), CALL(2), EXIT}},
	{"flags missing", BOTH("r4 is read and holds nothing"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), PUT(BPF_DW, 10, -16, 0), MOVE(2, 10), ADD(2, -8), MOVE(3, 10), ADD(3, -16),
		   MAP(1, HASH), CALL(2), EXIT}},
	{"number for a map", BOTH("r1: helper 1 wants a map"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), MOVE(2, 10), ADD(2, -8), LD64(1, HASH), CALL(1), RETURN}},
	{"output to an array", BOTH("helper 25 on a map of type 2"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), OUTPUT(ARRAY), EXIT}},
	{"output without the context", BOTH("r1: helper 25 wants the context"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), NUMBER(1, 0), OUTPUT(RINGS), EXIT}},
	{"lookup in rings", BOTH("helper 1 on a map of type 4"),
	 .insns = {PUT(BPF_W, 10, -4, 0), MOVE(2, 10), ADD(2, -4), MAP(1, RINGS), CALL(1), RETURN}},
	{"map that is not open", BOTH("no map"), .insns = {MAP(1, 77), RETURN}},
	{"helper 113", BOTH("unknown helper 113"),
	 .insns = {PUT(BPF_DW, 10, -8, 0), MOVE(1, 10), ADD(1, -8), NUMBER(2, 8), NUMBER(3, 0), CALL(113), EXIT}},
	{"function", BOTH("no call of a helper"), .insns = {INSN(BPF_JMP | BPF_CALL, 0, 1, 0, 0), EXIT}},
	{"r1 behind a call", BOTH("r1 is read and holds nothing"), .insns = {CALL(5), MOVE(0, 1), EXIT}},
	{"r6 behind a call", .insns = {MOVE(6, 1), CALL(5), LOAD(BPF_DW, 0, 6, 0), EXIT}},

	/* Ways. */
	{"nothing returned", BOTH("r0 is read and holds nothing"), .insns = {EXIT}},
	{"loop", BOTH("back-edge to 1"), .insns = {NUMBER(0, 0), ADD(0, 1), JUMP(BPF_JNE, 0, 9, -2), EXIT}},
	{"unreachable", BOTH("unreachable"), .insns = {NUMBER(0, 0), GOTO(1), NUMBER(0, 1), EXIT}},
	{"out of the program", BOTH("a way out of the program"), .insns = {NUMBER(0, 0), JUMP(BPF_JEQ, 0, 5, 1), EXIT}},
	{"no end", BOTH("a way out of the program"), .insns = {NUMBER(0, 0)}},
	{"into an ld_imm64", BOTH("no such load"), .insns = {NUMBER(0, 0), JUMP(BPF_JEQ, 0, 5, 1), LD64(0, 1), EXIT}},
	{"one way without r0", BOTH("r0 is read and holds nothing"),
	 .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JEQ, 2, 5, 1), NUMBER(0, 0), EXIT}},
	{"a way never gone", .insns = {NUMBER(2, 5), JUMP(BPF_JEQ, 2, 5, 1), MOVE(2, 9), RETURN}},

	/* Instructions. */
	{"if >", .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JGT, 2, 5, 0), RETURN}},
	{"if <", BOTH("code 0xa5: no such jump"), .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JLT, 2, 5, 0), RETURN}},
	{"if <=", BOTH("no such jump"), .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JLE, 2, 5, 0), RETURN}},
	{"if signed <", BOTH("no such jump"), .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JSLT, 2, 5, 0), RETURN}},
	{"if signed <=", BOTH("no such jump"), .insns = {LOAD(BPF_DW, 2, 1, 0), JUMP(BPF_JSLE, 2, 5, 0), RETURN}},
	{"if in 32 bits", BOTH("no such class"),
	 .insns = {LOAD(BPF_DW, 2, 1, 0), INSN(BPF_JMP32 | BPF_JEQ, 2, 0, 0, 5), RETURN}},
	{"move that extends a sign", BOTH("extends a sign"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 2, 32, 0), RETURN}},
	{"load that extends a sign", BOTH("no such load"), .insns = {INSN(BPF_LDX | 0x80 | BPF_W, 2, 1, 0, 0), RETURN}},
	{"signed division", BOTH("unknown fields"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_DIV | BPF_K, 2, 0, 1, 3), RETURN}},
	{"signed shift", .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_ARSH | BPF_K, 2, 0, 0, 32), RETURN}},
	{"division by zero", BOTH("a division by zero"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_DIV | BPF_K, 2, 0, 0, 0), RETURN}},
	{"shift too far", BOTH("a shift by 64"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_LSH | BPF_K, 2, 0, 0, 64), RETURN}},
	{"big endian", .insns = {NUMBER(2, 0), INSN(BPF_ALU | BPF_END | BPF_X, 2, 0, 0, 16), RETURN}},
	{"byte swap", BOTH("no such negation or swap"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU64 | BPF_END, 2, 0, 0, 16), RETURN}},
	{"signed shift in 32 bits", BOTH("a signed shift of 32 bits"),
	 .insns = {NUMBER(2, 0), INSN(BPF_ALU | BPF_ARSH | BPF_K, 2, 0, 0, 3), RETURN}},
	{"register 11", BOTH("r11 is read"), .insns = {MOVE(2, 11), RETURN}},
	{"half an ld_imm64", BOTH("half an ld_imm64"),
	 .insns = {NUMBER(0, 0), EXIT, INSN(BPF_LD | BPF_IMM | BPF_DW, 0, 0, 0, 0)}},
};

static struct old_program program_of(const struct bpf_insn *insns, unsigned int count)
{
	return (struct old_program){
		.type = BPF_PROG_TYPE_KPROBE,
		.insns = insns,
		.count = count,
		.maps = sample_maps,
		.map_count = sizeof(sample_maps) / sizeof(sample_maps[0]),
	};
}

/* False, and said why, where that is not what is expected. */
static bool is_as_expected(const struct old_rules *rules, const struct old_program *program, const char *name,
			   const char *words)
{
	struct old_verdict verdict;
	bool good = old_verify(rules, program, &verdict);

	if (good == !words && (good || strstr(verdict.reason, words)))
		return true;
	print_error("%s on %s: instruction %u: \"%s\", not \"%s\"\n", name, rules->name, verdict.at, verdict.reason,
		    words ? words : "");
	return false;
}

static void test_samples(void **state)
{
	bool good = true;

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct old_program program = program_of(samples[i].insns, 24);

		while (program.count && !program.insns[program.count - 1].code)
			program.count--;
		good &= is_as_expected(&old_4_4, &program, samples[i].name, samples[i].on_4_4);
		good &= is_as_expected(&old_4_9, &program, samples[i].name, samples[i].on_4_9);
	}
	assert_true(good);
}

static void test_tracepoint_context(void **state)
{
	static const int16_t offs[] = {0, 8, 56, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(offs) / sizeof(offs[0]); i++) {
		const struct bpf_insn insns[] = {LOAD(BPF_DW, 0, 1, offs[i]), EXIT};
		struct old_program program = program_of(insns, 2);

		program.type = BPF_PROG_TYPE_TRACEPOINT;
		assert_true(is_as_expected(&old_4_9, &program, "tracepoint", i == 0 || i == 3 ? "context" : NULL));
		assert_true(is_as_expected(&old_4_4, &program, "tracepoint", "no programs of type"));
	}
}

static void test_length(void **state)
{
	static const struct bpf_insn number = NUMBER(0, 0), end = EXIT;
	static struct bpf_insn insns[4096];

	(void)state;
	for (unsigned int count = 4095; count <= 4096; count++) {
		struct old_program program = program_of(insns, count);

		for (unsigned int i = 0; i < count; i++)
			insns[i] = i + 1 < count ? number : end;
		assert_true(is_as_expected(&old_4_4, &program, "long", count == 4096 ? "4096 instructions" : NULL));
	}
}

/* Each branch leaves another slot of the stack written or not, so that no two paths come together in one state. */
static struct old_program branching(struct bpf_insn *insns, int branches, bool same)
{
	const struct bpf_insn first = LOAD(BPF_DW, 2, 1, 0), number = NUMBER(0, 0), end = EXIT;
	unsigned int count = 0;

	insns[count++] = first;
	for (int i = 0; i < branches; i++) {
		const struct bpf_insn jump = JUMP(BPF_JGT, 2, i, 1);
		const struct bpf_insn put = PUT(BPF_DW, 10, -8 - (same ? 0 : 8 * i), 0);

		insns[count++] = jump;
		insns[count++] = put;
	}
	insns[count++] = number;
	insns[count++] = end;
	return program_of(insns, count);
}

static void test_paths(void **state)
{
	static struct bpf_insn insns[256];
	struct old_program program;

	(void)state;
	program = branching(insns, 12, false);
	assert_true(is_as_expected(&old_4_4, &program, "2^12 paths", NULL));
	program = branching(insns, 14, false);
	assert_true(is_as_expected(&old_4_4, &program, "2^14 paths", "more than 32768 instructions"));
	assert_true(is_as_expected(&old_4_9, &program, "2^14 paths", NULL));
	program = branching(insns, 20, false);
	assert_true(is_as_expected(&old_4_9, &program, "2^20 paths", "more than 65536 instructions"));
	program = branching(insns, 100, true);
	assert_true(is_as_expected(&old_4_4, &program, "2^100 paths of few states", NULL));
}

/* What the loader hands to that kernel. */
static bool check_program(struct object *object, const char *section, int type, const struct old_rules *rules)
{
	const struct object_kernel kernel = {.version = model.kernel->version};
	struct old_map maps[OBJECT_MAPS_MAX];
	struct old_program program = {.type = type, .insns = model.last_insns, .maps = maps};
	struct old_verdict verdict;
	struct error err;
	int fd = object_load_program(object, section, type, &kernel, &err);

	if (fd < 0) {
		print_error("%s\n", err.text);
		return false;
	}
	sys_close(fd);
	program.count = model.last_count;
	for (int i = 0; i < object->map_count; i++)
		maps[program.map_count++] = (struct old_map){object->maps[i].fd, object->maps[i].type,
							     object->maps[i].key_size, object->maps[i].value_size};
	if (!old_verify(rules, &program, &verdict)) {
		print_error("%s: %s on %s: instruction %u: %s\n", object->name, section, rules->name, verdict.at,
			    verdict.reason);
		return false;
	}
	print_message("# %s: %s on %s: %u instructions, %u on all paths\n", object->name, section, rules->name,
		      program.count, verdict.walked);
	return true;
}

static bool check_followers(struct object *object, const struct old_rules *rules)
{
	bool good = check_program(object, "kprobe/fork", BPF_PROG_TYPE_KPROBE, rules) &&
		    check_program(object, "kprobe/release", BPF_PROG_TYPE_KPROBE, rules);

	return good &&
	       (!rules->tracepoints || (check_program(object, "tracepoint/fork", BPF_PROG_TYPE_TRACEPOINT, rules) &&
					check_program(object, "tracepoint/exec", BPF_PROG_TYPE_TRACEPOINT, rules) &&
					check_program(object, "tracepoint/release", BPF_PROG_TYPE_TRACEPOINT, rules)));
}

/* `on`: with all that other constants than filters switch on, or with nothing of it. */
static bool check_filtered(const struct image *image, const char *name, const struct model_kernel *kernel,
			   const struct old_rules *rules, const struct filter *filter, bool on)
{
	static const struct object_kernel nameless = {0};
	struct object *object;
	struct error err;
	bool good;

	model_boot(kernel);
	if (object_open(&object, image->bytes, image->size, name, &err)) {
		print_error("%s\n", err.text);
		return false;
	}
	image_prepare_filtered(object, filter);
	assert_int_equal(object_create_maps(object, &nameless, &err), 0);
	image_set_constants(object);
	if (!on) {
		object_set_constant(object, "STACK_SIZE", 0, &err);
		object_set_constant(object, "REGS_FROM_TOP", 0, &err);
		object_set_constant(object, "PLACE", 0, &err);
		object_set_constant(object, "NATIVE", 0, &err);
		object_set_constant(object, "RESULT", 0, &err);
		object_set_constant(object, "SOCK_AT", 0, &err);
		object_set_constant(object, "SADDR6_AT", 0, &err);
		object_set_constant(object, "PROTOCOL_AT", 0, &err);
		object_set_constant(object, "PROTOCOL_MASK", 0, &err);
		object_set_constant(object, "COUNT", 0, &err);
	}
	if (on)
		image_set_identity(object, IDENTITY_ALL & ~IDENTITY_CGROUP_ID, rules->tracepoints);
	else
		object_set_constant(object, "PEEK", 0, &err);
	good = check_program(object, "kprobe/learn", BPF_PROG_TYPE_KPROBE, rules);
	good &= check_program(object, "kprobe/connect", BPF_PROG_TYPE_KPROBE, rules);
	good &= check_program(object, "kprobe/learn_sock", BPF_PROG_TYPE_KPROBE, rules);
	good &= check_program(object, "kretprobe/verdict", BPF_PROG_TYPE_KPROBE, rules);
	good &= check_program(object, "kretprobe/end", BPF_PROG_TYPE_KPROBE, rules);
	if (rules->tracepoints)
		good &= check_program(object, "tracepoint/sys_enter", BPF_PROG_TYPE_TRACEPOINT, rules);
	if (rules->tracepoints && on)
		good &= check_program(object, "tracepoint/learn", BPF_PROG_TYPE_TRACEPOINT, rules);
	if (filter->follow)
		good &= check_followers(object, rules);
	object_close(object);
	assert_int_equal(model_leaks(), 0);
	return good;
}

/* With no filter, and with all that these kernels can apply, as lists and as single numbers. */
static bool check_image(const struct image *image, const char *name, const struct model_kernel *kernel,
			const struct old_rules *rules, bool on)
{
	struct filter filter = {.families = FAMILIES_ANY, .any_type = true};
	struct error err;
	bool good = check_filtered(image, name, kernel, rules, &filter, on);

	filter.families = FAMILIES_DEFAULT;
	filter.any_type = false;
	ranges_add(&filter.pids, "-p", "1", UINT32_MAX, &err);
	ranges_add(&filter.uids, "-u", "!1", UINT32_MAX, &err);
	ranges_add(&filter.ports, "-P", "1", UINT16_MAX, &err);
	ranges_add(&filter.netns, "--netns", "1", UINT32_MAX, &err);
	good &= check_filtered(image, name, kernel, rules, &filter, on);
	ranges_add(&filter.pids, "-p", "3-9", UINT32_MAX, &err);
	ranges_add(&filter.uids, "-u", "!3-9", UINT32_MAX, &err);
	ranges_add(&filter.ports, "-P", "3-9", UINT16_MAX, &err);
	ranges_add(&filter.netns, "--netns", "3-9", UINT32_MAX, &err);
	patterns_add(&filter.comms, "--comm", "a,b", &err);
	good &= check_filtered(image, name, kernel, rules, &filter, on);
	filter.follow = true;
	good &= check_filtered(image, name, kernel, rules, &filter, on);
	filter_free(&filter);
	return good;
}

static bool check_on_both(const struct image *image, const char *name)
{
	bool good = true;

	for (int on = 0; on < 2; on++) {
		good &= check_image(image, name, &model_4_4, &old_4_4, on);
		good &= check_image(image, name, &model_4_9, &old_4_9, on);
	}
	return good;
}

static void test_built_object(void **state)
{
	struct image image = image_read();

	(void)state;
	assert_true(check_on_both(&image, BPF_OBJECT));
	image_free(&image);
}

static struct image read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	struct image image = {.bytes = malloc(1 << 20)};

	assert_non_null(file);
	image.size = fread(image.bytes, 1, 1 << 20, file);
	fclose(file);
	return image;
}

static void test_objects(void **state)
{
	const char *folder = getenv("OBJECTS");
	char pattern[PATH_MAX_CHARS];
	bool good = true;
	glob_t found;

	(void)state;
	if (!folder)
		return;
	snprintf(pattern, sizeof(pattern), "%s/*.o", folder);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct image image = read_file(found.gl_pathv[i]);

		good &= check_on_both(&image, found.gl_pathv[i]);
		image_free(&image);
	}
	globfree(&found);
	assert_true(good);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_samples), cmocka_unit_test(test_tracepoint_context), cmocka_unit_test(test_length),
	cmocka_unit_test(test_paths),	cmocka_unit_test(test_built_object),	   cmocka_unit_test(test_objects),
};

RUN(tests)
