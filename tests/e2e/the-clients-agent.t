#!/bin/sh
# With auth = agent a person logs in to the remote with the keys in their own
# agent, through a gateway that has none.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 26
file="authorized_keys_content = $(base64 -w 0 <"$BED_DIR/client_key.pub")"
auth() {
	settings '[gateway]' "auth = $1" '[clients]' 'keys = file' "$file" \
		'[users]' 'lookups_per_minute = 600'
	$BED helper restart
}
$BED on gateway mv /etc/moshgate/id_ed25519 /etc/moshgate/kept
auth agent
ok 'the gateway needs no key' see_log gateway 'event=start .*key=none'
an_agent
ssh-add -q "$BED_DIR/client_key"

# through OPTION... CMD: $out is what is printed by CMD, with ssh that gets in at
# the gateway by the client's key.
through() {
	out=$(ssh_with "$BED_DIR/client_key" "$@" </dev/null \
		2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}
need='moshgate: This gateway needs your SSH agent to log in to the remote server; log in again with ssh -A.'

through -A alice@gateway hostname
is 'while sshd forwards none nobody gets through' "$out$err" "$need"
ok '... and the log says what to do' see_log gateway \
	'user=alice .*reason=no-agent .*AllowAgentForwarding'
drop_in 'AllowAgentForwarding yes'
through -a alice@gateway hostname
is 'nor does who forwards none' "$out$err" "$need"
terminal a
login_with() {
	type_in a "ssh -A $1@gateway" Enter
	see a "$1@remote"
}
ok 'with it there is a session, of somebody new' login_with alice
ok '... who has a uid for good' see_log gateway 'event=user-added user=alice'
through -a alice@gateway hostname
is '... which serves nobody else who comes by that name' "$out$err" "$need"
type_in a exit Enter
see a '^client\$ *$' >/dev/null
through -A alice@gateway 'id -un; cat /etc/hostname; exit 7'
is 'a command has its status' "$?" 0
like '... and runs there as its user' "$out" '^alice$'
several() {
	several_pids=
	for number in 1 2 3 4; do
		ssh_with "$BED_DIR/client_key" -A alice@gateway hostname \
			</dev/null >"$TMUX_TMPDIR/several$number" 2>&1 &
		several_pids="$several_pids $!"
	done
	# shellcheck disable=SC2086
	wait $several_pids
	cat "$TMUX_TMPDIR"/several?
}
is 'several at once do as well' "$(several | uniq -c | tr -s ' ')" ' 4 remote'
echo content >"$TMUX_TMPDIR/file"
echo "put $TMUX_TMPDIR/file /home/alice/there" |
	sftp -q -b - -A alice@gateway >/dev/null 2>&1
is 'a file goes through' "$($BED on remote cat /home/alice/there)" content

# Keys of other kinds.
has_key() {
	authorized_keys bob "$(cat "$1.pub")"
}
kind() {
	ssh-keygen -q -t "$@" -N '' -f "$TMUX_TMPDIR/$1"
	ssh-add -q -D 2>/dev/null
	ssh-add -q "$TMUX_TMPDIR/$1"
	has_key "$TMUX_TMPDIR/$1"
	through -A bob@gateway id -un
	is "a key of type $1 does" "$out$err" bob
}
kind rsa -b 2048
kind ecdsa
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/ca"
ssh-keygen -q -t ecdsa -N '' -f "$TMUX_TMPDIR/certified"
ssh-keygen -q -s "$TMUX_TMPDIR/ca" -I it -n bob "$TMUX_TMPDIR/certified.pub"
ssh-add -q -D 2>/dev/null
ssh-add -q "$TMUX_TMPDIR/certified"
echo "cert-authority $(cat "$TMUX_TMPDIR/ca.pub")" |
	$BED on remote sh -c 'cat >/home/bob/.ssh/authorized_keys'
through -A bob@gateway id -un
is 'a certificate does' "$out$err" bob

# Many of them.
ssh-add -q -D 2>/dev/null
for number in 1 2 3 4 5 6; do
	ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/many$number"
done
ssh-add -q "$TMUX_TMPDIR"/many?
has_key "$TMUX_TMPDIR/many6"
through -A bob@gateway id -un
is 'the sixth key is tried' "$out$err" bob
ssh-add -q -D 2>/dev/null
ssh-add -q "$BED_DIR/client_key" "$TMUX_TMPDIR"/many?
through -A bob@gateway id -un
is 'the seventh is not' "$out$err" \
	'moshgate: The remote server takes none of the keys in your SSH agent.'
ok '... as the log has it' see_log gateway \
	'user=bob .*reason=agent-refused detail="the agent has 7 keys, of which 6 were refused'

# Somebody has to confirm.
no_agent
cat >"$TMUX_TMPDIR/confirm" <<-END
	#!/bin/sh
	touch "$TMUX_TMPDIR/confirms"
	while [ ! -e "$TMUX_TMPDIR/word" ]; do sleep 0.1; done
	exit "\$(cat "$TMUX_TMPDIR/word")"
END
chmod 755 "$TMUX_TMPDIR/confirm"
export SSH_ASKPASS="$TMUX_TMPDIR/confirm" SSH_ASKPASS_REQUIRE=force DISPLAY=:0
an_agent
unset SSH_ASKPASS SSH_ASKPASS_REQUIRE DISPLAY
ssh-add -q -c "$TMUX_TMPDIR/many6"
fresh a
type_in a "SSH_AUTH_SOCK=$SSH_AUTH_SOCK ssh -A -o IdentitiesOnly=yes \
-i $BED_DIR/client_key bob@gateway" Enter
ok 'a person is asked to confirm' wait_for test -e "$TMUX_TMPDIR/confirms"
ok '... and sees that something goes on' see a 'connecting .* [2-9] s'
echo 0 >"$TMUX_TMPDIR/word"
ok '... and gets in, having done so' see a bob@remote
type_in a exit Enter
see a '^client\$ *$' >/dev/null
through -a bob@gateway true
echo 1 >"$TMUX_TMPDIR/word"
through -A bob@gateway true
is 'who says no does not' "$err" \
	'moshgate: Your SSH agent did not let the gateway use any of its keys.'

# What the gateway's key opens.
$BED on gateway mv /etc/moshgate/kept /etc/moshgate/id_ed25519
$BED on gateway sed -n 1p /etc/moshgate/id_ed25519.pub >/dev/null 2>&1
auth agent,key
ssh-add -q -D 2>/dev/null
through -A alice@gateway id -un
is 'with auth = agent,key an empty agent is no hindrance' "$out$err" alice
through -a alice@gateway id -un
is '... nor is none' "$out$err" alice
ssh-add -q "$TMUX_TMPDIR"/many[1-6]
through -A carol@gateway id -un
is '... nor one of which the remote refuses all keys' "$out$err" carol
ok '... over the same connection' not log_has remote \
	'(closed by|Disconnected from) authenticating user carol'
auth agent
no_agent
through -A alice@gateway id -un
is 'an agent that is gone opens nothing more' "$out" ''
