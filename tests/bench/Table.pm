# SPDX-License-Identifier: GPL-2.0-or-later
#
# Markdown.
package Table;

use strict;
use warnings;

my %label = (
	none => 'no tracer (the whole connect)',
	empty => 'empty program',
	constant => 'constant record of 64 bytes',
	text => 'connsnoop, text to a file',
	json => 'connsnoop, JSON to a file',
	perf => 'connsnoop, text to a file, --ring perf',
	filtered => 'connsnoop, all filtered out',
	result => 'connsnoop, -r, JSON to a file',
	'text, /dev/null' => 'connsnoop, text to /dev/null',
	'json, pipe' => 'connsnoop, JSON into a pipe',
);

sub row
{
	return '| ' . join(' | ', @_) . " |\n";
}

sub head
{
	my ($title, @columns) = @_;

	return "### $title\n\n" . row(@columns) . row('---', ('---:') x (@columns - 1));
}

sub ratio
{
	my ($value, $of) = @_;

	return $of && $of > 0 ? sprintf '%.2f', $value / $of : '-';
}

sub guest
{
	my ($found) = @_;
	my %base = map { $_ => $found->{none}{$_} } qw(udp unix tcp);
	my $text = head("Instructions added to a connect (kprobe, $found->{release}, one CPU)",
		'', 'UDP, thread', '/ constant', '/ empty', 'UNIX', 'TCP refused', 'UDP, reader included',
		'/ constant', 'lost');
	my $added = sub {
		my ($name, $kind, $key) = @_;

		return ($found->{$name}{$kind}{$key} // 0) - $base{$kind}{$key};
	};

	$text .= row($label{none}, sprintf('%.0f', $base{udp}{median}), '', '',
		(map { sprintf '%.0f', $base{$_}{median} } qw(unix tcp)),
		sprintf('%.0f', $base{udp}{wall}), '', '');
	for my $name (qw(empty constant text json perf filtered result)) {
		my $thread = $added->($name, 'udp', 'median');
		my $wall = $added->($name, 'udp', 'wall');

		$text .= row($label{$name}, sprintf('%.0f', $thread),
			ratio($thread, $added->('constant', 'udp', 'median')),
			ratio($thread, $added->('empty', 'udp', 'median')),
			(map { sprintf '%.0f', $added->($name, $_, 'median') } qw(unix tcp)),
			sprintf('%.0f', $wall), ratio($wall, $added->('constant', 'udp', 'wall')),
			$found->{$name}{lost} // 0);
	}
	return $text . sprintf("\nUntraced once more at the end: %.1f, before: %.1f.\n\n",
		$found->{again}{udp}{median}, $base{udp}{median});
}

sub per_million
{
	my ($result) = @_;
	my $events = ($result->{shown} // 0) + ($result->{filtered} // 0);

	return $events ? sprintf '%.2f', $result->{tracer_cpu} / $events * 1e6 : '';
}

sub lost_percent
{
	my ($result) = @_;

	return '' unless $result->{attempts};
	return $result->{lost} ? sprintf '%.2f %%', 100 * $result->{lost} / $result->{attempts} : '0';
}

sub flat
{
	my ($found) = @_;
	my ($one, $two) = @$found{1, 2};
	my $text = head("UDP connects flat out on this machine ($found->{hook})", '',
		'added ns, 1 thread', '/ constant', '2 threads', '/ constant', 'lost, 1', 'lost, 2',
		'CPU s per million events, 1', '2', 'peak RSS');

	$text .= row($label{none}, sprintf('%.0f', $one->{none}{added}), '',
		sprintf('%.0f', $two->{none}{added}), ('') x 6);
	for my $name ('empty', 'constant', 'text', 'json', 'filtered', 'text, /dev/null', 'json, pipe') {
		$text .= row($label{$name}, map({
			sprintf('%.0f', $_->{$name}{added}), ratio($_->{$name}{added}, $_->{constant}{added})
		} $one, $two), map({ lost_percent($_->{$name}) } $one, $two),
			map({ per_million($_->{$name}) } $one, $two),
			sprintf('%.1f MB', $two->{$name}{peak_kb} / 1024));
	}
	return "$text\nMade by two threads: $two->{none}{made} connects.\n\n";
}

sub paced
{
	my ($found) = @_;
	my @rates = sort { $a <=> $b } keys %$found;
	my $text = head('UDP connects at a rate: added microseconds, mean', '',
		map { ("$_ a second", '/ constant') } @rates);

	$text .= row($label{none}, map { sprintf('%.2f', $found->{$_}{none}{added} / 1000), '' } @rates);
	for my $name (qw(constant text json)) {
		$text .= row($label{$name}, map {
			my $added = $found->{$_}{$name}{added};

			sprintf('%.2f', $added / 1000), ratio($added, $found->{$_}{constant}{added})
		} @rates);
	}
	return "$text\n";
}

sub peers
{
	my ($found) = @_;
	my $text = head('Others that are installed here, UDP flat out, one thread', '', 'added ns',
		'lost');

	return '' unless %$found;
	for my $name (sort keys %$found) {
		$text .= row($name, sprintf('%.0f', $found->{$name}{added}),
			sprintf('%.1f %%', $found->{$name}{lost_percent}));
	}
	return "$text\n";
}

sub start
{
	my ($found) = @_;

	return head('Start', '', 'median of 21') .
		row('exec to "tracing"', sprintf '%.1f ms', $found->{ready_ms}) .
		row('exec to the first event in a pipe', sprintf '%.1f ms', $found->{event_ms}) .
		row('peak RSS', sprintf '%.1f MB', $found->{peak_kb} / 1024) . "\n";
}

1;
