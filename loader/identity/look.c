// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A directory of procfs stays that of one process: once it has ended, what is asked through it says so, whoever has its
 * number now (proc_pident_lookup(), pid_revalidate(), fs/proc/base.c: ENOENT or ESRCH).
 */
#include "private.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PATH_ROOM 64

static bool is_gone(ssize_t result)
{
	return result == -ENOENT || result == -ESRCH;
}

/* These files are made as a whole by the first read (single_open()); what does not fit is cut off. */
static ssize_t read_start(int dir, const char *path, char *buf, size_t size)
{
	int fd = sys_openat(dir, path, O_RDONLY, 0);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = sys_read(fd, buf, size);
	sys_close(fd);
	return got;
}

static const char *thread_path(char path[PATH_ROOM], uint32_t tid, const char *file)
{
	snprintf(path, PATH_ROOM, "task/%u/%s", tid, file);
	return path;
}

/* Of the process, or of one thread where tid is not 0. */
static const char *path_of(char path[PATH_ROOM], uint32_t tid, const char *file)
{
	return tid ? thread_path(path, tid, file) : file;
}

/* A symbolic link that fills the buffer may have been cut off. */
static int read_exe(int dir, uint32_t tid, struct look *look)
{
	char path[PATH_ROOM];
	ssize_t len = sys_readlinkat(dir, path_of(path, tid, "exe"), look->exe, sizeof(look->exe));

	look->refused = len == -EACCES || len == -EPERM;
	look->exe_len = len > 0 && (size_t)len < sizeof(look->exe) ? (size_t)len : 0;
	return len < 0 ? (int)len : 0;
}

/* Each argument ends with a NUL, also the last one of a list that was cut off or that the program has written over. */
static int read_args(int dir, uint32_t tid, struct look *look)
{
	char path[PATH_ROOM];
	ssize_t len = read_start(dir, path_of(path, tid, "cmdline"), look->args, sizeof(look->args));

	if (len < 0)
		return is_gone(len) ? -ESRCH : 0;
	look->args_cut = (size_t)len > ARGS_MAX;
	if (look->args_cut)
		len = ARGS_MAX;
	if (len && look->args[len - 1]) {
		if (len == ARGS_MAX) {
			look->args_cut = true;
			len--;
		}
		look->args[len++] = '\0';
	}
	look->args_len = (size_t)len;
	return 0;
}

static int read_cgroup(int dir, uint32_t tid, const struct cgroup_filter *filter, struct look *look)
{
	char path[PATH_ROOM];
	ssize_t len = read_start(dir, path_of(path, tid, "cgroup"), look->cgroup_text, sizeof(look->cgroup_text));

	/* Without CONFIG_CGROUPS the file is not there, and so it is with a process that is gone: stat tells. */
	cgroup_read(look->cgroup_text, len > 0 ? (size_t)len : 0, filter, &look->cgroup);
	return 0;
}

static int read_stat(int dir, struct stat_line *stat)
{
	char text[2048];
	ssize_t len = read_start(dir, "stat", text, sizeof(text));

	if (len < 0)
		return is_gone(len) ? -ESRCH : (int)len;
	return stat_parse(text, (size_t)len, stat) ? 0 : -EIO;
}

/*
 * stat comes last, with the name: a program that was exchanged while we read shows a name that is not the attempt's, and
 * what we read is not believed.
 */
static int read_all(int dir, uint32_t tid, const struct look_wants *wants, struct look *look)
{
	int exe = wants->exe ? read_exe(dir, tid, look) : 0, result;

	if (wants->args && read_args(dir, tid, look))
		return -ESRCH;
	if (wants->cgroup)
		read_cgroup(dir, tid, wants->filter, look);
	result = read_stat(dir, &look->stat);
	if (result)
		return result;
	/* A task that ends lets go of its memory, and with it of its program, first. A kernel thread never had any. */
	return is_gone(exe) && !(look->stat.flags & STAT_KTHREAD) ? -ESRCH : 0;
}

