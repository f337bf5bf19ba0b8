#!/bin/sh
# The remote doesn't let the gateway in as a user: this one doesn't get in, and
# the log says what to do.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 4
known alice bob carol

forget_gateway() {
	$BED on remote sed -i '/ gateway$/d' \
		"/home/$1/.ssh/authorized_keys"
}

# The gateway's key isn't in a user's authorized_keys.
forget_gateway bob
ok "a user who hasn't got the gateway's key is refused" kept_out bob@gateway
see_log gateway 'user=bob'
line=$($BED log gateway | grep 'user=bob')
like '... and the log says that' "$line" \
	'event=login-failed user=bob asked=keys .*reason=refused'
like '... and what to do' "$line" \
	"remedy=\"put the gateway's public key into this user's authorized_keys"
ok 'other users log in' let_in alice@gateway
