#!/bin/sh
# Whom the gateway's own sshd lets in, with a key of the gateway's file, is a
# user as soon as the remote has let them in: at the first session, in whatever
# way.  Whoever is no user there gets one sentence, and no uid.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 48
one_address

ours='authorized_keys = /etc/moshgate/clients'
$BED on gateway sh -c 'cat >/etc/moshgate/clients' <"$BED_DIR/client_key.pub"
# file_keys [LINE...]: the settings.
file_keys() {
	settings '[clients]' 'keys = file' "$ours" "$@"
	$BED helper restart
}
file_keys '[users]' 'new_names_per_address = 30'
people ann ben cid dee eli fay gus hal

# run [OPTION...] USER@gateway [CMD...]: ssh; what it prints is in $out, its
# errors in $err.
run() {
	status=0
	ssh_with "$BED_DIR/client_key" "$@" </dev/null >"$TMUX_TMPDIR/out" \
		2>"$TMUX_TMPDIR/err" || status=$?
	out=$(cat "$TMUX_TMPDIR/out")
	err=$(cat "$TMUX_TMPDIR/err")
}
# uid_of NAME: which uid sshd has for them.
uid_of() {
	look_up "$1" | cut -d : -f 3
}
mapped() {
	$BED on gateway getent passwd "$@" | cut -d : -f 1,3 | xargs
}

# The door.
new_connections 'from now on'
ok 'sshd lets in whoever has a key of the file' let_in ann@gateway
ok '... also whom nobody knows' let_in zoe@gateway
ok '... for which the remote is not asked' new_connections 0
is '... nor is one of them a user of the gateway' "$(mapped ann zoe)" ''

# The first session.
uid=$(uid_of ann)
terminal a
ok 'the first session of a user of the remote gets to a prompt' login a ann
is '... and makes her one of the gateway, with the uid that sshd had' \
	"$(mapped ann)" "ann:$uid"
type_in a exit Enter
run ben@gateway 'id -un; hostname'
is 'a command may be the first as well' "$out $status" 'ben
remote 0'
echo 'pwd' | sftp -b - -F none -i "$BED_DIR/client_key" \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" cid@gateway \
	>"$TMUX_TMPDIR/out" 2>&1
like '... and sftp' "$(cat "$TMUX_TMPDIR/out")" '/home/cid'
for try in 1 2 3; do
	ssh_with "$BED_DIR/client_key" dee@gateway id -un </dev/null \
		>"$TMUX_TMPDIR/dee$try" 2>&1 &
done
wait
is 'three first sessions of one user at once all run' \
	"$(cat "$TMUX_TMPDIR"/dee[123] | xargs)" 'dee dee dee'
is '... with one uid' "$($BED on gateway grep -c '^dee:' \
	/var/lib/moshgate/users)" 1
is '... which is said once in the log' \
	"$(log_count gateway 'event=user-added user=dee ')" 1

# Who is no user there.
run zoe@gateway true
is 'a name that is nobody there gets one sentence' "$err" \
	'moshgate: The remote server does not let the gateway in as this user.'
is '... and status 1' "$status" 1
zoes=$(log_count remote 'Invalid user zoe')
ok '... which the log says' see_log gateway \
	'event=unknown-user user=zoe reason=refused .* client=fd66:1::1$'
run zoe@gateway true
is 'once more ...' "$err" \
	'moshgate: The remote server has refused this user a short while ago.'
is '... the remote is not asked' \
	"$(log_count remote 'Invalid user zoe')" "$zoes"
ok '... as the log says' see_log gateway \
	'event=unknown-user user=zoe reason=refused-before .* client='
terminal z
type_in z 'clear; ssh yan@gateway' Enter
ok 'with a terminal it is the same sentence' see z \
	'^moshgate: The remote server does not let the gateway in as this user'
is '... and none of them is a user here' "$(mapped zoe yan)" ''

# Names that differ in case alone.
Eli=$(uid_of ELI)
is 'a name has one uid in whatever case' "$(uid_of eli)" "$Eli"
run eli@gateway id -un
is '... and whoever is a user gets in, although another case came first' \
	"$out" eli
run ELI@gateway id -un
is '... and nobody by another case' "$out $status" ' 1'
ok '... although the door is open to it, as to all' let_in ELI@gateway
ok '... as the log says' see_log gateway \
	'event=unknown-user user=ELI reason=like-another '
is '... once, whichever of its processes sshd asks in' \
	"$(log_count gateway 'user=ELI reason=like-another ')" 1

