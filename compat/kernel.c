// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include "capability.h"
#include "kconfig.h"
#include "kernel_version.h"
#include "bpf_attr.h"
#include "sys.h"
#include "tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static int load_insns(const struct bpf_insn *insns, unsigned int count, unsigned int type, unsigned int version)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = count;
	attr.license = (uintptr_t) "GPL";
	attr.kern_version = version;
	return sys_bpf(BPF_PROG_LOAD, &attr, ATTR_SIZE(kern_version));
}

/* r0 = 0; exit: the least that loads. */
static int load_nothing(unsigned int type, unsigned int version)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load_insns(insns, 2, type, version);
}

/* helper(stack, 8, NULL); return 0. A kernel that lacks the helper says EINVAL, whatever the arguments. */
static bool has_read_helper(int helper, unsigned int version)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
		{.code = BPF_JMP | BPF_CALL, .imm = helper},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = load_insns(insns, sizeof(insns) / sizeof(insns[0]), BPF_PROG_TYPE_KPROBE, version);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

/* Of a JIT without it the interpreter takes over, unless CONFIG_BPF_JIT_ALWAYS_ON left that out: the load fails then. */
bool kernel_has_atomics(const struct object_kernel *kernel)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_STX | BPF_XADD | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = load_insns(insns, sizeof(insns) / sizeof(insns[0]), BPF_PROG_TYPE_KPROBE, kernel->version);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

bool kernel_has_helper(const struct object_kernel *kernel, int type, int helper)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = helper},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = load_insns(insns, sizeof(insns) / sizeof(insns[0]), (unsigned int)type, kernel->version);

	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

/* The kernel refuses a name that it has no field for (E2BIG: attr tail not 0) before it looks at the rest. */
static bool has_names(void)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	strcpy(attr.map_name, "connsnoop");
	fd = sys_bpf(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_name));
	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

static int make_map(unsigned int type, unsigned int key, unsigned int value, unsigned int entries, unsigned int flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return sys_bpf(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_flags));
}

/*
 * bpf_ringbuf_output(bell, stack, 4, BPF_RB_FORCE_WAKEUP); return 0. Where stores may pass one another the program also
 * needs an atomic exchange: from 5.12 on, in arm64's JIT from 5.18, in riscv's from 5.19, before which the load fails or the interpreter runs.
 */
static int load_bell(int bell, unsigned int version)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = -8},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -8},
#if !defined(__x86_64__) && !defined(__s390x__)
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_3, .imm = BPF_XCHG},
#endif
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD, .imm = bell},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 4},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = BPF_RB_FORCE_WAKEUP},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return load_insns(insns, sizeof(insns) / sizeof(insns[0]), BPF_PROG_TYPE_KPROBE, version);
}

/*
 * Positions of 32 bits would wrap; and where stores may pass one another the program needs a barrier, which the exchange is
 * not in the JITs of mips and, for years, powerpc (arch/powerpc/net/bpf_jit_comp64.c, "sync" since 6.10).
 */
#if defined(__x86_64__) || defined(__aarch64__) || defined(__s390x__) || (defined(__riscv) && __riscv_xlen == 64)
#define CAN_PUBLISH 1
#else
#define CAN_PUBLISH 0
#endif

/* An array that can be mapped (5.5), a ring buffer (5.8), a program that rings with it. */
bool kernel_has_mapped_rings(const struct object_kernel *kernel)
{
	unsigned int page = (unsigned int)sysconf(_SC_PAGESIZE);
	int array = -1, bell = -1, prog = -1;

	if (CAN_PUBLISH)
		array = make_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), 1, BPF_F_MMAPABLE);
	if (array >= 0)
		bell = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page, 0);
	if (array >= 0 && bell == -EPERM && object_raise_memlock())
		bell = make_map(BPF_MAP_TYPE_RINGBUF, 0, 0, page, 0);
	if (bell >= 0)
		prog = load_bell(bell, kernel->version);
	if (array >= 0)
		sys_close(array);
	if (bell >= 0)
		sys_close(bell);
	if (prog >= 0)
		sys_close(prog);
	return prog >= 0;
}

/*
 * A kprobe program's kern_version: 0 is fine since 5.0 (and on el8). Before, a wrong one is EINVAL, checked first of all:
 * the candidates are tried, then all sublevels of the likeliest series, a microsecond each.
 */
