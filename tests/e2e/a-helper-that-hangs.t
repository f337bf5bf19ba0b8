#!/bin/sh
# A helper that hangs, whenever it does, holds nobody up for longer than a few
# seconds: sshd isn't kept waiting, and who sits before a terminal is told.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 19
known alice bob carol

keys=/usr/libexec/moshgate/moshgate-keys
session=/usr/libexec/moshgate/moshgate-session
# waiting PROGRAM: how many processes of it there are on the gateway.
waiting() {
	$BED on gateway pgrep -fc "^$1"
}
wait_is() {
	[ "$(waiting "$1")" -eq "$2" ]
}
# soon CMD...: run it, which takes some seconds at most.  Twice as many are given
# to a slow machine, and a helper that is waited for takes far longer.
soon() {
	timeout 12 "$@"
}
given_up() {
	log_count gateway 'moshgate-keys.*event=login-failed .*does not answer'
}
at_terminal() {
	as "$1" script -qec "$session" /dev/null </dev/null
}

# What sshd gives to a command are pipes.
command() {
	as "$1" sh -c ": | $session -c 'echo there' 2>&1 | cat"
}

# While it works: for the remote, which doesn't answer.
settings 'connect_timeout = 20'
$BED helper restart
$BED wan down
for user in alice bob carol; do
	keys_of "$user" >"$TMUX_TMPDIR/keys-$user" 2>&1 &
done
at_terminal alice >"$TMUX_TMPDIR/terminal" 2>&1 &
command bob >"$TMUX_TMPDIR/command" 2>&1 &
$BED on gateway moshgate check bob >"$TMUX_TMPDIR/check" 2>&1 &
check=$!
ok 'three logins wait for the remote' wait_for wait_is $keys 3
ok '... a session and a command' wait_for wait_is "$session" 2
ok '... and a check' wait_for grep '^ok .*socket' "$TMUX_TMPDIR/check"
ok '... for as long as it is worked for them' sleep 3
is '... and longer than they would for nothing' \
	"$(waiting $keys) $(waiting "$session")" '3 2'
signal_helper STOP
ok 'when the helper hangs the logins soon wait no more' \
	wait_for wait_is $keys 0
is '... and the log has them' "$(given_up)" 3
wait $check
is '... the check with 1' $? 1
wait
for what in terminal command; do
	like "... who has begun with the $what is told" \
		"$(cat "$TMUX_TMPDIR/$what")" \
		'moshgate: The moshgate helper on this gateway does not answer'
done
like '... as is the administrator' "$(cat "$TMUX_TMPDIR/check")" \
	'helper.*does not answer'

# From the beginning.
signal_helper CONT
$BED wan up
settings
$BED helper restart
signal_helper STOP
soon "$BED" on gateway $keys alice 2>"$TMUX_TMPDIR/keys"
is 'of a helper that hangs already moshgate-keys gives up, with 1' $? 1
at_terminal alice >"$TMUX_TMPDIR/terminal" 2>&1
like '... a session says so' "$(cat "$TMUX_TMPDIR/terminal")" \
	'moshgate: The moshgate helper on this gateway does not answer'
like '... and so does a command' "$(command alice)" \
	'moshgate: The moshgate helper on this gateway does not answer'
soon "$BED" on gateway moshgate status >"$TMUX_TMPDIR/status" 2>&1
is '... moshgate status with 1' $? 1
soon "$BED" on gateway moshgate check alice >"$TMUX_TMPDIR/check" 2>&1
is '... and moshgate check, too' $? 1
# Those who have given up are still in its socket.
full() {
	$BED on gateway $keys alice
	$BED on gateway ss -xlH | awk '$5 == "/run/moshgate/helper.sock" {
		exit $3 < 5
	}'
}
wait_for full
at_terminal alice >"$TMUX_TMPDIR/terminal" 2>&1
like 'when nobody else can come to it, that is said' \
	"$(cat "$TMUX_TMPDIR/terminal")" 'this gateway is overloaded'
soon "$BED" on gateway $keys alice 2>"$TMUX_TMPDIR/keys"
is '... to sshd as well, with 1' $? 1
signal_helper CONT
ok 'when it goes on all is well' let_in alice@gateway
