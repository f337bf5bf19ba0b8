#!/bin/sh
# `moshgate check' sees that the user map is whole and can be trusted, and that
# nobody in it is somebody of the gateway as well.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/check.sh"
plan 112

dir=/var/lib/moshgate
map=$dir/users
on_gateway() {
	$BED on gateway "$@"
}

# carol exists on the remote alone.
accounts alice bob
stand_in carol 65540
passwd_line 'files moshgate'
user_map carol:65540

thing='one user of the remote'
is_content "user map +$map: 1 user\$"
like '... known beside the accounts' "$found" \
	'^ok +accounts +2 in group moshgate; users of the remote known: 1$'
thing='... asked for'
is_content 'login +carol' check carol
like '... of whom sshd is asked' "$found" \
	'^ok +sshd +its settings for carol are moshgate.s'
thing='nobody with an account'
accounts
is_content 'accounts +0 in group moshgate; users of the remote known: 1' check
like '... goes as the one who is known' "$found" '^ok +login +carol'
stand_in '' 0
no_map
thing='nobody at all'
finds 'login +there is no user to try it as' 'moshgate check USER' check
like '... which is how it begins' "$found" \
	'^ok +accounts +0 in group moshgate; users of the remote known: 0'
passwd_line files
# shellcheck disable=SC2119
said=$(check)
like '... but with accounts alone there have to be some' "$said" \
	'^FAIL +accounts +0 in group moshgate$'

accounts alice bob
user_map carol:65540 alice:2001
stand_in carol 65540
thing='a map that nobody reads'
warns 'name service' 'add moshgate'
like '... has no users of the remote' "$found" \
	'^ok +accounts +2 in group moshgate$'
passwd_line 'files moshgate'
user_map carol:65540

# Who may change it.
thing='a map for the group to write'
on_gateway chmod 664 "$map"
finds "user map +$map: writable by others than _moshgate" "chmod 644 $map"
thing='a map for others to write'
on_gateway chmod 646 "$map"
finds "user map +$map: writable by others than _moshgate" "chmod 644 $map"
thing='a map that not everybody can read'
on_gateway chmod 640 "$map"
finds "user map +$map: not for everybody to read" "chmod 644 $map"
on_gateway chmod 644 "$map"
thing="somebody else's map"
on_gateway chown local "$map"
finds "user map +$map: owned by somebody else than _moshgate" \
	"chown _moshgate:_moshgate $map"
thing="root's map"
on_gateway chown root "$map"
is_content "user map +$map: 1 user"
on_gateway chown _moshgate "$map"
thing='a directory for others to write'
on_gateway chmod 777 "$dir"
finds "user map +$dir: writable by others than _moshgate" "chmod 755 $dir"
thing='a directory not for everybody'
on_gateway chmod 700 "$dir"
finds "user map +$dir: not to be entered by everybody" "chmod 755 $dir"
on_gateway chmod 755 "$dir"
thing="somebody else's directory"
on_gateway chown local "$dir"
finds "user map +$dir: owned by somebody else" "chown _moshgate:_moshgate $dir"
on_gateway chown _moshgate "$dir"
thing='no directory'
on_gateway mv "$dir" "$dir.away"
finds "user map +$dir: No such file or directory" \
	"install -d -m 755 -o _moshgate -g _moshgate $dir"
thing='a link for a directory'
on_gateway ln -s "$dir.away" "$dir"
finds "user map +$dir: not a directory" 'move it away, then install -d'
on_gateway rm "$dir"
on_gateway mv "$dir.away" "$dir"
thing='a link for a map'
on_gateway mv "$map" "$map.away"
on_gateway ln -s "$map.away" "$map"
finds "user map +$map: not a plain file" 'move it away'
on_gateway rm "$map"
thing='a pipe for a map'
on_gateway mkfifo -m 644 "$map"
finds "user map +$map: not a plain file" 'move it away'
on_gateway rm "$map"
thing='a map without end'
on_gateway truncate -s 17M "$map"
finds "user map +$map: too long" 'see what is in it'

# What is in it.
thing='a line that is none'
user_map carol:65540 'zoe 65541'
finds "user map +$map: not name:uid: line 2\$" 'stop moshgate-helper, mend'
thing='many of them'
user_map "$(printf 'a:1\n\033[2J:65541\nroot:0\n\n#\ncarol:65540')"
finds "user map +$map: not name:uid: line 1 and 3 more\$" 'mend the file'
thing='a line that was cut'
printf 'carol:65540\nzoe:65541' | on_gateway sh -c "cat >$map"
finds "user map +$map: not name:uid: line 2\$" 'mend the file'
thing='a name that is there twice'
user_map carol:65540 zoe:65541 zoe:65542
finds "user map +$map: there twice, the name or the uid: zoe\$" 'mend the file'
thing='a uid that is there twice'
user_map carol:65540 zoe:65541 yan:65541
finds "user map +$map: there twice, the name or the uid: (zoe|yan)\$" \
	'mend the file'

# Who is in it.
thing='a user with an account outside the group'
user_map carol:65540 local:65541
warns 'overlap +in the user map, but an account here, which stays local: local$' \
	'to send it to the remote put it into group moshgate with the login shell'
thing='an account in the group with another uid'
user_map carol:65540 alice:65541
is_content 'user map'
thing='twelve of them'
# shellcheck disable=SC2016
names=$(on_gateway sh -c 'for i in 10 11 12 13 14 15 16 17 18 19 20 21; do
	echo "here$i:x:30$i:30$i::/:/bin/sh" >>/etc/passwd; echo "here$i:700$i"
	done')
# shellcheck disable=SC2086
user_map carol:65540 $names
warns 'overlap +.* stays local: here10, here11, .*, here19 and 2 more$' \
	'or else remove the account'
thing='a uid of the gateway'
user_map carol:65540 "zoe:1001"
finds 'overlap +in the user map, .*: zoe \(uid 1001, which is that of local\)' \
	'give the account of the gateway another uid'
thing='when all is mended'
user_map carol:65540
is_content 'user map'
