#!/bin/bash
# The packages are removed: nobody is a gateway user any more, and all others log
# in as before. Purged, they leave nothing but what the administrator made.
. "$(dirname "$0")/lib.sh"
in_bed_of system
plan 33

effective() {
	$BED on gateway sshd -T -C "user=$1,host=client,addr=10.66.1.1" | sort
}
# tree: all files of the gateway but logs and what dpkg and apt keep.
tree() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'find / -xdev \( -path /proc -o -path /sys \
		-o -path /dev -o -path /tmp -o -path /root -o -path /var/log \
		-o -path /var/cache -o -path /var/lib/apt -o -path /run \
		-o -path /var/lib/dpkg -o -path "/var/lib/systemd/*/*" \
		-o -path /etc/.pwd.lock \
		-o -path "/etc/*-" \) -prune -o -printf "%p %M %u:%g %l\n" |
		sort; find /etc /var/lib/systemd -xdev -type f \
		! -path "/etc/*-" ! -path "/var/lib/systemd/random-seed" \
		! -path "/var/lib/systemd/timers/*" -exec md5sum {} + |
		sort -k 2; find /run -name "*moshgate*" | grep -v moshgate-bed'
}
local_logs_in() {
	ssh_with "$BED_DIR/client_key" local@gateway true </dev/null
}
alice_is_out() {
	not let_in alice@gateway >"$TMUX_TMPDIR/out" 2>&1
}
not_there() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'for file; do
		[ ! -e "$file" ] || { echo "$file"; exit 1; }
	done' - "$@"
}
copy debs
effective root >"$TMUX_TMPDIR/root"
tree >"$TMUX_TMPDIR/before"
ok 'the packages are installed' install_from debs
set_up
terminal a
ok 'alice has a session' login a alice
sshd=$($BED on gateway cat /run/sshd.pid)

ok 'they are removed' package_tool remove
is 'nothing of them runs' "$($BED on gateway pgrep -af moshgate-helper)" ''
is '... no unit is left' "$($BED on gateway systemctl list-units --all \
	--plain --no-legend 'moshgate*' | grep -v not-found)" ''
is '... or failed' "$($BED on gateway systemctl list-units --failed \
	--plain --no-legend 'moshgate*')" ''
is 'sshd goes on' "$($BED on gateway cat /run/sshd.pid)" "$sshd"
is '... and by the same as ever for root' "$(effective root | diff \
	"$TMUX_TMPDIR/root" - && echo same)" same
is '... nobody is matched any more' "$($BED on gateway sh -c \
	'sshd -T -C user=_moshgate,host=x,addr=10.1.1.1 |
		grep -c moshgate-')" 0
ok 'an account of the gateway logs in' local_logs_in
ok '... alice no more' alice_is_out
is '... nor is there an alice' "$($BED on gateway getent passwd alice)" ''
unlike 'moshgate is not asked who a user is' \
	"$($BED on gateway cat /etc/nsswitch.conf)" moshgate
type_in a 'echo sti""ll there' Enter
ok 'the session that was open goes on' see a '^still there'
ok 'the settings, the key and the users stay' "$BED" on gateway ls \
	/etc/moshgate/moshgate.ini /etc/moshgate/id_ed25519 \
	/etc/moshgate/known_hosts /var/lib/moshgate/users

ok 'installed again' install_from debs
ok '... alice gets in, as if nothing had been' let_in alice@gateway
is '... and is who she was' "$($BED on gateway id -u alice)" 65536
ok '... by the drop-in' "$BED" on gateway test -s \
	/etc/ssh/sshd_config.d/50-moshgate.conf
fresh a

# As if the package had set them aside.
$BED on gateway sh -c 'echo 200000-299999 >/etc/moshgate/uids'
# A copy that is under way is nobody's at the end.
$BED on gateway setpriv --reuid=_moshgate --regid=_moshgate --clear-groups \
	sleep 1000 &
ok 'they are purged' package_tool purge
is '... no process is left' "$($BED on gateway pgrep -x sleep)" ''
ok '... an account of the gateway logs in' local_logs_in
is '... sshd goes by the same as ever' "$(effective root | diff \
	"$TMUX_TMPDIR/root" - && echo same)" same
is 'known_hosts is there, which the administrator made' \
	"$($BED on gateway ls /etc/moshgate)" known_hosts
$BED on gateway rm -r /etc/moshgate
tree >"$TMUX_TMPDIR/after"
is '... and else all is as it was' \
	"$(diff "$TMUX_TMPDIR/before" "$TMUX_TMPDIR/after")" ''
is '... no user is left' "$($BED on gateway getent passwd _moshgate)" ''

# A key and a member that are the administrator's.
$BED on gateway sh -c 'mkdir /etc/moshgate && ssh-keygen -q -t ed25519 -N "" \
	-f /etc/moshgate/id_ed25519'
ok 'installed where a key is already' install_from debs
$BED on gateway usermod -aG moshgate local
package_tool purge >"$TMUX_TMPDIR/purge" 2>&1
like '... a group that has members is told, when they are purged' \
	"$(cat "$TMUX_TMPDIR/purge")" \
	'^moshgate: group moshgate stays, since it has members: local$'
ok '... and stays' "$BED" on gateway getent group moshgate
ok '... as does the key' "$BED" on gateway test -s /etc/moshgate/id_ed25519
$BED on gateway rm -r /etc/moshgate

# Somebody who is in the group before, and an sshd with a PidFile of its own.
$BED on gateway sh -c 'echo "PidFile /run/other.pid" \
	>/etc/ssh/sshd_config.d/10-pid.conf && systemctl restart ssh'
ok 'installed where the group has a member' install_from debs
like '... that is said' "$(cat "$TMUX_TMPDIR/ok.out")" \
	'^moshgate: these accounts go to the remote, .*: local *$'
set_up
ok '... sshd knows of it, whatever its PidFile' let_in alice@gateway
