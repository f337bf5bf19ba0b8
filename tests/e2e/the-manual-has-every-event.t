#!/bin/sh
# What the log can say is in moshgate-helper(8): each event with its fields, in
# their order, and each reason.
. "$(dirname "$0")/lib.sh"
TMUX_TMPDIR=$(mktemp -d)
trap 'rm -r "$TMUX_TMPDIR"' EXIT
cd "$(dirname "$0")/../.." || exit
plan 8

manual=man/moshgate-helper.8

# events: each call of log_event() as "event field field...".
events() {
	cat helper/*.c helper/*/*.c | perl -0777 -ne '
		while (/\blog_event\((LOG_\w+,\s*.*?)\);/gs) {
			my ($call, $at, @words) = ($1, 0);
			# what is in inner parentheses has commas of its own
			1 while $call =~ s/\((?:[^()"]|"(?:[^"\\]|\\.)*")*\)//g;
			my @arguments = $call =~
				/((?:"(?:[^"\\]|\\.)*"|[^,"])+)(?:,|$)/g;
			shift @arguments;
			for (@arguments) {
				my $value = $at % 2 == 0 && $at > 0;
				$at++;
				next if $value;
				push @words, /^\s*"([\w-]+)"\s*$/ ? $1 : "?"
					unless /^\s*NULL\s*$/;
			}
			print "@words\n";
		}' | sort -u
}
# table: the same of the table in the manual.
table() {
	sed -n '/^\.Sh DIAGNOSTICS/,/^What the events mean/p' $manual | perl -ne '
		next if !/^\.It (Ql [\w-]+|\\&) Ta (.*)$/;
		my ($event, $fields) = ($1, $2);
		$fields =~ s/^\\&$//;
		if ($event =~ s/^Ql //) {
			print "\n" if $. > 1;
			print $event;
		}
		print " $fields" if $fields ne "";
		END { print "\n" }' | sed '/^$/d' | sort
}
# listed: what the lists of the manual explain.
listed() {
	sed -n '/^\.Sh DIAGNOSTICS/,/^\.Ss/p' $manual | sed -n '/^\.Bl -tag/,$p' |
		sed -n 's/^\.\(It \)*Ql \([a-z0-9-]*\)\( ,\)*$/\2/p' | sort -u
}
# reasons: what stands behind reason=.
reasons() {
	cat helper/*.c helper/*/*.c | perl -0777 -ne '
		print "$1\n" while /\bADMISSION_REFUSAL\(\s*"([\w-]+)"/g;
		print "$1\n" while /\.reason\s*=\s*"([\w-]+)"/g;
		print "$1\n" while /^\t\[MOSH_\w+\]\s=\s\{\s"([\w-]+)"/gmx;
		' | grep -vx -e ok -e abandoned -e not-ready | sort -u
}
# notes: what stands behind about=.
notes() {
	cat helper/*.c helper/*/*.c | perl -0777 -ne '
		print "$1\n" while /\breport_note\([^",]+,\s*"([\w-]+)"/g;
		print "$1\n" while /"about",\s*"([\w-]+)"/g;' | sort -u
}
# differences: the fields of a call that are not in the table's order.
differences() {
	table >"$TMUX_TMPDIR/table"
	events | while read -r event fields; do
		# shellcheck disable=SC2046,SC2086
		set -- $(sed -n "s/^$event\( \|\$\)//p" "$TMUX_TMPDIR/table")
		for field in $fields; do
			while [ $# -gt 0 ] && [ "$1" != "$field" ]; do
				shift
			done
			[ $# -gt 0 ] || echo "$event: $field"
		done
	done
}
names() {
	cut -d ' ' -f 1 | sort -u
}
# fields: those of all calls of an event together.
fields() {
	awk '{ for (i = 2; i <= NF; i++) print $1, $i; }' | sort -u
}
missing() {
	comm -23 - "$TMUX_TMPDIR/listed"
}

listed >"$TMUX_TMPDIR/listed"
like 'the helper logs events' "$(events)" '^login-failed user asked '
is 'the table has all of them, and no others' "$(table | names)" \
	"$(events | names)"
is '... with their fields, and no others' "$(table | fields)" \
	"$(events | fields)"
is '... in the order of the lines' "$(differences)" ''
is 'each event is explained' "$(events | names | missing)" ''
like 'there are reasons' "$(reasons | xargs)" 'busy.*host-key.*no-mosh.*too-many'
is '... each is explained' "$(reasons | missing)" ''
is 'each note is explained' "$(notes | while read -r about; do
	grep -qx "\.Ql about=$about :" $manual || echo "$about"
done)" ''
