// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names that others chose, with every byte value and with all that ever fooled a reader, in every format and through every
 * framing: nothing moves a cursor, forges a line, a field, a key or a message, or makes a line longer than lines may be.
 * The same bytes stand for comm, path, abstract name, program, arguments, cgroup, container, user, DNS name and host.
 */
#include "test.h"

#include "model.h"
#include "record.h"
#include "samples.h"
#include "strict_json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#define NASTY(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}
static const struct bytes {
	const char *bytes;
	size_t len;
} nasty[] = {
	NASTY("\x1b[2J\x1b[H"),			     /* clear the screen, home */
	NASTY("\x1b]0;title\x07\x1b]52;c;eA==\x07"), /* the window's title, the clipboard */
	NASTY("\x9b"
	      "2J"), /* C1 as a byte */
	NASTY("\xc2\x9b"
	      "2J"),					/* C1 in UTF-8 */
	NASTY("a\rroot     sshd"),			/* over the line's beginning */
	NASTY("a\n1       root  sshd"),			/* a second line */
	NASTY("a\r\n<86>1 - - - - - - forged"),		/* a second message */
	NASTY("a\n12 <86>1 - - - "),			/* a second frame */
	NASTY("a\0<86>forged"),				/* where NUL is the frame */
	NASTY("\"},{\"event\":\"forged\"}\n{\"a\":\""), /* out of a string */
	NASTY("\\\",\"forged\":\"1"),			/* an escape before the quote */
	NASTY("\",\"forged\",\""),			/* out of a CSV field */
	NASTY("=cmd|'/c calc'!A1"),
	NASTY("+1-2"),
	NASTY("-2+3"),
	NASTY("@SUM(1)"),
	NASTY("\t=1"),
	NASTY("\xe2\x80\xae"
	      "txt.exe"), /* right to left */
	NASTY("\xe2\x80\xa8 \xe2\x80\xa9"),
	NASTY("\xef\xbb\xbf"),
	NASTY("\xf3\xa0\x81\x81"),			 /* an invisible tag */
	NASTY("\xc0\x8a \xe0\x80\x8a \xf0\x80\x80\x8a"), /* overlong newlines */
	NASTY("\xed\xa0\x80 \xed\xb0\x80"),		 /* surrogates */
	NASTY("\xf4\x90\x80\x80 \xff\xfe"),
	NASTY("\xe2\x80"), /* cut in a character */
	NASTY("MESSAGE=forged\nPRIORITY=0\n"),
	NASTY("[connsnoop@32473 cut=\"1\"]"),
	NASTY("%s%n%x"),
	NASTY("\b\b\b\b\x7f\x7f"),
	NASTY("\x0e\x0f\x1b(0"), /* another character set */
	NASTY("\xc2\x85"
	      "next line"),
	NASTY(""),
};

#define NASTIES	 (sizeof(nasty) / sizeof(nasty[0]))
#define LONG_LEN 4096

static char line[2 * BUFFER_LINE_MAX + 4096];
static size_t line_len;
static struct style style;
static struct attempt attempt;
static const char *case_name;

static const char *format_name(enum format format)
{
	static const char *const names[] = {"text", "json", "tracee", "tracee2", "ecs", "ocsf", "csv"};

	return names[format];
}

static void complain(const char *where, const char *what)
{
	fprintf(stderr, "# %s, %s: %s: ", where, case_name, what);
	for (size_t i = 0; i < line_len && i < 300; i++)
		fprintf(stderr, (uint8_t)line[i] >= ' ' && (uint8_t)line[i] < 0x7f ? "%c" : "\\x%02x",
			(uint8_t)line[i]);
	fprintf(stderr, "\n");
	fail();
}

/* --- an attempt of which everything is called so --- */

/* Without what ends a string. */
static const char *as_string(const struct bytes *bytes)
{
	static char text[LONG_LEN + 1];
	size_t len = 0;

	for (size_t i = 0; i < bytes->len && len < LONG_LEN; i++) {
		if (bytes->bytes[i])
			text[len++] = bytes->bytes[i];
	}
	text[len] = '\0';
	return text;
}

