#!/bin/bash
# What command in [session] says runs in place of the login shell: with tmux a
# session outlives the client's connection.
# shellcheck disable=SC2016 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 10

settings '[session]' 'command = tmux -L moshgate new-session -A -s main'
$BED helper restart
terminal a
type_in a 'ssh alice@gateway' Enter
ok 'a login finds itself in tmux' see a '^\[main\] 0:'
type_in a 'kept=ke""pt; clear; echo I am $kept' Enter
ok '... where its shell is' see a '^I am kept'
ok 'the client goes' pkill -f '^ssh alice@gateway'
ok '... and mosh-server' wait_for not running remote '^mosh-server'
fresh a
type_in a 'ssh alice@gateway' Enter
ok 'the next login finds the session as it was' see a '^I am kept'
type_in a 'echo still $kept' Enter
ok '... and its shell' see a '^still kept'
is 'a command of the client'"'"'s runs instead' \
	"$(ssh alice@gateway 'echo mine' </dev/null)" mine
terminal b
type_in b "ssh -t alice@gateway 'echo mine, too; read x'" Enter
ok '... with a terminal as well' see b '^mine, too'

settings '[session]' "command = echo \"quoted  words\" \$HOME 'it''s'; read x"
$BED helper restart
terminal c
type_in c 'ssh alice@gateway' Enter
ok 'it is whatever a shell understands' see c '^quoted  words /home/alice its$'
type_in c '' Enter
ok '... and with it the session ends' see c '^client\$ *$'
