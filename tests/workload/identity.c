/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who calls: threads, names, users, namespaces, confinement. */
#define _GNU_SOURCE
#include "tools.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOTE "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":%u}"

static void connect_known(int fd)
{
	struct sockaddr_in to = in4("127.0.0.1", 6000 + fd);

	sock(AF_INET, SOCK_DGRAM, 0, fd);
	expect(fd, SOCK_DGRAM, sizeof(to), REMOTE, 6000 + fd);
	call_connect(fd, &to, sizeof(to));
}

static void *in_thread(void *fd)
{
	connect_known((intptr_t)fd);
	return NULL;
}

static void *in_renamed_thread(void *fd)
{
	comm_set("renamed thread");
	connect_known((intptr_t)fd);
	return NULL;
}

static void run_thread(void *(*run)(void *), intptr_t fd)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, (void *)fd))
		skip("no thread");
	pthread_join(thread, NULL);
}

static void thread(void)
{
	run_thread(in_thread, 601);
}

static void thread_renamed(void)
{
	run_thread(in_renamed_thread, 602);
}

/* The leader is gone, and its threads go on. */
static void *after_leader(void *fd)
{
	usleep(50000);
	connect_known((intptr_t)fd);
	_exit(0);
}

static void thread_leader_gone(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, after_leader, (void *)(intptr_t)603))
		skip("no thread");
	pthread_exit(NULL);
}

static void connect_as(int fd, const char *comm, const char *member)
{
	struct sockaddr_in to = in4("127.0.0.1", 6000 + fd);
	struct want want;
	char remote[128];

	comm_set(comm);
	sock(AF_INET, SOCK_DGRAM, 0, fd);
	snprintf(remote, sizeof(remote), REMOTE, 6000 + fd);
	want = want_of(fd, SOCK_DGRAM, sizeof(to), remote);
	want.comm = member;
	want_print(&want);
	call_connect(fd, &to, sizeof(to));
}

static void comm_quotes(void)
{
	connect_as(610, "a\"b\\c'd,e f", "\"comm\":\"a\\\"b\\\\c'd,e f\",\"comm_hex\":null");
}

static void comm_controls(void)
{
	connect_as(611, "x\n\x1b[31my\r\t\x7f",
		   "\"comm\":\"x\\n\\u001b[31my\\r\\t\\u007f\",\"comm_hex\":\"780a1b5b33316d790d097f\"");
}

static void comm_not_utf8(void)
{
	connect_as(612, "\xff\xc3(z\xc0\xaf", "\"comm\":\"*\",\"comm_hex\":\"ffc3287ac0af\"");
}

/* The kernel cuts names at 15 bytes, through the middle of a letter where it falls so. */
static void comm_cut(void)
{
	connect_as(613, "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
		   "\"comm\":\"*\",\"comm_hex\":\"c3a4c3a4c3a4c3a4c3a4c3a4c3a4c3\"");
}

static void comm_utf8(void)
{
	connect_as(614, "\xe2\x82\xac\xf0\x9f\x90\xa7",
		   "\"comm\":\"\\u20ac\\ud83d\\udc27\""
		   ",\"comm_hex\":null");
}

static void comm_empty(void)
{
	connect_as(615, "", "\"comm_hex\":null");
}

/* The real user is meant, however the others stand. */
static void user_split(void)
{
	if (setresgid(4111, 4222, 4333) || setresuid(3111, 3222, 3333))
		skip("no right to change the user: %s", strerrorname_np(errno));
	connect_known(620);
}

static void user_large(void)
{
	if (setresgid(4294967294U, -1, -1) || setresuid(4294967293U, -1, -1))
		skip("no right to change the user: %s", strerrorname_np(errno));
	connect_known(621);
}

/* A copy of this program that runs as its owner, started by somebody else. */
static void user_setuid_program(void)
{
	int in = open("/proc/self/exe", O_RDONLY), out;
	char *const argv[] = {"setuid-program", "-s", "after-exec", NULL};
	char *const plain_argv[] = {"setuid-program", "after-exec", NULL};

	enter_scratch_dir();
	out = open("setuid-program", O_WRONLY | O_CREAT | O_EXCL, 0700);
	while (sendfile(out, in, NULL, 1 << 20) > 0)
		;
	if (fchown(out, 3222, 4222) || fchmod(out, 06755))
		skip("no right to make a setuid program: %s", strerrorname_np(errno));
	close(out);
	if (setresgid(4111, 4111, 4111) || setresuid(3111, 3111, 3111))
		skip("no right to change the user: %s", strerrorname_np(errno));
	execv(argv[0], call_way == WAY_SOCKETCALL ? argv : plain_argv);
	skip("no setuid program");
}

