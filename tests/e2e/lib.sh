# shellcheck shell=sh
#
# For the end-to-end tests: TAP, waiting for conditions, terminals in tmux.
#
# A test begins with
#
#	. "$(dirname "$0")/lib.sh"
#	in_bed [options of tests/bed]
#	plan NUMBER
#
# and from in_bed on runs as root on the host "client" of a bed of its own,
# with $BED.  What it starts ends with the bed.

# The longest that anything may take, on the slowest machine: a condition that
# does not come true by then makes the test fail.
PATIENCE_S=${PATIENCE_S:-60}

# The longest that a whole test may take, which hangs if it takes longer.
LIMIT_S=${LIMIT_S:-450}

# What a stock client asks for first takes most of the time of a login on a
# small machine, which here spends it on hundreds of them.
cheap_kex=curve25519-sha256

tests=0

# With INSTALLED in the environment the gateway is the system there, in which
# the packages have been installed.
in_bed() {
	if [ -z "${BED-}" ]; then
		[ -z "${INSTALLED-}" ] || set -- --root "gateway=$INSTALLED" \
			--setup "$(dirname "$0")/../packages/set-up" "$@"
		exec "$(dirname "$0")/../bed" --limit "$LIMIT_S" "$@" -- "$0"
	fi
	TMUX_TMPDIR=$(mktemp -d /run/test.XXXXXX)
	export TMUX_TMPDIR
	unset TMUX
	echo "KexAlgorithms $cheap_kex" >/etc/ssh/ssh_config.d/kex.conf
}

plan() {
	echo "1..$1"
}

