#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# connsnoop's unit under a systemd of its own, in namespaces on this kernel: what it may do is what the unit says, it sees
# what happens outside, and the drop-ins that the unit names do what they are for. Takes half a minute.

use strict;
use warnings;
no warnings 'portable';	# capabilities are 64 bits

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Test::More;

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Snoop;

my $build = $ENV{BUILD} // "$root/build";
my $binary = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);
my $snoop = Snoop->new(binary => $binary, dir => $dir);
my ($cgroup, $outer, $inner, @enter);

# A cgroup of version 2 to be the root in there, wherever that is mounted.
sub make_cgroup
{
	my ($mount) = Snoop::slurp('/proc/self/mounts') =~ m{^\S+ (\S+) cgroup2 }m or return;

	$cgroup = "$mount/connsnoop-service-$$";
	return mkdir $cgroup;
}

sub boot
{
	mkdir "$dir/machine";
	$outer = fork // die "fork: $!\n";
	if (!$outer) {
		Snoop::spew("$cgroup/cgroup.procs", $$);
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/boot.log";
		open STDERR, '>&', \*STDOUT;
		exec qw(unshare --mount --pid --cgroup --fork --kill-child), "$root/tests/service/boot", "$dir/machine", $binary;
	}
	Snoop::wait_for(sub { ($inner) = `pgrep -P $outer` =~ /(\d+)/ }, 10) or return;
	@enter = ('nsenter', '-t', $inner, '-m', '-p', '-C');
	return Snoop::wait_for(sub { inside('systemctl is-active systemd-journald') eq "active\n" }, 30);
}

sub end
{
	kill 'KILL', $outer if $outer;
	waitpid $outer, 0 if $outer;
	Snoop::wait_for(sub { !system("find '$cgroup' -depth -type d -exec rmdir {} + 2>/dev/null") }, 10) if $cgroup;
}

END { my $status = $?; end() if $cgroup; $? = $status; }

# What a command says in there, standard error included.
sub inside
{
	my ($command) = @_;

	open(my $out, '-|', @enter, 'sh', '-c', "{ $command\n} 2>&1") or die "nsenter: $!\n";
	local $/;
	return <$out> // '';
}

