#!/bin/sh
# sshd, as root, and nobody else asks the helper for a name that is not in the
# user map; and no helper, whatever it answers, holds it up or misleads it.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/name-service.sh"
plan 82

fake_helper=$(cat "$(dirname "$0")/fake-helper.py")
# fake STEP...: start another in place of the helper, see fake-helper.py.
fake() {
	unfake
	on sh -c 'echo $$ >/run/fake.pid; exec setsid /usr/bin/python3 -c "$@" \
		>/run/fake.log 2>&1' - "$fake_helper" "$@" &
	wait_for on grep -q READY /run/fake.log ||
		on cat /run/fake.log | note
}
unfake() {
	on sh -c '[ ! -e /run/fake.pid ] || kill "$(cat /run/fake.pid)"
		rm -f /run/fake.pid /run/fake.log /run/moshgate/helper.sock'
}
# from PROGRAM NAME: the uid that getent has for NAME if it is this program.
from() {
	entry 3 "/tmp/x/$1" "$2"
}
# from_sshd NAME: the same if it is sshd.
from_sshd() {
	from sshd "$1"
}
# nss_from_sshd COMMAND...: see nss.py, which is sshd here.
nss_from_sshd() {
	on env PYTHONHOME=/usr timeout "$PATIENCE_S" /tmp/x/python/sshd \
		-c "$nss_calls" "$@" 2>&1
}
# asked: what the fake has been asked for; what is still under way is waited
# for, by asking for one more, since all come in their order.
asked() {
	from_sshd last >"$TMUX_TMPDIR/last"
	wait_for on grep -q name=last /run/fake.log || echo 'it does not listen'
	on grep -v -e READY -e name=last /run/fake.log
}

$BED helper stop
# What a program is, to the module, is the name of its file.
on sh -c 'mkdir -m 755 /tmp/x && cd /tmp/x && cp /usr/bin/getent sshd &&
	ln sshd sshd-session && ln sshd sshd-auth && ln sshd notsshd &&
	ln sshd sshd-x && ln sshd SSHD && mkdir sshd.d links python &&
	ln sshd sshd.d/getent && ln -s /usr/bin/getent links/sshd &&
	cp -L /usr/bin/python3 python/sshd'

map 'zoe:70000\n'
fake ok=70005
is 'sshd asks the helper for an unknown name' "$(from_sshd mallory)" 70005
is '... and has what the map would say' "$(cat "$TMUX_TMPDIR/entry")" \
	"mallory:*:70005:$mapped"
pid=$(on sh -c 'echo $$; exec /tmp/x/sshd passwd mallory >/dev/null')
is '... with its pid' "$(asked | tail -n 1)" "asked name=mallory sshd_pid=$pid"
fake ok=70005
is '... also as sshd-session' "$(from sshd-session mallory)" 70005
is '... and as sshd-auth' "$(from sshd-auth mallory)" 70005
is '... and when it has been upgraded' \
	"$(nss_from_sshd deleted mallory)" 70005
on cp -L /usr/bin/python3 /tmp/x/python/sshd
fake ok=70005
for program in notsshd sshd-x SSHD sshd.d/getent links/sshd; do
	is "$program does not" "$(from $program mallory)" 2
done
is 'getent does not' "$(uid mallory)" 2
is 'sshd of a user does not' \
	"$(as local /tmp/x/sshd passwd mallory; echo $?)" 2
is "... nor with root's real uid" "$(on setpriv --euid=nobody \
	/tmp/x/sshd passwd mallory; echo $?)" 2
is "... nor with root's effective one" "$(on setpriv --ruid=nobody \
	/tmp/x/sshd passwd mallory; echo $?)" 2
for name in '' . .. -rf a/b 'a b' "$(printf 'm\303\274ller')" _moshgate-x \
	"$(printf %65s '' | tr ' ' n)"; do
	is "sshd does not for \"$(printf %.11s "$name" | tr -dc ' -~')\"" \
		"$(from_sshd "$name")" 2
done
is '... nor for a uid' "$(from_sshd 70009)" 2
is '... nor for who is in the map' "$(from_sshd zoe)" 70000
is '... nor for who is in passwd' "$(from_sshd local)" 1001
on groupmod -n moshgate2 moshgate
is '... nor without the group moshgate' "$(from_sshd mallory)" 2
on groupmod -n moshgate moshgate2
is '... nor to list all' "$(on /tmp/x/sshd passwd | grep -c mallory)" 0
is 'of all that the helper has heard nothing' "$(asked)" ''
on rm $map_dir/users
is 'without a map sshd asks' "$(from_sshd mallory)" 70005
on sh -c 'mkdir -p "$1" && touch "$1/users" && chmod 777 "$1"' - $map_dir
is '... and when it cannot be trusted' "$(from_sshd mallory)" 70005
on rm -r $map_dir
is '... and without its directory' "$(from_sshd mallory)" 70005
map 'zoe:70000\n'

