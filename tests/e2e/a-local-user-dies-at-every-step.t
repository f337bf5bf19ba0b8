#!/bin/sh
# Whoever asks the helper and dies, or stops, leaves nothing behind that others
# would notice: no process, no worker for each of them, no session.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 40 "$@"
plan 18

peer=$(cat "$(dirname "$0")/socket.pl")
session=4d47010200000000
workers() {
	$BED on gateway pgrep -cx moshgate-worker
}
status() {
	$BED on gateway moshgate status
}
sessions() {
	$BED on gateway moshgate status | grep -c '^session'
}
# at_most N: workers, and one helper.
at_most() {
	[ "$(workers)" -le "$1" ] &&
		[ "$($BED on gateway pgrep -cx moshgate-helper)" -eq 1 ]
}
no_sessions() {
	[ "$(sessions)" -eq "$1" ]
}

terminal a
ok 'alice is logged in' login a alice

# Killed sooner or later, with and without a kept connection.
for ms in 005 010 020 040 060 080 100 150 200 250 300 350 400 450 500 600; do
	as bob timeout -s KILL "0.$ms" perl -e "$peer" ask session
	as _moshgate timeout -s KILL "0.$ms" \
		/usr/libexec/moshgate/moshgate-keys carol
	[ "${ms%50}" = "$ms" ] || $BED on gateway pkill -x moshgate-worker
done >/dev/null 2>&1
ok 'bob and sshd have died at every step: nothing is left but workers' \
	wait_for at_most 3
ok "... and no session but alice's" wait_for no_sessions 1
ok '... bob is let in' let_in bob@gateway
ok '... and carol' let_in carol@gateway

# A thousand of them in a row.
as bob perl -e "$peer" repeat 1000 session
ok '1000 sessions that nobody waits for: at most a worker for each user' \
	at_most 3
as _moshgate perl -e "$peer" repeat 1000 keys 'user\0carol\0'
ok '1000 times keys that nobody waits for: the same' at_most 3
$BED on gateway pkill -x moshgate-worker
as _moshgate perl -e "$peer" repeat 500 keys 'user\0carol\0'
as bob perl -e "$peer" repeat 500 session
ok '... and with nothing to begin with' at_most 3
ok '... nor is there a session of them' wait_for no_sessions 1
ok '... bob is let in' let_in bob@gateway
terminal b
ok '... and has a session' login b bob
terminal c
ok '... carol too' login c carol

# Who stops is as good as who is slow.
for bytes in '' 4d47 4d470102000000 "$session" "${session}00"; do
	as bob perl -e "$peer" stop "$bytes" &
done >/dev/null 2>&1
sleep 1
terminal d
ok 'with clients that are stopped, alice has a session' login d alice
ok '... bob is let in' let_in bob@gateway
ok "... and root is answered" status
$BED on gateway pkill -KILL -u bob perl
ok 'when they are killed their session is over' wait_for no_sessions 4
type_in a 'echo still "here"' Enter
ok "alice's first session has noticed nothing" see a '^still here'
ok 'and there are a worker for each user, and one helper' wait_for at_most 3
