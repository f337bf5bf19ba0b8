#!/bin/sh
# Terminals that the gateway never heard of, that lie, or that have no size.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 22

# log_in NAME USER VARIABLE=VALUE...: in a new terminal, with the environment.
log_in() {
	log_in_name=$1
	log_in_user=$2
	shift 2
	terminal "$log_in_name" 80 24 env "$@" \
		ssh -o SendEnv=COLORTERM "$log_in_user@gateway"
}

# remote_term NAME VALUE: the session in that terminal came to a prompt, and
# the remote's shell has that TERM.
remote_term() {
	see "$1" 'alice@remote' || return
	type_in "$1" 'echo "TERM is [$TERM]"' Enter
	see "$1" "^TERM is \[$2\]$"
}

# ends_well PID: wait for the end of what runs in the background.
ends_well() {
	wait_for not kill -0 "$1" && wait "$1"
}

owned='$(touch /tmp/owned)'
long=$(printf '%300s' '' | tr ' ' x)

log_in unknown alice TERM=xterm-kitty-nonsense
log_in linux alice TERM=linux
log_in mono alice TERM=vt100
log_in none alice -u TERM
log_in path alice TERM=../../etc/passwd
log_in long alice "TERM=$long"
log_in escape alice "TERM=$(printf 'x\033]0;owned\007\033[2J')"
ok 'a TERM the gateway does not know: 256 colours' \
	remote_term unknown xterm-256color
ok 'a terminal of 8 colours: so many on the remote' remote_term linux xterm
ok 'a terminal without colours' remote_term mono xterm
ok 'no TERM at all' remote_term none xterm-256color
ok 'a TERM that is a path is harmless' remote_term path xterm-256color
ok 'one of 300 characters, too' remote_term long xterm-256color
ok 'one with control characters, too' remote_term escape xterm-256color
unlike 'and they have done nothing to the terminal' \
	"$(tm display-message -p -t escape '#{pane_title}')" owned
log_in command alice "TERM=$owned" "COLORTERM=$owned"
log_in colors alice TERM=xterm-256color COLORTERM=truecolor
for name in unknown linux mono none path long escape; do
	tm kill-session -t "$name"
done
ok 'a TERM with a command is harmless' remote_term command xterm-256color
type_in command 'echo "COLORTERM is [$COLORTERM]"' Enter
ok 'a COLORTERM with one does not come along' \
	see command '^COLORTERM is \[\]$'
ok 'nobody has run it on the gateway' not $BED on gateway test -e /tmp/owned
ok 'nor on the remote' not $BED on remote test -e /tmp/owned
ok 'a terminal of 256 colours keeps them' remote_term colors xterm-256color
type_in colors 'echo "COLORTERM is [$COLORTERM]"' Enter
ok 'COLORTERM=truecolor reaches the shell on the remote' \
	see colors '^COLORTERM is \[truecolor\]$'

# ssh -tt without a terminal of its own has nothing to tell about its size.
mkfifo "$TMUX_TMPDIR/keys"
ssh -tt alice@gateway <"$TMUX_TMPDIR/keys" >"$TMUX_TMPDIR/shown" 2>&1 &
ssh=$!
exec 3<>"$TMUX_TMPDIR/keys"
ok 'a script gets a terminal with ssh -tt, though it has none' \
	wait_for grep -q alice@remote "$TMUX_TMPDIR/shown"
printf 'stty size >size\nexit\n' >&3
ok 'it ends with the shell, and status 0' ends_well "$ssh"
is 'its terminal has 24 lines of 80 columns' \
	"$($BED on remote cat /home/alice/size)" '24 80'
exec 3>&-

# bob's mosh-server starts when it is let.
$BED on remote sh -c '
	cat >/usr/local/bin/mosh-server
	chmod 755 /usr/local/bin/mosh-server' <<'END'
#!/bin/sh
until test -e /tmp/gate-is-open; do sleep 0.1; done
exec /usr/bin/mosh-server "$@"
END
terminal a
fresh a
type_in a 'ssh bob@gateway' Enter
ok 'while it connects a line on the terminal says so' \
	see a '^moshgate: connecting to the remote server \.\.\.'
ok '... and for how long already' \
	see a '^moshgate: connecting to the remote server \.\.\. [0-9]+ s'
$BED on remote touch /tmp/gate-is-open
ok 'then the prompt comes' see a 'bob@remote'
unlike 'in the place of that line' "$(screen a)" 'moshgate:|connecting'
type_in a 'exit' Enter
see a '^client\$ *$'
unlike 'which does not come back in the end' "$(screen a)" \
	'moshgate:|connecting'
