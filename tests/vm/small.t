#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Small builds on the boxes that they are for: armhf and mipsel, with musl. make vm-small builds them, and the callers.
cd "$(dirname "$0")/../.." || exit 1

image()
{
	scripts/fetch-kernel "$(echo "$1" | cut -d / -f 1)" "$(echo "$1" | cut -d / -f 2)" "$(echo "$1" | cut -d / -f 3)"
}

set --
for arch in armhf mipsel; do
	kernel=$(awk -v name=$arch '$1 == name { print $NF }' scripts/architectures | cut -d , -f 1)
	set -- "$@" --arch $arch --connsnoop "build/small/$arch/connsnoop" --callers "build/$arch/tests/workload" \
		"$(image "$kernel")"
done
exec tests/vm/run --scenes 'bare status' --work build/vm-small --timeout 1800 "$@"
