#!/bin/sh
# A window of any size, and what is shown in it, takes no more of the gateway's
# memory than a session may have: who goes beyond that is told so, and nobody
# else notices.
# shellcheck disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 40

MOST_KB=81920 # of a session: 64 MiB of data, and what programs share

# watch: from now on /run/peak on the gateway is the most memory that any process
# of the users has had.
watch() {
	$BED on gateway sh -c 'echo 0 >/run/peak'
	$BED on gateway perl -e '
		my $peak = 0;
		for (;;) {
			for my $file (glob "/proc/[0-9]*/status") {
				open(my $f, "<", $file) or next;
				my $status = join "", <$f>;
				$status =~ /^Uid:\s*6[5-9]\d\d\d\s/m &&
				    $status =~ /^VmHWM:\s*(\d+)/m or next;
				next if $1 <= $peak;
				$peak = $1;
				open(my $to, ">", "/run/peak.new");
				print $to "$peak\n";
				close $to;
				rename "/run/peak.new", "/run/peak";
			}
			select undef, undef, undef, 0.02;
		}' &
}
bounded() {
	peak_kb=$($BED on gateway cat /run/peak)
	echo "$peak_kb kB"
	[ "$peak_kb" -gt 10000 ] && [ "$peak_kb" -le "$MOST_KB" ]
}
# resize NAME COLUMNS ROWS: what a program in that terminal takes for its size.
resize() {
	stty -F "$(tm display-message -p -t "$1" '#{pane_tty}')" \
		cols "$2" rows "$3"
}
# log_in_at NAME USER COLUMNS ROWS [OPTION...]: log in there, from a window like
# that.
log_in_at() {
	at_name=$1
	at_user=$2
	at_size="cols $3 rows $4"
	shift 4
	fresh "$at_name"
	type_in "$at_name" "stty $at_size; ssh $* $at_user@gateway; stty sane" \
		Enter
}
by_mosh() {
	$BED on gateway pgrep -u "$1" -x mosh-client
}
# parent USER: moshgate-session above the user's one mosh-client.
parent() {
	$BED on gateway sh -c 'ps -o ppid= -p "$(pgrep -u "$1" -x mosh-client)"' \
		- "$1" | tr -d ' '
}
# sane NAME: that terminal shows what is typed, and ends lines.
sane() {
	stty -a -F "$(tm display-message -p -t "$1" '#{pane_tty}')" |
		tr -s '; ' '\n' >"$TMUX_TMPDIR/modes"
	grep -qx echo "$TMUX_TMPDIR/modes" &&
		grep -qx icanon "$TMUX_TMPDIR/modes" &&
		grep -qx opost "$TMUX_TMPDIR/modes"
}
too_much='^moshgate: mosh needs more than the 64 MiB of memory that it may have'

terminal a
terminal b
terminal c
watch
ok 'somebody works' login c carol

log_in_at a alice 65535 200
ok 'alice comes from a window of 65535x200: she is told' \
	see a '^moshgate: The window is too large for mosh\.'
ok '... has a session over SSH' see_log gateway \
	'event=relay user=alice .*terminal=yes'
ok '... not by mosh' not by_mosh alice
ok '... as the log says' see_log gateway \
	'event=fallback user=alice .*reason=large-window'
tm respawn-pane -k -t a
log_in_at a alice 65535 65535 -o SetEnv=MOSHGATE=mosh
ok 'mosh or nothing, in 65535x65535: it is nothing' \
	see a '^moshgate: The window is too large for mosh\.$'
log_in_at a alice 1000 300
ok 'a window of 1000x300 has mosh' wait_for by_mosh alice
ok '... and works' eval 'type_in a "touch large" Enter
	wait_for $BED on remote test -e /home/alice/large'
resize a 1000 290
resize a 500 200
# large_is COLUMNS ROWS: the new size may come after what is typed.
large_is() {
	type_in a 'stty size >large' Enter
	$BED on remote grep "$2 $1" /home/alice/large
}
ok '... as do others' wait_for large_is 500 200
tm respawn-pane -k -t a
wait_for not by_mosh alice
log_in_at a alice 1 1
ok 'so does one of 1x1' wait_for by_mosh alice
tm respawn-pane -k -t a
wait_for not by_mosh alice

# It grows while she is at work.
fresh a
ok 'alice works' login a alice
type_in a 'clear' Enter
resize a 65535 200
ok 'her window gets 65535x200: she is told' see a "$too_much"
ok '... that is the end of it' see a '^client\$ *$'
ok '... mosh-client is gone' wait_for not by_mosh alice
ok '... and no part of moshgate waits for it' \
	wait_for not $BED on gateway pgrep -u alice -f moshgate-session
