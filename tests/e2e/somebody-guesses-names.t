#!/bin/sh
# While robots guess the names of users, a user gets in every time, the remote
# hears of so few guesses that it bans nobody, and the log does not fill up.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 50 "$@"
plan 21

guesses=500
at_a_time=5

# robot FIRST: tries every fifth name, with a key and without in turns.
robot() {
	guess=$1
	while [ "$guess" -le "$guesses" ]; do
		with_key=yes
		[ $((guess % 2)) -eq 0 ] || with_key=no
		ssh_with "$BED_DIR/client_key" -o PubkeyAuthentication=$with_key \
			"guess$guess@gateway" true </dev/null
		guess=$((guess + at_a_time))
	done >"$TMUX_TMPDIR/robot$1" 2>&1
}
robots_run() {
	for robot in $robots; do
		! kill -0 "$robot" 2>/dev/null || return 0
	done
	return 1
}

# refusals: when the remote has been asked for guesses, in seconds since a
# midnight.
refusals() {
	$BED log remote | awk '/Invalid user/ {
		split($3, at, ":")
		s = at[1] * 3600 + at[2] * 60 + at[3] + days
		if (s < last) {
			days += 86400
			s += 86400
		}
		print last = s
	}'
}
# most_in_a_minute: how many of the times on standard input are in one minute.
most_in_a_minute() {
	awk '{
		at[NR] = $1
		while (at[NR] - at[first + 1] >= 60)
			first++
		if (NR - first > most)
			most = NR - first
	} END { print most + 0 }'
}
# worst_penalty: the most that OpenSSH 9.8 holds against somebody who fails at
# these times: 5 s for each, and above 15 it bans (sshd_config(5),
# PerSourcePenalties).  As these are whole seconds, each may have come sooner by
# one than it looks.
worst_penalty() {
	awk '{
		passed = $1 - last - 1
		penalty -= passed > 0 ? passed : 0
		penalty = (penalty > 0 ? penalty : 0) + 5
		if (penalty > worst)
			worst = penalty
		last = $1
	} END { print worst + 0 }'
}

ok 'alice logs in' let_in alice@gateway

robots=
for first in $(seq "$at_a_time"); do
	robot "$first" &
	robots="$robots $!"
done
ok 'robots guess names' wait_for log_has gateway 'Invalid user guess2[0-9] '
terminal a
ok '... alice logs in all the same, up to the prompt' login a alice
settings '[users]' 'names = carol'
signal_helper HUP
ok '... a new user whom names in [users] has' \
	see_log gateway 'event=reload '
ok '... gets in at once' let_in carol@gateway
logins=0
failures=0
while robots_run; do
	logins=$((logins + 1))
	if ! let_in alice@gateway >"$TMUX_TMPDIR/alice" 2>&1; then
		failures=$((failures + 1))
		note <"$TMUX_TMPDIR/alice"
	fi
	sleep 0.5
done
ok "... and until they are done alice logs in again and again: $logins times" \
	[ "$logins" -ge 3 ]
is '... each time she gets in' "$failures" 0

is 'sshd refused all the guesses' \
	"$(cat "$TMUX_TMPDIR"/robot[0-9]* | grep -c 'Permission denied')" \
	"$guesses"
refusals >"$TMUX_TMPDIR/refusals"
count=$(wc -l <"$TMUX_TMPDIR/refusals")
ok "... the remote has heard of some, $count" [ "$count" -ge 2 ]
most=$(most_in_a_minute <"$TMUX_TMPDIR/refusals")
ok "... never more than lookups_per_minute in a minute, $most" \
	[ "$most" -le 6 ]
worst=$(worst_penalty <"$TMUX_TMPDIR/refusals")
ok "... and would have held $worst s against the gateway, but not banned it" \
	[ "$worst" -le 15 ]
is '... of the others the log says why not' "$(log_has gateway \
	'event=unknown-user user=guess[0-9]+ reason=too-many ' && echo yes)" yes
is '... no such name is known' \
	"$($BED on gateway getent passwd | grep -c '^guess')" 0
unlike '... or has ever been' \
	"$($BED on gateway cat /var/lib/moshgate/users)" '^guess'

ok 'when they have stopped a new user gets in soon' \
	wait_for let_in bob@gateway
is '... with a uid of their own' \
	"$($BED on gateway getent passwd alice bob carol | cut -d : -f 3 |
		sort -u | wc -l)" 3

# As fast as if each came by a connection of its own on a large machine; once
# the log takes lines about such names again, after those before.
calm() {
	number=$((${number-0} + 1))
	look_up "calm$number" >"$TMUX_TMPDIR/calm"
	log_has gateway "event=unknown-user user=calm$number "
}
wait_for calm
lines=$(log_count gateway 'event=unknown-user')
# shellcheck disable=SC2046
look_up $(seq -f 'burst%g' "$guesses") >"$TMUX_TMPDIR/burst"
is 'names guessed in one burst are unknown, too' \
	"$(cat "$TMUX_TMPDIR/burst")" ''
lines=$(($(log_count gateway 'event=unknown-user') - lines))
ok "... of which the log has some, but few: $lines" \
	[ $((lines > 0 && lines <= 150)) -eq 1 ]
ok '... and says that it leaves the rest out' log_has gateway \
	'event=log-paused detail="too many unknown users'
worst=$(refusals | worst_penalty)
ok "... and the remote would still not have banned the gateway: $worst s" \
	[ "$worst" -le 15 ]
ok '... where alice gets in' let_in alice@gateway
