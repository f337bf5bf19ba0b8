#!/bin/sh
# Of a user map that is damaged when the helper starts, only the administrator
# knows what it said: those whose lines are good have their uids, and until it is
# mended as the log says nobody new gets one.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 118

copy=/run/users.copy
put_back="rm -rf users && cp -p $copy users"
take_out='sed -i "\$d" users'
known alice bob
people trudy
terminal a
ok 'alice is logged in' login a alice
on cp -p $map $copy
count=0
# in_map NAME: by what name and uid programs other than sshd know them.
in_map() {
	on getent passwd "$1" | cut -d : -f 1,3
}
# is_found WHAT DETAIL CMD KNOWN REMEDY: after CMD, with the helper stopped, a
# helper lets those in who are KNOWN, with the uids they had, and nobody else;
# and after REMEDY somebody new, too.
is_found() {
	what=$1
	$BED helper stop
	in_map_dir "$put_back && $3"
	as_found=$(on ls -ln $map)
	$BED helper start
	count=$((count + 1))
	ok "$what: the log says so" wait_for lines $count event=users-damaged
	like '... what is wrong, and what to do' \
		"$($BED log gateway | grep event=users-damaged | tail -n 1)" \
		"file=$map detail=\"?$2\"? remedy=\"put back a copy, or take out"
	is '... whose lines are good, and nobody else, have the uids they had' \
		"$(for name in alice bob trudy; do in_map $name; done | xargs)" \
		"$4"
	is '... nor has carol one, who is new' "$(comes carol)" ''
	ok '... and the log says why, and what to do' wait_for lines $count \
		'unknown-user user=carol reason=users-damaged .*put back a copy'
	is '... the map is as it was found' "$(on ls -ln $map)" "$as_found"
	in_map_dir "$5"
	# others who were looked up meanwhile may have had the next one
	like '... when that is done she has one of her own' \
		"$(comes carol)" '^carol:(655(3[89]|[4-9][0-9])|70001)$'
	is '... and alice the one of before' "$(user alice)" alice:65536
}
both='alice:65536 bob:65537'
is_found 'truncated to nothing' empty ': >users' '' "$put_back"
is_found 'cut in the middle' 'its last line is cut off' \
	'truncate -s $(($(grep -b ^bob: users | cut -d : -f 1) + 6)) users' \
	alice:65536 "$take_out"
is_found 'cut at its end' 'its last line is cut off' \
	'truncate -s -1 users' alice:65536 "$put_back"
is_found 'full of garbage' 'its last line is cut off' \
	'perl -e "print map { chr(\$_ * 7 & 255) } 1 .. 5000" >users' '' \
	"$put_back"
is_found 'with a line of garbage' 'line [0-9]+ is not name:uid' \
	'printf "\377\0:\033[2J\n" >>users' "$both" "$take_out"
is_found 'with the uid 0' 'line [0-9]+ is not name:uid' \
	'echo trudy:0 >>users' "$both" "$take_out"
is_found "with www-data's uid" 'line [0-9]+ is not name:uid' \
	'echo trudy:33 >>users' "$both" "$take_out"
is_found 'with alice twice' 'alice is in it twice' \
	'echo alice:70000 >>users' "$both" "$take_out"
is_found "another user's" 'not owned by root [(]chown root[)]' \
	'chown local users' '' 'chown root users'
is_found 'writable by its group' \
	'writable by others than root [(]chmod go-w[)]' 'chmod g+w users' '' \
	'chmod go-w users'
is_found 'a link' 'not a plain file' "ln -sf $copy users" '' "$put_back"
is_found 'a FIFO' 'not a plain file' 'rm users && mkfifo users' '' "$put_back"
is_found 'a directory' 'not a plain file' 'rm users && mkdir users' '' \
	"$put_back"

# Not by their names alone, but through sshd.
$BED helper stop
in_map_dir "$put_back && printf 'trudy:65536\ncarol:655' >>users"
$BED helper start
ok 'with a good line alice is let in' let_in alice@gateway
ok '... so is bob' let_in bob@gateway
ok "... who has alice's uid besides is kept out" stranger trudy
ok '... and so is she whose line is cut off' stranger carol
ok '... an account of the gateway logs in, and asks nobody' local_in
$BED helper stop
in_map_dir 'rm users && mkfifo users'
$BED helper start
ok 'with a FIFO she is kept out' stranger alice
ok '... an account of the gateway logs in, and asks nobody' local_in

# Without one it is a new gateway's.
$BED helper stop
in_map_dir 'rm users'
count=$(log_count gateway event=users-damaged)
$BED helper start
is 'deleted: nobody is known' "$(on getent passwd alice)" ''
is '... the first to come has the first uid' "$(comes carol)" carol:65536
ok '... and there is nothing to tell of' lines "$count" event=users-damaged
$BED helper stop
in_map_dir "$put_back"
$BED helper start
is '... with the copy put back alice has it again' "$(user alice)" alice:65536
is '... and carol one of her own' "$(comes carol)" carol:65538
type_in a 'echo to the "end"' Enter
ok 'all the while alice was logged in' see a '^to the end'
