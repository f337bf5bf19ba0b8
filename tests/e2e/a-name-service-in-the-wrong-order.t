#!/bin/sh
# `moshgate check' sees that users who exist on the remote alone are found, and
# that nobody else is sent there because a source of the name service is in the
# wrong place, is down, or is asked by another program.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/check.sh"
plan 75

conf=/etc/nsswitch.conf
accounts alice bob carol
no_map
no_module

thing='only accounts of the gateway'
passwd_line 'files'
warns 'name service +users of the remote need an account on the gateway' \
	"add moshgate at the end of the line passwd of $conf"

thing='no module'
passwd_line 'files moshgate'
finds 'module +libnss_moshgate\.so\.2: ' 'install moshgate anew, with ldconfig'
thing='another module of that name'
# shellcheck disable=SC2016
$BED on gateway sh -c 'cd "$(dirname "$(ldconfig -p |
	sed -n "s/.*libc\.so\.6 .*=> //p" | head -n 1)")" &&
	echo | cc -shared -o libnss_moshgate.so.2 -x c -'
finds 'module +libnss_moshgate\.so\.2 is something else' 'install moshgate anew'

thing='moshgate last'
stand_in '' 0
is_content "name service +moshgate is last in the line passwd of $conf"
like '... and so is its module' "$found" '^ok +module +libnss_moshgate\.so\.2 '
like '... and nobody has come yet' "$found" \
	'^ok +user map +/var/lib/moshgate/users: no user yet'
thing='moshgate last, behind a directory'
passwd_line 'files sss [UNAVAIL=return] moshgate'
is_content 'name service +moshgate is last'

thing='moshgate not last'
passwd_line 'files moshgate systemd'
finds 'name service +systemd stands behind moshgate' \
	'write: passwd: files systemd moshgate$'
thing='a directory whose outage sends its users to the remote'
passwd_line 'files sss moshgate'
finds 'name service +an outage of sss, .* makes its users the remote.s' \
	'write: passwd: files sss \[UNAVAIL=return\] moshgate$'
thing='a source that has the last word'
passwd_line 'files [NotFound=Return] moshgate'
finds 'name service +\[NOTFOUND=return\] behind files .* keeps moshgate' \
	'write: passwd: files moshgate$'
thing='a comment that is none'
passwd_line 'files # then moshgate'
finds 'name service +what is behind # in the line passwd ' \
	'put the comment on a line of its own'

# With these nobody is found here, so more than one thing is wrong; sss is down,
# not being there.
passwd_line 'files [SUCCESS=continue] moshgate'
said=$(check alice)
is 'a source that never has the last word: status 1' $? 1
like '... and the line says it' "$said" \
	'^FAIL +name service +without \[SUCCESS=return\] behind files'
like '... and the next what to do' "$said" '-> write: passwd: files moshgate$'
passwd_line 'sss [UNAVAIL=return] files moshgate'
said=$(check alice)
is 'a directory whose outage locks out root: status 1' $? 1
like '... and the line says it' "$said" \
	'^FAIL +name service +an outage of sss, .* locks out everybody, root too'
like '... and the next what to do' "$said" \
	'-> write: passwd: files sss \[UNAVAIL=return\] moshgate$'
passwd_line 'files [moshgate'
said=$(check alice)
is 'a line that cannot be read: status 1' $? 1
like '... and the line says it' "$said" \
	'^FAIL +name service +the line passwd of .* is not understood'
esc=$(printf '\033')
passwd_line "files ${esc}[2J]sss moshgate"
unlike 'what is there cannot command the terminal' "$(check alice)" "$esc"
passwd_line "files ${esc}2Jsss moshgate"
said=$(check alice)
unlike '... nor as the name of a source' "$said" "$esc"
like '... which is shown' "$said" 'an outage of .x1b2Jsss,'
$BED on gateway sh -c "mv $conf $conf.away; mkdir $conf"
like 'a directory in its place is no such file' "$(check alice)" \
	"^FAIL +name service +$conf cannot be read"
$BED on gateway sh -c "rmdir $conf; ln -s $conf $conf"
like '... nor is a link that leads nowhere' "$(check alice)" \
	"^FAIL +name service +$conf cannot be read"
$BED on gateway rm "$conf"
like 'without the file there are files' "$(check alice)" \
	'^warn +name service +users of the remote need an account'
$BED on gateway mv "$conf.away" "$conf"

# nscd's socket is all that is seen of it, so it doesn't have to be nscd's.
nscd_conf() {
	printf '%s\n' "$@" | $BED on gateway sh -c 'cat >/etc/nscd.conf'
}
passwd_line 'files moshgate'
$BED on gateway mkdir -p /run/nscd
nscd_conf 'enable-cache passwd yes'
thing='no nscd'
is_content 'name service'
unlike '... and it is not spoken of' "$found" nscd
$BED on gateway socat UNIX-LISTEN:/run/nscd/socket,fork,mode=666 /dev/null &
nscd=$!
ok '(something listens in its place)' \
	wait_for "$BED" on gateway test -S /run/nscd/socket
thing='nscd caches users'
finds 'name cache +nscd caches users' \
	'say "enable-cache passwd no" in /etc/nscd\.conf, and start it anew'
thing='... which is no harm to accounts of the gateway'
passwd_line 'files'
warns 'name service' 'add moshgate'
passwd_line 'files moshgate'
thing='nscd does not cache users'
nscd_conf '# enable-cache passwd yes' 'enable-cache passwd no' \
	'enable-cache group yes'
is_content 'name cache +nscd does not cache users'
thing='nscd without a word of users'
nscd_conf 'enable-cache group yes'
is_content 'name cache +nscd does not cache users'
thing='nscd without settings'
$BED on gateway rm /etc/nscd.conf
is_content 'name cache +nscd does not cache users'
thing='nscd has gone, its socket has not'
nscd_conf 'enable-cache passwd yes'
kill "$nscd"
wait "$nscd" 2>/dev/null
$BED on gateway sh -c 'rm -f /run/nscd/socket; : >/run/nscd/socket'
is_content 'name service'
