# SPDX-License-Identifier: GPL-2.0-or-later
#
# A container with nothing in it but connsnoop, as an OCI bundle: a root file system of one file, and a config.json from
# what `runc spec` says is the default, made narrower.
package Container;

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical->pretty;
my $profile = '/usr/share/containers/seccomp.json';

sub slurp
{
	my ($path) = @_;

	open(my $in, '<:raw', $path) or return '';
	local $/;
	return <$in> // '';
}

sub spew
{
	my ($path, $text) = @_;

	open(my $out, '>:raw', $path) or die "$path: $!\n";
	print $out $text;
	close $out;
}

# The engines' default profile of system calls, and what a command of jq makes of it.
sub default_profile { return slurp($profile); }

sub filtered_profile
{
	my ($filter) = @_;

	open(my $jq, '-|', 'jq', $filter, $profile) or die "jq: $!\n";
	local $/;
	return scalar <$jq>;
}

sub all_held
{
	my ($wanted, $held) = @_;

	return !grep { my $one = $_; !grep { $_ eq $one } @$held } @{$wanted // []};
}

sub any_held
{
	my ($wanted, $held) = @_;

	return scalar grep { my $one = $_; grep { $_ eq $one } @$held } @{$wanted // []};
}

# As the engines make a runtime's rules of the profile: by what the container may do, and its architecture.
sub rules_for
{
	my ($text, $capabilities, $arch) = @_;
	my $from = $json->decode($text);
	my @rules;

	for my $rule (@{$from->{syscalls}}) {
		my ($in, $out) = @$rule{qw(includes excludes)};

		next unless all_held($in->{caps}, $capabilities) && !any_held($out->{caps}, $capabilities);
		next if $in->{arches} && !any_held($in->{arches}, [$arch]);
		next if any_held($out->{arches}, [$arch]);
		push @rules, {
			map { defined $rule->{$_} ? ($_ => $rule->{$_}) : () } qw(names action args errnoRet)
		};
	}
	my ($map) = grep { lc $_->{architecture} eq 'scmp_arch_' . ($arch eq 'amd64' ? 'x86_64' : 'aarch64') }
		@{$from->{archMap}};
	return {
		defaultAction => $from->{defaultAction}, defaultErrnoRet => $from->{defaultErrnoRet},
		architectures => [$map->{architecture}, @{$map->{subArchitectures}}], syscalls => \@rules,
	};
}

# Options: args, capabilities, profile (text; none without), tracefs (whether it is there), user.
sub config
{
	my ($spec, %option) = @_;
	my $config = $json->decode($spec);
	my $process = $config->{process};
	my $capabilities = $option{capabilities};

	$process->{terminal} = JSON::PP::false;
	$process->{args} = ['/connsnoop', @{$option{args}}];
	$process->{noNewPrivileges} = JSON::PP::true;
	$process->{capabilities} = {map { $_ => $capabilities } qw(bounding effective permitted)};
	if ($option{user}) {
		$process->{user} = {uid => $option{user}, gid => $option{user}};
		$process->{capabilities}{$_} = $capabilities for qw(inheritable ambient);
	}
	$config->{root}{readonly} = JSON::PP::true;
	$config->{mounts} = [grep { $_->{destination} =~ m{^/(?:proc|dev|sys)$} } @{$config->{mounts}}];
	push @{$config->{mounts}}, {
		destination => '/sys/kernel/tracing', type => 'tracefs', source => 'tracefs',
		options => [qw(ro nosuid nodev noexec)],
	} if $option{tracefs};
	$config->{linux}{seccomp} = rules_for($option{profile}, $capabilities, 'amd64') if $option{profile};
	return $json->encode($config);
}

# A folder with rootfs/ and config.json.
sub bundle
{
	my ($dir, $binary, $config) = @_;

	make_path("$dir/rootfs");
	copy($binary, "$dir/rootfs/connsnoop") or die "$binary: $!\n";
	chmod 0755, "$dir/rootfs/connsnoop";
	spew("$dir/config.json", $config);
	return $dir;
}

# What `RUNTIME spec` says.
sub spec
{
	my ($runtime, $dir) = @_;

	make_path($dir);
	unlink "$dir/config.json";
	system("cd '$dir' && $runtime spec >/dev/null 2>&1") == 0 or return;
	return slurp("$dir/config.json");
}

1;
