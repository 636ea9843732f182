// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel and the machine tell in files: kallsyms, tracefs' formats and lists, mounts, CPUs, versions, users. The
 * first byte chooses the file, the rest is what it holds.
 */
#include "attach/private.h"
#include "cgroup2.h"
#include "host.h"
#include "kconfig.h"
#include "kernel.h"
#include "kernel_version.h"
#include "model.h"
#include "result/private.h"
#include "ring.h"
#include "symbols.h"
#include "sys.h"
#include "tracefs.h"
#include "users.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *bytes;
static size_t bytes_size;

static void try_cpus(void)
{
	unsigned char set[CPUS_MAX];

	if (cpus_possible() > CPUS_MAX)
		abort();
	cpus_online(set);
}

static void try_stat(void)
{
	model.possible = model.online_list = "";
	try_cpus();
}

static void try_symbols(void)
{
	static const char *const wanted[] = {"security_socket_connect", "unix_stream_connect", "__sys_connect"};
	struct symbol symbols[3];

	for (int i = 0; i < 3; i++)
		symbols[i].wanted = wanted[i];
	symbols_find(symbols, 3);
	for (int i = 0; i < 3; i++) {
		if (symbols[i].found[0] && !symbol_match(symbols[i].found, wanted[i]))
			abort();
	}
}

static void try_mounts(void)
{
	int file, dir = tracefs_open("kprobe_events", O_RDONLY, &file);

	if (dir >= 0) {
		sys_close(file);
		sys_close(dir);
	}
	dir = cgroup2_open("/a");
	if (dir >= 0)
		sys_close(dir);
}

static void try_event(void)
{
	int dir = sys_openat(AT_FDCWD, "/sys/kernel/tracing", O_RDONLY | O_DIRECTORY, 0);

	if (tracefs_event_id(dir, "task", "task_newtask") == 0)
		abort();
	tracefs_field(dir, "task", "task_newtask", "pid");
	sys_close(dir);
}

static void try_readme(void)
{
	tracefs_counts_returns();
}

static int load_program(void)
{
	const struct bpf_insn insns[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_KPROBE;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	return sys_bpf(BPF_PROG_LOAD, &attr, 48);
}

/* Leftovers go; what others put there stays, whatever the list says. */
static void try_probes(void)
{
	struct probe probe = PROBE_CLOSED;
	int prog = load_program();

	model_foreign_probe("other/foreign", "inet_stream_connect", 0);
	if (prog < 0)
		abort();
	if (kprobe_tracefs_open(&probe, "p", "security_socket_connect", prog))
		abort();
	probe_close(&probe);
	sys_close(prog);
	if (!model_find_probe("other/foreign"))
		abort();
}

static void try_pmu(void)
{
	struct probe probe = PROBE_CLOSED;
	int prog = load_program();

	kprobe_pmu_open(&probe, "security_socket_connect", true, prog);
	probe_close(&probe);
	sys_close(prog);
}

static void try_versions(void)
{
	unsigned int codes[KERNEL_VERSION_MAX];

	if (kernel_version_candidates(codes) > KERNEL_VERSION_MAX)
		abort();
}

/* All that --doctor looks at. */
static void try_doctor(void)
{
	struct finding findings[FINDINGS_MAX];
	int count = kernel_examine(findings);

	for (int i = 0; i < count; i++) {
		if (!memchr(findings[i].detail, '\0', sizeof(findings[i].detail)))
			abort();
	}
}

static void try_host(void)
{
	struct host host;

	host_read(&host);
	if (strspn(host.machine_id, "0123456789abcdef") != strlen(host.machine_id))
		abort();
}

static void try_thread(void)
{
	if (thread_look(7ULL << 32 | 7, 42) > THREAD_UNTOLD)
		abort();
}

static void try_users(void)
{
	int fd = memfd_create("passwd", 0);
	struct users *users;
	char path[32];
	uint32_t uid;

	if (fd < 0 || write(fd, bytes, bytes_size) != (ssize_t)bytes_size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	users = users_read(path);
	if (users_name(users, 1000) && strlen(users_name(users, 1000)) > 39)
		abort();
	users_uid(users, "root", &uid);
	users_free(users);
	close(fd);
}

static void try_config(void)
{
	char *line = malloc(bytes_size + 1);

	memcpy(line, bytes, bytes_size);
	line[bytes_size] = '\0';
	kconfig_parse_line(line, "CONFIG_KPROBES");
	free(line);
}

static const struct {
	const char *path;
	void (*run)(void);
} tries[] = {
	{"/sys/devices/system/cpu/possible", try_cpus},
	{"/proc/stat", try_stat},
	{"/proc/kallsyms", try_symbols},
	{"/proc/self/mountinfo", try_mounts},
	{"events/task/task_newtask/id", try_event},
	{"events/task/task_newtask/format", try_event},
	{"README", try_readme},
	{"kprobe_events", try_probes},
	{"/sys/bus/event_source/devices/kprobe/type", try_pmu},
	{"/sys/bus/event_source/devices/kprobe/format/retprobe", try_pmu},
	{"/proc/version_signature", try_versions},
	{"/proc/self/status", try_doctor},
	{"/proc/self/uid_map", try_doctor},
	{"/sys/kernel/security/lockdown", try_doctor},
	{"/sys/kernel/debug/kprobes/enabled", try_doctor},
	{"/etc/machine-id", try_host},
	{"/proc/7/task/7/syscall", try_thread},
	{NULL, try_users},
	{NULL, try_config},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t chosen = size ? data[0] % (sizeof(tries) / sizeof(tries[0])) : 0;
	char *copy;

	if (!size)
		return 0;
	/* In a block that ends where the input does. */
	bytes_size = size - 1;
	copy = malloc(size);
	memcpy(copy, data + 1, bytes_size);
	bytes = copy;
	model_boot(&model_6_12);
	model.given.path = tries[chosen].path;
	model.given.bytes = bytes;
	model.given.size = bytes_size;
	tries[chosen].run();
	if (model_leaks())
		abort();
	free(copy);
	return 0;
}
