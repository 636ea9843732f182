# SPDX-License-Identifier: GPL-2.0-or-later
#
# Markdown.
package Table;

use strict;
use warnings;

use Instructions;
use Rows;

my %label = (
	none => 'no tracer (the whole connect)',
	empty => 'empty program',
	constant => 'constant record of 64 bytes',
	text => 'connsnoop, text to a file',
	json => 'connsnoop, JSON to a file',
	filtered => 'connsnoop, all filtered out',
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

sub whole
{
	my ($value) = @_;

	return defined $value ? sprintf '%.0f', $value : '';
}

# A goal and what came of it: "≤ 1.65 × constant: 1.58, met".
sub goal
{
	my ($limit, $value, $of) = @_;

	return '' unless defined $value;
	return sprintf '≤ %s%s: %s', $limit, $of // '', $value <= $limit ? 'met' : 'missed';
}

sub added
{
	my ($found, $name, $kind, $key) = @_;
	my $value = $found->{$name}{$kind};

	return $value ? $value->{$key} - $found->{none}{$kind}{$key} : undef;
}

# What the tracer's own process takes for each event that it shows, or drops for a filter, or counts.
sub reader
{
	my ($row, $found) = @_;
	my $events = $row->{package} ? $found->{lines} : (split ' ', $found->{is} // '0')[0] + ($found->{filtered} // 0);

	return $events ? $found->{cpu_ns} / $events : undef;
}

# A connect on one CPU, from the caller to the line in the file.
sub in_all
{
	my ($row, $found, $kind) = @_;
	my $thread = added($found, $row->{name}, $kind, 'cpu');
	my $reader = reader($row, $found->{$row->{name}});

	return defined $thread ? $thread + ($reader // 0) : undef;
}

# The best of the peers that show the event.
sub best_peer
{
	my ($result) = @_;
	my %took = map { $_->{label} => in_all($_, $result->{peers}, 'udp') }
		grep { $_->{package} && $result->{peers}{$_->{name}}{udp} } @{$result->{rows}};
	my ($best) = sort { $took{$a} <=> $took{$b} } keys %took;

	return $best ? ($took{$best}, $best) : ();
}

sub guest_goals
{
	my ($row, $own, $udp, $all, $best) = @_;
	my $is = $row->{is} // return '';
	my ($of, $times, $what) = @{{
		shown => ['constant', Rows::SHOWN, ' × constant'],
		filtered => ['empty', Rows::FILTERED, ' × empty'],
		counted => ['hash', Rows::COUNTED, ' × hash update'],
	}->{$is}};
	my $floor = added($own, $of, 'udp', 'cpu');
	my $text = sprintf '%s (%.2f)', goal($times, $udp / $floor, $what), $udp / $floor;

	$text .= sprintf '; with reader < %.0f: %s', $best, $all < $best ? 'met' : 'missed'
		if $is eq 'shown' && defined $best;
	return $text;
}

sub lost_of
{
	my ($row, $found) = @_;

	return $row->{floor} || !$row->{package} ? $found->{lost} // 0 :
		sprintf '%.1f %%', 100 * (1 - $found->{lines} / Instructions::made($found));
}

sub guest
{
	my ($result) = @_;
	my $own = $result->{own};
	my ($best, $best_name) = best_peer($result);
	my $text = head("Instructions added to a connect (kprobe, $own->{release}, one CPU)",
		'', 'UDP, thread', '/ constant', '/ empty', 'UNIX', 'TCP refused', 'reader, per event shown',
		'UDP, both', 'TCP, both', 'lost', 'goal');

	$text .= row($label{none}, whole($own->{none}{udp}{cpu}), '', '',
		(map { whole($own->{none}{$_}{cpu}) } qw(unix tcp)),
		('') x 5);
	for my $row (@{$result->{rows}}) {
		my ($name, $found) = ($row->{name}, $result->{$row->{package} ? 'peers' : 'own'});
		my $thread = added($found, $name, 'udp', 'cpu');
		my $all = in_all($row, $found, 'udp');

		$text .= row($row->{label}, whole($thread), map({
			defined $thread ? ratio($thread, added($own, $_, 'udp', 'cpu')) : ''
		} qw(constant empty)), (map { whole(added($found, $name, $_, 'cpu')) } qw(unix tcp)),
			whole(reader($row, $found->{$name})), (map { whole(in_all($row, $found, $_)) } qw(udp tcp)),
			lost_of($row, $found->{$name}), guest_goals($row, $own, $thread, $all, $best));
	}
	$text .= "\nLeft out: $_.\n" for @{$result->{notes} // []};
	$text .= "\nThe best of those that show the event, reader included, is $best_name.\n" if $best_name;
	return $text . sprintf("\nUntraced once more at the end: %.1f, before: %.1f.\n\n",
		$own->{again}{udp}{cpu}, $own->{none}{udp}{cpu});
}

sub cpus
{
	my ($found) = @_;
	my @cpus = sort { $a <=> $b } keys %$found;
	my $text = head('How it grows with CPUs (a guest of so many, whose time is that of an emulator on this machine)',
		'CPUs', 'UDP connect, ns', 'empty program adds', 'constant record adds', 'connsnoop, text adds', 'with --buffer-pages 256',
		'/ constant', 'start to "tracing", ms', 'to the first event, ms', 'memory taken, rings included',
		'with --buffer-pages 256');

	for my $cpus (@cpus) {
		my $guest = $found->{$cpus};
		my $start = $guest->{start};

		$text .= row($cpus, whole($guest->{none}), map({
			defined $guest->{$_} ? whole($guest->{$_} - $guest->{none}) : 'failed'
		} qw(empty constant text wide)),
			(map { ratio($guest->{wide} - $guest->{none}, $_) } $guest->{constant} - $guest->{none}),
			map({ whole($start->{start}{$_}) } qw(ready_ms event_ms)), map({
				$_->{taken_kb} ? megabytes($_->{taken_kb}) : 'failed'
			} $start, $guest->{start_wide}));
	}
	return "$text\nWithout that option rings are smaller where there is little memory for so many CPUs; the guests have 1 GB.\n\n";
}

sub megabytes
{
	my ($kb) = @_;

	return sprintf '%.1f MB', $kb / 1024;
}

sub sums
{
	my ($found) = @_;
	my $text = head('How counting grows with different keys: the same guest, instructions', 'keys', 'added to a UDP connect',
		'memory taken', 'added, --max-keys 1000000', 'memory taken');

	return "Left out: counting by number of keys, since this binary has no bound for them (--max-keys).\n\n" unless $found;
	for my $count (1, 1000, 10000, 100000, 1000000) {
		my $base = $found->{"none$count"}{udp}{median};

		$text .= row($count, map({
			my $guest = $found->{"$_$count"};

			$guest->{udp} && ($guest->{is} // '') =~ /counted/ ?
				(whole($guest->{udp}{median} - $base), megabytes($guest->{taken_kb})) : ('failed', '')
		} qw(default roomy)));
	}
	return "$text\n";
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

# The issue's figures: 0.5 µs, nothing lost, CPU seconds per million by format, 2 MiB beside the rings.
sub flat_goals
{
	my ($name, @results) = @_;
	my ($added) = sort { $b <=> $a } map { $_->{added} } @results;
	my ($lost, $cpu) = (0, 0);

	return '' unless $name =~ /^(text|json)/;
	for (@results) {
		$lost += $_->{lost};
		$cpu = per_million($_) if per_million($_) > $cpu;
	}
	return join ', ', goal(500, $added, ' ns'), goal(0, $lost, ' lost'),
		goal($name =~ /json/ ? 0.4 : 0.3, $cpu, ' CPU s'),
		goal(2, ($results[1]{peak_kb} - $results[1]{rings_kb}) / 1024, ' MB beside the rings');
}

sub flat
{
	my ($found) = @_;
	my ($one, $two) = @$found{1, 2};
	my $text = head("UDP connects flat out on this machine ($found->{hook})", '',
		'added ns, 1 thread', '/ constant', '2 threads', '/ constant', 'lost, 1', 'lost, 2',
		'CPU s per million events, 1', '2', 'peak RSS', 'of that rings', 'goal');

	$text .= row($label{none}, sprintf('%.0f', $one->{none}{added}), '',
		sprintf('%.0f', $two->{none}{added}), ('') x 8);
	for my $name ('empty', 'constant', 'text', 'json', 'filtered', 'text, /dev/null', 'json, pipe') {
		$text .= row($label{$name}, map({
			sprintf('%.0f', $_->{$name}{added}), ratio($_->{$name}{added}, $_->{constant}{added})
		} $one, $two), map({ lost_percent($_->{$name}) } $one, $two),
			map({ per_million($_->{$name}) } $one, $two),
			megabytes($two->{$name}{peak_kb}), megabytes($two->{$name}{rings_kb}),
			flat_goals($name, $one->{$name}, $two->{$name}));
	}
	return "$text\nMade by two threads: $two->{none}{made} connects.\n\n";
}

sub paced
{
	my ($found) = @_;
	my @rates = sort { $a <=> $b } keys %$found;
	my $text = head('UDP connects at a rate: added microseconds, mean', '',
		(map { ("$_ a second", '/ constant') } @rates), 'goal');

	$text .= row($label{none}, (map { sprintf('%.2f', $found->{$_}{none}{added} / 1000), '' } @rates), '');
	for my $name (qw(constant text json)) {
		$text .= row($label{$name}, map({
			my $added = $found->{$_}{$name}{added};

			sprintf('%.2f', $added / 1000), ratio($added, $found->{$_}{constant}{added})
		} @rates), $name eq 'constant' ? '' : goal(0.5, $found->{10000}{$name}{added} / 1000, ' at 10000'));
	}
	return "$text\n";
}

sub in_kind
{
	my ($format, $value) = @_;

	return defined $value ? sprintf $format, $value : '-';
}

# $installed: KiB by package; connsnoop itself is one file.
sub peers
{
	my ($found, $installed, $own_kb) = @_;
	my $text = head('Peers on this machine, UDP flat out', '', 'added ns, 1 thread', '2 threads', 'lost, 1', 'lost, 2',
		'CPU s per million shown, 1', '2', 'peak RSS', 'exec to first event', 'installed, with what it needs');

	for my $row (@{$found->{rows}}) {
		my @results = @$row{1, 2};

		$text .= row($row->{label}, map({ sprintf '%.0f', $_->{added} } @results),
			map({ sprintf '%.1f %%', 100 * (1 - ($_->{shown} < $_->{made} ? $_->{shown} / $_->{made} : 1)) } @results),
			map({ $_->{shown} ? sprintf('%.2f', $_->{cpu_s} / $_->{shown} * 1e6) : '-' } @results),
			$results[1]{peak_kb} ? megabytes($results[1]{peak_kb}) : '-', in_kind('%.1f ms', $row->{event_ms}),
			in_kind('%.1f MB', (map { defined ? $_ / 1024 : undef }
				$row->{package} ? $installed->{$row->{package}} : $own_kb)[0]));
	}
	$text .= "\nNot measured: $_.\n" for @{$found->{absent}};
	return "$text\n";
}

sub idle
{
	my ($found, $seconds) = @_;
	my %name = (idle_one => 'connsnoop -p PID, a process that does nothing', idle_all => 'connsnoop');

	return head("Idle: $seconds seconds", '', 'context switches', 'attempts shown meanwhile', 'goal') . join('', map {
		my ($switches, $shown) = @{$found->{$_}}{qw(switches shown)};

		row($name{$_}, $switches, $shown, $_ eq 'idle_one' || !$shown ? goal(0, $switches) : '')
	} qw(idle_one idle_all)) . "\n";
}

sub start
{
	my ($found) = @_;

	return head('Start', '', 'median of 21', 'goal') .
		row('exec to "tracing"', sprintf('%.1f ms', $found->{ready_ms}), '') .
		row('exec to the first event in a pipe', sprintf('%.1f ms', $found->{event_ms}),
			goal(10, $found->{event_ms}, ' ms')) .
		row('peak RSS', megabytes($found->{peak_kb}), '') . "\n";
}

1;
