#!/bin/sh
# Whoever has an account on the remote logs in at the gateway, where nobody has
# made one: with their own key, as themselves, and with a uid of their own that
# stays.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
settings '[users]' 'new_names_per_address = 20'
$BED helper restart
plan 46

keys=$TMUX_TMPDIR/keys
mkdir "$keys"
people='ann ben cid dee eli fay gus hal ida jon'

# people_on_remote NAME...: make them there, each with a key of their own.
people_on_remote() {
	for person; do
		ssh-keygen -q -t ed25519 -N '' -f "$keys/$person"
		# shellcheck disable=SC2016
		$BED on remote sh -c '
			useradd -m -s /bin/bash -p "*" "$1" &&
			mkdir -m 700 "/home/$1/.ssh" &&
			cat >"/home/$1/.ssh/authorized_keys" &&
			chown -R "$1:" "/home/$1/.ssh"' - "$person" <<-END
			$(cat "$keys/$person.pub")
			$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
		END
	done
}
# shellcheck disable=SC2086
people_on_remote $people

is 'the gateway knows none of them' \
	"$($BED on gateway getent passwd ann ben cid)" ''

# Ten at the same instant, each in a terminal of their own.
for person in $people; do
	terminal "$person"
done
for person in $people; do
	type_in "$person" "ssh -F none -i $keys/$person -o IdentitiesOnly=yes \
-o UserKnownHostsFile=$BED_DIR/known_hosts -o KexAlgorithms=$cheap_kex \
$person@gateway" Enter
done
for person in $people; do
	ok "$person logs in at the first try, with the others" \
		see "$person" "^$person@remote:~\\$ *\$"
done
for person in $people; do
	# shellcheck disable=SC2016
	type_in "$person" 'echo "I am $(id -un) on $(hostname)."' Enter
	ok "... and is who they are there" \
		see "$person" "^I am $person on remote\\.\$"
done

accounts() {
	# shellcheck disable=SC2086
	$BED on gateway getent passwd $people
}
uids=$(accounts | cut -d : -f 1,3)
gid=$($BED on gateway getent group moshgate | cut -d : -f 3)
is 'each has a uid of their own' \
	"$(echo "$uids" | cut -d : -f 2 | sort -u | wc -l)" 10
unlike '... above those of accounts' "$uids" \
	':([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$'
is '... group moshgate, an empty home, our shell, and no password' \
	"$(accounts | cut -d : -f 2,4- | sort -u)" \
	"*:$gid::/run/moshgate/empty:/usr/libexec/moshgate/moshgate-session"
is 'id shows a user by name' "$($BED on gateway id ann)" \
	"uid=$(echo "$uids" | sed -n s/ann://p)(ann) gid=$gid(moshgate) groups=$gid(moshgate)"

# shown WHAT: the names by which ps and ls on the gateway show ann and dee.
ps_names() {
	$BED on gateway ps -eo user:20,args | grep 'mosh-client' |
		grep -v grep | cut -d ' ' -f 1 | sort | xargs
}
ls_names() {
	$BED on gateway ls -l /tmp/theirs | awk 'NR > 1 { print $3 }' | xargs
}
# shellcheck disable=SC2016
$BED on gateway sh -c 'mkdir /tmp/theirs && cd /tmp/theirs && touch 1 2 &&
	chown ann 1 && chown dee 2'
is 'ps shows their sessions by name' "$(ps_names)" "$people"
is 'ls shows their files by name' "$(ls_names)" 'ann dee'

# An address has eight new users an hour for each that it may have at a time.
people_on_remote kim
settings '[users]' 'new_names_per_address = 1'
reload
LOGIN_KEY=$keys/kim kept_out kim@gateway >"$TMUX_TMPDIR/kim" 2>&1
is 'one more from the same address would be too many within the hour' $? 0
like '... which the log says' "$($BED log gateway | grep user=kim)" \
	'event=unknown-user user=kim reason=too-many-added remedy='
is '... and the remote has not been asked' \
	"$(log_count remote 'Accepted publickey for kim ')" 0
settings '[users]' 'new_names_per_address = 20'
reload

# The helper is only needed for logins.
$BED helper stop
is 'with the helper stopped id, ps and ls show them still' \
	"$($BED on gateway id -un ann) $(ps_names) $(ls_names)" \
	"ann $people ann dee"
is '... and getent lists all' "$($BED on gateway getent passwd |
	grep moshgate-session | cut -d : -f 1 | sort | xargs)" "$people"
# shellcheck disable=SC2016
ok '... their sessions go on' type_in ann 'echo still $((20 + 3))' Enter
ok '... and answer' see ann '^still 23'
is '... and a local account logs in' \
	"$(ssh local@gateway id -un </dev/null)" local

# A restart of everything.
$BED helper start
new_sshd gateway
new_sshd remote
$BED helper kill
$BED helper start
for person in ann jon; do
	fresh "$person"
	type_in "$person" "ssh -F none -i $keys/$person -o IdentitiesOnly=yes \
-o UserKnownHostsFile=$BED_DIR/known_hosts -o KexAlgorithms=$cheap_kex \
$person@gateway" Enter
	ok "after a restart of everything $person logs in" \
		see "$person" "^$person@remote:~\\$ *\$"
done
is '... with the uid as before' "$(accounts | cut -d : -f 1,3)" "$uids"

# One name, many logins at one instant.
for try in 1 2 3 4; do
	LOGIN_KEY=$keys/kim let_in kim@gateway >"$TMUX_TMPDIR/kim$try" 2>&1 &
done
wait
is 'four first logins of one user at one instant all get in' \
	"$(cat "$TMUX_TMPDIR"/kim[1-4] | grep -c '^Authenticated')" 4
is '... and one uid' "$($BED on gateway grep -c '^kim:' \
	/var/lib/moshgate/users)" 1
is '... which is said once in the log' \
	"$(log_count gateway 'event=user-added user=kim ')" 1
is 'all that the remote has seen of it is a connection' \
	"$(log_count remote 'Accepted publickey for kim ')" 1

# Whose shell on the remote takes its time keeps nobody else waiting.
slow='lea max ned'
# shellcheck disable=SC2086
people_on_remote $slow ora
# shellcheck disable=SC2016,SC2086
$BED on remote sh -c 'cat >/bin/slow-sh && chmod 755 /bin/slow-sh &&
	for user; do
		usermod -s /bin/slow-sh "$user" || exit
	done' - $slow <<-'END'
	#!/bin/sh
	until [ -e /tmp/go-on ]; do
		sleep 0.1
	done
	exec /bin/bash "$@"
END
for person in $slow; do
	keys_of "$person" >"$TMUX_TMPDIR/$person" 2>&1 &
done
slow_accepted() {
	[ "$(log_count remote 'Accepted publickey for (lea|max|ned) ')" = 3 ]
}
ok 'three new users come whose shells are slow' wait_for slow_accepted
like '... the next one gets in' "$(keys_of ora)" '^ssh-ed25519 '
is '... while those three wait' \
	"$($BED on gateway getent passwd lea max ned)" ''
$BED on remote touch /tmp/go-on
wait
is '... until they are found as well' \
	"$($BED on gateway getent passwd lea max ned | cut -d : -f 1 | xargs)" \
	"$slow"