static void make(const struct bytes *bytes, bool abstract)
{
	static char comm[COMM_SIZE + 1], domain[254], host[65];
	const char *text = as_string(bytes);
	uint8_t path[107] = {0};
	size_t len = bytes->len < sizeof(path) - abstract ? bytes->len : sizeof(path) - abstract;
	struct event event;

	memcpy(path + abstract, bytes->bytes, len);
	event = record_unix(path, len + abstract);
	snprintf(comm, sizeof(comm), "%.15s", text);
	memset(event.comm, 0, sizeof(event.comm));
	memcpy(event.comm, comm, strlen(comm));
	assert_true(record_decode(&attempt, &event));
	memset(&attempt.identity, 0, sizeof(attempt.identity));
	attempt.result = (struct result){.outcome = OUTCOME_FAILURE, .error = -111};
	attempt.about = (struct about){.from = FROM_PROC,
				       .exe = text,
				       .args = bytes->bytes,
				       .args_len = bytes->len,
				       .args_cut = true,
				       .user = text,
				       .cgroup = text,
				       .container = text,
				       .runtime = text};
	snprintf(domain, sizeof(domain), "%.253s", text);
	attempt.domain = domain;
	snprintf(host, sizeof(host), "%.64s", text);
	snprintf(style.host.name, sizeof(style.host.name), "%.64s", host);
}

static void render(enum format format, bool users)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};

	style.format = format;
	style.user = users;
	style.plan.count = 0; /* prepared anew */
	style.cache.text[0] = '\0';
	render_attempt(&style, &buf, &attempt);
	line_len = buf.len;
}

/* --- what lines must be --- */

static void check_one_line(const char *where)
{
	if (line_len < 2 || line[line_len - 1] != '\n' || memchr(line, '\n', line_len - 1))
		complain(where, "not one line");
	if (line_len > BUFFER_LINE_MAX)
		complain(where, "longer than a line may be");
}

/* No control character, as a byte or in UTF-8. */
static void check_no_controls(const char *where)
{
	if (!utf8_valid(line, line_len))
		complain(where, "not UTF-8");
	for (size_t i = 0; i + 1 < line_len; i++) {
		uint8_t c = (uint8_t)line[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (uint8_t)line[i + 1] < 0xa0))
			complain(where, "a control character");
	}
}

/* Nothing that changes how other characters are shown. */
static void check_no_drivers(const char *where)
{
	static const char *const drivers[] = {"\xe2\x80\xae", "\xe2\x80\xa8",	  "\xe2\x80\xa9",
					      "\xef\xbb\xbf", "\xf3\xa0\x81\x81", "\xc2\xad"};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (memmem(line, line_len, drivers[i], strlen(drivers[i])))
			complain(where, "it turns the direction or is not seen");
	}
}

/* RFC 4180, and no formula. Returns how many fields there are. */
static unsigned int check_csv(const char *where)
{
	const char *at = line, *end = line + line_len - 1;
	unsigned int fields = 1;

	for (;; at++, fields++) {
		bool quoted = at < end && *at == '"';
		const char *value = at + quoted;

		if (value < end && strchr("=+@", *value) && *value)
			complain(where, "a formula");
		for (at = value; at < end && (quoted || *at != ','); at++) {
			if (*at != '"')
				continue;
			if (!quoted)
				complain(where, "a quote in a field without quotes");
			if (at[1] != '"')
				break;
			at++;
		}
		if (quoted && (at >= end || *at != '"'))
			complain(where, "a quote that is not closed");
		at += quoted;
		if (at >= end)
			return fields;
		if (*at != ',')
			complain(where, "something behind a quote");
	}
}

static unsigned int csv_fields(void)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};

	style.format = FORMAT_CSV;
	style.plan.count = 0;
	render_header(&style, &buf);
	line_len = buf.len;
	return check_csv("header");
}

static void check_formats(bool users)
{
	static unsigned int columns[2];

	if (!columns[users]) {
		style.user = users;
		columns[users] = csv_fields();
	}
	for (enum format format = FORMAT_TEXT; format < FORMAT_COUNT; format++) {
		const char *where = format_name(format);

		render(format, users);
		check_one_line(where);
		check_no_controls(where);
		if (format == FORMAT_TEXT || format == FORMAT_CSV)
			check_no_drivers(where);
		else if (!json_valid(line, line_len - 1))
			complain(where, "no JSON");
		if (format == FORMAT_CSV && check_csv(where) != columns[users])
			complain(where, "more or less fields than there are columns");
	}
}

