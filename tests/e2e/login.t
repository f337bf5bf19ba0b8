#!/bin/sh
# A person with a stock ssh client gets a shell on the remote, carried by mosh.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 40
plan 7

# Here all is as stock as can be.
rm /etc/ssh/ssh_config.d/kex.conf

terminal a
ok 'ssh alice@gateway gets to a prompt on the remote' login a alice
# shellcheck disable=SC2016 # for the remote to expand
type_in a 'echo I am $(id -un) on $(hostname)' Enter
ok 'a command typed there runs there' see a '^I am alice on remote'
ok 'the far leg is carried by mosh-server' \
	running remote '^mosh-server new .*-s'
ok 'mosh-client is what runs on the gateway' running gateway '^mosh-client'
ok 'moshgate-session waits for its end, and has no part in it' \
	[ "$($BED on gateway ps -o stat= -C moshgate-sessio | cut -c 1)" = S ]
type_in a 'exit' Enter
ok 'leaving the shell ends the ssh session' see a '^client\$ *$'
ok 'mosh-server ends with it' wait_for not running remote '^mosh-server new'
