#!/bin/sh
# GSSAPI: who has a ticket needs no key. sshd says who it is, and the gateway's
# key logs in to the remote.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/kerberos.sh
. "$(dirname "$0")/kerberos.sh"
in_bed "$@"
plan 28

if ! have_kerberos >"$TMUX_TMPDIR/tools"; then
	while [ "$tests" -lt 28 ]; do
		skip 'a ticket of Kerberos' \
			'there is no krb5-admin-server or krb5-user'
	done
	exit
fi
no_bans

# by USER CMD...: ssh with the ticket; $out is what CMD prints.
by() {
	by_user=$1
	shift
	out=$(ssh_by_ticket "$by_user@gateway" "$@" </dev/null \
		2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}

realm alice dan zoe local
known alice
ticket alice -f
by alice hostname
is 'a ticket opens nothing while the drop-in says so' "$out" ''
like '... which offers keys alone' "$err" 'Permission denied \(publickey\)'
ok 'the drop-in has lines for it' drop_in "$(variant GSSAPIAuthentication)" \
	"$(variant AuthenticationMethods gssapi)"
ok '... with which moshgate check is content' "$BED" on gateway \
	moshgate check alice
by alice hostname
is 'with its lines a command runs on the remote' "$out" remote
ok '... for which sshd knew the ticket' see_log gateway \
	'Accepted gssapi-with-mic for alice .*: alice@BED'
ok '... and the remote the key of the gateway' see_log remote \
	'Accepted publickey for alice from fd66:2::1'
terminal a
type_in a "ssh -F none -o GSSAPIAuthentication=yes -o IdentityFile=none \
-o PreferredAuthentications=gssapi-with-mic \
-o UserKnownHostsFile=$BED_DIR/known_hosts alice@gateway" Enter
ok 'a session opens' see a alice@remote
ok '... and is in the log' see_log gateway 'event=session user=alice'
type_in a 'klist -s && echo TICKET; echo END' Enter
ok '... where there is nothing of the ticket' see a '^END'
unlike '... which stays at the client' "$(screen a)" '^TICKET'
type_in a exit Enter
ok '... to its end' see_log gateway 'event=session-end user=alice'
by bob hostname
is "a ticket of alice's is not bob's" "$out" ''
# passed_on: is there a ticket in the gateway's files?
passed_on() {
	$BED on gateway sh -c 'ls /tmp/krb5cc*'
}
mkfifo "$TMUX_TMPDIR/input"
ssh_by_ticket -K alice@gateway 'echo ${KRB5CCNAME-none}; cat' \
	<"$TMUX_TMPDIR/input" >"$TMUX_TMPDIR/out" &
exec 3>"$TMUX_TMPDIR/input"
ok 'one that is passed on' wait_for grep . "$TMUX_TMPDIR/out"
ok '... comes to the gateway' passed_on
is '... and no further' "$(cat "$TMUX_TMPDIR/out")" none
exec 3>&-
ok '... and leaves with the session' wait_for not passed_on
ok 'the key is as good as it was' let_in alice@gateway

# Where sshd calls the login shell, for the sake of forced commands.
settings '[clients]' 'forced_commands = honor'
$BED helper restart
drop_in 'ForceCommand none'
by alice hostname
is 'with forced_commands = honor it is the same' "$out" remote
settings
$BED helper restart
drop_in 'ForceCommand /usr/libexec/moshgate/moshgate-session'

# Users of the remote alone, whom nobody knows on the gateway.
people dan
ticket dan
by dan 'hostname; id -un'
is 'at the first login a user of the remote gets there' "$out" 'remote
dan'
ok '... and is known from then on' see_log gateway \
	'event=user-added user=dan uid='
ticket zoe
by zoe hostname
is 'who is no user there is told so' "$err" \
	'moshgate: The remote server does not let the gateway in as this user.'
is '... and gets no uid that stays' \
	"$($BED on gateway getent passwd zoe)" ''
settings '[clients]' 'users = * !dan'
$BED helper restart
ticket dan
by dan hostname
is 'whoever is excluded in moshgate.ini gets nowhere' "$out" ''
ok '... which the log says' see_log gateway 'user=dan reason=not-wanted'

ticket local
by local hostname
is 'accounts of the gateway are asked what they were' "$out" ''
like '... by sshd' "$err" 'Permission denied \(publickey,password\)'

kdestroy
by alice hostname
is 'without a ticket nobody gets in' "$out" ''
