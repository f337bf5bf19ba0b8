# shellcheck shell=sh
#
# For tests of passwords, after lib.sh.

# pam_lines: have the gateway's sshd ask moshgate-password, as contrib/pam.d says.
pam_lines() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c '
		sed -i /moshgate/d /etc/pam.d/sshd &&
		grep ^auth /usr/share/moshgate/pam.d/moshgate >/run/pam &&
		cat /etc/pam.d/sshd >>/run/pam &&
		cat /run/pam >/etc/pam.d/sshd'
}

# sshd_takes METHOD...: by these, each alone, the gateway's users log in from now
# on: publickey, password, keyboard-interactive.
sshd_takes() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c '
		file=/etc/ssh/sshd_config.d/50-moshgate.conf
		password=no kbdint=no
		case $* in *password*) password=yes ;; esac
		case $* in *keyboard*) kbdint=yes ;; esac
		sed -i -e "s/^\(\sAuthenticationMethods\) .*/\1 $*/" \
			-e "s/^\(\sPasswordAuthentication\) .*/\1 $password/" \
			-e "s/^\(\sKbdInteractiveAuthentication\) .*/\1 $kbdint/" \
			$file' - "$@"
	new_sshd gateway
}

# answer_with PASSWORD: what ssh_by_password answers from now on.
answer_with() {
	printf '%s\n' "$1" >"$TMUX_TMPDIR/password"
	[ -x "$TMUX_TMPDIR/askpass" ] && return
	printf '#!/bin/sh\ncat %s\n' "$TMUX_TMPDIR/password" \
		>"$TMUX_TMPDIR/askpass"
	chmod +x "$TMUX_TMPDIR/askpass"
}

# ssh_by_password ARG...: ssh that has no key, and answers one question.
ssh_by_password() {
	# shellcheck disable=SC2154
	SSH_ASKPASS=$TMUX_TMPDIR/askpass SSH_ASKPASS_REQUIRE=force \
		ssh -F none -o PubkeyAuthentication=no \
		-o NumberOfPasswordPrompts=1 \
		-o KexAlgorithms="$cheap_kex" \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" "$@"
}

# let_in_by PASSWORD [OPTION...] USER@gateway: does sshd let them in?
let_in_by() {
	answer_with "$1"
	shift
	ssh_by_password -v -s "$@" nothing </dev/null \
		>"$TMUX_TMPDIR/let_in_by" 2>&1
	grep '^Authenticated to gateway' "$TMUX_TMPDIR/let_in_by" ||
		not grep -v '^debug' "$TMUX_TMPDIR/let_in_by"
}

# kept_out_by PASSWORD [OPTION...] USER@gateway: does it refuse them?
kept_out_by() {
	answer_with "$1"
	shift
	ssh_by_password "$@" true </dev/null >"$TMUX_TMPDIR/kept_out_by" 2>&1
	grep 'Permission denied (' "$TMUX_TMPDIR/kept_out_by" ||
		not cat "$TMUX_TMPDIR/kept_out_by"
}

# new_password USER PASSWORD: by moshgate passwd.
new_password() {
	printf '%s\n' "$2" | $BED on gateway moshgate passwd "$1"
}

# is_right USER PASSWORD [ADDRESS]: as PAM asks it, without sshd.
is_right() {
	printf '%s\0' "$2" | $BED on gateway env PAM_TYPE=auth PAM_USER="$1" \
		PAM_RHOST="${3-192.0.2.1}" \
		/usr/libexec/moshgate/moshgate-password
}
