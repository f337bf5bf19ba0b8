#!/bin/sh
# Who guesses passwords is slowed down, and learns nothing of which names are
# users'; and who has been let in from where they are is not kept out by that.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 37

file=/etc/moshgate/passwords
settings '[clients]' "passwords = $file"
known alice bob
new_password alice hunter2
new_password bob hunter3

home=198.51.100.1
robot=203.0.113.7

# reasons USER: why the user was not let in, each time.
reasons() {
	$BED log gateway | sed -n "s/.*login-failed user=$1 asked=password reason=\([^ ]*\) .*/\1/p" |
		xargs
}
# guess USER TIMES [ADDRESS]: none of them is right.
guess() {
	for guess_number in $(seq "$2"); do
		! is_right "$1" "guess $guess_number" "${3-$robot}" || return
	done
}

ok 'alice is let in where she is at home' is_right alice hunter2 "$home"
ok 'somebody guesses her password' guess alice 5
ok '... and finds it during the pause' not is_right alice hunter2 "$robot"
wait_for log_has gateway 'reason=guessing'
is 'the first guesses are tried, the others refused' "$(reasons alice)" \
	'wrong-password wrong-password wrong-password wrong-password guessing guessing'
like '... and the log says who guesses' "$($BED log gateway | grep guessing)" \
	"client=$robot\$"
ok '... but once from elsewhere' not is_right alice wrong 192.0.2.76
ok '... and then from whichever address' not is_right alice hunter2 192.0.2.77
like '... which was not tried' "$($BED log gateway | grep 192.0.2.77)" \
	reason=guessing
ok 'alice is let in at home all the same' is_right alice hunter2 "$home"
ok '... and bob from anywhere' is_right bob hunter3 192.0.2.78
ok 'a name that is nobody'\''s is refused the same' guess nobody2 6
is '... after as many guesses' "$(reasons nobody2 | tr ' ' '\n' |
	grep -c guessing)" 2
for number in $(seq 4); do
	guess "name$number" 1
done
ok 'an address that guesses at many names is refused' \
	not is_right bob hunter3 "$robot"
ok '... which is counted by its network with IPv6' guess name9 1 2001:db8::1
for number in $(seq 10); do
	guess "other$number" 1 "2001:db8::$number"
done
ok '... of 64 bits' not is_right bob hunter3 2001:db8::ffff:1
ok '... and no more' is_right bob hunter3 2001:db8:0:1::1
# What isn't even tried has few lines; but that of a user is among them.
# shellcheck disable=SC2016
$BED on gateway sh -c '
	for number in $(seq 70); do
		printf "guess\0" | PAM_TYPE=auth PAM_USER=nobody2 \
			PAM_RHOST=$1 /usr/libexec/moshgate/moshgate-password
	done' - "$robot"
ok 'a flood is not logged whole' see_log gateway 'too many passwords'
ok 'what a user is refused meanwhile' not is_right alice hunter2 "$robot"
ok '... is logged' wait_for log_has gateway "user=alice .*client=$robot"
is '... among the others' "$(reasons alice | tr ' ' '\n' | grep -c guessing)" 4

sleep 2
ok 'the pause ends' is_right alice hunter2 192.0.2.79

# Sessions.
ok 'bob has a session' ssh bob@gateway true
guess bob 4 203.0.113.8
ok 'somebody guesses at bob' not is_right bob hunter3 203.0.113.8
$BED on gateway sh -c 'printf "guess\0" | PAM_TYPE=auth PAM_USER=bob \
	PAM_RHOST=203.0.113.9 /usr/libexec/moshgate/moshgate-password'
ok '... from anywhere' not is_right bob hunter3 203.0.113.10
ok 'he is let in where he has had a session' is_right bob hunter3 fd66:1::1

# At the socket.
is 'nobody but root may ask' "$($BED on gateway setpriv --reuid=_moshgate \
	--regid=_moshgate --clear-groups env PAM_TYPE=auth PAM_USER=alice \
	PAM_RHOST=$home sh -c \
	'echo hunter2 | /usr/libexec/moshgate/moshgate-password; echo $?')" 1
for sort in --help --version; do
	like "moshgate-password has $sort" "$($BED on gateway \
		/usr/libexec/moshgate/moshgate-password $sort)" \
		'moshgate-password'
