#!/bin/sh
# The remote's name has two addresses and one does not answer: the login goes
# to the other one, and so does mosh.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 20
plan 5

# Take the address $1 away from the remote, so that nothing answers there.
kill_address() {
	$BED on remote sh -c "
		dev=\$(ip -o addr show to $1 | awk '{ print \$2 }')
		ip addr del \$(ip -o addr show to $1 | awk '{ print \$4 }') \
			dev \$dev"
}

like 'the name has an IPv6 address, which comes first' \
	"$($BED on gateway getent ahosts remote | head -1)" '^fd66:2::2'
kill_address fd66:2::2
terminal a
ok 'with IPv6 dead, alice gets to a prompt' login a alice
ok 'mosh-client goes to the address that SSH got to' \
	running gateway '^mosh-client .*10\.66\.2\.2'
is 'that took one connection to each address' "$(tcp_connections)" 2

# shellcheck disable=SC2016 # for the remote to expand
$BED on remote sh -c 'ip addr add fd66:2::2/64 dev \
	$(ip -o addr show to 10.66.2.2 | awk "{ print \$2 }") nodad'
kill_address 10.66.2.2
terminal b
ok 'with IPv4 dead, bob gets to a prompt' login b bob
