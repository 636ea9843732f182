// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/object/prune.c on programs that nobody thought of, always the same ones: pruned or not they do the same, and
 * where the oldest verifiers took the one they take the other. On garbage nothing is read or written outside.
 */
#include "test.h"

#include "insns.h"
#include "model.h"
#include "object/private.h"
#include "old_verifier.h"

#include <stdlib.h>

#define BLOCKS_MAX 12
#define BLOCK_MAX  96
#define CTX_WORDS  21
#define SLOTS	   8 /* of the stack, 8 bytes each, from the top down */

struct block {
	struct bpf_insn insns[BLOCK_MAX];
	size_t count, place;
	bool tests; /* ends with a jump to `then`, and else goes on to `other`; `other` 0: it is the last */
	size_t then, other;
};

struct maker {
	uint64_t state;
	bool late; /* jumps of versions 2 and 3, and what old verifiers do not take */
	struct block blocks[BLOCKS_MAX];
	size_t block_count;
	struct bpf_insn insns[BLOCKS_MAX * BLOCK_MAX];
	size_t count;
};

/* xorshift64* */
static uint64_t draw(struct maker *maker)
{
	maker->state ^= maker->state >> 12;
	maker->state ^= maker->state << 25;
	maker->state ^= maker->state >> 27;
	return (maker->state * 0x2545f4914f6cdd1d) >> 16;
}

static unsigned int below(struct maker *maker, unsigned int end)
{
	return (unsigned int)(draw(maker) % end);
}

static bool one_in(struct maker *maker, unsigned int times)
{
	return below(maker, times) == 0;
}

static int64_t number(struct maker *maker)
{
	static const int64_t common[] = {0,	      0,	   1,	      2,	 3,	     5,
					 8,	      31,	   32,	      63,	 64,	     255,
					 -1,	      -2,	   INT32_MAX, INT32_MIN, 0x80000000, 0xffffffff,
					 0x100000000, 0x100000001, INT64_MAX, INT64_MIN};

	return one_in(maker, 8) ? (int64_t)(draw(maker) << 20)
				: common[below(maker, sizeof(common) / sizeof(common[0]))];
}

static void put(struct block *block, struct bpf_insn insn)
{
	if (block->count == BLOCK_MAX)
		abort();
	block->insns[block->count++] = insn;
}

#define PUT_ON(block, ...)                                                             \
	do {                                                                           \
		const struct bpf_insn list_[] = {__VA_ARGS__};                         \
		for (size_t put_ = 0; put_ < sizeof(list_) / sizeof(list_[0]); put_++) \
			put(block, list_[put_]);                                       \
	} while (0)

/* r9 is the context, all others are numbers. */
static uint8_t reg(struct maker *maker)
{
	return (uint8_t)below(maker, 9);
}

static void put_constant(struct maker *maker, struct block *block, uint8_t to)
{
	int64_t value = number(maker);

	if (one_in(maker, 2))
		PUT_ON(block, LD64(to, value));
	else
		PUT_ON(block, NUMBER(to, (int32_t)value));
}

static void put_unknown(struct maker *maker, struct block *block, uint8_t to)
{
	PUT_ON(block, LOAD(BPF_DW, to, 9, (int16_t)(8 * below(maker, CTX_WORDS))));
}

static void put_arithmetic(struct maker *maker, struct block *block)
{
	static const uint8_t ops[] = {BPF_ADD, BPF_SUB, BPF_MUL,  BPF_OR,  BPF_AND, BPF_XOR, BPF_LSH,
				      BPF_RSH, BPF_MOV, BPF_ARSH, BPF_NEG, BPF_DIV, BPF_MOD, BPF_END};
	uint8_t op = ops[below(maker, sizeof(ops))], class = one_in(maker, 3) ? BPF_ALU : BPF_ALU64;
	uint8_t to = reg(maker), from = reg(maker);
	int32_t value = (int32_t)number(maker);

	if (!maker->late && op == BPF_ARSH)
		class = BPF_ALU64;
	if (op == BPF_END)
		PUT_ON(block, INSN((uint8_t)(BPF_ALU | op | (from % 2 ? BPF_TO_BE : BPF_TO_LE)), to, 0, 0,
				   16 << below(maker, 3)));
	else if (op == BPF_NEG)
		PUT_ON(block, INSN((uint8_t)(class | op), to, 0, 0, 0));
	else if (one_in(maker, 2))
		PUT_ON(block, INSN((uint8_t)(class | op | BPF_X), to, from, 0, 0));
	else if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		PUT_ON(block, INSN((uint8_t)(class | op), to, 0, 0, value & (class == BPF_ALU ? 31 : 63)));
	else
		PUT_ON(block,
		       INSN((uint8_t)(class | op), to, 0, 0, (op == BPF_DIV || op == BPF_MOD) && !value ? 7 : value));
}