# found WHAT STEP..., lost WHAT STEP...: a fake helper that takes these steps
# makes mallory a user, or not; in no case does it take for ever.
found() {
	what=$1
	shift
	fake "$@"
	is "$what: a user" "$(from_sshd mallory)" 70005
}
lost() {
	what=$1
	shift
	fake "$@"
	is "$what: nobody" "$(from_sshd mallory)" 2
}
# A frame is "MG", version, type, and four bytes of length.
ok_body=$(printf 'uid\0%s\0' 70005 | od -An -v -tx1 | tr -d ' \n')
ok_frame=4d4701200000000a$ok_body
taken_frame=4d47012500000000
found 'the answer comes at once' ok=70005
found '... bit by bit' "bytes=4d4701" wait=0.1 "bytes=${ok_frame#4d4701}"
found '... both at once' "bytes=$taken_frame$ok_frame"
found '... by the service' by=_moshgate ok=70005
found '... when it has said that it is at work' taken wait=1 ok=70005
found '... with more fields' 'fields=name\0x\0uid\070005\0z\0z\0'
lost 'it refuses' taken refused
lost '... at once' refused
lost 'it says nothing' wait=1000
lost '... for 5 seconds' by=_moshgate wait=5 taken ok=70005
found '... since it is only being started' wait=5 taken ok=70005
lost 'it is at work for 12 seconds' taken wait=12 ok=70005
lost 'it speaks a byte each second' "drip=$ok_frame"
lost 'it hangs up' close
lost '... when it is asked' wait=0 close
lost '... when it has begun' taken close
lost '... in the middle' "bytes=${ok_frame%3035*}" close
found 'it is still at work' taken wait=1 taken ok=70005
lost 'it has more to say of that' bytes=4d4701250000000161 ok=70005
lost 'it is of another version' "bytes=4d470220${ok_frame#4d470120}"
lost 'it says garbage' bytes=00ff00ff00ff00ff00ff00ff00ff00ff
lost 'it speaks another protocol' \
	"bytes=$(printf 'HTTP/1.1 200 OK\r\n\r\n' | od -An -v -tx1 |
		tr -d ' \n')"
lost 'it has another type of answer' "bytes=4d470122${ok_frame#4d470120}"
lost 'it has too long an answer' \
	"fields=uid\\070005\\0x\\0$(printf %1100s '' | tr ' ' x)\\0"
lost '... or says so' bytes=4d470120ffffffff
lost '... or one that is not whole' 'fields=uid\070005'
lost '... or half of a field' 'fields=uid\0'
lost '... or an empty one' 'fields='
lost '... or no uid' 'fields=user\070005\0'
for uid in 0 33 65534 2000000001 4295037301 -1 '' 70005x ' 70005'; do
	lost "it answers with the uid \"$uid\"" "ok=$uid"
done
lost 'it passes a descriptor along' descriptor=70005
lost "it is somebody else's" by=nobody taken ok=70005
wait_for on grep -q connected /run/fake.log
is '... and is not even asked' "$(on grep -v READY /run/fake.log)" connected
lost 'nobody can get to it' full
unfake
is 'it is not there: nobody' "$(from_sshd mallory)" 2
on perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(
	Local => "/run/moshgate/helper.sock", Listen => 1)'
is 'it has died: nobody' "$(from_sshd mallory)" 2

fake wait=0.2 taken wait=0.5 ok=70005
is 'signals do not stop it' "$(nss_from_sshd signals mallory)" 70005
# Hung up on before it has asked, which is where it waits here.
fake close
on timeout "$PATIENCE_S" strace -f -o /dev/null -e trace=sendto \
	-e inject=sendto:delay_enter=500000 /tmp/x/sshd passwd mallory
is 'it does not die of a closed socket' $? 2
fake ok=70005
is 'nothing is left open when it is asked' \
	"$(nss_from_sshd left-open mallory)" OK

# With the real ones.
fake ok=70005
ssh -o BatchMode=yes robot@gateway true </dev/null >"$TMUX_TMPDIR/ssh" 2>&1
ok 'when somebody unknown comes, sshd asks, and tells from where' wait_for on grep -q \
	'^asked name=robot sshd_pid=[0-9]* address=fd66:1::1$' /run/fake.log
unfake
map 'zoe:70000\n'
$BED on remote sh -c 'useradd -m -s /bin/bash zoe &&
	cp -R /home/alice/.ssh /home/zoe && chown -R zoe: /home/zoe'
$BED helper start
terminal z
ok 'a mapped user logs in' login z zoe
