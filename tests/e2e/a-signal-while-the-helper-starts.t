#!/bin/sh
# A signal is not lost, and kills nobody, however early it comes.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 7
known alice

# start_held: start the helper, which is held as it begins to serve.
start_held() {
	$BED on gateway setsid strace -D -qq -o /dev/null -e trace=prlimit64 \
		-e inject=prlimit64:delay_enter=1000s:when=4 \
		/usr/libexec/moshgate/moshgate-helper >"$TMUX_TMPDIR/helper" \
		2>&1 &
	wait_for is_held
}
is_held() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'ps -C moshgate-helper -o stat= | grep ^t &&
		test -S /run/moshgate/helper.sock'
}
let_go() {
	$BED on gateway pkill -KILL -x strace
}
is_there() {
	$BED on gateway moshgate status
}

$BED helper stop
reloads=$(log_count gateway 'event=reload ')
ok 'the helper is about to serve' start_held
$BED on gateway pkill -HUP -x moshgate-helper
let_go
ok 'with SIGHUP before that it serves' wait_for is_there
reloaded() {
	[ "$(log_count gateway 'event=reload ')" -eq $((reloads + 1)) ]
}
ok '... and has read its settings once more' wait_for reloaded
ok '... and a login goes' let_in alice@gateway

$BED on gateway pkill -TERM -x moshgate-helper
wait
stops=$(log_count gateway 'event=stop')
ok 'another helper is about to serve' start_held
$BED on gateway pkill -TERM -x moshgate-helper
let_go
wait
stopped() {
	[ "$(log_count gateway 'event=stop')" -eq $((stops + 1)) ]
}
ok 'with SIGTERM before that it ends as it does otherwise' wait_for stopped
ok '... and its socket is gone' \
	"$BED" on gateway sh -c '! test -e /run/moshgate/helper.sock'