static void put_access(struct maker *maker, struct block *block)
{
	static const uint8_t sizes[] = {BPF_B, BPF_H, BPF_W, BPF_DW};
	unsigned int log = below(maker, 4), step = 1u << log;
	int16_t off = (int16_t)(-8 * SLOTS + (int)(step * below(maker, 8 * SLOTS / step)));

	switch (below(maker, 3)) {
	case 0:
		PUT_ON(block, LOAD(sizes[log], reg(maker), 10, off));
		break;
	case 1:
		PUT_ON(block, STORE(sizes[log], 10, off, reg(maker)));
		break;
	default:
		PUT_ON(block, PUT(sizes[log], 10, off, (int32_t)number(maker)));
	}
}

/* What a call leaves in r1 to r5 no program may read; that the machine has the same there each time does no harm. */
static void put_call(struct maker *maker, struct block *block)
{
	if (one_in(maker, 2)) {
		PUT_ON(block, CALL(14));
	} else {
		int32_t off = -8 * (int32_t)(1 + below(maker, SLOTS));

		PUT_ON(block, MOVE(3, reg(maker)), MOVE(1, 10), ADD(1, off), NUMBER(2, 8), CALL(4));
	}
	for (uint8_t to = 1; to <= 5; to++) {
		if (!maker->late || one_in(maker, 2))
			put_constant(maker, block, to);
	}
}

static void put_any(struct maker *maker, struct block *block)
{
	unsigned int kind = below(maker, 16);

	if (kind < 4)
		put_constant(maker, block, reg(maker));
	else if (kind < 5)
		put_unknown(maker, block, reg(maker));
	else if (kind < 11)
		put_arithmetic(maker, block);
	else if (kind < 15)
		put_access(maker, block);
	else if (block->count < BLOCK_MAX / 2)
		put_call(maker, block);
}

static void put_test(struct maker *maker, struct block *block)
{
	static const uint8_t ops[] = {BPF_JEQ,	BPF_JNE, BPF_JGT, BPF_JGE,  BPF_JSET, BPF_JSGT,
				      BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE};
	uint8_t op = ops[below(maker, maker->late ? 11 : 7)],
		class = maker->late && one_in(maker, 3) ? BPF_JMP32 : BPF_JMP;

	if (one_in(maker, 3))
		PUT_ON(block, INSN((uint8_t)(class | op | BPF_X), reg(maker), reg(maker), 0, 0));
	else
		PUT_ON(block, INSN((uint8_t)(class | op), reg(maker), 0, 0, (int32_t)number(maker)));
}

static void make_block(struct maker *maker, size_t index)
{
	struct block *block = &maker->blocks[index];

	memset(block, 0, sizeof(*block));
	if (index == 0) {
		PUT_ON(block, MOVE(9, 1));
		for (int16_t i = 1; i <= SLOTS; i++)
			PUT_ON(block, PUT(BPF_DW, 10, (int16_t)(-8 * i), i));
		for (uint8_t to = 0; to < 9; to++)
			(one_in(maker, 3) ? put_unknown : put_constant)(maker, block, to);
	}
	for (unsigned int n = below(maker, 7); n; n--)
		put_any(maker, block);
	if (index + 1 == maker->block_count) {
		for (uint8_t from = 1; from < 9; from++) {
			if (one_in(maker, 4))
				PUT_ON(block, ALU_REG(BPF_XOR, 0, from));
		}
		PUT_ON(block, EXIT);
		return;
	}
	block->other = index + 1;
	block->tests = !one_in(maker, 5);
	if (!block->tests)
		return;
	put_test(maker, block);
	block->then = index + 1 + below(maker, (unsigned int)(maker->block_count - index - 1));
	/* Sometimes the other way round, so that not all blocks are reached in the end. */
	if (one_in(maker, 4) && maker->late) {
		block->other = block->then;
		block->then = index + 1 + below(maker, (unsigned int)(maker->block_count - index - 1));
	}
}

/* In any order but for the first: the compiler, too, puts behind the end what it takes for rare. */
static void lay_out(struct maker *maker, size_t order[BLOCKS_MAX])
{
	for (size_t i = 0; i < maker->block_count; i++)
		order[i] = i;
	for (size_t i = maker->block_count - 1; i > 1; i--) {
		size_t other = 1 + below(maker, (unsigned int)i), kept = order[i];

		if (one_in(maker, 2))
			continue;
		order[i] = order[other];
		order[other] = kept;
	}
	maker->count = 0;
	for (size_t i = 0; i < maker->block_count; i++) {
		struct block *block = &maker->blocks[order[i]];

		block->place = maker->count;
		if (block->other && (i + 1 == maker->block_count || order[i + 1] != block->other || one_in(maker, 8)))
			PUT_ON(block, GOTO(0));
		maker->count += block->count;
	}
}

