// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/sink/: syslog over every transport, with a receiver that is slow, gone, back, or was never there. */
#include "test.h"

#include "clock.h"
#include "model.h"
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVENT_TIME (1795000000ULL * 1000000000 + 123456789) /* 2026-11-18T11:06:40.123456789Z */

static char folder[] = "/tmp/connsnoop-syslog-XXXXXX", path[64], address[96];
static struct sink sink;
static struct error err;
static int receiver = -1, next_line;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_sockets = true;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/log", folder);
	snprintf(address, sizeof(address), "unix:%s", path);
	signal(SIGPIPE, SIG_IGN);
	next_line = 0;
	return 0;
}

static void hang_up(void)
{
	if (receiver >= 0)
		close(receiver);
	receiver = -1;
}

static int end(void **state)
{
	(void)state;
	sink_close(&sink);
	hang_up();
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

/* --- receivers --- */

static void listen_unix(int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	unlink(path);
	strcpy(un.sun_path, path);
	receiver = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&un, sizeof(un)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(receiver, 5), 0);
}

/* On `port`, or on any and then it is told. */
static int bind_inet(int family, int type, in_port_t port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in in = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
	struct sockaddr *addr = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);

	receiver = socket(family, type | SOCK_NONBLOCK, 0);
	setsockopt(receiver, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	assert_int_equal(bind(receiver, addr, len), 0);
	assert_int_equal(getsockname(receiver, addr, &len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(receiver, 5), 0);
	port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	snprintf(address, sizeof(address), family == AF_INET ? "%s:127.0.0.1:%d" : "%s:[::1]:%d",
		 type == SOCK_STREAM ? "tcp" : "udp", port);
	return port;
}

static void accept_stream(void)
{
	int fd;

	poll(&(struct pollfd){.fd = receiver, .events = POLLIN}, 1, 1000);
	fd = accept4(receiver, NULL, NULL, SOCK_NONBLOCK);
	assert_true(fd >= 0);
	close(receiver);
	receiver = fd;
}

/* What has come, NUL-terminated; -1: nothing (more). */
static ssize_t receive(char *text, size_t size)
{
	ssize_t got = recv(receiver, text, size - 1, MSG_DONTWAIT);

	if (got >= 0)
		text[got] = '\0';
	return got;
}

/* --- what is sent --- */

static void open_sink(void)
{
	if (sink_open_syslog(&sink, address, -1, &err))
		fail_msg("%s", err.text);
}

static bool put_text_line(const char *text)
{
	const struct label label = {"connect", 6, true, EVENT_TIME};

	if (!sink_reserve_as(&sink, &label))
		return false;
	put_text(&sink.buffer, text);
	put_char(&sink.buffer, '\n');
	return true;
}

static int put_lines(int count)
{
	char line[64];
	int put = 0;

	for (; count; count--) {
		snprintf(line, sizeof(line), "line %d of some length", next_line++);
		put += put_text_line(line);
	}
	return put;
}

/* Up to a second, until all was handed over. */
static bool flush_all(void)
{
	uint64_t late = clock_monotonic() + 1500000000;

	while (clock_monotonic() < late) {
		sink_flush(&sink);
		if (!sink.buffer.len)
			return true;
		usleep(5000);
	}
	return false;
}

/* "<86>1 2026-11-18T11:06:40.123456Z HOST connsnoop PID connect - ": what is behind it. */
static const char *behind_header(const char *text)
{
	char want[128];

	snprintf(want, sizeof(want), "<86>1 2026-11-18T11:06:40.123456Z - connsnoop %d connect - ", (int)getpid());
	if (strncmp(text, want, strlen(want)) != 0)
		print_error("wanted %s\ngot %s\n", want, text);
	assert_int_equal(strncmp(text, want, strlen(want)), 0);
	return text + strlen(want);
}

static int line_number(const char *line)
{
	int number = -1, used = 0;

	assert_int_equal(sscanf(line, "line %d of some length%n", &number, &used), 1);
	assert_int_equal(used, strlen(line));
	return number;
}

/* Reads datagrams until none is there: lines from *next on, in order; gaps are counted. Returns how many there were. */
static int receive_lines(int *next, int *gaps)
{
	char text[512];
	int count = 0;

	for (; receive(text, sizeof(text)) >= 0; count++) {
		int number;

		if (strstr(text, " gap - ")) { /* the probe */
			count--;
			continue;
		}
		number = line_number(behind_header(text));
		assert_true(number >= *next);
		if (gaps)
			*gaps += number - *next;
		else
			assert_int_equal(number, *next);
		*next = number + 1;
	}
	return count;
}

/* The same for a stream whose messages are counted. `text` collects what was read; an unfinished message stays in it. */
static int receive_counted(char *text, size_t size, int *next)
{
	size_t len = strlen(text);
	char *at = text, *space, line[512];
	ssize_t got;
	int count = 0;

	while ((got = receive(text + len, size - len)) > 0)
		len += (size_t)got;
	for (; at < text + len; count++) {
		size_t octets = strtoul(at, &space, 10);

		if (space + 1 + octets > text + len)
			break;
		assert_true(*at >= '1' && *at <= '9' && *space == ' ' && octets < sizeof(line));
		memcpy(line, space + 1, octets);
		line[octets] = '\0';
		assert_int_equal(line_number(behind_header(line)), (*next)++);
		at = space + 1 + octets;
	}
	memmove(text, at, strlen(at) + 1);
	return count;
}

static struct {
	char text[4 << 20];
	size_t len;
} heard;

/* Collects datagrams, each with a NUL behind it, until nothing comes for a while. */
static void *hear(void *unused)
{
	heard.len = 0;
	while (poll(&(struct pollfd){.fd = receiver, .events = POLLIN}, 1, 300) > 0) {
		ssize_t got = receive(heard.text + heard.len, 512);

		heard.len += got >= 0 ? (size_t)got + 1 : 0;
	}
	return unused;
}

/* Somebody reads while we write all that there is; lines from *next on, in order. Returns how many came. */
static int receive_meanwhile(int *next)
{
	pthread_t thread;
	int first = *next;

	assert_int_equal(pthread_create(&thread, NULL, hear, NULL), 0);
	while (sink.buffer.len) {
		assert_true(sink_flush(&sink));
		usleep(1000);
	}
	pthread_join(thread, NULL);
	for (const char *at = heard.text; at < heard.text + heard.len; at += strlen(at) + 1)
		assert_int_equal(line_number(behind_header(at)), (*next)++);
	return *next - first;
}

/* --- tests --- */

/* /dev/log is this test's socket. */
static void open_local(void)
{
	model.daemon = path;
	assert_int_equal(sink_open_syslog(&sink, "", -1, &err), 0);
	assert_string_equal(((struct sockaddr_un *)&sink.peer->addr)->sun_path, "/dev/log");
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {
		"udp",
		"udp:",
		"udp:1.2.3.4",
		"udp:1.2.3.4:",
		"udp:1.2.3.4:0",
		"udp:1.2.3.4:65536",
		"udp:1.2.3.4:x",
		"udp:1.2.3.4:-1",
		"udp:1.2.3:514",
		"udp:localhost:514",
		"udp:::1:514",
		"udp:[::1]",
		"udp:[::1]514",
		"udp:[1.2.3.4]:514",
		"udp:[::1:514",
		"udp:[::1%nosuch]:51",
		"tcp:::1:514",
		"tls:1.2.3.4:6514",
		"1.2.3.4:514",
		"/dev/log",
		"unix:",
		"udp:[]:514",
		"tcp::514",
		"udp:[:514",
		"udp:1.2.3.4:99999999999",
	};
	char too_long[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!sink_open_syslog(&sink, bad[i], -1, &err))
			fail_msg("%s is taken", bad[i]);
		assert_sentence(&err, STATUS_USAGE, bad[i]);
		sink_close(&sink);
	}
	snprintf(too_long, sizeof(too_long), "unix:%0120d", 1);
	assert_int_equal(sink_open_syslog(&sink, too_long, -1, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "unix:PATH");
	sink_close(&sink);
	/* With a scope, which is an interface's name. */
	assert_int_equal(sink_open_syslog(&sink, "udp:[fe80::1%lo]:514", -1, &err), 0);
	assert_int_equal(((struct sockaddr_in6 *)&sink.peer->addr)->sin6_scope_id, 1);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	model.daemon = path;
	assert_int_equal(sink_open_syslog(&sink, "", -1, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "/dev/log: the kernel says ENOENT");
	sink_close(&sink);
	model.daemon = NULL;
	assert_int_equal(sink_open_syslog(&sink, address, -1, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "ENOENT");
	assert_non_null(strstr(err.text, path));
}

static void test_datagrams(void **state)
{
	int next = 0;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	assert_true(sink_takes_messages(&sink));
	assert_int_equal(sink_wait_ms(&sink), -1);
	put_lines(3);
	assert_int_equal(receive_lines(&next, NULL), 0); /* not before the flush */
	assert_true(sink_flush(&sink));
	assert_int_equal(receive_lines(&next, NULL), 3);
	assert_int_equal(sink_wait_ms(&sink), -1);
	put_lines(1);
	sink_close(&sink);
	assert_int_equal(receive_lines(&next, NULL), 1);
}

/* What a line is shows in severity and message id; without a label it is a notice, of now; of nothing comes nothing. */
static void test_labels(void **state)
{
	const struct label lost = {.id = "lost", .severity = 4, .time = EVENT_TIME};
	char text[512];

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	assert_true(sink_reserve_as(&sink, &lost));
	put_text(&sink.buffer, "some\n");
	assert_true(sink_reserve(&sink));
	put_text(&sink.buffer, "any");
	assert_true(sink_reserve(&sink));
	assert_true(sink_flush(&sink));
	assert_true(receive(text, sizeof(text)) > 0);
	assert_int_equal(strncmp(text, "<84>1 2026-11-18T11:06:40.123456Z - connsnoop ", 46), 0);
	assert_string_equal(strstr(text, " lost "), " lost - some");
	assert_true(receive(text, sizeof(text)) > 0);
	assert_int_equal(strncmp(text, "<85>1 20", 8), 0);
	assert_string_equal(text + strlen(text) - 8, " - - any");
	assert_int_equal(receive(text, sizeof(text)), -1);
}

static void test_udp(int family)
{
	int next = 0;

	bind_inet(family, SOCK_DGRAM, 0);
	open_sink();
	put_lines(200);
	assert_true(sink_flush(&sink));
	/* A socket's buffer may be smaller than that, but then the rest was not sent without a word. */
	assert_int_equal(receive_lines(&next, NULL), 200);
	assert_int_equal(sink.dropped, 0);
}

static void test_udp4(void **state)
{
	(void)state;
	test_udp(AF_INET);
}

static void test_udp6(void **state)
{
	(void)state;
	test_udp(AF_INET6);
}

static void test_tcp(int family)
{
	static char text[1 << 20];
	int next = 0;

	text[0] = '\0';
	bind_inet(family, SOCK_STREAM, 0);
	open_sink();
	accept_stream();
	/* Torn in all places: in the count, the header, the line; several messages and a half. */
	for (int i = 1; i < 60; i++)
		model_write_next(i % 7 ? i * 3 : -EAGAIN);
	model_write_next(-EINTR);
	put_lines(400);
	assert_true(flush_all());
	assert_int_equal(receive_counted(text, sizeof(text), &next), 400);
	assert_string_equal(text, "");
}

static void test_tcp4(void **state)
{
	(void)state;
	test_tcp(AF_INET);
}

static void test_tcp6(void **state)
{
	(void)state;
	test_tcp(AF_INET6);
}

/* A socket for streams: a NUL ends a message. */
static void test_unix_stream(void **state)
{
	char text[512];

	(void)state;
	listen_unix(SOCK_STREAM);
	open_sink();
	accept_stream();
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_true(receive(text, sizeof(text)) > 0);
	assert_int_equal(line_number(behind_header(text)), 0);
	assert_int_equal(line_number(behind_header(text + strlen(text) + 1)), 1);
}

static void test_local_stream(void **state)
{
	char text[512];
	ssize_t got;

	(void)state;
	listen_unix(SOCK_STREAM);
	open_local();
	accept_stream();
	put_text_line("{}");
	assert_true(sink_flush(&sink));
	got = receive(text, sizeof(text));
	assert_int_equal(got, strlen(text) + 1);
	assert_string_equal(text + strlen(text) - 4, ": {}");
}

/* What syslog(3) would write: local time to the second, no host, nothing structured. */
static void test_local_form(void **state)
{
	char text[512], want[128];

	(void)state;
	setenv("TZ", "XYZ-1", 1);
	tzset();
	listen_unix(SOCK_DGRAM);
	open_local();
	put_text_line("{\"a\":1}");
	assert_true(sink_flush(&sink));
	assert_true(receive(text, sizeof(text)) > 0);
	snprintf(want, sizeof(want), "<86>Nov 18 12:06:40 connsnoop[%d]: {\"a\":1}", (int)getpid());
	assert_string_equal(text, want);
}

/* The bytes behind the header of what arrives of a line of `len` times "é", and what the element says is missing. */
static size_t cut_of(size_t pairs, size_t limit, bool local)
{
	static char line[64 * 1024], text[64 * 1024];
	size_t missing = 0, len;
	const char *body;
	int used = 0;

	for (size_t i = 0; i < pairs; i++)
		memcpy(line + 2 * i, "\xc3\xa9", 2);
	line[2 * pairs] = '\0';
	sink.buffer.len = 0;
	put_text_line(line);
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.dropped, 0);
	len = (size_t)receive(text, sizeof(text));
	assert_true(len <= limit && len > limit - 60);
	if (local) {
		body = strchr(text, '[') + 1;
		body = strstr(body, "]: ") + 3;
		assert_int_equal(sscanf(strstr(body, " ["), " [connsnoop@32473 cut=\"%zu\"]%n", &missing, &used), 1);
		assert_int_equal(strlen(strstr(body, " [")), used);
		*strstr(text, " [connsnoop@") = '\0';
	} else {
		assert_int_equal(sscanf(strstr(text, " connect ["), " connect [connsnoop@32473 cut=\"%zu\"] %n",
					&missing, &used),
				 1);
		body = strstr(text, " connect [") + used;
	}
	assert_int_equal(strlen(body) % 2, 0); /* between two characters */
	assert_int_equal(strncmp(body, line, strlen(body)), 0);
	assert_int_equal(strlen(body) + missing, 2 * pairs);
	return len;
}

static void test_cut(void **state)
{
	char text[16384], whole[8193];
	size_t header;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	for (size_t pairs = 4096; pairs < 4106; pairs++)
		cut_of(pairs, 8192, false);
	/* One of exactly the longest size is whole. */
	put_text_line("");
	assert_true(sink_flush(&sink));
	header = (size_t)receive(text, sizeof(text));
	memset(whole, 'x', sizeof(whole));
	whole[8192 - header] = '\0';
	put_text_line(whole);
	assert_true(sink_flush(&sink));
	assert_int_equal(receive(text, sizeof(text)), 8192);
	assert_string_equal(behind_header(text), whole);
	/* Smaller where the way is narrow: what receivers should take, then what they have to. */
	model_write_next(-EMSGSIZE); /* of several */
	model_write_next(-EMSGSIZE); /* cut to 2048 */
	cut_of(2000, 480, false);
	model_write_next(-EMSGSIZE);
	cut_of(2000, 2048, false);
}

static void test_cut_in_local_form(void **state)
{
	(void)state;
	listen_unix(SOCK_DGRAM);
	open_local();
	for (size_t pairs = 4096; pairs < 4106; pairs++)
		cut_of(pairs, 8192, true);
}

/* Too long for the kernel, however short: counted, and not in the way of the others. */
static void test_never(void **state)
{
	int next = 1;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	put_lines(3);
	model_write_next(-EMSGSIZE);
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.dropped, 1);
	assert_int_equal(receive_lines(&next, NULL), 2);
}

/* A receiver with a short queue that does not read keeps us for a moment only, and once; nothing is lost. */
static void test_slow_receiver(void **state)
{
	int next = 0, put;
	uint64_t before;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	put = put_lines(1000);
	before = clock_monotonic();
	assert_true(sink_flush(&sink));
	/* Not for ever; a busy machine may take its time. */
	assert_in_range(clock_monotonic() - before, 50000000, 10000000000);
	assert_true(sink.stuck && sink.buffer.len);
	assert_in_range(sink_wait_ms(&sink), 0, 50);
	before = clock_monotonic();
	assert_true(sink_flush(&sink));
	put += put_lines(20000);
	/* Had each line waited, it were an hour. */
	assert_true(clock_monotonic() - before < 30000000000);
	assert_true(put < next_line);
	assert_int_equal(sink.dropped, next_line - put);
	assert_int_equal(receive_meanwhile(&next), put);
	assert_int_equal(sink.failure, 0);
}

static void test_slow_stream(void **state)
{
	static char text[8 << 20];
	int next = 0, put = 0, count = 0;

	(void)state;
	text[0] = '\0';
	bind_inet(AF_INET, SOCK_STREAM, 0);
	open_sink();
	accept_stream();
	for (int i = 0; i < 200; i++) {
		put += put_lines(500);
		sink_flush(&sink);
	}
	assert_true(sink.stuck);
	assert_int_equal(sink.dropped, next_line - put);
	assert_true(put < next_line);
	for (int i = 0; i < 20000 && (sink.buffer.len || i < 3); i++) {
		usleep(1000);
		count += receive_counted(text, sizeof(text), &next);
		sink_flush(&sink);
	}
	for (int i = 0; i < 20000 && count < put; i++) {
		usleep(1000);
		count += receive_counted(text, sizeof(text), &next);
	}
	assert_int_equal(count, put);
	assert_string_equal(text, "");
}

/* The daemon is started anew between two lines: nobody notices. */
static void test_daemon_restarted(void **state)
{
	int next = 0;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(receive_lines(&next, NULL), 2);
	hang_up();
	listen_unix(SOCK_DGRAM);
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(receive_lines(&next, NULL), 2);
	assert_int_equal(sink.dropped, 0);
}

/* It is away for a while: told once, kept, and handed over when it is back. */
static void test_daemon_away(void **state)
{
	struct error told;
	int next = 0;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(receive_lines(&next, NULL), 2);
	hang_up();
	put_lines(3);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, ECONNREFUSED);
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "ECONNREFUSED");
	assert_non_null(strstr(told.text, path));
	for (int i = 0; i < 3; i++) {
		put_lines(1);
		assert_true(sink_flush(&sink));
		assert_in_range(sink_wait_ms(&sink), 0, 1001);
		usleep(100000);
	}
	assert_false(sink_explain(&sink, &told));
	listen_unix(SOCK_DGRAM);
	assert_true(flush_all());
	assert_int_equal(sink.failure, 0);
	assert_int_equal(receive_lines(&next, NULL), 6);
	assert_int_equal(sink.dropped, 0);
	/* Another time is another time. */
	hang_up();
	unlink(path);
	put_lines(1);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, ENOENT);
}

