#!/bin/sh
# The gateway's key is in the memory of the helper alone, which is neither
# swapped out nor dumped nor inherited, and which nobody but root can open: not
# even another process of the helper's own user.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 41

memory=$(cat "$(dirname "$0")/memory.pl")
key=/etc/moshgate/id_ed25519
# find: where the gateway's key is.
find_key() {
	$BED on gateway cat "$key" | $BED on gateway perl -e "$memory" find
}
# key_lines: the lines of its file that have what is secret in them.
key_lines() {
	$BED on gateway sed '/-----/d' "$key" | grep -v '^b3BlbnNzaC1rZXk'
}
# in_log HOST: is a line of the key's file in the log?
in_log() {
	$BED log "$1" | grep -F -e "$(key_lines | tail -n 2)"
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
# To look for leaks at its end, a program built with sanitizers makes itself
# traceable.
if [ -n "${SAN-}" ]; then
	skip '... of which it could open none' 'built with sanitizers'
else
	unlike '... of which it could open none' "$opened" '^opened'
fi

# From here on ssh-keygen, by which a worker reads known_hosts, may have to wait.
$BED on gateway sh -c 'mv /usr/bin/ssh-keygen /usr/bin/ssh-keygen.real
	cat >/usr/bin/ssh-keygen && chmod 755 /usr/bin/ssh-keygen' <<'END'
#!/bin/sh
while test -e /tmp/keygen-waits; do sleep 0.1; done
exec /usr/bin/ssh-keygen.real "$@"
END
$BED on remote sh -c '
	cat >/usr/local/bin/mosh-server
	chmod 755 /usr/local/bin/mosh-server' <<'END'
#!/bin/sh
until test -e /tmp/gate-is-open; do sleep 0.1; done
exec /usr/bin/mosh-server "$@"
END

# key_in_helper_alone FORMAT: two logins are on their way, one whose
# moshgate-session waits, and one whose worker does, for ssh-keygen.
key_in_helper_alone() {
	$BED on remote rm -f /tmp/gate-is-open
	$BED helper restart
	terminal "$1" 80 24 ssh bob@gateway
	ok "$1: a login is on its way" see "$1" '^moshgate: connecting'
	$BED on gateway touch /tmp/keygen-waits
	ssh_with "$BED_DIR/client_key" carol@gateway true </dev/null \
		>"$TMUX_TMPDIR/carol" 2>&1 &
	ok '... and another' wait_for running gateway '[s]sh-keygen -F remote'
	found=$(find_key)
	like '... root has read the memory of all that is there' \
		"$(echo "$found" | sed -n 's/^read //p' | sort -u | xargs)" \
		"mosh-client moshgate-helper moshgate-keys moshgate-names \
moshgate-sessio moshgate-users moshgate-worker .*ssh-keygen"
	is "... and found the key in the helper's" \
		"$(echo "$found" | sed -n 's/^found //p')" moshgate-helper
	is '... in one place' "$(echo "$found" | grep -c '^flags ')" 1
	for flag in lo dd dc; do
		if [ "$flag" = lo ] && [ -n "${SAN-}" ]; then
			skip '... with the flag lo' 'sanitizers lock nothing'
			continue
		fi
		like "... with the flag $flag" \
			"$(echo "$found" | grep '^flags ')" " $flag( |\$)"
	done
	ok '... it is not in the log of the gateway' not in_log gateway
	ok '... nor in that of the remote' not in_log remote
	$BED on gateway rm /tmp/keygen-waits
	$BED on remote touch /tmp/gate-is-open
	ok '... the login goes on' see "$1" bob@remote
	wait
}
key_in_helper_alone openssh

# The same key in PEM: in OpenSSH's file its seed is where it always is.
# shellcheck disable=SC2016 # for the gateway's shell
$BED on gateway sh -c 'sed /-----/d "$1" | base64 -d | tail -c +162 |
	head -c 32 >/tmp/seed &&
	{
		echo "-----BEGIN PRIVATE KEY-----"
		{
			printf "\060\056\002\001\000\060\005\006\003\053\145\160"
			printf "\004\042\004\040"
			cat /tmp/seed
		} | base64 -w 64
		echo "-----END PRIVATE KEY-----"
	} >"$1"; rm /tmp/seed' - "$key"
key_in_helper_alone pem

# And in moshgate.ini.
settings '[gateway]' "key_content = $($BED on gateway base64 -w 0 "$key")"
key_in_helper_alone content
