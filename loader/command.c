// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What connsnoop raises for itself. */
static const int limits[COMMAND_LIMITS] = {RLIMIT_NOFILE, RLIMIT_MEMLOCK};

void command_remember(struct command *command)
{
	*command = (struct command){.gate = -1};
	for (size_t i = 0; i < COMMAND_LIMITS; i++)
		command->has_limit[i] = !getrlimit(limits[i], &command->limit[i]);
}

/* As a shell has it: 127 where there is no such program, 126 where it can't be run. */
static void run(const struct command *command, char **argv, int gate, const sigset_t *mask)
{
	struct error err;
	char byte;

	if (read(gate, &byte, 1) != 1)
		_exit(0);
	for (size_t i = 0; i < COMMAND_LIMITS; i++) {
		if (command->has_limit[i])
			setrlimit(limits[i], &command->limit[i]);
	}
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	error_set(&err, 0, "connsnoop: running %s: execvp says %s; check the name and PATH", argv[0],
		  ERRNO_NAME(errno));
	dprintf(STDERR_FILENO, "%s\n", err.text);
	_exit(errno == ENOENT ? 127 : 126);
}

int command_prepare(struct command *command, char **argv, const sigset_t *mask, struct error *err)
{
	int gate[2];

	if (!argv)
		return 0;
	if (pipe2(gate, O_CLOEXEC))
		return error_set(err, STATUS_FAILURE, "preparing %s: pipe says %s; raise the limit of open files",
				 argv[0], ERRNO_NAME(errno));
	command->pid = fork();
	if (command->pid == 0) {
		close(gate[1]);
		run(command, argv, gate[0], mask);
	}
	close(gate[0]);
	command->gate = gate[1];
	if (command->pid < 0) {
		command->pid = 0;
		return error_set(err, STATUS_FAILURE,
				 "preparing %s: fork says %s; raise the limit of processes or free memory", argv[0],
				 ERRNO_NAME(errno));
	}
	return 0;
}

void command_release(struct command *command)
{
	if (command->gate < 0)
		return;
	if (write(command->gate, "", 1) != 1) {
		/* It ends by the closing of the gate, and has done nothing. */
		fprintf(stderr, "connsnoop: starting the command: write says %s; it did not run, start it again\n",
			ERRNO_NAME(errno));
		command->ended = true;
		command->status = STATUS_FAILURE;
	}
	close(command->gate);
	command->gate = -1;
}

static void reap(struct command *command, int options)
{
	pid_t pid;
	int status;

	if (!command->pid || command->ended)
		return;
	do
		pid = waitpid(command->pid, &status, options);
	while (pid < 0 && errno == EINTR);
	if (pid != command->pid)
		return;
	command->ended = true;
	command->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void command_reap(struct command *command)
{
	reap(command, WNOHANG);
}

void command_wait(struct command *command, const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	reap(command, 0);
}

void command_abandon(struct command *command)
{
	if (command->gate >= 0)
		close(command->gate);
	command->gate = -1;
}
