#!/bin/sh
# /run/moshgate has the helper's socket and the home of the gateway's users,
# which nobody but root can put something else in the place of.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 28

dir=/run/moshgate
on() {
	$BED on gateway "$@"
}
# what PATH: its mode, owner and group.
what() {
	on stat -c '%a %U %G' "$1"
}
# refused: the helper does not start, and says why.
refused() {
	! $BED helper start >"$TMUX_TMPDIR/said" 2>&1 &&
		grep -F "moshgate-helper: $dir: cannot be made, or is not root's" \
			"$TMUX_TMPDIR/said"
}
# anew CMD...: an empty /run, in which CMD is run on the gateway.
anew() {
	on rm -rf "$dir" /tmp/theirs
	on "$@"
}

is "the helper has made it: root's and sticky, and it may make its socket" \
	"$(what $dir)" '1775 root _moshgate'
is "... and in it the users' home, for nobody to write to" \
	"$(what $dir/empty)" '555 root root'
is "... which is alice's home" \
	"$(look_up alice | cut -d : -f 6)" "$dir/empty"
is '... and empty' "$(on ls -A $dir/empty)" ''
ok "_moshgate can't rename it" not as _moshgate mv "$dir/empty" "$dir/other"
ok "... nor remove it" not as _moshgate rmdir "$dir/empty"
ok "... nor write to it" not as _moshgate touch "$dir/empty/.profile"
ok "... nor change its mode" not as _moshgate chmod 777 "$dir/empty"
ok "... nor rename the directory" not as _moshgate mv "$dir" /run/other
is 'it is as it was' "$(what $dir/empty)" '555 root root'
ok "_moshgate can't put a link in the place of the banner, which root reads" \
	not as _moshgate ln -sf /etc/shadow "$dir/banner"
ok '... nor rename it' not as _moshgate mv "$dir/banner" "$dir/other"
ok '... nor remove it' not as _moshgate rm -f "$dir/banner"
is '... so it is as it was' "$(what $dir/banner)" '664 root _moshgate'
ok '... and so with the time when the helper was found stuck' \
	not as _moshgate ln -sf /etc/shadow "$dir/jam"
is '... which it may set' \
	"$(as _moshgate touch "$dir/jam" && what $dir/jam)" '664 root _moshgate'
ok 'a user cannot make anything there' not as alice touch "$dir/other"

# Somebody was there first.
$BED helper stop
anew install -d -o _moshgate -g _moshgate "$dir"
ok "the helper does not start where the directory is _moshgate's" refused
is "... and leaves it alone" "$(what $dir)" '755 _moshgate _moshgate'
anew sh -c 'mkdir /tmp/theirs && ln -s /tmp/theirs "$1"' - "$dir"
ok '... nor where it is a link' refused
is '... to where it makes nothing' \
	"$(what /tmp/theirs) $(on ls -A /tmp/theirs)" '755 root root '
anew sh -c 'mkdir "$1" && install -d -o _moshgate "$1/empty"' - "$dir"
ok "... nor where the users' home is _moshgate's" refused
anew sh -c 'mkdir "$1" /tmp/theirs && ln -s /tmp/theirs "$1/empty"' - "$dir"
ok '... nor where that is a link' refused
is '... to what is left alone' "$(what /tmp/theirs)" '755 root root'
anew sh -c 'mkdir -m 1777 "$1" /tmp/theirs &&
	setpriv --reuid=_moshgate --regid=_moshgate --clear-groups \
		ln -s /etc/shadow "$1/banner"' - "$dir"
ok 'a link that was there for the banner is taken away' "$BED" helper start
is '... and what it led to is left alone' \
	"$(what $dir/banner) $(on stat -c %U /etc/shadow)" \
	'664 root _moshgate root'
$BED helper stop
anew true
ok 'with nothing there it starts' "$BED" helper start
ok '... and a login works' let_in alice@gateway
