#!/bin/sh
# `moshgate check' sees what a login would run into, and says what to do.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/check.sh"
plan 93

ini=/etc/moshgate/moshgate.ini
key=/etc/moshgate/id_ed25519

known alice
well=$(check alice)
is 'nothing is wrong: status 0' $? 0
is '... and no line says that something is' "$(echo "$well" | grep -c '^FAIL')" 0
# The name service has tests of its own.
is '... for each step of a login' \
	"$(echo "$well" | sed -n 's/^ok *\([^ ]* [a-z]*\|[^ ]*\) .*/\1/p' |
		grep -Ev '^(name service|module|user map)' |
		xargs -d '\n' printf '%s,' | sed 's/ *,/,/g')" \
	'configuration,accounts,sshd,socket,resolve,connect,algorithms,host key,login,shell,terminal,mosh-server,session,UDP,'
like '... and what it cannot see is said last' "$(echo "$well" | tail -n 1)" \
	'^note +bans +on the remote.*: PerSourcePenaltyExemptList .*ignoreip'
is 'without a user one of the group is taken: status 0' \
	"$(check | grep -c '^FAIL'; check >/dev/null; echo $?)" '0
0'

thing='a wrong setting'
settings 'port = many'
finds "configuration +.*$ini:3: port: expected .*not .many." 'mend that'
settings
thing='no key'
$BED on gateway mv "$key" "$key.away"
finds "configuration +.*$key" 'mend that'
thing='a key for all to read'
$BED on gateway cp "$key.away" "$key"
$BED on gateway chown root:_moshgate "$key"
$BED on gateway chmod 644 "$key"
finds "configuration +.*$key" 'mend that'
$BED on gateway chmod 640 "$key"

thing='an account with another shell'
account dave
$BED on gateway sed -i '/^dave:/s|:[^:]*$|:/bin/bash|' /etc/passwd
finds 'account +dave has the login shell /bin/bash' \
	'usermod -s /usr/libexec/moshgate/moshgate-session'
$BED on gateway userdel dave
thing='root in the group'
$BED on gateway usermod -aG moshgate root
finds 'account +root is in group moshgate: .*no password for it' \
	'gpasswd -d root moshgate'
$BED on gateway gpasswd -d root moshgate >"$TMUX_TMPDIR/gpasswd" 2>&1

thing='the helper stopped'
$BED helper stop
finds 'socket +The moshgate helper is not running' 'systemctl start'

thing='a host that does not exist'
settings
$BED on gateway sed -i 's/^host = .*/host = nowhere.invalid/' "$ini"
$BED helper start
finds 'resolve +nowhere.invalid: ' 'check \[remote\] host'

thing='the remote down'
settings 'connect_timeout = 1'
$BED helper restart
$BED wan down
finds 'connect +.*10\.66\.2\.2 port 22: ' 'check that the remote is up'
$BED wan up
settings
$BED helper restart

thing='an unknown host key'
$BED on gateway mv /etc/moshgate/known_hosts /etc/moshgate/known_hosts.away
finds 'host key +the host key SHA256:[^ ]* \(ed25519\) is not in known_hosts' \
	'ssh-keyscan -p 22 -t ed25519 remote >>/etc/moshgate/known_hosts'
$BED on gateway mv /etc/moshgate/known_hosts.away /etc/moshgate/known_hosts

thing='known_hosts for root alone to read'
$BED on gateway chmod 600 /etc/moshgate/known_hosts
finds 'host key +/etc/moshgate/known_hosts: cannot be read: Permission denied' \
	'chmod 644'
$BED on gateway chmod 644 /etc/moshgate/known_hosts

thing='a user the remote refuses'
$BED on remote mv /home/carol/.ssh /home/carol/.ssh.away
finds 'login +' "put the gateway's public key into" check carol
is '... while another user is well' "$(check alice >/dev/null; echo $?)" 0

thing='no mosh-server on the remote'
$BED on remote mv /usr/bin/mosh-server /usr/bin/mosh-server.away
finds 'mosh-server +not found' 'install mosh on the remote'
$BED on remote mv /usr/bin/mosh-server.away /usr/bin/mosh-server

thing='a gateway that may not have terminals on the remote'
$BED on remote sed -i '/gateway/s/^/restrict /' /home/alice/.ssh/authorized_keys
warns 'terminal +the remote gives this user none' 'restrict,pty'
$BED on remote sed -i 's/^restrict /restrict,pty /' \
	/home/alice/.ssh/authorized_keys
like '... restrict,pty is enough' "$(check alice)" '^ok +terminal '

thing='revoked keys on the remote'
$BED on remote sh -c 'echo "RevokedKeys /etc/ssh/revoked_keys" \
	>/etc/ssh/sshd_config.d/revoked.conf'
warns "revoked keys +the remote's sshd has RevokedKeys" 'RevokedKeys in 50-'
$BED on gateway sed -i 's/^\(\t*\)#\(RevokedKeys \)/\1\2/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
is_content 'revoked keys +sshd on this gateway has a file of them'
$BED on gateway sed -i 's/^\(\t*\)\(RevokedKeys \)/\1#\2/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
$BED on remote sh -c 'echo RevokedKeys=none \
	>/etc/ssh/sshd_config.d/revoked.conf'
unlike '... none is none' "$(check alice)" 'revoked keys'
$BED on remote rm /etc/ssh/sshd_config.d/revoked.conf

thing='no locale in UTF-8 on the remote'
$BED on remote mount -t tmpfs none /usr/lib/locale
finds 'session +The remote server has no UTF-8 locale' 'install the locale'
$BED on remote umount /usr/lib/locale

thing='a firewall that drops UDP'
$BED wan udp off
warns 'UDP +it does not get through: sessions go over SSH' 'let UDP through'
settings '[mosh]' 'fallback = no'
$BED helper restart
finds 'UDP +UDP does not get through to the remote server' 'let UDP through'
settings
$BED helper restart
$BED wan udp on

is 'when all is mended: status 0' "$(check alice >/dev/null; echo $?)" 0

thing='an account that does not exist'
said=$(check zoe)
is "$thing: status 1" $? 1
like '... and the line says it' "$said" '^FAIL '
unlike '... and nothing beside that' "$said" '^note '

is '--help: status 0' "$(check --help >/dev/null; echo $?)" 0
like '... and how it is used' "$(check --help)" '^usage: moshgate check'
said=$($BED on gateway moshgate chekc 2>&1)
is 'a command that is none: status 2' $? 2
like '... and which there are' "$said" '^ +check '
is 'two users: status 2' "$(check a b >/dev/null; echo $?)" 2
said=$(as local moshgate check alice 2>&1)
is 'not as root: status 1' $? 1
like '... and who can' "$said" '^moshgate: only root'
said=$(as alice moshgate status 2>&1)
is 'moshgate status, not as root: status 1' $? 1
like '... and who can' "$said" '^moshgate: Only root may ask that\.$'
unlike '... and nothing else' "$said" 'session|connection'
