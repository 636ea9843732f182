/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the event must say, as one JSON object a line. */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char case_name[64];

/*
 * A line leaves by one write() before the call that it foretells is made: callers that exit, exec
 * or are killed at once say it all the same, and neither locks nor buffers are shared with a child.
 */
struct line {
	char text[4096];
	size_t len;
};

static void line_add(struct line *line, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line->text + line->len, sizeof(line->text) - line->len, format, args);
	va_end(args);
	if (len < 0 || line->len + len >= sizeof(line->text))
		abort();
	line->len += len;
}

static void line_write(struct line *line)
{
	line_add(line, "}\n");
	if (write(STDOUT_FILENO, line->text, line->len) != (ssize_t)line->len)
		_exit(1);
}

static void line_begin(struct line *line)
{
	line->len = 0;
	line_add(line, "{\"case\":\"%s%s\"",
		 call_way == WAY_SOCKETCALL ? "socketcall/"
		 : call_is_compat()	    ? "compat/"
					    : "",
		 case_name);
}

static void line_hooks(struct line *line, int hooks)
{
	line_add(line, ",\"hooks\":[");
	if (hooks & ON_KPROBE)
		line_add(line, "\"kprobe\"%s", hooks > ON_KPROBE ? "," : "");
	if (hooks & ON_PROTO)
		line_add(line, "\"proto\"%s", hooks & ON_TRACEPOINT ? "," : "");
	if (hooks & ON_TRACEPOINT)
		line_add(line, "\"tracepoint\"");
	line_add(line, "]");
}

static const char *type_name(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "SOCK_STREAM";
	case SOCK_DGRAM:
		return "SOCK_DGRAM";
	case SOCK_RAW:
		return "SOCK_RAW";
	case SOCK_RDM:
		return "SOCK_RDM";
	case SOCK_SEQPACKET:
		return "SOCK_SEQPACKET";
	case SOCK_DCCP:
		return "SOCK_DCCP";
	case SOCK_PACKET:
		return "SOCK_PACKET";
	}
	abort();
}

const char *hex(const void *bytes, size_t len)
{
	static char text[2 * 128 + 1];
	const unsigned char *byte = bytes;
	size_t i;

	if (len > 128)
		abort();
	text[0] = '\0';
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", byte[i]);
	return text;
}

/* The name of the calling thread, as a member; names with other bytes are spelt out by the case. */
static const char *comm_member(void)
{
	static char member[32];
	char comm[16] = "";

	prctl(PR_GET_NAME, comm);
	snprintf(member, sizeof(member), "\"comm\":\"%s\"", comm);
	return member;
}

void comm_set(const char *comm)
{
	prctl(PR_SET_NAME, comm);
}

void case_begin(const char *name)
{
	snprintf(case_name, sizeof(case_name), "%s", name);
	comm_set(name);
}

/* Not getuid(), which can't return the largest numbers where they would be errors (MIPS). */
struct want want_of(int fd, int type, socklen_t addrlen, const char *remote)
{
	uid_t uid, other_uids[2];
	gid_t gid, other_gids[2];

	getresuid(&uid, &other_uids[0], &other_uids[1]);
	getresgid(&gid, &other_gids[0], &other_gids[1]);
	return (struct want){
		.hooks = ON_ALL,
		.pid = getpid(),
		.tid = syscall(SYS_gettid),
		.ppid = getppid(),
		.uid = uid,
		.gid = gid,
		.comm = comm_member(),
		.fd = fd,
		.type = type,
		.addrlen = (int32_t)addrlen,
		.remote = remote,
		.via = call_via(),
		.compat = call_is_compat(),
		.count = 1,
		.proc = getpid(),
		.ns_pid = getpid(),
		.ns_tid = syscall(SYS_gettid),
		.ns_ppid = getppid(),
	};
}

/* Field 22 of proc(5)'s stat, in ns: what is behind the hundredths the kernel keeps to itself. */
static unsigned long long start_of(pid_t pid)
{
	char path[32], text[1024] = "", *at;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		text[0] = '\0';
	if (fd >= 0)
		close(fd);
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) * 10000000 : 0;
}

/* These are there with --identity only. */
static void want_who(struct line *line, const struct want *want)
{
	static const char *const spaces[] = {"mnt", "pid", "net", "user", "uts"};
	unsigned long long start = start_of(want->proc);
	char path[64];
	struct stat status;

	line_add(line, ",\"?ns_pid\":%d,\"?ns_tid\":%d,\"?ns_ppid\":%d", want->ns_pid, want->ns_tid, want->ns_ppid);
	if (start)
		line_add(line, ",\"?start_ns\":\"~%llu\"", start);
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", want->proc, spaces[i]);
		if (stat(path, &status) == 0)
			line_add(line, ",\"?%s_ns\":%llu", spaces[i], (unsigned long long)status.st_ino);
	}
}

static void want_identity(struct line *line, const struct want *want)
{
	if (want->pid)
		line_add(line, ",\"pid\":%d", want->pid);
	if (want->tid)
		line_add(line, ",\"tid\":%d", want->tid);
	/* The parent is read beside the event: it may be gone, and then it has to be absent. */
	if (want->pid && want->ppid)
		line_add(line, ",\"?ppid\":%d", want->ppid);
	if (want->uid >= 0)
		line_add(line, ",\"uid\":%lld", (long long)want->uid);
	if (want->gid >= 0)
		line_add(line, ",\"gid\":%lld", (long long)want->gid);
	if (want->comm)
		line_add(line, ",%s", want->comm);
}

/* null stands for "must be absent". */
void want_print(const struct want *want)
{
	struct line line;

	line_begin(&line);
	line_hooks(&line, want->hooks);
	line_add(&line, ",\"count\":%u,\"expect\":{\"event\":\"security_socket_connect\",\"sockfd\":%d", want->count,
		 want->fd);
	want_identity(&line, want);
	if (want->type)
		line_add(&line, ",\"type\":\"%s\"", type_name(want->type));
	line_add(&line, ",\"addrlen\":%lld", (long long)want->addrlen);
	if (want->remote)
		line_add(&line, ",\"remote_addr\":%s", want->remote);
	line_add(&line, ",\"via\":\"%s\"", want->via);
	if (want->compat >= 0)
		line_add(&line, ",\"compat\":%s", want->compat ? "true" : "null");
	if (want->proc)
		want_who(&line, want);
	line_add(&line, ",\"disconnect\":%s}", want->disconnect ? "true" : "null");
	line_write(&line);
}

void expect(int fd, int type, socklen_t addrlen, const char *remote, ...)
{
	struct want want;
	char text[2048];
	va_list args;

	va_start(args, remote);
	vsnprintf(text, sizeof(text), remote, args);
	va_end(args);
	want = want_of(fd, type, addrlen, text);
	want_print(&want);
}

void expect_none(int hooks, const char *members, ...)
{
	struct line line;
	char text[512];
	va_list args;

	va_start(args, members);
	vsnprintf(text, sizeof(text), members, args);
	va_end(args);
	line_begin(&line);
	line_hooks(&line, hooks);
	line_add(&line, ",\"absent\":{%s}", text);
	line_write(&line);
}

void skip(const char *reason, ...)
{
	struct line line;
	char text[256];
	va_list args;

	va_start(args, reason);
	vsnprintf(text, sizeof(text), reason, args);
	va_end(args);
	line_begin(&line);
	line_add(&line, ",\"skip\":\"%s\"", text);
	line_write(&line);
	_exit(0);
}
