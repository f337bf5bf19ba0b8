#!/bin/sh
# The remote wants new keys, in the middle of whatever it is.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 20

# many_keys: alice's keys are many; how many does the gateway get?
many_keys() {
	keys_of alice | grep -c '^ssh-'
}
# shellcheck disable=SC2016
$BED on remote sh -c 'cd /home/alice/.ssh && cp authorized_keys few &&
	seq 5000 | sed "s|^|$(head -n 1 few) |" >>authorized_keys'

# A stock sshd, at every opportunity.
# shellcheck disable=SC2016
$BED on remote sh -c '
	echo "RekeyLimit 16K" >/etc/ssh/sshd_config.d/rekey.conf
	kill -HUP "$(cat /run/sshd.pid)"'
$BED helper restart
is 'sshd rekeys every 16 kB: all the keys are there' "$(many_keys)" 5001
terminal a
ok '... and alice logs in' login a alice
is '... on the same connection' \
	"$(log_count remote 'Accepted publickey for alice')" 1
$BED on remote cp /home/alice/.ssh/few /home/alice/.ssh/authorized_keys

terminal b
fake_remote 3
for mode in rekey@auth rekey@open rekey@exec rekey@reply rekeys@exec \
	rekeys@reply; do
	ok "$mode: there are keys" has_keys "$mode"
done
for mode in rekey@idle rekeys@idle rekey@again; do
	ok "$mode: there are keys" has_keys "$mode"
	fresh b
	ok '... and alice logs in' login b alice
done

# One that has no end.
while read -r mode detail; do
	ok "$mode" no_keys "$mode" timeout "$detail"
done <<-END
	half-rekey@newkeys handshake
	half-rekey@auth channel
	half-rekey@exec read
	half-rekey@reply read
END
ok 'half-rekey@again' has_keys half-rekey@again
