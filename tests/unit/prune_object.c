// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compiled programs, pruned and not, for constants that switch them one way or another: the same calls of helpers
 * with the same bytes in the same order, and the same maps in the end. That old verifiers take them is old_verifier.c's.
 */
#include "test.h"

#include "attach/private.h"
#include "bpf_attr.h"
#include "control.h"
#include "counting.h"
#include "image.h"
#include "mapped_ring.h"
#include "model.h"
#include "object/private.h"
#include "prefilter.h"
#include "sys.h"
#include "tasks.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

#define LOG_MAX (4 << 20)

static const struct program {
	const char *section;
	int type;
	const char *group, *name; /* the tracepoint; NULL: a kprobe; no group: a raw one */
} programs[] = {
	{"kprobe/connect", BPF_PROG_TYPE_KPROBE, NULL, NULL},
	{"kprobe/learn", BPF_PROG_TYPE_KPROBE, NULL, NULL},
	{"tracepoint/learn", BPF_PROG_TYPE_TRACEPOINT, "syscalls", "sys_enter_connect"},
	{"kprobe/learn_sock", BPF_PROG_TYPE_KPROBE, NULL, NULL},
	{"kretprobe/end", BPF_PROG_TYPE_KPROBE, NULL, NULL}, /* on an entry, where the return value is 0 */
	{"tracepoint/connect", BPF_PROG_TYPE_TRACEPOINT, "syscalls", "sys_enter_connect"},
	{"tracepoint/sys_enter", BPF_PROG_TYPE_TRACEPOINT, "raw_syscalls", "sys_enter"},
	{"raw_tracepoint/sys_enter", BPF_PROG_TYPE_RAW_TRACEPOINT, NULL, "sys_enter"},
};

/* NONCE is what some of the attempts below have in sin_zero. */
#define NONCE 0x2121216563306e6e