static int load_any_version(unsigned int *version)
{
	unsigned int codes[KERNEL_VERSION_MAX];
	int fd = load_nothing(BPF_PROG_TYPE_KPROBE, *version = 0);
	int count = fd == -EINVAL ? kernel_version_candidates(codes) : 0;

	for (int i = 0; i < count && fd == -EINVAL; i++)
		fd = load_nothing(BPF_PROG_TYPE_KPROBE, *version = codes[i]);
	for (unsigned int sub = 0; sub < 256 && count && fd == -EINVAL; sub++)
		fd = load_nothing(BPF_PROG_TYPE_KPROBE, *version = (codes[0] & ~255U) | sub);
	return fd;
}

static int explain_refusal(int errnum, struct error *err)
{
	char suspects[160];

	if (errnum == EPERM || errnum == EACCES) {
		capability_suspects(suspects, sizeof(suspects));
		return error_set(
			err, STATUS_NOT_PERMITTED,
			"loading a BPF program: bpf(BPF_PROG_LOAD) says %s although the capabilities are there; %s",
			ERRNO_NAME(errnum),
			suspects[0] ? suspects : "a security module or an outer container may forbid it");
	}
	if (errnum == ENOSYS)
		return error_set(
			err, STATUS_UNSUPPORTED,
			"loading a BPF program: bpf(2) says ENOSYS; the kernel must be 4.4 or later, built with CONFIG_BPF_SYSCALL");
	if (errnum == EINVAL)
		return error_set(
			err, STATUS_UNSUPPORTED,
			"loading a BPF program: bpf(BPF_PROG_LOAD) says EINVAL for every kernel version tried; the kernel must be built with CONFIG_BPF_EVENTS (and CONFIG_KPROBE_EVENTS or CONFIG_UPROBE_EVENTS)");
	return error_set(err, STATUS_FAILURE,
			 "loading a BPF program: bpf(BPF_PROG_LOAD) says %s; free some memory and try again",
			 ERRNO_NAME(errnum));
}

int kernel_probe(struct object_kernel *kernel, struct error *err)
{
	struct utsname name;
	int fd;

	memset(kernel, 0, sizeof(*kernel));
	if (!sys_uname(&name) && kernel_is_wider(name.machine, 8 * sizeof(long)))
		return error_set(
			err, STATUS_UNSUPPORTED,
			"tracing this kernel (%.64s): its registers are wider than this %d-bit program knows; take the connsnoop that was built for it",
			name.machine, (int)(8 * sizeof(long)));
	if (!capability_to_trace())
		return error_set(
			err, STATUS_NOT_PERMITTED,
			"tracing needs CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON on Linux 5.8 and later, and this process lacks %s; add that, or run it as root",
			capability_missing_to_trace());
	fd = load_any_version(&kernel->version);
	if (fd == -EPERM && object_raise_memlock())
		fd = load_any_version(&kernel->version);
	if (fd < 0)
		return explain_refusal(-fd, err);
	sys_close(fd);
	kernel->names = has_names();
	kernel->probe_read_kinds = has_read_helper(113, kernel->version);
	return 0;
}

/*
 * x86 has this sysctl exactly where it has the 32-bit vDSO, that is, with CONFIG_IA32_EMULATION (4.4 to 7.1). A 32-bit
 * kernel has no second table, nor has a little-endian one of 64-bit powerpc.
 */
enum other_calls kernel_other_calls(void)
{
#if defined(__x86_64__)
	char text[16];

	return sys_read_file(AT_FDCWD, "/proc/sys/abi/vsyscall32", text, sizeof(text)) != -ENOENT ||
			       sys_read_file(AT_FDCWD, "/proc/sys/kernel/osrelease", text, sizeof(text)) < 0
		       ? OTHER_CALLS_TABLES
		       : OTHER_CALLS_NONE;
#elif !defined(__NR_socketcall)
	return sizeof(long) == 8 ? OTHER_CALLS_TABLES : OTHER_CALLS_NONE;
#elif defined(__powerpc64__)
	return OTHER_CALLS_SOCKETCALL;
#else
	return sizeof(long) == 8 ? OTHER_CALLS_TABLES : OTHER_CALLS_SOCKETCALL;
#endif
}

