#!/bin/sh
# A user whom the remote no longer lets in is refused no later than when the
# kept connection is as old as it may get.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 6
known alice bob carol

settings '[session]' 'share_max_age = 10'
$BED helper restart
terminal c
ok 'carol is logged in' login c carol
ok 'bob logs in' let_in bob@gateway
$BED on remote sed -i '/ gateway$/d' /home/carol/.ssh/authorized_keys
ok "with the gateway's key removed she is refused from the next one on" \
	wait_for kept_out carol@gateway
ok '... which is when the log says why' see_log gateway \
	'event=login-failed user=carol asked=keys .*reason=refused'
type_in c 'echo still "there"' Enter
ok '... and her session goes on' see c '^still there'
ok '... as do the logins of others' let_in bob@gateway
