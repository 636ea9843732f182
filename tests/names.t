#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# connsnoop -d beside a real DNS server (dnsmasq) and real resolvers (glibc's, dig), in network namespaces of the test's
# own: this one, where connsnoop runs; the server's, behind a veth; and a client's, whose packets are forwarded here.
# Nothing outside is touched: /etc is a copy in a mount namespace.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Socket qw(:all);
use Test::More;
use Time::HiRes qw(sleep);

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Events;

my $build = $ENV{BUILD} // "$root/build";
my $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";

# Under CI=true what is missing is a failure.
sub missing
{
	my ($what) = @_;

	plan skip_all => $what unless $ENV{CI};
	fail($what);
	done_testing;
	exit 1;
}

plan skip_all => 'only root may trace' if $>;
for my $tool (qw(ip unshare nsenter mount setpriv dnsmasq dig)) {
	missing("$tool is not installed: scripts/deps test") if system("command -v $tool >/dev/null");
}
if (!$ENV{CONNSNOOP_NAMES_INSIDE}) {
	missing('no network or mount namespaces here')
		if system('unshare -n -m ip link set lo up 2>/dev/null');
	$ENV{CONNSNOOP_NAMES_INSIDE} = 1;
	exec 'unshare', '-n', '-m', '--propagation', 'private', $^X, abs_path(__FILE__)
		or die "unshare: $!\n";
}

my $dir = tempdir(CLEANUP => 1);
my $main = $$;
my @children;

END {
	if ($$ == $main) {
		my $status = $?;
		kill 'KILL', @children;
		waitpid $_, 0 for @children;
		system("umount -l /etc") if $dir && -e "$dir/etc/mounted";
		$? = $status;
	}
}

