# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tracers on this machine. Every round measures all of them, and no tracer at all, in turn; a cost is
# the difference to the untraced one of its round, and of the rounds the median is taken.
package Native;

use strict;
use warnings;

use IPC::Open3;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use Instructions;
use Rows;

# Options: build, rounds, count.
sub new
{
	my ($class, %option) = @_;
	my $self = bless {%option}, $class;
	my $floor = "$self->{build}/tests/bench/floor";
	my $snoop = "$self->{build}/connsnoop";

	$self->{hook} = -e '/sys/bus/event_source/devices/kprobe/type' ? 'kprobe' : 'tracepoint';
	$self->{snoop} = $snoop;
	$self->{out} = (-d '/dev/shm' ? '/dev/shm' : "$self->{build}/bench") . "/connsnoop-bench.$$";
	$self->{tracer} = {
		empty => [$floor, "$floor.bpf.o", $self->{hook}, 'empty'],
		constant => [$floor, "$floor.bpf.o", $self->{hook}, 'constant'],
		text => [$snoop, '-o', $self->{out}],
		json => [$snoop, '--json', '-o', $self->{out}],
		'text, /dev/null' => [$snoop, '-o', '/dev/null'],
		'json, pipe' => [$snoop, '--json'],
		filtered => [$snoop, '-6', '-o', $self->{out}],
	};
	return $self;
}

sub slurp
{
	my ($path) = @_;

	open(my $in, '<', $path) or return '';
	local $/;
	return <$in> // '';
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;

	return $sorted[@sorted / 2];
}

# Seconds that a process's threads have run.
sub cpu_of
{
	my ($pid) = @_;
	my $sum = 0;

	$sum += (split ' ', slurp($_))[0] // 0 for glob "/proc/$pid/task/*/schedstat";
	return $sum / 1e9;
}

sub peak_of
{
	my ($pid) = @_;

	return slurp("/proc/$pid/status") =~ /VmHWM:\s+(\d+)/ ? $1 : 0;
}

# What of that are rings, in kB.
sub rings_of
{
	my ($pid) = @_;
	my ($sum, $is_ring) = (0, 0);

	for (split /\n/, slurp("/proc/$pid/smaps")) {
		$is_ring = /perf_event|bpf-map/ if /^[0-9a-f]+-[0-9a-f]+ /;
		$sum += $1 if $is_ring && /^Rss:\s+(\d+)/;
	}
	return $sum;
}

# The reader has caught up when it does not run any more.
sub cpu_when_idle
{
	my ($pid) = @_;
	my ($before, $now) = (-1, cpu_of($pid));

	for (my $tries = 0; $now - $before > 0.002 && $tries < 200; $tries++) {
		sleep 0.1;
		($before, $now) = ($now, cpu_of($pid));
	}
	return $now;
}

# Starts a tracer; returns {pid, log}. A pipe is read by a cat.
sub start_tracer
{
	my ($self, $name) = @_;
	my $log = "$self->{build}/bench/tracer" . ($self->{log_name} // '') . '.log';
	my $piped = $name =~ /, pipe$/;
	my @command = @{$self->{tracer}{$name}};
	my ($reader, $to_reader);

	unlink $log;
	pipe(my $from, $to_reader) or die "bench: pipe: $!\n" if $piped;
	if ($piped) {
		$reader = fork // die "bench: fork: $!\n";
		if (!$reader) {
			close $to_reader;
			open STDIN, '<&', $from;
			open STDOUT, '>', '/dev/null';
			exec 'cat';
		}
	}
	my $pid = fork // die "bench: fork: $!\n";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, $piped ? '>&' : '>', $piped ? $to_reader : '/dev/null';
		open STDERR, '>', $log;
		exec @command or die "bench: $command[0]: $!\n";
	}
	close $to_reader if $piped;
	for (my $tries = 0; slurp($log) !~ /tracing/; $tries++) {
		die "bench: $name does not start: ", slurp($log) if $tries == 500;
		sleep 0.02;
	}
	return {pid => $pid, reader => $reader, log => $log, cpu => cpu_of($pid)};
}

# Adds to what meter said what became of the tracer.
sub stop_tracer
{
	my ($self, $tracer, $result) = @_;

	$result->{tracer_cpu} = cpu_when_idle($tracer->{pid}) - $tracer->{cpu};
	$result->{peak_kb} = peak_of($tracer->{pid});
	$result->{rings_kb} = rings_of($tracer->{pid});
	kill 'INT', $tracer->{pid};
	waitpid $tracer->{pid}, 0;
	waitpid $tracer->{reader}, 0 if $tracer->{reader};
	@$result{qw(attempts shown filtered lost)} = slurp($tracer->{log}) =~
		/(\d+) attempts = (\d+) shown \+ (\d+) filtered \+ (\d+) lost/;
	unlink $self->{out};
}

sub meter
{
	my ($self, @argument) = @_;
	my $said = `'$self->{build}/tests/bench/meter' @argument`;

	die "bench: meter @argument failed\n" if $? || $said !~ /^made/;
	return {split ' ', $said};
}