/* SIGHUP does not wait for the next attempt's turn. */
static void test_sighup(void **state)
{
	int next = 0;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	hang_up();
	put_lines(1);
	for (int i = 0; i < 4; i++) {
		sink_flush(&sink);
		usleep(110000);
	}
	listen_unix(SOCK_DGRAM);
	assert_int_equal(sink_reopen(&sink, &err), 0);
	assert_int_equal(receive_lines(&next, NULL), 1);
}

/* Away for so long that the buffer is full: what came later is counted, to the line. */
static void test_away_for_long(void **state)
{
	int next = 0, put;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	hang_up();
	put = put_lines(20000);
	assert_true(put > 1000 && put < 20000);
	assert_int_equal(sink.dropped, 20000 - put);
	listen_unix(SOCK_DGRAM);
	assert_int_equal(receive_meanwhile(&next), put);
	assert_int_equal(sink_forget_messages(&sink), 0);
}

/* Never back: what is left at the end is counted, attempts only. */
static void test_never_back(void **state)
{
	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	hang_up();
	put_lines(7);
	assert_true(sink_reserve(&sink));
	put_text(&sink.buffer, "a summary\n");
	sink.hurry = true;
	sink_flush(&sink);
	assert_int_equal(sink_forget_messages(&sink), 7);
	assert_int_equal(sink.buffer.len, 0);
}

