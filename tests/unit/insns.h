/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as a test writes them down. */
#ifndef CONNSNOOP_INSNS_H
#define CONNSNOOP_INSNS_H

#include <linux/bpf.h>

/* clang-format off */
#define INSN(c, d, s, o, i)	  {.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)}
#define MOVE(to, from)		  INSN(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0)
#define NUMBER(to, n)		  INSN(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, n)
#define ADD(to, n)		  INSN(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, n)
#define ALU(op, to, n)		  INSN(BPF_ALU64 | (op) | BPF_K, to, 0, 0, n)
#define ALU_REG(op, to, from)	  INSN(BPF_ALU64 | (op) | BPF_X, to, from, 0, 0)
#define ALU32(op, to, n)	  INSN(BPF_ALU | (op) | BPF_K, to, 0, 0, n)
#define ALU32_REG(op, to, from)	  INSN(BPF_ALU | (op) | BPF_X, to, from, 0, 0)
#define LD64(to, n) INSN(BPF_LD | BPF_IMM | BPF_DW, to, 0, 0, (__s32)(n)), INSN(0, 0, 0, 0, (__s32)((__u64)(n) >> 32))
#define MAP(to, fd)		  INSN(BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)
#define LOAD(size, to, from, off) INSN(BPF_LDX | BPF_MEM | (size), to, from, off, 0)
#define STORE(size, to, off, from) INSN(BPF_STX | BPF_MEM | (size), to, from, off, 0)
#define PUT(size, to, off, n)	  INSN(BPF_ST | BPF_MEM | (size), to, 0, off, n)
#define JUMP(op, reg, n, off)	  INSN(BPF_JMP | (op) | BPF_K, reg, 0, off, n)
#define JUMP_REG(op, a, b, off)	  INSN(BPF_JMP | (op) | BPF_X, a, b, off, 0)
#define JUMP32(op, reg, n, off)	  INSN(BPF_JMP32 | (op) | BPF_K, reg, 0, off, n)
#define JUMP32_REG(op, a, b, off) INSN(BPF_JMP32 | (op) | BPF_X, a, b, off, 0)
#define GOTO(off)		  INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define CALL(helper)		  INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT			  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define RETURN			  NUMBER(0, 0), EXIT
/* clang-format on */

#endif