/* journald's protocol: all values have their length before them. Returns the number of fields. */
static unsigned int check_journal(void)
{
	struct buffer buf = {.data = line, .size = sizeof(line)};
	unsigned int fields = 0;
	size_t at = 0;

	style.format = FORMAT_JSON;
	style.plan.count = 0;
	journal_attempt(&style, &buf, &attempt);
	line_len = buf.len;
	for (; at < line_len; fields++) {
		size_t name = strspn(line + at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		uint64_t len = 0;

		if (!name || name > 64)
			complain("journal", "no field");
		at += name;
		if (line[at] == '=') { /* those that are the same in each */
			at = (size_t)((char *)memchr(line + at, '\n', line_len - at) - line) + 1;
			continue;
		}
		if (line[at] != '\n' || at + 9 >= line_len)
			complain("journal", "no length");
		for (size_t i = 0; i < 8; i++)
			len |= (uint64_t)(uint8_t)line[at + 1 + i] << 8 * i;
		at += 9 + len;
		if (len > line_len || at >= line_len || line[at++] != '\n')
			complain("journal", "a length that is not right");
	}
	return fields;
}

static void check_all(const struct bytes *bytes, const char *name)
{
	case_name = name;
	for (int abstract = 0; abstract < 2; abstract++) {
		make(bytes, abstract);
		check_formats(false);
		check_formats(true);
		if (check_journal() > 64)
			complain("journal", "too many fields");
	}
}

/* --- tests --- */

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	sample_style(&style, FORMAT_TEXT);
	return 0;
}

static void test_every_byte(void **state)
{
	static const char *const around[] = {"%c", "a%cb", "%c[2J", "a%c%cb", "\xc2%c", "\xe2\x80%c", "%c\n"};

	(void)state;
	for (unsigned int byte = 0; byte < 256; byte++) {
		for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
			char text[16], name[32];
			struct bytes bytes = {text, 0};

			bytes.len = (size_t)snprintf(text, sizeof(text), around[i], byte, byte);
			snprintf(name, sizeof(name), "byte %#x, around %zu", byte, i);
			check_all(&bytes, name);
		}
	}
}

static void test_nasty(void **state)
{
	(void)state;
	for (size_t i = 0; i < NASTIES; i++) {
		char name[32];

		snprintf(name, sizeof(name), "nasty %zu", i);
		check_all(&nasty[i], name);
	}
}

/* As long as anything can be: no line leaves its bounds, whatever it is full of. */
static void test_long(void **state)
{
	static char text[LONG_LEN];
	const struct bytes bytes = {text, sizeof(text)};

	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		char name[32];

		memset(text, (int)byte, sizeof(text));
		snprintf(name, sizeof(name), "all of %#x", byte);
		check_all(&bytes, name);
	}
}

/* /etc/passwd's names, which -U shows. */
static void test_users(void **state)
{
	(void)state;
	for (unsigned int byte = 1; byte < 256; byte++) {
		int fd = memfd_create("passwd", 0);
		char path[32], name[32];
		struct bytes bytes = {"x", 1};

		dprintf(fd, "a%cb:x:1000:1000::/:/bin/sh\n", byte);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		snprintf(name, sizeof(name), "user with %#x", byte);
		model.real_files = true;
		style.users = users_read(path);
		close(fd);
		check_all(&bytes, name);
		users_free(style.users);
		style.users = NULL;
	}
}

/* --- syslog --- */

static char folder[] = "/tmp/connsnoop-hostile-XXXXXX", socket_path[64];
static struct sink sink;

static int bind_unix(int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", socket_path);
	unlink(socket_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int bind_tcp(char *address, size_t size)
{
	struct sockaddr_in in = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	getsockname(fd, (struct sockaddr *)&in, &len);
	snprintf(address, size, "tcp:127.0.0.1:%d", ntohs(in.sin_port));
	return fd;
}

static int accept_one(int fd)
{
	int accepted;

	poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 2000);
	accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
	assert_true(accepted >= 0);
	close(fd);
	return accepted;
}

static void open_syslog(const char *address)
{
	struct error err;

	memset(&sink, 0, sizeof(sink));
	if (sink_open_syslog(&sink, address, -1, &err))
		fail_msg("%s", err.text);
}

static size_t receive(int fd, char *bytes, size_t size)
{
	ssize_t got;

	poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 2000);
	got = recv(fd, bytes, size, 0);
	return got > 0 ? (size_t)got : 0;
}

