// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/sink/journald.c and output/emit.c: datagrams that a strict reader of journald's protocol understands. */
#include "test.h"

#include "model.h"
#include "output.h"
#include "peer.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

static const char places[][80] = {"kprobe:security_socket_connect"};

static char folder[] = "/tmp/connsnoop-journald-XXXXXX", path[64];
static struct sink sink;
static struct error err;
static struct style style;
static int receiver = -1;
static char text[2 << 20];
static size_t text_len;
static bool by_descriptor;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = model.real_sockets = true;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	model.daemon = path;
	style = (struct style){.places = places, .journal = true, .header = true};
	return 0;
}

static int end(void **state)
{
	(void)state;
	sink_close(&sink);
	if (receiver >= 0)
		close(receiver);
	receiver = -1;
	unlink(path);
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static void open_sink(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	strcpy(un.sun_path, path);
	receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(bind(receiver, (struct sockaddr *)&un, sizeof(un)), 0);
	if (sink_open_journal(&sink, -1, &err))
		fail_msg("%s", err.text);
	assert_string_equal(((struct sockaddr_un *)&sink.peer->addr)->sun_path, "/run/systemd/journal/socket");
}

/* As journald takes a file: with all its seals, from the beginning (server_process_native_file()). */
static void read_descriptor(int fd)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	ssize_t got;

	assert_int_equal(fcntl(fd, F_GET_SEALS), seals);
	got = pread(fd, text, sizeof(text), 0);
	assert_true(got > 0);
	text_len = (size_t)got;
	close(fd);
}

/* The next datagram, or what came in its place; false: none. */
static bool receive(void)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {text, sizeof(text)};
	struct msghdr message = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t got = recvmsg(receiver, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *part;
	int fd;

	if (got < 0)
		return false;
	text_len = (size_t)got;
	part = CMSG_FIRSTHDR(&message);
	by_descriptor = part;
	if (!part)
		return true;
	assert_int_equal(got, 0);
	assert_int_equal(part->cmsg_type, SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	read_descriptor(fd);
	return true;
}

static bool is_name(const char *name, size_t len)
{
	if (!len || len > 64 || *name < 'A' || *name > 'Z')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') && name[i] != '_')
			return false;
	}
	return true;
}

/* Reads one field at `at` and goes behind it. */
static size_t read_field(size_t at, const char **name, size_t *name_len, const char **value, size_t *len)
{
	const char *newline = memchr(text + at, '\n', text_len - at), *equals;
	uint64_t size = 0;

	assert_non_null(newline);
	*name = text + at;
	equals = memchr(*name, '=', (size_t)(newline - *name));
	*name_len = (size_t)((equals ? equals : newline) - *name);
	assert_true(is_name(*name, *name_len));
	if (equals) {
		*value = equals + 1;
		*len = (size_t)(newline - *value);
		return (size_t)(newline + 1 - text);
	}
	assert_true((size_t)(newline + 1 - text) + 8 < text_len);
	for (int i = 0; i < 8; i++)
		size |= (uint64_t)(uint8_t)newline[1 + i] << 8 * i;
	*value = newline + 9;
	*len = (size_t)size;
	assert_true(size < text_len && (size_t)(*value - text) + size < text_len);
	assert_int_equal((*value)[size], '\n');
	return (size_t)(*value - text) + *len + 1;
}

/* All of the datagram is fields. Returns the value of one, which is there once at the most; NULL: it is not. */
static const char *field(const char *wanted)
{
	static char found[2 << 20];
	const char *name, *value, *result = NULL;
	size_t name_len, len;

	for (size_t at = 0; at < text_len;) {
		at = read_field(at, &name, &name_len, &value, &len);
		if (name_len != strlen(wanted) || memcmp(name, wanted, name_len) != 0)
			continue;
		assert_null(result);
		memcpy(found, value, len);
		found[len] = '\0';
		result = found;
	}
	return result;
}

static void assert_field(const char *name, const char *value)
{
	const char *got = field(name);

	if (!got || strcmp(got, value) != 0)
		print_error("%s is %s, not %s\n", name, got ? got : "absent", value);
	assert_non_null(got);
	assert_string_equal(got, value);
}

