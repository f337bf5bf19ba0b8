# shellcheck shell=sh
# shellcheck disable=SC2016
#
# For the tests of what becomes of the user map.  A test that reads this has read
# lib.sh, and is in its bed.

map_dir=/var/lib/moshgate
map=$map_dir/users

on() {
	$BED on gateway "$@"
}

# in_map_dir CMD: have a shell run it there.
in_map_dir() {
	on sh -c "cd $map_dir && $1"
}

# What the map should say is in this file, and $next is the uid to be given next.
good=$TMUX_TMPDIR/good
next=65536

# keep_map: as it says now.
keep_map() {
	on cat $map >"$good"
}

# map_is_good: does the map say that, and can nobody but the helper write it?
map_is_good() {
	on cmp - $map <"$good" &&
		[ "$(on stat -c '%F %a %U' $map)" = 'regular file 644 _moshgate' ]
}

# came NAME: they should be in the map from now on, with the next uid.
came() {
	echo "$1:$next" >>"$good"
	sed -i "s/^\(# uids given: .*-\)$((next - 1))\$/\1$next/" "$good"
	next=$((next + 1))
}

# user NAME: by what name and uid sshd knows them, if they are known.
user() {
	user_found=$(look_up "$1" | cut -d : -f 1,3)
	[ -z "$user_found" ] || ! on test -f $map ||
		! on grep -qx "$user_found" $map ||
		echo "$user_found"
}

# comes NAME: sshd asks for their keys, and then who they are, as above.
comes() {
	keys_of "$1" >"$TMUX_TMPDIR/comes" 2>&1
	user "$1"
}

# logs_in NAME UID: up to a prompt there, with that uid here.
has_session() {
	on pgrep -u "$1" -x mosh-client
}
logs_in() {
	tm has-session -t "=in-$1" 2>/dev/null || terminal "in-$1"
	fresh "in-$1" && wait_for not has_session "$2" &&
		login "in-$1" "$1" && has_session "$2"
}

# local_in: does an account of the gateway log in while the helper is stopped,
# and does nobody ask that?  Connections that it doesn't take would be left.
connections() {
	on grep -c ' /run/moshgate/helper.sock$' /proc/net/unix
}
local_in() {
	signal_helper STOP
	local_before=$(connections)
	local_said=$(timeout "$PATIENCE_S" ssh local@gateway id -un </dev/null)
	local_after=$(connections)
	signal_helper CONT
	[ "$local_said $local_after" = "local $local_before" ]
}

# lines N PATTERN: are there N lines in the gateway's log that have it?
lines() {
	[ "$(log_count gateway "$2")" -eq "$1" ]
}
