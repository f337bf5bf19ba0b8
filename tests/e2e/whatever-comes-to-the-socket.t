#!/bin/sh
# Whatever root, sshd's user, a user of the gateway and a stranger send to the
# helper's socket, at once and while sessions run: each of them gets what is
# theirs or nothing, nobody else notices, and nothing of it is left.
#
# FUZZ_CALLS says how many calls each of them makes, FUZZ_SEED by which chance.
# shellcheck disable=SC2016 # what is in single quotes is for the gateway
. "$(dirname "$0")/lib.sh"
calls=${FUZZ_CALLS-120}
in_bed "$@"
plan 23
known alice bob carol

# of_helper COMMAND: run it in sh with $pid the helper's.
of_helper() {
	$BED on gateway sh -c "pid=\$(cat /run/moshgate-helper.pid); $1"
}
descriptors() {
	of_helper 'ls "/proc/$pid/fd" | wc -l'
}
few_descriptors() {
	[ "$(descriptors)" -le "$1" ]
}
status() {
	$BED on gateway moshgate status
}
# two_sessions: are there alice's session and bob's command, and no other?
two_sessions() {
	[ "$(status | grep -Ec '^session|^connection.* busy ')" -eq 2 ]
}

terminal a
ok 'alice has a session' login a alice
mkfifo "$TMUX_TMPDIR/in" "$TMUX_TMPDIR/out"
ssh bob@gateway cat <"$TMUX_TMPDIR/in" >"$TMUX_TMPDIR/out" 2>/dev/null &
exec 4>"$TMUX_TMPDIR/in" 5<"$TMUX_TMPDIR/out"
# echoes WORD: does bob's command say it again?
echoes() {
	echo "$1" >&4
	read -r said <&5 && [ "$said" = "$1" ]
}
ok 'bob has a command that runs' echoes before
before=$(descriptors)
pid=$(of_helper 'echo $pid')

fuzz=$(cat "$(dirname "$0")/fuzz-socket.py")
for user in root _moshgate alice nobody; do
	as "$user" timeout "${FUZZ_S:-120}" /usr/bin/python3 -c "$fuzz" \
		"${FUZZ_SEED-1}" "$calls" 4>&- 5<&- \
		>"$TMUX_TMPDIR/fuzz-$user" 2>&1 &
	eval "fuzz_$user=\$!"
done
for user in root _moshgate alice nobody; do
	eval "wait \$fuzz_$user"
	is "$user has said all sorts of things" $? 0
	note <"$TMUX_TMPDIR/fuzz-$user"
	like '... and was heard' "$(cat "$TMUX_TMPDIR/fuzz-$user")" \
		'^came.* 3[2-5]:'
	unlike '... and has heard what makes sense' \
		"$(cat "$TMUX_TMPDIR/fuzz-$user")" '^odd|Error'
done
# Types of frames: 32 is an answer, 33 a refusal, 34 text, such as keys, 35 a step
# of a check, and 37 says that an answer is to come.
unlike 'a stranger has heard nothing but refusals' \
	"$(cat "$TMUX_TMPDIR/fuzz-nobody")" '^came.* (32|34|35|36|38|[12]?[0-9]|[4-9][0-9]):'
unlike "a user has heard nothing that is root's or sshd's" \
	"$(cat "$TMUX_TMPDIR/fuzz-alice")" '^came.* 3[45]:'
unlike "... sshd's user nothing that is root's" \
	"$(cat "$TMUX_TMPDIR/fuzz-_moshgate")" '^came.* 3[25]:'
is 'it is the same helper' "$(of_helper 'echo $pid; kill -0 $pid')" "$pid"
ok "... bob's command runs" echoes after
type_in a 'echo still "there"' Enter
ok "... as does alice's session" see a '^still there'
ok '... and somebody else is let in' let_in carol@gateway
ok 'what those four had is gone' wait_for two_sessions
ok '... and so are its descriptors' wait_for few_descriptors $((before + 8))
