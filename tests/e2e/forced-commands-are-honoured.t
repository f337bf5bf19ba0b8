#!/bin/sh
# With forced_commands = honor, and without sshd's ForceCommand, a key or a
# certificate that is restricted to a command runs that on the remote, and
# nothing else anywhere.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 55
known alice bob carol

drop_in=/etc/ssh/sshd_config.d/50-moshgate.conf
ca=$TMUX_TMPDIR/ca
for key in forced free ca cert plain; do
	ssh-keygen -q -t ed25519 -N '' -C "$key" -f "$TMUX_TMPDIR/$key"
done
gateway_pub=$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
forced_pub=$(cat "$TMUX_TMPDIR/forced.pub")
free_pub=$(cat "$TMUX_TMPDIR/free.pub")

# remote_keys LINE...: what alice has in authorized_keys there.
remote_keys() {
	authorized_keys alice "$gateway_pub" "$@"
}

# start COMMAND INPUT: with the free key, in the background; $ssh is its process.
start() {
	ssh -F none -i "$TMUX_TMPDIR/free" -o IdentitiesOnly=yes \
		-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway \
		"$1" <"$2" >"$TMUX_TMPDIR/out" 2>"$TMUX_TMPDIR/err" &
	ssh=$!
	wait_for grep up "$TMUX_TMPDIR/out"
}

# by KEY ARG...: ssh to alice@gateway with that key.  Its output is in $out,
# its errors in $err, its exit status in $status.
by() {
	by_key=$TMUX_TMPDIR/$1
	shift
	status=0
	ssh_with "$by_key" alice@gateway "$@" >"$TMUX_TMPDIR/out" \
		2>"$TMUX_TMPDIR/err" || status=$?
	out=$(cat "$TMUX_TMPDIR/out")
	err=$(grep -v '^Pseudo-terminal' "$TMUX_TMPDIR/err")
}

settings '[clients]' 'forced_commands = honor' 'cache_ttl = 0'
$BED helper restart
variant=$($BED on gateway sed -n 's/^\t#\(ForceCommand .*\)/\1/p' "$drop_in")
is 'the drop-in has a line for that' "$variant" 'ForceCommand none'
$BED on gateway sed -i "s,^\tForceCommand.*,\t$variant," "$drop_in"
$BED on gateway sh -c "printf '%s\n' 'Match Group moshgate' \
	'TrustedUserCAKeys /etc/ssh/user_ca.pub' 'Match all' \
	>/etc/ssh/sshd_config.d/40-ca.conf"
$BED on gateway sh -c 'cat >/etc/ssh/user_ca.pub' <"$ca.pub"
ok 'sshd takes the drop-in without ForceCommand' \
	$BED on gateway /usr/sbin/sshd -t
reload_sshd

# A key with a command.
show='echo "$(id -un)@$(hostname) [$SSH_ORIGINAL_COMMAND]"; cat; echo e >&2'
escaped=$(printf '%s; exit 7' "$show" | sed 's/"/\\"/g')
remote_keys "command=\"$escaped\" $forced_pub" "$free_pub"
by forced <<-'END'
	line in
END
is 'its command is run on the remote' "$out" 'alice@remote []
line in'
is '... its errors come apart' "$err" e
is '... and its exit status' "$status" 7
by forced 'rm -rf /; echo "$HOME"' </dev/null
is 'what the client asks for is in SSH_ORIGINAL_COMMAND, and not run' \
	"$out $status" 'alice@remote [rm -rf /; echo "$HOME"] 7'
by forced "$(printf 'a\nb\n\\x \047\042 %%s \303\244')" </dev/null
is '... whatever it is' "$out" "$(printf \
	'alice@remote [a\nb\n\\x \047\042 %%s \303\244]')"
by forced -s sftp </dev/null
like '... for a subsystem, too' "$out" '^alice@remote \[.*sftp-server'
ok 'the log says that it ran' see_log gateway \
	'event=relay user=alice remote=remote client='
ok '... and how it ended' see_log gateway \
	'event=relay-end user=alice status=7 duration_s=[0-9]+$'
remote_keys "restrict,CoMMand=\"$escaped\" $forced_pub" "$forced_pub"
by forced ls </dev/null
is 'a second line with the key does not free it' "$out $status" \
	'alice@remote [ls] 7'
