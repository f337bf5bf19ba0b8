#!/bin/sh
# While a directory service can't tell whether a uid is one of its users', nobody
# is given it, and the log says why.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 8

people='ann ben'
# shellcheck disable=SC2086
known_names() {
	$BED on gateway getent passwd $people | cut -d : -f 1,3 | xargs
}
for person in $people; do
	$BED on remote sh -c 'useradd -m -s /bin/bash -p "*" "$1" &&
		mkdir -m 700 "/home/$1/.ssh" &&
		cat >"/home/$1/.ssh/authorized_keys" &&
		chown -R "$1:" "/home/$1/.ssh"' - "$person" <<-END
		$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
	END
done

# The directory knows nobody, and of uids says nothing while /run/down is there.
$BED on gateway sh -c 'cd "$(dirname "$(ldconfig -p |
	sed -n "s/.*libc\.so\.6 .*=> //p" | head -n 1)")" &&
	cc -shared -fPIC -o libnss_directory.so.2 -x c -' <<'END'
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <unistd.h>
enum nss_status
_nss_directory_getpwnam_r(const char *name, struct passwd *user, char *buffer,
    size_t size, int *error)
{
	*error = ENOENT;
	return NSS_STATUS_NOTFOUND;
}
enum nss_status
_nss_directory_getpwuid_r(uid_t uid, struct passwd *user, char *buffer,
    size_t size, int *error)
{
	if (access("/run/down", F_OK) < 0) {
		*error = ENOENT;
		return NSS_STATUS_NOTFOUND;
	}
	*error = ECONNREFUSED;
	return NSS_STATUS_UNAVAIL;
}
END
$BED on gateway sh -c 'sed -i "/^passwd:/d" /etc/nsswitch.conf &&
	echo "passwd: files directory [UNAVAIL=return] moshgate" \
		>>/etc/nsswitch.conf'
$BED helper restart

ok 'with a directory that answers a new user gets in' keys_of ann
is '... and is in the map' "$(known_names)" 'ann:65536'
$BED on gateway touch /run/down
is 'while it does not, nobody new does' "$(keys_of ben 2>/dev/null)" ''
ok '... and the log says why' see_log gateway 'event=unknown-user user=ben reason=name-service detail="cannot tell whether the uid 65537 is an account.s: Connection refused" remedy="see why a source of passwd in /etc/nsswitch\.conf'
is '... nobody has got that uid' "$(known_names)" 'ann:65536'
like '... who is known is known still' "$(look_up ann)" '^ann:\*:65536:'
$BED on gateway rm /run/down
ok 'when it answers again the next try gets in' keys_of ben
is '... and both are in the map' "$(known_names)" 'ann:65536 ben:65537'
