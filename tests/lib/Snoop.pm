# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs of connsnoop on this machine, and a caller whose attempts tell their number: the N-th connects a datagram socket to
# 127.x.y.z, which is N.
package Snoop;

use strict;
use warnings;

use JSON::PP;
use POSIX qw(WNOHANG);
use Socket;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8;

sub slurp
{
	my ($path) = @_;

	open(my $in, '<:raw', $path) or return '';
	local $/;
	return <$in> // '';
}

sub spew
{
	my ($path, $text) = @_;

	open(my $out, '>:raw', $path) or die "$path: $!\n";
	print $out $text;
	close $out;
}

sub nap { sleep $_[0]; }
sub now { return time; }

sub wait_for
{
	my ($done, $seconds) = @_;
	my $late = time + $seconds;

	while (time < $late) {
		return 1 if $done->();
		sleep 0.02;
	}
	return $done->();
}

# Options: binary, dir (for what it says).
sub new
{
	my ($class, %option) = @_;

	return bless {%option, name => "caller-$$"}, $class;
}

sub run_into
{
	my ($self, $out, @options) = @_;
	my $run = bless {log => "$self->{dir}/said"}, 'Snoop::Run';

	unlink $run->{log};
	$run->{pid} = fork // die "fork: $!\n";
	if (!$run->{pid}) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $out;
		open STDERR, '>', $run->{log};
		exec $self->{binary}, @options or die "$self->{binary}: $!\n";
	}
	wait_for(sub { $run->said =~ /^connsnoop: tracing/m || $run->ended }, 30);
	return $run;
}

# The reason why this kernel can't be traced, if it can't.
sub why_not
{
	my ($self) = @_;
	my $said = `'$self->{binary}' --duration 0.01 2>&1 >/dev/null`;

	return ($? >> 8) =~ /^[34]$/ ? $said : undef;
}

# Traces our caller only, into a pipe or a file that is open.
sub start_into
{
	my ($self, $out, @options) = @_;

	# others are about here: what rings lose might be theirs
	return $self->run_into($out, '--comm', $self->{name}, '--buffer-pages', 2048, @options);
}

sub start
{
	my ($self, @options) = @_;

	open(my $null, '>', '/dev/null') or die;
	return $self->start_into($null, @options);
}

sub connect_all
{
	my ($self, $first, $count, $pause) = @_;

	$0 = $self->{name};
	socket(my $socket, AF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
	for my $number ($first .. $first + $count - 1) {
		connect $socket, pack_sockaddr_in(9, pack 'N', 127 << 24 | $number);
		sleep 0.002 if $pause && $number % $pause == 0;
	}
}

# Runs in a child; returns its pid.
sub fork_caller
{
	my ($self, $code) = @_;
	my $pid = fork // die "fork: $!\n";

	if (!$pid) {
		$code->();
		POSIX::_exit(0);
	}
	return $pid;
}

sub call_apart
{
	my ($self, $count) = @_;

	return $self->fork_caller(sub { $self->connect_all(1, $count, 0); });
}

# Numbers from $first on; after every $pause of them a short one.
sub call
{
	my ($self, $first, $count, $pause) = @_;

	waitpid $self->fork_caller(sub { $self->connect_all($first, $count, $pause); }), 0;
}

sub call_unix
{
	my ($self, @paths) = @_;
	my $code = sub {
		$0 = $self->{name};
		for my $path (@paths) {
			socket(my $socket, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
			connect $socket, pack 'Sa*', AF_UNIX, $path;
		}
	};

	waitpid $self->fork_caller($code), 0;
}

# What is wrong with the events in these lines, beside that some are missing: an empty list.
sub disorder
{
	my ($self, @lines) = @_;
	my $event = qr/^\{"event":"security_socket_connect",[^{}]*"comm":"$self->{name}",[^{}]*
		"remote_addr":\{"family":"AF_INET","addr":"127\.(\d+)\.(\d+)\.(\d+)","port":9\},[^{}]*\}$/x;
	my ($last, @wrong) = (0);

	for my $line (@lines) {
		my $number = $line =~ $event ? $1 << 16 | $2 << 8 | $3 : 0;

		push @wrong, $line unless $number > $last;
		$last = $number if $number;
	}
	return @wrong > 3 ? [@wrong[0 .. 2], 'and others'] : \@wrong;
}

sub path_of
{
	my ($self, $line) = @_;
	my $addr = $json->decode($line)->{remote_addr};
	my $path = $addr->{path};

	return pack 'H*', $addr->{path_hex} if exists $addr->{path_hex};
	utf8::encode($path);
	return $path;
}

package Snoop::Run;

use POSIX qw(WNOHANG);

sub said
{
	my ($self) = @_;

	return Snoop::slurp($self->{log});
}

sub ended
{
	my ($self) = @_;

	$self->{status} = $? >> 8 if !defined $self->{status} && waitpid($self->{pid}, WNOHANG) > 0;
	return defined $self->{status};
}

# Ends it; what it says of itself is in {status}, {attempts}, {shown}, {filtered}, {lost}, and {unwritten}, a part of these.
sub stop
{
	my ($self, $signal) = @_;

	kill $signal // 'INT', $self->{pid};
	Snoop::wait_for(sub { $self->ended }, 30) or kill 'KILL', $self->{pid};
	@$self{qw(attempts shown filtered lost)} = $self->said =~
		/^connsnoop: (\d+) attempts = (\d+) shown \+ (\d+) filtered \+ (\d+) lost$/m;
	($self->{unwritten}) = $self->said =~ /^connsnoop: writing .*: (\d+) events were not written/m;
	$self->{unwritten} //= 0;
	$self->{$_} //= -1 for qw(attempts shown filtered lost);
}

1;
