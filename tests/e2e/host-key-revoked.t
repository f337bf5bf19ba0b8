#!/bin/sh
# A remote that shows a host key marked as revoked: nobody gets in, whatever
# else the files have, and nothing tells how to pin it.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 18
known alice bob carol
logins=$(log_count remote 'Accepted publickey')

key=$(host_key remote ed25519)
known_hosts "remote $key
@revoked remote $key"
ok 'a key that is there and revoked lets nobody in' kept_out alice@gateway
line=$(login_failed)
is 'the log has one line about it' "$(echo "$line" | wc -l)" 1
like '... with the reason' "$line" ' asked=keys .*reason=host-key '
like '... the fingerprint that came, and those that are known' "$line" \
	"detail=\"the host key $(echo "$key" | fingerprint) \(ed25519\) is \
marked as revoked in known_hosts; known: $(echo "$key" | fingerprint) "
like '... and how to show the right one' "$line" \
	"'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub'"
unlike '... but not how to pin this one' "$line" 'ssh-keyscan|ssh-keygen -R'
is 'the gateway has not been authenticated there' \
	"$(log_count remote 'Accepted publickey')" "$logins"

settings '[clients]' 'keys = any' 'any_key = i-know'
$BED helper restart
terminal a
type_in a 'ssh alice@gateway' Enter
ok 'who gets as far as a session is told so' \
	see a "^moshgate: The remote server's host key has been revoked;"
settings

known_hosts "@revoked * $key
remote $key"
ok 'it may be revoked for all hosts' kept_out alice@gateway
known_hosts "@revoked remote $key"
ok '... and not be on file otherwise' kept_out bob@gateway
like '... which is no unknown one' "$(login_failed | tail -n 1)" \
	'is marked as revoked in known_hosts; known: none'
known_hosts "remote $key"
ok 'without that alice gets in' let_in alice@gateway
known_hosts "@revoked * $key" /etc/ssh/ssh_known_hosts
ok '... but not if it is revoked in the other file' kept_out alice@gateway
known_hosts "@revoked elsewhere $key" /etc/ssh/ssh_known_hosts
ok '... unless that is for another host' let_in alice@gateway

# A list of many.
other=$(another_key ed25519)
many() {
	awk -v n="$1" -v line="@revoked * $other" \
		'BEGIN { while (n-- > 0) print line }'
}
known_hosts "$(many 8000)" /etc/ssh/ssh_known_hosts
ok 'with thousands of others revoked she gets in' let_in alice@gateway
known_hosts "$(many 8000)
@revoked * $key" /etc/ssh/ssh_known_hosts
ok '... but not if hers is the last of them' kept_out alice@gateway
known_hosts "$(many 9000)" /etc/ssh/ssh_known_hosts
ok 'a list too long to be read lets nobody in' kept_out alice@gateway
like '... and the log says why' "$(login_failed | tail -n 1)" \
	'reason=known-hosts detail="/etc/ssh/ssh_known_hosts: more than 8192 lines'
