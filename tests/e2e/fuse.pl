# Descriptors that take for ever to be closed, for socket.pl, before which this
# stands:
#
#	perl -e "$(cat fuse.pl socket.pl)" COMMAND
#
# As root, in a mount namespace of its own:
#
#	hang KIND TYPE WHERE UID
#	           send one, as UID, at the place WHERE of a request of TYPE; print
#	           READY and then the answer
#	run N UID CMD...
#	           run CMD N times as UID, with such a file for its standard output;
#	           print READY
#
# Both wait for the end of standard input, and let go then what waits for them.
#
#	KIND       flush    a file of FUSE, whose flush at close() is never answered
#	           nested   a socket in which such a file is
#	           linger   a TCP socket, whose last close() takes a minute
use strict;
use warnings;
use Errno;
use POSIX ();
use Socket;

my $fuse_at = '/run/hang';

my @hang_kept;

sub fuse_attr {
	my ($node) = @_;
	return pack('Q6 L10', $node, 0, 0, 0, 0, 0, 0, 0, 0,
		$node == 1 ? 040777 : 0100666, 1, 0, 0, 0, 4096, 0);
}

# Serve a directory with one file, "f", until nobody needs that any more.
sub fuse_serve {
	my ($dev) = @_;
	my %answers = (
		26 => sub { # INIT
			pack('L4 S2 L2 S2 L8', 7, 31, 65536, 0, 12, 9, 65536, 1,
				0, 0, (0) x 8)
		},
		1 => sub { pack('Q4 L2', 2, 1, 1, 1, 0, 0) . fuse_attr(2) },
		3 => sub { pack('Q L2', 1, 0, 0) . fuse_attr($_[0]) },
		14 => sub { pack('Q L2', 1, 1, 0) }, # OPEN
	);
	while (1) {
		if (!sysread($dev, my $request, 1 << 17)) {
			# not mounted yet
			exit 0 if !$!{EPERM};
			select(undef, undef, undef, 0.01);
			next;
		} else {
			my ($len, $op, $unique, $node) = unpack('L L Q Q', $request);
			# FORGET, INTERRUPT, FLUSH and BATCH_FORGET have no answer
			next if grep { $op == $_ } 2, 36, 25, 42;
			my $body = $answers{$op} ? $answers{$op}->($node) : '';
			syswrite($dev, pack('L l Q', 16 + length $body,
				$answers{$op} ? 0 : -38, $unique) . $body);
		}
	}
}

# Mount it.  Returns the process that serves it.
sub fuse_mount {
	local $^F = 1000;
	system('mknod', '/dev/fuse', 'c', 10, 229) if !-e '/dev/fuse';
	open(my $dev, '+<', '/dev/fuse') or die "/dev/fuse: $!\n";
	my $fd = fileno $dev;
	mkdir $fuse_at;
	# it is asked as soon as it is mounted
	defined(my $pid = fork) or die "fork: $!\n";
	if (!$pid) {
		open(STDIN, '<', '/dev/null');
		fuse_serve($dev);
	}
	system('mount', '-i', '-t', 'fuse', '-o', "fd=$fd,rootmode=40000," .
		'user_id=0,group_id=0,allow_other', 'hang', $fuse_at) == 0
		or die "mount: $?\n";
	close $dev;
	return $pid;
}

# A file of it, which this process never closes.
sub fuse_open {
	# an exec would close it
	local $^F = 1000;
	open(my $file, '+<', "$fuse_at/f") or die "open: $!\n";
	push @hang_kept, $file;
	return $file;
}

sub hang_make {
	my ($kind) = @_;
	return hang_linger() if $kind eq 'linger';
	my $file = fuse_open();
	return $file if $kind eq 'flush';
	socketpair(my $one, my $other, AF_UNIX, SOCK_STREAM, 0) or die;
	send_with($one, 'x', 0, $file) eq '' or die "nested\n";
	return $other;
}

# Become UID.
sub hang_as {
	my ($uid) = @_;
	my @groups = split ' ', `id -G $uid 2>/dev/null` || $uid;
	($(, $)) = ($groups[0], "$groups[0] @groups");
	($<, $>) = ($uid, $uid);
}

# Wait for the end of standard input; then PIDS are over, the first of them first.
sub hang_wait {
	my (@pids) = @_;
	1 while <STDIN>;
	kill 'KILL', $_ for @pids;
	waitpid $_, 0 for @pids;
}

sub hang {
	my ($kind, $type, $where, $uid) = @_;
	my $server = fuse_mount();
	defined(my $pid = fork) or die "fork: $!\n";
	if (!$pid) {
		hang_as($uid);
		$main::place_type = $type;
		my $s = dial();
		my $one = hang_make($kind);
		place($s, $where, $one);
		close $one if $kind ne 'flush';
		print "READY\n";
		print answer($s), "\n";
		sleep 1 while 1;
	}
	hang_wait($server, $pid);
}

sub hang_run {
	my ($count, $uid, @cmd) = @_;
	my $server = fuse_mount();
	my @pids;
	for (1 .. $count) {
		defined(my $pid = fork) or die "fork: $!\n";
		push @pids, $pid;
		next if $pid;
		open(STDIN, '<', '/dev/null');
		hang_as($uid);
		POSIX::dup2(fileno(fuse_open()), 1);
		exec @cmd;
	}
	print "READY\n";
	hang_wait($server, @pids);
}
