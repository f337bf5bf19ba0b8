#!/bin/sh
# The remote is silent from some step on: the login is given up in time, and
# the log says in which.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 19

fake_remote 1
helper=$($BED on gateway cat /run/moshgate-helper.pid)
while read -r mode step; do
	ok "$mode" no_keys "$mode" timeout "$step"
done <<-END
	silence@accept handshake: the remote does not answer
	silence@version handshake: the remote does not answer
	silence@kexinit handshake: the remote does not answer
	silence@kexreply handshake: the remote does not answer
	silence@newkeys handshake: the remote does not answer
	silence@service publickey: the remote does not answer
	silence@pkok publickey: the remote does not answer
	silence@auth channel: the remote does not answer
	silence@open channel: the remote does not answer
	silence@exec read: the remote does not answer
	silence@reply read: the remote does not answer
	drip@accept handshake
	drip@kexinit handshake
	drip@exec read
	drip@reply read
END
ok 'silence@exec: a session is told as well' \
	no_session silence@exec timeout 'read: '
ok 'all their workers have ended' no_workers
ok 'when the remote is itself again there are keys' has_keys honest
# shellcheck disable=SC2016
is '... and the helper is the one that was there' \
	"$($BED on gateway sh -c 'kill -0 "$1" && echo there' - "$helper")" there