static void emit(const struct event *event)
{
	struct attempt attempt;

	record_decode(&attempt, event);
	emit_attempt(&sink, &style, &attempt);
}

static void test_attempt(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	open_sink();
	emit(&event);
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_false(by_descriptor);
	assert_field("PRIORITY", "6");
	assert_field("SYSLOG_FACILITY", "10");
	assert_field("SYSLOG_IDENTIFIER", "connsnoop");
	assert_non_null(strstr(field("MESSAGE"), "1.2.3.4:5"));
	assert_field("CONNSNOOP_PID", "811");
	assert_field("CONNSNOOP_COMM", "curl");
	assert_field("CONNSNOOP_REMOTE_ADDR_ADDR", "1.2.3.4");
	assert_field("CONNSNOOP_REMOTE_ADDR_PORT", "5");
	assert_false(receive());
}

/* A name that would be fields of its own, if it could. */
static void test_forged(void **state)
{
	static const char name[] = "/tmp/x\nPRIORITY=0\nMESSAGE=all is well\n_UID=0";
	struct event event = record_unix(name, sizeof(name) - 1);

	(void)state;
	open_sink();
	strcpy(event.comm, "a\nPRIORITY=1");
	emit(&event);
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_field("PRIORITY", "6");
	assert_field("CONNSNOOP_COMM", "a\nPRIORITY=1");
	assert_field("CONNSNOOP_REMOTE_ADDR_PATH", name);
	assert_null(strchr(field("MESSAGE"), '\n'));
	assert_null(field("_UID"));
}

/* What is no attempt: in words, of its own priority. */
static void test_notes(void **state)
{
	const struct accounts accounts = {.attempts = 9, .shown = 4, .filtered = 3, .lost = 2};

	(void)state;
	open_sink();
	emit_lost(&sink, &style, 1, 77);
	emit_summary(&sink, &style, &accounts);
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_field("PRIORITY", "4");
	assert_field("SYSLOG_IDENTIFIER", "connsnoop");
	assert_field("MESSAGE", "lost 77 attempts on CPU 1: its buffer was full");
	assert_true(receive());
	assert_field("PRIORITY", "5");
	assert_field("MESSAGE", "9 attempts = 4 shown + 3 filtered + 2 lost");
	assert_false(receive());
	style.format = FORMAT_JSON;
	emit_lost(&sink, &style, 1, 77);
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_field("MESSAGE", "{\"event\":\"lost\",\"cpu\":1,\"count\":77}");
}

/* The kernel won't take it as a datagram. */
static void test_too_long(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	open_sink();
	emit(&event);
	emit(&event);
	model_write_next(-EMSGSIZE);
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_true(by_descriptor);
	assert_field("CONNSNOOP_COMM", "curl");
	assert_true(receive());
	assert_false(by_descriptor);
	assert_int_equal(sink.dropped, 0);
	/* Really. */
	setsockopt(sink.fd, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int));
	for (int i = 0; i < 40; i++)
		assert_true(sink_reserve(&sink));
	for (int i = 0; i < 2000; i++)
		put_text(&sink.buffer, "0123456789");
	put_char(&sink.buffer, '\n');
	assert_true(sink_flush(&sink));
	assert_true(receive());
	assert_true(by_descriptor);
	assert_int_equal(strlen(field("MESSAGE")), 20000);
}

static void test_too_long_for_ever(void **state)
{
	struct event event = record_inet("1.2.3.4", 5);

	(void)state;
	open_sink();
	emit(&event);
	emit(&event);
	model_write_next(-EMSGSIZE);
	model.memfd_error = ENOSYS; /* before 3.17 */
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.dropped, 1);
	assert_true(receive());
	assert_false(receive());
}

static void test_no_journal(void **state)
{
	(void)state;
	assert_int_equal(sink_open_journal(&sink, -1, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "/run/systemd/journal/socket: the kernel says ENOENT");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_attempt),	      TEST(test_forged),     TEST(test_notes), TEST(test_too_long),
	TEST(test_too_long_for_ever), TEST(test_no_journal),
};

RUN(tests)
