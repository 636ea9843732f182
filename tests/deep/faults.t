#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The real binary on this kernel, with one system call of a run failing: each call that it makes, with errnos that it can
# return, put in by strace. It ends by itself, with a status and a sentence, or it shows or counts all that happened.
#
#	FAULTS=all	every errno of the table; else each call fails once, and errnos take turns
#
# Disks that fill up, slow readers, few descriptors and the like: scene_faults in tests/vm/scenes.sh.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);

my $root = dirname(dirname(dirname(abs_path(__FILE__))));
my $build = $ENV{BUILD} // "$root/build";
my $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";
my $caller = "$build/tests/workload/caller";
my $dir = tempdir(CLEANUP => 1);
my $hang = 20;			# seconds
my $made = 20;

# What calls can return, by their man pages. Not among them: those that libc makes before main() and to end; brk, which
# returns no error but the old end; close, which closes whatever it says, while strace does not make the call at all; and
# what can't fail as it is used, as rt_sigprocmask.
my %errnos = (
	bpf => [qw(EPERM ENOMEM EINVAL E2BIG EMFILE EAGAIN ENOSPC ENOSYS)],
	perf_event_open => [qw(EACCES EPERM EMFILE ENODEV ENOMEM EBUSY EINVAL ENOENT)],
	ioctl => [qw(EINVAL ENOMEM EPERM EEXIST)], mmap => [qw(ENOMEM EPERM EAGAIN)], munmap => [qw(EINVAL)],
	openat => [qw(EMFILE ENOENT EACCES ENOMEM EINTR)], read => [qw(EIO EINTR EAGAIN)],
	write => [qw(ENOSPC EIO EINTR EAGAIN)], newfstatat => [qw(ENOENT EACCES)], lseek => [qw(EINVAL ESPIPE)],
	readlink => [qw(ENOENT EACCES)], readlinkat => [qw(ENOENT EACCES)], socket => [qw(EMFILE EACCES ENOBUFS)],
	socketpair => [qw(EMFILE ENFILE)], bind => [qw(EADDRINUSE EACCES)], connect => [qw(EPERM ENETUNREACH EINTR)],
	recvfrom => [qw(EINTR ENOMEM)], recvmsg => [qw(EINTR ENOMEM ENOBUFS)], getsockname => [qw(ENOBUFS)],
	setsockopt => [qw(EPERM ENOMEM)], clone => [qw(EAGAIN ENOMEM EPERM)], clone3 => [qw(EAGAIN ENOMEM)],
	vfork => [qw(EAGAIN ENOMEM)], wait4 => [qw(EINTR)], pipe2 => [qw(EMFILE ENFILE)],
	epoll_create1 => [qw(EMFILE ENOMEM)], epoll_ctl => [qw(ENOMEM ENOSPC)], epoll_wait => [qw(EINTR EBADF)],
	signalfd4 => [qw(EMFILE ENODEV)], prctl => [qw(EINVAL EPERM)], prlimit64 => [qw(EPERM)],
	setpriority => [qw(EACCES EPERM)], uname => [qw(EFAULT)], sysinfo => [qw(EFAULT)], capget => [qw(EPERM)],
	capset => [qw(EPERM)], getrandom => [qw(ENOSYS EAGAIN)], memfd_create => [qw(EMFILE ENOMEM)],
	fsync => [qw(EIO)], getdents64 => [qw(ENOENT)], seccomp => [qw(EINVAL ENOSYS)], poll => [qw(EINTR)],
);

