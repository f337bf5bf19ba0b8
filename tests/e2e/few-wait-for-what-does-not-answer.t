#!/bin/sh
# sshd takes few at a time who have not logged in yet.  So when the remote or
# the helper doesn't answer, few wait for it, and the others are told at once:
# the gateway's own users get in.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 23

# waiting PROGRAM: how many processes of it there are on the gateway.
waiting() {
	$BED on gateway pgrep -fc "^$1 "
}
wait_at_least() {
	[ "$(waiting "$1")" -ge "$2" ]
}
wait_at_most() {
	[ "$(waiting "$1")" -le "$2" ]
}
status() {
	$BED on gateway moshgate status
}
administrator() {
	ssh_with "$BED_DIR/client_key" local@gateway true </dev/null
}
keys=/usr/libexec/moshgate/moshgate-keys

# Users of the remote, for whom it is asked for keys.
known alice bob carol
settings 'connect_timeout = 20'
$BED helper restart
$BED wan down
# shellcheck disable=SC2016
as _moshgate sh -c 'for i in $(seq 10); do
	for user in alice bob carol; do
		"$1" "$user" &
	done
done
wait' - $keys >"$TMUX_TMPDIR/keys" 2>"$TMUX_TMPDIR/keys.err" &
asking=$!
ok 'thirty logins wait for the remote' wait_for wait_at_least $keys 5
ok '... soon most of them do no more' wait_for wait_at_most $keys 4
is '... but the first four' "$(waiting $keys)" 4
is '... the others were told' "$(grep -c 'does not answer; try again' \
	"$TMUX_TMPDIR/keys.err")" 26
is '... and the log has them' "$(log_count gateway \
	'event=login-failed user=(alice|bob|carol) asked=keys .*reason=busy ')" 26
keys_of carol >"$TMUX_TMPDIR/carol" 2>&1
is '... who comes now does not wait' $? 1
is '... while those four still do' "$(waiting $keys)" 4
ok '... and an administrator of the gateway gets in' administrator
$BED wan up
wait "$asking"
is 'when the remote is back the four have their keys' \
	"$(grep -c '^ssh-ed25519 ' "$TMUX_TMPDIR/keys")" 4
ok '... and alice gets in' let_in alice@gateway

# Names that nobody knows.
settings '[users]' 'new_names_per_address = 20'
$BED helper restart
look_up guess1 guess2 >"$TMUX_TMPDIR/guess"
like 'while the remote is there unknown names have uids' \
	"$(cut -d : -f 1 "$TMUX_TMPDIR/guess" | xargs)" 'guess1 guess2'
$BED wan down
for name in $(seq -f guess%g 10); do
	keys_of "$name" >"$TMUX_TMPDIR/$name" 2>&1 &
done
# told: how many of them have been told that they can't be asked for.
told() {
	log_count gateway 'event=unknown-user user=guess[0-9]+ reason=busy '
}
told_at_least() {
	[ "$(told)" -ge "$1" ]
}
ok 'of ten unknown names the most are soon told' wait_for told_at_least 6
is '... while four are waited for' "$(waiting $keys) $(told)" '4 6'
keys_of guess11 >"$TMUX_TMPDIR/guess11" 2>&1
is '... nor is one that comes now' "$(log_count gateway \
	'event=unknown-user user=guess11 reason=busy ')" 1
like '... and the name service waits for none of them' "$(look_up guess12)" \
	'^guess12:'
ok '... and an administrator of the gateway gets in' administrator
$BED wan up
wait

# The helper.
$BED helper restart
signal_helper STOP
# queued: how many wait until the helper takes them.
queued() {
	$BED on gateway ss -xlH | awk '$5 == "/run/moshgate/helper.sock" {
		print $3
	}'
}
look_up one two three >"$TMUX_TMPDIR/one"
is 'a helper that is stuck is asked once by an sshd' "$(queued)" 1
for name in $(seq -f more%g 10); do
	look_up "$name" >"$TMUX_TMPDIR/$name" &
done
wait
is '... by no more than five' "$(queued)" 5
ok '... and an administrator of the gateway gets in' administrator
like '... who is told' "$(status 2>&1)" 'helper on this gateway is overloaded'
like '... and can start no other' \
	"$($BED on gateway /usr/libexec/moshgate/moshgate-helper -e 2>&1)" \
	'a helper is running already'
signal_helper CONT
ok 'when it goes on the administrator is answered' status
ok '... and alice gets in' let_in alice@gateway
