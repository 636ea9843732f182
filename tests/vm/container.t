#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What tests/container.t does with this kernel's tracepoints, in a virtual machine with kprobes: connsnoop as the only file
# in a container, by runc, with no more than it needs. On Debian's 6.12, or KERNEL="image..." (x86_64, 5.8 or later).
# Takes a minute and a half.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

my $root;
BEGIN { $root = dirname(dirname(dirname(abs_path(__FILE__)))); }
use lib "$root/tests/lib";
use Container;
use Events;

# The guest, with runc and the bundles in it.
package ContainerGuest;

use File::Path qw(make_path);
use parent 'Guest';

sub install_strace
{
	my ($self, $tree) = @_;
	my $runc = -x '/usr/sbin/runc' ? '/usr/sbin/runc' : '/usr/bin/runc';

	for my $file ($runc, `ldd $runc` =~ m{(/\S+) \(0x}g) {
		my $to = $file eq $runc ? "$tree/bin/runc" : "$tree$file";

		make_path(main::dirname($to));
		Guest::install($file, $to);
	}
	Guest::run("cp -r '$self->{containers}' '$tree/containers'");
}

package main;

my $build = $ENV{BUILD} // "$root/build";
my $dir = tempdir(CLEANUP => 1);
my @needed = qw(CAP_BPF CAP_PERFMON);
my @args = ('-a', '-v', '--json');
my %container = (
	'all-cases' => ['traces', capabilities => \@needed],
	'another-user' => ['traces', capabilities => \@needed, user => 65534],
	'as-before-5.8' => ['traces', capabilities => ['CAP_SYS_ADMIN']],
	'as-debian-has-it' => ['traces', capabilities => \@needed, paranoid => 3],
	'debian-and-admin' => ['traces', capabilities => [@needed, 'CAP_SYS_ADMIN'], user => 65534, paranoid => 3],
	'with-results' => ['traces', capabilities => \@needed, args => [@args, '-r']],
	'no-capability' => [4, capabilities => []],
	'no-bpf' => [4, capabilities => ['CAP_PERFMON']],
	'no-perfmon' => [4, capabilities => ['CAP_BPF']],
	'default-profile' => [4, capabilities => \@needed, profile => Container::default_profile()],
);

sub slurp { return Container::slurp($_[0]); }

sub prepare
{
	my ($filter) = slurp("$root/docs/containers.md") =~ /^\s+jq '(.*)' seccomp\.json >/m;
	my $extended = Container::filtered_profile($filter);
	my $spec = Container::spec('runc', "$dir/spec");

	for my $name (sort keys %container) {
		my ($wanted, %option) = @{$container{$name}};

		make_path("$dir/containers/$name");
		Container::spew("$dir/containers/$name/wanted", "$wanted " . ($option{paranoid} // 2) . "\n");
		Container::spew("$dir/containers/$name/config.json",
			Container::config($spec, args => \@args, profile => $extended, %option));
	}
}

sub check_container
{
	my ($results, $name) = @_;
	my $read = Events::read_events("$results/$name.json");

	# CAP_PERFMON does not count for kprobes there
	my $hook = $name eq 'as-debian-has-it' ? 'tracepoint' : 'kprobe';

	is(Events::hook_of($read) // 'none', $hook, "$name: hook") or return diag(slurp("$results/$name.err"));
	Events::check_cases("$name: ", [Events::wants("$results/$name.want")], $read, $hook);
	Events::check_form("$name: ", $read);
	Events::check_summary("$name: ", $read);
}

sub check_guest
{
	my ($image) = @_;
	my $guest = ContainerGuest->new(
		arch => 'x86_64', image => $image, timeout => 600, work => "$build/vm-container", kernels => "$build/kernels",
		connsnoop => $ENV{CONNSNOOP} // "$build/connsnoop", callers => "$build/tests/workload",
		containers => "$dir/containers",
		settings => {SCENES => 'container', GUEST_TIMEOUT => 540, HOOK_OPTION => ''});
	my $results = $guest->play;

	ok($results, "$guest->{label} boots and comes to its end") or return diag($guest->last_words);
	note(sprintf '%s: %.0f s', $guest->{label}, $guest->{seconds});
	for (split /\n/, slurp("$results/scenes")) {
		my ($status, $name, $detail) = split /\t/;

		ok($status eq 'ok', $name) or diag($detail, slurp("$results/" . ($name =~ s/:.*//r) . '.err'));
	}
	check_container($results, $_) for grep { $container{$_}[0] eq 'traces' } sort keys %container;
	like(slurp("$results/no-bpf.err"), qr/CAP_BPF/, 'no-bpf: it is said');
	like(slurp("$results/no-perfmon.err"), qr/CAP_PERFMON/, 'no-perfmon: it is said');
	like(slurp("$results/default-profile.err"), qr/seccomp/, 'default-profile: it is said');
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

without('no runc: scripts/deps packages') unless -x '/usr/sbin/runc' || -x '/usr/bin/runc';
my @images = $ENV{KERNEL} ? split ' ', $ENV{KERNEL} : `'$root/scripts/fetch-kernel' amd64 trixie`;
chomp @images;
without('no kernel to boot') unless @images;
prepare();
check_guest($_) for @images;
done_testing;
