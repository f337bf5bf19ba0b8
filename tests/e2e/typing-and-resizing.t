#!/bin/sh
# On a slow and lossy link a person types, in any script, interrupts commands,
# uses full-screen programs and changes the size of the window.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed --rtt 100 --loss 0.05
plan 12

remote_size_is() {
	[ "$($BED on remote stty -F "$tty" size)" = "$1" ]
}

title_is() {
	[ "$(tm display-message -p -t a '#{pane_title}')" = "$1" ]
}

# The file that alice has on the remote is the line given.
alice_has() {
	[ "$($BED on remote cat "/home/alice/$1")" = "$2" ]
}

terminal a
ok 'login' login a alice

type_in a 'echo "Grüße, привет, 漢字, ☃" | tee words' Enter
ok 'letters of any script are typed and shown' \
	see a '^Grüße, привет, 漢字, ☃$'
ok 'they arrive as they were typed' \
	wait_for alice_has words 'Grüße, привет, 漢字, ☃'

type_in a 'echo abX' BSpace 'c漢' BSpace 'dé' BSpace 'e' Enter
ok 'backspace takes one character away, of any width' see a '^abcde$'

type_in a 'sleep 1000' Enter
ok 'a command runs' wait_for running remote '^sleep 1000'
type_in a C-c
ok 'Ctrl-C ends it' wait_for not running remote '^sleep 1000'
type_in a 'echo it ended with $?' Enter
ok 'and the shell goes on' see a '^it ended with 130$'

type_in a 'busybox vi letter' Enter
ok 'a full-screen program has the whole screen' see a '^- letter'
type_in a 'i'
see a '^I letter'
type_in a 'Dear remote' Escape
see a '^- letter'
type_in a ':wq' Enter
ok 'and takes what is typed' wait_for alice_has letter 'Dear remote'

type_in a 'printf "\033]0;of the window\007"; read line' Enter
ok 'the window gets its title from the remote' \
	wait_for title_is '[mosh] of the window'
type_in a Enter

type_in a 'tty >at' Enter
wait_for $BED on remote grep -q . /home/alice/at
tty=$($BED on remote cat /home/alice/at)
type_in a clear Enter \
	"sh -c 'trap \"stty size\" WINCH; while echo ready; do read l; done'" \
	Enter
see a '^ready$'
tm resize-window -t a -x 100 -y 30
ok 'the remote learns the new size of the window' \
	wait_for remote_size_is '30 100'
type_in a Enter
ok 'and programs that run there are told' see a '^30 100$'