# What comes between a login and its session.
# master NAME: log in as NAME, and begin with nothing yet.
master() {
	ssh_with "$BED_DIR/client_key" -M -S "$TMUX_TMPDIR/$1" -fN "$1@gateway"
	# shellcheck disable=SC2016
	wait_for running gateway "^sshd[^ ]*: $1\$"
}
# by NAME CMD...: run that as NAME, who has logged in so.
by() {
	by_name=$1
	shift
	run -S "$TMUX_TMPDIR/$by_name" "$by_name@gateway" "$@"
}
lost='moshgate: The gateway does not know any more who this is; please log in again.'
master fay
fay=$($BED on gateway sh -c "stat -c %u /proc/\$(pgrep -f '^sshd[^ ]*: fay\$')")
$BED helper restart
by fay id -un
is 'after a restart of the helper a session is told to log in again' \
	"$err" "$lost"
ok '... which the log says' see_log gateway \
	'event=unknown-user user= *reason=other-uid .*log in|reason=other-uid .*next login goes'
# Others have that uid now.
for other in ida jon kim leo; do
	[ "$(uid_of "$other")" != "$fay" ] || break
done
is '... also once another name has got the uid' "$(uid_of "$other")" "$fay"
by fay id -un
is '... there is no other answer' "$out$err" "$lost"
run fay@gateway id -un
is '... and a new login goes' "$out" fay
by fay id -un
is '... not that of before' "$out$err" "$lost"
ssh_with "$BED_DIR/client_key" -S "$TMUX_TMPDIR/fay" -O exit fay@gateway \
	2>"$TMUX_TMPDIR/exit"

# Who is not wanted any more.
people mia
master mia
settings '[clients]' 'keys = file' "$ours" 'users = * !mia'
signal_helper HUP
see_log gateway 'event=reload ' >"$TMUX_TMPDIR/reload"
by mia id -un
is 'whom [clients] users excludes since the login gets a sentence' \
	"$out$err" 'moshgate: This account does not go to the remote server.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=mia reason=not-wanted .* client='
settings '[clients]' 'keys = file' "$ours" 'users = * !ann'
$BED helper restart
ok '... and at the next login a user who is known is kept out' \
	not let_in ann@gateway

# What keeps the gateway from taking anybody new.
file_keys '[users]' 'lookups_per_minute = 1' 'new_names_per_address = 30'
echo '{}' | $BED on gateway sh -c 'cat >>/var/lib/moshgate/users'
$BED helper restart
run gus@gateway id -un
is 'while the user map is damaged there is a sentence for who is new' \
	"$out$err" \
	'moshgate: The gateway cannot take new users for now; the administrator must look into it.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=gus reason=users-damaged .* client='
run dee@gateway id -un
is '... and none for who is known' "$out" dee
$BED on gateway sed -i '/^{}/d' /var/lib/moshgate/users
run gus@gateway id -un
is '... nor for anybody when it is mended' "$out" gus

people ora
file_keys '[users]' 'uid_max = 65536' 'lookups_per_minute = 30'
run ora@gateway id -un
is 'when there is no uid left there is a sentence' "$out$err" \
	'moshgate: The gateway takes no new users from here for now; please log in again in ten minutes.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=ora reason=no-uid .*the line before'
ok '... with why' see_log gateway \
	'event=unknown-user user=ora reason=no-uid .*raise uid_max'
run dee@gateway id -un
is '... but for who has one' "$out" dee

settings 'connect_timeout = 1' '[clients]' 'keys = file' "$ours"
$BED helper restart
$BED wan down
run hal@gateway id -un
is 'while the remote is out of reach there is a sentence' "$out$err" \
	'moshgate: The remote server cannot be reached from the gateway.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=hal reason=unreachable .* client='
run hal@gateway id -un
is '... also when that is known' "$out$err" \
	'moshgate: The remote server is out of reach.'
$BED wan up
reached() {
	run hal@gateway id -un
	[ "$out" = hal ]
}
ok '... and the session when it is back' wait_for reached

# More names than the remote may refuse.
file_keys '[users]' 'lookups_per_minute = 1'
for name in nobody1 nobody2 nobody3; do
	ssh_with "$BED_DIR/client_key" "$name@gateway" id </dev/null \
		2>"$TMUX_TMPDIR/$name"
done
is 'when the remote has refused as many as it may there is a sentence' \
	"$(cat "$TMUX_TMPDIR/nobody3")" \
	'moshgate: Too many logins are under way; try again in a minute.'
ok '... which the log says' see_log gateway \
	'event=unknown-user user=nobody3 reason=too-many .* client='
