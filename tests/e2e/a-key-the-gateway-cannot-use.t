#!/bin/sh
# A key that the gateway can't use, or that others can read: the helper doesn't
# start, and one line says why and what to do.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 79

key=/etc/moshgate/id_ed25519
make_one="make one with .ssh-keygen -t ed25519 -N '' -f $key. \\(then chown \
root:_moshgate, chmod 0640\\)\$"
let_read="chown root:_moshgate $key && chmod 0640 $key"

# start: start the helper, which must not go on for long.
start() {
	$BED on gateway timeout 20 /usr/libexec/moshgate/moshgate-helper 2>&1
}
# make CMD...: run CMD in an empty directory of the gateway, where its file
# "key" becomes the gateway's key, for the helper to read.
make() {
	$BED on gateway sh -c 'rm -rf /tmp/made && mkdir /tmp/made &&
		cd /tmp/made && "$@" >/dev/null 2>&1' - "$@"
	$BED on gateway sh -c "cat /tmp/made/key >$key"
}
# in_log NUMBER: has the log so many lines about it?
in_log() {
	[ "$(log_count gateway "event=start-failed detail=.$key: ")" = "$1" ]
}
# refused WHAT FAULT REMEDY: the helper refuses its key.
times=0
refused() {
	times=$((times + 1))
	said=$(start)
	is "$1: the helper doesn't start" $? 1
	is '... and says one line' "$(echo "$said" | wc -l)" 1
	like '... of what is wrong' "$said" \
		"^moshgate-helper: $key: the gateway's key:? $2: "
	like '... and what to do' "$said" "$3"
	ok '... which is in the log, too' wait_for in_log "$times"
}

$BED helper stop
$BED on gateway cp -p "$key" "$key.good"

make ssh-keygen -t ed25519 -N 'open sesame' -f key
refused 'a passphrase' 'has a passphrase, and nobody is there to type it' \
	"\"ssh-keygen -p -N '' -f $key\" .*$make_one"
make openssl genpkey -algorithm ed25519 -aes256 -pass pass:sesame -out key
refused 'a passphrase on a PEM file' \
	'has a passphrase, and nobody is there to type it' \
	"\"openssl pkey -in $key -out $key.new\".*$make_one"
make ssh-keygen -t rsa -b 2048 -N '' -f key
refused 'an RSA key' 'is an RSA key, not ed25519' "$make_one"
make ssh-keygen -t ecdsa -m PEM -N 'open sesame' -f key
refused 'an ECDSA key in PEM, with a passphrase' \
	'has a passphrase, and is an ECDSA key, not ed25519' "$make_one"
make openssl genpkey -algorithm x25519 -out key
refused 'an X25519 key' 'is an X25519 key, not ed25519' "$make_one"
make sh -c 'ssh-keygen -t ed25519 -N "" -f k && mv k.pub key'
refused 'the public half' 'is a public key, not its private half' \
	"name the file without .pub .*$make_one"
make sh -c 'echo "PuTTY-User-Key-File-3: ssh-ed25519" >key'
refused "a key of PuTTY's" "is in PuTTY's format" \
	"puttygen $key -O private-openssh .*$make_one"
make touch key
refused 'an empty file' 'is empty' "$make_one"
make sh -c "head -n 3 $key.good >key"
refused 'half a key' 'is damaged' "$make_one"

$BED on gateway rm "$key"
refused 'no key' 'cannot be read: No such file or directory' "$make_one"
# own OWNER MODE: the good key again, with these.
own() {
	$BED on gateway cp "$key.good" "$key"
	$BED on gateway chown "$1" "$key"
	$BED on gateway chmod "$2" "$key"
}
own root:_moshgate 644
refused 'a key for everybody to read' 'open to others' "$let_read"
own _moshgate:daemon 640
refused 'a key for another group to read' 'open to others' "$let_read"
own root:root 600
refused 'a key for root alone to read' 'cannot be read: Permission denied' \
	"$let_read"
own root:_moshgate 660
refused 'a key that others can write' 'writable by others than root .*' \
	"$let_read"
own local:_moshgate 640
refused "somebody else's key" 'not owned by root .*' "$let_read"
own root:_moshgate 640
$BED helper start
ok 'with the good key again the helper starts, and alice gets in' \
	let_in alice@gateway

make ssh-keygen -t rsa -b 2048 -N '' -f key
$BED on gateway moshgate check alice >"$TMUX_TMPDIR/check" 2>&1
like '`moshgate check'"'"' says the same' "$(cat "$TMUX_TMPDIR/check")" \
	"^FAIL +configuration .*$key: the gateway's key is an RSA key.*$make_one"
signal_helper HUP
ok 'a helper that is told to read it goes on with the old one' \
	see_log gateway "event=reload-failed detail=.$key: the gateway's key is"
ok '... and alice gets in' let_in alice@gateway