/* One that reads one line in 20 ms makes progress for ever; who has rings to read does not wait that long. */
static void test_slow_but_steady_receiver(void **state)
{
	pid_t child;
	uint64_t before;
	char text[512];
	int put;

	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	put = put_lines(1000);
	child = fork();
	if (child == 0) {
		for (;;) {
			recv(receiver, text, sizeof(text), MSG_DONTWAIT);
			usleep(20000);
		}
	}
	before = clock_monotonic();
	sink_flush(&sink);
	assert_true(clock_monotonic() - before < 600000000);
	assert_true(sink.stuck);
	sink.hurry = true;
	sink_flush(&sink);
	sink_flush(&sink);
	assert_in_range(clock_monotonic() - before, 1900000000, 20000000000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_in_range(sink_forget_messages(&sink), put / 2, put - 60);
}

/* A signal waits to be read: then all flushes together have two seconds. */
static void test_signal_with_a_slow_receiver(void **state)
{
	int stop[2];
	uint64_t before;

	(void)state;
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	listen_unix(SOCK_DGRAM);
	open_sink();
	sink.stop_fd = stop[0];
	put_lines(1000);
	before = clock_monotonic();
	sink.peer->end = before + 300000000; /* of the two seconds most are over */
	for (int i = 0; i < 100; i++) {
		sink.stuck = false; /* as if there had been progress */
		sink_flush(&sink);
	}
	assert_in_range(clock_monotonic() - before, 250000000, 20000000000);
	close(stop[0]);
	close(stop[1]);
}

/* UDP: what was refused is known, one by one; then it waits until something else is not refused. */
static void test_udp_refused(void **state)
{
	int port = bind_inet(AF_INET, SOCK_DGRAM, 0), next = 0, gaps = 0, got;
	struct error told;

	(void)state;
	open_sink();
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(receive_lines(&next, NULL), 2);
	hang_up();
	put_lines(5);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, ECONNREFUSED);
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "ECONNREFUSED");
	assert_int_equal(sink.dropped, 1);
	for (int i = 0; i < 6; i++) {
		put_lines(1);
		sink_flush(&sink);
		usleep(100000);
	}
	assert_int_equal(sink.dropped, 1); /* only probes were refused since */
	bind_inet(AF_INET, SOCK_DGRAM, (in_port_t)port);
	assert_true(flush_all());
	got = receive_lines(&next, &gaps);
	assert_int_equal(gaps, 1);
	assert_int_equal(got, next_line - 2 - 1);
	assert_int_equal(sink.dropped, 1);
	assert_int_equal(sink.failure, 0);
}

