#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The documents against what they are about: the kernel's options against --doctor's, the manual and Debian's kernels; links
# against files.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Test::More;

my $root = dirname(dirname(abs_path(__FILE__)));
my $build = $ENV{BUILD} // "$root/build";

sub slurp
{
	my ($path) = @_;

	open(my $in, '<:raw', $path) or return '';
	local $/;
	return <$in> // '';
}

# Names in the fragment's paragraphs whose comment begins so.
sub section
{
	my ($start) = @_;

	return map { /^(CONFIG_\w+)=y$/mg } grep { /^# $start/ } split /\n\n/, slurp("$root/docs/kernel.config");
}

sub check_fragment
{
	my $fragment = slurp("$root/docs/kernel.config");
	my @all = $fragment =~ /^(CONFIG_\w+)=y$/mg;
	my ($table) = slurp("$root/compat/kernel.c") =~ /examine_config\(.*?\{(.*?)\n\t\};/s;
	my %older = $table =~ /\{"(CONFIG_\w+)", (?:"(CONFIG_\w+)"|NULL)/g;
	my ($manual) = slurp("$root/connsnoop.8") =~ /^\.SH KERNEL\n(.*?)^\.SH/ms;
	my %have = map { $_ => 1 } @all;

	is_deeply([grep { !/^(?:#.*|CONFIG_\w+=y|)$/ } split /\n/, $fragment], [], 'kernel.config: every line is one of a fragment');
	is(scalar @all, scalar keys %have, 'kernel.config: none twice');
	cmp_ok(scalar keys %older, '>', 5, '--doctor asks for some');
	is_deeply([grep { !$have{$_} } sort keys %older], [], 'kernel.config: all that --doctor asks for');
	like($fragment, qr/\b$_\b/, "kernel.config names $_") for grep { defined } values %older;
	is_deeply([grep { !$have{$_} && $_ ne 'CONFIG_KPROBE_EVENT' } $manual =~ /(CONFIG_\w+)/g], [],
		'kernel.config: all that the manual asks for');
	check_needed(section('Needed'), section('For the best hook'), section('For the tracepoint hook'));
}

# Nothing that a kernel on which every hook works does without.
sub check_needed
{
	my @kernels = grep { !/arm|i386|mips|s390|ppc|riscv/ } glob "$build/kernels/*/boot/config-*";

	SKIP: {
		fail('kernels: scripts/deps vm') if !@kernels && $ENV{CI};
		skip 'no kernels here: scripts/deps vm', 1 unless @kernels;
		for my $kernel (@kernels) {
			my $config = slurp($kernel);

			is_deeply([grep { $config !~ /^$_=[ym]$/m } @_], [], "kernel.config asks for nothing that is not in $kernel");
		}
	}
}

sub check_links
{
	for my $document ("$root/README.md", "$root/CHANGELOG.md", glob "$root/docs/*.md") {
		my $from = dirname($document);
		my @links = grep { !/^(?:https?:|#)/ } slurp($document) =~ /\]\(([^)\s]+)\)/g;

		is_deeply([grep { !-e "$from/" . s/#.*//r } @links], [], "links of $document");
	}
}

# Each platform's folder is there, and each folder is told of.
sub check_platforms
{
	my $install = slurp("$root/docs/install.md") . slurp("$root/docs/containers.md");
	my @folders = map { s{.*/packaging/}{}r } grep { -d } glob "$root/packaging/*";
	my %told = (debian => 'make deb', rpm => 'make rpm', systemd => 'systemctl', openrc => 'rc-update', completion => 'completion');

	for my $folder (@folders) {
		my $word = $told{$folder} // "packaging/$folder";

		like($install, qr/\Q$word\E/, "packaging/$folder is told of");
	}
	for my $path ($install =~ m{(packaging/[\w/.*-]+)}g) {
		my @found = glob "$root/$path";

		ok(@found && -e $found[0], "$path is there");
	}
}

check_fragment();
check_links();
check_platforms();
done_testing;
