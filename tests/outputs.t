#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where events go, with the real receivers: files that are rotated, pipes, Debian's rsyslog and systemd-journald. It all
# happens in a mount namespace, so that /dev/log and /run are ours.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Daemons;
use Snoop;

plan skip_all => 'only root may trace' if $>;
if (!$ENV{OUTPUTS_APART}) {
	$ENV{OUTPUTS_APART} = 1;
	plan skip_all => 'no mount namespace can be made' if system('unshare', '--mount', 'true');
	exec 'unshare', '--mount', '--propagation', 'private', $^X, abs_path(__FILE__);
}

my $dir = tempdir(CLEANUP => 1);
my $snoop = Snoop->new(binary => $ENV{CONNSNOOP} // ($ENV{BUILD} // "$root/build") . '/connsnoop', dir => $dir);
my $why = $snoop->why_not;
plan skip_all => "this kernel can not be traced: $why" if $why;

# What is missing is a failure where CI is set.
sub missing
{
	my ($name, $what) = @_;

	return fail("$name: $what") if $ENV{CI};
	SKIP: { skip "$name: $what", 1; }
}

# In scalar context, too.
sub count
{
	return scalar @_;
}

sub file_lines
{
	return map { split /^/, Snoop::slurp($_) } @_;
}

# The files of a rotation, the oldest first.
sub rotated
{
	my ($path) = @_;
	my @old = sort { $b <=> $a } map { /\.(\d+)$/ ? $1 : () } glob "$path.*";

	return ((map { "$path.$_" } @old), $path);
}

# Without the sums and losses.
sub events
{
	return grep { !/^\{"event":"(?:summary|lost)"/ } @_;
}

# Every attempt was shown or is known to be lost. What rings lose may be others' attempts: there it is a matter of bounds.
sub accounted
{
	my ($name, $run, $made) = @_;
	my $known = $run->{shown} + $run->{unwritten};
	my $ring = $run->{lost} - $run->{unwritten};

	ok($known <= $made && $known + $ring >= $made, "$name: every attempt is accounted for")
		or diag("$made made, $run->{shown} shown, $run->{unwritten} not written, $ring lost in rings");
}

# --- files ---

sub rotation_under_load
{
	my $path = "$dir/rotated";
	my $run = $snoop->start('--json', '--rotate', '64K,9999', '-o', $path);
	my $storm = $snoop->call_apart(30000);

	for (1 .. 8) {
		Snoop::nap(0.05);
		kill 'HUP', $run->{pid};
	}
	waitpid $storm, 0;
	$run->stop;
	my @lines = file_lines(rotated($path));
	my @events = events(@lines);

	is(scalar @events, $run->{shown}, "rotation: $run->{shown} events shown, as many lines in all files");
	accounted('rotation', $run, 30000);
	is_deeply($snoop->disorder(@events), [], 'rotation: whole, in order, none twice');
	cmp_ok(count(rotated($path)), '>', 50, 'rotation: into many files');
	is_deeply([grep { -s $_ > 65536 } rotated($path)], [], 'rotation: none larger than was asked for');
	unlink rotated($path);
}

sub rotation_of_text
{
	my $path = "$dir/text";
	my $run = $snoop->start('--rotate', '8K,3', '-o', $path);

	$snoop->call(1, 2000);
	$run->stop;
	my @files = rotated($path);
	is(scalar @files, 4, 'text: FILE and three old ones');
	is_deeply([grep { (file_lines($_))[0] !~ /^PID +COMM/ } @files], [], 'text: each begins with the header');
	my @numbers = map { /127\.(\d+)\.(\d+)\.(\d+):9/ ? $1 << 16 | $2 << 8 | $3 : () } file_lines(@files);
	is_deeply(\@numbers, [2000 - $#numbers .. 2000], 'text: the newest lines are there, in order');
	unlink @files;
}

# A file system that is full, and then is not.
sub full_disk
{
	my $path = "$dir/small/file";

	mkdir "$dir/small";
	system('mount', '-t', 'tmpfs', '-o', 'size=512k', 'none', "$dir/small") == 0 or
		return missing('full disk', 'no tmpfs');
	Snoop::spew("$dir/small/ballast", 'x' x 300000);
	my $run = $snoop->start('--json', '-o', $path);

	$snoop->call(1, 800);
	Snoop::wait_for(sub { $run->said =~ /ENOSPC/ }, 60);
	unlink "$dir/small/ballast";
	Snoop::nap(1.2); # no event comes, and what waits is written all the same
	is(scalar(() = Snoop::slurp($path) =~ /\n/g), 800, 'full disk: written when there is room again');
	$snoop->call(801, 10);
	$run->stop;
	is($run->{status}, 0, 'full disk: status');
	is_deeply($snoop->disorder(events(file_lines($path))), [], 'full disk: no line is torn');

	# and now it stays full
	Snoop::spew("$dir/small/ballast", 'x' x 100000);
	unlink $path;
	$run = $snoop->start('--json', '-o', $path);
	$snoop->call(1, 5000);
	$run->stop;
	my @whole = grep { /\n$/ } file_lines($path);
	is($run->{status}, 1, 'disk that stays full: status');
	is(scalar @whole, $run->{shown}, "disk that stays full: $run->{shown} shown, as many whole lines");
	accounted('disk that stays full', $run, 5000);
	system('umount', "$dir/small");
}

# Nobody reads: a signal ends it within two seconds, and what is in the pipe is what was shown.
sub stopped_reader
{
	pipe(my $from, my $to) or die;
	my $run = $snoop->start_into($to, '--json');

	close $to;
	my $storm = $snoop->call_apart(30000);
	Snoop::nap(1.5);
	my $before = Snoop::now();
	$run->stop('TERM');
	cmp_ok(Snoop::now() - $before, '<', 2.9, 'stopped reader: SIGTERM ends it');
	kill 'KILL', $storm;
	waitpid $storm, 0;
	my @lines = <$from>;
	my @whole = grep { /\n$/ } @lines;
	is($run->{status}, 1, 'stopped reader: status');
	is(scalar @whole, $run->{shown}, "stopped reader: $run->{shown} shown, as many whole lines in the pipe");
	is_deeply($snoop->disorder(@whole), [], 'stopped reader: in order');
}

# --- rsyslog ---

my %syslog = (
	'/dev/log' => {option => '--syslog', input => 'imuxsock'},
	'unix' => {option => "--syslog=unix:$dir/log", input => 'imuxsock'},
	'UDP' => {option => '--syslog=udp:127.0.0.1:PORT', input => 'imudp', lossy => 1},
	'UDP on IPv6' => {option => '--syslog=udp:[::1]:PORT', input => 'imudp', lossy => 1},
	'TCP' => {option => '--syslog=tcp:127.0.0.1:PORT', input => 'imtcp'},
	'TCP on IPv6' => {option => '--syslog=tcp:[::1]:PORT', input => 'imtcp'},
);

sub syslog_option
{
	my ($name, $rsyslog) = @_;

	return $syslog{$name}{option} =~ s/PORT/$rsyslog->{port}/r;
}

# What is around the line is as it should be; returns the lines.
sub lines_of
{
	my ($name, $run, @messages) = @_;
	my $local = $name eq '/dev/log';
	my %wrong;

	for my $message (@messages) {
		my %want = (
			input => $syslog{$name}{input}, app => 'connsnoop', procid => $run->{pid},
			pri => $message->{msg} =~ /"event":"summary"/ ? 85 : 86,
			msgid => $local ? '-' : $message->{msg} =~ /"event":"summary"/ ? 'summary' : 'connect',
			host => Daemons::hostname(), sd => '-',
		);
		for my $key (keys %want) {
			$wrong{"$key is $message->{$key}, not $want{$key}"}++ if $message->{$key} ne $want{$key};
		}
		# the event's own time, to the microsecond; on /dev/log rsyslog takes its own
		next if $local || $message->{msg} =~ /"event":"summary"/;
		my ($time) = $message->{msg} =~ /"time":"([^"]{26})/;
		my ($stamp) = $message->{time} =~ /^([^+Z]+)/;
		$wrong{"time is $message->{time}, not $time"}++ if $stamp ne substr $time, 0, 26;
	}
	is_deeply(\%wrong, {}, "$name: header of every message");
	return map { $_->{msg} } @messages;
}

# Three parts: with rsyslog, without it, and with a new one.
sub through_rsyslog
{
	my ($name, $rsyslog) = @_;
	my $run = $snoop->start('--json', syslog_option($name, $rsyslog));
	my $lossy = $syslog{$name}{lossy};
	my @parts = (1500, 300, 700);
	my $all = $parts[0] + $parts[1] + $parts[2];

	$snoop->call(1, $parts[0], 100);
	Snoop::wait_for(sub { $rsyslog->count >= $parts[0] }, 60);
	is($rsyslog->count, $parts[0], "$name: all have come");
	$rsyslog->stop;
	$snoop->call($parts[0] + 1, $parts[1], 100);
	Snoop::wait_for(sub { $run->said =~ /ECONN|ENOENT/ }, 60);
	$rsyslog->start;
	$snoop->call($parts[0] + $parts[1] + 1, $parts[2], 100);
	Snoop::wait_for(sub { $rsyslog->count >= $all }, $lossy ? 3 : 15);
	$run->stop;
	Snoop::wait_for(sub { $rsyslog->count >= $run->{shown} + 1 }, 5);
	my @messages = grep { $_->{msgid} ne 'gap' } $rsyslog->messages;
	my @lines = events(lines_of($name, $run, @messages));

	is(scalar @lines, $run->{shown}, "$name: rsyslog restarted: $run->{shown} shown, as many have come");
	accounted($name, $run, $all);
	if ($lossy) {
		cmp_ok($run->{unwritten}, '<', 10, "$name: $run->{unwritten} that were refused before it was known are counted");
		like($run->said, qr/sending to udp:.*ECONNREFUSED/, "$name: it is said");
		ok((grep { $_->{msgid} eq 'gap' } $rsyslog->messages), "$name: the receiver is told of the gap");
	} else {
		is($run->{unwritten}, 0, "$name: none is lost");
		is($run->{status}, 0, "$name: status");
	}
	is_deeply($snoop->disorder(@lines), [], "$name: whole, in order, none twice");
}

# Bytes that a line holds on purpose.
sub odd_bytes
{
	my ($name, $rsyslog) = @_;
	my $run = $snoop->start('--json', syslog_option($name, $rsyslog));
	my @paths = ("/tmp/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", '/tmp/"quoted"\\and "spaced" %m %d', "/tmp/a\nb\tc\x1b[0m",
		"/tmp/\xff\x80bytes", 'x' x 108, "\x01" x 107, '<86>1 - - - - - -', "/tmp/[a\@1 b=\"c\"]");

	$snoop->call_unix(@paths);
	Snoop::wait_for(sub { $rsyslog->count >= @paths }, 60);
	$run->stop;
	my @got = map { $snoop->path_of($_) } events(map { $_->{msg} } $rsyslog->messages);
	is_deeply([map { unpack 'H*', $_ } @got], [map { unpack 'H*', $_ } @paths], "$name: every byte of odd paths");
}

# Away for longer than the buffer lasts.
sub overflow
{
	my ($name, $rsyslog) = @_;
	my $run = $snoop->start('--json', syslog_option($name, $rsyslog));

	$rsyslog->stop;
	$snoop->call(1, 10000);
	Snoop::nap(0.5);
	$rsyslog->start;
	Snoop::wait_for(sub { $rsyslog->count >= 500 }, 60);
	$run->stop;
	Snoop::wait_for(sub { $rsyslog->count >= $run->{shown} + 1 }, 5);
	my @lines = events(map { $_->{msg} } $rsyslog->messages);

	is(scalar @lines, $run->{shown}, "$name: away for long: $run->{shown} shown, as many have come");
	accounted("$name: away for long", $run, 10000);
	ok($run->{shown} >= 500, "$name: away for long: the buffer was kept");
	is($run->{status}, 1, "$name: away for long: status");
	is_deeply($snoop->disorder(@lines), [], "$name: away for long: whole, in order, none twice");
}

sub full_speed
{
	my ($name, $rsyslog) = @_;
	my $run = $snoop->start('--json', syslog_option($name, $rsyslog));

	$snoop->call(1, 20000);
	$run->stop;
	Snoop::wait_for(sub { $rsyslog->count >= $run->{shown} + 1 }, 20);
	my @lines = events(map { $_->{msg} } $rsyslog->messages);
	is(scalar @lines, $run->{shown}, "$name: full speed: $run->{shown} shown, as many have come");
	accounted("$name: full speed", $run, 20000);
	is_deeply($snoop->disorder(@lines), [], "$name: full speed: whole, in order, none twice");
}

sub text_messages
{
	my ($rsyslog) = @_;
	my $run = $snoop->start(syslog_option('TCP', $rsyslog));

	$snoop->call(1, 3);
	$run->stop;
	Snoop::wait_for(sub { $rsyslog->count >= 4 }, 60);
	my @lines = map { $_->{msg} } $rsyslog->messages;
	is(scalar @lines, 4, 'text: no header, three events, the sum');
	like($lines[1], qr/^\d+ +\S+ +\d+ .* 127\.0\.0\.2:9\b/, 'text: an event');
	like($lines[3], qr/^\d+ attempts = 3 shown \+ \d+ filtered \+ \d+ lost$/, 'text: the sum');
}

# --- journald ---

sub through_journald
{
	my ($journald) = @_;
	my $run = $snoop->start('--journal');
	my @paths = ("/tmp/a\nPRIORITY=0\nMESSAGE=all is well", "/tmp/\xff\x80bytes", "/tmp/\xc3\xa4");

	$snoop->call(1, 800);
	Snoop::wait_for(sub { $journald->messages >= 800 }, 60);
	$journald->stop;
	$snoop->call(801, 200);
	Snoop::wait_for(sub { $run->said =~ /ECONNREFUSED/ }, 60);
	$journald->start;
	$snoop->call(1001, 500);
	$snoop->call_unix(@paths);
	Snoop::wait_for(sub { $journald->messages >= 1500 + @paths }, 60);
	$run->stop;
	my @messages = $journald->messages;
	my @sums = grep { !exists $_->{CONNSNOOP_PID} } @messages;
	my @events = grep { exists $_->{CONNSNOOP_PID} } @messages;
	my @numbers = map { ($_->{CONNSNOOP_REMOTE_ADDR_ADDR} // '') =~ /^127\.(\d+)\.(\d+)\.(\d+)$/ ?
		$1 << 16 | $2 << 8 | $3 : () } @events;
	my %wrong;

	is($run->{unwritten}, 0, 'journal: none is lost');
	is(scalar @events, $run->{shown}, "journal: $run->{shown} shown, as many have come");
	accounted('journal', $run, 1500 + @paths);
	is_deeply(\@numbers, [1 .. 1500], 'journal: in order, none twice') if $run->{shown} == 1500 + @paths;
	for my $event (@events) {
		my %want = (PRIORITY => 6, SYSLOG_FACILITY => 10, SYSLOG_IDENTIFIER => 'connsnoop', _PID => $run->{pid},
			CONNSNOOP_EVENT => 'security_socket_connect', CONNSNOOP_COMM => $snoop->{name},
			CONNSNOOP_VIA => 'connect');
		$wrong{"$_: " . ($event->{$_} // 'absent')}++ for grep { ($event->{$_} // '') ne $want{$_} } keys %want;
		$wrong{"MESSAGE: $event->{MESSAGE}"}++ unless $event->{MESSAGE} =~ /\Q$snoop->{name}\E/;
	}
	is_deeply(\%wrong, {}, 'journal: fields of every event');
	my @got = map { unpack 'H*', $_->{CONNSNOOP_REMOTE_ADDR_PATH} } @events[-@paths .. -1];
	is_deeply(\@got, [map { unpack 'H*', $_ } @paths], 'journal: every byte of odd paths');
	is(scalar @sums, 1, 'journal: one message that is no event');
	like($sums[0]{MESSAGE}, qr/^\d+ attempts = $run->{shown} shown \+/, 'journal: the sum');
}

sub not_there
{
	my $said = `'$snoop->{binary}' --syslog=unix:$dir/nothing 2>&1 >/dev/null`;

	is($? >> 8, 1, 'no such socket: status');
	like($said, qr/^connsnoop: connecting to unix:\S+nothing: the kernel says ENOENT; is a syslog daemon/,
		'no such socket: one sentence');
	$said = `'$snoop->{binary}' --syslog=udp:localhost:514 2>&1 >/dev/null`;
	is($? >> 8, 2, 'a name for an address: status');
	like($said, qr/^connsnoop: --syslog takes .*localhost/, 'a name for an address: one sentence');
	$said = `'$snoop->{binary}' --journal 2>&1 >/dev/null`;
	is($? >> 8, 1, 'no journal: status');
	like($said, qr{^connsnoop: connecting to /run/systemd/journal/socket: the kernel says ENOENT}, 'no journal: one sentence');
}

rotation_under_load();
rotation_of_text();
full_disk();
stopped_reader();
Daemons::take_dev_and_run($dir);
not_there();
my $rsyslog = Daemons::rsyslog($root, $dir);
if ($rsyslog) {
	$rsyslog->start;
	for my $name (sort keys %syslog) {
		$rsyslog->forget;
		through_rsyslog($name, $rsyslog);
	}
	for my $name ('/dev/log', 'unix', 'UDP', 'TCP') {
		$rsyslog->forget;
		odd_bytes($name, $rsyslog);
	}
	for my $name ('unix', 'TCP') {
		$rsyslog->forget;
		overflow($name, $rsyslog);
		$rsyslog->forget;
		full_speed($name, $rsyslog);
	}
	$rsyslog->forget;
	text_messages($rsyslog);
	$rsyslog->stop;
} else {
	missing('rsyslog', 'it is not installed; scripts/deps test brings it');
}
my $journald = Daemons::journald($dir);
if ($journald) {
	$journald->start;
	through_journald($journald);
	$journald->stop;
} else {
	missing('journald', 'systemd-journald or journalctl is not installed');
}
done_testing;
