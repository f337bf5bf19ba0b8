#!/bin/sh
# A gateway user gets a session on the remote and nothing else: no forwarding
# of any kind, nothing set in the gateway's environment.  What passes for an
# account of the gateway itself, and did before, doesn't pass for her.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 53

# Behind each door someone says "through" to whoever comes.
say_through='SYSTEM:echo through'
mkdir -p "$TMUX_TMPDIR/doors"
doors=$TMUX_TMPDIR/doors
$BED on gateway socat TCP-LISTEN:7001,bind=127.0.0.1,fork,reuseaddr \
	"$say_through" &
$BED on gateway socat UNIX-LISTEN:/run/door.sock,mode=0666,fork \
	"$say_through" &
socat TCP-LISTEN:7002,bind=127.0.0.1,fork,reuseaddr "$say_through" &
# An X server, as far as that goes: display 5.  The client's first 48 bytes are
# its greeting.
socat TCP-LISTEN:6005,bind=127.0.0.1,fork,reuseaddr \
	'SYSTEM:head -c 48 >/dev/null; echo through' &

# listen ON ADDRESS: what is said to one who comes to ADDRESS.
listen() {
	$BED on "$1" timeout "$PATIENCE_S" socat -u "$2" STDOUT 2>/dev/null
}
ready() {
	[ "$(listen gateway TCP:127.0.0.1:7001)" = through ] &&
		[ "$(listen gateway UNIX-CONNECT:/run/door.sock)" = through ] &&
		[ "$(listen client TCP:127.0.0.1:7002)" = through ] &&
		[ "$(head -c 48 /dev/zero |
			socat -t "$PATIENCE_S" - TCP:127.0.0.1:6005)" = through ]
}
wait_for ready

# A connection of each, to which doors are added.
for user in alice local; do
	ssh -M -S "$doors/$user" -fN "$user@gateway"
done

# add USER OPTION...: try to add one.
add() {
	add_user=$1
	shift
	ssh -S "$doors/$add_user" -O forward "$@" gateway 2>/dev/null
}

port=8000
for user in alice local; do
	if [ "$user" = alice ]; then
		passes=nothing wanted=
	else
		passes=through wanted=through
	fi
	port=$((port + 10))

	add "$user" -L "$((port + 1)):127.0.0.1:7001"
	is "$passes passes -L for $user" \
		"$(listen client "TCP:127.0.0.1:$((port + 1))")" "$wanted"
	add "$user" -L "$((port + 2)):/run/door.sock"
	is "$passes passes -L to a Unix socket for $user" \
		"$(listen client "TCP:127.0.0.1:$((port + 2))")" "$wanted"
	add "$user" -L "$doors/unix-$user:127.0.0.1:7001"
	is "$passes passes -L from a Unix socket for $user" \
		"$(listen client "UNIX-CONNECT:$doors/unix-$user")" "$wanted"
	add "$user" -R "$((port + 3)):127.0.0.1:7002"
	is "$passes passes -R for $user" \
		"$(listen gateway "TCP:127.0.0.1:$((port + 3))")" "$wanted"
	add "$user" -R "/tmp/back-$user:127.0.0.1:7002"
	is "$passes passes -R from a Unix socket for $user" \
		"$(listen gateway "UNIX-CONNECT:/tmp/back-$user")" "$wanted"
	add "$user" -D "$((port + 4))"
	is "$passes passes -D for $user" "$(listen client \
		"SOCKS4:127.0.0.1:127.0.0.1:7001,socksport=$((port + 4))")" \
		"$wanted"
	add "$user" -R "$((port + 5))"
	is "$passes passes -R as SOCKS for $user" "$(listen gateway \
		"SOCKS4:127.0.0.1:127.0.0.1:7002,socksport=$((port + 5))")" \
		"$wanted"
	is "$passes passes -W for $user" \
		"$(ssh -W 127.0.0.1:7001 "$user@gateway" </dev/null 2>/dev/null)" \
		"$wanted"
	is "$passes passes -W over a kept connection for $user" "$(ssh \
		-S "$doors/$user" -W 127.0.0.1:7001 gateway </dev/null \
		2>/dev/null)" "$wanted"
	is "$passes passes -J for $user" "$(ssh -J "$user@gateway" \
		alice@remote 'echo through' </dev/null 2>/dev/null)" "$wanted"
done
ok 'the connection of alice was there all the time' \
	ssh -S "$doors/alice" -O check gateway

