#!/bin/sh
# Mapped users exist for every program on the gateway, whether the helper runs
# or not, and however often and with how little room it is asked; but only if
# nobody else could have written the map.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/name-service.sh"
plan 77

# everybody: all whom the machine doesn't know of itself.
everybody() {
	on timeout "$PATIENCE_S" getent passwd | cut -d : -f 1 |
		grep -Evx "$own" | tr '\n' ' '
}
own=$(on cut -d : -f 1 /etc/passwd | tr '\n' '|' | sed 's/|$//')
# users COUNT: lines for that many.
users() {
	seq -f 'user%.0f' 70000 $((70000 + $1 - 1)) | sed 's/user\(.*\)/&:\1/'
}

# --- the file ---------------------------------------------------------------

module=$(on sh -c 'ls /usr/lib/*/libnss_moshgate.so.2 \
	/usr/lib/libnss_moshgate.so.2 /usr/lib64/libnss_moshgate.so.2' 2>/dev/null)
is 'the module is installed once' "$(echo "$module" | wc -l)" 1
is '... to be read by everybody' "$(on stat -c '%a %U' "$module")" '644 root'
dynamic=$(on readelf -dW "$module")
is 'it has its name' "$(echo "$dynamic" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')" \
	libnss_moshgate.so.2
is '... needs the C library alone' \
	"$(echo "$dynamic" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		grep -v '^ld-linux')" libc.so.6
is '... and has but what the C library asks for' \
	"$(on nm -D --defined-only "$module" | cut -d ' ' -f 3 |
		sed 's/^_nss_moshgate_//' | tr '\n' ' ')" \
	'endpwent getpwent_r getpwnam_r getpwuid_r setpwent '

# --- the map ----------------------------------------------------------------

$BED helper stop
map 'zoe:70000\nyan:70001\n'
is 'without the helper a user is known by name' \
	"$(on getent passwd zoe)" "zoe:*:70000:$mapped"
is '... by uid' "$(on getent passwd 70001)" "yan:*:70001:$mapped"
is '... among all' "$(everybody)" 'zoe yan '
is '... to a user' "$(as nobody getent passwd zoe)" "zoe:*:70000:$mapped"
is '... to a user listing all' \
	"$(as nobody getent passwd | grep -c ':7000[01]:')" 2
is '... to id' "$(on id zoe)" \
	'uid=70000(zoe) gid=771(moshgate) groups=771(moshgate)'
on sh -c 'touch /tmp/file && chown 70000:771 /tmp/file'
is '... to ls' "$(on ls -l /tmp/file | awk '{ print $3, $4 }')" 'zoe moshgate'
on setpriv --reuid=70001 --regid=771 --clear-groups sleep 1000 &
ok '... to ps' wait_for on pgrep -u yan sleep
is '... by their name' "$(on ps -o user= -C sleep | grep -o yan)" yan
is 'the service itself is not changed' "$(name 770) $(uid _moshgate)" \
	'_moshgate 770'
is "a name that is not in the map is nobody's" "$(uid xu)" 2
is '... nor is such a uid' "$(name 70002)" 2
map 'local:70000\nroot:70001\n'
is "the machine's own users come first" "$(uid local) $(uid root)" '1001 0'

map 'zoe:70000\n'
on groupmod -n moshgate2 moshgate
is 'without the group moshgate there is nobody' "$(uid zoe) $(everybody)" '2 '
on groupmod -n moshgate moshgate2
# group MEMBERS: the group moshgate with this many.
group() {
	on sh -c 'sed -i "/^moshgate:/d" /etc/group &&
		seq -s , -f user%06.0f "$1" | sed "s/^/moshgate:x:771:/" \
		>>/etc/group' - "$1"
}
group 20000
is 'with 20,000 members in it there is' "$(uid zoe) $(name 70000)" '70000 zoe'
group 100000
is 'with more than 1 MiB of members there is nobody' "$(uid zoe) $(everybody)" '2 '
group 3
is 'with three there is again' "$(uid zoe)" 70000

