/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connects that are asked for through io_uring: no descriptor in any register, and perhaps another
 * thread. They never pass the entry of connect(2), so only the hooks beyond it see them.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>

struct uring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static char *ring_map(struct uring *uring, size_t size, off_t offset)
{
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, uring->fd, offset);

	if (map == MAP_FAILED)
		skip("no io_uring: mmap: %s", strerrorname_np(errno));
	return map;
}

static void uring_open(struct uring *uring, unsigned int flags)
{
	struct io_uring_params *params = &uring->params;

	memset(params, 0, sizeof(*params));
	params->flags = flags;
	params->sq_thread_idle = 2000;
	uring->fd = syscall(SYS_io_uring_setup, 4, params);
	if (uring->fd < 0)
		skip("no io_uring: %s", strerrorname_np(errno));
	uring->sq = ring_map(uring, params->sq_off.array + params->sq_entries * sizeof(uint32_t), IORING_OFF_SQ_RING);
	uring->cq = ring_map(uring, params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe),
			     IORING_OFF_CQ_RING);
	uring->sqes = (void *)ring_map(uring, params->sq_entries * sizeof(*uring->sqes), IORING_OFF_SQES);
}

/* One request, waited for; its result. */
static int uring_connect(struct uring *uring, int fd, unsigned int flags, const void *to, socklen_t len)
{
	uint32_t *tail = (void *)(uring->sq + uring->params.sq_off.tail);
	uint32_t *array = (void *)(uring->sq + uring->params.sq_off.array);
	struct io_uring_cqe *cqe = (void *)(uring->cq + uring->params.cq_off.cqes);
	unsigned int enter = IORING_ENTER_GETEVENTS;
	struct io_uring_sqe *sqe = uring->sqes;

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_CONNECT;
	sqe->flags = flags;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)to;
	sqe->off = len;
	array[0] = 0;
	__atomic_store_n(tail, 1, __ATOMIC_RELEASE);
	if (uring->params.flags & IORING_SETUP_SQPOLL)
		enter |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, uring->fd, 1, 1, enter, NULL, 0) < 0)
		skip("no io_uring: enter: %s", strerrorname_np(errno));
	return cqe->res;
}

static void uring_register(struct uring *uring, int fd)
{
	if (syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_FILES, &fd, 1) < 0)
		skip("no io_uring: register: %s", strerrorname_np(errno));
}

/* Since 5.12 the workers are threads of the owner; before that, kernel threads of nobody. */
static bool has_worker_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	bool found = false;
	char path[300], comm[32];
	FILE *file;

	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
		file = fopen(path, "r");
		if (file && fgets(comm, sizeof(comm), file) && !strncmp(comm, "iou-", 4))
			found = true;
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* by_worker: another thread makes the call, so that only the process is known beforehand. */
static void want_uring(uint16_t port, bool by_worker)
{
	struct want want;
	char remote[128];

	snprintf(remote, sizeof(remote), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":%u}", port);
	want = want_of(-1, SOCK_DGRAM, sizeof(struct sockaddr_in), remote);
	want.hooks = ON_SECURITY;
	want.via = "io_uring";
	want.compat = -1;
	if (by_worker) {
		want.tid = 0;
		want.comm = NULL;
	}
	if (by_worker && !has_worker_threads()) {
		want.pid = 0;
		want.uid = want.gid = -1;
	}
	want_print(&want);
}

static void try_uring(uint16_t port, unsigned int setup, unsigned int flags)
{
	struct sockaddr_in to = in4("127.0.0.1", port);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 501), result;
	struct uring uring;

	uring_open(&uring, setup);
	if ((setup & IORING_SETUP_SQPOLL) && !(uring.params.features & IORING_FEAT_SQPOLL_NONFIXED))
		flags |= IOSQE_FIXED_FILE;
	if (flags & IOSQE_FIXED_FILE) {
		uring_register(&uring, fd);
		fd = 0;
	}
	result = uring_connect(&uring, fd, flags, &to, sizeof(to));
	if (result == -EINVAL)
		skip("no io_uring connect in this kernel");
	if (result)
		fprintf(stderr, "caller: io_uring connect: %s\n", strerrorname_np(-result));
	want_uring(port, (setup & IORING_SETUP_SQPOLL) || (flags & IOSQE_ASYNC));
}

static void uring_inline(void)
{
	try_uring(501, 0, 0);
}

static void uring_async(void)
{
	try_uring(502, 0, IOSQE_ASYNC);
}

static void uring_sqpoll(void)
{
	try_uring(503, IORING_SETUP_SQPOLL, 0);
}

static void uring_fixed(void)
{
	try_uring(504, 0, IOSQE_FIXED_FILE);
}

static void uring_fixed_async(void)
{
	try_uring(505, 0, IOSQE_FIXED_FILE | IOSQE_ASYNC);
}

#else

static void uring_inline(void)
{
	skip("no io_uring in the headers of the build");
}

#define uring_async	  uring_inline
#define uring_sqpoll	  uring_inline
#define uring_fixed	  uring_inline
#define uring_fixed_async uring_inline

#endif

const struct test_case uring_cases[] = {{"uring-inline", uring_inline},		  {"uring-async", uring_async},
					{"uring-sqpoll", uring_sqpoll},		  {"uring-fixed", uring_fixed},
					{"uring-fixed-async", uring_fixed_async}, {NULL, NULL}};