sub slurp
{
	open(my $in, '<', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

sub spew
{
	my ($path, $text) = @_;

	open(my $out, '>', $path) or die "$path: $!\n";
	print $out $text;
	close $out or die "$path: $!\n";
}

sub run
{
	system(@_) == 0 or die "@_: status $?\n";
}

sub wait_for
{
	my ($condition) = @_;

	for (1 .. 300) {
		return 1 if $condition->();
		sleep 0.05;
	}
	return 0;
}

# A child with its standard error in a file.
sub start
{
	my ($err, @command) = @_;
	my $pid = fork // die "fork: $!\n";

	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', "$dir/$err";
		exec @command or exit 127;
	}
	push @children, $pid;
	return $pid;
}

# Its network namespace lives as long as it does.
sub start_namespace
{
	my ($name) = @_;
	my $pid = start("$name.err", 'unshare', '-n', 'sleep', '1000');

	wait_for(sub { (readlink("/proc/$pid/ns/net") // '') ne readlink('/proc/self/ns/net') })
		or die "no namespace for $name\n";
	return $pid;
}

sub within
{
	my ($pid, @command) = @_;

	return ('nsenter', '-t', $pid, '-n', @command);
}

# Both families between this namespace and the other: 192.0.2.N and 2001:db8:N:: or what is given.
sub connect_namespaces
{
	my ($pid, $device, $mine4, $other4, $mine6, $other6) = @_;
	my @there = within($pid, 'ip');

	run('ip', 'link', 'add', $device, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', $pid);
	run('ip', 'addr', 'add', $mine4, 'dev', $device);
	run('ip', 'addr', 'add', $mine6, 'dev', $device, 'nodad');
	run('ip', 'link', 'set', $device, 'up');
	run(@there, 'link', 'set', 'lo', 'up');
	run(@there, 'addr', 'add', $other4, 'dev', 'eth0');
	run(@there, 'addr', 'add', $other6, 'dev', 'eth0', 'nodad');
	run(@there, 'link', 'set', 'eth0', 'up');
	run(@there, 'route', 'add', 'default', 'via', $mine4 =~ s{/.*}{}r);
}

sub make_etc
{
	run("cp -a /etc $dir/etc");
	spew("$dir/etc/mounted", '');
	unlink "$dir/etc/resolv.conf", "$dir/etc/hosts";
	spew("$dir/etc/nsswitch.conf", "hosts: files dns\n");
	spew("$dir/etc/hosts", "127.0.0.1 localhost\n198.51.100.200 printer.test laser\n198.51.100.1 hosts.test\n");
	run('mount', '--bind', "$dir/etc", '/etc');
}

sub use_resolver
{
	spew('/etc/resolv.conf', join "\n", @_, '');
}

# Everything that is asked for; the same in both places where it listens.
sub start_server
{
	my ($pid, $name, @addresses) = @_;

	start("$name.err", within($pid, 'dnsmasq', '--keep-in-foreground', '--no-resolv', '--no-hosts',
		'--conf-file=/dev/null', '--pid-file=', '--user=root', '--bind-interfaces',
		'--log-facility=-', '--edns-packet-max=4096', '--local-ttl=0', "--addn-hosts=$dir/zone",
		(map { "--listen-address=$_" } @addresses),
		'--host-record=four.test,198.51.100.1,30', '--host-record=six.test,2001:db8:51::1,30',
		'--host-record=end.test,198.51.100.2,30', '--cname=middle.test,end.test',
		'--cname=alias.test,middle.test', '--host-record=local.test,198.51.100.3',
		'--host-record=over6.test,198.51.100.4', '--host-record=late.test,198.51.100.5',
		'--host-record=forwarded.test,198.51.100.6',
		'--host-record=first.test,198.51.100.8', '--host-record=second.test,198.51.100.8',
		'--address=/hostile.test/198.51.100.9'));
	my @probe = within($pid, 'sh', '-c', "dig +time=1 +tries=1 four.test \@$addresses[0] >/dev/null 2>&1");

	wait_for(sub { system(@probe) == 0 })
		or die "dnsmasq does not answer: " . slurp("$dir/$name.err");
}

# medium.test: 60 addresses, over 512 bytes; large.test: 300, over what any datagram may have.
sub make_zone
{
	spew("$dir/zone", join '', map({ "10.1.0.$_ medium.test\n" } 1 .. 60),
		map({ '10.2.' . int($_ / 100) . '.' . $_ % 100 . " large.test\n" } 1 .. 300));
}

# In a process of its own, as programs do it: looks names up by getaddrinfo() and connects to all that it says, and to
# addresses as they are. Datagrams: nothing is sent.
my $program = <<'END';
use Socket qw(:all);
my $port = shift;
for my $name (@ARGV) {
	my ($error, @found) = getaddrinfo($name, $port, {socktype => SOCK_DGRAM});
	die "$name: $error\n" if $error;
	for my $one (@found) {
		socket(my $socket, $one->{family}, SOCK_DGRAM, 0) or die "socket: $!\n";
		connect $socket, $one->{addr};
	}
}
END

my $next_port = 7000;

# Returns the port that tells its attempts.
sub client
{
	my ($pid, @names) = @_;
	my $port = ++$next_port;
	my @command = ($^X, '-e', $program, $port, @names);

	@command = within($pid, @command) if $pid;
	system(@command) == 0 or diag("looking up @names failed");
	return $port;
}

sub dig
{
	return `dig +time=2 +tries=2 @_ 2>&1`;
}

# A question for an address of NAME.test, or with an address its answer.
sub message
{
	my ($name, $address) = @_;
	my $question = pack('C/a*', $name) . "\4test\0" . pack('nn', 1, 1);

	return pack('nnnnnn', 4711, 0x100, 1, 0, 0, 0) . $question unless $address;
	return pack('nnnnnn', 4711, 0x8180, 1, 1, 0, 0) . $question . "\xc0\x0c" .
		pack('nnNn', 1, 1, 600, 4) . inet_aton($address);
}

# An answer that nobody asked for, from port 53 of another address of the server's namespace.
sub forge
{
	my ($pid) = @_;
	my $sender = 'socket(my $s, AF_INET, SOCK_DGRAM, 0); bind($s, pack_sockaddr_in(53, inet_aton("192.0.2.54")))' .
		' or die "bind: $!"; send($s, pack("H*", $ARGV[0]), 0, pack_sockaddr_in(40000, inet_aton("192.0.2.1")))' .
		' or die "send: $!"';

	run(within($pid, $^X, '-MSocket=:all', '-e', $sender, unpack('H*', message('forged', '198.51.100.66'))));
}

# Ethernet with a VLAN tag, as a trunk has it.
sub tagged_frame
{
	my ($from, $to, $from_port, $to_port, $data) = @_;
	my $udp = pack('nnnn', $from_port, $to_port, 8 + length $data, 0) . $data;

	return pack('H12H12nnn', 'ffffffffffff', '020000000005', 0x8100, 5, 0x0800) .
		pack('CCnnnCCna4a4', 0x45, 0, 20 + length $udp, 0, 0, 64, 17, 0, inet_aton($from), inet_aton($to)) . $udp;
}

# Somebody else's question and answer come by on the server's interface.
sub send_tagged
{
	my ($pid) = @_;
	my ($index) = qx(nsenter -t $pid -n ip -o link show eth0) =~ /^(\d+):/;
	my $sender = 'socket(my $s, 17, SOCK_RAW, 0) or die "socket: $!";' .
		' my $to = pack("Snl", 17, 0x8100, shift) . "\0" x 12;' .
		' send($s, pack("H*", $_), 0, $to) or die "send: $!" for @ARGV';
	my @frames = (tagged_frame('203.0.113.2', '203.0.113.53', 40000, 53, message('tagged')),
		tagged_frame('203.0.113.53', '203.0.113.2', 53, 40000, message('tagged', '198.51.100.7')));

	run(within($pid, $^X, '-MSocket=:all', '-e', $sender, $index, map { unpack 'H*', $_ } @frames));
}

# port => what the attempts on it are wanted to say: {address => name or names, "none" for none}
my (%wanted, %title);

sub expect
{
	my ($name, $port, %names) = @_;

	$wanted{$port} = \%names;
	$title{$port} = $name;
}

sub check
{
	my ($read) = @_;

	for my $port (sort keys %wanted) {
		my %got;

		for my $event (map { $_->{data} } @{$read->{events}}) {
			my $address = $event->{remote_addr};

			$got{$address->{addr}}{$event->{domain} // 'none'} = 1 if ($address->{port} // 0) == $port;
		}
		my %want = map { $_ => {map { $_ => 1 } ref $wanted{$port}{$_} ? @{$wanted{$port}{$_}} :
			$wanted{$port}{$_}} } keys %{$wanted{$port}};
		is_deeply(\%got, \%want, $title{$port});
	}
}

sub play
{
	my ($server, $far) = @_;
	my ($port, $output);

	use_resolver('nameserver 192.0.2.53');
	$port = client(0, '198.51.100.1', '192.0.2.99', '198.51.100.2');
	expect('before any answer; names of /etc/hosts, and none', $port,
		'198.51.100.1' => 'hosts.test', '192.0.2.99' => 'none', '198.51.100.2' => 'none');
	expect('A over UDP; an answer counts more than /etc/hosts', client(0, 'four.test'),
		'198.51.100.1' => 'four.test');
	expect('AAAA', client(0, 'six.test'), '2001:db8:51::1' => 'six.test');
	expect('a chain of aliases has the name that was asked for', client(0, 'alias.test'),
		'198.51.100.2' => 'alias.test');
	expect('the same address by its last name', client(0, 'end.test'), '198.51.100.2' => 'end.test');
	expect('mapped into IPv6', client(0, '::ffff:198.51.100.2'), '::ffff:198.51.100.2' => 'end.test');
	expect('one process: before the answer, after it, after another one; TTL 0',
		client(0, '198.51.100.8', 'first.test', '198.51.100.8', 'second.test', '198.51.100.8'),
		'198.51.100.8' => ['none', 'first.test', 'second.test']);

	$output = dig('+short +bufsize=4096 +ignore medium.test @192.0.2.53');
	is(scalar(() = $output =~ /^10\.1\.0\./mg), 60, 'a datagram over 512 bytes was served');
	expect('an answer over 512 bytes, by EDNS', client(0, '10.1.0.1', '10.1.0.60'),
		'10.1.0.1' => 'medium.test', '10.1.0.60' => 'medium.test');
	like(dig('+noedns +ignore large.test @192.0.2.53'), qr/flags:[^;]* tc/, 'the large answer does not fit');
	$port = client(0, 'large.test');
	expect('an answer that does not fit comes over TCP', $port,
		map { '10.2.' . int($_ / 100) . '.' . $_ % 100 => 'large.test' } 1 .. 300);
	use_resolver('nameserver 192.0.2.53', 'options use-vc');
	expect('TCP from the first', client(0, 'late.test'), '198.51.100.5' => 'late.test');

	use_resolver('nameserver 2001:db8::53');
	expect('IPv6 to the server', client(0, 'over6.test'), '198.51.100.4' => 'over6.test');
	use_resolver('nameserver 2001:db8::53', 'options use-vc');
	expect('TCP over IPv6', client(0, 'four.test'), '198.51.100.1' => 'four.test');
	use_resolver('nameserver 127.0.0.53');
	expect('a resolver on loopback', client(0, 'local.test'), '198.51.100.3' => 'local.test');
	use_resolver('nameserver ::1');
	expect('a resolver on ::1', client(0, 'six.test'), '2001:db8:51::1' => 'six.test');

	use_resolver('nameserver 192.0.2.53');
	expect('a client in a namespace of its own, whose answers are forwarded here', client($far, 'forwarded.test'),
		'198.51.100.6' => 'forwarded.test');

	dig('-q', '"x\\\\027[31m\\"\\\\\\\\\\\\200\\\\010.hostile.test"', '@192.0.2.53');
	expect('bytes that a name should not have', client(0, '198.51.100.9'),
		'198.51.100.9' => 'x\\027[31m"\\\\\\200\\010.hostile.test');
	forge($server);
	expect('an answer to nothing is not believed', client(0, '198.51.100.66'), '198.51.100.66' => 'none');

	send_tagged($server);
	expect('frames with a VLAN tag', client(0, '198.51.100.7'), '198.51.100.7' => 'tagged.test');

	expect('a name of /etc/hosts', client(0, 'laser'), '198.51.100.200' => 'printer.test');
	sleep 0.5; # what is looked up late is looked up in the file of then
	spew('/etc/hosts', "198.51.100.201 new.test\n");
	sleep 1.2;
	expect('/etc/hosts was changed', client(0, '198.51.100.200', '198.51.100.201'),
		'198.51.100.200' => 'none', '198.51.100.201' => 'new.test');
}

sub check_capability
{
	my $status = system("setpriv --bounding-set=-net_raw --inh-caps=-net_raw $connsnoop -d -n 1 2>$dir/cap.err");

	is($status >> 8, 4, 'without CAP_NET_RAW the status is 4');
	like(slurp("$dir/cap.err"), qr/^connsnoop: [^\n]*EPERM[^\n]*CAP_NET_RAW[^\n]*\n\z/, 'and one sentence says so');
}

run('ip', 'link', 'set', 'lo', 'up');
make_etc();
make_zone();
my ($server, $far) = (start_namespace('server'), start_namespace('far'));
connect_namespaces($server, 'server', '192.0.2.1/24', '192.0.2.53/24', '2001:db8::1/64', '2001:db8::53/64');
connect_namespaces($far, 'far', '203.0.114.1/24', '203.0.114.2/24', '2001:db8:2::1/64', '2001:db8:2::2/64');
run(within($server, 'ip', 'addr', 'add', '192.0.2.54/24', 'dev', 'eth0'));
spew('/proc/sys/net/ipv4/ip_forward', "1\n");
start_server($server, 'dnsmasq', '192.0.2.53', '2001:db8::53');
start_server($$, 'local', '127.0.0.53', '::1');

my $pid = start('err', $connsnoop, '-d', '-v', '-4', '-6', '-a', '--json', '-o', "$dir/json");
my $traces = wait_for(sub { slurp("$dir/err") =~ /^connsnoop: tracing/m || waitpid($pid, 1) == $pid }) &&
	slurp("$dir/err") =~ /^connsnoop: tracing/m;

if (!$traces && ($? >> 8) =~ /^[34]$/) {
	plan skip_all => 'this kernel can not be traced: ' . slurp("$dir/err");
}
ok($traces, 'connsnoop traces') or BAIL_OUT(slurp("$dir/err"));
play($server, $far);
kill 'INT', $pid;
waitpid $pid, 0;
is($? >> 8, 0, 'status after SIGINT') or diag(slurp("$dir/err"));
my $read = Events::read_events("$dir/json");
check($read);
is(scalar @{$read->{broken}}, 0, 'every line is JSON');
like(slurp("$dir/err"), qr/^connsnoop: names: [^\n]* 1 to no question that was seen, 0 malformed, 0 broken/m,
	'the counts') or diag(slurp("$dir/err"));
check_capability();
done_testing;
