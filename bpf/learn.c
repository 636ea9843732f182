// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run at start-up, before the programs that report attempts and on the same function or tracepoint, for attempts that
 * connsnoop makes itself. They are known by 8 random bytes in sin_zero, which the kernel copies and ignores.
 *
 * kprobe/learn copies the last bytes of the kernel stack, once for each THREAD_SIZE a kernel may have; and both copy what
 * map `peeks` asks for.
 */
#include "emit.h"

struct learn_addr {
	__u64 head;
	__u64 nonce;
};

static always_inline void copy_stack_top(struct pt_regs *ctx, struct snapshot *snap, __u64 stack_size)
{
	__u64 top = (KERNEL_SP(ctx) | (stack_size - 1)) + 1;
	__u32 cpu = bpf_get_smp_processor_id();

	snap->stack_size = (__u32)stack_size;
	/* Beyond a stack that is smaller than this there may be nothing. */
	if (bpf_probe_read_kernel(snap->bytes, sizeof(snap->bytes), (void *)(top - SNAPSHOT_BYTES)))
		return;
	if (!write_mapped(ctx, &cpu, snap, SNAPSHOT_SIZE))
		bpf_perf_event_output(ctx, &rings, cpu, snap, SNAPSHOT_SIZE);
}

static always_inline void copy_stack_tops(struct pt_regs *ctx, struct snapshot *snap)
{
	snap->time = bpf_ktime_get_ns();
	snap->pid_tgid = bpf_get_current_pid_tgid();
	copy_stack_top(ctx, snap, 8192);
	copy_stack_top(ctx, snap, 16384);
	copy_stack_top(ctx, snap, 32768);
	copy_stack_top(ctx, snap, 65536);
}

static always_inline void peek_at(struct peek *peek, __u64 address, __u32 entry)
{
	peek->address = address + entry * PEEK_BYTES;
	peek->count = !bpf_probe_read_kernel(peek->bytes, PEEK_BYTES, (void *)peek->address);
	bpf_map_update_elem(&peeks, &entry, peek, 0);
}

/* Returns 0 where nothing is asked for. */
static always_inline int peek_all(struct peek *peek, __u64 sp)
{
	struct peek *wanted;
	__u32 entry = PEEKS, count;
	__u64 address;

	wanted = bpf_map_lookup_elem(&peeks, &entry);
	if (!wanted)
		return 0;
	PIN(wanted);
	count = wanted->count;
	wanted->count = 0;
	if (!count)
		return 0;
	address = wanted->address;
	if (CONSTANT(TASK_HELPER))
		peek->task = (klong)bpf_get_current_task();
	else
		peek->task = read_word(sp & ~((__u64)wanted->stack_size - 1));
	if (address < PEEK_RELATIVE)
		address += peek->task;
	peek->pid_tgid = bpf_get_current_pid_tgid();
#define PEEK(n)          \
	if (count > (n)) \
	peek_at(peek, address, n)
#define PEEK4(n)     \
	PEEK(n);     \
	PEEK(n + 1); \
	PEEK(n + 2); \
	PEEK(n + 3)
	PEEK4(0);
	PEEK4(4);
	PEEK4(8);
	PEEK4(12);
	PEEK4(16);
	PEEK4(20);
#undef PEEK4
#undef PEEK
	return 1;
}

/* They are larger than half of a program's stack. */
union room {
	struct snapshot snap;
	struct peek peek;
};

SEC("kprobe/learn")
int kprobe_learn(struct pt_regs *ctx)
{
	struct learn_addr addr = {};
	union room room = {};

	if ((__u32)ARG3(ctx) != sizeof(addr))
		return 0;
	if (bpf_probe_read_kernel(&addr, sizeof(addr), (void *)ARG2(ctx)) || addr.nonce != CONSTANT(NONCE))
		return 0;
	if (!CONSTANT(PEEK) || !peek_all(&room.peek, KERNEL_SP(ctx)))
		copy_stack_tops(ctx, &room.snap);
	return 0;
}

/* On syscalls/sys_enter_connect or, before 4.14, raw_syscalls/sys_enter: number and arguments lie alike in both. */
SEC("tracepoint/learn")
int tracepoint_learn(struct tp_sys_enter *ctx)
{
	struct learn_addr addr = {};
	union room room = {};

	if ((__u32)ctx->id != NR_CONNECT || (__u32)ctx->args[2] != sizeof(addr))
		return 0;
	if (bpf_probe_read_user(&addr, sizeof(addr), (void *)(__u64)ctx->args[1]) || addr.nonce != CONSTANT(NONCE))
		return 0;
	peek_all(&room.peek, 0);
	return 0;
}

/*
 * The first bytes of what a pointer in struct socket leads to: of struct sock, if it is that pointer.
 */
static always_inline void copy_sock(struct pt_regs *ctx, struct snapshot *snap, const __u32 at, const __u32 piece)
{
	__u32 cpu = bpf_get_smp_processor_id();
	klong sk = 0;

	snap->stack_size = SOCK_PIECE(at, piece);
	if (bpf_probe_read_kernel(&sk, sizeof(sk), (void *)(ARG1(ctx) + at)) ||
	    bpf_probe_read_kernel(snap->bytes, sizeof(snap->bytes), (void *)((__u64)sk + piece * SNAPSHOT_BYTES)))
		return;
	if (!write_mapped(ctx, &cpu, snap, SNAPSHOT_SIZE))
		bpf_perf_event_output(ctx, &rings, cpu, snap, SNAPSHOT_SIZE);
}

/* struct socket has its sk behind one pointer from 5.3 on, behind two before (include/linux/net.h). */
#define SOCK_SECOND (8 + 2 * sizeof(klong))
#define SOCK_THIRD  (8 + 3 * sizeof(klong))

SEC("kprobe/learn_sock")
int kprobe_learn_sock(struct pt_regs *ctx)
{
	struct learn_addr addr = {};
	struct snapshot snap = {};

	if ((__u32)ARG3(ctx) != sizeof(addr))
		return 0;
	if (bpf_probe_read_kernel(&addr, sizeof(addr), (void *)ARG2(ctx)) || addr.nonce != CONSTANT(NONCE))
		return 0;
	snap.time = bpf_ktime_get_ns();
	snap.pid_tgid = bpf_get_current_pid_tgid();
	copy_sock(ctx, &snap, SOCK_SECOND, 0);
	copy_sock(ctx, &snap, SOCK_SECOND, 1);
	copy_sock(ctx, &snap, SOCK_THIRD, 0);
	copy_sock(ctx, &snap, SOCK_THIRD, 1);
	return 0;
}
