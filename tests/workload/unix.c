/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UNIX sockets: the name is as long as the caller says, and holds whatever bytes it likes. */
#include "workload.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD sizeof(sa_family_t)

/* Connects to the given bytes of a name; member is what remote_addr says beside the family. */
static void connect_bytes(int type, int fd, const void *name, size_t len, const char *member)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	memcpy(to.sun_path, name, len);
	sock(AF_UNIX, type, 0, fd);
	expect(fd, type, HEAD + len, "{\"family\":\"AF_UNIX\"%s}", member);
	call_connect(fd, &to, HEAD + len);
}

static void connect_listening(int type, int fd, const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, type, 0);

	enter_scratch_dir();
	strcpy(to.sun_path, path);
	if (bind(server, (void *)&to, sizeof(to)))
		skip("bind");
	if (type != SOCK_DGRAM && listen(server, 1))
		skip("listen");
	sock(AF_UNIX, type, 0, fd);
	expect(fd, type, sizeof(to), "{\"family\":\"AF_UNIX\",\"path\":\"%s\"}", path);
	if (call_connect(fd, &to, sizeof(to)))
		perror("caller: connect to a listening UNIX socket");
}

static void unix_stream(void)
{
	connect_listening(SOCK_STREAM, 101, "stream.sock");
}

static void unix_dgram(void)
{
	connect_listening(SOCK_DGRAM, 102, "./dgram.sock");
}

static void unix_seqpacket(void)
{
	connect_listening(SOCK_SEQPACKET, 103, "seqpacket.sock");
}

static void unix_absolute(void)
{
	static const char path[] = "/run/no/such/socket";

	connect_bytes(SOCK_STREAM, 104, path, sizeof(path), ",\"path\":\"/run/no/such/socket\"");
}

/* The longest name leaves no room for a NUL. */
static void unix_full(void)
{
	char path[108], member[128];

	memset(path, 'f', sizeof(path));
	path[0] = '/';
	snprintf(member, sizeof(member), ",\"path\":\"%.108s\"", path);
	connect_bytes(SOCK_STREAM, 105, path, sizeof(path), member);
}

static void unix_no_nul(void)
{
	connect_bytes(SOCK_STREAM, 106, "cut-here-and-not-there", 8, ",\"path\":\"cut-here\"");
}

static void unix_garbage(void)
{
	static const char path[] = "before\0behind\xff\xfe";

	connect_bytes(SOCK_STREAM, 107, path, sizeof(path), ",\"path\":\"before\"");
}

/* Several invalid bytes may be shown as one sign or more, so that only the hex counts. */
static void unix_not_utf8(void)
{
	connect_bytes(SOCK_STREAM, 108, "/t/\xff\xc0\xaf\xed\xa0\x80z", 10,
		      ",\"path_hex\":\"2f742fffc0afeda0807a\",\"path\":\"*\"");
}

static void unix_utf8(void)
{
	connect_bytes(SOCK_STREAM, 109, "/t/\xc3\xa4\xf0\x9f\x90\xa7", 9, ",\"path\":\"/t/\\u00e4\\ud83d\\udc27\"");
}

/* What would forge a line or drive a terminal, C1 controls in UTF-8 included. */
static void unix_controls(void)
{
	connect_bytes(SOCK_STREAM, 110, "/t/\n\x1b[2J\x7f\xc2\x9b", 11,
		      ",\"path\":\"/t/\\u000a\\u001b[2J\\u007f\\u009b\""
		      ",\"path_hex\":\"2f742f0a1b5b324a7fc29b\"");
}

static void unix_quotes(void)
{
	connect_bytes(SOCK_STREAM, 111, "/t/\"\\ \t'", 8,
		      ",\"path\":\"/t/\\\"\\\\ \\u0009'\",\"path_hex\":\"2f742f225c200927\"");
}

static void unix_at(void)
{
	connect_bytes(SOCK_STREAM, 112, "@not-abstract", 14, ",\"path\":\"@not-abstract\"");
}

static void abstract_plain(void)
{
	connect_bytes(SOCK_STREAM, 113, "\0plain-name", 11, ",\"path\":\"plain-name\",\"abstract\":true");
}

static void abstract_dgram(void)
{
	connect_bytes(SOCK_DGRAM, 114, "\0dgram-name", 11, ",\"path\":\"dgram-name\",\"abstract\":true");
}

static void abstract_embedded_nul(void)
{
	connect_bytes(SOCK_STREAM, 115, "\0one\0two", 8,
		      ",\"path\":\"one\\u0000two\",\"abstract\":true,\"path_hex\":\"6f6e650074776f\"");
}

static void abstract_trailing_nuls(void)
{
	connect_bytes(SOCK_STREAM, 116, "\0tail\0\0\0", 8,
		      ",\"path\":\"tail\\u0000\\u0000\\u0000\",\"abstract\":true"
		      ",\"path_hex\":\"7461696c000000\"");
}

static void abstract_one_byte(void)
{
	connect_bytes(SOCK_STREAM, 117, "\0x", 2, ",\"path\":\"x\",\"abstract\":true");
}

/* Only the NUL: a name of no bytes, which is not the same as no name. */
static void abstract_empty(void)
{
	connect_bytes(SOCK_STREAM, 118, "\0", 1, ",\"path\":\"\",\"abstract\":true");
}

static void abstract_full(void)
{
	char name[108], member[160];

	memset(name, 'A', sizeof(name));
	snprintf(member, sizeof(member), ",\"path\":\"%.107s\",\"abstract\":true", name);
	name[0] = '\0';
	connect_bytes(SOCK_STREAM, 119, name, sizeof(name), member);
}

static void abstract_at(void)
{
	connect_bytes(SOCK_STREAM, 120, "\0@at\"", 5, ",\"path\":\"@at\\\"\",\"abstract\":true");
}

static void unix_unnamed(void)
{
	connect_bytes(SOCK_DGRAM, 121, "", 0, "");
}

const struct test_case unix_cases[] = {{"unix-stream", unix_stream},
				       {"unix-dgram", unix_dgram},
				       {"unix-seqpacket", unix_seqpacket},
				       {"unix-absolute", unix_absolute},
				       {"unix-108-bytes", unix_full},
				       {"unix-no-nul", unix_no_nul},
				       {"unix-garbage-after-nul", unix_garbage},
				       {"unix-not-utf8", unix_not_utf8},
				       {"unix-utf8", unix_utf8},
				       {"unix-controls", unix_controls},
				       {"unix-quotes", unix_quotes},
				       {"unix-at", unix_at},
				       {"abstract-plain", abstract_plain},
				       {"abstract-dgram", abstract_dgram},
				       {"abstract-embedded-nul", abstract_embedded_nul},
				       {"abstract-trailing-nuls", abstract_trailing_nuls},
				       {"abstract-one-byte", abstract_one_byte},
				       {"abstract-empty", abstract_empty},
				       {"abstract-108-bytes", abstract_full},
				       {"abstract-at", abstract_at},
				       {"unix-unnamed", unix_unnamed},
				       {NULL, NULL}};
