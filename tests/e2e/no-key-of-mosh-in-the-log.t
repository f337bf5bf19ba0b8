#!/bin/sh
# Whoever has the key of a session can read it and type into it: it is in no
# log, however a session begins or fails.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 17

# no_key KEYS: is none of these, one a line, in a log?
no_key() {
	for host in gateway remote; do
		! $BED log "$host" | grep -F -e "$1" || return
	done
}
# said: the keys that mosh-servers have said to the wrapper.
said() {
	$BED on remote sed -n 's/^MOSH CONNECT [0-9]* //p' /tmp/said
}
# wrapper COMMAND: from now on this is mosh-server on the remote.
wrapper() {
	printf '%s\n' '#!/bin/sh' "$1" | $BED on remote sh -c '
		cat >/usr/local/bin/mosh-server
		chmod 755 /usr/local/bin/mosh-server
		rm -f /tmp/said; touch /tmp/said; chmod 666 /tmp/said'
}
# told NAME: log in as alice in terminal NAME, up to the end.
told() {
	terminal "$1"
	type_in "$1" "ssh alice@gateway; echo the status was \$?" Enter
	see "$1" '^the status was 1$'
}

# A session that works.
terminal a
ok 'alice is logged in' login a alice
key=$($BED on gateway sh -c 'tr "\0" "\n" \
	<"/proc/$(pgrep -x mosh-client)/environ"' | sed -n 's/^MOSH_KEY=//p')
like 'her session has a key' "$key" '^[A-Za-z0-9/+]{22}$'
ok '... which is in no log' no_key "$key"

# A mosh-server that says a key and fails.
wrapper '/usr/bin/mosh-server "$@" 2>/dev/null | tee -a /tmp/said; exit 3'
ok 'mosh-server says a key, and fails: the session ends with status 1' told b
like '... a sentence says why' "$(screen b)" \
	'^moshgate: mosh-server did not start on the remote server\.$'
ok '... the log has the reason' see_log gateway \
	'event=login-failed user=alice .*reason=mosh-failed'
keys=$(said)
like '... a key was said' "$keys" '^[A-Za-z0-9/+]{22}$'
ok '... which is in no log' no_key "$keys"

# Others that talk.
wrapper '/usr/bin/mosh-server "$@" 2>/dev/null | tee -a /tmp/said
sed -n "/MOSH CONNECT/{p;q;}" /tmp/said'
ok 'mosh-server says it twice: the session ends' told c
keys=$(said)
like '... a key was said' "$keys" '^[A-Za-z0-9/+]{22}$'
ok '... which is in no log' no_key "$keys"
$BED on remote rm /usr/local/bin/mosh-server

# The login shell starts one, and ends: with more and more said after the key.
for padding in 0 150 170 180; do
	$BED on remote sh -c 'cat >/home/bob/.bashrc' <<-END
	printf '%200s\n' | tr ' ' x
	echo "MOSH CONNECT 60001 ABCDEFGHIJKLMNOPQRSTUV"
	[ $padding -eq 0 ] || printf '%${padding}s' | tr ' ' y
	exit 0
	END
	$BED helper restart
	ok "the login shell says one and $padding more, and ends: kept out" \
		kept_out bob@gateway
done
like '... a line in the log says why' "$($BED log gateway | grep 'user=bob')" \
	'event=login-failed user=bob asked=keys .*reason=no-shell '
ok '... without a part of the key' no_key KLMNOPQRSTUV
