#!/bin/sh
# The remote talks and talks: that is given up in time, and takes no memory.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/fake-remote.sh
. "$(dirname "$0")/fake-remote.sh"
plan 39

fake_remote 4
while read -r mode reason step; do
	ok "$mode" no_keys "$mode" "$reason" "$step"
done <<-END
	flood:lines@accept too-big handshake: what the remote sends is too much
	flood:noise@accept lost handshake
	flood:noise@version lost handshake
	flood:noise@kexinit lost handshake
	flood:noise@newkeys lost handshake
	flood:ignore@version too-big handshake
	flood:ignore@newkeys too-big handshake
	flood:small@newkeys too-big|timeout handshake
	flood:debug@service too-big publickey
	flood:banner@service too-big publickey
	flood:global@service too-big publickey
	flood:asking@service too-big|timeout publickey
	flood:unknown@pkok too-big publickey
	flood:banner@auth too-big channel
	flood:success@auth too-big channel
	flood:open@auth too-big|timeout channel
	flood:global@open too-big channel
	flood:ignore@exec too-big read
	flood:unknown@exec too-big read
	flood:empty@exec too-big|timeout read
	flood:bytes@exec too-big|timeout read
	flood:data@exec too-big read: (too much comes before|what the remote sends)
	flood:stderr@exec too-big read
	flood:deaf@exec too-big|timeout read
	flood:data@reply too-big read: (the answer|what the remote)
	flood:banner@reply too-big read
END
ok 'all their workers have ended' no_workers

# What nobody has asked for.
for what in data unknown global; do
	ok "flood:$what@idle: the keys were there before" \
		has_keys "flood:$what@idle"
	ok '... and the worker ends' no_workers
	is '... which is no failure' "$(log_count gateway login-failed)" 0
done
ok 'when the remote is itself again there are keys' has_keys honest
ok 'a session is told as well' \
	no_session flood:data@reply too-big 'read: (the answer|what the remote)'
memory_bounded
