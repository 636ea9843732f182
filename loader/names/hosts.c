// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "sys.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CHUNK 65536 /* a line that is longer is passed over */

/* "127.0.0.1", "::1", "fe80::1%lo0". */
static bool parse_address(char *text, uint8_t addr[ADDR_SIZE])
{
	uint8_t inet[4];

	text[strcspn(text, "%")] = '\0';
	if (inet_pton(AF_INET, text, inet) == 1) {
		map_inet(addr, inet);
		return true;
	}
	return inet_pton(AF_INET6, text, addr) == 1;
}

static bool print_name(const char *word, char text[NAME_MAX_LEN + 1])
{
	size_t len = 0;

	for (; *word; word++) {
		char piece[4] = ".";
		size_t size = *word == '.' ? 1 : dns_escape((uint8_t)*word, piece);

		if (len + size > NAME_MAX_LEN)
			return false;
		memcpy(text + len, piece, size);
		len += size;
	}
	text[len] = '\0';
	return true;
}

/* The first name is the official one, and the first line of an address counts, as for gethostbyaddr(3). */
void hosts_line(struct book *book, char *line)
{
	static const char space[] = " \t\r\f\v";
	char *rest = line, *word = NULL, *name = NULL, text[NAME_MAX_LEN + 1];
	uint8_t addr[ADDR_SIZE];

	line[strcspn(line, "#")] = '\0';
	while ((word = strsep(&rest, space)) && !*word)
		;
	while (word && (name = strsep(&rest, space)) && !*name)
		;
	if (!word || !name || !parse_address(word, addr) || book_find(book, addr, 0) || !print_name(name, text))
		return;
	if (book_count(book) < BOOK_ENTRIES)
		book_put(book, addr, text, 0, UINT64_MAX);
}

/* Takes the whole lines at the start of `chunk` and moves the rest there; returns its length. */
static size_t take_lines(struct book *book, char *chunk, size_t len)
{
	char *line = chunk, *newline;

	while ((newline = memchr(line, '\n', len))) {
		*newline++ = '\0';
		hosts_line(book, line);
		len -= (size_t)(newline - line);
		line = newline;
	}
	memmove(chunk, line, len);
	return len;
}

static void read_lines(struct book *book, int fd, char *chunk)
{
	size_t total = 0, have = 0;
	bool too_long = false;
	ssize_t got;

	while (total < HOSTS_SIZE_MAX && (got = sys_read(fd, chunk + have, CHUNK - have)) > 0) {
		total += (size_t)got;
		have += (size_t)got;
		if (too_long) {
			char *newline = memchr(chunk, '\n', have);

			too_long = !newline;
			have -= newline ? (size_t)(newline - chunk) : have;
			memmove(chunk, newline ? newline : chunk, have);
		}
		have = take_lines(book, chunk, have);
		if (have == CHUNK) {
			too_long = true;
			have = 0;
		}
	}
	/* The last line may lack its newline. */
	chunk[have] = '\0';
	hosts_line(book, chunk);
}

static void read_hosts(struct hosts *hosts)
{
	int fd = sys_openat(AT_FDCWD, hosts->path, O_RDONLY | O_NONBLOCK, 0);
	char *chunk = malloc(CHUNK + 1);

	book_free(hosts->book);
	hosts->book = fd >= 0 && chunk ? book_new(hosts->secret) : NULL;
	if (hosts->book)
		read_lines(hosts->book, fd, chunk);
	free(chunk);
	if (fd >= 0)
		sys_close(fd);
}

/* Editors put another file in its place, others write into it. */
static bool has_changed(struct hosts *hosts)
{
	struct stat status;
	struct hosts_seen seen = {0};

	if (!sys_stat(hosts->path, &status)) {
		seen.device = status.st_dev;
		seen.inode = status.st_ino;
		seen.size = (uint64_t)status.st_size;
		seen.seconds = (uint64_t)status.st_mtim.tv_sec;
		seen.ns = (uint64_t)status.st_mtim.tv_nsec;
	}
	if (!memcmp(&seen, &hosts->seen, sizeof(seen)))
		return false;
	hosts->seen = seen;
	return true;
}

const char *hosts_find(struct hosts *hosts, const uint8_t addr[ADDR_SIZE], uint64_t now)
{
	if (!hosts->looked || now - hosts->time >= HOSTS_INTERVAL) {
		hosts->looked = true;
		hosts->time = now;
		if (has_changed(hosts))
			read_hosts(hosts);
	}
	return hosts->book ? book_find(hosts->book, addr, 0) : NULL;
}

void hosts_close(struct hosts *hosts)
{
	book_free(hosts->book);
	hosts->book = NULL;
}
