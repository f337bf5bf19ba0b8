#!/bin/sh
# Whatever becomes of moshgate passwd, the file of passwords is the old one or the
# new one: if the disk is full, if it is killed, and if there are ten of it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 37

dir=/run/small
file=$dir/passwords
settings '[clients]' "passwords = $file"
# on_gateway COMMAND: by a shell there.
on_gateway() {
	$BED on gateway sh -c "$1" 2>&1
}
users() {
	on_gateway "cut -d : -f 1 $file" | sort | xargs
}
# as_before: are there the same users as after the last call of new_password that
# worked, and nothing else?
as_before() {
	[ "$(users)" = "$before" ] && [ "$(on_gateway "ls -A $dir")" = passwords ]
}

like 'without a directory for it there is no file' "$(new_password alice x 2>&1)" \
	"^moshgate: $file: .*No such file or directory"
on_gateway "mkdir $dir && mount -t tmpfs -o mode=755,size=64k tmpfs $dir"
ok 'the file is made' new_password alice hunter2
on_gateway "printf 'bob:%s' \"\$(cut -d : -f 2 $file)\" >>$file"
ok 'a last line without its end gets one' new_password carol hunter3
before='alice bob carol'
ok '... and stays' as_before
ok 'a user may be called like the beginning of another' new_password al x
is '... who stays' "$(users)" 'al alice bob carol'
before='al alice bob carol'

on_gateway "dd if=/dev/zero of=$dir/x bs=1k 2>/dev/null"
like 'with the disk full it fails' "$(new_password dave x 2>&1)" \
	'^moshgate: .*No space left on device'
on_gateway "rm $dir/x"
ok '... and the old file is there' as_before

# killed_at CALL...: it is killed as it is about to do this.
killed_at() {
	printf 'x\n' | $BED on gateway strace -f -qq -o /dev/null \
		-e trace="$1" -e inject="$1":signal=KILL moshgate passwd dave
	[ "$(users)" = "$before" ]
}
# What looks for leaks can't do so below strace.
if [ -n "${SAN-}" ]; then
	skip 'killed before it is written' 'built with sanitizers'
	skip '... and before it is put in its place' 'built with sanitizers'
else
	ok 'killed before it is written, the old file is there' killed_at fsync
	ok '... and before it is put in its place' killed_at /^renameat
fi
ok 'what that leaves hinders nobody' new_password dave hunter4
before='al alice bob carol dave'
ok '... and goes' as_before

# shellcheck disable=SC2016
on_gateway 'for number in $(seq 10); do
		echo "x$number" | moshgate passwd "user$number" &
	done
	wait'
is 'ten at a time are all written' "$(users | grep -o user | grep -c .)" 10
is '... in a file that the helper takes' \
	"$(on_gateway '/usr/libexec/moshgate/moshgate-helper -t' |
		grep -c ' ok, ')" 1

before=$(users)
on_gateway "chown 65534 $file"
like 'a file that is not root'\''s is not taken over' \
	"$(new_password erin x 2>&1)" 'others than root can write it'
on_gateway "chown 0 $file; chmod 644 $file"
ok 'one that others can read is' new_password erin x
is '... and they can not any more' \
	"$(on_gateway "stat -c '%a %U:%G' $file")" '640 root:_moshgate'
on_gateway "mv $file /run/elsewhere; ln -s /run/elsewhere $file"
ok 'behind a link it is the file that changes' new_password frank x
is '... and not the link' "$(on_gateway "readlink $file; cut -d : -f 1 /run/elsewhere |
	grep frank" | xargs)" '/run/elsewhere frank'

# Locks.
on_gateway "rm $file; mv /run/elsewhere $file"
$BED on gateway setpriv --reuid=nobody --regid=nogroup --clear-groups \
	flock -F "$dir" sleep 98761 &
ok 'who can open the directory holds it' \
	wait_for running gateway '^sleep 98761'
ok '... and holds up nobody' new_password gina x
$BED on gateway pkill -xf 'sleep 98761'
on_gateway "touch $dir/.passwords.lock; chmod 644 $dir/.passwords.lock"
like 'a lock that others can open is none' "$(new_password gina x 2>&1)" \
	'passwords.lock: others than root can open it'
on_gateway "rm $dir/.passwords.lock; ln -s /run/there $dir/.passwords.lock"
like '... nor is a link' "$(new_password gina x 2>&1)" 'passwords.lock'
ok '... which is not followed' not "$BED" on gateway test -e /run/there
on_gateway "rm $dir/.passwords.lock; (umask 077; : >$dir/.passwords.lock)"
$BED on gateway flock -F "$dir/.passwords.lock" sleep 98762 &
ok 'while another one has it' wait_for running gateway '^sleep 98762'
printf 'x\n' | $BED on gateway moshgate passwd hank 2>/dev/null &
# of_hank COMMAND: on the process that waits.
of_hank() {
	on_gateway "cd /proc/\$(pgrep -xf 'moshgate passwd hank') && $1"
}
waits() {
	of_hank 'ls -l fd' | grep -q " $dir\$"
}
ok '... who waits' wait_for waits
like '... with no signal blocked' "$(of_hank 'cat status')" \
	'^SigBlk:[[:space:]]0+$'
$BED on gateway pkill -INT -xf 'moshgate passwd hank'
ok '... can be interrupted' wait_for not running gateway '^moshgate passwd hank'
$BED on gateway pkill -xf 'sleep 98762'

# A file that is damaged.
on_gateway "echo nonsense >>$file"
like 'what is wrong in other lines is told' "$(new_password ida x 2>&1)" \
	"$file:[0-9]+: no colon"
like '... and the user is there' "$(users)" ' ida '
on_gateway "sed -i /nonsense/d $file"
is '... and then nothing is wrong' "$(new_password ida x 2>&1)" ''

# A helper's program that says more than it is asked.
helper=/usr/libexec/moshgate/moshgate-helper
before=$(users)
# talkative COMMAND: the helper's program does this first.
talkative() {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n%s\nexec /run/helper "$@"\n' "$1" |
		$BED on gateway sh -c 'cat >/run/talkative && chmod 755 /run/talkative'
}
on_gateway "cp $helper /run/helper && : >/run/talkative &&
	mount --bind /run/talkative $helper"
talkative 'echo noise >&2'
like 'what it complains of is told' "$(new_password ida y 2>&1)" '^noise$'
is '... and gets into no file' "$(on_gateway "grep -c noise $file; ls $dir")" \
	"0
passwords"
talkative "echo /run/other"
like 'an answer of more than a line is none' "$(new_password ida y 2>&1)" \
	'a wrong answer'
is '... and changes nothing' "$(users)" "$before"
on_gateway "umount $helper"

settings '[clients]' 'passwords = remote'
like 'where passwords are the remote'\''s there is no file' \
	"$(new_password alice x 2>&1)" 'names no file'
printf 'nonsense\n' | $BED on gateway tee -a /etc/moshgate/moshgate.ini >/dev/null
like 'a mistake in moshgate.ini is told' "$(new_password alice x 2>&1)" \
	'moshgate.ini:[0-9]+'
