#!/bin/sh
# A local user has files of a file system that does not answer (FUSE), and gives
# them to the helper in every way there is.  Whoever closes one waits for ever,
# and can't be killed; so the helper never has one, and never waits for who has.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 38
known alice bob

peer=$(cat "$(dirname "$0")/fuse.pl" "$(dirname "$0")/socket.pl")
mkfifo "$TMUX_TMPDIR/end"
status() {
	$BED on gateway moshgate status
}
helper_runs() {
	$BED on gateway pgrep -x moshgate-helper
}
# hang N NAME: are there N processes of this name that hang in their end?
hang() {
	[ "$($BED on gateway ps axo args= | grep -Fxc "[$2]")" -eq "$1" ]
}
# attack COMMAND: let it hold what it holds until release.
attack() {
	exec 4<>"$TMUX_TMPDIR/end"
	$BED on gateway unshare -m perl -e "$peer" "$@" 4<&- \
		<"$TMUX_TMPDIR/end" >"$TMUX_TMPDIR/attack" 2>&1 &
	attacker=$!
	wait_for grep -q READY "$TMUX_TMPDIR/attack"
}
release() {
	exec 4>&-
	wait "$attacker"
}
# goes_on NAME: nobody else notices.
goes_on() {
	ok "$1" status 4<&-
	ok '... and the helper is no worse' hang 0 moshgate-helper 4<&-
}

for kind in flush nested linger; do
	for where in start next; do
		signal_helper STOP
		attack hang "$kind" session "$where" 65534
		signal_helper CONT
		goes_on "$kind at $where of a session: root is answered"
		release
	done
done
for type in keys status lookup odd; do
	signal_helper STOP
	attack hang flush "$type" start 65534
	signal_helper CONT
	goes_on "with a request of type $type: root is answered"
	release
done
signal_helper STOP
attack hang flush session behind 65534
signal_helper CONT
ok 'bob is let in meanwhile' let_in bob@gateway 4<&-
is '... and who sent it is cut off' \
	"$(sed -n 2p "$TMUX_TMPDIR/attack")" closed
ok '... and the log says so' log_has gateway \
	'event=malformed uid=65534 detail="a local process sent descriptors '
release

# A gateway user may give them to a worker: it hangs in its end, and counts.
alice=$($BED on gateway id -u alice)
run_session='SSH_ORIGINAL_COMMAND=true exec /usr/libexec/moshgate/moshgate-session'
attack run 8 "$alice" sh -c "$run_session"
ok 'eight commands whose output never closes: eight workers hang' \
	wait_for hang 8 moshgate-worker 4<&-
goes_on '... root is answered'
ok '... bob is let in' let_in bob@gateway 4<&-
session_of_alice() {
	as alice sh -c "SSH_ORIGINAL_COMMAND=true exec \
		/usr/libexec/moshgate/moshgate-session" </dev/null 4<&- 2>&1
}
# Each try has a line in the log, which has few for all.
is_refused() {
	sleep 1
	session_of_alice | grep -Fq 'Earlier sessions'
}
# They count when they have not ended in the time that they have for it.
wait_for is_refused
is '... and alice is refused' "$(session_of_alice)" \
	'moshgate: Earlier sessions of yours on this gateway have not ended.'
ok '... as the log says' see_log gateway \
	"event=refused uid=$alice .*reason=not-ended remedy=" 4<&-
signal_helper TERM
ok 'the helper ends when it is told to' wait_for not helper_runs 4<&-
$BED helper start 4<&-
ok '... and another serves' let_in bob@gateway 4<&-
release
ok 'when the files are let go so are the workers' \
	wait_for hang 0 moshgate-worker
ok '... and alice is served' let_in alice@gateway
ok '... and nothing is left of it all' wait_for not running gateway \
	'moshgate-helper --close'

# The same with nobody but a helper that can't read its settings.
$BED helper stop
settings '[nonsense]'
$BED on gateway perl -e '
	use Socket;
	use Fcntl;
	my ($path, @helper) = @ARGV;
	unlink $path;
	socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
	umask 0111;
	bind($s, pack_sockaddr_un($path)) or die;
	listen($s, 16) or die;
	fcntl($s, F_SETFD, 0);
	$ENV{LISTEN_PID} = $$;
	$ENV{LISTEN_FDS} = 1;
	exec @helper' /run/moshgate/helper.sock \
	setpriv --reuid=_moshgate --regid=_moshgate --init-groups \
	/usr/libexec/moshgate/moshgate-helper >/dev/null 2>&1 &
wait_for helper_runs
attack hang flush session start 65534
ok 'on standby it is no other: somebody else is answered' wait_for \
	grep -q not-ready "$TMUX_TMPDIR/attack" 4<&-
is '... and again' "$(as nobody perl -e "$peer" ask status 4<&-)" \
	'refused not-ready'
ok '... it is no worse' hang 0 moshgate-helper 4<&-
$BED on gateway pkill -TERM -x moshgate-helper
ok '... and ends when it is told to' wait_for not helper_runs 4<&-
release
