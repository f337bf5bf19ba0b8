#!/bin/sh
# `moshgate check' sees what sshd has set for a user in the end: a line before
# those of moshgate's drop-in wins over them.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/check.sh"
plan 117

conf=/etc/ssh/sshd_config.d
dropin=$conf/50-moshgate.conf
accounts alice bob

# earlier [LINE...]: what sshd reads before the drop-in, for alice.
earlier() {
	printf '%s\n' 'Match User alice' "$@" |
		$BED on gateway sh -c "cat >$conf/10-earlier.conf"
}
# content_again: with what $thing is nothing is wrong.
content_again() {
	said=$(check alice)
	is "$thing: status 0" $? 0
	like '... and nothing is wrong' "$said" \
		'^ok +sshd +its settings for alice are moshgate.s'
}

thing='no earlier line'
content_again

while read -r setting value wanted <&3; do
	thing="$setting $value"
	earlier "$setting $value"
	finds "sshd +for alice $setting is \"$value\", not \"$wanted\"\$" \
		'see which line of sshd_config.* before the Match block'
done 3<<END
AuthorizedKeysCommand /bin/true /usr/libexec/moshgate/moshgate-keys %u %t %k %U
AuthorizedKeysCommandUser nobody _moshgate
AuthorizedKeysFile .ssh/authorized_keys none
PasswordAuthentication yes no
KbdInteractiveAuthentication yes no
HostbasedAuthentication yes no
AllowTcpForwarding yes no
AllowTcpForwarding remote no
AllowStreamLocalForwarding yes no
GatewayPorts yes no
PermitTunnel yes no
X11Forwarding yes no
PermitUserRC yes no
ForceCommand /bin/sh /usr/libexec/moshgate/moshgate-session
END

thing='two settings'
earlier 'X11Forwarding yes' 'GatewayPorts clientspecified'
said=$(check alice)
is 'two settings: status 1' $? 1
is '... and both are told' "$(echo "$said" | grep -Ec '^FAIL +sshd')" 2
said=$(check bob)
is '... while another user is well: status 0' $? 0
like '... as a line says' "$said" \
	'^ok +sshd +its settings for bob are moshgate.s'

# What the drop-in has as variants.
thing='forwarding to the remote alone'
earlier 'AllowTcpForwarding local' 'PermitOpen remote:22'
content_again
thing='forwarding to anywhere'
earlier 'AllowTcpForwarding local'
finds 'sshd +for alice AllowTcpForwarding is local, to anywhere' \
	'add PermitOpen with the address of the remote'
thing='tickets of Kerberos'
earlier 'GSSAPIAuthentication yes' \
	'AuthenticationMethods publickey gssapi-with-mic'
content_again
thing='tickets that no line asks for'
earlier 'GSSAPIAuthentication yes'
finds 'sshd +for alice GSSAPIAuthentication is "yes", not "no"$' \
	'see which line of sshd_config.* before the Match block'
thing='a second factor'
earlier 'KbdInteractiveAuthentication yes' \
	'AuthenticationMethods publickey,keyboard-interactive:pam'
content_again
thing='... that is off'
earlier 'AuthenticationMethods publickey,keyboard-interactive:pam'
finds 'sshd +for alice AuthenticationMethods has keyboard-interactive, but KbdInteractiveAuthentication is "no"$' \
	'say "KbdInteractiveAuthentication yes" in 50-moshgate.conf'
thing='forced commands'
earlier 'ForceCommand none'
content_again
thing='... with certificates'
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/ca"
$BED on gateway sh -c 'cat >/etc/ssh/ca.pub' <"$TMUX_TMPDIR/ca.pub"
earlier 'ForceCommand none' 'TrustedUserCAKeys /etc/ssh/ca.pub'
content_again
thing='... and the subsystem internal-sftp'
$BED on gateway sed -i 's,^Subsystem.*,Subsystem sftp internal-sftp,' \
	/etc/ssh/sshd_config
finds 'sshd +with a certificate and without ForceCommand, sftp shows alice' \
	'let Subsystem in sshd_config be the path of sftp-server'
thing='... without certificates'
earlier 'ForceCommand none'
content_again
thing='... with tickets of Kerberos'
earlier 'ForceCommand none' 'GSSAPIAuthentication yes' \
	'AuthenticationMethods publickey gssapi-with-mic'
finds 'sshd +by gssapi-with-mic and without ForceCommand, sftp shows alice' \
	'let Subsystem in sshd_config be the path of sftp-server'
thing='... which are not enough'
earlier 'ForceCommand none' 'GSSAPIAuthentication yes' \
	'AuthenticationMethods publickey,gssapi-with-mic'
content_again
thing='... without ForceCommand none'
earlier 'TrustedUserCAKeys /etc/ssh/ca.pub'
content_again
$BED on gateway rm "$conf/10-earlier.conf"

thing='no drop-in'
$BED on gateway mv "$dropin" "$dropin.away"
finds 'sshd +Match Group moshgate of 50-moshgate.conf is not in force for alice' \
	'see that 50-moshgate.conf is in /etc/ssh/sshd_config.d'
$BED on gateway mv "$dropin.away" "$dropin"
thing='settings that sshd does not take'
echo 'Nonsense yes' | $BED on gateway sh -c "cat >$conf/60-nonsense.conf"
finds 'sshd +.*60-nonsense.conf.*Bad configuration option: Nonsense' \
	'see what sshd -t says'
$BED on gateway rm "$conf/60-nonsense.conf"
thing='no sshd'
$BED on gateway mv /usr/sbin/sshd /usr/sbin/sshd.away
finds 'sshd +sshd is not found' 'or put sshd into PATH'
$BED on gateway mv /usr/sbin/sshd.away /usr/sbin/sshd

thing='a user who does not go to the remote'
finds 'user +This account does not go' 'put it in the group moshgate' \
	check local
like '... nor is asked for' "$found" \
	'^ok +sshd +its settings for (alice|bob) are'
thing='when all is mended'
content_again
