// SPDX-License-Identifier: GPL-2.0-or-later
/* Writes the seeds of all targets below the folder that it is given. */
#include "record.h"
#include "wire.h"

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

static void write_dns(int number, int kind, const void *bytes, size_t size)
{
	uint8_t seed[2048];

	seed[0] = (uint8_t)kind;
	memcpy(seed + 1, bytes, size);
	write_seed("dns", number, seed, 1 + size);
}

static void make_message(struct wire *wire)
{
	wire_begin(wire, 7, 0x8180, "www.example.com", TYPE_A);
	wire_cname(wire, "@12", 60, "cdn@16");
	wire_cname(wire, "cdn.example.com", 5, "e1.edge.example");
	wire_a(wire, "e1.edge.example", 100, "192.0.2.1");
	wire_aaaa(wire, "e1.edge.example", 100, "2001:db8::9");
	wire_opt(wire);
}

static void add_packet(struct wire *packets, const struct wire *packet)
{
	wire_put8(packets, packet->bytes[0] >> 4 == 6);
	wire_put16(packets, (unsigned int)packet->len);
	wire_put(packets, packet->bytes, packet->len);
}

/* A query and its answer as datagrams of both families, and the answer over the connection that the target opens. */
static void write_packets(int number)
{
	static struct wire message, packet, packets;
	static const struct route routes[] = {{"192.0.2.10", "192.0.2.53", 40000, 53},
					      {"2001:db8::10", "2001:db8::53", 40000, 53}};
	const struct route from_server = {"192.0.2.53", "192.0.2.10", 53, 50000};
	uint8_t prefix[2];

	for (int i = 0; i < 2; i++) {
		const struct route back = route_back(&routes[i]);

		wire_begin(&message, 7, 0x0100, "www.example.com", TYPE_A);
		wire_udp(&packet, &routes[i], message.bytes, message.len, 0);
		add_packet(&packets, &packet);
		make_message(&message);
		wire_udp(&packet, &back, message.bytes, message.len, i ? 0 : 4);
		add_packet(&packets, &packet);
	}
	prefix[0] = 0;
	prefix[1] = (uint8_t)message.len;
	wire_tcp(&packet, &from_server, 7001, 1050, TCP_ACK, prefix, 2);
	add_packet(&packets, &packet);
	wire_tcp(&packet, &from_server, 7003, 1050, TCP_ACK | TCP_FIN, message.bytes, message.len);
	add_packet(&packets, &packet);
	write_dns(number, 2, packets.bytes, packets.len);
}

static void write_names(void)
{
	static struct wire message;
	static const char hosts[] = "127.0.0.1\tlocalhost box # a comment";

	make_message(&message);
	write_dns(0, 0, message.bytes, message.len);
	wire_begin(&message, 7, 0x8180, "a.b\x1b[\xff\\c.test", TYPE_A);
	wire_a(&message, "@12", 0xffffffff, "192.0.2.1");
	write_dns(1, 0, message.bytes, message.len);
	write_dns(2, 1, hosts, sizeof(hosts) - 1);
	write_packets(3);
}

#define ID "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"

static void write_proc(void)
{
	static const char *const texts[] = {
		"811 (a) S 1 (b) R 1 1 1 0 -1 4194304 100 0 0 0 0 0 0 0 20 0 1 0 89803 31 38 184467 944 945 1407 0 0\n",
		"Name:\tx\nGroups:\t4 20 \nNStgid:\t811\t7\nNSpid:\t811\t8\n",
		"5:cpu,cpuacct:/b\n1:name=systemd:/docker/" ID "\n0::/a/docker-" ID ".scope\n",
		"0::/kubepods.slice/x.slice:cri-containerd:" ID "\n0::/crio-conmon-" ID ".scope/container\n",
		"0::/machine.slice/machine-my\\x2dbox.scope/payload\n0::/machine.slice/systemd-nspawn@a.service/supervisor\n",
		"0::/../lxc.payload.web\n0::/ecs/08f7e8d6c5b4a3928170f6e5d4c3b2a1/08f7e8d6c5b4a3928170f6e5d4c3b2a1-27\n",
	};

	for (int i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++)
		write_seed("proc", i, texts[i], strlen(texts[i]));
}

