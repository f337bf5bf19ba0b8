#!/bin/sh
# Without a terminal, or with a command, there is no session but a sentence
# that says so, and nothing starts on the remote.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 34

# refused NAME SENTENCE CMD...: of moshgate CMD shows this sentence alone, on
# stderr, and its status is 1.
refused() {
	refused_name=$1
	sentence=$2
	status=0
	shift 2
	"$@" </dev/null >"$TMUX_TMPDIR/stdout" 2>"$TMUX_TMPDIR/stderr" ||
		status=$?
	is "$refused_name: a sentence" \
		"$(grep moshgate "$TMUX_TMPDIR/stderr")" "moshgate: $sentence"
	is "$refused_name: status 1" "$status" 1
}

# fails NAME CMD...: CMD fails, and shows nothing of moshgate's.  sshd gives
# subsystems no stderr that reaches the client.
fails() {
	fails_name=$1
	shift
	"$@" </dev/null >"$TMUX_TMPDIR/output" 2>&1
	is "$fails_name: fails" "$?" 255
	is "$fails_name: quietly" \
		"$(tr -d '\r' <"$TMUX_TMPDIR/output" | sed 's/^scp: //')" \
		'Connection closed'
}

only='This gateway carries interactive sessions only'
command="$only; it does not run commands or copy files."
terminal="$only, and this one has no terminal (ssh -t asks for one)."

# What is the same with and without ForceCommand.
all_refused() { # HOW
	refused "$1a command" "$command" ssh alice@gateway true
	refused "$1no terminal" "$terminal" ssh -T alice@gateway
	refused "$1no terminal on stdin" "$terminal" ssh alice@gateway
	refused "$1scp -O" "$command" scp -O /etc/hostname alice@gateway:name
	fails "$1sftp" sftp -b /dev/null alice@gateway
	fails "$1scp" scp /etc/hostname alice@gateway:name
	fresh a
	type_in a 'ssh -t alice@gateway true; echo the status was $?' Enter
	see a '^the status was'
	like "$1a command with a terminal: a sentence" "$(screen a)" \
		"^moshgate: $only"
	like "$1a command with a terminal: status 1" "$(screen a)" \
		'^the status was 1$'
	ok "$1no session has begun" not log_has gateway event=session
	ok "$1nothing runs on the remote" not running remote mosh-server
}

terminal a
all_refused ''

# Without ForceCommand sshd calls the login shell.
$BED on gateway sed -i '/^[[:space:]]*ForceCommand/d' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
sshd_listens_again() {
	$BED log gateway | sed '1,/Received SIGHUP/d' |
		grep 'Server listening on ::'
}
$BED on gateway sh -c 'kill -HUP "$(cat /run/sshd.pid)"'
wait_for sshd_listens_again
is 'without ForceCommand' "$($BED on gateway sshd -T -C \
	user=alice,host=client,addr=10.66.1.1 | grep forcecommand)" \
	'forcecommand none'
all_refused 'the login shell: '
fresh a
ok 'a login without a command gets to a prompt' login a alice
