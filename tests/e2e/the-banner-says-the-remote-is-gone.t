#!/bin/sh
# While the remote is out of reach people are told so before they log in, if the
# administrator wants that; who is known is tried all the same, and who isn't is
# not asked for.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 24

banner=/run/moshgate/banner
sentence='The server behind this gateway cannot be reached at the moment'
there() {
	$BED on gateway test -s "$banner"
}
# greeting USER: what ssh is told before a login that fails or not.
greeting() {
	ssh_with "$BED_DIR/client_key" -o PreferredAuthentications=publickey \
		"$1@gateway" true </dev/null 2>&1
}
known alice
settings 'connect_timeout = 2'
$BED on gateway sed -i 's/^#Banner/Banner/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
is "the drop-in's line is one for sshd" "$($BED on gateway sshd -t 2>&1)" ''
is '... and holds for all' "$($BED on gateway sshd -T \
	-C user=local,host=client,addr=10.66.1.1 | grep ^banner)" \
	"banner $banner"
new_sshd gateway
$BED helper restart
unlike 'while the remote is there nobody is told anything' \
	"$(greeting bob; greeting local)" "$sentence"
ok '... and the file is empty' not there

$BED wan down
unlike 'the first who comes when it is gone finds that out' \
	"$(greeting carol)" "$sentence"
ok '... as the file says' wait_for there
is '... which names nobody and nothing' \
	"$($BED on gateway cat "$banner")" \
	"$sentence. Please try again later."
is "... is root's, since sshd reads it as root, and the helper may write it" \
	"$($BED on gateway stat -c '%A %U %G' "$banner")" \
	'-rw-rw-r-- root _moshgate'
like 'the log says that it is gone' "$($BED log gateway)" \
	'event=remote-down remote=remote reason=unreachable detail='
like '... and so does moshgate status' \
	"$($BED on gateway moshgate status)" '^remote +remote +out of reach'
like 'another who is not known is told at once' "$(greeting dora)" "^$sentence"
is '... and is not asked for' \
	"$(log_count gateway 'worker --worker dora')" 0
like '... as the log says' "$($BED log gateway | grep user=dora)" \
	'event=unknown-user user=dora reason=unreachable remedy='
like 'a user who is known is told, too' "$(greeting alice)" "^$sentence"
like '... but has been tried' "$($BED log gateway | grep user=alice)" \
	'event=login-failed user=alice asked=keys remote=remote reason=unreach'
like 'so is whoever goes to the gateway itself' "$(greeting local)" \
	"^$sentence"
is '... and gets there' "$(ssh local@gateway id -un </dev/null 2>&1 |
	tail -n 1)" local

$BED wan up
ok 'when it is back, that is found out without anybody coming' \
	see_log gateway event=remote-up
ok '... and the banner goes' wait_for not there
unlike '... so that nobody is told' "$(greeting local)" "$sentence"
ok 'carol comes in' let_in carol@gateway

# Whatever ends the helper, a banner is not for ever.
$BED wan down
greeting dora >"$TMUX_TMPDIR/dora"
wait_for there
$BED helper stop
ok 'a helper that ends takes it away' not there
$BED helper start
greeting emil >"$TMUX_TMPDIR/emil"
wait_for there
$BED helper kill
ok 'one that is killed does not' there
$BED helper start
ok '... but the next one does' not there
