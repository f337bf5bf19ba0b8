#!/bin/sh
# TrustedUserCAKeys: who has a certificate of the gateway's authority needs no
# key on the remote, and what the certificate says is enforced by sshd.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 30
known alice
no_bans

for key in ca other_ca key other_key; do
	ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/$key"
done
key=$TMUX_TMPDIR/key
$BED on gateway sh -c 'cat >/etc/ssh/user_ca.pub' <"$TMUX_TMPDIR/ca.pub"

# certify USER [OPTION...]: what the client has from now on, beside its key.
serial=0
certify() {
	certify_user=$1
	serial=$((serial + 1))
	shift
	ssh-keygen -q -s "$TMUX_TMPDIR/ca" -I "of $certify_user" \
		-z "$serial" -n "$certify_user" "$@" "$key.pub"
}

# by USER CMD...: ssh with the certificate alone, since the key would be asked
# about first.
by() {
	by_user=$1
	shift
	out=$(ssh_with "$key" -o PubkeyAcceptedAlgorithms=\
ssh-ed25519-cert-v01@openssh.com "$by_user@gateway" "$@" </dev/null \
		2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}

certify alice
by alice hostname
is 'a certificate opens nothing while the drop-in says so' "$out" ''
ok 'the drop-in has a line for it' drop_in "$(variant TrustedUserCAKeys)"
ok '... with which moshgate check is content' "$BED" on gateway \
	moshgate check alice
by alice hostname
is 'with that a command runs on the remote' "$out" remote
ok '... and the log of sshd has the certificate' see_log gateway \
	'Accepted publickey for alice .* ED25519-CERT .*of alice \(serial 1\)'
terminal a 80 24 ssh -F none -i "$key" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway
ok 'a session opens' see a alice@remote
type_in a exit Enter
ok '... and ends' see_log gateway 'event=session-end user=alice'
by bob hostname
is "a certificate of alice's is not bob's" "$out" ''

# What it can be restricted to.
certify alice -V 20200101:20200102
by alice hostname
is 'one that has expired is refused' "$out" ''
certify alice -O source-address=192.0.2.1
by alice hostname
is '... and one for another address' "$out" ''
certify alice -O no-pty
by alice hostname
is 'one without a terminal runs a command' "$out" remote
by alice -tt hostname
like '... and gets no terminal' "$err" 'PTY allocation request failed'
ssh-keygen -q -s "$TMUX_TMPDIR/other_ca" -I other -n alice "$key.pub"
by alice hostname
is "one of another authority is refused" "$out" ''
certify alice
echo "serial: $serial" >"$TMUX_TMPDIR/revoked"
ssh-keygen -q -k -f "$TMUX_TMPDIR/krl" -s "$TMUX_TMPDIR/ca.pub" \
	"$TMUX_TMPDIR/revoked"
$BED on gateway sh -c 'cat >/etc/moshgate/revoked_keys' <"$TMUX_TMPDIR/krl"
by alice hostname
is 'one is good' "$out" remote
drop_in 'RevokedKeys /etc/moshgate/revoked_keys'
by alice hostname
is '... until the drop-in has a list of revoked ones, with it' "$out" ''
certify alice
by alice hostname
is '... and the next is good again' "$out" remote

# Users of the remote alone, whom nobody knows on the gateway.
people dan
certify dan
by dan hostname
is 'at the first login a user of the remote gets there' "$out" remote
ok '... and is known from then on' see_log gateway \
	'event=user-added user=dan uid='
by dan 'id -un'
is '... by that name' "$out" dan
certify zoe
by zoe hostname
is 'who is no user there is told so' "$err" \
	'moshgate: The remote server does not let the gateway in as this user.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=zoe reason=refused '
is '... and gets no uid that stays' \
	"$($BED on gateway getent passwd zoe)" ''
settings '[clients]' 'users = * !dan'
$BED helper restart
certify dan
by dan hostname
is 'whoever is excluded in moshgate.ini gets nowhere' "$out" ''
ok '... which the log says' see_log gateway 'user=dan reason=not-wanted'

# A restricted one, also at the first login.
people eli
settings '[clients]' 'forced_commands = honor'
$BED helper restart
drop_in 'ForceCommand none'
certify eli -O force-command='echo "only this, not $SSH_ORIGINAL_COMMAND"'
by eli hostname
is 'a certificate with force-command runs that at the first login' "$out" \
	'only this, not hostname'
by eli
is '... and for a shell' "$out" 'only this, not '
by eli -s sftp
like '... and for sftp' "$out" '^only this, not .*sftp-server'
by eli -tt hostname
like '... and with a terminal' "$out" 'only this, not hostname'
unlike '... and nothing else' "$out" '^remote'
certify eli
by eli hostname
is 'one without is free' "$out" remote
