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

# start NAME ARG...: connsnoop in the background, its pid in $snoop, once it says that it traces.
start()
{
	local name=$1 tries=0

	shift
	: >"/results/$name.err"		# an earlier one of that name must not speak for this one
	# shellcheck disable=SC2086
	connsnoop $HOOK_OPTION "$@" >"/results/$name.out" 2>>"/results/$name.err" &
	snoop=$!
	while ! grep -q '^connsnoop: tracing' "/results/$name.err"; do
		tries=$((tries + 1))
		if ! kill -0 "$snoop" 2>/dev/null || [ "$tries" = 600 ]; then
			report fail "$name: start" "$(tail -n 3 "/results/$name.err" | tr '\n' ' ')"
			return 1
		fi
		sleep 0.1
	done
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
	if caller32 list >/dev/null 2>&1; then
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
