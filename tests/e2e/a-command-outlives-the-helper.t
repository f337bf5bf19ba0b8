#!/bin/sh
# A command that runs without a terminal, such as a copy, goes on when the helper
# is stopped or restarted, as it is when the package is upgraded.
# shellcheck disable=SC2016,SC2029 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 15

drop_in=/etc/ssh/sshd_config.d/50-moshgate.conf
settings '[clients]' 'forced_commands = honor'
$BED on gateway sed -i 's/^\tForceCommand.*/\tForceCommand none/' "$drop_in"
new_sshd gateway
known alice bob

# start NAME COMMAND: in the background, with a pipe for its input.
start() {
	mkfifo "$TMUX_TMPDIR/$1.in"
	(
		exec 8>&- 9>&-
		ssh alice@gateway "$2" <"$TMUX_TMPDIR/$1.in" \
			>"$TMUX_TMPDIR/$1" 2>&1
		echo "status $?" >>"$TMUX_TMPDIR/$1"
	) &
}
printed() {
	grep -q -x -e "$2" "$TMUX_TMPDIR/$1"
}
helper_runs() {
	$BED on gateway pgrep -x moshgate-helper
}
# workers N: there are so many.
workers() {
	[ "$($BED on gateway pgrep -fc 'moshgate-helper --worker')" = "$1" ]
}

start copy 'echo up; cat; exit 3'
exec 8>"$TMUX_TMPDIR/copy.in"
start asleep 'echo up; exec cat -u'
exec 9>"$TMUX_TMPDIR/asleep.in"
ok 'two commands run' wait_for printed copy up
wait_for printed asleep up
$BED helper restart 8>&- 9>&-
ok 'the helper is restarted: no worker is left but theirs' wait_for workers 2
ok '... and no other process of the helper that was' \
	[ "$($BED on gateway pgrep -xc moshgate-helper)" = 1 ]
ok '... alice logs in' let_in alice@gateway
echo 'behind the restart' >&8
ok '... the first command goes on' wait_for printed copy 'behind the restart'
head -c 3000000 /dev/zero | tr '\0' '\n' >&8
exec 8>&-
ok '... to its end, with its status' wait_for printed copy 'status 3'
is '... and has lost nothing' "$(grep -c '^$' "$TMUX_TMPDIR/copy")" 3000000
ok '... which the log says' see_log gateway 'event=relay-end .*status=3'
$BED on gateway pkill -TERM -x moshgate-helper
wait_for not helper_runs
ok 'the helper is stopped: nothing is left but the worker of the other' \
	wait_for workers 1
ok '... its client goes' pkill -f 'ssh alice@gateway echo up; exec cat'
exec 9>&-
ok '... and so does the command' wait_for not running remote '^cat -u'
ok '... and its worker' \
	wait_for not running gateway 'moshgate-helper --worker'

$BED helper start 8>&- 9>&-
start last 'echo up; exec cat -u'
exec 9>"$TMUX_TMPDIR/last.in"
wait_for printed last up
$BED helper stop
ok 'without a helper' wait_for workers 1
$BED on gateway pkill -KILL -f 'moshgate-helper --worker'
ok '... and without its worker a command is over, as its client is told' \
	wait_for printed last 'status 255'
exec 9>&-
ok '... and nothing of it runs on' wait_for not running remote '^cat -u'
