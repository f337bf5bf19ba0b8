#!/bin/sh
# A stranger who tries names learns nothing of which are users': sshd offers the
# same and takes the same time, whatever becomes of the name.  Who has no key
# costs the remote nothing, and no name that differs in case alone is another
# user.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 39
one_address

ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/strange"

# offered NAME [OPTION...]: what sshd says to a stranger.
offered() {
	offered_name=$1
	shift
	ssh_with "$TMUX_TMPDIR/strange" "$@" -l "$offered_name" gateway true \
		</dev/null 2>&1 | tr -d '\r' |
		sed -n 's/.*: \(Permission denied.*\)/\1/p'
}
without_key() {
	offered "$1" -o PubkeyAuthentication=no
}
same='Permission denied (publickey).'
# uid_of NAME: which uid sshd has for them.
uid_of() {
	look_up "$1" | cut -d : -f 3
}
# took NAME [OPTION...]: add to the file NAME how many microseconds sshd took.
took() {
	took_file=$1
	took_name=$2
	shift 2
	began=$(date +%s%N)
	ssh_with "$TMUX_TMPDIR/strange" "$@" -l "$took_name" gateway true \
		</dev/null >"$TMUX_TMPDIR/took.ssh" 2>&1
	echo $((($(date +%s%N) - began) / 1000)) >>"$TMUX_TMPDIR/$took_file"
}
median() {
	sort -n "$TMUX_TMPDIR/$1" |
		sed -n "$(($(wc -l <"$TMUX_TMPDIR/$1") / 2))p"
}
# differ: by how many percent the medians of these files do.
differ() {
	one=$(median "$1")
	other=$(median "$2")
	note "$1: $one us, $2: $other us" >&2
	apart=$((one > other ? one - other : other - one))
	echo $((apart * 100 / one))
}

ok 'alice logs in' let_in alice@gateway
new_connections 'from now on'
is 'without a key a known user is offered' "$(without_key alice)" "$same"
is '... what one is whom nobody knows' "$(without_key robot)" "$same"
for name in robot2 robot3 robot4 robot5 Alice aLICE robot; do
	is "... and $name" "$(without_key "$name")" "$same"
done
ok '... for which the remote is not asked' new_connections 0
like '... the last of them is one too many of one address' \
	"$($BED log gateway)" \
	'event=unknown-user user=robot5 reason=too-many-new .* client=fd66:1::1$'
like '... and those differ in case alone' "$($BED log gateway)" \
	'event=unknown-user user=Alice reason=like-another '
is '... of none of them does the gateway know' "$($BED on gateway getent \
	passwd robot robot2 Alice)" ''
unlike '... or has ever known' \
	"$($BED on gateway cat /var/lib/moshgate/users)" '^(robot|Alice)'

# The gateway's own.
gateways_own=$(without_key nobody)
unlike 'what is left to the gateway itself is offered more' "$gateways_own" \
	'^Permission denied \(publickey\)\.$'
settings '[clients]' 'users = * !mallory' '[users]' 'reserved = svc-*' \
	'names = carol'
reload
for name in mallory Mallory MALLORY svc-x Svc-X postgres Postgres; do
	is "... so is $name" "$(without_key "$name")" "$gateways_own"
done
is '... but not who is like one of names' "$(uid_of CAROL)" 65535
settings
$BED helper restart

# Uids for a while.
ok 'a name keeps its uid' [ "$(uid_of robot)" = "$(uid_of robot)" ]
is '... whatever its case is' "$(uid_of Robot)" "$(uid_of robot)"
ok '... and it is no other name'"'s" [ "$(uid_of robot)" != "$(uid_of r2)" ]
is '... nor is it good for a session without the name' "$(setpriv=$(uid_of robot) &&
	$BED on gateway perl -e "$(cat "$(dirname "$0")/socket.pl")" \
		crowd session "$setpriv" 2>&1 | sed 1d)" '1 refused other-uid'
like '... and with another one no name gets in' "$(as _moshgate \
	/usr/libexec/moshgate/moshgate-keys bob ssh-ed25519 AAAA \
	"$(uid_of robot)" 2>&1)" 'log in again'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=bob reason=other-uid '
uid=$(uid_of bob)
$BED helper restart
like "but after a restart of the helper sshd's own is" "$(as _moshgate \
	/usr/libexec/moshgate/moshgate-keys bob ssh-ed25519 AAAA "$uid")" \
	'^ssh-ed25519 '
is '... and stays' "$($BED on gateway id -u bob)" "$uid"

# A remote that has both.
people dee
$BED on remote sh -c 'sed -n "s/^dee:/Dee:/p" /etc/passwd >/tmp/Dee &&
	cat /tmp/Dee >>/etc/passwd
	sed -n "s/^dee:/Dee:/p" /etc/shadow >/tmp/Dee && cat /tmp/Dee >>/etc/shadow'
ok 'of two names that differ in case the first one gets in' let_in dee@gateway
ok '... and the other does not' kept_out Dee@gateway
is '... nor has it a uid' "$($BED on gateway getent passwd Dee)" ''
ok '... as the log says' see_log gateway \
	'event=unknown-user user=Dee reason=like-another '

# Time: those beyond the limits are the many.
# alike ONE OTHER [OPTION...]: is there no difference between a known name, in
# file ONE, and others?  By turns, and each as often the first of two, so that what
# else the machine does is in both: on a busy one they differ by up to 7 %, else by
# 1 %.  A word with the remote takes as long again.
alike() {
	one=$1
	other=$2
	shift 2
	for i in $(seq 50); do
		took "$one" alice "$@"
		took "$other" "$other-a$i" "$@"
		took "$other" "$other-b$i" "$@"
		took "$one" alice "$@"
	done
	apart=$(differ "$one" "$other")
	[ "$apart" -le 10 ]
}
ok 'without a key a known name and unknown ones take the same time' \
	alike known unknown -o PubkeyAuthentication=no
note "they differ by $apart %"
ok "... and with a stranger's key" alike known-key unknown-key
note "they differ by $apart %"
ok '... and the remote is asked for few of them' \
	[ "$(log_count remote 'Invalid user')" -le 6 ]