remote_keys "command=\"kill -s TERM \$\$\" $forced_pub"
by forced </dev/null
is 'a command that dies of a signal does so for the client' "$status" 255
ok '... and for sshd' see_log gateway 'event=relay-end .* signal=TERM'
remote_keys "command=\"\" $forced_pub"
by forced id </dev/null
is 'an empty command does nothing' "$out $status" ' 0'
remote_keys "command=\"exit 3\" $forced_pub"
by forced id </dev/null
is '... and another fails as it likes' "$out $status" ' 3'

# With a terminal.
remote_keys "command=\"echo forced; cat\" $forced_pub" "$free_pub"
terminal base
terminal a 80 24 ssh -F none -i "$TMUX_TMPDIR/forced" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway
ok 'with a terminal the command runs under mosh' see a '^forced$'
ok '... which is there for it alone' $BED on remote pgrep -f \
	'mosh-server new .* -- /bin/sh -c'
type_in a 'and is typed to' Enter
ok '... and can be typed to' see a '^and is typed to$'
type_in a C-d
ok 'with the command the session ends' see_log gateway event=session-end

# Keys without one.
terminal b 80 24 ssh -F none -i "$TMUX_TMPDIR/free" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway
ok 'another key gets a shell' see b alice@remote
type_in b exit Enter
by free 'echo $SSH_ORIGINAL_COMMAND; hostname; exit 5' </dev/null
is '... or what it asks for' "$out $status" '
remote 5'
# Byte for byte, and all of it.
head -c 3000000 /dev/urandom >"$TMUX_TMPDIR/bytes"
ssh_with "$TMUX_TMPDIR/free" alice@gateway cat <"$TMUX_TMPDIR/bytes" \
	>"$TMUX_TMPDIR/copy"
ok '... through which all bytes come as they are' \
	cmp "$TMUX_TMPDIR/bytes" "$TMUX_TMPDIR/copy"
by free 'cat; echo end' <<-'END'
	half closed
END
is '... and the end of its input, before that of its output' "$out" \
	'half closed
end'

# Certificates of the gateway's own authority.
ssh-keygen -q -s "$ca" -I cert -n alice -O force-command="echo cert \
\$SSH_ORIGINAL_COMMAND; hostname" "$TMUX_TMPDIR/cert.pub"
by cert id </dev/null
is "a certificate's force-command is run on the remote" "$out" 'cert id
remote'
by cert </dev/null
is '... also if nothing else was asked for' "$out" 'cert
remote'
ssh-keygen -q -s "$ca" -I plain -n alice "$TMUX_TMPDIR/plain.pub"
by plain hostname </dev/null
is 'one without runs what is asked for' "$out" remote
# sshd asks nobody whether there is such a user.
people dan
ssh-keygen -q -t ed25519 -N '' -f "$TMUX_TMPDIR/new"
ssh-keygen -q -s "$ca" -I new -n dan "$TMUX_TMPDIR/new.pub"
as_dan() {
	ssh_with "$TMUX_TMPDIR/new" -o PubkeyAcceptedAlgorithms=\
ssh-ed25519-cert-v01@openssh.com dan@gateway hostname </dev/null \
		2>"$TMUX_TMPDIR/dan"
}
is 'who has nothing but a certificate gets to the remote at once' "$(as_dan)" \
	remote
ok '... and is a user of the gateway from then on' \
	$BED on gateway id -u dan
remote_keys "cert-authority $(cat "$ca.pub")"
$BED on gateway rm /etc/ssh/sshd_config.d/40-ca.conf
reload_sshd
LOGIN_KEY=$TMUX_TMPDIR/cert
ok "a certificate of the user's own authority lets nobody in" \
	kept_out alice@gateway
LOGIN_KEY=

# What sshd would serve on the gateway itself.
$BED on gateway sed -i 's,^Subsystem.*,Subsystem sftp internal-sftp,' \
	/etc/ssh/sshd_config
reload_sshd
remote_keys "command=\"internal-sftp\" $forced_pub" "$free_pub"
LOGIN_KEY=$TMUX_TMPDIR/forced
ok 'command="internal-sftp", which sshd would serve here, lets nobody in' \
	kept_out alice@gateway