/* The last message: nothing comes after it that would bring the refusal. */
static void test_udp_refused_at_the_end(void **state)
{
	(void)state;
	bind_inet(AF_INET6, SOCK_DGRAM, 0);
	open_sink();
	hang_up();
	put_lines(1);
	sink.hurry = true;
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.dropped, 0);
	assert_int_equal(sink_forget_messages(&sink), 0);
	assert_int_equal(sink.dropped, 1);
}

/* Notes are no attempts. */
static void test_udp_refused_notes(void **state)
{
	(void)state;
	bind_inet(AF_INET, SOCK_DGRAM, 0);
	open_sink();
	hang_up();
	assert_true(sink_reserve(&sink));
	put_text(&sink.buffer, "a summary\n");
	assert_true(sink_flush(&sink));
	sink_forget_messages(&sink);
	assert_int_equal(sink.dropped, 0);
}

static void test_udp_no_route(void **state)
{
	struct error told;

	(void)state;
	strcpy(address, "udp:255.255.255.255:514"); /* EACCES, without SO_BROADCAST */
	open_sink();
	assert_int_equal(sink.failure, EACCES);
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "EACCES");
}

/* A collector that starts after us. */
static void test_tcp_starts_later(void **state)
{
	int port = bind_inet(AF_INET, SOCK_STREAM, 0), next = 0;
	static char text[1 << 16];
	struct error told;

	(void)state;
	text[0] = '\0';
	hang_up();
	open_sink();
	assert_int_equal(sink.failure, ECONNREFUSED);
	assert_true(sink_explain(&sink, &told)); /* at once, before anything is to be sent */
	assert_sentence(&told, STATUS_FAILURE, "ECONNREFUSED");
	put_lines(10);
	assert_true(sink_flush(&sink));
	bind_inet(AF_INET, SOCK_STREAM, (in_port_t)port);
	assert_true(flush_all());
	accept_stream();
	assert_int_equal(receive_counted(text, sizeof(text), &next), 10);
	assert_int_equal(sink.dropped, 0);
}

