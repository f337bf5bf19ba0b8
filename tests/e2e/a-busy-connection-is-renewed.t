#!/bin/sh
# A connection that is never idle gets no older than any other: it is renewed,
# and whom the remote no longer lets in is refused.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 7
known alice bob carol

peer=$(cat "$(dirname "$0")/socket.pl")
# keep_busy USER: have the user ask for sessions, three at a time, so that one
# always waits for the connection; until the answer is another.
keep_busy() {
	for _ in 1 2 3; do
		# shellcheck disable=SC2016
		as "$1" sh -c 'while
				answer=$(perl -e "$1" ask session)
				[ "$answer" = "refused mosh-failed" ]
			do :; done
			echo "$answer"' - "$peer" >>"$TMUX_TMPDIR/$1" &
	done
}
# accepted USER COUNT: has the gateway logged in there so many times?
accepted() {
	[ "$(log_count remote "Accepted publickey for $1 ")" -ge "$2" ]
}
# asked USER COUNT: has the connection served so many already?
asked() {
	[ "$(log_count gateway \
		"user=$1 asked=session .*reason=mosh-failed")" -ge "$2" ]
}
# connection_of USER
connection_of() {
	$BED on gateway moshgate status | grep "^connection *$1 "
}
all_told() {
	[ "$(grep -c . "$TMUX_TMPDIR/alice")" -eq 3 ]
}

# A session that takes its time, and comes to nothing.
$BED on remote sh -c '
	cat >/usr/local/bin/mosh-server
	chmod 755 /usr/local/bin/mosh-server' <<'END'
#!/bin/sh
sleep 0.2
exit 1
END
settings '[session]' 'share_max_age = 10'
$BED helper restart
keep_busy alice
keep_busy bob
ok "alice's connection is in use" wait_for asked alice 3
ok "... and so is bob's" wait_for asked bob 3
$BED on remote sed -i '/ gateway$/d' /home/alice/.ssh/authorized_keys
$BED on remote chage -E 0 alice
ok "bob's is renewed while it is in use" wait_for accepted bob 2
ok 'alice, whom the remote no longer lets in, is refused meanwhile' \
	wait_for all_told
is '... each time' "$(sort -u "$TMUX_TMPDIR/alice")" 'refused refused'
ok '... her connection is no longer there' wait_for not connection_of alice
ok '... and her key lets her in no more' kept_out alice@gateway
