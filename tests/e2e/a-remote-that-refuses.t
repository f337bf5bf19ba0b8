#!/bin/sh
# The remote refuses what it is asked for, agrees on nothing, or cannot prove
# that it is the remote.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 18

fake_remote 5
names='name-0@example.org,.*,name-14@example.org"'
while read -r mode reason detail; do
	ok "$mode" no_keys "$mode" "$reason" "$detail"
done <<-END
	refuse:auth refused publickey
	refuse:partial refused publickey
	refuse:open no-shell channel
	refuse:exec no-shell channel
	bad-signature host-key shows the host key SHA256:.*not proven
	nothing:0 no-common-algorithm no key exchange in common: .*$names
	nothing:1 no-common-algorithm no host key algorithm in common: .*$names
	nothing:2 no-common-algorithm no cipher to the remote in common: .*$names
	nothing:3 no-common-algorithm no cipher from the remote in common: .*$names
	nothing:4 no-common-algorithm no MAC to the remote in common: .*$names
	nothing:5 no-common-algorithm no MAC from the remote in common: .*$names
	nothing:6 no-common-algorithm no compression to the remote in .*$names
	nothing:7 no-common-algorithm no compression from the remote in .*$names
	names lost handshake
END
ok 'codes in the banner before a login are no matter' has_keys banner
is '... and are in no log' \
	"$($BED log gateway | LC_ALL=C grep -c "$(printf '[\033\233]')")" 0

settings "port = $fake_port" 'kex = diffie-hellman-group-exchange-sha256'
ok 'a group that is chosen by the remote' has_keys honest
ok '... must not be short' no_keys short-group no-common-algorithm \
	'a group of 1024 bits for its key exchange; it must have 2048"'
