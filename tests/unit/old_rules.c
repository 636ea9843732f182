// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks all paths of a program as kernel/bpf/verifier.c of 4.4.155 and 4.9 does for root, and refuses what it refuses.
 * Stricter where programs like ours have nothing to gain: helpers that they do not use are unknown here; a map value
 * that was moved can't be used, although 4.9 takes it within bounds that it can follow; and what 4.9 lets pass by
 * mistake is refused: byte swaps and signed 32-bit shifts, which it can't run, and negative offsets into a tracepoint's
 * context.
 */
#include "old_verifier.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGS	    16 /* what fits into an instruction's field */
#define FRAME_REG   10
#define STACK_BYTES 512
#define SLOT_BYTES  8
/* Branches that wait to be walked. */
#define WAITING_MAX 1024

/* sizeof(struct pt_regs) in the kernel. */
#if defined(__aarch64__)
#define PT_REGS_BYTES 288
#else
#define PT_REGS_BYTES 168
#endif
/* raw_syscalls/sys_enter: 8 hidden ones, id, six arguments. More than the event has is refused when it is attached. */
#define TRACEPOINT_FIRST 8
#define TRACEPOINT_BYTES 64

#define LD_IMM64 (BPF_LD | BPF_IMM | BPF_DW)

#define HELPER_MAP_LOOKUP  1
#define HELPER_MAP_UPDATE  2
#define HELPER_MAP_DELETE  3
#define HELPER_PROBE_READ  4
#define HELPER_KTIME	   5
#define HELPER_CPU	   8
#define HELPER_PID_TGID	   14
#define HELPER_UID_GID	   15
#define HELPER_COMM	   16
#define HELPER_PERF_OUTPUT 25

const struct old_rules old_4_4 = {
	.name = "4.4",
	.insns_max = 4095,
	.walked_max = 32768,
	.learns_by_comparing = true,
	.one_kind_sizes = 4,
};

const struct old_rules old_4_9 = {
	.name = "4.9",
	.insns_max = 4095,
	.walked_max = 65536,
	.fills_buffers = true,
	.adds_constants = true,
	.wide_moves = true,
	.joins_after_calls = true,
	.tracepoints = true,
	.one_kind_sizes = 4 | 8,
};

enum kind {
	NOT_INIT,
	UNKNOWN,
	CTX,
	MAP,
	VALUE,
	VALUE_OR_NULL,
	FRAME, /* r10 and unmoved copies of it */
	STACK, /* r10 + number */
	CONST,
};

static const char *const kind_names[] = {
	[NOT_INIT] = "nothing", [UNKNOWN] = "a number",	 [CTX] = "the context",
	[MAP] = "a map",	[VALUE] = "a map value", [VALUE_OR_NULL] = "a map value or null",
	[FRAME] = "the frame",	[STACK] = "the stack",	 [CONST] = "a constant",
};

struct reg {
	enum kind kind;
	int64_t number;		   /* STACK, CONST */
	const struct old_map *map; /* MAP, VALUE, VALUE_OR_NULL */
};

enum byte {
	UNTOUCHED,
	WRITTEN,
	SPILLED,
};

struct state {
	struct reg regs[REGS];
	uint8_t bytes[STACK_BYTES];
	struct reg slots[STACK_BYTES / SLOT_BYTES];
};

/* A state at an instruction: in wait for being walked, or walked. */
struct point {
	struct point *next;
	unsigned int at;
	struct state state;
};

enum colour {
	NEW,
	OPEN,
	DONE,
};

struct walk {
	const struct old_rules *rules;
	const struct old_program *program;
	struct old_verdict *verdict;
	uint8_t *colours;
	bool *joins;
	uint8_t *through;     /* by which kind of pointer an instruction accesses memory */
	struct point **known; /* states at joins */
	struct point *waiting;
	unsigned int waiting_count;
	struct state state;
	unsigned int at, next;
	bool ended; /* this path */
};

static bool refuse(struct walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct walk *walk, const char *format, ...)
{
	struct old_verdict *verdict = walk->verdict;
	va_list args;

	va_start(args, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, args);
	va_end(args);
	verdict->at = walk->at;
	return false;
}

