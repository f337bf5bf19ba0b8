#!/bin/sh
# Who is locked or removed on the remote comes in no more, but for what is kept:
# the keys for cache_ttl, a connection for share_max_age. The uid stays, and is
# good again when the user is.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 21

# A connection that is kept lets them in until it is as old as this.
settings '[clients]' 'cache_ttl = 2' '[session]' 'share_max_age = 10'
$BED helper restart
now_s() {
	date +%s
}
# locked USER: from now on the remote's sshd refuses the account.
locked() {
	$BED on remote usermod -L -e 1 "$1"
}
# unlocked USER: no more; and the helper asks at once, which after a refusal it
# would not for a minute.
unlocked() {
	# shellcheck disable=SC2016
	$BED on remote sh -c 'usermod -e "" "$1" && usermod -p "*" "$1"' - "$1"
	reload
}
# out_within SECONDS USER: is the user kept out by then, and ever after?  They
# come by another address than who is to be let in: an OpenSSH that bans, as
# Debian 13 has it, counts each of these.
out_within() {
	end_s=$(($(now_s) + $1))
	until kept_out -4 "$2@gateway" >"$TMUX_TMPDIR/out" 2>&1; do
		[ "$(now_s)" -le "$end_s" ] || return 1
		sleep 0.5
	done
	kept_out -4 "$2@gateway"
}

terminal a
ok 'alice has a session' login a alice
uid=$($BED on gateway id -u alice)
locked alice
# Some seconds for the tries themselves, on a slow machine.
ok 'locked on the remote she is out after cache_ttl and share_max_age' \
	out_within 22 alice
like '... which the log says' "$($BED log gateway |
	grep 'user=alice.*reason=refused')" 'event=(login-failed|replace-failed) '
is '... and nothing is kept of her' \
	"$($BED on gateway moshgate status | grep '^connection *alice')" ''
is 'her name and uid stay' "$($BED on gateway id -u alice)" "$uid"
unlocked alice
ok 'unlocked she comes in again' let_in alice@gateway
is '... as who she was' "$($BED on gateway id -u alice)" "$uid"

ok 'bob has come, too' let_in bob@gateway
bob=$($BED on gateway id -u bob)
$BED on remote userdel -f bob 2>"$TMUX_TMPDIR/userdel"
ok 'removed he is out as soon' out_within 22 bob
ok '... and whoever comes next' let_in carol@gateway
ok "... does not get bob's uid" \
	not [ "$($BED on gateway id -u carol)" = "$bob" ]
is '... which stays his' "$($BED on gateway id -un "$bob")" bob

# A refusal ends it all at once: nothing is kept to come in by.
settings '[clients]' 'cache_ttl = 0' '[session]' 'share_max_age = 10'
$BED helper restart
ok 'with cache_ttl = 0 carol comes in' let_in carol@gateway
locked carol
ok '... and locked she is out after share_max_age' out_within 20 carol

# The gateway's key was taken out by the user.
unlocked carol
ok 'unlocked she comes in' let_in carol@gateway
$BED on remote sh -c ': >/home/carol/.ssh/authorized_keys'
$BED helper restart
ok 'without any key there she is out' kept_out carol@gateway
before=$(tcp_connections)
ok '... and the next try is not made at once' kept_out carol@gateway
is '... since the remote counts refusals' "$(tcp_connections)" "$before"
ok '... nor is a session' not as carol script -qec \
	/usr/libexec/moshgate/moshgate-session /dev/null
is '... by a connection' "$(tcp_connections)" "$before"
ok 'while alice notices nothing' let_in alice@gateway
