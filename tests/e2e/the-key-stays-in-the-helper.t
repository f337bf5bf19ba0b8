#!/bin/sh
# The gateway's key is in the memory of the helper alone, which nobody but root
# can open: not even another process of the helper's own user.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 12

memory=$(cat "$(dirname "$0")/memory.pl")
key=/etc/moshgate/id_ed25519
# The lines of the key's file that have what is secret in them.
key_lines=$($BED on gateway sed '/-----/d' "$key" | sed 1,3d)
# key_bytes: the key as OpenSSH writes it in its file, without the base64.
key_bytes() {
	$BED on gateway sed '/-----/d' "$key" | base64 -d
}
# in_log HOST: is a line of the key's file in the log?
in_log() {
	$BED log "$1" | grep -F -e "$key_lines"
}

# A process of the service's user that wants to see the others.
as _moshgate perl -e "$memory" open /tmp/enough >"$TMUX_TMPDIR/opened" &
opening=$!
wait_for grep READY "$TMUX_TMPDIR/opened"
for round in 1 2 3; do
	$BED helper restart
	ok "with the helper started anew, alice gets in ($round)" \
		let_in alice@gateway
	# setpriv itself still has capabilities: sh is between them.
	as _moshgate sh -c 'exec /usr/libexec/moshgate/moshgate-helper -t' \
		>/dev/null
done
for user in alice bob carol; do
	terminal "$user"
	ok "$user is logged in" login "$user" "$user"
done
$BED on gateway touch /tmp/enough
wait "$opening"
opened=$(sed 1d "$TMUX_TMPDIR/opened")
like 'a process of _moshgate has tried to open the memory of the others' \
	"$opened" '^tried [1-9][0-9]*$'
unlike '... of which it could open none' "$opened" '^opened'

# One more is on the way: its moshgate-session waits.
$BED helper restart
$BED on remote sh -c '
	cat >/usr/local/bin/mosh-server
	chmod 755 /usr/local/bin/mosh-server' <<'END'
#!/bin/sh
until test -e /tmp/gate-is-open; do sleep 0.1; done
exec /usr/bin/mosh-server "$@"
END
terminal d 80 24 ssh bob@gateway
see d '^moshgate: connecting'
found=$(key_bytes | $BED on gateway perl -e "$memory" find)
like 'root has read the memory of helper, worker, session and mosh-client' \
	"$(echo "$found" | sed -n 's/^read //p' | sort -u | xargs)" \
	'mosh-client .*moshgate-helper moshgate-sessio moshgate-worker'
is "... and found the key in the helper's" \
	"$(echo "$found" | sed -n 's/^found //p')" moshgate-helper
ok 'it is not in the log of the gateway' not in_log gateway
ok '... nor in that of the remote' not in_log remote