static void *zeroed(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

static const struct old_map *map_of(const struct old_program *program, int fd)
{
	for (unsigned int i = 0; i < program->map_count; i++) {
		if (program->maps[i].fd == fd)
			return &program->maps[i];
	}
	return NULL;
}

/* Fields that must be 0 whether or not the instruction is ever walked. */
static bool check_form(struct walk *walk)
{
	const struct old_program *program = walk->program;

	for (walk->at = 0; walk->at < program->count; walk->at++) {
		const struct bpf_insn *insn = &program->insns[walk->at], *second = insn + 1;
		int class = BPF_CLASS(insn->code), mode = insn->code & 0xe0;

		if (class == BPF_LDX && (mode != BPF_MEM || insn->imm))
			return refuse(walk, "code 0x%02x: no such load", insn->code);
		if (class == BPF_STX && ((mode != BPF_MEM && mode != BPF_XADD) || insn->imm))
			return refuse(walk, "code 0x%02x, imm %d: no such store", insn->code, insn->imm);
		if (insn->code != LD_IMM64)
			continue;
		if (walk->at + 1 == program->count || second->code || second->dst_reg || second->src_reg || second->off)
			return refuse(walk, "half an ld_imm64");
		if (insn->src_reg && (insn->src_reg != BPF_PSEUDO_MAP_FD || !map_of(program, insn->imm)))
			return refuse(walk, "ld_imm64 of kind %d, %d: no map", insn->src_reg, insn->imm);
		walk->at++;
	}
	return true;
}

static bool visit(struct walk *walk, unsigned int from, unsigned int at)
{
	const struct bpf_insn *insn;
	int op;

	walk->at = from;
	if (at >= walk->program->count)
		return refuse(walk, "a way out of the program");
	if (walk->colours[at] == OPEN)
		return refuse(walk, "back-edge to %u", at);
	if (walk->colours[at] == DONE)
		return true;
	walk->colours[at] = OPEN;
	insn = &walk->program->insns[at];
	op = BPF_OP(insn->code);
	if (BPF_CLASS(insn->code) != BPF_JMP || op == BPF_CALL) {
		walk->joins[at + 1] |=
			op == BPF_CALL && BPF_CLASS(insn->code) == BPF_JMP && walk->rules->joins_after_calls;
		if (!visit(walk, at, at + 1))
			return false;
	} else if (op == BPF_JA) {
		walk->joins[at + 1] = true;
		if (!visit(walk, at, at + 1 + (unsigned int)insn->off))
			return false;
	} else if (op != BPF_EXIT) {
		unsigned int target = at + 1 + (unsigned int)insn->off;

		if (!visit(walk, at, at + 1) || !visit(walk, at, target))
			return false;
		walk->joins[target] = true;
	}
	walk->colours[at] = DONE;
	return true;
}

/* No loops, and nothing that can't be reached. */
static bool check_flow(struct walk *walk)
{
	if (!visit(walk, 0, 0))
		return false;
	for (walk->at = 0; walk->at < walk->program->count; walk->at++) {
		if (walk->colours[walk->at] == NEW)
			return refuse(walk, "unreachable");
	}
	return true;
}

static void set(struct reg *reg, enum kind kind, int64_t number)
{
	*reg = (struct reg){.kind = kind, .number = number};
}

static bool check_source(struct walk *walk, unsigned int reg)
{
	if (reg > FRAME_REG || walk->state.regs[reg].kind == NOT_INIT)
		return refuse(walk, "r%u is read and holds nothing", reg);
	return true;
}

static bool check_target(struct walk *walk, unsigned int reg)
{
	if (reg >= FRAME_REG)
		return refuse(walk, "r%u can't be written", reg);
	return true;
}

static bool is_pointer(const struct reg *reg)
{
	return reg->kind != NOT_INIT && reg->kind != UNKNOWN && reg->kind != CONST;
}

static bool store_to_stack(struct walk *walk, int off, int size, const struct reg *value)
{
	unsigned int from = (unsigned int)(STACK_BYTES + off);
	bool spills = value && is_pointer(value);

	if (spills && size != SLOT_BYTES)
		return refuse(walk, "%d bytes of a pointer are stored", size);
	memset(&walk->state.slots[from / SLOT_BYTES], 0, sizeof(struct reg));
	if (spills)
		walk->state.slots[from / SLOT_BYTES] = *value;
	memset(&walk->state.bytes[from], spills ? SPILLED : WRITTEN, (size_t)size);
	return true;
}

static bool load_from_stack(struct walk *walk, int off, int size, struct reg *value)
{
	unsigned int from = (unsigned int)(STACK_BYTES + off);
	enum byte wanted = walk->state.bytes[from] == SPILLED ? SPILLED : WRITTEN;

	if (wanted == SPILLED && size != SLOT_BYTES)
		return refuse(walk, "%d bytes of a spilled pointer are loaded", size);
	for (int i = 0; i < size; i++) {
		if (walk->state.bytes[from + (unsigned int)i] != wanted)
			return refuse(walk, "stack %d: byte %d is %s", off, i,
				      wanted == SPILLED ? "not the pointer's any more" : "not written");
	}
	if (value && wanted == SPILLED)
		*value = walk->state.slots[from / SLOT_BYTES];
	else if (value)
		set(value, UNKNOWN, 0);
	return true;
}

static bool check_ctx(struct walk *walk, int off, bool store)
{
	bool tracepoint = walk->program->type == BPF_PROG_TYPE_TRACEPOINT;

	if (store)
		return refuse(walk, "a store into the context");
	if (off < (tracepoint ? TRACEPOINT_FIRST : 0) || off >= (tracepoint ? TRACEPOINT_BYTES : PT_REGS_BYTES))
		return refuse(walk, "context %d: outside", off);
	return true;
}

static int size_of(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* `value`: what is stored, NULL for a number; or where to load to, NULL for nowhere. */
static bool access_memory(struct walk *walk, unsigned int pointer, const struct bpf_insn *insn, bool store,
			  struct reg *value)
{
	const struct reg *base = &walk->state.regs[pointer];
	int off = insn->off, size = size_of(insn);

	if (base->kind == STACK)
		off += (int)base->number;
	if (off % size)
		return refuse(walk, "misaligned: %d bytes at %d", size, off);
	switch (base->kind) {
	case FRAME:
	case STACK:
		if (off >= 0 || off < -STACK_BYTES)
			return refuse(walk, "stack %d: outside", off);
		return store ? store_to_stack(walk, off, size, value) : load_from_stack(walk, off, size, value);
	case VALUE:
		if (off < 0 || off + size > (int)base->map->value_size)
			return refuse(walk, "map value of %u bytes: %d bytes at %d", base->map->value_size, size, off);
		break;
	case CTX:
		if (!check_ctx(walk, off, store))
			return false;
		break;
	default:
		return refuse(walk, "memory behind r%u, which holds %s", pointer, kind_names[base->kind]);
	}
	if (value && !store)
		set(value, UNKNOWN, 0);
	return true;
}

/* Where the context is accessed, nothing else may be: the kernel may rewrite the instruction. */
static bool check_one_kind(struct walk *walk, enum kind kind)
{
	uint8_t *through = &walk->through[walk->at];

	if (*through != NOT_INIT && *through != kind && (*through == CTX || kind == CTX))
		return refuse(walk, "one instruction for %s and %s", kind_names[*through], kind_names[kind]);
	if (*through == NOT_INIT)
		*through = (uint8_t)kind;
	return true;
}

static bool step_load(struct walk *walk, const struct bpf_insn *insn)
{
	enum kind kind;

	if (!check_source(walk, insn->src_reg) || !check_target(walk, insn->dst_reg))
		return false;
	kind = walk->state.regs[insn->src_reg].kind;
	if (!access_memory(walk, insn->src_reg, insn, false, &walk->state.regs[insn->dst_reg]))
		return false;
	return !(walk->rules->one_kind_sizes & (unsigned int)size_of(insn)) || check_one_kind(walk, kind);
}

static bool step_store(struct walk *walk, const struct bpf_insn *insn)
{
	struct reg value;

	if (!check_source(walk, insn->src_reg) || !check_source(walk, insn->dst_reg))
		return false;
	if ((insn->code & 0xe0) == BPF_XADD) {
		if (size_of(insn) < 4)
			return refuse(walk, "an atomic addition of %d bytes", size_of(insn));
		return access_memory(walk, insn->dst_reg, insn, false, NULL) &&
		       access_memory(walk, insn->dst_reg, insn, true, NULL);
	}
	value = walk->state.regs[insn->src_reg];
	return access_memory(walk, insn->dst_reg, insn, true, &value) &&
	       check_one_kind(walk, walk->state.regs[insn->dst_reg].kind);
}

static bool step_store_number(struct walk *walk, const struct bpf_insn *insn)
{
	if ((insn->code & 0xe0) != BPF_MEM || insn->src_reg)
		return refuse(walk, "code 0x%02x: no such store", insn->code);
	return check_source(walk, insn->dst_reg) && access_memory(walk, insn->dst_reg, insn, true, NULL);
}

static bool step_move(struct walk *walk, const struct bpf_insn *insn)
{
	struct reg *target = &walk->state.regs[insn->dst_reg];
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64;

	if (BPF_SRC(insn->code) == BPF_X) {
		if (insn->imm || insn->off)
			return refuse(walk, "a move that extends a sign");
		if (!check_source(walk, insn->src_reg) || !check_target(walk, insn->dst_reg))
			return false;
		/* r0 = r0 forgets what r0 is: the target is marked before the source is read. */
		if (wide && insn->dst_reg != insn->src_reg)
			*target = walk->state.regs[insn->src_reg];
		else
			set(target, UNKNOWN, 0);
		return true;
	}
	if (insn->src_reg || insn->off)
		return refuse(walk, "a move with unknown fields");
	if (!check_target(walk, insn->dst_reg))
		return false;
	if (wide || insn->imm >= 0 || walk->rules->wide_moves)
		set(target, CONST, insn->imm);
	else
		set(target, UNKNOWN, 0);
	return true;
}

static bool step_unary(struct walk *walk, const struct bpf_insn *insn)
{
	bool wide = BPF_CLASS(insn->code) == BPF_ALU64, negates = BPF_OP(insn->code) == BPF_NEG;

	if (insn->src_reg || insn->off ||
	    (negates ? insn->imm || BPF_SRC(insn->code)
		     : wide || (insn->imm != 16 && insn->imm != 32 && insn->imm != 64)))
		return refuse(walk, "code 0x%02x: no such negation or swap", insn->code);
	if (!check_source(walk, insn->dst_reg) || !check_target(walk, insn->dst_reg))
		return false;
	set(&walk->state.regs[insn->dst_reg], UNKNOWN, 0);
	return true;
}

static bool check_operands(struct walk *walk, const struct bpf_insn *insn)
{
	int op = BPF_OP(insn->code), bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	bool number = BPF_SRC(insn->code) == BPF_K;

	if (insn->off || (number ? insn->src_reg : insn->imm))
		return refuse(walk, "code 0x%02x with unknown fields", insn->code);
	if (!number && !check_source(walk, insn->src_reg))
		return false;
	if (!check_source(walk, insn->dst_reg) || !check_target(walk, insn->dst_reg))
		return false;
	if ((op == BPF_DIV || op == BPF_MOD) && number && !insn->imm)
		return refuse(walk, "a division by zero");
	if (op == BPF_ARSH && bits == 32)
		return refuse(walk, "a signed shift of 32 bits");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && number && (insn->imm < 0 || insn->imm >= bits))
		return refuse(walk, "a shift by %d", insn->imm);
	return true;
}

static bool step_alu(struct walk *walk, const struct bpf_insn *insn)
{
	struct reg *target = &walk->state.regs[insn->dst_reg];
	const struct reg *source = &walk->state.regs[insn->src_reg];
	int op = BPF_OP(insn->code);
	bool adds = insn->code == (BPF_ALU64 | BPF_ADD | BPF_K);

	if (op == BPF_MOV)
		return step_move(walk, insn);
	if (op == BPF_NEG || op == BPF_END)
		return step_unary(walk, insn);
	if (op > BPF_END)
		return refuse(walk, "code 0x%02x: no such arithmetic", insn->code);
	if (!check_operands(walk, insn))
		return false;
	if (adds && target->kind == FRAME)
		set(target, STACK, insn->imm);
	else if (adds && target->kind == CONST && walk->rules->adds_constants)
		target->number += insn->imm;
	else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_X) && target->kind == CONST && source->kind == CONST &&
		 walk->rules->adds_constants)
		target->number += source->number;
	else
		set(target, UNKNOWN, 0);
	return true;
}

