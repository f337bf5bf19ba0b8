#!/bin/sh
# Whatever a local user, a gateway user, or sshd's user puts into a request:
# the answer is what the request deserves, one line in the log is all there is,
# and nothing in it commands a terminal or looks like another line.
. "$(dirname "$0")/lib.sh"
in_bed "$@"

peer=$(cat "$(dirname "$0")/socket.pl")
esc=$(printf '\033')
csi=$(printf '\302\233')
cr=$(printf '\r')
nl='
'
long=$(printf '%8000s' '' | tr ' ' x)
# None of these is a name, and all of them want to be seen.
evil="x${nl}moshgate-helper[1]: event=session user=root${cr}${esc}[2J${esc}]0;t$csi"
evil="$evil\" user=\"root"

lines() {
	$BED log gateway | grep -c "moshgate-helper\[[0-9]*\]: event=$1"
}
# has_more_than COUNT EVENT: what was logged is written a moment later.
has_more_than() {
	[ "$(lines "$2")" -gt "$1" ]
}
plan 51

# refused USER ANSWER EVENT TYPE BODY: what is answered, and that this made one
# line of EVENT in the log.
refused() {
	was=$(lines "$3")
	is "$1 asks $4 $(printf %.40s "$5" | tr -dc 'a-z0-9 .*+-'): $2" \
		"$(as "$1" perl -e "$peer" ask "$4" "$5" 2>&1)" "$2"
	wait_for has_more_than "$was" "$3"
	is '... and the log has one line' "$(lines "$3")" $((was + 1))
}
# sshd's user: every name that is none.
for name in '' . .. -x 123 'a b' 'a/b' '*' "$evil" "$long"; do
	refused _moshgate 'refused bad-name' refused keys "user\0$name\0"
done
# One that sshd has not asked for before.
refused _moshgate 'refused other-uid' unknown-user keys 'user\0mallory\0'
refused _moshgate 'refused root' refused keys 'user\0root\0'
refused _moshgate 'refused malformed' refused keys "$evil"
# The first of two counts; what is only like the name doesn't.
refused _moshgate 'refused root' refused keys 'user\0root\0user\0alice\0'
refused _moshgate 'refused bad-name' refused keys \
	'User\0alice\0user \0alice\0\0alice\0'
refused _moshgate 'refused root' refused keys \
	"user\0root\0sshd_pid\0$evil\0type\0$evil\0blob\0$evil\0"
# Others.
refused nobody 'refused not-in-group' refused session \
	"user\0alice\0uid\0002001\0client\0$evil\0"
refused nobody 'refused not-sshd' refused keys "user\0alice\0sshd_pid\0$evil\0"
refused nobody 'refused not-root' refused check "user\0$evil\0"
refused nobody 'refused unknown-request' refused odd "$evil\0$evil\0"

# A gateway user whose session begins with all that.
fields="client\0$evil\0LANG\0$evil\0LC_ALL\0$evil\0TERM\0$evil\0"
fields="${fields}COLORTERM\0$evil\0$evil\0$evil\0LC_$evil\0x\0"
for colors in +1 ' 1' 1e3 -1 99999999999999999999 0x10 "$evil"; do
	was=$(lines session)
	is "alice has $(printf %.20s "$colors" | tr -dc 'a-z0-9 .*+-') colours: ok" \
		"$(as alice perl -e "$peer" ask session \
		"colors\0$colors\0$fields" 2>&1)" ok
done
$BED helper restart
many=$(seq -f 'LC_%g\0C.UTF-8\0' 1090 | tr -d '\n')
is 'alice has 1090 variables of a locale: ok' \
	"$(as alice perl -e "$peer" ask session "$many" 2>&1)" ok
# By hand.
refused_by_hand() {
	was=$(lines refused)
	keys_of "$1" >"$TMUX_TMPDIR/by-hand" 2>&1
	wait_for has_more_than "$was" refused
	is 'moshgate-keys, by hand, with such a name: one line' \
		"$(lines refused)" $((was + 1))
}
refused_by_hand "$evil"

log=$($BED log gateway)
unlike 'no line of the log has a control character' "$log" \
	"[[:cntrl:]]|$csi"
unlike '... or begins as what was sent' "$log" '^[^ ]* *event=|^moshgate'
