#!/bin/sh
# Whatever the client's locale is, or says, the session speaks UTF-8; a remote
# that cannot is named as the reason.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 19

# log_in NAME USER [VARIABLE=VALUE...]: in a new terminal, with these alone of
# the variables for locales.
log_in() {
	log_in_name=$1
	log_in_user=$2
	shift 2
	terminal "$log_in_name" 80 24 env -i PATH="$PATH" HOME="$HOME" \
		TERM=screen "$@" ssh "$log_in_user@gateway"
}

# speaks_utf8 NAME: the session there came to a prompt, takes a letter of two
# bytes as one and shows a sign of three.
speaks_utf8() {
	see "$1" '@remote' || return
	type_in "$1" 'echo é | tr -d "\n" | wc -m; printf "\342\202\254\n"' \
		Enter
	see "$1" '^1$' && see "$1" '^€$'
}

log_in unset alice
log_in c alice LANG=C
log_in latin alice LANG=de_DE.ISO-8859-1
log_in german alice LANG=de_DE.UTF-8
log_in all alice LANG=C.UTF-8 LC_ALL=POSIX
log_in known alice LANG=C.UTF-8
ok 'a client without a locale' speaks_utf8 unset
ok 'one with LANG=C' speaks_utf8 c
ok 'one with LANG=de_DE.ISO-8859-1' speaks_utf8 latin
ok 'one with a LANG that neither gateway nor remote has' speaks_utf8 german
ok 'one with LC_ALL=POSIX' speaks_utf8 all
ok 'one with a locale that both have' speaks_utf8 known
type_in known 'echo "LANG is [$LANG], LC_ALL is [$LC_ALL]"' Enter
ok 'which reaches the shell on the remote' \
	see known '^LANG is \[C.UTF-8\], LC_ALL is \[\]$'
for name in unset c latin german all known; do
	tm kill-session -t "$name"
done
wait_for not running remote '^mosh-server'

# Each of them would leave a file if a shell read it.
log_in commands alice LANG='$(touch /tmp/owned)' \
	LC_ALL='C.UTF-8;touch /tmp/owned' LC_CTYPE='`touch /tmp/owned`' \
	LC_TIME="x';touch /tmp/owned;'" LC_NUMERIC='x";touch /tmp/owned;"' \
	LC_MESSAGES='C
touch /tmp/owned
' LC_COLLATE='C || touch /tmp/owned' LC_NAME='C&touch /tmp/owned&'
log_in odd alice LANG=-x LC_ALL="$(printf '%1000s' '' | tr ' ' x)" \
	LC_TIME='-l LC_ALL=C -p 7' LC_NAME='*' LC_PAPER='C.UTF-8
new -p 7' 'LC_$(touch /tmp/owned)=x'
ok 'one with commands in its locale' speaks_utf8 commands
ok 'one with a locale of 1000 letters and others that look like options' \
	speaks_utf8 odd
servers=$($BED on remote pgrep -a mosh-server)
is 'each has its mosh-server' "$(echo "$servers" | grep -c '^[0-9]')" 2
unlike 'which knows nothing of these' "$servers" 'touch|xxx|\*|-p 7'
ok 'nobody has run the commands on the gateway' \
	not $BED on gateway test -e /tmp/owned
ok 'nor on the remote' not $BED on remote test -e /tmp/owned

# login_ends NAME USER: log in there, up to the end, with the status shown.
login_ends() {
	fresh "$1"
	type_in "$1" "ssh $2@gateway; echo the status was \$?" Enter
	see "$1" '^the status was'
}

settings '[mosh]' 'fallback = no'
$BED helper restart
terminal a
$BED on remote mount -t tmpfs none /usr/lib/locale
login_ends a bob
shown=$(screen a)
like 'a remote without any UTF-8 locale: a sentence says so' "$shown" \
	'^moshgate: The remote server has no UTF-8 locale, which mosh needs\.$'
unlike 'in words that a person knows' "$shown" 'mosh-server|setlocale|LC_'
like 'ssh has status 1' "$shown" '^the status was 1$'
ok 'and the log has the reason, and what to do' see_log gateway \
	'login-failed user=bob .*reason=no-utf8-locale .*remedy=.*install'
ok 'no mosh-server is left' not $BED on remote pgrep -u bob mosh-server
$BED on remote umount /usr/lib/locale
ok 'when it has one, the next login works' login a bob
