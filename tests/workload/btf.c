/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caller btf: where the kernel's own description of its types (BTF, Documentation/bpf/btf.rst) has what connsnoop learns,
 * one "NAME=OFFSET" a line. Status 2 where there is none.
 */
#define _GNU_SOURCE
#include "tools.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KIND_STRUCT = 4, KIND_UNION = 5 };

struct header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t hdr_len, type_off, type_len, str_off, str_len;
};

struct type {
	uint32_t name, info, size; /* or the type it stands for */
};

struct member {
	uint32_t name, type, offset;
};

struct btf {
	uint8_t *bytes;
	const char *strings;
	const struct type **types;
	uint32_t count;
};

static unsigned int kind_of(const struct type *type)
{
	return type->info >> 24 & 0x1f;
}

static unsigned int members_of(const struct type *type)
{
	return type->info & 0xffff;
}

/* Bytes behind struct type, by kind: enum btf_kind of include/uapi/linux/btf.h. */
static size_t tail_of(const struct type *type)
{
	unsigned int n = members_of(type);
	const size_t tails[] = {0, 4, 0, 12,	12 * n, 12 * n, 8 * n, 0, 0, 0,
				0, 0, 0, 8 * n, 4,	12 * n, 0,     4, 0, 12 * n};

	if (kind_of(type) >= sizeof(tails) / sizeof(tails[0])) {
		fprintf(stderr, "caller: BTF kind %u is unknown\n", kind_of(type));
		exit(1);
	}
	return tails[kind_of(type)];
}

static bool read_all(struct btf *btf, const char *path)
{
	const size_t room = 64 << 20;
	int fd = open(path, O_RDONLY);
	size_t size = 0;
	ssize_t got;

	if (fd < 0)
		return false;
	btf->bytes = malloc(room);
	while ((got = read(fd, btf->bytes + size, room - size)) > 0)
		size += got;
	close(fd);
	return size > sizeof(struct header);
}

static bool index_types(struct btf *btf)
{
	const struct header *header = (const struct header *)btf->bytes;
	const uint8_t *at = btf->bytes + header->hdr_len + header->type_off, *end = at + header->type_len;

	if (header->magic != 0xeb9f)
		return false;
	btf->strings = (const char *)btf->bytes + header->hdr_len + header->str_off;
	btf->types = calloc(header->type_len / sizeof(struct type) + 1, sizeof(*btf->types));
	for (btf->count = 1; at < end; btf->count++) {
		btf->types[btf->count] = (const struct type *)at;
		at += sizeof(struct type) + tail_of((const struct type *)at);
	}
	return true;
}

static const struct type *find_struct(const struct btf *btf, const char *name)
{
	for (uint32_t i = 1; i < btf->count; i++) {
		const struct type *type = btf->types[i];

		if (kind_of(type) == KIND_STRUCT && members_of(type) && !strcmp(btf->strings + type->name, name))
			return type;
	}
	return NULL;
}

static const struct type *behind_names(const struct btf *btf, uint32_t id)
{
	/* typedef, const, volatile */
	while (id && (kind_of(btf->types[id]) == 8 || kind_of(btf->types[id]) == 9 || kind_of(btf->types[id]) == 10))
		id = btf->types[id]->size;
	return id ? btf->types[id] : NULL;
}

/* The bit at which a member begins, also one of an unnamed part; -1. */
static long find_member(const struct btf *btf, const struct type *type, const char *name, const struct type **of)
{
	const struct member *member = (const struct member *)(type + 1);

	for (unsigned int i = 0; i < members_of(type); i++, member++) {
		uint32_t offset = type->info >> 31 ? member->offset & 0xffffff : member->offset;
		const char *known = btf->strings + member->name;
		const struct type *part = behind_names(btf, member->type);
		long inner;

		if (!strcmp(known, name)) {
			*of = part;
			return offset;
		}
		if (*known || !part || (kind_of(part) != KIND_STRUCT && kind_of(part) != KIND_UNION))
			continue;
		inner = find_member(btf, part, name, of);
		if (inner >= 0)
			return offset + inner;
	}
	return -1;
}

/* "ns.inum" of a struct, in bytes; -1. */
static long offset_of(const struct btf *btf, const char *name, const char *path)
{
	const struct type *type = find_struct(btf, name), *of;
	char word[64];
	long sum = 0;

	while (type && *path) {
		size_t len = strcspn(path, ".");
		long at;

		snprintf(word, sizeof(word), "%.*s", (int)len, path);
		at = find_member(btf, type, word, &of);
		if (at < 0)
			return -1;
		sum += at;
		type = of;
		path += len + (path[len] == '.');
	}
	return find_struct(btf, name) ? sum / 8 : -1;
}

int btf_main(void)
{
	static const struct {
		const char *constant, *name, *paths[2];
	} wanted[] = {
		{"TASK_PID", "task_struct", {"pid"}},
		{"TASK_TGID", "task_struct", {"tgid"}},
		{"TASK_PARENT", "task_struct", {"real_parent"}},
		{"TASK_LEADER", "task_struct", {"group_leader"}},
		{"TASK_START", "task_struct", {"start_boottime", "real_start_time"}},
		{"TASK_NSPROXY", "task_struct", {"nsproxy"}},
		{"NSPROXY_MNT", "nsproxy", {"mnt_ns"}},
		{"MNT_INUM", "mnt_namespace", {"ns.inum"}},
		{"NSPROXY_NET", "nsproxy", {"net_ns"}},
		{"NET_INUM", "net", {"ns.inum"}},
		{"NSPROXY_UTS", "nsproxy", {"uts_ns"}},
		{"UTS_INUM", "uts_namespace", {"ns.inum"}},
		{"TASK_THREAD_PID", "task_struct", {"thread_pid"}},
		{"PID_LEVEL", "pid", {"level"}},
		{"PID_NUMBERS", "pid", {"numbers"}},
		{"PID_INUM", "pid_namespace", {"ns.inum"}},
		{"TASK_CRED", "task_struct", {"real_cred"}},
		{"CRED_USER", "cred", {"user_ns"}},
		{"USER_INUM", "user_namespace", {"ns.inum"}},
	};
	struct btf btf;

	if (!read_all(&btf, "/sys/kernel/btf/vmlinux") || !index_types(&btf))
		return 2;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		long at = offset_of(&btf, wanted[i].name, wanted[i].paths[0]);

		if (at < 0 && wanted[i].paths[1])
			at = offset_of(&btf, wanted[i].name, wanted[i].paths[1]);
		printf("%s=%ld\n", wanted[i].constant, at);
	}
	printf("PID_STEP=%u\n", find_struct(&btf, "upid") ? find_struct(&btf, "upid")->size : 0);
	return 0;
}
