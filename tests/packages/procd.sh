#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2034
#
# procd.sh INIT-SCRIPT CONFIG: what OpenWrt's procd would be told by an init script, a line an instance, with as much of
# its functions as that takes. Each word of the command stands between < and >.

config=$2

# UCI's quotes are the shell's.
config_load()
{
	sections='' section=''
	while read -r line; do
		case $line in
		'' | '#'*) continue ;;
		esac
		eval "set -- $line"
		case $1 in
		config)
			section=$3
			sections="$sections $2:$3"
			;;
		option)
			eval "value_${section}_$2=\$3"
			;;
		list)
			eval "count=\${count_${section}_$2:-0}"
			count=$((count + 1))
			eval "count_${section}_$2=$count; list_${section}_$2_$count=\$3"
			;;
		*)
			echo "not UCI: $line"
			exit 1
			;;
		esac
	done <"$config"
}

config_get()
{
	eval "$1=\${value_$2_$3:-}"
}

config_get_bool()
{
	eval "$1=\${value_$2_$3:-$4}"
}

# In a function's own shell variables, i would be the callback's as well.
config_list_foreach()
{
	eval "count=\${count_$1_$2:-0}"
	for number in $(seq "$count"); do
		eval "$3 \"\$list_$1_$2_$number\""
	done
}

config_foreach()
{
	for each in $sections; do
		[ "${each%%:*}" != "$2" ] || "$1" "${each#*:}"
	done
}

procd_open_instance()
{
	printf '%s:' "$1"
}

procd_set_param()
{
	what=$1
	shift
	[ "$what" != command ] || printf ' <%s>' "$@"
}

procd_append_param()
{
	procd_set_param "$@"
}

procd_close_instance()
{
	echo
}

procd_add_reload_trigger()
{
	:
}

# shellcheck source=packaging/openwrt/files/connsnoop.init
. "$1"
start_service
service_triggers
