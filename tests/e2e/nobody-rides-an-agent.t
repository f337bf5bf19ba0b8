#!/bin/sh
# With keys = any, sshd lets everybody in as anybody, and with keys = file whoever
# has a key there; the remote says who they are: what one person's agent has opened
# is of no use to another who comes by the same name.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 36
known alice
drop_in 'AllowAgentForwarding yes'
mallory=$TMUX_TMPDIR/mallory
ssh-keygen -q -t ed25519 -N '' -f "$mallory"
need='moshgate: This gateway needs your SSH agent to log in to the remote server; log in again with ssh -A.'
wrong='moshgate: The remote server takes none of the keys in your SSH agent.'
empty='moshgate: Your SSH agent has no key that the gateway can use; add one with ssh-add.'

# agent_of KEY...: an agent with these keys; prints its socket.
agents=
agent_of() {
	agent_socket=$TMUX_TMPDIR/agent-$(basename "${1:-none}")
	eval "$(ssh-agent -s -a "$agent_socket")" >/dev/null
	agents="$agents $SSH_AGENT_PID"
	for agent_key; do
		ssh-add -q "$agent_key"
	done
}
agent_of
agent_of "$mallory"
agent_of "$BED_DIR/client_key"
hers=$TMUX_TMPDIR/agent-client_key
his=$TMUX_TMPDIR/agent-mallory
none=$TMUX_TMPDIR/agent-none

# as_alice AGENT CMD...: mallory, with a key of his own, says that he is alice.
as_alice() {
	SSH_AUTH_SOCK=$1
	export SSH_AUTH_SOCK
	shift
	# shellcheck disable=SC2086
	out=$(ssh_with "$mallory" ${options-} alice@gateway "$@" </dev/null 2>&1)
}

# mallory_stays_out WHEN
mallory_stays_out() {
	options=-a
	as_alice "$none" id -un
	is "$1: without an agent mallory gets nowhere as alice" "$out" "$need"
	options=-A
	as_alice "$none" id -un
	is '... nor with an empty one' "$out" "$empty"
	as_alice "$his" id -un
	is '... nor with his own' "$out" "$wrong"
}

# nobody_rides KEYS [SETTING]: with keys = KEYS.
nobody_rides() {
	rides_keys=$1
	shift
	settings '[gateway]' 'auth = agent' \
		'[users]' 'lookups_per_minute = 600' \
		'[clients]' "keys = $rides_keys" "$@"
	$BED helper restart
	mallory_stays_out "keys = $rides_keys: before she comes"
	options=-A
	as_alice "$hers" id -un
	is 'with her agent alice gets in, by whatever key' "$out" alice
	fresh a
	type_in a "SSH_AUTH_SOCK=$hers ssh -A -o IdentitiesOnly=yes -i $mallory alice@gateway" Enter
	ok '... and to a session' see a alice@remote
	mallory_stays_out 'while she is there'
	options=-a
	as_alice "$none" -s sftp
	is '... nor by sftp' "$out" ''
	options='-tt -a'
	as_alice "$none"
	like '... nor to a session' "$out" "$need"
	ok 'her session is as it was' type_in a 'echo still he""re' Enter
	ok '... and answers' see a '^still here'

	# A master of his serves him no better.
	SSH_AUTH_SOCK=$his
	export SSH_AUTH_SOCK
	ssh_with "$mallory" -f -N -M -S "$TMUX_TMPDIR/master" -A alice@gateway
	options="-A -S $TMUX_TMPDIR/master"
	as_alice "$his" id -un
	is 'by a master of his own he gets nowhere either' "$out" "$wrong"
	ssh -S "$TMUX_TMPDIR/master" -O exit alice@gateway 2>/dev/null

	type_in a exit Enter
	ok 'she leaves' see a '^client\$ *$'
	mallory_stays_out 'right after she has left'
	rides_sessions=$((${rides_sessions:-0} + 2))
	is 'nothing that was kept was used by another' \
		"$(log_count gateway 'event=(session|relay) user=alice')" \
		"$rides_sessions"
}
terminal a
nobody_rides any
nobody_rides file \
	"authorized_keys_content = $(base64 -w 0 <"$mallory.pub")"
# shellcheck disable=SC2086
kill $agents
