#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The scenes on every kernel that is asked for:
#
#	KERNEL="image..."	these (x86_64), or KERNELS=dir: every image in there
#	HOOK=name		the hook that has to be found in use there (else the kernel's symbols tell)
#	otherwise		Debian's 5.10, 6.1, 6.12 and newest on x86_64, and 6.12 on arm64; the callers only on
#				s390x, since it is big-endian (tests/vm/all.t has the others)
#	CONNSNOOP, CONNSNOOP_ARM64, STORM, SCENES, TABLE=1: see tests/vm/run

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);

my $here = dirname(abs_path(__FILE__));
my $root = dirname(dirname($here));
my $build = $ENV{BUILD} // "$root/build";
my $binary = $ENV{CONNSNOOP} // "$build/connsnoop";
my $arm64 = $ENV{CONNSNOOP_ARM64} // "$build/arm64/connsnoop";

sub debian
{
	my ($arch, @suites) = @_;
	my @images = map { scalar `'$root/scripts/fetch-kernel' $arch $_` } @suites;

	chomp @images;
	return grep { length } @images;
}

sub images
{
	return split ' ', $ENV{KERNEL} if $ENV{KERNEL};
	return sort grep { m{/(?:bzImage|Image|vmlinuz)[^/]*$} } glob "$ENV{KERNELS}/*" if $ENV{KERNELS};
	return debian('amd64', $ENV{SCENES} ? qw(bullseye bookworm trixie newest) : qw(bullseye bookworm newest));
}

# One is also flooded, and put through what befalls a program that runs for long.
sub tried_images
{
	return $ENV{KERNEL} || $ENV{KERNELS} || $ENV{SCENES} ? () : debian('amd64', 'trixie');
}

# Only where it has been built, and no other kernels are asked for.
sub arm64_images
{
	return $ENV{KERNEL} || $ENV{KERNELS} || !-x $arm64 ? () : debian('arm64', 'trixie');
}

sub s390x_images
{
	my @parts = qw(s390x bookworm s390x);

	return () if $ENV{KERNEL} || $ENV{KERNELS} || !-x "$build/s390x/connsnoop";
	chomp(my $image = `'$root/scripts/fetch-kernel' @parts`);
	return length $image ? $image : ();
}

my @options = (
	$ENV{HOOK} ? ('--hook', $ENV{HOOK}) : (),
	$ENV{STORM} ? ('--storm', $ENV{STORM}) : (),
	$ENV{SCENES} ? ('--scenes', $ENV{SCENES}) : (),
	$ENV{TABLE} ? '--table' : (),
);
my @images = images();
my @tried_images = tried_images();
my @arm64_images = arm64_images();
my @s390x_images = s390x_images();

if (!@images && !@tried_images && !@arm64_images && !@s390x_images) {
	print "1..0 # SKIP no kernel to boot\n";
	exit;
}
exec "$here/run", @options, '--connsnoop', $binary, @images,
	@tried_images ? ('--more', 'flood faults', @tried_images, '--more', '') : (),
	@arm64_images ? ('--arch', 'arm64', '--connsnoop', $arm64, @arm64_images) : (),
	@s390x_images ? ('--arch', 's390x', '--connsnoop', "$build/s390x/connsnoop", '--scenes', 'doctor callers',
		@s390x_images) : ();
