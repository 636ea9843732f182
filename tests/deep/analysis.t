#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Compilers and tools that read the program for mistakes: gcc -fanalyzer, cppcheck, clang-tidy. What they complain of is
# looked at and mended, or has a line in analysis.known that says why it is none.
cd "$(dirname "$0")/../.." || exit 1
n=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jobs=$(nproc)
includes=-Iinclude
for dir in loader loader/*/ compat; do
	includes="$includes -I${dir%/}"
done

sources()
{
	echo loader/*.c loader/*/*.c compat/*.c
}

# Lines "TOOL CHECK FILE" of what a tool said on its input, which is "FILE:LINE:COLUMN: ... [CHECK]".
found()
{
	sed -n "s/^\([^ :]*\):[0-9]*:[0-9]*: .*\[\([^]]*\)\]\$/$1 \2 \1/p" | sort | uniq -c
}

# clean TOOL SAID: nothing is said but what is known.
clean()
{
	n=$((n + 1))
	grep -v '^#' tests/deep/analysis.known | awk 'NF { print $1, $2, $3 }' | sort -u >"$work/known"
	found "$1" <"$2" | awk '{ print $2, $3, $4 }' | grep -vxFf "$work/known" >"$work/new"
	if [ ! -s "$work/new" ]; then
		echo "ok $n - $1"
		return
	fi
	echo "not ok $n - $1"
	sed 's/^/# new: /' "$work/new"
}

skip()
{
	n=$((n + 1))
	if [ "${CI:-}" ]; then
		echo "not ok $n - $1: it is not installed"
	else
		echo "ok $n # SKIP $1 is not installed"
	fi
}

# shellcheck disable=SC2086
run_analyzer()
{
	sources | tr ' ' '\n' | xargs -P "$jobs" -n 1 gcc -std=gnu11 -D_GNU_SOURCE -DCONNSNOOP_VERSION='"x"' $includes -O1 \
		-fanalyzer -fdiagnostics-plain-output -c -o /dev/null 2>&1 | grep 'Wanalyzer' |
		sed 's/ \[CWE-[0-9]*\]//; s/\[-W/[/' >"$work/analyzer"
	clean analyzer "$work/analyzer"
}

# Headers that it can't find are the system's, which it does without.
# shellcheck disable=SC2086
run_cppcheck()
{
	cppcheck -j "$jobs" --quiet --std=c11 --enable=warning,portability,performance -D_GNU_SOURCE -D__x86_64__ \
		-DCONNSNOOP_VERSION='"x"' --template='{file}:{line}:{column}: {message} [{id}]' $includes loader compat \
		>"$work/cppcheck" 2>&1
	clean cppcheck "$work/cppcheck"
}

# Left out are checks of taste: parameters that could be swapped, names, implicit widening, and snprintf as unsafe.
checks='-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions'
checks="$checks,-bugprone-reserved-identifier,-bugprone-implicit-widening-of-multiplication-result"
checks="$checks,-bugprone-assignment-in-if-condition,-bugprone-branch-clone,-bugprone-macro-parentheses"
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling"
checks="$checks,-clang-analyzer-security.insecureAPI.strcpy"

# shellcheck disable=SC2086,SC2016
run_tidy()
{
	sources | tr ' ' '\n' | xargs -P "$jobs" -n 8 sh -c 'checks=$1 includes=$2; shift 2
		clang-tidy --quiet --checks="$checks" "$@" -- -std=gnu11 -D_GNU_SOURCE -DCONNSNOOP_VERSION=\"x\" $includes' \
		sh "$checks" "$includes" 2>/dev/null | sed "s|^$PWD/||" | grep -E '(warning|error):' >"$work/tidy"
	clean clang-tidy "$work/tidy"
}

if command -v gcc >/dev/null; then run_analyzer; else skip 'gcc -fanalyzer'; fi
if command -v cppcheck >/dev/null; then run_cppcheck; else skip cppcheck; fi
if command -v clang-tidy >/dev/null; then run_tidy; else skip clang-tidy; fi
echo "1..$n"
