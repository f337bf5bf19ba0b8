#!/bin/sh
# The kept connection shall be renewed, and the remote takes no new one: the
# gateway tries once, and goes on when the remote does.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 8

# kept: is there a connection of alice's?
kept() {
	$BED on gateway moshgate status | grep '^connection *alice '
}

settings '[session]' 'share_max_age = 10'
$BED helper restart
terminal a
ok 'alice logs in' login a alice
type_in a exit Enter
ok '... and out' see a '^client\$ *$'
ok '... and her connection stays' kept
# The listener alone: what is connected stays so.
# shellcheck disable=SC2016
$BED on remote sh -c 'kill -KILL "$(cat /run/sshd.pid)"'
before=$(tcp_connections)
ok "when the remote's sshd listens no more it is let go in the end" \
	wait_for not kept
tried=$(($(tcp_connections) - before))
# One try is one connection to each of the remote's two addresses.
ok "... after a new one was tried ($tried connections) once" \
	[ "$tried" -ge 1 -a "$tried" -le 3 ]
is '... which one line in the log says' \
	"$(log_count gateway 'event=replace-failed user=alice ')" 1
$BED on remote /usr/sbin/sshd
ok 'when sshd is back the next login works' let_in alice@gateway
terminal b
ok '... up to the prompt' login b alice
