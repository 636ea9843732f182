// SPDX-License-Identifier: GPL-2.0-or-later
/* journald's own socket: each message a datagram of fields, https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. */
#include "peer.h"

#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/un.h>

#define SOCKET_PATH  "/run/systemd/journal/socket"
#define DELAY_MAX_MS 1000

/* An attempt brings all its fields along (journal_attempt); for any other line it is done here. */
static void journald_begin(struct sink *sink, const struct label *label)
{
	struct buffer *buf = &sink->buffer;

	if (label->attempt)
		return;
	put_text(buf, "PRIORITY=");
	put_unsigned(buf, (unsigned int)label->severity);
	put_text(buf, "\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=connsnoop\nMESSAGE=");
}

static size_t journald_end(struct sink *sink)
{
	(void)sink;
	return 0;
}

static int write_all(int fd, const struct piece *text)
{
	size_t done = 0;
	ssize_t wrote = 1;

	while (done < text->len && wrote > 0) {
		wrote = sys_write(fd, text->data + done, text->len - done);
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	if (done < text->len)
		return wrote < 0 ? (int)-wrote : EIO;
	return fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) ? errno : 0;
}

static int send_descriptor(struct sink *sink, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	const struct msghdr message = {.msg_control = &control, .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return peer_send(sink, &message);
}

/* What does not fit into a datagram goes as a sealed file. An error of the file's means never: EMSGSIZE. */
static int journald_send_long(struct sink *sink, const struct piece *text)
{
	int fd = sys_memfd_create("connsnoop", MFD_CLOEXEC | MFD_ALLOW_SEALING), errnum;

	if (fd < 0)
		return EMSGSIZE;
	errnum = write_all(fd, text) ? EMSGSIZE : send_descriptor(sink, fd);
	sys_close(fd);
	return errnum;
}

static const struct sink_ops journald_ops = {
	.write = peer_write,
	.reopen = peer_reopen,
	.explain = peer_explain,
	.wait_ms = peer_wait_ms,
	.close = peer_close,
	.advice = "see that systemd-journald runs and keeps up",
	.capacity = SINK_MESSAGES,
	.room = 2 * BUFFER_LINE_MAX + 4096,
	.begin = journald_begin,
	.end = journald_end,
};

int sink_open_journal(struct sink *sink, int stop_fd, struct error *err)
{
	static const struct sockaddr_un addr = {AF_UNIX, SOCKET_PATH};
	struct peer *peer;
	int errnum;

	if (peer_allocate(sink, &journald_ops, stop_fd, err))
		return -1;
	sink->name = SOCKET_PATH;
	peer = sink->peer;
	memcpy(&peer->addr, &addr, sizeof(addr));
	peer->addr_len = sizeof(addr);
	peer->delay_max_ms = DELAY_MAX_MS;
	peer->datagram_max = SIZE_MAX;
	peer->send_long = journald_send_long;
	errnum = peer_connect(sink);
	if (errnum)
		return error_set(
			err, STATUS_FAILURE,
			"connecting to %s: the kernel says %s; is systemd-journald running? --syslog is for other daemons",
			sink->name, ERRNO_NAME(errnum));
	return 0;
}