ok '... her terminal is as it was' sane a
ok '... the helper knows' see_log gateway 'event=session-end user=alice'
fresh a
login a alice
for rows in 500 1000 5000 20000 65535; do
	resize a 60000 "$rows"
	sleep 0.2
done
ok 'it grows and grows: she is told' see a "$too_much"
fresh a
ok 'she comes again' login a alice

# What is at the other end sends what there is to keep.
type_in a 'clear; perl -e '\''print "\033]0;", "x" x 2_000_000, "\a"'\''; ' \
	'clear; echo ti""tle' Enter
ok 'a title of 2 MB' see a '^title'
type_in a 'clear; perl -e '\''print "a", "\xcc\x81" x 300_000, "\n"'\''; ' \
	'clear; echo acc""ents' Enter
ok 'a letter with 300,000 accents' see a '^accents'
type_in a 'clear; timeout 3 perl -e '\''for (;;) { print chr(33 + rand 90),
	"\xcc\x81" x 8, "\033[", int rand 24, ";", int rand 80, "H" }'\''; clear' \
	Enter C-l 'echo do''ne' Enter
ok 'three seconds of letters all over the screen' see a '^done'
# Nobody reads what it shows.
type_in a 'clear; sleep 1; timeout 2 yes; echo; echo do""ne again' Enter
see a '^ *$'
tmux=$(tm display-message -p '#{pid}')
kill -STOP "$tmux"
sleep 4
kill -CONT "$tmux"
ok 'a terminal that does not read for a while' see a '^done again'
# Those of the sanitizers have as much again for themselves.
if [ -n "${SAN-}" ]; then
	skip 'in all of it no process of the users has had more than it may' \
		'built with sanitizers'
else
	ok 'in all of it no process of the users has had more than it may' \
		bounded
fi

# What it may have, whatever the window.
limits=$($BED on gateway sh -c \
	'cat "/proc/$(pgrep -u alice -x mosh-client)/limits"')
like 'mosh-client may have 64 MiB of data' "$limits" \
	'^Max data size +67108864 +67108864'
like '... a stack' "$limits" '^Max stack size +8388608 +8388608'
like '... addresses for that, and its libraries' "$limits" \
	'^Max address space +536870912 +536870912'
like '... no core' "$limits" '^Max core file size +0 +0'
like '... no files' "$limits" '^Max file size +0 +0'

# Its parent.
ok 'its parent is moshgate-session' [ "$($BED on gateway ps -o comm= -p \
	"$(parent alice)")" = moshgate-sessio ]
private_kb=$($BED on gateway awk '/^Private/ { kb += $2 } END { print kb }' \
	"/proc/$(parent alice)/smaps_rollup")
if [ -n "${SAN-}" ]; then
	skip '... which has little for itself' 'built with sanitizers'
else
	ok "... which has $private_kb kB for itself, not more than 400" \
		[ "$private_kb" -le 400 ]
fi
is '... sleeps' "$($BED on gateway sed -n 's/^State:.//p' \
	"/proc/$(parent alice)/status")" 'S (sleeping)'
is '... and has not the key' "$($BED on gateway grep -c MOSH_KEY \
	"/proc/$(parent alice)/environ")" 0
# Those that have lost their mosh-client wait for it.
server=$($BED on remote pgrep -u alice -n -x mosh-server)
$BED on gateway kill -TERM "$(parent alice)"
ok 'it is told to end: mosh-client does' wait_for not by_mosh alice
ok '... and says goodbye to mosh-server' \
	wait_for not $BED on remote kill -0 "$server"
see a '^client\$ *$'
fresh a
login a alice
server=$($BED on remote pgrep -u alice -n -x mosh-server)
$BED on gateway kill -KILL "$(parent alice)"
ok 'it is killed: mosh-client ends' wait_for not by_mosh alice
ok '... and says goodbye, too' wait_for not $BED on remote kill -0 "$server"
fresh a
login a alice
$BED on gateway pkill -KILL -u alice -x mosh-client
ok 'mosh-client is killed: she is told' \
	see a '^moshgate: mosh-client has ended unexpectedly\.$'
ok '... and her terminal is as it was' sane a
type_in c 'echo "still here"' Enter
ok 'who worked all the time has noticed nothing' see c '^still here$'
