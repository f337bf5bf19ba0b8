#!/bin/sh
# With auth = agent and keys = any whoever the remote lets in with their agent is
# a user of the gateway from then on.  Everybody gets as far as to be asked for an
# agent, by whatever name, and then hears what the remote says to it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 26

any=$TMUX_TMPDIR/any
ssh-keygen -q -t ed25519 -N '' -f "$any"
settings '[gateway]' 'auth = agent' '[clients]' 'keys = any' \
	'[users]' 'lookups_per_minute = 30'
$BED helper restart
# A line before those of the drop-in wins.
printf '%s\n' 'Match Group moshgate' 'AllowAgentForwarding yes' 'Match all' |
	$BED on gateway sh -c 'cat >/etc/ssh/sshd_config.d/40-agent.conf'
new_sshd gateway
# agent KEY: there is one, which has this key and no other.
agent() {
	[ -z "${SSH_AGENT_PID-}" ] || no_agent
	an_agent
	ssh-add -q "$1"
}
# run NAME [OPTION...]: as NAME, with a key that nobody knows; what is printed is
# in $out, errors in $err.
run() {
	run_name=$1
	shift
	out=$(ssh_with "$any" "$@" "$run_name@gateway" 'id -un' </dev/null \
		2>"$TMUX_TMPDIR/err")
	err=$(cat "$TMUX_TMPDIR/err")
}
people dan eve fay
agent "$BED_DIR/client_key"

run dan -A
is 'with her agent a user of the remote gets there at once' "$out" dan
is '... without a warning' "$err" ''
like '... and is one of the gateway' "$($BED on gateway id dan)" \
	'^uid=65536\(dan\) gid=[0-9]+\(moshgate\)'
run dan -A
is '... also at the next login' "$out" dan

# Without an agent.
run alice -A
is 'alice gets in with hers' "$out" alice
no_agent='moshgate: This gateway needs your SSH agent to log in to the remote server; log in again with ssh -A.'
for name in alice dan eve robot robot2 robot3 robot4 robot5 ALICE; do
	run "$name"
	is "without an agent $name hears that one is needed" "$out$err" \
		"$no_agent"
done
ok '... for which the remote is not asked' \
	[ "$(log_count remote 'Invalid user')" = 0 ]
like '... although one was one too many' "$($BED log gateway)" \
	'event=unknown-user user=robot5 reason=too-many-new '
like '... and one like a user' "$($BED log gateway)" \
	'event=unknown-user user=ALICE reason=like-another '
like '... the log says it of who is known' "$($BED log gateway)" \
	'event=login-failed user=alice asked=session .*reason=no-agent '
like '... and of who is not' "$($BED log gateway)" \
	'event=unknown-user user=robot reason=no-agent .*client=fd66:1::1$'

# How long the helper takes: beside this, what sshd and ssh do is noise.  By
# turns, so that what else the machine does is in both.
# helper_took TYPE KNOWN OTHER: the medians of 50 answers to two requests of this
# type, "uid field value ...", in tenths of milliseconds.
helper_took() {
	# shellcheck disable=SC2016 # it is perl
	$BED on gateway perl -MSocket -MTime::HiRes=time -e '
		my ($type, @requests) = @ARGV;
		my @took = ([], []);
		for my $turn (0 .. 99) {
			my $which = ($turn ^ $turn >> 1) & 1;
			my ($uid, @fields) = split " ", $requests[$which];
			my $body = join "", map { "$_\0" } @fields;
			my ($all, $some) = ("", "");
			$> = $uid;
			my $began = time;
			socket(my $s, AF_UNIX, SOCK_STREAM, 0);
			connect($s, pack_sockaddr_un("/run/moshgate/helper.sock"))
				or die;
			syswrite($s, pack("a2 C C N", "MG", 1, $type,
				length $body) . $body);
			# the first answer may be that it is at work
			$all .= $some while ($all !~ /reason|ssh-/ &&
				sysread($s, $some, 4096));
			push @{$took[$which]}, time - $began;
			$> = 0;
		}
		printf "%d ", (sort { $a <=> $b } @$_)[25] * 10000 for @took;' "$@"
}
# alike TYPE KNOWN OTHER: do they take the same?  Without care it is half as much
# again, or twice as much.
alike() {
	helper_took "$@" >"$TMUX_TMPDIR/took" || return
	read -r one other <"$TMUX_TMPDIR/took"
	echo "they take $one and $other tenths of a millisecond"
	apart=$((one > other ? one - other : other - one))
	[ $((apart * 100 / one)) -le 8 ]
}
alice=$(look_up alice | cut -d : -f 3)
robot=$(look_up robot | cut -d : -f 3)
session='terminal 1 via force-command streams 1 login'
keys="type ssh-ed25519 blob $(cut -d ' ' -f 2 "$any.pub")"
ok 'the helper takes as long for who is known as for others' \
	alike 2 "$alice $session alice" "$robot $session robot"
note "they take $one and $other tenths of a millisecond"
ok '... also when sshd asks about a key' \
	alike 1 "770 $keys user alice uid $alice" \
	"770 $keys user robot uid $robot"
note "they take $one and $other tenths of a millisecond"

# With somebody else's.
agent "$any"
$BED helper restart
run alice -A
refused=$err
like 'with an agent of somebody else a user is refused by the remote' \
	"$out$refused" '^moshgate: The remote server [^.]*\.$'
for name in bot1 ALICE; do
	run "$name" -A
	is "... and $name, who is none, in the same words" "$out$err" \
		"$refused"
done
is '... and has no uid' "$($BED on gateway getent passwd bot1 ALICE)" ''
agent "$BED_DIR/client_key"
run eve -A
is '... while another new user gets in' "$out" eve
no_agent
