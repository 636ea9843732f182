// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model kernel: what compat/sys.c asks, answered as Linux of a given version answers. Comments name the kernel's
 * file and function that a refusal was read in (trees of 4.4.155, 4.9.229, 4.19.48, 5.4.188).
 */
#include "model.h"

#include "regs.h"
#include "sys.h"
#include "tasks.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <linux/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/*
 * END: of the last field of union bpf_attr that a command knows, CHECK_ATTR in kernel/bpf/syscall.c: 4.4 and 4.9 end
 * with max_entries and map_flags and with kern_version; 4.14 has numa_node and prog_flags; 4.19 btf_value_type_id and
 * expected_attach_type; 5.4 line_info_cnt; 5.10 attach_prog_fd. Unions: 48 bytes up to 4.14, 72 in 4.19, 112 in 5.4.
 */
const struct model_kernel model_4_1 = {
	.name = "4.1",
	.version = KERNEL_VERSION(4, 1, 52),
	.wants_version = true,
	.attr_size = 48,
	.map_end = 16,
	.prog_end = 44,
	.insns_max = 4095,
	.insns_error = EINVAL,
	.charges_memlock = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_4_4 = {
	.name = "4.4",
	.version = KERNEL_VERSION(4, 4, 155),
	.wants_version = true,
	.attr_size = 48,
	.map_end = 16,
	.prog_end = 44,
	.perf_arrays = true,
	.insns_max = 4095,
	.insns_error = EINVAL,
	.charges_memlock = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_4_9 = {
	.name = "4.9",
	.version = KERNEL_VERSION(4, 9, 229),
	.wants_version = true,
	.attr_size = 48,
	.map_end = 20,
	.prog_end = 44,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tracepoint_progs = true,
	.insns_max = 4095,
	.insns_error = EINVAL,
	.charges_memlock = true,
	.stale_padding = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_4_14 = {
	.name = "4.14",
	.version = KERNEL_VERSION(4, 14, 67),
	.wants_version = true,
	.attr_size = 48,
	.map_end = 28,
	.prog_end = 48,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.insns_max = 4096,
	.insns_error = E2BIG,
	.charges_memlock = true,
	.stale_padding = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
/* Red Hat's: numbered 4.18, with bpf of a later one and no kern_version check. */
const struct model_kernel model_el8 = {
	.name = "el8 4.18",
	.version = KERNEL_VERSION(4, 18, 0),
	.attr_size = 112,
	.map_end = 60,
	.prog_end = 108,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.raw_tracepoints = true,
	.prog_arrays = true,
	.insns_max = 1000000,
	.insns_error = E2BIG,
	.charges_memlock = true,
	.pmu_type = 6,
	.stale_padding = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_4_19 = {
	.name = "4.19",
	.version = KERNEL_VERSION(4, 19, 48),
	.wants_version = true,
	.attr_size = 72,
	.map_end = 60,
	.prog_end = 72,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.raw_tracepoints = true,
	.prog_arrays = true,
	.insns_max = 4096,
	.insns_error = E2BIG,
	.charges_memlock = true,
	.pmu_type = 6,
	.stale_padding = true,
	.replaces_events = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_5_4 = {
	.name = "5.4",
	.version = KERNEL_VERSION(5, 4, 188),
	.attr_size = 112,
	.map_end = 60,
	.prog_end = 108,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.raw_tracepoints = true,
	.prog_arrays = true,
	.insns_max = 1000000,
	.insns_error = E2BIG,
	.charges_memlock = true,
	.pmu_type = 6,
	.tells_refusal = true,
	.stale_padding = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_5_10 = {
	.name = "5.10",
	.version = KERNEL_VERSION(5, 10, 223),
	.attr_size = 120,
	.map_end = 60,
	.prog_end = 116,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.raw_tracepoints = true,
	.prog_arrays = true,
	.read_kinds = true,
	.mapped_arrays = true,
	.ring_buffers = true,
	.value_max = 4 << 20,
	.insns_max = 1000000,
	.insns_error = E2BIG,
	.charges_memlock = true,
	.pmu_type = 8,
	.tells_refusal = true,
	.stale_padding = true,
	.no_symbol = ENOENT,
};
const struct model_kernel model_6_12 = {
	.name = "6.12",
	.version = KERNEL_VERSION(6, 12, 19),
	.attr_size = 144,
	.map_end = 72,
	.prog_end = 144,
	.perf_arrays = true,
	.cgroup_arrays = true,
	.tries = true,
	.tracepoint_progs = true,
	.syscall_progs = true,
	.raw_tracepoints = true,
	.prog_arrays = true,
	.read_kinds = true,
	.mapped_arrays = true,
	.ring_buffers = true,
	.insns_max = 1000000,
	.insns_error = E2BIG,
	.pmu_type = 8,
	.tells_refusal = true,
	.stale_padding = true,
	.no_symbol = EINVAL,
};
const struct model_kernel *const model_kernels[] = {
	&model_4_4, &model_4_9, &model_4_14, &model_el8, &model_4_19, &model_5_4, &model_5_10, &model_6_12, NULL,
};

#define ALL_FDS	       256
#define PAGE	       4096u
#define RAW_TRACEPOINT 1000 /* an event's type that perf does not have */
#define CONNECT_ID     21   /* syscalls/sys_enter_connect */
#define EXIT_ID	       20   /* syscalls/sys_exit_connect */
#define ENTER_ID       17   /* raw_syscalls/sys_enter */
#define GARBAGE	       0xa5

/* MAX_USED_MAPS */
#define PROGRAM_MAPS 64
/* Events about tasks: include/trace/events/task.h and sched.h, as 5.10 lays them out. */
static const struct {
	const char *group, *name, *fields;
	unsigned int id;
} traced[] = {
	{"task", "task_newtask",
	 "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:1;\n"
	 "\tfield:unsigned long clone_flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	 "\tfield:short oom_score_adj;\toffset:40;\tsize:2;\tsigned:1;\n",
	 31},
	{"sched", "sched_process_exec",
	 "\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:1;\n"
	 "\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n\tfield:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n",
	 32},
	{"sched", "sched_process_free",
	 "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:1;\n\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
	 "\tfield:int prio;\toffset:28;\tsize:4;\tsigned:1;\n",
	 33},
};

#define TRACED (sizeof(traced) / sizeof(traced[0]))

enum kind { PROGRAM, MAP, EVENT, TEXT, DIRECTORY, PROBE_LIST, SOCKET };

struct thing {
	enum kind kind;
	int refs;
	/* PROGRAM */
	struct bpf_insn *insns;
	unsigned int count, type;
	struct thing *maps[PROGRAM_MAPS];
	/* MAP */
	unsigned int map_type, key_size, value_size, entries;
	uint8_t *values, *keys; /* keys: of a hash, a byte "used" before each */
	size_t values_size;	/* rounded up to pages */
	bool mappable;
	int maps_of_it; /* mappings */
	struct thing **slots;
	/* EVENT */
	uint32_t event_type;
	uint64_t config;
	int cpu;
	struct thing *program, *output;
	struct model_probe *probe;
	char symbol[128];
	struct perf_event_mmap_page *page;
	size_t page_size;
	uint64_t lost;
	/* TEXT */
	bool profile, switches; /* made anew when it is read from the beginning */
	char *text;
	size_t at, length;
	/* DIRECTORY */
	bool tracefs, proc;
	/* PROBE_LIST */
	bool writable;
	bool returns; /* a kretprobe's */
	/* SOCKET */
	int family, socktype, protocol;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} local;
	bool bound, stamps;
	struct sock_fprog filter;
};

struct model model;
static struct thing *fds[ALL_FDS];
static struct thing *all_events[ALL_FDS];
static struct thing *all_maps[ALL_FDS];
static int last_cap(void);
static int alive, mappings, next_probe_id;
static ssize_t next_writes[64];
static int next_write, write_count;
static struct {
	uint64_t address;
	size_t size;
	const uint8_t *bytes;
} user[8];
static int user_count;
static struct {
	struct model_packet packet;
	uint8_t *bytes;
} queue[256];
static int queued;
static uint8_t *stack_area; /* 128 KiB, aligned to 64 */

FILE *__real_fopen(const char *path, const char *mode);
unsigned long __real_getauxval(unsigned long type);

/* --- things and descriptors --- */

static struct thing *new_thing(enum kind kind)
{
	struct thing *thing = calloc(1, sizeof(*thing));

	thing->kind = kind;
	thing->refs = 1;
	alive++;
	return thing;
}

static void list_add(struct thing **list, struct thing *thing)
{
	for (int i = 0; i < ALL_FDS; i++) {
		if (!list[i]) {
			list[i] = thing;
			return;
		}
	}
	abort();
}

static void list_remove(struct thing **list, const struct thing *thing)
{
	for (int i = 0; i < ALL_FDS; i++) {
		if (list[i] == thing)
			list[i] = NULL;
	}
}

static void put_thing(struct thing *thing)
{
	if (!thing || --thing->refs)
		return;
	for (int i = 0; i < PROGRAM_MAPS; i++)
		put_thing(thing->maps[i]);
	for (unsigned int i = 0; thing->slots && i < thing->entries; i++)
		put_thing(thing->slots[i]);
	put_thing(thing->program);
	put_thing(thing->output);
	if (thing->probe)
		thing->probe->held--;
	list_remove(all_events, thing);
	list_remove(all_maps, thing);
	free(thing->insns);
	free(thing->values);
	free(thing->keys);
	free(thing->slots);
	free(thing->text);
	free(thing->filter.filter);
	free(thing);
	alive--;
}

static int new_fd(struct thing *thing)
{
	for (int i = 0; i < ALL_FDS; i++) {
		if (!fds[i]) {
			fds[i] = thing;
			return MODEL_FIRST_FD + i;
		}
	}
	put_thing(thing);
	return -EMFILE;
}

static struct thing *look_up(int fd)
{
	int64_t i = (int64_t)fd - MODEL_FIRST_FD;

	return i >= 0 && i < ALL_FDS ? fds[i] : NULL;
}

/* The thing of a call's descriptor. One that is not open is a mistake of the caller's, and counted. */
static struct thing *thing_of(int fd, enum kind kind)
{
	struct thing *thing = look_up(fd);

	if (!thing)
		model.strangers++;
	return thing && thing->kind == kind ? thing : NULL;
}

/* Every call that may fail passes here. */
#define disturb() disturb_call(__func__)
static int disturb_call(const char *name)
{
	if (model.calls < model.log_room)
		model.log[model.calls] = name;
	model.calls++;
	return model.fail_at && model.calls == model.fail_at ? -model.fail_error : 0;
}

/* --- start and end --- */

void model_add_symbol(const char *symbol)
{
	for (size_t i = 0; i + 1 < sizeof(model.symbols) / sizeof(model.symbols[0]); i++) {
		if (!model.symbols[i]) {
			model.symbols[i] = symbol;
			return;
		}
	}
	abort();
}

void model_remove_symbol(const char *symbol)
{
	for (size_t i = 0; model.symbols[i]; i++) {
		if (!strcmp(model.symbols[i], symbol)) {
			size_t last = i;

			while (model.symbols[last + 1])
				last++;
			model.symbols[i] = model.symbols[last];
			model.symbols[last] = NULL;
			return;
		}
	}
}

void model_boot(const struct model_kernel *kernel)
{
	model_leaks();
	memset(&model, 0, sizeof(model));
	model.kernel = kernel;
	model.cpus = 2;
	model.online[0] = model.online[1] = true;
	model.stat = "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 0\n";
	model.kprobe_events = model.bpf_events = model.bpf_syscall = model.ftrace_syscalls = true;
	model.tracing = "/sys/kernel/tracing";
	model.mountinfo =
		"22 1 0:20 / /sys rw - sysfs sysfs rw\n30 22 0:7 / /sys/kernel/tracing rw - tracefs tracefs rw\n";
	model.stack_size = 16384;
	model.regs_from_top = REGS_SIZE;
	model.release = "4.4.0-model";
	model.build = "#1 SMP";
	model.vdso = true;
	model.privileged = model.resource = model.ambient = true;
	model.caps = model.effective = model.bounding = (2ULL << last_cap()) - 1;
	model.uid = model.gid = -1;
	model.memlock = model.memlock_max = 64 * 1024;
	model.memlock_need = 32 * 1024;
	model.uid_map = "         0          0 4294967295\n";
	model_add_symbol("security_socket_connect");
	model_add_symbol("inet_dgram_connect");
	model_add_symbol("inet_stream_connect");
	model_add_symbol("unix_stream_connect");
	model_add_symbol("unix_dgram_connect");
	model_add_symbol("wake_up_new_task");
	model_add_symbol("release_task");
	tasks_boot();
	if (kernel->version >= KERNEL_VERSION(5, 5, 0))
		model_add_symbol("__sys_connect_file");
	model_add_symbol(kernel->version >= KERNEL_VERSION(4, 17, 0) ? "__sys_connect" : "SyS_connect");
	next_probe_id = 1500;
	next_write = write_count = 0;
	user_count = 0;
	while (queued)
		free(queue[--queued].bytes);
}

static int complain_of(const struct thing *thing)
{
	static const char *const names[] = {"program",	 "map",		  "event", "text file",
					    "directory", "kprobe_events", "socket"};

	fprintf(stderr, "# left open: %s\n", names[thing->kind]);
	return 1;
}

int model_leaks(void)
{
	int leaks = 0;

	for (int i = 0; i < ALL_FDS; i++) {
		if (fds[i]) {
			leaks += complain_of(fds[i]);
			put_thing(fds[i]);
			fds[i] = NULL;
		}
	}
	if (mappings)
		fprintf(stderr, "# left mapped: %d\n", mappings);
	leaks += mappings;
	mappings = 0;
	for (int i = 0; i < ALL_FDS; i++) {
		if (all_events[i] && all_events[i]->page) {
			munmap(all_events[i]->page, all_events[i]->page_size);
			all_events[i]->page = NULL;
			put_thing(all_events[i]);
		}
		while (all_maps[i] && all_maps[i]->maps_of_it) {
			all_maps[i]->maps_of_it--;
			put_thing(all_maps[i]);
		}
	}
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (model.probes[i].id && !strncmp(model.probes[i].event, "connsnoop_", 10) &&
		    model.probes[i].id >= 1500 && model.probes[i].held == 0) {
			fprintf(stderr, "# left in kprobe_events: %s\n", model.probes[i].event);
			leaks++;
		}
	}
	/* Held by something that should have gone with its last descriptor. */
	if (alive) {
		fprintf(stderr, "# left in the kernel: %d\n", alive);
		leaks += alive;
		alive = 0;
	}
	if (model.strangers) {
		fprintf(stderr, "# calls on descriptors that are not open: %d\n", model.strangers);
		leaks += model.strangers;
		model.strangers = 0;
	}
	return leaks;
}

/* --- bpf(2) --- */

static bool tail_is_zero(const union bpf_attr *attr, unsigned int from, unsigned int to)
{
	const uint8_t *bytes = (const uint8_t *)attr;

	for (unsigned int i = from; i < to; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

/* bpf_obj_name_cpy(), kernel/bpf/syscall.c of 4.19: letters, digits and '_'; '.' only later. */
static bool name_is_good(const char name[BPF_OBJ_NAME_LEN])
{
	size_t length = strnlen(name, BPF_OBJ_NAME_LEN);

	for (size_t i = 0; i < length; i++) {
		bool letter = (name[i] | 32) >= 'a' && (name[i] | 32) <= 'z';

		if (!letter && name[i] != '_' && !(name[i] >= '0' && name[i] <= '9'))
			return false;
	}
	return length < BPF_OBJ_NAME_LEN;
}

static uint32_t stride_of(const struct thing *map)
{
	return (map->value_size + 7) & ~7u;
}

/* bpf_prog_charge_memlock(), bpf_map_charge_memlock(): EPERM whatever capabilities there are, up to 5.10. */
static bool memlock_refuses(void)
{
	return model.kernel->charges_memlock && model.memlock < model.memlock_need;
}

/*
 * array_map_alloc(), kernel/bpf/arraymap.c; fd_array_map_alloc() wants values of 4; htab_map_alloc(), hashtab.c;
 * ringbuf_map_alloc(), ringbuf.c: whole pages, a power of two of bytes.
 */
static bool map_is_good(const union bpf_attr *attr)
{
	unsigned int flags = model.kernel->mapped_arrays && attr->map_type == BPF_MAP_TYPE_ARRAY ? BPF_F_MMAPABLE : 0;

	if (attr->max_entries == 0)
		return false;
	if (attr->map_type == BPF_MAP_TYPE_RINGBUF)
		return model.kernel->ring_buffers && !attr->map_flags && !attr->key_size && !attr->value_size &&
		       attr->max_entries % PAGE == 0 && !(attr->max_entries & (attr->max_entries - 1));
	if (attr->value_size == 0)
		return false;
	/* trie_alloc(), kernel/bpf/lpm_trie.c */
	if (attr->map_type == BPF_MAP_TYPE_LPM_TRIE)
		return model.kernel->tries && attr->map_flags == BPF_F_NO_PREALLOC && attr->key_size > 4 &&
		       attr->key_size <= 4 + 256;
	if (attr->map_flags & ~flags)
		return false;
	switch (attr->map_type) {
	case BPF_MAP_TYPE_ARRAY:
		return attr->key_size == 4;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return model.kernel->perf_arrays && attr->key_size == 4 && attr->value_size == 4;
	case BPF_MAP_TYPE_CGROUP_ARRAY:
		return model.kernel->cgroup_arrays && attr->key_size == 4 && attr->value_size == 4;
	case BPF_MAP_TYPE_HASH:
		return attr->key_size > 0 && attr->key_size <= 512;
	default:
		return false;
	}
}

/* A ring buffer's are the reader's page, the writers' and the data. */
static void make_values(struct thing *map)
{
	size_t size =
		map->map_type == BPF_MAP_TYPE_RINGBUF ? 2 * PAGE + map->entries : (size_t)map->entries * stride_of(map);

	map->values_size = size;
	if (!map->mappable) {
		map->values = calloc(1, size);
		return;
	}
	map->values_size = (size + PAGE - 1) / PAGE * PAGE;
	map->values = aligned_alloc(PAGE, map->values_size);
	memset(map->values, 0, map->values_size);
}

static int map_create(const union bpf_attr *attr)
{
	struct thing *map;

	if (!tail_is_zero(attr, model.kernel->map_end, model.kernel->attr_size))
		return -EINVAL;
	if (!name_is_good(model.kernel->map_end >= 44 ? attr->map_name : ""))
		return -EINVAL;
	if (!map_is_good(attr))
		return -EINVAL;
	if (model.map_error && attr->map_type == model.map_error_type)
		return -model.map_error;
	if (!model.privileged || memlock_refuses())
		return -EPERM;
	if (model.kernel->value_max && attr->value_size > model.kernel->value_max)
		return -E2BIG;
	/* array_map_alloc(): what does not fit 32 bits, and here what a test would wait for. */
	if ((uint64_t)attr->max_entries * ((uint64_t)attr->value_size + attr->key_size) > 16u << 20)
		return -ENOMEM;
	if ((uint64_t)attr->max_entries * ((uint64_t)attr->key_size + attr->value_size + 8) > SIZE_MAX / 4)
		return -ENOMEM;
	map = new_thing(MAP);
	map->map_type = attr->map_type;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	map->entries = attr->max_entries;
	if (attr->map_type == BPF_MAP_TYPE_HASH || attr->map_type == BPF_MAP_TYPE_LPM_TRIE)
		map->keys = calloc(map->entries, 1 + map->key_size);
	map->mappable = attr->map_flags & BPF_F_MMAPABLE || attr->map_type == BPF_MAP_TYPE_RINGBUF;
	if (attr->map_type == BPF_MAP_TYPE_PERF_EVENT_ARRAY || attr->map_type == BPF_MAP_TYPE_CGROUP_ARRAY)
		map->slots = calloc(map->entries, sizeof(struct thing *));
	else
		make_values(map);
	list_add(all_maps, map);
	memcpy(model.map_name, model.kernel->map_end >= 44 ? attr->map_name : "", model.kernel->map_end >= 44 ? 16 : 1);
	return new_fd(map);
}

static uint8_t *map_value(const struct thing *map, uint32_t key)
{
	return key < map->entries && map->values ? map->values + (size_t)key * stride_of(map) : NULL;
}

enum slot { FREE, USED, DELETED };

/* The place of a key in a hash, or of a free one for it; -1: none. */
static int hash_find(const struct thing *map, const void *key, bool room)
{
	uint32_t hash = 2166136261, place;
	int free = -1;

	for (unsigned int i = 0; i < map->key_size; i++)
		hash = (hash ^ ((const uint8_t *)key)[i]) * 16777619;
	for (unsigned int i = 0; i < map->entries; i++) {
		const uint8_t *slot;

		place = (hash + i) % map->entries;
		slot = map->keys + (size_t)place * (1 + map->key_size);
		if (slot[0] == USED && !memcmp(slot + 1, key, map->key_size))
			return (int)place;
		if (slot[0] != USED && free < 0)
			free = (int)place;
		if (slot[0] == FREE)
			break;
	}
	return room ? free : -1;
}

/* htab_map_update_elem() and array_map_update_elem(): E2BIG where there is no room, EEXIST with BPF_NOEXIST where the key is there. */
static int hash_update(const struct thing *map, const void *key, const void *value, uint64_t flags)
{
	int at = map->keys ? hash_find(map, key, true) : -1;
	uint8_t *slot;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (!map->keys && *(const uint32_t *)key < map->entries) {
		memcpy(map_value(map, *(const uint32_t *)key), value, map->value_size);
		return 0;
	}
	if (flags == BPF_NOEXIST && map->keys && hash_find(map, key, false) >= 0)
		return -EEXIST;
	if (at < 0)
		return -E2BIG;
	slot = map->keys + (size_t)at * (1 + map->key_size);
	slot[0] = USED;
	memcpy(slot + 1, key, map->key_size);
	memcpy(map_value(map, (uint32_t)at), value, map->value_size);
	return 0;
}

static int hash_delete(const struct thing *map, const void *key)
{
	int at = hash_find(map, key, false);

	if (at < 0)
		return -ENOENT;
	map->keys[(size_t)at * (1 + map->key_size)] = DELETED;
	return 0;
}

/* htab_map_get_next_key(): a key that is not there stands before the first. */
static int hash_next(const struct thing *map, const void *key, void *next)
{
	for (int i = hash_find(map, key, false) + 1; i < (int)map->entries; i++) {
		const uint8_t *slot = map->keys + (size_t)i * (1 + map->key_size);

		if (slot[0] == USED) {
			memcpy(next, slot + 1, map->key_size);
			return 0;
		}
	}
	return -ENOENT;
}

static int hash_access(int cmd, const struct thing *map, const union bpf_attr *attr)
{
	const void *key = (const void *)(uintptr_t)attr->key;
	void *value = (void *)(uintptr_t)attr->value;
	int at;

	if (!key)
		return -EFAULT; /* NULL for "before the first" came with 4.12 */
	if (cmd == BPF_MAP_UPDATE_ELEM)
		return hash_update(map, key, value, attr->flags);
	if (cmd == BPF_MAP_GET_NEXT_KEY)
		return hash_next(map, key, value);
	if (cmd == BPF_MAP_DELETE_ELEM)
		return hash_delete(map, key);
	at = hash_find(map, key, false);
	if (at < 0)
		return -ENOENT;
	memcpy(value, map_value(map, (uint32_t)at), map->value_size);
	return 0;
}

static int map_access(int cmd, const union bpf_attr *attr)
{
	struct thing *map = thing_of((int)attr->map_fd, MAP), *event;
	uint32_t key, fd;

	if (!map)
		return -EBADF;
	/* CHECK_ATTR(BPF_MAP_DELETE_ELEM): ends with the key; GET_NEXT_KEY: with the second one. */
	if ((cmd == BPF_MAP_DELETE_ELEM && (attr->value || attr->flags)) ||
	    (cmd == BPF_MAP_GET_NEXT_KEY && attr->flags))
		return -EINVAL;
	if (map->keys)
		return hash_access(cmd, map, attr);
	if (cmd == BPF_MAP_DELETE_ELEM || cmd == BPF_MAP_GET_NEXT_KEY)
		return -EINVAL;
	memcpy(&key, (const void *)(uintptr_t)attr->key, sizeof(key));
	if (cmd == BPF_MAP_UPDATE_ELEM && attr->flags > BPF_EXIST)
		return -EINVAL;
	if (key >= map->entries)
		return cmd == BPF_MAP_UPDATE_ELEM ? -E2BIG : -ENOENT;
	if (map->map_type == BPF_MAP_TYPE_RINGBUF)
		return -ENOTSUP;
	if (map->values) {
		if (cmd == BPF_MAP_UPDATE_ELEM)
			memcpy(map_value(map, key), (const void *)(uintptr_t)attr->value, map->value_size);
		else
			memcpy((void *)(uintptr_t)attr->value, map_value(map, key), map->value_size);
		return 0;
	}
	if (cmd != BPF_MAP_UPDATE_ELEM) /* fd_array_map_lookup_elem(): a program's own business */
		return -ENOTSUP;
	/* perf_event_fd_array_get_ptr(): a perf event or EINVAL; cgroup_fd_array_get_ptr(): a cgroup's directory. */
	memcpy(&fd, (const void *)(uintptr_t)attr->value, sizeof(fd));
	event = thing_of((int)fd, map->map_type == BPF_MAP_TYPE_CGROUP_ARRAY ? DIRECTORY : EVENT);
	if (!event)
		return -EBADF;
	event->refs++;
	put_thing(map->slots[key]);
	map->slots[key] = event;
	return 0;
}

/* bpf_tracing_func_proto(), kernel/trace/bpf_trace.c: from 5.10 on, lockdown takes away what reads the kernel. */
static bool has_helper(int32_t helper)
{
	bool kinds = model.kernel->read_kinds;

	if (helper == 112)
		return kinds;
	if (helper == 113)
		return kinds && !model.confidential;
	if (helper == 130)
		return model.kernel->ring_buffers;
	if (helper == 37)
		return model.kernel->cgroup_arrays;
	if (helper == 35)
		return model.kernel->version >= KERNEL_VERSION(4, 8, 0);
	if (helper == 80)
		return model.kernel->version >= KERNEL_VERSION(4, 18, 0);
	return helper != 4 || !(kinds && model.confidential);
}

/* replace_map_fd_with_map_ptr() and do_check(), kernel/bpf/verifier.c: as far as a loader can get it wrong. */
static const char *find_fault(struct thing *prog)
{
	int maps = 0, known;

	for (unsigned int i = 0; i < prog->count; i++) {
		const struct bpf_insn *insn = &prog->insns[i];
		struct thing *map;

		if (insn->code == (BPF_JMP | BPF_CALL)) {
			if (insn->src_reg || insn->imm <= 0 || insn->imm > 200 || !has_helper(insn->imm))
				return "unknown func #113";
		}
		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (i + 1 >= prog->count || insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off)
			return "invalid bpf_ld_imm64 insn";
		i++;
		if (insn->src_reg == 0)
			continue;
		map = insn->src_reg == BPF_PSEUDO_MAP_FD ? look_up(insn->imm) : NULL;
		if (!map || map->kind != MAP || insn[1].imm)
			return "fd is not pointing to valid bpf_map";
		for (known = 0; known < maps && prog->maps[known] != map; known++)
			;
		if (known < maps)
			continue;
		if (maps == PROGRAM_MAPS)
			return "too many maps";
		map->refs++;
		prog->maps[maps++] = map;
	}
	if (prog->insns[prog->count - 1].code != (BPF_JMP | BPF_EXIT) &&
	    prog->insns[prog->count - 1].code != (BPF_JMP | BPF_JA))
		return "last insn is not an exit or jmp";
	return NULL;
}

/* The log is cut off at log_size and the answer is ENOSPC then, also for a good program (bpf_check()). */
static int write_log(const union bpf_attr *attr, const char *reason, int result)
{
	static const char line[] = "12: (79) r3 = *(u64 *)(r1 +104)\n";
	char *log = (char *)(uintptr_t)attr->log_buf;
	size_t wanted = reason && model.load_log ? model.load_log : 256, at = 0, room = attr->log_size;
	char end[256];
	size_t end_size = (size_t)snprintf(end, sizeof(end), "%s\nprocessed 12 insns, stack 0\n", reason ? reason : "");

	if (!log)
		return result;
	while (at + end_size < wanted && at + sizeof(line) < room) {
		memcpy(log + at, line, sizeof(line) - 1);
		at += sizeof(line) - 1;
	}
	if (at + end_size >= room) {
		log[at] = '\0';
		return -ENOSPC;
	}
	memcpy(log + at, end, end_size + 1);
	return result;
}

static int verify(struct thing *prog, const union bpf_attr *attr)
{
	bool wants_log = attr->log_level || attr->log_buf || attr->log_size;
	const char *fault;

	/* bpf_check(): "log_* values have to be sane". */
	if (wants_log && (attr->log_size < 128 || attr->log_size > UINT_MAX >> 8 || !attr->log_level || !attr->log_buf))
		return -EINVAL;
	fault = find_fault(prog);
	if (fault)
		return write_log(attr, fault, -EINVAL);
	if (model.load_error && prog->count > 16)
		return write_log(attr, model.load_reason, -model.load_error);
	return write_log(attr, NULL, 0);
}

/* bpf_prog_load(), in its order: attr, count, kern_version, capability, memlock, type, verifier. */
static int prog_load(const union bpf_attr *attr)
{
	const struct model_kernel *kernel = model.kernel;
	struct thing *prog;
	int result;

	if (!tail_is_zero(attr, kernel->prog_end, kernel->attr_size))
		return -EINVAL;
	if (!attr->license || strcmp((const char *)(uintptr_t)attr->license, "GPL") != 0)
		return -EINVAL; /* our helpers are GPL only; said by the verifier */
	if (attr->insn_cnt == 0 || attr->insn_cnt > kernel->insns_max)
		return -kernel->insns_error;
	if (kernel->wants_version && attr->prog_type == BPF_PROG_TYPE_KPROBE && attr->kern_version != kernel->version)
		return -EINVAL;
	if (!model.privileged || memlock_refuses())
		return -EPERM;
	if (!model.bpf_events || (attr->prog_type != BPF_PROG_TYPE_KPROBE &&
				  !(attr->prog_type == BPF_PROG_TYPE_TRACEPOINT && kernel->tracepoint_progs) &&
				  !(attr->prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT && kernel->raw_tracepoints)))
		return -EINVAL; /* find_prog_type() */
	if (kernel->prog_end >= 64 && !name_is_good(attr->prog_name))
		return -EINVAL;
	prog = new_thing(PROGRAM);
	prog->type = attr->prog_type;
	prog->count = attr->insn_cnt;
	prog->insns = malloc(prog->count * sizeof(*prog->insns));
	memcpy(prog->insns, (const void *)(uintptr_t)attr->insns, prog->count * sizeof(*prog->insns));
	result = verify(prog, attr);
	if (result) {
		put_thing(prog);
		return result;
	}
	model.loads++;
	model.last_version = attr->kern_version;
	model.last_count = prog->count <= 4096 ? prog->count : 4096;
	memcpy(model.last_insns, prog->insns, model.last_count * sizeof(*prog->insns));
	memset(model.last_name, 0, sizeof(model.last_name));
	if (kernel->prog_end >= 64)
		memcpy(model.last_name, attr->prog_name, sizeof(model.last_name));
	return new_fd(prog);
}

/* bpf_raw_tracepoint_open(), kernel/bpf/syscall.c of 4.19: ENOENT where there is no such tracepoint. */
static int raw_tracepoint_open(const union bpf_attr *attr)
{
	struct thing *prog, *event;

	if (!model.kernel->raw_tracepoints || !tail_is_zero(attr, 12, model.kernel->attr_size))
		return -EINVAL;
	if (!model.ftrace_syscalls || strcmp((const char *)(uintptr_t)attr->raw_tracepoint.name, "sys_enter") != 0)
		return -ENOENT;
	prog = thing_of((int)attr->raw_tracepoint.prog_fd, PROGRAM);
	if (!prog)
		return -EBADF;
	if (prog->type != BPF_PROG_TYPE_RAW_TRACEPOINT)
		return -EINVAL;
	event = new_thing(EVENT);
	event->event_type = RAW_TRACEPOINT;
	event->program = prog;
	prog->refs++;
	list_add(all_events, event);
	return new_fd(event);
}

/* bpf_prog_get_info_by_fd(), 4.13; recursion_misses came with 5.12. */
static int program_info(const union bpf_attr *attr)
{
	struct bpf_prog_info *info = (struct bpf_prog_info *)(uintptr_t)attr->info.info;

	if (model.kernel->version < KERNEL_VERSION(4, 13, 0) || !thing_of((int)attr->info.bpf_fd, PROGRAM))
		return -EINVAL;
	if (model.kernel->version >= KERNEL_VERSION(5, 12, 0))
		info->recursion_misses = model.missed_runs;
	return 0;
}

/* SYSCALL_DEFINE3(bpf): what lies beyond the kernel's own union must be 0, or E2BIG. */
int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	/* Longer than any kernel's here, and zeroed, as the kernel's own copy is. */
	union {
		union bpf_attr attr;
		uint8_t bytes[512];
	} whole;
	int result = disturb();

	if (result)
		return result;
	if (!model.bpf_syscall)
		return -ENOSYS;
	if (model.seccomp)
		return -EPERM;
	if (size > sizeof(whole))
		return -E2BIG;
	memset(&whole, 0, sizeof(whole));
	memcpy(&whole, attr, size);
	if (size > model.kernel->attr_size && !tail_is_zero(&whole.attr, model.kernel->attr_size, size))
		return -E2BIG;
	switch (cmd) {
	case BPF_MAP_CREATE:
		return map_create(&whole.attr);
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_LOOKUP_ELEM:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_GET_NEXT_KEY:
		return map_access(cmd, &whole.attr);
	case BPF_PROG_LOAD:
		return prog_load(&whole.attr);
	case BPF_RAW_TRACEPOINT_OPEN:
		return raw_tracepoint_open(&whole.attr);
	case BPF_OBJ_GET_INFO_BY_FD:
		return program_info(&whole.attr);
	default:
		return -EINVAL;
	}
}

/* --- probes --- */

static bool has_symbol(const char *symbol)
{
	for (size_t i = 0; model.symbols[i]; i++) {
		if (!strcmp(model.symbols[i], symbol))
			return true;
	}
	return false;
}

struct model_probe *model_find_probe(const char *event)
{
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (model.probes[i].id && !strcmp(model.probes[i].event, event))
			return &model.probes[i];
	}
	return NULL;
}

static struct model_probe *add_probe(const char *event, const char *symbol, int id)
{
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (model.probes[i].id == 0) {
			model.probes[i] = (struct model_probe){.id = id};
			snprintf(model.probes[i].event, sizeof(model.probes[i].event), "%s", event);
			snprintf(model.probes[i].symbol, sizeof(model.probes[i].symbol), "%s", symbol);
			return &model.probes[i];
		}
	}
	abort();
}

struct model_probe *model_foreign_probe(const char *event, const char *symbol, int held)
{
	struct model_probe *probe = add_probe(event, symbol, 1000);

	probe->id += (int)(probe - model.probes);
	probe->held = held;
	return probe;
}

/* create_trace_kprobe(), kernel/trace/trace_kprobe.c of 4.4: names up to 63 of [A-Za-z0-9_]. */
static bool word_is_good(const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i < length; i++) {
		bool letter = (word[i] | 32) >= 'a' && (word[i] | 32) <= 'z';

		if (!letter && word[i] != '_' && (i == 0 || word[i] < '0' || word[i] > '9'))
			return false;
	}
	return length > 0 && length < 64;
}

/* unregister_trace_kprobe(): EBUSY while a perf event is on it. */
static int remove_probe(struct model_probe *probe)
{
	if (!probe)
		return -ENOENT;
	if (probe->held)
		return -EBUSY;
	probe->id = 0;
	return 0;
}

static int probe_command(const char *line)
{
	char group[64], name[64], symbol[128], event[130];
	struct model_probe *old, *made;
	unsigned int instances = 0;
	bool returns = line[0] == 'r';

	if (sscanf(line, "-:%63[^/ ]/%63[^ ]", group, name) == 2) {
		snprintf(event, sizeof(event), "%s/%s", group, name);
		return remove_probe(model_find_probe(event));
	}
	if (returns && line[1] >= '0' && line[1] <= '9') {
		/* Before 4.12 what does not begin with a colon is no name, and the event gets one (create_trace_kprobe()). */
		if (model.kernel->version < KERNEL_VERSION(4, 12, 0))
			model_foreign_probe("kprobes/r_unnamed_0", "unnamed", 0);
		instances = (unsigned int)strtoul(line + 1, NULL, 10);
		if (instances > 4096) /* KRETPROBE_MAXACTIVE_MAX */
			return -E2BIG;
	}
	line += strcspn(line, ":");
	if (sscanf(line, ":%63[^/ ]/%63s %127s", group, name, symbol) != 3 || !word_is_good(group) ||
	    !word_is_good(name))
		return -EINVAL;
	snprintf(event, sizeof(event), "%s/%s", group, name);
	old = model_find_probe(event);
	if (old && !model.kernel->replaces_events)
		return -EEXIST;	      /* append_trace_kprobe() of 5.4 */
	if (old && remove_probe(old)) /* register_trace_kprobe() of 4.4 deletes the old one first */
		return -EBUSY;
	if (model.confidential)
		return -EPERM; /* __register_trace_kprobe() of 5.4: LOCKDOWN_KPROBES */
	if (!has_symbol(symbol))
		return -model.kernel->no_symbol;
	made = add_probe(event, symbol, next_probe_id++);
	made->returns = returns;
	made->instances = instances;
	return 0;
}

/* traceprobe_probes_write(): each line of a write is a command; the first that fails ends it. */
static ssize_t write_probes(const char *text, size_t size)
{
	char copy[4096], *line, *rest;

	if (size >= sizeof(copy))
		return -E2BIG;
	memcpy(copy, text, size);
	copy[size] = '\0';
	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		int result = probe_command(line);

		if (result)
			return result;
		if (line[0] != '-' && model.steal_event > 0) {
			model.steal_event--;
			for (int i = 0; i < MODEL_LISTED_MAX; i++) {
				if (model.probes[i].id == next_probe_id - 1)
					model.probes[i].id = 0;
			}
		}
	}
	return (ssize_t)size;
}

/* probes_seq_show() */
static void list_probes(char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (model.probes[i].id)
			at += (size_t)snprintf(text + at, size - at, "%s:%s %s\n",
					       !model.probes[i].returns	   ? "p"
					       : model.probes[i].instances ? "r4096"
									   : "r",
					       model.probes[i].event, model.probes[i].symbol);
	}
}

/* probes_profile_seq_show(), kernel/trace/trace_kprobe.c: without the group. */
static void list_profile(char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		const char *name = strchr(model.probes[i].event, '/');

		if (model.probes[i].id)
			at += (size_t)snprintf(text + at, size - at, "  %-44s %15lu %15u\n", name ? name + 1 : "", 7ul,
					       strncmp(model.probes[i].event, "connsnoop_", 10) ? 99
												: model.missed_hits);
	}
}

