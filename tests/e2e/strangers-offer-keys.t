#!/bin/sh
# sshd asks for a user's keys for whoever names that user: those who name them
# all keep nobody out.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 5

# Users who exist on both, so that each of them has a connection.
users=40
# shellcheck disable=SC2016
$BED on gateway sh -c 'members=alice,bob,carol
	for i in $(seq "$1"); do
		echo "u$i:x:$((3000 + i)):$((3000 + i))::/nonexistent:$2"
		members=$members,u$i
	done >>/etc/passwd
	sed -i "s/^moshgate:.*/moshgate:x:771:$members/" /etc/group' \
	- "$users" /usr/libexec/moshgate/moshgate-session
# shellcheck disable=SC2016
$BED on remote sh -c 'for i in $(seq "$1"); do
		echo "u$i:x:$((4000 + i)):$((4000 + i))::/home/alice:/bin/sh" \
			>>/etc/passwd
		echo "u$i:*:19000:0:99999:7:::" >>/etc/shadow
	done
	mkdir -m 755 /etc/ssh/keys
	install -m 644 /home/alice/.ssh/authorized_keys /etc/ssh/keys/all
	chmod 755 /home/alice
	echo "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/all" \
		>/etc/ssh/sshd_config.d/all.conf
	kill -HUP "$(cat /run/sshd.pid)"' - "$users"
# The same for each of them, and not of their own making.
settings '[clients]' 'remote_keys = /etc/ssh/keys/all'
$BED helper restart

# connections: how many there are.
connections() {
	$BED on gateway moshgate status | grep -c '^connection .* connected '
}
wait_for let_in carol@gateway
# Four at a time: none of them is told to come again.
# shellcheck disable=SC2016
asked=$(as _moshgate sh -c 'seq "$1" | xargs -P 4 -I N sh -c \
	"/usr/libexec/moshgate/moshgate-keys uN | grep -c ^ssh-"' - "$users")
is "each of $users users has a key" \
	"$(echo "$asked" | grep -c '^1$')" "$users"
count=$(connections)
ok "... and no more than 32 of them, $count, a connection" \
	[ "$count" -le 32 ]
ok 'then alice, whom nobody named, gets in' let_in alice@gateway
terminal a
ok '... up to the prompt' login a alice
is '... and nobody was told to come again' \
	"$(log_count gateway 'reason=busy')" 0
