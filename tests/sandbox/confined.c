// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * loader/sandbox as this kernel enforces it: each case is a process that enters the sandbox and then does what it may, or
 * what it may not. Prints TAP; has to be root. Static, so that it runs in a VM that holds nothing else.
 *
 *	confined only CAPS COMMAND...	runs it with these capabilities (hexadecimal) and no others
 */
#include "../../loader/sandbox/private.h"

#include "capability.h"
#include "kernel.h"
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAID_MAX 4096

static int number, failures;
static struct error err;

static void result(bool good, const char *name, const char *detail)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++number, name);
	if (!good && detail[0])
		printf("# %s\n", detail);
	failures += !good;
	fflush(stdout);
}

/* Runs it in a child; what that says on standard error comes back. Returns its exit status, or 128 and its signal. */
static int run(int (*body)(const struct sandbox *wants), const struct sandbox *wants, char said[SAID_MAX])
{
	int pipes[2], status;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	if (pipe(pipes))
		exit(2);
	child = fork();
	if (child == 0) {
		dup2(pipes[1], STDERR_FILENO);
		_exit(body(wants));
	}
	close(pipes[1]);
	while (len < SAID_MAX - 1 && (got = read(pipes[0], said + len, SAID_MAX - 1 - len)) > 0)
		len += (size_t)got;
	said[len] = '\0';
	close(pipes[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool enter(const struct sandbox *wants)
{
	struct sandbox sandbox = *wants;

	if (!sandbox_enter(&sandbox, &err) && (sandbox.filtered || !sandbox.confine))
		return true;
	fprintf(stderr, "%s%s\n", err.text, sandbox.unfiltered.text);
	return false;
}

static const struct sandbox confined = {.confine = true, .rings = true};

/* --- what is refused --- */

static long no_program(void)
{
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_KPROBE};

	return syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long no_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long no_exec(void)
{
	const char *const words[] = {"true", NULL};

	return syscall(__NR_execve, "/bin/true", words, words + 1);
}

static long no_execveat(void)
{
	const char *const words[] = {"true", NULL};

	return syscall(__NR_execveat, AT_FDCWD, "/bin/true", words, words + 1, 0);
}

static long no_fork(void)
{
	return syscall(__NR_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static long no_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long no_code_later(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page == MAP_FAILED ? 0 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long no_mount(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long no_unshare(void)
{
	return syscall(__NR_unshare, CLONE_NEWNS);
}

static long no_setns(void)
{
	return syscall(__NR_setns, 0, 0);
}

static long no_ptrace(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static long no_kill(void)
{
	return syscall(__NR_kill, getppid(), 0);
}

static long no_typing(void)
{
	return ioctl(STDERR_FILENO, TIOCSTI, "x");
}

static long no_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static long no_packets(void)
{
	return socket(AF_PACKET, SOCK_DGRAM, 0);
}

static long no_chroot(void)
{
	return chroot("/");
}

static long no_modules(void)
{
	return syscall(__NR_init_module, NULL, 0, "");
}

static long no_chmod(void)
{
	return syscall(__NR_fchmod, STDERR_FILENO, 0666);
}

static long no_user(void)
{
	return syscall(__NR_setuid, 0);
}

#if defined(__x86_64__)
static long no_x32(void)
{
	return syscall(0x40000000 | __NR_getpid);
}

/* getpid() of the 32-bit table, 20. Here that is writev(), which is allowed. */
static long no_other_table(void)
{
	long result = 20;

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

static int try_other_table(const struct sandbox *wants)
{
	(void)wants;
	return no_other_table() > 0 ? 0 : 1;
}
#endif

static long (*forbidden)(void);

/* Twice, and it goes on living. */
static int be_refused(const struct sandbox *wants)
{
	sigset_t set;

	/* As one could have got it from who started us. */
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!enter(wants))
		return 3;
	for (int i = 0; i < 2; i++) {
		errno = 0;
		if (forbidden() != -1 || errno != EPERM)
			return 4 + i;
	}
	return 0;
}

static unsigned int count_words(const char *text, const char *words)
{
	unsigned int count = 0;

	while ((text = strstr(text, words))) {
		text += strlen(words);
		count++;
	}
	return count;
}

static void refuse(const char *name, long (*call)(void), const struct sandbox *wants)
{
	const bool says = REFUSED == SECCOMP_RET_TRAP;
	char said[SAID_MAX], detail[SAID_MAX + 64];
	int status;

	forbidden = call;
	status = run(be_refused, wants, said);
	snprintf(detail, sizeof(detail), "status %d, said: %s", status, said);
	result(status == 0 && count_words(said, "refused system call") == says, name, detail);
}

/* --- what works --- */

static int waste(void)
{
	char *text[64];

	for (size_t i = 0; i < 64; i++) {
		text[i] = malloc((size_t)64 << i % 18);
		if (!text[i])
			return 1;
		memset(text[i], 1, (size_t)64 << i % 18);
		text[i] = realloc(text[i], (size_t)128 << i % 18);
	}
	for (size_t i = 0; i < 64; i++)
		free(text[i]);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b ? -1 : *(const int *)a > *(const int *)b;
}

/* Many enough for glibc to ask how much memory there is. */
static int sort(void)
{
	size_t count = 100000;
	int *numbers = calloc(count, sizeof(*numbers)), wrong;

	if (!numbers)
		return 1;
	for (size_t i = 0; i < count; i++)
		numbers[i] = (int)(i * 7919 % count);
	qsort(numbers, count, sizeof(*numbers), compare);
	wrong = numbers[0] != 0 || numbers[count - 1] != (int)count - 1;
	free(numbers);
	return wrong;
}

/* As a corrupted heap would. The signal of our own, to ourselves. */
static int die(const struct sandbox *wants)
{
	if (enter(wants))
		abort();
	return 3;
}

static int use_files(void)
{
	char *line = NULL, text[64];
	size_t size = 0;
	struct stat status;
	int fd;

	FILE *file = fopen("/proc/self/status", "re");
	if (!file || getline(&line, &size, file) <= 0 || fclose(file))
		return 1;
	free(line);
	fd = sys_openat(AT_FDCWD, "/tmp/confined", O_WRONLY | O_CREAT | O_APPEND, 0640);
	if (fd < 0 || sys_write(fd, "x\n", 2) != 2 || sys_fsync(fd) || sys_close(fd))
		return 2;
	if (sys_rename("/tmp/confined", "/tmp/confined.1") || sys_stat("/tmp/confined.1", &status))
		return 3;
	if (sys_unlink("/tmp/confined.1") || sys_readlinkat(AT_FDCWD, "/proc/self", text, sizeof(text)) <= 0)
		return 4;
	return 0;
}

static int use_time(void)
{
	struct timespec ts = {.tv_nsec = 1000};
	time_t now = time(NULL);
	struct tm tm;

	return clock_gettime(CLOCK_REALTIME, &ts) || clock_gettime(CLOCK_BOOTTIME, &ts) || !localtime_r(&now, &tm) ||
	       (ts = (struct timespec){.tv_nsec = 1000}, nanosleep(&ts, NULL));
}

static int use_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = PERF_ATTR_SIZE_VER0,
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
	};
	int fd = sys_perf_event_open(&attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC), result = fd < 0 ? fd : 0;
	uint64_t count;
	void *map = NULL;

	if (!result)
		result = sys_mmap(fd, 0, 9 * (size_t)sysconf(_SC_PAGESIZE), true, &map);
	if (!result)
		result = sys_ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	if (!result && sys_read(fd, &count, sizeof(count)) != sizeof(count))
		result = -EIO;
	if (result)
		fprintf(stderr, "perf: descriptor %d, mapped at %p: %s\n", fd, map, ERRNO_NAME(-result));
	return result != 0;
}

static int use_all(const struct sandbox *wants)
{
	uint64_t set[128];
	union bpf_attr attr;
	int result;

	if (!enter(wants))
		return 3;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)-1;
	if (sys_bpf(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) != -EBADF)
		return 4;
	result = sys_getaffinity(set, sizeof(set));
	if (result <= 0 || sys_setaffinity(set, (size_t)result))
		return 5;
	if (waste() || sort())
		return 6;
	result = use_files();
	if (result)
		return 10 + result;
	result = use_perf();
	if (result)
		return 20 + result;
	if (use_time() || poll(NULL, 0, 1) < 0)
		return 7;
	return 0;
}

static int use_sockets(const struct sandbox *wants)
{
	if (!enter(wants))
		return 3;
	return sys_socket(AF_INET, SOCK_DGRAM, 0) < 0 || sys_socket(AF_INET6, SOCK_STREAM, 0) < 0 ||
	       sys_socket(AF_UNIX, SOCK_DGRAM, 0) < 0;
}

static int signal_command(const struct sandbox *wants)
{
	struct sandbox sandbox = *wants;

	sandbox.command = getppid();
	return !enter(&sandbox) || syscall(__NR_kill, sandbox.command, 0);
}

/* --- who we are then --- */

static unsigned long long status_of(const char *name)
{
	char text[4096], *at;

	if (sys_read_file(AT_FDCWD, "/proc/self/status", text, sizeof(text)) <= 0)
		return ~0ULL;
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 16) : ~0ULL;
}

static int has_only(uint64_t caps)
{
	if (status_of("\nCapPrm:\t") != caps || status_of("\nCapEff:\t") != caps)
		return 4;
	if (status_of("\nCapInh:\t") || status_of("\nCapBnd:\t"))
		return 5;
	if (status_of("\nCapAmb:\t") && status_of("\nCapAmb:\t") != ~0ULL)
		return 6;
	return 0;
}

/* Debian's kernels and others want CAP_SYS_ADMIN for rings then. */
static bool is_paranoid(void)
{
	char text[16];

	return sys_read_file(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", text, sizeof(text)) > 0 &&
	       text[0] >= '3';
}

/* CAP_SYS_ADMIN before 5.8. Who can't raise the limit of locked memory has to be let beyond it. */
static uint64_t to_trace(bool rings)
{
	uint64_t held = status_of("\nCapPrm:\t"), caps = rings ? CAPABILITY(CAP_PERFMON) : 0;
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (rings && limit.rlim_max != RLIM_INFINITY && !(held & CAPABILITY(CAP_SYS_RESOURCE)))
		caps |= CAPABILITY(CAP_IPC_LOCK) & held;
	if (held & CAPABILITY(CAP_BPF) && !(rings && is_paranoid()))
		return caps | CAPABILITY(CAP_BPF);
	return (caps & ~CAPABILITY(CAP_PERFMON)) | CAPABILITY(CAP_SYS_ADMIN);
}

static int keep_little(const struct sandbox *wants)
{
	uint64_t caps = to_trace(wants->rings) | (wants->others ? CAPABILITY(CAP_SYS_PTRACE) : 0);

	if (wants->command)
		caps |= CAPABILITY(CAP_KILL);
	if (!enter(wants))
		return 3;
	/* Since 4.10 and 3.8. */
	if (status_of("\nNoNewPrivs:\t") == 0 || status_of("\nSeccomp:\t") != 2)
		return 7;
	return has_only(caps);
}

/* As hexadecimal digits. */
#define ANOTHER 0x17476

static int become_another(const struct sandbox *wants)
{
	uint64_t caps = to_trace(wants->rings);
	char text[4096], *groups;

	if (!enter(wants))
		return 3;
	if (status_of("\nUid:\t") != ANOTHER || status_of("\nGid:\t") != ANOTHER)
		return 8;
	if (sys_read_file(AT_FDCWD, "/proc/self/status", text, sizeof(text)) <= 0)
		return 9;
	groups = strstr(text, "\nGroups:");
	if (!groups || strspn(groups + 8, "\t ") != strcspn(groups + 8, "\n"))
		return 10;
	return has_only(caps);
}

/* Its own folder is somebody else's, and it has not the right to make it be. */
static int reopen_there(const struct sandbox *wants)
{
	struct sandbox sandbox = *wants;

	if (sandbox_enter(&sandbox, &err))
		return 3;
	if (sandbox.user)
		return !(sandbox.closed[0].status && strstr(sandbox.closed[0].text, "/tmp/theirs/log"));
	return !(sandbox.kept & CAPABILITY(CAP_DAC_OVERRIDE)) ||
	       sys_openat(AT_FDCWD, "/tmp/theirs/log", O_WRONLY | O_CREAT, 0640) < 0;
}

static int reopen_here(const struct sandbox *wants)
{
	struct sandbox sandbox = *wants;

	if (sandbox_enter(&sandbox, &err))
		return 3;
	return sandbox.kept & CAPABILITY(CAP_DAC_OVERRIDE) || sandbox.closed[0].status ||
	       sys_openat(AT_FDCWD, "/tmp/ours/log", O_WRONLY | O_CREAT, 0640) < 0;
}

static void works(const char *name, int (*body)(const struct sandbox *wants), const struct sandbox *wants)
{
	char said[SAID_MAX], detail[SAID_MAX + 64];
	int status = run(body, wants, said);

	snprintf(detail, sizeof(detail), "status %d, said: %s", status, said);
	result(status == 0 && !said[0], name, detail);
}

static void check_refusals(void)
{
	const struct sandbox peers = {.confine = true, .peers = true};

	refuse("no program is loaded", no_program, &confined);
	refuse("no map is made", no_map, &confined);
	refuse("no program is run", no_exec, &confined);
	refuse("no program is run by descriptor", no_execveat, &confined);
	refuse("no process is made", no_fork, &confined);
	refuse("no memory that can be run", no_code, &confined);
	refuse("no memory is made to run", no_code_later, &confined);
	refuse("no mount", no_mount, &confined);
	refuse("no namespaces", no_unshare, &confined);
	refuse("no other namespaces", no_setns, &confined);
	refuse("no tracing of processes", no_ptrace, &peers);
	refuse("no signals to others", no_kill, &confined);
	refuse("no typing into a terminal", no_typing, &confined);
	refuse("no sockets where none are needed", no_socket, &confined);
	refuse("no packet sockets", no_packets, &peers);
	refuse("no other root", no_chroot, &confined);
	refuse("no modules", no_modules, &confined);
	refuse("no modes of files", no_chmod, &confined);
	refuse("no other user", no_user, &confined);
#if defined(__x86_64__)
	refuse("no calls of x32's", no_x32, &confined);
	if (run(try_other_table, &confined, (char[SAID_MAX]){0}) == 0)
		refuse("no calls of the 32-bit table's", no_other_table, &confined);
#endif
}

static void check_places(void)
{
	const struct sandbox theirs = {.confine = true, .places = {{"/tmp/theirs/log", "-o", false}}};
	const struct sandbox ours = {.confine = true, .places = {{"/tmp/ours/log", "-o", false}}};
	struct sandbox another = theirs;

	mkdir("/tmp/ours", 0700);
	mkdir("/tmp/theirs", 0700);
	if (chown("/tmp/theirs", 1234, 1234))
		exit(2);
	another.user = "4321:4321";
	another.uid = another.gid = 4321;
	works("a folder of our own takes no capability", reopen_here, &ours);
	works("a folder of somebody else's takes one", reopen_there, &theirs);
	works("or it is said that it is closed", reopen_there, &another);
	unlink("/tmp/ours/log");
	unlink("/tmp/theirs/log");
	rmdir("/tmp/ours");
	rmdir("/tmp/theirs");
}

/* A program that root runs has what the bounding set has. */
static int run_with(const char *caps, char **argv)
{
	uint64_t kept = strtoull(caps, NULL, 16);

	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (!(kept & CAPABILITY(cap)) && cap_drop_bound(cap))
			return 125;
	}
	execvp(argv[0], argv);
	return 127;
}

int main(int argc, char **argv)
{
	const struct sandbox peers = {.confine = true, .rings = true, .peers = true};
	const struct sandbox others = {.confine = true, .others = true};
	const struct sandbox command = {.confine = true, .rings = true, .command = 1};
	const struct sandbox user = {.user = "17476:17476", .uid = 17476, .gid = 17476, .confine = true, .rings = true};

	char said[SAID_MAX];

	if (argc > 3 && !strcmp(argv[1], "only"))
		return run_with(argv[2], argv + 3);
	if (!kernel_has_call_filters()) {
		printf("1..0 # SKIP this kernel has no CONFIG_SECCOMP_FILTER\n");
		return 0;
	}
	works("what a reader does works", use_all, &confined);
	result(run(die, &confined, said) == 128 + SIGABRT && !said[0], "abort() is by SIGABRT", said);
	works("sockets work where they are needed", use_sockets, &peers);
	works("the command can be signalled", signal_command, &confined);
	works("rings take CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN", keep_little, &confined);
	works("other users' processes take CAP_SYS_PTRACE", keep_little, &others);
	works("a command takes CAP_KILL", keep_little, &command);
	works("another user has no more", become_another, &user);
	check_places();
	check_refusals();
	printf("1..%d\n", number);
	return failures != 0;
}