# Print the arguments, or standard input, as a comment in the TAP stream.
note() {
	if [ $# -gt 0 ]; then
		echo "$*"
	else
		cat
	fi | sed 's/^/# /'
}

# diag, not_ok: as note, and a failure, that are seen below prove as well, with
# what the gateway logged last.
diag() {
	note "$@" >&2
}
not_ok() {
	echo "not ok $tests - $1"
	diag "$(basename "$0"): not ok $tests - $1"
	if [ -n "${BED-}" ]; then
		$BED log gateway 2>&1 | tail -n 20 | diag
	fi
}

# ok NAME CMD...: a test that passes if CMD succeeds.
ok() {
	name=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$TMUX_TMPDIR/ok.out" 2>&1; then
		echo "ok $tests - $name"
	else
		not_ok "$name"
		diag "failed: $*"
		diag <"$TMUX_TMPDIR/ok.out"
	fi
}

# is NAME GOT WANTED: a test that passes if both are the same.
is() {
	tests=$((tests + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $tests - $1"
	else
		not_ok "$1"
		diag "got:    $2"
		diag "wanted: $3"
	fi
}

# like NAME TEXT PATTERN: passes if a line of TEXT has the extended regex.
like() {
	tests=$((tests + 1))
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		echo "ok $tests - $1"
	else
		not_ok "$1"
		diag "no line is like: $3"
		printf '%s\n' "$2" | diag
	fi
}

# unlike NAME TEXT PATTERN: passes if no line of TEXT has it.
unlike() {
	tests=$((tests + 1))
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		not_ok "$1"
		diag "a line is like: $3"
		printf '%s\n' "$2" | diag
	else
		echo "ok $tests - $1"
	fi
}

# not CMD...: succeeds if CMD fails.
not() {
	! "$@"
}

# wait_for CMD...: wait until CMD succeeds, at first looking often.
wait_for() {
	looks=0
	until "$@" >/dev/null 2>&1; do
		if [ $((looks % 10)) -eq 0 ]; then
			now=$(date +%s)
			[ "$looks" -gt 0 ] || end=$((now + PATIENCE_S))
			[ "$now" -lt "$end" ] || return 1
		fi
		looks=$((looks + 1))
		sleep "$((looks < 20 ? 50 : 300))e-3"
	done
}

# Terminals: each has a NAME and a shell on the client.

tm() {
	tmux -L bed -f /dev/null "$@"
}

# terminal NAME [COLUMNS [ROWS [CMD...]]]: open one.
terminal() {
	term_name=$1
	term_cols=${2:-80}
	term_rows=${3:-24}
	if [ $# -gt 3 ]; then
		shift 3
	else
		set -- env 'PS1=client$ ' sh
	fi
	tm new-session -d -s "$term_name" -x "$term_cols" -y "$term_rows" "$@"
}

# fresh NAME: start anew what runs in a terminal, on an empty screen, and wait
# for its prompt.
fresh() {
	tm respawn-pane -k -t "$1"
	see "$1" '^client\$ *$'
}

# type_in NAME KEYS...: as tmux send-keys, such as: type_in a 'ls' Enter
type_in() {
	term_name=$1
	shift
	tm send-keys -t "$term_name" "$@"
}

# screen NAME: what is on it.
screen() {
	tm capture-pane -p -t "$1"
}

screen_has() {
	screen "$1" | grep -Eq -e "$2"
}

# see NAME PATTERN: wait until a line of the screen has the extended regex; if
# it does not come, print the screen.  Without a process but tmux for each look:
# most of the time of a test is spent here.
see() {
	# shellcheck disable=SC2016 # it is perl
	perl -e '
		my ($pattern, $patience_s, @look) = @ARGV;
		my $end = time + $patience_s;
		open(STDERR, ">", "/dev/null");
		for (my $pause_s = 0.05; ; $pause_s *= 1.3) {
			open(my $screen, "-|", @look);
			exit 0 if grep { /$pattern/ } map { s/\n//r } <$screen>;
			exit 1 if time >= $end;
			select(undef, undef, undef, $pause_s < 0.3 ? $pause_s : 0.3);
		}' "$2" "$PATIENCE_S" tmux -L bed capture-pane -p -t "$1" && return
	echo "waited for: $2; on the screen:"
	screen "$1"
	return 1
}

# log_has HOST PATTERN, see_log HOST PATTERN: the same for a host's log.
log_has() {
	$BED log "$1" | grep -Eq -e "$2"
}

see_log() {
	wait_for log_has "$1" "$2" && return
	echo "waited for: $2; last in the log:"
	$BED log "$1" | tail -n 40
	return 1
}

# login NAME USER: in terminal NAME, ssh to the gateway, up to the prompt.
login() {
	type_in "$1" "ssh $2@gateway" Enter
	see "$1" "$2@remote"
}

# running HOST PATTERN: is there a process whose command line has it?
running() {
	$BED on "$1" pgrep -f "$2"
}

# one_address: let the remote have no more, where connections are counted: after
# 250 ms another address is tried as well.
one_address() {
	$BED on gateway sed -i '/^10\.66\.2\.2/d' /etc/hosts
}

# tcp_connections: how many TCP connections the gateway has opened to the
# remote since the start of the bed.
tcp_connections() {
	$BED wan count | sed 's/.*tcp_syn=\([0-9]*\).*/\1/'
}

# new_connections NUMBER: has it opened so many since the last call, the first of
# which is with "from now on"?
new_connections() {
	connections_now=$(tcp_connections)
	connections_made=$((connections_now - ${connections_last-0}))
	connections_last=$connections_now
	[ "$1" = 'from now on' ] || [ "$1" = "$connections_made" ] ||
		not echo "there were $connections_made"
}

# skip NAME WHY: a test that can't be made on this machine.
skip() {
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# settings [LINE...]: what the gateway's moshgate.ini says from now on, below
# "[remote]" and "host = remote"; the helper isn't told.
settings() {
	printf '%s\n' '[remote]' 'host = remote' "$@" |
		$BED on gateway sh -c 'cat >/etc/moshgate/moshgate.ini'
}

# signal_helper SIGNAL: by systemd, where that has the helper.
signal_helper() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'if [ -d /run/systemd/system ]; then
			systemctl kill -s "$1" --kill-whom=main moshgate.service
		else
			kill -s "$1" "$(cat /run/moshgate-helper.pid)"
		fi' - "$1"
}

# reload: have the helper read the settings again, and forget what it knew.
reload() {
	reloads=$(log_count gateway 'event=reload ')
	signal_helper HUP
	wait_for reloaded
}
reloaded() {
	[ "$(log_count gateway 'event=reload ')" -gt "$reloads" ]
}

# log_count HOST PATTERN: how many lines of a host's log have it.
log_count() {
	$BED log "$1" | grep -Ec -e "$2"
}

# look_up USER...: have the gateway's name service look them up as in sshd, and
# print what it finds: of one who is not known yet, a uid that is good for a while.
look_up() {
	# shellcheck disable=SC2016
	# One of many at once makes it, and none runs half of it.
	$BED on gateway sh -c 'mkdir -p /run/as-sshd && cd /run/as-sshd &&
		{ [ -e sshd ] || { cp /usr/bin/getent "$$" &&
			{ ln "$$" sshd 2>/dev/null || [ -e sshd ]; }; }; } &&
		exec /run/as-sshd/sshd passwd "$@"' - "$@"
}

# known USER...: have the gateway know these users of the remote, as after a
# login long ago: its helper, started anew, has their uids and nothing else.
known() {
	for known_user; do
		keys_of "$known_user" >"$TMUX_TMPDIR/known" 2>&1 ||
			note <"$TMUX_TMPDIR/known"
	done
	$BED helper restart
}

# as USER CMD...: run CMD on the gateway as that user, who comes to be known.
as() {
	$BED on gateway id -u "$1" >"$TMUX_TMPDIR/as" 2>&1 ||
		keys_of "$1" >"$TMUX_TMPDIR/as" 2>&1
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'user=$1 && shift && exec setpriv \
		--reuid="$user" --regid="$(id -g "$user")" --init-groups "$@"' \
		- "$@"
}

# people USER...: have these exist on the remote, for whoever gets in there as
# alice.
people() {
	# shellcheck disable=SC2016
	$BED on remote sh -c 'for user; do
		useradd -m -s /bin/bash -p "*" "$user" &&
			cp -R /home/alice/.ssh "/home/$user" &&
			chown -R "$user:" "/home/$user/.ssh" || exit
	done' - "$@"
}

# account USER...: give these an account on the gateway, in group moshgate.
account() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'for user; do
		useradd -M -d /run/moshgate/empty -G moshgate -p "*" \
			-s /usr/libexec/moshgate/moshgate-session "$user" ||
			exit
	done' - "$@"
}

# keys_of USER [TYPE KEY]: as sshd asks it, which has looked the user up before.
keys_of() {
	keys_uid=$(look_up "$1" 2>&1 | cut -d : -f 3)
	as _moshgate /usr/libexec/moshgate/moshgate-keys "$1" \
		"${2-ssh-ed25519}" "${3-AAAA}" "${keys_uid:-0}"
}

# authorized_keys USER LINE...: what the user's on the remote has from now on.  A
# connection that is renewed meanwhile finds all of the one or of the other.
authorized_keys() {
	keys_user=$1
	shift
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | $BED on remote sh -c 'cd "/home/$1/.ssh" &&
		cp -p authorized_keys new && cat >new &&
		mv new authorized_keys' - "$keys_user"
}

# an_agent: an ssh-agent(1) of one's own, which ssh -A forwards, until no_agent.
# Where it makes its socket by itself may be another's, or closed to writers.
an_agent() {
	agent_dir=$(mktemp -d "$TMUX_TMPDIR/agent.XXXXXX")
	eval "$(ssh-agent -s -a "$agent_dir/socket")" >"$agent_dir/said"
}
no_agent() {
	ssh-agent -k >"$agent_dir/said"
}

# ssh_with KEY ARG...: ssh with this key alone, which asks nothing.
ssh_with() {
	ssh_key=$1
	shift
	ssh -F none -i "$ssh_key" -o IdentitiesOnly=yes -o BatchMode=yes \
		-o KexAlgorithms="$cheap_kex" \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" "$@"
}

# let_in [OPTION...] USER@gateway: does sshd let them in?  For this they ask for
# a subsystem that there is not, so that there is no session.
let_in() {
	ssh_with "${LOGIN_KEY:-$BED_DIR/client_key}" -v -s "$@" nothing \
		</dev/null \
		>"$TMUX_TMPDIR/let_in" 2>&1
	grep '^Authenticated to gateway' "$TMUX_TMPDIR/let_in" ||
		not grep -v '^debug' "$TMUX_TMPDIR/let_in"
}

# kept_out [OPTION...] USER@gateway: does sshd refuse them, and offer nothing
# but keys?
kept_out() {
	ssh_with "${LOGIN_KEY:-$BED_DIR/client_key}" "$@" true </dev/null \
		>"$TMUX_TMPDIR/kept_out" 2>&1
	grep '[^ ]*: Permission denied (publickey)\.' "$TMUX_TMPDIR/kept_out" ||
		not cat "$TMUX_TMPDIR/kept_out"
}

# stranger NAME: does sshd refuse them, whatever else it offers?
stranger() {
	ssh_with "$BED_DIR/client_key" -o PreferredAuthentications=publickey \
		-l "$1" gateway true </dev/null >"$TMUX_TMPDIR/stranger" 2>&1
	grep -e 'Permission denied' -e 'invalid characters' \
		"$TMUX_TMPDIR/stranger" || not cat "$TMUX_TMPDIR/stranger"
}

# known_hosts [TEXT [FILE]]: what is in the gateway's from now on, a line each;
# its helper, started anew, has forgotten all it knew.
known_hosts() {
	# shellcheck disable=SC2016
	printf '%s\n' "${1-}" | $BED on gateway sh -c 'cat >"$1" &&
		chown root:root "$1" && chmod 644 "$1"' \
		- "${2:-/etc/moshgate/known_hosts}"
	$BED helper restart
}

# host_key HOST TYPE: the public half of a host's key, without its comment.
host_key() {
	$BED on "$1" cut -d ' ' -f 1,2 "/etc/ssh/ssh_host_$2_key.pub"
}

# fingerprint: of the public key on standard input, as an extended regex.
fingerprint() {
	ssh-keygen -lf - | cut -d ' ' -f 2 | sed 's/[+]/[+]/g'
}

# another_key TYPE: a public key of no host.
another_key() {
	rm -f "$TMUX_TMPDIR/another" "$TMUX_TMPDIR/another.pub"
	ssh-keygen -q -t "$1" -N '' -f "$TMUX_TMPDIR/another"
	cut -d ' ' -f 1,2 "$TMUX_TMPDIR/another.pub"
}

# new_host_key HOST TYPE [OPTION...]: make it, in the place of an old one;
# sshd must be started anew to have it.
new_host_key() {
	new_host_key_host=$1
	new_host_key_type=$2
	shift 2
	# shellcheck disable=SC2016
	$BED on "$new_host_key_host" sh -c \
		'rm -f "$1" "$1.pub" && ssh-keygen -q -N "" -f "$@"' - \
		"/etc/ssh/ssh_host_${new_host_key_type}_key" \
		-t "$new_host_key_type" "$@"
}

# new_sshd HOST [OPTION...]: start a host's sshd anew; all its connections end.
# Where systemd has it, it is systemd that starts it, without options.
new_sshd() {
	new_sshd_host=$1
	shift
	new_sshd_systemd=
	if $BED on "$new_sshd_host" test -d /run/systemd/system; then
		new_sshd_systemd=yes
		$BED on "$new_sshd_host" systemctl stop ssh
	fi
	$BED on "$new_sshd_host" pkill -KILL '^sshd'
	wait_for not running "$new_sshd_host" '^sshd(-[a-z]+)?: '
	if [ "$new_sshd_systemd" ]; then
		$BED on "$new_sshd_host" systemctl start ssh
	else
		$BED on "$new_sshd_host" /usr/sbin/sshd "$@"
	fi
}

# drop_in LINE...: have each of these in the block of the drop-in, in place of the
# line that begins with the same word, and let sshd read it again.
drop_in() {
	# shellcheck disable=SC2016
	printf '%s\n' "$@" | $BED on gateway sh -c 'while read -r name value; do
		sed -i -e "/^\t$name /d" \
			-e "s|^Match Group moshgate|&\n\t$name $value|" "$1"
	done' - /etc/ssh/sshd_config.d/50-moshgate.conf
	reload_sshd
}

# variant WORD [PATTERN]: the line of the drop-in that begins with the word, has the
# regex behind it, and is commented out.
variant() {
	$BED on gateway sed -n "s/^\t#\($1 .*${2-}.*\)/\1/p" \
		/etc/ssh/sshd_config.d/50-moshgate.conf | grep .
}

# no_bans: from now on the gateway's sshd lets clients fail as often as they like;
# since OpenSSH 9.8 it bans their address for some seconds.
no_bans() {
	$BED on gateway sh -c '! /usr/sbin/sshd -T |
		grep -q "^persourcepenalties " || echo PerSourcePenalties no \
		>/etc/ssh/sshd_config.d/10-bans.conf'
	reload_sshd
}

# reload_sshd: the gateway's sshd reads its configuration again.
reload_sshd() {
	$BED on gateway /usr/sbin/sshd -t || return
	listens_before=$(log_count gateway 'Server listening on 0.0.0.0')
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'kill -HUP "$(cat /run/sshd.pid)"'
	wait_for sshd_listens "$listens_before"
}
sshd_listens() {
	[ "$(log_count gateway 'Server listening on 0.0.0.0')" -gt "$1" ]
}

# login_failed: the gateway's log lines about failed logins so far, of which there
# is one; syslogd may still be about to write it.
login_failed() {
	see_log gateway event=login-failed >&2
	$BED log gateway | grep event=login-failed
}
