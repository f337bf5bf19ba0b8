#!/bin/sh
# One user runs as many commands as the gateway allows, and reads nothing of what
# they write: that takes a bounded part of its memory, and nobody else notices.
# shellcheck disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 9

MANY=32
MOST_MB=170 # of all workers of the user

# master NAME USER: a connection to the gateway that commands can share: sshd
# takes ten at a time.
master() {
	ssh -fNM -o "ControlPath=$TMUX_TMPDIR/$1" "$2@gateway"
}
# through NAME COMMAND: have it run over that connection.
through() {
	ssh -o "ControlPath=$TMUX_TMPDIR/$1" none "$2"
}
# relays USER NUMBER: does the user have so many workers that carry a command?
relays() {
	[ "$($BED on gateway moshgate status | grep -c "^connection.* $1 .*busy" \
		)" -ge "$2" ] || [ "$(log_count gateway \
		"event=relay user=$1 ")" -ge "$2" ]
}
# private_mb: what all the workers have for themselves.
private_mb() {
	$BED on gateway sh -c 'for pid in $(pgrep -x moshgate-worker); do
		cat "/proc/$pid/smaps_rollup"
	done' | awk '/^Private/ { kb += $2 } END { printf "%d\n", kb / 1024 }'
}
# stalls: has what is kept for those who don't read come to its end?
stalls() {
	now_mb=$(private_mb)
	[ "$now_mb" = "${before_mb-}" ] && return
	before_mb=$now_mb
	sleep 1
	return 1
}

for name in a b c d; do
	master "$name" alice
done
i=0
while [ "$i" -lt "$MANY" ]; do
	case $((i % 4)) in
	0) name=a ;; 1) name=b ;; 2) name=c ;; 3) name=d ;;
	esac
	through "$name" 'exec cat /dev/zero' | sh -c 'exec sleep 1000' &
	i=$((i + 1))
done
ok "$MANY commands run at a time" wait_for relays alice "$MANY"
wait_for stalls
note "together $(private_mb) MB"
# The sanitizers keep what was freed.
if [ -n "${SAN-}" ]; then
	skip 'nobody reads what they write: that is bounded' \
		'built with sanitizers'
else
	ok "nobody reads what they write: together $(private_mb) MB" \
		[ "$(private_mb)" -le "$MOST_MB" ]
fi
$BED on gateway sh -c 'for pid in $(pgrep -x moshgate-worker); do
	awk "/^Private/ { kb += \$2 } END { print kb }" "/proc/$pid/smaps_rollup"
done' | sort -n | xargs | note
through a true >"$TMUX_TMPDIR/said" 2>&1
is 'another is refused, with status 1' $? 1
like '... and a sentence' "$(cat "$TMUX_TMPDIR/said")" \
	'^moshgate: You have too many commands and sessions over SSH on this gateway\.$'
ok '... and a line in the log' see_log gateway \
	'event=refused uid=.* user=alice reason=too-many'
ok 'she has sessions by mosh all the same' eval 'terminal a; login a alice'
ok 'bob notices nothing' [ "$(ssh bob@gateway echo works)" = works ]
pkill -f 'sleep 1000'
pkill -f 'exec cat /dev/zero'
ok 'when they have ended the next one runs' wait_for through a true
ok '... and none of them is left' wait_for not running remote '^cat /dev/zero'
