// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Syslog. To collectors as RFC 5424 says. To /dev/log in the form of syslog(3), which is what listens there: rsyslog's
 * imuxsock takes the version of RFC 5424 for the program's name, and journald the header for text.
 */
#include "peer.h"

#include "clock.h"
#include "sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define DEV_LOG	      "/dev/log"
#define LOCAL_MAX_MS  1000
#define REMOTE_MAX_MS 10000
/* rsyslog's largest. RFC 5424 wants 2048 to be taken, and 480 at the least. */
#define LONGEST		8192
#define LONG_ENOUGH	2048
#define SHORTEST	480
#define COUNT_ROOM	8 /* "12345 " */
#define HOSTNAME_MAX	255
#define CONNECT_WAIT_MS 300

/* --- what is around a line --- */

static void put_stamp(struct buffer *buf, struct stamp *stamp, uint64_t time, bool local)
{
	uint64_t second = time / 1000000000;
	time_t t = (time_t)second;
	struct tm tm;

	if (second != stamp->second || !stamp->text[0]) {
		if (local)
			strftime(stamp->text, sizeof(stamp->text), "%b %e %H:%M:%S", localtime_r(&t, &tm));
		else
			strftime(stamp->text, sizeof(stamp->text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&t, &tm));
		stamp->second = second;
	}
	put_text(buf, stamp->text);
}

/* Facility 10, authpriv: what others may not read. */
static void put_header(struct peer *peer, struct buffer *buf, const struct label *label)
{
	uint64_t time = label->time ? label->time : clock_realtime();

	put_char(buf, '<');
	put_unsigned(buf, 10 * 8 + (unsigned int)label->severity);
	put_char(buf, '>');
	if (!peer->local_form)
		put_text(buf, "1 ");
	put_stamp(buf, &peer->stamp, time, peer->local_form);
	if (!peer->local_form) {
		put_char(buf, '.');
		put_digits(buf, time / 1000 % 1000000, 6);
		put_char(buf, 'Z');
	}
	put_text(buf, peer->identity);
	if (peer->local_form)
		return;
	put_text(buf, label->id ? label->id : "-");
	put_text(buf, " - ");
}

static void syslog_begin(struct sink *sink, const struct label *label)
{
	if (sink->peer->framing == FRAME_COUNT)
		sink->buffer.len += COUNT_ROOM;
	put_header(sink->peer, &sink->buffer, label);
}

static size_t syslog_end(struct sink *sink)
{
	size_t start = sink->peer->start + sizeof(struct message), count;
	struct buffer *buf = &sink->buffer, digits = {buf->data + start, 0, COUNT_ROOM};

	if (buf->data[buf->len - 1] == '\n')
		buf->len--;
	if (sink->peer->framing == FRAME_NUL)
		put_char(buf, '\0');
	if (sink->peer->framing != FRAME_COUNT)
		return 0;
	count = buf->len - start - COUNT_ROOM;
	put_unsigned(&digits, count);
	put_char(&digits, ' ');
	memmove(buf->data + start + COUNT_ROOM - digits.len, digits.data, digits.len);
	return COUNT_ROOM - digits.len;
}

static size_t make_probe(struct sink *sink, char *text, size_t size)
{
	const struct label label = {.id = "gap", .severity = 4};
	struct buffer buf = {text, 0, size};

	put_header(sink->peer, &buf, &label);
	put_text(&buf, "messages to this address were refused; attempts that did not get through so far: ");
	put_unsigned(&buf, sink->dropped);
	return buf.len;
}

/* --- messages that are too long --- */

/* Where the message proper begins: behind the seventh space, or behind "connsnoop[PID]: ". */
static size_t header_length(const struct peer *peer, const struct piece *text)
{
	size_t at = 0;

	if (peer->local_form)
		return strlen(SYSLOG_ATTEMPT) + strlen(peer->stamp.text) + strlen(peer->identity);
	for (int spaces = 0; spaces < 7; at++)
		spaces += text->data[at] == ' ';
	return at;
}

/* The beginning of it, between two characters, and an element that says how many bytes are missing. */
static void shorten(const struct peer *peer, const struct piece *text, size_t most, struct buffer *buf)
{
	size_t header = header_length(peer, text), keep;
	char element[64];
	int len = snprintf(element, sizeof(element), "[connsnoop@32473 cut=\"%zu\"]", text->len);

	keep = most - header - (size_t)len - 1;
	while (keep && (text->data[header + keep] & 0xc0) == 0x80)
		keep--;
	snprintf(element, sizeof(element), "[connsnoop@32473 cut=\"%zu\"]", text->len - header - keep);
	buf->len = 0;
	put_bytes(buf, text->data, peer->local_form ? header + keep : header - 2);
	if (peer->local_form)
		put_char(buf, ' ');
	put_text(buf, element);
	if (peer->local_form)
		return;
	put_char(buf, ' ');
	put_bytes(buf, text->data + header, keep);
}

static int syslog_send_long(struct sink *sink, const struct piece *text)
{
	static const size_t sizes[] = {LONGEST, LONG_ENOUGH, SHORTEST};
	char data[LONGEST];
	struct buffer buf = {data, 0, sizeof(data)};
	int errnum = EMSGSIZE;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && errnum == EMSGSIZE; i++) {
		struct iovec iov = {data, 0};
		const struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

		if (text->len <= sizes[i])
			continue;
		shorten(sink->peer, text, sizes[i], &buf);
		iov.iov_len = buf.len;
		errnum = peer_send(sink, &message);
	}
	return errnum;
}