static bool can_create_map(unsigned int type, unsigned int key_size, unsigned int flags)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key_size;
	attr.value_size = 4;
	attr.max_entries = 1;
	attr.map_flags = flags;
	fd = sys_bpf(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_flags));
	if (fd == -EPERM && object_raise_memlock())
		fd = sys_bpf(BPF_MAP_CREATE, &attr, ATTR_SIZE(map_flags));
	if (fd >= 0)
		sys_close(fd);
	return fd >= 0;
}

bool kernel_has_tries(void)
{
	return can_create_map(BPF_MAP_TYPE_LPM_TRIE, 8, BPF_F_NO_PREALLOC);
}

/* The map type and the helper came together, 4.8 (4ed8ec521ed5, 60d20f9195b2), and need CONFIG_CGROUPS both. */
bool kernel_has_cgroup_test(void)
{
	return can_create_map(BPF_MAP_TYPE_CGROUP_ARRAY, 4, 0);
}

bool kernel_has_call_filters(void)
{
	return sys_seccomp(NULL) == -EFAULT;
}

static void find(struct finding *finding, bool found, const char *detail)
{
	finding->state = found ? FINDING_YES : FINDING_NO;
	snprintf(finding->detail, sizeof(finding->detail), "%s", detail);
	if (found)
		finding->advice = NULL;
}

static void examine_release(struct finding *finding)
{
	struct utsname name = {0};

	sys_uname(&name);
	finding->state = FINDING_NOTE;
	snprintf(finding->detail, sizeof(finding->detail), "%.64s %.64s %.48s", name.release, name.machine,
		 name.version);
}

static void examine_capability(struct finding *finding)
{
	char suspects[160];
	bool enough = capability_to_trace();

	capability_suspects(suspects, sizeof(suspects));
	find(finding, enough,
	     suspects[0] ? suspects
	     : enough	 ? "CAP_SYS_ADMIN, or CAP_BPF and CAP_PERFMON"
			 : "none of them");
}

/* "[none] integrity confidentiality"; integrity forbids nothing of what is done here (5.4 to 7.1). */
static void examine_lockdown(struct finding *finding)
{
	char text[128];

	if (sys_read_file(AT_FDCWD, "/sys/kernel/security/lockdown", text, sizeof(text)) < 0)
		strcpy(text, "unknown: /sys/kernel/security/lockdown is not there");
	text[strcspn(text, "\n")] = '\0';
	finding->state = strstr(text, "[confidentiality]") ? FINDING_NO : FINDING_NOTE;
	snprintf(finding->detail, sizeof(finding->detail), "%s", text);
	if (finding->state == FINDING_NOTE)
		finding->advice = NULL;
}

static void examine_sysctl(struct finding *finding, const char *path)
{
	char text[32];

	if (sys_read_file(AT_FDCWD, path, text, sizeof(text)) < 0)
		strcpy(text, "unknown");
	text[strcspn(text, "\n")] = '\0';
	finding->state = FINDING_NOTE;
	snprintf(finding->detail, sizeof(finding->detail), "%s", text);
}

static void examine_paranoid(struct finding *finding)
{
	examine_sysctl(finding, "/proc/sys/kernel/perf_event_paranoid");
}

static void examine_kptr(struct finding *finding)
{
	examine_sysctl(finding, "/proc/sys/kernel/kptr_restrict");
}

static void examine_jit(struct finding *finding)
{
	examine_sysctl(finding, "/proc/sys/net/core/bpf_jit_enable");
}

static void append_detail(struct finding *finding, const char *text)
{
	size_t used = strlen(finding->detail);

	snprintf(finding->detail + used, sizeof(finding->detail) - used, "%s", text);
}

