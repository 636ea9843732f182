// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/sink/rotate.c: files that are exchanged between two lines, whatever writes and renames do meanwhile. */
#include "test.h"

#include "model.h"
#include "sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE 20
#define LIMIT	  (5 * LINE_SIZE)
#define HEADER	  "HEADER\n"

static char folder[] = "/tmp/connsnoop-rotate-XXXXXX", path[64];
static struct sink sink;
static struct error err;
static int next_line;

static const char *name_of(int number)
{
	static char name[128];

	snprintf(name, sizeof(name), number ? "%s.%d" : "%s", path, number);
	return name;
}

static int start(void **state)
{
	(void)state;
	model_boot(&model_5_4);
	model.real_files = true;
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/out", folder);
	next_line = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	sink_close(&sink);
	for (int i = 0; i < 100; i++) {
		unlink(name_of(i));
		rmdir(name_of(i));
	}
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

static void open_sink(const char *header, uint64_t limit, unsigned int count)
{
	assert_int_equal(sink_open(&sink, path, -1, &err), 0);
	assert_int_equal(sink_rotate(&sink, limit, count, &err), 0);
	put_text(&sink.buffer, header);
	assert_int_equal(sink_keep_header(&sink, &err), 0);
}

/* Lines of LINE_SIZE bytes that tell their number. */
static void put_lines(int count)
{
	char line[32];

	for (; count; count--) {
		snprintf(line, sizeof(line), "<line %012d>\n", next_line++);
		assert_int_equal(strlen(line), LINE_SIZE);
		assert_true(sink_reserve(&sink));
		put_text(&sink.buffer, line);
	}
}

static const char *contents(int number)
{
	static char text[1 << 20];
	FILE *file = fopen(name_of(number), "r");
	size_t got = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[got] = '\0';
	return file ? text : NULL;
}

/* So many whole lines, the first of which is `*number`, behind the header if there has to be one. */
static int check_lines(const char *text, const char *header, int *number)
{
	int count = 0;
	char line[32];

	assert_int_equal(strncmp(text, header, strlen(header)), 0);
	for (text += strlen(header); *text; text += LINE_SIZE, count++) {
		snprintf(line, sizeof(line), "<line %012d>\n", (*number)++);
		if (strncmp(text, line, LINE_SIZE) != 0)
			print_error("wanted %sgot %.*s\n", line, LINE_SIZE, text);
		assert_int_equal(strncmp(text, line, LINE_SIZE), 0);
	}
	return count;
}

/* The files from the oldest on hold all lines from `first` on, each once and whole. */
static void check_all(const char *header, int first)
{
	int number = first, oldest = 0;

	while (contents(oldest + 1))
		oldest++;
	for (; oldest >= 0; oldest--)
		check_lines(contents(oldest), header, &number);
	assert_int_equal(number, next_line);
}

static off_t size_of(int number)
{
	struct stat st;

	return stat(name_of(number), &st) ? -1 : st.st_size;
}

static void test_exchanged_before_it_is_too_large(void **state)
{
	(void)state;
	open_sink("", LIMIT, 9);
	put_lines(5);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(0), LIMIT); /* exactly full is not too large */
	assert_int_equal(size_of(1), -1);
	put_lines(1);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(0), LINE_SIZE);
	assert_int_equal(size_of(1), LIMIT);
	check_all("", 0);
}

static void test_one_batch_for_many_files(void **state)
{
	(void)state;
	open_sink("", LIMIT + 3, 99);
	put_lines(5 * 7 + 2);
	assert_true(sink_flush(&sink));
	for (int i = 1; i <= 7; i++)
		assert_int_equal(size_of(i), LIMIT);
	assert_int_equal(size_of(8), -1);
	check_all("", 0);
}

static void test_header_in_each(void **state)
{
	(void)state;
	open_sink(HEADER, LIMIT + sizeof(HEADER) - 1, 99);
	assert_true(sink_flush(&sink));
	assert_string_equal(contents(0), HEADER); /* at once, not with the first line */
	put_lines(17);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(3), LIMIT + sizeof(HEADER) - 1);
	assert_int_equal(size_of(0), 2 * LINE_SIZE + sizeof(HEADER) - 1);
	check_all(HEADER, 0);
}

