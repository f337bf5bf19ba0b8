#!/bin/sh
# A remote whose host key the gateway doesn't know: nobody gets in, and the log
# says what came and which command pins it.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 15
known alice bob carol
logins=$(log_count remote 'Accepted publickey')

$BED on gateway rm /etc/moshgate/known_hosts
$BED helper restart
ok 'without a known_hosts file nobody gets in' kept_out alice@gateway
known_hosts "elsewhere $(host_key remote ed25519)"
ok '... nor with one that has other hosts' kept_out bob@gateway
is '... nor to see the remote reached as a user' \
	"$(log_count remote 'Accepted publickey')" "$logins"

line=$(login_failed | grep 'user=bob')
is 'the log has one line about it' "$(echo "$line" | wc -l)" 1
like '... with the reason' "$line" ' asked=keys .*reason=host-key '
like '... the fingerprint that came, and that none is known' "$line" \
	"detail=\"the host key $(host_key remote ed25519 | fingerprint) \
\(ed25519\) is not in known_hosts; known: none\""
like '... and how to show the right one' "$line" \
	"'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'"
unlike '... but not one to take out' "$line" 'ssh-keygen -R'
show=$(echo "$line" | sed "s/.*'\(ssh-keygen -lf [^']*\)'.*/\1/")
is '... which is the same' \
	"$($BED on remote sh -c "$show" | grep -Ec "$(host_key remote ed25519 |
		fingerprint)")" 1

settings '[clients]' 'keys = any' 'any_key = i-know'
$BED helper restart
terminal a
type_in a 'ssh alice@gateway' Enter
ok 'who gets as far as a session is told so' \
	see a "^moshgate: The gateway does not know the remote server's host key;"
settings

pin=$(echo "$line" | sed "s/.*'\(ssh-keyscan [^']*\)'.*/\1/")
is 'the line has a command that pins it' "$pin" \
	'ssh-keyscan -p 22 -t ed25519 remote >>/etc/moshgate/known_hosts'
ok '... which works' "$BED" on gateway sh -c "$pin"
$BED helper restart
ok '... and then alice gets in' let_in alice@gateway

new_sshd remote -p 2222
settings 'host = REMOTE' 'port = 2222'
$BED on gateway sed -i '2d' /etc/moshgate/moshgate.ini
$BED helper restart
kept_out bob@gateway >/dev/null
pin=$(login_failed | tail -n 1 | sed "s/.*'\(ssh-keyscan [^']*\)'.*/\1/")
is 'for another port and a name in capitals there is another command' "$pin" \
	'ssh-keyscan -p 2222 -t ed25519 remote >>/etc/moshgate/known_hosts'
$BED on gateway sh -c "$pin"
$BED helper restart
ok '... which works as well' let_in alice@gateway
