/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaches one program of floor.bpf.c with connsnoop's own loader and drains its rings by the same
 * rhythm, without looking at what is in them. Ends with SIGINT or SIGTERM.
 *
 *	floor OBJECT kprobe|tracepoint PROGRAM
 */
#include "attach.h"
#include "kernel.h"
#include "object.h"
#include "ring.h"

#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define OBJECT_MAX (1 << 20)
#define PAGES	   128
#define NAP_MS	   5

struct floor {
	void *image;
	struct object_kernel kernel;
	struct object *object;
	struct rings *rings;
	struct probe probe;
	int epoll;
	unsigned long long records, lost;
};

static volatile sig_atomic_t stop;

static void ask_to_stop(int number)
{
	(void)number;
	stop = 1;
}

static bool count_record(void *context, uint32_t cpu, const void *data, uint32_t size)
{
	struct floor *floor = context;

	(void)cpu;
	(void)data;
	(void)size;
	floor->records++;
	return true;
}

static void count_lost(void *context, uint32_t cpu, uint64_t count)
{
	struct floor *floor = context;

	(void)cpu;
	floor->lost += count;
}

static int read_image(struct floor *floor, const char *path, size_t *size, struct error *err)
{
	FILE *in = fopen(path, "rb");

	floor->image = malloc(OBJECT_MAX);
	if (!in || !floor->image)
		return error_set(err, STATUS_USAGE, "%s can't be read", path);
	*size = fread(floor->image, 1, OBJECT_MAX, in);
	fclose(in);
	return 0;
}

static int create_maps(struct floor *floor, unsigned int cpus, struct error *err)
{
	if (object_resize_map(floor->object, "rings", cpus, err) ||
	    object_resize_map(floor->object, "bells", cpus, err) ||
	    object_resize_map(floor->object, "counters", cpus, err) || object_forgo_map(floor->object, "mapped", err) ||
	    object_forgo_map(floor->object, "bell", err))
		return -1;
	return object_create_maps(floor->object, &floor->kernel, err);
}

static int open_rings(struct floor *floor, unsigned int cpus, struct error *err)
{
	const struct ring_maps maps = {
		.rings = object_map_fd(floor->object, "rings"),
		.bells = object_map_fd(floor->object, "bells"),
	};

	floor->epoll = epoll_create1(EPOLL_CLOEXEC);
	return rings_open(&floor->rings, cpus, PAGES, &maps, floor->epoll, 0, err);
}

static int attach(struct floor *floor, const char *hook, const char *name, struct error *err)
{
	bool by_kprobe = !strcmp(hook, "kprobe");
	char section[64];
	int prog;

	snprintf(section, sizeof(section), "%s/%s", hook, name);
	prog = object_load_program(floor->object, section, by_kprobe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACEPOINT,
				   &floor->kernel, err);
	if (prog < 0)
		return -1;
	if (by_kprobe)
		return probe_open_kprobe(&floor->probe, "security_socket_connect", prog, err);
	return probe_open_tracepoint(&floor->probe, "syscalls", "sys_enter_connect", prog, err);
}

static int start(struct floor *floor, char **argv, struct error *err)
{
	unsigned int cpus = cpus_possible();
	size_t size = 0;

	if (read_image(floor, argv[1], &size, err) || object_open(&floor->object, floor->image, size, argv[1], err) ||
	    kernel_probe(&floor->kernel, err) || create_maps(floor, cpus, err) || open_rings(floor, cpus, err))
		return -1;
	return attach(floor, argv[2], argv[3], err);
}

int main(int argc, char **argv)
{
	struct floor floor = {.probe = PROBE_CLOSED};
	const struct ring_reader reader = {.sample = count_record, .lost = count_lost, .context = &floor};
	struct epoll_event event;
	struct error err;

	if (argc != 4) {
		fprintf(stderr, "usage: floor OBJECT kprobe|tracepoint PROGRAM\n");
		return STATUS_USAGE;
	}
	signal(SIGINT, ask_to_stop);
	signal(SIGTERM, ask_to_stop);
	if (start(&floor, argv, &err)) {
		fprintf(stderr, "floor: %s\n", err.text);
		return err.status;
	}
	fprintf(stderr, "floor: tracing\n");
	while (!stop) {
		epoll_wait(floor.epoll, &event, 1, NAP_MS);
		rings_read(floor.rings, UINT64_MAX, &reader);
	}
	probe_close(&floor.probe);
	rings_read(floor.rings, UINT64_MAX, &reader);
	fprintf(stderr, "floor: %llu attempts = %llu shown + 0 filtered + %llu lost\n", floor.records + floor.lost,
		floor.records, floor.lost);
	return STATUS_OK;
}