static void test_oldest_goes(void **state)
{
	(void)state;
	open_sink("", LIMIT, 2);
	put_lines(5 * 4);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(3), -1);
	check_all("", 5);
}

static void test_file_that_was_there(void **state)
{
	int number = 0;

	(void)state;
	assert_int_equal(sink_open(&sink, path, -1, &err), 0);
	put_lines(4);
	sink_close(&sink);
	open_sink(HEADER, LIMIT, 9);
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(check_lines(contents(1), "", &number), 5);
	assert_int_equal(check_lines(contents(0), HEADER, &number), 1);
	sink_close(&sink);
	/* Larger than the limit already. */
	number = 5;
	open_sink(HEADER, 10, 9);
	put_lines(1);
	assert_true(sink_flush(&sink));
	assert_int_equal(check_lines(contents(1), HEADER, &number), 1);
	assert_int_equal(check_lines(contents(0), HEADER, &number), 1);
}

/* A line never spans files, and a file with nothing but a header is not put aside. */
static void test_line_longer_than_a_file(void **state)
{
	(void)state;
	open_sink(HEADER, LINE_SIZE / 2, 99);
	put_lines(3);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(2), LINE_SIZE + sizeof(HEADER) - 1);
	assert_int_equal(size_of(3), -1);
	check_all(HEADER, 0);
}

static void test_full_disk(void **state)
{
	(void)state;
	open_sink("", LIMIT, 9);
	put_lines(4);
	assert_true(sink_flush(&sink));
	model_write_next(LINE_SIZE / 2); /* of the fifth line */
	model_write_next(-ENOSPC);
	put_lines(3);
	assert_false(sink_flush(&sink));
	assert_true(sink.torn);
	assert_int_equal(size_of(1), -1); /* not before the line is whole */
	model_write_next(3);
	model_write_next(-ENOSPC);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(1), -1);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(1), LIMIT);
	check_all("", 0);
}

/* Writes of any length, failures between them, batches of any length, files of any size: the lines are what they were. */
static void test_anything(void **state)
{
	unsigned int seed = 1;

	(void)state;
	for (int round = 0; round < 50; round++) {
		open_sink(round % 2 ? HEADER : "", 30 + (uint64_t)(rand_r(&seed) % 400), 9999);
		next_line = 0;
		for (int batch = 0; batch < 6; batch++) {
			for (int i = 0; i < 9; i++)
				model_write_next(rand_r(&seed) % 4 ? 1 + rand_r(&seed) % 90 : -ENOSPC);
			put_lines(rand_r(&seed) % 8);
			sink_flush(&sink);
			sink_flush(&sink);
		}
		while (sink.buffer.len)
			sink_flush(&sink);
		check_all(round % 2 ? HEADER : "", 0);
		sink_close(&sink);
		for (int i = 0; contents(i); i++)
			unlink(name_of(i));
		model_boot(&model_5_4);
		model.real_files = true;
	}
}

/* The folder is not ours any more: the file grows, the user is told once, and it is tried again after as much. */
static void test_rename_fails(void **state)
{
	struct error told;

	(void)state;
	open_sink("", LIMIT, 9);
	model.rename_error = EACCES;
	put_lines(7);
	assert_false(sink_flush(&sink));
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "EACCES");
	assert_non_null(strstr(told.text, "going on with the old file"));
	assert_false(sink_explain(&sink, &told));
	assert_int_equal(sink.failure, 0);
	put_lines(8);
	assert_true(sink_flush(&sink));
	assert_false(sink_explain(&sink, &told));
	assert_int_equal(size_of(0), 15 * LINE_SIZE);
	model.rename_error = 0;
	put_lines(8);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(2), 15 * LINE_SIZE);
	check_all("", 0);
	/* Another time is another time. */
	model.rename_error = EROFS;
	put_lines(5);
	assert_false(sink_flush(&sink));
	assert_true(sink_explain(&sink, &told));
	check_all("", 0);
}

