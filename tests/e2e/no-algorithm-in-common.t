#!/bin/sh
# The gateway and the remote's sshd have no algorithm in common: the log says
# of which kind, and what both have. The settings about algorithms are honoured.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 27
known alice

# sshd LINE...: the remote's sshd is configured so, and tells what it agrees on.
sshd() {
	printf '%s\n' 'LogLevel DEBUG1' "$@" | $BED on remote sh -c '
		cat >/etc/ssh/sshd_config.d/algorithms.conf
		: >/var/log/messages
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
# failed: the lines in the log about logins that have failed.
failed() {
	$BED log gateway | grep 'event=login-failed'
}
# no_common NAME KIND OURS THEIRS: asked for keys it is just that which is said.
no_common() {
	if asks >/dev/null; then
		for what in 'no keys' 'the kind' "the remote's" 'that is all'; do
			skip "$1: $what" 'this libssh2 has it'
		done
		return
	fi
	ok "$1: no keys" not asks
	# syslogd may still be about to write it
	wait_for failed
	line=$(failed)
	like '... one line names the kind, and what the gateway has' "$line" \
		"reason=no-common-algorithm detail=\"no $2 in common: the gateway has $3"
	like '... and what the remote has' "$line" "; the remote has $4\" remedy="
	is '... and that is all' "$(echo "$line" | wc -l)" 1
}
# agreed PATTERN: do they agree on that?
agreed() {
	$BED log remote | grep -E -e "debug1: kex: .*$1"
}
some='([a-z0-9@.-]+,)*'
more='(,[a-z0-9@.-]+)*'

sshd 'Ciphers chacha20-poly1305@openssh.com'
no_common 'a remote with chacha20 alone' cipher "${some}aes256-ctr$more" \
	'chacha20-poly1305@openssh\.com'
sshd 'MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com'
no_common 'a remote with encrypt-then-MAC alone' MAC \
	"${some}hmac-sha2-256$more" \
	'hmac-sha2-512-etm@openssh\.com,hmac-sha2-256-etm@openssh\.com'
sshd 'KexAlgorithms sntrup761x25519-sha512@openssh.com'
no_common 'a remote with sntrup alone' 'key exchange' \
	"curve25519-sha256$more" 'sntrup761x25519-sha512@openssh\.com'
$BED on remote sh -c 'ssh-keygen -q -t ecdsa -N "" -f /etc/ssh/ecdsa_key'
sshd 'HostKey /etc/ssh/ecdsa_key'
no_common 'a remote that has not the host key which is on file' \
	'host key algorithm' ssh-ed25519 ecdsa-sha2-nistp256

# Each setting; both keys are on file.
$BED on remote cat /etc/ssh/ecdsa_key.pub | sed 's/^/remote /' |
	$BED on gateway sh -c 'cat >>/etc/moshgate/known_hosts'
sshd 'HostKey /etc/ssh/ecdsa_key' 'HostKey /etc/ssh/ssh_host_ed25519_key'
# A cipher with a MAC of its own has no other.
for case in 'ciphers arcfour256,aes192-ctr cipher:.aes192-ctr' \
	'macs umac-64@openssh.com,hmac-sha1 MAC:.hmac-sha1' \
	'kex sntrup761x25519-sha512,diffie-hellman-group16-sha512
		algorithm:.diffie-hellman-group16' \
	'host_key_algorithms ecdsa-sha2-nistp256 host.key.algorithm:.ecdsa'; do
	# shellcheck disable=SC2086 # three words
	set -- $case
	case $1 in
	macs) asks "$1 = $2" 'ciphers = aes256-ctr' >/dev/null ;;
	*) asks "$1 = $2" >/dev/null ;;
	esac
	ok "$1 = $2 is what they agree on" wait_for agreed "$3"
done

# What the remote hasn't; and that is a long list of its.
asks 'kex = diffie-hellman-group1-sha1' >/dev/null
like 'with kex = diffie-hellman-group1-sha1 the gateway offers that alone' \
	"$(failed)" "\"no key exchange in common: the gateway has diffie-hellman-group1-sha1; the remote has ${some}curve25519-sha256$more\" remedy=\"compare .* sshd_pid="
# What the gateway hasn't.
for case in 'ciphers arcfour256 aes256-ctr' \
	'macs umac-64@openssh.com hmac-sha2-256' \
	'kex mlkem768x25519-sha256 curve25519-sha256'; do
	# shellcheck disable=SC2086 # three words
	set -- $case
	asks "$1 = $2" >/dev/null
	like "$1 = $2: the log says what libssh2 has" "$(failed)" \
		"reason=no-common-algorithm detail=\"$1: the gateway's libssh2 knows none of $2; it has $some$3[,\"].* remedy="
done
asks 'host_key_algorithms = ssh-rsa' >/dev/null
like 'host_key_algorithms = ssh-rsa: the log says what is on file' "$(failed)" \
	'reason=no-common-algorithm detail="host_key_algorithms asks for ssh-rsa alone, but the host keys on file are for ssh-ed25519'
# What there is not.
settings 'ciphers = aes256-ctr,aes256'
like 'ciphers = aes256-ctr,aes256 is an error that says what there is' \
	"$($BED on gateway /usr/libexec/moshgate/moshgate-helper -t 2>&1)" \
	'moshgate.ini:3: ciphers: expected .*,aes256-ctr,.*,arcfour, not "aes256-ctr,aes256"'
asks >/dev/null
is 'with nothing set there are keys' "$(keys_of alice | grep -c ^ssh-)" 1