/* In the order of kernel.c's table. */
static void write_kernel(void)
{
	static const char *const texts[] = {
		"0-3,5,8-255\n",
		"cpu  1 2 3\ncpu0 1 2 3\ncpu7 1\nintr 0\n",
		"0000000000000000 A fixed_percpu_data\nffffffff81000000 t security_socket_connect.llvm.77\n"
		"0000000000000000 T unix_stream_connect\t[unix]\n",
		"22 1 0:20 / /sys rw - sysfs sysfs rw\n30 22 0:7 / /sys/kernel/tracing rw shared:7 - tracefs t rw\n"
		"31 22 0:8 / /a\\040b rw - debugfs d rw\n32 22 0:9 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
		"1501\n",
		"name: task_newtask\nID: 31\nformat:\n\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n",
		"\t\t   r[maxactive][:[<group>/]<event>] <place> [<args>]\n",
		"p:connsnoop_17_0badcafe/connect security_socket_connect\nr4096:connsnoop_1_00000001/connect __sys_connect\n"
		"p:other/foreign inet_stream_connect\n",
		"6\n",
		"config:0\n",
		"Ubuntu 4.15.0-20.21-generic 4.15.17\n",
		"Name:\tx\nSeccomp:\t2\n",
		"         0       1000          1\n",
		"none [integrity] confidentiality\n",
		"1\n",
		"0123456789abcdef0123456789abcdef\n",
		"42 0x5 0x7ffe 0x10 0x0 0x0 0x0 0x7ffe 0x7f00\n",
		"root:x:0:0:root:/root:/bin/sh\na::1000:1000::/:\n",
		"# CONFIG_KPROBES is not set",
	};

	for (int i = 0; i < (int)(sizeof(texts) / sizeof(texts[0])); i++) {
		uint8_t seed[512] = {(uint8_t)i};

		memcpy(seed + 1, texts[i], strlen(texts[i]));
		write_seed("kernel", i, seed, 1 + strlen(texts[i]));
	}
}

/* Kinds as in lists.c; 16 is a file, 32 a negated one. */
static void write_lists(void)
{
	static const struct {
		uint8_t first;
		const char *text;
	} lists[] = {
		{0, "80,443,8000-8999"},
		{16, "# ports\n80\n443 8000-8999 # more\n1,65535"},
		{17, "root\n1000-1999\n"},
		{2, "stream,dgram,5"},
		{3, "curl,ssh*"},
		{4, "10.0.0.0/8,fe80::/10,::ffff:1.2.3.4"},
		{20 + 32 + 64, "10.0.0.0/8\n10.1.0.0/16\n::1\n# end"},
	};

	for (int i = 0; i < (int)(sizeof(lists) / sizeof(lists[0])); i++) {
		uint8_t seed[128] = {lists[i].first};

		memcpy(seed + 1, lists[i].text, strlen(lists[i].text));
		write_seed("lists", i, seed, 1 + strlen(lists[i].text));
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

	static const char *const baselines[] = {
		"# connsnoop baseline 1: comm family addr port\n"
		"a b\tinet6\tfe80::1%3\t53\n"
		"curl\tinet\t93.184.216.34\t443\n"
		"curl\tunix\t/run/x\\x0a\t-\n"
		"curl\tunix\t@name\\x00\t-\n"
		"curl\tunix\t(unnamed)\t-\n"
		"\\x23x\tnetlink\t-\t-\n",
		"# connsnoop baseline 1: pid tid uid comm family type addr port cgroup netns\n"
		"1\t2\t4294967295\t\"\"\t-\tstream\t(unreadable)\t-\t77\t4026531840\n"
		"1\t2\t0\tx\t45\t7\t-\t0\t-\t-\n",
		"# mine\n\n# connsnoop baseline 1: port\n-\n80\n",
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	mkdir(folder, 0777);
	write_attempts();
	write_rings();
	write_names();
	write_proc();
	write_kernel();
	write_lists();
	for (int i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])); i++)
		write_seed("options", i, lines[i], strlen(lines[i]));
	for (int i = 0; i < (int)(sizeof(baselines) / sizeof(baselines[0])); i++)
		write_seed("baseline", i, baselines[i], strlen(baselines[i]));
	return 0;
}