LOGIN_KEY=
ok '... and the log says so' see_log gateway \
	'event=note user=alice .*left out for its option command'
$BED on gateway touch /tmp/here
$BED on remote touch /tmp/there
echo 'ls /tmp' | sftp -b - -F none -i "$TMUX_TMPDIR/free" \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway \
	>"$TMUX_TMPDIR/out" 2>&1
is 'the subsystem internal-sftp shows the files of the remote' \
	"$(grep -o '/tmp/there' "$TMUX_TMPDIR/out")" /tmp/there
unlike '... not those of the gateway' "$(cat "$TMUX_TMPDIR/out")" '/tmp/here'

# Who goes away.
workers=$($BED on gateway pgrep -c moshgate-worker)
one_worker_less() {
	[ "$($BED on gateway pgrep -c moshgate-worker)" -le "$workers" ]
}
mkfifo "$TMUX_TMPDIR/never"
sleep 1000 >"$TMUX_TMPDIR/never" &
never=$!
ok 'a command runs' start 'echo up; exec cat' "$TMUX_TMPDIR/never"
kill "$ssh" "$never"
ok 'when the client goes away, its worker does' wait_for one_worker_less
ok '... and the command, whose input ends' \
	wait_for not $BED on remote pgrep -x -u alice cat
start 'echo up; exec sleep 1000' /dev/null
kill "$ssh"
ok '... also if the command has no use for it' wait_for one_worker_less
ok '... and the log says so' see_log gateway \
	'event=relay-end user=alice reason=abandoned'
start 'echo up; exec sleep 1000' /dev/null
$BED on remote pkill -KILL -u alice sshd
status=0
wait "$ssh" || status=$?
is 'when the remote goes away, that is one sentence' \
	"$(cat "$TMUX_TMPDIR/err")" \
	'moshgate: The connection between the gateway and the remote server broke.'
is '... and status 255' "$status" 255
ok '... and a line in the log' see_log gateway \
	'event=relay-end user=alice reason=lost'

# A host key that nobody checks.
settings 'verify_host_key = no' '[clients]' 'forced_commands = honor' \
	'cache_ttl = 0'
$BED helper restart
by free 'echo out' </dev/null
is 'when the host key is not checked, that is said beside the output' \
	"$out $err" "out moshgate: WARNING: the remote server's host key is not \
checked (verify_host_key = no)."
ok '... and in the log, for each command' see_log gateway \
	'event=note user=alice about=host-key-unchecked detail="a session'
settings '[clients]' 'forced_commands = honor' 'cache_ttl = 0'
$BED helper restart

# In this mode sshd must call the login shell, and that must be this one.
$BED on gateway sh -c '
	echo alice:x:1999:771::/run/moshgate/empty:/bin/bash >>/etc/passwd
	echo "alice:*:19000:0:99999:7:::" >>/etc/shadow'
LOGIN_KEY=$TMUX_TMPDIR/free
ok 'an account with another login shell is kept out' kept_out alice@gateway
LOGIN_KEY=$TMUX_TMPDIR/forced
ok '... with any key' kept_out alice@gateway
LOGIN_KEY=
ok '... and the log says why' see_log gateway \
	'event=refused .*user=alice reason=other-shell'
$BED on gateway sed -i '/^alice:/d' /etc/passwd /etc/shadow
remote_keys "command=\"echo forced\" $forced_pub" "$free_pub"
$BED on gateway sed -i "s,^\t$variant,\tForceCommand \
/usr/libexec/moshgate/moshgate-session," "$drop_in"
reload_sshd
sentence="moshgate: This gateway's settings contradict each other; the \
administrator must look into it."
for key in forced free; do
	by $key hostname </dev/null
	is "under ForceCommand nothing is run with a $key key" \
		"$out $status" ' 1'
	is '... but a sentence is shown' "$err" "$sentence"
	by $key -tt </dev/null
	like "... also with a terminal, $key" "$out" "$sentence"
done
ok '... and the log says why' see_log gateway \
	'event=refused .*user=alice reason=force-command remedy=.*ForceCommand'
# but for what tries UDP
ok 'nothing has begun on the remote' wait_for not running remote mosh-server
ok 'no worker is left that carries anything' one_worker_less
