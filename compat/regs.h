/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a system call's registers lie in the kernel's struct pt_regs, per architecture: what the search on a stack goes by.
 * Byte offsets, read in arch/<arch>/include/asm/ptrace.h of 4.4 to 7.1.
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
#define REGS_NR	  280 /* low half, the machine being little-endian */
#else
#error "unknown architecture: say here where struct pt_regs keeps a system call's arguments"
#endif

#endif
