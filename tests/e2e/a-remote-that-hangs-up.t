#!/bin/sh
# The remote ends the connection at some step, with or without saying why.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 29

fake_remote 5
terminal a
said='the remote said: .x1b\[2J'
while read -r mode reason detail; do
	ok "$mode" no_keys "$mode" "$reason" "$detail"
done <<-END
	close@accept unreachable handshake
	close@version lost handshake
	close@kexinit lost handshake
	close@newkeys lost handshake
	close@service lost publickey
	close@auth lost channel
	close@exec lost read
	close@reply lost read
	disconnect@version lost handshake.*$said
	disconnect@newkeys lost handshake.*$said
	disconnect@pkok lost publickey.*$said
	disconnect@auth lost channel.*$said
	disconnect@exec lost read.*$said
	disconnect@reply lost read.*$said
	stop:close@open no-shell|timeout channel
	stop:eof@exec no-shell the login shell ended
	stop:close@exec no-shell the login shell ended
	stop:exit@exec no-shell the login shell ended
	stop:exit@reply no-shell the login shell ended
END
ok 'all their workers have ended' no_workers
for mode in close@again disconnect@again stop:close@again stop:eof@idle \
	stop:close@idle; do
	has_keys "$mode"
	fresh a
	ok "$mode: she logs in, on a new connection" login a alice
done
for mode in close@exec disconnect@auth stop:exit@reply; do
	ok "$mode: a session is told as well" no_session "$mode" \
		'lost|no-shell' ''
done
misbehaves honest
fresh a
ok 'when the remote is itself again she logs in' login a alice