/* What every hook needs, and what the best one does. */
static void examine_config(struct finding *finding)
{
	struct kconfig_option options[] = {
		{"CONFIG_BPF_SYSCALL", NULL, KCONFIG_UNKNOWN},
		{"CONFIG_BPF_EVENTS", NULL, KCONFIG_UNKNOWN},
		{"CONFIG_PERF_EVENTS", NULL, KCONFIG_UNKNOWN},
		{"CONFIG_KPROBES", NULL, KCONFIG_UNKNOWN},
		{"CONFIG_KPROBE_EVENTS", "CONFIG_KPROBE_EVENT", KCONFIG_UNKNOWN},
		{"CONFIG_SECURITY_NETWORK", NULL, KCONFIG_UNKNOWN},
		{"CONFIG_FTRACE_SYSCALLS", NULL, KCONFIG_UNKNOWN},
	};
	const size_t count = sizeof(options) / sizeof(options[0]);
	char source[96];

	finding->state = FINDING_NOTE;
	if (kconfig_read(options, count, source, sizeof(source))) {
		strcpy(finding->detail, "unknown: neither /proc/config.gz nor /boot/config-<release> is there");
		finding->advice = NULL;
		return;
	}
	finding->state = FINDING_YES;
	snprintf(finding->detail, sizeof(finding->detail), "%s: all on that is needed", source);
	for (size_t i = 0; i < count; i++) {
		if (options[i].state != KCONFIG_OFF)
			continue;
		if (finding->state == FINDING_YES)
			snprintf(finding->detail, sizeof(finding->detail), "%s: off: ", source);
		else
			append_detail(finding, ", ");
		append_detail(finding, options[i].name);
		finding->state = FINDING_NO;
	}
}

static void examine_program(struct finding *finding)
{
	unsigned int version;
	int fd = load_any_version(&version);

	if (fd == -EPERM && object_raise_memlock())
		fd = load_any_version(&version);
	if (fd < 0) {
		find(finding, false, ERRNO_NAME(-fd));
	} else if (version) {
		find(finding, true, "");
		snprintf(finding->detail, sizeof(finding->detail), "with kern_version %u.%u.%u", version >> 16,
			 version >> 8 & 255, version & 255);
	} else {
		find(finding, true, "whatever kern_version says");
	}
	if (fd >= 0)
		sys_close(fd);
}

static void examine_names(struct finding *finding)
{
	bool found = has_names();

	find(finding, found,
	     found ? "maps and programs are named" : "before 4.15; nothing is lost but the names in bpftool");
	finding->state = FINDING_NOTE;
}

static void examine_read_helpers(struct finding *finding)
{
	unsigned int version = 0;
	int fd = load_any_version(&version);
	bool kinds = has_read_helper(113, version);

	if (fd >= 0)
		sys_close(fd);
	find(finding, kinds || has_read_helper(4, version),
	     kinds ? "probe_read_kernel and probe_read_user" : "probe_read");
}

static void examine_mapped_rings(struct finding *finding)
{
	struct object_kernel kernel = {0};
	int fd = load_any_version(&kernel.version);
	bool found = kernel_has_mapped_rings(&kernel);

	if (fd >= 0)
		sys_close(fd);
	find(finding, found, found ? "arrays that can be mapped, and ring buffers" : "absent (before 5.8)");
}

static void examine_tries(struct finding *finding)
{
	bool found = kernel_has_tries();

	find(finding, found,
	     found ? "prefixes of addresses and paths" : "before 4.11; the reader applies --net and --unix-path");
	finding->state = FINDING_NOTE;
}

static void examine_cgroup_test(struct finding *finding)
{
	bool found = kernel_has_cgroup_test();

	find(finding, found, found ? "cgroups of version 2" : "before 4.8; the reader applies --cgroup");
	finding->state = FINDING_NOTE;
}

/* What is given up when tracing has proved itself; see loader/sandbox. */
static void examine_sandbox(struct finding *finding)
{
	find(finding, kernel_has_call_filters(),
	     "no filters of system calls: the reader gives up capabilities only (--no-sandbox: neither)");
	if (finding->state == FINDING_YES)
		snprintf(finding->detail, sizeof(finding->detail),
			 "capabilities are given up and system calls are filtered once tracing has proved itself");
}

/* A dynamic PMU type since 4.17 (e12f03d7031a); its probes have no name and nothing is left behind. */
static void examine_pmu(struct finding *finding)
{
	char text[32];
	bool found = sys_read_file(AT_FDCWD, "/sys/bus/event_source/devices/kprobe/type", text, sizeof(text)) > 0;

	find(finding, found, "absent (before 4.17, or no CONFIG_KPROBE_EVENTS)");
	if (found)
		snprintf(finding->detail, sizeof(finding->detail), "type %d", atoi(text));
}

static void examine_tracefs(struct finding *finding)
{
	int file = -1, dir = tracefs_open("kprobe_events", O_WRONLY | O_APPEND, &file);

	find(finding, dir >= 0, dir >= 0 ? "kprobe_events can be written" : ERRNO_NAME(-dir));
	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
}

