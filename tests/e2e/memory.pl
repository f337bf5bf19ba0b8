# Looks at the memory of other processes.  It stands on perl-base alone, which
# every Debian has.
#
#	perl -e "$(cat memory.pl)" COMMAND
#
#	open FILE  print READY, and until FILE is there try to open the memory of
#	       the helper and its workers; then print "opened", which and whose,
#	       if that has worked, and "tried" and with how many processes
#	find   take a key of OpenSSH's from standard input, not in base64; print
#	       "read" and the name of each process whose memory could be read,
#	       and "found" and the name of those that have its secret part,
#	       or a string made of that
use strict;
use warnings;
no warnings 'portable'; # addresses of 64 bits

# Whatever is waited for: not for ever.
alarm($ENV{PATIENCE_S} || 60);
$| = 1;

sub slurp {
	my ($path) = @_;
	open(my $f, '<', $path) or return '';
	local $/;
	return <$f> // '';
}

sub processes {
	opendir(my $proc, '/proc') or die "/proc: $!\n";
	return grep { /^[0-9]+$/ && $_ != $$ } readdir $proc;
}

# Who a process is, as long as it has any memory.
sub arguments {
	my ($pid) = @_;
	return split /\0/, slurp("/proc/$pid/cmdline");
}

sub keep_trying {
	my ($enough) = @_;
	my (%tried, %opened);
	print "READY\n";
	until (-e $enough) {
		for my $pid (processes()) {
			my ($name, $option) = arguments($pid);
			next if ($name // '') !~ m{(^|/)moshgate-helper$};
			$tried{$pid} = 1;
			for my $file ('mem', 'environ') {
				open(my $f, '<', "/proc/$pid/$file") or next;
				next if !arguments($pid);
				$opened{join ' ', $file, $option // ()} = 1;
			}
		}
	}
	print "opened $_\n" for sort keys %opened;
	print 'tried ', scalar(keys %tried), "\n";
}

# Could the memory of PID be read, and is one of the SECRETS in it?
sub search {
	my ($pid, @secrets) = @_;
	my ($read, $found);
	open(my $mem, '<:raw', "/proc/$pid/mem") or return;
	for (split /\n/, slurp("/proc/$pid/maps")) {
		my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
		next if /\[v/;
		my $size = hex($to) - hex($from);
		sysseek($mem, hex $from, 0) or next;
		my $got = sysread($mem, my $bytes, $size) or next;
		$read = 1;
		for (@secrets) {
			$found = 1 if index($bytes, $_) >= 0;
		}
	}
	return ($read, $found);
}

sub find {
	local $/;
	my $key = <STDIN>;
	$key =~ /\0\0\0\x0bssh-ed25519\0\0\0\x20(.{32})\0\0\0\x40(.{32})\1/s
		or die "that is no key\n";
	my $seed = $2;
	my @secrets = ($seed, unpack('H*', $seed));
	# Base64 of it, wherever it begins in the three bytes of a group.
	for my $before (0 .. 2) {
		my $text = pack('u', ("\0" x $before) . $seed);
		$text = join '', map { substr $_, 1 } split /\n/, $text;
		$text =~ tr{`!-_}{A-Za-z0-9+/};
		push @secrets, substr($text, 4, 32);
	}
	for my $pid (processes()) {
		my ($read, $found) = search($pid, @secrets);
		chomp(my $name = slurp("/proc/$pid/comm"));
		print "read $name\n" if $read;
		print "found $name\n" if $found;
	}
}

my ($command, $enough) = @ARGV;
if ($command eq 'open') {
	keep_trying($enough);
} elsif ($command eq 'find') {
	find();
} else {
	die "no such command\n";
}
