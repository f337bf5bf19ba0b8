#!/bin/bash
# With apt the packages come to a machine that runs sshd. Nothing changes for
# anybody, until it is said where the remote is; then its users come. Whatever
# is wrong with the settings, accounts of the gateway log in.
. "$(dirname "$0")/lib.sh"
in_bed_of system
plan 43

# effective USER: what sshd goes by for them.
effective() {
	$BED on gateway sshd -T -C "user=$1,host=client,addr=10.66.1.1" | sort
}
sshd_pid() {
	$BED on gateway cat /run/sshd.pid
}
unit_is() {
	$BED on gateway systemctl "is-$1" "$2"
}
of_file() {
	$BED on gateway stat -c '%U:%G %a' "$@"
}
local_logs_in() {
	ssh_with "$BED_DIR/client_key" local@gateway true </dev/null
}
alice_is_out() {
	not let_in alice@gateway >"$TMUX_TMPDIR/out" 2>&1
}

effective root >"$TMUX_TMPDIR/root"
effective local >"$TMUX_TMPDIR/local"
pid=$(sshd_pid)
copy debs
ok 'apt installs the packages' install_from debs
cp "$TMUX_TMPDIR/ok.out" "$TMUX_TMPDIR/apt"
is '... and asks nothing, and warns of nothing' \
	"$(grep -ciE 'warning|error|fail|\?' "$TMUX_TMPDIR/apt")" 0
like '... but says what the remote needs' "$(cat "$TMUX_TMPDIR/apt")" \
	'^moshgate: made the gateway.s key; .* /etc/moshgate/id_ed25519\.pub$'
is 'sshd goes by the same for root' "$(effective root | diff \
	"$TMUX_TMPDIR/root" - && echo same)" same
is '... and for an account' "$(effective local | diff \
	"$TMUX_TMPDIR/local" - && echo same)" same
is '... and is the process it was' "$(sshd_pid)" "$pid"
is 'the socket is enabled' "$(unit_is enabled moshgate.socket)" enabled
is '... and active' "$(unit_is active moshgate.socket)" active
is '... and the helper not' "$(unit_is active moshgate.service)" inactive
is 'what holds secrets is for root and the helper' \
	"$(of_file /etc/moshgate/moshgate.ini /etc/moshgate/id_ed25519 | uniq)" \
	'root:_moshgate 640'
is "the helper's program can't be read" \
	"$(of_file /usr/libexec/moshgate/moshgate-helper)" 'root:root 711'
like 'moshgate is the last that is asked who a user is' \
	"$($BED on gateway cat /etc/nsswitch.conf)" '^passwd:.* moshgate$'
ok 'an account of the gateway logs in' local_logs_in
ok '... and nobody else' stranger alice
is '... nor is the helper in a loop' "$($BED on gateway systemctl show \
	-P NRestarts moshgate.service)" 0
$BED on gateway moshgate check alice >"$TMUX_TMPDIR/check" 2>&1
is 'moshgate check fails' $? 1
like '... and says what is missing' "$(cat "$TMUX_TMPDIR/check")" \
	'\[remote\] host is not set'

set_up
ok 'when it is, moshgate check says all is well' \
	"$BED" on gateway moshgate check alice
terminal a
ok 'alice logs in' login a alice
is '... by a helper that is in no cgroup of sshd' "$($BED on gateway \
	systemctl show -P ControlGroup moshgate.service)" \
	/system.slice/moshgate.service
is '... and not root' "$($BED on gateway ps -C moshgate-helper -o user= |
	sort -u)" _moshgate
is '... whose sandbox lacks nothing' \
	"$(log_count gateway 'event=note .*about=sandbox')" 0

# The settings.
$BED on gateway sh -c 'echo nonsense >>/etc/moshgate/moshgate.ini'
$BED on gateway systemctl reload moshgate.service
ok 'a mistake in moshgate.ini is in the log' see_log gateway \
	'event=reload-failed .*moshgate\.ini:[0-9]+: '
