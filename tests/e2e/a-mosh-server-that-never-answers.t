#!/bin/sh
# A user can have any program for a mosh-server on the remote.  However many have
# one that never answers, or never starts, the others get mosh all the same.
# shellcheck disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 14

# mallory's says where it is, and isn't there; eve's never says.
$BED on remote sh -c 'cat >/usr/local/bin/mosh-server &&
	chmod 755 /usr/local/bin/mosh-server' <<'END2'
#!/bin/sh
case $(id -un) in
mallory*) echo MOSH CONNECT 60500 ABCDEFGHIJKLMNOPQRSTUQ ;;
eve*) exec sleep 30 ;;
*) exec /usr/bin/mosh-server "$@" ;;
esac
END2
evil='mallory mallory1 mallory2 mallory3 mallory4 mallory5'
evil="$evil eve eve1 eve2 eve3 eve4 eve5"
people $evil
known alice bob carol $evil

# by_mosh USER: has this user a session by mosh, and none over SSH?
by_mosh() {
	$BED on gateway pgrep -u "$1" -x mosh-client &&
		not log_has gateway "event=fallback user=$1 "
}

terminal a
terminal b
for user in mallory mallory1; do
	fresh a
	ok "$user gets in" login a "$user"
	ok '... over SSH, as UDP does not get through' see_log gateway \
		"event=fallback user=$user .*reason=udp-blocked"
done
fresh b
ok 'then bob comes' login b bob
ok '... by mosh: what they have met counts for themselves' by_mosh bob
ok '... and for them no more' see_log gateway event=udp-open
fresh a
$BED on remote rm /usr/local/bin/mosh-server
$BED on remote sh -c 'ln -s /usr/bin/mosh-server /usr/local/bin/mosh-server'
ok 'mallory, with a mosh-server, has mosh' eval 'login a mallory
	$BED on gateway pgrep -u mallory -x mosh-client'
tm respawn-pane -k -t a
tm respawn-pane -k -t b

# All at once, when nothing is known.
$BED on remote sh -c 'rm /usr/local/bin/mosh-server
	cat >/usr/local/bin/mosh-server && chmod 755 /usr/local/bin/mosh-server' \
	<<'END2'
#!/bin/sh
case $(id -un) in
mallory*) echo MOSH CONNECT 60500 ABCDEFGHIJKLMNOPQRSTUQ ;;
eve*) exec sleep 30 ;;
*) exec /usr/bin/mosh-server "$@" ;;
esac
END2
$BED helper restart
$BED on gateway sh -c ': >/var/log/messages'
for user in $evil; do
	keys_of "$user" >/dev/null 2>&1 &
done
wait_for running gateway '^moshgate-probe'
fresh a
ok 'twelve of them come at once, and alice' login a alice
ok '... who has mosh' by_mosh alice
fresh b
ok '... and carol' login b carol
ok '... has it, too' by_mosh carol
ok 'what all of them try has come to its end' \
	wait_for not running gateway '^moshgate-probe'
unlike 'moshgate status says that it gets through' \
	"$($BED on gateway moshgate status)" 'UDP'