/* --- perf_event_open(2) --- */

static int open_software(const struct perf_event_attr *attr)
{
	if (attr->config != PERF_COUNT_SW_BPF_OUTPUT || attr->sample_type != PERF_SAMPLE_RAW)
		return -ENOENT;
	return model.perf_error ? -model.perf_error : 0;
}

/* perf_trace_init(), kernel/trace/trace_event_perf.c: EINVAL for a number that no event has. */
static int open_tracepoint(struct thing *event)
{
	if ((event->config == CONNECT_ID || event->config == EXIT_ID || event->config == ENTER_ID) &&
	    model.ftrace_syscalls)
		return 0;
	for (size_t i = 0; !model.no_task_events && i < TRACED; i++) {
		if (event->config == traced[i].id)
			return 0;
	}
	for (int i = 0; i < MODEL_LISTED_MAX; i++) {
		if (model.probes[i].id && (uint64_t)model.probes[i].id == event->config) {
			event->probe = &model.probes[i];
			event->probe->held++;
			event->returns = event->probe->returns;
			snprintf(event->symbol, sizeof(event->symbol), "%s", event->probe->symbol);
			return 0;
		}
	}
	return -EINVAL;
}

/* perf_kprobe_event_init() and perf_kprobe_init(): capability, the name, the function. */
static int open_pmu(struct thing *event, const struct perf_event_attr *attr)
{
	if (!model.privileged)
		return -EACCES;
	if (attr->size < PERF_ATTR_SIZE_VER1 || !attr->config1 || attr->config > 1)
		return -EINVAL;
	event->returns = attr->config & 1;
	if (model.confidential)
		return -EPERM; /* LOCKDOWN_KPROBES */
	snprintf(event->symbol, sizeof(event->symbol), "%s", (const char *)(uintptr_t)attr->config1);
	return has_symbol(event->symbol) ? 0 : -ENOENT;
}

