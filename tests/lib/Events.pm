# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compares what the callers foretold with what connsnoop has said.
package Events;

use strict;
use warnings;

use JSON::PP;
use Test::More;

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

# What a kernel by its nature can't do. Other reasons to skip are failures where CI is set.
my @natural = (
	qr/^no such socket here/,
	qr/^no io_uring/,
	qr/^no (?:x32|32-bit) system calls/,
	qr/^no (?:user|network) namespace/,
	qr/^no seccomp filter/,
	qr/^no CPU hotplug/,
	qr/^no kprobe_events/,
	qr/^one program a tracepoint/,
	qr/^not seen by the \w+ hook/,
);

sub objects
{
	my ($path) = @_;
	my @objects;

	open(my $in, '<:raw', $path) or return;
	while (my $line = <$in>) {
		chomp $line;
		my $object = eval { $json->decode($line) };
		push @objects, {line => $line, data => $object};
	}
	return @objects;
}

sub wants
{
	my ($path) = @_;
	my @wants = objects($path);

	for my $want (@wants) {
		die "$path: $want->{line}\n" unless ref $want->{data};
	}
	return map { $_->{data} } @wants;
}

# { events, other (lost, summary), broken (lines that are no JSON) }
sub read_events
{
	my ($path) = @_;
	my %read = (events => [], other => [], broken => []);

	for my $object (objects($path)) {
		my $kind = !ref $object->{data} ? 'broken'
			: ($object->{data}{event} // '') eq 'security_socket_connect' ? 'events' : 'other';
		push @{$read{$kind}}, $object;
	}
	return \%read;
}

sub same
{
	my ($got, $wanted) = @_;

	return 0 if !defined $got || ref $got ne ref $wanted;
	if (ref $wanted eq 'HASH') {
		return 0 if keys %$got != keys %$wanted;
		for my $key (keys %$wanted) {
			return 0 unless exists $got->{$key};
			next if !ref $wanted->{$key} && ($wanted->{$key} // '') eq '*';
			return 0 unless same($got->{$key}, $wanted->{$key});
		}
		return 1;
	}
	# Numbers and strings are told apart only where they look alike: that is the slow part.
	return "$got" eq "$wanted" && $json->encode($got) eq $json->encode($wanted);
}

# undef: has to be absent; "*": any value; "~N": N or up to 10 ms more; "?name": if it is there at all. Objects have to be equal as
# a whole.
sub differs
{
	my ($event, $key, $wanted) = @_;
	my $optional = $key =~ s/^\?//;

	return exists $event->{$key} if !defined $wanted;
	return !$optional if !exists $event->{$key};
	return 0 if !ref $wanted && $wanted eq '*';
	return $event->{$key} < $1 || $event->{$key} - $1 >= 10_000_000 if !ref $wanted && $wanted =~ /^~(\d+)$/;
	return !same($event->{$key}, $wanted);
}

# The members of the expectation that the event misses.
sub differences
{
	my ($event, $expect) = @_;

	return grep { differs($event, $_, $expect->{$_}) } sort keys %$expect;
}

sub matches
{
	my ($event, $expect) = @_;

	# most are told by these already
	for my $key (grep { exists $expect->{$_} } qw(sockfd pid)) {
		return 0 if differs($event, $key, $expect->{$key});
	}
	return !differences($event, $expect);
}

# Which of the kernel's hooks the events came by.
sub hook_of
{
	my ($read) = @_;
	my ($first) = @{$read->{events}} or return undef;

	return ($first->{data}{hook} // '') =~ /^(\w+):/ ? $1 : undef;
}

sub adapt
{
	my ($expect, $hook) = @_;
	my %adapted = %$expect;

	if ($hook eq 'tracepoint') {
		# The socket isn't known at the entry of the system call.
		delete $adapted{type};
		$adapted{addr_source} = 'user_memory';
	}
	return \%adapted;
}

# The nearest event, to say what is wrong with it: one of the same caller if there is any.
sub nearest
{
	my ($read, $expect) = @_;
	my ($best, $least, @least);

	for my $event (@{$read->{events}}) {
		my @different = differences($event->{data}, $expect);
		my $far = @different + 10 * grep { /^(?:pid|sockfd|remote_addr)$/ } @different;

		($best, $least, @least) = ($event, $far, @different) if !$best || $far < $least;
	}
	return $best ? "nearest event differs in @least: $best->{line}" : 'there is no event';
}

# One line of the callers: an empty string, or what is wrong.
sub judge
{
	my ($want, $read, $hook) = @_;
	my $expect = $want->{expect} ? adapt($want->{expect}, $hook) : $want->{absent};
	my $count = $want->{expect} ? $want->{count} || 'some' : 0;
	my @matching = grep { matches($_->{data}, $expect) } @{$read->{events}};

	$_->{foretold} = 1 for @matching;
	return '' if $count eq 'some' ? @matching : @matching == $count;
	return 'wanted ' . $json->encode($expect) . "\n$count of it, got " . @matching .
		(@matching ? '' : "\n" . nearest($read, $expect));
}

sub skip_point
{
	my ($name, $reason) = @_;

	if ($ENV{CI} && !grep { $reason =~ $_ } @natural) {
		fail($name);
		diag("may not be skipped: $reason");
		return 'fail';
	}
	SKIP: { skip "$name: $reason", 1; }
	return 'skip';
}

# One test point for each case; returns case => ok, skip or fail.
sub check_cases
{
	my ($prefix, $wants, $read, $hook) = @_;
	my (%lines, @order, %verdict);

	for my $want (@$wants) {
		push @order, $want->{case} unless $lines{$want->{case}};
		push @{$lines{$want->{case}}}, $want;
	}
	for my $case (@order) {
		my ($skipped) = grep { $_->{skip} } @{$lines{$case}};
		my @seen = grep { my $want = $_; !$want->{skip} &&
			grep { $_ eq $hook } @{$want->{hooks}} } @{$lines{$case}};

		if ($skipped || !@seen) {
			$verdict{$case} = skip_point("$prefix$case",
				$skipped ? $skipped->{skip} : "not seen by the $hook hook");
			next;
		}
		my @wrong = grep { length } map { judge($_, $read, $hook) } @seen;
		ok(!@wrong, "$prefix$case") or diag(join "\n", @wrong);
		$verdict{$case} = @wrong ? 'fail' : 'ok';
	}
	return %verdict;
}

my @order = qw(event time ktime_ns cpu pid tid ppid uid gid comm sockfd type addrlen remote_addr via
	hook);
my @always = qw(event time ktime_ns cpu pid tid uid gid comm sockfd addrlen via hook);
my %form = (
	time => qr/^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"$/,
	ktime_ns => qr/^"\d+"$/,
	hook => qr{^"(?:kprobe|proto|tracepoint):[\w/]+"$},
	via => qr/^"(?:connect|socketcall|io_uring|unknown)"$/,
	comm => qr/^"/,
	map { $_ => qr/^-?\d+$/ } qw(cpu pid tid ppid uid gid sockfd addrlen),
);

# What is wrong with the form of an event, whatever it says.
sub misshapen
{
	my ($event) = @_;
	my $data = $event->{data};
	my $at = -1;

	for my $key (@always) {
		return "no $key" unless exists $data->{$key};
	}
	# Only what is read from the caller's memory may turn out to be unreadable.
	return 'no remote_addr' unless exists $data->{remote_addr} || exists $data->{addr_source};
	for my $key (@order) {
		next unless exists $data->{$key};
		my $found = index $event->{line}, "\"$key\":";
		return "$key out of order" if $found < $at;
		$at = $found;
		return "$key is $data->{$key}"
			if $form{$key} && $json->encode($data->{$key}) !~ $form{$key};
	}
	return '';
}

sub check_form
{
	my ($prefix, $read) = @_;
	my @wrong = map { my $why = misshapen($_); $why ? "$why: $_->{line}" : () } @{$read->{events}};

	push @wrong, map { "no JSON: $_->{line}" } @{$read->{broken}};
	splice @wrong, 5 if @wrong > 5;
	ok(!@wrong, "${prefix}form of every event") or diag(join "\n", @wrong);
}

# The stream ends with the sum, and the sum is right.
sub check_summary
{
	my ($prefix, $read) = @_;
	my @summaries = map { $_->{data} } grep { $_->{data}{event} eq 'summary' } @{$read->{other}};
	my %sum = %{$summaries[0] // {}};

	ok(@summaries == 1 && $sum{shown} == @{$read->{events}} &&
		$sum{attempts} == $sum{shown} + $sum{filtered} + $sum{lost}, "${prefix}summary")
		or diag('summaries: ', map({ $json->encode($_) } @summaries),
			'; events: ', scalar @{$read->{events}});
}

# Where nobody else is about, what nobody foretold is forged or doubled. $known is the name of one
# who is about.
sub check_nothing_else
{
	my ($prefix, $read, $known) = @_;
	my @else = grep { !$_->{foretold} && $_->{data}{comm} ne $known } @{$read->{events}};

	ok(!@else, "${prefix}nothing that nobody foretold")
		or diag(join "\n", map { $_->{line} } @else[0 .. ($#else < 4 ? $#else : 4)]);
}

1;
