#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is built, with what, and how large: a clean tree that compilers and the installer agree about.
cd "$(dirname "$0")/.." || exit 1
n=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok()
{
	n=$((n + 1))
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$work/log"
	fi
}

at_most()
{
	size=$(stat -c %s "$2")
	echo "$2 has $size bytes"
	[ "$size" -le "$1" ]
}

is_static()
{
	file "$1" | grep -q 'statically linked' && file "$1" | grep -q 'stripped' && ! file "$1" | grep -q 'not stripped'
}

holds_object()
{
	# The first bytes of the compiled BPF object stand in the binary.
	perl -0777 -e 'open my $f, "<", $ARGV[0]; my $b = <$f>; open my $o, "<", $ARGV[1]; my $e = <$o>;
		exit(index($b, $e) < 0)' "$1" "$2"
}

installs()
{
	make -s install DESTDIR="$work/root" PREFIX=/usr && [ -x "$work/root/usr/sbin/connsnoop" ] &&
		[ -f "$work/root/usr/share/man/man8/connsnoop.8" ]
}

same_twice()
{
	make -s BUILD="$work/a" && make -s BUILD="$work/b" && cmp "$work/a/connsnoop.bpf.o" "$work/b/connsnoop.bpf.o"
}

ok 'gcc builds it without a warning' make -s CC=gcc BUILD="$work/gcc"
ok 'clang builds it without a warning' make -s CC=clang BUILD="$work/clang"
ok 'what clang built runs' "$work/clang/connsnoop" --version
ok 'arm64, cross-compiled' make -s ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
ok 's390x, cross-compiled, big-endian' make -s ARCH=s390x
ok 'static and stripped' is_static build/connsnoop
ok 'static and stripped on arm64' is_static build/arm64/connsnoop
if [ "$(uname -m)" = x86_64 ]; then
	ok 'at most 1.5 MB on x86_64' at_most 1500000 build/connsnoop
fi
ok 'the BPF object is inside' holds_object build/connsnoop build/connsnoop.bpf.o
ok 'the BPF object is the same twice' same_twice
ok 'what the bench runs' make -s -C tests/bench BUILD="$PWD/build"
ok 'make install' installs
ok '--help says how it is used' sh -c 'build/connsnoop --help | grep -q "^Usage: connsnoop"'
echo "1..$n"
