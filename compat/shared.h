/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_SHARED_H
#define CONNSNOOP_SHARED_H

#include <linux/types.h>
#include <stdint.h>

/*
 * Words of memory that programs in the kernel have mapped, too: a load comes before what follows it, a store after what
 * precedes it. There is such memory only on 64-bit kernels (kernel_has_mapped_rings()): of 32-bit machines some have no
 * instruction for 64 bits, and none gets here but in a test.
 */
static inline __u64 shared_load(const __u64 *word)
{
#if UINTPTR_MAX == UINT64_MAX
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
#else
	return *(const volatile __u64 *)word;
#endif
}

static inline void shared_store(__u64 *word, __u64 value)
{
#if UINTPTR_MAX == UINT64_MAX
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
#else
	*(volatile __u64 *)word = value;
#endif
}

#endif
