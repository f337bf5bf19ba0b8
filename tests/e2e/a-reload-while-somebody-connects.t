#!/bin/sh
# The settings are read again while somebody's connection is being made, with
# another key of the gateway's: who has begun with the old one gets in by it.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 1000 "$@"
plan 9
one_address

# Both keys let the gateway in as alice.
# shellcheck disable=SC2016
$BED on gateway sh -c 'cd /etc/moshgate && cp id_ed25519 old_key &&
	ssh-keygen -q -t ed25519 -N "" -C gateway -f new_key &&
	chown root:_moshgate old_key new_key && chmod 640 old_key new_key'
$BED on gateway cat /etc/moshgate/new_key.pub |
	$BED on remote tee -a /home/alice/.ssh/authorized_keys \
		>"$TMUX_TMPDIR/key"

# reload_with KEY: that is the gateway's key from now on.
reload_with() {
	settings '[gateway]' "key = /etc/moshgate/$1"
	reload
}
# begun: is there one connection more to the remote?
begun() {
	[ "$(tcp_connections)" -gt "$before" ]
}

# Nobody else's connection, but one that is made for one question alone.
before=$(tcp_connections)
$BED on gateway moshgate check alice >"$TMUX_TMPDIR/check" 2>&1 &
check=$!
ok 'moshgate check connects' wait_for begun
ok '... meanwhile the gateway gets another key' reload_with new_key
wait "$check"
is '... and the check goes well' $? 0
like '... to the end' "$(cat "$TMUX_TMPDIR/check")" 'mosh-server'

# What sshd waits for begins anew.
before=$(tcp_connections)
let_in alice@gateway >"$TMUX_TMPDIR/in" 2>&1 &
login=$!
ok 'a login connects' wait_for begun
ok '... meanwhile it has the old one again' reload_with old_key
wait "$login"
is '... and the login goes well' $? 0
unlike 'no worker has asked for what it has no use for' \
	"$($BED log gateway)" 'event=sign-refused'
unlike '... and the log does not say to look for a crash' \
	"$($BED log gateway)" 'see this log for a crash'
