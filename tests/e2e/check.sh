# shellcheck shell=sh
#
# For the tests of `moshgate check'.  A test that reads this has read lib.sh,
# and is in its bed.

check() {
	$BED on gateway moshgate check "$@" 2>&1
}

# finds PATTERN REMEDY [CMD...]: `moshgate check alice' (or CMD) fails with
# status 1, one FAIL line that has PATTERN, and REMEDY in the line after it.
# $thing is what is wrong.
finds() {
	pattern=$1 remedy=$2
	shift 2
	[ $# -gt 0 ] || set -- check alice
	found=$("$@")
	status=$?
	# shellcheck disable=SC2154
	is "$thing: status 1" "$status" 1
	is '... one thing is wrong' "$(echo "$found" | grep -c '^FAIL ')" 1
	like '... which the line says' \
		"$(echo "$found" | grep '^FAIL ')" "^FAIL +$pattern"
	like '... and the next what to do' \
		"$(echo "$found" | sed -n '/^FAIL /{n;p;}')" "^ +-> .*$remedy"
}

# warns PATTERN REMEDY [CMD...]: the same with status 0 and a warn line.
warns() {
	pattern=$1 remedy=$2
	shift 2
	[ $# -gt 0 ] || set -- check alice
	found=$("$@")
	is "$thing: status 0" "$?" 0
	is '... nothing is wrong' "$(echo "$found" | grep -c '^FAIL ')" 0
	like '... but a line says it' "$(echo "$found" | grep '^warn ')" \
		"^warn +$pattern"
	like '... and the next what to do' \
		"$(echo "$found" | sed -n '/^warn /{n;p;}')" "^ +-> .*$remedy"
}

# is_content PATTERN [CMD...]: status 0, nothing to complain of, and an ok line
# that has PATTERN.
is_content() {
	pattern=$1
	shift
	[ $# -gt 0 ] || set -- check alice
	found=$("$@")
	is "$thing: status 0" "$?" 0
	unlike '... nothing is wrong' "$found" '^(FAIL|warn) '
	like '... which a line says' "$found" "^ok +$pattern"
}

# passwd_line SOURCES: where the gateway looks up users from now on.
passwd_line() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'sed -i "/^passwd:/d" /etc/nsswitch.conf &&
		printf "%s\n" "passwd: $1" >>/etc/nsswitch.conf' - "$1"
}

# user_map LINE...: what is in it from now on.
user_map() {
	printf '%s\n' "$@" | $BED on gateway sh -c '
		cat >/var/lib/moshgate/users
		chown _moshgate:_moshgate /var/lib/moshgate/users
		chmod 644 /var/lib/moshgate/users'
}

no_map() {
	$BED on gateway rm -f /var/lib/moshgate/users
}

# accounts NAME...: these have an account on the gateway and go to the remote,
# and nobody else.
accounts() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'gid=$(sed -n "s/^moshgate:[^:]*:\([0-9]*\):.*/\1/p" \
			/etc/group) uid=2001
		sed -i "/:\/run\/moshgate\/empty:/d" /etc/passwd
		for name; do
			echo "$name:x:$uid:$gid::/run/moshgate/empty:\
/usr/libexec/moshgate/moshgate-session"
			uid=$((uid + 1))
		done >>/etc/passwd
		sed -i "s/^\(moshgate:[^:]*:[0-9]*:\).*/\1/" /etc/group' - "$@"
}

# no_module: libnss_moshgate is not on the gateway.
no_module() {
	$BED on gateway sh -c 'rm -f /lib*/libnss_moshgate.so.2 \
		/lib/*/libnss_moshgate.so.2 /usr/lib*/libnss_moshgate.so.2 \
		/usr/lib/*/libnss_moshgate.so.2'
}

# stand_in NAME UID: libnss_moshgate is a stand-in that knows this user alone, or
# none if NAME is empty.
stand_in() {
	no_module
	# shellcheck disable=SC2016
	$BED on gateway sh -c '
		libc=$(ldconfig -p | sed -n "s/.*libc\.so\.6 .*=> //p" | head -n 1)
		gid=$(sed -n "s/^moshgate:[^:]*:\([0-9]*\):.*/\1/p" /etc/group)
		cc -w -shared -fPIC -o "${libc%/*}/libnss_moshgate.so.2" \
			-DNAME="\"$1\"" -DUID="$2" -DGID="$gid" -x c -' \
		- "$@" <<-'END'
	#include <nss.h>
	#include <pwd.h>
	#include <string.h>

	static int left;

	static int
	user(struct passwd *to, int wanted)
	{
		static struct passwd one = { NAME, "*", UID, GID, "",
			"/run/moshgate/empty",
			"/usr/libexec/moshgate/moshgate-session" };

		if (!wanted || one.pw_name[0] == '\0')
			return NSS_STATUS_NOTFOUND;
		*to = one;
		return NSS_STATUS_SUCCESS;
	}

	int
	_nss_moshgate_getpwnam_r(const char *name, struct passwd *to)
	{
		return user(to, strcmp(name, NAME) == 0);
	}

	int
	_nss_moshgate_getpwuid_r(uid_t uid, struct passwd *to)
	{
		return user(to, uid == UID);
	}

	int
	_nss_moshgate_setpwent(void)
	{
		left = 1;
		return NSS_STATUS_SUCCESS;
	}

	int
	_nss_moshgate_getpwent_r(struct passwd *to)
	{
		return user(to, left-- > 0);
	}
	END
}
