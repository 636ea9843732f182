// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/sink/file.c: a file, a pipe or a terminal that is slow, full or gone. Lines are whole or counted. */
#include "test.h"

#include "model.h"
#include "output.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/connsnoop-sink-XXXXXX", path[64], second[64];
static struct sink sink;
static struct error err;

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/out", folder);
	snprintf(second, sizeof(second), "%s/out.1", folder);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sink_close(&sink);
	unlink(path);
	unlink(second);
	rmdir(folder);
	return 0;
}

static void open_sink(void)
{
	assert_int_equal(sink_open(&sink, path, -1, &err), 0);
}

/* A line that tells its number, so that a torn or missing one is seen. */
static bool put_line(int number)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "<line %06d of some length>\n", number);

	if (!sink_reserve(&sink))
		return false;
	put_bytes(&sink.buffer, line, (size_t)len);
	return true;
}

static char *contents(const char *name)
{
	static char text[4 << 20];
	FILE *file = fopen(name, "r");
	size_t got = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[got] = '\0';
	return text;
}

/* Every line is whole; returns how many there are, and that they are in order. */
static int count_whole(const char *text)
{
	int count = 0, number, last = -1, used;

	for (; *text; count++) {
		used = 0;
		assert_int_equal(sscanf(text, "<line %d of some length>%n", &number, &used), 1);
		assert_true(used > 0 && text[used] == '\n');
		assert_true(number > last);
		last = number;
		text += used + 1;
	}
	return count;
}

static void test_plain(void **state)
{
	struct stat st;

	(void)state;
	open_sink();
	assert_true(sink.fresh);
	assert_false(sink.waits);
	for (int i = 0; i < 10; i++)
		assert_true(put_line(i));
	assert_int_equal(strlen(contents(path)), 0); /* nothing before the flush */
	assert_true(sink_flush(&sink));
	assert_int_equal(count_whole(contents(path)), 10);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~(mode_t)0640, 0);
	sink_close(&sink);
	/* Appended to, and known not to be fresh, so that no second header is written. */
	open_sink();
	assert_false(sink.fresh);
	put_line(11);
	sink_close(&sink);
	assert_int_equal(count_whole(contents(path)), 11);
	sink_close(&sink); /* closed is closed */
}

static void test_can_not_be_opened(void **state)
{
	struct sink none;

	(void)state;
	assert_int_equal(sink_open(&none, "/nonexistent/folder/x", -1, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "ENOENT");
	assert_non_null(strstr(err.text, "/nonexistent/folder/x"));
	sink_close(&none);
}

static void test_short_writes(void **state)
{
	(void)state;
	open_sink();
	for (int i = 1; i < 40; i++)
		model_write_next(i);
	for (int i = 0; i < 100; i++)
		put_line(i);
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.buffer.len, 0);
	assert_int_equal(count_whole(contents(path)), 100);
}

static void test_interrupted_writes(void **state)
{
	(void)state;
	open_sink();
	model_write_next(-EINTR);
	model_write_next(7);
	model_write_next(-EINTR);
	for (int i = 0; i < 10; i++)
		put_line(i);
	assert_true(sink_flush(&sink));
	assert_int_equal(count_whole(contents(path)), 10);
}

/* Full in the middle of a line, then freed: the line is completed, nothing is torn, nothing lost. */
static void test_full_then_freed(void **state)
{
	(void)state;
	open_sink();
	model_write_next(45);
	model_write_next(-ENOSPC);
	for (int i = 0; i < 10; i++)
		put_line(i);
	assert_false(sink_flush(&sink)); /* said once ... */
	assert_int_equal(sink.failure, ENOSPC);
	model_write_next(3);
	model_write_next(-ENOSPC);
	put_line(10);
	assert_true(sink_flush(&sink)); /* ... and not again while it lasts */
	put_line(11);
	assert_true(sink_flush(&sink));
	assert_int_equal(sink.failure, 0);
	assert_int_equal(count_whole(contents(path)), 12);
	model_write_next(-ENOSPC);
	put_line(12);
	assert_false(sink_flush(&sink)); /* a new time is a new time */
	sink_close(&sink);
	assert_int_equal(count_whole(contents(path)), 13);
}

/* Full for so long that the buffer is, too: what finds no room is counted, to the line. */
static void test_full_for_long(void **state)
{
	int put = 0, total = 20000, calls;

	(void)state;
	open_sink();
	for (int i = 0; i < 60; i++)
		model_write_next(-ENOSPC);
	for (int i = 0; i < total; i++) {
		put += put_line(i);
		if (i % 1000 == 0)
			sink_flush(&sink);
	}
	assert_true(put > 1000 && put < total);
	/* It is not tried again for every line. */
	calls = model.calls;
	for (int i = 0; i < 100; i++)
		assert_false(put_line(total));
	assert_int_equal(model.calls, calls);
	while (sink.failure)
		sink_flush(&sink);
	sink_close(&sink);
	assert_int_equal(count_whole(contents(path)), put);
}