static bool step_constant(struct walk *walk, const struct bpf_insn *insn)
{
	struct reg *target = &walk->state.regs[insn->dst_reg];

	if (insn->code != LD_IMM64 || insn->off)
		return refuse(walk, "code 0x%02x: no such load", insn->code);
	if (!check_target(walk, insn->dst_reg))
		return false;
	/* Not a constant as far as these verifiers are concerned. */
	set(target, UNKNOWN, 0);
	if (insn->src_reg) {
		target->kind = MAP;
		target->map = map_of(walk->program, insn->imm);
	}
	walk->next++;
	return true;
}

enum arg {
	NONE,
	ANYTHING,
	THE_CTX,
	A_MAP,
	KEY,
	ELEMENT,
	SOURCE, /* a buffer of the size that is the next argument */
	BUFFER, /* the same, which the helper only writes */
	SIZE,
};

static const struct helper {
	int id;
	enum arg args[5];
	bool finds; /* returns a map value or null, not a number */
} helpers[] = {
	{.id = HELPER_MAP_LOOKUP, .args = {A_MAP, KEY}, .finds = true},
	{.id = HELPER_MAP_UPDATE, .args = {A_MAP, KEY, ELEMENT, ANYTHING}},
	{.id = HELPER_MAP_DELETE, .args = {A_MAP, KEY}},
	{.id = HELPER_PROBE_READ, .args = {BUFFER, SIZE, ANYTHING}},
	{.id = HELPER_KTIME},
	{.id = HELPER_CPU},
	{.id = HELPER_PID_TGID},
	{.id = HELPER_UID_GID},
	{.id = HELPER_COMM, .args = {BUFFER, SIZE}},
	{.id = HELPER_PERF_OUTPUT, .args = {THE_CTX, A_MAP, ANYTHING, SOURCE, SIZE}},
};