int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned long flags)
{
	struct thing *event;
	int result = disturb();

	if (result)
		return result;
	if (flags & ~(unsigned long)PERF_FLAG_FD_CLOEXEC || pid != -1 || group_fd != -1)
		return -EINVAL;
	/* perf_copy_attr(): no shorter than its first version. */
	if (attr->size < PERF_ATTR_SIZE_VER0)
		return -E2BIG;
	if (!model.privileged || (model.paranoid && !(model.effective >> CAP_SYS_ADMIN & 1)))
		return -EACCES; /* perf_event_paranoid */
	event = new_thing(EVENT);
	event->event_type = attr->type;
	event->config = attr->config;
	event->cpu = cpu;
	if (attr->type == PERF_TYPE_SOFTWARE)
		result = open_software(attr);
	else if (attr->type == PERF_TYPE_TRACEPOINT)
		result = open_tracepoint(event);
	else if (model.kernel->pmu_type && attr->type == (uint32_t)model.kernel->pmu_type)
		result = open_pmu(event, attr);
	else
		result = -ENOENT; /* perf_init_event(): no PMU of this type */
	/* find_get_context(), after perf_event_alloc(). */
	if (!result && (cpu < 0 || cpu >= MODEL_CPUS || !model.online[cpu]))
		result = -ENODEV;
	if (result) {
		put_thing(event);
		return result;
	}
	list_add(all_events, event);
	return new_fd(event);
}

