#!/bin/sh
# The gateway's key may be a PEM file, as openssl writes it.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 7
known alice bob carol

key=/etc/moshgate/id_ed25519
$BED on gateway sh -c "openssl genpkey -algorithm ed25519 >$key"
like 'the key is a PEM file' "$($BED on gateway cat "$key")" \
	'^-----BEGIN PRIVATE KEY-----$'
ok 'before the remote knows it' "$BED" helper restart
ok '... alice is kept out' kept_out alice@gateway
# The last 32 bytes of openssl's public key are the key: RFC 8410, section 4.
public=$({
	printf '\0\0\0\013ssh-ed25519\0\0\0\040'
	$BED on gateway openssl pkey -in "$key" -pubout -outform DER | tail -c 32
} | base64 -w 0)
echo "ssh-ed25519 $public" |
	$BED on remote sh -c 'cat >>/home/alice/.ssh/authorized_keys'
$BED helper restart
terminal a
ok 'then she gets to a prompt with it' login a alice
like '... and the log has its fingerprint' \
	"$($BED log gateway | grep event=start | tail -n 1)" \
	"key=$(echo "ssh-ed25519 $public" | ssh-keygen -lf - |
		cut -d ' ' -f 2 | sed 's/[+]/[+]/g')"

settings '[gateway]' "key_content = $($BED on gateway base64 -w 0 "$key")"
$BED on gateway rm "$key"
ok 'it may stand in moshgate.ini' "$BED" helper restart
ok '... and alice gets in' let_in alice@gateway
