# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is measured: the floors, connsnoop in its ways of working, and the peers; and what is to be reached.
package Rows;

use strict;
use warnings;

use constant {
	# in times the constant record, the empty program, the program that counts
	SHOWN => 1.65,
	FILTERED => 1.25,
	COUNTED => 1.5,
};

# `need`: --help has to know this, else the row is left out. `proof`: its output has to match this, else the option is
# known but does nothing, and the row is left out with a note. `is`: shown, filtered or counted; what its summary has to
# say, and which goal it has. `only`: the kinds of connect that it makes sense for.
my @rows = (
	{name => 'empty', label => 'empty program', floor => 'empty'},
	{name => 'constant', label => 'constant record of 64 bytes', floor => 'constant'},
	{name => 'hash', label => 'empty program with one hash update, key of 80 bytes', floor => 'hash'},
	{name => 'hash8', label => 'empty program with one hash update, key of 8 bytes', floor => 'hash8'},
	{name => 'text', label => 'connsnoop, text to a file', is => 'shown', proof => '^[0-9]+ +meter',
		command => []},
	{name => 'json', label => 'connsnoop, JSON to a file', is => 'shown', proof => '^.."?event', command => ['--json']},
	{name => 'mapped', label => 'connsnoop, text, --ring mapped', is => 'shown', need => qr/^ +--ring .*mapped/m,
		proof => 'meter', command => ['--ring', 'mapped']},
	{name => 'perf', label => 'connsnoop, text, --ring perf', is => 'shown', need => qr/^ +--ring .*perf/m,
		proof => 'meter', command => ['--ring', 'perf']},
	{name => 'identity', label => 'connsnoop, JSON with --identity', is => 'shown', need => qr/^ +--identity/m,
		proof => '"ppid"', command => ['--json', '--identity']},
	{name => 'result', label => 'connsnoop, JSON with -r', is => 'shown', need => qr/^ +-r,/m, proof => '"outcome"',
		command => ['--json', '-r']},
	{name => 'count', label => 'connsnoop, -c: counting', is => 'counted', need => qr/^ +-c /m, proof => 'COUNT',
		command => ['-c']},
	{name => 'by_pid', label => 'connsnoop, -p: one other process', is => 'filtered', command => ['-p', '2']},
	{name => 'by_pids', label => 'connsnoop, -p: 100 other processes', is => 'filtered',
		command => ['-p', join ',', 100000 .. 100099]},
	{name => 'by_port', label => 'connsnoop, -P: another port', is => 'filtered', only => 'udp tcp',
		command => ['-P', '443']},
	{name => 'by_family', label => 'connsnoop, -6', is => 'filtered', command => ['-6']},
	{name => 'by_comm', label => 'connsnoop, --comm: another command', is => 'filtered', command => ['--comm', 'sshd']},
	(map { {name => "by_net$_", label => "connsnoop, --net: $_ other prefix" . ($_ > 1 ? 'es' : ''), is => 'filtered',
		only => 'udp tcp', command => ['--net', "\@/nets.$_"]} } 1, 100, 10000),
);

# `attached`: the function that /sys/kernel/debug/kprobes/list has when the peer is ready. Natively there is a tracepoint
# in place of a kprobe, or nothing to compare with.
my $print = '{ printf("%s %d %d\n", comm, pid, 0); }';
my @peers = (
	{name => 'bpftrace', label => 'bpftrace, printing command, process, number', package => 'bpftrace',
		attached => 'security_socket_connect',
		guest => ['bpftrace', '-e', "kprobe:security_socket_connect $print"],
		native => ['bpftrace', '-e', "tracepoint:syscalls:sys_enter_connect $print"]},
	{name => 'ply', label => 'ply -k, printing the same', package => 'ply', attached => 'security_socket_connect',
		guest => ['ply', '-k', "kprobe:security_socket_connect $print"],
		native => ['ply', '-k', "tracepoint:syscalls/sys_enter_connect $print"]},
	{name => 'tcpconnect', label => 'libbpf-tools tcpconnect', package => 'libbpf-tools', attached => 'tcp_v4_connect',
		only => 'tcp', guest => ['tcpconnect-libbpf']},
);

sub peers
{
	return @peers;
}

# The rows that a binary can fill.
sub of_binary
{
	my ($help) = @_;

	return grep { !$_->{need} || $help =~ $_->{need} } @rows;
}

sub by_name
{
	my ($name) = @_;
	my ($row) = grep { $_->{name} eq $name } @rows, @peers;

	return $row;
}

# Prefixes that no connect of the bench goes to, all different.
sub nets
{
	my ($count) = @_;
	my ($seed, %seen) = (1);

	while (keys %seen < $count) {
		$seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
		my ($a, $b, $c) = ($seed >> 23 & 255, $seed >> 15 & 255, $seed >> 7 & 255);

		$seen{"$a.$b.$c.0/24"} = 1 if $a && $a != 127 && $a < 224;
	}
	return sort keys %seen;
}

1;
