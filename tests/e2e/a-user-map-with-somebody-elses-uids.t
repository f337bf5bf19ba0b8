#!/bin/sh
# Whoever can write the user map, as the helper can, makes no person of the
# gateway out of a user of the remote: the name service and sshd take the uids
# that root has set aside alone, and none that an account has.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/name-service.sh"
plan 43

# known WHAT...: what the name service has for names or uids, by name and uid.
known() {
	on getent passwd "$@" | cut -d : -f 1,3 | xargs
}
# listed: who is listed beside the accounts.
listed() {
	on getent passwd | grep "$mapped\$" | cut -d : -f 1,3 | xargs
}
# service_writes LINE...: a helper that has been taken over does that.
service_writes() {
	printf '%s\n' "$@" | as _moshgate sh -c \
		'cat >/var/lib/moshgate/new &&
		mv /var/lib/moshgate/new /var/lib/moshgate/users'
}
# uids [TEXT [MODE]]: what root says which there are; nothing without TEXT.
uids() {
	if [ $# -eq 0 ]; then
		on rm -f /etc/moshgate/uids
	else
		echo "$1" | on sh -c 'cat >/etc/moshgate/uids &&
			chmod "$1" /etc/moshgate/uids' - "${2:-644}"
	fi
}

people eve mal out taken theirs
on useradd -u 70001 person 2>"$TMUX_TMPDIR/useradd"
$BED helper stop
service_writes eve:1001 mal:0 out:200000 taken:70001 person:70002 \
	theirs:65535 good:70000
is 'a user with a uid of the range is known' "$(known good)" good:70000
is '... by that uid' "$(known 70000)" good:70000
is "a name with an account's uid isn't" "$(known eve)" ''
is '... and the uid is the account' "$(known 1001)" local:1001
is "one with root's isn't" "$(known mal)" ''
is '... which is root' "$(known 0)" root:0
is 'one with a uid beyond the range is not' "$(known out)" ''
is '... nor is the uid anybody' "$(known 200000)" ''
is "one with the uid of an account in the range isn't" "$(known taken)" ''
is '... which is the account' "$(known 70001)" person:70001
is "an account's name has the account's uid alone" \
	"$(known person 70002)" person:70001
is 'one that 16 bits could make -1 is not known' "$(known theirs 65535)" ''
is 'among all there is none of them' "$(listed)" good:70000
is '... nor to id' "$(on id -u eve mal out taken theirs 2>/dev/null)" ''
# Where moshgate comes first, against its manual.
on sed -i 's/^passwd:.*/passwd: moshgate files/' /etc/nsswitch.conf
is 'asked first, the module has the one alone' \
	"$(known eve mal out taken person theirs good)" \
	'person:70001 good:70000'
is '... by uid, too' "$(known 0 1001 70001 70002 65535 200000 70000)" \
	'root:0 local:1001 person:70001 good:70000'
on sed -i 's/^passwd:.*/passwd: files moshgate/' /etc/nsswitch.conf

# The helper believes its map, as far as it makes sense.
service_writes eve:1001 out:200000 taken:70001 person:70002 good:70000
$BED helper start
for name in eve out taken; do
	ok "sshd doesn't know $name" stranger "$name"
done
is '... nor is anybody whom they ask for' "$(known eve out taken)" ''
ok 'all others come in' let_in alice@gateway
like "moshgate check tells who has an account's uid" "$(on moshgate check)" \
	'^FAIL +overlap .*eve \(uid 1001, which is that of local\)'

# What it answers itself is as good as what it writes.
$BED helper stop
service_writes good:70000 out:200000
like '... and who is out of the range' "$(on moshgate check)" \
	'^FAIL +uids +in the user map, but not known.* 65536-99999: out'
service_writes good:70000
fake_helper=$(cat "$(dirname "$0")/fake-helper.py")
# by_helper UID: what sshd knows if the helper answers with that uid.
by_helper() {
	on sh -c 'echo $$ >/run/fake.pid; exec setsid /usr/bin/python3 -c "$@" \
		>/run/fake.log 2>&1' - "$fake_helper" taken "ok=$1" &
	wait_for on grep -q READY /run/fake.log
	look_up anybody | cut -d : -f 1,3
	on sh -c 'kill "$(cat /run/fake.pid)"
		rm /run/fake.pid /run/fake.log /run/moshgate/helper.sock'
}
for uid in 1001 70001 200000; do
	is "the uid $uid it can't give" "$(by_helper $uid)" ''
done
is 'one of the range it can' "$(by_helper 70003)" anybody:70003

# The range is root's to say.
service_writes good:70000 more:200000
uids 200000-200999
is 'root can set others aside' "$(known good more)" more:200000
is '... which are listed' "$(listed)" more:200000
is '... to everybody' "$(as nobody getent passwd more | cut -d : -f 1,3)" \
	more:200000
uids '70000-more'
is 'what makes no sense sets none aside' "$(known good more)$(listed)" ''
uids 200000-200999 666
is '... nor what others may have written' "$(known good more)$(listed)" ''
uids 200000-200999
on chown _moshgate /etc/moshgate/uids
is '... or the service' "$(known good more)$(listed)" ''
on chown root /etc/moshgate/uids
on chown _moshgate /etc/moshgate
is '... also in its directory' "$(known good more)$(listed)" ''
on chown root /etc/moshgate

# The helper keeps to it.
like 'with other uids in its settings the helper does not run' \
	"$(on /usr/libexec/moshgate/moshgate-helper -t 2>&1)" \
	'uid_min and uid_max say 65536-99999, but the name service takes 200000-200999 alone \(echo 65536-99999 >/etc/moshgate/uids'
like '... as moshgate check says' "$(on moshgate check)" \
	'^FAIL +configuration .*takes 200000-200999 alone'
settings '[users]' 'uid_min = 200100' 'uid_max = 200200'
uids 200100-200200
$BED helper start
ok 'with the same on both sides new users come in' let_in bob@gateway
is '... with these uids' "$(look_up bob | cut -d : -f 1,3)" bob:200100
settings '[users]' 'uid_min = 200100' 'uid_max = 300000'
signal_helper HUP
ok 'settings that go beyond are not taken' \
	see_log gateway 'event=reload-failed .*takes 200100-200200 alone'
ok '... and all goes on as before' let_in carol@gateway
is '... with the next uid' "$(look_up carol | cut -d : -f 1,3)" carol:200101
uids
is 'without them the default holds' "$(known bob)" ''
settings '[users]' 'uid_min = 65600' 'uid_max = 65700'
signal_helper HUP
ok '... of which the settings can take a part' \
	see_log gateway 'event=reload remote'
