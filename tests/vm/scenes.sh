# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash disable=SC2154,SC3044
#
# (SC3044: "caller" is our program; it is a builtin only in bash.)
#
# What is played in the guest. A scene leaves in /results: lines in "scenes" (status, name, detail),
# and pairs NAME.want and NAME.json that the host compares, case by case.

report()
{
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>/results/scenes
}

# must NAME COMMAND...: the command has to succeed.
must()
{
	local name=$1

	shift
	if "$@"; then
		report ok "$name"
	else
		report fail "$name" "failed: $*"
	fi
}

# is NAME GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		report ok "$1"
	else
		report fail "$1" "got '$2', wanted '$3'"
	fi
}

# traces NAME: waits until $snoop says that it traces.
traces()
{
	local name=$1 tries=0

	while ! grep -q '^connsnoop: tracing' "/results/$name.err"; do
		tries=$((tries + 1))
		if ! kill -0 "$snoop" 2>/dev/null || [ "$tries" = 600 ]; then
			report fail "$name: start" "$(tail -n 3 "/results/$name.err" | tr '\n' ' ')"
			return 1
		fi
		sleep 0.1
	done
}

# start NAME ARG...: connsnoop in the background, its pid in $snoop, once it says that it traces.
start()
{
	local name=$1

	shift
	: >"/results/$name.err"		# an earlier one of that name must not speak for this one
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION "$@" >"/results/$name.out" 2>>"/results/$name.err" &
	snoop=$!
	traces "$name"
}

# Its exit status; 137 where it had to be killed.
await()
{
	local killer status

	(sleep 60; kill -KILL "$1") 2>/dev/null &
	killer=$!
	wait "$1"
	status=$?
	kill "$killer" 2>/dev/null
	return $status
}

stop()
{
	kill -INT "${1:-$snoop}"
	await "${1:-$snoop}"
}

events_in()
{
	grep -c '"event":"security_socket_connect"' "$1"
}

# "attempts shown filtered lost" from the line that connsnoop ends with.
summary_of()
{
	sed -n 's/^connsnoop: \([0-9]*\) attempts = \([0-9]*\) shown + \([0-9]*\) filtered + \([0-9]*\) lost.*/\1 \2 \3 \4/p' "$1"
}

# --- every kind of caller ---

scene_callers()
{
	local mounts caller

	mounts=$(cat /proc/mounts)
	start main -a --json -o /results/main.json || return
	for caller in caller caller32 callern32; do
		if $caller list >/dev/null 2>&1; then
			$caller all >>/results/main.want
			# not every architecture has it, nor every kernel
			! $caller -s list >/dev/null 2>&1 || $caller -s all >>/results/main.want
		elif [ -x "/bin/$caller" ]; then
			printf '{"case":"%s","skip":"no such system calls in this kernel"}\n' "$caller" \
				>>/results/main.want
		fi
	done
	stop
	is "status after SIGINT" $? 0
	is "nothing on stdout with -o" "$(cat /results/main.out)" ""
	is "no mount left behind" "$(cat /proc/mounts)" "$mounts"
}

