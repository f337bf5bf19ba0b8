#!/bin/sh
# Whatever becomes of the user map while the helper runs, the next login finds
# it mended: everybody has the uid they had, and nobody gets another's.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 109

newcomers='ann ben cid dee eli fay gus hal jon kim liz max'
# shellcheck disable=SC2086
people $newcomers trudy
known alice bob
terminal a
ok 'alice is logged in' login a alice

next=65538
keep_map
is 'the map has alice and bob, and which uids were given' \
	"$(tail -n +2 "$good" | xargs)" \
	"# uids given: 65536-$((next - 1)) alice:65536 bob:65537"
count=0
# mended DETAIL: is there one more line of it in the log, and no other?
mended() {
	count=$((count + 1))
	wait_for lines $count event=users-mended &&
		$BED log gateway | grep event=users-mended | tail -n 1 |
		grep -E "event=users-mended detail=\"?$1\"? remedy=\"see who"
}
# heals WHAT DETAIL CMD: after CMD the next login finds all as it was.
heals() {
	what=$1
	newcomer=${newcomers%% *}
	newcomers=${newcomers#* }
	in_map_dir "$3"
	ok "$what: an account of the gateway logs in, and asks nobody" local_in
	ok '... bob is let in' let_in bob@gateway
	ok '... the map is as it was' map_is_good
	ok '... and the log says why' mended "$2"
	in_map_dir "$3"
	is '... if it is somebody new who comes then, they get a new uid' \
		"$(comes "$newcomer")" "$newcomer:$next"
	came "$newcomer"
	ok '... and the map has all others, too' map_is_good
	ok '... with one line in the log' mended "$2"
}
heals 'truncated to nothing' empty ': >users'
heals 'cut in the middle' 'its last line is cut off' \
	'truncate -s $(($(stat -c %s users) / 2)) users'
heals 'cut at its end' 'its last line is cut off' 'truncate -s -1 users'
heals 'cut between two lines' 'it has lost users' \
	'sed -i /^bob:/,\$d users'
heals 'full of garbage' 'its last line is cut off' \
	'perl -e "print map { chr(\$_ * 7 & 255) } 1 .. 5000" >users'
heals 'with a line of garbage' 'line 1 is not name:uid' \
	'printf "\377\0:\033[2J\n" >users'
heals 'deleted' 'it has lost users' 'rm users'
heals "another user's" 'not owned by root [(]chown root[)]' \
	'chown local users'
heals "writable by its group" \
	'writable by others than root [(]chmod go-w[)]' 'chmod g+w users'
heals 'a link' 'not a plain file' 'cp users /run/users && ln -sf /run/users .'
heals 'a FIFO' 'not a plain file' 'rm users && mkfifo users'
in_map_dir 'rm users'
ok 'after all of that bob logs in with the uid he had' logs_in bob 65537
ok '... once more by a map that is mended' mended 'it has lost users'

# Nobody gets in as another meanwhile.
in_map_dir 'sed -i "s/^alice:.*/alice:65537/; s/^bob:.*/bob:65536/" users'
fresh in-bob
type_in in-bob 'ssh bob@gateway' Enter
ok 'with the uids of alice and bob exchanged, he does not get hers' \
	see in-bob 'Permission denied \(publickey\)'
ok '... the log says why' see_log gateway \
	'event=refused uid=770 user=bob reason=other-uid remedy='
ok '... the map is as it was' map_is_good
ok '... and the log says so' mended 'it has lost users'
ok '... bob logs in, with the uid he had' logs_in bob 65537
in_map_dir 'sed -i "/^alice:/i trudy:65536" users'
ok "with trudy before alice, and with alice's uid, trudy is kept out" \
	kept_out trudy@gateway
ok '... the map is as it was' map_is_good
ok '... and the log says why' mended 'the uid 65536 is in it twice'

# Lines that are put in by hand.
for uid in 0 33; do
	in_map_dir "echo trudy:$uid >>users"
	is "trudy does not get the uid $uid" \
		"$(on getent passwd trudy; comes trudy)" "trudy:$next"
	ok '... the log says why' mended 'line [0-9]+ is not name:uid'
	came trudy
	ok '... and the map has all others, too' map_is_good
	$BED helper stop
	in_map_dir 'sed -i /^trudy:/d users'
	keep_map
	$BED helper start
done
in_map_dir 'echo trudy:1001 >>users'
ok "with local's uid, trudy is nobody" stranger trudy
like '... and moshgate check says why' "$(on moshgate check)" \
	'^FAIL .*trudy \(uid 1001, which is that of local\)'
is '... and local is who has it' "$(on id -nu 1001)" local
$BED helper stop
in_map_dir 'sed -i /^trudy:/d users'
$BED helper start

# What it can't mend.
failed='event=users-failed detail="cannot be written: Is a directory" remedy='
in_map_dir 'rm users && mkdir users'
ok 'a directory: an account of the gateway logs in, and asks nobody' local_in
ok '... bob is kept out' kept_out bob@gateway
ok '... the log says that it cannot be mended, and what to do' see_log gateway \
	"$failed.*see that _moshgate may write it .* do not restart it before"
ok '... and that the name service does not know him' see_log gateway \
	'event=refused uid=770 user=bob reason=no-account remedy=.*moshgate check'
ok '... somebody new is kept out' stranger trudy
ok '... and the log says why' see_log gateway \
	"event=unknown-user user=trudy reason=${failed#event=}"
ok '... of what happened to the map it has one line' lines 1 event=users-failed
in_map_dir 'rmdir users'
ok '... when what it says has been done bob logs in' logs_in bob 65537
ok '... and the map is as it was' map_is_good

is "alice's line is there all the time" "$(user alice)" alice:65536
type_in a 'echo still "here"' Enter
ok '... and she is there since before' see a '^still here'