static bool check_buffer(struct walk *walk, unsigned int arg, int64_t size, bool filled)
{
	const struct reg *reg = &walk->state.regs[arg];
	int64_t off = reg->number;

	if (reg->kind != STACK)
		return refuse(walk, "r%u: a buffer on the stack is wanted, not %s", arg, kind_names[reg->kind]);
	if (off >= 0 || off < -STACK_BYTES || size <= 0 || off + size > 0)
		return refuse(walk, "r%u: %d bytes at %d are not all on the stack", arg, (int)size, (int)off);
	for (int64_t i = 0; i < size; i++) {
		uint8_t *byte = &walk->state.bytes[STACK_BYTES + off + i];

		if (filled && walk->rules->fills_buffers) {
			*byte = WRITTEN;
			set(&walk->state.slots[(STACK_BYTES + off + i) / SLOT_BYTES], NOT_INIT, 0);
		} else if (*byte != WRITTEN) {
			return refuse(walk, "r%u: byte %d of a buffer at %d is %s", arg, (int)i, (int)off,
				      *byte == SPILLED ? "a pointer's" : "not written");
		}
	}
	return true;
}

static bool check_arg(struct walk *walk, unsigned int arg, const struct helper *helper, const struct old_map **map)
{
	static const enum kind wanted[] = {
		[THE_CTX] = CTX,  [A_MAP] = MAP,    [KEY] = STACK,  [ELEMENT] = STACK,
		[SOURCE] = STACK, [BUFFER] = STACK, [SIZE] = CONST,
	};
	const struct reg *reg = &walk->state.regs[arg];
	enum arg what = helper->args[arg - 1];

	if (what == NONE)
		return true;
	if (!check_source(walk, arg))
		return false;
	if (what == ANYTHING)
		return true;
	if (reg->kind != wanted[what])
		return refuse(walk, "r%u: helper %d wants %s, not %s", arg, helper->id, kind_names[wanted[what]],
			      kind_names[reg->kind]);
	switch (what) {
	case A_MAP:
		*map = reg->map;
		return true;
	case KEY:
		return check_buffer(walk, arg, (*map)->key_size, false);
	case ELEMENT:
		return check_buffer(walk, arg, (*map)->value_size, false);
	case SIZE:
		return check_buffer(walk, arg - 1, reg->number, helper->args[arg - 2] == BUFFER);
	default:
		return true;
	}
}