int look_at(int dir, uint32_t tid, const struct look_wants *wants, struct look *look)
{
	int result;

	memset(look, 0, offsetof(struct look, exe));
	result = read_all(dir, 0, wants, look);
	/* A first thread that has ended is a zombie as long as others go on; they have what was its own. */
	if (tid && (look->stat.state == 'Z' || look->stat.state == 'X')) {
		char comm[COMM_SIZE];

		result = look_at_comm(dir, tid, comm) ? read_all(dir, tid, wants, look) : -ESRCH;
	} else if (look->stat.state == 'Z' || look->stat.state == 'X') {
		result = -ESRCH;
	}
	return result;
}

bool look_at_comm(int dir, uint32_t tid, char comm[COMM_SIZE])
{
	char path[PATH_ROOM];
	ssize_t len;

	memset(comm, 0, COMM_SIZE);
	len = read_start(dir, thread_path(path, tid, "comm"), comm, COMM_SIZE);
	if (len <= 0)
		return false;
	/* 15 bytes and a newline. */
	comm[len < COMM_SIZE && comm[len - 1] == '\n' ? len - 1 : COMM_SIZE - 1] = '\0';
	return true;
}

/* "net:[4026531833]" (ns_get_name(), fs/nsfs.c). */
static bool read_namespace(int dir, uint32_t tid, const char *name, uint32_t *inode)
{
	char path[PATH_ROOM], file[16], link[64] = "";
	ssize_t len;
	size_t at;

	snprintf(file, sizeof(file), "ns/%s", name);
	len = sys_readlinkat(dir, path_of(path, tid, file), link, sizeof(link) - 1);
	if (len <= 0)
		return false;
	at = strcspn(link, "[");
	*inode = 0;
	for (at += link[at] == '['; link[at] >= '0' && link[at] <= '9'; at++)
		*inode = *inode * 10 + (uint32_t)(link[at] - '0');
	return *inode && link[at] == ']';
}

/*
 * NStgid and NSpid (4.1) have a number for each PID namespace from that of this procfs down to the task's own. A parent
 * with as many is in the same one: children are made there or below.
 */
static bool read_numbers(int proc, int dir, uint32_t tid, uint32_t ppid, struct identity *identity)
{
	char path[PATH_ROOM], text[16384];
	uint32_t parent = 0;
	unsigned int depth;
	ssize_t len;

	len = read_start(dir, thread_path(path, tid, "status"), text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	depth = status_last_number(text, "NSpid:", &identity->ns_tid);
	if (!depth || status_last_number(text, "NStgid:", &identity->ns_pid) != depth)
		return false;
	identity->ns_ppid = 0;
	if (!ppid)
		return true;
	snprintf(path, sizeof(path), "%u/status", ppid);
	len = read_start(proc, path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	if (status_last_number(text, "NSpid:", &parent) == depth)
		identity->ns_ppid = parent;
	return len > 0;
}

uint32_t look_at_namespaces(int proc, int dir, uint32_t tid, uint32_t ppid, uint32_t wanted, struct identity *identity)
{
	const struct {
		enum identity_part part;
		const char *name;
		uint32_t *inode;
	} spaces[] = {
		{IDENTITY_MNT_NS, "mnt", &identity->mnt_ns}, {IDENTITY_PID_NS, "pid", &identity->pid_ns},
		{IDENTITY_NET_NS, "net", &identity->net_ns}, {IDENTITY_USER_NS, "user", &identity->user_ns},
		{IDENTITY_UTS_NS, "uts", &identity->uts_ns},
	};
	uint32_t found = 0;

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		if (wanted & spaces[i].part && read_namespace(dir, tid, spaces[i].name, spaces[i].inode))
			found |= spaces[i].part;
	}
	if (wanted & IDENTITY_NS_PID && read_numbers(proc, dir, tid, ppid, identity))
		found |= IDENTITY_NS_PID;
	return found;
}