/* perf_event_set_bpf_prog(), kernel/events/core.c of 4.4 and 4.19. */
static int set_bpf(struct thing *event, int fd)
{
	bool kprobe = event->symbol[0] != '\0', syscall = event->event_type == PERF_TYPE_TRACEPOINT &&
							  (event->config == CONNECT_ID || event->config == EXIT_ID);
	struct thing *prog;

	if (event->event_type == PERF_TYPE_SOFTWARE)
		return -EINVAL;
	if (syscall && model.taken && !model.kernel->prog_arrays)
		return -EEXIST;
	if (syscall && !model.kernel->syscall_progs)
		return -EINVAL;
	prog = thing_of(fd, PROGRAM);
	if (!prog)
		return -EBADF;
	if (prog->type != (kprobe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACEPOINT))
		return -EINVAL;
	if (event->program)
		return -EEXIST;
	prog->refs++;
	event->program = prog;
	return 0;
}

/* perf_event_set_output(): same CPU, a ring on the other side and none on this. */
static int set_output(struct thing *event, int fd)
{
	struct thing *other = thing_of(fd, EVENT);

	if (!other)
		return -EBADF;
	if (other == event || other->cpu != event->cpu || event->page || !other->page)
		return -EINVAL;
	other->refs++;
	put_thing(event->output);
	event->output = other;
	return 0;
}

int sys_ioctl(int fd, unsigned long request, unsigned long arg)
{
	struct thing *event = thing_of(fd, EVENT);
	int result = disturb();

	if (result)
		return result;
	if (!event)
		return -EBADF;
	switch (request) {
	case PERF_EVENT_IOC_ENABLE:
		return 0;
	case PERF_EVENT_IOC_SET_OUTPUT:
		return set_output(event, (int)arg);
	case PERF_EVENT_IOC_SET_BPF:
		return set_bpf(event, (int)arg);
	default:
		return -ENOTTY;
	}
}

/* --- rings --- */

/* perf_mmap(): one page and a power of two of them. */
static int map_event(struct thing *event, size_t offset, size_t length, void **address)
{
	size_t pages = length / PAGE - 1;
	void *map;

	if (event->page || offset || length % PAGE || pages == 0 || pages & (pages - 1))
		return -EINVAL;
	map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		return -ENOMEM;
	event->page = map;
	event->page_size = length;
	*address = map;
	return 0;
}

/* array_map_mmap(): no more than there is. ringbuf_map_mmap(): what is written to is the first page. */
static int map_map(struct thing *map, size_t offset, size_t length, bool writable, void **address)
{
	if (!map->mappable)
		return -ENOTSUP;
	if (offset + length > map->values_size)
		return -EINVAL;
	if (map->map_type == BPF_MAP_TYPE_RINGBUF && writable && (offset || length != PAGE))
		return -EPERM;
	map->maps_of_it++;
	*address = map->values + offset;
	return 0;
}

int sys_mmap(int fd, size_t offset, size_t length, bool writable, void **address)
{
	struct thing *thing = look_up(fd);
	int result = disturb();

	*address = NULL;
	if (!thing)
		model.strangers++;
	if (!result && (!thing || (thing->kind != EVENT && thing->kind != MAP)))
		result = -EINVAL;
	if (!result && thing->kind == EVENT)
		result = map_event(thing, offset, length, address);
	else if (!result)
		result = map_map(thing, offset, length, writable, address);
	if (result)
		return result;
	thing->refs++;
	mappings++;
	return 0;
}

static int unmap_event(struct thing *event, void *address, size_t length)
{
	if (event->page_size != length)
		model.strangers++;
	munmap(address, event->page_size);
	event->page = NULL;
	mappings--;
	put_thing(event);
	return 0;
}

int sys_munmap(void *address, size_t length)
{
	uint8_t *at = address;

	for (int i = 0; i < ALL_FDS; i++) {
		struct thing *map = all_maps[i];

		if (all_events[i] && all_events[i]->page == address)
			return unmap_event(all_events[i], address, length);
		if (!map || !map->maps_of_it || at < map->values || at + length > map->values + map->values_size)
			continue;
		map->maps_of_it--;
		mappings--;
		put_thing(map);
		return 0;
	}
	model.strangers++;
	return -EINVAL;
}

static struct model_ring ring_of(const struct thing *event)
{
	if (event->output)
		event = event->output;
	return (struct model_ring){
		.page = event->page,
		.data = event->page ? (uint8_t *)event->page + PAGE : NULL,
		.size = event->page ? (uint32_t)(event->page_size - PAGE) : 0,
	};
}

bool model_ring(unsigned int cpu, struct model_ring *ring)
{
	for (int i = ALL_FDS; i-- > 0;) {
		if (all_events[i] && all_events[i]->page && all_events[i]->cpu == (int)cpu) {
			*ring = ring_of(all_events[i]);
			return true;
		}
	}
	return false;
}

void model_ring_put(struct model_ring *ring, const void *bytes, uint32_t size)
{
	uint64_t head = ring->page->data_head;

	for (uint32_t i = 0; i < size; i++)
		ring->data[(head + i) & (ring->size - 1)] = ((const uint8_t *)bytes)[i];
	__atomic_store_n(&ring->page->data_head, head + size, __ATOMIC_RELEASE);
}

/* CIRC_SPACE(): only the masked parts of the two positions count (perf_output_begin(), kernel/events/ring_buffer.c). */
static bool has_room(const struct model_ring *ring, uint32_t size)
{
	uint64_t head = ring->page->data_head, tail = ring->page->data_tail;

	return ((tail - (head + 1)) & (ring->size - 1)) >= size;
}

void model_ring_lost(struct model_ring *ring, uint64_t count)
{
	struct {
		struct perf_event_header header;
		uint64_t id, lost;
	} record = {{PERF_RECORD_LOST, 0, sizeof(record)}, 7, count};

	model_ring_put(ring, &record, sizeof(record));
}

/* perf_output_sample(): u32 size, the bytes, padded to a multiple of 8. From 4.9 on the pad is not written. */
bool model_ring_sample(struct model_ring *ring, const void *data, uint32_t size)
{
	uint32_t raw = ((size + 4 + 7) & ~7u) - 4, total = (uint32_t)sizeof(struct perf_event_header) + 4 + raw;
	struct perf_event_header header = {PERF_RECORD_SAMPLE, 0, (uint16_t)total};
	uint8_t pad[8];

	if (!has_room(ring, total))
		return false;
	memset(pad, model.kernel && model.kernel->stale_padding ? GARBAGE : 0, sizeof(pad));
	model_ring_put(ring, &header, sizeof(header));
	model_ring_put(ring, &raw, 4);
	model_ring_put(ring, data, size);
	model_ring_put(ring, pad, raw - size);
	return true;
}

/* bpf_perf_event_output(), kernel/trace/bpf_trace.c; through 4.19 a full ring is no error. */
static int64_t output(const struct thing *map, uint64_t index, const void *data, uint64_t size)
{
	struct thing *event;
	struct model_ring ring;

	if (!map->slots || index >= map->entries)
		return -E2BIG;
	event = map->slots[index];
	if (!event)
		return -ENOENT;
	if (event->event_type != PERF_TYPE_SOFTWARE)
		return -EINVAL;
	if (event->cpu != (int)model.cpu || !model.online[event->cpu])
		return -EOPNOTSUPP;
	ring = ring_of(event);
	/* rb->lost is the ring's, whosever event the record is */
	if (event->output)
		event = event->output;
	if (ring.page && event->lost && has_room(&ring, 24 + 16 + (uint32_t)size)) {
		model_ring_lost(&ring, event->lost);
		event->lost = 0;
	}
	if (ring.page && !event->lost && model_ring_sample(&ring, data, (uint32_t)size)) {
		model.records++;
		return 0;
	}
	event->lost++;
	return model.kernel->tells_refusal ? -ENOSPC : 0;
}

/* __bpf_ringbuf_reserve() and bpf_ringbuf_commit(), kernel/bpf/ringbuf.c: EAGAIN where there is no room. */
static int64_t ring_output(const struct thing *map, const void *data, uint64_t size, uint64_t flags)
{
	unsigned long *read, *written;
	uint64_t length = (size + 8 + 7) & ~7ull;
	uint32_t header[2] = {(uint32_t)size, 0};

	if (map->map_type != BPF_MAP_TYPE_RINGBUF)
		abort(); /* the verifier's business */
	if (flags & ~3ull)
		return -EINVAL;
	read = (unsigned long *)map->values;
	written = (unsigned long *)(map->values + PAGE);
	if (*written - *read + length >= map->entries)
		return -EAGAIN;
	for (uint64_t i = 0; i < length; i++)
		map->values[2 * PAGE + (*written + i) % map->entries] = i < 8	       ? ((uint8_t *)header)[i]
									: i - 8 < size ? ((const uint8_t *)data)[i - 8]
										       : 0;
	*written += length;
	model.wakes += flags & BPF_RB_FORCE_WAKEUP ? 1 : 0;
	return 0;
}

