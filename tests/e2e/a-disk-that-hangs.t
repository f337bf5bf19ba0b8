#!/bin/sh
# While the disk of the user map hangs, or the process that has the map, those who
# are known log in; somebody new is told before long that it can't be written, and
# gets in when it can.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 30

people ann ben cid dee
known alice bob
keep_map
next=65538

# hangs CALL: this system call of the process that has the map takes a minute; so
# long, too, there is no end to the process, whoever kills it.
traced() {
	on sh -c 'grep "^TracerPid:.*[1-9]" \
		"/proc/$(pgrep -x moshgate-users)/status"'
}
hangs() {
	on sh -c 'echo $$ >/run/strace.pid && exec strace -o /run/trace -e "trace=$1" \
		-e "inject=$1:delay_enter=60000000" -p "$(pgrep -x moshgate-users)"' \
		- "$1" 2>"$TMUX_TMPDIR/strace" &
	wait_for traced || note <"$TMUX_TMPDIR/strace"
}
# There is never more than one, or a uid might be given twice.
one_at_most() {
	[ "$(on pgrep -c -x moshgate-users)" -le 1 ]
}

# others WHAT: while WHAT hangs, who is known gets in.
others() {
	ok "$1: alice gets in" let_in alice@gateway
	ok '... bob does' let_in bob@gateway
	ok '... an account of the gateway logs in, and asks nobody' local_in
	ok '... root is told how things are' on moshgate status
}
# late NAME WHAT: the same, and NAME is kept out.
late() {
	(stranger "$1" >/dev/null; : >"$TMUX_TMPDIR/late.$1") &
	others "$2"
	ok '... somebody new is kept out' wait_for test -e \
		"$TMUX_TMPDIR/late.$1"
	ok '... the log says why' see_log gateway \
		"event=[a-z-]* .*user=$1 .*reason=users-failed detail=\"its disk has not answered in time\""
	ok '... and what to do' see_log gateway \
		'event=note about=user-map detail="its disk has not answered in time" remedy="see whether its disk answers'
	ok '... there is one such process at most' one_at_most
	on sh -c 'kill -KILL "$(cat /run/strace.pid)"'
}
# written NAME: they get in, once they can be written.
written() {
	ok '... when it answers again they are let in' wait_for let_in \
		"$1@gateway"
	ok '... and have a line in the map, once' in_map_dir \
		"[ \$(grep -c '^$1:' users) = 1 ]"
	ok '... and a uid of their own' in_map_dir \
		"! grep '^[^#]' users | cut -d : -f 2 | sort | uniq -d | grep ."
}

hangs fsync
late ann 'a disk that does not keep it'
written ann
hangs '/^rename'
late ben 'a disk that does not name it'
written ben
on pkill -STOP -x moshgate-users
others 'a process that is stopped'
written cid
is 'all of them are known, and those who were before' \
	"$(on getent passwd alice bob ann ben cid | cut -d : -f 1 | xargs)" \
	'alice bob ann ben cid'
