#!/bin/sh
# Where the user map can't be written nobody new gets in, as the log says, until
# it can be; it stays whole, and who is in it logs in.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 80

known alice
on cp -p $map /run/users.copy
$BED helper stop
on mount -t tmpfs -o size=64k,nr_inodes=100,mode=755,uid=770,gid=770 \
	users $map_dir
on cp -p /run/users.copy $map
# More than fits in what is left of it below.
in_map_dir 'sed -i "2s/.*/# uids given: 65536-70499/" users &&
	seq -f %.0f 70000 70499 | sed "s/.*/user&:&/" >>users'
$BED helper start
next=70500
keep_map

# not_written WHY NAME DETAIL: they are kept out, as the log says.
not_written() {
	ok "$1: somebody new is kept out" stranger "$2"
	ok '... the log says why, and what to do' see_log gateway \
		"event=unknown-user user=$2 reason=users-failed detail=\"cannot be written: $3\" remedy=\"make room on the disk, and see that _moshgate may"
	ok '... there is no uid' not on getent passwd "$2"
	ok '... alice is let in' let_in alice@gateway
	ok '... an account of the gateway logs in, and asks nobody' local_in
	ok '... the map is as it was' map_is_good
	is '... and no other file is left behind' \
		"$(in_map_dir 'ls -A' | grep -v full)" users
}
# written NAME: they get in, and have the next uid.
written() {
	ok '... when it can be written again they are let in, at once' \
		let_in "$1@gateway"
	is '... with the next uid' "$(user "$1")" "$1:$next"
	came "$1"
	ok '... which is in the map, with all others' map_is_good
}
fill() {
	in_map_dir 'dd if=/dev/zero bs=4k >>full' 2>&1 |
		grep 'No space left on device' || echo 'it is not full'
}
# failing CALL CMD...: run CMD while this system call fails of the process that
# has the map.
traced() {
	on sh -c 'grep "^TracerPid:.*[1-9]" \
		"/proc/$(pgrep -x moshgate-users)/status"'
}
failing() {
	on sh -c 'echo $$ >/run/strace.pid && exec strace -o /run/trace \
		-e "trace=$1" -e "inject=$1:error=EIO" \
		-p "$(pgrep -x moshgate-users)"' \
		- "$1" 2>"$TMUX_TMPDIR/strace" &
	shift
	wait_for traced || note <"$TMUX_TMPDIR/strace"
	"$@"
	on sh -c 'kill "$(cat /run/strace.pid)"'
	wait_for not traced
}

people ann ben cid dee eli fay gus
full='No space left on device'
fill | note
not_written 'a full disk' ann "$full"
in_map_dir 'rm full'
written ann
fill | note
in_map_dir 'truncate -s -4k full'
not_written 'a disk with too little room' ben "$full"
in_map_dir 'rm full'
written ben
in_map_dir 'for i in $(seq 100); do : >full.$i || exit; done' 2>&1 | note
not_written 'a disk that has no room for one more file' cid "$full"
in_map_dir 'rm full.*'
written cid
on mount -o remount,ro $map_dir
not_written 'a disk that can only be read' dee 'Read-only file system'
on mount -o remount,rw $map_dir
written dee
on chown root $map_dir
not_written "a directory of root's" eli 'Permission denied'
on chown _moshgate $map_dir
written eli
failing fsync not_written 'a disk that does not keep it' fay \
	'Input/output error'
written fay
failing /^rename not_written 'a file that cannot be given its name' gus \
	'Input/output error'
written gus
is 'of the map itself there was nothing to tell' \
	"$(log_count gateway 'event=users-(mended|failed|damaged)')" 0
$BED helper restart
is '... and another helper has nothing either' "$(user alice)" alice:65536
is '... of it' \
	"$(log_count gateway 'event=users-(mended|failed|damaged)')" 0

# Damaged as well: what the helper knows is not lost.
in_map_dir ': >users'
fill | note
ok 'with the map cut off on a full disk, alice is kept out' \
	kept_out alice@gateway
ok '... and the log says why' see_log gateway \
	"event=users-failed detail=\"cannot be written: $full\" remedy="
people hal
in_map_dir 'rm full'
written hal
ok '... and so is alice' let_in alice@gateway
is '... with her uid' "$(user alice)" alice:65536
