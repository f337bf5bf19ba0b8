#!/bin/sh
# A command with a blank before its ";": inih would cut it there, and "cd /srv"
# would be run without the restricted shell behind it. So the file is refused.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 9

ini=/etc/moshgate/moshgate.ini

settings '[session]' 'command = cd /srv; pwd; exec sh'
signal_helper HUP
ok 'a command may have a ";"' see_log gateway 'event=reload '
terminal a
type_in a 'ssh alice@gateway' Enter
ok '... and all of it is run' see a '^/srv$'

settings '[session]' 'command = cd /srv ; exec rbash'
said=$($BED on gateway /usr/libexec/moshgate/moshgate-helper -t 2>&1)
is 'with a blank before it the file is refused' $? 1
is '... in one line' "$(echo "$said" | wc -l)" 1
like '... that names the place' "$said" "^moshgate-helper: $ini:4: command: "
like '... and says what to do' "$said" 'take the blank away'

signal_helper HUP
ok 'a running helper says so in its log' see_log gateway \
	"event=reload-failed detail=.*$ini:4: command: a blank and"
like '... and goes on' "$($BED log gateway | grep reload-failed)" \
	'until then the old configuration holds'
terminal b
type_in b 'ssh alice@gateway' Enter
ok '... with the settings it had' see b '^/srv$'
