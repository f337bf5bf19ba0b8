#!/bin/bash
# A command doesn't wait for a connection where one is kept: it has that, and
# another is kept in its place.
# shellcheck disable=SC2016,SC2029 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed --rtt 20
plan 40
one_address

gw=alice@gateway
settings 'connect_timeout = 10' '[mosh]' 'fallback = no'
$BED helper restart

# here CMD...: run it on the remote, without input.
here() {
	ssh "$gw" "$@" </dev/null
}
# port: that of the gateway, in the connection that a command came by.
port() {
	here 'echo ${SSH_CONNECTION% * *}' | sed 's/.* //'
}
# kept_port: that of the connection that is kept.
kept_port() {
	$BED on gateway ss -Htnp state established dport = :22 |
		grep moshgate-worker | awk '{ print $3 }' | sed 's/.*://'
}
shown() {
	$BED on gateway moshgate status | grep -Ec "^connection +alice +$1"
}
is_kept() {
	[ "$(shown connected)" = 1 ]
}
one_kept() {
	[ "$(shown '')" = 1 ] && is_kept
}
new_connections 'from now on'

is 'the first command runs' "$(here echo first)" first
ok '... and one connection is kept' wait_for one_kept
ok '... after two in all' new_connections 2
kept=$(kept_port)
is 'the next command has the one that was kept' "$(port)" "$kept"
ok '... and again one is kept' wait_for one_kept
ok '... after one more' new_connections 1
unlike '... which is another' "$(kept_port)" "^$kept\$"

kept=$(kept_port)
is 'so has a terminal that is not for mosh' \
	"$(ssh -tt -o SetEnv=MOSHGATE=ssh "$gw" \
		'echo ${SSH_CONNECTION% * *}' </dev/null 2>/dev/null |
		tr -d '\r' | tail -n 1 | sed 's/.* //')" "$kept"
wait_for one_kept
is 'what a command says, and how it ends, is as ever' \
	"$(here 'echo out; echo err >&2; exit 3' 2>&1 | sort | xargs
	echo "${PIPESTATUS[0]}")" "err out
3"
wait_for one_kept
is 'nothing of what ran on it before is left' \
	"$(here 'ps -o args= --ppid $(ps -o ppid= -p $$)' | grep -c read)" 0
wait_for one_kept
head -c 3000000 /dev/urandom >"$TMUX_TMPDIR/big"
is 'its input is whole' \
	"$(ssh "$gw" md5sum <"$TMUX_TMPDIR/big")" \
	"$(md5sum <"$TMUX_TMPDIR/big")"
wait_for one_kept
is 'and its output' \
	"$(ssh "$gw" cat <"$TMUX_TMPDIR/big" | md5sum)" \
	"$(md5sum <"$TMUX_TMPDIR/big")"
wait_for one_kept

# Two at once: none waits for the other's end.
new_connections 'from now on'
(here 'echo one; until [ -e /tmp/two ]; do sleep 0.1; done' \
	>"$TMUX_TMPDIR/one") &
is 'of two commands at once the second ends first' \
	"$(here 'touch /tmp/two; echo two')" two
wait
is '... and then the first' "$(cat "$TMUX_TMPDIR/one")" one
wait_for one_kept
for i in 1 2 3 4 5 6; do
	here "echo $i" >"$TMUX_TMPDIR/many$i" &
done
wait
is 'six at once all run' "$(cat "$TMUX_TMPDIR"/many? | xargs)" '1 2 3 4 5 6'
ok '... and one connection is kept' wait_for one_kept

# What is kept may be dead already.
$BED on remote pkill -KILL -f '^sshd: alice'
is 'after the remote has closed it a command runs' "$(here echo on)" on
ok '... and one is kept' wait_for one_kept
$BED on remote pkill -STOP -f '^sshd: alice'
is 'when the remote is silent on it a command runs over another' \
	"$(here 'echo once >>/tmp/times; echo ran')" ran
$BED on remote pkill -CONT -f '^sshd: alice'
ok '... and one is kept' wait_for one_kept
is '... also when it speaks again, it has run once' \
	"$($BED on remote cat /tmp/times)" once

