# SPDX-License-Identifier: GPL-2.0-or-later
#
# A table of what works where: kernels down, groups of cases across.
package Verdicts;

use strict;
use warnings;

my @groups = (
	['IPv4' => qr/^(?:tcp4|udp4|fd-zero|in4|dirty)/],
	['IPv6' => qr/^(?:tcp6|udp6)/],
	['UNIX' => qr/^(?:unix|abstract)/],
	['addrlen' => qr/^(?:addrlen|stale|refused)/],
	['32-bit' => qr{^(?:compat|socketcall|int80|x32)}],
	['io_uring' => qr/^uring/],
	['identity' => qr/^(?:thread|comm|user|contained|chroot|seccomp)/],
	['short-lived' => qr/^(?:exits|killed|execs|vfork|swarm)/],
	['other families' => qr/^(?:netlink|packet|vsock|bluetooth|tipc|raw4|dccp|sctp|mptcp|unspec|family)/],
	['scenes' => qr/./],
);

sub new
{
	return bless {rows => []}, shift;
}

# verdict: case or scene => ok, skip or fail
sub add
{
	my ($self, $kernel, $hook, %verdict) = @_;
	my %cell;

	for my $case (keys %verdict) {
		my ($group) = grep { $case =~ $_->[1] } @groups;
		$cell{$group->[0]}{$verdict{$case}}++;
	}
	push @{$self->{rows}}, [$kernel, $hook, \%cell];
}

sub cell
{
	my ($ok, $fail) = map { $_ // 0 } @{$_[0]}{qw(ok fail)};

	return $fail ? "$ok of " . ($ok + $fail) : $ok ? "$ok" : '-';
}

sub table
{
	my ($self) = @_;
	my @names = map { $_->[0] } @groups;
	my $text = '| kernel | hook | ' . join(' | ', @names) . " |\n" . '|---' x (@names + 2) . "|\n";

	for my $row (@{$self->{rows}}) {
		my ($kernel, $hook, $cell) = @$row;
		$text .= "| $kernel | $hook | " . join(' | ', map { cell($cell->{$_} // {}) } @names) .
			" |\n";
	}
	return $text;
}

1;