static bool step_call(struct walk *walk, const struct bpf_insn *insn)
{
	const struct old_map *map = NULL;
	const struct helper *helper = helpers, *end = helpers + sizeof(helpers) / sizeof(helpers[0]);

	if (insn->code != (BPF_JMP | BPF_CALL) || insn->off || insn->src_reg || insn->dst_reg)
		return refuse(walk, "code 0x%02x, kind %d: no call of a helper", insn->code, insn->src_reg);
	while (helper < end && helper->id != insn->imm)
		helper++;
	if (helper == end)
		return refuse(walk, "unknown helper %d", insn->imm);
	for (unsigned int arg = 1; arg <= 5; arg++) {
		if (!check_arg(walk, arg, helper, &map))
			return false;
	}
	if (map && (map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) != (helper->id == HELPER_PERF_OUTPUT))
		return refuse(walk, "helper %d on a map of type %u", helper->id, map->type);
	for (unsigned int reg = 1; reg <= 5; reg++)
		set(&walk->state.regs[reg], NOT_INIT, 0);
	walk->state.regs[0] =
		(struct reg){.kind = helper->finds ? VALUE_OR_NULL : UNKNOWN, .map = helper->finds ? map : NULL};
	return true;
}

static bool put_aside(struct walk *walk, unsigned int at)
{
	struct point *point = zeroed(1, sizeof(*point));

	point->at = at;
	point->state = walk->state;
	point->next = walk->waiting;
	walk->waiting = point;
	if (++walk->waiting_count > WAITING_MAX)
		return refuse(walk, "more than %d branches wait", WAITING_MAX);
	return true;
}

