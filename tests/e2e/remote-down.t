#!/bin/sh
# The remote can't be reached: nobody gets in there, the log says why, the
# gateway's own accounts notice nothing, and all is well when it is back.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 19
known alice bob carol

# A login that is under way while another's is tried.
settings 'connect_timeout = 20'
$BED helper restart
$BED wan down
let_in -v alice@gateway >"$TMUX_TMPDIR/alice" &
login=$!
ok 'with the link down a login hangs' wait_for running gateway \
	'moshgate-helper --worker alice'
is 'meanwhile an account of the gateway logs in' \
	"$(ssh local@gateway id -un </dev/null)" local
ok '... and the login still hangs' kill -0 "$login"
$BED wan up
ok '... until the link comes back' wait "$login"

# Nobody waits for ever.
settings 'connect_timeout = 2'
$BED helper restart
$BED wan down
ok 'with the link down a login is refused' kept_out bob@gateway
see_log gateway 'user=bob.*reason=unreachable'
line=$($BED log gateway | grep 'user=bob.*reason=unreachable')
like '... and the log says which' "$line" \
	'event=login-failed user=bob asked=keys remote=remote '
like '... what to do' "$line" ' remedy="check that the remote is up, its sshd'
like '... and for which sshd' "$line" " sshd_pid=$($BED log gateway |
	sed -n 's/.*sshd\[\([0-9]*\)\]: .*user bob .*/\1/p' | head -n 1)( |\$)"
is '... while an account of the gateway logs in' \
	"$(ssh local@gateway id -un </dev/null)" local
$BED wan up
ok 'when the link is back the next login works' wait_for let_in bob@gateway
terminal b
ok '... up to the prompt' login b bob

# The link goes down after sshd has got the keys.
settings 'connect_timeout = 2'
$BED helper restart
ok 'alice has logged in a moment ago' let_in alice@gateway
$BED wan down
terminal a
type_in a 'ssh alice@gateway' Enter
ok 'with the link just down the terminal says why there is no session' \
	see a '^moshgate: The remote server cannot be reached from the gateway'
ok '... and the session is over' see a '^client\$ *$'
ok '... and so does the log' see_log gateway \
	'event=login-failed user=alice asked=session .*reason=unreachable'
$BED wan up

# The machine is there, but not its sshd.
stop_sshd() {
	$BED on remote pkill -KILL -x sshd
	wait_for not running remote '^sshd: '
}
stop_sshd
$BED helper restart
ok 'with the remote sshd stopped a login is refused' kept_out alice@gateway
like '... and the log says so' \
	"$($BED log gateway | grep 'Connection refused')" \
	'event=login-failed user=alice .*reason=unreachable .*port 22'
$BED on remote /usr/sbin/sshd
ok 'when sshd runs again the next login works' wait_for let_in alice@gateway
terminal c
ok '... up to the prompt' login c alice
