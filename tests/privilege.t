#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What connsnoop holds on to once it traces, on this very kernel: its capabilities, its user and its system calls, with all
# that it does while it runs; and a watch that is proven. Takes 40 seconds.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use Socket;
use Test::More;

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Snoop;

my $build = $ENV{BUILD} // "$root/build";
my $confined = "$build/tests/workload/confined";
my $dir = tempdir(CLEANUP => 1);
my $snoop = Snoop->new(binary => $ENV{CONNSNOOP} // "$build/connsnoop", dir => $dir);

plan skip_all => 'only root may trace' if $>;
my $why = $snoop->why_not;
plan skip_all => "this kernel can not be traced: $why" if $why;
chmod 0755, $dir; # others have to get in

my %bit = (DAC_OVERRIDE => 1, KILL => 5, SYS_PTRACE => 19, SYS_ADMIN => 21, PERFMON => 38, BPF => 39);
no warnings 'portable'; # 64 bits are what there is
my $held = hex status_of($$, 'CapPrm');

sub status_of
{
	my ($pid, $field) = @_;

	return Snoop::slurp("/proc/$pid/status") =~ /^$field:[ \t]*(.*?)[ \t]*$/m ? $1 : '';
}

sub caps
{
	my $set = 0;

	$set |= 1 << $bit{$_} for @_;
	return sprintf '%016x', $set & $held;
}

# The least that tracing goes on with: before 5.8 CAP_SYS_ADMIN; perf's rings are needed where not all CPUs have mapped ones.
sub least
{
	my ($run) = @_;

	return 'SYS_ADMIN' unless $held >> $bit{BPF} & 1;
	return $run->said =~ /CAP_PERFMON/ ? ('BPF', 'PERFMON') : 'BPF';
}

sub holds
{
	my ($name, $run, @caps) = @_;
	my $wanted = caps(least($run), @caps);

	is(status_of($run->{pid}, 'CapEff'), $wanted, "$name: effective");
	is(status_of($run->{pid}, 'CapPrm'), $wanted, "$name: permitted");
	like(status_of($run->{pid}, $_), qr/^0*$/, "$name: $_") for qw(CapInh CapBnd CapAmb);
	is(status_of($run->{pid}, 'Seccomp'), 2, "$name: filter");
	is(status_of($run->{pid}, 'NoNewPrivs'), 1, "$name: no new privileges");
}

sub ends_well
{
	my ($name, $run, $status) = @_;

	$run->stop unless $run->ended;
	is($run->{status}, $status // 0, "$name: status") or diag($run->said);
	unlike($run->said, qr/the sandbox refused/, "$name: refused nothing");
}

# A run with these options, and what it is to hold beyond the least.
sub run_of
{
	my ($name, $options, @caps) = @_;
	my $run = $snoop->start('-v', '--ring', 'mapped', @$options);

	holds($name, $run, @caps);
	$snoop->call(1, 3);
	kill $_, $run->{pid} for qw(HUP USR1);
	Snoop::nap(0.1);
	$snoop->call(4, 3);
	return $run;
}

# --- what is enough, and what is too little ---

sub said_with
{
	my ($caps, @options) = @_;

	return `'$confined' only $caps '$snoop->{binary}' --duration 0.2 -o /dev/null @options 2>&1 >/dev/null`;
}

sub little
{
	my %less = (
		'' => $held >> $bit{BPF} & 1 ? 'CAP_BPF and CAP_PERFMON' : 'CAP_SYS_ADMIN',
		$held >> $bit{BPF} & 1 ? (BPF => 'CAP_PERFMON', PERFMON => 'CAP_BPF') : (),
	);

	for my $caps (sort keys %less) {
		my $said = said_with(caps($caps ? $caps : ()));

		is($? >> 8, 4, "with '$caps' only: status");
		like($said, qr/^connsnoop: tracing needs .* lacks $less{$caps}; [^\n]*\n\z/, "with '$caps' only: says what is missing");
	}
	my $said = said_with(caps(least_alone()), '--canary', '0.05');

	is($? >> 8, 0, 'with the least: status') or diag($said);
	like($said, qr/health: [1-9]\d* canaries, 0 missed/, 'with the least: it sees');
	$said = said_with(caps(least_alone()), '-d');
	is($? >> 8, 4, '-d with the least: status');
	like($said, qr/CAP_NET_RAW/, '-d with the least: says what is missing');
	$said = said_with(caps(least_alone()), '--user', '12345:12345');
	is($? >> 8, 4, '--user with the least: status');
	like($said, qr/becoming user 12345:12345: .*CAP_SETUID and CAP_SETGID/, '--user with the least: says what is missing');
}

sub least_alone
{
	return $held >> $bit{BPF} & 1 ? ('BPF', 'PERFMON') : 'SYS_ADMIN';
}

# --- every option ---

sub files
{
	my $run = run_of('plain', ['--json', '-o', "$dir/plain"]);

	ends_well('plain', $run);
	is(scalar(() = Snoop::slurp("$dir/plain") =~ /"comm":"$snoop->{name}"/g), 6, 'plain: all six');
	$run = run_of('rotated', ['--json', '--rotate', '4K,9', '-o', "$dir/rotated"]);
	$snoop->call(10, 200);
	Snoop::nap(0.1);
	ends_well('rotated', $run);
	cmp_ok(count(glob "$dir/rotated.*"), '>=', 5, 'rotated: into files');
	mkdir "$dir/theirs";
	chown 1234, 1234, "$dir/theirs";
	$run = run_of('a folder of others', ['--json', '-o', "$dir/theirs/log"], 'DAC_OVERRIDE');
	rename "$dir/theirs/log", "$dir/theirs/old";
	kill 'HUP', $run->{pid};
	ok(Snoop::wait_for(sub { -e "$dir/theirs/log" }, 5), 'a folder of others: SIGHUP opens it anew');
	ends_well('a folder of others', $run);
	$run = run_of('baseline', ['--learn', "$dir/baseline"]);
	ends_well('baseline', $run);
	like(Snoop::slurp("$dir/baseline"), qr/$snoop->{name}/, 'baseline: written');
}

sub count
{
	return scalar @_;
}

sub contents
{
	my $run = run_of('identity', ['--json', '--identity', '--args', '-U', '-o', "$dir/identity"], 'SYS_PTRACE');

	$snoop->connect_all(30, 1, 0);
	Snoop::nap(0.5); # we are still there
	ends_well('identity', $run);
	like(Snoop::slurp("$dir/identity"), qr/"exe":"[^"]*perl/, 'identity: the program');
	$run = run_of('results', ['-r', '--json', '-o', "$dir/results"], 'SYS_PTRACE');
	ends_well('results', $run);
	like(Snoop::slurp("$dir/results"), qr/"outcome":"success"/, 'results: told');
	$run = run_of('sums', ['-c', '--interval', '0.2', '-o', "$dir/sums"]);
	Snoop::nap(0.5);
	ends_well('sums', $run);
	like(Snoop::slurp("$dir/sums"), qr/$snoop->{name}/, 'sums: told');
	$run = run_of('names', ['-d', '-o', "$dir/names"]);
	ends_well('names', $run);
	$run = run_of('time of day', ['-T', '-t', '--once', '-o', "$dir/time"]);
	ends_well('time of day', $run);
}

# A collector that goes and comes back.
sub collectors
{
	my $path = "$dir/log.sock";
	my $listener = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!\n";
	my $run = run_of('syslog', ["--syslog=unix:$path"]);
	my $got;

	close $listener;
	unlink $path;
	$listener = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!\n";
	$snoop->call(20, 1);
	ok(readable($listener), 'syslog: connected again');
	ends_well('syslog', $run);
	my $tcp = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die "tcp: $!\n";
	$run = run_of('syslog by TCP', ['--syslog=tcp:127.0.0.1:' . $tcp->sockport]);
	my $first = $tcp->accept;
	ok(readable($first), 'syslog by TCP: connected');
	Snoop::nap(1.1);
	close $first;
	$snoop->call(20, 1);
	ok(readable($tcp), 'syslog by TCP: connected again');
	ends_well('syslog by TCP', $run);
}

sub readable
{
	my ($socket) = @_;
	my $set = '';

	vec($set, fileno $socket, 1) = 1;
	return select($set, undef, undef, 10) > 0;
}

# A signal and an attempt that the reader finds together when it wakes: what comes later wakes it all the same. strace
# holds it up on its way to sleep, so that they do.
sub signals
{
	my $run = $snoop->start('--json', '-o', "$dir/signals");
	my $strace = fork // die "fork: $!\n";

	if (!$strace) {
		exec 'strace', '-qq', '-o', '/dev/null', '-e', 'trace=epoll_wait,epoll_pwait',
			'-e', 'inject=epoll_wait,epoll_pwait:delay_enter=400000', '-p', $run->{pid};
	}
	Snoop::nap(0.3);
	$snoop->call(1, 1);
	Snoop::nap(0.75); # it has said that it sleeps, and not begun to wait
	$snoop->call(2, 1);
	kill 'USR1', $run->{pid};
	Snoop::nap(2);
	$snoop->call(99, 1);
	ok(Snoop::wait_for(sub { Snoop::slurp("$dir/signals") =~ /"127.0.0.99"/ }, 5),
		'signals: an attempt behind one is shown at once');
	kill 'TERM', $strace;
	waitpid $strace, 0;
	ends_well('signals', $run);
}

# --- another user ---

sub user
{
	my $run;

	mkdir "$dir/shut";
	mkdir "$dir/nobodys";
	chown 65534, 65534, "$dir/nobodys";
	$run = run_of('--user', ['--user', '65534:65534', '--canary', '0.2', '-o', "$dir/nobodys/log"]);
	is(status_of($run->{pid}, $_), join("\t", (65534) x 4), "--user: $_") for qw(Uid Gid);
	is(status_of($run->{pid}, 'Groups'), '', '--user: no groups');
	rename "$dir/nobodys/log", "$dir/nobodys/old";
	kill 'HUP', $run->{pid};
	ok(Snoop::wait_for(sub { -e "$dir/nobodys/log" }, 5), '--user: SIGHUP opens its own file anew');
	is((stat "$dir/nobodys/log")[4], 65534, '--user: it is the owner');
	Snoop::nap(0.5);
	ends_well('--user', $run);
	like($run->said, qr/health: [1-9]\d* canaries, 0 missed/, '--user: it sees');
	$run = run_of('--user, a shut folder', ['--user', '65534:65534', '-o', "$dir/shut/log"]);
	like($run->said, qr/^connsnoop: -o \S+: its folder says EACCES to 65534:65534: it can't be opened again/m,
		'--user, a shut folder: said at the start');
	rename "$dir/shut/log", "$dir/shut/old";
	kill 'HUP', $run->{pid};
	ok(Snoop::wait_for(sub { $run->said =~ /going on with the old file/ }, 5), '--user, a shut folder: said on SIGHUP');
	ends_well('--user, a shut folder', $run);
	`'$snoop->{binary}' --user no-such-user --duration 0.1 2>&1`;
	is($? >> 8, 2, '--user: who does not exist');
}

# --- the command ---

sub command
{
	my @fields = qw(CapEff CapPrm CapBnd CapInh NoNewPrivs Seccomp Uid);
	my $wanted = join ' ', map { status_of($$, $_) } @fields;
	my $script = join ';', 'sleep 0.2', map { "sed -n 's/^$_:[[:space:]]*//p' /proc/self/status" } @fields;
	my $got = `'$snoop->{binary}' --user 65534:65534 -o /dev/null -- sh -c "$script" 2>/dev/null`;

	is($? >> 8, 0, 'command: status');
	is(join(' ', split /\n/, $got), $wanted, 'command: it has what we were given, and no filter');
	my $run = $snoop->run_into(*STDERR, '-v', '-o', '/dev/null', '--', 'setpriv', '--reuid', '4321', 'sleep', '30');
	like($run->said, qr/capabilities that are kept: .*CAP_KILL/, 'command: signals take CAP_KILL');
	Snoop::nap(0.2);
	$run->stop('TERM');
	is($run->{status}, 143, "command: SIGTERM reaches another user's");
	$run = $snoop->run_into(*STDERR, '--no-sandbox', '-o', '/dev/null');
	is(status_of($run->{pid}, 'Seccomp'), status_of($$, 'Seccomp'), '--no-sandbox: no filter');
	is(status_of($run->{pid}, 'CapEff'), status_of($$, 'CapEff'), '--no-sandbox: all capabilities');
	ends_well('--no-sandbox', $run);
}

# --- a watch that is proven ---

sub canary
{
	my $run = $snoop->start('--json', '--canary', '0.1', '-o', "$dir/canary");
	my (@health, $summary);

	$snoop->call(1, 5);
	Snoop::nap(0.5);
	kill 'STOP', $run->{pid};
	Snoop::nap(2.5);
	kill 'CONT', $run->{pid};
	ok(Snoop::wait_for(sub { $run->said =~ /health: the reader stood still for [2-9]\.\d{3} s/ }, 10),
		'canary: a stopped reader is noticed');
	ends_well('canary', $run);
	for my $line (split /\n/, Snoop::slurp("$dir/canary")) {
		my $object = JSON::PP->new->utf8->decode($line);

		push @health, $object if $object->{event} eq 'health';
		$summary = $object if $object->{event} eq 'summary';
	}
	like(join(' ', map { "$_->{check} $_->{count}" } @health), qr{^reader 1(?: reader \d+)*$}, 'canary: in JSON');
	like($health[0]{time}, qr/^20\d\d-\d\d-\d\dT.*Z$/, 'canary: with its time');
	cmp_ok($summary->{canaries}, '>=', 5, 'canary: many in the summary');
	is($summary->{canaries_missed}, 0, 'canary: none missed');
	is($summary->{shown}, 5, 'canary: none of them is shown');
}

sub strict
{
	my $run = $snoop->start('--strict', '--canary', '0.1', '-o', '/dev/null');

	$snoop->call(1, 100);
	Snoop::nap(0.5);
	ends_well('--strict, all is well', $run);
	$run = $snoop->run_into(*STDERR, '--strict', '--comm', $snoop->{name}, '--buffer-pages', 1, '-o', '/dev/null');
	kill 'STOP', $run->{pid};
	$snoop->call(1, 1000);
	kill 'CONT', $run->{pid};
	ok(Snoop::wait_for(sub { $run->ended }, 10), '--strict, attempts lost: the end');
	is($run->{status}, 1, '--strict, attempts lost: status');
	like($run->said, qr/^connsnoop: --strict: attempts were lost: this is the end$/m, '--strict, attempts lost: said');
}

if (-x $confined) {
	is(system("'$confined' | sed 's/^/# /; s/^# ok/ # ok/' | { ! grep '^# not ok'; }"), 0, 'confined: no case fails');
	little();
} else {
	fail('tests/workload/confined is built by make tests');
}
files();
contents();
collectors();
signals();
user();
command();
canary();
strict();
done_testing;
