// SPDX-License-Identifier: GPL-2.0-or-later
#include "peer.h"

#include "clock.h"
#include "sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/errqueue.h>
#include <linux/sockios.h>

#define MS		1000000ULL
#define DELAY_MIN_MS	100
#define WAIT_MS		100 /* for a peer that takes nothing */
#define FLUSH_MAX_MS	200
#define CONNECT_MAX_MS	10000
#define SILENCE_MAX_MS	30000 /* TCP: what is not acknowledged by then is lost */
#define PROBE_ANSWER_MS 200   /* a refusal comes by then or never */
#define TICK_MS		10    /* until a socket that was full is looked at again */
#define SETTLED_MS	1000  /* a stream that is closed sooner is no collector that was started anew */
#define BATCH		128

/* --- connecting --- */

static void set_retry(struct peer *peer, unsigned int ms)
{
	peer->retry = clock_monotonic() + ms * MS;
}

static void back_off(struct peer *peer, int errnum)
{
	peer->failure = errnum == EPIPE ? ECONNRESET : errnum;
	set_retry(peer, peer->delay_ms);
	peer->delay_ms *= 2;
	if (peer->delay_ms > peer->delay_max_ms)
		peer->delay_ms = peer->delay_max_ms;
}

static void hang_up(struct sink *sink)
{
	if (sink->fd >= 0)
		sys_close(sink->fd);
	sink->fd = -1;
	sink->peer->state = PEER_DOWN;
	sink->peer->sent = 0;
}

static int fail(struct sink *sink, int errnum)
{
	hang_up(sink);
	back_off(sink->peer, errnum);
	return errnum;
}

/* A stream takes what nobody reads: who accepts connections only to close them is not to be fed at full speed. */
static bool is_settled(const struct peer *peer)
{
	return peer->framing == FRAME_DATAGRAM || clock_monotonic() >= peer->since + SETTLED_MS * MS;
}

/*
 * It worked and now it does not: most likely it was started anew, so we connect at once and tell nobody, unless a stream
 * took bytes with it that were on their way.
 */
static int lose(struct sink *sink, int errnum)
{
	struct peer *peer = sink->peer;
	int queued = 0;

	if (peer->framing != FRAME_DATAGRAM && !ioctl(sink->fd, SIOCOUTQ, &queued) && queued > 0) {
		peer->in_flight += (uint64_t)queued;
		sink->untold |= UNTOLD_NEWS;
	}
	if (!peer->worked || !is_settled(peer))
		return fail(sink, errnum);
	hang_up(sink);
	peer->retry = 0;
	return 0;
}

static void set_option(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

/* An old kernel that lacks one of these does without. */
static void set_options(const struct peer *peer, int fd)
{
	if (peer->framing == FRAME_COUNT) {
		set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
		set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, SILENCE_MAX_MS);
	} else if (peer->make_probe) {
		set_option(fd, IPPROTO_IP, IP_RECVERR, 1);
		set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	}
}

static void set_up(struct peer *peer)
{
	peer->state = PEER_UP;
	peer->trust = PEER_TRUSTED;
	peer->worked = false;
	peer->since = clock_monotonic();
}

static int begin(struct sink *sink)
{
	struct peer *peer = sink->peer;
	int type = peer->framing == FRAME_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM, result;

	sink->fd = sys_socket(peer->addr.ss_family, type | SOCK_NONBLOCK, 0);
	if (sink->fd < 0)
		return fail(sink, -sink->fd);
	set_options(peer, sink->fd);
	result = sys_connect(sink->fd, (const struct sockaddr *)&peer->addr, peer->addr_len);
	if (result == -EINPROGRESS) {
		peer->state = PEER_CONNECTING;
		peer->deadline = clock_monotonic() + CONNECT_MAX_MS * MS;
		return EAGAIN;
	}
	if (result)
		return fail(sink, -result);
	set_up(peer);
	return 0;
}

