#!/bin/sh
# A command that runs without a terminal, such as a copy, goes on when the helper
# is stopped or restarted, as it is when the package is upgraded.
# shellcheck disable=SC2016,SC2029 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 21

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

# Those that are being started, while the remote has not said yet that they run.
# halting USER COMMAND: in the background, up to where it would hand over what it
# reads and writes.
halting() {
	as "$1" sh -c ': | {
		strace -D -qq -o /dev/null -e trace=sendmsg \
			-e inject=sendmsg:delay_enter=1000s \
			/usr/libexec/moshgate/moshgate-session -c "$1"
		echo "status $?"
	} 2>&1 | cat' - "$2" >"$TMUX_TMPDIR/$1" 2>&1 &
}
# halted USER: has it been asked for that, by the worker that is to have it?
halted() {
	$BED on gateway moshgate status | grep "^connection *$1 *busy" &&
		$BED on gateway ps -u "$1" -o stat=,args= |
		grep '^t[^ ]* */usr/libexec/moshgate/moshgate-session'
}
# of_remote SIGNAL: to what serves alice and bob there.
of_remote() {
	$BED on remote pkill "-$1" -f '^sshd(-[a-z]+)?: (alice|bob)'
}
settings 'connect_timeout = 20' '[clients]' 'forced_commands = honor'
$BED helper start
for user in alice bob; do
	keys_of "$user" >"$TMUX_TMPDIR/keys" 2>&1
	halting "$user" 'echo up; exit 3'
	ok "a command of $user's is about to be started" wait_for halted "$user"
done
of_remote STOP
$BED on gateway pkill -KILL strace
$BED helper restart
ok 'the remote is silent, the helper is restarted: nothing has ended' \
	wait_for workers 2
$BED on gateway pkill -KILL -u bob -f moshgate-session
# sooner than for want of an answer, for which it waits 20 s
PATIENCE_S=12
ok "... bob's client goes, and so does its worker" wait_for workers 1
of_remote CONT
ok "... the remote speaks again: alice's is run" wait_for printed alice up
ok '... to its end, with its status' wait_for printed alice 'status 3'