sub measure_one
{
	my ($self, $name, @argument) = @_;
	my $tracer = $name eq 'none' ? undef : $self->start_tracer($name);
	my $result = $self->meter(@argument);

	$self->stop_tracer($tracer, $result) if $tracer;
	printf STDERR "%-16s %-28s median %7.1f mean %7.1f cpu %7.1f%s\n", $name, "@argument",
		@$result{qw(median mean cpu)},
		$tracer ? sprintf(' lost %d tracer %.2f s', @$result{qw(lost tracer_cpu)}) : '';
	return $result;
}

# {NAME => {added: ns, cpu_per_million, lost: %, ...}}, medians of the rounds.
sub compare
{
	my ($self, $measure, $names, @argument) = @_;
	my (%rounds, %found);

	for (1 .. $self->{rounds}) {
		my $base = $self->measure_one('none', @argument);

		for my $name (@$names) {
			my $result = $self->measure_one($name, @argument);

			$result->{added} = $result->{$measure} - $base->{$measure};
			push @{$rounds{$name}}, $result;
		}
		push @{$rounds{none}}, {%$base, added => $base->{$measure}};
	}
	for my $name (keys %rounds) {
		my @results = @{$rounds{$name}};

		for my $key (grep { defined $results[0]{$_} } keys %{$results[0]}) {
			$found{$name}{$key} = median(map { $_->{$key} } @results);
		}
	}
	return \%found;
}

# By number of threads.
sub flat_out
{
	my ($self) = @_;
	my @names = ('empty', 'constant', 'text', 'json', 'filtered', 'text, /dev/null', 'json, pipe');

	return {
		hook => $self->{hook},
		1 => $self->compare('median', \@names, '-n', $self->{count} / 2),
		2 => $self->compare('median', \@names, '-n', $self->{count}, '-t', 2),
	};
}

# By rate.
sub paced
{
	my ($self) = @_;
	my %found;

	for my $rate (1000, 10000, 50000, 200000) {
		$found{$rate} = $self->compare('mean', ['constant', 'text', 'json'], '-n', $rate * 2,
			'-r', $rate);
	}
	return \%found;
}

sub start
{
	my ($self) = @_;
	my $snoop = $self->{tracer}{json}[0];
	my $said = `'$self->{build}/tests/bench/starts' 21 '$snoop' --json`;

	die "bench: starts failed\n" if $?;
	return {split ' ', $said};
}

# Context switches of all threads.
sub switches_of
{
	my ($pid) = @_;
	my $sum = 0;

	$sum += $_ for map { slurp($_) =~ /ctxt_switches:\s+(\d+)/g } glob "/proc/$pid/task/*/status";
	return $sum;
}

# A minute in which nothing happens that concerns it: of everything, and of one process that never connects (the first is
# disturbed by whatever else this machine does).
sub idle
{
	my ($self, $seconds) = @_;
	my (%found, %tracer);

	$self->{tracer}{idle_all} = [$self->{snoop}, '-o', '/dev/null'];
	$self->{tracer}{idle_one} = [$self->{snoop}, '-p', 2, '-o', '/dev/null'];
	for my $name (qw(idle_one idle_all)) {
		$self->{log_name} = $name;
		$tracer{$name} = $self->start_tracer($name);
	}
	sleep 2;
	$found{$_}{before} = switches_of($tracer{$_}{pid}) for keys %tracer;
	sleep $seconds;
	$found{$_}{after} = switches_of($tracer{$_}{pid}) for keys %tracer;
	for my $name (keys %tracer) {
		$self->stop_tracer($tracer{$name}, $found{$name});
		$found{$name}{switches} = $found{$name}{after} - $found{$name}{before};
	}
	return \%found;
}

# --- peers; fewer connects for those that slow them down so much ---

# Files of the kernel that the peers want to see are mounted, and their tree gets them too. Everything goes with the mount
# namespace of the bench.
sub open_tree
{
	my ($tree) = @_;

	system('mount', '-t', 'debugfs', 'debugfs', '/sys/kernel/debug');
	system('mount', '-t', 'tracefs', 'tracefs', '/sys/kernel/tracing');
	system('mount', '--rbind', "/$_", "$tree/$_") == 0 or die "bench: mount failed\n" for qw(proc sys dev tmp);
}

