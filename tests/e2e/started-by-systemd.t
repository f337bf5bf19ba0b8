#!/bin/sh
# systemd holds the helper's socket and starts it at the first login.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 28

socket=/run/moshgate/helper.sock
helper=/run/start-helper
listens() {
	$BED on gateway grep -q "00010000 .* $socket\$" /proc/net/unix
}
# helper_is PATTERN: the line of ps for the helper itself.
helper_is() {
	$BED on gateway ps -C moshgate-helper -o user:16=,args= |
		grep -Eq -e "$1"
}
helper_runs() {
	$BED on gateway pgrep -x moshgate-helper
}
stop_helper() {
	$BED on gateway pkill -TERM -x moshgate-helper
	wait_for not helper_runs
}

# What moshgate.socket says of it: one that is there before the helper is, and
# after.  A helper is started for each time somebody comes.
# shellcheck disable=SC2016 # it is perl
holder='
use strict;
use Socket;
use Fcntl;
$| = 1;
my ($path, @helper) = @ARGV;
unlink $path;
socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die;
umask 0111;
bind($s, pack_sockaddr_un($path)) or die;
listen($s, 256) or die;
for (;;) {
	my $ready = "";
	vec($ready, fileno $s, 1) = 1;
	select($ready, undef, undef, undef);
	my $pid = fork;
	if (!$pid) {
		open(STDIN, "<", "/dev/null");
		require POSIX;
		POSIX::dup2(fileno $s, 3) if fileno $s != 3;
		fcntl($s, F_SETFD, 0) if fileno $s == 3;
		$ENV{LISTEN_PID} = $$;
		$ENV{LISTEN_FDS} = 1;
		exec @helper;
	}
	waitpid $pid, 0;
	print "ended with $?\n";
}
'
# A slow machine, once there is /run/slow, takes longer for it than a helper that
# hangs is waited for.
printf '%s\n' '#!/bin/sh' '[ ! -e /run/slow ] || sleep 4' \
	'exec setpriv --reuid=_moshgate --regid=_moshgate --init-groups \
		/usr/libexec/moshgate/moshgate-helper' |
	$BED on gateway sh -c "cat >$helper && chmod 755 $helper"
$BED helper stop
$BED on gateway perl -e "$holder" "$socket" $helper >"$TMUX_TMPDIR/holder" &
ok 'somebody else holds the socket' wait_for listens
is '... which is open to all' \
	"$($BED on gateway stat -c '%a %F' "$socket")" '666 socket'
ok '... and there is no helper' not helper_runs
terminal a
ok 'the first login' login a alice
ok '... starts the helper, which is _moshgate' \
	helper_is '^_moshgate .*moshgate-helper$'
stop_helper
ok 'the helper ended by SIGTERM has status 0' \
	wait_for grep -x 'ended with 0' "$TMUX_TMPDIR/holder"
ok '... and leaves the socket, at which somebody listens' listens
ok '... and no worker' wait_for not running gateway '[m]oshgate-helper --worker'
terminal b
ok 'the next login starts it again' login b alice
type_in a 'echo still "there"' Enter
ok '... and the first session is still there' see a '^still there'
$BED on gateway pkill -KILL -x moshgate-helper
ok 'killed, it is started again by the next login' wait_for let_in carol@gateway
$BED on gateway sh -c 'touch /run/slow && pkill -KILL -x moshgate-helper'
ok '... which waits for it, though it takes its time' let_in carol@gateway
$BED on gateway pkill -STOP -x moshgate-helper
timeout 8 "$BED" on gateway /usr/libexec/moshgate/moshgate-keys carol \
	>"$TMUX_TMPDIR/keys" 2>&1
is '... but not if it hangs' $? 1
$BED on gateway sh -c 'pkill -CONT -x moshgate-helper; rm /run/slow'

# What has just been installed, or is wrong.
stop_helper
known_to_log=$(log_count gateway 'event=start-failed ')
$BED on gateway sh -c 'echo "[remote]" >/etc/moshgate/moshgate.ini'
ok 'with no host set a name that nobody knows is refused' stranger mallory
ok '... the helper stands by' helper_runs
$BED on gateway moshgate status >"$TMUX_TMPDIR/status" 2>&1
is '... root is told' "$(cat "$TMUX_TMPDIR/status")" \
	'moshgate: This gateway is not set up yet, or has been set up wrong.'
ok '... an account of the gateway gets in' ssh local@gateway true
is '... and the log has it once' "$(($(log_count gateway \
	'event=start-failed .*host is not set') - known_to_log))" 1
$BED on gateway sh -c 'echo "[remote" >/etc/moshgate/moshgate.ini'
$BED on gateway pkill -HUP -x moshgate-helper
ok '... as it has the next fault' \
	see_log gateway 'event=start-failed .*moshgate.ini:1: '
# What takes a minute to close, for whoever does it last.
peer=$(cat "$(dirname "$0")/socket.pl")
mkfifo "$TMUX_TMPDIR/end"
exec 4<>"$TMUX_TMPDIR/end"
for where in start body; do
	$BED on gateway pkill -STOP -x moshgate-helper
	as nobody perl -e "$peer" linger "$where" 4<&- <"$TMUX_TMPDIR/end" \
		>"$TMUX_TMPDIR/linger-$where" 2>&1 &
	wait_for grep READY "$TMUX_TMPDIR/linger-$where"
	$BED on gateway pkill -CONT -x moshgate-helper
	$BED on gateway moshgate status >"$TMUX_TMPDIR/status" 2>&1
	like "a descriptor that takes a minute to close, at $where: no hindrance" \
		"$(cat "$TMUX_TMPDIR/status")" 'not set up yet'
done
exec 4>&-
helper_is_alone() {
	[ "$($BED on gateway pgrep -cx moshgate-helper)" -eq 1 ]
}
ok '... and nothing is left of them' wait_for helper_is_alone
settings ''
ok 'with a host set it starts by itself' let_in alice@gateway

# The same with systemd's own tool.
if command -v systemd-socket-activate >/dev/null; then
	$BED on gateway pkill -KILL -x perl
	stop_helper
	$BED on gateway rm -f "$socket"
	$BED on gateway systemd-socket-activate -l "$socket" $helper \
		2>/dev/null &
	ok 'systemd-socket-activate holds the socket' wait_for listens
	# It knows no SocketMode.
	$BED on gateway chmod 666 "$socket"
	terminal c
	ok '... and the first login' login c alice
	ok '... starts the helper, which is _moshgate' \
		helper_is '^_moshgate .*moshgate-helper$'
	stop_helper
	ok '... and when it ends the socket stays' \
		"$BED" on gateway test -S "$socket"
else
	for name in 'holds the socket' 'starts the helper' 'keeps the socket'; do
		skip "systemd-socket-activate $name" 'it is not installed'
	done
	skip 'a login by systemd-socket-activate' 'it is not installed'
fi

# Root starts the helper itself.
$BED on gateway rm -f "$socket"
$BED on gateway /usr/libexec/moshgate/moshgate-helper &
wait_for let_in bob@gateway
ok 'started by root it becomes _moshgate' \
	helper_is '^_moshgate .*moshgate-helper$'
