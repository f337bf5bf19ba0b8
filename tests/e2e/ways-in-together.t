#!/bin/sh
# Several ways in, each of which is enough, or two of which are demanded: what
# AuthenticationMethods and PAM say of them holds.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 29
known alice bob
no_bans

secret=3132333435363738393031323334353637383930
have_codes=
if command -v oathtool >"$TMUX_TMPDIR/tool" &&
	$BED on gateway find /usr/lib /lib -name pam_oath.so |
	grep -q pam_oath; then
	have_codes=yes
fi

# What ssh runs to ask a person: it answers with a password, or with a code.
SSH_ASKPASS=$TMUX_TMPDIR/askpass
SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
cat >"$SSH_ASKPASS" <<-END
	#!/bin/sh
	case \$1 in
	*One-time*) what=code ;;
	*) what=password ;;
	esac
	echo "\$what" >>"$TMUX_TMPDIR/asked"
	cat "$TMUX_TMPDIR/\$what"
END
chmod 755 "$SSH_ASKPASS"

# by USER PASSWORD CODE [OPTION...]: ssh, which asks for what it needs; $out is
# where it gets to, $asked what was asked.
by() {
	by_user=$1
	echo "$2" >"$TMUX_TMPDIR/password"
	echo "$3" >"$TMUX_TMPDIR/code"
	: >"$TMUX_TMPDIR/asked"
	shift 3
	out=$(ssh -F none -o IdentitiesOnly=yes -o KexAlgorithms="$cheap_kex" \
		-o NumberOfPasswordPrompts=1 \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" "$@" \
		"$by_user@gateway" hostname </dev/null 2>"$TMUX_TMPDIR/err")
	asked=$(xargs <"$TMUX_TMPDIR/asked")
}

# pam LINE...: what PAM asks of members of group moshgate.
session=/usr/libexec/moshgate
member='auth [success=ignore default=%s] pam_succeed_if.so quiet user ingroup moshgate'
of_moshgate="pam_exec.so expose_authtok quiet $session/moshgate-password"
pam() {
	pam_count=$#
	# shellcheck disable=SC2059
	{
		printf "$member\\n" "$pam_count"
		printf '%s\n' "$@" '@include common-auth'
	} >"$TMUX_TMPDIR/pam"
	$BED on gateway sh -c '[ -e /root/pam ] || cp /etc/pam.d/sshd /root/pam
		cat - /root/pam | awk "!/common-auth/ || !seen++" \
		>/etc/pam.d/sshd' <"$TMUX_TMPDIR/pam"
}

settings '[clients]' 'passwords = /etc/moshgate/passwords'
echo sesame | $BED on gateway moshgate passwd alice
$BED helper restart
pam "auth [success=done default=die] $of_moshgate"
drop_in 'PasswordAuthentication yes' 'AuthenticationMethods publickey password'
key="$BED_DIR/client_key"
by alice sesame '' -o IdentityFile=none
is 'a password alone is enough where it says so' "$out" remote
by alice wrong '' -i "$key"
is '... and a key alone' "$out $asked" 'remote '
by bob sesame '' -o IdentityFile=none
is '... but not the password of somebody else' "$out" ''

drop_in 'AuthenticationMethods publickey,password'
by alice sesame '' -i "$key"
is 'where both are demanded, both let in' "$out" remote
by alice sesame '' -o IdentityFile=none
is '... but not the password alone' "$out $asked" ' '
by alice wrong '' -i "$key"
is '... nor the key alone' "$out" ''
by bob sesame '' -i "$key"
is "... nor one's key with another's password" "$out" ''

# A certificate and a password.
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/ca"
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/new"
ssh-keygen -q -s "$TMUX_TMPDIR/ca" -I new -n alice "$TMUX_TMPDIR/new.pub"
$BED on gateway sh -c 'cat >/etc/ssh/user_ca.pub' <"$TMUX_TMPDIR/ca.pub"
drop_in 'TrustedUserCAKeys /etc/ssh/user_ca.pub'
by alice sesame '' -i "$TMUX_TMPDIR/new"
is 'a certificate does for the key' "$out" remote
by alice wrong '' -i "$TMUX_TMPDIR/new"
is '... but not for the password' "$out" ''

# Without a key of the gateway's, what sshd accepts is worth what somebody has
# left there who could log in to the remote.
echo 'alice:of the remote' | $BED on remote chpasswd
people dan
ssh-keygen -q -s "$TMUX_TMPDIR/ca" -I new -n alice,dan "$TMUX_TMPDIR/new.pub"
$BED on gateway mv /etc/moshgate/id_ed25519 /root
settings '[clients]' 'passwords = remote'
$BED helper restart
drop_in 'AuthenticationMethods publickey password'
nothing='moshgate: The gateway has nothing with which to log in to the remote '\
'server for you; please log in again, for each command anew.'
by alice '' '' -i "$TMUX_TMPDIR/new"
is 'without a key of the gateway a certificate leads nowhere' "$out" ''
is '... and says so' "$(cat "$TMUX_TMPDIR/err")" "$nothing"
ok '... also in the log' see_log gateway 'user=alice .*reason=no-credential'
by dan '' '' -i "$TMUX_TMPDIR/new"
is "... nor does one of somebody's whom nobody knows" \
	"$out$(cat "$TMUX_TMPDIR/err")" "$nothing"
is '... who is no user by that' "$($BED on gateway getent passwd dan)" ''
by alice 'of the remote' '' -o IdentityFile=none
is '... but the password of the remote does' "$out" remote
# The same with the client's own agent: sshd is shown a certificate, the remote a
# key in the agent.
settings '[gateway]' 'auth = agent' '[clients]' 'keys = file' \
	'authorized_keys = /etc/moshgate/clients'
$BED on gateway sh -c ': >/etc/moshgate/clients'
$BED helper restart
drop_in 'AuthenticationMethods publickey' 'PasswordAuthentication no' \
	'AllowAgentForwarding yes'
SSH_AUTH_SOCK=$TMUX_TMPDIR/agent
export SSH_AUTH_SOCK
ssh-agent -D -a "$SSH_AUTH_SOCK" >"$TMUX_TMPDIR/agent.out" 2>&1 &
wait_for ssh-add "$key"
by dan '' '' -i "$TMUX_TMPDIR/new"
is 'a certificate without an agent leads nowhere' "$out" ''
like '... and it is said what is missing' "$(cat "$TMUX_TMPDIR/err")" \
	'^moshgate: .*ssh -A'
by dan '' '' -i "$TMUX_TMPDIR/new" -A
is 'with it even somebody whom nobody knows gets to the remote' "$out" remote
ok '... with a key in the agent' see_log remote \
	"Accepted publickey for dan .*$(fingerprint <"$key.pub")"
ok '... and is known from then on' see_log gateway \
	'event=user-added user=dan'
kill $!
drop_in 'AllowAgentForwarding no'
settings '[clients]' 'passwords = /etc/moshgate/passwords'
$BED on gateway mv /root/id_ed25519 /etc/moshgate
$BED helper restart

# A password and a code, in one conversation.
if [ -z "$have_codes" ]; then
	while [ "$tests" -lt 29 ]; do
		skip 'a password and a code' \
			'there are no packages oathtool and libpam-oath'
	done
	exit
fi
code() {
	oathtool --hotp -c "$1" "$secret"
}
printf 'HOTP\talice\t-\t%s\n' "$secret" |
	$BED on gateway sh -c 'umask 077; cat >/etc/users.oath'
pam "auth [success=ok default=die] $of_moshgate" \
	'auth [success=done default=die] pam_oath.so usersfile=/etc/users.oath'
drop_in 'PasswordAuthentication no' 'KbdInteractiveAuthentication yes' \
	'AuthenticationMethods keyboard-interactive:pam'
by alice sesame "$(code 0)" -o IdentityFile=none
is 'PAM asks for a password and a code, and both let in' "$out" remote
is '... of which it asks for each once' "$asked" 'password code'
by alice wrong "$(code 1)" -o IdentityFile=none
is '... but not a wrong password' "$out" ''
is '... at which nobody asks for a code' "$asked" password
by alice sesame 000000 -o IdentityFile=none
is '... nor a wrong code' "$out" ''
by alice sesame "$(code 1)" -i "$key" -o PreferredAuthentications=publickey
is '... nor a key' "$out" ''
drop_in 'AuthenticationMethods publickey,keyboard-interactive:pam'
by alice sesame "$(code 1)" -i "$key"
is 'a key, a password and a code let in together' "$out" remote
by alice sesame "$(code 1)" -i "$key"
is '... once with each code' "$out" ''

# Whoever is not in the group is asked nothing of this.
by local nothing '' -i "$key"
is 'accounts of the gateway have their keys' "$out $asked" 'gateway '
