/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a system call's registers lie in the kernel's struct pt_regs, per architecture: what the search on a stack goes by.
 * Byte offsets, read in arch/<arch>/include/asm/ptrace.h of 4.4 to 7.1; REGS_NR is where the low 16 bits of the number
 * are, and REGS_SIZE is as much as the others need.
 */
#ifndef CONNSNOOP_REGS_H
#define CONNSNOOP_REGS_H

#if defined(__x86_64__) && defined(__LP64__)
#define REGS_SIZE 168
#define REGS_ARG1 112
#define REGS_ARG2 104
#define REGS_ARG3 96
#define REGS_NR	  120
#elif defined(__aarch64__)
#define REGS_SIZE 288
#define REGS_ARG1 0
#define REGS_ARG2 8
#define REGS_ARG3 16
#define REGS_NR	  280
#elif defined(__s390x__)
#define REGS_SIZE 168
#define REGS_ARG1 152 /* orig_gpr2 */
#define REGS_ARG2 48
#define REGS_ARG3 56
#define REGS_NR	  162 /* in the low half of int_code, the machine being big-endian */
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REGS_SIZE 280
#define REGS_ARG1 24
#define REGS_ARG2 32
#define REGS_ARG3 40
#define REGS_NR	  0
#elif defined(__riscv) && __riscv_xlen == 64
#define REGS_SIZE 288
#define REGS_ARG1 280 /* orig_a0 */
#define REGS_ARG2 88
#define REGS_ARG3 96
#define REGS_NR	  136
#elif defined(__mips__) && _MIPS_SIM == _ABI64 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REGS_SIZE 264
#define REGS_ARG1 32
#define REGS_ARG2 40
#define REGS_ARG3 48
#define REGS_NR	  16
#elif defined(__i386__)
#define REGS_SIZE 68
#define REGS_ARG1 0
#define REGS_ARG2 4
#define REGS_ARG3 8
#define REGS_NR	  44 /* orig_ax */
#elif defined(__arm__) && defined(__ARM_EABI__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REGS_SIZE 72
#define REGS_ARG1 0
#define REGS_ARG2 4
#define REGS_ARG3 8
#define REGS_NR	  28 /* r7 */
#elif defined(__mips__) && _MIPS_SIM == _ABIO32 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REGS_SIZE 184
#define REGS_ARG1 48 /* behind room for a C function's arguments */
#define REGS_ARG2 52
#define REGS_ARG3 56
#define REGS_NR	  40
#else
#error "unknown architecture: say here where struct pt_regs keeps a system call's arguments"
#endif

#endif
