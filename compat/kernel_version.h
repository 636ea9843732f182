/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The LINUX_VERSION_CODE that kernels before 5.0 demand in a kprobe program's kern_version (kernel/bpf/syscall.c,
 * bpf_prog_load; removed by 6c4fc209fcf9, and earlier by el8).
 */
#ifndef CONNSNOOP_KERNEL_VERSION_H
#define CONNSNOOP_KERNEL_VERSION_H

#include <stdbool.h>

#define KERNEL_VERSION_MAX 8

/*
 * Fills `codes` with the distinct numbers that this kernel may have been built with, likeliest first: the vDSO's note,
 * which is the kernel's own word; Ubuntu's /proc/version_signature; Debian's words in utsname.version; utsname.release.
 * Returns how many there are, 0 where nothing could be read.
 */
int kernel_version_candidates(unsigned int codes[KERNEL_VERSION_MAX]);

/* a.b.c at the start of `text` (c may be missing) as a code with c held to 255, as 4.x's KERNEL_VERSION has it; 0: none. */
unsigned int kernel_version_parse(const char *text);

/* The code in an ELF note "Linux", type 0, of the vDSO mapped at `vdso`; 0: none (32-bit ARM has no such note). */
unsigned int kernel_version_of_vdso(const void *vdso);

/*
 * Whether a program of so many bits runs on a kernel of more, by what uname(2) calls the machine (a 64-bit arm kernel is
 * "armv8l" to 32-bit programs). Its BPF programs would look for 32-bit registers.
 */
bool kernel_is_wider(const char *machine, int bits);

#endif
