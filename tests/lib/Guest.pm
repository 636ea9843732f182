# SPDX-License-Identifier: GPL-2.0-or-later
#
# A virtual machine that boots one kernel, plays the scenes in it, and hands back what came of them.
package Guest;

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);
use MIME::Base64 qw(decode_base64);
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

my $here = dirname(abs_path(__FILE__));
my $tests = dirname($here);

# By the names of scripts/architectures: QEMU's machine, the kernel's console, and of `file` what tells its programs.
my %machine = (
	x86_64 => {
		qemu => [qw(-cpu max -smp 2 -m 640)],
		console => 'console=ttyS0 syscall.x32=y',
		program => qr/x86-64/,
	},
	i386 => {
		qemu => [qw(-cpu max -smp 2 -m 640)],
		console => 'console=ttyS0',
		program => qr/Intel 80386/,
	},
	arm64 => {
		# the default way of signing pointers is very slow to emulate
		qemu => ['-M', 'virt', '-cpu', 'max,pauth-impdef=on', qw(-smp 2 -m 640)],
		console => 'console=ttyAMA0',
		program => qr/aarch64/,
	},
	armhf => {
		qemu => [qw(-M virt -cpu cortex-a15 -smp 2 -m 640)],
		console => 'console=ttyAMA0',
		program => qr/32-bit.*ARM/,
	},
	mipsel => {
		qemu => [qw(-M malta -cpu 24Kf -m 256)],
		console => 'console=ttyS0',
		program => qr/32-bit.*MIPS32/,
	},
	mips64el => {
		qemu => [qw(-M malta -cpu 5KEf -m 512)],
		console => 'console=ttyS0',
		program => qr/64-bit.*MIPS64/,
	},
	ppc64el => {
		qemu => [qw(-M pseries -cpu power9 -smp 2 -m 1024)],
		console => 'console=hvc0',
		program => qr/64-bit.*PowerPC/,
	},
	s390x => {
		qemu => [qw(-cpu max -smp 2 -m 640)],
		console => 'console=ttysclp0',
		program => qr/S\/390/,
	},
	riscv64 => {
		qemu => [qw(-M virt -smp 2 -m 640)],
		# off by default there, and from 7.x on our programs are refused without it
		console => 'console=ttyS0 sysctl.net.core.bpf_jit_enable=1',
		program => qr/RISC-V/,
	},
);
$machine{armel} = $machine{armhf};

