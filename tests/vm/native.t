#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The callers on this very kernel, whatever hook it offers. Others are about here, so that only the
# callers' own events are looked at.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);

my $root;
BEGIN { $root = dirname(dirname(dirname(abs_path(__FILE__)))); }
use lib "$root/tests/lib";
use Events;

my $build = $ENV{BUILD} // "$root/build";
my $connsnoop = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);

sub slurp
{
	open(my $in, '<', $_[0]) or return '';
	local $/;
	return <$in> // '';
}

# Its pid once it traces, or nothing and the reason in stderr.
sub start
{
	my $pid = fork // die "fork: $!\n";

	if (!$pid) {
		open STDOUT, '>', "$dir/out";
		open STDERR, '>', "$dir/err";
		exec $connsnoop, '-a', '--json', '-o', "$dir/json" or die "$connsnoop: $!\n";
	}
	for (1 .. 300) {
		return $pid if slurp("$dir/err") =~ /^connsnoop: tracing/m;
		return if waitpid($pid, 1) == $pid;
		sleep 0.1;
	}
	kill 'KILL', $pid;
	return;
}

sub run_callers
{
	my $callers = "$build/tests/workload";

	system("$callers/caller all >$dir/want");
	return unless -x "$callers/caller32" && `$callers/caller32 list 2>/dev/null`;
	system("$callers/caller32 all >>$dir/want; $callers/caller32 -s all >>$dir/want");
}

plan skip_all => 'only root may trace' if $>;
my $pid = start();
if (!$pid && ($? >> 8) =~ /^[34]$/) {
	plan skip_all => 'this kernel can not be traced: ' . slurp("$dir/err");
}
ok($pid, 'connsnoop traces') or BAIL_OUT(slurp("$dir/err"));
run_callers();
kill 'INT', $pid;
waitpid $pid, 0;
is($? >> 8, 0, 'status after SIGINT') or diag(slurp("$dir/err"));
my $read = Events::read_events("$dir/json");
my $hook = Events::hook_of($read) // 'none';
like($hook, qr/^(?:kprobe|proto|tracepoint)$/, "a hook is named: $hook");
Events::check_cases('native ', [Events::wants("$dir/want")], $read, $hook);
Events::check_form('native ', $read);
done_testing;
