#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packages of each kind, from the same `make install`: built, held against the list of packaging/files, installed where
# nobody else is, run, and removed. Where Debian has no tools for a kind, its own functions are run on stand-ins for the
# rest of that system (tests/packages). Builds the program four times: takes a minute or two.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);
use Test::More;

my $root = dirname(dirname(abs_path(__FILE__)));
my $build = $ENV{BUILD} // "$root/build";
my $binary = $ENV{CONNSNOOP} // "$build/connsnoop";
my $dir = tempdir(CLEANUP => 1);
my $stubs = "$root/tests/packages";
my ($version) = slurp("$root/Makefile") =~ /^VERSION := (\S+)$/m;
my $tree = "$dir/connsnoop-$version";

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

# True where a command of the shell ends with 0; what it says otherwise.
sub works
{
	my ($name, $command) = @_;
	my $said = `{ $command
	} 2>&1 </dev/null`;

	return ok($? == 0, $name) || diag(length $said > 3000 ? substr($said, -3000) : $said) && 0;
}

sub said
{
	my ($command) = @_;

	return scalar `{ $command
	} 2>&1 </dev/null`;
}

# The paths of all that is no folder, from / on.
sub files_in
{
	my ($top) = @_;

	return sort split /\n/, `find '$top' ! -type d -printf '/%P\n' 2>/dev/null`;
}

# What packaging/files says for these parts and variables.
sub listed
{
	my ($variables) = @_;

	return sort split /\n/, said("cd '$root' && $variables scripts/install --list");
}

