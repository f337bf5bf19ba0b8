#!/bin/sh
# With verify_host_key = no any remote will do, but nobody can overlook it.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 14

warning="moshgate: WARNING: the remote server's host key is not checked \
\(verify_host_key = no\)\\."

terminal a 100
ok 'with the host key checked alice logs in' login a alice
type_in a 'exit' Enter
see a '^client\$ *$'
unlike '... without a warning' "$(screen a)" WARNING
like '... and without a line in the log' \
	"$(log_count gateway host-key-unchecked)" '^0$'

settings 'verify_host_key = no'
known_hosts 'remote ssh-ed25519 AAAA'
fresh a
type_in a 'clear; ssh alice@gateway' Enter
ok 'with verify_host_key = no she sees a warning' see a "^$warning"
seen=$(date +%s%N)
ok '... gets to the prompt' see a alice@remote
is '... which waits until she has read it' \
	"$((($(date +%s%N) - seen) / 1000000 >= 1000))" 1
unlike '... and hides it for the time' "$(screen a)" WARNING
is 'the log has a line for the connection and one for the session' \
	"$(log_count gateway 'event=note user=alice about=host-key-unchecked')" 2
like '... with what to do' "$($BED log gateway | grep host-key-unchecked)" \
	'detail="a session begins .*remedy="put the remote.s host key'
terminal b 100
type_in b 'clear; ssh alice@gateway' Enter
ok 'at the next login she sees it again' see b "^$warning"
see b alice@remote
is '... and the log has one line more, for the same connection serves' \
	"$(log_count gateway 'event=note user=alice about=host-key-unchecked')" 3
type_in a 'exit' Enter
see a '^client\$ *$'
like 'after the session the warning is still there' "$(screen a)" "^$warning"
check=$($BED on gateway moshgate check alice)
is '`moshgate check'"'"' is content' $? 0
like '... but says it' "$check" '^ok +host key +not checked: verify_host_key is no'
