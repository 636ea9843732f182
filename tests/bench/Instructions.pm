# SPDX-License-Identifier: GPL-2.0-or-later
#
# The guest whose nanoseconds are instructions: QEMU without hardware help, -icount. What one CPU measures there does not
# depend on the machine or on what else that is doing.
package Instructions;

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path remove_tree);

use Rows;

my @qemu = (qw(qemu-system-x86_64 -cpu max -nic none -display none -monitor none -no-reboot -serial stdio));
my @counted = (qw(-accel tcg -smp 1 -icount), 'shift=0,sleep=off');

# Options: root, build.
sub new
{
	my ($class, %option) = @_;
	my $self = bless {%option, dir => "$option{build}/bench/guest"}, $class;

	$self->{help} = `'$self->{build}/connsnoop' --help`;
	die "bench: connsnoop does not run\n" if $?;
	remove_tree($self->{dir});
	make_path($self->{dir});
	return $self;
}

sub install
{
	my ($from, $to) = @_;

	copy($from, $to) or die "bench: $from: $!\n";
	chmod 0755, $to;
}

sub write_file
{
	my ($path, @line) = @_;

	open(my $out, '>', $path) or die "bench: $path: $!\n";
	print $out map { "$_\n" } @line;
	close $out or die "bench: $path: $!\n";
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

sub quoted
{
	return join ' ', map { my $word = $_; $word =~ s/'/'\\''/g; "'$word'" } @_;
}

# With peers their whole tree comes along.
sub build_initramfs
{
	my ($self, $name, $script, $peers) = @_;
	my $tree = "$self->{dir}/$name.root";
	my $programs = "$self->{build}/tests/bench";

	make_path(map { "$tree/$_" } qw(bin dev proc sys tmp));
	install($self->busybox, "$tree/bin/busybox");
	install("$self->{build}/connsnoop", "$tree/bin/connsnoop");
	install("$programs/$_", "$tree/bin/$_") for qw(floor meter starts);
	install("$programs/floor.bpf.o", "$tree/floor.bpf.o");
	install("$self->{root}/tests/bench/guest", "$tree/init");
	write_file("$tree/nets.$_", Rows::nets($_)) for 1, 100, 10000;
	write_file("$tree/script", @$script);
	symlink 'busybox', "$tree/bin/sh";
	system('cp', '-a', $peers, "$tree/peers") == 0 or die "bench: cp failed\n" if $peers;
	system('/bin/sh', '-c', "cd '$tree' && find . | cpio --quiet -o -H newc >../$name.initramfs") == 0
		or die "bench: cpio failed\n";
	remove_tree($tree);
}

# Lets a guest go; its words are read by `finish`. Two can be on their way.
sub boot
{
	my ($self, $name, $script, %option) = @_;
	my $image = $self->kernel;

	$self->build_initramfs($name, $script, $option{peers});
	open(my $guest, '-|', 'timeout', '1800', @qemu,
		$option{cpus} ? ('-accel', 'tcg,thread=multi', '-smp', $option{cpus}) : @counted,
		'-m', $option{memory} // 640, '-kernel', $image, '-initrd', "$self->{dir}/$name.initramfs",
		'-append', 'console=ttyS0 panic=-1 loglevel=4 nowatchdog tsc=reliable lpj=4000000 rdinit=/init') or die "bench: qemu: $!\n";
	return {out => $guest, name => $name};
}

# Returns {release, and by tracer {udp, unix, tcp: what meter said; attempts, shown, ...; proof}}.
sub finish
{
	my ($self, $guest) = @_;
	my (%found, $console);

	while (my $line = readline $guest->{out}) {
		$console .= $line;
		$line =~ s/\r?\n//;
		print STDERR "guest $guest->{name}: $line\n" if $line =~ s/^bench //;
		$found{release} = $1 if $line =~ /^over (\S+)/;
		$found{$1}{$2} = {split ' ', $3} if $line =~ /^(\w+) (udp|unix|tcp) (made .*)/;
		$found{$1}{$2} = $3 if $line =~ /^(\w+) (proof|lines|failed:|taken_kb|peak_kb|cpu_ns) (.*)/;
		$found{$1}{start} = {split ' ', $2} if $line =~ /^(\w+) start (.*)/;
		@{$found{$1}}{qw(attempts is filtered lost)} = ($2, "$3 $4", $5, $6)
			if $line =~ /^(\w+) end .*?(\d+) attempts = (\d+) (shown|counted) \+ (\d+) filtered \+ (\d+) lost/;
	}
	close $guest->{out};
	die "bench: the guest did not come to its end:\n$console" unless $found{release};
	return \%found;
}

# --- the table ---

sub row_line
{
	my ($row) = @_;

	return quoted('under', $row->{name}, $row->{only} // 'udp unix tcp', $row->{proof} // '') . ' ' .
		($row->{floor} ? quoted('floor', '/floor.bpf.o', 'kprobe', $row->{floor}) :
			quoted('connsnoop', @{$row->{command}}, '-o', '/tmp/out'));
}

sub made
{
	my ($found) = @_;
	my $sum = 0;

	$sum += $_->{made} for grep { $_ } @$found{qw(udp unix tcp)};
	return $sum;
}

# What was not what the row is about is not in the table; returns why.
sub refusal
{
	my ($row, $found) = @_;
	my ($number, $word) = split ' ', $found->{is} // '0 nothing';

	return "it failed: $found->{'failed:'}" if defined $found->{'failed:'};
	return 'nothing was measured' unless $found->{udp} || $found->{tcp};
	return undef if $row->{floor} || $row->{package};
	return 'this binary takes the option and does not act on it' if ($found->{proof} // 'yes') ne 'yes';
	return "it told of $number $word" if $row->{is} eq 'counted' && $word ne 'counted';
	return "it let $number attempts through" if $row->{is} eq 'filtered' && ($number || $found->{filtered} < made($found));
	return "it accounts for $found->{attempts} of " . made($found) if $found->{attempts} < made($found);
	return undef;
}

# Own rows and peers go to two guests, side by side. $peers is the tree of peers, or undef.
sub measure
{
	my ($self, $peers) = @_;
	my @rows = Rows::of_binary($self->{help});
	my @base = ("under none 'udp unix tcp' '' nothing");
	my @again = ("under again 'udp unix tcp' '' nothing");
	my $own = $self->boot('own', [@base, map({ row_line($_) } @rows), @again]);
	my (%result, $others);

	$others = $self->boot('peers', ['prepare_peers', @base, map({
		quoted('peer', $_->{name}, $_->{attached}, $_->{only} // 'udp unix tcp', @{$_->{guest}})
	} Rows::peers()), @again], peers => $peers, memory => 2560) if $peers;
	$result{own} = $self->finish($own);
	$result{peers} = $others ? $self->finish($others) : {};
	for my $row (@rows, $others ? Rows::peers() : ()) {
		my $found = $result{$row->{package} ? 'peers' : 'own'}{$row->{name}} // {};
		my $why = refusal($row, $found);

		push @{$result{notes}}, "$row->{label}: $why" if $why;
		push @{$result{rows}}, $row unless $why;
	}
	return \%result;
}

# By number of CPUs: what a connect costs, a start, and how much memory is gone then. With more than one CPU a guest does
# not boot while its instructions are counted, so its clock is this machine's; of each round's shortest run the shortest
# is taken.
sub cpus
{
	my ($self) = @_;
	my @tracers = (['none', 'nothing'], ['empty', 'floor /floor.bpf.o kprobe empty'],
		['constant', 'floor /floor.bpf.o kprobe constant'], ['text', 'connsnoop -o /tmp/out'],
		['wide', 'connsnoop --buffer-pages 256 -o /tmp/out']);
	my @script;
	my %found;

	for my $round (1 .. 3) {
		push @script, map { "under $_->[0]_$round udp '' $_->[1]" } @tracers;
	}
	for my $cpus (1, 2, 4, 16, 64) {
		my $guest = $self->finish($self->boot("cpus$cpus", [@script, 'start text connsnoop',
			'start wide connsnoop --buffer-pages 256'], cpus => $cpus,
			memory => 1024));

		for my $name (map { $_->[0] } @tracers) {
			my @shortest = sort { $a <=> $b } map { $_->{udp}{min} }
				grep { $_->{udp} } map { $guest->{"${name}_$_"} } 1 .. 3;

			$found{$cpus}{$name} = $shortest[0];
		}
		$found{$cpus}{start} = $guest->{text};
		$found{$cpus}{start_wide} = $guest->{wide};
	}
	return \%found;
}

# By number of different keys, within a bound or beyond it. undef: this binary does not bound them.
sub sums
{
	my ($self) = @_;
	my (@script, %found);

	return undef unless $self->{help} =~ /--max-keys/;
	for my $keys (1, 1000, 10000, 100000, 1000000) {
		my $count = $keys > 100000 ? $keys : 100000;

		push @script, "keys none$keys $keys $count nothing",
			map { "keys $_->[0]$keys $keys $count connsnoop -c --by addr $_->[1] -o /tmp/out" } ['default', ''],
			['roomy', '--max-keys 1000000'];
	}
	return $self->finish($self->boot('keys', \@script, memory => 2560));
}

1;