sub slurp
{
	open(my $in, '<', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

sub run_command
{
	my (@command) = @_;
	my $pid = fork // die "fork: $!\n";
	my $until = time + $hang;

	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec @command or POSIX::_exit(127);
	}
	while (time < $until) {
		return $? if waitpid($pid, WNOHANG) == $pid;
		sleep 0.003;
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return -1;
}

# The names of the calls that a run makes, with how often.
sub calls_of
{
	my (@command) = @_;
	my %count;

	run_command('strace', '-o', "$dir/trace", @command) == 0 or return;
	for (split /\n/, slurp("$dir/trace")) {
		$count{$1}++ if /^(\w+)\(/;
	}
	return %count;
}

# "20 caller/4711"
sub who
{
	my %count;

	for (@_) {
		$count{"$2/$1"}++ if /"pid":(\d+).*"comm":"([^"]*)"/;
	}
	return map { "$count{$_} $_" } sort keys %count;
}

# What is wrong with how it ended; nothing: all is well.
sub verdict
{
	my ($status, $err) = @_;
	my (@lines) = split /\n/, slurp("$dir/json");
	my (@said) = split /\n/, $err =~ s/^made .*\n//mr;
	my $shown = grep { /"event":"security_socket_connect"/ } @lines;

	return 'it hangs' if $status == -1;
	return 'it was killed by signal ' . ($status & 127) if $status & 127;
	return "status " . ($status >> 8) if $status >> 8 > 4;
	for (@said) {
		return "no sentence: $_" unless /^connsnoop: .{20}/ && !/[^ -~]/;
	}
	return 'no word' if $status && !@said;
	for (@lines) {
		return "no JSON: $_" unless eval { JSON::PP->new->utf8->decode($_) };
	}
	# What is said and could not be written is not heard.
	return if $status || slurp("$dir/trace") =~ /^write\(2, .*INJECTED/m;
	my ($attempts, $told, $filtered, $lost) = $err =~
		/^connsnoop: (\d+) attempts = (\d+) shown \+ (\d+) filtered \+ (\d+) lost/m or return 'no accounts';
	return "$shown lines, and $told said to be shown" if $shown != $told;
	# Others may connect before the kernel knows whom to follow, and are filtered then.
	return "$told shown and $lost lost of $made, and no word: " . join(' ', who(@lines))
		if $told + $lost != $made && @said < 4;
	return;
}

# All that each way of running can meet.
sub fail_each
{
	my ($name, @options) = @_;
	my @command = ($connsnoop, '-a', '--json', '-o', "$dir/json", @options, '--', $caller, 'storm', 1, $made);
	my %count = calls_of(@command);
	my ($faults, $refused, $turn, @bad) = (0, 0, 0);

	return fail("$name: a run without a fault") unless %count;
	my $begun = time;
	for my $call (sort keys %count) {
		my $errnos = $errnos{$call} or next;
		for my $n (1 .. $count{$call}) {
			my @each = $ENV{FAULTS} && $ENV{FAULTS} eq 'all' ? @$errnos : $errnos->[$turn++ % @$errnos];
			for my $errno (@each) {
				unlink "$dir/json";
				my $status = run_command('strace', '-o', "$dir/trace", '-e', "trace=$call", '-e',
					"inject=$call:error=$errno:when=$n", @command);
				my $why = verdict($status, slurp("$dir/err"));
				$faults++;
				$refused++ if $status;
				next unless $why;
				push @bad, $why;
				diag("$call $n of $count{$call} fails with $errno: $why\n" . slurp("$dir/err"));
			}
		}
	}
	is(scalar @bad, 0, "$name: $faults faults, each said or harmless");
	diag(sprintf '%s: %d faults in %.0f s, %d ended with a status', $name, $faults, time - $begun, $refused);
}

plan skip_all => 'only root may trace' if $>;
plan skip_all => 'no strace that puts in errors' if system('strace -e inject=close:error=EIO:when=1 true 2>/dev/null') >> 8 > 1;
if ((run_command($connsnoop, '--duration', '0.1', '-o', "$dir/json") >> 8) =~ /^[34]$/) {
	plan skip_all => 'this kernel can not be traced: ' . slurp("$dir/err");
}
fail_each('plain');
fail_each('all that can be told', '-r', '--identity', '--args', '-d');
done_testing;