static bool step_branch(struct walk *walk, const struct bpf_insn *insn)
{
	struct reg *fallen = &walk->state.regs[insn->dst_reg], *jumped;
	unsigned int target = walk->next + (unsigned int)insn->off;
	int op = BPF_OP(insn->code);
	bool number = BPF_SRC(insn->code) == BPF_K, equals = number && (op == BPF_JEQ || op == BPF_JNE);
	struct reg *equal, *other;

	/* BPF_JLT and its kin came with 4.14. */
	if (op > BPF_EXIT)
		return refuse(walk, "code 0x%02x: no such jump", insn->code);
	if (number ? insn->src_reg : insn->imm)
		return refuse(walk, "code 0x%02x with unknown fields", insn->code);
	if ((!number && !check_source(walk, insn->src_reg)) || !check_source(walk, insn->dst_reg))
		return false;
	/* What is known to be equal goes one way; what is known to differ goes both. */
	if (equals && fallen->kind == CONST && fallen->number == insn->imm) {
		if (op == BPF_JEQ)
			walk->next = target;
		return true;
	}
	if (!put_aside(walk, target))
		return false;
	jumped = &walk->waiting->state.regs[insn->dst_reg];
	equal = op == BPF_JEQ ? jumped : fallen;
	other = op == BPF_JEQ ? fallen : jumped;
	if (!equals)
		return true;
	/* This register alone, and no copy of it. */
	if (fallen->kind == VALUE_OR_NULL && !insn->imm) {
		other->kind = VALUE;
		set(equal, walk->rules->learns_by_comparing ? CONST : UNKNOWN, 0);
	} else if (walk->rules->learns_by_comparing) {
		set(equal, CONST, insn->imm);
	}
	return true;
}

static bool step_jump(struct walk *walk, const struct bpf_insn *insn)
{
	int op = BPF_OP(insn->code);

	if (op == BPF_CALL)
		return step_call(walk, insn);
	if (op != BPF_JA && op != BPF_EXIT)
		return step_branch(walk, insn);
	if (BPF_SRC(insn->code) != BPF_K || insn->imm || insn->src_reg || insn->dst_reg)
		return refuse(walk, "code 0x%02x with unknown fields", insn->code);
	if (op == BPF_JA) {
		walk->next += (unsigned int)insn->off;
		return true;
	}
	walk->ended = true;
	return check_source(walk, 0);
}

static bool step(struct walk *walk)
{
	const struct bpf_insn *insn = &walk->program->insns[walk->at];

	walk->next = walk->at + 1;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return step_alu(walk, insn);
	case BPF_LDX:
		return step_load(walk, insn);
	case BPF_STX:
		return step_store(walk, insn);
	case BPF_ST:
		return step_store_number(walk, insn);
	case BPF_JMP:
		return step_jump(walk, insn);
	case BPF_LD:
		return step_constant(walk, insn);
	default:
		return refuse(walk, "code 0x%02x: no such class of instructions", insn->code);
	}
}