static void examine_tracepoint(struct finding *finding)
{
	int file = -1, dir = tracefs_open("events/syscalls/sys_enter_connect/id", O_RDONLY, &file);

	find(finding, dir >= 0, dir >= 0 ? "there" : ERRNO_NAME(-dir));
	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
}

/* The symbol is an inline stub without CONFIG_SECURITY_NETWORK. kptr_restrict hides addresses, not names. */
static void examine_symbol(struct finding *finding)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512];
	bool found = false;

	if (!symbols) {
		find(finding, false, "unknown: /proc/kallsyms can't be read");
		return;
	}
	while (!found && fgets(line, sizeof(line), symbols))
		found = strstr(line, " security_socket_connect\n") != NULL;
	fclose(symbols);
	find(finding, found, found ? "in /proc/kallsyms" : "not in /proc/kallsyms");
}

static void examine_kprobes_enabled(struct finding *finding)
{
	char text[16];

	if (sys_read_file(AT_FDCWD, "/sys/kernel/debug/kprobes/enabled", text, sizeof(text)) <= 0) {
		finding->state = FINDING_NOTE;
		strcpy(finding->detail, "unknown: debugfs is not mounted");
		finding->advice = NULL;
		return;
	}
	find(finding, text[0] == '1', text[0] == '1' ? "on" : "off");
}

/* One row a fact; each function states what its kernels do. */
static const struct {
	const char *key, *title, *advice;
	void (*examine)(struct finding *finding);
} table[] = {
	{"kernel", "kernel", NULL, examine_release},
	{"config", "kernel configuration", "build the kernel with these options for the best hook", examine_config},
	{"capabilities", "capabilities", "run it as root, or with CAP_BPF and CAP_PERFMON on Linux 5.8 and later",
	 examine_capability},
	{"sandbox", "sandbox", "build the kernel with CONFIG_SECCOMP_FILTER; tracing does not need it",
	 examine_sandbox},
	{"lockdown", "lockdown", "boot with lockdown=integrity or none: confidentiality forbids reading kernel memory",
	 examine_lockdown},
	{"perf_event_paranoid", "perf_event_paranoid", NULL, examine_paranoid},
	{"kptr_restrict", "kptr_restrict", NULL, examine_kptr},
	{"bpf_jit_enable", "bpf_jit_enable", NULL, examine_jit},
	{"bpf_program", "BPF programs load", "build the kernel with CONFIG_BPF_SYSCALL and CONFIG_BPF_EVENTS",
	 examine_program},
	{"bpf_names", "BPF object names", NULL, examine_names},
	{"bpf_read", "memory read helpers", "the kernel must be 4.4 or later and not locked down",
	 examine_read_helpers},
	{"mapped_rings", "rings in mapped memory", "not needed: perf's rings serve as well, at a higher price",
	 examine_mapped_rings},
	{"bpf_tries", "filters by prefix", NULL, examine_tries},
	{"bpf_cgroups", "filters by cgroup", NULL, examine_cgroup_test},
	{"symbol", "security_socket_connect", "build the kernel with CONFIG_SECURITY_NETWORK", examine_symbol},
	{"kprobes_enabled", "kprobes switched on", "echo 1 > /sys/kernel/debug/kprobes/enabled",
	 examine_kprobes_enabled},
	{"kprobe_pmu", "kprobe PMU", "not needed where tracefs works", examine_pmu},
	{"kprobe_events", "tracefs kprobe_events",
	 "build the kernel with CONFIG_KPROBE_EVENTS (CONFIG_KPROBE_EVENT before 4.12)", examine_tracefs},
	{"tracepoint", "syscalls/sys_enter_connect", "build the kernel with CONFIG_FTRACE_SYSCALLS",
	 examine_tracepoint},
};

int kernel_examine(struct finding findings[FINDINGS_MAX])
{
	int count = sizeof(table) / sizeof(table[0]);

	_Static_assert(sizeof(table) / sizeof(table[0]) <= FINDINGS_MAX, "room for all");
	for (int i = 0; i < count; i++) {
		findings[i] = (struct finding){.key = table[i].key, .title = table[i].title, .advice = table[i].advice};
		table[i].examine(&findings[i]);
	}
	return count;
}