# What each compiler made of the programs loads and reports the same.
scene_objects()
{
	local object name

	for object in /objects/*.o; do
		name=object-$(basename "$object" .o)
		start "$name" -a --json -o "/results/$name.json" --object "$object" || continue
		caller all >"/results/$name.want"
		stop
		is "$name: status" $? 0
	done
}

# --- counting under load ---

# storm NAME ARG...: all that was made is accounted for, to the unit.
storm()
{
	local name=$1 made written

	shift
	start "$name" --json -o /tmp/storm.json "$@" || return
	made=$(caller storm 2 "$STORM" | awk '{ print $2 }')
	stop
	is "$name: status" $? 0
	written=$(caller tally </tmp/storm.json)
	# shellcheck disable=SC2046
	set -- $(summary_of "/results/$name.err")
	is "$name: attempts" "${1:-no summary}" "$made"
	is "$name: sum" "$((${2:-0} + ${3:-0} + ${4:-0}))" "$made"
	is "$name: lines written" "$written" "shown $2 lost $4 broken 0"
	report note "$name" "$1 attempts = $2 shown + $3 filtered + $4 lost"
	rm -f /tmp/storm.json
}

scene_storm()
{
	storm storm -a
	storm storm-small-buffer -a --buffer-pages 1
	storm storm-filtered -P 10
	storm storm-result -a -r
}

# --- processors that come and go ---

cpu1=/sys/devices/system/cpu/cpu1/online

connect_on_cpu1()
{
	taskset 2 caller udp4 >>"/results/$1.want"
}

scene_hotplug()
{
	if [ ! -w $cpu1 ]; then
		report skip hotplug "no CPU hotplug in this kernel"
		return
	fi
	start hotplug -a --json -o /results/hotplug.json || return
	connect_on_cpu1 hotplug
	echo 0 >$cpu1
	caller udp4-port0 >>/results/hotplug.want
	echo 1 >$cpu1
	sleep 2
	connect_on_cpu1 hotplug
	stop
	is "hotplug: status" $? 0
}

scene_cpu_late()
{
	if [ ! -w $cpu1 ]; then
		report skip cpu-late "no CPU hotplug in this kernel"
		return
	fi
	echo 0 >$cpu1
	start cpu-late -a --json -o /results/cpu-late.json
	echo 1 >$cpu1
	sleep 2
	connect_on_cpu1 cpu-late
	stop
	is "cpu-late: status" $? 0
}

# The processor is used the moment it is back, which is when the scheduler lets a task have it: shown
# or lost, but accounted for.
scene_cpu_at_once()
{
	local made tries=0

	[ -w $cpu1 ] || return
	start cpu-at-once -a --json -o /tmp/storm.json || return
	echo 0 >$cpu1
	echo 1 >$cpu1
	until taskset 2 true 2>/dev/null || [ $tries = 1000 ]; do
		tries=$((tries + 1))
	done
	made=$(taskset 2 caller storm 1 1000 | awk '{ print $2 }')
	stop
	# shellcheck disable=SC2046
	set -- $(summary_of /results/cpu-at-once.err)
	is "cpu-at-once: attempts" "${1:-no summary}" "$made"
	is "cpu-at-once: lines shown" "$(events_in /tmp/storm.json)" "$2"
	report note cpu-at-once "$1 attempts = $2 shown + $3 filtered + $4 lost"
	rm -f /tmp/storm.json
}

# --- others of our kind, and what is left of them ---

# Before 4.15 a second one is refused, whoever it belongs to.
one_program_a_tracepoint()
{
	uname -r | awk -F '[.-]' '{ exit !($1 < 4 || ($1 == 4 && $2 < 15)) }'
}

scene_twice()
{
	local first

	start twice-1 -a --json -o /results/twice-1.json || return
	first=$snoop
	if grep -q '^connsnoop: tracing tracepoint' /results/twice-1.err && one_program_a_tracepoint; then
		stop "$first"
		report skip twice "one program a tracepoint in this kernel"
		return
	fi
	if ! start twice-2 -a --json -o /results/twice-2.json; then
		stop "$first"
		return
	fi
	caller tcp4-refused unix-stream thread >/results/twice-1.want
	cp /results/twice-1.want /results/twice-2.want
	stop "$first"
	is "twice: status of the first" $? 0
	caller udp4 >>/results/twice-2.want
	stop
	is "twice: status of the second" $? 0
}

tracing_dir()
{
	mkdir -p /tmp/tracefs
	mount -t tracefs tracefs /tmp/tracefs 2>/dev/null && echo /tmp/tracefs && return
	mount -t debugfs debugfs /tmp/tracefs 2>/dev/null && echo /tmp/tracefs/tracing
}

scene_leftover()
{
	local dir probes

	dir=$(tracing_dir)
	probes=$dir/kprobe_events
	if [ ! -e "$probes" ]; then
		report skip leftover "no kprobe_events in this kernel"
		umount /tmp/tracefs 2>/dev/null
		return
	fi
	if ! echo 'p:other_tool/foreign security_socket_connect' >>"$probes" 2>/dev/null; then
		echo 'p:other_tool/foreign inet_stream_connect' >>"$probes"
	fi
	is "leftover: nothing before" "$(grep -v other_tool "$probes")" ""
	umount /tmp/tracefs
	start killed -a --json -o /tmp/killed.json || return
	kill -KILL "$snoop"
	wait "$snoop" 2>/dev/null
	start leftover -a --json -o /results/leftover.json
	caller udp4 thread >/results/leftover.want
	stop
	is "leftover: status" $? 0
	tracing_dir >/dev/null
	is "leftover: nothing of ours" "$(grep -v other_tool "$probes")" ""
	must "leftover: another tool's probe survives" grep -q other_tool/foreign "$probes"
	echo '-:other_tool/foreign' >>"$probes"
	umount /tmp/tracefs
}

# SIGKILL in every phase: at moments that lie 10 ms apart, over the start and well into the run. Whatever each leaves, one
# that lives on meanwhile (in a PID namespace of its own: the kernel, not a pid, has to know it) is not touched, and the
# next start is clean, with filters of its own.
scene_killed()
{
	local alive delay probes shell

	probes=$(tracing_dir)/kprobe_events
	umount /tmp/tracefs 2>/dev/null
	: >/results/killed-alive.err
	unshare -p -f connsnoop -a --json -o /results/killed-alive.json 2>/results/killed-alive.err &
	shell=$!
	until grep -q '^connsnoop: tracing' /results/killed-alive.err; do
		sleep 0.1
	done
	alive=$(pidof connsnoop)
	if grep -q '^connsnoop: tracing tracepoint' /results/killed-alive.err && one_program_a_tracepoint; then
		kill -INT "$alive"
		wait "$shell"
		rm /results/killed-alive.*
		report skip killed "one program a tracepoint in this kernel"
		return
	fi
	for delay in 0 1 2 3 4 5 6 7 8 9 10 12 14 16 18 20 25 30 35 40 50 60; do
		connsnoop -a -o /dev/null 2>/dev/null &
		sleep "$(awk "BEGIN { print $delay / 100 }")"
		kill -KILL $! 2>/dev/null
		wait $! 2>/dev/null
	done
	start killed-next -4 --json -o /results/killed-next.json || return
	caller udp4 thread >/results/killed-next.want
	cp /results/killed-next.want /results/killed-alive.want
	stop
	is "killed: status of the next" $? 0
	kill -INT "$alive"
	wait "$shell"
	must "killed: the one that lived on ended well" grep -q 'attempts = ' /results/killed-alive.err
	tracing_dir >/dev/null
	[ ! -e "$probes" ] || is "killed: nothing of ours" "$(cat "$probes")" ""
	umount /tmp/tracefs 2>/dev/null
}

# --- how attempts end ---

# What the callers saw, by themselves and by strace, and what connsnoop says of it; the host compares.
scene_result()
{
	start result -r -v --json -o /results/result.json || return
	caller results >/results/result.told
	stop
	is "result: status" $? 0
	# ARM's 32-bit programs have no such call
	if [ "$(uname -m)" != aarch64 ] && caller32 list >/dev/null 2>&1; then
		start result-socketcall -r --json -o /results/result-socketcall.json || return
		caller32 -s results >/results/result-socketcall.told
		stop
	fi
	start result-strace -r --json -o /results/result-strace.json || return
	if strace -f -T -e trace=connect -o /results/result.strace caller results >/results/result-strace.told 2>/tmp/err; then
		report ok "result: strace"
	else
		rm -f /results/result.strace /results/result-strace.*
		report note "result: strace" "does not run here: $(tail -n 1 /tmp/err)"
	fi
	stop
	result_uring
	result_kinds
	result_blocked
}

# io_uring connects in the caller's thread, in workers and in one that polls: each return is seen where it comes by.
result_uring()
{
	start result-uring -r -a --json -o /tmp/uring.json || return
	# shellcheck disable=SC2046
	caller $(caller list | grep uring) >/dev/null
	stop
	if grep -q '"via":"io_uring"' /tmp/uring.json; then
		is "result: io_uring, unknown" "$(grep '"via":"io_uring"' /tmp/uring.json | grep -c '"outcome":"unknown"')" 0
		report note "result: io_uring" "$(grep '"via":"io_uring"' /tmp/uring.json |
			sed 's/.*"outcome":"\([a-z_]*\)".*/\1/' | sort | uniq -c | tr '\n' ' ')"
	fi
	rm -f /tmp/uring.json
}

# -z and -Z: one has what the other has not, but for what is not known.
result_kinds()
{
	local kind

	for kind in z Z; do
		start "result-$kind" "-$kind" --json --comm results -o "/tmp/$kind.json" || return
		caller results >/dev/null
		stop
		is "result -$kind: accounts" "$(events_in "/tmp/$kind.json")" \
			"$(summary_of "/results/result-$kind.err" | cut -d ' ' -f 2)"
	done
	is "result -z: no failures" "$(grep -c '"outcome":"failure"' /tmp/z.json)" 0
	is "result -Z: failures only" "$(grep -c '"outcome":"\(success\|in_progress\)"' /tmp/Z.json)" 0
	must "result -z: successes" grep -q '"outcome":"success"' /tmp/z.json
	must "result -z: in progress" grep -q '"outcome":"in_progress"' /tmp/z.json
	must "result -Z: failures" grep -q '"outcome":"failure"' /tmp/Z.json
	rm -f /tmp/z.json /tmp/Z.json
}

