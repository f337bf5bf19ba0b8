#!/bin/sh
# The helper and its workers run clean under valgrind: through logins, failed
# ones, a reload, and their end.  What valgrind has to say the bed prints, and
# fails for.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/e2e/lib.sh"
if [ -z "${BED-}" ]; then
	VALGRIND=1 exec "$(dirname "$0")/bed" -- "$0"
fi
in_bed "$@"
plan 16

# valgrind is slow, and so may the test be.
export PATIENCE_S=120
moshgate() {
	$BED on gateway moshgate "$@"
}
peer=$(cat "$(dirname "$0")/e2e/socket.pl")
nobody_does() {
	as nobody perl -e "$peer" "$@" 2>&1
}

ok 'the helper runs under valgrind' running gateway '^/[^ ]*valgrind'
terminal a
ok 'alice is logged in' login a alice
ok '... and by the kept connection once more' let_in alice@gateway
ok 'root checks' moshgate check alice
ok '... and sees the status' moshgate status

# Failed logins.
$BED on remote rm /home/bob/.ssh/authorized_keys
ok 'bob, whom the remote refuses, is kept out' stranger bob
$BED on remote sh -c 'printf "#!/bin/sh\nexit 3\n" >/usr/local/bin/mosh-server
	chmod 755 /usr/local/bin/mosh-server'
terminal c
type_in c "ssh carol@gateway; echo the status was \$?" Enter
ok 'carol, for whom no mosh-server starts, has a session over SSH' \
	see c 'carol@remote'
type_in c 'exit 4' Enter
ok '... which ends' see c '^the status was 4$'
$BED on remote rm /usr/local/bin/mosh-server
is 'a stranger is refused' "$(nobody_does ask session)" \
	'refused not-in-group'
is '... cut off with what is no request' \
	"$(nobody_does send 676172626167652121)" closed
is '... and with descriptors' "$(nobody_does pass start 3)" CLOSED

# Reloads, of which one fails.
settings nonsense
signal_helper HUP
ok 'settings with an error in them: the old ones stay' \
	see_log gateway 'event=reload-failed'
settings '[mosh]' 'predict = never'
signal_helper HUP
ok 'others are read' see_log gateway 'event=reload '
ok '... and carol is let in' let_in carol@gateway
$BED on gateway pkill -KILL -f moshgate-worker || true
ok 'when the workers have died, she is let in again' let_in carol@gateway
$BED helper restart
ok 'started anew it lets alice in' let_in alice@gateway