# What is not a user is passed over, and what is not the first.
map '# by hand\n\nxu\nxu:\n:70002\nxu:70002x\nxu: 70002\nxu:070002\nxu:-1
xu:4294967295\nxu:4295037298\nxu:99999999999999999999\nxu:70002\r
xu:70002:771::/:/bin/sh\n/xu:70002\n-xu:70002\n70002:70002\n+xu:70002
zoe:70000\nx\0000u:70002\nxu:70002\0000\n\0000\n\0000xu:70002\n\0377\0376
xu\0303\0251:70002\n\033[2Jxu:70002\nyan:70001\nxu:70002'
is 'garbage is passed over, users are not' "$(everybody)" 'zoe yan '
is '... nor by name' "$(uid zoe) $(uid yan)" '70000 70001'
is '... nor by uid' "$(name 70000) $(name 70001)" 'zoe yan'
is '... and a last line without its end is not there' \
	"$(uid xu) $(name 70002)" '2 2'
on sh -c 'echo >>"$1/users"' - $map_dir
is '... until that is' "$(uid xu) $(name 70002) $(everybody)" '70002 xu zoe yan xu '
map 'xu:0\nxv:33\nxw:999\nxx:65534\nxy:65535\nxz:2000000001\nxt:1000\nzoe:65536\n'
is "uids of the system's are passed over" "$(everybody)" 'zoe '
is '... by name' "$(for x in t u v w x y z; do uid x$x; done | tr '\n' ' ')" \
	'2 2 2 2 2 2 2 '
is '... by uid' "$(for x in 0 33 65534; do name $x; done | tr '\n' ' ')" \
	'root www-data nobody '
long=$(printf %64s '' | tr ' ' n)
map "$(printf %100000s '' | tr ' ' x)zoe:70000\n${long}n:70001\n$long:70002\n"
is 'long lines are passed over' "$(everybody)" "$long "
is '... up to the longest name' "$(uid "$long") $(name 70002)" "70002 $long"
is '... and not beyond' "$(uid "${long}n") $(name 70001) $(name 70000)" '2 2 2'
map '_moshgate:70000\n_moshgate-x:70001\nzoe:70002\n'
is "the service's names are passed over" "$(everybody)" 'zoe '
is '... by uid' "$(name 70000) $(name 70001)" '2 2'
is '... by name' "$(uid _moshgate) $(uid _moshgate-x)" '770 2'
map 'zoe:70000\nzoe:70001\nyan:70000\nxu:70003\nxu:70003\n'
is 'of two uids the first is the name'"'s" "$(uid zoe) $(name 70000)" \
	'70000 zoe'
is '... and the other nobody'"'s" "$(name 70001)" 2
is 'of two names the first is the uid'"'s" "$(uid yan)" 2
is '... and a line may be there twice' "$(uid xu) $(name 70003)" '70003 xu'
map "$(users 1000)\n"
is 'in a map of many pieces all are known' \
	"$(on getent passwd | grep -c "^user.*:$mapped\$")" 1000
is '... by name and uid' "$(uid user70999) $(name 70500)" '70999 user70500'

# --- a map that cannot be trusted -------------------------------------------

# untrusted WHY CMD...: after CMD, in the map's directory, nobody is known, and
# with a new map somebody is.
untrusted() {
	why=$1
	shift
	on sh -c "cd $map_dir && $*"
	is "$why: nobody is known" "$(uid zoe) $(name 70000) $(everybody)" '2 2 '
	map 'zoe:70000\n'
}
# trusted WHY CMD...: after it zoe still is known.
trusted() {
	why=$1
	shift
	on sh -c "cd $map_dir && $*"
	is "$why: zoe is known" "$(uid zoe) $(name 70000) $(everybody)" \
		'70000 zoe zoe '
	map 'zoe:70000\n'
}
map 'zoe:70000\n'
untrusted 'its group may write it' 'chmod 664 users'
untrusted 'everybody may write it' 'chmod 646 users'
untrusted "it is somebody else's" 'chown local users'
untrusted 'it is a link' 'mv users real && ln -s real users'
untrusted 'it is a link to what is root'"'s" \
	'mv users /etc/users && chown root /etc/users && ln -s /etc/users users'
untrusted 'it is a FIFO' 'rm users && mkfifo users && chown 770 users'
untrusted 'it is a directory' 'rm users && mkdir users'
untrusted 'it is a device' 'rm users && mknod users c 1 5'
untrusted 'it is a socket' 'rm users && perl -MIO::Socket::UNIX -e "
	IO::Socket::UNIX->new(Local => q(users), Listen => 1)"'
untrusted 'it is too long' 'truncate -s 16M users && echo >>users'
untrusted 'it is not there' 'rm users'
untrusted 'its directory is not there' "rm -r $map_dir"
untrusted 'its directory is a file' "rm -r $map_dir && touch $map_dir"
untrusted 'everybody may write its directory' 'chmod 757 .'
untrusted 'everybody may, but is sticky' 'chmod 1777 .'
untrusted "the directory's group may" 'chmod 775 .'
untrusted "the directory is somebody else's" 'chown local .'
untrusted 'the service does not exist' \
	'sed -i.was "/^_moshgate:/d" /etc/passwd'
untrusted '... and the directory alone is its own' 'chown root users'
trusted 'but all is root'"'s" 'chown root . users'
on mv /etc/passwd.was /etc/passwd
map 'zoe:70000\n'
trusted "the file is root's" 'chown root users'
trusted "the directory is root's" 'chown root .'
trusted 'it has as much as it may' 'truncate -s 16M users'
on chmod 600 $map_dir/users
is 'who may not read it knows nobody' \
	"$(as nobody getent passwd zoe 2>&1; echo $?)" 2
is '... and root does' "$(uid zoe)" 70000

# --- as programs call it --------------------------------------------------

map 'zoe:70000\nyan:70001\nxu:70002\n'
is 'too small a buffer is told' "$(nss rooms zoe)" OK
is 'errno stays as it is' "$(nss errno zoe)" OK
like 'getpwent() has all' "$(nss list)" ' zoe yan xu$'
is '... also with too small a buffer at first' "$(nss list-rooms)" "$(nss list)"
is '... and when another map takes the place of this one' \
	"$(nss list-growing)" 'zoe yan yan last'
map "$(users 300)\n"
is 'many threads may ask at once' "$(nss threads)" OK
is '... and share one list' "$(nss list-threads)" \
	"$(seq -f 'user%.0f' -s ' ' 70000 70299)"
map "$(users 10)\\n"
is 'nothing is left open, and no memory' "$(nss left-open user70000)" OK
on chmod 777 $map_dir
is '... if the map is refused' "$(nss left-open user70000)" OK
on rm -r $map_dir
is '... if there is none' "$(nss left-open user70000)" OK
