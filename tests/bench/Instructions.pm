# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest whose nanoseconds are instructions: QEMU without hardware help, one CPU, -icount. What
# it measures does not depend on the machine or on what else that is doing.
package Instructions;

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);

my @qemu = (qw(qemu-system-x86_64 -accel tcg -cpu max -smp 1 -m 640 -icount), 'shift=0,sleep=off',
	qw(-nic none -display none -monitor none -no-reboot -serial stdio));

# Options: root, build.
sub new
{
	my ($class, %option) = @_;

	return bless {%option, dir => "$option{build}/bench/guest"}, $class;
}

sub install
{
	my ($from, $to) = @_;

	copy($from, $to) or die "bench: $from: $!\n";
	chmod 0755, $to;
}

sub kernel
{
	my ($self) = @_;

	local $ENV{BUILD} = $self->{build};
	chomp(my $image = `'$self->{root}/scripts/fetch-kernel' amd64 bullseye`);
	die "bench: no kernel\n" unless -e $image;
	return $image;
}

sub busybox
{
	my ($self) = @_;

	for my $path ("$self->{build}/kernels/amd64-bullseye/busybox", '/bin/busybox') {
		return $path if -x $path;
	}
	die "bench: no busybox\n";
}

sub build_initramfs
{
	my ($self) = @_;
	my $tree = "$self->{dir}/root";
	my $programs = "$self->{build}/tests/bench";

	remove_tree($self->{dir});
	make_path(map { "$tree/$_" } qw(bin dev proc sys tmp));
	install($self->busybox, "$tree/bin/busybox");
	install("$self->{build}/connsnoop", "$tree/bin/connsnoop");
	install("$programs/$_", "$tree/bin/$_") for qw(floor meter);
	install("$programs/floor.bpf.o", "$tree/floor.bpf.o");
	install("$self->{root}/tests/bench/guest", "$tree/init");
	symlink 'busybox', "$tree/bin/sh";
	system('/bin/sh', '-c', "cd '$tree' && find . | cpio --quiet -o -H newc >../initramfs") == 0
		or die "bench: cpio failed\n";
	remove_tree($tree);
}

# Returns {release, and by tracer {udp, unix, tcp: what meter said, lost, shown}}.
sub measure
{
	my ($self) = @_;
	my $image = $self->kernel;
	my (%found, $console);

	$self->build_initramfs;
	open(my $guest, '-|', 'timeout', '400', @qemu, '-kernel', $image, '-initrd',
		"$self->{dir}/initramfs", '-append', 'console=ttyS0 panic=-1 loglevel=4 rdinit=/init')
		or die "bench: qemu: $!\n";
	while (my $line = <$guest>) {
		$console .= $line;
		$line =~ s/\r?\n//;
		print STDERR "guest: $line\n" if $line =~ s/^bench //;
		$found{release} = $1 if $line =~ /^over (\S+)/;
		$found{$1}{$2} = {split ' ', $3} if $line =~ /^(\w+) (udp|unix|tcp) (made .*)/;
		@{$found{$1}}{qw(shown lost)} = ($2, $3)
			if $line =~ /^(\w+) end .* (\d+) shown .* (\d+) lost/;
	}
	close $guest;
	die "bench: the guest did not come to its end:\n$console" unless $found{release};
	return \%found;
}

1;
