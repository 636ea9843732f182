#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The BPF programs by every clang that Debian has, 13 to 19: they compile without a warning, keep the rules of the oldest
# verifiers (the unit test old_verifier), and on the oldest and the newest kernel of Debian they load and report the same.
cd "$(dirname "$0")/.." || exit 1
objects=build/objects
rm -rf "$objects"
mkdir -p "$objects"
n=0

say()
{
	n=$((n + 1))
	echo "$1 $n - $2"
}

compiler()
{
	command -v "clang-$1" || { [ -x "build/clang-$1/clang" ] && echo "build/clang-$1/clang"; }
}

for version in 13 14 15 16 17 18 19; do
	clang=$(compiler $version)
	if [ -z "$clang" ]; then
		[ "${CI:-}" = true ] && say 'not ok' "clang $version is not here: scripts/deps compilers brings it"
		[ "${CI:-}" = true ] || say ok "clang $version # SKIP not here: scripts/deps compilers brings it"
	elif log=$(make -s CLANG="$clang" BUILD="$objects/$version" "$objects/$version/connsnoop.bpf.o" 2>&1); then
		mv "$objects/$version/connsnoop.bpf.o" "$objects/clang-$version.o"
		say ok "clang $version compiles it"
	else
		say 'not ok' "clang $version compiles it"
		printf '%s\n' "$log" | sed 's/^/# /'
	fi
done

if log=$(OBJECTS=$objects build/tests/unit/old_verifier.t 2>&1); then
	say ok "the rules of 4.4's verifier hold for each"
else
	say 'not ok' "the rules of 4.4's verifier hold for each"
	printf '%s\n' "$log" | sed 's/^/# /'
fi

for suite in bullseye newest; do
	if log=$(tests/vm/run --scenes objects --objects "$objects" "$(scripts/fetch-kernel amd64 $suite)" 2>&1); then
		say ok "each loads and reports the same on Debian's kernel, $suite ($(grep -c '^ok' <<<"$log") checks)"
	else
		say 'not ok' "each loads and reports the same on Debian's kernel, $suite"
		grep -A5 '^not ok' <<<"$log" | sed 's/^/# /'
	fi
done
echo "1..$n"
