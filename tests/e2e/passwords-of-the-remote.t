#!/bin/sh
# With passwords = remote whoever the remote lets in with a password comes in,
# and by the connection that it has opened: the gateway needs no key of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 48

memory=$(cat "$(dirname "$0")/memory.pl")
# remote_takes LINE...: what the remote's sshd says of passwords from now on.
remote_takes() {
	printf '%s\n' "$@" |
		$BED on remote sh -c 'cat >/etc/ssh/sshd_config.d/passwords.conf'
	new_sshd remote
}
# remote_password USER PASSWORD
remote_password() {
	printf '%s:%s\n' "$1" "$2" | $BED on remote chpasswd
}
# last: the last line in the log of a password that was not taken.
last() {
	see_log gateway 'asked=password' >&2
	$BED log gateway | grep 'asked=password' | tail -n 1
}
# id_by PASSWORD USER: what the remote calls a user who comes with it.
id_by() {
	answer_with "$1"
	ssh_by_password "$2@gateway" id -un </dev/null 2>&1
}
# helper_takes LINE...: would the helper start with these settings?
helper_takes() {
	# shellcheck disable=SC2016
	printf '%s\n' '[remote]' 'host = remote' "$@" |
		$BED on gateway sh -c 'cat >/run/moshgate.ini &&
		exec /usr/libexec/moshgate/moshgate-helper -t \
			-f /run/moshgate.ini'
}
# forgotten: nothing is kept, and there are no pauses any more.
forgotten() {
	$BED helper restart
}

remote_password alice hunter2
remote_password bob 'secret one'
one_address
settings '[clients]' 'passwords = remote'
pam_lines
sshd_takes publickey password keyboard-interactive
no_bans
$BED on gateway rm /etc/moshgate/id_ed25519
forgotten

# A gateway without a key.
ok 'without a key the helper starts' see_log gateway \
	'event=start .* key=none'
ok '... and says who gets in' see_log gateway \
	'event=note about=no-gateway-key '
like '... as moshgate-helper -t does' \
	"$($BED on gateway /usr/libexec/moshgate/moshgate-helper -t)" \
	'ok, remote remote, key none$'
ok '... but not if the key cannot be looked for' not helper_takes \
	'[clients]' 'passwords = remote' \
	'[gateway]' 'key = /etc/moshgate/moshgate.ini/key'
ok '... nor if passwords are not the remote'\''s' not helper_takes '[clients]' \
	'passwords = no'
new_connections 'from now on'
is 'a user whom the gateway does not know comes in with the password' \
	"$(id_by hunter2 alice)" alice
like '... and is one from then on' "$($BED log gateway)" \
	'event=user-added user=alice'
ok '... by one connection' new_connections 1
like '... which was opened by the password' "$($BED log remote)" \
	'Accepted password for alice'
terminal a
answer_with hunter2
cat >"$TMUX_TMPDIR/go" <<END
SSH_ASKPASS=$TMUX_TMPDIR/askpass SSH_ASKPASS_REQUIRE=force \\
	ssh -o PubkeyAuthentication=no -o ControlMaster=yes \\
	-o ControlPath=$TMUX_TMPDIR/master alice@gateway
END
type_in a "sh $TMUX_TMPDIR/go" Enter
ok '... for a session by mosh, too' see a 'alice@remote'
ok '... which has a mosh-server' running remote '^mosh-server'
is 'the password is in the memory of none of moshgate'\''s processes' \
	"$(printf hunter2 | $BED on gateway perl -e "$memory" word |
		grep 'found moshgate')" ''
like '... which could be read' "$(printf hunter2 |
	$BED on gateway perl -e "$memory" word)" 'read moshgate-worker'
like 'a command of the same login takes the connection' \
	"$(ssh -o ControlPath="$TMUX_TMPDIR/master" alice@gateway id -un 2>&1)" \
	'^alice$'
like '... and the next one has none' \
	"$(ssh -o ControlPath="$TMUX_TMPDIR/master" alice@gateway id -un 2>&1)" \
	'nothing with which to log in .* please log in again'
like '... as the log says' "$($BED log gateway)" \
	'event=login-failed user=alice asked=relay remote=remote reason=no-credential '
type_in a 'echo "still" "here"' Enter
ok '... while the session goes on' see a '^still here'
type_in a 'exit' Enter
see a '^client\$ *$'
$BED wan udp off
forgotten
fresh a
type_in a "sh $TMUX_TMPDIR/go" Enter
ok 'where UDP is blocked the session goes over SSH' see a 'alice@remote'
see_log gateway 'event=relay user=alice .*terminal=yes' >&2
$BED wan udp on
type_in a 'exit' Enter
see a '^client\$ *$'
ok 'nobody gets in with a key' not let_in alice@gateway
unlike '... which is no line in the log for each' "$($BED log gateway)" \
	'login-failed .*no-gateway-key'
