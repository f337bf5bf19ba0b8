#!/bin/sh
# No uid is given twice, nor one that somebody else has; when there are none left
# nobody new comes in, as the log says, until the administrator allows for more.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 20

people ann ben cid dee eli
# range MIN MAX: the uids there are from now on.
range() {
	settings '[users]' "uid_min = $1" "uid_max = $2"
	signal_helper HUP
	reloads=$((reloads + 1))
	wait_for lines "$reloads" event=reload
}
reloads=0
# An account of the gateway has the one in the middle.
on useradd -u 70001 theirs 2>"$TMUX_TMPDIR/useradd"
range 70000 70002

ok 'the first one comes in' let_in ann@gateway
is '... with the lowest uid' "$(user ann)" ann:70000
ok 'the second one, too' let_in ben@gateway
is '... and not with the uid that an account has' "$(user ben)" ben:70002
ok 'for the third there is none' stranger cid
like '... which the log says, and what to do' \
	"$($BED log gateway | grep user=cid)" \
	'event=unknown-user user=cid reason=no-uid detail="every uid is or was somebody.s, or has been given to a name that is not known yet" remedy="raise uid_max in \[users\]"'
is '... and nobody has got one' "$(user cid)" ''
ok 'ann and ben come in all the same' let_in ann@gateway
ok '... both' let_in ben@gateway
range 70000 70004
ok 'with more uids the third comes in' let_in cid@gateway
is '... with the next' "$(user cid)" cid:70003

# Who is taken out leaves a uid that is nobody's for good.
$BED helper stop
in_map_dir 'sed -i /^cid:/d users'
$BED helper start
ok "when cid's line was taken out dee comes in" let_in dee@gateway
is "... not with the uid that was cid's" "$(user dee)" dee:70004
ok '... and for cid there is none left' stranger cid
is '... so that 70003 is nobody' "$(on getent passwd 70003)" ''
is 'the account has its own still' "$(on id -un 70001)" theirs

# Those that strangers had for a while are lost to nobody.
range 70000 70009
for i in 1 2 3 4; do
	look_up "stranger$i" >"$TMUX_TMPDIR/stranger"
done
ok 'after four strangers cid comes in' let_in cid@gateway
is '... behind them' "$(user cid)" cid:70009
$BED helper restart
ok 'after a restart one more comes in' let_in eli@gateway
is '... with what the first of them had' "$(user eli)" eli:70005
