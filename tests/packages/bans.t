#!/bin/bash
# Five hundred names are guessed in five minutes at a gateway whose remote is an
# OpenSSH that bans for that: the gateway is not banned, and a user gets in every
# time.
RELEASE=trixie
LIMIT_S=900
. "$(dirname "$0")/lib.sh"
in_bed --root "remote=$PACKAGES/base" --rtt 50
plan 10

guesses=500
seconds=300
robots=5

# robot NUMBER: its share of the names, at its share of the time.
robot() {
	local guess begin_s now_s due_s

	begin_s=$(date +%s)
	for ((guess = $1; guess <= guesses; guess += robots)); do
		due_s=$((begin_s + guess * seconds / guesses))
		now_s=$(date +%s)
		[ "$now_s" -ge "$due_s" ] || sleep $((due_s - now_s))
		# by another address than alice's, should the gateway ban, too
		ssh_with "$BED_DIR/client_key" -4 "guess$guess@gateway" true \
			</dev/null
	done >"$TMUX_TMPDIR/robot$1" 2>&1
}
robots_run() {
	[ -n "$(jobs -rp)" ]
}
remote_drops() {
	log_count remote 'drop connection .*penalty'
}

like 'the remote has an OpenSSH that bans' \
	"$($BED on remote sshd -T)" '^persourcepenalties .*authfail:5'
ok 'alice logs in' let_in -6 alice@gateway
for ((i = 1; i <= robots; i++)); do
	robot "$i" &
done
times=0
failures=0
while robots_run; do
	times=$((times + 1))
	if ! let_in -6 alice@gateway >"$TMUX_TMPDIR/alice" 2>&1; then
		failures=$((failures + 1))
		diag <"$TMUX_TMPDIR/alice"
	fi
	for ((i = 0; i < 30; i++)); do
		! robots_run || sleep 1
	done
done
is "all $guesses names were refused" \
	"$(cat "$TMUX_TMPDIR"/robot[0-9]* | grep -c 'Permission denied')" \
	"$guesses"
heard=$(log_count remote 'Invalid user guess')
# one address has few new names at a time
ok "... the remote has heard of some, $heard" [ "$heard" -ge 1 ]
ok '... but of no more than may be asked' \
	[ "$heard" -le $((seconds * 6 / 60 + 6)) ]
ok "alice has come $times times meanwhile" [ "$times" -ge 5 ]
is '... and got in each time' "$failures" 0
is '... and the remote has banned nobody' "$(remote_drops)" 0
terminal a
ok '... she has a session' login a alice

# It would.  Each of these costs a second, and 15 are too many.
$BED on gateway ssh-keygen -q -t ed25519 -N '' -f /root/key
# shellcheck disable=SC2016 # for the gateway to expand
$BED on gateway sh -c 'for i in $(seq 60); do
	ssh -i /root/key -o BatchMode=yes -o StrictHostKeyChecking=no \
		"nobody$i@remote" true </dev/null &
	[ $((i % 8)) -ne 0 ] || wait
done' >"$TMUX_TMPDIR/direct" 2>&1
ok 'guesses that nobody limits get the gateway banned' \
	see_log remote 'drop connection .*penalty'
