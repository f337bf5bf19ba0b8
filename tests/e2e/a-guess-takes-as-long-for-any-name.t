#!/bin/sh
# With passwords = remote a guess at a name that gets in by no password takes as
# long as one at a user's, of which the remote is asked.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 4

names='one two three four five'
printf '%s\n' 'PasswordAuthentication yes' 'UsePAM no' |
	$BED on remote sh -c 'cat >/etc/ssh/sshd_config.d/passwords.conf'
new_sshd remote
# shellcheck disable=SC2086
people $names
settings '[clients]' 'passwords = remote' 'users = * !bad*' \
	'[users]' 'lookups_per_minute = 6000'
# shellcheck disable=SC2086
known $names
new_connections 'from now on'

# measure: store in the file "took" the medians, in microseconds, of guesses at
# users and at others, by turns, each from an address of its own.
measure() {
	$BED helper restart
	# shellcheck disable=SC2016,SC2086
	$BED on gateway perl -e '
		use Time::HiRes "time";
		my %took;
		$ENV{PAM_TYPE} = "auth";
		for my $try (0 .. 14) {
			for my $kind ($try % 2 ? ("", "bad") : ("bad", "")) {
				$ENV{PAM_USER} = $kind . $ARGV[$try % @ARGV];
				$ENV{PAM_RHOST} = "198.18." .
					($kind eq "" ? 1 : 2) . ".$try";
				my $begin = time;
				open(my $to, "|-",
					"/usr/libexec/moshgate/moshgate-password");
				print $to "guess\0";
				close $to and die "let in";
				push @{$took{$kind}}, time - $begin;
			}
		}
		for my $kind ("", "bad") {
			my @sorted = sort { $a <=> $b } @{$took{$kind}};
			print int(1e6 * $sorted[@sorted / 2]), "\n";
		}' $names >"$TMUX_TMPDIR/took"
	note "medians in us: $(xargs <"$TMUX_TMPDIR/took")"
}
# apart: by how many percent they differ.
apart() {
	perl -e 'my ($one, $other) = split " ", join " ", <STDIN>;
		print int 100 * abs($one - $other) / $one' <"$TMUX_TMPDIR/took"
}
# On a machine with much else to do one round may say anything.
rounds=0
until
	rounds=$((rounds + 1))
	measure
	[ "$(apart)" -lt 10 ] || [ $rounds = 3 ]
do :; done
is 'the users were tried' "$($BED log gateway |
	grep -c 'login-failed.*reason=wrong-password .*client=198.18.1')" \
	$((rounds * 15))
is '... and the others refused' "$($BED log gateway |
	grep -c 'login-failed user=bad.* client=198.18.2')" $((rounds * 15))
ok '... of whom the remote has not heard' new_connections $((rounds * 15))
like 'a user'\''s name takes no longer than any other, within 10 %' "$(apart)" \
	'^[0-9]$'
