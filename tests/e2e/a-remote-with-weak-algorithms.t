#!/bin/sh
# What OpenSSH's own client would not offer to the remote, the gateway doesn't
# either, unless a setting says so; then the log and `moshgate check' tell.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 53
known alice

check() {
	$BED on gateway moshgate check alice 2>&1
}
# sshd LINE...: the remote's sshd is configured so, and has nothing else.
sshd() {
	printf '%s\n' "$@" | $BED on remote sh -c '
		cat >/etc/ssh/sshd_config.d/algorithms.conf
		pkill -KILL -x sshd
		until /usr/sbin/sshd; do sleep 0.1; done'
}
# asks [LINE...]: with these settings below [remote], alice's keys are asked for.
asks() {
	settings "$@"
	$BED on gateway sh -c ': >/var/log/messages'
	$BED helper restart
	keys_of alice 2>/dev/null
}
# log EVENT: the lines in the log about that, when there is one.
log() {
	wait_for log_has gateway "event=$1" && $BED log gateway | grep "event=$1"
}
# is_refused WHAT DETAIL SETTING: by default there are no keys, and the log says
# why and which setting would let it in.
is_refused() {
	ok "$1: no keys" not asks
	failed=$(log login-failed)
	like '... the log says why' "$failed" "$2"
	like '... and how to allow it' "$failed" \
		"remedy=\".*, which is weak: '$3' in \[remote\] of moshgate.ini\""
	checked=$(check)
	is '... as does moshgate check' "$(echo "$checked" |
		grep -Ec '^FAIL +(algorithms|host key) ')$(echo "$checked" |
		grep -c -e "-> .*\"$3\" in \[remote\]")" 11
}
# is_allowed NAME SETTING...: with SETTING there are keys; the log says that NAME
# is allowed, and agreed on, and so does moshgate check.
is_allowed() {
	weak=$1
	shift
	ok "with $* there are keys" asks "$@"
	like '... the log says what is allowed' "$(log note.*weak-algorithms)" \
		"about=weak-algorithms detail=\"?[a-z_]+: .*remedy="
	like '... and what is agreed on' \
		"$(log note.user=alice.about=weak-algorithm)" \
		"about=weak-algorithm detail=\"agreed on .*; weak: .*$weak.*\" remedy="
	like '... as does moshgate check' "$(check)" \
		"^warn +algorithms +agreed on .*; weak: .*$weak"
}
# weak WHAT LINE KIND SETTING NAME: it is refused to the remote's sshd with that
# line, and allowed by SETTING.
weak() {
	# the first line of a kind counts; this cipher needs a MAC
	sshd "$2" 'Ciphers aes128-ctr'
	is_refused "$1" "no $3 in common: the gateway has .*; the remote has $5" \
		"$4 = [+]$5"
	is_allowed "$5" "$4 = +$5"
}

checked=$(asks 'ciphers = +3des-cbc' >/dev/null && check)
like 'what is allowed, but not agreed on: moshgate check tells' \
	"$checked" '^warn +algorithms .*; weak ones are allowed: ciphers: 3des-cbc'
like '... and what to do' "$checked" '^ +-> .*take these out of \[remote\]'
# told TIMES: has the log said so often what is allowed?
told() {
	[ "$(log_count gateway about=weak-algorithms)" -eq "$1" ]
}
signal_helper HUP
ok '... so does the log when the settings are read again' wait_for told 2
is '... and for no connection' "$(log_count gateway 'about=weak-algorithm ')" 0

weak 'a remote with 3des-cbc alone' 'Ciphers 3des-cbc' cipher ciphers 3des-cbc
weak 'a remote with hmac-md5-96 alone' 'MACs hmac-md5-96' MAC macs hmac-md5-96
for kex in diffie-hellman-group1-sha1 diffie-hellman-group14-sha1; do
	weak "a remote with $kex alone" "KexAlgorithms $kex" 'key exchange' \
		kex "$kex"
done

# With an RSA key and SHA-1.
new_host_key remote rsa -b 2048
# shellcheck disable=SC2016
$BED on gateway sh -c 'echo "remote $1" >/etc/moshgate/known_hosts' - \
	"$(host_key remote rsa)"
sshd 'HostKey /etc/ssh/ssh_host_rsa_key' 'HostKeyAlgorithms ssh-rsa'
is_refused 'a remote with ssh-rsa alone' \
	'the gateway.*; (it|the remote) has ' \
	'host_key_algorithms = [+]ssh-rsa'
is_allowed ssh-rsa 'host_key_algorithms = +ssh-rsa'

# With a short one.
$BED on remote rm /etc/ssh/ssh_host_rsa_key
new_host_key remote rsa -b 1024
# shellcheck disable=SC2016
$BED on gateway sh -c 'echo "remote $1" >/etc/moshgate/known_hosts' - \
	"$(host_key remote rsa)"
sshd 'HostKey /etc/ssh/ssh_host_rsa_key' 'HostKeyAlgorithms +ssh-rsa'
for check_it in yes no; do
	ok "a remote with an RSA key of 1024 bits: no keys, verify_host_key = $check_it" \
		not asks 'host_key_algorithms = +ssh-rsa' \
		"verify_host_key = $check_it"
	like '... the log says why, and how to allow it' "$(log login-failed)" \
		'reason=host-key detail="the host key SHA256:.* \(rsa\) has 1024 bits; it must have 2048" remedy=".*required_rsa_size = 1024. in \[remote\]'
done
like '... as does moshgate check' "$(check)" \
	'^FAIL +host key +the host key .* has 1024 bits'
is_allowed 'an RSA host key of 1024 bits' 'host_key_algorithms = +ssh-rsa' \
	'required_rsa_size = 1024'