/* The connection ends while nothing happens: noticed before anything is written into it. */
static void test_tcp_restarted(void **state)
{
	int port = bind_inet(AF_INET, SOCK_STREAM, 0), next = 0;
	static char text[1 << 16];

	(void)state;
	text[0] = '\0';
	open_sink();
	accept_stream();
	put_lines(3);
	assert_true(sink_flush(&sink));
	usleep(1000);
	assert_int_equal(receive_counted(text, sizeof(text), &next), 3);
	hang_up();
	bind_inet(AF_INET, SOCK_STREAM, (in_port_t)port);
	put_lines(3);
	sink.peer->since = 0; /* long ago */
	assert_true(flush_all());
	accept_stream();
	assert_int_equal(receive_counted(text, sizeof(text), &next), 3);
	assert_int_equal(sink.dropped, 0);
	assert_int_equal(sink.untold, 0);
}

/* It ends in the middle of a message: that one is sent again as a whole. */
static void test_tcp_broken_in_a_message(void **state)
{
	int port = bind_inet(AF_INET, SOCK_STREAM, 0), next = 0;
	static char text[1 << 16];

	(void)state;
	text[0] = '\0';
	open_sink();
	accept_stream();
	model_write_next(150);
	model_write_next(-ECONNRESET);
	put_lines(5);
	bind_inet(AF_INET, SOCK_STREAM, 0); /* the old one stays open, and is forgotten */
	hang_up();
	bind_inet(AF_INET, SOCK_STREAM, (in_port_t)port);
	assert_true(flush_all());
	accept_stream();
	next = 1; /* the first was handed over */
	assert_int_equal(receive_counted(text, sizeof(text), &next), 4);
}