ok '... and changes nothing' let_in alice@gateway
$BED on gateway systemctl restart moshgate.service
ok 'after a restart alice is out' alice_is_out
ok '... and an account gets in' local_logs_in
$BED on gateway sed -i '/^nonsense$/d' /etc/moshgate/moshgate.ini
ok '... when it is mended alice gets in' let_in alice@gateway

# The key.
$BED on gateway mv /etc/moshgate/id_ed25519 /root
$BED on gateway systemctl restart moshgate.service
ok 'without the key alice is out' alice_is_out
ok '... and an account gets in' local_logs_in
$BED on gateway mv /root/id_ed25519 /etc/moshgate
ok '... when it is back alice gets in' let_in alice@gateway

# What sshd reads.
dropin=/etc/ssh/sshd_config.d/50-moshgate.conf
$BED on gateway sh -c "cp $dropin /root && echo 'Nonsense yes' >>$dropin"
$BED on gateway dpkg-reconfigure moshgate >"$TMUX_TMPDIR/reconfigure" 2>&1
is 'the package is configured, though the drop-in is wrong' $? 0
like '... and says which line is' "$(cat "$TMUX_TMPDIR/reconfigure")" \
	"50-moshgate.conf: *line [0-9]+: Bad configuration option: Nonsense"
like '... and what to do' "$(cat "$TMUX_TMPDIR/reconfigure")" \
	'^moshgate: when that is mended: sshd -t && service ssh reload$'
ok '... sshd is left as it was, and lets alice in' let_in alice@gateway
ok '... and an account' local_logs_in
$BED on gateway sh -c "cp /root/50-moshgate.conf $dropin &&
	sed -i s,/usr/libexec/moshgate/moshgate-keys,/opt/keys, $dropin"
$BED on gateway dpkg-reconfigure moshgate >"$TMUX_TMPDIR/reconfigure" 2>&1
like 'a program that is not there is told, which sshd -t does not' \
	"$(cat "$TMUX_TMPDIR/reconfigure")" \
	'50-moshgate.conf: there is no program /opt/keys$'
$BED on gateway sh -c "cp /root/50-moshgate.conf $dropin &&
	chmod g+w /usr/libexec/moshgate/moshgate-keys"
$BED on gateway dpkg-reconfigure moshgate >"$TMUX_TMPDIR/reconfigure" 2>&1
like '... as is one that others may change' \
	"$(cat "$TMUX_TMPDIR/reconfigure")" \
	'others than root may change /usr/libexec/moshgate/moshgate-keys$'
ok '... and alice gets in still' not alice_is_out

# Uids that the module has not of its own, in settings of an earlier version.
# uids MIN MAX: what moshgate.ini says they are, when the package is configured.
uids() {
	$BED on gateway sed -i -E -e "s/^#?(uid_min = ).*/\1$1/" \
		-e "s/^#?(uid_max = ).*/\1$2/" /etc/moshgate/moshgate.ini
	$BED on gateway dpkg-reconfigure moshgate
}
$BED on gateway chmod g-w /usr/libexec/moshgate/moshgate-keys
uids 70000 99999 >"$TMUX_TMPDIR/reconfigure" 2>&1
ok "for uids that are the module's own nothing is set aside" \
	not "$BED" on gateway test -e /etc/moshgate/uids
uids 200000 299999 >"$TMUX_TMPDIR/reconfigure" 2>&1
is 'others are' "$($BED on gateway cat /etc/moshgate/uids)" 200000-299999
is '... by root alone' "$(of_file /etc/moshgate/uids)" 'root:root 644'
$BED on gateway systemctl restart moshgate.service
let_in bob@gateway >"$TMUX_TMPDIR/bob" 2>&1
is '... and are given' "$($BED on gateway id -u bob)" 200000
uids 300000 399999 >"$TMUX_TMPDIR/reconfigure" 2>&1
is 'what was set aside stays' "$($BED on gateway cat /etc/moshgate/uids)" \
	200000-299999