# A line of scripts/architectures, by the name of each field.
sub architecture
{
	my ($name) = @_;
	my @fields = qw(name machine triplet multiarch debian suite target header qemu kernels);

	open(my $in, '<', dirname($tests) . '/scripts/architectures') or die "scripts/architectures: $!\n";
	while (<$in>) {
		my %line;

		@line{@fields} = split;
		return \%line if ($line{name} // '') eq $name;
	}
	die "no machine for $name\n";
}

# Families that distributions ship as modules; absent ones are skipped by the callers.
my @modules = qw(af_packet vsock_loopback tipc dccp_ipv4 sctp bluetooth);

# Options: arch, image, connsnoop, timeout, settings (hash, for the guest's scenes); directories:
# callers, objects (compiled by several compilers), kernels (fetched ones, for their busybox), work.
sub new
{
	my ($class, %option) = @_;
	my $self = bless {timeout => 900, patience => 180, objects => '/nowhere', %option}, $class;

	$self->{architecture} = architecture($self->{arch});
	$self->{machine} = $machine{$self->{arch}} or die "no machine for $self->{arch}\n";
	$self->{label} = label_of($self->{image});
	make_path($self->{work});
	$self->{dir} = abs_path($self->{work}) . "/$self->{label}";
	return $self;
}

# build/kernels/amd64-trixie/boot/vmlinuz-6.12 and images/bzImage-4.4 have their own ways to differ.
sub label_of
{
	my ($image) = @_;
	my @parts = grep { !/^(?:usr|lib|modules|boot)$/ } split m{/}, abs_path($image);

	return join '_', @parts[-2, -1];
}

sub run
{
	my ($command) = @_;

	system('/bin/sh', '-c', "set -e; $command") == 0 or die "failed: $command\n";
}

# The unpacked package that an image lies in, if it does.
sub package_of
{
	my ($image) = @_;
	my $dir = dirname(abs_path($image));

	while ($dir ne '/') {
		return $dir if -d "$dir/lib/modules" || -d "$dir/usr/lib/modules";
		$dir = dirname($dir);
	}
	return undef;
}

sub is_static_for
{
	my ($self, $path) = @_;
	my $what = -x $path ? `file -bL '$path'` : '';

	return $what =~ /static/ && $what =~ $self->{machine}{program};
}

sub busybox
{
	my ($self) = @_;
	my $package = package_of($self->{image});
	my $kernels = "$self->{kernels}/$self->{architecture}{debian}-*/busybox";

	for my $path ($package ? "$package/busybox" : (), '/bin/busybox', glob($kernels)) {
		return $path if $self->is_static_for($path);
	}
	die "no static busybox for $self->{arch}: scripts/deps vm brings one\n";
}

sub install
{
	my ($from, $to) = @_;

	copy($from, $to) or die "$from: $!\n";
	chmod 0755, $to;
}

# strace comes with the libraries that it was linked with, where it is for this machine.
sub install_strace
{
	my ($self, $tree) = @_;
	my ($strace) = grep { -x } '/usr/bin/strace';

	return if !$strace || `file -bL $strace` !~ $self->{machine}{program};
	install($strace, "$tree/bin/strace");
	for my $library (`ldd $strace` =~ m{(/\S+) \(0x}g) {
		make_path($tree . dirname($library));
		install($library, "$tree$library");
	}
}

sub build_initramfs
{
	my ($self) = @_;
	my $tree = "$self->{dir}/root";
	my $package = package_of($self->{image});

	remove_tree($tree);
	make_path(map { "$tree/$_" } qw(bin dev etc proc sys tmp run results modules root));
	install($self->busybox, "$tree/bin/busybox");
	install($self->{connsnoop}, "$tree/bin/connsnoop");
	for my $caller (qw(caller caller32 callern32 confined)) {
		install("$self->{callers}/$caller", "$tree/bin/$caller")
			if -x "$self->{callers}/$caller";
	}
	$self->install_strace($tree);
	make_path("$tree/objects");
	install($_, "$tree/objects/" . basename($_)) for glob("$self->{objects}/*.o");
	install("$tests/vm/init", "$tree/init");
	install("$tests/vm/scenes.sh", "$tree/scenes.sh");
	symlink 'busybox', "$tree/bin/sh";
	run("'$tests/vm/modules' '$package' '$tree/modules' @modules >'$tree/modules/order'")
		if $package;
	open(my $settings, '>', "$tree/settings") or die "settings: $!\n";
	print $settings "$_='$self->{settings}{$_}'\n" for sort keys %{$self->{settings}};
	close $settings;
	run("cd '$tree' && find . | cpio --quiet -o -H newc | gzip -1 >../initramfs.gz");
	remove_tree($tree);
}

sub command
{
	my ($self) = @_;
	my $append = "$self->{machine}{console} panic=-1 oops=panic loglevel=4 rdinit=/init";

	return ("qemu-system-$self->{architecture}{qemu}", @{$self->{machine}{qemu}}, qw(-accel tcg -nic none),
		qw(-display none -monitor none -no-reboot), '-serial', "file:$self->{dir}/console.log",
		'-kernel', $self->{image}, '-initrd', "$self->{dir}/initramfs.gz", '-append', $append);
}

sub start
{
	my ($self) = @_;
	my @command = $self->command;

	unlink "$self->{dir}/console.log";
	$self->{pid} = fork // die "fork: $!\n";
	return if $self->{pid};
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', "$self->{dir}/qemu.log";
	open STDERR, '>&', \*STDOUT;
	exec @command or die "$command[0]: $!\n";
}

sub stop
{
	my ($self) = @_;

	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
}

# Not every machine goes off when it is told to: a few seconds after its last word.
sub has_ended
{
	my ($self) = @_;

	open(my $in, '<', "$self->{dir}/console.log") or return 0;
	seek $in, -64, 2;
	local $/;
	return (<$in> // '') =~ /^=== results end/m && time - (stat $in)[9] > 5;
}

# True once the machine has ended by itself; false when it was ended because it hung.
sub await
{
	my ($self) = @_;
	my $start = time;

	local $SIG{INT} = local $SIG{TERM} = sub { $self->stop; exit 1 };
	while (waitpid($self->{pid}, WNOHANG) == 0) {
		my $age = time - $start;
		my $limit = -s "$self->{dir}/console.log" ? $self->{timeout} : $self->{patience};

		$self->stop, return 0 if $age > $limit;
		$self->stop, last if $self->has_ended;
		sleep 0.2;
	}
	$self->{seconds} = time - $start;
	return 1;
}

# Now and then an emulated machine with two processors gets stuck before it has said a word. That
# proves nothing about what is tested, so it is tried again.
sub boot
{
	my ($self) = @_;

	for my $try (1 .. 3) {
		$self->start;
		$self->{hung} = !$self->await;
		last if !$self->{hung} || -s "$self->{dir}/console.log";
		$self->{silent}++;
	}
	unlink "$self->{dir}/initramfs.gz";
}

sub console
{
	my ($self) = @_;

	open(my $in, '<:raw', "$self->{dir}/console.log") or return '';
	local $/;
	return <$in> =~ tr/\r//dr;
}

# What the guest wrote between the markers is a packed directory.
sub unpack_results
{
	my ($self) = @_;
	my ($block) = $self->console =~
		/^=== results begin\nbegin-base64 [^\n]*\n(.*?)^====\n=== results end$/ms or return 0;

	make_path("$self->{dir}/results");
	open(my $tar, '|-', 'tar', '-xz', '-C', "$self->{dir}/results") or die "tar: $!\n";
	binmode $tar;
	print $tar decode_base64($block);
	return close $tar;
}

# The directory of results, or undef where the machine did not come to its end.
sub play
{
	my ($self) = @_;

	remove_tree($self->{dir});
	make_path($self->{dir});
	$self->build_initramfs;
	$self->boot;
	return $self->unpack_results ? "$self->{dir}/results" : undef;
}

# Why there are no results: the last lines of the console, or of QEMU's complaint.
sub last_words
{
	my ($self) = @_;
	my @lines = grep { /\S/ } split /\n/, $self->console;

	if (!@lines && open(my $in, '<', "$self->{dir}/qemu.log")) {
		@lines = <$in>;
		chomp @lines;
	}
	splice @lines, 0, -40 if @lines > 40;
	return ($self->{hung} ? "no end within $self->{timeout} s\n" : '') . join "\n", @lines;
}

1;