/* --- memory and helpers --- */

/* check_map_access(): within one value. A ring buffer's insides are the helpers' own. */
bool model_owns(uint64_t address, size_t size)
{
	static int last; /* where the one before was: it is asked for every access to memory */

	for (int n = 0; n < ALL_FDS; n++) {
		int i = (last + n) % ALL_FDS;
		const struct thing *map = all_maps[i];
		uint64_t start = map ? (uintptr_t)map->values : 0;

		if (!start || map->map_type == BPF_MAP_TYPE_RINGBUF || address < start ||
		    address >= start + (uint64_t)map->entries * stride_of(map))
			continue;
		last = i;
		return (address - start) % stride_of(map) + size <= map->value_size;
	}
	return false;
}

struct mapped_ring *model_mapped_ring(int map, unsigned int cpu)
{
	return (struct mapped_ring *)map_value(thing_of(map, MAP), cpu);
}

void model_map_sizes(uint64_t map, uint32_t *key, uint32_t *value)
{
	*key = ((const struct thing *)(uintptr_t)map)->key_size;
	*value = ((const struct thing *)(uintptr_t)map)->value_size;
}

uint64_t model_map_pointer(int fd)
{
	return (uintptr_t)thing_of(fd, MAP);
}

void model_user_memory(uint64_t address, const void *bytes, size_t size)
{
	if (user_count == 8)
		abort();
	user[user_count].address = address;
	user[user_count].bytes = bytes;
	user[user_count++].size = size;
}

/* A page goes on behind (and before) what the caller put there, with bytes of its own, unless user_page_ends. */
static bool read_user(uint8_t *to, uint64_t size, uint64_t address)
{
	for (int i = 0; i < user_count; i++) {
		uint64_t start = user[i].address, end = start + user[i].size;

		if (address + size <= start || address >= end + (user[i].size == 0))
			continue;
		if (model.user_page_ends && address + size > end)
			return false;
		for (uint64_t at = 0; at < size; at++)
			to[at] = address + at >= start && address + at < end ? user[i].bytes[address + at - start]
									     : 0xee;
		return true;
	}
	return false;
}

struct kernel_memory {
	const uint8_t *start;
	size_t size;
};
static struct kernel_memory kernel_memory[4];

static bool read_kernel(uint8_t *to, uint64_t size, uint64_t address)
{
	for (size_t i = 0; i < sizeof(kernel_memory) / sizeof(kernel_memory[0]); i++) {
		uint64_t start = (uintptr_t)kernel_memory[i].start;

		if (start && address >= start && address + size <= start + kernel_memory[i].size) {
			memcpy(to, (const void *)(uintptr_t)address, size);
			return true;
		}
	}
	return tasks_read(to, size, address);
}

static uint64_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int64_t probe_read(int32_t helper, void *to, uint64_t size, uint64_t from)
{
	memset(to, 0, size); /* bpf_probe_read(): a failed read leaves zeros */
	if (helper == 4 && model.confidential)
		return -EPERM; /* LOCKDOWN_BPF_READ of 5.4, at run time */
	if ((helper != 112 && read_kernel(to, size, from)) || (helper != 113 && read_user(to, size, from)))
		return 0;
	memset(to, 0, size);
	return -EFAULT;
}

/* The longest prefix is as good as any here: what a filter asks is whether there is one. */
static uint8_t *trie_find(const struct thing *map, const void *key)
{
	uint32_t bits, have;

	memcpy(&bits, key, sizeof(bits));
	for (unsigned int i = 0; i < map->entries; i++) {
		const uint8_t *slot = map->keys + (size_t)i * (1 + map->key_size), *a = slot + 5,
			      *b = (const uint8_t *)key + 4;

		memcpy(&have, slot + 1, sizeof(have));
		if (slot[0] != USED || have > bits || memcmp(a, b, have / 8) != 0)
			continue;
		if (have % 8 == 0 || (a[have / 8] ^ b[have / 8]) >> (8 - have % 8) == 0)
			return map_value(map, i);
	}
	return NULL;
}

static uint8_t *map_find(const struct thing *map, const void *key)
{
	uint32_t index;
	int at;

	if (map->map_type == BPF_MAP_TYPE_LPM_TRIE)
		return trie_find(map, key);
	if (map->map_type == BPF_MAP_TYPE_HASH) {
		at = hash_find(map, key, false);
		return at < 0 ? NULL : map_value(map, (uint32_t)at);
	}
	memcpy(&index, key, sizeof(index));
	return map_value(map, index);
}

uint64_t model_helper(int32_t helper, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	if (model.watch)
		model.watch(helper, (const uint64_t[]){a, b, c, d, e});
	switch (helper) {
	case 1:
		return (uintptr_t)map_find((const struct thing *)(uintptr_t)a, (const void *)(uintptr_t)b);
	case 2:
		if (model.key_races && d == BPF_NOEXIST)
			hash_update((const struct thing *)(uintptr_t)a, (const void *)(uintptr_t)b,
				    (const void *)(uintptr_t)c, BPF_ANY);
		return (uint64_t)(int64_t)hash_update((const struct thing *)(uintptr_t)a, (const void *)(uintptr_t)b,
						      (const void *)(uintptr_t)c, d);
	case 3:
		return (uint64_t)(int64_t)hash_delete((const struct thing *)(uintptr_t)a, (const void *)(uintptr_t)b);
	case 35:
		return tasks_address(tasks.current);
	case 80:
		return MODEL_CGROUP_ID;
	case 5:
		return model.clock ? model.clock : clock_now();
	case 8:
		return model.cpu;
	case 14:
		return model.pid_tgid ? model.pid_tgid : (uint64_t)getpid() << 32 | (uint32_t)getpid();
	case 15:
		return model.uid_gid ? model.uid_gid : (uint64_t)getgid() << 32 | getuid();
	case 16:
		if (model.comm[0])
			memcpy((void *)(uintptr_t)a, model.comm, b);
		else
			prctl(PR_GET_NAME, (void *)(uintptr_t)a);
		return 0;
	case 37:
		return b < 32 && model.in_cgroups >> b & 1;
	case 25:
		return (uint64_t)output((const struct thing *)(uintptr_t)b, c, (const void *)(uintptr_t)d, e);
	case 130:
		return (uint64_t)ring_output((const struct thing *)(uintptr_t)a, (const void *)(uintptr_t)b, c, d);
	case 4:
	case 112:
	case 113:
		return (uint64_t)probe_read(helper, (void *)(uintptr_t)a, b, c);
	default:
		fprintf(stderr, "# helper %d is unknown\n", helper);
		abort();
	}
}

/* --- attempts --- */

#ifdef __aarch64__
struct registers {
	uint64_t regs[31], sp, pc, pstate, orig_x0;
	uint32_t syscallno, unused;
	uint64_t rest[2];
};

static void fill_saved(struct registers *saved, const struct model_call *call, int fd, uint64_t addr)
{
	saved->regs[0] = call->ax ? call->ax : (uint64_t)fd;
	saved->orig_x0 = (uint64_t)fd;
	saved->regs[1] = addr;
	saved->regs[2] = (uint64_t)call->addrlen;
	saved->syscallno = (uint32_t)call->nr;
	saved->pstate = call->no_call ? 5 : 0;
}

static void fill_return(struct registers *ctx, int result)
{
	ctx->regs[0] = (uint64_t)(int64_t)result;
}

