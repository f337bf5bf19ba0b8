#!/bin/sh
# Fifty users log in while the remote does not answer: the gateway is none the
# worse for it.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 11
known alice

peer=$(cat "$(dirname "$0")/socket.pl")
# all_ask COMMAND: see socket.pl.
all_ask() {
	# shellcheck disable=SC2086
	$BED on gateway perl -e "$peer" "$1" session $uids
}
status() {
	$BED on gateway moshgate status
}
# descriptors, memory_kb: what the helper has.
descriptors() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c \
		'ls "/proc/$(cat /run/moshgate-helper.pid)/fd" | wc -l'
}
memory_kb() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'sed -n "s/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p" \
		"/proc/$(cat /run/moshgate-helper.pid)/status"'
}
# at_rest: nobody has more than before.
at_rest() {
	[ "$(descriptors)" -eq "$before" ]
}

uids=
# shellcheck disable=SC2016
$BED on gateway sh -c 'members=alice,bob,carol
	for i in $(seq 50); do
		echo "u$i:x:$((3000 + i)):$((3000 + i))::/nonexistent:$1"
		members=$members,u$i
	done >>/etc/passwd
	sed -i "s/^moshgate:.*/moshgate:x:771:$members/" /etc/group' \
	- /usr/libexec/moshgate/moshgate-session
for i in $(seq 50); do
	uids="$uids $((3000 + i))"
done
settings 'connect_timeout = 1'
$BED helper restart
before=$(descriptors)
memory=$(memory_kb)
$BED wan down

# They give up.
mkfifo "$TMUX_TMPDIR/hold-on"
all_ask abandon <"$TMUX_TMPDIR/hold-on" >"$TMUX_TMPDIR/abandon" &
abandoning=$!
exec 9>"$TMUX_TMPDIR/hold-on"
ok 'fifty users wait for the remote' wait_for grep READY "$TMUX_TMPDIR/abandon"
ok '... and the helper answers' status
is '... an account of the gateway logs in' \
	"$(ssh local@gateway id -un </dev/null)" local
more=$(($(descriptors) - before))
ok "... the helper has $more descriptors more, but less than 100" \
	[ "$more" -lt 100 ]
grown=$(($(memory_kb) - memory))
ok "... and is not $grown kB larger, but less than 8 MB" [ "$grown" -lt 8192 ]
exec 9>&-
wait "$abandoning"
ok 'when they have left the helper is as before' wait_for at_rest

# They wait until they are told.
all_ask crowd >"$TMUX_TMPDIR/crowd" &
crowding=$!
ok 'fifty wait again' wait_for grep READY "$TMUX_TMPDIR/crowd"
ok '... and the helper answers' status
wait "$crowding"
is '... each is told in the end' "$(sed 1d "$TMUX_TMPDIR/crowd")" \
	'50 refused unreachable'
ok '... and the helper is as before' wait_for at_rest
$BED wan up
terminal a
ok 'when the remote is back a login works' login a alice