sub is_installed
{
	my ($program) = @_;

	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

# `pattern` matches a line about a connect of meter's, whose number is to be put in; `start`: the same without a buffer, or undef; `count`: so many
# connects of each thread.
sub peer_list
{
	my ($self, $tree) = @_;
	my $out = $self->{out};
	my @tools = ($tree ? map({
		my $peer = $_;
		my @unbuffered = $peer->{name} eq 'ply' ? ('-u') : ('-B', 'none');
		my @native = @{$peer->{native}};

		{
			label => $peer->{label}, package => $peer->{package}, pattern => 'meter PID ', count => 200000,
			command => sub { ('chroot', $tree, @native) },
			start => ['chroot', $tree, $native[0], @unbuffered, @native[1 .. $#native]],
		}
	} grep { $_->{native} } Rows::peers()) : ());

	push @tools, {
		label => 'perf trace', package => 'linux-perf', pattern => 'meter.*connect\(', count => 20000,
		command => sub { ('perf', 'trace', '-a', '-e', 'connect', '-o', $out) },
	} if is_installed('perf');
	push @tools, {
		label => 'strace -f', package => 'strace', pattern => 'connect\(', count => 20000,
		command => sub { ('strace', '-f', '-qq', '-e', 'trace=connect', '-o', $out, '-p', $_[0]) },
	} if is_installed('strace');
	push @tools, map {
		my @more = @$_;

		{
			label => 'connsnoop, ' . (@more ? 'JSON' : 'text'), count => 200000,
			pattern => @more ? '"pid":PID,' : '^PID +meter',
			command => sub { ($self->{snoop}, @more, '-o', $out) }, start => [$self->{snoop}, @more],
		}
	} [], ['--json'];
	return @tools;
}

# They do not all say when they trace. Soon after they hold an event or are at the caller's heels they do.
sub wait_attached
{
	my ($peer, $caller) = @_;

	for (my $tries = 0; $tries < 1000; $tries++) {
		last if slurp("/proc/$caller/status") =~ /TracerPid:\s+[1-9]/ ||
			grep { (readlink($_) // '') =~ /perf_event|bpf_link/ } glob "/proc/$peer/fd/*";
		sleep 0.02;
	}
	sleep 1.5;
}

# Some do not always hear the interrupt.
sub end_peer
{
	my ($peer) = @_;

	kill 'INT', $peer;
	for (1 .. 100) {
		return if waitpid($peer, WNOHANG) == $peer;
		sleep 0.1;
	}
	kill 'KILL', $peer;
	waitpid $peer, 0;
}

sub lines_that_match
{
	my ($path, $pattern) = @_;
	my $count = 0;

	open(my $in, '<', $path) or return 0;
	while (<$in>) {
		$count++ if $_ =~ $pattern;
	}
	return $count;
}

# The caller is started first and waits: a peer may want its number.
sub measure_peer
{
	my ($self, $tool, $count, $threads) = @_;
	my $pid = open3(my $to, my $from, undef, "$self->{build}/tests/bench/meter", '-g', '-n', $count, '-t', $threads);
	my ($peer, $cpu, $result);

	if ($tool) {
		$peer = fork // die "bench: fork: $!\n";
		if (!$peer) {
			open STDIN, '<', '/dev/null';
			open STDOUT, '>', "$self->{out}.stdout";
			open STDERR, '>', '/dev/null';
			exec $tool->{command}->($pid);
		}
		wait_attached($peer, $pid);
		$cpu = cpu_of($peer);
	}
	print $to "\n";
	close $to;
	$result = {split ' ', <$from> // ''};
	waitpid $pid, 0;
	if ($peer) {
		$result->{cpu_s} = cpu_when_idle($peer) - $cpu;
		$result->{peak_kb} = peak_of($peer);
		end_peer($peer);
		(my $pattern = $tool->{pattern}) =~ s/PID/$pid/;
		$result->{shown} = lines_that_match($self->{out}, qr/$pattern/) +
			lines_that_match("$self->{out}.stdout", qr/$pattern/);
		unlink $self->{out}, "$self->{out}.stdout";
		printf STDERR "%-40s %d threads: %s\n", $tool->{label}, $threads,
			join ' ', map { "$_ $result->{$_}" } sort keys %$result;
	}
	return $result;
}

sub start_of
{
	my ($self, $command) = @_;
	my $said = $command ? `'$self->{build}/tests/bench/starts' -e 5 @{[Instructions::quoted(@$command)]}` : '';

	return $said =~ /event_ms (\S+)/ ? $1 : undef;
}

# Why the rest is not there.
sub absent
{
	my ($self, $tree) = @_;
	my @why;

	chomp(my $release = `uname -r`);
	push @why, 'bpftrace and ply: they could not be fetched' unless $tree;
	push @why, map { "$_: not installed" } grep { !is_installed($_) } qw(perf strace);
	push @why, 'libbpf-tools and bcc tcpconnect: they need kprobes, which this kernel does not have'
		if $self->{hook} ne 'kprobe';
	push @why, "bcc: it compiles when it starts, and the headers of this kernel are not there (/lib/modules/$release/build)"
		unless -e "/lib/modules/$release/build";
	return @why;
}

sub peers
{
	my ($self, $tree) = @_;
	my (%base, @rows);

	open_tree($tree) if $tree;
	for my $tool ($self->peer_list($tree)) {
		my $row = {label => $tool->{label}, package => $tool->{package}};

		for my $threads (1, 2) {
			my $base = $base{$tool->{count}}{$threads} //= $self->measure_peer(undef, $tool->{count}, $threads);
			my $result = $self->measure_peer($tool, $tool->{count}, $threads);

			$row->{$threads} = {%$result, added => $result->{median} - $base->{median}};
		}
		$row->{event_ms} = $self->start_of($tool->{start});
		push @rows, $row;
	}
	return {rows => \@rows, absent => [$self->absent($tree)]};
}

1;
