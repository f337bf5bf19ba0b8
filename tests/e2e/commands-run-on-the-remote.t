#!/bin/bash
# A command runs on the remote as by a direct ssh: its input, output and errors
# are carried apart and unchanged, and so is how it ends.
# shellcheck disable=SC2016,SC2029 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 44

tmp=$TMUX_TMPDIR
# gw, direct ARG...: through the gateway's moshgate, and as it is without.
gw() {
	ssh -o LogLevel=ERROR alice@gateway "$@"
}
direct() {
	ssh -o LogLevel=ERROR alice@remote "$@"
}
# same NAME ARG...: the same output, errors and status by both, with the file
# $tmp/input for standard input.
: >"$tmp/input"
same() {
	local name=$1 way

	shift
	for way in gw direct; do
		"$way" "$@" <"$tmp/input" >"$tmp/$way.out" 2>"$tmp/$way.err"
		echo "status $?" >>"$tmp/$way.err"
	done
	ok "$name: the same output" cmp "$tmp/gw.out" "$tmp/direct.out"
	is "$name: the same errors and status" \
		"$(cat "$tmp/gw.err")" "$(cat "$tmp/direct.err")"
}

is 'a command runs on the remote' "$(gw 'echo "$(id -un)@$(hostname)"' \
	</dev/null)" alice@remote
for status in 0 1 127 255; do
	gw "exit $status" </dev/null
	is "its status is the session's: $status" $? "$status"
done
same 'one that is not there' nonsuch
same 'one that a signal ends' 'kill -TERM $$'
same 'quotes, newlines and unicode' \
	"$(printf 'printf "%%s|" "a  b" \047c\\d\047 "\303\244"\necho \\$HOME *')"
same 'words of their own' echo '"a' 'b"' '$HOME'
same 'output and errors' 'echo out; echo err >&2; exit 3'
same 'output that is closed long before the end' \
	'exec >&-; echo one >&2; sleep 0.3; echo two >&2; exit 9'
same 'errors that are closed' 'exec 2>&-; echo out; exit 9'
same 'much output' 'head -c 3000000 /dev/zero; echo end >&2'
head -c 3000000 /dev/urandom >"$tmp/input"
same 'much input, and what it becomes' 'md5sum; echo "$?"'
same 'input that nobody reads' true
same 'input that is sent back' cat
: >"$tmp/input"

gw yes </dev/null 2>/dev/null | head -n 1 >"$tmp/yes"
is 'the reader goes' "$(cat "$tmp/yes")" y
ok '... and so does the command' wait_for not running remote '^yes$'
# Some of them hear of it before they are gone.
for i in 1 2 3 4 5 6 7 8 9 10; do
	sleep 1 | gw yes 2>>"$tmp/yes.err" | head -n 1 >"$tmp/yes"
done
is '... about which nothing is said' "$(cat "$tmp/yes.err")" ''
is 'the end of the input comes while output is yet to come' \
	"$(echo in | gw 'cat; sleep 0.3; echo later')" "$(printf 'in\nlater')"

# Of the locale one variable goes along, which says most.
is 'a command has the language of the client' \
	"$(LC_ALL='' LANG=de_DE.UTF-8 gw 'echo "$LANG"' </dev/null)" de_DE.UTF-8
is '... and of what it sets that which wins' \
	"$(LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 gw 'echo "$LC_ALL <$LANG>"' \
		</dev/null)" 'C.UTF-8 <>'

# Without a command.
is 'without a command and a terminal there is a shell' \
	"$(echo 'id -un; tty' | gw -T 2>/dev/null | tail -n 2)" \
	"$(printf 'alice\nnot a tty')"
echo 'exit 6' | gw -T >/dev/null 2>&1
is '... whose status is the session'"'"'s' $? 6

# What is under way when the client goes.
mkfifo "$tmp/fifo"
ssh alice@gateway 'echo up; exec cat -u' <"$tmp/fifo" >"$tmp/out" 2>&1 &
client=$!
exec 9>"$tmp/fifo"
wait_for grep up "$tmp/out"
ok 'a command waits' running remote '^cat -u'
kill -KILL "$client"
ok 'the client is killed: the command is gone' \
	wait_for not running remote '^cat -u'
ok '... and the gateway has no process for it' \
	wait_for not running gateway 'moshgate-session'
exec 9>&-

for i in $(seq 15); do
	gw "until [ -e /tmp/go ]; do sleep 0.1; done; echo $i" </dev/null \
		>>"$tmp/fifteen" 2>&1 &
	# sshd takes so many who have not logged in yet: MaxStartups
	sleep 0.1
done
all_run() {
	[ "$($BED on remote pgrep -fc 'bash -c until')" -ge 15 ]
}
ok 'fifteen at once run' wait_for all_run
$BED on remote touch /tmp/go
wait
is '... and all end' "$(sort -n "$tmp/fifteen" | xargs)" "$(seq 15 | xargs)"
ok 'the log says what ran, and how it ended' \
	see_log gateway 'event=relay-end user=alice status=127 '
# but for what tries UDP
ok 'no mosh-server was needed' wait_for not running remote mosh-server

hundred=
for i in $(seq 100); do
	hundred="$hundred $(gw "echo $i" </dev/null 2>&1)"
done
is 'a hundred in a row are all right' "$hundred" " $(seq 100 | xargs)"

# Replies to what is asked at once: no, then yes.
$BED on remote sed -i '/AcceptEnv/d' /etc/ssh/sshd_config
new_sshd remote
# A connection that was being renewed may have been refused by the end of sshd.
reload
wait_for gw true </dev/null
is 'a remote that wants no language runs it all the same' \
	"$(LANG=de_DE.UTF-8 gw 'test "$LANG" = de_DE.UTF-8 || exit 3' \
		</dev/null; echo $?)" 3