/* One in the middle can't be renamed: those behind it have moved, nothing is overwritten. */
static void test_rename_fails_halfway(void **state)
{
	char inside[160];

	(void)state;
	open_sink("", LIMIT, 4);
	put_lines(5 * 2 + 5);
	assert_true(sink_flush(&sink));
	assert_int_equal(mkdir(name_of(3), 0700), 0);
	assert_int_equal(mkdir(name_of(4), 0700), 0);
	snprintf(inside, sizeof(inside), "%s/x", name_of(4));
	assert_int_equal(mkdir(inside, 0700), 0);
	put_lines(2);
	assert_false(sink_flush(&sink));
	rmdir(inside);
	rmdir(name_of(4));
	rmdir(name_of(3));
	check_all("", 0);
}

/* No new file can be made: the old one has its name back. */
static void test_open_fails(void **state)
{
	struct error told;

	(void)state;
	open_sink("", LIMIT, 2);
	put_lines(5);
	assert_true(sink_flush(&sink));
	put_lines(2);
	model.fail_at = model.calls + 3; /* two names, then the opening */
	model.fail_error = EMFILE;
	assert_false(sink_flush(&sink));
	assert_true(sink_explain(&sink, &told));
	assert_sentence(&told, STATUS_FAILURE, "EMFILE");
	assert_int_equal(size_of(0), 7 * LINE_SIZE);
	assert_int_equal(size_of(1), -1);
	check_all("", 0);
}

static void test_with_sighup(void **state)
{
	char moved[80];

	(void)state;
	snprintf(moved, sizeof(moved), "%s.7", path);
	open_sink(HEADER, LIMIT + sizeof(HEADER) - 1, 5);
	put_lines(3);
	assert_true(sink_flush(&sink));
	assert_int_equal(rename(path, moved), 0);
	put_lines(1); /* before the signal: of the old file */
	assert_int_equal(sink_reopen(&sink, &err), 0);
	put_lines(6); /* its size is its own */
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(7), 4 * LINE_SIZE + sizeof(HEADER) - 1);
	assert_int_equal(size_of(1), LIMIT + sizeof(HEADER) - 1);
	assert_int_equal(rename(moved, name_of(2)), 0);
	check_all(HEADER, 0);
}

/* The file was taken away and the signal is still on its way. */
static void test_moved_by_others(void **state)
{
	char moved[80];

	(void)state;
	snprintf(moved, sizeof(moved), "%s.9", path);
	open_sink("", LIMIT, 5);
	put_lines(5);
	assert_true(sink_flush(&sink));
	assert_int_equal(rename(path, moved), 0);
	put_lines(2);
	assert_true(sink_flush(&sink));
	assert_int_equal(size_of(0), 2 * LINE_SIZE);
	assert_int_equal(rename(moved, name_of(1)), 0);
	check_all("", 0);
}

static void test_not_a_regular_file(void **state)
{
	(void)state;
	assert_int_equal(sink_open(&sink, "/dev/null", -1, &err), 0);
	assert_int_equal(sink_rotate(&sink, 4096, 1, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "/dev/null");
}

static void test_name_too_long(void **state)
{
	char name[5000];

	(void)state;
	assert_int_equal(sink_open(&sink, path, -1, &err), 0);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	sink.path = name;
	assert_int_equal(sink_rotate(&sink, 4096, 1, &err), -1);
	assert_sentence(&err, STATUS_USAGE, "too long");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

static const struct CMUnitTest tests[] = {
	TEST(test_exchanged_before_it_is_too_large),
	TEST(test_one_batch_for_many_files),
	TEST(test_header_in_each),
	TEST(test_oldest_goes),
	TEST(test_file_that_was_there),
	TEST(test_line_longer_than_a_file),
	TEST(test_full_disk),
	TEST(test_anything),
	TEST(test_rename_fails),
	TEST(test_rename_fails_halfway),
	TEST(test_open_fails),
	TEST(test_with_sighup),
	TEST(test_moved_by_others),
	TEST(test_not_a_regular_file),
	TEST(test_name_too_long),
};

RUN(tests)
