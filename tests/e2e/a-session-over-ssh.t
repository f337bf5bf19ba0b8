#!/bin/bash
# Who asks for it with MOSHGATE=ssh has a session over SSH, at a terminal like
# that of any ssh.
# shellcheck disable=SC2016,SC2086 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 47

# over_ssh NAME [WORD...]: in that terminal, up to the prompt on the remote.
over_ssh() {
	over_ssh_name=$1
	shift
	type_in "$over_ssh_name" \
		"ssh -o SetEnv=MOSHGATE=ssh ${*:-alice@gateway}" Enter
	see "$over_ssh_name" "@remote"
}

# modes_are SETTING...: those of bob's terminal on the remote, in stty's words.
modes_are() {
	local wanted modes
	modes=" $($BED on remote stty -a -F "$tty" | tr ';\n' '  ') "
	for wanted; do
		[[ $modes == *" $wanted "* ]] || return
	done
}

remote_size_is() {
	[ "$($BED on remote stty -F "$tty" size)" = "$1" ]
}

terminal a 90 30
ok 'MOSHGATE=ssh: a shell on the remote' over_ssh a
shown=$(screen a)
like 'after one line that says why it is not mosh' "$shown" \
	'^moshgate: MOSHGATE=ssh asks for it\. This session is over SSH\.$'
ok 'and no mosh-client runs' not running gateway '^mosh-client'
# but for what tries UDP
ok '... nor mosh-server' wait_for not running remote '^mosh-server'
ok 'the log says so' see_log gateway \
	'event=relay user=alice remote=remote terminal=yes client='
like 'moshgate status lists it' "$($BED on gateway moshgate status)" \
	'^session +alice +ssh +0:'
type_in a 'clear; tty; stty size; echo "<$TERM> <$LANG>"' Enter
ok 'it has a terminal' see a '^/dev/pts/'
ok '... of the same size' see a '^30 90$'
ok '... and name, and the language is the client'"'"'s' \
	see a "^<$(tm display-message -p -t a '#{?#{==:#{default-terminal},},screen,#{default-terminal}}')> <${LANG:-}>\$"
type_in a 'tty >at' Enter
wait_for $BED on remote grep -q . /home/alice/at
tty=$($BED on remote cat /home/alice/at)
tm resize-window -t a -x 100 -y 40
ok 'it learns the new size of the window' wait_for remote_size_is '40 100'
type_in a 'clear; stty size' Enter
ok '... and so do programs' see a '^40 100$'
type_in a 'echo "Grüße, 漢字"; read -r x; echo "<$x>"' Enter
see a '^Grüße, 漢字$'
type_in a 'wörter und mehr' BSpace BSpace 'x' Enter
ok 'letters of any script are typed and shown' see a '^<wörter und mex*>'
type_in a 'sleep 1000' Enter
wait_for running remote '^sleep 1000'
type_in a C-c
type_in a 'echo "it ended with $?"' Enter
ok 'Ctrl-C reaches the remote' see a '^it ended with 130'
type_in a 'clear; busybox vi letter' Enter
see a '^- letter'
type_in a 'i'
see a '^I letter'
type_in a 'Dear remote' Escape
see a '^- letter'
type_in a ':wq' Enter
ok 'full-screen programs run' \
	wait_for $BED on remote grep -qx 'Dear remote' /home/alice/letter
type_in a 'clear; for i in $(seq 500); do echo "line $i"; done; exit 7' Enter
ok 'all that was written is shown in the end' see a '^line 500'
ok 'the client says that the connection is closed' \
	see a '^Connection to gateway closed'
type_in a 'echo "status $?"; stty -a | grep -o ".icanon"' Enter
ok '... with the status of the shell' see a '^status 7'
ok '... and the client has its terminal back' see a '^ icanon'
ok 'the log has the end' see_log gateway 'event=relay-end user=alice status=7'

fresh a
type_in a 'stty erase ^H intr ^K -ixon -echoe' Enter
ok 'odd modes' over_ssh a bob@gateway
type_in a 'tty >at; sleep 1002' Enter
wait_for running remote '^sleep 1002'
tty=$($BED on remote cat /home/bob/at)
ok 'come along to the remote' wait_for modes_are \
	'erase = ^H' 'intr = ^K' -ixon -echoe icanon echo
type_in a C-k 'exit' Enter
see a '^Connection to gateway closed'

fresh a
type_in a "ssh -t -o SetEnv=MOSHGATE=ssh alice@gateway \
'tty; echo \"<\$0> \$TERM\" it\\'\\''s; kill -TERM \$\$'; echo \"status \$?\"" Enter
ok 'ssh -t CMD has a terminal as well' see a '^/dev/pts/'
ok '... and its words arrive as they are' see a "it's\$"
ok '... and that a signal ended it is told' see a '^status 255'
fresh a
type_in a "ssh -tt -o SetEnv=MOSHGATE=ssh alice@gateway 'yes | head -200000'" \
	Enter
