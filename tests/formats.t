#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every format against definitions that are not ours: jq, Python's csv, the field names and types of ECS and OCSF,
# Tracee's keys. First the attempts of tests/unit/samples.c, which are of every kind; then, where this kernel can be
# traced, the callers' own.
#
# tests/schemas has what we say of ECS and OCSF; that is held against the schemas themselves where they are at hand:
# in $SHARED/schemas, by default in ../shared beside this project.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);

my $root;
BEGIN { $root = dirname(dirname(abs_path(__FILE__))); }
use lib "$root/tests/lib";
use Leaves;

my $build = $ENV{BUILD} // "$root/build";
my $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";
my $schemas = ($ENV{SHARED} // "$root/../shared") . '/schemas';
my $dir = tempdir(CLEANUP => 1);
my $json = JSON::PP->new->utf8;
my @formats = qw(text json tracee tracee2 ecs ocsf csv);

sub slurp
{
	open(my $in, '<:raw', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

# Fails once, with the first few reasons.
sub none
{
	my ($name, @reasons) = @_;

	ok(!@reasons, $name) or diag(join "\n", @reasons[0 .. ($#reasons < 9 ? $#reasons : 9)]);
}

# --- what every format has in common ---

sub check_text
{
	my ($what, $path) = @_;
	my @lines = map { my $line = $_; utf8::decode($line); $line } split /\n/, slurp($path);

	none("$what: printable lines that begin with a number", grep { !/^\d[[:print:]]*$/ } @lines[1 .. $#lines]);
	like($lines[0], qr/^PID .*ADDRESS$/, "$what: a header");
}

sub check_json
{
	my ($what, $path) = @_;
	my $lines = () = slurp($path) =~ /\n/g;
	my $leaves = Leaves::of($path);
	my %seen = map { $_->[0] => 1 } @{$leaves // []};

	ok($leaves && keys %seen == $lines && $lines, "$what: each of $lines lines is an object to jq");
	return $leaves // [];
}

# --- ECS ---

sub check_ecs
{
	my ($what, $path) = @_;
	my $table = Leaves::table("$root/tests/schemas/ecs.tsv");
	my $leaves = check_json($what, $path);
	my (@unknown, @wrong, %line);

	for my $leaf (@$leaves) {
		my $name = Leaves::name($leaf->[1]);

		$line{$leaf->[0]}{$name} = $leaf->[3];
		if (!$table->{$name}) {
			push @unknown, $name;
		} elsif (!Leaves::is_type($table->{$name}[0], $leaf)) {
			push @wrong, "$name: $leaf->[3] is no $table->{$name}[0]";
		}
	}
	none("$what: no field that ECS does not have", @unknown);
	none("$what: values of ECS's types", @wrong);
	none("$what: what every event has", grep { !complete_ecs($_) } values %line);
	return %line;
}

sub complete_ecs
{
	my ($event) = @_;
	my %fixed = ('ecs.version' => '9.5.0', 'event.kind' => 'event', 'event.category[]' => 'network',
		'event.action' => 'connection_attempted');

	return 0 if grep { ($event->{$_} // '') ne $fixed{$_} } keys %fixed;
	return 0 if grep { !defined $event->{$_} } qw(@timestamp event.type[] process.pid process.name user.id host.name);
	return $event->{'event.outcome'} =~ /^(?:success|failure|unknown)$/;
}

sub hold_ecs_against_schema
{
	my $table = Leaves::table("$root/tests/schemas/ecs.tsv");
	my (%fields, @wrong);

	for my $row (split /\n/, slurp("$schemas/ecs-fields.csv")) {
		my ($field, $type, $normalization) = split /,/, $row;
		$fields{$field . ($normalization eq 'array' ? '[]' : '')} = $type;
	}
	for my $name (sort keys %$table) {
		push @wrong, $name if ($fields{$name} // '') ne $table->{$name}[0];
	}
	none('ECS: our table agrees with its fields', @wrong);
}

# --- OCSF ---

sub check_ocsf
{
	my ($what, $path) = @_;
	my $table = Leaves::table("$root/tests/schemas/ocsf.tsv");
	my (@unknown, @wrong, %line);

	for my $leaf (@{check_json($what, $path)}) {
		my $name = Leaves::name($leaf->[1]);
		my ($type, undef, $values) = @{$table->{$name} // []};

		next if $name =~ /^unmapped\./;
		$line{$leaf->[0]}{$name} = $leaf->[3];
		if (!$type) {
			push @unknown, $name;
		} elsif (!Leaves::is_type($type, $leaf) || ($values ne '-' && !grep { $_ eq $leaf->[3] } split /,/, $values)) {
			push @wrong, "$name: $leaf->[3] is no $type of $values";
		}
	}
	none("$what: no attribute that the class does not have", @unknown);
	none("$what: values of OCSF's types and enumerations", @wrong);
	none("$what: what is required", map { missing_ocsf($table, $_) } values %line);
	return %line;
}

# What is required of an object has to be there where anything of the object is.
sub missing_ocsf
{
	my ($table, $event) = @_;
	my @missing;

	for my $name (grep { $table->{$_}[1] eq 'required' } keys %$table) {
		my ($object) = $name =~ /^(.*\.)/;
		push @missing, $name if !defined $event->{$name} && (!$object || grep { index($_, $object) == 0 } keys %$event);
	}
	push @missing, 'an endpoint' unless grep { /^(?:src|dst)_endpoint\./ } keys %$event;
	push @missing, "type $event->{type_uid}" if $event->{type_uid} != $event->{class_uid} * 100 + $event->{activity_id};
	return @missing;
}

# The attribute that a path leads to, or undef.
sub resolve
{
	my ($schema, $path) = @_;
	my ($attributes, $attribute) = ($schema->{class});

	for my $part (split /\./, $path) {
		my $array = $part =~ s/\[\]$//;
		$attribute = $attributes->{$part} or return;
		return if !$attribute->{array} != !$array;
		$attributes = $schema->{objects}{$attribute->{type}};
	}
	return $attribute;
}

sub hold_ocsf_against_schema
{
	my $table = Leaves::table("$root/tests/schemas/ocsf.tsv");
	my $schema = $json->decode(slurp("$schemas/ocsf-network-activity.json"));
	# The file has the base event's enumerations for these two, whose only values are the class's own; and it has the
	# attributes of all profiles, of which only those count that metadata.profiles names.
	my %own = map { $_ => 1 } qw(category_uid class_uid);
	my %of_profile = (cloud => 'cloud', osint => 'osint');
	my @wrong;

	for my $name (sort keys %$table) {
		my ($type, $requirement, $values) = @{$table->{$name}};
		my $attribute = resolve($schema, $name);
		my $enum = join(',', sort { $a <=> $b } keys %{$attribute->{enum} // {}}) || '-';

		push @wrong, $name if !$attribute || $attribute->{type} ne $type
			|| $attribute->{requirement} ne $requirement || (!$own{$name} && $enum ne $values);
	}
	none('OCSF: our table agrees with the class', @wrong);
	none('OCSF: all that the class requires is in our table',
		grep { $schema->{class}{$_}{requirement} eq 'required' && !$of_profile{$_} && !has_attribute($table, $_) }
			sort keys %{$schema->{class}});
}

sub has_attribute
{
	my ($table, $name) = @_;

	return grep { $_ eq $name || index($_, "$name.") == 0 } keys %$table;
}

# --- Tracee ---

my @tracee_keys = qw(timestamp threadStartTime processorId processId cgroupId threadId parentProcessId hostProcessId
	hostThreadId hostParentProcessId userId mountNamespace pidNamespace processName executable hostName containerId
	container kubernetes eventId eventName argsNum returnValue syscall stackAddresses contextFlags threadEntityId
	processEntityId parentEntityId args);

# As Go's decoder of trace.Event wants them.
my %tracee_types = (
	(map { $_ => 'number' } grep { /Id$|Namespace$|Time$|^timestamp$|^argsNum$|^returnValue$/ } @tracee_keys),
	(map { $_ => 'string' } qw(processName hostName containerId eventId eventName syscall)),
	(map { $_ => 'object' } qw(executable container kubernetes contextFlags)),
	stackAddresses => 'null', args => 'array',
);

sub check_tracee
{
	my ($what, $path, $names, $id) = @_;
	my $shape = join ',', map { "$_:$tracee_types{$_}" } @tracee_keys;
	my @shapes = `jq -r '[to_entries[] | "\\(.key):\\(.value | type)"] | join(",")' $path`;
	my @args = `jq -c '[.args[] | "\\(.name):\\(.type)"]' $path`;
	my @values = `jq -c '.args[-1].value | if . == null then {} else . end | [keys_unsorted, map(type)]' $path`;
	my @events = map { $json->decode($_) } split /\n/, slurp($path);

	check_json($what, $path);
	none("$what: Tracee's keys in their order, of Go's types", grep { $_ ne "$shape\n" } @shapes);
	none("$what: its arguments", grep { $_ ne $json->encode($names) . "\n" } @args);
	none("$what: addresses of strings, sorted by key", grep { !sorted_strings($_) } map { $json->decode($_) } @values);
	none("$what: its event", grep { $_->{eventId} ne $id || $_->{eventName} ne 'security_socket_connect' } @events);
}

sub sorted_strings
{
	my ($keys, $types) = @{$_[0]};

	return "@$keys" eq join(' ', sort @$keys) && !grep { $_ ne 'string' } @$types;
}

# --- CSV ---

my $reader = <<'PYTHON';
import csv, json, sys
with open(sys.argv[1], newline="", encoding="utf-8") as rows:
    for row in csv.DictReader(rows, strict=True):
        print(json.dumps(row))
PYTHON

# The bytes that a column stands for.
sub unescape
{
	my ($text) = @_;

	utf8::encode($text);
	$text =~ s/\\(?:x([0-9a-f]{2})|(\\))/defined $1 ? chr hex $1 : $2/ge;
	return $text;
}

sub check_csv
{
	my ($what, $path) = @_;
	my $lines = () = slurp($path) =~ /\n/g;
	my $titles = () = (slurp($path) =~ /^(.*)/)[0] =~ /,/g;
	my @rows;

	open(my $out, '>', "$dir/reader.py") or die "reader.py: $!\n";
	print $out $reader;
	close $out;
	open(my $in, '-|', 'python3', "$dir/reader.py", $path) or die "python3: $!\n";
	@rows = map { $json->decode($_) } <$in>;
	ok(close($in) && @rows == $lines - 1 && @rows, "$what: a record a line to Python's csv, " . scalar(@rows) . ' of them');
	none("$what: as many fields as titles", grep { keys %$_ != $titles + 1 || grep({ !defined } values %$_) } @rows);
	return @rows;
}

# JSON's values by CSV's titles, as bytes. A name in hex comes behind the readable one, and counts.
sub flat
{
	my ($value, $name, $flat) = @_;

	if (ref $value eq 'HASH') {
		flat($value->{$_}, length $name ? "$name.$_" : $_, $flat) for sort keys %$value;
	} elsif ($name eq 'tags') {
		$flat->{$name} = join ' ', @$value;
	} elsif ($name eq 'args') {
		$flat->{$name} = join '', map { my $arg = $_; utf8::encode($arg); "$arg\0" } @$value;
	} elsif ($name =~ s/_hex$//) {
		$flat->{$name} = pack 'H*', $value;
	} else {
		$flat->{$name} = JSON::PP::is_bool($value) ? 'true' : "$value";
		utf8::encode($flat->{$name});
	}
}

# JSON says the same, in its own way.
sub same_as_json
{
	my ($rows, $path) = @_;
	my @objects = map { $json->decode($_) } split /\n/, slurp($path);
	my @wrong;

	for my $i (0 .. $#objects) {
		my $flat = {};
		flat($objects[$i], '', $flat);
		for my $name (keys %{$rows->[$i]}) {
			my $found = unescape($rows->[$i]{$name});
			push @wrong, "line $i, $name: $found" if $found ne ($flat->{$name} // '');
		}
	}
	return @wrong;
}

# --- the samples ---

sub check
{
	my ($what, $format, $path) = @_;

	return check_text($what, $path) if $format eq 'text';
	return check_json($what, $path) if $format eq 'json';
	return check_ecs($what, $path) if $format eq 'ecs';
	return check_ocsf($what, $path) if $format eq 'ocsf';
	return check_csv($what, $path) if $format eq 'csv';
	return check_tracee($what, $path, ['sockfd:int', 'remote_addr:struct sockaddr*'], '734') if $format eq 'tracee2';
	return check_tracee($what, $path, ['sockfd:int32', 'type:int32', 'remote_addr:SockAddr'], '736');
}

sub check_samples
{
	for my $format (@formats) {
		my $path = "$dir/sample.$format";

		is(system("$build/tests/unit/lines $format >$path"), 0, "samples as $format");
		my @found = check($format, $format, $path);
		none('csv: the same as JSON, to the byte', same_as_json(\@found, "$dir/sample.json")) if $format eq 'csv';
		check_table($format, {@found}) if $format =~ /^(?:ecs|ocsf)$/;
	}
}

# Each row of our tables is there because something is written so; these are of hosts whose name is no hostname.
sub check_table
{
	my ($format, $lines) = @_;
	my $table = Leaves::table("$root/tests/schemas/$format.tsv");
	my %written = map { $_ => 1 } map { keys %$_ } values %$lines;

	delete $table->{$_} for qw(device.name src_endpoint.name);
	none("$format: all of our table is written", grep { !$written{$_} } sort keys %$table);
}

# --- the callers ---

# Their pids, or nothing where this kernel can't be traced, or not by so many at once.
sub start_tracers
{
	my %pids;

	for my $format (@formats) {
		my $pid = fork // die "fork: $!\n";

		if (!$pid) {
			open STDOUT, '>', "$dir/out.$format";
			open STDERR, '>', "$dir/err.$format";
			exec $connsnoop, '-a', '--format', $format, '-o', "$dir/live.$format";
			exit 127;
		}
		$pids{$format} = $pid;
	}
	for my $format (@formats) {
		for (1 .. 300) {
			last if slurp("$dir/err.$format") =~ /^connsnoop: tracing/m;
			sleep 0.1;
		}
	}
	return %pids;
}

# All but the one that is there for its thousands of attempts.
sub call
{
	my $caller = "$build/tests/workload/caller";

	system("$caller $_ >>$dir/want 2>&1") for grep { $_ ne 'swarm' } split ' ', `$caller list`;
}

sub check_callers
{
	SKIP: {
		skip 'only root may trace', 1 if $>;
		my %pids = start_tracers();
		my @failed = grep { slurp("$dir/err.$_") !~ /^connsnoop: tracing/m } @formats;

		call() unless @failed;
		kill 'INT', values %pids;
		waitpid $_, 0 for values %pids;
		skip 'this kernel can not be traced: ' . slurp("$dir/err.$failed[0]"), 1 if @failed;
		for my $format (@formats) {
			check("callers as $format", $format, "$dir/live.$format");
		}
	}
}

is(system('command -v jq >/dev/null && command -v python3 >/dev/null'), 0, 'jq and python3 are there');
check_samples();
check_callers();
SKIP: {
	skip "the schemas are not in $schemas", 1 unless -r "$schemas/ecs-fields.csv";
	hold_ecs_against_schema();
	hold_ocsf_against_schema();
}
done_testing;
