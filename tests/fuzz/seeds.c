// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the seeds of all targets below the folder that it is given. */
#include "record.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *folder;

static void write_seed(const char *target, int number, const void *bytes, size_t size)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/seed-%d", folder, target, number);
	file = fopen(path, "w");
	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void write_attempt(int number, struct event event)
{
	uint8_t bytes[1 + EVENT_SIZE_LONG];

	bytes[0] = (uint8_t)((record_size(&event) == EVENT_SIZE_LONG) | number << 2);
	bytes[0] |= record_size(&event) == EVENT_SIZE_INET ? 2 : 0;
	memcpy(bytes + 1, &event, EVENT_SIZE_LONG);
	write_seed("attempt", number, bytes, 1 + record_size(&event));
}

static void write_attempts(void)
{
	struct event event = record_inet6("fe80::1", 443, 2);

	write_attempt(0, record_inet("93.184.216.34", 443));
	write_attempt(1, event);
	event.addrlen = 24;
	write_attempt(2, event);
	write_attempt(3, record_unix("/run/dbus/system_bus_socket", 28));
	write_attempt(4, record_unix("\0a\0b\xff\xc2\x85", 7));
	write_attempt(5, record("\x10\0\0\0\1\0\0\0\2\0\0", 12));
	write_attempt(6, record("\0\0", 2));
	event.flags = EVENT_ADDR_AT_END | EVENT_USER_MEMORY | EVENT_TYPE_UNKNOWN;
	write_attempt(7, event);
	event.flags = EVENT_NO_CALL | EVENT_COMPAT;
	strcpy(event.comm, "iou-wrk-\xe2\x80\xae");
	write_attempt(8, event);
}

static size_t put_record(uint8_t *at, uint32_t type, uint32_t size)
{
	const struct perf_event_header header = {type, 0, (uint16_t)size};
	const uint32_t raw = size - 12;

	at[0] = (uint8_t)size;
	memset(at + 1, 0x11, size);
	memcpy(at + 1, &header, sizeof(header));
	if (type == PERF_RECORD_SAMPLE)
		memcpy(at + 1 + sizeof(header), &raw, 4);
	return 1 + size;
}

/* Of a mapped ring: a head of 8 bytes, and the data. */
static size_t put_mapped(uint8_t *at, uint64_t size)
{
	size_t body = (size + 7) & ~7u;

	at[0] = (uint8_t)(sizeof(size) + body);
	memcpy(at + 1, &size, sizeof(size));
	memset(at + 1 + sizeof(size), 0x22, body);
	return 1 + sizeof(size) + body;
}

static void write_rings(void)
{
	static const uint32_t positions[] = {0, 4000, 0xffffff80};

	for (int i = 0; i < 3; i++) {
		uint8_t bytes[1024];
		size_t len = 4;

		memcpy(bytes, &positions[i], 4);
		len += put_record(bytes + len, PERF_RECORD_SAMPLE, 96);
		len += put_record(bytes + len, PERF_RECORD_LOST, 24);
		len += put_record(bytes + len, PERF_RECORD_SAMPLE, 16);
		len += put_record(bytes + len, PERF_RECORD_SAMPLE, 200);
		write_seed("ring", i, bytes, len);
		len = 4;
		len += put_mapped(bytes + len, 84);
		len += put_mapped(bytes + len, 4);
		len += put_mapped(bytes + len, 188);
		write_seed("ring", 3 + i, bytes, len);
	}
}

int main(int argc, char **argv)
{
	static const char *const lines[] = {
		"-46x\n-a\n-t\n-T\n-U\n-H\n-v\n-n\n5\n-o\nfile",
		"--json\n--format=text\n--family\n!inet,unix\n--duration\n1.5\n--hook\nproto\n--buffer-pages\n64",
		"-p\n1,5-9\n-u\nroot,1000\n-P\n!80,8000-8999\n--net\n!10.0.0.0/8,fe80::/10,::1",
		"--comm\ncurl\n--unix-path\n/run/*",
		"--doctor\n--json",
		"--version\n--help",
		"--\ncommand\n-x",
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	mkdir(folder, 0777);
	write_attempts();
	write_rings();
	for (int i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])); i++)
		write_seed("options", i, lines[i], strlen(lines[i]));
	return 0;
}