/* Who accepts and closes gets little, and ever less often, though the kernel takes what is written. */
static void test_tcp_closed_at_once(void **state)
{
	int accepted = 0;
	uint64_t before = clock_monotonic();

	(void)state;
	bind_inet(AF_INET, SOCK_STREAM, 0);
	open_sink();
	while (clock_monotonic() - before < 1200000000) {
		int fd = accept4(receiver, NULL, NULL, SOCK_NONBLOCK);

		if (fd >= 0) {
			accepted++;
			close(fd);
		}
		put_lines(1);
		sink_flush(&sink);
		usleep(2000);
	}
	assert_in_range(accepted, 2, 8);
	assert_int_equal(sink.failure, ECONNRESET);
}

/* What was on its way when it broke is told of. */
static void test_tcp_bytes_in_flight(void **state)
{
	struct error told;
	unsigned long long bytes = 0;

	(void)state;
	bind_inet(AF_INET, SOCK_STREAM, 0);
	open_sink();
	accept_stream();
	for (int i = 0; i < 200; i++) {
		put_lines(500);
		sink_flush(&sink);
	}
	assert_true(sink.stuck);
	setsockopt(receiver, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
	hang_up();
	usleep(10000);
	assert_false(sink_flush(&sink));
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "on their way");
	assert_int_equal(sscanf(strstr(told.text, "up to"), "up to %llu bytes", &bytes), 1);
	assert_true(bytes > 10000);
}