/* --- opening --- */

/* Printable ASCII without spaces, as RFC 5424 wants it; "-" where there is none. */
static void set_identity(struct peer *peer)
{
	struct utsname name;
	char *host = sys_uname(&name) || !name.nodename[0] ? strcpy(name.nodename, "-") : name.nodename;

	for (char *c = host; *c; c++) {
		if (*c <= ' ' || *c > '~')
			*c = '?';
	}
	if (peer->local_form)
		snprintf(peer->identity, sizeof(peer->identity), " connsnoop[%d]: ", (int)getpid());
	else
		snprintf(peer->identity, sizeof(peer->identity), " %.*s connsnoop %d ", HOSTNAME_MAX, host,
			 (int)getpid());
}

static bool parse_port(const char *text, in_port_t *port)
{
	unsigned int value = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || value > 65535)
			return false;
		value = value * 10 + (unsigned int)(*c - '0');
	}
	*port = htons((uint16_t)value);
	return value >= 1 && value <= 65535;
}

static bool parse_inet6(struct sockaddr_in6 *addr, char *host)
{
	char *scope = strchr(host, '%');

	addr->sin6_family = AF_INET6;
	if (scope) {
		*scope++ = '\0';
		addr->sin6_scope_id = if_nametoindex(scope);
		if (!addr->sin6_scope_id)
			return false;
	}
	return inet_pton(AF_INET6, host, &addr->sin6_addr) == 1;
}

/* "1.2.3.4:514", "[2001:db8::1]:514", "[fe80::1%eth0]:514". Names would need a resolver, and it the network. */
static bool parse_address(struct peer *peer, const char *text)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&peer->addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&peer->addr;
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char host[INET6_ADDRSTRLEN + IFNAMSIZ + 4];

	if (!colon || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		peer->addr_len = sizeof(*in6);
		return parse_inet6(in6, host + 1) && parse_port(colon + 1, &in6->sin6_port);
	}
	in->sin_family = AF_INET;
	peer->addr_len = sizeof(*in);
	return inet_pton(AF_INET, host, &in->sin_addr) == 1 && parse_port(colon + 1, &in->sin_port);
}

static bool set_path(struct peer *peer, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&peer->addr;
	size_t len = strlen(path);

	if (!len || len >= sizeof(un->sun_path))
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, len + 1);
	peer->addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	peer->delay_max_ms = LOCAL_MAX_MS;
	return true;
}

static int set_address(struct sink *sink, const char *address, struct error *err)
{
	struct peer *peer = sink->peer;

	sink->name = *address ? address : DEV_LOG;
	peer->delay_max_ms = REMOTE_MAX_MS;
	peer->datagram_max = LONGEST;
	peer->send_long = syslog_send_long;
	peer->local_form = !*address;
	if (peer->local_form)
		return set_path(peer, DEV_LOG) ? 0 : -1;
	if (!strncmp(address, "unix:", 5) && set_path(peer, address + 5))
		return 0;
	if (!strncmp(address, "udp:", 4) && parse_address(peer, address + 4)) {
		peer->make_probe = make_probe;
		return 0;
	}
	if (!strncmp(address, "tcp:", 4) && parse_address(peer, address + 4)) {
		peer->framing = FRAME_COUNT;
		return 0;
	}
	return error_set(
		err, STATUS_USAGE,
		"--syslog takes udp:HOST:PORT, tcp:HOST:PORT or unix:PATH, where HOST is an address (IPv6 in brackets), not \"%s\"",
		address);
}

/* A socket of this machine that is not there will hardly come; a collector elsewhere may be down just now. */
static int connect_first(struct sink *sink, struct error *err)
{
	struct peer *peer = sink->peer;
	struct pollfd fds = {.events = POLLOUT};
	int errnum = peer_connect(sink);

	if (peer->addr.ss_family == AF_UNIX) {
		if (errnum == EPROTOTYPE) {
			peer->framing = FRAME_NUL;
			peer->failure = 0;
			peer->retry = 0;
			errnum = peer_connect(sink);
		}
		return errnum ? error_set(
					err, STATUS_FAILURE,
					"connecting to %s: the kernel says %s; is a syslog daemon running that listens there?",
					sink->name, ERRNO_NAME(errnum))
			      : 0;
	}
	if (errnum == EAGAIN) {
		/* Most connect or refuse at once, and the user hears of it before the first event. */
		fds.fd = sink->fd;
		poll(&fds, 1, CONNECT_WAIT_MS);
		peer_connect(sink);
	}
	sink->failure = peer->failure;
	if (peer->failure)
		sink->untold |= UNTOLD_FAILURE;
	return 0;
}

static const struct sink_ops syslog_ops = {
	.write = peer_write,
	.reopen = peer_reopen,
	.explain = peer_explain,
	.wait_ms = peer_wait_ms,
	.close = peer_close,
	.advice = "see that a syslog daemon listens there and keeps up",
	.capacity = SINK_MESSAGES,
	.room = BUFFER_LINE_MAX + 512,
	.begin = syslog_begin,
	.end = syslog_end,
};

int sink_open_syslog(struct sink *sink, const char *address, int stop_fd, struct error *err)
{
	if (peer_allocate(sink, &syslog_ops, stop_fd, err) || set_address(sink, address, err))
		return -1;
	set_identity(sink->peer);
	return connect_first(sink, err);
}
