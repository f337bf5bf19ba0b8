# A client of the helper's socket that says what no shim would.  It stands on
# perl-base alone, which every Debian has.
#
#	perl -e "$(cat socket.pl)" COMMAND
#
#	send HEX           send these bytes; print the answer
#	ask TYPE [TEXT]    send a request whose body is TEXT (\0 is NUL); the same
#	leave HEX          send these bytes, if any, and leave at once
#	give TYPE          a request with 8 descriptors attached; print the answer
#	hold N             connect N times; print the answer, if there is one, of
#	                   the last; wait until all are closed
#	crowd TYPE UID...  ask as each of these at once, and print READY; then how
#	                   many answers came
#	abandon TYPE UID... the same, but leave when standard input ends
#
# An answer is printed as its type's name and, with a blank between them, the
# first fields; or as "closed".
use strict;
use warnings;
use Socket;

my $path = '/run/moshgate/helper.sock';
my %types = (keys => 1, session => 2, check => 3, status => 4, odd => 99);
my %names = (32 => 'ok', 33 => 'refused', 34 => 'text', 35 => 'step');

# Whatever is waited for: not for ever.
alarm($ENV{PATIENCE_S} || 60);
$SIG{PIPE} = 'IGNORE';
$| = 1;

sub dial {
	socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die "socket: $!\n";
	connect($s, pack_sockaddr_un($path)) or die "connect: $!\n";
	return $s;
}

sub request {
	my ($type, $body) = @_;
	$body //= '';
	$body =~ s/\\0/\0/g;
	return pack('a2 C C N', 'MG', 1, $types{$type}, length $body) . $body;
}

sub get {
	my ($s, $count) = @_;
	my $text = '';
	while (length $text < $count) {
		sysread($s, $text, $count - length $text, length $text) or last;
	}
	return $text;
}

sub answer {
	my ($s) = @_;
	my $head = get($s, 8);
	return 'closed' if length $head < 8;
	my ($magic, $version, $type, $len) = unpack('a2 C C N', $head);
	my $body = get($s, $len);
	return "garbage" if $magic ne 'MG' || length $body != $len;
	my @fields = split /\0/, $body;
	my $name = $names{$type} // $type;
	return $name eq 'refused' ? "$name $fields[1]" : $name;
}

# sendmsg(2) by its number: perl alone has no name for it.
sub give {
	my ($s, $bytes) = @_;
	my $machine = (split ' ', `uname -m`)[0];
	my %numbers = (x86_64 => 46, aarch64 => 211);
	my $number = $numbers{$machine} or return 'unknown machine';
	my @files = map { open(my $f, '<', '/dev/zero') or die; $f } 1 .. 8;
	my $data = pack('i8', map { fileno $_ } @files);
	my $control = pack('Q i i', 16 + length $data, SOL_SOCKET, 1) . $data;
	my $vector = pack('P Q', $bytes, length $bytes);
	my $message = pack('Q Q P Q P Q Q', 0, 0, $vector, 1, $control,
		length $control, 0);
	syscall($number, fileno $s, $message, 0) >= 0 or return "sendmsg: $!";
	return answer($s);
}

# One process for each of the users, which says how it went.
sub crowd {
	my ($type, @uids) = @_;
	pipe(my $out, my $in) or die;
	for my $uid (@uids) {
		defined(my $pid = fork) or die "fork: $!\n";
		next if $pid;
		($(, $)) = ($uid, "$uid $uid");
		($<, $>) = ($uid, $uid);
		my $s = dial();
		syswrite($s, request($type));
		syswrite($in, "asked\n");
		syswrite($in, answer($s) . "\n");
		exit 0;
	}
	close $in;
	my $asked = 0;
	my %answers;
	while (my $line = <$out>) {
		chomp $line;
		if ($line ne 'asked') {
			$answers{$line}++;
		} elsif (++$asked == @uids) {
			print "READY\n";
		}
	}
	print join(', ', map { "$answers{$_} $_" } sort keys %answers), "\n";
}

sub abandon {
	my ($type, @uids) = @_;
	defined(my $pid = fork) or die "fork: $!\n";
	if (!$pid) {
		setpgrp(0, 0);
		crowd($type, @uids);
		exit 0;
	}
	1 while <STDIN>;
	kill 'KILL', -$pid;
	waitpid $pid, 0;
}

my ($command, @args) = @ARGV;
if ($command eq 'send') {
	my $s = dial();
	syswrite($s, pack('H*', $args[0])) if $args[0] ne '';
	print answer($s), "\n";
} elsif ($command eq 'ask') {
	my $s = dial();
	syswrite($s, request(@args));
	print answer($s), "\n";
} elsif ($command eq 'leave') {
	my $s = dial();
	syswrite($s, pack('H*', $args[0])) if @args;
} elsif ($command eq 'give') {
	print give(dial(), request($args[0])), "\n";
} elsif ($command eq 'hold') {
	my @held = map { dial() } 1 .. $args[0];
	my @answers = map { answer($_) } reverse @held;
	print "$answers[0]\n";
} elsif ($command eq 'crowd') {
	crowd(@args);
} elsif ($command eq 'abandon') {
	abandon(@args);
} else {
	die "no such command\n";
}
