#!/bin/sh
# With auth = agent: a local user says that there is an agent, and gives the worker
# that asks for it whatever there is in its place.  That is one sentence for that
# user, and nobody else notices.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 24
known alice bob
settings '[gateway]' 'auth = agent' '[clients]' 'keys = file' \
	"authorized_keys_content = $(base64 -w 0 <"$BED_DIR/client_key.pub")" \
	'[users]' 'lookups_per_minute = 600'
$BED helper restart
drop_in 'AllowAgentForwarding yes'
an_agent
ssh-add -q "$BED_DIR/client_key"
peer=$(cat "$(dirname "$0")/fuse.pl" "$(dirname "$0")/socket.pl")
gives() {
	as alice perl -e "$peer" agent "$1" 2>&1
}
bob_is_let_in() {
	[ "$(ssh_with "$BED_DIR/client_key" -A bob@gateway id -un \
		</dev/null)" = bob ]
}
workers() {
	$BED on gateway pgrep -cx moshgate-worker
}
helper=$($BED on gateway cat /run/moshgate-helper.pid)

for how in none file pipe many streams odd more; do
	is "instead of an agent: $how: the session is refused" \
		"$(gives "$how")" 'refused no-agent'
	ok '... and another user is let in' bob_is_let_in
done
is 'who leaves instead is not waited for' "$(gives leave)" ''
ok '... by any worker' wait_for not workers
ok '... and another user is let in' bob_is_let_in

# What waits for ever to be closed.
mkfifo "$TMUX_TMPDIR/end"
attack() {
	exec 4<>"$TMUX_TMPDIR/end"
	$BED on gateway unshare -m perl -e "$peer" "$@" 4<&- \
		<"$TMUX_TMPDIR/end" >"$TMUX_TMPDIR/attack" 2>&1 &
	attacker=$!
	wait_for grep -q READY "$TMUX_TMPDIR/attack"
}
uid=$($BED on gateway id -u alice)
for kind in flush nested linger; do
	attack hang "$kind" session agent "$uid"
	ok "with one that never closes ($kind) another user is let in" \
		bob_is_let_in 4<&-
	exec 4>&-
	wait "$attacker"
done
ok 'nothing is left of them' wait_for not workers
is 'the helper is the same' \
	"$($BED on gateway cat /run/moshgate-helper.pid)" "$helper"
no_agent
ok '... and root is answered' "$BED" on gateway moshgate status
is 'the log has no fault of its own' "$(log_count gateway \
	'event=(worker-failed|sign-refused|out-of-memory)')" 0