# One that is still blocked when connsnoop ends is shown all the same.
result_blocked()
{
	local caller

	start result-end -r --json --comm results -o /tmp/end.json || return
	caller results blocked >/tmp/told &
	caller=$!
	until grep -q '"fd":809' /tmp/told; do
		sleep 0.05
	done
	sleep 0.1
	stop
	is "result at the end: status" $? 0
	must "result at the end: one that blocks is unknown" grep -q '"sockfd":809.*"outcome":"unknown"' /tmp/end.json
	wait "$caller"
	rm -f /tmp/end.json /tmp/told
}

# --- the command line ---

status_of()
{
	"$@" >/tmp/out 2>/tmp/err
	echo $?
}

scene_status()
{
	is "status: unprivileged" "$(status_of caller as 1000 connsnoop -a)" 4
	cp /tmp/err /results/unprivileged.err
	is "status: unprivileged says why in a line" "$(wc -l </tmp/err | tr -d ' ')" 1
	is "status: unknown option" "$(status_of connsnoop --no-such-option)" 2
	is "status: version" "$(status_of connsnoop --version)" 0
	is "status: help" "$(status_of connsnoop --help)" 0
	is "status: duration" "$(status_of connsnoop -a --duration 1)" 0
	is "status: command's own" "$(status_of connsnoop -a -- sh -c 'exit 7')" 7
	# shellcheck disable=SC2016
	is "status: command's signal" "$(status_of connsnoop -a -- sh -c 'kill -TERM $$')" 143
}

scene_command()
{
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -a --json -o /results/command.json -- \
		sh -c 'caller udp4 tcp4-refused exits-at-once' >/results/command.want \
		2>/results/command.err
	is "command: status" $? 0
}

# --- a root that holds nothing and can't be written to ---

# bare_root KIND: busybox and connsnoop in a file system of their own, below /bare; no /tmp, /var, /etc or /dev, nothing
# but /proc mounted or, by "sysfs", a /sys that is read-only.
bare_root()
{
	mkdir -p /bare
	mount -t tmpfs bare /bare || return
	mkdir /bare/bin /bare/proc
	cp /bin/busybox /bin/connsnoop /bare/bin
	ln -s busybox /bare/bin/sh
	mount -t proc proc /bare/proc
	if [ "$1" = sysfs ]; then
		mkdir /bare/sys
		mount -t sysfs -o ro sys /bare/sys
	fi
	mount -o remount,ro /bare
}

# Kilobytes that process $1 has needed at most, without what its rings and other maps have now.
memory_of()
{
	local all rings

	all=$(awk '/^VmHWM:/ { print $2 }' "/proc/$1/status")
	rings=$(awk '/^[0-9a-f]+-/ { map = /bpf-map|perf_event/ } /^Rss:/ && map { sum += $2 } END { print sum + 0 }' \
		"/proc/$1/smaps")
	echo $((all - rings))
}

bare_run()
{
	local kind=$1 memory

	bare_root "$kind" || return
	is "bare, $kind: doctor" "$(status_of chroot /bare /bin/connsnoop --doctor)" 0
	is "bare, $kind: a file can't be made" "$(status_of chroot /bare /bin/connsnoop -a -o /events)" 1
	must "bare, $kind: it says why" grep -q '/events.*EROFS' /tmp/err
	: >"/results/bare-$kind.err"
	# shellcheck disable=SC2086
	chroot /bare /bin/connsnoop $HOOK_OPTION -a --json >"/results/bare-$kind.json" 2>"/results/bare-$kind.err" &
	snoop=$!
	if ! traces "bare-$kind"; then
		umount -l /bare
		return
	fi
	caller all >"/results/bare-$kind.want"
	memory=$(memory_of "$snoop")
	if connsnoop --version | grep -q '^small build'; then
		must "bare, $kind: at most 1 MiB and the rings ($memory kB)" [ "$memory" -le 1024 ]
	else
		report note "bare, $kind" "$memory kB and the rings"
	fi
	stop
	is "bare, $kind: status" $? 0
	is "bare, $kind: nothing mounted" "$(grep -c ' /bare' /proc/mounts)" "$([ "$kind" = sysfs ] && echo 3 || echo 2)"
	umount -l /bare
}

scene_bare()
{
	bare_run sysfs
	bare_run proc
}

# --- who ---

# Where things were found, against the kernel's own description of its types (5.2 and later, if built so).
check_learnt()
{
	local learnt=$1 wrong=''

	caller btf >/tmp/btf 2>/dev/null || return
	while read -r place; do
		case " $learnt " in
		*" $place "*) ;;
		*) wrong="$wrong $place" ;;
		esac
	done </tmp/btf
	is "identity: places that BTF has elsewhere" "$wrong" ""
	report note identity "$(wc -l </tmp/btf) places as in BTF"
}

# Everything that can be told of a caller: cgroups' numbers from 4.18 on.
identity_parts()
{
	uname -r | awk -F '[.-]' '{ print(($1 < 4 || ($1 == 4 && $2 < 18)) ? "0xff" : "0x1ff") }'
}

scene_identity()
{
	local learnt

	start identity -a --json --identity -v -o /results/identity.json || return
	caller udp4 unix-stream thread thread-renamed thread-leader-gone user-split user-setuid-program contained chroot \
		exits-at-once killed-at-once execs-at-once vfork-child swarm thread-execs uring-connect >/results/identity.want
	stop
	is "identity: status" $? 0
	learnt=$(sed -n 's/^connsnoop: learnt: \(.*\); parts.*/\1/p' /results/identity.err)
	is "identity: parts" "$(sed -n 's/^connsnoop: learnt: .*; parts //p' /results/identity.err)" "$(identity_parts)"
	report note identity "$learnt"
	is "identity: events that tell all" "$(grep -c '"ns_pid":.*"uts_ns":' /results/identity.json)" \
		"$(events_in /results/identity.json)"
	check_learnt "$learnt"
	start identity-netns -a --json --netns /proc/self/ns/net -o /results/identity-netns.json || return
	caller udp4 thread >/results/identity-netns.want
	caller contained >/dev/null
	stop
	is "identity: status with --netns" $? 0
	start identity-not-netns -a --json --netns '!/proc/self/ns/net' -o /results/identity-not-netns.json || return
	caller udp4 thread >/dev/null
	caller contained >/results/identity-not-netns.want
	stop
	is "identity: status with --netns !" $? 0
	must "identity: --netns decides in the kernel" \
		grep -q '[^0] filtered' /results/identity-netns.err /results/identity-not-netns.err
}

