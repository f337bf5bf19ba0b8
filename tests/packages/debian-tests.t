#!/bin/bash
# The test that comes with the source package, and what other packages read of
# these.
. "$(dirname "$0")/lib.sh"
in_bed_of system
plan 8

copy debs
ok 'the packages are installed' install_from debs
login=$(dirname "$0")/../../packaging/debian/tests/login
$BED on gateway sh -c 'cat >/root/login && chmod 755 /root/login' <"$login"
ok 'debian/tests/login passes' "$BED" on gateway /root/login

# AppArmor's parser checks a profile without a kernel that has it.
rules=/etc/apparmor.d/abstractions/nameservice.d/moshgate
ok 'the rules for AppArmor are where its profiles look' \
	"$BED" on gateway test -s "$rules"
files=$($BED on gateway sed -n 's/^ *\(\/[^ ]*[^/ ]\) r,$/\1/p' "$rules")
is '... and are for what there is of the users' "$files" \
	/var/lib/moshgate/users
ok '... after a login' "$BED" on gateway test -s "$files"

# needrestart(1) leaves out a process that has these mapped alone.
# shellcheck disable=SC2016
of_needrestart() {
	$BED on gateway perl -e 'our %nrconf = (blacklist_mappings => []);
		do "/etc/needrestart/conf.d/moshgate.conf" or die;
		print scalar(grep { $ARGV[0] =~ $_ }
			@{$nrconf{blacklist_mappings}}), "\n"' "$1"
}
module=$($BED on gateway sh -c 'ls /usr/lib/*/libnss_moshgate.so.2')
is 'needrestart leaves out who has the module loaded' \
	"$(of_needrestart "$module")" 1
is '... also when it is a former one' \
	"$(of_needrestart "$module (deleted)")" 1
is '... and nobody else' \
	"$(of_needrestart "${module%/*}/libnss_files.so.2")" 0
