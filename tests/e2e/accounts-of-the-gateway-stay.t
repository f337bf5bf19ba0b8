#!/bin/sh
# What is an account of the gateway stays one, whatever the remote has; and of
# the other names, those go to the remote that the administrator lets go.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/check.sh"
plan 35

# on_remote USER...: make them there, with the keys of the client and the
# gateway.
on_remote() {
	for user; do
		# shellcheck disable=SC2016
		$BED on remote sh -c 'useradd -m -s /bin/bash -p "*" "$1" 2>&1 ||
				mkdir -p "/home/$1"
			usermod -d "/home/$1" -s /bin/bash "$1" &&
			mkdir -m 700 "/home/$1/.ssh" &&
			cp /home/alice/.ssh/authorized_keys "/home/$1/.ssh" &&
			chown -R "$1:" "/home/$1"' - "$user"
	done >"$TMUX_TMPDIR/on_remote" 2>&1
}
asked() {
	log_count remote " (for|user) $1 "
}
on_remote local www-data opensearch git eve mallory ann

# Accounts.
is 'an account logs in to the gateway, though the remote has one, too' \
	"$(ssh local@gateway 'id -un; hostname' </dev/null | xargs)" \
	'local gateway'
is '... of which it is never asked' "$(asked local)" 0
ok 'a service of the gateway is not sent there' stranger www-data
is '... nor asked for' "$(asked www-data)" 0
is 'root is not asked for' "$(stranger root >/dev/null; asked root)" 0
like 'the helper itself refuses to ask for an account' \
	"$($BED on gateway perl -e "$(cat "$(dirname "$0")/socket.pl")" \
		ask keys 'user\0local\0')" '^refused not-in-group'

# An account that is sent to the remote.
# shellcheck disable=SC2016
$BED on gateway sh -c 'useradd -m -s /bin/bash -p "*" eve &&
	usermod -aG moshgate -s /usr/libexec/moshgate/moshgate-session eve'
terminal eve
ok 'an account in group moshgate, with our shell, goes to the remote' \
	login eve eve
is '... by its own uid' \
	"$($BED on gateway ps -eo user,args | grep '[m]osh-client' |
		cut -d ' ' -f 1)" eve
is '... and gets none from the map' \
	"$($BED on gateway grep -s '^eve:' /var/lib/moshgate/users)" ''
$BED on gateway usermod -aG moshgate root
ok 'root does not go, not even in the group' stranger root
is '... and is not asked for' "$(asked root)" 0
like '... which the log says' "$($BED log gateway | grep 'user=root')" \
	'event=refused .*user=root reason=root'
$BED on gateway gpasswd -d root moshgate >"$TMUX_TMPDIR/gpasswd" 2>&1

# Names of services.
ok "a service's name is not asked for, though the gateway has no such account" \
	stranger opensearch
is '... of the remote' "$(asked opensearch)" 0
like '... and the log says why' "$($BED log gateway | grep 'user=opensearch')" \
	'event=unknown-user user=opensearch reason=reserved remedy=.*names in \[users\]'
settings '[users]' 'names = git' 'reserved = mal*'
reload
ok "one that names in [users] has is somebody's" let_in git@gateway
is '... without the remote being asked first' \
	"$(log_count gateway 'event=user-added user=git ')" 1
ok 'a pattern in reserved keeps a name out' stranger mallory
is '... unasked' "$(asked mallory)" 0
settings '[clients]' 'users = * !mal*'
reload
ok 'so does one that users in [clients] excludes' stranger mallory
like '... which the log says' \
	"$($BED log gateway | grep 'user=mallory' | tail -n 1)" \
	'event=unknown-user user=mallory reason=not-wanted'
settings
reload
ok '... and without all this mallory comes in' let_in mallory@gateway
settings '[clients]' 'users = * !mal*'
reload
ok '... until excluded: then not even the uid helps' kept_out mallory@gateway
settings
$BED helper restart

# An account that is made later.
ok 'ann, of the remote alone, comes in' let_in ann@gateway
uid=$($BED on gateway id -u ann)
is '... and useradd makes no account of that name' \
	"$($BED on gateway useradd ann 2>&1)" "useradd: user 'ann' already exists"
$BED on gateway sh -c 'echo ann:x:1999:1001::/home/ann:/bin/bash >>/etc/passwd
	echo "ann:*:19000:0:99999:7:::" >>/etc/shadow
	mkdir -p /home/ann/.ssh && cp /home/local/.ssh/authorized_keys \
		/home/ann/.ssh && chown -R 1999 /home/ann'
is 'when she gets an account, it is that which logs in' \
	"$(ssh ann@gateway 'id -un; hostname' </dev/null | xargs)" 'ann gateway'
thing='a name that is an account and in the map'
warns 'overlap .*ann$' 'group moshgate' check alice
$BED on gateway sed -i '/^ann:/d' /etc/passwd
ok 'without the account she is who she was' let_in ann@gateway
is '... by the same uid' "$($BED on gateway id -u ann)" "$uid"

# A directory service that is out of order, as far as sshd can see.
is 'a helper without the source in nsswitch.conf has no say' \
	"$($BED on gateway sh -c 'sed -i "/^passwd:/s/ moshgate//" \
		/etc/nsswitch.conf'; stranger bob >/dev/null; asked bob)" 0
ok '... known users are as unknown as before' stranger ann
is '... and accounts log in' "$(ssh local@gateway id -un </dev/null)" local
