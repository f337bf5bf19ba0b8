#!/bin/sh
# Before a worker listens to the remote it gives up files, programs, and all
# system calls but those it needs.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
if [ -n "${SAN-}" ]; then
	echo '1..0 # SKIP sanitizers need system calls of their own'
	exit 0
fi
in_bed "$@"
plan 11

# step PATTERN: the line of the worker's trace that has it first, by number.
step() {
	grep -En -e "$1" "$TMUX_TMPDIR/worker" | head -n 1 | cut -d : -f 1
}

# before NAME ONE OTHER: in the trace, is ONE before OTHER?
before() {
	one=$(step "$2")
	other=$(step "$3")
	ok "$1" test "${one:-0}" -gt 0 -a "${other:-0}" -gt "${one:-0}"
}

$BED helper stop
$BED on gateway sh -c 'setsid strace -f -o /run/trace \
	/usr/libexec/moshgate/moshgate-helper </dev/null >/dev/null 2>&1 &
	echo $! >/run/strace.pid'
wait_for $BED on gateway test -S /run/moshgate/helper.sock
# It is slower than any: it has what it needs to know a name a little later.
wait_for look_up alice
terminal alice
ok 'alice logs in' login alice alice
worker=$($BED on gateway pgrep -x moshgate-worker)
status=$($BED on gateway cat "/proc/$worker/status")
like 'the worker has a filter of system calls' "$status" '^Seccomp:[[:space:]]2$'
like 'it can gain no privileges' "$status" '^NoNewPrivs:[[:space:]]1$'
like 'it has no capabilities' "$status" '^CapEff:[[:space:]]0*$'
ok 'once more alice logs in, by the same worker' let_in alice@gateway
is 'the worker is the same' "$($BED on gateway pgrep -x moshgate-worker)" \
	"$worker"
$BED on gateway sh -c 'grep "^$1 " /run/trace' - "$worker" |
	sed -n '/moshgate-worker/,$p' >"$TMUX_TMPDIR/worker"
before 'it gives up files before it connects' \
	'landlock_restrict_self.* = 0$' 'connect\(.*EINPROGRESS'
before 'it gives up system calls before it hears of the remote' \
	'seccomp\(SECCOMP_SET_MODE_FILTER, .*len=.* = 0$' 'recvfrom\([0-9]+, "S", 1,'
sed '1,/SECCOMP_SET_MODE_FILTER, .*len=/d' "$TMUX_TMPDIR/worker" \
	>"$TMUX_TMPDIR/after"
ok 'it lives on' grep -q 'recvfrom(' "$TMUX_TMPDIR/after"
unlike 'and misses none of them' "$(cat "$TMUX_TMPDIR/after")" 'EPERM|EACCES'
unlike 'the log says that the kernel has all that' "$($BED log gateway)" \
	about=sandbox
$BED on gateway sh -c 'kill $(pgrep -x moshgate-helper)'