static void make_program(struct maker *maker)
{
	size_t order[BLOCKS_MAX];

	maker->block_count = 1 + below(maker, BLOCKS_MAX);
	for (size_t i = 0; i < maker->block_count; i++)
		make_block(maker, i);
	lay_out(maker, order);
	for (size_t i = 0; i < maker->block_count; i++) {
		struct block *block = &maker->blocks[i];
		size_t last = block->count - 1, at = block->place + block->count;

		if (block->other && block->count && block->insns[last].code == (BPF_JMP | BPF_JA)) {
			block->insns[last].off = (int16_t)(maker->blocks[block->other].place - at);
			last--;
			at--;
		}
		if (block->tests)
			block->insns[last].off = (int16_t)(maker->blocks[block->then].place - at);
		memcpy(&maker->insns[block->place], block->insns, block->count * sizeof(block->insns[0]));
	}
}

static struct maker maker;
static struct bpf_insn pruned[BLOCKS_MAX * BLOCK_MAX];

static size_t prune(void)
{
	size_t left;

	memcpy(pruned, maker.insns, maker.count * sizeof(pruned[0]));
	left = object_prune(pruned, maker.count);
	assert_true(left && left <= maker.count);
	return left;
}

static void assert_same(size_t left, int program)
{
	static uint8_t first[MODEL_STACK] __attribute__((aligned(8))), second[MODEL_STACK];
	uint64_t ctx[CTX_WORDS], result, again;

	for (size_t i = 0; i < CTX_WORDS; i++)
		ctx[i] = (uint64_t)number(&maker);
	/* On the same stack: r10 is a number as well. */
	memset(first, 0, sizeof(first));
	result = model_run_late(maker.insns, (unsigned int)maker.count, ctx, sizeof(ctx), first);
	memcpy(second, first, sizeof(second));
	memset(first, 0, sizeof(first));
	again = model_run_late(pruned, (unsigned int)left, ctx, sizeof(ctx), first);
	if (result != again || memcmp(first, second, sizeof(first)) != 0)
		print_error("program %d\n", program);
	assert_int_equal(result, again);
	assert_memory_equal(first, second, sizeof(first));
}

static void test_same_results(void **state)
{
	size_t before = 0, after = 0;

	(void)state;
	maker.state = 0x9e3779b97f4a7c15;
	maker.late = true;
	for (int program = 0; program < 6000; program++) {
		size_t left;

		make_program(&maker);
		left = prune();
		for (int run = 0; run < 3; run++)
			assert_same(left, program);
		before += maker.count;
		after += left;
	}
	print_message("# %zu instructions, %zu after\n", before, after);
	/* Or else there was nothing to get wrong. */
	assert_true(after < before * 3 / 4 && after > before / 8);
}

static bool verify(const struct old_rules *rules, const struct bpf_insn *insns, size_t count, size_t *walked)
{
	const struct old_program program = {.type = BPF_PROG_TYPE_KPROBE, .insns = insns, .count = (unsigned int)count};
	struct old_verdict verdict;
	bool good = old_verify(rules, &program, &verdict);

	*walked += verdict.walked;
	return good;
}

static void test_same_verdicts(void **state)
{
	static const struct old_rules *const rules[] = {&old_4_4, &old_4_9};
	size_t before = 0, after = 0, refused = 0, good = 0;

	(void)state;
	maker.state = 0xd1b54a32d192ed03;
	maker.late = false;
	for (int program = 0; program < 800; program++) {
		size_t left;

		make_program(&maker);
		left = prune();
		for (int i = 0; i < 2; i++) {
			if (!verify(rules[i], maker.insns, maker.count, &before))
				continue;
			good++;
			refused += !verify(rules[i], pruned, left, &after);
		}
	}
	print_message("# %zu of 1600 accepted, %zu instructions walked, %zu after\n", good, before, after);
	assert_int_equal(refused, 0);
	assert_true(good > 1000);
}

/* Any bytes, and good programs with some bytes changed, in a block of exactly their size. */
static void test_garbage(void **state)
{
	size_t changed = 0;

	(void)state;
	maker.state = 0x2127599bf4325c37;
	maker.late = true;
	for (int program = 0; program < 20000; program++) {
		bool random = program % 2;
		size_t count, left;
		struct bpf_insn *insns;

		make_program(&maker);
		count = random ? 1 + below(&maker, 40) : maker.count;
		insns = malloc(count * sizeof(*insns));
		memcpy(insns, maker.insns, count < maker.count ? count * sizeof(*insns) : maker.count * sizeof(*insns));
		for (size_t i = random ? count * sizeof(*insns) : 1 + below(&maker, 4); i; i--)
			((uint8_t *)insns)[random ? i - 1 : below(&maker, (unsigned int)(count * sizeof(*insns)))] =
				(uint8_t)draw(&maker);
		left = object_prune(insns, count);
		assert_true(left && left <= count);
		changed += left < count;
		free(insns);
	}
	/* A changed number is no reason to leave a program alone. */
	assert_true(changed > 2000);
}

static int start(void **state)
{
	(void)state;
	model_boot(&model_6_12);
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup(test_same_results, start),
	cmocka_unit_test_setup(test_same_verdicts, start),
	cmocka_unit_test_setup(test_garbage, start),
};

RUN(tests)
