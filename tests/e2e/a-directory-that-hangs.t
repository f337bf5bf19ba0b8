#!/bin/sh
# A directory service that hangs, for some names or for all, holds up nobody whom
# it need not be asked for, or for whom it answers; whoever waits for it is told
# so before long.  The processes that ask it may be stopped or die, too.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 35

on() {
	$BED on gateway "$@"
}

people zoe
account zoe
on useradd -M -d / outsider

# The directory knows nobody; it hangs for the names and uids that are files in
# /run/hangs, or for all while "all" is there.
on sh -c 'mkdir /run/hangs && cd "$(dirname "$(ldconfig -p |
	sed -n "s/.*libc\.so\.6 .*=> //p" | head -n 1)")" &&
	cc -shared -fPIC -o libnss_hangs.so.2 -x c -' <<'END'
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>
static enum nss_status
look(const char *whom, int *error)
{
	char path[300];
	snprintf(path, sizeof(path), "/run/hangs/%s", whom);
	while (access(path, F_OK) == 0 || access("/run/hangs/all", F_OK) == 0)
		usleep(10000);
	*error = ENOENT;
	return NSS_STATUS_NOTFOUND;
}
enum nss_status
_nss_hangs_getpwnam_r(const char *name, struct passwd *user, char *buffer,
    size_t size, int *error)
{
	return look(name, error);
}
enum nss_status
_nss_hangs_getpwuid_r(uid_t uid, struct passwd *user, char *buffer,
    size_t size, int *error)
{
	char text[16];
	snprintf(text, sizeof(text), "%u", uid);
	return look(text, error);
}
END
passwd() {
	on sh -c 'sed -i "/^passwd:/d" /etc/nsswitch.conf &&
		echo "passwd: $*" >>/etc/nsswitch.conf' - "$@"
	$BED helper restart
}
hangs() {
	on sh -c 'cd /run/hangs && touch "$@"' - "$@"
}
answers() {
	on sh -c 'rm -f /run/hangs/*'
}
# ask NAME: as sshd asks for their keys, without looking them up before.
ask() {
	on setpriv --reuid=_moshgate --regid=_moshgate --init-groups \
		/usr/libexec/moshgate/moshgate-keys "$@"
}
# asking NAME: is that under way?
asking() {
	running gateway "^/usr/libexec/moshgate/moshgate-keys $1\$"
}
# at_least COUNT, at_most COUNT: do so many processes ask the name service?
at_least() {
	[ "$(on pgrep -c -x moshgate-names)" -ge "$1" ]
}
at_most() {
	[ "$(on pgrep -c -x moshgate-names)" -le "$1" ]
}
signal_names() {
	on pkill "-$1" -x moshgate-names
}

# For some names.
passwd files hangs moshgate
known alice bob
ok 'with a directory that answers alice gets in' let_in alice@gateway
ok '... and so does an account of the gateway' let_in zoe@gateway
hangs mallory
(ask mallory >"$TMUX_TMPDIR/mallory" 2>&1) &
ok 'while it hangs for one name' wait_for asking mallory
ok '... alice gets in' let_in alice@gateway
ok '... and so does bob, for whom it is asked for the first time' \
	let_in bob@gateway
ok '... and the account' let_in zoe@gateway
ok '... and root is told how things are' on moshgate status
ok '... before there is an answer' asking mallory
wait
ok 'who waits for it is refused, and the log says why' see_log gateway \
	'event=refused uid=770 user=mallory reason=name-service remedy=.see why a source of passwd'
ok '... and for whom' see_log gateway \
	'event=note about=name-service detail="mallory: the name service has not answered in time" remedy='

# For many names, which are as many as anybody likes.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	hangs "mallory$i"
	(ask "mallory$i" >"$TMUX_TMPDIR/mallory" 2>&1) &
done
ok 'while it hangs for a dozen names' wait_for at_least 5
ok '... alice gets in' let_in alice@gateway
is '... and has a session' \
	"$(ssh alice@gateway hostname </dev/null 2>&1)" remote
ok '... and the account' let_in zoe@gateway
ok '... before there is an answer' asking mallory12
ok '... and no more than eight processes wait' at_most 8
wait
answers
ok '... and when it answers it is asked again' let_in bob@gateway

# For all: sshd doesn't ask it for those whom it finds before.
passwd files moshgate hangs
hangs all
ok 'while it hangs for all names the user of the map gets in' \
	let_in alice@gateway
ok '... and so does an account' let_in zoe@gateway
ok '... and one that is none of moshgate'"'"'s' let_in local@gateway
ok '... somebody else is kept out' not ask nobody-knows
ok '... the log says why' see_log gateway \
	'event=refused uid=770 user=nobody-knows reason=name-service remedy='
ok '... and root is told how things are' on moshgate status
ok 'somebody outside the group may not have a session' not \
	as outsider /usr/libexec/moshgate/moshgate-session
answers

# The processes that ask.
for signal in KILL STOP SEGV TERM; do
	signal_names "$signal"
	ok "after SIG$signal for those who ask alice gets in" \
		let_in alice@gateway
done
(while [ ! -e "$TMUX_TMPDIR/over" ]; do signal_names KILL; done) &
not let_in zoe@gateway | note
: >"$TMUX_TMPDIR/over"
wait
ok 'once they are not killed any more, the account gets in' \
	wait_for let_in zoe@gateway
ok '... and alice' let_in alice@gateway

# One that has been taken over can't run programs, or do anything to files.
on sh -c 'pid=$(pgrep -x moshgate-names | head -n 1) &&
	grep -E "^(Seccomp|NoNewPrivs):" "/proc/$pid/status"' \
	>"$TMUX_TMPDIR/status"
like 'they have given up system calls' "$(cat "$TMUX_TMPDIR/status")" \
	'^Seccomp:.2$'
like '... and new rights' "$(cat "$TMUX_TMPDIR/status")" '^NoNewPrivs:.1$'
is '... and none of them has the socket that people come to' \
	"$(on sh -c 'for pid in $(pgrep -x "moshgate-(names|users)"); do
		ls -l "/proc/$pid/fd" | grep -c "socket:"; done | sort -u')" 1
ok '... they end with the helper' sh -c "$BED helper stop"
ok '... all of them' wait_for not on pgrep -x 'moshgate-(names|users)'
