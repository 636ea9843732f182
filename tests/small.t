#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The small build: how large it is, what it lacks and says so, what it takes of memory; and all that it has passes the same
# tests. Takes four minutes on two cores.
cd "$(dirname "$0")/.." || exit 1
n=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
own=$(awk -v machine="$(uname -m)" '$2 == machine { print $1; exit }' scripts/architectures)
small=build/small/connsnoop

ok()
{
	local name=$1

	n=$((n + 1))
	shift
	if "$@" >"$work/log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		tail -n 30 "$work/log" | sed 's/^/# /'
		return 1
	fi
}

# What can't be tried here is a failure where everything has to be.
cannot()
{
	n=$((n + 1))
	[ "${CI:-}" = true ] && echo "not ok $n - $1: $2" || echo "ok $n - $1 # SKIP $2"
}

is_static()
{
	file "$1" | grep -q 'statically linked' && ! file "$1" | grep -q 'not stripped'
}

at_most()
{
	echo "$2 has $(stat -c %s "$2") bytes"
	[ "$(stat -c %s "$2")" -le "$1" ]
}

refuses()
{
	"$small" "$@" >"$work/out" 2>"$work/err"
	echo "status $?" | tee "$work/status"
	cat "$work/err"
	grep -qx 'status 2' "$work/status" && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] &&
		grep -qF -- "connsnoop: $*: this is a small build" "$work/err"
}

takes()
{
	"$small" "$@" --help | grep -q '^Usage: connsnoop'
}

# Each of them is named by everything that says what there is.
tells()
{
	"$small" --help | grep -q "^This is a small build, without: .*$1" &&
		"$small" --version | grep -q "^small build, without: .*$1" &&
		"$small" --doctor | grep -q "^small build, without: .*$1" &&
		"$small" --doctor --json | jq -e --arg part "$1" '.left_out | index([$part])' >/dev/null
}

whole_lacks_nothing()
{
	build/connsnoop --version | cmp - <(echo "connsnoop $(sed -n 's/^VERSION := //p' Makefile)") &&
		! build/connsnoop --help | grep -q 'small build' && build/connsnoop --doctor --json | jq -e '.left_out == []' >/dev/null
}

# Kilobytes that process $1 has needed at most, without what its rings and other maps have now.
memory_of()
{
	local all

	all=$(awk '/^VmHWM:/ { print $2 }' "/proc/$1/status")
	awk -v all="$all" '/^[0-9a-f]+-/ { map = /bpf-map|perf_event/ } /^Rss:/ && map { rings += $2 } END { print all - rings }' \
		"/proc/$1/smaps"
}

# Under load, all that it does of itself included.
needs_little()
{
	local memory

	"$small" -a --json "$@" -o "$work/events" 2>"$work/err" &
	for _ in $(seq 300); do
		grep -q '^connsnoop: tracing' "$work/err" && break
		sleep 0.1
	done
	build/tests/workload/caller storm 2 20000
	memory=$(memory_of $!)
	kill -INT $!
	wait $!
	cat "$work/err"
	echo "$memory kB"
	[ "$memory" -gt 100 ] && [ "$memory" -le 1024 ]
}

for arch in $own armhf mipsel; do
	if [ ! -e "build/musl-$arch/complete" ]; then
		cannot "a small build for $arch" "scripts/deps musl-$arch brings what it takes"
		continue
	fi
	path=build/small$([ "$arch" = "$own" ] || echo "/$arch")/connsnoop
	ok "make SMALL=1 ARCH=$arch" make -s SMALL=1 "ARCH=$arch" || continue
	ok "$arch: static and stripped" is_static "$path"
	ok "$arch: at most 400 KB" at_most 409600 "$path" && sed 's/^/# /' "$work/log"
done
if [ -e "build/musl-$own/complete" ] && command -v musl-gcc >/dev/null; then
	ok 'make CC=musl-gcc, with all parts' make -s CC=musl-gcc BUILD="$work/musl"
	ok 'what it makes runs' "$work/musl/connsnoop" --version
	ok 'static and stripped' is_static "$work/musl/connsnoop"
else
	cannot 'make CC=musl-gcc' "scripts/deps test musl-$own brings what it takes"
fi
ok 'a small build with the C library that is there' make -s SMALL=1 MUSL= BUILD="$work/libc"
ok 'what it makes runs' "$work/libc/connsnoop" --version
[ -x "$small" ] || small=$work/libc/connsnoop

for option in -d --syslog --journal '--format tracee' '--format tracee2' '--format ecs' '--format ocsf'; do
	# shellcheck disable=SC2086
	ok "$option is refused in a sentence" refuses $option
	ok "$option is told of" tells "$option"
done
ok '--syslog=ADDRESS is refused, too' sh -c "$small --syslog=udp:127.0.0.1:514; [ \$? = 2 ]"
for option in -c -r -f --once --identity --rotate; do
	case $option in
	-f) set -- -f -p 1 ;;
	--rotate) set -- -o /dev/null --rotate 4K,1 ;;
	*) set -- $option ;;
	esac
	ok "$option is not" takes "$@"
done
for format in text json csv; do
	ok "--format $format is not" takes --format $format
done
ok 'a whole build lacks nothing and says nothing' whole_lacks_nothing

"$small" --duration 0.01 >/dev/null 2>&1
case $? in
0)
	ok 'memory, rings apart: at most 1 MiB' needs_little
	ok "memory with perf's rings" needs_little --ring perf
	ok 'memory with --identity' needs_little --identity
	ok 'the callers on this kernel' env CONNSNOOP="$small" tests/vm/native.t
	;;
*)
	cannot 'memory, and the callers' 'this kernel can not be traced'
	;;
esac
ok 'unit tests of a small build are built' make -s -f tests/unit/Makefile SMALL=1 BUILD=build/small check-binaries &&
	sed -n 's/^a small build/# &/p' "$work/log"
ok 'they pass' prove -j 2 build/small/tests/unit/*.t
if kernel=$(scripts/fetch-kernel amd64 bullseye 2>/dev/null) && [ "$own" = x86_64 ]; then
	ok 'a root that is read-only and holds busybox alone' tests/vm/run --connsnoop "$small" --scenes bare \
		--work build/vm-small "$kernel"
else
	cannot 'a root that is read-only and holds busybox alone' 'there is no kernel to boot: scripts/deps vm brings one'
fi
echo "1..$n"
