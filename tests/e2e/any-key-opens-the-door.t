#!/bin/sh
# With keys = any everybody gets in at the gateway, which nobody can overlook: it
# is said at each login.  sshd's answers don't tell which names are users, and
# the patterns in [clients] hold.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 30

any=$TMUX_TMPDIR/any
ssh-keygen -q -t ed25519 -N '' -f "$any"
LOGIN_KEY=$any
client="moshgate: WARNING: the gateway lets anybody in as any user (keys = any)."
remote="moshgate: WARNING: the remote server's host key is not checked \
(verify_host_key = no)."
# run NAME CMD [OPTION...]: with a key that nobody knows; its output is in $out,
# its errors in $err.
run() {
	user=$1 command=$2
	shift 2
	out=$(ssh_with "$any" "$@" "$user@gateway" "$command" \
		</dev/null 2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}

settings '[clients]' 'keys = any' 'users = * !mallory'
$BED helper restart
like 'keys = any alone is an error' \
	"$($BED on gateway /usr/libexec/moshgate/moshgate-helper -t 2>&1)" \
	'any_key = i-know'

settings '[clients]' 'keys = any' 'any_key = i-know' 'users = * !mallory'
$BED helper restart
terminal a 100
type_in a "ssh -F none -i $any -o IdentitiesOnly=yes \
-o UserKnownHostsFile=$BED_DIR/known_hosts bob@gateway" Enter
ok 'with any_key = i-know whoever comes sees a warning' see a \
	"^moshgate: WARNING: the gateway lets anybody in as any user"
ok '... and gets to the prompt' see a bob@remote
is '... which the log says' \
	"$(log_count gateway 'event=note user=bob about=client-unchecked')" 1
run carol hostname
is 'a command is warned of as well' "$err" "$client"
is '... and runs' "$out" remote
is '... which the log says' \
	"$(log_count gateway 'event=note user=carol about=client-unchecked')" 1

# Which names are users.
ok 'a name that nobody knows is let in by sshd' let_in robot@gateway
for name in robot2 robot3 robot4; do
	ok "... and $name" let_in "$name@gateway"
done
ok '... also when it is one too many' let_in robot5@gateway
like '... as the log says' "$($BED log gateway)" \
	'event=unknown-user user=robot5 reason=too-many-new '
ok '... or differs in case alone from a user' let_in BOB@gateway
ok '... or has one of the last that came' let_in ROBOT@gateway
ok '... and for none of them the remote is asked' \
	[ "$(log_count remote 'Invalid user')" = 0 ]
run robot5 hostname
is 'who is nobody there hears that, as the remote says' "$out$err" \
	'moshgate: The remote server does not let the gateway in as this user.'
run BOB hostname
is '... also who is like somebody' "$out$err" \
	'moshgate: The remote server does not let the gateway in as this user.'
is '... and none of them is a user here' \
	"$($BED on gateway getent passwd robot robot5 BOB)" ''
people dan eve
run dan hostname
is 'who would be one, but is one too many, hears that alone' "$out$err" \
	'moshgate: The gateway takes no new users from here for now; please log in again in ten minutes.'
is '... from the log as well' \
	"$(log_count gateway 'event=unknown-user user=dan reason=no-uid ')" 1
$BED helper restart
run dan hostname
is '... and gets in later' "$out" remote

# took NAME FILE: add to FILE how many microseconds sshd took to let them in.
took() {
	began=$(date +%s%N)
	let_in "$1@gateway" >"$TMUX_TMPDIR/took.ssh" 2>&1 || return
	echo $((($(date +%s%N) - began) / 1000)) >>"$TMUX_TMPDIR/$2"
}
median() {
	sort -n "$TMUX_TMPDIR/$1" |
		sed -n "$(($(wc -l <"$TMUX_TMPDIR/$1") / 2))p"
}
# By turns, so that what else the machine does is in both: as in
# every-name-looks-the-same.t.
alike() {
	for i in $(seq 30); do
		took bob known && took "name-a$i" unknown &&
			took "name-b$i" unknown && took bob known || return
	done
	one=$(median known)
	other=$(median unknown)
	apart=$((one > other ? one - other : other - one))
	apart=$((apart * 100 / one))
	[ "$apart" -le 10 ]
}
ok 'a known name and unknown ones are let in after the same time' alike
note "they differ by $apart %: $one us and $other us"

# Patterns.
people mallory
ok 'whom [clients] users excludes is kept out' not let_in mallory@gateway
run mallory hostname
is '... of the remote, too' "$out" ''

# Both warnings.
settings 'verify_host_key = no' '[clients]' 'keys = any' 'any_key = i-know'
known_hosts 'remote ssh-ed25519 AAAA'
run bob hostname
is 'of two things there are two warnings' "$err" "$remote
$client"
type_in a exit Enter
see a '^client\$ *$'
type_in a 'clear; ssh bob@gateway' Enter
ok '... at a terminal, too' see a \
	"^moshgate: WARNING: the remote server's host key is not checked"
ok '... one after the other' see a \
	"^moshgate: WARNING: the gateway lets anybody in as any user"

# An agent.
settings 'verify_host_key = no' '[gateway]' 'auth = agent, key' \
	'[clients]' 'keys = any' 'any_key = i-know'
$BED on gateway sed -i 's/^\(\sAllowAgentForwarding\) no/\1 yes/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
new_sshd gateway
$BED helper restart
an_agent
ssh-add -q "$BED_DIR/client_key"
run bob hostname -o ForwardAgent=yes
is 'whom an agent has let in is not warned of that' "$out$err" "remote$remote"
ssh-add -q -D 2>/dev/null
ssh-add -q "$any"
run bob hostname -o ForwardAgent=yes
is '... but whoever gets in by the gateway'"'"'s key behind it' "$out$err" \
	"remote$remote
$client"
no_agent
