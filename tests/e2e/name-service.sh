# shellcheck shell=sh
# shellcheck disable=SC2016
#
# For the tests of libnss_moshgate: the user map, and who is known by it.  A test
# that reads this has read lib.sh, and is in its bed.

nss_calls=$(cat "$(dirname "$0")/nss.py")
map_dir=/var/lib/moshgate
# What is the same for all mapped users.
# shellcheck disable=SC2034
mapped=771::/run/moshgate/empty:/usr/libexec/moshgate/moshgate-session

on() {
	$BED on gateway "$@"
}

# map TEXT: what is in the map from now on, as printf(1) has it.
map() {
	printf '%b' "$1" | on sh -c 'rm -rf "$1" && mkdir "$1" &&
		cat >"$1/users" && chown -R 770 "$1" && chmod 755 "$1" &&
		chmod 644 "$1/users"' - $map_dir
}

# nss COMMAND...: see nss.py.
nss() {
	on timeout "$PATIENCE_S" /usr/bin/python3 -c "$nss_calls" "$@" 2>&1
}

# entry FIELD PROGRAM KEY: that field of what getent, or a copy of it, has for
# KEY in the user database; if there is nothing, its status.
entry() {
	entry_field=$1
	shift
	on timeout "$PATIENCE_S" "$1" passwd -- "$2" >"$TMUX_TMPDIR/entry" ||
		echo $?
	cut -d : -f "$entry_field" "$TMUX_TMPDIR/entry"
}

# uid NAME, name UID: of that user.
uid() {
	entry 3 getent "$1"
}
name() {
	entry 1 getent "$1"
}
