#!/bin/sh
# Whatever a worker that has been taken over tries: the helper and its other
# workers live on, nobody waits, the key stays where it is, and it ends with the
# helper.  tests/hostile.c has what bob's workers do here.
# shellcheck disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
if [ -n "${SAN-}" ]; then
	echo '1..0 # SKIP sanitizers need system calls of their own'
	exit 0
fi
in_bed "$@"
plan 53

memory=$(cat "$(dirname "$0")/memory.pl")
program=/usr/libexec/moshgate/moshgate-helper
dir=/run/hostile

# with ATTACK: from now on bob's workers do that.
with() {
	$BED on gateway sh -c 'echo "$1" >$2/attack && : >$2/reports' - "$1" $dir
}
report() {
	$BED on gateway cat $dir/reports
}
reported() {
	report | grep -E -e "$1"
}
# state PID: that of the process, such as S.
state() {
	$BED on gateway sed -n 's/^State:[[:space:]]*\([A-Z]\).*/\1/p' \
		"/proc/$1/status"
}
# worker USER: the process.
worker() {
	$BED on gateway pgrep -f "^moshgate-helper --worker $1\$"
}
helper() {
	$BED on gateway cat /run/moshgate-helper.pid
}
# answers: does what alice has running do so?
answers() {
	asked=$((asked + 1))
	echo "$asked" >&3
	wait_for grep -x "$asked" "$TMUX_TMPDIR/alice"
}
asked=0
# lives: is the helper as it was, does what alice has go on, and does she get in?
lives() {
	[ "$(helper)" = "$helper" ] && state "$helper" | grep '[SR]' &&
		answers && let_in alice@gateway
}
# bob_tries: somebody tries to log in as bob.
bob_tries() {
	timeout "$PATIENCE_S" ssh -o BatchMode=yes bob@gateway true </dev/null \
		>"$TMUX_TMPDIR/bob" 2>&1 &
	bob=$!
}

$BED helper stop
# In place of the helper, by its name.
$BED on gateway sh -c 'cat >$1 && install -d $2 &&
	mkfifo $2/report && chown _moshgate $2/report
	setsid cat <>$2/report >>$2/reports &' - $program $dir \
	<"$BUILD/tests/hostile"
with none
$BED helper start
helper=$(helper)
# What alice has running all the time.
mkfifo "$TMUX_TMPDIR/keys"
exec 3<>"$TMUX_TMPDIR/keys"
ssh alice@gateway 'echo runs; cat' <"$TMUX_TMPDIR/keys" \
	>"$TMUX_TMPDIR/alice" &
ok 'alice has a command that runs' wait_for grep runs "$TMUX_TMPDIR/alice"

# Each system call that there is, with each argument that could do harm.
with calls
bob_tries
ok "bob's worker tries all system calls" wait_for reported '^tried'
like '... thousands of times' "$(report)" '^tried [0-9]{5,}$'
unlike '... and none of them is open to it' "$(report)" '^open'
ok '... the helper lives, and its other worker' lives
ok '... as bob does, who gets in by that worker' wait "$bob"
like 'all the while no process but the helper has the key' \
	"$($BED on gateway cat /etc/moshgate/id_ed25519 |
		$BED on gateway perl -e "$memory" find |
		sed -n 's/^found //p' | xargs)" '^moshgate-helper$'
is "... and bob's worker is still there" "$(worker bob | wc -l)" 1
# What it has to write to is its own.
is '... with nothing of its parent'"'"'s to read or write' \
	"$($BED on gateway sh -c 'for fd in 0 1 2; do
		readlink "/proc/$1/fd/$fd"
	done' - "$(worker bob)" | sort -u)" /dev/null

# The frames that it may send, and others, again and again.
for attack in notes steps reached sign orders much half abi abort; do
	$BED helper restart
	helper=$(helper)
	lines=$($BED log gateway | wc -l)
	with "$attack"
	bob_tries
	ok "with $attack bob's worker begins" wait_for reported '^begins'
	ok '... the helper lives, and its other worker' lives
	unlike '... nothing was open to it' "$(report)" '^open'
	kill "$bob"
	wait "$bob"
	lines=$(($($BED log gateway | wc -l) - lines))
	ok '... and the log is not full of it' test "$lines" -lt 100
done

# The helper is killed, or ends.
for signal in KILL TERM; do
	$BED helper restart
	with outlive
	bob_tries
	ok "bob's worker does what it can to live on" \
		wait_for reported '^stays'
	stays=$(report | sed -n 's/^stays //p')
	signal_helper $signal
	ok "... but ends with the helper, by SIG$signal" \
		wait_for not $BED on gateway test -d "/proc/$stays"
	ok "... and alice's command goes on" answers
	kill "$bob"
	wait "$bob"
	with none
	$BED helper kill 2>"$TMUX_TMPDIR/kill"
	$BED helper start
	ok '... and all goes on' let_in alice@gateway
done
