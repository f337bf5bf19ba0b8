#!/bin/sh
# A remote whose host key is another one than on file: nobody gets in, and the
# log has both fingerprints, and the commands for when this is right.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 19
known alice bob carol

before=$(host_key remote ed25519 | fingerprint)
rsa=$(another_key rsa)
known_hosts "remote $rsa
remote $(host_key remote ed25519)"
ok 'at first alice gets in' let_in alice@gateway
logins=$(log_count remote 'Accepted publickey')
new_host_key remote ed25519
new_sshd remote
$BED helper restart
ok 'with a new host key on the remote nobody does' kept_out alice@gateway
is '... and the gateway has not been authenticated there' \
	"$(log_count remote 'Accepted publickey')" "$logins"

line=$(login_failed)
is 'the log has one line about it' "$(echo "$line" | wc -l)" 1
like '... with the reason' "$line" ' asked=keys .*reason=host-key '
like '... the fingerprint that came' "$line" \
	"detail=\"the host key $(host_key remote ed25519 | fingerprint) \
\(ed25519\) is not the one in known_hosts; known:"
like '... all that are known, those of the same type first' "$line" \
	"known: $before \(ed25519\), $(echo "$rsa" | fingerprint) \(rsa\)\""
like '... and how to show the right one' "$line" \
	"'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'"

settings '[clients]' 'keys = any' 'any_key = i-know'
$BED helper restart
terminal a
type_in a 'ssh alice@gateway' Enter
ok 'who gets as far as a session is told so' \
	see a "^moshgate: The remote server's host key is not the one"
settings

# The commands, from the log.
remove=$(echo "$line" | sed "s/.*'\(ssh-keygen -R [^']*\)'.*/\1/")
pin=$(echo "$line" | sed "s/.*'\(ssh-keyscan [^']*\)'.*/\1/")
is 'the line has a command that takes the old one out' "$remove" \
	'ssh-keygen -R remote -f /etc/moshgate/known_hosts'
is '... and one that pins the new one' "$pin" \
	'ssh-keyscan -p 22 -t ed25519 remote >>/etc/moshgate/known_hosts'
ok '... which' "$BED" on gateway sh -c "$remove"
ok '... work' "$BED" on gateway sh -c "$pin"
is '... so that nothing but the new one is on file' \
	"$($BED on gateway cut -d ' ' -f 2,3 /etc/moshgate/known_hosts)" \
	"$(host_key remote ed25519)"
$BED helper restart
ok '... and alice gets in again' let_in alice@gateway

# It is in the other default file.
known_hosts '' /etc/moshgate/known_hosts
known_hosts "remote $(another_key ecdsa)" /etc/ssh/ssh_known_hosts
new_host_key remote ecdsa
new_sshd remote
ok 'a key in the other file can be wrong, too' kept_out bob@gateway
like '... and the command names that file' "$(login_failed | tail -n 1)" \
	"'ssh-keygen -R remote -f /etc/ssh/ssh_known_hosts', then 'ssh-keyscan \
-p 22 -t ecdsa remote >>/etc/moshgate/known_hosts'"

# More keys on file than anybody wants to read.
for i in $(seq 20); do
	ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/key$i"
done
known_hosts '' /etc/ssh/ssh_known_hosts
known_hosts "$(cut -d ' ' -f 1,2 "$TMUX_TMPDIR"/key*.pub |
	sed 's/^/remote /')"
ok 'with many others on file nobody gets in' kept_out carol@gateway
like '... and the line ends, with what to do' "$(login_failed | tail -n 1)" \
	"known: (SHA256:[^ ]* \(ed25519\),? ){6}and 14 more\" .*'ssh-keyscan"
