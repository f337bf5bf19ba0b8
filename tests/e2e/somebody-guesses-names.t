#!/bin/sh
# While robots guess the names of users, new users get in all the same, the remote
# hears of so few guesses that it bans nobody, and the log does not fill up.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 50 "$@"
plan 30

# Each has an address of its own, and offers a key of its own each time.
robots='11 12 13'
# robot NUMBER: guesses until it is told to stop.
robot() {
	guess=0
	while [ ! -e "$TMUX_TMPDIR/stop" ]; do
		guess=$((guess + 1))
		rm -f "$TMUX_TMPDIR/key$1" "$TMUX_TMPDIR/key$1.pub"
		ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/key$1"
		ssh_with "$TMUX_TMPDIR/key$1" -4 -b "10.66.1.$1" \
			"guess$1x$guess@gateway" true </dev/null
		# as fast as one on another machine, but not with all of this one
		sleep 0.3
	done >"$TMUX_TMPDIR/robot$1" 2>&1
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

now_s() {
	date +%s
}
# comes USER: are they in, and how many seconds did that take?
comes() {
	came_s=$(now_s)
	let_in "$1@gateway" >"$TMUX_TMPDIR/comes" 2>&1 || {
		note <"$TMUX_TMPDIR/comes"
		return 1
	}
	took_s=$(($(now_s) - came_s))
	[ "$took_s" -le "$worst_s" ] || worst_s=$took_s
	[ "$took_s" -le 20 ]
}

for robot in $robots; do
	ip addr add "10.66.1.$robot/24" dev "$(ip -o -4 addr show |
		sed -n 's/^[0-9]*: \([^ ]*\).*10\.66\.1\.1\/.*/\1/p')"
done
new='ann ben cid dee eli fay gus hal ida jon'
# shellcheck disable=SC2086
people $new
ok 'alice logs in' let_in alice@gateway
for robot in $robots; do
	robot "$robot" &
done
ok 'three robots guess names' wait_for log_has gateway \
	'user=guess13x[0-9]+ reason='
worst_s=0
for person in $new; do
	ok "... $person, who is new, is in within 20 s" comes "$person"
done
note "the slowest took $worst_s s"
ok '... alice logs in as ever, up to the prompt' eval \
	'terminal a && login a alice'
ok '... the robots use up what they may, ...' wait_for log_has gateway \
	'user=guess1[123]x[0-9]+ reason=too-many-new .* client=10\.66\.1\.1[123]$'
touch "$TMUX_TMPDIR/stop"
wait
guesses=$(cat "$TMUX_TMPDIR"/robot1[123] | grep -c 'Permission denied')
note "$guesses guesses"
is '... all their guesses were refused' \
	"$(cat "$TMUX_TMPDIR"/robot1[123] | grep -vc 'Permission denied (publickey)')" \
	0
refusals >"$TMUX_TMPDIR/refusals"
count=$(wc -l <"$TMUX_TMPDIR/refusals")
ok "... the remote has heard of some, $count" [ "$count" -ge 2 ]
most=$(most_in_a_minute <"$TMUX_TMPDIR/refusals")
ok "... never more than lookups_per_minute in a minute, $most" \
	[ "$most" -le 6 ]
worst=$(worst_penalty <"$TMUX_TMPDIR/refusals")
ok "... and would have held $worst s against the gateway, but not banned it" \
	[ "$worst" -le 15 ]
is '... no such name is known' \
	"$($BED on gateway getent passwd | grep -c '^guess')" 0
unlike '... or has ever been' \
	"$($BED on gateway cat /var/lib/moshgate/users)" '^guess'
# shellcheck disable=SC2086
is '... and the others have uids of their own' \
	"$($BED on gateway getent passwd alice $new | cut -d : -f 3 |
		sort -u | wc -l)" 11

# Users who were removed there.  A robot knows their names.
removed='ann ben cid dee eli fay'
# shellcheck disable=SC2016,SC2086
$BED on remote sh -c 'for user; do userdel -f "$user"; done' - $removed \
	2>"$TMUX_TMPDIR/userdel"
$BED helper restart
ok 'alice logs in with another helper' let_in alice@gateway
rm "$TMUX_TMPDIR/stop"
before=$(refusals | wc -l)
begin_s=$(now_s)
for person in $removed; do
	while [ ! -e "$TMUX_TMPDIR/stop" ]; do
		ssh_with "$BED_DIR/client_key" "$person@gateway" true </dev/null
		sleep 0.3
	done >"$TMUX_TMPDIR/removed.$person" 2>&1 &
done
failures=0
slowest_s=0
while [ $(($(now_s) - begin_s)) -lt 90 ]; do
	came_s=$(now_s)
	let_in carol@gateway >"$TMUX_TMPDIR/carol" 2>&1 ||
		failures=$((failures + 1))
	took_s=$(($(now_s) - came_s))
	[ "$took_s" -le "$slowest_s" ] || slowest_s=$took_s
	sleep 2
done
touch "$TMUX_TMPDIR/stop"
wait
is 'while six removed users are tried again and again, carol gets in' \
	"$failures" 0
ok "... each time, within $slowest_s s" [ "$slowest_s" -le 20 ]
refusals | tail -n +$((before + 1)) >"$TMUX_TMPDIR/refusals"
count=$(wc -l <"$TMUX_TMPDIR/refusals")
ok "... the remote has heard of all six, $count times" [ "$count" -ge 6 ]
most=$(most_in_a_minute <"$TMUX_TMPDIR/refusals")
ok "... not more often than lookups_per_minute in a minute, $most" \
	[ "$most" -le 6 ]
worst=$(worst_penalty <"$TMUX_TMPDIR/refusals")
ok "... and would have held $worst s against the gateway, but not banned it" \
	[ "$worst" -le 15 ]

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
look_up $(seq -f 'burst%g' 500) >"$TMUX_TMPDIR/burst"
is 'names guessed in one burst get nowhere' \
	"$(grep -vc ':65535:771:' "$TMUX_TMPDIR/burst")" 0
lines=$(($(log_count gateway 'event=unknown-user') - lines))
ok "... of which the log has some, but few: $lines" \
	[ $((lines > 0 && lines <= 150)) -eq 1 ]
ok '... and says that it leaves the rest out' log_has gateway \
	'event=log-paused detail="too many unknown users'
