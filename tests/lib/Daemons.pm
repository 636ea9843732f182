# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real receivers, started by us in a mount namespace that is ours: rsyslog, and systemd-journald.
package Daemons;

use strict;
use warnings;

use Cwd ();
use Socket;
use Socket qw(inet_pton pack_sockaddr_in6 unpack_sockaddr_in6);
use Sys::Hostname ();

sub hostname { return Sys::Hostname::hostname(); }

sub must
{
	system(@_) == 0 or die "@_ failed\n";
}

# /dev and /run of our own: with /dev/null and its like, and nobody's sockets.
sub take_dev_and_run
{
	my ($dir) = @_;

	mkdir "$dir/dev";
	must('mount', '-t', 'tmpfs', 'none', "$dir/dev");
	must('cp', '-a', map({ "/dev/$_" } qw(null zero full urandom)), "$dir/dev");
	must('mount', '--move', "$dir/dev", '/dev');
	must('mount', '-t', 'tmpfs', 'none', '/run');
}

# A port that is free for both protocols of both families.
sub free_port
{
	for (1 .. 100) {
		socket(my $first, AF_INET, SOCK_STREAM, 0) or die;
		bind $first, pack_sockaddr_in(0, INADDR_LOOPBACK) or next;
		my ($port) = unpack_sockaddr_in(getsockname $first);
		socket(my $second, AF_INET, SOCK_DGRAM, 0) or die;
		bind $second, pack_sockaddr_in($port, INADDR_LOOPBACK) or next;
		return $port;
	}
	die "no free port\n";
}

# The installed one, or the one that scripts/deps has unpacked; nothing where there is none.
sub rsyslog
{
	my ($root, $dir) = @_;
	my $build = $ENV{BUILD} // "$root/build";

	for my $place ('', "$build/rsyslog") {
		my ($modules) = glob "$place/usr/lib/{*/,}rsyslog";
		next unless -x "$place/usr/sbin/rsyslogd" && $modules && -e "$modules/imuxsock.so";
		return Daemons::Rsyslog->new($place, $modules, $dir);
	}
	return;
}

sub journald
{
	my ($dir) = @_;
	my ($journald) = grep { -x } '/usr/lib/systemd/systemd-journald', '/lib/systemd/systemd-journald';

	return unless $journald && grep { -x "$_/journalctl" } split /:/, $ENV{PATH};
	return bless {path => $journald, dir => $dir}, 'Daemons::Journald';
}

package Daemons::Rsyslog;

my @keys = qw(input pri time host app procid msgid sd msg);

sub new
{
	my ($class, $place, $modules, $dir) = @_;
	my $self = bless {place => $place, modules => $modules, dir => $dir, from => 0}, $class;
	my $port = $self->{port} = Daemons::free_port();
	my $template = join '\t', qw(%inputname% %pri% %timereported:::date-rfc3339% %hostname% %app-name% %procid%
		%msgid% %structured-data% %msg%);
	my $config = <<"END";
global(workDirectory="$dir" maxMessageSize="8k" parser.escapeControlCharactersOnReceive="off")
module(load="imuxsock" SysSock.Use="on")
module(load="imudp")
module(load="imtcp")
template(name="parts" type="string" string="$template\\n")
input(type="imuxsock" Socket="$dir/log" UseSpecialParser="off" ParseHostname="on" IgnoreTimestamp="off")
END

	for my $address ('127.0.0.1', '::1') {
		$config .= qq(input(type="imudp" address="$address" port="$port" rcvbufSize="8m")\n) .
			qq(input(type="imtcp" address="$address" port="$port")\n);
	}
	Snoop::spew("$dir/rsyslog.conf", qq($config*.* action(type="omfile" file="$dir/received" template="parts")\n));
	return $self;
}

sub start
{
	my ($self) = @_;
	my $before = -s "$self->{dir}/received" // 0;

	$self->{pid} = fork // die "fork: $!\n";
	if (!$self->{pid}) {
		$ENV{LD_LIBRARY_PATH} = Cwd::abs_path("$self->{modules}/..") if $self->{place};
		open STDOUT, '>>', "$self->{dir}/rsyslog.log";
		open STDERR, '>&', \*STDOUT;
		exec "$self->{place}/usr/sbin/rsyslogd", '-n', '-f', "$self->{dir}/rsyslog.conf", '-i',
			"$self->{dir}/rsyslog.pid", '-M', $self->{modules} or die "rsyslogd: $!\n";
	}
	Snoop::wait_for(sub { substr(Snoop::slurp("$self->{dir}/received"), $before) =~ /rsyslogd.*start/ }, 10) or
		die 'rsyslogd does not start: ', Snoop::slurp("$self->{dir}/rsyslog.log");
}

sub stop
{
	my ($self) = @_;

	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
}

# What has come until now is not asked for any more.
sub forget
{
	my ($self) = @_;

	$self->{from} = -s "$self->{dir}/received" // 0;
}

# What connsnoop sent: {input, pri, time, ..., msg}.
sub messages
{
	my ($self) = @_;
	my @lines = split /\n/, substr Snoop::slurp("$self->{dir}/received"), $self->{from};
	my @messages;

	for my $line (@lines) {
		my %message;

		@message{@keys} = split /\t/, $line, @keys;
		next if $message{app} eq 'rsyslogd';
		# what is behind the colon of the old form is taken for the text
		$message{msg} =~ s/^ // if $message{input} eq 'imuxsock' && $message{msgid} eq '-';
		push @messages, \%message;
	}
	return @messages;
}

sub count
{
	my ($self) = @_;
	my $text = substr Snoop::slurp("$self->{dir}/received"), $self->{from};

	return $text =~ tr/\n// - (() = $text =~ /^rsyslogd\t/mg);
}

package Daemons::Journald;

use JSON::PP;

my $socket = '/run/systemd/journal/socket';

sub start
{
	my ($self) = @_;

	Daemons::must('mkdir', '-p', '/run/systemd/journal', '/run/log/journal');
	$self->{pid} = fork // die "fork: $!\n";
	if (!$self->{pid}) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{dir}/journald.log";
		open STDERR, '>&', \*STDOUT;
		exec $self->{path} or die "$self->{path}: $!\n";
	}
	my $answers = sub {
		socket(my $to, Socket::AF_UNIX, Socket::SOCK_DGRAM, 0) or die;
		return connect $to, Socket::pack_sockaddr_un($socket);
	};
	Snoop::wait_for($answers, 10) or die 'journald does not start: ', Snoop::slurp("$self->{dir}/journald.log");
}

sub stop
{
	my ($self) = @_;

	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
}

# What connsnoop sent, as bytes: journalctl has those that are no text as a list of numbers.
sub messages
{
	my ($self) = @_;
	my $said = `journalctl --directory=/run/log/journal --output=json --all --quiet SYSLOG_IDENTIFIER=connsnoop 2>&1`;
	my @messages = map { eval { decode_json($_) } // () } split /\n/, $said;

	for my $message (@messages) {
		for my $value (values %$message) {
			if (ref $value eq 'ARRAY') {
				$value = pack 'C*', @$value;
			} else {
				utf8::encode($value);
			}
		}
	}
	return @messages;
}

1;
