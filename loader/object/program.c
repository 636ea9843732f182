// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs: from instructions in a section to a descriptor. */
#include "private.h"
#include "bpf_attr.h"
#include "sys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELPER_PROBE_READ	 4
#define HELPER_PROBE_READ_USER	 112
#define HELPER_PROBE_READ_KERNEL 113

/* The largest log that 4.x takes is (UINT_MAX >> 8) bytes; the smallest size it takes is 128. */
#define LOG_FIRST (64 * 1024U)
#define LOG_LAST  (8 * 1024 * 1024U)

struct load {
	const struct object *object;
	const char *section;
	int type;
	const struct bpf_insn *insns;
	uint32_t count;
	bool named;
	unsigned int version;
	char *log;
	uint32_t log_size;
};

int object_set_constant(struct object *object, const char *symbol, uint64_t value, struct error *err)
{
	struct object_constant *constant = object->constants;

	while (constant < object->constants + object->constant_count && strcmp(constant->name, symbol) != 0)
		constant++;
	if (constant == object->constants + OBJECT_CONSTANTS_MAX || strlen(symbol) >= sizeof(constant->name))
		return error_set(err, STATUS_FAILURE, "%s: no room for constant \"%s\"", object->name, symbol);
	if (constant == object->constants + object->constant_count) {
		strcpy(constant->name, symbol);
		object->constant_count++;
	}
	constant->value = value;
	return 0;
}

bool object_has_program(const struct object *object, const char *section)
{
	Elf64_Shdr header;
	Elf_Data *data;

	return object_section(object, section, &header, &data) && header.sh_type == SHT_PROGBITS;
}

/* Before 5.5 there is one probe_read for both kinds of memory; on the architectures that need two it has neither name. */
static void substitute_helpers(struct bpf_insn *insns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == 0 &&
		    (insns[i].imm == HELPER_PROBE_READ_USER || insns[i].imm == HELPER_PROBE_READ_KERNEL))
			insns[i].imm = HELPER_PROBE_READ;
	}
}

static int load_once(const struct load *load)
{
	/* Up to kern_version is what 4.1 knows; the four bytes behind it fill its union up to a multiple of 8. */
	unsigned int size = ATTR_SIZE(kern_version);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = (uint32_t)load->type;
	attr.insns = (uintptr_t)load->insns;
	attr.insn_cnt = load->count;
	attr.license = (uintptr_t)load->object->license;
	attr.kern_version = load->version;
	attr.log_buf = (uintptr_t)load->log;
	attr.log_size = load->log_size;
	attr.log_level = load->log_size ? 1 : 0;
	if (load->named) {
		strncpy(attr.prog_name, "connsnoop", sizeof(attr.prog_name) - 1);
		size = ATTR_SIZE(prog_name);
	}
	return sys_bpf(BPF_PROG_LOAD, &attr, size);
}

/* The verifier's last words: its log ends with the reason, after up to megabytes of instructions. */
static const char *last_line(char *log)
{
	size_t length = strlen(log);
	char *line;

	/* The last line may be statistics ("processed 12 insns"); the reason stands before it. */
	while (length) {
		while (length && log[length - 1] == '\n')
			log[--length] = '\0';
		line = strrchr(log, '\n');
		line = line ? line + 1 : log;
		if (strncmp(line, "processed ", 10) != 0 && strncmp(line, "verification time", 17) != 0 &&
		    strncmp(line, "stack depth", 11) != 0)
			return line;
		length = (size_t)(line - log);
		log[length] = '\0';
	}
	return "the verifier gave no reason";
}

/* Once more with a log, which grows while the kernel says that it is too small (ENOSPC). */
static int load_with_log(struct load *load)
{
	int fd = -ENOSPC;

	for (load->log_size = LOG_FIRST; fd == -ENOSPC && load->log_size <= LOG_LAST; load->log_size *= 8) {
		char *log = realloc(load->log, load->log_size);

		if (!log)
			return -ENOMEM;
		load->log = log;
		log[0] = '\0';
		fd = load_once(load);
		log[load->log_size - 1] = '\0';
	}
	return fd;
}