# What is learnt must not depend on who woke whom last, or on the processor: every start has to find everything.
scene_starts()
{
	local parts learnt count=0 all=''

	while [ $count -lt 20 ]; do
		start starts -a --json --identity -v -o /tmp/starts.json || return
		stop
		parts=$(sed -n 's/^connsnoop: learnt: .*; parts //p' /results/starts.err)
		[ -n "$all" ] || all=$parts
		[ "$parts" = "$all" ] || learnt="$learnt $count:$parts"
		count=$((count + 1))
	done
	is "starts: parts learnt by each of $count" "$all$learnt" "$(identity_parts)"
}

# Somebody else, all the while.
strangers()
{
	while [ -e /tmp/strangers ]; do
		caller udp4 >/dev/null
		sleep 0.1
	done
}

# A command's descendants, also those whose parents are gone, and nobody else's.
scene_follow()
{
	local script

	touch /tmp/strangers
	strangers &
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -a --json -o /results/follow-command.json -- sh -c \
		'caller udp4 swarm vfork-child thread-execs; (sleep 1; caller tcp4-refused) & exec sh -c "caller thread; sleep 3"' \
		>/results/follow-command.want 2>/results/follow-command.err
	is "follow: status" $? 0
	mkfifo /tmp/go /tmp/stay
	# shellcheck disable=SC2016
	script='echo $$ >/tmp/followed; sh -c "read x </tmp/go; caller udp4 swarm; (sleep 1; caller thread) & exit" & read y </tmp/stay'
	: >/results/follow-pid.want
	sh -c "$script" >/results/follow-pid.want &
	sleep 0.5
	start follow-pid -a --json -f -p "$(cat /tmp/followed)" -o /results/follow-pid.json
	echo >/tmp/go
	sleep 4
	stop
	is "follow: status of -f -p" $? 0
	echo >/tmp/stay
	rm -f /tmp/strangers /tmp/go /tmp/stay /tmp/followed
	start follow-plain -a --json -p $$ -o /results/follow-plain.json
	sh -c 'caller udp4' >/dev/null
	stop
	is "follow: without -f no children" "$(events_in /results/follow-plain.json)" 0
	rm /results/follow-plain.json
}

scene_count()
{
	start count -a --json -n 1 || return
	caller udp4 udp4-port0 >/dev/null
	await "$snoop"
	is "count: status" $? 0
	is "count: events" "$(events_in /results/count.out)" 1
}

scene_doctor()
{
	is "doctor: status" "$(status_of connsnoop --doctor)" 0
	cp /tmp/out /results/doctor.txt
	is "doctor: status with --json" "$(status_of connsnoop --doctor --json)" 0
	cp /tmp/out /results/doctor
}

# filter NAME WANTED ARG...: the descriptors of the callers that remain.
filter()
{
	local name=$1 wanted=$2 got

	shift 2
	start "filter" --json -o /tmp/filter.json "$@" || return
	caller udp4 tcp4-refused tcp6-refused unix-absolute netlink user-split >/dev/null
	stop
	got=$(sed -n 's/.*"sockfd":\([0-9]*\).*/\1/p' /tmp/filter.json | sort -n | tr '\n' ' ')
	rm -f /tmp/filter.json
	is "filter $name" "$got" "$wanted"
}

scene_filter()
{
	filter none "81 87 104 620 1021 "
	filter -a "81 87 104 301 620 1021 " -a
	filter -4 "81 620 1021 " -4
	filter -6 "87 " -6
	filter -x "104 " -x
	filter "-P list" "81 87 1021 " -P 1,50-60
	filter "-P negated" "81 104 620 " -P '!1'
	filter -u "620 " -u 3111
	filter --net "81 " --net 127.1.0.0/16
	filter --comm "81 " --comm udp4
	filter --unix-path "104 " --unix-path '/run/no/*'
}

# --- signals and pipes ---

# What an instance that has the kernel drop things shows, against one that does it all by itself: the same, but for the
# moment at which each of the two programs looked at its clock. The second one's own attempts, as it starts, are the
# first one's events.
without_times()
{
	sed 's/"time":"[^"]*","ktime_ns":"[^"]*",//; /"event":"summary"/d; s/,"tags":\[[^]]*\]//; s/"ppid":[0-9]*,//; /"comm":"connsnoop"/d' "$1" | sort
}

