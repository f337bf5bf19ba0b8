#!/bin/sh
# `moshgate check' names a setting of moshgate.ini whose line in sshd's
# configuration is missing, and a line whose setting is.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
in_bed "$@"
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
plan 67

conf=/etc/ssh/sshd_config.d/10-earlier.conf
accounts alice

# earlier [LINE...]: what sshd has for alice before the drop-in.
earlier() {
	printf '%s\n' 'Match User alice' "$@" 'Match all' |
		$BED on gateway sh -c "cat >$conf"
}
# ini [LINE...]: what moshgate.ini says, and the helper.
ini() {
	settings "$@"
	$BED helper restart
}
pam_lines="auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup moshgate
auth [success=done default=die] pam_exec.so expose_authtok quiet /usr/libexec/moshgate/moshgate-password"
pam=/etc/pam.d/sshd
$BED on gateway cp "$pam" /root/pam
# pam_first, pam_last, pam_without: where the lines are.
pam_first() {
	echo "$pam_lines" | $BED on gateway sh -c "cat - /root/pam >$pam"
}
pam_last() {
	echo "$pam_lines" | $BED on gateway sh -c "cat /root/pam - >$pam"
}
pam_without() {
	$BED on gateway cp /root/pam "$pam"
}
well() {
	is_content 'sshd +its settings for alice are moshgate.s'
}

# Passwords.
thing='nothing set'
well
thing='passwords, and nothing in sshd'
pam_first
ini '[clients]' 'passwords = remote'
finds 'sshd +for alice sshd takes no passwords, but passwords is set' \
	'AuthenticationMethods publickey password and PasswordAuthentication yes'
thing='passwords, and PasswordAuthentication alone'
earlier 'PasswordAuthentication yes'
finds 'sshd +for alice sshd takes no passwords, but passwords is set' \
	'AuthenticationMethods publickey password and PasswordAuthentication yes'
thing='passwords'
earlier 'AuthenticationMethods publickey password' \
	'PasswordAuthentication yes'
well
thing='passwords by a prompt'
earlier 'AuthenticationMethods publickey keyboard-interactive' \
	'KbdInteractiveAuthentication yes'
well
thing='... behind a key'
earlier 'AuthenticationMethods publickey,keyboard-interactive' \
	'KbdInteractiveAuthentication yes'
well
thing='passwords without lines for PAM'
pam_without
finds 'PAM +/etc/pam.d/sshd has no line that asks moshgate-password' \
	'share/moshgate/pam.d/moshgate there, before @include common-auth'
thing='... and with them too late'
pam_last
finds 'PAM +/etc/pam.d/sshd asks moshgate-password too late' \
	'before @include common-auth'
thing='... and with the line for accounts out'
pam_first
$BED on gateway sed -i '/pam_succeed_if.*ingroup moshgate/d' "$pam"
finds 'PAM +/etc/pam.d/sshd asks moshgate-password for accounts of the gateway' \
	'put the first of the lines of .*pam.d/moshgate back, right before'
thing='... and without the password'
pam_first
$BED on gateway sed -i 's/ expose_authtok//' "$pam"
finds 'PAM +/etc/pam.d/sshd asks moshgate-password in a wrong way' \
	'replace that line by the second of the lines'
thing='... and a program that is elsewhere'
pam_first
$BED on gateway sed -i s,/libexec/moshgate/,/local/, "$pam"
finds 'PAM +/etc/pam.d/sshd asks a moshgate-password that is not there' \
	'replace that line by the second of the lines'
thing='passwords without PAM'
pam_first
$BED on gateway sed -i 's/^UsePAM .*/UsePAM no/' /etc/ssh/sshd_config
finds 'sshd +for alice UsePAM is "no": nobody can say' \
	'say UsePAM yes in sshd_config'
$BED on gateway sed -i 's/^UsePAM .*/UsePAM yes/' /etc/ssh/sshd_config
thing='sshd takes passwords, and none are set'
ini
earlier 'AuthenticationMethods publickey password' \
	'PasswordAuthentication yes'
pam_without
finds 'sshd +for alice a password is enough, but passwords is no' \
	'set passwords there, or say AuthenticationMethods publickey'
thing='PAM asks for passwords, and none are set'
earlier
pam_first
finds 'PAM +/etc/pam.d/sshd asks moshgate-password, but passwords is no' \
	'set passwords in moshgate.ini, or take'
pam_without

# Agents.
thing='agents that are not forwarded'
ini '[gateway]' 'auth = agent, key'
finds 'sshd +for alice no agent is forwarded, but auth has agent' \
	'say AllowAgentForwarding yes'
thing='agents'
earlier 'AllowAgentForwarding yes'
well
thing='agents that are of no use'
ini
finds 'sshd +for alice agents are forwarded, but auth has no agent' \
	'say auth = agent there, or AllowAgentForwarding no'
earlier

# Any key.
thing='any key'
ini '[clients]' 'keys = any' 'any_key = i-know'
warns 'clients +keys = any .*: whoever connects is let in as any user' \
	'say keys = remote or keys = file, or auth = agent'