/* Nothing answers at all: neither the start nor the end takes long, and the reader is never kept. */
static void test_tcp_silence(void **state)
{
	uint64_t before = clock_monotonic();
	int port = bind_inet(AF_INET, SOCK_STREAM, 0), fill[64];
	struct sockaddr_in in = {AF_INET, htons((in_port_t)port), {htonl(INADDR_LOOPBACK)}, {0}};

	(void)state;
	listen(receiver, 0);
	for (int i = 0; i < 64; i++) { /* a full backlog answers nobody */
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(fill[i], (struct sockaddr *)&in, sizeof(in));
	}
	usleep(50000);
	open_sink();
	assert_int_equal(sink.peer->state, PEER_CONNECTING);
	put_lines(20000);
	assert_true(sink_flush(&sink));
	assert_in_range(sink_wait_ms(&sink), 0, 100);
	assert_true(clock_monotonic() - before < 1000000000);
	sink.hurry = true;
	before = clock_monotonic();
	sink.peer->end = before + 300000000;
	sink_flush(&sink);
	assert_int_equal(sink_forget_messages(&sink) + sink.dropped, 20000);
	sink_close(&sink);
	assert_in_range(clock_monotonic() - before, 250000000, 20000000000);
	for (int i = 0; i < 64; i++)
		close(fill[i]);
}