done
$BED on gateway /usr/libexec/moshgate/moshgate-password x 2>/dev/null
is '... and says when it is called in a wrong way' $? 2
$BED on gateway env PAM_USER=alice PAM_TYPE=account \
	/usr/libexec/moshgate/moshgate-password </dev/null 2>/dev/null
is '... as from elsewhere in the PAM stack' $? 2

# Many at once: two processes at a time, and few that wait.
$BED helper restart
# shellcheck disable=SC2016
$BED on gateway sh -c '
	for number in $(seq 40); do
		printf "guess\0" | PAM_TYPE=auth PAM_USER=many$number \
			PAM_RHOST=192.0.2.$number \
			/usr/libexec/moshgate/moshgate-password &
	done
	sleep 0.3
	pgrep -cf "[m]oshgate-helper --hash" >/run/hashing
	wait'
is 'of forty at a time two are hashed' "$($BED on gateway cat /run/hashing)" 2
like '... and most are told to come again' \
	"$($BED log gateway | grep -c 'user=many.*reason=busy')" '^(2[0-9]|3[0-9])$'
ok '... and then all is well' is_right bob hunter3 192.0.2.79
ok '... and no process is left' \
	wait_for not running gateway '[m]oshgate-helper --hash'

# The process that hashes.
$BED on gateway sh -c 'rm /etc/moshgate/passwords && mkfifo -m 640 /etc/moshgate/passwords && chgrp _moshgate /etc/moshgate/passwords'
ok 'a file that would never end is refused' \
	not is_right bob hunter3 192.0.2.79

# Time.
$BED on gateway rm "$file"
new_password alice hunter2
# shellcheck disable=SC2016
$BED on gateway sh -c '
	line=$(cut -d : -f 2 /etc/moshgate/passwords)
	gid=$(getent group moshgate | cut -d : -f 3)
	for number in $(seq 34); do
		name=user$number
		echo "$name:x:$((5000 + number)):$gid::/run/moshgate/empty:/usr/libexec/moshgate/moshgate-session" >>/etc/passwd
		echo "$name:$line"
	done >>/etc/moshgate/passwords'
# measure: store in the file "took" the medians, in microseconds, of guesses at
# users and at others, by turns.  A process for each guess would take as long as
# the guess.
measure() {
	$BED helper restart
	# shellcheck disable=SC2016
	$BED on gateway perl -e '
		use Time::HiRes "time";
		my ($tries) = @ARGV;
		my %took;
		$ENV{PAM_TYPE} = "auth";
		for my $try (0 .. $tries - 1) {
			for my $kind ($try % 2 ? qw(user robot) : qw(robot user)) {
				$ENV{PAM_USER} = $kind . ($try % 34 + 1);
				$ENV{PAM_RHOST} = "198.18." .
					($kind eq "user" ? 1 : 2) . ".$try";
				my $begin = time;
				open(my $to, "|-",
					"/usr/libexec/moshgate/moshgate-password");
				print $to "guess\0";
				close $to and die "let in";
				push @{$took{$kind}}, time - $begin;
			}
		}
		for my $kind (qw(user robot)) {
			my @sorted = sort { $a <=> $b } @{$took{$kind}};
			print int(1e6 * $sorted[@sorted / 2]), "\n";
		}' "$1" >"$TMUX_TMPDIR/took"
	note "medians in us: $(xargs <"$TMUX_TMPDIR/took")"
}
# apart: by how many percent they differ.
apart() {
	perl -e 'my ($one, $other) = split " ", <STDIN>;
		print int 100 * abs($one - $other) / $one' <"$TMUX_TMPDIR/apart"
}
# On a machine with much else to do one round may say anything.
rounds=0
until
	rounds=$((rounds + 1))
	measure "${TRIES:-100}"
	xargs <"$TMUX_TMPDIR/took" >"$TMUX_TMPDIR/apart"
	[ "$(apart)" -lt 5 ] || [ $rounds = 3 ]
do :; done
is 'all were tried' "$($BED log gateway |
	grep -c 'login-failed.*\(reason=wrong-password\|other-uid\) .*client=198.18')" \
	"$((rounds * 2 * ${TRIES:-100}))"
like 'a user'\''s name takes no longer than any other, within 5 %' "$(apart)" \
	'^[0-4]$'
