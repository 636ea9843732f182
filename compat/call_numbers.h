/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of system calls that not every architecture has, or that these headers are too old for: -1 there. What follows
 * `arch` in struct seccomp_data is numbered as AUDIT_ARCH_NATIVE says.
 */
#ifndef CONNSNOOP_CALL_NUMBERS_H
#define CONNSNOOP_CALL_NUMBERS_H

#include <elf.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_AARCH64
#elif defined(__arm__) && defined(__ARMEB__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_ARMEB
#elif defined(__arm__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_ARM
#elif defined(__mips64) && defined(__MIPSEL__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_MIPSEL64
#elif defined(__mips64)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_MIPS64
#elif defined(__mips__) && defined(__MIPSEL__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_MIPSEL
#elif defined(__mips__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_MIPS
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_PPC64LE
#elif defined(__powerpc64__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_PPC64
#elif defined(__powerpc__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_PPC
#elif defined(__s390x__)
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_S390X
#elif defined(__riscv) && __riscv_xlen == 64
#define AUDIT_ARCH_NATIVE AUDIT_ARCH_RISCV64
#endif

/* musl on 32 bits, whose time has 64 (1.2), calls those that have 32 otherwise. */
#if !defined(__NR_clock_gettime) && defined(__NR_clock_gettime32)
#define __NR_clock_gettime __NR_clock_gettime32
#endif
#if !defined(__NR_clock_nanosleep) && defined(__NR_clock_nanosleep_time32)
#define __NR_clock_nanosleep __NR_clock_nanosleep_time32
#endif
#if !defined(__NR_gettimeofday) && defined(__NR_gettimeofday_time32)
#define __NR_gettimeofday __NR_gettimeofday_time32
#endif

#ifndef __NR__llseek
#define __NR__llseek (-1)
#endif
#ifndef __NR_clock_gettime64
#define __NR_clock_gettime64 (-1)
#endif
#ifndef __NR_clock_nanosleep_time64
#define __NR_clock_nanosleep_time64 (-1)
#endif
#ifndef __NR_epoll_pwait2
#define __NR_epoll_pwait2 (-1)
#endif
#ifndef __NR_epoll_wait
#define __NR_epoll_wait (-1)
#endif
#ifndef __NR_fcntl
#define __NR_fcntl (-1)
#endif
#ifndef __NR_fcntl64
#define __NR_fcntl64 (-1)
#endif
#ifndef __NR_fstat
#define __NR_fstat (-1)
#endif
#ifndef __NR_fstat64
#define __NR_fstat64 (-1)
#endif
#ifndef __NR_fstatat64
#define __NR_fstatat64 (-1)
#endif
#ifndef __NR_futex_time64
#define __NR_futex_time64 (-1)
#endif
#ifndef __NR_getrlimit
#define __NR_getrlimit (-1)
#endif
#ifndef __NR_gettimeofday
#define __NR_gettimeofday (-1)
#endif
#ifndef __NR_lseek
#define __NR_lseek (-1)
#endif
#ifndef __NR_lstat
#define __NR_lstat (-1)
#endif
#ifndef __NR_lstat64
#define __NR_lstat64 (-1)
#endif
#ifndef __NR_mmap
#define __NR_mmap (-1)
#endif
#ifndef __NR_mmap2
#define __NR_mmap2 (-1)
#endif
#ifndef __NR_newfstatat
#define __NR_newfstatat (-1)
#endif
#ifndef __NR_open
#define __NR_open (-1)
#endif
#ifndef __NR_poll
#define __NR_poll (-1)
#endif
#ifndef __NR_ppoll_time64
#define __NR_ppoll_time64 (-1)
#endif
#ifndef __NR_pread64
#define __NR_pread64 (-1)
#endif
#ifndef __NR_prlimit64
#define __NR_prlimit64 (-1)
#endif
#ifndef __NR_readlink
#define __NR_readlink (-1)
#endif
#ifndef __NR_recv
#define __NR_recv (-1)
#endif
#ifndef __NR_rename
#define __NR_rename (-1)
#endif
#ifndef __NR_renameat
#define __NR_renameat (-1)
#endif
#ifndef __NR_renameat2
#define __NR_renameat2 (-1)
#endif
#ifndef __NR_restart_syscall
#define __NR_restart_syscall (-1)
#endif
#ifndef __NR_rseq
#define __NR_rseq (-1)
#endif
#ifndef __NR_send
#define __NR_send (-1)
#endif
#ifndef __NR_sigreturn
#define __NR_sigreturn (-1)
#endif
#ifndef __NR_socketcall
#define __NR_socketcall (-1)
#endif
#ifndef __NR_stat
#define __NR_stat (-1)
#endif
#ifndef __NR_stat64
#define __NR_stat64 (-1)
#endif
#ifndef __NR_statx
#define __NR_statx (-1)
#endif
#ifndef __NR_time
#define __NR_time (-1)
#endif
#ifndef __NR_ugetrlimit
#define __NR_ugetrlimit (-1)
#endif
#ifndef __NR_unlink
#define __NR_unlink (-1)
#endif

#endif
