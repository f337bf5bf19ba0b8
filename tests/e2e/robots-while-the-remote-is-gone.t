#!/bin/sh
# While the remote is out of reach, or the helper of no use, forty robots that
# guess names, or know one and have no key, keep an administrator of the gateway
# out no more than they would without moshgate.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 50 "$@"
plan 14

robots=40
logins=10

now_ms() {
	echo $(($(date +%s%N) / 1000000))
}
# name_service SOURCES: whom the gateway asks who a user is.
name_service() {
	$BED on gateway sed -i "s/^passwd:.*/passwd: $1/" /etc/nsswitch.conf
}

# pauses: for how many seconds a robot waits before its first guess, and after
# others.  Made at once, since a perl for each would guess along.
pauses() {
	perl -e '
		my $pause_s = $ARGV[0] / 1000;
		printf "%.3f\n", rand $pause_s;
		printf "%.3f\n", $pause_s * (0.5 + rand) for 1 .. 100' \
		"$pause_ms"
}
robot() {
	pauses >"$TMUX_TMPDIR/pauses$1"
	guess=1
	read -r pause_s <"$TMUX_TMPDIR/pauses$1"
	sleep "$pause_s"
	while :; do
		while read -r pause_s; do
			name=guess$1x$guess
			[ ! -e "$TMUX_TMPDIR/known_name" ] || name=alice
			ssh_with "$TMUX_TMPDIR/robot_key" "$name@gateway" true \
				</dev/null
			sleep "$pause_s"
			guess=$((guess + 1))
		done <"$TMUX_TMPDIR/pauses$1"
	done >"$TMUX_TMPDIR/robot$1" 2>&1
}
guesses() {
	cat "$TMUX_TMPDIR"/robot[0-9]* | grep -c 'Permission denied'
}
guessed() {
	[ "$(guesses)" -ge "$1" ]
}

# administrator NAME: logs in again and again; stores in $in how often she got
# in, and in $slowest how many ms the slowest took.
administrator() {
	guesses_before=$(guesses)
	dropped_before=$(log_count gateway 'past MaxStartups')
	in=0
	: >"$TMUX_TMPDIR/took"
	for _ in $(seq "$logins"); do
		began_ms=$(now_ms)
		if ssh_with "$BED_DIR/client_key" local@gateway true </dev/null \
			2>"$TMUX_TMPDIR/administrator"; then
			in=$((in + 1))
		else
			note <"$TMUX_TMPDIR/administrator"
		fi
		echo $(($(now_ms) - began_ms)) >>"$TMUX_TMPDIR/took"
		sleep 1
	done
	sort -n "$TMUX_TMPDIR/took" >"$TMUX_TMPDIR/took.sorted"
	slowest=$(tail -n 1 "$TMUX_TMPDIR/took.sorted")
	median=$(sed -n "$((logins / 2))p" "$TMUX_TMPDIR/took.sorted")
	note "$1: her logins took $median ms, at most $slowest, beside" \
		"$(($(guesses) - guesses_before)) guesses;" \
		"sshd dropped $(($(log_count gateway 'past MaxStartups') - \
		dropped_before)) connections"
}

ok 'alice logs in' let_in alice@gateway

# As many guesses as sshd without moshgate bears on this machine.
name_service files
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/robot_key"
: >"$TMUX_TMPDIR/robot0"
administrator 'without robots'
pause_ms=$((robots * (median * 3 / 4 > 333 ? median * 3 / 4 : 333)))
note "each robot waits for $((pause_ms / 1000)) s after each guess"
for robot in $(seq "$robots"); do
	robot "$robot" &
done
ok 'forty robots guess names' wait_for guessed 20
administrator 'without moshgate'
is 'without moshgate an administrator gets in every time' "$in" "$logins"
slowest_without=$slowest

# Nobody has guessed yet, as far as the helper knows, or is missing the remote.
$BED wan down
name_service 'files moshgate'
administrator 'with the remote gone'
is 'with moshgate, and the remote gone, she does so too' "$in" "$logins"
administrator 'with the remote gone for a while'
is '... and later' "$in" "$logins"
like '... as the log says' "$($BED log gateway)" \
	'event=unknown-user user=guess[0-9x]+ reason=unreachable '
signal_helper STOP
administrator 'with the helper stopped'
is '... and with the helper stopped' "$in" "$logins"
touch "$TMUX_TMPDIR/known_name"
administrator 'with the helper stopped, and a name known'
is "... and when the robots know a user's name" "$in" "$logins"
ok '... within a second of what it took before' \
	[ "$slowest" -lt $((slowest_without + 1000)) ]
rm "$TMUX_TMPDIR/known_name"
signal_helper CONT
$BED wan up
ok 'when the remote is back alice gets in' wait_for let_in alice@gateway
$BED helper kill
administrator 'with the helper killed'
is 'with the helper killed the administrator gets in' "$in" "$logins"
$BED on gateway rm /run/moshgate/helper.sock
administrator 'with no socket'
is '... and with its socket gone' "$in" "$logins"
$BED helper start
administrator 'with the remote and the helper there'
is '... and with all in order again' "$in" "$logins"
ok '... as does alice' let_in alice@gateway