sub property { return inside("systemctl show -P $_[0] connsnoop") =~ s/\n//r; }
sub journal { return inside('journalctl --no-pager -o cat -u connsnoop ' . ($_[0] // '')); }

sub write_inside
{
	my ($path, $text) = @_;

	open(my $in, '|-', @enter, 'sh', '-c', "mkdir -p '@{[dirname($path)]}' && cat >'$path'") or die "nsenter: $!\n";
	print $in $text;
	close $in;
}

sub set_options { write_inside('/etc/default/connsnoop', "CONNSNOOP_OPTIONS=\"$_[0]\"\n"); }

# With the lines of a drop-in, or without one.
sub drop_in
{
	my ($lines) = @_;
	my $folder = '/etc/systemd/system/connsnoop.service.d';

	inside("rm -rf $folder");
	write_inside("$folder/test.conf", $lines) if defined $lines;
	inside('systemctl daemon-reload');
}

sub tracing { return () = journal("_PID=$_[0]") =~ /^connsnoop: tracing \S+ on/mg; }

# Once it traces; false where it does not come to it.
sub start
{
	inside('systemctl reset-failed connsnoop; systemctl start connsnoop');
	my $pid = property('MainPID');

	return Snoop::wait_for(sub { tracing($pid) || property('ActiveState') eq 'failed' }, 30) &&
		property('ActiveState') eq 'active' ? $pid : diag(journal('-n 5')) && 0;
}

sub capabilities_of
{
	my ($pid) = @_;
	my %masks = inside("cat /proc/$pid/status") =~ /^(Cap\w+|NoNewPrivs|Seccomp|Uid):\s+(\w+)/mg;

	return \%masks;
}

# It can have been started with no more than these, and may have given up some since.
sub check_capabilities
{
	my ($has, $most, $which) = @_;

	is(hex($has->{$_}) & ~$most, 0, "$_: $which at most") for qw(CapPrm CapEff CapBnd CapInh CapAmb);
	cmp_ok(hex $has->{CapEff}, '>', 0, 'and not none');
}

sub check_sees
{
	my ($what) = @_;

	$snoop->call(1, 200, 0);
	ok(Snoop::wait_for(sub { 200 == (() = inside("journalctl --no-pager -o json CONNSNOOP_COMM=$snoop->{name}") =~ /^\{/mg) },
		10), "$what: 200 attempts of a process outside, in the journal with their fields");
	inside('systemctl stop connsnoop');
	like(journal('-n 3'), qr/^connsnoop: \d+ attempts = 200 shown \+ \d+ filtered \+ 0 lost$/m, "$what: the account adds up");
	inside('journalctl --rotate --vacuum-time=1ms');
}

sub check_as_it_comes
{
	is(inside('systemctl is-enabled connsnoop'), "disabled\n", 'off as it comes');
	is(property('ActiveState'), 'inactive', 'not started');
	set_options("--journal --comm $snoop->{name}");
	my $pid = start();
	ok($pid, 'it traces') or return;
	my $has = capabilities_of($pid);
	check_capabilities($has, 1 << 38 | 1 << 39, 'CAP_BPF and CAP_PERFMON');
	is($has->{NoNewPrivs}, 1, 'no new privileges');
	is($has->{Seccomp}, 2, 'system calls are filtered');
	cmp_ok($has->{Uid}, '>', 1000, 'a user of its own');
	inside('systemctl reload connsnoop');
	is(property('ActiveState'), 'active', 'it survives a reload');
	check_sees('as it comes');
	is(property('Result'), 'success', 'it ends well');
}

sub check_refusal
{
	set_options('--nonsense');
	inside('systemctl start connsnoop');
	ok(Snoop::wait_for(sub { property('ActiveState') eq 'failed' }, 10), 'a wrong option: it fails');
	is(property('ExecMainStatus'), 2, 'a wrong option: status');
	is(property('NRestarts'), 0, 'a wrong option: it is not tried again');
}

# Those that the unit names in its head.
sub check_drop_ins
{
	my $caps = 'CAP_BPF CAP_PERFMON';

	drop_in("[Service]\nLogsDirectory=connsnoop\n");
	set_options("--json -o /var/log/connsnoop/events --comm $snoop->{name}");
	ok(start(), '-o with LogsDirectory=');
	$snoop->call(1, 100, 0);
	ok(Snoop::wait_for(sub { 100 == (() = inside('cat /var/log/connsnoop/events') =~ /"security_socket_connect"/g) }, 10),
		'-o: the events are in the file');
	inside('systemctl stop connsnoop');

	drop_in("[Service]\nCapabilityBoundingSet=$caps CAP_NET_RAW\nAmbientCapabilities=$caps CAP_NET_RAW\n" .
		"RestrictAddressFamilies=AF_PACKET\n");
	set_options("-d --journal --comm $snoop->{name}");
	ok(start(), '-d with CAP_NET_RAW');
	check_sees('-d');

	drop_in("[Service]\nCapabilityBoundingSet=$caps CAP_SYS_PTRACE\nAmbientCapabilities=$caps CAP_SYS_PTRACE\n");
	set_options("--identity --journal --comm $snoop->{name}");
	ok(start(), '--identity with CAP_SYS_PTRACE');
	check_sees('--identity');
}

sub check_paranoid
{
	drop_in(inside('cat /usr/share/doc/connsnoop/examples/perf-event-paranoid.conf'));
	set_options("--journal --comm $snoop->{name}");
	my $pid = start();
	ok($pid, 'with the drop-in for perf_event_paranoid') or return;
	check_capabilities(capabilities_of($pid), 1 << 21 | 1 << 38 | 1 << 39, 'CAP_SYS_ADMIN, CAP_BPF and CAP_PERFMON');
	check_sees('perf_event_paranoid');
}

sub check_older_kernels
{
	drop_in(inside('cat /usr/share/doc/connsnoop/examples/older-kernels.conf'));
	set_options("--journal --comm $snoop->{name}");
	my $pid = start();
	ok($pid, 'with the drop-in for older kernels') or return;
	my $has = capabilities_of($pid);
	check_capabilities($has, 1 << 21 | 1 << 24, 'CAP_SYS_ADMIN and CAP_SYS_RESOURCE');
	is($has->{Uid}, 0, 'root');
	check_sees('older kernels');
}

# A test that can't be run is a failure where all that it takes should have been installed.
sub without
{
	my ($what) = @_;

	plan skip_all => $what unless $ENV{CI};
	plan tests => 1;
	fail($what);
	exit 1;
}

without('only root may make namespaces') if $>;
without('no systemd here: scripts/deps packages') unless -x '/lib/systemd/systemd';
my $why_not = $snoop->why_not;
without("this kernel can not be traced: $why_not") if defined $why_not;
without('no cgroup of version 2 can be made here') unless make_cgroup();
if (ok(boot(), 'systemd starts')) {
	check_as_it_comes();
	check_refusal();
	check_drop_ins();
	check_paranoid();
	check_older_kernels();
} else {
	diag(Snoop::slurp("$dir/boot.log"));
}
done_testing;