/* A security module that forbids sending: no loop of connecting and failing. */
static void test_sending_is_forbidden(void **state)
{
	(void)state;
	listen_unix(SOCK_DGRAM);
	open_sink();
	for (int i = 0; i < 60; i++)
		model_write_next(-EACCES);
	put_lines(1);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, EACCES);
	assert_true(model.calls < 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_addresses),
	TEST(test_nobody_listens),
	TEST(test_datagrams),
	TEST(test_labels),
	TEST(test_udp4),
	TEST(test_udp6),
	TEST(test_tcp4),
	TEST(test_tcp6),
	TEST(test_unix_stream),
	TEST(test_local_stream),
	TEST(test_local_form),
	TEST(test_cut),
	TEST(test_cut_in_local_form),
	TEST(test_never),
	TEST(test_slow_receiver),
	TEST(test_slow_stream),
	TEST(test_daemon_restarted),
	TEST(test_daemon_away),
	TEST(test_sighup),
	TEST(test_away_for_long),
	TEST(test_never_back),
	TEST(test_slow_but_steady_receiver),
	TEST(test_signal_with_a_slow_receiver),
	TEST(test_udp_refused),
	TEST(test_udp_refused_at_the_end),
	TEST(test_udp_refused_notes),
	TEST(test_udp_no_route),
	TEST(test_tcp_starts_later),
	TEST(test_tcp_restarted),
	TEST(test_tcp_broken_in_a_message),
	TEST(test_tcp_closed_at_once),
	TEST(test_tcp_bytes_in_flight),
	TEST(test_tcp_silence),
	TEST(test_sending_is_forbidden),
};

RUN(tests)
