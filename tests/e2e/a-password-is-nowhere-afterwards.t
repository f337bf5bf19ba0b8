#!/bin/sh
# A password that was typed is in no argument, environment or log, and afterwards
# in the memory of no process of moshgate's: be it one of the gateway's own or the
# remote's.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/passwords.sh"
in_bed "$@"
plan 15

right=correct-horse-battery-staple
wrong='wrong-horse-battery-staple'

# Print the names of moshgate's processes that could be looked at, and "found"
# and the name of those that have one of the words.
# shellcheck disable=SC2016
search='
	use strict;
	my @words = map { substr $_, 4, 12 } @ARGV;
	for my $pid (map { m{/proc/(\d+)$} } glob "/proc/[0-9]*") {
		open(my $c, "<", "/proc/$pid/comm") or next;
		chomp(my $name = <$c> // "");
		next if $name !~ /^moshgate/;
		open(my $maps, "<", "/proc/$pid/maps") or next;
		open(my $mem, "<:raw", "/proc/$pid/mem") or next;
		print "read $name\n";
		while (<$maps>) {
			my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
			next if /\[v/ || hex($to) - hex($from) > 1 << 30;
			sysseek($mem, hex $from, 0) or next;
			sysread($mem, my $bytes, hex($to) - hex($from)) or next;
			print "found $name\n"
				if grep { index($bytes, $_) >= 0 } @words;
		}
	}'
search() {
	$BED on gateway perl -e "$search" "$right" "$wrong"
}
# shown: what everybody can see of processes, or root, and the logs of both hosts.
shown() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ \
		2>/dev/null | tr "\0" "\n"'
}
logged() {
	$BED log gateway
	$BED log remote
}

settings '[clients]' 'passwords = /etc/moshgate/passwords'
known alice
new_password alice "$right"
pam_lines
sshd_takes publickey password keyboard-interactive
$BED helper restart

# A hash that takes long enough to be seen.
new_password bob "$right"
$BED on gateway sed -i 's/^\(bob:.*\),t=2,/\1,t=10,/' /etc/moshgate/passwords
is_right bob "$right" &
ok 'a password is being hashed' wait_for running gateway '[m]oshgate-helper --hash'
$BED on gateway pkill -STOP -f '[m]oshgate-helper --hash'
unlike '... and shown nowhere' "$(shown)" 'horse-battery'
like '... but that process has it' "$(search)" '^found moshgate-hash$'
$BED on gateway pkill -CONT -f '[m]oshgate-helper --hash'
wait

for method in keyboard-interactive password; do
	ok "it lets in by $method" let_in_by "$right" \
		-o PreferredAuthentications=$method alice@gateway
	ok '... and another does not' kept_out_by "$wrong" \
		-o PreferredAuthentications=$method alice@gateway
done
wait_for not running gateway '[m]oshgate-helper --hash'
found=$(search)
like 'the memory of the helper has been looked at' "$found" \
	'^read moshgate-helper$'
unlike '... and has none of them' "$found" '^found'

# The remote's.
$BED on remote sh -c "echo 'alice:$right' | chpasswd &&
	echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/passwords.conf"
new_sshd remote
settings '[clients]' 'passwords = remote'
$BED helper restart
ok 'another is refused by the remote' kept_out_by "$wrong" alice@gateway
ok '... the right one lets in' let_in_by "$right" alice@gateway
found=$(search)
like 'the memory of a worker has been looked at' "$found" \
	'^read moshgate-worker$'
unlike '... and has none of them' "$found" '^found'
unlike 'neither is shown anywhere' "$(shown)" horse-battery
unlike '... nor logged' "$(logged)" horse-battery
