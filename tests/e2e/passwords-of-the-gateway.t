#!/bin/sh
# With passwords = FILE who has one there comes in with it, and nobody else: not
# with another, not with none, and not if the file is not as it should be.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 56
file=/etc/moshgate/passwords
settings '[clients]' "passwords = $file"
known alice bob
# last: the last line in the log of a password that was not taken.
last() {
	see_log gateway 'asked=password' >&2
	$BED log gateway | grep 'asked=password' | tail -n 1
}
# on_gateway COMMAND: by a shell there.
on_gateway() {
	$BED on gateway sh -c "$1" 2>&1
}

# The file.
ok 'moshgate passwd gives a user a password' new_password alice 'let me in'
is '... in a file that root can write and the helper read' \
	"$(on_gateway "stat -c '%a %U:%G' $file")" '640 root:_moshgate'
# shellcheck disable=SC2016
like '... as Argon2id' "$(on_gateway "cat $file")" \
	'^alice:\$argon2id\$v=19\$m=65536,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$'
new_password bob "bob's"
on_gateway "echo '# kept' >>$file"
ok '... also instead of one that is there' new_password alice hunter2
is '... and other lines stay' "$(on_gateway "cut -d : -f 1 $file" | xargs)" \
	'alice bob # kept'
is 'nothing is left beside it' "$(on_gateway 'ls -A /etc/moshgate' | xargs)" \
	'id_ed25519 id_ed25519.pub known_hosts moshgate.ini passwords'
like 'an empty one is refused' "$(new_password alice '' 2>&1)" 'empty'
long=$(printf '%0511d' 7)
like 'one of 512 bytes is refused' "$(new_password alice "${long}7" 2>&1)" \
	'511 bytes'
like 'one with a NUL byte is refused' \
	"$(printf 'a\0b\n' | $BED on gateway moshgate passwd alice 2>&1)" NUL
like 'one with a carriage return at its end is refused' \
	"$(printf 'a\r\n' | $BED on gateway moshgate passwd alice 2>&1)" \
	'carriage return'
like 'more than one line is refused' \
	"$(printf 'a\nb\n' | $BED on gateway moshgate passwd alice 2>&1)" \
	'more than one line'
like 'a name that is none is refused' "$(new_password -x a 2>&1)" usage
like '... and one with a colon' "$(new_password a:b a 2>&1)" 'that name'
like '... and somebody else than root' \
	"$($BED on gateway setpriv --reuid=nobody moshgate passwd bob 2>&1)" root
is 'all that changed nothing' "$(on_gateway "cut -d : -f 1 $file" | xargs)" \
	'alice bob # kept'

# Asked for on a terminal.
terminal a
type_in a "$BED on gateway script -qec 'moshgate passwd bob' /dev/null" Enter
ok 'on a terminal it is asked for' see a 'New password for bob:'
type_in a 'secret one' Enter
ok '... twice' see a 'Once more for bob:'
type_in a 'secret one' Enter
ok '... and taken' see a '^client\$ *$'
unlike '... and not shown' "$(screen a)" secret
ok '... and right' is_right bob 'secret one'
fresh a
type_in a "$BED on gateway script -qec 'moshgate passwd bob' /dev/null" Enter
see a 'New password for bob:' && type_in a one Enter
see a 'Once more for bob:' && type_in a two Enter
ok '... unless they differ' see a 'two different passwords'
ok '... when nothing changes' is_right bob 'secret one'
fresh a
type_in a "$BED on gateway script -qec 'sh -c \"trap : INT; moshgate passwd bob; stty -a\"' /dev/null" Enter
see a 'New password for bob:' && type_in a se C-c
ok 'interrupted, it has the terminal show what is typed' see a ' echo '
ok '... and changes nothing' is_right bob 'secret one'