static const char places[][80] = {"kprobe:security_socket_connect"};

/* Never freed: what is left in the buffer at the end is counted, attempts only, and half a line as the one it was. */
static void check_count(enum format format, bool header, size_t torn)
{
	struct style style = {.format = format, .header = true, .places = places};
	struct event event = record_inet("1.2.3.4", 5);
	const struct accounts accounts = {.attempts = 4};
	struct attempt attempt;
	uint64_t count;

	open_sink();
	if (torn)
		model_write_next((ssize_t)torn);
	for (int i = 0; i < 10; i++)
		model_write_next(-ENOSPC);
	record_decode(&attempt, &event);
	if (header)
		render_header(&style, &sink.buffer);
	render_lost(&style, &sink.buffer, 1, 5);
	for (int i = 0; i < 3; i++)
		render_attempt(&style, &sink.buffer, &attempt);
	render_lost(&style, &sink.buffer, 1, 5);
	render_attempt(&style, &sink.buffer, &attempt);
	render_summary(&style, &sink.buffer, &accounts);
	sink_flush(&sink);
	count = render_count(&style, &sink);
	if (count != 4)
		print_error("format %d, header %d, torn at %zu: %d\n", format, header, torn, (int)count);
	sink_close(&sink);
	unlink(path);
	assert_int_equal(count, 4);
}

static void test_count_of_what_is_left(void **state)
{
	(void)state;
	check_count(FORMAT_TEXT, false, 0);
	check_count(FORMAT_TEXT, false, 20);
}

/* Written exactly up to the end of a line: what is left begins with a whole one, and that is no attempt. */
static void test_count_behind_a_whole_line(void **state)
{
	struct style style = {.format = FORMAT_JSON, .places = places};
	struct event event = record_inet("1.2.3.4", 5);
	struct attempt attempt;

	(void)state;
	open_sink();
	record_decode(&attempt, &event);
	render_attempt(&style, &sink.buffer, &attempt);
	model_write_next((ssize_t)sink.buffer.len);
	model_write_next(-ENOSPC);
	render_lost(&style, &sink.buffer, 1, 5);
	render_attempt(&style, &sink.buffer, &attempt);
	sink_flush(&sink);
	assert_int_equal(render_count(&style, &sink), 1);
}

static void test_count_with_a_header(void **state)
{
	(void)state;
	check_count(FORMAT_TEXT, true, 0);
}

static void test_count_with_losses(void **state)
{
	(void)state;
	check_count(FORMAT_JSON, false, 0);
}

/* A note that was written in part is no attempt, however often it is torn. */
static void test_count_of_a_torn_note(void **state)
{
	struct style style = {.format = FORMAT_JSON, .places = places};
	struct event event = record_inet("1.2.3.4", 5);
	struct attempt attempt;

	(void)state;
	open_sink();
	record_decode(&attempt, &event);
	render_attempt(&style, &sink.buffer, &attempt);
	model_write_next((ssize_t)sink.buffer.len + 20); /* "{\"event\":\"lost\",..." */
	model_write_next(-ENOSPC);
	render_lost(&style, &sink.buffer, 1, 5);
	render_attempt(&style, &sink.buffer, &attempt);
	sink_flush(&sink);
	assert_true(sink.torn);
	assert_int_equal(render_count(&style, &sink), 1);
	model_write_next(3);
	model_write_next(-ENOSPC);
	sink_flush(&sink);
	assert_true(sink.torn);
	assert_int_equal(render_count(&style, &sink), 1);
	/* And an attempt is one. */
	model_write_next((ssize_t)(strchr(sink.buffer.data, '\n') + 1 - sink.buffer.data) + 20);
	model_write_next(-ENOSPC);
	sink_flush(&sink);
	assert_true(sink.torn);
	assert_int_equal(render_count(&style, &sink), 1);
}

/* Neither an error nor progress: a failure, not a loop. */
static void test_write_of_nothing(void **state)
{
	struct error told;

	(void)state;
	open_sink();
	put_line(1);
	model_write_next(0);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, EIO);
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "EIO");
	assert_false(sink_explain(&sink, &told));
	assert_in_range(sink_wait_ms(&sink), 1, 2000); /* it is tried again also when no event comes */
	assert_true(sink_flush(&sink));
	assert_int_equal(sink_wait_ms(&sink), -1);
	assert_int_equal(count_whole(contents(path)), 1);
}

static void test_other_failure_is_said_again(void **state)
{
	(void)state;
	open_sink();
	put_line(1);
	model_write_next(-ENOSPC);
	assert_false(sink_flush(&sink));
	model_write_next(-EIO);
	assert_false(sink_flush(&sink));
	assert_int_equal(sink.failure, EIO);
}

