#!/bin/sh
# mosh-client on the gateway has the environment that it needs, the settings,
# and the terminal, and nothing besides; and mosh-server its timeout.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 15

# environment: of the one mosh-client, a line for each.
environment() {
	$BED on gateway sh -c \
		'tr "\0" "\n" <"/proc/$(pgrep -x mosh-client)/environ"'
}
value_of() {
	environment | sed -n "s/^$1=//p"
}
# names: in the environment.
names() {
	environment | sed 's/=.*//' | LC_ALL=C sort | xargs
}
# sockets TABLE...: of the sockets that mosh-client has, how many are in these
# tables of /proc/net.
sockets() {
	$BED on gateway sh -c 'cd "/proc/$(pgrep -x mosh-client)" || exit
		for table; do
			for socket in $(readlink fd/* |
			    sed -n "s/^socket:.\([0-9]*\).*/\1/p"); do
				grep -w "$socket" "net/$table"
			done
		done | wc -l' - "$@"
}
# log_in VARIABLE=VALUE...: have the one session, whose client has these in its
# environment and sends them all.
log_in() {
	tm kill-session -t a
	wait_for not running gateway '^mosh-client'
	terminal a 80 24 env -i PATH="$PATH" TERM=xterm-256color "$@" \
		ssh -o 'SendEnv=*' alice@gateway
	see a alice@remote && wait_for running gateway '^mosh-client'
}

terminal a
ok 'a client that sends its language and what not logs in' \
	log_in LANG=C.UTF-8 LC_TIME=C.UTF-8 LC_EVIL=evil MOSHGATE=evil \
	COLORTERM=truecolor LC_MESSAGES='evil;evil' \
	MOSH_KEY=evil MOSH_PREDICTION_DISPLAY=never LANGUAGE=de
is 'mosh-client has these in its environment' "$(names)" \
	'LANG LC_TIME MOSH_ESCAPE_KEY MOSH_KEY MOSH_PREDICTION_DISPLAY PATH TERM'
is '... the language is as sent' "$(value_of LANG) $(value_of LC_TIME)" \
	'C.UTF-8 C.UTF-8'
is '... TERM too' "$(value_of TERM)" xterm-256color
is '... predictions are adaptive' "$(value_of MOSH_PREDICTION_DISPLAY)" adaptive
is '... there is no escape key' "[$(value_of MOSH_ESCAPE_KEY)]" '[]'
is 'standard input, output and error are the terminal' \
	"$($BED on gateway sh -c 'cd "/proc/$(pgrep -x mosh-client)/fd" &&
		readlink 0 1 2 | sed "s|/[0-9]*\$||" | sort | uniq -c' | xargs)" \
	'3 /dev/pts'
# mosh-client itself opens the latter.
is '... and all else that is open is a socket, or /dev/urandom' \
	"$($BED on gateway sh -c 'cd "/proc/$(pgrep -x mosh-client)/fd" &&
		readlink * | grep -Ev "^(/dev/pts/[0-9]+|socket:.*|/dev/urandom)\$"')" ''
is "... none is the helper's" "$(sockets unix)" 0
ok '... and all of them are those to mosh-server' \
	[ "$(sockets udp udp6)" -eq "$($BED on gateway sh -c \
	'readlink "/proc/$(pgrep -x mosh-client)"/fd/* | grep -c ^socket')" ]

settings '[mosh]' 'predict = always' 'escape_key = ^A' 'title_prefix = no' \
	'network_timeout = 12345'
$BED helper restart
ok 'with other settings a login works' log_in LANG=C.UTF-8
is '... and mosh-client has them in its environment' "$(names)" \
	'LANG MOSH_ESCAPE_KEY MOSH_KEY MOSH_PREDICTION_DISPLAY MOSH_TITLE_NOPREFIX PATH TERM'
is '... predict = always' "$(value_of MOSH_PREDICTION_DISPLAY)" always
is '... escape_key = ^A' "$(value_of MOSH_ESCAPE_KEY | od -An -tx1 | xargs)" \
	'01 0a'
is '... and network_timeout is that of mosh-server on the remote' \
	"$($BED on remote sh -c 'tr "\0" "\n" \
	<"/proc/$(pgrep -n -u alice -x mosh-server)/environ"' |
	sed -n 's/^MOSH_SERVER_NETWORK_TMOUT=//p')" 12345
