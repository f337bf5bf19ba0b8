#!/bin/sh
# A key on a FIDO authenticator is the user's on the remote as any other key is,
# and what the line there demands of a touch or of a PIN is demanded here. The
# authenticator is OpenSSH's own that its tests have, in software.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 17

sk=/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so
if [ ! -e "$sk" ]; then
	while [ "$tests" -lt 17 ]; do
		skip 'a security key' "there is no $sk (package openssh-tests)"
	done
	exit
fi
no_bans
export SSH_SK_PROVIDER="$sk"

# new_key NAME TYPE [OPTION...]
new_key() {
	new_key_name=$1
	new_key_type=$2
	shift 2
	ssh-keygen -q -t "$new_key_type" -N '' -w "$sk" -C "$new_key_name" \
		-f "$TMUX_TMPDIR/$new_key_name" "$@"
}

# remote_line OPTIONS KEY: what alice has in authorized_keys there, beside the
# gateway's.
gateway_pub=$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
remote_line() {
	authorized_keys alice "$gateway_pub" "$1$(cat "$TMUX_TMPDIR/$2.pub")"
}

# runs KEY: what a command on the remote prints; nothing, if the key is refused.
runs() {
	ssh_with "$TMUX_TMPDIR/$1" -o "SecurityKeyProvider=$sk" alice@gateway \
		hostname </dev/null 2>"$TMUX_TMPDIR/runs"
}

settings '[clients]' 'cache_ttl = 0'
$BED helper restart
new_key touched ed25519-sk
new_key curved ecdsa-sk
new_key untouched ed25519-sk -O no-touch-required
new_key verified ed25519-sk -O verify-required
like 'the keys are ones of security keys' "$(cat "$TMUX_TMPDIR/touched.pub")" \
	'^sk-ssh-ed25519@openssh.com '

remote_line '' touched
is 'one that is in authorized_keys on the remote runs a command there' \
	"$(runs touched)" remote
terminal a 80 24 ssh -F none -i "$TMUX_TMPDIR/touched" -o IdentitiesOnly=yes \
	-o "SecurityKeyProvider=$sk" \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway
ok '... and opens a session there' see a alice@remote
ok '... which is in the log' see_log gateway 'event=session user=alice'
is 'another one is refused' "$(runs verified)" ''
like '... as sshd does it' "$(cat "$TMUX_TMPDIR/runs")" \
	'Permission denied \(publickey\)'
remote_line '' curved
is 'an ECDSA key does as well' "$(runs curved)" remote

# What the line says of the touch.
remote_line '' untouched
is 'a signature without a touch is refused' "$(runs untouched)" ''
ok '... and sshd says why' see_log gateway \
	'sshd.*user presence \(authenticator touch\) requirement'
remote_line 'no-touch-required ' untouched
is '... if the line does not allow for it' "$(runs untouched)" remote
remote_line 'verify-required ' touched
is 'a key without a PIN is refused where the line demands one' \
	"$(runs touched)" ''
ok '... and sshd says why' see_log gateway \
	'sshd.*user verification requirement'
remote_line 'verify-required ' verified
is '... and one with a PIN is not' "$(runs verified)" remote

# What no line may say, the gateway's administrator may.
remote_line 'no-touch-required ' verified
drop_in 'PubkeyAuthOptions verify-required'
is 'PubkeyAuthOptions in the drop-in lets a verified key in' \
	"$(runs verified)" remote
remote_line '' touched
is '... and no other' "$(runs touched)" ''

# With a certificate the remote need not know it.
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/ca"
ssh-keygen -q -s "$TMUX_TMPDIR/ca" -I sk -n alice "$TMUX_TMPDIR/verified.pub"
$BED on gateway sh -c 'cat >/etc/ssh/user_ca.pub' <"$TMUX_TMPDIR/ca.pub"
is 'it is not on the remote' "$(runs verified)" ''
drop_in 'TrustedUserCAKeys /etc/ssh/user_ca.pub'
is '... but a certificate of the gateway lets it in' "$(runs verified)" remote