same_filter()
{
	local name=$1 first

	shift
	start filters-kernel --json -o /tmp/kernel.json "$@" || return
	first=$snoop
	if grep -q '^connsnoop: tracing tracepoint' /results/filters-kernel.err && one_program_a_tracepoint; then
		stop "$first"
		report skip "filters: $name" "one program a tracepoint in this kernel"
		return
	fi
	start filters-reader --json -o /tmp/reader.json --filter-in reader "$@" || return
	caller tcp4-refused udp4 udp4-port0 udp6-link-local tcp6-mapped tcp6-refused udp6-rfc2133 unix-stream \
		unix-at unix-absolute unix-garbage-after-nul abstract-plain abstract-at unix-unnamed unix-seqpacket \
		addrlen-1 addrlen-4 addrlen-128 addrlen6-23 netlink unspec-dgram raw4 user-large thread >/tmp/want
	stop "$first"
	is "filters: $name: status" $? 0
	stop
	without_times /tmp/kernel.json >/tmp/kernel
	without_times /tmp/reader.json >/tmp/reader
	if cmp -s /tmp/kernel /tmp/reader; then
		report ok "filters: $name"
	else
		report fail "filters: $name" "$(diff /tmp/kernel /tmp/reader | grep "^[-+]{" | sort -k 1.2 | head -n 2 | tr '\n' ' ')"
	fi
	# shellcheck disable=SC2046
	set -- $(summary_of /results/filters-reader.err) $(summary_of /results/filters-kernel.err)
	is "filters: $name: lost" "$4 $8" "0 0"
	echo "$2" >>/tmp/filters-shown
	rm -f /tmp/kernel.json /tmp/reader.json
}

scene_filters()
{
	same_filter port -P 1-10000
	same_filter "not port" -P '!9' -a
	same_filter net --net 127.0.0.0/8
	same_filter nets --net '!::1,127.0.0.1,fe80::/10' -4 -6
	same_filter path --unix-path '/tmp/*,@*'
	same_filter "not path" --unix-path '!@*' -x
	same_filter comm --comm caller
	same_filter "comm pattern" --comm 'ca*' -P '9'
	same_filter user -u 1000-60000
	same_filter family --family netlink,unspec
	same_filter type --type dgram
	same_filter "process and all" -p '!1' --comm '!sh' -P 1-65535 --net 0.0.0.0/0 --type stream,dgram
	must "filters: some showed something" grep -q '[1-9]' /tmp/filters-shown
}


scene_pipe()
{
	mkfifo /tmp/pipe
	# Kept open both ways, so that neither side waits for the other to open it.
	exec 3<>/tmp/pipe
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -a --json >/tmp/pipe 2>/results/pipe.err 3>&- &
	snoop=$!
	until grep -q '^connsnoop: tracing' /results/pipe.err; do
		kill -0 $snoop 2>/dev/null || return
		sleep 0.1
	done
	caller lag 10 </tmp/pipe >/results/lag
	report note lag "$(cat /results/lag)"
	# shellcheck disable=SC2016
	must "lag: below 200 ms" awk '$1 == "median_ms" && $2 < 200 { good = 1 } END { exit !good }' \
		/results/lag
	# the reader goes away
	exec 3>&-
	caller udp4 >/dev/null
	sleep 1
	caller udp4 >/dev/null
	await $snoop
	is "pipe: status after EPIPE" $? 0
}

scene_signals()
{
	start signals -a --json -o /tmp/signals.json || return
	kill -USR1 "$snoop"
	mv /tmp/signals.json /tmp/signals.old
	kill -HUP "$snoop"
	sleep 1
	caller udp4 >/results/signals.want
	must "signals: SIGUSR1 tells counters" grep -q 'attempts\|shown' /results/signals.err
	kill -TERM "$snoop"
	await "$snoop"
	is "signals: status after SIGTERM" $? 0
	cp /tmp/signals.json /results/signals.json
}

# --- containers that the host has prepared: config.json of each, and in "wanted" what is to come of it, and perf_event_paranoid ---

# Traces, or has ended: not longer than a minute.
await_container()
{
	local tries=0

	while ! grep -q '^connsnoop: tracing [^ ]* on' "/results/$1.err" && kill -0 "$container" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || return
		sleep 0.1
	done
}

play_container()
{
	local cases

	cases="tcp4-refused udp4-port0 udp6-link-local unix-stream"
	[ "$1" != all-cases ] || cases=all
	# shellcheck disable=SC2086
	caller $cases >"/results/$1.want"
	runc kill "$1" INT
	await "$container"
	is "$1: status" $? 0
}

scene_container()
{
	local bundle name wanted paranoid

	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	for bundle in /containers/*; do
		name=$(basename "$bundle")
		read -r wanted paranoid <"$bundle/wanted"
		echo "$paranoid" >/proc/sys/kernel/perf_event_paranoid
		mkdir "$bundle/rootfs"
		cp /bin/connsnoop "$bundle/rootfs/"
		runc run --no-pivot -b "$bundle" "$name" >"/results/$name.json" 2>"/results/$name.err" </dev/null &
		container=$!
		await_container "$name"
		if [ "$wanted" = traces ]; then
			play_container "$name"
		else
			await "$container"
			is "$name: status" $? "$wanted"
		fi
	done
}

# --- a flood by somebody without privilege ---

# flood NAME ARG...: user 1000 connects as fast as it can, while root makes 200 attempts. Both sums in $flooded, $victims.
flood()
{
	local name=$1 flooder

	shift
	rm -f /tmp/flood.json
	start "$name" --json -o /tmp/flood.json "$@" || return
	caller as 1000 caller storm 2 "$STORM" >/tmp/flooder &
	flooder=$!
	caller storm 1 200 udp 40 >/tmp/victim
	wait $flooder
	stop
	is "$name: status" $? 0
	victims=$(grep -c '"uid":0,.*"comm":"caller"' /tmp/flood.json)
	flooded=$(grep -c '"uid":1000,' /tmp/flood.json)
	lost=$(summary_of_all "/results/$name.err" lost)
	report note "$name" "$(awk '{ print $2 }' /tmp/flooder) by the flood, $flooded shown; 200 by the other, $victims shown; $lost lost"
}

# The number before a word in the last line of accounts.
summary_of_all()
{
	sed -n "s/^connsnoop: [0-9]* attempts = .*[+=] \([0-9]*\) $2.*/\1/p" "$1"
}

# It can't hide others without a loss that is counted and shown for its CPU; limits are by user, and a filter ends it.
scene_flood()
{
	local victims flooded lost told

	flood flood -a --buffer-pages 1 || return
	must "flood: what is not shown is lost" [ "$((victims + lost))" -ge 200 ]
	is "flood: all is accounted for" "$((victims + flooded + lost))" "$((200 + 2 * STORM))"
	told=$(grep '"event":"lost"' /tmp/flood.json | sed 's/.*"count":"*\([0-9]*\).*/\1/' | awk '{ n += $1 } END { print n + 0 }')
	is "flood: losses told of, by CPU" "$told" "$lost"
	flood flood-rate -a --rate 100 --by uid || return
	must "flood: a limit by user shows the other one" [ "$((victims + lost))" -ge 200 ]
	must "flood: a limit by user holds" [ "$flooded" -lt "$STORM" ]
	must "flood: what it held back is counted" grep -q '[1-9][0-9]* suppressed' /results/flood-rate.err
	flood flood-filtered -a -u '!1000' || return
	is "flood: with a filter all of the other's are shown" "$victims $flooded $lost" "200 0 0"
	rm -f /tmp/flood.json
}

# --- what befalls a program that runs for long ---

# account NAME MADE FILE...: shown and lost are what was made, and the files have what was shown.
account()
{
	local name=$1 made=$2

	shift 2
	# shellcheck disable=SC2046
	set -- "$(cat "$@" | grep -c '"event":"security_socket_connect"')" $(summary_of "/results/$name.err")
	is "$name: accounts" "$((${3:-0} + ${4:-0} + ${5:-0}))" "$made"
	is "$name: lines" "$1" "${3:-no summary}"
	report note "$name" "$2 attempts = $3 shown + $4 filtered + $5 lost"
}

made_by()
{
	awk '{ n += $2 } END { print n + 0 }' "$@"
}

# A disk that fills up and is freed again; then the file goes, and comes again by SIGHUP.
faults_disk()
{
	mkdir -p /tmp/disk
	mount -t tmpfs -o size=512k tmpfs /tmp/disk || return
	start faults-disk -4 --json -o /tmp/disk/json || return
	caller storm 1 3000 >/tmp/made
	sleep 1
	must "faults-disk: said" grep -q ENOSPC /results/faults-disk.err
	mount -o remount,size=4m /tmp/disk
	caller storm 1 300 >>/tmp/made
	sleep 1
	stop
	account faults-disk "$(made_by /tmp/made)" /tmp/disk/json
	start faults-removed -4 --json -o /tmp/disk/json || return
	rm -f /tmp/disk/json
	caller udp4 >/dev/null
	sleep 0.2
	kill -HUP "$snoop"
	sleep 0.2
	caller storm 1 10 >/tmp/made
	stop
	is "faults-removed: status" $? 0
	is "faults-removed: lines of the new file" "$(events_in /tmp/disk/json)" 10
	umount /tmp/disk
}

# The time of day jumps; what is timed by it is right before and after, and nothing stops.
faults_clock()
{
	start faults-clock -4 --json --rate 1000 -o /tmp/clock.json || return
	caller storm 1 10 >/tmp/made
	sleep 0.2
	date -s '2031-01-01 00:00:00' >/dev/null
	caller storm 1 10 >>/tmp/made
	sleep 0.2
	date -s '2021-01-01 00:00:00' >/dev/null
	caller storm 1 10 >>/tmp/made
	stop
	is "faults-clock: status" $? 0
	is "faults-clock: years" "$(sed -n 's/.*"time":"\([0-9]*\)-.*/\1/p' /tmp/clock.json | uniq | tail -n 2 | tr '\n' ' ')" "2031 2021 "
	is "faults-clock: lines" "$(events_in /tmp/clock.json)" 30
}

# Processors go and come all the while.
faults_cpus()
{
	local turn=0

	[ -w $cpu1 ] || return
	start faults-cpus -4 --json -o /tmp/cpus.json || return
	caller storm 2 "$STORM" >/tmp/made &
	while [ $turn -lt 8 ]; do
		echo $((turn & 1)) >$cpu1
		turn=$((turn + 1))
		sleep 0.2
	done
	wait $!
	echo 1 >$cpu1
	stop
	is "faults-cpus: status" $? 0
	account faults-cpus "$(made_by /tmp/made)" /tmp/cpus.json
	rm -f /tmp/cpus.json
}

# 16 MB for all that it allocates and all that it has the kernel allocate on its account.
faults_memory()
{
	local cgroup=/tmp/cgroup limit=memory.max

	mkdir -p $cgroup
	if ! mount -t cgroup2 none $cgroup 2>/dev/null || ! echo +memory >$cgroup/cgroup.subtree_control 2>/dev/null; then
		umount $cgroup 2>/dev/null
		limit=memory.limit_in_bytes
		mount -t cgroup -o memory none $cgroup 2>/dev/null || {
			report skip faults-memory "no memory cgroups in this kernel"
			return
		}
	fi
	mkdir $cgroup/small
	echo 16777216 >$cgroup/small/$limit
	start faults-memory -4 --json --identity --args -o /dev/null || return
	echo "$snoop" >$cgroup/small/cgroup.procs
	caller storm 2 "$STORM" >/tmp/made
	stop
	is "faults-memory: status" $? 0
	# shellcheck disable=SC2046
	set -- $(summary_of /results/faults-memory.err)
	is "faults-memory: attempts" "${1:-no summary}" "$(made_by /tmp/made)"
	# From the start, too: what can't be had is said, or it runs.
	: >/results/faults-memory-start.err
	# shellcheck disable=SC2016
	sh -c 'echo $$ >'$cgroup'/small/cgroup.procs; exec connsnoop -4 --json -o /dev/null --duration 1' \
		2>/results/faults-memory-start.err
	must "faults-memory: start says how it went" grep -q '^connsnoop: .* \(attempts = \|says E\)' /results/faults-memory-start.err
	rmdir $cgroup/small
	umount $cgroup
}

# So few descriptors that it has to do with what it has, or says what it lacks.
faults_descriptors()
{
	local limit status

	for limit in 32 16 8 4; do
		# shellcheck disable=SC2039,SC3045,SC2086
		(ulimit -n $limit; exec connsnoop $HOOK_OPTION -4 -o /dev/null --duration 0.2) 2>/tmp/err
		status=$?
		if grep -q 'attempts = ' /tmp/err; then
			is "faults-descriptors: $limit: status" $status 0
		else
			must "faults-descriptors: $limit: one sentence" grep -q '^connsnoop: .*EMFILE' /tmp/err
		fi
	done
}

# Stopped for a while under load: what the rings could not hold is lost, and counted.
faults_stopped()
{
	start faults-stopped -4 --json --buffer-pages 8 -o /tmp/stopped.json || return
	kill -STOP "$snoop"
	caller storm 2 "$STORM" >/tmp/made
	sleep 1
	kill -CONT "$snoop"
	caller storm 1 100 >>/tmp/made
	stop
	is "faults-stopped: status" $? 0
	account faults-stopped "$(made_by /tmp/made)" /tmp/stopped.json
	must "faults-stopped: told" grep -q '"event":"lost"' /tmp/stopped.json
	rm -f /tmp/stopped.json
}

# A reader that takes a little at a time: lines are whole or counted.
faults_slow_reader()
{
	local reader

	mkfifo /tmp/slow
	: >/tmp/slow.json
	(while dd bs=16384 count=1 of=/tmp/piece 2>/dev/null && [ -s /tmp/piece ]; do
		cat /tmp/piece >>/tmp/slow.json
		sleep 0.05
	done) </tmp/slow &
	reader=$!
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -4 --json >/tmp/slow 2>/results/faults-slow.err &
	snoop=$!
	until grep -q '^connsnoop: tracing' /results/faults-slow.err; do
		kill -0 $snoop 2>/dev/null || return
		sleep 0.1
	done
	caller storm 1 5000 >/tmp/made
	kill -INT $snoop
	await $snoop
	await $reader
	set -- "$(caller tally </tmp/slow.json)" "$(summary_of /results/faults-slow.err)"
	report note faults-slow "$1; $2"
	# shellcheck disable=SC2046,SC2086
	set -- $(echo "$1" | cut -d ' ' -f 2,6) $2
	is "faults-slow: accounts" "$((${4:-0} + ${5:-0} + ${6:-0}))" "$(made_by /tmp/made)"
	is "faults-slow: lines, and broken ones" "$1 $2" "${4:-no summary} 0"
	rm -f /tmp/slow /tmp/slow.json
}

# Twenty at once: each sees what is there, and nothing is left of them.
faults_twenty()
{
	local pids='' i=0

	start faults-twenty-0 -4 --json -o /tmp/twenty.0 || return
	if grep -q '^connsnoop: tracing tracepoint' /results/faults-twenty-0.err && one_program_a_tracepoint; then
		stop
		report skip faults-twenty "one program a tracepoint in this kernel"
		return
	fi
	pids=$snoop
	while [ $((i += 1)) -lt 20 ]; do
		start "faults-twenty-$i" --buffer-pages 8 -P 9 -4 --json -o "/tmp/twenty.$i" || return
		pids="$pids $snoop"
	done
	caller storm 1 50 >/dev/null
	for i in $pids; do
		stop "$i" || report fail "faults-twenty: status of one" "$?"
	done
	is "faults-twenty: each saw all" \
		"$(for i in /tmp/twenty.*; do grep -c '"comm":"caller"' "$i"; done | sort | uniq -c | tr -s ' ')" " 20 50"
	rm -f /tmp/twenty.* /results/faults-twenty-*
}

scene_faults()
{
	faults_disk
	faults_clock
	faults_cpus
	faults_memory
	faults_descriptors
	faults_stopped
	faults_slow_reader
	faults_twenty
}

# --- long and hard: make soak ---

# "RSS in kB, descriptors" of each.
soak_look()
{
	for pid; do
		printf '%s %s ' "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")" \
			"$(find "/proc/$pid/fd" -type l 2>/dev/null | wc -l)"
	done
	echo
}

