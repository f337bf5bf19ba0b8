#!/bin/sh
# Where mosh-server is on the remote, or is not, and the ports it may have; the
# person gets in all the same, unless fallback = no.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 29

# mosh_settings LINE: what the gateway's settings have under [mosh].
mosh_settings() {
	settings '[mosh]' "$1"
	$BED helper restart
}

# login_ends NAME USER: log in there, up to the end, with the status shown.
login_ends() {
	fresh "$1"
	type_in "$1" "ssh $2@gateway; echo the status was \$?" Enter
	see "$1" '^the status was'
}

# logout NAME USER: leave the remote's shell, so that the port is free again.
logout() {
	logout_server=$($BED on remote pgrep -n -u "$2" -f 'server new')
	type_in "$1" 'exit' Enter
	see "$1" '^client\$ *$'
	wait_for not $BED on remote kill -0 "$logout_server"
}

terminal a
terminal b
terminal c

$BED on remote mv /usr/bin/mosh-server /usr/bin/mosh-server.away
ok 'without mosh-server on the remote there is a session over SSH' login a alice
like '... after one line that says why' "$(screen a)" \
	'^moshgate: The remote server has no mosh-server\. This session is over SSH\.$'
unlike '... and nothing of the shell there' "$(screen a)" 'not found|sh:'
ok '... the log has the reason, and what to do' see_log gateway \
	'event=fallback user=alice .*reason=no-mosh-server .*remedy=.*install'
fresh a
type_in a "ssh -t alice@gateway 'echo \"this is \$(tty)\"; exit 3';\
 echo \"the status was \$?\"" Enter
ok '... a command with a terminal runs, too' see a '^this is /dev/pts/'
ok '... with its status' see a '^the status was 3'
$BED on remote mv /usr/bin/mosh-server.away /usr/bin/mosh-server
mosh_settings 'fallback = no'
$BED on remote mv /usr/bin/mosh-server /usr/bin/mosh-server.away
login_ends a alice
shown=$(screen a)
like 'with fallback = no a sentence says so' "$shown" \
	'^moshgate: The remote server has no mosh-server\.$'
like 'ssh has status 1' "$shown" '^the status was 1$'
unlike 'nothing of the shell there is shown' "$shown" 'not found|sh:'
ok 'the log has the reason, and what to do' see_log gateway \
	'login-failed user=alice .*reason=no-mosh-server .*remedy=.*install'
$BED on remote mv /usr/bin/mosh-server.away /usr/bin/mosh-server
ok 'once it is there, the next login works' login a alice
logout a alice

$BED on remote mv /usr/bin/mosh-server /usr/local/bin/mosh-server
fresh a
ok 'as it does when it has moved' login a alice
logout a alice

$BED on remote sh -c '
	mkdir -p /opt/mosh-1.4/bin
	mv /usr/local/bin/mosh-server /opt/mosh-1.4/bin/the-server'
mosh_settings 'server = /opt/mosh-1.4/bin/the-server'
fresh a
ok 'server in the settings: it may be elsewhere' login a alice
ok 'and that one is what runs' running remote '^/opt/mosh-1.4/bin/the-server'
logout a alice
$BED on remote mv /opt/mosh-1.4/bin/the-server /usr/bin/mosh-server

mosh_settings "ports = 60777
fallback = no"
fresh a
ok 'ports = 60777: a login' login a alice
ok 'has that port' running gateway '^mosh-client [^ ]+ 60777$'
login_ends b bob
shown=$(screen b)
like 'a second one finds no port, and a sentence says so' "$shown" \
	'^moshgate: The remote server has no free port for mosh\.$'
like 'ssh has status 1' "$shown" '^the status was 1$'
ok 'the log has the reason, and what to do' see_log gateway \
	'login-failed user=bob .*reason=no-port .*remedy=.*ports'
type_in a 'echo undisturbed' Enter
ok 'the first one goes on' see a '^undisturbed$'
logout a alice
ok 'and when it is over, the next login works' login b bob
logout b bob

mosh_settings "ports = 60200:60201
fallback = no"
login a alice
login b bob
login_ends c carol
is 'ports = 60200:60201: two sessions have these' \
	"$($BED on gateway pgrep -a mosh-client | sed 's/.* //' | sort | xargs)" \
	'60200 60201'
like 'and a third finds none' "$(screen c)" \
	'^moshgate: The remote server has no free port for mosh\.$'
logout a alice
logout b bob
mosh_settings 'ports = 60777'
login a alice
fresh b
ok 'where there is no port left there is a session over SSH' login b bob
like '... after one line that says why' "$(screen b)" \
	'^moshgate: The remote server has no free port for mosh\. This session is'
type_in b exit Enter
see b '^client\$ *$'
logout a alice

for place in remote4/10.66.2.2 remote6/fd66:2::2; do
	host=${place%/*}
	mosh_settings "host = $host"
	terminal "$host"
	ok "host = $host: a login works" login "$host" alice
	ok 'and mosh goes there' \
		running gateway "^mosh-client ${place#*/} "
	tm kill-session -t "$host"
	wait_for not running gateway '^mosh-client'
done
