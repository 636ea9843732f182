#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# connsnoop as the only file in a container, by runc: which capabilities and system calls it needs and that it needs no
# others, and what it says where one is missing. Then the lines of docs/containers.md, by podman. Takes about 15 seconds.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX qw(WNOHANG);
use Test::More;

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Container;
use Snoop;

my $build = $ENV{BUILD} // "$root/build";
my $binary = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);
my $snoop = Snoop->new(binary => $binary, dir => $dir);
my @needed = qw(CAP_BPF CAP_PERFMON);
my $number = 0;
my ($spec, $extended);

# The command in docs/containers.md.
sub documented_filter
{
	my ($filter) = Container::slurp("$root/docs/containers.md") =~ /^\s+jq '(.*)' seccomp\.json >/m;

	return $filter;
}

# The command line in docs/containers.md, one word an element.
sub documented_line
{
	my ($line) = Container::slurp("$root/docs/containers.md") =~ /^    docker (run (?:.*\\\n)*.*)$/m;

	return split /\s+/, $line =~ s/\\\n//gr;
}

sub capabilities_here
{
	my ($mask) = Container::slurp('/proc/self/status') =~ /^CapBnd:\s+(\S+)/m;
	my @names = split /,/, `capsh --decode=$mask` =~ s/^.*=//r =~ s/\n//r;

	return map { uc } @names;
}

# A command in the background, its standard output in a file; until it traces or has ended.
sub start
{
	my ($out, @command) = @_;
	my $run = bless {log => "$dir/said." . ++$number}, 'Snoop::Run';

	$run->{pid} = fork // die "fork: $!\n";
	if (!$run->{pid}) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', $out;
		open STDERR, '>', $run->{log};
		exec @command or die "$command[0]: $!\n";
	}
	Snoop::wait_for(sub { $run->said =~ /^connsnoop: tracing \S+ on/m || $run->ended }, 60);
	return $run;
}

# Options as Container::config has them.
sub run_container
{
	my (%option) = @_;
	my $name = "connsnoop-test-$$-" . ($number + 1);
	my $bundle = Container::bundle("$dir/$name", $binary, Container::config($spec, %option));
	my $run = start("$dir/out", 'runc', '--root', "$dir/runc", 'run', '-b', $bundle, $name);

	$run->{name} = $name;
	return $run;
}

sub stop_container
{
	my ($run) = @_;

	system('runc', '--root', "$dir/runc", 'kill', $run->{name}, 'INT') unless $run->ended;
	Snoop::wait_for(sub { $run->ended }, 30);
	return $run->said;
}

# The rest of the said things once it has failed by itself.
sub refused
{
	my ($what, $pattern, %option) = @_;
	my $run = run_container(args => ['--duration', '20'], profile => $extended, tracefs => 1, %option);

	ok($run->ended && $run->{status} == 4, "$what: status 4") or diag($run->said);
	like($run->said, $pattern, "$what: it is said");
	stop_container($run);
}

