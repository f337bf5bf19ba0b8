#!/bin/sh
# With auth = agent: whatever a client's agent does, or doesn't, ends in one
# sentence, a line in the log, and no session.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
fake=$(dirname "$0")/fake-agent.py
in_bed "$@"
plan 34
known alice bob carol
settings '[gateway]' 'auth = agent' '[clients]' 'keys = file' \
	"authorized_keys_content = $(base64 -w 0 <"$BED_DIR/client_key.pub")" \
	'[users]' 'lookups_per_minute = 600'
$BED helper restart
drop_in 'AllowAgentForwarding yes'
# ssh itself is content with this one, and forwards another.
an_agent

# with_agent HOW CMD...: $out is what CMD prints when $who runs it, with such an
# agent; $err what else there is to see; $asked how often it was to sign.
with_agent() {
	agent_how=$1
	agent=$TMUX_TMPDIR/agent-$1
	shift
	"$fake" "$agent_how" "$agent" "${KEY:-$BED_DIR/client_key.pub}" &
	agent_pid=$!
	wait_for test -S "$agent"
	out=$(ssh_with "$BED_DIR/client_key" -o "ForwardAgent=$agent" \
		"$who@gateway" "$@" </dev/null 2>"$agent.err")
	err=$(cat "$agent.err")
	asked=$(grep -c . "$agent.asked" 2>/dev/null)
	kill "$agent_pid"
	rm -f "$agent" "$agent.asked"
}

# refused HOW SENTENCE REASON TIMES: what becomes of a command.
refused() {
	with_agent "$1" echo in
	is "an agent that is: $1: nobody gets in" "$out" ''
	is "... with one sentence" "$err" "moshgate: $2"
	ok "... and a line in the log" see_log gateway \
		"event=login-failed user=$who asked=session .*reason=$3 ${4-}"
}
who=alice

broken='Your SSH agent ended, or says what makes no sense.'
none='Your SSH agent has no key that the gateway can use; add one with ssh-add.'
denied='Your SSH agent did not let the gateway use any of its keys.'
late='Your SSH agent did not answer in time.'
wrong='The remote server takes none of the keys in your SSH agent.'

# These take as long as one may wait for an agent: all at once.  Two of an address
# may, and one by a name.
(who=bob refused silent "$late" agent-silent \
	'detail="the agent did not answer in time when asked for its keys' \
	>"$TMUX_TMPDIR/silent") &
silent_pid=$!
(who=carol refused hangs "$late" agent-silent \
	'detail="the agent did not answer in time when asked to sign' \
	>"$TMUX_TMPDIR/hangs") &
hangs_pid=$!

refused garbage "$broken" agent-broken
refused huge "$broken" agent-broken
refused half "$broken" agent-broken
refused empty "$none" agent-empty
refused dies "$broken" agent-broken
refused denies "$denied" agent-denied
is '... which was asked once' "$asked" 1
refused flood "$broken" agent-broken
refused lies "$wrong" agent-refused
refused many "$wrong" agent-refused
rsa=$TMUX_TMPDIR/rsa
ssh-keygen -q -t rsa -b 2048 -N '' -f "$rsa"
KEY=$rsa.pub
$BED on remote sh -c 'cat >>/home/alice/.ssh/authorized_keys' <"$rsa.pub"
refused sha1 "$broken" agent-broken
unset KEY
wait "$silent_pid" "$hangs_pid"
ok 'one that says nothing is waited for, but not for ever' \
	not grep '^not ok' "$TMUX_TMPDIR/silent"
ok 'nor one that does not sign' not grep '^not ok' "$TMUX_TMPDIR/hangs"

# What it would open would be by the old settings.
(refused hangs "The gateway's settings have just changed; please log in again." \
	reloaded >"$TMUX_TMPDIR/reloaded") &
reloaded_pid=$!
wait_for test -s "$TMUX_TMPDIR/agent-hangs.asked"
reload
wait "$reloaded_pid"
ok 'nor any when the settings change meanwhile' \
	not grep '^not ok' "$TMUX_TMPDIR/reloaded"
no_agent