static int end(struct sink *sink)
{
	struct pollfd fds = {.fd = sink->fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int errnum = 0;

	if (poll(&fds, 1, 0) <= 0)
		return clock_monotonic() < sink->peer->deadline ? EAGAIN : fail(sink, ETIMEDOUT);
	if (getsockopt(sink->fd, SOL_SOCKET, SO_ERROR, &errnum, &len) || errnum)
		return fail(sink, errnum ? errnum : errno);
	set_up(sink->peer);
	return 0;
}

int peer_connect(struct sink *sink)
{
	struct peer *peer = sink->peer;

	if (peer->state == PEER_CONNECTING)
		return end(sink);
	if (peer->state == PEER_UP)
		return 0;
	if (clock_monotonic() < peer->retry)
		return EAGAIN;
	return begin(sink);
}

/* --- UDP, where a refusal comes later or never --- */

/* An ICMP error brings the beginning of the message that it is about: enough to know an attempt by its severity. */
static bool take_refusal(struct sink *sink, int *errnum)
{
	char start[4], control[256];
	struct iovec iov = {start, sizeof(start)};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(sink->fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
	struct sock_extended_err error;

	if (got < 0)
		return false;
	for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
		if (part->cmsg_len < CMSG_LEN(sizeof(error)) ||
		    !((part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
		      (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR)))
			continue;
		memcpy(&error, CMSG_DATA(part), sizeof(error));
		if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6)
			continue;
		*errnum = (int)error.ee_errno;
		sink->dropped += got == sizeof(start) && !memcmp(start, SYSLOG_ATTEMPT, sizeof(start));
	}
	return true;
}

int peer_take_refusals(struct sink *sink)
{
	int errnum = 0;

	if (sink->peer->make_probe && sink->peer->state == PEER_UP) {
		while (take_refusal(sink, &errnum))
			;
	}
	if (errnum) {
		sink->peer->trust = PEER_REFUSED;
		back_off(sink->peer, errnum);
	}
	return errnum;
}

/* What was refused is gone, so the rest waits until something that nobody would miss is not refused. */
static bool probe(struct sink *sink)
{
	struct peer *peer = sink->peer;
	char text[512];
	struct iovec iov = {text, 0};
	const struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd fds = {.fd = sink->fd};

	if (peer->trust == PEER_PROBED && sink->hurry)
		poll(&fds, 1, PROBE_ANSWER_MS);
	else if (clock_monotonic() < peer->retry)
		return false;
	if (peer_take_refusals(sink))
		return false;
	if (peer->trust == PEER_PROBED) {
		peer->trust = PEER_TRUSTED;
		return true;
	}
	iov.iov_len = peer->make_probe(sink, text, sizeof(text));
	peer_send(sink, &message);
	peer->trust = PEER_PROBED;
	set_retry(peer, PROBE_ANSWER_MS);
	return sink->hurry;
}

/* --- sending --- */

/* A stream that was closed takes what is written to it, and loses it: ask first. */
static int check_stream(struct sink *sink)
{
	struct pollfd fds = {.fd = sink->fd, .events = POLLIN | POLLRDHUP};

	if (poll(&fds, 1, 0) > 0 && fds.revents & (POLLRDHUP | POLLHUP | POLLERR))
		return ECONNRESET;
	return 0;
}

int peer_send(struct sink *sink, const struct msghdr *message)
{
	ssize_t sent;

	do
		sent = sys_sendmsg(sink->fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (sent == -EINTR);
	return sent < 0 ? (int)-sent : 0;
}

static int send_stream(struct sink *sink, size_t *done)
{
	struct iovec iov[BATCH];
	struct msghdr message = {.msg_iov = iov};
	struct piece text;
	size_t at = *done, left;
	ssize_t sent;

	while (message.msg_iovlen < BATCH && message_next(sink, &at, &text))
		iov[message.msg_iovlen++] = (struct iovec){text.data, text.len};
	iov[0].iov_base = (char *)iov[0].iov_base + sink->peer->sent;
	iov[0].iov_len -= sink->peer->sent;
	sent = sys_sendmsg(sink->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0)
		return sent == -EINTR ? 0 : (int)-sent;
	left = (size_t)sent + sink->peer->sent;
	for (at = *done; message_next(sink, &at, &text) && left >= text.len; *done = at)
		left -= text.len;
	sink->peer->sent = left;
	return 0;
}

/* The first one alone, since it is too long to go as it is. */
static int send_long(struct sink *sink, size_t *done)
{
	struct piece text;
	size_t at = *done;
	int errnum;

	message_next(sink, &at, &text);
	errnum = sink->peer->send_long(sink, &text);
	if (errnum == EMSGSIZE)
		sink->dropped += text.attempt;
	if (!errnum || errnum == EMSGSIZE)
		*done = at;
	return errnum == EMSGSIZE ? 0 : errnum;
}

/*
 * As many as there are, by one call. It tells of an error of the first only; one that ends it early is met again by the
 * next call, except for those that came by ICMP, which it swallows.
 */
static int send_datagrams(struct sink *sink, size_t *done)
{
	struct mmsghdr messages[BATCH];
	struct iovec iov[BATCH];
	size_t ends[BATCH], at = *done;
	unsigned int count = 0;
	struct piece text;
	int sent;

	for (; count < BATCH && message_next(sink, &at, &text) && text.len <= sink->peer->datagram_max; count++) {
		iov[count] = (struct iovec){text.data, text.len};
		messages[count] = (struct mmsghdr){.msg_hdr = {.msg_iov = iov + count, .msg_iovlen = 1}};
		ends[count] = at;
	}
	if (!count)
		return send_long(sink, done);
	sent = sys_sendmmsg(sink->fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0)
		*done = ends[sent - 1];
	if (sent < (int)count && peer_take_refusals(sink))
		return EAGAIN;
	if (sent == -EMSGSIZE)
		return send_long(sink, done);
	return sent >= 0 || sent == -EINTR ? 0 : -sent;
}

static int ms_until(uint64_t until, uint64_t now)
{
	return until > now ? (int)((until - now) / MS) : 0;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

/*
 * Whether it takes more now. A peer that does not move is given up for this time after a moment, and one that moves
 * slowly after two, since there are rings to be read. Before the end, or when a signal waits for us, there are two
 * seconds in all.
 */
static bool wait_for(struct sink *sink)
{
	struct peer *peer = sink->peer;
	struct pollfd fds = {.fd = sink->fd, .events = POLLOUT}, stop = {.fd = sink->stop_fd, .events = POLLIN};
	uint64_t now = clock_monotonic();
	int timeout = sink->stuck ? 0 : smaller(WAIT_MS, ms_until(peer->flush_end, now));

	if (!sink->hurry && poll(&stop, 1, 0) <= 0)
		peer->end = 0;
	else if (!peer->end)
		peer->end = now + SINK_LAST_WAIT_MS * MS;
	if (sink->hurry)
		timeout = ms_until(peer->end, now);
	else if (peer->end)
		timeout = smaller(timeout, ms_until(peer->end, now));
	return poll(&fds, 1, timeout) > 0;
}

static int send_some(struct sink *sink, size_t *done)
{
	struct peer *peer = sink->peer;
	size_t before = *done, sent = peer->sent;
	int errnum = 0;

	if (peer->framing == FRAME_DATAGRAM)
		errnum = send_datagrams(sink, done);
	else if (*done == 0)
		errnum = check_stream(sink);
	if (peer->framing != FRAME_DATAGRAM && !errnum)
		errnum = send_stream(sink, done);
	if (*done == before && peer->sent == sent)
		return errnum;
	peer->worked = true;
	sink->stuck = false;
	if (peer->trust == PEER_TRUSTED && is_settled(peer)) {
		peer->failure = 0;
		peer->delay_ms = DELAY_MIN_MS;
	}
	return errnum;
}

/* One step towards an empty buffer; whether another is worth taking now. */
static bool step(struct sink *sink, size_t *done)
{
	struct peer *peer = sink->peer;
	int errnum;

	if (peer->state != PEER_UP) {
		errnum = peer_connect(sink);
		return !errnum || (peer->state == PEER_CONNECTING && sink->hurry && wait_for(sink));
	}
	if (peer->trust != PEER_TRUSTED)
		return probe(sink);
	errnum = send_some(sink, done);
	if (errnum == EAGAIN)
		return wait_for(sink);
	/* A device's queue, which no poll() tells of. */
	if (errnum == ENOBUFS || errnum == ENOMEM)
		return false;
	if (errnum)
		lose(sink, errnum);
	return true;
}

int peer_write(struct sink *sink)
{
	struct peer *peer = sink->peer;
	size_t done = 0;

	peer->flush_end = clock_monotonic() + FLUSH_MAX_MS * MS;
	/* Once, what would be tried later is tried now. */
	if (sink->hurry && !peer->hurried) {
		peer->hurried = true;
		peer->retry = 0;
	}
	while (done < sink->buffer.len && step(sink, &done))
		;
	sink_consume(sink, done);
	sink->stuck = sink->buffer.len > 0;
	if (peer->failure)
		return peer->failure;
	return sink->stuck ? EAGAIN : 0;
}

/* --- the rest --- */

/* What works is left alone; what does not is not waited with. */
int peer_reopen(struct sink *sink, struct error *err)
{
	(void)err;
	if (sink->peer->state == PEER_CONNECTING)
		hang_up(sink);
	sink->peer->delay_ms = DELAY_MIN_MS;
	sink->peer->retry = 0;
	sink_flush(sink);
	return 0;
}

void peer_explain(struct sink *sink, enum untold what, struct error *err)
{
	struct peer *peer = sink->peer;

	if (what == UNTOLD_NEWS)
		error_set(
			err, STATUS_FAILURE,
			"the connection to %s broke; up to %llu bytes that were on their way are lost; connecting again",
			sink->name, (unsigned long long)peer->in_flight);
	else
		error_set(
			err, STATUS_FAILURE,
			"sending to %s: the kernel says %s; %s; it is tried again, and events that do not fit into the buffer until then are counted as lost",
			sink->name, ERRNO_NAME(sink->failure), sink->ops->advice);
	if (what == UNTOLD_NEWS)
		peer->in_flight = 0;
}

int peer_wait_ms(const struct sink *sink)
{
	const struct peer *peer = sink->peer;
	uint64_t now = clock_monotonic();

	if (peer->state == PEER_CONNECTING || (peer->state == PEER_UP && peer->trust == PEER_TRUSTED))
		return TICK_MS;
	return now < peer->retry ? (int)((peer->retry - now) / MS) + 1 : 0;
}

void peer_close(struct sink *sink)
{
	if (!sink->peer)
		return;
	hang_up(sink);
	free(sink->peer);
	sink->peer = NULL;
}

int peer_allocate(struct sink *sink, const struct sink_ops *ops, int stop_fd, struct error *err)
{
	if (sink_allocate(sink, ops, stop_fd, err))
		return -1;
	sink->waits = true;
	sink->peer = calloc(1, sizeof(*sink->peer));
	if (!sink->peer)
		return error_set(err, STATUS_FAILURE, "opening the output: out of memory");
	sink->peer->delay_ms = DELAY_MIN_MS;
	return 0;
}
