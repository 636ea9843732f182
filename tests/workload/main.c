/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 *	caller [-s] all | CASE...	the named cases; -s: through socketcall(2)
 *	caller list
 *	caller storm THREADS COUNT [udp|tcp|unix] [RATE]
 *	caller soak SECONDS RATE	by processes that live 5 ms
 *	caller lag COUNT		connects; reads the tracer's JSON from stdin
 *	caller tally			counts the lines of the tracer's JSON
 *	caller btf			where the kernel says that things lie in its structs
 *	caller [-s] results [blocked]	connects that end in every way; one that does not, for 10 s
 *	caller as UID COMMAND...	runs a command without any privilege
 */
#define _GNU_SOURCE
#include "tools.h"
#include "workload.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct test_case *const case_tables[] = {
	inet_cases, unix_cases, length_cases, family_cases, abi_cases, uring_cases, identity_cases, lifetime_cases,
};

#define TABLES (sizeof(case_tables) / sizeof(case_tables[0]))

static int remove_entry(const char *path, const struct stat *stat, int flag, struct FTW *ftw)
{
	(void)stat, (void)flag, (void)ftw;
	return remove(path);
}

/* A process for each case: it may close, rename, confine or kill itself as it likes. */
static void case_run(const struct test_case *tried)
{
	char dir[] = "/tmp/caller.XXXXXX";
	pid_t child;
	int status;

	if (mkdtemp(dir) && chmod(dir, 0755) == 0)
		setenv("CASE_DIR", dir, 1);
	child = fork();
	if (child == 0) {
		alarm(30);
		case_begin(tried->name);
		tried->run();
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		fprintf(stderr, "caller: %s: signal %d\n", tried->name, WTERMSIG(status));
	nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static bool wanted(const char *name, char **names)
{
	for (; *names; names++) {
		if (!strcmp(*names, name) || !strcmp(*names, "all"))
			return true;
	}
	return false;
}

static int run_cases(char **names)
{
	const struct test_case *tried;
	int found = 0;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		for (tried = case_tables[i]; tried->name; tried++) {
			if (wanted(tried->name, names)) {
				found++;
				case_run(tried);
			}
		}
	}
	return found ? 0 : 2;
}

static int list_cases(void)
{
	const struct test_case *listed;
	size_t i;

	for (i = 0; i < TABLES; i++) {
		for (listed = case_tables[i]; listed->name; listed++)
			puts(listed->name);
	}
	return 0;
}

static int use_socketcall(void)
{
#ifdef SYS_socketcall
	call_way = WAY_SOCKETCALL;
	return 0;
#else
	fprintf(stderr, "caller: this machine has no socketcall(2)\n");
	return 2;
#endif
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-s")) {
		if (use_socketcall())
			return 2;
		argv++, argc--;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: caller [-s] all|list|CASE...\n");
		return 2;
	}
	if (!strcmp(argv[1], "list"))
		return list_cases();
	if (!strcmp(argv[1], "storm"))
		return storm_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "soak"))
		return soak_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "lag"))
		return lag_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "tally"))
		return tally_main();
	if (!strcmp(argv[1], "btf"))
		return btf_main();
	if (!strcmp(argv[1], "results"))
		return results_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "as"))
		return as_main(argc - 1, argv + 1);
	if (!strcmp(argv[1], "after-exec"))
		return after_exec_main();
	if (!strcmp(argv[1], "after-thread"))
		return after_thread_main();
	return run_cases(argv + 1);
}