static void fill_context(struct registers *ctx, uint64_t sock, uint64_t addr, int addrlen, uint64_t sp)
{
	ctx->regs[0] = sock;
	ctx->regs[1] = addr;
	ctx->regs[2] = (uint32_t)addrlen;
	ctx->sp = sp;
}
#else
struct registers {
	uint64_t r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

static void fill_saved(struct registers *saved, const struct model_call *call, int fd, uint64_t addr)
{
	saved->ax = call->ax ? call->ax : (uint64_t)-ENOSYS; /* entry_64.S */
	saved->bx = call->bx;
	saved->cx = call->cx;
	saved->di = (uint64_t)fd;
	saved->si = addr;
	saved->dx = (uint64_t)call->addrlen;
	saved->orig_ax = call->nr;
	saved->ip = call->no_call ? 0 : MODEL_IP;
	saved->cs = 0x33;
	saved->ss = 0x2b;
}

static void fill_return(struct registers *ctx, int result)
{
	ctx->ax = (uint64_t)(int64_t)result;
}

static void fill_context(struct registers *ctx, uint64_t sock, uint64_t addr, int addrlen, uint64_t sp)
{
	ctx->di = sock;
	ctx->si = addr;
	ctx->dx = (uint32_t)addrlen;
	ctx->sp = sp;
}
#endif

_Static_assert(sizeof(struct registers) >= REGS_SIZE, "as much as the search wants");

/* A stack below an odd multiple of its size, so that what lies above the next larger power of two is not there. */
static uint8_t *make_stack(const struct model_call *call, int fd, uint64_t addr)
{
	uint8_t *base, *top;
	struct registers saved = {0};

	if (!stack_area)
		stack_area = aligned_alloc(131072, 131072);
	memset(stack_area, GARBAGE, 131072);
	base = model.stack_size < 65536 ? stack_area + 65536 : stack_area;
	top = base + model.stack_size;
	fill_saved(&saved, call, fd, addr);
	tasks_put_word(base, tasks_address(tasks.current)); /* thread_info.task, before 4.9 */
	memcpy(top - model.regs_from_top, &saved,
	       sizeof(saved) < model.regs_from_top ? sizeof(saved) : model.regs_from_top);
	if (model.regs_twice)
		memcpy(top - model.regs_from_top - REGS_SIZE, &saved, REGS_SIZE);
	kernel_memory[0] = (struct kernel_memory){base, model.stack_size};
	return top;
}

/* A kernel function (by name) or a tracepoint (by type and number) is reached. */
static void run_on(const char *symbol, bool returns, uint32_t type, uint64_t config, void *ctx, size_t size)
{
	for (int i = 0; i < ALL_FDS; i++) {
		struct thing *event = all_events[i];

		if (!event || !event->program || event->returns != returns)
			continue;
		if (symbol ? !strcmp(event->symbol, symbol)
			   : !event->symbol[0] && event->event_type == type && event->config == config)
			model_run(event->program->insns, event->program->count, ctx, size);
	}
}

/* syscall_trace_enter(): all tracepoints of a call's entry. perf's copies show arguments, the raw one registers. */
static void enter_call(const struct model_call *call, const uint64_t args[3], uint8_t *regs)
{
	uint64_t connect[5] = {0, call->nr, args[0], args[1], args[2]};
	uint64_t enter[8] = {0, call->nr, args[0], args[1], args[2]};
	uint64_t raw[2] = {(uintptr_t)regs, call->nr};

	if (call->no_call)
		return;
	if (call->nr == __NR_connect)
		run_on(NULL, false, PERF_TYPE_TRACEPOINT, CONNECT_ID, connect, sizeof(connect));
	run_on(NULL, false, PERF_TYPE_TRACEPOINT, ENTER_ID, enter, sizeof(enter));
	run_on(NULL, false, RAW_TRACEPOINT, 0, raw, sizeof(raw));
}

static const char *protocol_function(const struct model_call *call)
{
	if (call->family == AF_UNIX)
		return call->type == SOCK_DGRAM ? "unix_dgram_connect" : "unix_stream_connect";
	/* inet_sockraw_ops, net/ipv4/af_inet.c */
	return call->type == SOCK_STREAM ? "inet_stream_connect" : "inet_dgram_connect";
}

static bool is_inlined(const char *symbol)
{
	for (size_t i = 0; i < sizeof(model.inlined) / sizeof(model.inlined[0]); i++) {
		if (model.inlined[i] && !strcmp(model.inlined[i], symbol))
			return true;
	}
	return false;
}

static void hit(const char *symbol, const struct registers *ctx)
{
	struct registers copy = *ctx;

	if (!model.silent && has_symbol(symbol) && !is_inlined(symbol))
		run_on(symbol, false, 0, 0, &copy, sizeof(copy));
}

static void returns(const char *symbol, int result)
{
	struct registers ctx;

	memset(&ctx, 0, sizeof(ctx));
	fill_return(&ctx, result);
	if (!model.silent && has_symbol(symbol) && !is_inlined(symbol))
		run_on(symbol, true, 0, 0, &ctx, sizeof(ctx));
}

/*
 * struct sock: the head of 4.1 to 7.1; an IPv6 address at 72, with network namespaces; the protocol in 16 bits behind the
 * type since 5.6, in 8 before it until then.
 */
struct kernel_sock {
	uint32_t daddr, rcv_saddr, hash;
	uint16_t dport, num, family;
	uint8_t rest[54];
	uint8_t saddr6[16];
	uint8_t more[412];
	union {
		struct {
			uint16_t type, protocol;
		} wide;
		struct {
			uint8_t flags, protocol;
			uint16_t type;
		} narrow;
	};
	uint8_t beyond[300];
};

_Static_assert(offsetof(struct kernel_sock, saddr6) == 72 && offsetof(struct kernel_sock, wide) == 500, "as said");

static int protocol_of(const struct model_call *call)
{
	if (call->protocol || (call->family != AF_INET && call->family != AF_INET6))
		return call->protocol;
	return call->type == SOCK_STREAM ? IPPROTO_TCP : call->type == SOCK_DGRAM ? IPPROTO_UDP : 0;
}

static void make_sock(struct kernel_sock *sk, const struct model_call *call)
{
	static const struct sockaddr_in somewhere = {AF_INET, 0, {0}, {0}};
	const struct sockaddr_in *in = call->local ? call->local : &somewhere;
	const struct sockaddr_in6 *in6 = call->local;
	int protocol = protocol_of(call);

	memset(sk, GARBAGE, sizeof(*sk));
	sk->family = (uint16_t)call->family;
	sk->num = call->local ? ntohs(in->sin_port) : MODEL_PORT;
	sk->rcv_saddr = call->local ? in->sin_addr.s_addr : htonl(0x0a010203);
	if (call->family == AF_INET6 && in6)
		memcpy(sk->saddr6, &in6->sin6_addr, 16);
	if (model.kernel->version >= KERNEL_VERSION(5, 6, 0)) {
		sk->wide.type = (uint16_t)call->type;
		sk->wide.protocol = (uint16_t)protocol;
	} else {
		sk->narrow.protocol = (uint8_t)protocol;
		sk->narrow.type = (uint16_t)call->type;
	}
	if (model.protocol_twice)
		sk->beyond[9] = (uint8_t)protocol;
}

/* What follows the security hook. */
static void go_on(const struct model_call *call, const struct registers *ctx)
{
	uint64_t exit[3] = {0, call->nr, (uint64_t)(int64_t)(call->verdict ? call->verdict : call->result)};
	int result = call->verdict ? call->verdict : call->result;

	if (!model.verdicts_missed)
		returns("security_socket_connect", call->verdict);
	if (!call->verdict)
		hit(protocol_function(call), ctx);
	if (call->blocks)
		return;
	if (!model.returns_missed) {
		if (!call->verdict)
			returns(protocol_function(call), result);
		returns("__sys_connect_file", result);
		returns("__sys_connect", result);
		returns("__x64_sys_connect", result);
		returns("__arm64_sys_connect", result);
		returns("SyS_connect", result);
	}
	if (!call->no_call && call->nr == __NR_connect)
		run_on(NULL, false, PERF_TYPE_TRACEPOINT, EXIT_ID, exit, sizeof(exit));
}

/* __sys_connect(), net/socket.c: the tracepoint, move_addr_to_kernel(), the security hook, the protocol. */
void model_connect(const struct model_call *call)
{
	uint64_t args[3] = {(uint64_t)call->fd, (uintptr_t)call->addr, (uint64_t)call->addrlen};
	int fd = call->fd + (model.attempts > 1 ? model.wrong_fd : 0);
	uint8_t storage[ADDR_MAX] __attribute__((aligned(8)));
	struct {
		uint32_t state;
		int16_t type, pad;
		uint64_t flags, words[4];
	} sock = {3, (int16_t)call->type, 0, 0, {0, 0, 0, 0}};
	struct kernel_sock sk;
	struct registers ctx;
	uint8_t *top;

	if (call->bx || call->cx) { /* in the order of the 32-bit table */
		args[0] = call->bx;
		args[1] = call->cx;
	}
	tasks_look();
	top = make_stack(call, fd, (uintptr_t)call->addr);
	model_user_memory((uintptr_t)call->addr, call->addr, call->addrlen > 0 ? (size_t)call->addrlen : 0);
	enter_call(call, args, top - model.regs_from_top);
	user_count--;
	if (call->addrlen < 0 || call->addrlen > ADDR_MAX)
		return;
	memset(&ctx, 0, sizeof(ctx));
	memset(storage, call->stale ? call->stale : GARBAGE, sizeof(storage));
	memcpy(storage, call->addr, (size_t)call->addrlen);
	kernel_memory[1] = (struct kernel_memory){storage, sizeof(storage)};
	kernel_memory[2] = (struct kernel_memory){(const uint8_t *)&sock, sizeof(sock)};
	fill_context(&ctx, (uintptr_t)&sock, (uintptr_t)storage, call->addrlen, (uintptr_t)top - 1024);
	make_sock(&sk, call);
	/* file, sk, ops since 5.3; wq, file, sk before. */
	sock.words[model.kernel->version >= KERNEL_VERSION(5, 3, 0) ? 1 : 2] = (uintptr_t)&sk;
	if (!model.sock_unreadable)
		kernel_memory[3] = (struct kernel_memory){(const uint8_t *)&sk, sizeof(sk)};
	hit("security_socket_connect", &ctx);
	go_on(call, &ctx);
	memset(kernel_memory, 0, sizeof(kernel_memory));
}

void model_function(const char *symbol, uint64_t arg1)
{
	const struct model_call call = {.nr = 1};
	uint8_t *top = make_stack(&call, 0, 0);
	struct registers ctx;

	memset(&ctx, 0, sizeof(ctx));
	fill_context(&ctx, arg1, 0, 0, (uintptr_t)top - 1024);
	hit(symbol, &ctx);
	memset(kernel_memory, 0, sizeof(kernel_memory));
}

/* perf_trace_run_bpf_submit(): the record as the event's format file describes it. */
void model_event(const char *name, const void *record, size_t size)
{
	uint8_t copy[64] __attribute__((aligned(8))) = {0};

	memcpy(copy, record, size);
	kernel_memory[1] = (struct kernel_memory){copy, sizeof(copy)};
	for (size_t i = 0; i < TRACED; i++) {
		if (!strcmp(traced[i].name, name))
			run_on(NULL, false, PERF_TYPE_TRACEPOINT, traced[i].id, copy, sizeof(copy));
	}
	memset(kernel_memory, 0, sizeof(kernel_memory));
}

int sys_socket(int family, int type, int protocol)
{
	struct thing *sock;
	int result = disturb();

	if (result || model.socket_error)
		return result ? result : -model.socket_error;
	if (model.real_sockets) {
		result = socket(family, type | SOCK_CLOEXEC, protocol);
		return result < 0 ? -errno : result;
	}
	sock = new_thing(SOCKET);
	sock->family = family;
	sock->socktype = type & 0xf;
	sock->protocol = protocol;
	sock->local.any.sa_family = (sa_family_t)family;
	return new_fd(sock);
}

/* --- packet sockets --- */

/* packet_create(), net/packet/af_packet.c: a socket without a protocol receives nothing before it is bound. */
int sys_bind(int fd, const struct sockaddr *addr, unsigned int addrlen)
{
	struct thing *sock = thing_of(fd, SOCKET);
	int result = disturb();

	if (!result && sock && (sock->family == AF_INET || sock->family == AF_INET6) &&
	    addrlen <= sizeof(sock->local)) {
		memcpy(&sock->local, addr, addrlen);
		sock->local.in.sin_port = htons(sock->socktype == SOCK_RAW ? (uint16_t)sock->protocol : MODEL_PORT);
		return 0;
	}
	if (result || !sock || sock->family != AF_PACKET || addrlen < sizeof(struct sockaddr_ll))
		return result ? result : -EINVAL;
	sock->bound = ((const struct sockaddr_ll *)addr)->sll_protocol;
	return 0;
}

int sys_getsockname(int fd, struct sockaddr *addr, unsigned int *addrlen)
{
	struct thing *sock = thing_of(fd, SOCKET);
	int result = disturb();

	if (result || !sock)
		return result ? result : -EBADF;
	if (*addrlen > sizeof(sock->local))
		*addrlen = sizeof(sock->local);
	memcpy(addr, &sock->local, *addrlen);
	return 0;
}

static int attach_filter(struct thing *sock, const struct sock_fprog *filter)
{
	size_t size = filter->len * sizeof(*filter->filter);

	free(sock->filter.filter);
	sock->filter.len = filter->len;
	sock->filter.filter = malloc(size);
	memcpy(sock->filter.filter, filter->filter, size);
	return 0;
}

int sys_setsockopt(int fd, int level, int option, const void *value, unsigned int size)
{
	struct thing *sock = thing_of(fd, SOCKET);
	int result = disturb();

	if (result || !sock || level != SOL_SOCKET)
		return result ? result : -EINVAL;
	switch (option) {
	case SO_ATTACH_FILTER:
		return size == sizeof(struct sock_fprog) ? attach_filter(sock, value) : -EINVAL;
	case SO_TIMESTAMPNS:
		sock->stamps = *(const int *)value;
		return 0;
	case SO_RCVBUF:
		return 0;
	case SO_RCVBUFFORCE:
		return model.privileged ? 0 : -EPERM;
	default:
		return -ENOPROTOOPT;
	}
}

int sys_getsockopt(int fd, int level, int option, void *value, unsigned int *size)
{
	struct thing *sock = thing_of(fd, SOCKET);
	int result = disturb();

	if (result || !sock || level != SOL_PACKET || option != PACKET_STATISTICS)
		return result ? result : -EINVAL;
	if (*size < sizeof(struct tpacket_stats))
		return -EINVAL;
	*(struct tpacket_stats *)value = (struct tpacket_stats){.tp_drops = model.packets_dropped};
	model.packets_dropped = 0;
	return 0;
}

bool model_packet(const struct model_packet *packet)
{
	for (int i = 0; i < ALL_FDS; i++) {
		struct thing *sock = fds[i];

		if (!sock || sock->kind != SOCKET || !sock->bound)
			continue;
		if (sock->filter.filter && !classic_run(&sock->filter, packet))
			return false;
		if (queued == sizeof(queue) / sizeof(queue[0]))
			abort();
		queue[queued].packet = *packet;
		queue[queued].bytes = malloc(packet->len + 1);
		memcpy(queue[queued++].bytes, packet->bytes, packet->len);
		return true;
	}
	return false;
}

static void put_stamp(struct msghdr *message, uint64_t stamp)
{
	struct timespec time = {(time_t)(stamp / 1000000000), (long)(stamp % 1000000000)};
	struct cmsghdr *control = CMSG_FIRSTHDR(message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SO_TIMESTAMPNS;
	control->cmsg_len = CMSG_LEN(sizeof(time));
	memcpy(CMSG_DATA(control), &time, sizeof(time));
	message->msg_controllen = CMSG_SPACE(sizeof(time));
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct thing *sock = thing_of(fd, SOCKET);
	struct sockaddr_ll *from = message->msg_name;
	size_t room = message->msg_iov->iov_len, len;
	int result = disturb();

	if (result || !sock || !queued)
		return result ? result : flags & MSG_DONTWAIT ? -EAGAIN : -EINVAL;
	len = queue[0].packet.len < room ? queue[0].packet.len : room;
	memcpy(message->msg_iov->iov_base, queue[0].bytes, len);
	from->sll_protocol = htons(queue[0].packet.protocol);
	message->msg_controllen = queue[0].packet.stamp && sock->stamps ? message->msg_controllen : 0;
	if (message->msg_controllen)
		put_stamp(message, queue[0].packet.stamp);
	free(queue[0].bytes);
	memmove(queue, queue + 1, (size_t)--queued * sizeof(queue[0]));
	return (ssize_t)len;
}

/* Another process's connect to the same place, by the same descriptor number: only what lies in sin_zero differs. */
static void intrude(const struct model_call *call)
{
	static uint8_t addr[16];
	struct model_call other = *call;

	memcpy(addr, call->addr, sizeof(addr));
	memset(addr + 8, 0, 8);
	other.addr = addr;
	model.pid_tgid = 4242ULL << 32 | 4242;
	model_connect(&other);
	model.pid_tgid = 0;
}

static int connect_really(int fd, const struct sockaddr *addr, unsigned int addrlen)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (addr->sa_family == AF_UNIX && model.daemon) {
		strcpy(un.sun_path, model.daemon);
		addr = (const struct sockaddr *)&un;
		addrlen = sizeof(un);
	}
	return connect(fd, addr, addrlen) ? -errno : 0;
}

int sys_connect(int fd, const struct sockaddr *addr, unsigned int addrlen)
{
	struct thing *sock = model.real_sockets ? NULL : thing_of(fd, SOCKET);
	struct model_call call = {.fd = fd, .addr = addr, .addrlen = (int)addrlen, .nr = __NR_connect};

	if (model.real_sockets)
		return connect_really(fd, addr, addrlen);
	if (!sock)
		return -EBADF;
	call.family = sock->family;
	call.type = sock->socktype;
	call.protocol = sock->protocol;
	call.local = &sock->local;
	if (!sock->local.in.sin_port) { /* bound by the connect */
		sock->local.in.sin_port = htons(MODEL_PORT + 1);
		sock->local.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
	model.attempts++;
	if (model.intruder)
		intrude(&call);
	model_connect(&call);
	return 0;
}

/* --- files --- */

static int open_bytes(const void *bytes, size_t size)
{
	struct thing *file = new_thing(TEXT);

	file->text = malloc(size + 1);
	memcpy(file->text, bytes, size);
	file->length = size;
	return new_fd(file);
}

static int open_text(const char *text)
{
	return open_bytes(text, strlen(text));
}

static bool is_given(const char *path)
{
	return model.given.path && !strcmp(path, model.given.path);
}

static void write_cpu_list(char *text, size_t size, bool all)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned int cpu = 0; cpu < model.cpus; cpu++) {
		if (all || model.online[cpu])
			at += (size_t)snprintf(text + at, size - at, "%s%u", at ? "," : "", cpu);
	}
	snprintf(text + at, size - at, "\n");
}

