#!/bin/sh
# The remote's host key may be on file in every form that ssh takes, and lets
# nobody in where ssh wouldn't.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 38
known alice bob carol

file=/etc/moshgate/known_hosts
key=$(host_key remote ed25519)
other=$(another_key ed25519)

# in_with WHAT [TEXT], out_with WHAT [TEXT]: does alice get in, with TEXT in
# known_hosts?
in_with() {
	[ $# -lt 2 ] || known_hosts "$2"
	ok "$1" let_in alice@gateway
}
out_with() {
	[ $# -lt 2 ] || known_hosts "$2"
	ok "$1: nobody gets in" kept_out alice@gateway
}
# hash_names: as ssh-keygen does it.
hash_names() {
	$BED on gateway ssh-keygen -q -H -f "$file" >/dev/null 2>&1
	$BED helper restart
}

in_with 'by its name' "remote $key"
in_with 'with a comment' "remote $key the remote"
in_with 'among other names' "a,remote,b $key"
out_with 'under another name' "remote.example.org,remot $key"
in_with 'among other lines' "# remote $other
elsewhere $other

remote $key"
in_with 'one key of two' "remote $other
remote $key"
known_hosts "remote $key"
hash_names
unlike 'a hashed name is not to be read' \
	"$($BED on gateway cat "$file")" remote
in_with 'by a hashed name'
known_hosts "elsewhere $key"
hash_names
out_with 'under another hashed name'
in_with 'by a pattern' "r?m* $key"
out_with 'by a pattern of others' "*.remote $key"
out_with 'by a pattern that excludes it' "*,!remote $key"
in_with 'by a pattern that excludes another' "!elsewhere,* $key"
out_with 'with a negation alone' "!elsewhere $key"
out_with 'under its address, where moshgate.ini has its name' \
	"10.66.2.2,fd66:2::2 $key"
settings
$BED on gateway sed -i 's/^host = .*/host = ReMote/' /etc/moshgate/moshgate.ini
in_with 'by its name, which moshgate.ini has in capitals' "remote $key"
hash_names
in_with '... hashed'
settings
out_with 'with a certificate authority alone' "@cert-authority remote $key"
like '... and the log says so' "$(login_failed | tail -n 1)" \
	'reason=host-key .*only a certificate authority for this host; known: none'
like '... and what to do' "$(login_failed | tail -n 1)" \
	"'ssh-keyscan -p 22 -t ed25519 remote >>/etc/moshgate/known_hosts'"
settings '[clients]' 'keys = any' 'any_key = i-know'
$BED helper restart
terminal a
type_in a 'ssh alice@gateway' Enter
ok '... and so does the terminal, for who gets that far' \
	see a '^moshgate: The gateway knows no host key of the remote server, only'
settings
in_with 'with an authority, and a key besides' "@cert-authority * $other
remote $key"

# In the other file.
known_hosts "remote $key" /etc/ssh/ssh_known_hosts
in_with 'in the other default file' ''
in_with '... and another key in the first' "remote $other"
$BED on gateway rm "$file"
$BED helper restart
in_with '... without the first'
known_hosts '' /etc/ssh/ssh_known_hosts
out_with '... empty, without the first'

# Several types: what is on file is asked for, not what libssh2 likes best.
new_host_key remote ecdsa
new_host_key remote rsa -b 2048
new_sshd remote
for type in ed25519 ecdsa; do
	in_with "a remote with three types of keys, by $type" \
		"remote $(host_key remote $type)"
done
in_with '... by two' "remote $(host_key remote ecdsa)
remote $(host_key remote rsa)"
settings 'host_key_algorithms = ssh-ed25519'
known_hosts "remote $(host_key remote ecdsa)
remote $(host_key remote ed25519)"
in_with '... by the one that host_key_algorithms asks for'
out_with '... and not by another' "remote $(host_key remote ecdsa)"
like '... the log says both' "$(login_failed | tail -n 1)" \
	'reason=no-common-algorithm .*for ssh-ed25519 alone, .*ecdsa-sha2-nistp256'
out_with '... nor by a wrong one of this type' "remote $(host_key remote ecdsa)
remote $other"
settings
# Another port.
new_sshd remote -p 2222
settings 'port = 2222'
in_with 'sshd on another port, as [remote]:2222' "[remote]:2222 $key"
hash_names
in_with '... hashed'
in_with '... by a pattern' "[r*]:2222 $key"
out_with '... under its name alone' "remote $key"
out_with '... under another port' "[remote]:2223 $key"