static const struct setting {
	const char *name;
	uint64_t stack_size, regs_from_top, place, native, nonce, mapped;
	const char *pids, *uids, *ports, *nets, *comms, *paths;
	unsigned int by; /* of -c */
	uint32_t identity;
	const char *netns;
} settings[] = {
	{"no filter", 16384, 168, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"no registers", 0, 0, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"no native calls", 16384, 168, 0, 0, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"all off", 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"large numbers", 65536, 0xffffffff, 0xffff, UINT64_MAX, UINT64_MAX, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0,
	 0, NULL},
	{"single numbers", 16384, 168, 0, 1, NONCE, 0, "7", "!1", "9", NULL, NULL, NULL, 0, 0, NULL},
	{"lists", 16384, 168, 0, 1, NONCE, 0, "1-7", "0,2-9", "!1-8", "!10.0.0.0/8,::1", "curl,wget", "!/run/x", 0, 0,
	 NULL},
	{"families", 0, 0, 0, 0, NONCE, 0, NULL, NULL, NULL, "127.0.0.0/8", NULL, "/*", 0, 0, NULL},
	{"mapped rings", 16384, 168, 3, 1, NONCE, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
	{"mapped rings, filtered", 0, 0, 0, 0, NONCE, 1, "1-7", NULL, NULL, NULL, "curl", NULL, 0, 0, NULL},
	{"counting", 16384, 168, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, (1 << BY_COLUMNS) - 1, 0, NULL},
	{"counting by one", 0, 0, 0, 0, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, BY(BY_ADDR), 0, NULL},
	{"counting, filtered", 0, 0, 0, 0, NONCE, 1, "1-7", "0,2-9", NULL, "127.0.0.0/8", "curl", NULL, BY(BY_PORT), 0,
	 NULL},
	{"who", 16384, 168, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, IDENTITY_ALL, NULL},
	{"parent", 16384, 168, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, IDENTITY_PPID, NULL},
	{"a namespace", 0, 0, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, IDENTITY_NET_NS, "!2779096485"},
	{"namespaces", 0, 0, 3, 1, NONCE, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, IDENTITY_NET_NS, "2779096485,1"},
};

/* What a run did. */
struct run {
	unsigned int count; /* instructions */
	size_t size;
	uint8_t log[LOG_MAX];
};

static struct run whole, pruned, *running;

static void note(const void *bytes, size_t size)
{
	if (running->size + size > LOG_MAX)
		abort();
	memcpy(running->log + running->size, bytes, size);
	running->size += size;
}

/* Addresses of the host are left out: they need not be the same twice. */
static void watch(int32_t helper, const uint64_t args[5])
{
	uint32_t key, value;

	note(&helper, sizeof(helper));
	switch (helper) {
	case 1:
	case 2:
	case 3:
		model_map_sizes(args[0], &key, &value);
		note((const void *)(uintptr_t)args[1], key);
		if (helper == 2)
			note((const void *)(uintptr_t)args[2], value);
		break;
	case 4:
	case 16:
	case 112:
	case 113:
		note(&args[1], 8);
		break;
	case 130:
		note((const void *)(uintptr_t)args[1], args[2]);
		note(&args[2], 8);
		note(&args[3], 8);
		break;
	case 25:
		note(&args[2], 8);
		note(&args[4], 8);
		note((const void *)(uintptr_t)args[3], args[4]);
		break;
	}
}

/* What object_load_program() does, without the pruning. */
static int load_whole(struct object *object, const struct program *program)
{
	static struct bpf_insn insns[OBJECT_INSNS_MAX];
	union bpf_attr attr;
	Elf64_Shdr header;
	struct error err;
	Elf_Data *data;
	Elf_Scn *scn = object_section(object, program->section, &header, &data);

	assert_non_null(scn);
	memcpy(insns, data->d_buf, data->d_size);
	assert_int_equal(
		object_relocate(object, elf_ndxscn(scn), program->section, insns, data->d_size / sizeof(*insns), &err),
		0);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = (uint32_t)program->type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = (uint32_t)(data->d_size / sizeof(*insns));
	attr.license = (uintptr_t) "GPL";
	return sys_bpf(BPF_PROG_LOAD, &attr, ATTR_SIZE(kern_version));
}

static struct probe attach(const struct program *program, int prog)
{
	struct probe probe = PROBE_CLOSED;
	union bpf_attr attr;
	struct error err;

	if (!program->name) {
		assert_int_equal(probe_open_kprobe(&probe, "security_socket_connect", prog, &err), 0);
	} else if (program->group) {
		assert_int_equal(probe_open_tracepoint(&probe, program->group, program->name, prog, &err), 0);
	} else {
		memset(&attr, 0, sizeof(attr));
		attr.raw_tracepoint.name = (uintptr_t)program->name;
		attr.raw_tracepoint.prog_fd = (uint32_t)prog;
		probe.fd = sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_SIZE(raw_tracepoint));
		assert_true(probe.fd >= 0);
	}
	return probe;
}

/* What stands in the ring of CPU 0; and there is room again. */
static void note_ring(struct mapped_ring *ring)
{
	note(ring, rings_value_size(1));
	ring->tail = ring->head;
	ring->called = 0;
}

