# A client of the helper's socket that says what no shim would.  It stands on
# perl-base alone, which every Debian has.
#
#	perl -e "$(cat socket.pl)" COMMAND
#
#	send HEX           send these bytes; print the answer
#	ask TYPE [TEXT]    send a request whose body is TEXT (\0 is NUL); the same
#	leave HEX          send these bytes, if any, and leave at once
#	give TYPE          a request with 8 descriptors attached; print the answer
#	pass WHERE N       send N descriptors, more than a message can hold in
#	                   several, at a place of a request: see places(); print
#	                   CLOSED if all are closed while the request could still
#	                   be going on, else OPEN
#	agent HOW          a session that has an agent, as it says, and that gives it
#	                   to the worker that asks so: see agent(); print the answer
#	linger WHERE       the same with one that takes a minute to close, close all
#	                   that is its own, print READY, and wait for the end of
#	                   standard input
#	hang, run          see fuse.pl
#	spin N SECONDS     connect in N processes as often as possible; print how
#	                   often that was
#	stop HEX           send these bytes, print READY, and stop: no answer is
#	                   read, nothing is closed
#	repeat N TYPE [TEXT] ask N times, each time leaving at once
#	burst N TYPE       ask on N connections at once; print the answers
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
use IO::Handle;
use Socket;
use Time::HiRes qw(sleep time);

our $place_type;
# before there is what a child could not close
my $machine = (split ' ', `uname -m`)[0];
my $path = '/run/moshgate/helper.sock';
my %types = (keys => 1, session => 2, check => 3, status => 4, lookup => 5,
	odd => 99);
my %names = (32 => 'ok', 33 => 'refused', 34 => 'text', 35 => 'step',
	37 => 'taken');

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
	# or it would be one for a relay
	$body = "terminal\0yes\0$body" if $type eq 'session';
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
	# what it is at work for is still to come
	return answer($s) if $name eq 'taken' && $len == 0;
	return $name eq 'refused' ? "$name $fields[1]" : $name;
}

# sendmsg(2) by its number: perl alone has no name for it.
sub send_with {
	my ($s, $bytes, $flags, @files) = @_;
	my %numbers = (x86_64 => 46, aarch64 => 211);
	my $number = $numbers{$machine} or return 'unknown machine';
	my $data = pack('i*', map { fileno $_ } @files);
	my $control = pack('Q i i', 16 + length $data, SOL_SOCKET, 1) . $data;
	$control .= "\0" x (-length($control) % 8);
	my $vector = pack('P Q', $bytes, length $bytes);
	my $message = pack('Q Q P Q P Q Q', 0, 0, $vector, 1, $control,
		length $control, 0);
	# the kernel's limit is 253; what is sent after the end is not taken
	syscall($number, fileno $s, $message, $flags) >= 0
		or return "sendmsg: $!";
	return '';
}

sub give {
	my ($s, $bytes) = @_;
	my @files = map { open(my $f, '<', '/dev/zero') or die; $f } 1 .. 8;
	return send_with($s, $bytes, 0, @files) || answer($s);
}

# Ask for a session with an agent, by which a worker then asks for that.
sub agent_asked {
	my ($s) = @_;
	syswrite($s, request('session', 'via\0force-command\0' .
		'streams\0yes\0agent\0yes\0'));
	my $asked = answer($s);
	return $asked eq '39' ? '' : $asked;
}

# What is said to be the agent: a frame, with FILES or other BYTES behind it.
sub agent_give {
	my ($s, $type, $bytes, @files) = @_;
	my $frame = pack('a2 C C N', 'MG', 1, $type, 0) . $bytes;
	return @files ? send_with($s, $frame, 0, @files)
		: syswrite($s, $frame) && '';
}

sub agent {
	my ($how) = @_;
	my $s = dial();
	my $asked = agent_asked($s);
	return $asked if $asked ne '';
	open(my $file, '<', '/dev/zero') or die;
	pipe(my $out, my $in) or die;
	my %ways = (
		none => sub { agent_give($s, 8, '') },
		file => sub { agent_give($s, 8, '', $file) },
		pipe => sub { agent_give($s, 8, '', $in) },
		many => sub { agent_give($s, 8, '', ($file) x 200) },
		streams => sub { agent_give($s, 7, '', ($file) x 3) },
		odd => sub { agent_give($s, 99, '') },
		more => sub { agent_give($s, 8, 'more' x 100) },
		leave => sub { close $s; exit 0 },
	);
	my $fault = $ways{$how}->();
	return $fault || answer($s);
}