/* How many states are compared with where paths join. */
#define KNOWN_MAX 64

static bool same_reg(const struct reg *a, const struct reg *b)
{
	return a->kind == b->kind && a->number == b->number && a->map == b->map;
}

/* Whether all that can follow `now` was seen to be good behind `before`, which knew no more than this. */
static bool covers(const struct state *before, const struct state *now)
{
	for (int i = 0; i < REGS; i++) {
		const struct reg *old = &before->regs[i], *new = &now->regs[i];

		if (!same_reg(old, new) && old->kind != NOT_INIT && (old->kind != UNKNOWN || new->kind == NOT_INIT))
			return false;
	}
	/* From the top down, where differences are: the deep end is seldom used. */
	for (int i = STACK_BYTES - 1; i >= 0; i--) {
		if (before->bytes[i] == UNTOUCHED)
			continue;
		if (before->bytes[i] != now->bytes[i])
			return false;
		if (i % SLOT_BYTES == 0 && !same_reg(&before->slots[i / SLOT_BYTES], &now->slots[i / SLOT_BYTES]))
			return false;
	}
	return true;
}

/* Ends the path where it joins another that was walked in the same state; else remembers the state. */
static bool was_here(struct walk *walk)
{
	struct point *point;
	int looked = 0;

	if (!walk->joins[walk->at])
		return false;
	/* The newest ones are enough: a program that needs more walks farther than the kernel would, never less. */
	for (point = walk->known[walk->at]; point && looked < KNOWN_MAX; point = point->next, looked++) {
		if (covers(&point->state, &walk->state))
			return true;
	}
	point = zeroed(1, sizeof(*point));
	point->state = walk->state;
	point->next = walk->known[walk->at];
	walk->known[walk->at] = point;
	return false;
}

static bool take_waiting(struct walk *walk)
{
	struct point *point = walk->waiting;

	if (!point)
		return false;
	walk->state = point->state;
	walk->at = point->at;
	walk->waiting = point->next;
	walk->waiting_count--;
	free(point);
	return true;
}

static bool walk_paths(struct walk *walk)
{
	set(&walk->state.regs[1], CTX, 0);
	set(&walk->state.regs[FRAME_REG], FRAME, 0);
	walk->at = 0;
	do {
		for (walk->ended = false; !walk->ended; walk->at = walk->next) {
			if (walk->at >= walk->program->count)
				return refuse(walk, "a path leaves the program");
			if (++walk->verdict->walked > walk->rules->walked_max)
				return refuse(walk, "more than %u instructions on all paths", walk->rules->walked_max);
			if (was_here(walk))
				break;
			if (!step(walk))
				return false;
		}
	} while (take_waiting(walk));
	return true;
}

static void free_points(struct point *point)
{
	while (point) {
		struct point *next = point->next;

		free(point);
		point = next;
	}
}

bool old_verify(const struct old_rules *rules, const struct old_program *program, struct old_verdict *verdict)
{
	struct walk walk = {.rules = rules, .program = program, .verdict = verdict};
	bool good;

	memset(verdict, 0, sizeof(*verdict));
	if (program->type != BPF_PROG_TYPE_KPROBE && (program->type != BPF_PROG_TYPE_TRACEPOINT || !rules->tracepoints))
		return refuse(&walk, "no programs of type %d", program->type);
	if (!program->count || program->count > rules->insns_max)
		return refuse(&walk, "%u instructions", program->count);
	walk.colours = zeroed(program->count, 1);
	walk.joins = zeroed(program->count + 1, sizeof(*walk.joins));
	walk.through = zeroed(program->count, 1);
	walk.known = zeroed(program->count, sizeof(struct point *));
	good = check_form(&walk) && check_flow(&walk) && walk_paths(&walk);
	for (unsigned int i = 0; i < program->count; i++)
		free_points(walk.known[i]);
	free_points(walk.waiting);
	free(walk.known);
	free(walk.through);
	free(walk.joins);
	free(walk.colours);
	return good;
}
