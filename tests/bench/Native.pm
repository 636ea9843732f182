# SPDX-License-Identifier: GPL-2.0-or-later
#
# Tracers on this machine. Every round measures all of them, and no tracer at all, in turn; a cost is
# the difference to the untraced one of its round, and of the rounds the median is taken.
package Native;

use strict;
use warnings;

use IPC::Open3;
use Time::HiRes qw(sleep time);

# Options: build, rounds, count.
sub new
{
	my ($class, %option) = @_;
	my $self = bless {%option}, $class;
	my $floor = "$self->{build}/tests/bench/floor";
	my $snoop = "$self->{build}/connsnoop";

	$self->{hook} = -e '/sys/bus/event_source/devices/kprobe/type' ? 'kprobe' : 'tracepoint';
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
	my $log = "$self->{build}/bench/tracer.log";
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

	for my $rate (1000, 10000, 50000) {
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

# --- others, where they are installed; fewer connects, since they slow them down so much ---

my @peers = (
	{
		name => 'strace -f', program => 'strace',
		command => sub { ('strace', '-f', '-qq', '-e', 'trace=connect', '-o', $_[0], '-p', $_[1]) },
	},
	{
		name => 'perf trace', program => 'perf',
		command => sub { ('perf', 'trace', '-e', 'connect', '-o', $_[0], '-p', $_[1]) },
	},
);

sub is_installed
{
	my ($program) = @_;

	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

# The caller is started first and waits: the peer is told its number. A second and a half has to do for
# the peer to attach, since they do not say so; one that shows nothing is left out.
sub measure_peer
{
	my ($self, $command, $count) = @_;
	my $pid = open3(my $to, my $from, undef, "$self->{build}/tests/bench/meter", '-g', '-n', $count);
	my ($peer, $result);

	if ($command) {
		$peer = fork // die "bench: fork: $!\n";
		if (!$peer) {
			open STDERR, '>', '/dev/null';
			exec $command->($self->{out}, $pid);
		}
		sleep 1.5;
	}
	print $to "\n";
	close $to;
	$result = {split ' ', <$from> // ''};
	waitpid $pid, 0;
	if ($peer) {
		kill 'INT', $peer;
		waitpid $peer, 0;
		$result->{shown} = () = slurp($self->{out}) =~ /connect\(/g;
		unlink $self->{out};
	}
	return $result;
}

sub peers
{
	my ($self) = @_;
	my $count = 20000;
	my $base = $self->measure_peer(undef, $count);
	my %found;

	for my $peer (grep { is_installed($_->{program}) } @peers) {
		my $result = $self->measure_peer($peer->{command}, $count);

		next unless $result->{median} && $result->{shown};
		$found{$peer->{name}} = {
			added => $result->{median} - $base->{median},
			lost_percent => 100 * (1 - $result->{shown} / $result->{made}),
		};
	}
	return \%found;
}

1;
