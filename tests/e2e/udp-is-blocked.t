#!/bin/bash
# Where UDP doesn't get through to the remote, a session goes over SSH instead
# of hanging on a blue bar.  Each user finds that out for a minute; that it gets
# through, the first one does for all.
# shellcheck disable=SC2016,SC2086 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed --rtt 50
plan 39

sentence='^moshgate: UDP does not get through to the remote server, which mosh needs\.'

# Each mosh-server that is started on the remote leaves a line.
$BED on remote sh -c 'touch /tmp/started && chmod 666 /tmp/started
	cat >/usr/local/bin/mosh-server && chmod 755 /usr/local/bin/mosh-server' <<'END'
#!/bin/sh
echo "$*" >>/tmp/started
exec /usr/bin/mosh-server "$@"
END
# started N: so many have been, since new_start.
started() {
	[ "$($BED on remote grep -c . /tmp/started)" -eq "$1" ]
}
# new_start [SETTING...]: what the helper has known is forgotten.
new_start() {
	settings '[mosh]' "$@"
	$BED helper restart
	$BED on remote sh -c ': >/tmp/started'
}
# leave NAME: end the session in that terminal.
leave() {
	type_in "$1" exit Enter
	see "$1" '^client\$ *$'
}
no_mosh_client() {
	! $BED on gateway pgrep -x mosh-client
}

terminal a
terminal b
terminal c
$BED wan udp off
ok 'UDP is blocked: alice gets in' login a alice
like '... after one line that says why it is over SSH' "$(screen a)" "$sentence"
ok '... and has a terminal' type_in a 'clear; tty' Enter
see a '^/dev/pts/'
ok '... one mosh-server was started' started 1
ok '... and is gone soon' wait_for not running remote mosh-server
ok '... as is mosh-client on the gateway' wait_for no_mosh_client
ok 'the log says so, and what to do' see_log gateway \
	'event=udp-blocked user=alice remote=remote address=.* remedy=".*UDP'
ok '... and why her session is over SSH' see_log gateway \
	'event=fallback user=alice .*reason=udp-blocked'
like 'moshgate status, too' "$($BED on gateway moshgate status)" \
	'^remote +remote +UDP blocked'
leave a
fresh a
ok 'she comes again' login a alice
like '... over SSH' "$(screen a)" "$sentence"
ok '... as does bob' login b bob
like '... over SSH' "$(screen b)" "$sentence"
ok '... who has tried it for himself meanwhile' wait_for started 2
leave b
fresh b
ok '... as does carol' login b carol
like '... over SSH' "$(screen b)" "$sentence"
ok '... who has tried it for herself, too' started 3
is 'the log says once that UDP is blocked' \
	"$(log_count gateway event=udp-blocked)" 1
leave b
fresh c
type_in c 'ssh -o SetEnv=MOSHGATE=mosh carol@gateway' Enter
ok 'MOSHGATE=mosh: it is mosh all the same' \
	wait_for running gateway '^mosh-client'
ok '... which says so' see c 'mosh: Nothing received from server'
tm respawn-pane -k -t c
wait_for no_mosh_client
# it would wait for a minute
$BED on remote pkill mosh-server

# It comes through again.
$BED wan udp on
$BED on remote sh -c ': >/tmp/started'
$BED on gateway pkill -HUP -x moshgate-helper
see_log gateway event=reload
fresh b
ok 'when UDP gets through again: bob' login b bob
ok '... has mosh' running gateway '^mosh-client'
ok '... the log says so' see_log gateway 'event=udp-open remote=remote'
ok '... with one mosh-server more than his' started 2
unlike 'moshgate status says nothing of it' \
	"$($BED on gateway moshgate status)" UDP
fresh c
ok 'carol' login c carol
ok '... has mosh, and no other is tried' started 3
leave a
leave b
leave c
ok 'in the end there is no mosh-server' wait_for not running remote mosh-server

# Some at once.
$BED wan udp off
new_start
for user in alice bob carol; do
	name=${user%"${user#?}"}
	fresh "$name"
	type_in "$name" "ssh $user@gateway" Enter
done
ok 'three at once' see a alice@remote
ok '... all get in' see b bob@remote
see c carol@remote
ok '... each has tried it' wait_for started 3
leave a
leave b
leave c

# Whose connection was made before it was clear that it is needed.
new_start
fresh a
ok 'a session over SSH' login a alice
$BED helper restart
type_in a 'clear; echo "still $(id -un)"' Enter
ok '... goes on when the helper is restarted' see a '^still alice'
leave a

# What is not tried.
new_start 'ports = 60777'
fresh a
type_in a 'ssh alice@gateway' Enter
ok 'with a single port nothing is tried' see a 'mosh: Nothing received'
ok '... but the one mosh-server started' started 1
tm respawn-pane -k -t a
new_start 'fallback = no'
fresh a
type_in a 'ssh alice@gateway' Enter
ok 'fallback = no: nothing is tried' see a 'mosh: Nothing received'
ok '... but the one mosh-server started' started 1
tm respawn-pane -k -t a

# The helper dies in the middle.
new_start
fresh a
type_in a 'ssh alice@gateway' Enter
wait_for running gateway '^moshgate-probe'
ok 'the helper dies while it is tried' $BED helper kill
ok '... nothing is left' wait_for no_mosh_client