sub check_events
{
	my ($what) = @_;
	my @lines = split /\n/, Container::slurp("$dir/out");
	my @events = grep { /"event":"security_socket_connect"/ } @lines;
	my %pids = map { JSON::PP->new->decode($_)->{pid} => 1 } @events;

	is(scalar @events, 200, "$what: every attempt of a process outside");
	is_deeply($snoop->disorder(@events), [], "$what: each of them right");
	is(scalar keys %pids, 1, "$what: by one process");
	isnt((keys %pids)[0] // 0, 1, "$what: by its number outside");
}

# From the outside, which has other namespaces of every kind.
sub check_sees
{
	my ($what, %option) = @_;
	my $run = run_container(args => ['--json', '--comm', $snoop->{name}], tracefs => 1, %option);

	if ($run->ended) {
		fail("$what: it traces");
		return diag($run->said);
	}
	$snoop->call(1, 200, 0);
	like(stop_container($run), qr/^connsnoop: \d+ attempts = 200 shown \+ \d+ filtered \+ 0 lost$/m,
		"$what: the account adds up");
	is($run->{status}, 0, "$what: status");
	check_events($what);
}

sub check_runc
{
	my @others = grep { !/^CAP_(?:BPF|PERFMON|SYS_ADMIN)$/ } capabilities_here();

	check_sees('no profile, the two capabilities', capabilities => \@needed);
	check_sees('the extended profile', capabilities => \@needed, profile => $extended);
	check_sees('CAP_SYS_ADMIN, as before 5.8', capabilities => ['CAP_SYS_ADMIN'], profile => $extended);
	check_sees('another user', capabilities => \@needed, profile => $extended, user => 65534, tracefs => 0);
	refused('no capability', qr/CAP_BPF|CAP_SYS_ADMIN/, capabilities => []);
	refused('without CAP_BPF', qr/CAP_BPF/, capabilities => ['CAP_PERFMON']);
	refused('without CAP_PERFMON', qr/CAP_PERFMON/, capabilities => ['CAP_BPF']);
	cmp_ok(scalar @others, '>', 20, 'there are other capabilities to try');
	refused('all other capabilities', qr/CAP_BPF/, capabilities => \@others);
	refused('the default profile', qr/seccomp/, capabilities => \@needed, profile => Container::default_profile());
	refused('-d without CAP_NET_RAW', qr/CAP_NET_RAW/, capabilities => \@needed, args => ['-d']);
	check_sees('-d with CAP_NET_RAW', capabilities => [@needed, 'CAP_NET_RAW'], profile => $extended,
		args => ['-d', '--json', '--comm', $snoop->{name}]);
}

# From 4.17 on no hook needs it: kprobes come by the PMU, tracepoints by their name.
sub check_no_tracefs
{
	check_sees('without tracefs', capabilities => \@needed, profile => $extended, tracefs => 0);
}

# --- podman ---

sub podman
{
	return ('podman', '--root', "$dir/podman", '--runroot', "$dir/podman-run", '--storage-driver', 'vfs',
		'--runtime', 'runc', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file', '--tmpdir', "$dir/podman-tmp");
}

# The engine would raise limits, which needs CAP_SYS_RESOURCE.
sub configure_podman
{
	Container::spew("$dir/containers.conf",
		qq([containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n) .
		qq([engine]\ninfra_image = "localhost/pause"\ninfra_command = ""\n));
	$ENV{CONTAINERS_CONF} = "$dir/containers.conf";
}

# FROM scratch, with one file and the words that start it.
sub import_image
{
	my ($name, $file, @words) = @_;
	my $entry = join ',', map { qq("$_") } @words;
	my $folder = "$dir/image-$name";

	mkdir $folder;
	return system("cp '$file' '$folder$words[0]' && tar -C '$folder' -c '.$words[0]' | @{[podman()]} import " .
		"--change 'ENTRYPOINT [$entry]' - localhost/$name:latest >'$dir/import.log' 2>&1") == 0;
}

sub check_podman_line
{
	my @words = map { $_ eq 'connsnoop' ? 'localhost/connsnoop' : $_ } documented_line();

	Container::spew("$dir/connsnoop-seccomp.json", $extended);
	s{=connsnoop-seccomp\.json$}{=$dir/connsnoop-seccomp.json} for @words;
	my $run = start("$dir/out", podman(), $words[0], '--name', 'line', @words[1 .. $#words], '--comm', $snoop->{name});

	if ($run->ended) {
		fail('the documented line: it traces');
		return diag($run->said);
	}
	$snoop->call(1, 200, 0);
	system(podman(), 'kill', '--signal', 'INT', 'line');
	Snoop::wait_for(sub { $run->ended }, 30);
	is($run->{status}, 0, 'the documented line: status') or diag($run->said);
	check_events('the documented line');
}

# Its pod, with a container that holds the namespaces, for which podman has a program of its own elsewhere.
sub pod_of_daemonset
{
	my $to_json = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
	my $text = `/usr/bin/python3 -c '$to_json' <'$root/packaging/kubernetes/daemonset.yaml'`;
	my $template = JSON::PP->new->decode($text)->{spec}{template};

	push @{$template->{spec}{containers}[0]{args}}, '--comm', $snoop->{name};
	$template->{metadata}{name} = 'connsnoop';
	$template->{spec}{restartPolicy} = 'Never';
	# podman 4.3 knows the profile by this older form only
	my $profile = $template->{spec}{containers}[0]{securityContext}{seccompProfile}{localhostProfile};
	$template->{metadata}{annotations}{'container.seccomp.security.alpha.kubernetes.io/connsnoop'} =
		"localhost/$profile";
	return JSON::PP->new->canonical->encode({apiVersion => 'v1', kind => 'Pod', %$template});
}

sub check_pod
{
	mkdir "$dir/profiles";
	Container::spew("$dir/profiles/connsnoop.json", $extended);
	Container::spew("$dir/pod.json", pod_of_daemonset());
	my $log = `@{[podman()]} kube play --network none --seccomp-profile-root '$dir/profiles' '$dir/pod.json' 2>&1`;
	is($?, 0, 'the pod of the DaemonSet starts') or return diag($log);
	my $logs = join ' ', podman(), 'logs', 'connsnoop-connsnoop', '2>&1';
	ok(Snoop::wait_for(sub { `$logs` =~ /^connsnoop: tracing \S+ on/m }, 30), 'the pod traces') or
		return diag(`$logs`);
	$snoop->call(1, 200, 0);
	system(podman(), 'kill', '--signal', 'INT', 'connsnoop-connsnoop');
	Snoop::wait_for(sub { `$logs` =~ / attempts = /m }, 30);
	Container::spew("$dir/out", scalar `$logs`);
	check_events('the pod of the DaemonSet');
}

sub clean_up
{
	my $podman = join ' ', podman();

	system("{ $podman pod rm -f -a -t 0; $podman rm -f -a -t 0; $podman rmi -f -a; } >/dev/null 2>&1");
	# empty ones, where nobody else is at it
	system("find /sys/fs/cgroup -depth -type d -path '*/libpod_parent*' -exec rmdir {} + 2>/dev/null");
}

sub check_podman
{
	SKIP: {
		if (!-x '/usr/bin/podman') {
			fail('podman: scripts/deps packages') if $ENV{CI};
			skip 'no podman: scripts/deps packages', 1;
		}
		configure_podman();
		ok(import_image('connsnoop', $binary, '/connsnoop') &&
			import_image('pause', '/bin/busybox', '/busybox', 'sleep', 600), 'images FROM scratch') or return diag(Container::slurp("$dir/import.log"));
		check_podman_line();
		check_pod();
		clean_up();
	}
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

without('only root may make such containers') if $>;
without('no runc: scripts/deps packages') unless -x '/usr/sbin/runc' || -x '/usr/bin/runc';
my $why_not = $snoop->why_not;
without("this kernel can not be traced: $why_not") if defined $why_not;
$spec = Container::spec('runc', "$dir/spec");
ok($spec, 'runc has a default configuration');
ok(documented_filter(), 'docs/containers.md says how the profile is extended');
$extended = Container::filtered_profile(documented_filter());
is((grep { $_->{names}[0] eq 'bpf' } @{JSON::PP->new->decode($extended)->{syscalls}}), 1, 'it can be extended so');
check_runc();
check_no_tracefs();
check_podman();
done_testing;
