#!/bin/bash
# Programs that take turns over ssh never wait for each other: what the remote
# says arrives, also while something is on the way to it.
# shellcheck disable=SC2029
. "$(dirname "$0")/lib.sh"
in_bed --rtt 4
plan 2

# A worker that takes its time to look at the connection is one to which more
# comes meanwhile.
slow_down() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'for pid in $(pgrep -x moshgate-worker); do
		strace -qq -o /dev/null -e trace=recvfrom \
			-e inject=recvfrom:delay_enter=2000 -p "$pid" &
	done; wait' &
	wait_for running gateway '^strace'
}

# Ask for a line while half of the next one is sent.
take_turns() {
	local before='' got

	for ((i = 0; i < 50; i++)); do
		echo "$i" >&"${COPROC[1]}"
		sleep "0.00$((i % 10))"
		printf x >&"${COPROC[1]}"
		read -t "$PATIENCE_S" -r got <&"${COPROC[0]}" || return
		[ "$got" = "$before$i" ] || return
		before=x
	done
}

coproc ssh alice@gateway 'echo up; while read -r line; do echo "$line"; done'
read -t "$PATIENCE_S" -r up <&"${COPROC[0]}"
is 'a program runs on the remote' "$up" up
if [ -n "${SAN-}" ]; then
	skip '... and answers each line' 'who looks for leaks is not traced'
else
	slow_down
	ok '... and answers each line' take_turns
fi
