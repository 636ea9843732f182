#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# All unit tests under AddressSanitizer and UndefinedBehaviorSanitizer, each fuzzer for a while (FUZZ_S, 20 seconds), and the
# program itself on this kernel under valgrind.
cd "$(dirname "$0")/../.." || exit 1
build=${BUILD:-build}
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
		tail -n 60 "$work/log" | sed 's/^/# /'
	fi
}

# prove's own output would be taken for ours.
unit_tests()
{
	make -s -j"$(nproc)" -f tests/unit/Makefile BUILD="$build" SAN=1 check-binaries &&
		UBSAN_OPTIONS=print_stacktrace=1 prove -j"$(nproc)" "$build"/tests/unit-san/*.t
}

fuzzers()
{
	make -s -j"$(nproc)" -f tests/fuzz/Makefile BUILD="$build" binaries &&
		make -s -f tests/fuzz/Makefile BUILD="$build" fuzz FUZZ_S="${FUZZ_S:-20}"
}

# Dynamically linked, so that valgrind sees malloc(); tracefs is mounted for it, since it can't follow who mounts apart.
link_for_valgrind()
{
	# shellcheck disable=SC2046
	gcc -g -D_GNU_SOURCE -Icompat -o "$work/connsnoop" tests/valgrind/clone.c $(find "$build/obj" -name '*.o') \
		-Wl,--wrap=sys_mount_private,--wrap=sys_thread,--wrap=sys_puppet_open,--wrap=sys_close_aside -lelf -lcap -lz
}

under_valgrind()
{
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
		exec valgrind -q --leak-check=full --show-leak-kinds=all --error-exitcode=99 "$@"' sh "$work/connsnoop" "$@" \
		-o "$work/out" -- "$build/tests/workload/caller" storm 1 20
}

valgrind_can()
{
	[ "$(id -u)" = 0 ] && command -v valgrind >/dev/null && link_for_valgrind 2>/dev/null &&
		"$build/connsnoop" --duration 0.1 -o /dev/null 2>/dev/null
}

ok 'unit tests under ASan and UBSan' unit_tests
ok 'fuzzers find nothing' fuzzers
if valgrind_can; then
	ok 'valgrind: text' under_valgrind -a -T -U
	ok 'valgrind: all that can be told, as JSON' under_valgrind -a --json -r --identity --args -d
	ok 'valgrind: sums' under_valgrind -a -c --format csv
else
	n=$((n + 1))
	if [ "${CI:-}" ] && ! command -v valgrind >/dev/null; then
		echo "not ok $n - valgrind: it is not installed"
	else
		echo "ok $n # SKIP no valgrind, or this kernel can't be traced"
	fi
fi
echo "1..$n"
