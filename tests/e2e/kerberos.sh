# shellcheck shell=sh
# shellcheck disable=SC2154 # what lib.sh has
#
# For the tests of GSSAPI: a realm, BED, whose KDC runs on the gateway. A test
# that reads this has read lib.sh, and is in its bed.

have_kerberos() {
	command -v kinit && $BED on gateway sh -c 'command -v krb5kdc &&
		command -v kdb5_util && command -v kadmin.local'
}

# realm [PRINCIPAL...]: make it, with the gateway's sshd and these in it, each
# with the password "secret".
realm() {
	printf '%s\n' '[libdefaults]' 'default_realm = BED' 'rdns = false' \
		'dns_lookup_kdc = false' 'dns_lookup_realm = false' \
		'dns_canonicalize_hostname = false' \
		'[realms]' 'BED = {' 'kdc = gateway' '}' \
		'[domain_realm]' 'gateway = BED' >/etc/krb5.conf
	$BED on gateway sh -c 'cat >/etc/krb5.conf' </etc/krb5.conf
	# shellcheck disable=SC2016
	$BED on gateway sh -c '
		printf "%s\n" "[kdcdefaults]" "kdc_ports = 88" \
			"[realms]" "BED = {" \
			"database_name = /run/kdc/principal" \
			"key_stash_file = /run/kdc/stash" "}" >/run/kdc.conf &&
		mkdir -p /run/kdc &&
		export KRB5_KDC_PROFILE=/run/kdc.conf &&
		kdb5_util create -s -P master -r BED >/run/kdc.out 2>&1 &&
		kadmin.local addprinc -randkey host/gateway &&
		kadmin.local ktadd -k /etc/krb5.keytab host/gateway &&
		for principal; do
			kadmin.local addprinc -pw secret "$principal" || exit
		done
		krb5kdc' - "$@" >"$TMUX_TMPDIR/realm" 2>&1 ||
		diag <"$TMUX_TMPDIR/realm"
	KRB5CCNAME=FILE:$TMUX_TMPDIR/ticket
	export KRB5CCNAME
}

# ticket PRINCIPAL [OPTION...]: from now on that is who is at the client.
ticket() {
	ticket_of=$1
	shift
	echo secret | kinit "$@" "$ticket_of" >"$TMUX_TMPDIR/kinit" 2>&1 ||
		diag <"$TMUX_TMPDIR/kinit"
}

# ssh_by_ticket ARG...: ssh with that alone.
ssh_by_ticket() {
	ssh -F none -o GSSAPIAuthentication=yes -o IdentityFile=none \
		-o PreferredAuthentications=gssapi-with-mic -o BatchMode=yes \
		-o KexAlgorithms="$cheap_kex" \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" "$@"
}