static int explain(const struct load *load, int errnum, struct error *err)
{
	const char *advice = load->log && load->log[0] ? last_line(load->log) : NULL, *jit = "";

	/* "program requires BPF JIT compiler but it is not available" (7.x, and off by default on riscv) */
	if (advice && strstr(advice, "JIT"))
		jit = "; switch it on with sysctl net.core.bpf_jit_enable=1";
	if (errnum == EPERM || errnum == EACCES) {
		if (!advice)
			advice =
				"CAP_SYS_ADMIN (or CAP_BPF with CAP_PERFMON) is missing, or lockdown or a seccomp filter forbids it";
	} else if (!advice) {
		advice =
			errnum == EINVAL
				? "the kernel has no such program type; it needs CONFIG_BPF_EVENTS, and for tracepoints 4.7, for raw ones 4.17"
			: errnum == ENOSYS ? "the kernel was built without CONFIG_BPF_SYSCALL"
			: errnum == E2BIG  ? "the program is longer than this kernel takes"
					   : "free some memory and try again";
	}
	return error_set(err,
			 (errnum == EPERM || errnum == EACCES) && !(load->log && load->log[0]) ? STATUS_NOT_PERMITTED
											       : STATUS_UNSUPPORTED,
			 "%s: loading program %s (%u instructions): bpf(BPF_PROG_LOAD) says %s: %s%s",
			 load->object->name, load->section, load->count, ERRNO_NAME(errnum), advice, jit);
}

static int load_insns(const struct object *object, const char *section, int type, const struct bpf_insn *insns,
		      size_t count, const struct object_kernel *kernel, struct error *err)
{
	struct load load = {
		.object = object,
		.section = section,
		.type = type,
		.insns = insns,
		.count = (uint32_t)count,
		.named = kernel->names,
		.version = kernel->version,
	};
	int fd = load_once(&load);

	if (fd == -EPERM && object_raise_memlock())
		fd = load_once(&load);
	if (fd < 0 && fd != -EPERM && fd != -ENOSYS)
		fd = load_with_log(&load);
	if (fd < 0)
		fd = explain(&load, -fd, err);
	free(load.log);
	return fd;
}

/* Pruning has removed what a switched-off feature would have needed. */
static int check_maps(const struct object *object, const char *section, const struct bpf_insn *insns, size_t count,
		      struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg == BPF_PSEUDO_MAP_FD &&
		    insns[i].imm < 0)
			return error_set(
				err, STATUS_USAGE,
				"%s: %s, instruction %zu uses a map that was not created; the object is of another version",
				object->name, section, i);
	}
	return 0;
}

int object_load_program(struct object *object, const char *section, int type, const struct object_kernel *kernel,
			struct error *err)
{
	struct bpf_insn *insns;
	Elf64_Shdr header;
	Elf_Data *data;
	Elf_Scn *scn = object_section(object, section, &header, &data);
	size_t count;
	int fd = -1;

	if (!scn || header.sh_type != SHT_PROGBITS)
		return error_set(err, STATUS_USAGE,
				 "%s: no program \"%s\"; the object is of another program or version", object->name,
				 section);
	count = data->d_size / sizeof(*insns);
	if (data->d_size % sizeof(*insns) || count == 0 || count > OBJECT_INSNS_MAX)
		return error_set(err, STATUS_USAGE,
				 "%s: program %s has %zu bytes; 1 to %d instructions of 8 bytes can be loaded",
				 object->name, section, (size_t)data->d_size, OBJECT_INSNS_MAX);
	insns = malloc(data->d_size);
	if (!insns)
		return error_set(err, STATUS_FAILURE, "%s: out of memory", object->name);
	memcpy(insns, data->d_buf, data->d_size);
	if (!object_relocate(object, elf_ndxscn(scn), section, insns, count, err)) {
		if (!kernel->probe_read_kinds)
			substitute_helpers(insns, count);
		count = object_prune(insns, count);
		if (!check_maps(object, section, insns, count, err))
			fd = load_insns(object, section, type, insns, count, kernel, err);
	}
	free(insns);
	return fd;
}
