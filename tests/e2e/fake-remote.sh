# shellcheck shell=sh
#
# For the tests of a remote that misbehaves: see fake-remote.py.  A test that
# reads this has read lib.sh, and is in its bed.

# What a worker may have: the limit of what libssh2 keeps, and the reply.
WORKER_MAX_KB=65536
fake_port=2222
fake_mode=/run/fake-remote-mode

# fake_remote SECONDS: start it, and have the gateway go there, with that
# connect_timeout.
fake_remote() {
	if ! /usr/bin/python3 -W ignore -c 'import asyncssh'; then
		echo 'Bail out! python3-asyncssh is missing; run "make deps".'
		exit 1
	fi
	# the real one says who they are
	known alice bob carol
	misbehaves honest
	fake_timeout_s=$1
	fake_program=$(cat "$(dirname "$0")/fake-remote.py")
	$BED on remote sh -c 'exec setsid /usr/bin/python3 -c "$@" \
		>/run/fake-remote.log 2>&1' - "$fake_program" "$fake_port" \
		/etc/ssh/ssh_host_ed25519_key "$fake_mode" &
	$BED on remote sed "s/^/[remote]:$fake_port /" \
		/etc/ssh/ssh_host_ed25519_key.pub |
		$BED on gateway sh -c 'cat >>/etc/moshgate/known_hosts'
	settings "port = $fake_port" "connect_timeout = $fake_timeout_s"
	$BED helper restart
	watch_workers
	if ! wait_for keys_of alice; then
		echo 'Bail out! The fake remote does not run.'
		$BED on remote cat /run/fake-remote.log | note
		exit 1
	fi
}

# misbehaves MODE: what it does from the next connection on.
misbehaves() {
	# shellcheck disable=SC2016
	echo "$1" | $BED on remote sh -c 'cat >"$1"' - "$fake_mode"
}

# watch_workers: from now on worker_peak_kb is the most memory that a worker
# has had.
watch_workers() {
	# shellcheck disable=SC2016
	$BED on gateway perl -e '
		my $peak = 0;
		for (;;) {
			for my $file (glob "/proc/[0-9]*/status") {
				open(my $f, "<", $file) or next;
				my $status = join "", <$f>;
				$status =~ /^Name:\s*moshgate-worker$/m &&
				    $status =~ /^VmHWM:\s*(\d+)/m or next;
				next if $1 <= $peak;
				$peak = $1;
				open(my $to, ">", "/run/worker-peak.new");
				print $to "$peak\n";
				close $to;
				rename "/run/worker-peak.new",
				    "/run/worker-peak";
			}
			select(undef, undef, undef, 0.05);
		}' &
}
worker_peak_kb() {
	$BED on gateway cat /run/worker-peak
}
# memory_bounded: the test that no worker had more than it may.
memory_bounded() {
	if [ -n "${SAN-}" ]; then
		skip 'no worker had too much memory' 'a sanitizer has its own'
		return
	fi
	ok "a worker had $(worker_peak_kb) kB at the most, less than \
$WORKER_MAX_KB" [ "$(worker_peak_kb)" -lt "$WORKER_MAX_KB" ]
}

# fresh_keys: alice's keys, for a helper that remembers nothing; the log is then
# about that alone.
fresh_keys() {
	# shellcheck disable=SC2016
	$BED on gateway timeout "$PATIENCE_S" sh -c '
		: >/var/log/messages
		kill -s HUP "$(cat /run/moshgate-helper.pid)"
		until grep -q event=reload /var/log/messages; do
			sleep 0.02
		done
		exec setpriv --reuid=_moshgate --regid=_moshgate \
			--init-groups /usr/libexec/moshgate/moshgate-keys alice'
}

# clean_file FILE: nothing in it is for a terminal but text and line ends.
clean_file() {
	! LC_ALL=C tr -d '\r\n\t -~' <"$1" | grep -q .
}

# one_failure ASKED REASON DETAIL: has the log this as its one failure, and
# nothing that is not text?  REASON and DETAIL are extended regexes.
one_failure() {
	$BED log gateway >"$TMUX_TMPDIR/log"
	grep 'event=login-failed' "$TMUX_TMPDIR/log" >"$TMUX_TMPDIR/failed"
	cat "$TMUX_TMPDIR/failed"
	[ "$(wc -l <"$TMUX_TMPDIR/failed")" -eq 1 ] &&
		grep -Eq "user=alice asked=$1 .*reason=($2) ${3:+.*detail=.*($3)}" \
			"$TMUX_TMPDIR/failed" &&
		clean_file "$TMUX_TMPDIR/log"
}

# no_keys MODE REASON DETAIL: asked for alice's keys while the remote is in
# MODE, is there none, but one sentence and one line in the log, in time?
no_keys() {
	misbehaves "$1"
	began=$(date +%s)
	if fresh_keys >"$TMUX_TMPDIR/keys" 2>"$TMUX_TMPDIR/said"; then
		echo 'there are keys'
		return 1
	fi
	took=$(($(date +%s) - began))
	cat "$TMUX_TMPDIR/keys" "$TMUX_TMPDIR/said"
	echo "took $took s"
	# three steps of a second each, and a slow machine
	[ ! -s "$TMUX_TMPDIR/keys" ] && [ "$took" -lt 20 ] &&
		[ "$(wc -l <"$TMUX_TMPDIR/said")" -eq 1 ] &&
		grep -Eq '^moshgate-keys: [A-Z][^.]*\.$' "$TMUX_TMPDIR/said" &&
		clean_file "$TMUX_TMPDIR/said" &&
		one_failure keys "$2" "$3"
}

# session_fails REASON DETAIL: she logs in; is she told in one sentence that
# there is no session, with one line in the log?
session_fails() {
	ssh_with "$BED_DIR/client_key" -tt alice@gateway </dev/null \
		>"$TMUX_TMPDIR/said" 2>&1 &
	ssh=$!
	wait_for not kill -0 "$ssh" || kill "$ssh"
	wait "$ssh"
	status=$?
	tr '\r' '\n' <"$TMUX_TMPDIR/said" | sed '/^ *$/d
		/^Connection to gateway closed/d
		/^moshgate: connecting to/d' >"$TMUX_TMPDIR/sentence"
	cat "$TMUX_TMPDIR/said"
	echo "status $status"
	[ "$status" -eq 1 ] && [ "$(wc -l <"$TMUX_TMPDIR/sentence")" -eq 1 ] &&
		grep -Eq '^moshgate: [A-Za-z][^.]*\.$' "$TMUX_TMPDIR/sentence" &&
		clean_file "$TMUX_TMPDIR/said" &&
		one_failure session "$1" "$2"
}

# no_session MODE REASON DETAIL: the same with the remote in MODE.  The keys
# come from a connection that ends when something else is asked for; the
# session's is new.
no_session() {
	has_keys close@again || return
	misbehaves "$1"
	session_fails "$2" "$3"
}

# has_keys MODE: asked for alice's keys while the remote is in MODE, are they
# there?
has_keys() {
	misbehaves "$1"
	fresh_keys >"$TMUX_TMPDIR/keys" && grep '^ssh-' "$TMUX_TMPDIR/keys"
}

# no_workers: they have ended, all of them.
no_workers() {
	wait_for not running gateway '^moshgate-helper --worker'
}