int after_exec_main(void)
{
	case_begin("user-setuid-program");
	comm_set("setuid-program");
	if (getuid() == geteuid())
		skip("set-user-ID bits are without effect here");
	connect_known(622);
	return 0;
}

static bool write_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return done;
}

/* The child's life: it waits until it is somebody, and calls from where it is process 1. */
static void contained_child(int gate, int fd)
{
	struct sockaddr_in to = in4("127.0.0.1", 6000 + fd);
	char go;

	if (read(gate, &go, 1) != 1)
		_exit(1);
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0))
		_exit(1);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	lo_up();
	sock(AF_INET, SOCK_DGRAM, 0, fd);
	comm_set("contained");
	call_connect(fd, &to, sizeof(to));
	_exit(0);
}

/* Inside it is user 0 of process 1; outside, the ones that count, it is neither. */
static void contained(void)
{
	const int flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET;
	struct want want;
	char remote[128];
	int gate[2];
	pid_t child;

	if (pipe(gate))
		skip("pipe");
#ifdef __s390__
	/* the stack comes first there */
	child = syscall(SYS_clone, 0, flags | SIGCHLD, 0, 0, 0);
#else
	child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
#endif
	if (child < 0)
		skip("no user namespace: %s", strerrorname_np(errno));
	if (child == 0) {
		close(gate[1]);
		contained_child(gate[0], 630);
	}
	if (!write_file(child, "uid_map", "0 54321 1") || !write_file(child, "gid_map", "0 54322 1"))
		skip("no right to map users: %s", strerrorname_np(errno));
	snprintf(remote, sizeof(remote), REMOTE, 6630);
	want = want_of(630, SOCK_DGRAM, sizeof(struct sockaddr_in), remote);
	want.pid = want.tid = want.proc = child;
	want.ns_pid = want.ns_tid = 1;
	want.ns_ppid = 0;
	want.ppid = getpid();
	want.uid = 54321;
	want.gid = 54322;
	want.comm = "\"comm\":\"contained\"";
	want_print(&want);
	if (write(gate[1], "", 1) != 1 || waitpid(child, NULL, 0) != child)
		perror("caller: contained");
}

static void in_chroot(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/inside"};

	enter_scratch_dir();
	if (chroot("."))
		skip("no right to chroot: %s", strerrorname_np(errno));
	sock(AF_UNIX, SOCK_STREAM, 0, 631);
	expect(631, SOCK_STREAM, 9, "{\"family\":\"AF_UNIX\",\"path\":\"/inside\"}");
	call_connect(631, &to, 9);
}

/* Nothing but connect and the end is left to it. */
static void seccomp_confined(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 3, 0),
#ifdef SYS_socketcall
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socketcall, 2, 0),
#else
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_connect, 2, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	struct sockaddr_in to = in4("127.0.0.1", 6632);

	sock(AF_INET, SOCK_DGRAM, 0, 632);
	expect(632, SOCK_DGRAM, sizeof(to), REMOTE, 6632);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		skip("no seccomp filter: %s", strerrorname_np(errno));
	call_connect(632, &to, sizeof(to));
	_exit(0);
}

const struct test_case identity_cases[] = {{"thread", thread},
					   {"thread-renamed", thread_renamed},
					   {"thread-leader-gone", thread_leader_gone},
					   {"comm-quotes", comm_quotes},
					   {"comm-controls", comm_controls},
					   {"comm-not-utf8", comm_not_utf8},
					   {"comm-cut", comm_cut},
					   {"comm-utf8", comm_utf8},
					   {"comm-empty", comm_empty},
					   {"user-split", user_split},
					   {"user-large", user_large},
					   {"user-setuid-program", user_setuid_program},
					   {"contained", contained},
					   {"chroot", in_chroot},
					   {"seccomp", seccomp_confined},
					   {NULL, NULL}};
