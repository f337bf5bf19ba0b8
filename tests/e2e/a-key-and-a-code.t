#!/bin/sh
# AuthenticationMethods publickey,keyboard-interactive: besides the key, which
# the remote knows, the gateway asks for the code of a token, which it knows.
# Neither is enough, and it is asked of users of moshgate alone.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 26

if ! command -v oathtool >"$TMUX_TMPDIR/tool" ||
	! $BED on gateway find /usr/lib /lib -name pam_oath.so |
	grep -q pam_oath; then
	while [ "$tests" -lt 26 ]; do
		skip 'a second factor' \
			'there are no packages oathtool and libpam-oath'
	done
	exit
fi
no_bans

secret=3132333435363738393031323334353637383930
tokens=/etc/users.oath

# code NUMBER: that which a token shows then.
code() {
	oathtool --hotp -c "$1" "$secret"
}

# What ssh runs to ask a person: it writes down the question, and answers as the
# file says.
SSH_ASKPASS=$TMUX_TMPDIR/askpass
SSH_ASKPASS_REQUIRE=force
export SSH_ASKPASS SSH_ASKPASS_REQUIRE
cat >"$SSH_ASKPASS" <<-END
	#!/bin/sh
	echo "\$1" >>"$TMUX_TMPDIR/asked"
	cat "$TMUX_TMPDIR/answer"
END
chmod 755 "$SSH_ASKPASS"

# by KEY USER CODE CMD...: ssh, with the code when it is asked for; $out is what
# CMD prints, $err what else there is, $asked the questions.
by() {
	by_key=$1 by_user=$2
	echo "$3" >"$TMUX_TMPDIR/answer"
	: >"$TMUX_TMPDIR/asked"
	shift 3
	out=$(ssh -F none -i "$by_key" -o IdentitiesOnly=yes \
		-o KexAlgorithms="$cheap_kex" -o NumberOfPasswordPrompts=1 \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" \
		"$by_user@gateway" "$@" </dev/null 2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
	asked=$(cat "$TMUX_TMPDIR/asked")
}

# tokens_of USER...: who has one.
tokens_of() {
	for tokens_user; do
		printf 'HOTP\t%s\t-\t%s\n' "$tokens_user" "$secret"
	done | $BED on gateway sh -c 'cat >"$1" && chmod 600 "$1"' - "$tokens"
}

tokens_of alice
$BED on gateway sed -i 's|^@include common-auth|\
auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup moshgate\
auth [success=done default=die] pam_oath.so usersfile='"$tokens"' window=5\
&|' /etc/pam.d/sshd
ok 'the drop-in has lines for it' drop_in \
	"$(variant AuthenticationMethods publickey,keyboard)" \
	"$(variant KbdInteractiveAuthentication)"
ok '... with which moshgate check is content' "$BED" on gateway \
	moshgate check alice
key=$BED_DIR/client_key
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/other"

by "$key" alice "$(code 0)" hostname
is 'with the key and the code, a command runs on the remote' "$out" remote
is '... and it is one code that is asked for' "$asked" \
	"(alice@gateway) One-time password (OATH) for \`alice': "
by "$key" alice "$(code 0)" hostname
is 'a code that was used is refused' "$out" ''
like '... as sshd does it' "$err" \
	'Permission denied \(keyboard-interactive\)'
by "$key" alice 000000 hostname
is 'a wrong one is, too' "$out" ''
by "$key" alice '' hostname
is 'and no code' "$out" ''
by "$TMUX_TMPDIR/other" alice "$(code 1)" hostname
is 'a code without the key is refused' "$out" ''
like '... as sshd does it' "$err" 'Permission denied \(publickey\)'
is '... before it is asked for' "$asked" ''
ok 'who has the key alone is kept out' not ssh_with "$key" alice@gateway true

code 1 >"$TMUX_TMPDIR/answer"
terminal a 80 24
login a alice
ok 'a session opens with both' screen_has a alice@remote
ok '... and is in the log' see_log gateway 'event=session user=alice'
type_in a exit Enter
ok '... to its end' see_log gateway 'event=session-end user=alice'
code 2 >"$TMUX_TMPDIR/answer"
echo 'ls /home' | sftp -F none -i "$key" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway \
	>"$TMUX_TMPDIR/out" 2>&1
like 'files come with both' "$(cat "$TMUX_TMPDIR/out")" '/home/bob'

# One that nobody knows on the gateway.
people dan
by "$key" dan "$(code 0)" hostname
is 'a user without a token is refused' "$out" ''
tokens_of alice dan
by "$key" dan "$(code 0)" hostname
is '... and with one gets to the remote, at the first login' "$out" remote
by "$key" erin "$(code 0)" hostname
is 'who is no user is not asked for a code' "$out$asked" ''

# With keys of the gateway's own, the remote is asked at the session only.
people fay gus
tokens_of alice dan fay
settings '[clients]' 'keys = file' \
	'authorized_keys = /etc/moshgate/clients'
$BED on gateway sh -c 'cat >/etc/moshgate/clients' <"$key.pub"
$BED helper restart
by "$key" fay "$(code 0)" hostname
is 'a new user with a key of the gateway and a code gets to the remote' \
	"$out" remote
by "$key" gus "$(code 0)" hostname
is '... and one without a token does not' "$out" ''
is '... nor becomes a user' "$($BED on gateway getent passwd gus)" ''

# Accounts of the gateway.
by "$key" local '' hostname
is 'an account of the gateway needs its key alone' "$out" gateway
is '... and is asked for nothing' "$asked" ''
$BED helper stop
by "$key" local '' hostname
is '... whether the helper runs or not' "$out" gateway
by "$key" alice "$(code 3)" hostname
is 'while it does not, both are not enough' "$out" ''
