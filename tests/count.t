#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What goes by keys, on this very kernel: sums are exact where known callers make known attempts, in the kernel and in
# user space; limits suppress the rest and say so; a baseline that was learnt is held. Others are about here, so that
# only the callers' own attempts are looked at, and of all the rest that the accounts add up.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Socket;
use Test::More;
use Time::HiRes qw(sleep);

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }

my $build = $ENV{BUILD} // "$root/build";
my $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->utf8;
my $callers = 5;
my $each = 400;
my $path = '/nonexistent/' . 'long' x 12;
# As --filter-in has it the reader filters, and so it has to count as well.
my @all = ('-a');
my @in_user_space = ('-a', '--filter-in', 'reader');

sub slurp
{
	open(my $in, '<:raw', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

# Starts it, and waits until it traces; its pid, or nothing.
sub start
{
	unlink "$dir/err";
	my $pid = fork // die "fork: $!\n";

	if (!$pid) {
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec $connsnoop, @_ or die "$connsnoop: $!\n";
	}
	for (1 .. 600) {
		return $pid if slurp("$dir/err") =~ /^connsnoop: tracing/m;
		return if waitpid($pid, POSIX::WNOHANG) == $pid;
		sleep 0.05;
	}
	kill 'KILL', $pid;
	return;
}

# Its status, and what it said.
sub stop
{
	my ($pid) = @_;

	kill 'INT', $pid;
	waitpid $pid, 0;
	return { status => $? >> 8, out => slurp("$dir/out"), err => slurp("$dir/err") };
}

sub connect_inet
{
	my ($address, $port, $times) = @_;

	socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
	connect($socket, pack_sockaddr_in($port, inet_aton($address))) for 1 .. $times;
}

sub connect_unix
{
	my ($name, $times) = @_;

	socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die "socket: $!\n";
	connect($socket, pack_sockaddr_un($name)) for 1 .. $times;
}

# The n-th of them connects $each times to 127.1.0.n, and n times to a path. Perl gives the process its name.
sub call
{
	my @pids;

	for my $n (1 .. $callers) {
		my $pid = fork // die "fork: $!\n";
		if (!$pid) {
			$0 = 'count-caller';
			connect_inet("127.1.0.$n", 4000 + $n, $each);
			connect_unix($path, $n);
			POSIX::_exit(0);
		}
		push @pids, $pid;
	}
	waitpid $_, 0 for @pids;
}

sub run
{
	my $pid = start(@_) or return { status => $? >> 8, out => '', err => slurp("$dir/err") };

	call();
	return stop($pid);
}

# Objects by their kind; a line that is none ends the test.
sub objects
{
	my ($text) = @_;
	my %objects = (count => [], count_other => [], suppressed => [], security_socket_connect => []);

	for my $line (split /\n/, $text) {
		my $object = $json->decode($line);
		push @{$objects{$object->{event}}}, $object;
	}
	return \%objects;
}

sub ours { return grep { ($_->{comm} // '') eq 'count-caller' } @_; }

sub total { my $sum = 0; $sum += $_->{count} for @_; return $sum; }

sub adds_up
{
	my ($objects, $name) = @_;
	my ($summary) = @{$objects->{summary}};

	is(total(@{$objects->{count}}, @{$objects->{count_other}}), $summary->{counted}, "$name: rows add up to what was counted");
	is($summary->{counted} + $summary->{filtered} + $summary->{lost}, $summary->{attempts}, "$name: accounts add up");
	is($summary->{lost}, 0, "$name: nothing is lost");
}

# address => count of our callers' rows
sub sums_of
{
	my %sums;

	for my $row (ours(@_)) {
		my $address = $row->{remote_addr};
		$sums{$address->{path} // "$address->{addr}:$address->{port}"} += $row->{count};
	}
	return \%sums;
}

my %wanted = ($path => $callers * ($callers + 1) / 2, map { ("127.1.0.$_:" . (4000 + $_) => $each) } 1 .. $callers);

sub test_sums
{
	my ($name, @where) = @_;
	my $run = run('-c', '--json', '--by', 'comm,addr,port', @where);
	my $objects = objects($run->{out});

	is($run->{status}, 0, "$name: status") or diag($run->{err});
	is_deeply(sums_of(@{$objects->{count}}), \%wanted, "$name: sums of known callers are exact");
	adds_up($objects, $name);
	my @counts = map { $_->{count} } @{$objects->{count}};
	is_deeply(\@counts, [sort { $b <=> $a } @counts], "$name: largest first");
	ok(!grep({ $_->{first} gt $_->{last} || $_->{last} gt $_->{time} } @{$objects->{count}}), "$name: first, last, now");
	if ($name =~ /user space|number/) {
		like($run->{err}, qr/counting in user space.*(?:filters|-n)/, "$name: said, and why");
	} else {
		unlike($run->{err}, qr/user space/, "$name: in the kernel");
	}
}

sub test_default_table
{
	my $run = run('-c', @all);
	my @lines = split /\n/, $run->{out};

	like(shift @lines, qr/^COUNT +PID +COMM +ADDRESS$/, 'table: header');
	is(scalar(grep { /^$each +\d+ +count-caller +127\.1\.0\.\d+:400\d$/ } @lines), $callers, 'table: a row for each caller');
	is(scalar(grep { m{^\d +\d+ +count-caller +\Q$path\E$} } @lines), $callers, 'table: paths too');
	like($run->{err}, qr/^connsnoop: (\d+) attempts = \1 counted \+ 0 filtered \+ 0 lost$/m, 'table: summary');
}

sub test_room
{
	my ($name, @where) = @_;
	my $run = run('-c', '--json', '--max-keys', 4, '--by', 'comm,addr,port', @where);
	my $objects = objects($run->{out});

	adds_up($objects, $name);
	cmp_ok(scalar @{$objects->{count}}, '<=', 8, "$name: no more keys than there is room for");
	is(scalar @{$objects->{count_other}}, 1, "$name: the others have a sum");
	cmp_ok($objects->{summary}[0]{counted}, '>=', $callers * $each, "$name: all is counted");
	like($run->{err}, qr/the table is full with 4 keys.*--max-keys/, "$name: said");
}

sub test_top
{
	my $run = run('-c', '--json', '--top', 2, '--by', 'comm,addr,port', @all);
	my $objects = objects($run->{out});

	is(scalar @{$objects->{count}}, 2, 'top: so many rows');
	adds_up($objects, 'top');
}

sub test_intervals
{
	my $pid = start('-c', '--json', '--interval', '0.1', '--by', 'comm,addr,port', @all);

	for (1 .. 3) {
		call();
		sleep 0.15;
	}
	my $objects = objects(stop($pid)->{out});
	my %thrice = map { $_ => 3 * $wanted{$_} } keys %wanted;
	my %times = map { $_->{time} => 1 } @{$objects->{count}};

	is_deeply(sums_of(@{$objects->{count}}), \%thrice, 'intervals: each attempt is in one table');
	cmp_ok(scalar keys %times, '>=', 3, 'intervals: there are several');
	adds_up($objects, 'intervals');
}

sub test_terminal
{
	SKIP: {
		skip 'no script(1) to make a terminal', 3 unless `sh -c 'command -v script'`;
		my $caller = "for i in 1 2 3; do perl -e 'use Socket; socket(S, AF_INET, SOCK_DGRAM, 0);"
			. " connect(S, pack_sockaddr_in(\$_, inet_aton(q(127.1.0.9)))) for 1 .. 40'; sleep 0.3; done";
		open(my $out, '>', "$dir/caller.sh");
		print $out $caller;
		close $out;
		system("script -qfec 'stty rows 12 cols 30; $connsnoop -c -a --by addr,port --interval 0.2 -- sh $dir/caller.sh'"
			. " $dir/typescript >/dev/null 2>&1");
		my ($before, @frames) = split /\e\[\?7l\e\[H\e\[J/, slurp("$dir/typescript");
		cmp_ok(scalar @frames, '>=', 3, 'terminal: drawn in place');
		my ($last, $total) = split /total\r\n/, pop @frames;
		ok(!grep({ tr/\n// > 11 } @frames), 'terminal: no frame is higher than the screen');
		ok(grep({ /\(other\)/ } @frames) && ($total // '') =~ /127\.1\.0\.9:40\r/ && $total !~ /\(other\)/,
			'terminal: at the end all of it') or diag($total // 'none');
	}
}

sub test_once
{
	my $run = run('--once', '--json', '--by', 'comm,addr,port', @all);
	my $objects = objects($run->{out});
	my %shown;
	my ($summary) = @{$objects->{summary}};

	for my $event (ours(@{$objects->{security_socket_connect}})) {
		my $address = $event->{remote_addr};
		$shown{$address->{path} // "$address->{addr}:$address->{port}"}++;
	}
	is_deeply(\%shown, { map { $_ => 1 } keys %wanted }, 'once: one of each');
	is_deeply(sums_of(@{$objects->{suppressed}}), { map { $_ => $wanted{$_} - 1 } keys %wanted }, 'once: the rest is counted');
	is($summary->{shown} + $summary->{filtered} + $summary->{suppressed} + $summary->{lost}, $summary->{attempts},
		'once: accounts add up');
	like($run->{err}, qr/ = \d+ shown \+ \d+ filtered \+ $summary->{suppressed} suppressed \+ 0 lost$/m, 'once: and are said');
	$run = run('--once', '--by', 'comm,addr,port', @all);
	like($run->{err}, qr/^\d+ +count-caller +127\.1\.0\.1:4001$/m, 'once: in text, standard error has the sums');
}

sub test_rate
{
	my $objects = objects(run('--rate', 7, '--json', '--by', 'comm,addr', @all)->{out});
	my (%in_second, %shown);

	for my $event (ours(@{$objects->{security_socket_connect}})) {
		my $address = $event->{remote_addr}{addr} // $event->{remote_addr}{path};
		$in_second{$address . '@' . int($event->{ktime_ns} / 1e9)}++;
		$shown{$address}++;
	}
	ok(!grep({ $_ > 7 } values %in_second), 'rate: no more in any second');
	my %suppressed = map { ($_->{remote_addr}{addr} // $_->{remote_addr}{path}) => $_->{count} } ours(@{$objects->{suppressed}});
	is($shown{"127.1.0.$_"} + $suppressed{"127.1.0.$_"}, $each, "rate: shown and suppressed, caller $_") for 1 .. $callers;
}

sub baseline
{
	return join '', map { "$_\n" } '# connsnoop baseline 1: comm family addr port',
		(map { "count-caller\tinet\t127.1.0.$_\t" . (4000 + $_) } 1 .. $callers), "count-caller\tunix\t$path\t-", @_;
}

sub test_baseline
{
	my @ours = ('--comm', 'count-caller');
	my $file = "$dir/baseline";
	my $run = run('--learn', $file, @ours);

	is($run->{status}, 0, 'learn: status') or diag($run->{err});
	is(slurp($file), baseline(), 'learn: a sorted set');
	is_deeply([glob("$dir/baseline*")], [$file], 'learn: nothing is left beside it');

	$run = run('--check', $file, @ours, '-H');
	is_deeply([@$run{qw(status out)}], [0, ''], 'check: nothing new is nothing shown') or diag($run->{err});
	my $pid = start('--check', $file, @ours, '-H');
	if (!fork) {
		$0 = 'count-caller';
		connect_inet('127.1.0.1', 4001, 3);
		connect_inet('127.1.0.1', 4002, 2);
		POSIX::_exit(0);
	}
	wait;
	$run = stop($pid);
	is($run->{status}, 1, 'check: something new is status 1');
	is(scalar(() = $run->{out} =~ /count-caller .* 127\.1\.0\.1:4002( racy)?$/mg), 2, 'check: which is shown');
	is(scalar(() = $run->{out} =~ /\n/g), 2, 'check: and nothing else');
	like($run->{err}, qr/^connsnoop: 2 attempts are not in the baseline \Q$file\E$/m, 'check: said');
}

sub test_status_with_command
{
	my $new = "$^X $dir/new.pl";
	my @check = ('--check', "$dir/baseline", '--comm', 'count-caller', '--');
	open(my $out, '>', "$dir/new.pl");
	print $out 'use Socket; $0 = "count-caller"; socket(S, AF_INET, SOCK_DGRAM, 0);',
		' connect(S, pack_sockaddr_in(1, inet_aton("127.1.0.1")))', "\n";
	close $out;
	my $status = sub { return system("$connsnoop @check @_ >$dir/out 2>$dir/err") >> 8; };

	is($status->('true'), 0, 'check a command: fine') or diag(slurp("$dir/err"));
	is($status->($new), 1, 'check a command: a violation is 1 where the command says 0')
		or diag(slurp("$dir/err"));
	is($status->("sh -c \"$new; exit 7\""), 7, 'check a command: its own failure goes first');
	is($status->('false'), 1, "check a command: its own status");
}

sub test_malformed
{
	open(my $out, '>', "$dir/bad");
	print $out baseline("count-caller\tinet\t127.1.0.300\t80");
	close $out;
	is(system("$connsnoop --check $dir/bad >$dir/out 2>$dir/err") >> 8, 2, 'a baseline that is none: usage');
	like(slurp("$dir/err"), qr{^connsnoop: --check \Q$dir\E/bad: line \d+ has a value that is none}, 'and which line');
}

# The sums so far, without an end.
sub test_sums_so_far
{
	my $pid = start('-c', @all);

	call();
	kill 'USR1', $pid;
	for (1 .. 100) {
		last if slurp("$dir/err") =~ /so far/;
		sleep 0.05;
	}
	like(slurp("$dir/err"), qr/^connsnoop: so far (\d+) attempts = \1 counted \+ 0 filtered \+ 0 lost$/m, 'SIGUSR1: sums so far');
	slurp("$dir/err") =~ /so far (\d+)/;
	cmp_ok($1 // 0, '>=', $callers * $each, 'SIGUSR1: of all that was counted');
	stop($pid);
}

# In the kernel: while attempts are counted, nobody is woken.
sub test_sleeps
{
	my $pid = start('-c', '-a');
	my $switches = sub { return slurp("/proc/$pid/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m ? $1 : -1; };

	sleep 0.3;
	my $before = $switches->();
	call() for 1 .. 3;
	is($switches->(), $before, 'the reader sleeps while the kernel counts');
	stop($pid);
}

# A long run gives its baseline when it is asked, too.
sub test_signals
{
	my $file = "$dir/on-signal";

	for my $signal (qw(USR1 HUP)) {
		my $pid = start('--learn', $file, '--comm', 'count-caller', '-o', "$dir/events");
		call();
		sleep 0.1;
		kill $signal, $pid;
		for (1 .. 100) {
			last if -e $file;
			sleep 0.05;
		}
		is(slurp($file), baseline(), "SIG$signal writes the baseline");
		unlink $file;
		stop($pid);
		is(slurp($file), baseline(), 'and so does the end');
		unlink $file;
	}
}

plan skip_all => 'only root may trace' if $>;
my $probe = run('-c', @all);
plan skip_all => "this kernel can not be traced: $probe->{err}" if $probe->{status} == 3 || $probe->{status} == 4;
test_sums('in the kernel', @all);
test_sums('in user space', @in_user_space);
test_sums('filtered in the kernel', '-P', '!1');
test_sums('filtered in user space', '-P', '!1', '--comm', '*c*r,*x*y');
test_sums('stopping at a number', '-a', '-n', '1000000000');
test_default_table();
test_room('little room in the kernel', @all);
test_room('little room in user space', @in_user_space);
test_top();
test_intervals();
test_terminal();
test_once();
test_rate();
test_baseline();
test_status_with_command();
test_malformed();
test_sums_so_far();
test_sleeps();
test_signals();
done_testing;
