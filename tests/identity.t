#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who it was, as told on this very kernel, against what the callers say of themselves: processes that end, change or pass on
# their number while connsnoop is stopped, so that every race is lost; namespaces, cgroups, resolvers.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IPC::Open2;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }

my $build = $ENV{BUILD} // "$root/build";
our $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);
my $actor = "$dir/actor";
my $json = JSON::PP->new->utf8;
# Ports of our own: others may be about, even in a hurry.
my $first_port = 20000 + $$ % 100 * 200;
my $ports = $first_port . '-' . ($first_port + 199);
my $port = $first_port;
my $container = '4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970';

sub slurp
{
	open(my $in, '<', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

# Where CI is set, what could not be tried is a failure.
sub cannot
{
	my ($name, $reason) = @_;

	return fail("$name: $reason") if ($ENV{CI} // '') eq 'true';
	SKIP: { skip "$name: $reason", 1; }
}

# --- connsnoop ---

my $runs = 0;

# Should this script end before it, it ends by itself.
sub start
{
	my @options = ('--duration', 120, @_);
	my $run = {out => "$dir/json." . ++$runs, err => "$dir/err.$runs"};

	$run->{pid} = fork // die "fork: $!\n";
	if (!$run->{pid}) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', $run->{err};
		exec $connsnoop, '--json', '-o', $run->{out}, @options or die "$connsnoop: $!\n";
	}
	for (1 .. 300) {
		return $run if slurp($run->{err}) =~ /^connsnoop: tracing/m;
		return if waitpid($run->{pid}, 1) == $run->{pid};
		sleep 0.1;
	}
	kill 'KILL', $run->{pid};
	return;
}

sub stop
{
	my ($run) = @_;

	kill 'CONT', $run->{pid};
	kill 'INT', $run->{pid};
	waitpid $run->{pid}, 0;
	return $? >> 8;
}

# While it is held it sees nothing; what happens meanwhile it finds all at once.
sub hold
{
	my ($run) = @_;

	kill 'STOP', $run->{pid};
	for (1 .. 100) {
		return if slurp("/proc/$run->{pid}/stat") =~ /\) T/;
		sleep 0.01;
	}
}

sub release
{
	kill 'CONT', $_[0]{pid};
}

sub events_at
{
	my ($run, $at) = @_;
	my @events = map { eval { $json->decode($_) } // () } grep { /\n\z/ } slurp_lines($run->{out});

	return grep { ($_->{remote_addr}{port} // -1) == $at } @events;
}

sub slurp_lines
{
	open(my $in, '<:raw', $_[0]) or return;
	return <$in>;
}

# The first event of that port, waited for.
sub event_at
{
	my ($run, $at) = @_;

	for (1 .. 100) {
		my ($event) = events_at($run, $at);
		return $event if $event;
		sleep 0.05;
	}
	fail("an event of port $at");
	return {remote_addr => {}};
}

# --- actors ---

sub begin
{
	my @command = @_;
	my ($out, $in);
	my $pid = open2($out, $in, @command);
	my %actor = (pid => $pid, in => $in, out => $out);

	return \%actor;
}

# Begun and waiting.
sub ready
{
	my $actor = begin(@_);
	my $line = readline $actor->{out};

	($actor->{number}, $actor->{thread}) = ($line // '') =~ /^ready (\d+) (\d+)/ or diag("no actor: @_");
	return $actor;
}

sub finish
{
	my ($actor) = @_;

	close $actor->{in};
	waitpid $actor->{pid}, 0;
	return $? >> 8;
}

sub next_port
{
	$port += 2;
	die "no port is left\n" if $port >= $first_port + 199;
	return $port;
}

sub inode
{
	my ($pid, $name) = @_;

	return (readlink("/proc/$pid/ns/$name") // '') =~ /\[(\d+)\]/ ? $1 : -1;
}

sub build_actor
{
	return system('cc', '-O2', '-pthread', '-static', '-o', $actor, "$root/tests/identity/actor.c") == 0;
}

# --- what is told of a process ---

sub check_plain
{
	my ($run) = @_;
	my $at = next_port();
	my $plain = ready($actor, $at);
	my $event = event_at($run, $at);
	my ($start) = slurp("/proc/$plain->{pid}/stat") =~ /\) (?:\S+ ){19}(\d+)/;

	is($event->{exe}, $actor, 'the program');
	is($event->{exe_from}, 'proc', '... as /proc says');
	is_deeply($event->{args}, [$actor, $at], 'its arguments');
	is($event->{ppid}, $$, 'its parent');
	is($event->{user}, 'root', 'its user');
	for my $name (qw(mnt pid net user uts)) {
		is($event->{"${name}_ns"}, inode($plain->{pid}, $name), "its $name namespace");
	}
	is($event->{ns_pid}, $plain->{pid}, 'its number in its own PID namespace');
	ok(!exists $event->{container}, 'no container');
	like(slurp("/proc/$plain->{pid}/cgroup"), qr/:\Q$event->{cgroup}\E$/m, 'one of its cgroups');
	finish($plain);
}

sub check_ends
{
	my ($run) = @_;
	my $at = next_port();
	my $event;

	hold($run);
	system($actor, $at, 'exit') == 0 or diag('no actor');
	release($run);
	$event = event_at($run, $at);
	is($event->{exe_from}, 'gone', 'a process that ends at once is gone');
	ok(!exists $event->{$_}, "... and has no $_") for qw(exe args cgroup container);
	is($event->{user}, 'root', '... but a user');
	is($event->{comm}, 'actor', '... and a name');
}

# The program runs another one before we look.
sub check_exec
{
	my ($run) = @_;
	my $at = next_port();
	my ($exec, $event);

	hold($run);
	$exec = ready($actor, $at, 'exec', "$dir/second", next_port());
	release($run);
	$event = event_at($run, $at);
	is($event->{exe_from}, 'changed', 'a process that runs another program at once has changed');
	ok(!exists $event->{$_}, "... and has no $_") for qw(exe args);
	ok(exists $event->{cgroup}, '... but a cgroup');
	is($event->{pid}, $exec->{number}, '... and is still there');
	$event = event_at($run, $at + 2);
	is($event->{exe}, "$dir/second", 'what it runs then is told');
	is_deeply($event->{args}, ["$dir/second", $at + 2], '... with its arguments');
	finish($exec);
}

# Known by its first attempt, changed behind our back: what was known must not be told of the next one.
sub check_exec_of_a_known_one
{
	my ($run) = @_;
	my ($first, $second) = (next_port(), next_port());
	my $exec = begin($actor, $first, 'exec', "$dir/second", $second, 'exec', $actor, next_port());

	is(event_at($run, $second + 2)->{exe}, $actor, 'back to the first program');
	isnt(event_at($run, $second)->{exe} // "$dir/second", $actor, 'the second program is not taken for the first');
	isnt(event_at($run, $first)->{exe} // $actor, "$dir/second", 'nor the first one for it');
	finish($exec);
}

sub check_renamed
{
	my ($run) = @_;
	my $at = next_port();
	my $renamed;

	hold($run);
	$renamed = ready($actor, $at, 'rename', 'other');
	release($run);
	is(event_at($run, $at)->{exe_from}, 'changed', 'another name may be another program');
	finish($renamed);

	$at = next_port();
	$renamed = ready($actor, $at, 'twice', 'third');
	is(event_at($run, $at)->{exe}, $actor, 'known by the first attempt');
	hold($run);
	syswrite $renamed->{in}, "\n";
	readline $renamed->{out};
	release($run);
	is(event_at($run, $at + 1)->{exe}, $actor, '... it is by the second one, whatever it calls itself');
	is(event_at($run, $at + 1)->{comm}, 'third', '... which is another name');
	finish($renamed);
}

# The number of a process that has ended goes to another one.
sub check_number
{
	my ($run) = @_;
	my ($first, $second) = (next_port(), next_port());
	my ($number, $next, $event);

	hold($run);
	$next = begin($actor, $first, 'exit');
	$number = $next->{pid};
	finish($next);
	sleep 0.05;
	$next = begin($actor, 0, 'number', $number, $second, 'exec', "$dir/second", next_port());
	if (!defined readline $next->{out}) {
		release($run);
		return cannot('a number that is used again', 'no clone3 with set_tid') if finish($next) == 77;
		return fail('an actor with a number');
	}
	release($run);
	$event = event_at($run, $first);
	is($event->{pid}, $number, 'a process had the number');
	is($event->{exe_from}, 'gone', '... and is gone, whoever has it now');
	ok(!exists $event->{exe} && !exists $event->{args}, '... and is not taken for that one');
	$event = event_at($run, $second + 2);
	is($event->{pid}, $number, 'another one has the number');
	is($event->{exe}, "$dir/second", '... and is known by its own program');
	finish($next);
}

sub check_threads
{
	my ($run) = @_;
	my $at = next_port();
	my $thread = ready($actor, $at, 'thread');
	my $event = event_at($run, $at);

	is($event->{tid}, $thread->{thread}, 'a thread');
	is($event->{net_ns}, inode("$thread->{pid}/task/$thread->{thread}", 'net'), '... in a network namespace of its own');
	isnt($event->{net_ns}, inode($thread->{pid}, 'net'), '... which is not that of the first one');
	is($event->{exe}, $actor, '... of the same program');
	finish($thread);

	$at = next_port();
	$thread = ready($actor, $at, 'leader');
	$event = event_at($run, $at);
	like(slurp("/proc/$thread->{pid}/stat"), qr/\) Z/, 'a first thread has ended');
	is($event->{exe}, $actor, '... and the others have a program all the same');
	is_deeply($event->{args}, [$actor, $at, 'leader'], '... and arguments');
	finish($thread);
}

sub check_namespaces
{
	my ($run) = @_;
	my $at = next_port();
	my $inner = ready('unshare', '-m', '-u', '-n', '-p', '-U', '-r', '-f', $actor, $at);
	my $event = event_at($run, $at);

	is($inner->{number}, 1, 'a process in namespaces of its own is number 1');
	is($event->{ns_pid}, 1, '... and told so');
	is($event->{ns_ppid}, 0, '... with a parent outside');
	isnt($event->{pid}, 1, '... and has another one here');
	for my $name (qw(mnt pid net user uts)) {
		is($event->{"${name}_ns"}, inode($event->{pid}, $name), "its $name namespace");
		isnt($event->{"${name}_ns"}, inode($$, $name), '... is not ours');
	}
	finish($inner);
}

# Ten thousand processes, each gone after one attempt, leave nothing behind.
sub check_bounds
{
	my ($run) = @_;
	my $at = next_port();
	my ($events, @open);

	system($actor, $at, 'many', 10000) == 0 or diag('no actor');
	for (1 .. 100) {
		$events = () = slurp($run->{out}) =~ /"port":$at\b/g;
		last if $events >= 10000;
		sleep 0.1;
	}
	@open = glob "/proc/$run->{pid}/fd/*";
	is($events, 10000, 'ten thousand processes');
	cmp_ok(scalar @open, '<', 400, '... leave few files open');
	cmp_ok(slurp("/proc/$run->{pid}/status") =~ /^VmRSS:\s+(\d+) kB/m ? $1 : 1e9, '<', 32000, '... and little memory used');
	like(join('', slurp_lines($run->{out})), qr/"port":$at\b[^\n]*"exe_from":"(?:proc|gone)"/, '... and something is told of each');
	unlike(slurp($run->{err}), qr/lost/, '... and none is lost');
}

# In another PID namespace /proc has other numbers, or the same ones for others.
sub check_strange_proc
{
	my $mounted = "$dir/run-inside";
	my ($run, $at, $plain, $event);

	open(my $script, '>', $mounted) or die "$mounted: $!\n";
	print $script "#!/bin/sh\nexec unshare -p -f --mount-proc --kill-child $connsnoop \"\$\@\"\n";
	close $script;
	chmod 0755, $mounted;
	{
		local $connsnoop = $mounted;
		$run = start('--args', '-P', $ports);
	}
	return fail('connsnoop in a PID namespace') if !$run;
	$at = next_port();
	$plain = ready($actor, $at);
	$event = event_at($run, $at);
	like(slurp($run->{err}), qr/^connsnoop: \/proc here is not that of the initial PID namespace/m,
		'in a PID namespace it says that /proc is of no use');
	ok(!exists $event->{$_}, "... and tells no $_") for qw(exe exe_from args cgroup);
	is($event->{pid}, $plain->{pid}, '... of the right process');
	finish($plain);
	kill 'KILL', $run->{pid};
	waitpid $run->{pid}, 0;
}

# --- cgroups ---

# Mount points of v2 and of one hierarchy of v1, as far as there are such and one may write there.
sub cgroup_mounts
{
	my @mounts;

	for my $type (qr/ - cgroup2 /, qr/ - cgroup .*\bpids\b/) {
		my ($line) = grep { /$type/ && m{^\S+ \S+ \S+ / (\S+) } && -w $1 } slurp_lines('/proc/self/mountinfo');
		push @mounts, (split ' ', $line)[4] if $line;
	}
	return @mounts;
}

# The first event of each of several ports, by name.
sub first_events
{
	my ($run, %at) = @_;

	return map { my ($event) = events_at($run, $at{$_}); $_ => $event } keys %at;
}

# One caller in the cgroup below, one outside.
sub run_in_cgroup
{
	my ($filter, $below, @options) = @_;
	my $run = start('--args', '-P', $ports, '--cgroup', $filter, @options);
	my %at = (inside => next_port(), outside => next_port());
	my $in = ready('sh', '-c', "echo \$\$ >$below/cgroup.procs && exec $actor $at{inside}");

	system($actor, $at{outside}, 'exit');
	sleep 0.2;
	is(stop($run), 0, "--cgroup $filter @options ends well");
	finish($in);
	return first_events($run, %at);
}

sub check_cgroups
{
	my ($mount, @options) = @_;
	my $top = "connsnoop-test-$$";
	my $below = "$top/docker-$container.scope";
	my %event;

	return cannot("cgroups of $mount", 'none can be made') if !mkdir("$mount/$top") || !mkdir("$mount/$below");
	for my $filter ("/$top", "$mount/$top", "/none,$mount/$below/") {
		%event = run_in_cgroup($filter, "$mount/$below", @options);
		ok(!$event{outside} && $event{inside}, '... and shows what is in it and below');
		is($event{inside}{cgroup}, "/$below", '... with its cgroup');
		is_deeply($event{inside}{container}, {id => $container, runtime => 'docker'}, '... and container');
	}
	%event = run_in_cgroup("!/$top", "$mount/$below", @options);
	ok($event{outside} && !$event{inside}, '... and shows all others');
	%event = run_in_cgroup("/$top/docker", "$mount/$below", @options);
	ok(!$event{outside} && !$event{inside}, '... and takes a name for a whole one');
	rmdir "$mount/$below";
	rmdir "$mount/$top";
}

# What can't be looked up any more is no member of any cgroup that the reader is asked for.
sub check_cgroup_of_the_gone
{
	my ($at, $run, $err);

	for my $negated ('', '!') {
		$run = start('-P', $ports, '--cgroup', "$negated/nowhere", '--filter-in', 'reader');
		$at = next_port();
		hold($run);
		system($actor, $at, 'exit');
		release($run);
		stop($run);
		$err = slurp($run->{err});
		is(scalar events_at($run, $at), $negated ? 1 : 0, "a process that is gone and --cgroup ${negated}PATH");
		like($err, qr/^connsnoop: the cgroup of \d+ attempts could not be told: .*--cgroup/m, '... which is said');
	}
}

sub check_netns
{
	my ($run, %at, %event, $inner, $plain);
	my $own = inode($$, 'net');

	for my $filter ($own, "!$own", "/proc/$$/ns/net") {
		$run = start('-P', $ports, '--netns', $filter);
		%at = (inside => next_port(), outside => next_port());
		$inner = ready('unshare', '-n', $actor, $at{outside});
		$plain = ready($actor, $at{inside});
		sleep 0.1;
		is(stop($run), 0, "--netns $filter ends well");
		finish($_) for $inner, $plain;
		%event = first_events($run, %at);
		ok($filter =~ /^!/ ? $event{outside} && !$event{inside} : $event{inside} && !$event{outside},
			"--netns $filter shows the right ones");
	}
}

# --- resolvers ---

# Runs with names of several addresses, in a mount namespace of its own.
sub resolve
{
	my ($command) = @_;

	return system('unshare', '-m', 'sh', '-c',
		"mount --bind $dir/hosts /etc/hosts && $command >/dev/null 2>$dir/resolver.err") == 0;
}

sub tags_of
{
	return join ',', map { join '+', @{$_->{tags} // ['none']} } @_;
}

sub inet_of
{
	my ($run) = @_;
	my @events = map { $json->decode($_) } slurp_lines($run->{out});

	return grep { $_->{event} eq 'security_socket_connect' && $_->{remote_addr}{family} =~ /^AF_(?:INET6?|UNSPEC)$/ } @events;
}

# With -a what resets a socket shows, too.
sub resolver_run
{
	my ($name, $comm, $command, @options) = @_;
	my $run = start('--comm', $comm, @options);
	my $done = resolve($command);

	sleep 0.1;
	stop($run);
	diag(slurp("$dir/resolver.err")) if !$done;
	return ($done, inet_of($run));
}

sub check_resolvers
{
	my ($done, @events, @names);

	open(my $hosts, '>', "$dir/hosts") or die "$dir/hosts: $!\n";
	print $hosts "127.0.0.1 localhost\n127.0.0.2 four.test\n127.0.0.3 four.test\n::1 both.test\n127.0.0.4 both.test\n";
	close $hosts;

	($done, @events) = resolver_run('getent', 'getent', 'getent ahosts four.test');
	ok($done, 'getent finds the name');
	is(tags_of(@events), 'addr_select,addr_select', 'glibc, no service: each address is tagged');

	for my $options ([], ['-a']) {
		my $shown = @$options ? 'none,addr_select,addr_select' : 'none,addr_select';

		($done, @events) = resolver_run('python', 'python3',
			q{python3 -c 'import socket; open("/proc/self/comm", "w").write("python3"); } .
			q{socket.getaddrinfo("four.test", 443)'}, @$options);
		ok($done, 'python finds the name');
		is(tags_of(@events), $shown, "glibc, a service: all but the first (@$options)");
	}
	check_musl();
	($done, @events) = resolver_run('no resolver', 'actor', "$actor 443 storm 3");
	is(tags_of(@events), 'none,none,none', 'what is no resolver is not tagged');
	check_nscd();
}

sub check_musl
{
	my ($done, @events);

	open(my $source, '>', "$dir/musl.c") or die "$dir/musl.c: $!\n";
	print $source <<'END';
#include <netdb.h>
#include <sys/socket.h>
int main(void)
{
	struct addrinfo *list, hints = {.ai_socktype = SOCK_STREAM};
	return getaddrinfo("both.test", "443", &hints, &list) != 0;
}
END
	close $source;
	return cannot('musl', 'no musl-gcc') if system("musl-gcc -static -o $dir/musl $dir/musl.c 2>/dev/null");
	($done, @events) = resolver_run('musl', 'musl', "$dir/musl");
	ok($done, 'musl finds the name');
	is(join(',', map { $_->{remote_addr}{port} } @events), '65535,65535', 'musl asks with port 65535');
	# Where the type of the socket is not known the first one could be a stream's.
	is(tags_of(@events), exists $events[0]{type} ? 'addr_select,addr_select' : 'none,addr_select', '... which is tagged');
}

sub check_nscd
{
	my $run = start('-x', '--comm', 'getent');
	my (@events, @nscd);

	system('getent passwd root >/dev/null');
	sleep 0.1;
	stop($run);
	@events = map { $json->decode($_) } slurp_lines($run->{out});
	@nscd = grep { ($_->{remote_addr}{path} // '') =~ m{^(?:/var)?/run/nscd/socket$} } @events;
	return cannot('nscd', 'getent does not ask it') if !@nscd;
	is(tags_of(@nscd), join(',', ('nscd') x @nscd), 'nscd is tagged');
}

plan skip_all => 'only root may trace' if $>;
build_actor() or BAIL_OUT('no actor');
system('cp', $actor, "$dir/second");
my $run = start('--args', '-P', $ports);
if (!$run && ($? >> 8) =~ /^[34]$/) {
	plan skip_all => 'this kernel can not be traced: ' . slurp("$dir/err.1");
}
ok($run, 'connsnoop traces') or BAIL_OUT(slurp("$dir/err.1"));
check_plain($run);
check_ends($run);
check_exec($run);
check_exec_of_a_known_one($run);
check_renamed($run);
check_number($run);
check_threads($run);
check_namespaces($run);
check_bounds($run);
is(stop($run), 0, 'status after SIGINT') or diag(slurp($run->{err}));
check_strange_proc();
for my $mount (cgroup_mounts()) {
	check_cgroups($mount);
	check_cgroups($mount, '--filter-in', 'reader');
}
cannot('cgroups', 'no hierarchy is mounted') if !cgroup_mounts();
check_cgroup_of_the_gone();
check_netns();
check_resolvers();
done_testing;
