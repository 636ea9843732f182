# SPDX-License-Identifier: GPL-2.0-or-later
#
# Holds the results of connects against what their callers told (tests/workload/results.c), and against strace.
package Results;

use strict;
use warnings;

use Events;
use Test::More;

# What a caller's or strace's clock sees beyond the call: entering and leaving the kernel, on an emulated machine that is
# busy. Of 200 threads that wake up at once, each has to wait for its turn before anybody looks at a clock for it, so that
# a tenth may be later than that. Where clocks of two CPUs are compared they need not agree to the microsecond.
my $slack_ns = 60e6;
my $clock_ns = 1e6;

# -1: shorter than the call can have been; 1: much longer than we were told.
sub differs
{
	my ($latency, $seen, $fd) = @_;
	my $far = $seen - $latency;

	return $far < -$clock_ns ? -1 : $far > ($fd < 2000 || $seen < 4 * $slack_ns ? $slack_ns : $seen / 2) ? 1 : 0;
}

# One fault for many stragglers; none for a few.
sub crowd
{
	my ($late, $all) = @_;

	return $late > $all / 10 ? ("$late of $all threads say that it took much longer") : ();
}

# fd => what is to be known of its only attempt, in order
sub by_fd
{
	my %by_fd;

	push @{$by_fd{$_->[0]}}, $_->[1] for @_;
	return %by_fd;
}

sub events
{
	my ($path) = @_;
	my $read = Events::read_events($path);

	return by_fd(map { [$_->{data}{sockfd}, $_->{data}] }
			grep { $_->{data}{comm} eq 'results' } @{$read->{events}});
}

# The older one of two kinds of kernels sees only so many blocking calls at a time: CPUs, or 10.
sub may_miss
{
	my ($release, $fd) = @_;
	my ($major, $minor) = $release =~ /^(\d+)\.(\d+)/;

	return $fd >= 2000 && ($major < 4 || ($major == 4 && $minor < 12));
}

sub outcome_of
{
	my ($told) = @_;

	return $told->{errno} == 0 ? 'success' : $told->{error} eq 'EINPROGRESS' ? 'in_progress' : 'failure';
}

