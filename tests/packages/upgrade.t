#!/bin/bash
# The packages are upgraded while users are there, who notice nothing.
. "$(dirname "$0")/lib.sh"
in_bed_of system
plan 21

kept() {
	$BED on gateway sh -c 'cat /etc/moshgate/* /var/lib/moshgate/users \
		/etc/ssh/sshd_config.d/* /etc/nsswitch.conf; stat -c "%n %U:%G %a" \
		/etc/moshgate/* /var/lib/moshgate /var/lib/moshgate/users \
		/run/moshgate /run/moshgate/*'
}
helper_pid() {
	$BED on gateway systemctl show -P MainPID moshgate.service
}
version() {
	# shellcheck disable=SC2016
	$BED on gateway dpkg-query -f '${Version}\n' -W moshgate libnss-moshgate
}

copy before
copy debs
ok 'an earlier version is installed' install_from before
like '... which is another one' "$(version)" '~before$'
set_up
# What an administrator does to the settings.
$BED on gateway sh -c 'echo "# mine" >>/etc/moshgate/moshgate.ini
	echo "# mine" >>/etc/ssh/sshd_config.d/50-moshgate.conf'
terminal a
ok 'alice has a session' login a alice
terminal l
ok '... and an account of the gateway has one' sh -c "
	$(declare -f type_in tm see screen screen_has wait_for); PATIENCE_S=60
	type_in l 'ssh local@gateway' Enter; see l 'local@gateway'"
kept >"$TMUX_TMPDIR/kept"
sshd=$($BED on gateway cat /run/sshd.pid)
helper=$(helper_pid)
ok 'the packages are upgraded' install_from debs
unlike '... to the new version' "$(version)" before
is '... nothing that is kept has changed' \
	"$(kept | diff "$TMUX_TMPDIR/kept" - && echo same)" same
is '... nor has sshd been restarted' "$($BED on gateway cat /run/sshd.pid)" \
	"$sshd"
ok '... but the helper' not [ "$(helper_pid)" = "$helper" ]
# shellcheck disable=SC2016
type_in a 'echo still $((20 + 3))' Enter
ok "alice's session goes on" see a '^still 23'
# shellcheck disable=SC2016
type_in l 'echo still $((20 + 3))' Enter
ok "... and the account's" see l '^still 23'
ok '... alice logs in anew' let_in alice@gateway
ok '... as does bob, for the first time' let_in bob@gateway
is '... and each has a uid' "$($BED on gateway id -u alice bob 2>&1 |
	sort -u | wc -l)" 2
ok 'it is installed again' install_from debs --reinstall
ok '... and alice logs in' let_in alice@gateway
type_in a 'exit' Enter
ok '... and her first session ends as she ends it' see a '^client\$ *$'

# A command without a terminal, which goes through the helper's workers.
$BED on gateway sed -i 's/^\tForceCommand.*/\tForceCommand none/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
$BED on gateway sed -i 's/^#forced_commands = .*/forced_commands = honor/' \
	/etc/moshgate/moshgate.ini
$BED on gateway systemctl reload ssh moshgate.service
mkfifo "$TMUX_TMPDIR/copy.in"
(
	ssh alice@gateway 'echo up; cat; exit 3' <"$TMUX_TMPDIR/copy.in" \
		>"$TMUX_TMPDIR/copy"
	echo "status $?" >>"$TMUX_TMPDIR/copy"
) &
exec 9>"$TMUX_TMPDIR/copy.in"
ok 'a copy is under way' wait_for grep -x up "$TMUX_TMPDIR/copy"
ok '... while the packages are upgraded' install_from debs --reinstall
echo behind >&9
ok '... it goes on' wait_for grep -x behind "$TMUX_TMPDIR/copy"
exec 9>&-
ok '... to its end' wait_for grep -x 'status 3' "$TMUX_TMPDIR/copy"
