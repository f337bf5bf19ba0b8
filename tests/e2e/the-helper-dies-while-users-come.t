#!/bin/sh
# The helper may die at any instant while users come for the first time: each has
# one uid in the end, the one that sshd was told whenever it was told one, and the
# map is whole all the time.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
in_bed "$@"
. "$(dirname "$0")/user-map.sh"
plan 10

users=$(seq -f user%g 20)
# shellcheck disable=SC2086
people $users
settings '[users]' 'lookups_per_minute = 10000' \
	'new_names_per_address = 100'
# A remote that minds neither how many come nor how they leave.
$BED on remote sh -c 'cd /etc/ssh/sshd_config.d || exit
	echo MaxStartups 100 >50-test.conf
	! /usr/sbin/sshd -T | grep -q "^persourcepenalties " ||
		echo PerSourcePenalties no >>50-test.conf'
new_sshd remote
$BED helper restart

# watch: look at the map until /run/over is there; then print how often it has
# changed, and what was ever wrong with it.
watch() {
	on perl -e '
		my ($changes, $last, %had, %wrong) = (0, "");
		my $map = "'$map'";
		do {
			select(undef, undef, undef, 0.002);
			my $text = "";
			if (open(my $file, "<", $map)) {
				local $/;
				$text = <$file> // "";
			} elsif (%had) {
				$wrong{"it is gone: $!"} = 1;
			}
			if ($text ne $last) {
				look($text);
				$changes++;
			}
			$last = $text;
		} until -e "/run/over";
		print "$changes\n", map { "$_\n" } sort keys %wrong;

		sub look {
			my ($text) = @_;
			my (%uids, %names);
			$text =~ /\A# [^\n]*\n((?:# uids given: \d+-\d+\n)+)((?:\w+:\d+\n)*)\z/ or
				return $wrong{"it says: $text"} = 1;
			my ($given, $lines) = ($1, $2);
			my ($last) = $given =~ /-(\d+)\n\z/;
			while ($lines =~ /(\w+):(\d+)\n/g) {
				$wrong{"$1 is there twice"} = 1 if $names{$1};
				$wrong{"the uid $2 is there twice"} = 1
					if $uids{$2}++;
				$wrong{"$2 is above $last"} = 1
					if $2 > $last;
				$names{$1} = $2;
			}
			for (keys %had) {
				$wrong{"$_ has not kept their uid"} = 1
					if ($names{$_} // 0) != $had{$_};
			}
			%had = %names;
		}'
}
# come USER...: sshd looks them up, and then asks for their keys, until it has got
# them; and who they are once more, twice; what it is told is in /run/told.  It
# gives up when /run/over is there.
come() {
	on sh -c 'looks_up() {
			/run/as-sshd/sshd passwd "$1"
		}
		gets_keys() {
			uid=$(looks_up "$1" | cut -d : -f 3)
			[ -n "$uid" ] &&
				/usr/libexec/moshgate/moshgate-keys "$1" \
					ssh-ed25519 AAAA "$uid"
		}
		for user; do
			(until gets_keys "$user" >/dev/null 2>&1; do
				! test -e /run/over || exit
				sleep 0.05
			done; looks_up "$user"; looks_up "$user") &
		done >>/run/told
		wait' - "$@"
}
# kill_helpers: until /run/over is there, kill the helper in turn as it writes
# and when it has just written, and start another; then print how often, and
# whether another could not be started.
kill_helpers() {
	on perl -e '
		my ($map, $kills) = ("'$map'", 0);
		my $inode = sub { (stat shift)[1] // 0 };
		until (-e "/run/over") {
			my $file = $kills % 2 ? $map : "$map.new";
			my $before = $inode->($file);
			until ($inode->($file) != $before || -e "/run/over") {
				select(undef, undef, undef, 0.0005);
			}
			open(my $pid, "<", "/run/moshgate-helper.pid");
			kill KILL => <$pid> + 0;
			$kills++;
			system("$ENV{BED} helper kill && $ENV{BED} helper start")
				and open(my $over, ">", "/run/over") and
				print "none starts after $kills\n";
		}
		print "$kills\n"'
}

known alice
watch >"$TMUX_TMPDIR/watched" &
kill_helpers >"$TMUX_TMPDIR/kills" &
# shellcheck disable=SC2086
come $users
on touch /run/over
wait

ok 'the helper was killed on the way' \
	[ "$(tail -n 1 "$TMUX_TMPDIR/kills")" -ge 1 ]
is '... and another started each time' "$(sed '$d' "$TMUX_TMPDIR/kills")" ''
told=$(on sort -u /run/told | cut -d : -f 1,3 | sort)
is 'in the end 20 users have come' "$(echo "$told" | cut -d : -f 1 | sort -u | wc -l)" 20
is '... of each the same uid was told at any time' "$(echo "$told" | wc -l)" 20
is '... and of no two the same' \
	"$(echo "$told" | cut -d : -f 2 | sort -u | wc -l)" 20
is '... those are in the map' "$(on grep ^user $map | sort)" "$told"
ok 'it was seen to grow' \
	[ "$(head -n 1 "$TMUX_TMPDIR/watched")" -gt 1 ]
is '... and was well-formed all the time, and had everybody' \
	"$(tail -n +2 "$TMUX_TMPDIR/watched")" ''
is '... which the helpers found as well' \
	"$(log_count gateway 'event=users-')" 0
ok 'one of them is let in' let_in user7@gateway
