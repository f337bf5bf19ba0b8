#!/bin/sh
# Whatever the gateway's sshd lets a member of group moshgate in with leads to
# the remote, as the user that the uid is: a password of the system's, the word of
# the client's host.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 17
known bob
no_bans

# What ssh runs to ask a person.
SSH_ASKPASS=$TMUX_TMPDIR/askpass
SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
printf '#!/bin/sh\ncat "%s"\n' "$TMUX_TMPDIR/answer" >"$SSH_ASKPASS"
chmod 755 "$SSH_ASKPASS"

# by METHOD USER CMD...: ssh by that alone; $out is what CMD prints.
by() {
	by_method=$1 by_user=$2
	shift 2
	out=$(ssh -F none -o PreferredAuthentications="$by_method" \
		-o KexAlgorithms="$cheap_kex" -o NumberOfPasswordPrompts=1 \
		-o IdentityFile=none -o HostbasedAuthentication=yes \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" \
		"$by_user@gateway" "$@" </dev/null 2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}

# A password that PAM knows, as it may know those of a directory.
account alice
echo 'alice:of the gateway' | $BED on gateway chpasswd
echo 'of the gateway' >"$TMUX_TMPDIR/answer"
by password alice hostname
is 'a password opens nothing while the drop-in says so' "$out" ''
ok 'sshd takes the lines' drop_in 'PasswordAuthentication yes' \
	'AuthenticationMethods publickey password'
by password alice hostname
is 'with its lines, a password of the system leads to the remote' "$out" remote
terminal a
type_in a "ssh -F none -o PreferredAuthentications=password \
-o IdentityFile=none -o UserKnownHostsFile=$BED_DIR/known_hosts \
alice@gateway" Enter
ok '... to a session' see a alice@remote
type_in a exit Enter
ok '... which is in the log' see_log gateway 'event=session user=alice'
by password bob hostname
is 'whoever has none is not let in' "$out" ''
echo 'a wrong one' >"$TMUX_TMPDIR/answer"
by password alice hostname
is '... nor who gives a wrong one' "$out" ''
ok 'a key is as good as it was' let_in bob@gateway

# The word of the host that the client is.
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
echo 'EnableSSHKeysign yes' >/etc/ssh/ssh_config
echo "client $(cat /etc/ssh/ssh_host_ed25519_key.pub)" |
	$BED on gateway sh -c 'cat >/etc/ssh/ssh_known_hosts'
$BED on gateway sh -c 'echo client root >/etc/ssh/shosts.equiv'
by hostbased bob hostname
is "a host's word opens nothing while the drop-in says so" "$out" ''
ok 'sshd takes the lines' drop_in 'HostbasedAuthentication yes' \
	'HostbasedUsesNameFromPacketOnly yes' \
	'AuthenticationMethods publickey hostbased'
by hostbased bob hostname
is "with its lines, a host's word leads to the remote" "$out" remote
ok '... as sshd has it in its log' see_log gateway \
	'Accepted hostbased for bob'
by hostbased root hostname
is '... but root to nowhere' "$out" ''
by hostbased local hostname
is '... nor accounts of the gateway' "$out" ''
echo "client $(another_key ed25519)" |
	$BED on gateway sh -c 'cat >/etc/ssh/ssh_known_hosts'
by hostbased bob hostname
is 'a host that is another one is not believed' "$out" ''

# Who may come is moshgate's to say.
settings '[clients]' 'users = * !alice'
$BED helper restart
drop_in 'AuthenticationMethods password' 'HostbasedAuthentication no'
echo 'of the gateway' >"$TMUX_TMPDIR/answer"
by password alice hostname
is 'whoever is excluded in moshgate.ini gets in by none of them' "$out" ''
like '... and is told so' "$err" \
	'^moshgate: This account does not go to the remote server'