# It is at work for as long as it takes: a login's mosh-server hangs.
$BED on remote sh -c 'cat >/usr/local/bin/mosh-server &&
	chmod 755 /usr/local/bin/mosh-server' <<-'END'
	#!/bin/sh
	until [ -e /tmp/go-on ]; do sleep 0.1; done
	exec /usr/bin/mosh-server "$@"
END
terminal a 80 24 ssh "$gw"
ok 'a login waits for its mosh-server' see a '^moshgate: connecting'
is '... a command does not' "$(here echo past)" past
$BED on remote touch /tmp/go-on
ok '... and the login goes on' see a "alice@remote:~"
ok '... and one connection is kept' wait_for one_kept

# A connection that a command has is none of the helper's any more.
mkfifo "$TMUX_TMPDIR/in"
ssh "$gw" 'echo up; cat' <"$TMUX_TMPDIR/in" >"$TMUX_TMPDIR/out" &
exec 9>"$TMUX_TMPDIR/in"
ok 'a command runs' wait_for grep -q up "$TMUX_TMPDIR/out"
wait_for is_kept 9>&-
$BED wan rtt 200
rm "$TMUX_TMPDIR"/many?
for i in 1 2 3 4 5 6 7 8; do
	here "echo $i" >"$TMUX_TMPDIR/many$i" 2>&1 9>&- &
done
# with none kept for now
many_wait() {
	[ "$(cat "$TMUX_TMPDIR"/many? | wc -l)" -ge 3 ] &&
		[ "$(shown '(queued|connecting)')" -gt 0 ]
}
ok '... and more are on their way' wait_for many_wait 9>&-
$BED helper restart 9>&-
$BED wan rtt 20
echo behind >&9
exec 9>&-
wait
is '... and it goes on when the helper is restarted' \
	"$(xargs <"$TMUX_TMPDIR/out")" 'up behind'

# Where the remote allows one session for each connection.
$BED on remote sh -c 'echo MaxSessions 1 >/etc/ssh/sshd_config.d/one.conf'
new_sshd remote
$BED helper restart
for i in 1 2; do
	is "one session for each connection: a command runs ($i)" \
		"$(here echo "$i")" "$i"
	ok '... and one is kept' wait_for one_kept
done
is '... which the log says once' \
	"$(log_count gateway 'event=kept-failed user=alice reason=no-shell')" 1
new_connections 'from now on'
is '... and the next one' "$(here echo 3)" 3
ok '... costs no more than its own' new_connections 1
ok '... and mosh goes as well' let_in "$gw"

# Who has no shell there has no use for one that is kept.
$BED on remote sh -c 'echo "ForceCommand internal-sftp" \
	>/etc/ssh/sshd_config.d/one.conf'
new_sshd remote
ssh-keygen -yf "$BED_DIR/client_key" |
	$BED on gateway sh -c 'cat >/etc/moshgate/clients'
settings '[clients]' 'keys = file' 'authorized_keys = /etc/moshgate/clients'
$BED helper restart
in_vain() {
	log_count gateway 'event=replace-failed user=alice reason=no-shell'
}
in_vain_once() {
	[ "$(in_vain)" = 1 ]
}
copied() {
	echo "put $TMUX_TMPDIR/big there$1" | sftp -qb - "$gw" >/dev/null 2>&1
	echo $?
}
is 'who has sftp alone on the remote copies a file' "$(copied 1)" 0
wait_for in_vain_once
is '... and more, and one time is tried to keep a connection' \
	"$(copied 2) $(copied 3) $(copied 4) $(in_vain)" '0 0 0 1'

# Nothing is kept.
$BED on remote rm /etc/ssh/sshd_config.d/one.conf
new_sshd remote
settings '[session]' 'share_idle = 0'
$BED helper restart
is 'with share_idle = 0 a command runs' "$(here echo run)" run
none_kept() {
	! $BED on gateway moshgate status | grep -q '^connection '
}
ok '... and nothing is kept' wait_for none_kept