static void connect_all(struct mapped_ring *ring, int pending)
{
	static const uint64_t numbers[] = {42, 102, 362, 0x40000000 | 42, 426, 0, 203, 283};
	static const int lengths[] = {0, 1, 4, 16, 28, 29, 110, 128, 129, -1};
	static struct {
		struct sockaddr_in in;
		uint8_t rest[112];
	} addr;
	struct model_call call = {.fd = 5, .family = AF_INET, .type = SOCK_STREAM, .addr = &addr};

	addr.in.sin_port = htons(9);
	memset(addr.rest, 'r', sizeof(addr.rest));
	/* Each way through the programs: by number, length, saved registers, and what memory says. */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) * 80; i++) {
		uint64_t nonce = i % 2 ? NONCE : 0;

		memcpy(addr.in.sin_zero, &nonce, sizeof(nonce));
		call.nr = numbers[i / 80];
		call.addrlen = lengths[i / 2 % 10];
		call.bx = i / 20 % 4 == 1 ? 3 : i / 20 % 4 == 2 ? 7 : 0;
		call.cx = i / 20 % 4 == 1 ? 0x1000 : 0;
		call.ax = i / 20 % 4 == 3 ? 17 : 0;
		call.no_call = i % 37 == 0;
		model.user_page_ends = i % 3 == 0;
		model.pid_tgid = (uint64_t)(1 + i / 11 % 8) << 32 | 1;
		model.uid_gid = i / 13 % 4;
		strcpy(model.comm, i / 17 % 2 ? "curl" : "nobody");
		addr.in.sin_family = i / 7 % 8 == 0 ? AF_UNIX : i / 7 % 8 == 1 ? AF_INET6 : AF_INET;
		addr.in.sin_addr.s_addr = htonl(i / 3 % 2 ? INADDR_LOOPBACK : 0x0a010203);
		/* Some happen on a CPU that has no ring. */
		model.cpu = i % 5 == 0 ? 1 : 0;
		bpf_map_access(BPF_MAP_UPDATE_ELEM, pending, &model.pid_tgid, &(struct pending){.time = i});
		model_connect(&call);
		if (i % 16 == 0)
			note_ring(ring);
	}
}

static void note_maps(struct object *object)
{
	for (uint32_t cpu = 0; cpu < MODEL_CPUS; cpu++) {
		struct counters counters;

		assert_int_equal(counters_read(object_map_fd(object, "counters"), cpu, &counters), 0);
		note(&counters, sizeof(counters));
	}
}

static struct filter make_filter(const struct setting *setting)
{
	struct filter filter = {.families = FAMILIES_ANY, .any_type = true};
	struct error err;

	if (setting->pids)
		assert_int_equal(ranges_add(&filter.pids, "-p", setting->pids, UINT32_MAX, &err), 0);
	if (setting->uids)
		assert_int_equal(ranges_add(&filter.uids, "-u", setting->uids, UINT32_MAX, &err), 0);
	if (setting->ports)
		assert_int_equal(ranges_add(&filter.ports, "-P", setting->ports, UINT16_MAX, &err), 0);
	if (setting->nets)
		assert_int_equal(prefixes_add(&filter.nets, "--net", setting->nets, &err), 0);
	if (setting->comms)
		assert_int_equal(patterns_add(&filter.comms, "--comm", setting->comms, &err), 0);
	if (setting->paths)
		assert_int_equal(patterns_add(&filter.paths, "--unix-path", setting->paths, &err), 0);
	if (setting->netns)
		assert_int_equal(ranges_add_namespaces(&filter.netns, "--netns", setting->netns, &err), 0);
	if (setting->nets) {
		filter.families = FAMILIES_DEFAULT;
		filter.any_type = false;
	}
	return filter;
}

static struct object *open_object(const struct image *image, const struct setting *setting)
{
	struct filter filter = make_filter(setting);
	struct prefilter prefilter;
	struct object *object;
	struct error err;