static int open_cpus(const char *given, bool all)
{
	char text[64];

	if (given)
		return given[0] ? open_text(given) : -ENOENT;
	write_cpu_list(text, sizeof(text), all);
	return open_text(text);
}

/* readme_msg[], kernel/trace/trace.c. */
static const char readme[] = "tracing mini-HOWTO:\n\n# echo 0 > tracing_on : quick way to disable tracing\n";
static const char readme_4_12[] = "tracing mini-HOWTO:\n\n  kprobe_events\n\t  accepts: event-definitions\n"
				  "\t   Format: p[:[<group>/]<event>] <place> [<args>]\n"
				  "\t           r[maxactive][:[<group>/]<event>] <place> [<args>]\n";

/* A directory of tracefs: kprobe_events and what lies below events/. */
static int open_in_tracefs(const char *path, int flags)
{
	char text[8192], group[64], name[64], event[130];
	struct model_probe *probe;
	struct thing *list;

	if (!strcmp(path, "kprobe_events")) {
		if (!model.kprobe_events)
			return -ENOENT;
		if (!model.privileged)
			return -EACCES;
		if ((flags & O_ACCMODE) == O_RDONLY) {
			list_probes(text, sizeof(text));
			return open_text(text);
		}
		if (flags & O_TRUNC) /* probes_open(): release_all_trace_kprobes() */
			model.truncations++;
		list = new_thing(PROBE_LIST);
		list->writable = true;
		return new_fd(list);
	}
	if (!strcmp(path, "kprobe_profile") && model.kprobe_events) {
		list_profile(text, sizeof(text));
		list = new_thing(TEXT);
		list->text = strdup(text);
		list->length = strlen(text);
		list->profile = true;
		return new_fd(list);
	}
	for (size_t i = 0; !model.no_task_events && i < TRACED; i++) {
		snprintf(event, sizeof(event), "events/%s/%s/id", traced[i].group, traced[i].name);
		snprintf(text, sizeof(text), "%u\n", traced[i].id);
		if (!strcmp(path, event))
			return open_text(text);
		snprintf(event, sizeof(event), "events/%s/%s/format", traced[i].group, traced[i].name);
		snprintf(text, sizeof(text),
			 "name: %s\nID: %u\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n%s",
			 traced[i].name, traced[i].id, traced[i].fields);
		if (!strcmp(path, event))
			return open_text(text);
	}
	if (!strcmp(path, "README"))
		return open_text(model.kernel->version >= KERNEL_VERSION(4, 12, 0) ? readme_4_12 : readme);
	if (sscanf(path, "events/%63[^/]/%63[^/]/id", group, name) != 2)
		return -ENOENT;
	snprintf(event, sizeof(event), "%s/%s", group, name);
	if (!strcmp(event, "syscalls/sys_enter_connect") && model.ftrace_syscalls)
		return open_text("21\n");
	if (!strcmp(event, "syscalls/sys_exit_connect") && model.ftrace_syscalls)
		return open_text("20\n");
	if (!strcmp(event, "raw_syscalls/sys_enter") && model.ftrace_syscalls)
		return open_text("17\n");
	probe = model_find_probe(event);
	if (!probe)
		return -ENOENT;
	snprintf(text, sizeof(text), "%d\n", probe->id);
	return open_text(text);
}

static int open_directory(bool tracefs)
{
	struct thing *dir = new_thing(DIRECTORY);

	dir->tracefs = tracefs;
	return new_fd(dir);
}

static const struct model_thread *find_thread(const char *path)
{
	unsigned int pid, tid;

	if (sscanf(path, "/proc/%u/task/%u", &pid, &tid) != 2)
		return NULL;
	for (size_t i = 0; model.threads[i].pid_tgid; i++) {
		if (model.threads[i].pid_tgid == ((uint64_t)pid << 32 | tid))
			return &model.threads[i];
	}
	return NULL;
}

static int open_thread(const char *path)
{
	const struct model_thread *thread = find_thread(path);

	if (!thread)
		return -ENOENT;
	return thread->syscall ? open_text(thread->syscall) : -EACCES;
}

/* 5.4 with lockdown=confidentiality creates no file in tracefs at all (tracefs_create_file(), fs/tracefs/inode.c). */
static int open_path(const char *path, int flags)
{
	char text[64];

	if (model.closed && !strcmp(path, model.closed))
		return model.effective >> CAP_DAC_OVERRIDE & 1 ? open_text("") : -EACCES;
	if (model.tracing && !strcmp(path, model.tracing))
		return open_directory(!model.confidential);
	if (!strcmp(path, "/sys/fs/cgroup/cgroup.controllers"))
		return model.unified ? open_text("cpu\n") : -ENOENT;
	if (!strcmp(path, "/sys/kernel/tracing")) /* sysfs makes the mount point, mounted or not */
		return open_directory(false);
	if (!strcmp(path, "/sys/bus/event_source/devices/kprobe/type")) {
		if (!model.kernel->pmu_type || !model.kprobe_events)
			return -ENOENT;
		snprintf(text, sizeof(text), "%d\n", model.kernel->pmu_type);
		return open_text(text);
	}
	if (!strcmp(path, "/sys/bus/event_source/devices/kprobe/format/retprobe"))
		return model.kernel->pmu_type && model.kprobe_events ? open_text("config:0\n") : -ENOENT;
	if (!strncmp(path, "/proc/", 6) && strstr(path, "/task/"))
		return open_thread(path);
	if (!strcmp(path, "/sys/devices/system/cpu/possible"))
		return open_cpus(model.possible, true);
	if (!strcmp(path, "/sys/devices/system/cpu/online"))
		return open_cpus(model.online_list, false);
	if (!strcmp(path, "/proc/version_signature"))
		return model.signature ? open_text(model.signature) : -ENOENT;
	if (!strcmp(path, "/proc/self/uid_map"))
		return model.uid_map ? open_text(model.uid_map) : -ENOENT;
	if (!strcmp(path, "/proc/self/stat")) {
		char stat[256];

		tasks_stat_text(stat, sizeof(stat));
		return tasks.no_stat ? -ENOENT : open_text(stat);
	}
	if (tasks_slab(path))
		return open_text(tasks_slab(path));
	if (!strcmp(path, "/proc") && !model.real_files) {
		struct thing *dir = new_thing(DIRECTORY);

		dir->proc = true;
		return new_fd(dir);
	}
	if (!strcmp(path, "/proc/self/status"))
		return open_text(model.seccomp ? "Name:\tx\nSeccomp:\t2\n" : "Name:\tx\nSeccomp:\t0\n");
	if (!strcmp(path, "/sys/kernel/debug/kprobes/enabled") && model.kprobes_enabled) {
		int fd = open_text(model.kprobes_enabled);

		thing_of(fd, TEXT)->switches = true;
		return fd;
	}
	if (!strcmp(path, "/proc/sys/abi/vsyscall32"))
		return model.compat ? open_text("1\n") : -ENOENT;
	if (!strcmp(path, "/proc/sys/kernel/osrelease"))
		return open_text(model.release);
	if (!strcmp(path, "/sys/kernel/security/lockdown"))
		return open_text(model.confidential ? "none integrity [confidentiality]\n"
						    : "[none] integrity confidentiality\n");
	if (model.real_files) {
		int fd = open(path, flags | O_CLOEXEC, 0640);

		return fd < 0 ? -errno : fd;
	}
	return -ENOENT;
}

static int open_process(const char *path)
{
	unsigned int pid;
	char text[128];

	for (size_t i = 0; sscanf(path, "%u/stat", &pid) == 1 && i < model.process_count; i++) {
		if (model.processes[i].pid != pid || model.processes[i].gone)
			continue;
		snprintf(text, sizeof(text), "%u (a) b (c)) S %u 1 1 0\n", pid, model.processes[i].ppid);
		return open_text(text);
	}
	return -ENOENT;
}

int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	struct thing *thing;
	int result = disturb();

	if (result)
		return result;
	if (is_given(path) && (flags & O_ACCMODE) == O_RDONLY)
		return open_bytes(model.given.bytes, model.given.size);
	if (path[0] == '/')
		return open_path(path, flags);
	if (dir == AT_FDCWD)
		return model.real_files ? open_path(path, flags) : -ENOENT;
	if (dir < MODEL_FIRST_FD && model.real_files) {
		result = openat(dir, path, flags | O_CLOEXEC, mode);
		return result < 0 ? -errno : result;
	}
	thing = thing_of(dir, DIRECTORY);
	if (!thing)
		return -EBADF;
	if (thing->proc)
		return open_process(path);
	return thing->tracefs ? open_in_tracefs(path, flags) : -ENOENT;
}

int sys_close_aside(int fd)
{
	return sys_close(fd);
}

int sys_close(int fd)
{
	int i = fd - MODEL_FIRST_FD;

	if (fd >= 0 && fd < MODEL_FIRST_FD && (model.real_files || model.real_sockets))
		return close(fd) ? -errno : 0;
	if (i < 0 || i >= ALL_FDS || !fds[i]) {
		model.strangers++;
		return -EBADF;
	}
	put_thing(fds[i]);
	fds[i] = NULL;
	return 0;
}

/* perf_read(): nothing, of an event in error state; a raw tracepoint has no such call. */
static ssize_t read_event(const struct thing *event, size_t size)
{
	bool ring = event->event_type == PERF_TYPE_SOFTWARE;

	if (event->event_type == RAW_TRACEPOINT || size < sizeof(uint64_t))
		return -EINVAL;
	return (ring ? model.broken_ring[event->cpu] : model.broken_probes) ? 0 : (ssize_t)sizeof(uint64_t);
}

/* A file of seq_file's is made anew by a read from its beginning. */
ssize_t sys_pread(int fd, void *buf, size_t size, size_t offset)
{
	struct thing *file = thing_of(fd, TEXT);
	int result = disturb();
	char text[8192];

	if (result || !file)
		return result ? result : -EBADF;
	if (file->profile)
		list_profile(text, sizeof(text));
	else if (file->switches)
		snprintf(text, sizeof(text), "%s", model.kprobes_enabled);
	else
		list_probes(text, sizeof(text));
	if (offset >= strlen(text))
		return 0;
	if (size > strlen(text) - offset)
		size = strlen(text) - offset;
	memcpy(buf, text + offset, size);
	return (ssize_t)size;
}

ssize_t sys_read(int fd, void *buf, size_t size)
{
	struct thing *file;
	int result = disturb();

	if (result)
		return result;
	if (fd < MODEL_FIRST_FD && model.real_files) {
		ssize_t got = read(fd, buf, size);

		return got < 0 ? -errno : got;
	}
	file = look_up(fd);
	if (file && file->kind == EVENT)
		return read_event(file, size);
	file = thing_of(fd, TEXT);
	if (!file)
		return -EBADF;
	/* A few bytes at a time: who reads once and stops is found out. */
	if (size > file->length - file->at)
		size = file->length - file->at;
	if (size > 7)
		size = 7;
	memcpy(buf, file->text + file->at, size);
	file->at += size;
	return (ssize_t)size;
}

void model_write_next(ssize_t result)
{
	if (write_count == 64)
		abort();
	next_writes[write_count++] = result;
}

/* What is to become of the next write: an errno, or how much of it. */
static ssize_t next_most(void)
{
	return next_write < write_count ? next_writes[next_write++] : MODEL_ALL;
}

