#!/bin/sh
# However the ssh client goes away, nothing of its session stays behind.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed --rtt 20
plan 18

# The session in terminal NAME is the only one of USER: it has a mosh-client
# on the gateway and a mosh-server on the remote.
both_run() { # USER
	$BED on gateway pgrep -u "$1" -f '^mosh-client' &&
		$BED on remote pgrep -u "$1" -f '^mosh-server'
}


gone() { # HOST USER COMMAND
	wait_for not $BED on "$1" pgrep -u "$2" -f "^$3"
}

terminal a
terminal b
terminal c
login a alice
login b bob
login c carol
ok 'three sessions run' eval \
	'both_run alice && both_run bob && both_run carol'

# Without a chance to say anything.
kill -KILL "$(pgrep -f '^ssh alice@gateway')"
ok 'killing ssh ends mosh-client on the gateway' \
	gone gateway alice mosh-client
ok 'and mosh-server on the remote' gone remote alice mosh-server
ok 'and the shell' gone remote alice -bash

tm kill-session -t b
ok 'closing the window ends mosh-client on the gateway' \
	gone gateway bob mosh-client
ok 'and mosh-server on the remote' gone remote bob mosh-server
ok 'and the shell' gone remote bob -bash

type_in c 'echo still here' Enter
ok 'a session beside them goes on' see c '^still here$'
type_in c Enter '~' '.'
ok "ssh's own ~. ends the session" see c 'Connection to gateway closed'
ok 'and mosh-client on the gateway' gone gateway carol mosh-client
ok 'and mosh-server on the remote' gone remote carol mosh-server

fresh c
login c carol
type_in c 'exit' Enter
see c '^client\$ *$'
type_in c 'echo the status was $?' Enter
ok 'leaving the shell gives ssh status 0' see c '^the status was 0$'
ok 'and ends mosh-client on the gateway' gone gateway carol mosh-client
ok 'and mosh-server on the remote' gone remote carol mosh-server

where='mosh=[][0-9a-f.:]+:60[0-9]+'
for user in alice bob carol; do
	begun="event=session user=$user remote=remote $where"
	ended="event=session-end user=$user $where duration_s=[0-9]+$"
	ok "the log has when the session of $user began and ended" eval \
		"see_log gateway '$begun client=[0-9a-f.:]+$' &&
		see_log gateway '$ended'"
done
is 'and as many ends as beginnings' \
	"$($BED log gateway | grep -c event=session-end)" \
	"$($BED log gateway | grep -c 'event=session ')"