# Send FILES at a place of a request, with each step given time to be read.
sub place {
	my ($s, $where, @files) = @_;
	my $request = request($place_type // 'session', "LANG\0C.UTF-8\0");
	my %places = (
		start => sub { send_with($s, $request, 0, @files) },
		header => sub {
			syswrite($s, substr $request, 0, 4);
			sleep 0.1;
			send_with($s, substr($request, 4), 0, @files);
		},
		body => sub {
			syswrite($s, substr $request, 0, 12);
			sleep 0.1;
			send_with($s, substr($request, 12, 2), 0, @files);
		},
		bytes => sub {
			for my $byte (split //, $request) {
				send_with($s, $byte, 0, @files);
			}
		},
		behind => sub {
			send_with($s, $request, 0, @files);
			send_with($s, 'x', 0, @files);
		},
		next => sub {
			syswrite($s, $request);
			send_with($s, 'x', 0, @files);
		},
		after => sub {
			syswrite($s, $request);
			answer($s);
			send_with($s, 'x', 0, @files);
		},
		urgent => sub { send_with($s, 'x', MSG_OOB, @files) },
		'urgent-later' => sub {
			syswrite($s, substr $request, 0, 4);
			sleep 0.1;
			send_with($s, 'xx', MSG_OOB, @files);
		},
		agent => sub {
			agent_asked($s);
			agent_give($s, 8, '', @files);
		},
		last => sub {
			send_with($s, $request, 0, @files);
			shutdown($s, 1);
		},
	);
	$places{$where}->();
}

sub pass {
	my ($where, $count) = @_;
	my $s = dial();
	pipe(my $out, my $in) or die;
	my @files = map { open(my $f, '>&', $in) or die "dup: $!\n"; $f }
		1 .. $count;
	close $in;
	place($s, $where, @files);
	close $_ for @files;
	# it reads as closed when nobody has the other end any more
	vec(my $wait = '', fileno $out, 1) = 1;
	return select($wait, undef, undef, 3) ? 'CLOSED' : 'OPEN';
}

# A connection whose other end reads nothing, and whose last close() waits for it.
my @deaf;
sub hang_linger {
	my $loopback = inet_aton('127.0.0.1');
	socket(my $listening, PF_INET, SOCK_STREAM, 0) or die;
	bind($listening, pack_sockaddr_in(0, $loopback)) or die;
	listen($listening, 1) or die;
	socket(my $full, PF_INET, SOCK_STREAM, 0) or die;
	connect($full, getsockname $listening) or die;
	accept(my $deaf, $listening) or die;
	push @deaf, $deaf;
	$full->blocking(0);
	1 while syswrite($full, 'x' x 65536);
	setsockopt($full, SOL_SOCKET, SO_LINGER, pack('i i', 1, 60)) or die;
	return $full;
}

# The descriptor is such a one.
sub linger {
	my ($where) = @_;
	my $full = hang_linger();
	my $s = dial();
	place($s, $where, $full);
	close $full;
	close $s;
	# the other end stays, deaf as it is
	print "READY\n";
	1 while <STDIN>;
}

sub spin {
	my ($processes, $seconds) = @_;
	my $end = time + $seconds;
	pipe(my $out, my $in) or die;
	for (1 .. $processes) {
		defined(my $pid = fork) or die "fork: $!\n";
		next if $pid;
		my $count = 0;
		while (time < $end) {
			my $s = dial();
			syswrite($s, "not a request at all");
			$count++;
		}
		syswrite($in, "$count\n");
		exit 0;
	}
	close $in;
	my $sum = 0;
	$sum += $_ while <$out>;
	return $sum;
}

sub burst {
	my ($count, $type) = @_;
	my @held = map { dial() } 1 .. $count;
	syswrite($_, request($type)) for @held;
	my %answers;
	$answers{answer($_)}++ for @held;
	return join ', ', map { "$answers{$_} $_" } sort keys %answers;
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
} elsif ($command eq 'pass') {
	print pass(@args), "\n";
} elsif ($command eq 'agent') {
	print agent(@args), "\n";
} elsif ($command eq 'linger') {
	linger(@args);
} elsif ($command eq 'hang') {
	hang(@args);
} elsif ($command eq 'run') {
	hang_run(@args);
} elsif ($command eq 'spin') {
	print spin(@args), "\n";
} elsif ($command eq 'stop') {
	my $s = dial();
	syswrite($s, pack('H*', $args[0]));
	print "READY\n";
	kill 'STOP', $$;
} elsif ($command eq 'repeat') {
	my ($count, @what) = @args;
	for (1 .. $count) {
		my $s = dial();
		syswrite($s, request(@what));
	}
} elsif ($command eq 'burst') {
	print burst(@args), "\n";
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