# soak_bounded NAME COLUMN MOST: it never was more.
soak_bounded()
{
	local most

	most=$(awk -v c="$2" '$c > most { most = $c } END { print most + 0 }' /tmp/soak.looks)
	report note "soak: $1" "$most at most"
	must "soak: $1 stay below $3" [ "$most" -lt "$3" ]
}

# soak_flat NAME COLUMN MOST: between the first third and the end it did not grow by more than so much.
soak_flat()
{
	local first last

	first=$(awk -v n="$(wc -l </tmp/soak.looks)" -v c="$2" 'NR == int(n / 3) + 1 { print $c }' /tmp/soak.looks)
	last=$(awk -v c="$2" 'END { print $c }' /tmp/soak.looks)
	report note "soak: $1" "$first at a third, $last at the end"
	must "soak: $1 stays" [ "$((last - first))" -le "$3" ]
}

# Every output has its instance, all with identity. Only the soak's own user counts: outputs make attempts, too.
scene_soak()
{
	local file pipe syslog sums made soaker name status i=1

	adduser -D -u 1000 soaker 2>/dev/null || echo 'soaker:x:1000:1000::/:/bin/sh' >>/etc/passwd
	syslogd -O /dev/null
	start soak-file -a -u 1000 --json --identity --args -o /tmp/soak.json --rotate 2M,3 || return
	file=$snoop
	start soak-syslog -a -u 1000 --format ecs --identity --syslog || return
	syslog=$snoop
	start soak-sums -c -a -u 1000 --by comm,addr,port --interval 10 -o /tmp/soak.sums || return
	sums=$snoop
	mkfifo /tmp/soak.pipe
	caller tally </tmp/soak.pipe >/tmp/soak.tally &
	: >/results/soak-pipe.err
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -a -u 1000 -r --json --identity >/tmp/soak.pipe 2>/results/soak-pipe.err &
	pipe=$!
	until grep -q '^connsnoop: tracing' /results/soak-pipe.err; do
		sleep 0.1
	done
	caller as 1000 caller soak "$SOAK_S" 20000 >/tmp/soak.made &
	soaker=$!
	while kill -0 $soaker 2>/dev/null; do
		sleep "$((SOAK_S / 60 + 1))"
		soak_look $file $syslog $sums $pipe >>/tmp/soak.looks
		: >/tmp/soak.sums
	done
	for i in $file $syslog $sums $pipe; do
		stop "$i"
		status=$?
		# What a daemon did not take in time is counted, and a reason for 1.
		[ "$i" = "$syslog" ] || is "soak: status of $i" $status 0
	done
	sleep 1
	made=$(made_by /tmp/soak.made)
	report note soak "$(cat /tmp/soak.made)"
	i=1
	for name in file syslog sums pipe; do
		# shellcheck disable=SC2046
		set -- $(sed -n 's/^connsnoop: [0-9]* attempts = \([0-9]*\) \(shown\|counted\) + [0-9]* filtered + \([0-9]*\) lost.*/\1 \3/p' \
			"/results/soak-$name.err")
		is "soak: $name: shown and lost" "$((${1:-0} + ${2:-0}))" "$made"
		report note "soak: $name" "$1 shown, $2 lost"
		soak_flat "RSS of $name, kB" $((2 * i - 1)) 512
		# Of the processes that it knows, and some more.
		soak_bounded "descriptors of $name" $((2 * i)) 320
		i=$((i + 1))
	done
	# shellcheck disable=SC2046
	set -- $(cat /tmp/soak.tally)
	is "soak: lines that came out of the pipe" "$2 broken $6" "$(summary_of /results/soak-pipe.err | cut -d ' ' -f 2) broken 0"
}