	assert_int_equal(object_open(&object, image->bytes, image->size, IMAGE_NAME, &err), 0);
	image_prepare(object);
	object_resize_map(object, "counters", MODEL_CPUS, &err);
	assert_int_equal(prefilter_plan(&prefilter, &filter, false, object, &err), 0);
	object_resize_values(object, "mapped", (uint32_t)rings_value_size(1), &err);
	object_resize_map(object, "bell", 4096, &err);
	/* Unpruned, a program still refers to the lists of filters that are off, and to rings of the other kind. */
	for (int i = 0; i < object->map_count; i++) {
		if (!object->maps[i].max_entries)
			object->maps[i].max_entries = 1;
	}
	assert_int_equal(object_create_maps(object, &image_kernel, &err), 0);
	assert_int_equal(prefilter_fill(&prefilter, &filter, object, &err), 0);
	filter_free(&filter);
	image_set_constants(object);
	object_set_constant(object, "STACK_SIZE", setting->stack_size, &err);
	object_set_constant(object, "REGS_FROM_TOP", setting->regs_from_top, &err);
	object_set_constant(object, "PLACE", setting->place, &err);
	object_set_constant(object, "NATIVE", setting->native, &err);
	object_set_constant(object, "RESULT", setting->native, &err);
	object_set_constant(object, "SOCK_AT", setting->native ? 24 : 0, &err);
	object_set_constant(object, "NONCE", setting->nonce, &err);
	object_set_constant(object, "MAPPED", setting->mapped, &err);
	/* Its maps are there already. */
	assert_int_equal(count_plan(object, setting->by, true, 4, &err), 0);
	image_set_identity(object, setting->identity, true);
	return object;
}

static void run(const struct image *image, const struct program *program, const struct setting *setting, bool prunes)
{
	struct object *object;
	struct ring_maps maps;
	struct rings *rings;
	struct probe probe;
	struct error err;
	int prog;

	model_boot(&model_6_12);
	model.clock = tasks.start = 1000000;
	object = open_object(image, setting);
	maps = (struct ring_maps){.rings = object_map_fd(object, "rings"), .bells = object_map_fd(object, "bells")};
	/* So small that it soon takes no more; only CPU 0 has one. */
	model.online[1] = false;
	assert_int_equal(rings_open(&rings, 2, 1, &maps, -1, 0, &err), 0);
	model.online[1] = true;
	prog = prunes ? object_load_program(object, program->section, program->type, &image_kernel, &err)
		      : load_whole(object, program);
	assert_true(prog >= 0);
	running = prunes ? &pruned : &whole;
	running->size = 0;
	running->count = model.last_count;
	probe = attach(program, prog);
	model.watch = watch;
	/* Without a process of its own the reader has not begun, and no filter holds. */
	for (uint32_t i = 0; i < 4; i++) {
		const struct control control = {.asleep = i % 2, .own_tgid = i / 2 * 8};
		const struct peek wish = {.count = i % 2 ? PEEKS : 3, .stack_size = 16384};
		const uint32_t wish_entry = PEEKS;

		assert_int_equal(control_write(object_map_fd(object, "control"), &control), 0);
		assert_int_equal(
			bpf_map_access(BPF_MAP_UPDATE_ELEM, object_map_fd(object, "peeks"), &wish_entry, &wish), 0);
		connect_all(model_mapped_ring(object_map_fd(object, "mapped"), 0), object_map_fd(object, "pending"));
	}
	note_maps(object);
	model.watch = NULL;
	probe_close(&probe);
	sys_close(prog);
	rings_close(rings);
	object_close(object);
	assert_int_equal(model_leaks(), 0);
}

static void test_same(void **state)
{
	struct image image = image_read();

	(void)state;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		size_t longest = 0;

		for (size_t j = 0; j < sizeof(settings) / sizeof(settings[0]); j++) {
			run(&image, &programs[i], &settings[j], false);
			run(&image, &programs[i], &settings[j], true);
			print_message("# %s, %s: %u instructions, pruned %u; %zu bytes seen\n", programs[i].section,
				      settings[j].name, whole.count, pruned.count, whole.size);
			assert_int_equal(whole.size, pruned.size);
			assert_memory_equal(whole.log, pruned.log, whole.size);
			assert_true(pruned.count <= whole.count);
			longest = whole.size > longest ? whole.size : longest;
		}
		/* Or else nothing was done in any of them. */
		assert_true(longest > 20000);
	}
	image_free(&image);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_same),
};

RUN(tests)
