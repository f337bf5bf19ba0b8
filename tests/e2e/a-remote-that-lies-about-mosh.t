#!/bin/sh
# What says that it is mosh-server on the remote is not: there is no session,
# but one sentence and one line in the log.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 34

# mosh_server COMMAND: from now on this is mosh-server on the remote.
mosh_server() {
	printf '%s\n' '#!/bin/sh' "$1" | $BED on remote sh -c '
		cat >/usr/local/bin/mosh-server
		chmod 755 /usr/local/bin/mosh-server'
	$BED on gateway sh -c ': >/var/log/messages'
}
# says TEXT: what it prints, for printf.
says() {
	mosh_server "printf '$1\\n'"
	session_fails "${2-mosh-failed}" "${3-}"
}
key=ABCDEFGHIJKLMNOPQRSTUQ
# or she would have a session over SSH
settings '[mosh]' 'fallback = no'
$BED helper restart
watch_workers

for text in '' 'MOSH CONNECT' 'MOSH CONNECT 60001' \
	"MOSH CONNECT 60001 $key\\nMOSH CONNECT 60001 $key" \
	"MOSH CONNECT 60001 $key\\nMOSH CONNECT 60002 $key" \
	"MOSH CONNECT 0 $key" "MOSH CONNECT 65536 $key" \
	"MOSH CONNECT -1 $key" \
	"MOSH CONNECT 060001 $key" "MOSH CONNECT 00080 $key" \
	"MOSH CONNECT 60001 $key junk" \
	"MOSH CONNECT 60001 ${key}W" "MOSH CONNECT 60001 ${key%Q}" \
	"MOSH CONNECT 60001 ${key%Q}=" "MOSH CONNECT 60001 ${key%Q}R" "MOSH CONNECT 60001 ${key%Q}\\\\033" \
	" MOSH CONNECT 60001 $key" "MOSH IP 10.66.2.2"; do
	ok "\"$text\"" says "$text"
done
# Where mosh-client would send to: not for a user's mosh-server to say.
for port in 22 59999 61001; do
	ok "port $port, which is not one of the ports" \
		says "MOSH CONNECT $port $key" other-port "UDP port $port"
done
ok 'a key is in no log' not log_has gateway "${key%?}"

# What a terminal would do.
codes='\033[2J\033]0;owned\007\233\302\2331m\b\177event=x'
ok 'codes for a terminal' says "$codes" mosh-failed '.x1b\[2J'
ok '... behind a key' says "MOSH CONNECT 60001 $key$codes"

# Without end.
mosh_server 'exec yes MOSH'
ok 'an answer without end' \
	session_fails too-big 'read: (the answer|what the remote)'
memory_bounded

# It says where it is: the gateway goes where it got to.
mosh_server 'echo MOSH IP 10.9.9.9; exec /usr/bin/mosh-server "$@"'
terminal a
ok 'an address in its answer' login a alice
ok '... is not where mosh goes' running gateway \
	'^mosh-client (10\.66\.2\.2|fd66:2::2) '

# The keys.
$BED on gateway sh -c ': >/var/log/messages'
# shellcheck disable=SC2016,SC2059 # it is a format
printf "$codes ssh-ed25519 AAAA $codes\n$codes\n" |
	$BED on remote sh -c 'cat >>/home/bob/.ssh/authorized_keys
		printf "command=\"\033[2J\" %s\n" "$(head -n 1 \
			/home/bob/.ssh/authorized_keys)" \
			>>/home/bob/.ssh/authorized_keys'
keys_of bob >"$TMUX_TMPDIR/keys" 2>&1
$BED log gateway >"$TMUX_TMPDIR/log"
ok 'codes among the keys are in no answer' clean_file "$TMUX_TMPDIR/keys"
ok '... and in no log' clean_file "$TMUX_TMPDIR/log"

# With fallback, there is a session all the same.
settings '[mosh]' 'ports = 60001:60002'
$BED helper restart
mosh_server "[ \$2 = -s ] && printf 'MOSH CONNECT 53 $key\\n'"
fresh a
ok 'a port that is none of the ports: a session over SSH' login a alice
like '... and why' "$(screen a)" \
	'^moshgate: mosh-server took a port that this gateway does not allow\.'
ok '... as the log says' see_log gateway \
	'event=fallback user=alice .*reason=other-port .*UDP port 53.*remedy='
ok '... mosh-client does not go there' not running gateway '^mosh-client'