ssize_t sys_write(int fd, const void *buf, size_t size)
{
	struct thing *list;
	int result = disturb();
	ssize_t wrote;

	if (result)
		return result;
	if (fd < MODEL_FIRST_FD && model.real_files) {
		ssize_t most = next_most();

		if (most < 0)
			return most;
		wrote = write(fd, buf, (size_t)most < size ? (size_t)most : size);
		return wrote < 0 ? -errno : wrote;
	}
	list = thing_of(fd, PROBE_LIST);
	if (!list)
		return -EBADF;
	return write_probes(buf, size);
}

int sys_fsync(int fd)
{
	int result = disturb();

	/* Slow, and nobody pulls the plug here. */
	return result ? result : fcntl(fd, F_GETFD) < 0 ? -errno : 0;
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr part = *message;
	struct iovec iov[128];
	ssize_t most = next_most(), sent;
	int result = disturb();
	size_t all = 0;

	if (result || most < 0)
		return result ? result : most;
	for (size_t i = 0; i < message->msg_iovlen && i < 128; i++) {
		iov[i] = message->msg_iov[i];
		if (all + iov[i].iov_len > (size_t)most)
			iov[i].iov_len = (size_t)most - all;
		all += iov[i].iov_len;
	}
	part.msg_iov = iov;
	sent = sendmsg(fd, &part, flags);
	return sent < 0 ? -errno : sent;
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	ssize_t most = next_most();
	int result = disturb();

	if (result || most < 0)
		return result ? result : (int)most;
	result = sendmmsg(fd, messages, count < (size_t)most ? count : (unsigned int)most, flags);
	return result < 0 ? -errno : result;
}

int sys_memfd_create(const char *name, unsigned int flags)
{
	int fd = model.memfd_error ? -1 : memfd_create(name, flags);

	if (model.memfd_error)
		return -model.memfd_error;
	return fd < 0 ? -errno : fd;
}

int sys_rename(const char *from, const char *to)
{
	int result = disturb();

	if (result || model.rename_error)
		return result ? result : -model.rename_error;
	return rename(from, to) ? -errno : 0;
}

int sys_unlink(const char *path)
{
	int result = disturb();

	return result ? result : unlink(path) ? -errno : 0;
}

ssize_t sys_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	ssize_t result = disturb();

	if (result)
		return result;
	if (!model.real_files || dir >= MODEL_FIRST_FD)
		return -ENOENT;
	if (model.link_error && !strcmp(path, "exe"))
		return -model.link_error;
	result = readlinkat(dir, path, buf, size);
	return result < 0 ? -errno : result;
}

ssize_t sys_read_file(int dir, const char *path, char *buf, size_t size)
{
	int fd = sys_openat(dir, path, O_RDONLY, 0);
	ssize_t got = 0, used = 0;

	if (fd < 0)
		return fd;
	while ((size_t)used < size - 1) {
		got = sys_read(fd, buf + used, size - 1 - (size_t)used);
		if (got <= 0)
			break;
		used += got;
	}
	sys_close(fd);
	buf[got < 0 ? 0 : used] = '\0';
	return got < 0 ? got : used;
}

/* proc_readdir(), fs/proc/root.c: what is no process comes first. A few at a time. */
ssize_t sys_getdents(int fd, void *buf, size_t size)
{
	static const char *const others[] = {".", "..", "self", "1x", "kallsyms"};
	bool real = fd < MODEL_FIRST_FD && model.real_files;
	struct thing *dir = real ? NULL : thing_of(fd, DIRECTORY);
	size_t used = 0, all = 5 + model.process_count;
	int result = disturb();

	if (real && !result) {
		ssize_t got = syscall(SYS_getdents64, fd, buf, size);

		return got < 0 ? -errno : got;
	}

	if (result || !dir || !dir->proc)
		return result ? result : -ENOTDIR;
	for (; dir->at < all && used + 64 <= size && used < 640; dir->at++, used += 32) {
		struct dirent64 *entry = (struct dirent64 *)(void *)((uint8_t *)buf + used);

		memset(entry, 0, 32);
		entry->d_reclen = 32;
		if (dir->at < 5)
			snprintf(entry->d_name, 12, "%s", others[dir->at]);
		else
			snprintf(entry->d_name, 12, "%u", model.processes[dir->at - 5].pid);
	}
	if (dir->at == all && !used && model.after_listing)
		model.after_listing();
	return (ssize_t)used;
}

int sys_stat(const char *path, struct stat *status)
{
	int result = disturb();
	uint64_t inode;

	if (!result && tasks_stat(path, &inode)) {
		memset(status, 0, sizeof(*status));
		status->st_ino = inode;
		return 0;
	}
	if (!result && find_thread(path))
		return 0;
	if (result || !model.real_files)
		return result ? result : -ENOENT;
	return stat(path, status) ? -errno : 0;
}

int sys_mount_private(const char *type, const char *target)
{
	int result = disturb();

	if (result || model.mount_error)
		return result ? result : -model.mount_error;
	if (strcmp(type, "tracefs") != 0)
		return -ENODEV;
	if (strcmp(target, "/sys/kernel/tracing") != 0)
		return -ENOENT;
	return open_directory(!model.confidential);
}

/* --- the rest --- */

int sys_uname(struct utsname *name)
{
	memset(name, 0, sizeof(*name));
	snprintf(name->release, sizeof(name->release), "%s", model.release);
	snprintf(name->version, sizeof(name->version), "%s", model.build);
	return 0;
}

int sys_getrlimit(int resource, struct rlimit *limit)
{
	int result = disturb();

	if (result)
		return result;
	*limit = (struct rlimit){1024, 4096};
	if (resource == RLIMIT_MEMLOCK)
		*limit = (struct rlimit){model.memlock, model.memlock_max};
	return 0;
}

int sys_setrlimit(int resource, const struct rlimit *limit)
{
	int result = disturb();

	if (result)
		return result;
	if (resource != RLIMIT_MEMLOCK)
		return 0;
	if (limit->rlim_max > model.memlock_max && !model.resource)
		return -EPERM;
	if (limit->rlim_cur > limit->rlim_max)
		return -EINVAL;
	model.memlock = limit->rlim_cur;
	model.memlock_max = limit->rlim_max;
	return 0;
}

int sys_become(uid_t uid, gid_t gid)
{
	int result = disturb();

	if (result)
		return result;
	if (!model.privileged || !(model.caps >> CAP_SETUID & 1) || !(model.caps >> CAP_SETGID & 1))
		return -EPERM;
	model.uid = uid;
	model.gid = gid;
	model.effective = 0; /* cap_emulate_setxuid(), security/commoncap.c */
	return 0;
}

int sys_no_new_privs(void)
{
	int result = disturb();

	model.no_new_privs |= !result;
	return result;
}

/* seccomp_set_mode_filter(), kernel/seccomp.c */
int sys_seccomp(const struct sock_fprog *filter)
{
	int result = disturb();

	if (result || model.no_filters || !filter)
		return result ? result : model.no_filters ? -EINVAL : -EFAULT;
	if (!model.no_new_privs && !(model.effective >> CAP_SYS_ADMIN & 1))
		return -EACCES;
	if (!filter->len || filter->len > sizeof(model.filter) / sizeof(model.filter[0]))
		return -EINVAL;
	memcpy(model.filter, filter->filter, filter->len * sizeof(model.filter[0]));
	model.filter_len = filter->len;
	return 0;
}

int sys_getaffinity(void *set, size_t size)
{
	int result = disturb();

	memset(set, 0, size);
	for (unsigned int cpu = 0; cpu < model.cpus && cpu < 8; cpu++)
		*(uint8_t *)set |= (uint8_t)(model.online[cpu] << cpu);
	return result ? result : 8;
}

int sys_setaffinity(const void *set, size_t size)
{
	int result = disturb();

	(void)size;
	for (unsigned int cpu = model.cpus; !result && cpu-- > 0;) {
		if (*(const uint8_t *)set >> cpu & 1 && model.online[cpu])
			model.cpu = cpu;
	}
	return result;
}

/* In libcap's place, whose capabilities are the test runner's. */
struct caps {
	uint64_t permitted, effective;
};

cap_t cap_init(void)
{
	return calloc(1, sizeof(struct caps));
}

cap_t cap_get_proc(void)
{
	struct caps *caps = calloc(1, sizeof(*caps));

	if (caps && model.privileged)
		*caps = (struct caps){model.caps, model.effective & model.caps};
	return (cap_t)caps;
}

/* capset(2): nothing is added to what is permitted, and only that can be effective. */
int cap_set_proc(cap_t set)
{
	const struct caps *caps = (const struct caps *)set;
	uint64_t held = model.privileged ? model.caps : 0;

	errno = disturb() ? EPERM : 0;
	if (!errno && (caps->permitted & ~held || caps->effective & ~caps->permitted))
		errno = EPERM;
	if (errno)
		return -1;
	model.caps = caps->permitted;
	model.effective = caps->effective;
	return 0;
}

static uint64_t *flag_of(cap_t set, cap_flag_t flag)
{
	struct caps *caps = (struct caps *)set;

	return flag == CAP_PERMITTED ? &caps->permitted : &caps->effective;
}

int cap_get_flag(cap_t caps, cap_value_t cap, cap_flag_t flag, cap_flag_value_t *value)
{
	*value = *flag_of(caps, flag) >> cap & 1 ? CAP_SET : CAP_CLEAR;
	return 0;
}

int cap_set_flag(cap_t caps, cap_flag_t flag, int count, const cap_value_t *list, cap_flag_value_t value)
{
	for (int i = 0; i < count; i++) {
		*flag_of(caps, flag) &= ~(1ULL << list[i]);
		*flag_of(caps, flag) |= (uint64_t)value << list[i];
	}
	return 0;
}

/* CAP_LAST_CAP: CAP_AUDIT_READ up to 5.7, CAP_BPF 5.8, CAP_CHECKPOINT_RESTORE 5.9. */
static int last_cap(void)
{
	return model.kernel->version < KERNEL_VERSION(5, 8, 0) ? 37 : 40;
}

int cap_get_bound(cap_value_t cap)
{
	if (cap > last_cap()) {
		errno = EINVAL;
		return -1;
	}
	return model.bounding >> cap & 1;
}

int cap_drop_bound(cap_value_t cap)
{
	if (!(model.effective >> CAP_SETPCAP & 1)) {
		errno = EPERM;
		return -1;
	}
	model.bounding &= ~(1ULL << cap);
	return 0;
}

int cap_reset_ambient(void)
{
	model.ambient = false;
	return 0;
}

int cap_free(void *caps)
{
	free(caps);
	return 0;
}

/* Linked with --wrap: files that are read through stdio, the vDSO's address, and waiting. */
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char text[4096];
	size_t at = 0;

	if (is_given(path))
		return fmemopen((void *)(uintptr_t)model.given.bytes, model.given.size, "r");
	if (!strcmp(path, "/proc/self/mountinfo")) {
		errno = ENOENT;
		return model.mountinfo && model.mountinfo[0]
			       ? fmemopen((void *)(uintptr_t)model.mountinfo, strlen(model.mountinfo), "r")
			       : NULL;
	}
	if (!strcmp(path, "/proc/stat"))
		return model.stat ? fmemopen((void *)(uintptr_t)model.stat, strlen(model.stat), "r") : NULL;
	if (!strcmp(path, "/proc/kallsyms")) {
		errno = EACCES;
		if (model.no_kallsyms)
			return NULL;
		at = (size_t)snprintf(text, sizeof(text), "0000000000000000 A fixed_percpu_data\n");
		for (size_t i = 0; model.symbols[i]; i++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "0000000000000000 T %s\n",
					       model.symbols[i]);
		return fmemopen(text, at, "r");
	}
	return __real_fopen(path, mode);
}

/* What fopen is called where files are larger than a long. */
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

unsigned long __wrap_getauxval(unsigned long type);
unsigned long __wrap_getauxval(unsigned long type)
{
	static struct {
		ElfW(Ehdr) ehdr;
		ElfW(Phdr) phdr;
		ElfW(Nhdr) nhdr;
		char name[8];
		unsigned int code;
	} vdso;

	if (type != AT_SYSINFO_EHDR)
		return __real_getauxval(type);
	if (!model.vdso)
		return 0;
	memset(&vdso, 0, sizeof(vdso));
	memcpy(vdso.ehdr.e_ident, ELFMAG, SELFMAG);
	vdso.ehdr.e_phoff = (size_t)((char *)&vdso.phdr - (char *)&vdso);
	vdso.ehdr.e_phnum = 1;
	vdso.phdr = (ElfW(Phdr)){
		.p_type = PT_NOTE, .p_offset = (size_t)((char *)&vdso.nhdr - (char *)&vdso), .p_filesz = 24};
	vdso.nhdr = (ElfW(Nhdr)){.n_namesz = 6, .n_descsz = 4, .n_type = 0};
	memcpy(vdso.name, "Linux", 6);
	vdso.code = model.kernel->version;
	return (unsigned long)(uintptr_t)&vdso;
}

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
	(void)wanted;
	(void)left;
	return 0;
}