static int saved_stdout = -1;

/* A sink on a pipe, as standard output is. */
static int open_pipe_sink(int stop_fd, int flags)
{
	int ends[2];

	assert_int_equal(pipe2(ends, flags), 0);
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	dup2(ends[1], STDOUT_FILENO);
	close(ends[1]);
	assert_int_equal(sink_open(&sink, NULL, stop_fd, &err), 0);
	return ends[0];
}

static void restore_stdout(void)
{
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
}

static void test_pipe_closed(void **state)
{
	int reader = open_pipe_sink(-1, 0);
	bool quiet, still;

	(void)state;
	put_line(1);
	sink_flush(&sink);
	close(reader);
	put_line(2);
	quiet = sink_flush(&sink);
	put_line(3);
	still = sink_flush(&sink);
	restore_stdout();
	assert_true(sink.waits);
	assert_true(quiet && still);
	assert_true(sink.gone);
	assert_int_equal(sink.failure, 0);
}

/* Nobody reads: a signal ends the wait, and what could not be written stays. */
static void test_pipe_full(void **state)
{
	int stop[2], reader, lines = 0;
	bool flushed;
	static char text[1 << 20];
	ssize_t got, all = 0;

	(void)state;
	assert_int_equal(pipe(stop), 0);
	assert_int_equal(write(stop[1], "x", 1), 1);
	reader = open_pipe_sink(stop[0], 0);
	while (lines < 5000)
		put_line(lines++);
	flushed = sink_flush(&sink); /* would wait for ever but for the signal */
	fcntl(reader, F_SETFL, O_NONBLOCK);
	while (all < (ssize_t)sizeof(text) - 1 && (got = read(reader, text + all, sizeof(text) - 1 - (size_t)all)) > 0)
		all += got;
	sink_flush(&sink);
	while (all < (ssize_t)sizeof(text) - 1 && (got = read(reader, text + all, sizeof(text) - 1 - (size_t)all)) > 0)
		all += got;
	sink_flush(&sink);
	while (all < (ssize_t)sizeof(text) - 1 && (got = read(reader, text + all, sizeof(text) - 1 - (size_t)all)) > 0)
		all += got;
	restore_stdout();
	text[all] = '\0';
	assert_true(flushed);
	assert_false(sink.gone);
	assert_int_equal(sink.buffer.len, 0);
	assert_int_equal(count_whole(text), lines);
	close(stop[0]);
	close(stop[1]);
	close(reader);
}

/* A non-blocking pipe of somebody else's says EAGAIN: waited for, not an error. */
static void test_again(void **state)
{
	int reader = open_pipe_sink(-1, O_NONBLOCK);
	char text[256];
	bool flushed;
	ssize_t got;

	(void)state;
	model_write_next(-EAGAIN);
	model_write_next(5);
	model_write_next(-EAGAIN);
	put_line(1);
	flushed = sink_flush(&sink);
	got = read(reader, text, sizeof(text) - 1);
	restore_stdout();
	close(reader);
	assert_true(flushed);
	assert_true(got > 0);
	text[got] = '\0';
	assert_int_equal(count_whole(text), 1);
}

static void test_reopen(void **state)
{
	(void)state;
	open_sink();
	put_line(1);
	sink_flush(&sink);
	assert_int_equal(rename(path, second), 0);
	put_line(2); /* not flushed: it was before the signal, so it belongs into the old file */
	assert_int_equal(sink_reopen(&sink, &err), 0);
	assert_true(sink.fresh);
	put_line(3);
	sink_flush(&sink);
	assert_int_equal(count_whole(contents(second)), 2);
	assert_int_equal(count_whole(contents(path)), 1);
}

