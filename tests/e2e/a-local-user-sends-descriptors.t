#!/bin/sh
# Whoever sends descriptors to the helper's socket, where nobody asked for any,
# has them closed at once, and holds nobody up: not even with one that takes a
# minute to close.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 70

peer=$(cat "$(dirname "$0")/socket.pl")
nobody_does() {
	as nobody perl -e "$peer" "$@" 2>&1
}
status() {
	$BED on gateway moshgate status
}
# descriptors: how many the helper and its workers have.
descriptors() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'for pid in $(pgrep -x "moshgate-(helper|worker)")
		do ls "/proc/$pid/fd"; done | wc -l'
}
# helpers: how many processes of the program there are.
helpers() {
	$BED on gateway pgrep -cx 'moshgate-(helper|worker)'
}
at_rest() {
	[ "$(descriptors)" -eq "$1" ] && [ "$(helpers)" -eq "$2" ]
}
# alone: is there one helper, and no child of it but workers?
alone() {
	[ "$($BED on gateway pgrep -cx moshgate-helper)" -eq 1 ]
}
# cpu: the helper's time, in ticks.
cpu() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c \
		'cut -d " " -f 14,15 "/proc/$(cat /run/moshgate-helper.pid)/stat"' |
		tr ' ' + | xargs -I{} sh -c 'echo $(({}))'
}

# With a worker that is there.
terminal alice
ok 'alice is logged in' login alice alice
before=$(descriptors)
processes=$(helpers)

places='start header body bytes behind after urgent urgent-later last'
for where in $places; do
	for count in 1 3 64 253; do
		is "$count at $where: closed at once" \
			"$(nobody_does pass "$where" "$count")" CLOSED
	done
done
ok 'the helper and its workers have kept none' \
	wait_for at_rest "$before" "$processes"
like '... and the log says that somebody sends them' "$($BED log gateway)" \
	'event=malformed uid=65534 detail="a local process sent descriptors '

# A gateway user and sshd's user are no better off.
is "a gateway user's: closed at once" \
	"$(as alice perl -e "$peer" pass start 3)" CLOSED
is "the service user's: closed at once" \
	"$(as _moshgate perl -e "$peer" pass start 3)" CLOSED

# What takes a minute to close, for whoever does it last: the helper is stopped
# until the sender has done it.
mkfifo "$TMUX_TMPDIR/end"
exec 4<>"$TMUX_TMPDIR/end"
for where in start header body bytes behind next urgent urgent-later last; do
	signal_helper STOP
	as nobody perl -e "$peer" linger "$where" 4<&- <"$TMUX_TMPDIR/end" \
		>"$TMUX_TMPDIR/linger-$where" 2>&1 &
	ok "one that takes a minute to close, at $where" \
		wait_for grep READY "$TMUX_TMPDIR/linger-$where"
	signal_helper CONT
	ok '... and root is answered' status
	ok '... and bob let in' let_in bob@gateway
done
ok '... and nothing is left of them' wait_for alone
exec 4>&-

was=$(cpu)
sleep 1
ok 'after all that it is not busy with itself' [ "$(($(cpu) - was))" -lt 20 ]
