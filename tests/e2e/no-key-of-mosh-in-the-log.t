#!/bin/sh
# Whoever has the key of a session can read it and type into it: it is in no
# log, on no command line, and nothing that root is told, however a session
# begins or fails.  Nor is the gateway's own key.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 34
known alice bob carol

# no_key KEYS: is none of these, one a line, in a log?
no_key() {
	for host in gateway remote; do
		! $BED log "$host" | grep -F -e "$1" || return
	done
}
# no_key_shown KEY: nor does root see it where everybody, or a log, might too.
no_key_shown() {
	for host in gateway remote; do
		! $BED on "$host" sh -c \
			'cat /proc/[0-9]*/cmdline | tr "\0" " "' 2>/dev/null |
			grep -F -e "$1" || return
	done
	! $BED on gateway sh -c 'moshgate status; moshgate check alice;
		cat /run/moshgate-helper.out' 2>&1 | grep -F -e "$1"
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
ok '... on no command line, and nothing root is told' no_key_shown "$key"

# The same with the log on standard error.
$BED helper stop
$BED on gateway sh -c 'setsid /usr/libexec/moshgate/moshgate-helper -e \
	</dev/null >/run/moshgate-helper.out 2>&1 &
	echo $! >/run/moshgate-helper.pid'
# shellcheck disable=SC2086
wait_for $BED on gateway moshgate status
terminal e
ok 'with the log on standard error, bob is logged in' login e bob
key=$($BED on gateway sh -c 'tr "\0" "\n" \
	<"/proc/$(pgrep -nx mosh-client)/environ"' | sed -n 's/^MOSH_KEY=//p')
like 'his session has a key' "$key" '^[A-Za-z0-9/+]{22}$'
like '... the log is there' "$($BED on gateway cat /run/moshgate-helper.out)" \
	'event=session user=bob '
ok '... and does not have it' no_key_shown "$key"
$BED helper restart

# A mosh-server that says a key and fails.
settings '[mosh]' 'fallback = no'
$BED helper restart
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
# The answer comes to pieces, and the server runs.
terminal g
for garble in 's/CONNECT/CONN\nECT/' 's/MOSH //' 's/ /  /g' 's/$/x/' \
	's/ /\t/g' 's/MOSH/&\x1b[0m/'; do
	wrapper '/usr/bin/mosh-server "$@" 2>/dev/null | tee -a /tmp/said |
		sed -n "/MOSH CONNECT/{'"$garble"';p;}"; exit 0'
	fresh g
	type_in g "ssh alice@gateway; echo the status was \$?" Enter
	see g '^the status was 1$'
	keys=$(said)
	ok 'its answer is garbled: no key is logged' \
		no_key "${keys:-none was said}"
done
like '... though there was an answer' "$keys" '^[A-Za-z0-9/+]{22}$'
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

# The gateway's key: the lines of its file, and its seed in other forms.
$BED on gateway sed '/-----/d' /etc/moshgate/id_ed25519 |
	base64 -d >"$TMUX_TMPDIR/key"
seed=$(perl -0777 -ne '/\0{3}\x40(.{32})/s and print unpack "H*", $1' \
	"$TMUX_TMPDIR/key")
like "the gateway's key has a seed" "$seed" '^[0-9a-f]{64}$'
ok '... which is in no log' no_key "$seed"
ok '... nor in base64' no_key "$(perl -MMIME::Base64 -e \
	'print substr encode_base64(pack("H*", shift), ""), 0, 40' "$seed")"
lines=$($BED on gateway sed '/-----/d' /etc/moshgate/id_ed25519 | sed 1,2d)
ok '... nor as a line of its file' no_key "$lines"
ok '... nor is it shown' no_key_shown "$lines"