# --- what connsnoop may still do ---

# field NAME: of the status of the running one.
field()
{
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$snoop/status"
}

# Before 5.8 there is nothing less than CAP_SYS_ADMIN, 200000; CAP_BPF and CAP_PERFMON are c000000000.
least_caps()
{
	case $(sed -n 's/^CapPrm:[[:space:]]*//p' /proc/self/status) in
	000000[0-3]*) echo 0000000000200000 ;;
	*) echo 000000c000000000 ;;
	esac
}

# With perf's rings. Debian's kernels want CAP_SYS_ADMIN for them, as their perf_event_paranoid is 3.
expected_caps()
{
	if [ "$(cat /proc/sys/kernel/perf_event_paranoid)" -ge 3 ]; then
		echo 0000000000200000
	else
		least_caps
	fi
}

sandboxed()
{
	is "$1: permitted" "$(field CapPrm)" "$(expected_caps)"
	is "$1: effective" "$(field CapEff)" "$(expected_caps)"
	is "$1: bounding" "$(field CapBnd)" 0000000000000000
	# these lines came with 3.8 and 4.10
	is "$1: filter" "$(field Seccomp)" 2
	[ -z "$(field NoNewPrivs)" ] || is "$1: no new privileges" "$(field NoNewPrivs)" 1
	must "$1: refused nothing" sh -c "! grep 'the sandbox refused' /results/$1.err"
}

has_filters()
{
	grep -q '^Seccomp' /proc/self/status && confined | grep -q '^1\.\.[1-9]'
}

