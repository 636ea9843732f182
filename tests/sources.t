#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What reads the sources: style, licences, scripts, the manual.
cd "$(dirname "$0")/.." || exit 1
n=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

ok()
{
	n=$((n + 1))
	name=$1
	shift
	if "$@" >"$log" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$log" | head -40
	fi
}

c_sources()
{
	find include bpf loader compat tests/unit tests/fuzz tests/bench tests/workload tests/identity tests/sandbox tests/valgrind -name '*.[ch]'
}

scripts()
{
	grep -rlE '^#!/bin/(ba|da)?sh' scripts tests .ci packaging 2>/dev/null
}

formatted()
{
	c_sources | xargs clang-format --dry-run --Werror
}

checked()
{
	scripts | xargs shellcheck -x
}

licensed()
{
	! find include bpf loader compat tests scripts packaging .ci Makefile -type f ! -name '*.json' \
		! -path '*/corpus/*' ! -path '*/debian/changelog' ! -path '*/debian/source/*' ! -name '*.docs' \
		-exec grep -L 'SPDX-License-Identifier' {} + | grep .
}

manual_is_clean()
{
	! man --warnings -E UTF-8 -l -Tutf8 -Z connsnoop.8 2>&1 >/dev/null | grep .
}

# Every option of --help has its place in the manual, and every long one in the parser.
manual_is_complete()
{
	for option in $(build/connsnoop --help | grep -oE '^ +(-[A-Za-z0-9], )*(-[A-Za-z0-9]|--[a-z-]+)|--[a-z-]+' |
		tr -d ' ' | tr ',' '\n' | sort -u); do
		sed 's/\\-/-/g' connsnoop.8 | grep -qF -- "$option" || { echo "$option is not in connsnoop.8"; return 1; }
	done
}

ok 'clang-format' formatted
ok 'shellcheck' checked
ok 'every file names its licence' licensed
ok 'the manual has no warnings' manual_is_clean
ok 'the manual has every option' manual_is_complete
echo "1..$n"