ok 'much output comes to its end' see a '^Connection to gateway closed'
fresh a

printf 'typed early\n\004' | timeout "$PATIENCE_S" ssh -tt \
	-o SetEnv=MOSHGATE=ssh alice@gateway cat >"$TMUX_TMPDIR/early" 2>&1
is 'what is typed while it connects reaches the remote, Ctrl-D, too' \
	"$? $(tail -n 2 "$TMUX_TMPDIR/early" | head -n 1 | tr -d '\r')" \
	'0 typed early'

ssh -tt -o SetEnv=MOSHGATE=ssh alice@gateway \
	'seq 220000; exec -a done-writing sleep 1' </dev/null 2>/dev/null |
	{ wait_for running remote '^done-writing'
		wait_for not running remote '^done-writing'
		cat; } >"$TMUX_TMPDIR/slowly"
is 'who reads slowly gets all of it' \
	"$(tr -d '\r' <"$TMUX_TMPDIR/slowly" | tail -n 1)" 220000

# Whoever goes takes the session along.
over_ssh a
type_in a 'sleep 1001' Enter
wait_for running remote '^sleep 1001'
ok 'the client is killed' pkill -KILL -f '^ssh -o SetEnv=MOSHGATE=ssh alice'
ok '... and its session on the remote ends' \
	wait_for not running remote '^sleep 1001'
ok '... and all on the gateway' \
	wait_for not running gateway 'moshgate-session'
fresh a
over_ssh a
type_in a 'kill -KILL $PPID' Enter
ok 'the remote goes: a sentence' see a \
	'^moshgate: The connection between the gateway and the remote server broke'
see a '^Connection to gateway closed'
type_in a 'echo "status $?"; stty -a | grep -o ".icanon"' Enter
ok '... and status 255' see a '^status 255'
ok '... and the terminal is as before' see a '^ icanon'

# A helper that is restarted leaves it alone.
fresh a
over_ssh a
type_in a 'tty >there' Enter
wait_for $BED on remote grep -q . /home/alice/there
tty=$($BED on remote cat /home/alice/there)
$BED helper restart
type_in a 'clear; echo "still $(id -un)"' Enter
ok 'the helper is restarted: the session goes on' see a '^still alice'
tm resize-window -t a -x 95 -y 35
ok '... and still learns the size' wait_for remote_size_is '35 95'
type_in a 'exit 9' Enter
see a '^Connection to gateway closed'
type_in a 'echo "status $?"' Enter
ok '... and ends with its status' see a '^status 9'

# Other values of MOSHGATE are nobody's.
fresh a
type_in a 'ssh -o SetEnv="MOSHGATE=ssh;id" alice@gateway' Enter
ok 'another value of MOSHGATE is not read' see a 'alice@remote'
ok '... and mosh is there' running gateway '^mosh-client'
type_in a exit Enter
see a '^Connection to gateway closed'
fresh a
type_in a 'TERM=dumb ssh alice@gateway' Enter
ok 'TERM=dumb: a shell over SSH' see a 'alice@remote'
like '... after a line that says why' "$(screen a)" \
	'^moshgate: mosh cannot use a dumb terminal \(TERM=dumb\)\. This session'
type_in a 'echo "<$TERM>"' Enter
ok '... which is as dumb' see a '^<dumb>$'
type_in a exit Enter
see a '^Connection to gateway closed'

# The remote has a say in it, too.
$BED on remote sed -i '/gateway/s/^/no-pty /' /home/carol/.ssh/authorized_keys
type_in a 'clear; ssh -o SetEnv=MOSHGATE=ssh carol@gateway' Enter
ok 'a key that forbids terminals on the remote: a sentence' see a \
	'^moshgate: The remote server gives this user no terminal\.'
type_in a 'tty; echo "this goes to $0" >&2' Enter
ok '... and a shell without one, as with ssh' see a '^not a tty'
ok '... which shows errors, too' see a '^this goes to '
type_in a C-d
ok '... and ends with its input' see a '^Connection to gateway closed'
ok 'the log says so' see_log gateway \
	'event=relay user=carol remote=remote terminal=refused'

# More than fits on the way, to both outputs, and a reader that is slow.
ssh -tt -o SetEnv=MOSHGATE=ssh carol@gateway "perl -e 'for (1 .. 150000) {
	syswrite(STDOUT, \"o\" . \"x\" x 40 . \"\\n\");
	syswrite(STDERR, \"e\" . \"y\" x 40 . \"\\n\") }'" </dev/null 2>/dev/null |
	{ sleep 3; cat; } >"$TMUX_TMPDIR/both"
is 'without a terminal nothing of the errors is lost' \
	"$(tr -cd x <"$TMUX_TMPDIR/both" | wc -c) \
$(tr -cd y <"$TMUX_TMPDIR/both" | wc -c)" '6000000 6000000'