sub md5_of { return said("md5sum '$_[0]'") =~ s/\s.*//sr; }

# --- one version, one list ---

sub check_versions
{
	my %says = (
		'connsnoop.8' => qr/^\.TH CONNSNOOP 8 "[\d-]+" "connsnoop (\S+)"/m,
		'packaging/debian/changelog' => qr/^connsnoop \((\S+)-\d+\)/m,
		'packaging/rpm/connsnoop.spec' => qr/^Version:\s+(\S+)/m,
		'packaging/alpine/APKBUILD' => qr/^pkgver=(\S+)/m,
		'packaging/buildroot/connsnoop.mk' => qr/^CONNSNOOP_VERSION = (\S+)/m,
		'packaging/openwrt/Makefile' => qr/^PKG_VERSION:=(\S+)/m,
	);

	for my $file (sort keys %says) {
		my ($says) = slurp("$root/$file") =~ $says{$file};

		is($says, $version, "$file has the version");
	}
	ok(-e "$root/packaging/yocto/connsnoop_$version.bb", 'so has the name of the recipe');
	is(said("'$binary' --version"), "connsnoop $version\n", 'and the program');
}

sub check_install
{
	my $all = 'PARTS="program manual completion systemd openrc"';

	works('make install', "cd '$root' && make -s install DESTDIR='$dir/root' PREFIX=/usr $all");
	is_deeply([files_in("$dir/root")], [listed("PREFIX=/usr $all")], 'what it installs is what is listed');
	works('no word of packaging/files is left', "! grep -rE '\@[A-Z]+\@' '$dir/root' --exclude=connsnoop.8 -I");
	works('make uninstall', "cd '$root' && make -s uninstall DESTDIR='$dir/root' PREFIX=/usr $all");
	is_deeply([files_in("$dir/root"), glob("$dir/root/*")], [], 'nothing is left');
	works('an unknown part is refused', "cd '$root' && ! make -s install DESTDIR='$dir/root' PARTS=nothing");
}

# --- completion ---

# In bash, what is offered for the last of these words.
sub offered
{
	my (@words) = @_;
	my $last = $#words + 1;
	my $quoted = join ' ', map { "'$_'" } 'connsnoop', @words;

	return said("bash --norc -c 'source \"\$0\" && COMP_WORDS=($quoted) COMP_CWORD=$last && _connsnoop &&
		printf \"%s\\n\" \"\${COMPREPLY[\@]}\"' '$root/packaging/completion/connsnoop'") =~ s/\n$//r;
}

sub check_bash
{
	is(offered('--form'), '--format', 'bash: an option');
	is(offered('--hook', 'k'), 'kprobe', 'bash: a word');
	is(offered('--format', '=', 'oc'), 'ocsf', 'bash: a word behind =');
	is(offered('--by', 'comm,ad'), 'comm,addr', 'bash: the next of a list');
	is(offered('--family', '!inet6'), '!inet6', 'bash: a list that is turned round');
	like(offered('-o', "$root/Makef"), qr{/Makefile$}, 'bash: a file');
	like(offered('--', 'sor'), qr/^sort$/m, 'bash: a command');
	is(offered('-n', ''), '', 'bash: nothing for a number');
	my $options = join ' ', sort grep { /^-./ && $_ ne '--' } split /\n/, offered('-');
	my $help = join ' ', sort +(said("'$binary' --help") =~ /(?<=[ ,])(-[A-Za-z0-9]|--[a-z][a-z-]*)(?=[ ,\[=]|$)(?<!--)/mg);
	my %seen = map { $_ => 1 } split / /, $help;

	is_deeply([grep { !$seen{$_} } split / /, $options], [], 'bash: no option that --help does not have');
}

# A shell in a terminal of its own, and a tab.
sub check_zsh
{
	my $script = <<'END';
zmodload zsh/zpty
zpty shell zsh -f -i
type() { zpty -w -n shell $1; sleep $2; }
type $'PS1= fpath=('$1$' $fpath); autoload -U compinit; compinit -u -d '$2$'\n' $3
type $'connsnoop --hook kp\t' $3
type $'--form\t' $3
type $'oc\t' $3
zpty -r -t shell out
while zpty -r -t shell more; do out+=$more; done
print -r -- $out
zpty -d shell
END

	spew("$dir/tab.zsh", $script);
	my $out = '';

	# how long a busy machine takes for an answer, nobody says
	for my $seconds (1, 4, 15) {
		$out = said("cd '$dir' && export TERM=dumb &&
			timeout 120 zsh -f '$dir/tab.zsh' '$root/packaging/completion' '$dir/zcompdump' $seconds");
		last if $out =~ /ocsf/;
	}
	like($out, qr/--hook kprobe/, 'zsh: a word');
	like($out, qr/--format/, 'zsh: an option');
	like($out, qr/ocsf/, 'zsh: its word') or diag($out);
}

sub check_completion
{
	for (['bash', 'connsnoop'], ['zsh', '_connsnoop']) {
		my ($shell, $file) = @$_;

		ok(said("'$root/scripts/completion' $shell '$binary'") eq slurp("$root/packaging/completion/$file"),
			"$shell: it is what --help makes of it (make completion)");
	}
	for my $line (split /\n/, said("'$root/scripts/completion' words '$binary'")) {
		my ($option, @words) = split / /, $line;

		next if $option eq '--syslog';
		my $with = $option eq '--by' ? '-c' : '';
		is_deeply([grep { said("'$binary' $with $option '$_' --help") !~ /^Usage/ } @words], [],
			"$option takes every word that is offered");
	}
	works('bash: shellcheck', "shellcheck '$root/packaging/completion/connsnoop'");
	check_bash();
	works('zsh: syntax', "zsh -n '$root/packaging/completion/_connsnoop'");
	check_zsh();
}

# --- releases ---

sub check_dist
{
	my $tarball = "connsnoop-$version.tar.xz";

	works('make dist', "cd '$root' && scripts/dist $version && cp build/dist/$tarball build/dist/SHA256SUMS '$dir/'");
	works('its checksums', "cd '$root/build/dist' && sha256sum -c SHA256SUMS");
	works('it unpacks', "tar -xJf '$dir/$tarball' -C '$dir'");
	# with other times, rights, languages and places
	works('from an unpacked one, later and elsewhere', "sleep 1 && cp -r --preserve=mode '$tree' '$dir/elsewhere' &&
		cd '$dir/elsewhere' && chmod -R go-rwx . && umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 USER=other \\
		SOURCE_DATE_EPOCH=\$(stat -c %Y '$tree/Makefile') scripts/dist $version");
	works('they are the same', "cmp '$dir/$tarball' '$dir/elsewhere/build/dist/$tarball'");
}

# --- packages ---

sub check_deb
{
	my $deb = "$dir/deb/connsnoop_$version-1_" . (said('dpkg --print-architecture') =~ s/\n//r) . '.deb';

	works('a .deb', "cd '$root' && umask 022 && scripts/package deb $version '$dir/deb'") or return;
	works('lintian', "lintian --profile debian --fail-on error,warning '$dir'/deb/*.changes");
	works('a second one, elsewhere and later', "cd '$root' && umask 077 && TZ=Asia/Tokyo LC_ALL=C JOBS=1 HOME=/ \\
		scripts/package deb $version '$dir/another place for it'/../deb2");
	works('they are the same', "cmp '$deb' '$dir/deb2/" . basename($deb) . "'");
	is_deeply([sort grep { !m{/doc/connsnoop/[^/]+$|/lintian/} } map { s/\.8\.gz$/.8/r } grep { !m{/$} }
			map { m{ \.(/\S+)$} } split /\n/, said("dpkg-deb -c '$deb'")],
		[listed('PREFIX=/usr PARTS="program manual completion systemd paranoid" UNITDIR=/lib/systemd/system ' .
			'ZSHDIR=/usr/share/zsh/vendor-completions')], 'what is in it is what is listed');
	install_deb($deb);
}

# In a root that has nothing but dpkg's lists.
sub install_deb
{
	my ($deb) = @_;
	my $into = "$dir/deb-root";
	my $dpkg = "DPKG_COLORS=never dpkg --root='$into' --force-script-chrootless --force-not-root --log=/dev/null";

	works('a root to install it in', "mkdir -p '$into/var/lib/dpkg/info' '$into/var/lib/dpkg/updates' &&
		: >'$into/var/lib/dpkg/status'");
	works('dpkg -i', "$dpkg -i '$deb'");
	is(said("chroot '$into' /usr/sbin/connsnoop --version"), "connsnoop $version\n", 'it runs there');
	is_deeply([grep { m{/systemd/.*\.wants/} } files_in($into)], [], 'its service is off');
	works('dpkg -r', "$dpkg -r connsnoop");
	is_deeply([grep { !m{^/var/lib/(?:dpkg|systemd)/} } files_in($into)], ['/etc/default/connsnoop'],
		'removed: only what the user may have changed is left');
	works('dpkg -P', "$dpkg -P connsnoop");
	is_deeply([grep { !m{^/var/lib/dpkg/} } files_in($into)], [], 'purged: nothing is left');
}

sub check_rpm
{
	my $into = "$dir/rpm-root";
	my $rpm = "rpm --root '$into' --dbpath /var/lib/rpm";
	my $file = "'$dir'/rpm/connsnoop-$version-1.\$(uname -m).rpm";

	works('an .rpm', "cd '$root' && scripts/package rpm $version '$dir/rpm'") or return;
	works('rpmlint', "rpmlint -c '$root/packaging/rpm/rpmlint.toml' '$root/packaging/rpm/connsnoop.spec' '$dir'/rpm/*.rpm");
	mkdir $into;
	works('rpm -i', "$rpm -i $file");
	is(said("chroot '$into' /usr/sbin/connsnoop --version"), "connsnoop $version\n", 'it runs there');
	is_deeply([grep { !m{^/var/lib/rpm/|/doc/connsnoop-|/licenses/} } files_in($into)],
		[listed('PREFIX=/usr PARTS="program manual completion systemd" DEFAULTS=/etc/sysconfig ' .
			'UNITDIR=/usr/lib/systemd/system')], 'what it installs is what is listed');
	works('rpm -e', "$rpm -e connsnoop");
	is_deeply([grep { !m{^/var/lib/rpm/} } files_in($into)], [], 'removed: nothing is left');
	is(said("find '$into' -name '*connsnoop*'"), '', 'no folder of its own either');
}

# Debian has no abuild: the recipe's functions, as that would call them. The tree stays, with what was built.
sub check_alpine
{
	my $script = "$root/packaging/alpine/APKBUILD";

	works('APKBUILD: syntax', "sh -n '$script' && shellcheck '$script'");
	works('APKBUILD: build, check and package', "
		CARCH=\$(uname -m) srcdir='$dir' pkgdir='$dir/apk'
		. '$script'
		for field in \"\$pkgname\" \"\$pkgdesc\" \"\$url\" \"\$arch\" \"\$license\" \"\$makedepends\" \"\$source\"; do
			[ -n \"\$field\" ] || exit
		done
		cd \"\$builddir\" && set -e && build && check && package");
	is_deeply([files_in("$dir/apk")], [listed('PREFIX=/usr PARTS="program manual completion openrc"')],
		'APKBUILD: what it packages is what is listed');
	is(said("chroot '$dir/apk' /usr/sbin/connsnoop --version"), "connsnoop $version\n", 'APKBUILD: it runs');
	works('the binary is that of the sources\' own folder', "cmp '$dir/apk/usr/sbin/connsnoop' '$build/connsnoop'");
	works('OpenRC: syntax', "sh -n '$dir/apk/etc/init.d/connsnoop' && shellcheck '$root/packaging/openrc/connsnoop'");
	works('OpenRC: what it runs', "RC_SVCNAME=connsnoop sh -c '. \"\$0\" &&
		[ \"\$command \$command_args\" = \"/usr/sbin/connsnoop --syslog\" ] &&
		CONNSNOOP_OPTIONS=\"-4 --json\" && . \"\$0\" && [ \"\$command_args\" = \"-4 --json\" ]' \\
		'$dir/apk/etc/init.d/connsnoop'");
}

# The compiler that a system names is the one that is called.
sub check_compiler
{
	my ($kind, $make, $variable) = @_;

	like(said("$make $variable=of-that-system-gcc -n -B build"), qr/^of-that-system-gcc .*-Os .* loader\/main\.c$/m,
		"$kind: its own compiler and flags");
}

sub check_buildroot
{
	my $package = "$root/packaging/buildroot";
	my $make = "make -s -f '$stubs/buildroot.mk' PACKAGE='$package/connsnoop.mk' TREE='$tree' TARGET_DIR='$dir/buildroot'";
	my $config = <<'END';
import kconfiglib, os, sys
conf = kconfiglib.Kconfig(sys.argv[1], warn_to_stderr=False)
want = conf.syms["BR2_PACKAGE_CONNSNOOP"]
seen = want.visibility
for name in ("BR2_USE_WCHAR", "BR2_TOOLCHAIN_HAS_THREADS", "BR2_SHARED_STATIC_LIBS", "BR2_PACKAGE_LLVM_ARCH_SUPPORTS"):
    conf.syms[name].set_value(2)
want.set_value(2)
picks = [conf.syms[name].str_value for name in ("BR2_PACKAGE_ELFUTILS", "BR2_PACKAGE_LIBCAP", "BR2_PACKAGE_ZLIB")]
print(seen, want.str_value, *picks, *conf.warnings)
END

	spew("$dir/Config.in", join('', map { "config BR2_$_\n\tbool \"$_\"\n" } qw(USE_WCHAR TOOLCHAIN_HAS_THREADS STATIC_LIBS
		SHARED_STATIC_LIBS PACKAGE_LLVM_ARCH_SUPPORTS PACKAGE_ELFUTILS PACKAGE_LIBCAP PACKAGE_ZLIB mipsel mips64el
		powerpc64le s390x)) . "source \"$package/Config.in\"\n");
	spew("$dir/config.py", $config);
	is(said("/usr/bin/python3 '$dir/config.py' '$dir/Config.in'"), "0 y y y y\n", 'Buildroot: Config.in, and what it selects');
	works('Buildroot: build and install', "$make build install");
	is_deeply([files_in("$dir/buildroot")], ['/usr/sbin/connsnoop'], 'Buildroot: what it installs');
	is(said("chroot '$dir/buildroot' /usr/sbin/connsnoop --version"), "connsnoop $version\n", 'Buildroot: it runs');
	check_compiler('Buildroot', $make =~ s/-s //r, 'TARGET_CC');
}

sub check_openwrt
{
	my $package = "$root/packaging/openwrt/Makefile";
	my $files = "$root/packaging/openwrt/files";
	my $into = "$dir/openwrt";

	mkdir "$dir/stubs";
	spew("$dir/stubs/$_", '') for qw(rules.mk package.mk bpf.mk);
	my $make = "make -s -f '$stubs/openwrt.mk' STUBS='$dir/stubs' PACKAGE='$package' TREE='$tree' INTO='$into'";
	works('OpenWrt: build and install', "$make build install");
	is_deeply([files_in($into)], [listed('PREFIX=/usr PARTS="program procd"')], 'OpenWrt: what it installs is what is listed');
	is(said("$make print"), "$version connsnoop-$version.tar.xz COPYING\n", 'OpenWrt: its fields');
	is(said("chroot '$into' /usr/sbin/connsnoop --version"), "connsnoop $version\n", 'OpenWrt: it runs');
	works('OpenWrt: the init script', "shellcheck '$files/connsnoop.init' '$stubs/procd.sh'");
	check_procd("$into/etc/init.d/connsnoop", "$into/etc/config/connsnoop");
}

sub instances
{
	my ($init, $config) = @_;

	return said("sh '$stubs/procd.sh' '$init' '$config'");
}

sub check_procd
{
	my ($init, $config) = @_;
	my $start = 'main: </usr/sbin/connsnoop>';

	is(instances($init, $config), '', 'procd: off as it comes');
	spew("$dir/uci", slurp($config) =~ s/enabled '0'/enabled '1'/r);
	my $said = instances($init, "$dir/uci");
	is($said, "$start <--syslog> <--format> <text> <--net> <!127.0.0.0/8,::1>\n", 'procd: switched on');
	# every line that is a comment as it comes
	spew("$dir/uci", slurp($config) =~ s/enabled '0'/enabled '1'/r =~ s/^\t#(?=option|list)/\t/mgr .
		"config connsnoop 'second'\n\toption enabled '1'\n\toption syslog 'udp:192.0.2.1:514'\n\tlist port '22'\n\tlist port '80-81'\n");
	$said = instances($init, "$dir/uci");
	is($said, "$start <-o> </tmp/connsnoop.log> <--rotate> <64K,2> <--format> <text> <--net> <!127.0.0.0/8,::1> " .
		"<-P> <1-1023> <-u> <!65534> <--comm> <dnsmasq> <--family> <inet,inet6> <-r> <--buffer-pages> <16>\n" .
		"second: </usr/sbin/connsnoop> <--syslog=udp:192.0.2.1:514> <-P> <22,80-81>\n", 'procd: every option, and two of them');
	for my $line (split /\n/, $said) {
		my @words = $line =~ /<([^>]*)>/g;

		shift @words;
		like(said(join ' ', "'$binary'", map({ "'$_'" } @words), '--help'), qr/^Usage/, 'procd: connsnoop takes it');
	}
}

# BitBake is not at hand: the fields, and the functions as a shell runs them.
sub check_yocto
{
	my $recipe = slurp("$root/packaging/yocto/connsnoop_$version.bb");
	my $sum = md5_of("$root/COPYING");
	my ($functions) = $recipe =~ /^(do_compile\(\) \{.*)\z/ms;

	like($recipe, qr{^LIC_FILES_CHKSUM = "file://COPYING;md5=$sum"$}m, 'Yocto: the sum of COPYING');
	like($recipe, qr/^$_ = "[^"]+"$/m, "Yocto: $_") for qw(SUMMARY LICENSE SRC_URI DEPENDS SYSTEMD_AUTO_ENABLE);
	my @open = grep { !/^(?:#.*|\s*|[\w:\${}\[\].-]+ \+?= (?:"[^"]*"|"[^"]*(?:\\\n[^"]*)*")|inherit [\w ]+)$/ }
		split /(?<!\\)\n/, substr($recipe, 0, index($recipe, 'do_compile()'));
	is_deeply(\@open, [], 'Yocto: every line is one of a recipe');
	spew("$dir/recipe.sh", "set -e\noe_runmake() { make -s BUILD=build \"\$\@\"; }\n$functions\ncd '$tree'\ndo_compile\ndo_install\n");
	works('Yocto: compile and install', "D='$dir/yocto' prefix=/usr sbindir=/usr/sbin mandir=/usr/share/man sysconfdir=/etc \\
		systemd_system_unitdir=/usr/lib/systemd/system docdir=/usr/share/doc PARTS='program manual completion systemd' \\
		sh '$dir/recipe.sh'");
	is_deeply([files_in("$dir/yocto")], [listed('PREFIX=/usr PARTS="program manual completion systemd"')],
		'Yocto: what it installs is what is listed');
}

# --- systemd ---

sub check_unit
{
	my $into = "$dir/unit";
	my $unit = "$into/lib/systemd/system/connsnoop.service";

	works('a unit whose program is there', "cd '$root' && make -s install DESTDIR= PREFIX='$into' SYSCONFDIR='$into/etc' \\
		PARTS='program systemd'");
	is(said("systemd-analyze verify --man=no '$unit'"), '', 'systemd-analyze verify');
	works('systemd-analyze security: at most 2.5 of 10', "systemd-analyze security --no-pager --offline=true --threshold=25 '$unit'");
	works('the drop-in for older kernels', "mkdir '$unit.d' && cp '$into/share/doc/connsnoop/examples/older-kernels.conf' '$unit.d/' &&
		systemd-analyze verify --man=no '$unit' && systemd-analyze security --no-pager --offline=true --threshold=45 '$unit'");
}

check_versions();
check_install();
check_completion();
check_dist();
check_unit();
check_deb();
check_rpm();
check_alpine();
check_buildroot();
check_openwrt();
check_yocto();
done_testing;