# All that a reader does with perf's rings, while a processor goes and comes; as root, and as somebody without rights.
scene_sandbox()
{
	local probes

	if ! has_filters; then
		start sandbox-none -a -o /tmp/none || return
		must "sandbox: without filters it says so" grep -q CONFIG_SECCOMP_FILTER /results/sandbox-none.err
		stop
		report skip sandbox "no CONFIG_SECCOMP_FILTER in this kernel"
		return
	fi
	confined >/results/confined
	is "sandbox: confined" "$(grep -c '^not ok' /results/confined)" 0
	report note "sandbox: confined" "$(grep '^not ok\|^#\|^1\.\.' /results/confined | tr '\n' ' ')"
	sandbox_least
	sandbox_run sandbox --ring perf
	adduser_nobody
	sandbox_run sandbox-user --ring perf --user nobody
	is "sandbox: --user" "$(cat /tmp/uid)" "$(printf '65534\t65534\t65534\t65534')"
	probes=$(tracing_dir)/kprobe_events
	[ ! -e "$probes" ] || is "sandbox: --user leaves no probe" "$(cat "$probes")" ""
	umount /tmp/tracefs 2>/dev/null
	start sandbox-off --no-sandbox -a -o /tmp/off || return
	is "sandbox: --no-sandbox: no filter" "$(field Seccomp)" 0
	is "sandbox: --no-sandbox: all capabilities" "$(field CapEff)" "$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)"
	stop
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION -a -o /dev/null -- grep '^Seccomp:\|^NoNewPrivs:\|^CapEff:\|^CapBnd:' /proc/self/status \
		>/tmp/command 2>/dev/null
	is "sandbox: a command has what we had" "$(cat /tmp/command)" \
		"$(grep '^Seccomp:\|^NoNewPrivs:\|^CapEff:\|^CapBnd:' /proc/self/status)"
}

# With no more than the kernel asks for, and a limit of locked memory as distributions have it; and with less, by name.
sandbox_least()
{
	local all name without

	all=$(least_caps)
	(
		ulimit -l 8192
		# shellcheck disable=SC2086
		confined only "$all" connsnoop $HOOK_OPTION -a --canary 0.2 --duration 1 -o /dev/null 2>/results/sandbox-least.err
		echo $? >/tmp/least
	)
	is "sandbox: least capabilities: status" "$(cat /tmp/least)" 0
	must "sandbox: least capabilities: canaries" grep -q 'health: [1-9][0-9]* canaries, 0 missed' /results/sandbox-least.err
	for without in 200000:CAP_SYS_ADMIN 4000000000:CAP_PERFMON 8000000000:CAP_BPF; do
		name=${without#*:}
		[ $((0x$all & 0x${without%:*})) != 0 ] || continue
		# shellcheck disable=SC2046
		is "sandbox: without $name: status" \
			"$(status_of confined only $(printf %x $((0x$all & ~0x${without%:*}))) connsnoop -a)" 4
		must "sandbox: without $name: it says so" grep -q "lacks $name;" /tmp/err
	done
}

adduser_nobody()
{
	grep -q nobody /etc/passwd || echo 'nobody:x:65534:65534::/:/bin/false' >>/etc/passwd
}

sandbox_run()
{
	local name=$1

	shift
	start "$name" -a -r --identity --json --canary 0.5 "$@" -o "/results/$name.json" || return
	field Uid >/tmp/uid
	caller udp4 tcp4-refused unix-stream >"/results/$name.want"
	if [ -w $cpu1 ]; then
		echo 0 >$cpu1
		caller udp4-port0 >>"/results/$name.want"
		echo 1 >$cpu1
		sleep 2
		connect_on_cpu1 "$name"
	fi
	kill -HUP "$snoop"
	kill -USR1 "$snoop"
	sleep 1.2
	# -r and --identity take CAP_SYS_PTRACE, 80000
	is "$name: with others" "$(field CapEff)" "$(expected_caps | sed 's/00000$/80000/')"
	stop
	is "$name: status" $? 0
	must "$name: rings are opened anew" sh -c "! grep 'opening the perf ring' /results/$name.err"
	must "$name: canaries" grep -q 'health: [1-9][0-9]* canaries, 0 missed' "/results/$name.err"
	start "$name-less" -a --json "$@" -o /tmp/less.json || return
	sandboxed "$name-less"
	stop
}

# --- whether it still sees ---

# wait_in FILE WORDS
wait_in()
{
	local tries=0

	until grep -q "$2" "$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 100 ] || return 1
		sleep 0.1
	done
}

scene_canary()
{
	start canary -a --json --canary 0.5 -o /results/canary.json || return
	caller udp4 tcp4-refused >/results/canary.want
	sleep 2
	kill -STOP "$snoop"
	sleep 3
	kill -CONT "$snoop"
	must "canary: a stopped reader is noticed" wait_in /results/canary.err 'stood still for [2-9]\.'
	canary_blind
	caller unix-stream >>/results/canary.want
	stop
	is "canary: status" $? 0
	must "canary: many" grep -q 'health: [1-9][0-9]* canaries' /results/canary.err
	must "canary: in JSON" grep -q '^{"event":"health","time":"[^"]*","check":"reader","ok":false,"count":1,' /results/canary.json
	must "canary: in the summary" grep -q '"event":"summary".*"canaries":[1-9]' /results/canary.json
	is "canary: none is an event" "$(grep -c '"comm":"connsnoop"' /results/canary.json)" 0
	canary_strict
}

switches=/tmp/debugfs/kprobes/enabled

canary_blind()
{
	mkdir -p /tmp/debugfs
	mount -t debugfs debugfs /tmp/debugfs 2>/dev/null
	if [ ! -w $switches ] || grep -q '^connsnoop: tracing tracepoint' /results/canary.err; then
		report skip "canary: kprobes switched off" "no kprobes in use"
		return
	fi
	echo 0 >$switches
	must "canary: switched off is noticed" wait_in /results/canary.err 'health: an attempt of connsnoop.s own did not come through.*enabled says 0'
	echo 1 >$switches
	must "canary: switched on again, too" wait_in /results/canary.err 'health: attempts of connsnoop.s own come through again'
	must "canary: both in JSON" wait_in /results/canary.json '"check":"canary","ok":true,"count":'
}

canary_strict()
{
	umount /tmp/debugfs 2>/dev/null
	start canary-lost -a --strict --buffer-pages 1 -o /tmp/strict || return
	# Stopped meanwhile, so that it ends when the storm is over: under QEMU's TCG 6.1 and 6.12 died, by a call of address 0,
	# of a probe that is taken off a function while the other virtual CPU calls it all the time.
	kill -STOP "$snoop"
	caller storm 2 "$STORM" >/dev/null
	kill -CONT "$snoop"
	await "$snoop"
	is "canary: --strict, lost: status" $? 1
	must "canary: --strict, lost: said" grep -q 'lost [1-9].* attempts on CPU' /results/canary-lost.err
	start canary-good -a --strict -o /tmp/strict || return
	caller udp4 >/dev/null
	stop
	is "canary: --strict, nothing lost: status" $? 0
	rm -f /tmp/strict
}