# A local user's agent and display are to be had on the gateway.
eval "$(ssh-agent -a "$TMUX_TMPDIR/agent")" >/dev/null
ssh-add -q "$BED_DIR/client_key"
DISPLAY=127.0.0.1:5
export DISPLAY
agents() {
	$BED on gateway grep -Ec '/agent[./]|/s\.[^ ]*\.agent\.' /proc/net/unix
}
displays() {
	$BED on gateway sh -c 'grep -Ehc ":17[78][0-9A-F] [0-9A-F:]+ 0A " \
		/proc/net/tcp' 
}
# What an X client sends first, with the cookie it has.
# shellcheck disable=SC2016 # it is perl
knock='
use strict;
use IO::Socket::INET;
my ($n) = $ENV{DISPLAY} =~ /:(\d+)/ or exit;
my ($cookie) = `xauth list $ENV{DISPLAY}` =~ /([0-9a-f]{32})/ or exit;
my $x = IO::Socket::INET->new("127.0.0.1:" . (6000 + $n)) or exit;
print $x pack("a1 x v v v v x2 a20 H32", "l", 11, 0, 18, 16,
	"MIT-MAGIC-COOKIE-1", $cookie);
print scalar <$x>;
'
is 'the agent of local comes along with -A' \
	"$(ssh -A local@gateway 'ssh-add -l | wc -l' </dev/null)" 1
is '... and the display with -Y' \
	"$(echo "$knock" | ssh -Y local@gateway 'perl -' 2>/dev/null)" through
is '... and what ssh sets of LC_*' "$(ssh -o SetEnv='LC_TIME=C.UTF-8' \
	local@gateway 'echo $LC_TIME' </dev/null 2>/dev/null)" C.UTF-8
wait_for [ "$(agents)" = 0 ]

terminal l
type_in l "ssh -AY local@gateway" Enter
ok 'a session of local' see l 'local@gateway:'
is '... has an agent' "$(agents)" 1
is '... and a display' "$(displays)" 1
type_in l exit Enter
ok '... until it ends' see l '^client\$ *$'
none_left() {
	[ "$(agents)" = 0 ] && [ "$(displays)" = 0 ]
}
ok '... they are gone then' wait_for none_left
terminal a
type_in a "ssh -AY alice@gateway" Enter
ok 'a session of alice' see a 'alice@remote'
is '... has no agent' "$(agents)" 0
is '... and no display' "$(displays)" 0
type_in a 'clear; env | grep -E "SSH_AUTH_SOCK|DISPLAY"; echo "that is all"' \
	Enter
ok '... as its environment shows' see a '^that is all'
unlike '... which names none' "$(screen a)" '^(SSH_AUTH_SOCK|DISPLAY)='

# Her environment on the gateway, as moshgate-session gets it, which waits
# while the link is down.
# newest_session: the process of the last one.
newest_session() {
	$BED on gateway pgrep -xn moshgate-sessio
}
$BED wan down
before=$(newest_session)
terminal e
type_in e "ssh -o SetEnv='LD_PRELOAD=/tmp/x.so PATH=/tmp TERMINFO=/tmp \
MOSH_KEY=x MOSH_PREDICTION_DISPLAY=always LC_TIME=C.UTF-8 BASH_ENV=/tmp/x \
SHELL=/tmp/x MOSHGATEX=1' alice@gateway" Enter
session_waits() {
	session=$(newest_session) && [ "$session" != "$before" ]
}
ok 'a session of alice is under way' wait_for session_waits
environment=$($BED on gateway cat "/proc/$session/environ" | tr '\0' '\n')
like '... with LC_TIME as the client has set it' "$environment" \
	'^LC_TIME=C\.UTF-8$'
unlike '... and nothing else of what it has set' "$environment" \
	'^(LD_|TERMINFO|MOSH|BASH_ENV)|=/tmp'
unlike '... nor agent or display' "$environment" '^(SSH_AUTH_SOCK|DISPLAY)='
$BED wan up
ok '... and goes on when the link is back' see e 'alice@remote'

# -w
out=$(ssh -o ExitOnForwardFailure=yes -N -w any:any alice@gateway 2>&1 \
	</dev/null)
is 'alice gets no tunnel device: status 255' $? 255
unlike '... by the gateway having let her in' "$out" 'Permission denied'

# What sshd makes of its configuration.
sshd_says() {
	$BED on gateway sshd -T -C "user=$1,host=h,addr=192.0.2.1"
}
ok 'sshd -t finds nothing wrong with the drop-in' "$BED" on gateway sshd -t
with_root=$(sshd_says root)
with_local=$(sshd_says local)
says=$(sshd_says alice)
for word in 'permittunnel no' 'gatewayports no' 'permituserrc no' \
	'allowtcpforwarding no' 'allowstreamlocalforwarding no' \
	'x11forwarding no' 'allowagentforwarding no' \
	'passwordauthentication no' 'kbdinteractiveauthentication no'; do
	like "for alice it has $word" "$says" "^$word\$"
done
$BED on gateway mv /etc/ssh/sshd_config.d/50-moshgate.conf /root
is 'for root all is as without the drop-in' "$with_root" "$(sshd_says root)"
is 'for local all is as without the drop-in' "$with_local" "$(sshd_says local)"
