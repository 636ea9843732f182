/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways into the kernel that other architectures lack: the tables of a 64-bit x86 kernel, MIPS's call of a call. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define I386_SOCKETCALL	   102
#define I386_CONNECT	   362
#define SOCKETCALL_CONNECT 3
#define X32_BIT		   0x40000000

#ifdef __x86_64__

/* The 32-bit gate is open to 64-bit tasks too; the kernel then reads the low halves. */
static long int80(long number, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

/* Memory that a 32-bit pointer can name. */
static void *low_page(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		skip("no memory below 4 GiB");
	return page;
}

/* Without the emulation the gate is a fault, or says ENOSYS: tried in a child first. */
static void need_int80(void)
{
	pid_t child = vfork();
	int status;

	if (child == 0) {
		int80(20, 0, 0, 0); /* getpid */
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		skip("no 32-bit system calls in this kernel");
}

static void want_compat(int fd, const char *via, const char *remote)
{
	struct want want = want_of(fd, SOCK_DGRAM, sizeof(struct sockaddr_in), remote);

	want.via = via;
	want.compat = 1;
	want_print(&want);
}

static void int80_connect(void)
{
	struct sockaddr_in *to = low_page();
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 401);

	need_int80();
	*to = in4("127.0.0.1", 401);
	want_compat(fd, "connect", "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":401}");
	if (int80(I386_CONNECT, fd, (long)to, sizeof(*to)) == -ENOSYS)
		skip("no 32-bit system calls in this kernel");
}

static void int80_socketcall(void)
{
	uint32_t *args = low_page();
	struct sockaddr_in *to = (void *)(args + 16);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 402);

	need_int80();
	*to = in4("127.0.0.1", 402);
	args[0] = fd;
	args[1] = (uint32_t)(uintptr_t)to;
	args[2] = sizeof(*to);
	want_compat(fd, "socketcall", "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":402}");
	int80(I386_SOCKETCALL, SOCKETCALL_CONNECT, (long)args, 0);
}

static void x32_connect(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 403);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 403);

	if (syscall(X32_BIT | SYS_getpid) < 0)
		skip("no x32 system calls in this kernel");
	want_compat(fd, "connect", "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":403}");
	syscall(X32_BIT | SYS_connect, fd, &to, sizeof(to));
}

/* Its descriptor is an int: what stands in the upper half of the register is no part of it. */
static void dirty_register(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 404);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 404);

	expect(fd, SOCK_DGRAM, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":404}");
	syscall(SYS_connect, 0xdeadbeef00000000UL | fd, &to, 0xfeedface00000000UL | sizeof(to));
}

const struct test_case abi_cases[] = {{"int80-connect", int80_connect},
				      {"int80-socketcall", int80_socketcall},
				      {"x32-connect", x32_connect},
				      {"dirty-register", dirty_register},
				      {NULL, NULL}};

#elif defined(__mips__) && _MIPS_SIM == _ABIO32

#define INDIRECT 4000

/* syscall(SYS_syscall, number, ...), whose arguments are one further on than others'. */
static void indirect_connect(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 405);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 405);
	struct want want =
		want_of(fd, SOCK_DGRAM, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":405}");

	want.via = "connect";
	want_print(&want);
	syscall(INDIRECT, SYS_connect, fd, &to, sizeof(to));
}

static void indirect_socketcall(void)
{
	struct sockaddr_in to = in4("127.0.0.1", 406);
	int fd = sock(AF_INET, SOCK_DGRAM, 0, 406);
	unsigned long args[3] = {(unsigned long)fd, (unsigned long)&to, sizeof(to)};
	struct want want =
		want_of(fd, SOCK_DGRAM, sizeof(to), "{\"family\":\"AF_INET\",\"addr\":\"127.0.0.1\",\"port\":406}");

	want.via = "socketcall";
	want_print(&want);
	syscall(INDIRECT, SYS_socketcall, SOCKETCALL_CONNECT, args);
}

const struct test_case abi_cases[] = {
	{"indirect-connect", indirect_connect}, {"indirect-socketcall", indirect_socketcall}, {NULL, NULL}};

#else

const struct test_case abi_cases[] = {{NULL, NULL}};

#endif