like 'moshgate check goes as far as it can' \
	"$($BED on gateway moshgate check alice 2>&1)" \
	'note +login .*the gateway has no key'
like '... which makes nobody a user' \
	"$($BED on gateway moshgate check carol 2>&1;
		$BED log gateway | grep -c 'user-added user=carol')" '^0$'

# Whatever is kept.
settings '[clients]' 'passwords = remote' \
	'[session]' 'share_idle = 0' 'share_max_age = 10' 'share_max = 1'
forgotten
is 'where nothing is kept a password lets in all the same' \
	"$(id_by hunter2 alice)" alice
settings '[clients]' 'passwords = remote'
forgotten

# Passwords that are wrong.
ok 'a wrong one is refused' kept_out_by hunter3 alice@gateway
like '... and the log says why' "$(last)" \
	'user=alice asked=password reason=wrong-password '
is '... after which the right one lets in at once' "$(id_by hunter2 alice)" \
	alice
ok 'a name that the remote does not have is refused' \
	kept_out_by hunter2 nobody2@gateway
forgotten
# shellcheck disable=SC2016 # it is to be taken as it is
remote_password alice 'пароль 🔑 "$x" \n'
# shellcheck disable=SC2016
is 'one with letters of all kinds lets in' \
	"$(id_by 'пароль 🔑 "$x" \n' alice)" alice
long=$(printf '%0511d' 7)
remote_password alice "$long"
is 'one of 511 bytes lets in' "$(id_by "$long" alice)" alice
remote_password alice hunter2
$BED on remote passwd -d bob >/dev/null
remote_takes 'PasswordAuthentication yes' 'PermitEmptyPasswords yes'
ok 'an account that asks for none is not opened by any' \
	kept_out_by hunter2 bob@gateway
like '... and the log says why' "$(last)" 'user=bob .*reason=no-passwords'
remote_password bob 'secret one'
forgotten

# What the remote's sshd asks for it by.
remote_takes 'PasswordAuthentication no' 'KbdInteractiveAuthentication yes'
is 'keyboard-interactive lets in' "$(id_by hunter2 alice)" alice
like '... by that alone' "$($BED log remote | tail -n 20)" \
	'Accepted keyboard-interactive/pam for alice'
unlike '... with no other try before' "$($BED log remote |
	sed -n '/Accepted password for bob/,$p')" 'Failed password for alice'
ok '... and a wrong one does not' kept_out_by hunter3 alice@gateway
like '... as the log says' "$(last)" 'reason=wrong-password'
forgotten
$BED on remote chage -d 0 alice
ok 'a password that is to be changed lets nobody in' \
	kept_out_by hunter2 alice@gateway
like '... as the log says' "$(last)" 'reason=more-than-a-password'
$BED on remote chage -d 1 alice
remote_takes 'PasswordAuthentication no' 'KbdInteractiveAuthentication no'
forgotten
ok 'a remote that takes none is told of' kept_out_by hunter2 alice@gateway
like '... in the log' "$(last)" \
	'reason=no-passwords .*detail="the remote offers: publickey'
remote_takes 'PasswordAuthentication yes' 'UsePAM no'
forgotten
is 'without PAM there it lets in as well' "$(id_by hunter2 alice)" alice

# Beside a key.
forgotten
$BED on gateway sh -c 'ssh-keygen -q -t ed25519 -N "" \
	-f /etc/moshgate/id_ed25519 && chgrp _moshgate /etc/moshgate/id_ed25519 &&
	chmod 640 /etc/moshgate/id_ed25519'
forgotten
ok 'with a key that the remote does not know' not let_in alice@gateway
is '... passwords let in all the same' "$(id_by hunter2 alice)" alice
$BED on gateway cat /etc/moshgate/id_ed25519.pub |
	$BED on remote sh -c 'cat >>/home/alice/.ssh/authorized_keys'
forgotten
ok 'with one that it knows keys let in' let_in alice@gateway
is '... and passwords as well' "$(id_by hunter2 alice)" alice
sshd_takes publickey,password
forgotten
is '... and both together, where both are asked for' \
	"$(SSH_ASKPASS=$TMUX_TMPDIR/askpass SSH_ASKPASS_REQUIRE=force \
		ssh alice@gateway id -un </dev/null 2>&1)" alice

# Beside keys that are no concern of the remote's, whose owners would come to what
# a password has opened.
ok 'with a file of keys the helper does not start' not helper_takes '[clients]' \
	'passwords = remote' 'keys = file' \
	"authorized_keys_content = $(base64 -w 0 <"$BED_DIR/client_key.pub")"
unlike 'no password is in any log' "$($BED log gateway; $BED log remote)" \
	"hunter[23]|secret one|пароль|$long"
