# SPDX-License-Identifier: GPL-2.0-or-later
#
# Lines of JSON taken apart by jq, and values held against the types of other people's schemas.
package Leaves;

use strict;
use warnings;

use JSON::PP;
use Socket qw(AF_INET AF_INET6 inet_pton);

my $json = JSON::PP->new->utf8->allow_nonref;

# Every value that is no object or array, as [line from 0, [path], type, value]; undef where jq does not take a line.
sub of
{
	my ($path) = @_;
	my $filter = '. as $line | paths(type != "object" and type != "array") as $p'
		. ' | [input_line_number - 1, $p, (getpath($p) | type), getpath($p)]';
	my @leaves;

	open(my $in, '-|', 'jq', '-c', $filter, $path) or return;
	while (my $leaf = <$in>) {
		push @leaves, $json->decode($leaf);
	}
	close($in) or return;
	return \@leaves;
}

# "process.args[]" for the path of an element.
sub name
{
	my ($path) = @_;
	my $name = '';

	for my $part (@$path) {
		$name .= $part =~ /^\d+$/ ? '[]' : length $name ? ".$part" : $part;
	}
	return $name;
}

sub is_ip
{
	my ($value) = @_;

	return defined(inet_pton(AF_INET, $value)) || defined(inet_pton(AF_INET6, $value));
}

my $rfc3339 = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;
my $label = qr/[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?/;

my %valid = (
	# Elasticsearch's
	keyword => sub { $_[0] eq 'string' },
	match_only_text => sub { $_[0] eq 'string' },
	wildcard => sub { $_[0] eq 'string' },
	date => sub { $_[0] eq 'string' && $_[1] =~ $rfc3339 },
	ip => sub { $_[0] eq 'string' && is_ip($_[1]) },
	long => sub { $_[0] eq 'number' && $_[1] =~ /^-?\d+$/ },
	boolean => sub { $_[0] eq 'boolean' },
	# OCSF's
	string_t => sub { $_[0] eq 'string' },
	username_t => sub { $_[0] eq 'string' },
	process_name_t => sub { $_[0] eq 'string' },
	hostname_t => sub { $_[0] eq 'string' && $_[1] =~ /^(?:$label\.)*$label$/ },
	ip_t => sub { $_[0] eq 'string' && is_ip($_[1]) },
	integer_t => sub { $_[0] eq 'number' && $_[1] =~ /^-?\d+$/ },
	long_t => sub { $_[0] eq 'number' && $_[1] =~ /^-?\d+$/ },
	port_t => sub { $_[0] eq 'number' && $_[1] =~ /^\d+$/ && $_[1] <= 65535 },
	timestamp_t => sub { $_[0] eq 'number' && $_[1] =~ /^\d{13}$/ },
	boolean_t => sub { $_[0] eq 'boolean' },
);

sub is_type
{
	my ($type, $leaf) = @_;
	my $check = $valid{$type} or return 0;

	return $check->($leaf->[2], $leaf->[3]);
}

# A table of ours: tab-separated, the first column is the key, # begins a comment.
sub table
{
	my ($path) = @_;
	my %rows;

	open(my $in, '<', $path) or die "$path: $!\n";
	while (my $row = <$in>) {
		chomp $row;
		next if $row =~ /^#|^$/;
		my ($key, @rest) = split /\t+/, $row;
		die "$path: $key is there twice\n" if $rows{$key};
		$rows{$key} = \@rest;
	}
	return \%rows;
}

1;
