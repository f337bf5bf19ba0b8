#!/bin/sh
# authorized_keys on the remote counts only if its sshd, with StrictModes, would
# take it: nobody but the user and root may be able to change it.
# shellcheck source=tests/e2e/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 82
known alice bob carol

home=/home/alice
keys=$home/.ssh/authorized_keys
at_fault='not a plain file, or others than the user may change it: '

on_remote() {
	$BED on remote "$@"
}

# refused_for NAME PATH: nobody gets in, and the log names PATH.
refused_for() {
	ok "$1: nobody gets in" kept_out alice@gateway
	is '... there is no key' "$(keys_of alice)" ''
	ok '... and the log names the path' see_log gateway \
		"event=note user=alice about=key-files detail=\"$at_fault$2\""
}

# direct: does the remote's own sshd let alice in, without the gateway?
direct() {
	ssh -o ControlPath=none alice@remote true </dev/null
}

settings '[clients]' 'cache_ttl = 0'
$BED helper restart
ok 'alice gets in' let_in alice@gateway

# What a group of the user's own may change Debian's sshd takes.
for file in "$keys" "$home/.ssh" "$home"; do
	mode=$(on_remote stat -c %a "$file")
	on_remote chmod g+w "$file"
	ok "a group of alice's alone may change $file: direct ssh lets her in" \
		direct
	ok '... and so does the gateway' let_in alice@gateway
	on_remote usermod -aG alice bob
	ok '... with bob in it direct ssh does not' not direct
	refused_for '... with bob in it' "$file"
	on_remote gpasswd -d bob alice >/dev/null
	on_remote usermod -g alice bob
	ok "... if it is bob's first group, direct ssh does not" not direct
	refused_for "... if it is bob's first group" "$file"
	on_remote usermod -g bob bob
	on_remote usermod -aG alice alice
	ok '... with alice named in it direct ssh does' direct
	ok '... and so does the gateway' let_in alice@gateway
	on_remote gpasswd -d alice alice >/dev/null
	on_remote mv /var/lib/dpkg/info/openssh-server.list /run
	refused_for '... where the sshd is not Debian'"'s" "$file"
	on_remote mv /run/openssh-server.list /var/lib/dpkg/info
	on_remote chmod "$mode" "$file"
done

# From here on bob is in her group.
on_remote usermod -aG alice bob
for file in "$keys" "$home/.ssh" "$home"; do
	mode=$(on_remote stat -c %a "$file")
	on_remote chmod g+w "$file"
	refused_for "$file may be changed by its group" "$file"
	on_remote chmod "$mode" "$file"
	on_remote chmod o+w "$file"
	refused_for "$file may be changed by all" "$file"
	on_remote chmod "$mode" "$file"
done
on_remote chown bob "$keys"
refused_for "$keys is another user's" "$keys"
on_remote chown root "$keys"
on_remote chmod 644 "$keys"
ok "one of root's lets in" let_in alice@gateway
on_remote chown alice "$keys"

# Elsewhere.
on_remote sh -c "mkdir -p /srv/keys && mv $keys /srv/keys/alice &&
	ln -s /srv/keys/alice $keys"
gateway_pub=$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
ok 'a link that leads elsewhere lets in' let_in alice@gateway
on_remote chmod 777 /srv/keys
refused_for 'a link to where others may write' /srv/keys
on_remote sh -c "chmod 755 /srv/keys && rm $keys &&
	echo '$gateway_pub' >$keys && chown alice $keys"
ok 'without the link nobody gets in' kept_out alice@gateway
settings '[clients]' 'cache_ttl = 0' \
	'remote_keys = .ssh/authorized_keys /srv/keys/%u'
$BED helper restart
ok '%u in remote_keys is the user, and a path may be absolute' \
	let_in alice@gateway
on_remote chmod 777 /srv
refused_for '... and is checked all the way' /srv
on_remote chmod 755 /srv
LOGIN_KEY=$BED_DIR/client_key
ok '... while bob has no key there, but one at home' let_in bob@gateway
on_remote sh -c 'rm /home/bob/.ssh/authorized_keys &&
	mkfifo /home/bob/.ssh/authorized_keys'
ok 'a pipe is no file of keys, and holds nobody up' kept_out bob@gateway
ok '... and the log names it' see_log gateway \
	"event=note user=bob about=key-files detail=\"$at_fault/home/bob/.ssh/authorized_keys\""

# One file at fault does not spoil the other.
on_remote sh -c "cat /srv/keys/alice >>$keys;
	chmod 666 /srv/keys/alice"
ok 'another file that is right lets in' let_in alice@gateway
ok 'only the one at fault is named' see_log gateway \
	"event=note user=alice about=key-files detail=\"$at_fault/srv/keys/alice\""
