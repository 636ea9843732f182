#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scenes on the kernels of every architecture in scripts/architectures:
#
#	ARCHES="s390x riscv64"	these only
#	FIRST=1			of each only the first kernel named there
#	SCENES, TABLE=1		see tests/vm/run
#
# An emulated machine takes minutes; with all of them it is hours on two cores. scripts/deps cross vm-all brings what it
# needs, `make vm-all` builds it.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $here = dirname(abs_path(__FILE__));
my $root = dirname(dirname($here));
my $build = $ENV{BUILD} // "$root/build";
my $scenes = $ENV{SCENES} // 'doctor callers command identity follow status count filter filters pipe signals result';
my %wanted = map { $_ => 1 } split ' ', $ENV{ARCHES} // '';
my @arguments;

open(my $in, '<', "$root/scripts/architectures") or die "scripts/architectures: $!\n";
while (<$in>) {
	my ($name, @fields) = split;

	next if !@fields || $name =~ /^#/ || (%wanted && !$wanted{$name});
	my @kernels = split /,/, $fields[-1];
	splice @kernels, 1 if $ENV{FIRST};
	for my $kernel (@kernels) {
		my @parts = split m{/}, $kernel;
		chomp(my $image = `'$root/scripts/fetch-kernel' @parts`);
		die "no kernel $kernel\n" if !length $image;
		push @arguments, '--arch', $name, '--connsnoop', "$build/release/connsnoop-$name", $image;
	}
}
close $in;
die "scripts/architectures has none of: $ENV{ARCHES}\n" if !@arguments;
exec "$here/run", '--scenes', $scenes, '--storm', 10000, '--timeout', 3600, $ENV{TABLE} ? '--table' : (), @arguments;
