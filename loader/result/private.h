/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of this folder only. */
#ifndef CONNSNOOP_RESULT_PRIVATE_H
#define CONNSNOOP_RESULT_PRIVATE_H

#include "result.h"

/* pending.c: whether the thread's entry is this attempt's. */
bool pending_has(int map, uint64_t pid_tgid, uint64_t time);
void pending_remove(int map, uint64_t pid_tgid);

enum thread_state {
	THREAD_IN_CALL, /* waits in the system call that made the attempt, or in some that can't be compared with it */
	THREAD_RUNS,	/* or wants to; where is not known */
	THREAD_ELSEWHERE,
	THREAD_GONE,
	THREAD_UNTOLD, /* this process may not know */
};

/* thread.c: where a thread is, by /proc. `nr`: the system call that made the attempt; 0: not known. */
enum thread_state thread_look(uint64_t pid_tgid, uint16_t nr);

#endif