static void test_reopen_fails(void **state)
{
	(void)state;
	open_sink();
	put_line(1);
	model.fail_at = model.calls + 2; /* the write, then the opening */
	model.fail_error = EACCES;
	assert_int_equal(sink_reopen(&sink, &err), -1);
	assert_sentence(&err, STATUS_FAILURE, "EACCES");
	put_line(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(count_whole(contents(path)), 2);
}

static void test_reopen_without_a_file(void **state)
{
	int reader = open_pipe_sink(-1, 0), result = sink_reopen(&sink, &err);

	(void)state;
	restore_stdout();
	close(reader);
	assert_int_equal(result, 0);
}

/* Full in the middle of a line, and then another file: neither may hold half a line that looks like one of its own. */
static void test_reopen_in_the_middle_of_a_line(void **state)
{
	(void)state;
	open_sink();
	model_write_next(45);
	model_write_next(-ENOSPC);
	model_write_next(-ENOSPC);
	for (int i = 0; i < 5; i++)
		put_line(i);
	sink_flush(&sink);
	assert_int_equal(rename(path, second), 0);
	assert_int_equal(sink_reopen(&sink, &err), 0);
	sink_flush(&sink);
	count_whole(contents(path));
}

/* SIGHUP without a rotation: the line goes on where it was. */
static void test_reopen_of_the_same_file(void **state)
{
	(void)state;
	open_sink();
	model_write_next(45);
	model_write_next(-ENOSPC);
	model_write_next(-ENOSPC);
	for (int i = 0; i < 5; i++)
		put_line(i);
	sink_flush(&sink);
	assert_int_equal(sink_reopen(&sink, &err), 0);
	sink_flush(&sink);
	assert_int_equal(count_whole(contents(path)), 5);
	assert_int_equal(sink.dropped, 0);
}

/* A file that begins anew begins with the header, one that does not has it already; a torn one is completed. */
static void test_header(void **state)
{
	const char header[] = "NUMBER OF LINE\n";

	(void)state;
	open_sink();
	put_text(&sink.buffer, header);
	assert_int_equal(sink_keep_header(&sink, &err), 0);
	model_write_next(3);
	model_write_next(-ENOSPC);
	assert_false(sink_flush(&sink));
	put_line(0);
	assert_true(sink_flush(&sink));
	assert_int_equal(rename(path, second), 0);
	model_write_next(-ENOSPC);
	put_line(1); /* could not be written, and has to come behind the header */
	assert_int_equal(sink_reopen(&sink, &err), 0);
	put_line(2);
	sink_flush(&sink);
	assert_int_equal(strncmp(contents(second), header, strlen(header)), 0);
	assert_int_equal(count_whole(contents(second) + strlen(header)), 1);
	assert_int_equal(strncmp(contents(path), header, strlen(header)), 0);
	assert_int_equal(count_whole(contents(path) + strlen(header)), 2);
	sink_close(&sink);
	open_sink();
	put_text(&sink.buffer, header);
	assert_int_equal(sink_keep_header(&sink, &err), 0);
	put_line(3);
	sink_close(&sink);
	assert_int_equal(count_whole(contents(path) + strlen(header)), 3);
}

/* Standard output is shared with others: how it is set stays as it was. And a pipe takes all at once. */
static void test_pipe_is_not_changed(void **state)
{
	int reader = open_pipe_sink(-1, 0), flags, calls, room;
	static char text[1 << 20];
	ssize_t got;

	(void)state;
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	room = fcntl(STDOUT_FILENO, F_GETPIPE_SZ);
	for (int i = 0; i < 1000; i++)
		put_line(i);
	calls = model.calls;
	sink_flush(&sink);
	calls = model.calls - calls;
	restore_stdout();
	got = read(reader, text, sizeof(text) - 1);
	close(reader);
	assert_int_equal(flags & O_NONBLOCK, 0);
	assert_true(got > 0);
	text[got] = '\0';
	assert_int_equal(count_whole(text), 1000);
	if (room == 1 << 20)
		assert_int_equal(calls, 1);
}

/* No /proc: little by little, and asked before each. */
static void test_pipe_that_can_not_be_opened_again(void **state)
{
	int reader, calls;
	static char text[1 << 20];
	ssize_t got;

	(void)state;
	model.fail_at = model.calls + 1;
	model.fail_error = ENOENT;
	reader = open_pipe_sink(-1, 0);
	for (int i = 0; i < 1000; i++)
		put_line(i);
	calls = model.calls;
	sink_flush(&sink);
	calls = model.calls - calls;
	restore_stdout();
	got = read(reader, text, sizeof(text) - 1);
	close(reader);
	assert_true(got > 0);
	text[got] = '\0';
	assert_int_equal(count_whole(text), 1000);
	assert_true(calls >= 1000 * 30 / 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_plain),
	TEST(test_can_not_be_opened),
	TEST(test_short_writes),
	TEST(test_interrupted_writes),
	TEST(test_full_then_freed),
	TEST(test_full_for_long),
	TEST(test_count_of_what_is_left),
	TEST(test_count_behind_a_whole_line),
	TEST(test_count_with_a_header),
	TEST(test_count_with_losses),
	TEST(test_count_of_a_torn_note),
	TEST(test_write_of_nothing),
	TEST(test_other_failure_is_said_again),
	TEST(test_pipe_closed),
	TEST(test_pipe_full),
	TEST(test_again),
	TEST(test_reopen),
	TEST(test_reopen_fails),
	TEST(test_reopen_without_a_file),
	TEST(test_reopen_in_the_middle_of_a_line),
	TEST(test_reopen_of_the_same_file),
	TEST(test_header),
	TEST(test_pipe_is_not_changed),
	TEST(test_pipe_that_can_not_be_opened_again),
};

RUN(tests)
