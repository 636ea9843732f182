// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "capability.h"
#include "kernel.h"
#include "sys.h"
#include "users.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* "UID:GID" */
static bool parse_ids(const char *text, uid_t *uid, gid_t *gid)
{
	unsigned long long numbers[2];
	char *end = (char *)(uintptr_t)text;

	for (int i = 0; i < 2; i++, end++) {
		if (*end < '0' || *end > '9')
			return false;
		errno = 0;
		numbers[i] = strtoull(end, &end, 10);
		/* The highest one stands for "leave it" (setresuid(2)). */
		if (errno || numbers[i] >= UINT32_MAX || *end != (i ? '\0' : ':'))
			return false;
	}
	*uid = (uid_t)numbers[0];
	*gid = (gid_t)numbers[1];
	return true;
}

int sandbox_find_user(struct sandbox *sandbox, const char *user, struct error *err)
{
	struct users *users = users_read("/etc/passwd");
	bool found = (!users_uid(users, user, &sandbox->uid) && !users_gid(users, user, &sandbox->gid)) ||
		     parse_ids(user, &sandbox->uid, &sandbox->gid);

	users_free(users);
	if (!found)
		return error_set(
			err, STATUS_USAGE,
			"--user %s: /etc/passwd has no such user with a group; give one that it has, or numbers as UID:GID",
			user);
	sandbox->user = user;
	return 0;
}

/*
 * CAP_PERFMON is enough for Linux, but not for the kernels of Debian and others while perf_event_paranoid is 3 or more: they
 * want CAP_SYS_ADMIN of whoever calls perf_event_open(2) at all. So it is called.
 */
static bool may_open_rings(uint64_t caps)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = PERF_ATTR_SIZE_VER0,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	int fd = -EACCES;

	if (!capability_use(caps))
		fd = sys_perf_event_open(&attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		sys_close(fd);
	return fd != -EACCES && fd != -EPERM;
}

/* The least that lets what is still done be done, but for places, which are tried. */
static uint64_t needed(const struct sandbox *sandbox, uint64_t held)
{
	const uint64_t modern = CAPABILITY(CAP_BPF) | CAPABILITY(CAP_PERFMON);
	uint64_t kept = CAPABILITY(CAP_SYS_ADMIN);
	struct rlimit limit;

	/* With unprivileged_bpf_disabled even what has a map open must be able to load programs to read it (up to 5.18). */
	if (!sandbox->rings && held & CAPABILITY(CAP_BPF))
		kept = CAPABILITY(CAP_BPF);
	else if ((held & modern) == modern && may_open_rings(modern))
		kept = modern;
	/* Beyond perf_event_mlock_kb a ring is charged against this limit, which was raised if it could be. */
	if (sandbox->rings && !(sys_getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY))
		kept |= CAPABILITY(CAP_IPC_LOCK);
	if (sandbox->others)
		kept |= CAPABILITY(CAP_SYS_PTRACE);
	if (sandbox->command)
		kept |= CAPABILITY(CAP_KILL);
	return kept & held;
}

/* The folder of a file. */
static int open_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (len >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, len);
	folder[len] = '\0';
	/* The permission is asked for before it is seen whether this file system has files without names (do_tmpfile()). */
	return sys_openat(AT_FDCWD, len ? folder : slash ? "/" : ".", O_TMPFILE | O_WRONLY, 0600);
}

/* Asked of the kernel, which knows of access lists and security modules, too. A socket can't be opened: ENXIO. */
static bool is_closed(const struct sandbox_place *place, int *errnum)
{
	int fd = place->socket ? sys_openat(AT_FDCWD, place->path, O_WRONLY | O_NONBLOCK, 0) : open_folder(place->path);

	if (fd >= 0)
		sys_close(fd);
	*errnum = fd < 0 ? -fd : 0;
	return fd == -EACCES || fd == -EPERM;
}

/* With the capabilities that are left in force. */
static void try_places(struct sandbox *sandbox)
{
	for (size_t i = 0; i < SANDBOX_PLACES; i++) {
		struct sandbox_place *place = &sandbox->places[i];
		int errnum;

		if (place->path && is_closed(place, &errnum))
			error_set(
				&sandbox->closed[i], STATUS_NOT_PERMITTED,
				"%s %s: %s says %s to %s: it can't be opened again (SIGHUP, --rotate, the end of --learn); give %s access",
				place->option, place->path, place->socket ? "it" : "its folder", ERRNO_NAME(errnum),
				sandbox->user ? sandbox->user : "us", sandbox->user ? sandbox->user : "us");
	}
}

static int become(const struct sandbox *sandbox, struct error *err)
{
	int result = sandbox->user ? sys_become(sandbox->uid, sandbox->gid) : 0;

	if (result)
		return error_set(
			err, error_status(-result, STATUS_FAILURE),
			"becoming user %s: setgroups, setresgid or setresuid says %s; it takes CAP_SETUID and CAP_SETGID: add them, or leave --user out",
			sandbox->user, ERRNO_NAME(-result));
	return 0;
}

/* Who is root and needs a capability to get at his own output keeps it; who becomes somebody has to have made it his. */
static int give_up(struct sandbox *sandbox, struct error *err)
{
	uint64_t held = capability_held();
	int result;

	if (sandbox->rings)
		object_raise_memlock();
	sandbox->kept = needed(sandbox, held);
	capability_use(held);
	if (become(sandbox, err))
		return -1;
	result = capability_use(sandbox->kept);
	try_places(sandbox);
	for (size_t i = 0; !sandbox->user && held & CAPABILITY(CAP_DAC_OVERRIDE) && i < SANDBOX_PLACES; i++) {
		if (sandbox->closed[i].status)
			sandbox->kept |= CAPABILITY(CAP_DAC_OVERRIDE);
		sandbox->closed[i] = (struct error){0};
	}
	if (!result)
		result = capability_keep_only(sandbox->kept);
	if (result)
		return error_set(
			err, STATUS_FAILURE,
			"giving up capabilities: capset says %s; use --no-sandbox to keep them, and please report this",
			ERRNO_NAME(-result));
	return 0;
}

static int filter_calls(struct sandbox *sandbox, struct error *err)
{
	struct sock_filter program[CALLS_PROGRAM_MAX];
	const struct sock_fprog filter = {(unsigned short)calls_program(sandbox, program), program};
	int result = sys_no_new_privs();

	if (!result && !kernel_has_call_filters()) {
		error_set(
			&sandbox->unfiltered, STATUS_UNSUPPORTED,
			"this kernel has no filters of system calls (CONFIG_SECCOMP_FILTER): going on without; --no-sandbox asks for none");
		return 0;
	}
	if (!result)
		result = refusal_prepare();
	if (!result)
		result = sys_seccomp(&filter);
	if (result)
		return error_set(err, STATUS_FAILURE,
				 "giving up system calls: seccomp(2) says %s; use --no-sandbox, and please report this",
				 ERRNO_NAME(-result));
	sandbox->filtered = true;
	return 0;
}

int sandbox_enter(struct sandbox *sandbox, struct error *err)
{
	if ((sandbox->confine || sandbox->user) && give_up(sandbox, err))
		return -1;
	return sandbox->confine ? filter_calls(sandbox, err) : 0;
}
