#!/bin/sh
# Without moshgate-helper gateway users can't log in, and are told so; nobody
# else notices, neither do sessions that run, and all is well when it is back.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 38
known alice bob carol

no_helper() {
	not running gateway '[m]oshgate-helper'
}
typing() {
	type_in "$1" "echo $2" Enter
	see "$1" "^$2"
}

# Root of the gateway has a way in of its own.
$BED on gateway sh -c 'umask 077; mkdir -p /root/.ssh
	cat /home/local/.ssh/authorized_keys >/root/.ssh/authorized_keys'

# Killed under three sessions.
for user in alice bob carol; do
	terminal "$user"
	ok "$user is logged in" login "$user" "$user"
done
$BED helper kill
ok 'with the helper killed, no process of it is left' wait_for no_helper
for user in alice bob carol; do
	ok "$user goes on typing" typing "$user" "on-$user"
done

ok 'without the helper a login is refused' kept_out alice@gateway
see_log gateway 'moshgate-keys\['
line=$($BED log gateway | grep 'moshgate-keys\[')
like '... and the log says why' "$line" \
	'event=login-failed user="alice" asked=keys reason=helper '
like '... what to do' "$line" 'remedy="systemctl start moshgate.socket'
like '... and for which sshd' "$line" 'sshd_pid=[0-9]+$'
is 'an account of the gateway logs in' \
	"$(ssh local@gateway id -un </dev/null)" local
is 'root logs in' "$(ssh root@gateway id -un </dev/null)" root
said=$(as alice script -qec /usr/libexec/moshgate/moshgate-session /dev/null \
	</dev/null)
is 'a session that had come past sshd ends with status 1' $? 1
like '... and a sentence' "$said" \
	'^moshgate: The moshgate helper is not running on this gateway'
$BED helper start
terminal d
ok 'when the helper is back the next login works' login d alice
for user in alice bob carol; do
	ok "$user still types" typing "$user" "and-on-$user"
done

# Killed as it starts a worker, which is held where it has been forked but does
# not run yet: what it has of the helper's keeps no other helper from its socket.
known alice bob
# shellcheck disable=SC2016
$BED on gateway sh -c 'exec strace -f -qq -o /dev/null -e trace=prctl \
	-e inject=prctl:delay_enter=1000s -p "$(cat /run/moshgate-helper.pid)"' &
wait_for running gateway '^strace'
ssh bob@gateway true >"$TMUX_TMPDIR/bob" 2>&1 </dev/null &
held() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'ps -o stat= \
		--ppid "$(cat /run/moshgate-helper.pid)" | grep ^t'
}
ok 'a worker is about to run' wait_for held
$BED helper kill
$BED helper start
ok '... when the helper is killed: it can be started again' let_in alice@gateway
$BED on gateway pkill strace

# SIGHUP.
ini=/etc/moshgate/moshgate.ini
settings 'connect_timeout = 5' '' 'no_such_setting = 1'
signal_helper HUP
ok 'SIGHUP with a wrong file is logged with the file and the line' \
	see_log gateway "event=reload-failed detail=.*$ini:5: "
line=$($BED log gateway | grep reload-failed)
like '... what is wrong' "$line" 'no setting .no_such_setting. in \[remote\]'
like '... and what to do' "$line" 'remedy="mend the file'
ok '... and logins go on' let_in carol@gateway
settings '[clients]' 'users = * !carol'
signal_helper HUP
ok 'SIGHUP with a good file is logged' see_log gateway 'event=reload '
ok '... and the file is in force' kept_out carol@gateway
ok '... for everybody' let_in bob@gateway

# SIGTERM.
ok 'there are workers' running gateway '[m]oshgate-helper --worker'
$BED helper stop
ok 'with the helper stopped, no process of it is left' wait_for no_helper
ok '... nor its socket' \
	"$BED" on gateway sh -c '! test -e /run/moshgate/helper.sock'
$BED on gateway sh -c 'setpriv --reuid=_moshgate --regid=_moshgate \
	--init-groups /usr/libexec/moshgate/moshgate-helper
	echo $? >/run/helper.status' &
wait_for "$BED" on gateway sh -c '/usr/sbin/moshgate status'
ok 'the helper runs, with a worker' let_in bob@gateway
$BED on gateway pkill -TERM -x moshgate-helper
wait $!
is '... SIGTERM ends it with status 0' \
	"$($BED on gateway cat /run/helper.status)" 0
ok '... and leaves no worker' wait_for no_helper
ok '... nor its socket' \
	"$BED" on gateway sh -c '! test -e /run/moshgate/helper.sock'
for user in alice bob carol; do
	ok "$user types to the end" typing "$user" "end-of-$user"
done