/* What is in a frame: one message with one header, and nothing that a collector would take for another one. */
static void check_message(const char *where, const char *text, size_t len, bool local)
{
	const char *priority = local ? "<86>" : "<86>1 ";

	line_len = len < sizeof(line) ? len : sizeof(line);
	memcpy(line, text, line_len);
	if (len < 8 || strncmp(text, priority, strlen(priority)) != 0)
		complain(where, "not a message");
	for (size_t i = 0; i < len; i++) {
		if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
			complain(where, "a control character");
	}
	if (len > 8192 && strcmp(where, "tcp") != 0)
		complain(where, "longer than a datagram may be");
}

enum framing { DATAGRAM, COUNTED, ENDED };

static void check_frame(const char *where, enum framing framing, const char *text, size_t len, bool local)
{
	char *end;
	size_t count;

	switch (framing) {
	case DATAGRAM:
		check_message(where, text, len, local);
		break;
	case ENDED:
		if (!len || memchr(text, '\0', len) != text + len - 1)
			complain(where, "not one frame");
		check_message(where, text, len - 1, local);
		break;
	case COUNTED:
		count = strtoul(text, &end, 10);
		if (*end != ' ' || count != len - (size_t)(end + 1 - text))
			complain(where, "not the octets that are announced");
		check_message(where, end + 1, count, local);
	}
}

/* Sends one and takes what comes: that one, whole, and nothing else. */
static void send_one(const char *where, int fd, enum framing framing, bool local)
{
	static char text[2 * BUFFER_LINE_MAX];
	size_t len;

	emit_attempt(&sink, &style, &attempt);
	sink_flush(&sink);
	len = receive(fd, text, sizeof(text) - 1);
	text[len] = '\0';
	check_frame(where, framing, text, len, local);
}

static void send_all(const char *where, int fd, enum framing framing, bool local)
{
	static const enum format formats[] = {FORMAT_TEXT, FORMAT_JSON, FORMAT_ECS};

	for (size_t i = 0; i < NASTIES + 256; i++) {
		char byte[2] = {(char)(i - NASTIES), 'x'}, name[32];
		const struct bytes *bytes = i < NASTIES ? &nasty[i] : &(struct bytes){byte, sizeof(byte)};

		snprintf(name, sizeof(name), "%s %zu", i < NASTIES ? "nasty" : "byte", i < NASTIES ? i : i - NASTIES);
		case_name = name;
		make(bytes, i & 1);
		style.plan.count = 0;
		style.format = formats[i % 3];
		send_one(where, fd, framing, local);
	}
}

static void test_syslog(void **state)
{
	char address[96];
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(socket_path, sizeof(socket_path), "%s/log", folder);
	model.real_sockets = true;
	snprintf(address, sizeof(address), "unix:%s", socket_path);

	fd = bind_unix(SOCK_DGRAM);
	open_syslog(address);
	send_all("datagrams", fd, DATAGRAM, false);
	sink_close(&sink);
	close(fd);

	fd = bind_unix(SOCK_STREAM);
	open_syslog(address);
	fd = accept_one(fd);
	send_all("stream", fd, ENDED, false);
	sink_close(&sink);
	close(fd);

	model.daemon = socket_path;
	fd = bind_unix(SOCK_DGRAM);
	open_syslog("");
	send_all("/dev/log", fd, DATAGRAM, true);
	sink_close(&sink);
	close(fd);
	model.daemon = NULL;

	fd = bind_tcp(address, sizeof(address));
	open_syslog(address);
	fd = accept_one(fd);
	send_all("tcp", fd, COUNTED, false);
	sink_close(&sink);
	close(fd);
	unlink(socket_path);
	assert_int_equal(rmdir(folder), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, start)

static const struct CMUnitTest tests[] = {
	TEST(test_every_byte), TEST(test_nasty), TEST(test_long), TEST(test_users), TEST(test_syslog),
};

RUN(tests)