# The ways in which an event is not what its caller saw.
sub faults
{
	my ($event, $told, $release, $hook) = @_;
	my @faults;
	my $outcome = $event->{outcome} // 'none';
	my $wrong = sub { push @faults, "fd $told->{fd}: $_[0]" };

	if ($told->{errno} == -1) {
		$wrong->("killed, but $outcome") unless $outcome =~ /^(?:unknown|failure)$/;
		$wrong->("killed, but $event->{error}") if $outcome eq 'failure' && $event->{error} ne 'EINTR';
		return @faults;
	}
	if ($outcome eq 'unknown') {
		$wrong->('unknown') unless may_miss($release, $told->{fd});
		return @faults;
	}
	$wrong->("$outcome, errno $told->{errno}") if $outcome ne outcome_of($told);
	if ($outcome eq 'failure') {
		my $name = $told->{error};
		$wrong->("error $event->{error}, not $name") if $event->{error} ne $name;
	} elsif (exists $event->{error}) {
		$wrong->("$outcome with an error");
	}
	my $differs = differs($event->{latency_ns}, $told->{ns}, $told->{fd});
	$told->{late} = $differs > 0 && $told->{fd} >= 2000;
	$wrong->("latency $event->{latency_ns}, told $told->{ns}") if $differs && !$told->{late};
	if ($hook eq 'kprobe') {
		my $verdict = $told->{fd} == 820 ? 'EACCES' : 'allowed';
		$wrong->('verdict ' . ($event->{verdict} // 'none')) if ($event->{verdict} // '') ne $verdict;
	}
	push @faults, local_faults($event, $told) if $hook ne 'tracepoint';
	return @faults;
}

sub local_faults
{
	my ($event, $told) = @_;
	my ($got, $want) = ($event->{local_addr}, $told->{local});
	my $protocol = $told->{fd} =~ /^(?:806|812|821|822)$/ ? 'udp' : 'tcp';

	return "fd $told->{fd}: local address without need" if $got && !$want;
	return if !$want;
	return "fd $told->{fd}: no local address" if !$got;
	return "fd $told->{fd}: local $got->{addr} $got->{port}, not $want->{addr} $want->{port}"
		if $got->{addr} ne $want->{addr} || $got->{port} != $want->{port};
	return "fd $told->{fd}: protocol " . ($event->{protocol} // 'none') if ($event->{protocol} // '') ne $protocol;
	return;
}

sub check_told
{
	my ($name, $dir, $file, $release, $hook) = @_;
	my %events = events("$dir/$file.json");
	my @told = Events::wants("$dir/$file.told");
	my (@faults, $unknown);

	for my $told (@told) {
		my $list = delete $events{$told->{fd}} // [];

		if (@$list != 1) {
			push @faults, "fd $told->{fd}: " . @$list . ' events';
			next;
		}
		$unknown += ($list->[0]{outcome} // '') eq 'unknown';
		push @faults, faults($list->[0], $told, $release, $hook);
	}
	push @faults, map { "fd $_: nobody told of it" } keys %events;
	push @faults, crowd(scalar(grep { $_->{late} } @told), scalar(@told));
	cmp_ok(scalar @told, '>', 210, "$name: all callers told") or return 'fail';
	note("$name: " . @told . ' attempts, unknown: ' . ($unknown // 0));
	return ok(!@faults, "$name: as the callers saw it") ? 'ok' : do {
		diag(join "\n", splice @faults, 0, 12);
		'fail';
	};
}

# Calls of the 32-bit table pass a tracepoint of their entry only: all are shown, and nothing is made up.
sub check_unseen
{
	my ($name, $dir) = @_;
	my %events = events("$dir/result-socketcall.json");
	my @told = Events::wants("$dir/result-socketcall.told");

	is(scalar(keys %events), scalar(@told), "$name: all are shown");
	is(scalar(grep { ($_->[0]{outcome} // '') ne 'unknown' } values %events), 0, "$name: all unknown");
}

# "811 connect(3, {...}, 16) = -1 EINTR (...) <0.4>", or in two lines: "... <unfinished ...>", "<... connect resumed>) = 0 <0.4>".
# { fd => { error, ns } }; no error: it was not told.
sub read_strace
{
	my ($path) = @_;
	my (%open, %seen);

	open(my $in, '<', $path) or return;
	while (my $line = <$in>) {
		my ($tid) = $line =~ /^(\d+)/ or next;
		my ($fd) = $line =~ /^\d+ +connect\((\d+)/;
		$fd = delete $open{$tid} if $line =~ /^\d+ +<\.\.\. connect resumed>/;
		next if !defined $fd;
		if ($line =~ /<unfinished \.\.\.>$/) {
			$open{$tid} = $fd;
		} elsif ($line =~ / = (?:0|-1 (E\w+) .*|\? (ERESTART)\w+ .*) <(\d+\.\d+)>$/) {
			$seen{$fd} = {error => $2 ? 'EINTR' : $1 // '', ns => $3 * 1e9};
		}
	}
	return %seen;
}

sub check_strace
{
	my ($name, $dir, $release) = @_;
	my %seen = read_strace("$dir/result.strace");
	my %events = events("$dir/result-strace.json");
	my ($compared, $most, $late, @faults) = (0, 0, 0);

	for my $fd (sort { $a <=> $b } keys %seen) {
		my $event = ($events{$fd} // [])->[0];
		my $far;

		if (!$event || $event->{outcome} eq 'unknown') {
			push @faults, "fd $fd: no result" unless $event && may_miss($release, $fd);
			next;
		}
		my $error = $event->{outcome} eq 'in_progress' ? 'EINPROGRESS' : $event->{error} // '';
		push @faults, "fd $fd: '$error', strace '$seen{$fd}{error}'" if $error ne $seen{$fd}{error};
		$far = $seen{$fd}{ns} - $event->{latency_ns};
		my $differs = differs($event->{latency_ns}, $seen{$fd}{ns}, $fd);
		my $is_late = $differs > 0 && $fd >= 2000;
		$late += $is_late;
		push @faults, "fd $fd: $event->{latency_ns} ns, strace $seen{$fd}{ns}" if $differs && !$is_late;
		$most = $far if $far > $most;
		$compared++;
	}
	push @faults, crowd($late, $compared);
	cmp_ok($compared, '>', may_miss($release, 2000) ? 15 : 210, "$name: calls compared");
	note(sprintf '%s: %d calls, at most %.1f ms less than strace -T says', $name, $compared, $most / 1e6);
	return ok(!@faults, "$name: errors and latencies") ? 'ok' : do {
		diag(join "\n", splice @faults, 0, 12);
		'fail';
	};
}

sub check
{
	my ($dir, $release, $hook) = @_;
	my %verdict = ('=result: callers' => check_told("$release result", $dir, 'result', $release, $hook));

	if (-e "$dir/result-socketcall.told" && $hook eq 'tracepoint') {
		check_unseen("$release result of socketcall", $dir);
	} elsif (-e "$dir/result-socketcall.told") {
		$verdict{'=result: socketcall'} =
			check_told("$release result of socketcall", $dir, 'result-socketcall', $release, $hook);
	}
	return %verdict if !-e "$dir/result.strace";
	$verdict{'=result: strace, callers'} =
		check_told("$release result under strace", $dir, 'result-strace', $release, $hook);
	$verdict{'=result: strace'} = check_strace("$release result and strace", $dir, $release);
	return %verdict;
}

1;
