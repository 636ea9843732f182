/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps that every program that reports an attempt takes, in the order it takes them. */
#ifndef CONNSNOOP_EMIT_H
#define CONNSNOOP_EMIT_H

#include "count.h"
#include "filter.h"
#include "identity.h"
#include "ring.h"

/* What one run of a program needs of the maps. */
struct run {
	__u64 pid_tgid;
	__u32 cpu;
	__u32 proving; /* the hook has not proved itself yet, or does so anew: no filter holds */
	struct counters *counters;
	struct control *control;
	__u64 sock; /* struct socket *; 0: not at hand */
};

/*
 * Keeps a looked-up pointer where it was proved not to be null. Before 4.10 the verifier does not know that two
 * registers, or a register and a stack slot, hold the same pointer: a copy made before the test stays "or null".
 * clang 13 to 19 make no such copy of today's source; this and the unit test old_verifier keep it so.
 */
#define PIN(ptr) asm volatile("" : "+r"(ptr))

/*
 * counters->field++ with the field's offset in the instruction. An earlier form of this source had increments of two
 * fields merged into one through a moved pointer, and before 4.14 a pointer into a map value can't be moved.
 */
#define COUNT(place, field)                                                                \
	do {                                                                               \
		__u64 sum_;                                                                \
		asm volatile("%0 = *(u64 *)(%1 + %2)\n%0 += 1\n*(u64 *)(%1 + %2) = %0"     \
			     : "=&r"(sum_)                                                 \
			     : "r"(place), "i"(__builtin_offsetof(struct counters, field)) \
			     : "memory");                                                  \
	} while (0)

/* TP_STRUCT__entry(long id; unsigned long args[6]), after the 8 bytes that every tracepoint has. */
struct tp_sys_enter {
	__u64 common;
	klong id;
	klong args[6];
};

/*
 * The attempt is not asked for. What the thread's last one may have left, because no probe saw it return, must not be
 * taken for this one's.
 */
static always_inline void refuse(struct run *run)
{
	COUNT(run->counters, filtered);
	if (CONSTANT(RESULT)) {
		__u64 key = run->pid_tgid;

		bpf_map_delete_elem(&pending, &key);
	}
}

/* From here to the return, which comes on the same thread. Without room in the map the reader need not wait. */
static always_inline void expect_return(struct run *run, struct event *ev)
{
	struct pending entry = {.time = ev->time, .sock = run->sock};
	__u64 key = run->pid_tgid;

	if (!bpf_map_update_elem(&pending, &key, &entry, 0))
		ev->flags |= EVENT_AWAITED;
}

/* Returns 0 when the attempt is not to be reported: it is connsnoop's own, or the caller is not asked for. */
static always_inline int begin_run(struct run *run)
{
	struct counters *counter;
	struct control *word;
	__u32 zero = 0;

	run->pid_tgid = bpf_get_current_pid_tgid();
	run->cpu = bpf_get_smp_processor_id();
	word = bpf_map_lookup_elem(&control, &zero);
	if (!word)
		return 0;
	PIN(word);
	run->control = word;
	run->proving = (__u32)(run->pid_tgid >> 32) == word->own_tgid;
	if (run->proving && !word->canary)
		return 0;
	counter = bpf_map_lookup_elem(&counters, &run->cpu);
	if (!counter)
		return 0;
	PIN(counter);
	run->counters = counter;
	if (run->proving)
		return 1;
	COUNT(counter, attempts);
	run->proving = !word->own_tgid;
	if (!run->proving && caller_refused(run->pid_tgid)) {
		refuse(run);
		return 0;
	}
	return 1;
}

/*
 * 4.4 wants helpers' buffers written before (4.9 does not), whole and here: a pointer to the stack may be moved only once
 * by a constant before 4.14, which a store in this place never needs.
 */
static always_inline void clear_event(struct event *ev)
{
	__builtin_memset(ev, 0, sizeof(*ev));
}

/* Whether sums are wanted in place of records; not of the proof's. */
static always_inline int is_counting(const struct run *run)
{
	return CONSTANT(COUNT) && !run->proving;
}

static always_inline void read_identity(struct event *ev, const struct run *run)
{
	ev->time = bpf_ktime_get_ns();
	ev->pid_tgid = run->pid_tgid;
	ev->uid_gid = bpf_get_current_uid_gid();
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
}

/*
 * A CPU that comes online runs tasks before anybody can open a ring for it; what they do is put aside for the reader,
 * who is on its way. -ENOENT: no ring; -EOPNOTSUPP: one that another CPU or none is running. All kernels say these two.
 */
