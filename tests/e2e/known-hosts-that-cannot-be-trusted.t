#!/bin/sh
# A known_hosts file that others could have written, or that can't be read,
# lets nobody in, though it has the right key.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 25
known alice bob carol

file=/etc/moshgate/known_hosts
right=$($BED on gateway cat "$file")

# refused WHAT DETAIL [FILE]: nobody gets in, and the log says what is wrong.
refused() {
	$BED helper restart
	ok "$1: nobody gets in" kept_out alice@gateway
	line=$(login_failed | tail -n 1)
	like '... for the reason that' "$line" \
		"reason=known-hosts detail=\"${3:-$file}: $2"
	like '... and the log says what to do' "$line" \
		"'chown root ${3:-$file} && chmod 644 ${3:-$file}'"
	$BED on gateway rm -rf "${3:-$file}"
	known_hosts "$right"
}
ok 'as it is, alice gets in' let_in alice@gateway
$BED on gateway chown local "$file"
refused 'a file of another account' 'not owned by root'
$BED on gateway chmod 664 "$file"
refused 'a file that its group can write' 'writable by others than root'
$BED on gateway chmod 646 "$file"
refused 'a file that everybody can write' 'writable by others than root'
$BED on gateway chmod 600 "$file"
refused 'a file that the helper cannot read' 'cannot be read: Permission denied'
$BED on gateway sh -c "rm $file && mkdir $file"
refused 'a directory' 'not a plain file'
$BED on gateway sh -c "rm $file && mkfifo $file"
refused 'a pipe' 'not a plain file'
known_hosts '' /etc/ssh/ssh_known_hosts
$BED on gateway chmod 666 /etc/ssh/ssh_known_hosts
refused 'the other file, though it is empty' 'writable by others than root' \
	/etc/ssh/ssh_known_hosts
$BED on gateway chown _moshgate "$file"
$BED helper restart
ok "one of the service's own is taken" let_in alice@gateway
$BED on gateway chmod 600 "$file"
$BED helper restart
ok '... also if nobody else can read it' let_in alice@gateway
$BED on gateway mv /usr/bin/ssh-keygen /usr/bin/ssh-keygen.away
$BED helper restart
ok 'without ssh-keygen to read it nobody gets in' kept_out alice@gateway
