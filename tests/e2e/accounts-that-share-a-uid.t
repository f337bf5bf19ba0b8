#!/bin/sh
# The uid says who a user is on the remote: where two accounts have one, the
# first in passwd has it, and the other gets in nowhere.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 18

session=/usr/libexec/moshgate/moshgate-session
account alice bob carol
$BED on gateway sed -i -e '/^alice:/s/:x:[0-9]*/:x:2001/' \
	-e '/^bob:/s/:x:[0-9]*/:x:2002/' -e '/^carol:/s/:x:[0-9]*/:x:2003/' \
	/etc/passwd
# On the remote both exist in their own right, and let everybody in.
for name in dave erin; do
	# shellcheck disable=SC2016
	$BED on remote sh -c 'useradd -m -s /bin/bash "$1" &&
		cp -R /home/alice/.ssh "/home/$1" && chown -R "$1:" "/home/$1"' \
		- "$name"
done
# dave's account comes after alice's, and erin's before bob's.
$BED on gateway sed -i -e "\$adave:x:2001:2001::/run/moshgate/empty:$session" \
	-e "/^bob:/ierin:x:2002:2002::/run/moshgate/empty:$session" /etc/passwd
$BED on gateway sed -i '/^moshgate:/s/$/,dave,erin/' /etc/group
for name in dave erin; do
	echo "$name:*:19000:0:99999:7:::" |
		$BED on gateway sh -c 'cat >>/etc/shadow'
done

ok "an account with alice's uid is kept out" kept_out dave@gateway
ok '... and the log says why' see_log gateway \
	'event=refused uid=770 user=dave reason=shared-uid remedy='
said=$(keys_of dave 2>/dev/null)
is '... there are no keys for it, status 1' "$said $?" ' 1'
is '... and the remote has not been asked' \
	"$(log_count remote 'Accepted publickey for dave')" 0
# keys_with UID: what sshd is told that has this uid for carol.
keys_with() {
	as _moshgate /usr/libexec/moshgate/moshgate-keys carol ssh-ed25519 \
		AAAA "$1" 2>/dev/null
}
said=$(keys_with 2001)
is 'there are no keys for an account of which sshd has another uid' \
	"$said $?" ' 1'
ok '... as the log says' see_log gateway \
	'event=refused uid=770 user=carol reason=other-uid remedy='
like '... with its own there are' "$(keys_with 2003)" '^ssh-ed25519 '
ok 'alice gets in' let_in alice@gateway
terminal a
ok '... up to a prompt of her own' login a alice
ok "erin's account is the first with bob's uid: erin gets in" \
	let_in erin@gateway
terminal e
ok '... up to a prompt of her own' login e erin
ok 'then bob is kept out' kept_out bob@gateway
ok '... and the log says why' see_log gateway \
	'event=refused uid=770 user=bob reason=shared-uid remedy='
said=$(keys_of bob 2>/dev/null)
is '... there are no keys for him, status 1' "$said $?" ' 1'
ok 'carol shares with nobody' let_in carol@gateway

# sshd says by which name it has let somebody in; meanwhile the uid may have got
# another.
said=$(as carol env LOGNAME=alice $session -c 'echo in' 2>&1)
is 'whose uid is not of the name that sshd has let in has no session' "$?" 1
is '... and is told what to do' "$said" \
	'moshgate: This account has just got another uid; please log in again.'
ok '... which the log says, too' see_log gateway \
	'event=refused uid=2003 user=carol reason=other-uid remedy='