static always_inline void write_record(void *ctx, struct run *run, struct record *record, __u64 size)
{
	long err;

	if (CONSTANT(IDENTITY)) {
		if (write_mapped(ctx, &run->cpu, record, WHO_SIZE + size))
			return;
		err = bpf_perf_event_output(ctx, &rings, run->cpu, record, WHO_SIZE + size);
	} else {
		if (write_mapped(ctx, &run->cpu, &record->event, size))
			return;
		err = bpf_perf_event_output(ctx, &rings, run->cpu, &record->event, size);
	}
	if (err == -ENOENT || err == -EOPNOTSUPP) {
		struct stray key = {.time = record->event.time, .cpu = run->cpu};

		COUNT(run->counters, ringless);
		bpf_map_update_elem(&strays, &key, &record->event, 0);
	} else if (err) {
		COUNT(run->counters, refused);
	}
}

/*
 * After the record, not before: a reader that sets `asleep`, looks at the rings once more and finds nothing can only
 * have missed a record whose program has yet to come here, and so wakes it.
 */
static always_inline void wake_reader(void *ctx, struct run *run, struct event *ev)
{
	if (run->control->asleep) {
		run->control->asleep = 0;
		ring_bell(ctx, run->cpu, ev);
	}
}

/*
 * Reads more than the caller's addrlen bytes, since 4.4 and 4.9 take only immediates for a size. Where that crosses into
 * memory that is not there, the same number of bytes that *ends* with the address is read; the reader shifts it back.
 */
static always_inline void read_addr(struct event *ev, const __u64 size, __u64 addr, const int user)
{
	__u64 before = addr + (__u32)ev->addrlen - size;

	if (user) {
		if (!bpf_probe_read_user(ev->addr, size, (void *)addr))
			return;
		if (!bpf_probe_read_user(ev->addr, size, (void *)before))
			ev->flags |= EVENT_ADDR_AT_END;
		else
			ev->flags |= EVENT_ADDR_FAULT;
	} else if (bpf_probe_read_kernel(ev->addr, size, (void *)addr)) {
		ev->flags |= EVENT_ADDR_FAULT;
	}
}

/* By how much of it there is, as emit() does; then asks whether this address is asked for at all. */
static always_inline int take_addr(struct run *run, struct event *ev, __u64 addr, const int user)
{
	if ((__u32)ev->addrlen <= ADDR_INET)
		read_addr(ev, ADDR_INET, addr, user);
	else if ((__u32)ev->addrlen <= ADDR_INET6)
		read_addr(ev, ADDR_INET6, addr, user);
	else
		read_addr(ev, ADDR_MAX, addr, user);
	if (run->proving || !address_refused(ev))
		return 1;
	refuse(run);
	return 0;
}

/*
 * Where is_counting(): returns 0 where the attempt wants a record after all. What sums go by count_attempt() reads; of the
 * rest only the filter wants the name.
 */
static always_inline int count(struct run *run, struct event *ev)
{
	ev->time = bpf_ktime_get_ns();
	ev->pid_tgid = run->pid_tgid;
	if (CONSTANT(COMM_MODE)) {
		bpf_get_current_comm(ev->comm, sizeof(ev->comm));
		if (comm_refused(ev)) {
			COUNT(run->counters, filtered);
			return 1;
		}
	}
	return count_attempt(run->counters, ev);
}

/* `sp` is on the caller's kernel stack, or 0 where that is not known. */
static always_inline void emit(void *ctx, struct run *run, struct record *record, __u64 sp)
{
	struct event *ev = &record->event;

	if (!run->proving && comm_refused(ev)) {
		refuse(run);
		return;
	}
	if (CONSTANT(IDENTITY)) {
		read_who(&record->who, ev->time, sp);
		if (CONSTANT(NETNS_MODE) && !run->proving && netns_refused(&record->who)) {
			refuse(run);
			return;
		}
	}
	if (CONSTANT(RESULT))
		expect_return(run, ev);
	if ((__u32)ev->addrlen <= ADDR_INET)
		write_record(ctx, run, record, EVENT_SIZE_INET);
	else if ((__u32)ev->addrlen <= ADDR_INET6)
		write_record(ctx, run, record, EVENT_SIZE_INET6);
	else
		write_record(ctx, run, record, EVENT_SIZE_LONG);
	wake_reader(ctx, run, ev);
}

#endif
