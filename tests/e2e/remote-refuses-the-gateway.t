#!/bin/sh
# The remote doesn't let the gateway in, or isn't the remote: nobody gets in,
# and the log says what to do.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 21

forget_gateway() {
	$BED on remote sed -i '/ gateway$/d' \
		"/home/$1/.ssh/authorized_keys"
}
new_sshd() {
	$BED on remote pkill -KILL -x sshd
	wait_for not running remote '^sshd: '
	$BED on remote /usr/sbin/sshd "$@"
}
# known_hosts TEXT: what is in the gateway's.
known_hosts() {
	printf '%s' "$1" |
		$BED on gateway sh -c 'cat >/etc/moshgate/known_hosts'
}
fingerprint() {
	$BED on remote ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub |
		cut -d ' ' -f 2
}

# The gateway's key isn't in a user's authorized_keys.
forget_gateway bob
ok "a user who hasn't got the gateway's key is refused" kept_out bob@gateway
line=$($BED log gateway | grep 'user=bob')
like '... and the log says that' "$line" \
	'event=login-failed user=bob asked=keys .*reason=refused'
like '... and what to do' "$line" \
	"remedy=\"put the gateway's public key into this user's authorized_keys"
ok 'other users log in' let_in alice@gateway

# Another host key.
settings 'known_hosts = /etc/moshgate/known_hosts'
before=$(fingerprint)
logins=$(log_count remote 'Accepted publickey for alice')
old=$($BED on gateway cat /etc/moshgate/known_hosts)
$BED on remote sh -c 'rm /etc/ssh/ssh_host_ed25519_key*
	ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key'
new_sshd
$BED helper restart
ok 'with a changed host key on the remote nobody gets in' kept_out alice@gateway
line=$($BED log gateway | grep 'reason=host-key')
like '... and the log says that' "$line" \
	'event=login-failed user=alice asked=keys .*reason=host-key'
is '... with the fingerprint that came' \
	"$(echo "$line" | grep -Fc "$(fingerprint)")" 1
is '... and the one that is known' "$(echo "$line" | grep -Fc "$before")" 1
like '... and what to do' "$line" 'remedy="compare the fingerprint'
is '... and the gateway has not authenticated there' \
	"$(log_count remote 'Accepted publickey for alice')" "$logins"

# None at all.
known_hosts ''
$BED helper restart
ok 'with an unknown host key nobody gets in' kept_out alice@gateway
like '... and the log says that' \
	"$($BED log gateway | grep 'is not in known_hosts')" \
	"reason=host-key .*$(fingerprint | sed 's/[+]/[+]/g')"
settings 'verify_host_key = no'
$BED helper restart
ok 'with verify_host_key = no that is no matter' let_in alice@gateway
ok '... but noted in the log' see_log gateway \
	'event=note user=alice about=host-key-unchecked'

# Other ways to write it.
new=$($BED on remote cut -d ' ' -f 1,2 /etc/ssh/ssh_host_ed25519_key.pub)
known_hosts "remote $new
"
settings 'known_hosts = /etc/moshgate/known_hosts'
$BED helper restart
ok 'with the new key in known_hosts logins work again' let_in alice@gateway
$BED on gateway ssh-keygen -H -f /etc/moshgate/known_hosts >/dev/null 2>&1
$BED on gateway chmod 644 /etc/moshgate/known_hosts
unlike 'known_hosts can be hashed' \
	"$($BED on gateway cat /etc/moshgate/known_hosts)" remote
$BED helper restart
ok '... and logins work' let_in alice@gateway
new_sshd -p 2222
settings 'known_hosts = /etc/moshgate/known_hosts' 'port = 2222'
known_hosts "[remote]:2222 $new
"
$BED helper restart
ok 'sshd can have another port, known as [remote]:2222' let_in alice@gateway
terminal a
ok '... up to the prompt' login a alice
known_hosts "[remote]:2223 $new
"
$BED helper restart
ok '... and with another port in known_hosts it is unknown' \
	kept_out alice@gateway
known_hosts "$old"
ok '... as with another key' kept_out alice@gateway
