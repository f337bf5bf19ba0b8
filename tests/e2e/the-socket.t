#!/bin/sh
# The helper's socket is there for everybody on the gateway: whatever they send
# it, nobody is told what isn't theirs, and logins go on.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 38

peer=$(cat "$(dirname "$0")/socket.pl")
# nobody_does, alice_does, root_does COMMAND...: see socket.pl.
nobody_does() {
	as nobody perl -e "$peer" "$@" 2>&1
}
alice_does() {
	as alice perl -e "$peer" "$@" 2>&1
}
root_does() {
	$BED on gateway perl -e "$peer" "$@" 2>&1
}
status() {
	$BED on gateway moshgate status
}
# descriptors: how many the helper has.
descriptors() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c \
		'ls "/proc/$(cat /run/moshgate-helper.pid)/fd" | wc -l'
}
# at_rest: nobody has more than before.
at_rest() {
	[ "$(descriptors)" -eq "$before" ]
}
before=$(descriptors)

# Those who never finish are waited for all together.
nobody_does send '' >"$TMUX_TMPDIR/nothing" &
nothing=$!
nobody_does send 4d4701 >"$TMUX_TMPDIR/header" &
header=$!
nobody_does send 4d470101000000106162 >"$TMUX_TMPDIR/half" &
half=$!
as local perl -e "$peer" hold 64 >"$TMUX_TMPDIR/hold-64" 2>&1 &
hold_64=$!

# What is no request.
is 'garbage: cut off' "$(nobody_does send 676172626167652121)" closed
is 'a request of 4 GB: cut off' "$(nobody_does send 4d470101ffffffff)" closed
is 'a request of 16 KiB and one byte: cut off' \
	"$(nobody_does send 4d47010100004001)" closed
is 'another version: told so' "$(nobody_does send 4d47020100000000)" \
	'refused version'
is 'a request that there is not: told so' "$(nobody_does ask odd)" \
	'refused unknown-request'
is 'fields without an end: told so' "$(root_does ask keys 'user\0alice')" \
	'refused malformed'
is 'a name without a value: told so' "$(root_does ask keys 'user\0')" \
	'refused malformed'
is 'no fields: told so' "$(root_does ask keys '')" 'refused bad-name'
for bytes in '' 4d47 4d470102000000 4d470101000000106162 4d47010200000000; do
	alice_does leave "$bytes"
	ok "alice leaving after \"$bytes\"" status
done
wait "$nothing" "$header" "$half" "$hold_64"
is 'nothing: cut off in the end' "$(cat "$TMUX_TMPDIR/nothing")" closed
is 'half a header: cut off in the end' "$(cat "$TMUX_TMPDIR/header")" closed
is 'half a request: cut off in the end' "$(cat "$TMUX_TMPDIR/half")" closed
is '64 connections of one account: taken, and cut off in the end' \
	"$(cat "$TMUX_TMPDIR/hold-64")" closed
is 'a request with descriptors attached: cut off' \
	"$(nobody_does give status)" closed
$BED helper restart
before=$(descriptors)
nobody_does give status >"$TMUX_TMPDIR/given"
ok '... which the helper does not keep' wait_for at_rest

# Who may ask for what.
refusals() {
	log_count gateway 'event=refused uid=65534 '
}
was=$(refusals)
is 'a stranger gets no keys' "$(nobody_does ask keys 'user\0alice\0')" \
	'refused not-sshd'
is '... no session' "$(nobody_does ask session)" 'refused not-in-group'
is "... not alice's either" "$(nobody_does ask session 'user\0alice\0')" \
	'refused not-in-group'
is '... no check' "$(nobody_does ask check 'user\0alice\0')" 'refused not-root'
is '... and no status' "$(nobody_does ask status)" 'refused not-root'
is '... with one line each in the log' "$(refusals)" $((was + 5))
is 'a gateway user gets no keys' "$(alice_does ask keys 'user\0alice\0')" \
	'refused not-sshd'
is '... no check' "$(alice_does ask check 'user\0alice\0')" 'refused not-root'
is '... and no status' "$(alice_does ask status)" 'refused not-root'
is 'an account of the gateway gets no session' \
	"$(as local perl -e "$peer" ask session)" 'refused not-in-group'
is 'root gets no session' "$(root_does ask session)" 'refused root'
is '... nor another name does: it is the uid' \
	"$(root_does ask session 'user\0alice\0')" 'refused root'
is 'a gateway user gets one' "$(alice_does ask session)" ok
is "... which is her own, whomever she names" \
	"$(alice_does ask session 'user\0bob\0'; log_count gateway \
	'event=session user=bob')" 'ok
0'

# More than one may have.
as nobody perl -e "$peer" hold 65 >"$TMUX_TMPDIR/hold" 2>&1 &
holding=$!
wait_for log_has gateway 'event=refused uid=65534 .*reason=too-many'
is '... meanwhile another account is answered' "$(alice_does ask status)" \
	'refused not-root'
ok '... and root' status
ok '... and logins' let_in bob@gateway
wait "$holding"
is 'one more is refused' "$(cat "$TMUX_TMPDIR/hold")" 'refused too-many'
is '... and those that ask nothing do not stay' "$(nobody_does ask status)" \
	'refused not-root'
