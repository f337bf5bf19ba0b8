#!/bin/sh
# Local users who connect as often as they can, hold what they get, or fail
# again and again, keep nobody else out, and fill neither the log nor the
# helper.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 21
known alice bob carol

peer=$(cat "$(dirname "$0")/socket.pl")
status() {
	$BED on gateway moshgate status
}
# of_helper COMMAND: run it in sh with $pid the helper's.
of_helper() {
	$BED on gateway sh -c "pid=\$(cat /run/moshgate-helper.pid); $1"
}
descriptors() {
	# shellcheck disable=SC2016
	of_helper 'ls "/proc/$pid/fd" | wc -l'
}
memory_kb() {
	# shellcheck disable=SC2016
	of_helper 'sed -n "s/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p" /proc/$pid/status'
}
logs_no_more_than() {
	[ "$(log_count gateway "$2")" -le "$1" ]
}
few_descriptors() {
	[ "$(descriptors)" -le "$1" ]
}
alone() {
	[ "$($BED on gateway pgrep -cx moshgate-helper)" -eq 1 ]
}

ok 'alice is let in' let_in alice@gateway
before_kb=$(memory_kb)

# As often as they can.
as nobody perl -e "$peer" spin 4 12 >"$TMUX_TMPDIR/spin" 2>&1 &
spinning=$!
for round in 1 2 3; do
	ok "under a flood of connections alice is let in ($round)" \
		let_in alice@gateway
	ok '... root is answered' status
done
terminal a
ok '... and alice has a session' login a alice
wait "$spinning"
like '... which were many' "$(cat "$TMUX_TMPDIR/spin")" '^[0-9]{4,}$'
ok '... of which the log has few' logs_no_more_than 150 'uid=65534'
like '... and says that it leaves the rest out' "$($BED log gateway)" \
	'event=log-paused detail='

# A user with the uids of /etc/subuid is as good as many.
uids=$(seq 100000 100019)
for uid in $uids; do
	$BED on gateway setpriv --reuid="$uid" --regid="$uid" --clear-groups \
		perl -e "$peer" hold 64 >/dev/null 2>&1 &
done
sleep 1
ok '1280 connections that ask nothing: not all are kept' few_descriptors 600
ok '... alice is let in' let_in alice@gateway
ok '... and root is answered' status
wait_for few_descriptors 20

# A gateway user, from whom the remote wants nothing to do with the gateway.
$BED on remote rm /home/carol/.ssh/authorized_keys
for round in 1 2 3 4 5 6 7 8; do
	as carol perl -e "$peer" burst 60 session >"$TMUX_TMPDIR/burst" 2>&1
done
is 'carol asks for sessions the remote refuses: told so' \
	"$(cat "$TMUX_TMPDIR/burst")" '60 refused refused'
ok '... of which the log has few' logs_no_more_than 160 'user=carol'
$BED on remote rm /home/bob/.ssh/authorized_keys
ok "... bob's failure is none of them" kept_out bob@gateway
ok '... so the log has it' log_has gateway 'event=login-failed user=bob '
# The helper waits for no log: where this one was too slow to take that line, the
# next one that it took says that some are lost.
like '... and that the rest of those of carol was left out' \
	"$($BED log gateway)" 'event=log-(paused user=carol|lost)'

# The sanitizers keep what was freed.
if [ -n "${SAN-}" ]; then
	skip 'the helper has not grown by 8 MB' 'built with sanitizers'
else
	ok 'the helper has not grown by 8 MB' [ "$(memory_kb)" -lt \
		$((before_kb + 8192)) ]
fi
ok '... and is alone' wait_for alone