# Logins.
pam_lines
sshd_takes publickey password keyboard-interactive
no_bans
$BED helper restart
ok 'the right password lets in' let_in_by hunter2 alice@gateway
see_log gateway 'event=password user=alice'
like '... and the log says so' "$($BED log gateway | grep event=password)" \
	'event=password user=alice sshd_pid=[0-9]+ client=(10.66.1.1|fd66:1::1)$'
is '... with the process that sshd logs by' \
	"$($BED log gateway |
		sed -n 's/.*event=password .*sshd_pid=\([1-9][0-9]*\).*/\1/p')" \
	"$($BED log gateway |
		sed -n 's/.*sshd.*\[\([0-9]*\)\]: Accepted keyb.*alice.*/\1/p')"
ok '... as the method password as well' let_in_by hunter2 \
	-o PreferredAuthentications=password alice@gateway
answer_with hunter2
is '... to the remote' "$(ssh_by_password alice@gateway id -un </dev/null)" \
	alice
ok 'a wrong one is refused' kept_out_by hunter3 alice@gateway
like '... and the log has the client and what is wrong' "$(last)" \
	'event=login-failed user=alice asked=password reason=wrong-password .*client=(10.66.1.1|fd66:1::1)$'
ok 'another user'\''s is refused' kept_out_by 'secret one' alice@gateway
ok 'an empty one is refused' kept_out_by '' alice@gateway
ok 'a user who has none is refused' kept_out_by hunter2 carol@gateway
ok 'a name that is nobody'\''s is refused' kept_out_by hunter2 nobody2@gateway
ok 'a key lets in as before' let_in alice@gateway
is '... to the remote' "$(ssh alice@gateway id -un </dev/null)" alice
$BED helper restart

new_password alice "$long"
ok 'one of 511 bytes lets in' let_in_by "$long" alice@gateway
# Of a longer one pam_exec may cut off the rest.
ok '... and moshgate-password takes no longer one' not is_right alice "${long}7"
# shellcheck disable=SC2016
odd='пароль 🔑 "$x" \n'
new_password alice "$odd"
ok 'one with letters of all kinds lets in' \
	let_in_by "$odd" alice@gateway
settings '[clients]' "passwords = $file" 'users = *, !alice'
$BED helper restart
ok 'who is excluded by users is refused' \
	kept_out_by "$odd" alice@gateway
like '... and the log says why' "$(last)" 'user=alice .*reason=not-wanted'
settings '[clients]' "passwords = $file"
$BED helper restart
ok 'one that is taken away is' \
	"$BED" on gateway moshgate passwd --delete alice
ok '... and lets nobody in' kept_out_by "$odd" alice@gateway
like '... who has none to be taken away' \
	"$(on_gateway 'moshgate passwd --delete alice')" 'no password'

# Files that are not as they should be.
new_password alice hunter2
on_gateway "cp -p $file /run/good"
# wrong COMMAND: with what it does to the file nobody is let in.
wrong() {
	$BED helper restart
	on_gateway "cp -p /run/good $file; $1"
	not is_right alice hunter2 && not is_right bob 'secret one'
}
ok 'a file that others can read lets nobody in' wrong "chmod 644 $file"
like '... and the log says why' "$(last)" \
	"reason=passwords-file detail=\"$file: others can read it"
ok '... one that others can write' wrong "chmod 660 $file"
ok '... one that ends in the middle of a hash' wrong \
	"head -c 100 /run/good >$file"
ok '... one with a user twice' wrong \
	"grep alice /run/good >>$file"
like '... and the log says where' "$(last)" "$file:[0-9]+: this user has a line"
ok '... one with another kind of hash' wrong \
	"echo 'x:\$7\$C6..../....SodiumChloride\$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D' >>$file"
like '... and the log says where' "$(last)" "$file:[0-9]+: not a hash"
like '... as moshgate-helper -t does' \
	"$(on_gateway '/usr/libexec/moshgate/moshgate-helper -t')" \
	"$file:[0-9]+: not a hash"
ok '... no file at all' wrong "rm $file"
$BED helper restart
on_gateway "cp -p /run/good $file"
ok 'put back it lets in' is_right alice hunter2
