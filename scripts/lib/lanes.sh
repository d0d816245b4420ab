# SPDX-License-Identifier: Apache-2.0
# Shared by scripts/test: runs parts beside each other, each in a process group of its own, and adds
# up what they report. Knows nothing of what a part does. To be sourced with $logs set to a
# directory and $passed, $failed and $skipped set to 0. A part is a function part_NAME; it leaves its
# counts in $logs/NAME.counts, or in $logs/NAME.again what again_NAME is to run when all have ended.
# shellcheck shell=bash disable=SC2034,SC2154

declare -A pids=() # of the parts that run

# Whatever is running when we are told to stop, stops with us.
stop() {
	local child
	for child in ${pids[@]+"${pids[@]}"}; do
		kill -TERM -- "-$child" 2>/dev/null && wait "$child" 2>/dev/null
	done
	say "interrupted"
	exit 130
}
trap stop INT TERM HUP

# Is this part about real clocks, so that it mostly waits? Then nothing may take its processors.
waits() {
	[[ " unit netns systemd vm " == *" $1 "* ]]
}

# Does it compute for minutes?
is_long() {
	[[ " sim model clang fuzz sanitizers mutants " == *" $1 "* ]]
}

# From here on this process and its children take what others leave, and interrupt nobody.
give_way() {
	renice -n 19 -p "$BASHPID" >/dev/null
	chrt --batch -p 0 "$BASHPID" 2>/dev/null || true
}

# launch STAGE PART: runs the function STAGE_PART in a process group of its own. What it reports is
# printed when it has ended.
launch() {
	local stage=$1 part=$2
	set -m
	{
		set +m
		trap - INT TERM HUP
		[ "$stage" = again ] || ! is_long "$part" || give_way
		"${stage}_$part"
	} >"$logs/$part.report" 2>&1 </dev/null &
	pids[$part]=$!
	set +m
}

# ended PART: prints its report and adds its counts to the sums; none yet when it is to be repeated.
ended() {
	local counts
	unset "pids[$1]"
	cat "$logs/$1.report"
	[ ! -s "$logs/$1.again" ] || return 0
	if ! read -r -a counts <"$logs/$1.counts" 2>/dev/null; then
		printf '%-11s did not come to its end\n' "$1"
		counts=(0 1 0)
	fi
	passed=$((passed + counts[0]))
	failed=$((failed + counts[1]))
	skipped=$((skipped + counts[2]))
}

# lanes PART...: of those that wait, and of those that compute, one part each at a time.
lanes() {
	local -a waiting=() computing=()
	local part done_pid
	for part in "$@"; do
		rm -f "$logs/$part".{counts,again,skipped}
		if waits "$part"; then waiting+=("$part"); else computing+=("$part"); fi
	done
	local waiter='' computer=''
	while :; do
		if [ -z "$waiter" ] && [ ${#waiting[@]} -gt 0 ]; then
			waiter=${waiting[0]}
			waiting=("${waiting[@]:1}")
			launch part "$waiter"
		fi
		if [ -z "$computer" ] && [ ${#computing[@]} -gt 0 ]; then
			computer=${computing[0]}
			computing=("${computing[@]:1}")
			launch part "$computer"
		fi
		[ -n "$waiter$computer" ] || return 0
		wait -n -p done_pid ${waiter:+"${pids[$waiter]}"} ${computer:+"${pids[$computer]}"}
		if [ -n "$waiter" ] && [ "$done_pid" = "${pids[$waiter]}" ]; then
			ended "$waiter"
			waiter=
		else
			ended "$computer"
			computer=
		fi
	done
}

# The tests that failed for want of time, perhaps: once more, with nothing beside them.
repeat() {
	local part
	for part in "$@"; do
		[ -s "$logs/$part.again" ] || continue
		launch again "$part"
		wait "${pids[$part]}"
		rm -f "$logs/$part.again"
		ended "$part"
	done
}
