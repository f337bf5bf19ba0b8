#!/bin/sh
# With the lines for passwords in sshd's PAM file an account of the gateway logs
# in by its own password as before: whatever the helper does, and with forty
# robots that guess.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 24

robots=40
logins=10
file=/etc/moshgate/passwords

$BED on gateway sh -c 'echo local:local-secret | chpasswd'
settings '[clients]' "passwords = $file"
known alice
new_password alice hunter2
pam_lines
sshd_takes publickey password keyboard-interactive

# local_logs_in: by its own password, and moshgate-password is not asked.
local_logs_in() {
	answer_with local-secret
	[ "$(ssh_by_password local@gateway 'id -un; hostname' </dev/null |
		xargs)" = 'local gateway' ] &&
		not log_has gateway 'user=.?local.? asked=password'
}
ok 'an account of the gateway logs in by its password' local_logs_in
ok '... and by no other' kept_out_by hunter2 local@gateway
new_password local hunter2
ok '... neither by one that moshgate passwd has given it' \
	kept_out_by hunter2 local@gateway
ok '... and a member of group moshgate by theirs' let_in_by hunter2 \
	alice@gateway

$BED helper stop
ok 'without the helper a member is refused' kept_out_by hunter2 alice@gateway
like '... and the log says why' \
	"$($BED log gateway | grep 'moshgate-password\[')" \
	'event=login-failed user="alice" asked=password reason=helper .*sshd_pid=[0-9]+ client="(10.66.1.1|fd66:1::1)"$'
ok '... and the account logs in' local_logs_in
$BED helper start

signal_helper STOP
began=$(date +%s)
ok 'with a helper that is stuck a member is refused' \
	kept_out_by hunter2 alice@gateway
is '... soon' "$(($(date +%s) - began < 20))" 1
ok '... and the account logs in' local_logs_in
signal_helper CONT
ok '... and then the member again' let_in_by hunter2 alice@gateway

$BED on gateway mv /usr/libexec/moshgate/moshgate-password /run/it
ok 'without moshgate-password a member is refused' \
	kept_out_by hunter2 alice@gateway
ok '... and the account logs in' local_logs_in
$BED on gateway mv /run/it /usr/libexec/moshgate/moshgate-password

# Robots, as many guesses as sshd bears on this machine.
now_ms() {
	echo $(($(date +%s%N) / 1000000))
}
robot() {
	guess=1
	sleep "$(perl -e 'printf "%.3f", $ARGV[0] * rand' "$pause_s")"
	while :; do
		name=guess$1x$guess
		[ "$((guess % 2))" -eq 0 ] || name=alice
		SSH_ASKPASS=$TMUX_TMPDIR/guess SSH_ASKPASS_REQUIRE=force \
			ssh_with /dev/null ${from:+-4 -b "$from$1"} \
			-o BatchMode=no \
			-o PubkeyAuthentication=no \
			-o NumberOfPasswordPrompts=1 "$name@gateway" true \
			</dev/null
		sleep "$(perl -e 'printf "%.3f", $ARGV[0] * (0.5 + rand)' \
			"$pause_s")"
		guess=$((guess + 1))
	done >"$TMUX_TMPDIR/robot$1" 2>&1
}
printf '#!/bin/sh\necho guess\n' >"$TMUX_TMPDIR/guess"
chmod +x "$TMUX_TMPDIR/guess"
guesses() {
	cat "$TMUX_TMPDIR"/robot[0-9]* | grep -c 'Permission denied'
}
guessed() {
	[ "$(guesses)" -ge "$1" ]
}
# administrator: logs in again and again; stores in $in how often she got in.
administrator() {
	in=0
	for _ in $(seq "$logins"); do
		local_logs_in && in=$((in + 1))
		sleep 1
	done
}
began_ms=$(now_ms)
local_logs_in && local_logs_in
pause_s=$((robots * ($(now_ms) - began_ms) / 1000))
note "each robot waits for about $pause_s s after each guess"
for robot in $(seq "$robots"); do
	robot "$robot" &
done
ok 'forty robots guess' wait_for guessed 10
administrator
is '... and the account logs in 10 times of 10' "$in" 10
before=$(guesses)
signal_helper STOP
ok 'they guess on with a helper that is stuck' wait_for guessed \
	$((before + 10))
administrator
is '... and the account logs in 10 times of 10' "$in" 10
signal_helper CONT
note "$(guesses) guesses; sshd dropped" \
	"$(log_count gateway 'past MaxStartups') connections"
# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null
settled() {
	[ "$($BED on gateway pgrep -cf moshgate-password)" = 0 ]
}
ok 'when they are gone nothing of theirs is left' wait_for settled
ok '... and a member gets in where she has been let in before' \
	let_in_by hunter2 alice@gateway

# The same with the remote's passwords, and from an address of its own each.
from=10.66.1.1
device=$(ip -o -4 addr show |
	sed -n 's/^[0-9]*: \([^ ]*\).*10\.66\.1\.1\/.*/\1/p')
for robot in $(seq "$robots"); do
	ip addr add "$from$robot/24" dev "$device"
done
printf 'alice:hunter2\n' | $BED on remote chpasswd
echo 'PasswordAuthentication yes' |
	$BED on remote sh -c 'cat >/etc/ssh/sshd_config.d/passwords.conf'
new_sshd remote
settings '[clients]' 'passwords = remote'
$BED helper restart
ok 'with the passwords of the remote a member logs in' let_in_by hunter2 \
	alice@gateway
rm "$TMUX_TMPDIR"/robot[0-9]*
for robot in $(seq "$robots"); do
	robot "$robot" &
done
ok 'forty robots guess at those' wait_for guessed 10
administrator
is '... and the account logs in 10 times of 10' "$in" 10
$BED on remote pkill -STOP -o sshd
administrator
is '... also while the remote does not answer' "$in" 10
$BED on remote pkill -CONT -o sshd
note "$(guesses) guesses; sshd dropped" \
	"$(log_count gateway 'past MaxStartups') connections"
# shellcheck disable=SC2046
kill $(jobs -p) 2>/dev/null
ok 'when they are gone nothing of theirs is left' wait_for settled
