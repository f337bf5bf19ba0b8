#!/bin/sh
# With passwords = remote the remote is given the password, once, where it asks
# for that and nothing else; whatever else it asks, nobody is let in, and the log
# says why.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/fake-remote.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 21

fake_remote 2
settings "port = $fake_port" 'connect_timeout = 2' '[clients]' \
	'passwords = remote' '[users]' 'lookups_per_minute = 600'
$BED helper restart

# right MODE: with the remote in MODE, is alice let in with hunter2?
right() {
	misbehaves "password:$1"
	is_right alice hunter2
}
# refused MODE REASON: is she not, for this reason, and in time?
refused() {
	misbehaves "password:$1"
	began=$(date +%s)
	$BED on gateway sh -c ': >/var/log/messages'
	if is_right alice hunter2; then
		echo 'it is right'
		return 1
	fi
	took=$(($(date +%s) - began))
	echo "took $took s"
	see_log gateway 'asked=password' && [ "$took" -lt 20 ] &&
		one_failure password "$2"
}

ok 'the method password' right plain
ok '... with another' not is_right alice hunter3
ok 'keyboard-interactive' right once
ok '... with another' not is_right alice hunter3
ok '... with something told before and after' right told
ok 'another password is wanted' refused change password-expired
ok 'two questions at once' refused two more-than-a-password
ok 'a question whose answer is shown' refused shown more-than-a-password
ok 'a question after the first' refused twice more-than-a-password
ok 'no question' refused nothing no-passwords
ok 'nothing at all' refused none no-passwords
ok 'something that is told for ever' refused ever 'timeout|too-big'
for mode in 'silence@service' 'close@service' 'disconnect@service' \
	'drip@service' 'flood:banner@service' 'flood:noise@service'; do
	misbehaves "$mode"
	ok "$mode" not is_right alice hunter2
done
unlike 'all of them are in the log' "$($BED log gateway |
	grep asked=password)" 'reason=wrong-password'
ok 'the helper serves as before' right plain
memory_bounded
